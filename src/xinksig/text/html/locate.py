"""Where placeholders stand in HTML as a browser shows it, by offsets of the source."""

import sys
from collections.abc import Iterator

from xinksig.model import Outcome, Trigger
from xinksig.text.html.reading import Reading
from xinksig.text.html.scanner import PLAINTEXT, TEXT, Span, spans
from xinksig.text.html.spelling import Spelling, spelling
from xinksig.text.pattern import Pattern
from xinksig.text.place import Place, new_place

_PLACEHOLDER = Trigger.PLACEHOLDER
_ANCHOR_COST = 24
_SPARE = 4096
_PLAINTEXT = "it stands behind a plaintext tag, where nothing is read as HTML"


def find(
    html: str, pattern: Pattern, limit: int | None = None, reading: Reading | None = None
) -> list[Place]:
    """Return the placeholders that a reader sees, in their order; offsets count characters.

    Those whose place in the tree is not sure have the outcome ``UNCERTAIN`` and a reason. Quoted ones are
    among them. With a ``limit``, stops at one more than that many. A fresh ``reading`` of the text keeps
    what is found out for the injection. Linear in the text, never raises.
    """
    spelled = spelling(pattern)
    anchors = spelled.anchors(html)
    first = next(anchors, -1)
    return Search(html, spelled, limit, reading).places(first, anchors) if first >= 0 else []


class Search:
    """One search, with what it has cost so far."""

    def __init__(
        self, html: str, spelled: Spelling, limit: int | None = None, reading: Reading | None = None
    ) -> None:
        self.in_full = False
        """Whether the anchors cost more than reading the text from end to end, which was done then."""
        self._html = html
        self._spelling = spelled
        self._limit = sys.maxsize if limit is None else limit
        self._looked = 0
        self._reading = reading or Reading(html)
        self._found: list[Place] = []
        self._resume = 0

    @property
    def looked(self) -> int:
        """Characters looked at, those looked at twice counted twice: a measure of the work done."""
        return self._looked + self._reading.looked

    def places(self, first: int, anchors: Iterator[int]) -> list[Place]:
        """Return the places from the anchor ``first`` on; see ``find``."""
        html, spelled = self._html, self._spelling.spelled
        budget = len(html) + _SPARE
        at = first
        while at >= 0:
            if at >= self._resume:
                stop, looked, name = spelled(html, at)
                budget -= looked - at + _ANCHOR_COST
                if stop >= 0:
                    self._take(at, stop, name)
                    if len(self._found) > self._limit:
                        break
                elif budget < 0:
                    self._search_in_full()
                    break
            at = next(anchors, -1)
        self._looked += len(html) + _SPARE - budget
        return self._found

    def _search_in_full(self) -> None:
        from xinksig.text.html.visible import placeholders

        self.in_full = True
        self._looked += len(self._html)
        for start, stop, name in placeholders(self._html, self._spelling):
            if len(self._found) > self._limit:
                return
            if start >= self._resume:
                self._take(start, stop, name)

    def _take(self, start: int, stop: int, name: str) -> None:
        """Keep what is spelled there if it is text that a reader sees."""
        html, reading = self._html, self._reading
        held = reading.holds(start)
        if held and held.kind != PLAINTEXT:
            self._resume = held.stop
            return
        self._resume = stop
        inside = list(spans(html, start, stop)) if html.find("<", start, stop) >= 0 else []
        if held is None:
            refusal = reading.refusal(start, inside)
        elif inside or html.find("&", start, stop) >= 0:
            return  # no markup is read there
        else:
            refusal = _PLAINTEXT
        if refusal is None:
            return
        pieces = _pieces(inside) if inside else ((start, stop),)
        outcome = Outcome.UNCERTAIN if refusal else None
        self._found.append(new_place((start, stop, pieces, _PLACEHOLDER, name, outcome, refusal)))


def _pieces(inside: list[Span]) -> tuple[tuple[int, int], ...]:
    """Return where there is text among the spans."""
    pieces: list[tuple[int, int]] = []
    for span in inside:
        if span.kind == TEXT:
            if pieces and pieces[-1][1] == span.start:
                pieces[-1] = (pieces[-1][0], span.stop)
            else:
                pieces.append((span.start, span.stop))
    return tuple(pieces)
