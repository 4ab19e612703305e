"""Does a hidden element hold an offset?

Answered for each hidden element from its start tag on, as long as the tags in it pair off; else from the
start of the document on, by one stack of all open elements; else not at all.
"""

from xinksig.text.html.hidden import is_hidden
from xinksig.text.html.names import CLOSES_P, HEADINGS, VOID
from xinksig.text.html.names import SPECIAL as BLOCKS
from xinksig.text.html.scanner import (
    END,
    SPECIAL,
    START,
    SUBTREES,
    UNSURE,
    Span,
    attributes,
    names,
    spans,
    subtree,
)
from xinksig.text.html.stack import Element, TooComplexError, Walk

PARTS = {
    **dict.fromkeys(("caption", "colgroup", "tbody", "tfoot", "thead"), 1),
    "col": 2,
    "tr": 2,
    "td": 3,
    "th": 3,
}
"""Parts of a table, which begin nothing anywhere else: higher ones stand in lower ones."""
CELLS = frozenset(("caption", "td", "th"))

_ITEMS = names("dd dt li")
_ENDS = {name: names(name) for name in ("a", "form", "li", "nobr")} | dict.fromkeys(
    ("dd", "dt"), names("dd dt")
)
"""Which open elements a start tag ends, or is ignored in."""
_NONE = frozenset[str]()
_WALLS = (BLOCKS - {"p"}, BLOCKS - {"address", "div", "p"})
"""Elements that keep what begins in them from ending something around them; the second for items of lists."""
_IGNORED = names("body head html")
_DEEPEST = 256
_MOST_TRACKERS = 16


class Hiding:
    """The elements of a document that hide what is in them, told of and asked about in ascending order."""

    def __init__(self, html: str) -> None:
        self._looked = 0
        self._html = html
        self._everything = False
        self._trackers: list[Tracker] = []
        self._walk: Walk | None = None
        self._is_lost = False
        self._known: dict[int, bool] = {}

    @property
    def looked(self) -> int:
        """Characters looked at."""
        return self._looked + sum(tracker.looked for tracker in self._trackers)

    def suspect(self, tag: Span, *, in_table: bool) -> None:
        """Take in the start tag of an element that could hide what is in it."""
        name = tag.name
        if name in VOID or name in SPECIAL or name == "head" or (name in PARTS and not in_table):
            return
        if is_hidden(name, attributes(self._html, tag.start, tag.stop)):
            if name in ("body", "html"):
                self._everything = True
            else:
                self._track(tag, in_table=in_table)

    def hides(self, offset: int) -> bool | None:
        """Return whether a hidden element holds the text at ``offset``; ``None`` if that is not sure."""
        if self._everything:
            return True
        if self._walk is None and not self._is_lost:
            if not self._trackers:
                return False
            hidden = self._hides_by_trackers(offset)
            if hidden is not None:
                return hidden
            self._walk = Walk(self._html)
        return self._hides_by_walk(offset)

    def _track(self, tag: Span, *, in_table: bool) -> None:
        if len(self._trackers) > _MOST_TRACKERS:
            return
        self._follow(tag.stop)
        if all(tracker.is_details for tracker in self._trackers):
            self._trackers.append(Tracker(self._html, tag, in_table=in_table))

    def _hides_by_trackers(self, offset: int) -> bool | None:
        if len(self._trackers) > _MOST_TRACKERS:
            return None
        self._follow(offset)
        trackers = self._trackers
        if not all(tracker.sure for tracker in trackers):
            return None
        hiding = [tracker.tag.name for tracker in trackers if not tracker.shows_summary]
        # A part of a table is one only if there is a table around it.
        return None if not PARTS.keys().isdisjoint(hiding) else bool(hiding)

    def _follow(self, offset: int) -> None:
        """Keep the trackers whose element is open at ``offset``."""
        still = []
        for tracker in self._trackers:
            if tracker.is_open(offset):
                still.append(tracker)
            else:
                self._looked += tracker.looked
        self._trackers = still

    def _hides_by_walk(self, offset: int) -> bool | None:
        walk = self._walk
        if walk is None:
            return None
        self._looked += max(0, offset - walk.at)
        try:
            if not walk.advance(offset):
                return None
        except TooComplexError:
            self._is_lost = True
            self._walk = None
            return None
        stack = walk.stack
        inner = [*(element.name for element in stack[1:]), ""]
        return any(
            self._is_hidden(element) and (element.name, below) != ("details", "summary")
            for element, below in zip(stack, inner, strict=True)
        )

    def _is_hidden(self, element: Element) -> bool:
        known = self._known.get(element.start)
        if known is None:
            known = is_hidden(element.name, element.attributes(self._html))
            self._known[element.start] = known
        return known


class Tracker:
    """Follows an element from its start tag on for as long as start and end tags pair off in it."""

    def __init__(self, html: str, tag: Span, *, in_table: bool) -> None:
        self.tag = tag
        self.sure = True
        """``False`` once it takes a parser, and what is around the element, to tell whether it is open."""
        self.names = [tag.name]
        """The names of the open elements, the tracked one first."""
        self._html = html
        self._in_table = in_table
        self._at = tag.stop

    @property
    def is_details(self) -> bool:
        """Whether it is closed details, which show their summary."""
        return self.tag.name == "details"

    @property
    def shows_summary(self) -> bool:
        """Whether that is what is open in it."""
        return self.is_details and self.names[1:2] == ["summary"]

    @property
    def looked(self) -> int:
        """Characters looked at."""
        return self._at - self.tag.stop

    def is_open(self, offset: int) -> bool:
        """Return whether the element is open at ``offset``, which must be in the data state and ascend.

        Takes an element that it is not sure of to be open.
        """
        while self.names and self.sure and self._at < offset:
            for span in spans(self._html, self._at, offset):
                self._at = span.stop
                if span.kind == START:
                    if span.name in SUBTREES:
                        held = subtree(self._html, span)
                        self.sure = held.kind != UNSURE
                        self._at = held.stop
                        break
                    self.sure = self._start(span.name)
                elif span.kind == END and span.name not in _IGNORED:
                    self.sure = span.name == self.names[-1]
                    if self.sure:
                        self.names.pop()
                if not self.names or not self.sure:
                    break
        return bool(self.names)

    def _start(self, name: str) -> bool:
        open_names = self.names
        if name in _IGNORED:
            return True
        if name not in VOID:
            open_names.append(name)
        inside = open_names[: len(open_names) - (name not in VOID)]
        if name == "table" or name in PARTS:
            around = [known for known in inside if known == "table" or known in PARTS]
            last = around[-1] if around else ""
            if name == "table":
                return (last in CELLS if last else not self._in_table) and "p" not in inside
            return bool(last) and last not in CELLS and PARTS[name] > PARTS.get(last, 0)
        if name == "button" or (name in CLOSES_P and "p" in inside):
            return False
        if (name in HEADINGS and inside[-1] in HEADINGS) or not _ENDS.get(name, _NONE).isdisjoint(inside):
            return False
        if (name in _ENDS or name in CLOSES_P) and _WALLS[name in _ITEMS].isdisjoint(inside):
            return False  # it may end the same around the tracked element, and that one with it
        return len(open_names) <= _DEEPEST
