"""What holds an offset of a document: is it text, does a reader see it, is its place in the tree sure?"""

import heapq
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from xinksig.characters import IGNORABLE_CLASS
from xinksig.text.html.hidden import ALWAYS_HIDDEN, is_hidden
from xinksig.text.html.scanner import (
    END,
    SPECIAL,
    START,
    SUBTREES,
    TEXT,
    UNSURE,
    Span,
    attributes,
    bulk_run,
    construct,
    spans,
    subtree,
)
from xinksig.text.html.tracker import TABLE_RANKS, VOID, Tracker

_WATCHED = ALWAYS_HIDDEN | {"details"}
_NEAR = 64  # characters between a property and its value
_WINDOW = 32768
_MOST_TRACKERS = 16
_NOTHING = re.compile(f"[{IGNORABLE_CLASS}]*+")

_REASONS = {
    "select": "it stands in a select, which browsers read in different ways",
    "frameset": "it stands in or behind a frameset, where browsers show no text",
    "plaintext": "it stands behind a plaintext tag, where nothing is read as HTML",
}
_FOREIGN = "it stands in or behind an {} that only a full parser can read"
_IN_TABLE = "it stands in a table but in none of its cells, so that browsers show it before the table"
_NOT_CLOSED = "an element that hides its content is not closed by an end tag of its own before it"


@cache
def _run() -> re.Pattern[str]:
    return bulk_run(SPECIAL | _WATCHED, "table")


class _Table(NamedTuple):
    """A start or an end tag of a table."""

    start: int
    stop: int
    opened: int
    """Index of the start tag that an end tag belongs to; -1: it is a start tag itself."""


class Context:
    """Reads a document once, from its start to the offsets that are asked for, which must ascend."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._at = 0  # in the data state
        self._hints: Iterator[int] = iter(
            ()
        )  # of what follows the next one, up to where they were looked for
        self._next_hint = 0
        self._hinted = 0
        self._past = 0  # those before are dealt with
        self._unsure = Span(TEXT, 0, 0, "")
        self._tables: list[_Table] = []
        self._open_tables: list[int] = []
        self._cells: dict[int, tuple[int, bool | None]] = {}
        self._resolved: dict[int, bool] = {}
        self._suspects: list[tuple[Span, bool]] = []
        self._trackers: list[Tracker] = []

    def holds(self, offset: int) -> Span | None:
        """Return ``None`` if the character at ``offset`` is text, else the construct that holds it.

        Ask on behind that construct's ``stop``. PLAINTEXT is returned although it is text.
        """
        if self._next_hint < offset:
            self._follow_hints(offset)
        return self._advance(offset)

    def refusal(self, start: int, stop: int) -> str | None:
        """Return why a placeholder may not be replaced: "" if it may, ``None`` if a reader does not see it.

        ``start`` must be the offset that ``holds`` answered last, with ``None``.
        """
        if start < self._unsure.stop:
            name = self._unsure.name
            return _REASONS.get(name) or _FOREIGN.format(name)
        if self._suspects or self._trackers:
            tracker = self._hiding(start)
            if tracker:
                return None if tracker.sure else _NOT_CLOSED
        if self._html.find("<", start, stop) >= 0 and self._is_hidden_inside(start, stop):
            return None
        return _IN_TABLE if self._open_tables and self._is_beside_cells(start) else ""

    def _advance(self, offset: int) -> Span | None:
        html, run = self._html, _run()
        while self._at < offset:
            match = run.match(html, self._at, offset)
            assert match is not None
            if match.end() > self._at:
                self._at = match.end()
                continue
            span = construct(html, self._at, len(html))
            if span.stop > offset and span.kind != TEXT:
                return span
            if span.kind == START:
                held = self._opened(span)
                if held.kind != START:
                    if held.stop > offset:
                        return held
                    span = held
            elif span.kind == END and span.name == "table" and self._open_tables:
                self._tables.append(_Table(span.start, span.stop, self._open_tables.pop()))
            self._at = min(span.stop, offset)
        return None

    def _opened(self, tag: Span) -> Span:
        """Take in a start tag; return what it opens if that is read as a whole, else the tag."""
        name = tag.name
        if name == "table":
            self._open_tables.append(len(self._tables))
            self._tables.append(_Table(tag.start, tag.stop, -1))
        elif name in _WATCHED:
            self._suspect(tag)
        elif name in SPECIAL and (name not in SUBTREES or tag.start >= self._unsure.stop):
            held = subtree(self._html, tag)
            if held.kind != UNSURE:
                return held
            self._unsure = held
        return tag

    def _follow_hints(self, offset: int) -> None:
        """Look at the start tags before ``offset`` that could hide their element."""
        while self._next_hint < offset:
            hint = self._next_hint
            self._next_hint = next(self._hints, self._hinted)
            if hint == self._hinted:
                self._read_hints(offset)
            elif hint >= self._past:
                held = self._advance(hint)
                if held is None:
                    self._past = max(0, self._html.find("<", hint))
                else:
                    self._past = held.stop
                    if held.kind == START and held.name not in _WATCHED:
                        self._suspect(held)

    def _read_hints(self, offset: int) -> None:
        """Look for the hints up to ``offset``, and further on if it is not the first time."""
        start = max(0, self._hinted - _NEAR - 8)  # so that no hint is cut
        further = self._hinted + min(self._hinted, _WINDOW)
        stop = self._hinted = min(len(self._html), max(offset, further), start + 2 * _WINDOW)
        window = self._html[start:stop].encode("ascii", "replace").lower()
        hints = _display_hints(window, start)
        if b"hid" in window:
            hints = heapq.merge(_hidden_hints(window, start), hints)
        self._hints = hints
        self._next_hint = next(hints, stop)

    def _suspect(self, tag: Span) -> None:
        if tag.name in VOID or tag.name == "head":
            return
        if is_hidden(tag.name, attributes(self._html, tag.start, tag.stop)):
            self._suspects.append((tag, bool(self._open_tables)))

    def _hiding(self, offset: int) -> Tracker | None:
        """Return the open element that hides what stands at ``offset``."""
        for tag, in_table in self._suspects:
            self._trackers = [tracker for tracker in self._trackers if tracker.is_open(tag.start)]
            if len(self._trackers) < _MOST_TRACKERS and all(map(_is_details, self._trackers)):
                self._trackers.append(Tracker(self._html, tag, in_table=in_table))
        self._suspects.clear()
        self._trackers = [tracker for tracker in self._trackers if tracker.is_open(offset)]
        for tracker in self._trackers:
            if not (_is_details(tracker) and tracker.sure and tracker.inner[1:2] == ["summary"]):
                return tracker
        return None

    def _is_hidden_inside(self, start: int, stop: int) -> bool:
        """Return whether a hidden element inside the placeholder holds characters of it."""
        html, name, depth = self._html, "", 0  # of elements of that name from the hidden one on
        for span in spans(html, start, stop):
            if span.kind == START and not depth:
                if is_hidden(span.name, attributes(html, span.start, span.stop)):
                    name, depth = span.name, 1
            elif depth and span.name == name:
                depth += 1 if span.kind == START else -1
            elif span.kind == TEXT and depth and not _NOTHING.fullmatch(html, span.start, span.stop):
                return True
        return False

    def _is_beside_cells(self, offset: int) -> bool:
        """Return whether ``offset`` is in a table but in none of its cells."""
        index, passed = len(self._tables) - 1, []
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
            event = self._tables[index]
            if event.opened < 0:
                beside = True
                break
            offset, index = self._tables[event.opened].start, event.opened - 1
        self._resolved.update(dict.fromkeys(passed, beside))
        return beside

    def _in_cell(self, index: int, offset: int) -> bool | None:
        """Tell by the last table part between that tag of a table and ``offset``; ``None``: there is none."""
        at, state = self._cells.get(index, (self._tables[index].stop, None))
        depth = 0  # in tables inside that were passed as wholes
        for span in spans(self._html, at, offset):
            if span.name == "table":
                depth += 1 if span.kind == START else -1
            elif depth:
                continue
            elif span.name in TABLE_RANKS or span.name == "col":
                state = span.kind == START and span.name in ("caption", "td", "th")
        self._cells[index] = (max(at, offset), state)
        return state


def _is_details(tracker: Tracker) -> bool:
    return tracker.tag.name == "details"


def _hidden_hints(window: bytes, base: int) -> Iterator[int]:
    at = window.find(b"hid")
    while at >= 0:
        yield base + at
        at = window.find(b"hid", at + 3)


def _display_hints(window: bytes, base: int) -> Iterator[int]:
    at = window.find(b"none")
    while at >= 0:
        near = window[at - _NEAR if at > _NEAR else 0 : at]
        if b"display" in near or b"\\" in near or b"&#" in near:
            yield base + at
        at = window.find(b"none", at + 4)
