"""What holds an offset of a document: is it text, does a reader see it, is its place in the tree sure?"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from xinksig.characters import IGNORABLE_CLASS
from xinksig.expressions import late
from xinksig.text.html.hidden import WATCHED, is_hidden
from xinksig.text.html.hiding import Hiding
from xinksig.text.html.scanner import (
    END,
    PLAINTEXT,
    SPECIAL,
    START,
    SUBTREES,
    TEXT,
    UNSURE,
    Span,
    attributes,
    bulk_run,
    construct,
    subtree,
)
from xinksig.text.html.tables import Tables

_NEAR = 64  # characters between a property and its value
_WINDOW = 32768
_NOTHING = late(f"[{IGNORABLE_CLASS}]*+")

_REASONS = {
    "select": "it stands in a select, which browsers read in different ways",
    "frameset": "it stands in or behind a frameset, where browsers show no text",
    "plaintext": "it stands behind a plaintext tag, where nothing is read as HTML",
}
_FOREIGN = "it stands in or behind an {} that only a full parser can read"
_IN_TABLE = "it stands in a table but in none of its cells, so that browsers show it before the table"
_NOT_CLOSED = "it takes a full parser to tell whether a hidden element before it has ended"


_NOWHERE = Span(TEXT, 0, 0, "")
_NO_HINTS: Iterator[int] = iter(())


_FAR = 8192  # characters from where on it pays to pass tables as wholes


@cache
def _run(*, is_far: bool) -> re.Pattern[str]:
    return bulk_run(SPECIAL | WATCHED | {"table"}, "table", pass_balanced=is_far)


class Context:
    """Reads a document once, from its start to the offsets that are asked for, which must ascend."""

    __slots__ = (
        "_at",
        "_hiding",
        "_hinted",
        "_hints",
        "_html",
        "_looked",
        "_next_hint",
        "_past",
        "_plaintext",
        "_tables",
        "_unsure",
    )

    def __init__(self, html: str) -> None:
        self._looked = 0
        self._html = html
        self._at = 0  # in the data state
        self._hints = _NO_HINTS  # those that follow, up to where they were looked for
        self._next_hint = 0
        self._hinted = 0
        self._past = 0  # those before are dealt with
        self._unsure = _NOWHERE
        self._plaintext: Span | None = None
        self._tables: Tables | None = None
        self._hiding: Hiding | None = None

    @property
    def looked(self) -> int:
        """Characters looked at: a measure of the work done."""
        inner = sum(part.looked for part in (self._tables, self._hiding) if part)
        return self._looked + inner

    def holds(self, offset: int) -> Span | None:
        """Return ``None`` if the character at ``offset`` is text, else the construct that holds it.

        Ask on behind that construct's ``stop``. PLAINTEXT is returned although it is text.
        """
        if self._plaintext:
            return self._plaintext
        if self._next_hint < offset:
            self._follow_hints(offset)
        held = self._advance(offset)
        if held and held.kind == PLAINTEXT:
            self._plaintext = held
        return held

    def refusal(self, start: int, inside: Sequence[Span]) -> str | None:
        """Return why a placeholder may not be replaced: "" if it may, ``None`` if a reader does not see it.

        ``start`` must be the offset that ``holds`` answered last, with ``None``; ``inside`` are the spans of
        the placeholder if there is markup in it.
        """
        if start < self._unsure.stop:
            name = self._unsure.name
            return _REASONS.get(name) or _FOREIGN.format(name)
        if self._hiding:
            hidden = self._hiding.hides(start)
            if hidden is not False:
                return None if hidden else _NOT_CLOSED
        if inside and is_hidden_inside(self._html, inside):
            return None
        return _IN_TABLE if self._tables and self._tables.is_beside_cells(start) else ""

    def _advance(self, offset: int) -> Span | None:
        html, run = self._html, _run(is_far=offset - self._at > _FAR)
        while self._at < offset:
            match = run.match(html, self._at, offset)
            assert match is not None
            if match.end() > self._at:
                self._looked += match.end() - self._at
                self._at = match.end()
                continue
            span = construct(html, self._at, len(html))
            self._looked += span.stop - span.start
            if span.stop > offset and span.kind != TEXT:
                return span
            if span.kind == START:
                held = self._opened(span)
                self._looked += held.stop - span.stop
                if held.kind != START:
                    if held.stop > offset:
                        return held
                    span = held
            elif span.kind == END and span.name == "table" and self._tables:
                self._tables.end(span)
            self._at = min(span.stop, offset)
        return None

    def _opened(self, tag: Span) -> Span:
        """Take in a start tag; return what it opens if that is read as a whole, else the tag."""
        name = tag.name
        if name == "table":
            self._tables = self._tables or Tables(self._html)
            self._tables.start(tag)
        elif name in WATCHED:
            self._suspect(tag)
        elif name in SPECIAL and (name not in SUBTREES or tag.start >= self._unsure.stop):
            held = subtree(self._html, tag)
            if held.kind != UNSURE:
                return held
            self._unsure = held
        return tag

    def _suspect(self, tag: Span) -> None:
        if tag.start >= self._unsure.stop:
            self._hiding = self._hiding or Hiding(self._html)
            self._hiding.suspect(tag, in_table=self._tables is not None and self._tables.is_open)

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
                    self._past = self._html.find("<", hint)
                    if self._past < 0:
                        self._past = len(self._html)
                else:
                    self._past = held.stop
                    if held.kind == START and held.name not in WATCHED:
                        self._suspect(held)

    def _read_hints(self, offset: int) -> None:
        """Look for the hints up to ``offset``, and further on if it is not the first time."""
        start = max(0, self._hinted - _NEAR - 8)  # so that no hint is cut
        further = self._hinted + min(self._hinted, _WINDOW)
        stop = self._hinted = min(len(self._html), max(offset, further), start + 2 * _WINDOW)
        self._looked += stop - start
        window = self._html[start:stop].encode("ascii", "replace").lower()
        hints = _display_hints(window, start)
        if b"hid" in window:
            from heapq import merge

            hints = merge(_hidden_hints(window, start), hints)
        self._hints = hints
        self._next_hint = next(hints, stop)


def is_hidden_inside(html: str, inside: Sequence[Span]) -> bool:
    """Return whether a hidden element among the spans of a placeholder holds characters of it."""
    name, depth = "", 0  # of elements of that name from the hidden one on
    for span in inside:
        if span.kind == START and not depth:
            if is_hidden(span.name, attributes(html, span.start, span.stop)):
                name, depth = span.name, 1
        elif depth and span.name == name:
            depth += 1 if span.kind == START else -1
        elif span.kind == TEXT and depth and not _NOTHING.fullmatch(html, span.start, span.stop):
            return True
    return False


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
