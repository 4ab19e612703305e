"""Charsets with states (ISO 2022, HZ, UTF-7): where each character stands, and what its state is."""

import re
from collections.abc import Iterator

from xinksig.expressions import late
from xinksig.records import NamedTuple

KOREAN_HEADER = b"\x1b$)C"
"""What must stand once at the top of ISO-2022-KR (RFC 1557)."""

_BLANKS = late(rb"[\x00-\x20]+")
_DESIGNATION = rb"\x1b(?:\([A-Z]|\$[@AB]|\$\([A-Z@]|\$\)[A-Z]|\.[A-Z]|N[\x20-\x7f])"
_SHIFT_OUT = late(_DESIGNATION + rb"|[\n\x0e\x0f]")
_ESCAPES = late(_DESIGNATION)
_ASCII = b"\x1b(B"
_TILDE = late(rb"~[~{\n]")
_GB_END = late(rb"\n|~\}")
_BASE64_RUN = late(rb"\+(?:[A-Za-z0-9+/]+-?|-)")


class Run(NamedTuple):
    """Characters that stand side by side in one state; escapes stand between the runs."""

    characters: str
    start: int
    """Its first octet."""
    stop: int
    unit: int
    """Octets of each character; 0: the characters have no octets of their own."""
    enter: bytes = b""
    """What brings the state about from ASCII, "" for ASCII itself."""
    leave: bytes = b""
    """What brings it back to ASCII."""
    open: bool = False
    """UTF-7: whether what follows ends the run by not being base64."""


def runs(kind: str, octets: bytes, codec: str) -> list[Run]:
    """Return the runs of a text; its octets are read in the way of ``codec``, damaged ones somehow."""
    if kind == "iso-2022":
        return list(_iso_2022(octets, codec))
    return list(_hz(octets) if kind == "hz" else _utf_7(octets))


def sticky_escapes(octets: bytes) -> bytes:
    """Return the escapes of ISO 2022 that count for all that follows, whatever the state is."""
    return b"".join(re.findall(rb"\x1b(?:\.[A-Z]|\$\)[A-Z])", octets))


def _ascii(octets: bytes, start: int, stop: int) -> Iterator[Run]:
    if start < stop:
        yield Run(octets[start:stop].decode("ascii", "surrogateescape"), start, stop, 1)


def _iso_2022(octets: bytes, codec: str) -> Iterator[Run]:
    """Yield the runs of ISO-2022-JP and its family, and of ISO-2022-KR (RFC 1468, 1554, 1557)."""
    korean = codec == "iso2022_kr"
    state = extra = header = b""
    at = 0
    for match in (_SHIFT_OUT if korean else _ESCAPES).finditer(octets):
        escape = match[0]
        if escape == b"\n":
            # In ISO-2022-KR a line begins in ASCII.
            if state:
                yield from _iso_2022_runs(octets, at, match.start(), state, header, codec)
                at, state = match.start(), b""
            continue
        yield from _iso_2022_runs(octets, at, match.start(), state, header, codec)
        at = match.end()
        if escape.startswith(b"\x1bN"):
            character = (extra + escape).decode(codec, "replace")
            yield Run(character, match.start(), at, 3 if len(character) == 1 else 0, state, _leave(state))
        elif escape.startswith(b"\x1b."):
            extra = escape
        elif escape.startswith(b"\x1b$)"):
            header = escape
        elif escape in (_ASCII, b"\x0f"):
            state = b""
        else:
            state = escape
    yield from _iso_2022_runs(octets, at, len(octets), state, header, codec)


def _leave(state: bytes) -> bytes:
    if not state:
        return b""
    return b"\x0f" if state == b"\x0e" else _ASCII


def _iso_2022_runs(
    octets: bytes, start: int, stop: int, state: bytes, header: bytes, codec: str
) -> Iterator[Run]:
    """Yield the runs of a stretch without escapes."""
    if not state:
        yield from _ascii(octets, start, stop)
        return
    # Line ends and blanks stand for themselves in any state; Python allows for line ends only.
    unit = 1 if state.startswith(b"\x1b(") else 2
    blanks = [] if unit == 1 else [match.span() for match in _BLANKS.finditer(octets, start, stop)]
    for first, last in [*blanks, (stop, stop)]:
        if start < first:
            characters = (header + state + octets[start:first]).decode(codec, "replace")
            even = len(characters) * unit == first - start
            yield Run(characters, start, first, unit if even else 0, state, _leave(state))
        if first < last:
            yield Run(octets[first:last].decode("ascii"), first, last, 1, state, _leave(state))
        start = last


def _hz(octets: bytes) -> Iterator[Run]:
    """Yield the runs of HZ (RFC 1843)."""
    at = 0
    while match := _TILDE.search(octets, at):
        start, stop = match.span()
        yield from _ascii(octets, at, start)
        at = stop
        if match[0] == b"~~":
            yield Run("~", start, stop, 2)
        elif match[0] == b"~{":
            end = _end_of_gb(octets, stop)
            characters = (b"~{" + octets[stop:end]).decode("hz", "replace")
            if stop < end:
                even = 2 * len(characters) == end - stop
                yield Run(characters, stop, end, 2 if even else 0, b"~{", b"~}")
            at = end + 2 if octets.startswith(b"~}", end) else end
    yield from _ascii(octets, at, len(octets))


def _end_of_gb(octets: bytes, start: int) -> int:
    """Return where the two-octet characters from ``start`` on end: at ``~}``, or with the line."""
    end = _GB_END.search(octets, start)
    while end is not None and end[0] == b"~}" and (end.start() - start) % 2:
        # The second octet of one character and the first one of the next.
        end = _GB_END.search(octets, end.start() + 1)
    return len(octets) if end is None else end.start()


def _utf_7(octets: bytes) -> Iterator[Run]:
    """Yield the runs of UTF-7 (RFC 2152); what is in base64 has no octets of its own."""
    at = 0
    for match in _BASE64_RUN.finditer(octets):
        start, stop = match.span()
        yield from _ascii(octets, at, start)
        characters = match[0].decode("utf-7", "replace")
        if characters:
            yield Run(characters, start, stop, 0, open=not match[0].endswith(b"-"))
        at = stop
    yield from _ascii(octets, at, len(octets))
