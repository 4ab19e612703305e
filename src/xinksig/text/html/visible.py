"""The visible text of a document, searched from end to end: slower than anchors, but linear on any input."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from xinksig.characters import BLANK, IGNORABLE_CLASS
from xinksig.expressions import late
from xinksig.text.html.references import reference
from xinksig.text.html.scanner import COMMENT, END, INERT, PLAINTEXT, START, SUBTREES, TEXT, spans, subtree
from xinksig.text.html.spelling import (
    BROKEN,
    FIXED,
    IGNORABLES,
    LONGEST_NAME,
    Spelling,
    Target,
    is_inline,
    white_space,
)

_PIECE = late(rf"([^&{BLANK}{IGNORABLE_CLASS}]++)|([{BLANK}]++)|([{IGNORABLE_CLASS}]++)|&")
_FOLD = "\n"
_SPACE = " "
_BLOCK = 1024  # parts that are joined to one at a time, to save memory


def placeholders(html: str, spelling: Spelling, start: int = 0) -> Iterator[tuple[int, int, str]]:
    """Yield start, stop and name of each placeholder in the visible text from ``start`` on, in their order.

    ``start`` must be in the data state. Those in subtrees that are not sure are among them.
    """
    text = _VisibleText()
    pattern = _visible_pattern(spelling.targets)
    while start < len(html):
        for span in spans(html, start):
            start = span.stop
            if span.kind == TEXT:
                text.add(html, span.start, span.stop)
            elif span.kind not in (START, END):
                if span.kind == COMMENT:
                    continue
                yield from text.found(spelling, pattern)
                if span.kind == PLAINTEXT:
                    text.add(html, span.start, span.stop, literal=True)
            elif not is_inline(span.name):
                yield from text.found(spelling, pattern)
                if span.kind == START and span.name in SUBTREES:
                    held = subtree(html, span)
                    if held.kind == INERT:
                        start = held.stop
                        break
    yield from text.found(spelling, pattern)


class _VisibleText:
    """What a reader sees between two boundaries, and which source each character of it has."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[str] = []
        self._size = 0
        # One entry for each run of characters that stand for themselves, and for each reference.
        self._at = array("I")
        self._starts = array("I")
        self._stops = array("I")
        self._white = 0
        self._white_start = self._white_stop = 0

    def add(self, html: str, start: int, stop: int, *, literal: bool = False) -> None:
        """Append source that is text; ``literal``: without character references."""
        while start < stop:
            match = _PIECE.match(html, start, stop)
            assert match is not None
            behind = match.end()
            if match[1]:
                self._put(match[1], start, behind)
            elif match[2]:
                self._put_white(white_space(match[2]), start, behind)
            elif not match[3]:
                characters = "&"
                if not literal:
                    decoded, decoded_behind = reference(html, start, stop)
                    characters, behind = decoded or characters, max(decoded_behind, behind)
                if characters in BLANK:
                    self._put_white(FIXED, start, behind)
                elif not IGNORABLES.fullmatch(characters):
                    self._put(characters, start, behind)
            start = behind

    def _put(self, characters: str, start: int, stop: int) -> None:
        if self._white:
            folded = self._white & (BROKEN | FIXED) == BROKEN
            self._append(_FOLD if folded else _SPACE, self._white_start, self._white_stop)
            self._white = 0
        self._append(characters, start, stop)

    def _append(self, characters: str, start: int, stop: int) -> None:
        size = len(characters)
        if self._stops and self._stops[-1] == start and stop - start == size and self._is_plain_last():
            self._stops[-1] = stop
        else:
            self._at.append(self._size)
            self._starts.append(start)
            self._stops.append(stop)
        self._size += size
        self._parts.append(characters)
        if len(self._parts) == _BLOCK:
            self._blocks.append("".join(self._parts))
            self._parts = []

    def _is_plain_last(self) -> bool:
        return self._stops[-1] - self._starts[-1] == self._size - self._at[-1]

    def _put_white(self, white: int, start: int, stop: int) -> None:
        if not self._white:
            self._white_start = start
        self._white |= white
        self._white_stop = stop

    def found(self, spelling: Spelling, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, str]]:
        """Yield the placeholders in the text, and empty it."""
        if not self._size:
            self._white = 0
            return
        seen = "".join(self._blocks + self._parts)
        for match in pattern.finditer(spelling.fold(seen)):
            name = seen[slice(*match.span(match.lastindex))].replace(_FOLD, "") if match.lastindex else ""
            yield self._source(match.start())[0], self._source(match.end() - 1)[1], name
        self._clear()

    def _source(self, index: int) -> tuple[int, int]:
        entry = bisect_right(self._at, index) - 1
        start, stop = self._starts[entry], self._stops[entry]
        size = (self._at[entry + 1] if entry + 1 < len(self._at) else self._size) - self._at[entry]
        if stop - start != size:
            return start, stop
        start += index - self._at[entry]
        return start, start + 1


@lru_cache(maxsize=64)
def _visible_pattern(targets: tuple[Target, ...]) -> re.Pattern[str]:
    words = []
    for target in targets:
        fold = "" if target.has_blank else f"{_FOLD}?"
        white = f"[{_SPACE}{_FOLD}]"
        stem = fold.join(white if character == " " else re.escape(character) for character in target.stem)
        if target.closing:
            name = f"(?:{fold}:((?:{fold}[A-Za-z0-9._-]){{1,{LONGEST_NAME}}}))?"
            stem = f"{stem}{name}{fold}{re.escape(target.closing)}"
        words.append(stem)
    return re.compile("|".join(words))
