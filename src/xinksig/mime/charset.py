"""Charsets: octets to characters with an offset map, and characters to octets that every reader reads alike.

Nothing is ever decoded to be encoded again here: what is read serves to find places, and what is written goes
between octets that stay.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate

from xinksig.mime.labels import US_ASCII, UTF_8, WINDOWS_1252, Charset, lookup
from xinksig.mime.stateful import Run, runs, sticky_escapes

__all__ = ["Charset", "Text", "encode", "encode_html", "lookup", "read"]

OctetEdits = list[tuple[int, int, bytes]]

_CACHED_SIZE = 64 << 10
_SAMPLE_SIZE = 16 << 10
_EIGHT_BIT_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*\n?")
_KOREAN_HEADER = b"\x1b$)C"
_STYLE = re.compile(r"(<style\b.*?</style)", re.IGNORECASE | re.DOTALL)
_BASE64_OR_HYPHEN = re.compile(rb"[A-Za-z0-9+/-]")


class Text:
    """Decoded octets, here of a charset in which every character is one octet."""

    __slots__ = ("_last", "certain", "characters", "charset", "octets", "sound")

    def __init__(
        self, characters: str, charset: Charset, octets: bytes, *, certain: bool = True, sound: bool = True
    ) -> None:
        self.characters = characters
        """The text; octets that stand for nothing are lone surrogates or U+FFFD."""
        self.charset = charset
        """How the octets were read, with the byte order if that matters."""
        self.octets = octets
        self.certain = certain
        """Whether the charset was declared and the octets fit; else only ASCII characters may be written."""
        self.sound = sound
        """Whether all octets stand for characters."""
        self._last = (0, 0)

    @property
    def strict(self) -> bool:
        """Whether every reader gets these characters from the octets, so that another charset may hold them."""
        if not (self.certain and self.sound):
            return False
        charset = self.charset
        if charset.ascii_compatible and self.octets.isascii():
            return True
        if charset.codec != charset.reader and _decoded(self.octets, charset.codec) != self.characters:
            return False
        return not any(character in self.characters for character in charset.doubt)

    def octet_offset(self, index: int) -> int:
        """Return where character ``index`` begins."""
        return index

    def octet_span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the span of the octets of characters; escapes before and behind them are not in it."""
        return self.octet_offset(start), self.octet_offset(stop)

    def octet_edits(self, edits: Sequence[tuple[int, int, bytes]]) -> OctetEdits | None:
        """Turn edits ``(start, stop, octets)`` of characters into edits of octets.

        They ascend and do not overlap. The octets are those of ``encode`` or ``encode_html``; what is needed
        to bring a charset with states to ASCII and back is put around them. ``None``: damaged octets before
        an edit would become a character together with what follows.
        """
        result = [(*self.octet_span(start, stop), octets) for start, stop, octets in edits]
        if not self.sound:
            for (start, _, _), (_, stop, octets) in zip(edits, result, strict=True):
                if self._would_join(start, stop, octets):
                    return None
        return result

    def _would_join(self, index: int, stop: int, octets: bytes) -> bool:
        """Whether damaged octets before character ``index`` and what comes behind them make a character."""
        damaged = self.characters[max(0, index - 3) : index]
        damaged = damaged[len(damaged.rstrip(_ESCAPED)) :]
        before = damaged.encode("ascii", "surrogateescape")
        behind = (octets + self.octets[stop : stop + 4])[:4]
        read = (before + behind).decode(self.charset.reader, "surrogateescape")
        return not read.startswith(damaged)


_ESCAPED = "".join(map(chr, range(0xDC80, 0xDD00)))


class _Utf8Text(Text):
    """UTF-8 that is not all ASCII."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        character, octet = self._last
        if index < character:
            character = octet = 0
        octet += len(self.characters[character:index].encode("utf-8", "surrogateescape"))
        self._last = (index, octet)
        return octet


class _MultiText(Text):
    """A charset with characters of one to four octets, all ASCII octets among them."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        character, octet = self._last
        if index < character:
            character = octet = 0
        octet = self._offset_from(character, octet, index)
        self._last = (index, octet)
        return octet

    def _offset_from(self, character: int, octet: int, index: int) -> int:
        reader = self.charset.reader
        between = self.characters[character:index]
        try:
            size = len(between.encode(reader, "surrogateescape"))
        except UnicodeEncodeError:
            size = -1
        # Several octets may stand for one character, in lengths that differ: believe only what reads back.
        if size >= 0 and self.octets[octet : octet + size].decode(reader, "surrogateescape") == between:
            return octet + size
        return self._walk(character, octet, index)

    def _walk(self, character: int, octet: int, index: int) -> int:
        """Read octet by octet, up to character ``index``."""
        from codecs import getincrementaldecoder

        # An LF is never a part of another character.
        breaks = self.characters.count("\n", character, index)
        if breaks:
            character = self.characters.rindex("\n", character, index) + 1
            for _ in range(breaks):
                octet = self.octets.index(b"\n", octet) + 1
        decoder = getincrementaldecoder(self.charset.reader)("surrogateescape")
        border = octet
        while character < index and octet < len(self.octets):
            found = decoder.decode(self.octets[octet : octet + 1], octet + 1 == len(self.octets))
            octet += 1
            if character + len(found) > index:
                # Damaged octets come out together with what follows; each of them is one character.
                return border + (index - character) * (found[:1] in _ESCAPED)
            if found:
                character += len(found)
                border = octet
        return border


class _WideText(Text):
    """UTF-16 or UTF-32."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        character, octet = self._last
        if index < character:
            character = octet = 0
        octet += len(self.characters[character:index].encode(self.charset.codec, "surrogatepass"))
        self._last = (index, octet)
        return min(octet, len(self.octets))

    def _would_join(self, index: int, stop: int, octets: bytes) -> bool:
        # A surrogate of its own was read as U+FFFD: it must not meet another one, nor a half unit anything.
        units = self.octets[self.octet_offset(max(0, index - 1)) : self.octet_offset(index)]
        try:
            units.decode(self.charset.codec)
        except UnicodeDecodeError:
            return True
        return False


class _StatefulText(Text):
    """A charset with states: escapes change what octets stand for."""

    __slots__ = ("_firsts", "_runs")

    def __init__(
        self,
        characters: str,
        charset: Charset,
        octets: bytes,
        found: list[Run],
        *,
        certain: bool,
        sound: bool,
    ) -> None:
        super().__init__(characters, charset, octets, certain=certain, sound=sound)
        self._runs = found
        self._firsts = list(accumulate((len(run.characters) for run in found), initial=0))

    def _run(self, index: int) -> tuple[int, Run]:
        """Return the run of a character and the index of its first one."""
        number = bisect_right(self._firsts, index, 0, len(self._runs)) - 1
        return self._firsts[number], self._runs[number]

    def _begin(self, index: int) -> int:
        first, run = self._run(index)
        return run.start + (index - first) * run.unit

    def _end(self, index: int) -> int:
        first, run = self._run(index)
        return run.start + (index - first + 1) * run.unit if run.unit else run.stop

    def octet_offset(self, index: int) -> int:
        return self._begin(index) if index < len(self.characters) else len(self.octets)

    def octet_span(self, start: int, stop: int) -> tuple[int, int]:
        if start < stop:
            return self._begin(start), self._end(stop - 1)
        at = self._insertion(start)[0]
        return at, at

    def _insertion(self, index: int) -> tuple[int, Run | None]:
        """Return where to insert before a character, and the run whose state holds there."""
        following = self._run(index)[1] if index < len(self.characters) else None
        if index and (following is None or following.enter):
            # Rather in ASCII, before the escape that stands between the two.
            leading = self._run(index - 1)[1]
            if following is None or not leading.enter:
                return self._end(index - 1), leading
        return (0, None) if following is None else (self._begin(index), following)

    def octet_edits(self, edits: Sequence[tuple[int, int, bytes]]) -> OctetEdits | None:
        result = []
        for start, stop, octets in edits:
            if start < stop:
                first, last = self._run(start)[1], self._run(stop - 1)[1]
                begin, end = self._begin(start), self._end(stop - 1)
                leave, enter = first.leave, last.enter
                if first.enter == last.enter and not octets:
                    leave = enter = b""
                enter += sticky_escapes(self.octets[begin:end])
            else:
                begin, run = self._insertion(start)
                end = begin
                leave, enter = (run.leave, run.enter) if run is not None and octets else (b"", b"")
            result.append((begin, end, leave + octets + enter))
        return result


class _Utf7Text(_StatefulText):
    """UTF-7: an edit within base64 writes the rest of the run anew."""

    __slots__ = ()

    def octet_edits(self, edits: Sequence[tuple[int, int, bytes]]) -> OctetEdits | None:
        # Each result: its span, what it puts there, and the characters up to ``rest`` that are to follow.
        result: list[tuple[int, int, bytes, int, int]] = []
        for start, stop, octets in edits:
            begin, first = self._open(start)
            end, rest = self._close(start, stop)
            if result and begin < result[-1][1]:
                begin, _, before, at, _ = result.pop()
                octets = before + self._encoded(at, start) + octets
            else:
                octets = self._encoded(first, start) + octets
            result.append((begin, end, octets, stop, rest))
        return [
            self._separated(begin, end, octets + self._encoded(stop, rest))
            for begin, end, octets, stop, rest in result
        ]

    def _open(self, index: int) -> tuple[int, int]:
        """Return where an edit that starts at a character begins, and the first character written anew."""
        if index >= len(self.characters):
            return (self._end(index - 1) if index else 0), index
        first, run = self._run(index)
        return (self._begin(index), index) if run.unit else (run.start, first)

    def _close(self, start: int, stop: int) -> tuple[int, int]:
        """Return where an edit ends, and up to which character the run is written anew."""
        if start == stop:
            first, run = self._run(stop) if stop < len(self.characters) else (stop, None)
            if run is None or run.unit or first == stop:
                return self._open(stop)[0], stop
        else:
            first, run = self._run(stop - 1)
            if run.unit:
                return self._end(stop - 1), stop
        return run.stop, first + len(run.characters)

    def _encoded(self, start: int, stop: int) -> bytes:
        return self.characters[start:stop].encode("utf-7", "surrogatepass")

    def _separated(self, begin: int, end: int, octets: bytes) -> tuple[int, int, bytes]:
        """Return an edit that ends base64 before it where the base64 does not end by itself."""
        if any(run.open and run.stop == begin for run in self._runs):
            following = octets or self.octets[end : end + 1]
            if _BASE64_OR_HYPHEN.match(following):
                octets = b"-" + octets
        return begin, end, octets


def read(charset: Charset | None, octets: bytes, declared: bool = True) -> Text:  # noqa: FBT001, FBT002
    """Decode octets for reading; never fails.

    ``charset`` is ``None`` where no charset is declared: then ASCII is ASCII, and anything else is a guess.
    """
    if charset is None or not declared:
        return _undeclared(octets)
    if charset.ascii_compatible and octets.isascii():
        return Text(octets.decode("ascii"), charset, octets)
    return _READERS[charset.kind](charset, octets)


def _undeclared(octets: bytes) -> Text:
    if octets.isascii() and b"\x1b$" not in octets:
        return Text(octets.decode("ascii"), US_ASCII, octets)
    return _guessed(octets) or _read_single(WINDOWS_1252, octets, certain=False)


def _guessed(octets: bytes) -> Text | None:
    """Read octets without a charset, or with a wrong one."""
    characters = _decoded(octets, "utf-8")
    if characters is not None and b"\x1b$" not in octets:
        return _Utf8Text(characters, UTF_8, octets, certain=False)
    for charset in _guesses(octets):
        text = _READERS[charset.kind](charset, octets)
        if text.sound and _plausible(text):
            text.certain = False
            return text
    return None


def _guesses(octets: bytes) -> list[Charset]:
    # Imported late: hardly any message needs it.
    from chardet import detect_all

    marked = octets.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x1b" in octets
    sample = octets[:_SAMPLE_SIZE] if marked else b""
    for match in _EIGHT_BIT_LINE.finditer(octets) if not marked else ():
        sample += match[0][:_SAMPLE_SIZE]
        if len(sample) >= _SAMPLE_SIZE:
            break
    found = [lookup(guess["encoding"]) for guess in detect_all(sample)]
    return [charset for charset in found if charset is not None and charset.name != "us-ascii"]


def _plausible(text: Text) -> bool:
    """Whether a guess is no mishap: single-byte text read in two-octet characters takes in the letters around."""
    if text.charset.kind != "multi":
        return True
    characters = len(text.characters)
    wide = characters - _ascii_count(text.characters.encode("utf-8", "surrogateescape"))
    taken = _ascii_count(text.octets) - (characters - wide)
    return taken * 3 <= wide * 2


def _ascii_count(octets: bytes) -> int:
    return len(octets.translate(None, _EIGHT_BIT))


_EIGHT_BIT = bytes(range(128, 256))


def _decoded(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeDecodeError:
        return None


def _read_utf_8(charset: Charset, octets: bytes) -> Text:
    characters = _decoded(octets, "utf-8")
    if characters is not None:
        return _Utf8Text(characters, charset, octets)
    return _damaged(_Utf8Text, charset, octets)


def _read_single(charset: Charset, octets: bytes, *, certain: bool = True) -> Text:
    characters = _decoded(octets, charset.reader)
    if characters is None:
        characters = _decoded(octets, charset.codec)
    if charset.codec == "ascii":
        # Octets above 126 are a wrong charset: they are read as browsers do, or by a guess.
        text = _guessed(octets) if charset.name == "us-ascii" else None
        certain = False
        if text is not None:
            return text
    if characters is not None:
        return Text(characters, charset, octets, certain=certain)
    characters = octets.decode(charset.reader, "surrogateescape")
    return Text(characters, charset, octets, certain=certain, sound=False)


def _read_multi(charset: Charset, octets: bytes) -> Text:
    characters = _decoded(octets, charset.reader)
    if characters is not None:
        return _MultiText(characters, charset, octets)
    characters = _decoded(octets, charset.codec)
    if characters is not None:
        return _MultiText(characters, charset._replace(reader=charset.codec), octets)
    return _damaged(_MultiText, charset, octets)


def _damaged(kind: type[Text], charset: Charset, octets: bytes) -> Text:
    """Read octets of which some do not fit: a few of them are damage, many are a wrong charset."""
    characters = octets.decode(charset.reader, "surrogateescape")
    damage = sum(map(characters.count, _ESCAPED))
    wide = len(characters) - damage - _ascii_count(characters.encode("utf-8", "surrogateescape"))
    if wide < damage:
        guess = _guessed(octets)
        if guess is not None:
            return guess
    return kind(characters, charset, octets, certain=wide >= damage, sound=False)


def _read_wide(charset: Charset, octets: bytes) -> Text:
    charset = _with_byte_order(charset, octets)
    characters = _decoded(octets, charset.codec)
    sound = characters is not None
    if characters is None:
        characters = octets.decode(charset.codec, "replace")
    return _WideText(characters, charset, octets, certain=sound, sound=sound)


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
    found = runs(charset.kind, octets, charset.reader)
    characters = "".join([run.characters for run in found])
    sound = characters == _decoded(octets, charset.reader) and _is_unicode(characters)
    if charset.codec == "iso2022_kr" and not octets.lstrip().startswith(_KOREAN_HEADER):
        # Without the header at the top nothing but ASCII can be written.
        charset = charset._replace(codec="ascii", reader="ascii")
    kind = _Utf7Text if charset.kind == "utf-7" else _StatefulText
    return kind(characters, charset, octets, found, certain=sound, sound=sound)


def _is_unicode(characters: str) -> bool:
    try:
        characters.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


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
    return _encode(charset, characters) if len(characters) > _CACHED_SIZE else _cached(charset, characters)


def _encode(charset: Charset, characters: str) -> bytes | None:
    try:
        octets = characters.encode(charset.codec)
    except UnicodeEncodeError:
        return None
    if charset.codec == "iso2022_kr":
        octets = octets.replace(_KOREAN_HEADER, b"")
        return octets if _decoded(_KOREAN_HEADER + octets, charset.codec) == characters else None
    if charset.kind == "utf-8":
        return octets
    # Codecs write a few characters as octets that are read as others, such as a yen sign for a backslash.
    for codec in {charset.codec, charset.reader}:
        if _decoded(octets, codec) != characters:
            return None
    return None if any(character in characters for character in charset.doubt) else octets


_cached = lru_cache(maxsize=256)(_encode)


def encode_html(text: Text, html: str, *, seven_bit: bool = False) -> bytes:
    """Return HTML in the charset of a text, with character references for what it cannot hold.

    ``seven_bit``: the body's transfer encoding holds ASCII octets only. Control characters and surrogates
    that the charset cannot hold are left out: no reference stands for them.
    """
    octets = encode(text, html)
    if octets is not None and not (seven_bit and not octets.isascii()):
        return octets
    unfit = {character for character in set(html) if not _fits(text, character, seven_bit=seven_bit)}
    references = {ord(character): _reference(ord(character), "&#{};") for character in unfit}
    escapes = {ord(character): _reference(ord(character), "\\{:06x}") for character in unfit}
    # In a style sheet there are no character references, but escapes.
    pieces = _STYLE.split(html)
    pieces[::2] = [piece.translate(references) for piece in pieces[::2]]
    pieces[1::2] = [piece.translate(escapes) for piece in pieces[1::2]]
    return "".join(pieces).encode(text.charset.codec)


def _fits(text: Text, character: str, *, seven_bit: bool) -> bool:
    octets = encode(text, character)
    return octets is not None and not (seven_bit and not octets.isascii())


def _reference(code: int, form: str) -> str:
    return "" if 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF else form.format(code)
