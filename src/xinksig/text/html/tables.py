"""Does an offset stand in a table, but in none of its cells? By the tables' tags, found as text is read."""

from typing import NamedTuple

from xinksig.text.html.hiding import CELLS, PARTS
from xinksig.text.html.scanner import START, Span, spans


class _Table(NamedTuple):
    """A start or an end tag of a table."""

    start: int
    stop: int
    opened: int
    """Index of the start tag that an end tag belongs to; -1: it is a start tag itself."""


class Tables:
    """The tags of tables that were not passed as wholes, told of and asked about in ascending order."""

    def __init__(self, html: str) -> None:
        self.looked = 0
        """Characters looked at."""
        self._html = html
        self._tags: list[_Table] = []
        self._open: list[int] = []
        self._cells: dict[int, tuple[int, bool | None]] = {}
        self._resolved: dict[int, bool] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is a table that has not ended."""
        return bool(self._open)

    def start(self, tag: Span) -> None:
        """Take in the start tag of a table."""
        self._open.append(len(self._tags))
        self._tags.append(_Table(tag.start, tag.stop, -1))

    def end(self, tag: Span) -> None:
        """Take in the end tag of a table."""
        if self._open:
            self._tags.append(_Table(tag.start, tag.stop, self._open.pop()))

    def is_beside_cells(self, offset: int) -> bool:
        """Return whether ``offset`` is in a table but in none of its cells."""
        if not self._open:
            return False
        index, passed = len(self._tags) - 1, []
        beside = False
        while index >= 0:
            in_cell = self._in_cell(index, offset)
            known = self._resolved.get(index)
            if in_cell is not None:
                beside = not in_cell
                break
            if known is not None:
                beside = known
                break
            passed.append(index)
            event = self._tags[index]
            if event.opened < 0:
                beside = True
                break
            offset, index = self._tags[event.opened].start, event.opened - 1
        self._resolved.update(dict.fromkeys(passed, beside))
        return beside

    def _in_cell(self, index: int, offset: int) -> bool | None:
        """Tell by the last table part between that tag of a table and ``offset``; ``None``: there is none."""
        at, state = self._cells.get(index, (self._tags[index].stop, None))
        self.looked += max(0, offset - at)
        depth = 0  # in tables inside that were passed as wholes
        for span in spans(self._html, at, offset):
            if span.name == "table":
                depth += 1 if span.kind == START else -1
            elif depth:
                continue
            elif span.name in PARTS:
                state = span.kind == START and span.name in CELLS
        self._cells[index] = (max(at, offset), state)
        return state
