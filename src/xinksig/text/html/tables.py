"""Does an offset stand in a table, but in none of its cells? By the tables' tags, found as text is read."""

from array import array

from xinksig.text.html.hiding import CELLS, PARTS
from xinksig.text.html.scanner import START, Span, spans


class Tables:
    """The tags of tables that were not passed as wholes, told of and asked about in ascending order."""

    def __init__(self, html: str) -> None:
        self.looked = 0
        """Characters looked at."""
        self._html = html
        # For each start and end tag where it begins and ends, and of an end tag the number of its start tag.
        self._starts = array("I")
        self._stops = array("I")
        self._opened = array("i")
        self._open = array("I")
        self._cells: dict[int, tuple[int, bool | None]] = {}
        self._beside: dict[int, bool] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is a table that has not ended."""
        return bool(self._open)

    def start(self, tag: Span) -> None:
        """Take in the start tag of a table."""
        self._open.append(len(self._starts))
        self._add(tag, -1)

    def end(self, tag: Span) -> None:
        """Take in the end tag of a table."""
        if self._open:
            self._add(tag, self._open.pop())

    def _add(self, tag: Span, opened: int) -> None:
        self._starts.append(tag.start)
        self._stops.append(tag.stop)
        self._opened.append(opened)

    def is_beside_cells(self, offset: int) -> bool:
        """Return whether ``offset`` is in a table but in none of its cells."""
        if not self._open:
            return False
        last = index = len(self._starts) - 1
        beside = False
        while index >= 0:
            in_cell = self._in_cell(index, offset)
            if in_cell is not None:
                beside = not in_cell
                break
            known = self._beside.get(index)
            if known is not None:
                beside = known
                break
            opened = self._opened[index]
            if opened < 0:
                beside = True
                break
            offset, index = self._starts[opened], opened - 1
        if index != last:
            self._beside[last] = beside
        return beside

    def _in_cell(self, index: int, offset: int) -> bool | None:
        """Tell by the last table part between that tag of a table and ``offset``; ``None``: there is none."""
        at, state = self._cells.get(index, (self._stops[index], None))
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
