"""Taking a word out of a field body, inside its encoded-words too (RFC 2047)."""

import re
from binascii import b2a_base64

from xinksig.expressions import late
from xinksig.mime import words

_ENCODED = late(rb"=\?([^?\s]{1,75})\?([bBqQ])\?[^?\s]{0,500}\?=")
_LITERAL = late(r"[A-Za-z0-9!*+/-]")


def without(body: bytes, word: str, *, ignore_case: bool) -> list[tuple[int, int, bytes]]:
    """Return the edits ``(start, stop, octets)`` of a field body that take ``word`` out, if it is there.

    A blank beside the word goes with it. Only the encoded-words that hold the word are written anew.
    """
    flags = re.IGNORECASE if ignore_case else 0
    literal = re.compile(re.escape(word.encode("utf-8")), flags)
    spelled = re.compile(re.escape(word), flags)
    edits = []
    at = 0
    for match in _ENCODED.finditer(body):
        between = literal.finditer(body, at, match.start())
        edits += [(*_with_blank(body, *found.span()), b"") for found in between]
        at = match.end()
        text = words.decode(match.group().decode("latin-1"))
        if spelled.search(text) is not None and not text.startswith("=?"):
            left = re.sub(rf" ?{spelled.pattern}\Z|{spelled.pattern} ?", "", text, flags=flags)
            edits.append((*match.span(), _encoded(left, match[1], match[2])))
    edits += [(*_with_blank(body, *found.span()), b"") for found in literal.finditer(body, at)]
    return edits


def _with_blank(body: bytes, start: int, stop: int) -> tuple[int, int]:
    """Return the span with the blank behind it, or the one before it where none follows."""
    if body[stop : stop + 1] in (b" ", b"\t"):
        return start, stop + 1
    if body[start - 1 : start] in (b" ", b"\t") and body[:start].strip():
        return start - 1, stop
    return start, stop


def _encoded(text: str, label: bytes, encoding: bytes) -> bytes:
    """Return text as an encoded-word in this charset, in UTF-8 where the charset cannot hold it."""
    if not text:
        return b""
    codec = words.codec(label.partition(b"*")[0].decode("latin-1").lower()) or "utf-8"
    try:
        octets = text.encode(codec)
    except UnicodeEncodeError:
        label, octets = b"utf-8", text.encode("utf-8", "replace")
    if encoding in b"bB":
        written = b2a_base64(octets, newline=False)
    else:
        written = b"".join(
            bytes([octet]) if _LITERAL.match(chr(octet)) else b"_" if octet == 0x20 else b"=%02X" % octet
            for octet in octets
        )
    return b"=?" + label + b"?" + encoding + b"?" + written + b"?="
