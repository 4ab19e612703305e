"""Base64 (RFC 2045, 6.8): strict about what two readers could read in two ways; edits from a group on."""

import binascii
from collections.abc import Sequence

from xinksig.expressions import late

_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_DIGITS = bytes(set(range(256)) - set(_DIGITS))
_JUNK = bytes(set(_NO_DIGITS) - set(b"="))
_BLANKS = b"\r\n \t"
_DIGIT = late(rb"[A-Za-z0-9+/]")
_ENDING = late(rb"\r\n|\n|\r")

_LINE = 76
_SMTP_LINE = 998


def decode(data: bytes) -> tuple[bytes, str]:
    """Return the octets that a body stands for, and "" or why two readers may read it in two ways.

    Blanks, lines of any length, characters outside the alphabet and a missing padding are no problem;
    data behind a padding, a last group of one character and the URL-safe alphabet are.
    """
    try:
        return binascii.a2b_base64(data.translate(None, _BLANKS), strict_mode=True), ""
    except binascii.Error:
        return _decode_odd(data)


def _decode_odd(data: bytes) -> tuple[bytes, str]:
    digits = data.translate(None, _JUNK).rstrip(b"=")
    if b"-" in data or b"_" in data:
        return b"", "its base64 holds characters of the URL-safe alphabet"
    if b"=" in digits:
        return b"", "its base64 goes on behind a padding"
    missing = -len(digits) % 4
    if missing == 3:
        return b"", "its base64 ends within an octet"
    return binascii.a2b_base64(digits + b"=" * missing), ""


def encode(octets: bytes, newline: bytes) -> bytes:
    """Return octets in lines of 76 characters; no line ending behind the last one."""
    return newline.join(_wrap(binascii.b2a_base64(octets, newline=False), 0, _LINE))


def _wrap(digits: bytes, start: int, width: int) -> list[bytes]:
    return [digits[at : at + width] for at in range(start, len(digits), width)]


def offset(data: bytes, index: int) -> int:
    """Return where the character that holds the first bits of decoded octet ``index`` stands."""
    return _digit_offset(data, index // 3 * 4 + index % 3)


def span(data: bytes, start: int, stop: int) -> tuple[int, int]:
    """Return the span of the characters that hold bits of the decoded octets ``start`` to ``stop``."""
    first = offset(data, start)
    if start >= stop:
        return first, first
    return first, _digit_offset(data, (stop - 1) // 3 * 4 + (stop - 1) % 3 + 1) + 1


def _digit_offset(data: bytes, count: int) -> int:
    """Return where digit ``count`` stands, the first one being 0; behind the last one if there is none."""
    at = found = 0
    digit = _DIGIT.search(data)
    while digit is not None and found < count:
        at = digit.start() + count - found
        found += len(data[digit.start() : at].translate(None, _NO_DIGITS))
        digit = _DIGIT.search(data, at)
    return len(data[:at].rstrip(_NO_DIGITS)) if digit is None else digit.start()


def splice(
    data: bytes, octets: bytes, edits: Sequence[tuple[int, int, bytes]], newline: bytes
) -> list[tuple[int, int, bytes]]:
    """Turn edits of the decoded octets into one edit of the body, from the first touched group to the end.

    It keeps the body's line width and line ending, and what stands behind its last character.
    """
    if not edits:
        return []
    group = edits[0][0] // 3
    start = _digit_offset(data, 4 * group)
    stop = max(start, len(data.rstrip(_JUNK)))
    pieces: list[bytes] = []
    at = 3 * group
    for first, last, replacement in edits:
        pieces += (octets[at:first], replacement)
        at = last
    pieces.append(octets[at:])
    digits = binascii.b2a_base64(b"".join(pieces), newline=False)
    if len(octets) % 3 and b"=" not in data:
        digits = digits.rstrip(b"=")
    if not digits:
        return [(_line_end_before(data, start) if group else start, stop, b"")]
    width, ending = _layout(data, stop, newline, len(digits) - (stop - start))
    column = start - max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) - 1
    room = max(0, width - column)
    lines = [digits[:room], *_wrap(digits, room, width)]
    return [(start, stop, ending.join(lines))]


def _line_end_before(data: bytes, start: int) -> int:
    """Return ``start``, or where the line before ends if nothing is left on the line of ``start``."""
    if data.endswith(b"\r\n", 0, start):
        return start - 2
    return start - data.endswith((b"\n", b"\r"), 0, start)


def _layout(data: bytes, stop: int, newline: bytes, growth: int) -> tuple[int, bytes]:
    """Return the line width and the line ending of a body whose last character ends at ``stop``."""
    begin = len(data) - len(data.lstrip(_JUNK))
    first = _ENDING.search(data, begin)
    if first is None or first.start() >= stop:
        ending = newline if first is None else first[0]
        length = stop - begin
        if length <= _LINE or length <= _SMTP_LINE < length + growth:
            return _LINE, ending
        return length + max(0, growth) + 1, ending
    width = len(data[begin : first.start()].rstrip(_JUNK))
    second = _ENDING.search(data, first.end())
    if second is not None and second.start() < stop:
        width = max(width, second.start() - first.end())
    return max(4, width), first[0]
