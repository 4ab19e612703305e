"""Transfer encodings (RFC 2045, 6): bodies to octets with an offset map, and edits back into bodies."""

from collections.abc import Sequence

from xinksig.mime import base64, quoted_printable

IDENTITY = ("7bit", "8bit", "binary")
ENCODINGS = (*IDENTITY, "quoted-printable", "base64")


class Decoded:
    """The octets that a body stands for, and where they stand in it."""

    __slots__ = ("_data", "_offsets", "octets", "problem")

    def __init__(
        self,
        octets: bytes,
        problem: str = "",
        data: bytes | None = None,
        offsets: quoted_printable.Offsets | None = None,
    ) -> None:
        self.octets = octets
        """Empty where there is a problem."""
        self.problem = problem
        """"" or why two readers may read the body in two ways: such a body must not be written."""
        self._data = data
        self._offsets = offsets

    def encoded_offset(self, index: int) -> int:
        """Return where decoded octet ``index`` begins in the body; its end for ``len(octets)``.

        In base64, that is the character with its first bits.
        """
        if self._offsets is not None:
            return self._offsets.start(index)
        if self._data is not None:
            return base64.offset(self._data, index) if index < len(self.octets) else len(self._data)
        return index

    def encoded_span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the span of decoded octets, in the body; soft line breaks around it are not in it."""
        if self._offsets is not None:
            return self._offsets.span(start, stop)
        if self._data is not None:
            return base64.span(self._data, start, stop)
        return start, stop


def decode(encoding: str, data: bytes) -> Decoded:
    """Decode a body; ``encoding`` is one of ``ENCODINGS``."""
    if encoding == "quoted-printable":
        octets, offsets = quoted_printable.decode(data)
        return Decoded(octets, offsets=offsets)
    if encoding == "base64":
        octets, problem = base64.decode(data)
        return Decoded(octets, problem, data)
    return Decoded(data)


def splice(
    encoding: str,
    data: bytes,
    decoded: Decoded,
    edits: Sequence[tuple[int, int, bytes]],
    newline: bytes,
    *,
    text: bool = True,
) -> list[tuple[int, int, bytes]]:
    """Turn edits ``(start, stop, octets)`` of the decoded octets into edits of the body.

    The edits ascend and do not overlap; several may insert at one place. Octets outside their spans
    decode to the same as before, and

    * in an identity encoding only the spans change;
    * in quoted-printable only the lines that they touch;
    * in base64 what stands from the first touched group on.

    In quoted-printable a ``newline`` of the replacement becomes a line break; without ``text`` (a charset
    such as UTF-16, in which CR and LF are parts of characters) every CR and LF is escaped.
    """
    if encoding == "quoted-printable":
        assert decoded._offsets is not None  # noqa: SLF001
        return quoted_printable.splice(data, decoded._offsets, edits, newline, text=text)  # noqa: SLF001
    if encoding == "base64":
        return base64.splice(data, decoded.octets, edits, newline)
    return list(edits)


def encode(encoding: str, octets: bytes, newline: bytes, *, text: bool = True) -> bytes:
    """Return a whole body; lines have at most 76 octets, but in an identity encoding."""
    if encoding == "quoted-printable":
        return quoted_printable.encode(octets, newline, text=text)
    if encoding == "base64":
        return base64.encode(octets, newline)
    return octets
