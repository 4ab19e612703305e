"""Encoded-words of RFC 2047, and octets of RFC 2231, as text for people.

Goals: nothing is raised; linear whatever the field holds; what is no encoded-word of a known charset stays
as it stands. The text is only read, never written back.
"""

import binascii
import re
from functools import cache

from xinksig.expressions import late
from xinksig.mime.labels import Charset, lookup

_ESCAPE = late(rb"=([0-9A-Fa-f]{2})")
_SURROGATE = late("[\ud800-\udfff]")


@cache
def _word() -> re.Pattern[str]:
    """Match an encoded-word: charset, base64 or quoted-printable text (RFC 2047, 2)."""
    return re.compile(
        r"=\?([^?\s]{1,75})\?"
        r"(?:[bB]\?([A-Za-z0-9+/]*+={0,2})|[qQ]\?([ ->@-~]*+(?:\?(?!=)[ ->@-~]*+){0,8}))\?="
    )


def decode(text: str) -> str:
    """Return the text with its encoded-words decoded (RFC 2047).

    Blanks between two of them are dropped. Words of one charset in a row are decoded together: many mailers
    cut a character in two. Octets that the charset does not have become U+FFFD.
    """
    if "=?" not in text:
        return text
    pieces: list[str] = []
    pending: list[bytes] = []
    label, done = "", 0
    for match in _word().finditer(text):
        word_label = match[1].partition("*")[0].lower()
        octets = _octets(match) if lookup(word_label) else None
        if octets is None:
            continue
        between = text[done : match.start()]
        if pending and between.strip(" \t\r\n"):
            pieces += (decode_octets(b"".join(pending), label), between)
            pending = []
        elif not pending:
            pieces.append(between)
        elif word_label != label:
            pieces.append(decode_octets(b"".join(pending), label))
            pending = []
        pending.append(octets)
        label, done = word_label, match.end()
    if pending:
        pieces.append(decode_octets(b"".join(pending), label))
    pieces.append(text[done:])
    return "".join(pieces)


def _octets(match: re.Match[str]) -> bytes | None:
    """Return the octets of an encoded-word, ``None`` if it is not valid."""
    base64 = match[2]
    if base64 is None:
        return _ESCAPE.sub(_octet, match[3].replace("_", " ").encode("ascii"))
    digits = base64.rstrip("=")
    if len(digits) % 4 == 1:
        return None
    return binascii.a2b_base64(digits + "=" * (-len(digits) % 4))


def _octet(escape: re.Match[bytes]) -> bytes:
    return bytes((int(escape[1], 16),))


def codec(label: str) -> str | None:
    """Return Python's codec that writes the charset of that label, ``None`` if it is not known."""
    charset = lookup(label)
    return charset.codec if charset is not None else None


def decode_octets(octets: bytes, label: str) -> str:
    """Return octets as text: in that charset if they are valid in it, else UTF-8, else as best fits."""
    charset = lookup(label)
    for name in _readers(charset, octets):
        try:
            return _without_surrogates(octets.decode(name))
        except UnicodeDecodeError:
            continue
    return _without_surrogates(octets.decode(charset.reader if charset is not None else "latin-1", "replace"))


def _readers(charset: Charset | None, octets: bytes) -> tuple[str, ...]:
    """Return the codecs to try."""
    if charset is None or charset.name == "us-ascii":
        return ("utf-8",)
    return (charset.reader,) if octets.isascii() else (charset.reader, "utf-8", charset.codec)


def _without_surrogates(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
