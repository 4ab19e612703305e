"""Quoted history: which characters of a body an earlier author wrote, and where the newest text ends."""

from bisect import bisect_right
from enum import StrEnum

from xinksig.records import NamedTuple

TYPE_CHECKING = False  # true for type checkers; the lines of HTML are read where there may be history

if TYPE_CHECKING:
    from xinksig.text.lines import Line


class Origin(StrEnum):
    """What the client that quoted says about its message."""

    NONE = ""
    """Nothing: no mark of a client, at most bare quoted lines."""
    REPLY = "reply"
    FORWARD = "forward"


class History(NamedTuple):
    """The quoted history of one body; offsets are characters of its decoded text."""

    spans: tuple[tuple[int, int], ...]
    """Ascending and apart: each is history; what stands between them is new, replies between quotes too."""
    end: int
    """Behind the last visible character of the newest text; 0 if there is none."""
    origin: Origin = Origin.NONE
    lines: "tuple[Line, ...]" = ()
    """Of HTML that was read to its end: the last new lines."""

    def quoted(self, offset: int) -> bool:
        """Tell whether the character at ``offset`` is history."""
        at = bisect_right(self.spans, (offset, _BEHIND)) - 1
        return at >= 0 and offset < self.spans[at][1]


NO_HISTORY = History((), 0)
"""Of a text in which nothing before the offset of interest can be history."""
_BEHIND = 1 << 62
SIGNATURE_DASHES = "--"
"""The line above a signature, without its blank."""


def merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans in ascending order, those that touch or overlap as one."""
    result: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if result and start <= result[-1][1]:
            if stop > result[-1][1]:
                result[-1] = (result[-1][0], stop)
        elif start < stop:
            result.append((start, stop))
    return tuple(result)
