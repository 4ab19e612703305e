"""Charsets: octets to characters with an offset map, and characters to octets that every reader reads alike.

Nothing is ever decoded to be encoded again here: what is read serves to find places, and what is written goes
between octets that stay.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from xinksig.expressions import late
from xinksig.mime.decoded_text import (
    MultiText,
    Text,
    Utf8Text,
    WideText,
    decoded,
)
from xinksig.mime.labels import US_ASCII, UTF_8, WINDOWS_1252, Charset, lookup

__all__ = ["Charset", "Text", "encode", "encode_html", "lookup", "read"]

_CACHED_FROM = 256
_CACHED_SIZE = 128 << 10
_SAMPLE_SIZE = 16 << 10
_EIGHT_BIT = late(rb"[\x80-\xff]")
_ANY = late(r".", re.DOTALL)
_NON_ASCII = late(r"[^\x00-\x7f]")
_HIGH = bytes(range(128, 256))
_STYLE = late(r"(<style\b.*?</style)", re.IGNORECASE | re.DOTALL)


def read(charset: Charset | None, octets: bytes, declared: bool = True) -> Text:
    """Decode octets for reading; never fails.

    ``charset`` is ``None`` where no charset is declared: then ASCII is ASCII, and anything else is a guess.
    """
    if charset is None or not declared:
        return _undeclared(octets)
    if charset.kind == "utf-8":
        # What it decodes to tells at once whether it is ASCII.
        return _read_utf_8(charset, octets)
    if charset.ascii_compatible and octets.isascii():
        return Text(octets.decode("ascii"), charset, octets)
    return _READERS[charset.kind](charset, octets)


def _undeclared(octets: bytes) -> Text:
    if octets.isascii() and b"\x1b$" not in octets:
        return Text(octets.decode("ascii"), US_ASCII, octets)
    return _guessed(octets) or _read_single(WINDOWS_1252, octets, certain=False)


def _guessed(octets: bytes) -> Text | None:
    """Read octets without a charset, or with a wrong one."""
    characters = decoded(octets, "utf-8")
    if characters is not None and b"\x1b$" not in octets:
        return Utf8Text(characters, UTF_8, octets, certain=False)
    for charset in _guesses(octets):
        if decoded(octets, charset.reader) is None:
            continue
        text = _READERS[charset.kind](charset, octets)
        if text.sound and _plausible(text):
            text.certain = False
            return text
    return None


def _guesses(octets: bytes) -> list[Charset]:
    # Imported late: hardly any message needs it.
    from chardet import detect_all

    marked = octets.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x1b" in octets
    sample = octets[:_SAMPLE_SIZE] if marked else _sample(octets)
    found = [lookup(guess["encoding"]) for guess in detect_all(sample)]
    return [charset for charset in found if charset is not None and charset.name != "us-ascii"]


def _sample(octets: bytes) -> bytes:
    """Return lines with octets above 127: the others tell nothing."""
    sample = bytearray()
    at = 0
    while len(sample) < _SAMPLE_SIZE and (match := _EIGHT_BIT.search(octets, at)):
        start = max(at, octets.rfind(b"\n", at, match.start()) + 1, match.start() - _SAMPLE_SIZE // 2)
        at = octets.find(b"\n", match.end(), start + _SAMPLE_SIZE) + 1 or start + _SAMPLE_SIZE
        sample += octets[start:at]
    return bytes(sample)


def _plausible(text: Text) -> bool:
    """Whether a guess is no mishap: one-octet text, read as two-octet characters, loses its ASCII letters."""
    if text.charset.kind != "multi":
        return True
    characters = len(text.characters)
    ascii_left = _ascii_count(text.characters.encode("utf-8", "surrogatepass"))
    return (_ascii_count(text.octets) - ascii_left) * 3 <= (characters - ascii_left) * 2


def _ascii_count(octets: bytes) -> int:
    return len(octets.translate(None, _HIGH))


def _read_utf_8(charset: Charset, octets: bytes) -> Text:
    try:
        characters = octets.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged(Utf8Text, charset, octets)
    kind = Text if characters.isascii() else Utf8Text
    return kind(characters, charset, octets)


def _read_single(charset: Charset, octets: bytes, *, certain: bool = True) -> Text:
    if charset.codec == "ascii":
        # Octets above 127 do not fit: a wrong charset.
        certain = False
        guess = _guessed(octets) if charset.name == "us-ascii" else None
        if guess is not None:
            return guess
    characters = decoded(octets, charset.reader)
    if characters is not None:
        return Text(characters, charset, octets, certain=certain)
    characters = decoded(octets, charset.codec)
    if characters is None:
        characters = octets.decode(charset.reader, "surrogateescape")
    return Text(characters, charset, octets, certain=certain, sound=False)


def _read_multi(charset: Charset, octets: bytes) -> Text:
    characters = decoded(octets, charset.reader)
    if characters is not None:
        return MultiText(characters, charset, octets)
    characters = decoded(octets, charset.codec)
    if characters is not None:
        return MultiText(characters, charset._replace(reader=charset.codec), octets, sound=False)
    return _damaged(MultiText, charset, octets)


def _damaged(kind: type[Text], charset: Charset, octets: bytes) -> Text:
    """Read octets of which some do not fit: a few of them are damage, many are a wrong charset."""
    characters = octets.decode(charset.reader, "surrogateescape")
    # A damaged octet takes three octets in the first form and one in the second.
    escaped = characters.encode("utf-8", "surrogatepass")
    damage = (len(escaped) - len(characters.encode("utf-8", "surrogateescape"))) // 2
    wide = len(characters) - damage - _ascii_count(escaped)
    if wide < damage:
        guess = _guessed(octets)
        if guess is not None:
            return guess
    return kind(characters, charset, octets, certain=wide >= 4 * damage, sound=False)


def _read_wide(charset: Charset, octets: bytes) -> Text:
    charset = _with_byte_order(charset, octets)
    characters = decoded(octets, charset.codec)
    sound = characters is not None
    if characters is None:
        characters = octets.decode(charset.codec, "replace")
    return WideText(characters, charset, octets, certain=sound, sound=sound)


def _with_byte_order(charset: Charset, octets: bytes) -> Charset:
    """Return a charset with the codec of a byte order: that of the mark, the label, or the zero octets."""
    unit = 4 if charset.kind == "utf-32" else 2
    little, big = f"{charset.kind}-le", f"{charset.kind}-be"
    mark = "\ufeff".encode(little)
    if octets.startswith(mark):
        codec = little
    elif octets.startswith(mark[::-1]):
        codec = big
    elif charset.codec in (little, big):
        codec = charset.codec
    else:
        # Most characters of most texts have a first octet of zero.
        codec = big if octets[::unit].count(0) > octets[unit - 1 :: unit].count(0) else little
    return charset._replace(codec=codec, reader=codec)


def _read_stateful(charset: Charset, octets: bytes) -> Text:
    from xinksig.mime.stateful_text import read_stateful

    return read_stateful(charset, octets)


_READERS: dict[str, Callable[[Charset, bytes], Text]] = {
    "utf-8": _read_utf_8,
    "single": _read_single,
    "multi": _read_multi,
    "utf-16": _read_wide,
    "utf-32": _read_wide,
    "iso-2022": _read_stateful,
    "hz": _read_stateful,
    "utf-7": _read_stateful,
}


def encode(text: Text, characters: str) -> bytes | None:
    """Return characters in the charset of a text; ``None`` if it cannot hold them all.

    Every reader reads the octets as these characters, between others of the text. A charset with states is
    in ASCII before and behind them.
    """
    charset = text.charset
    if characters.isascii():
        if charset.ascii_compatible:
            return characters.encode("ascii")
    elif not text.certain:
        return None
    # Signatures come again; the lines of a message do not, and are shorter.
    signs = _CACHED_FROM <= len(characters) <= _CACHED_SIZE
    return _cached(charset, characters) if signs else _encode(charset, characters)


def _encode(charset: Charset, characters: str) -> bytes | None:
    try:
        octets = characters.encode(charset.codec)
    except UnicodeEncodeError:
        return None
    if charset.kind == "utf-8":
        return octets
    if charset.codec == "iso2022_kr":
        from xinksig.mime.stateful import KOREAN_HEADER

        octets = octets.replace(KOREAN_HEADER, b"")
        return octets if decoded(KOREAN_HEADER + octets, charset.codec) == characters else None
    # Codecs write a few characters as octets that are read as others, such as a yen sign for a backslash.
    for codec in {charset.codec, charset.reader}:
        if decoded(octets, codec) != characters:
            return None
    return None if any(character in characters for character in charset.doubt) else octets


# A signature goes into many messages.
_cached = lru_cache(maxsize=32)(_encode)
_cached_character = lru_cache(maxsize=1024)(_encode)


def encode_html(text: Text, html: str, *, seven_bit: bool = False) -> bytes:
    """Return HTML in the charset of a text, with character references for what it cannot hold.

    ``seven_bit``: the body's transfer encoding holds ASCII octets only. Control characters and surrogates
    that the charset cannot hold are left out: no reference stands for them.
    """
    octets = encode(text, html)
    if octets is not None and not (seven_bit and not octets.isascii()):
        return octets
    write = _cached_with_references if len(html) <= _CACHED_SIZE else _with_references
    return write(text.charset, html, text.certain, seven_bit)


def _with_references(charset: Charset, html: str, certain: bool, seven_bit: bool) -> bytes:
    doubtful = _NON_ASCII if charset.ascii_compatible else _ANY
    unfit = [
        character
        for character in set(doubtful.findall(html))
        if not _fits(charset, character, certain, seven_bit)
    ]
    references = {character: _reference(ord(character), "&#{};") for character in unfit}
    escapes = {character: _reference(ord(character), "\\{:06x}") for character in unfit}
    # In a style sheet there are no character references, but escapes.
    pieces = _STYLE.split(html)
    pieces[::2] = [_replaced(doubtful, references, piece) for piece in pieces[::2]]
    pieces[1::2] = [_replaced(doubtful, escapes, piece) for piece in pieces[1::2]]
    octets = _encode(charset, "".join(pieces))
    assert octets is not None, "every character fits by itself"
    return octets


_cached_with_references = lru_cache(maxsize=32)(_with_references)


def _replaced(pattern: re.Pattern[str], written: dict[str, str], piece: str) -> str:
    return pattern.sub(lambda match: written.get(match[0], match[0]), piece)


def _fits(charset: Charset, character: str, certain: bool, seven_bit: bool) -> bool:
    if not (certain or character.isascii()):
        return False
    octets = _cached_character(charset, character)
    return octets is not None and not (seven_bit and not octets.isascii())


def _reference(code: int, form: str) -> str:
    return "" if 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF else form.format(code)
