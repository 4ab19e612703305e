"""What stands around the places of a document: by one stack where that is enough, else by html5lib."""

from collections.abc import Sequence
from operator import itemgetter

from xinksig.text.html.names import BARRIERS, FORMATTING
from xinksig.text.html.reading import Reading
from xinksig.text.html.scanner import END, START, TEXT, Span, spans
from xinksig.text.html.stack import Element, TooComplexError, Walk
from xinksig.text.html.wrappers import (
    NOT_TEXT,
    Around,
    Pieces,
    Trace,
    Wrapper,
    is_visible,
    is_visible_tag,
    is_visible_text,
    nearest_block,
    refusal,
)

_name = itemgetter(0)
_WORD_END = "<o:p></o:p>"
"""Stands at the end of each paragraph that Word writes."""


def trace(html: str, places: Sequence[Pieces], reading: Reading) -> Trace:
    """Return what stands around each of the ascending places. Never raises."""
    try:
        return Tracer(html, places, reading.walk_before(places[0][0][0])).run()
    except TooComplexError:
        from xinksig.text.html import tree

        return tree.trace(html, places)


class Tracer:
    """Follows the wrappers of all places with one stack; ``TooComplexError`` where that is not enough."""

    def __init__(self, html: str, places: Sequence[Pieces], walk: Walk) -> None:
        self._html = html
        self._places = places
        self._walk = walk
        self._trace = Trace(has_copies=False)
        # The open wrappers with their depth, outermost first.
        self._live: list[tuple[int, Element, Wrapper]] = []
        self._watched: list[tuple[int, Element]] = []

    def run(self) -> Trace:
        """Return the trace of the whole document; to be called once."""
        for number in range(len(self._places)):
            self._reach(number)
        if self._watched:
            self._see_ends()
        for element, start, stop in self._walk.blocked:
            for wrapper in self._trace.families.get(element[1:], ()):
                wrapper.ignored.append((start, stop))
        return self._trace

    def _see_ends(self) -> None:
        """Walk on until what is watched has ended.

        Only when it is seen to end in its order it is sure that copies of it do likewise.
        """
        stack = self._walk.stack
        floors = [depth for depth, element in self._watched if depth < len(stack) and stack[depth] is element]
        if floors:
            self._walk.advance(len(self._html), min(floors))

    def _reach(self, number: int) -> None:
        first = self._places[number][0][0]
        walk = self._walk
        if walk.at != first and not walk.advance(first):
            around = Around(())
            around.reason = NOT_TEXT
            self._trace.places.append(around)
            return
        settled = walk.is_settled(first)
        if not settled:
            walk.imply_body()
        if self._live:
            self._drop_ended(None)
        stack = walk.stack
        block = nearest_block(stack)
        outer = list(map(_name, stack[block - 1 :: -1]))
        around = Around(outer)
        around.settled = settled
        around.reason = refusal(outer)
        self._trace.places.append(around)
        if not FORMATTING.isdisjoint(outer):
            self._watch_block(block)
        if block < len(stack):
            around.chain = self._open(number, block)
        self._follow(number)

    def _watch_block(self, block: int) -> None:
        """Note that a place's block has to be seen to end if that is in formatting."""
        stack = self._walk.stack
        for element in reversed(stack[: block - 1]):
            if element.name in FORMATTING:
                self._watched.append((block - 1, stack[block - 1]))
            if element.name in FORMATTING or element.name in BARRIERS:
                return

    def _open(self, number: int, block: int) -> list[Wrapper]:
        """Return the wrappers around a place, innermost first; take in those that are new.

        The outermost formatting in the block has to be seen to end.
        """
        stack, live = self._walk.stack, self._live
        known = len(live)
        stop = self._places[number][0][0]
        seen = pieces = 0
        chain: list[Wrapper] = []
        formatting = -1
        for depth in range(len(stack) - 1, block - 1, -1):
            element = stack[depth]
            if element.name in FORMATTING:
                formatting = depth
            if known and live[known - 1][1] is element:
                known -= 1
                chain.append(live[known][2])
                continue
            wrapper = Wrapper(*element)
            if element.start in self._walk.revivers:
                wrapper.closed = "p"
            if number or element.stop < stop:
                more_seen, more_pieces = self._looked_back(number, element.stop, stop)
                seen |= more_seen
                pieces |= more_pieces
            wrapper.seen, wrapper.pieces = seen, pieces
            stop = element.start
            live.insert(known, (depth, element, self._trace.add(wrapper)))
            chain.append(wrapper)
        if formatting >= 0:
            self._watched.append((formatting, stack[formatting]))
        return chain

    def _looked_back(self, number: int, start: int, stop: int) -> tuple[int, int]:
        """Return in which gaps the source before a place shows something, and the places it holds."""
        seen = pieces = 0
        html = self._html
        while number and self._places[number - 1][-1][1] > start:
            first, last = self._places[number - 1][0][0], self._places[number - 1][-1][1]
            if first < stop:
                if last < stop and is_visible(html, last, stop):
                    seen |= 1 << number
                pieces |= 1 << (number - 1)
                stop = first
            number -= 1
        if start < stop and is_visible(html, start, stop):
            seen |= 1 << number
        return seen, pieces

    def _follow(self, number: int) -> None:
        """Read on from a place until it is known of each open wrapper whether it shows anything behind it."""
        places, html = self._places, self._html
        limit = places[number + 1][0][0] if number + 1 < len(places) else len(html)
        walk, live = self._walk, self._live
        bit = 1 << number
        for start, stop in places[number]:
            if walk.at < start:
                self._step(walk.at, start, 0)
                if walk.at != start:
                    self._trace.places[number].reason = NOT_TEXT
                    return
                self._open_inside(number)
            for _, _, wrapper in live:
                wrapper.pieces |= bit
            walk.at = stop
        if live:
            self._pass_ends(limit)
            if live:
                self._step(walk.at, limit, bit << 1)

    def _pass_ends(self, limit: int) -> None:
        """Take in the end tags of wrappers that follow at once, as they do where nothing else is in them."""
        walk, html, live = self._walk, self._html, self._live
        at = walk.at
        if html.startswith(_WORD_END, at, limit):
            at += len(_WORD_END)
        while live and live[-1][1] is walk.stack[-1]:
            _, element, wrapper = live[-1]
            name = element.name
            if not html.startswith(f"</{name}>", at, limit):
                break
            stop = at + len(name) + 3
            walk.end(name, at, stop)
            wrapper.end = (at, stop)
            wrapper.left = at
            live.pop()
            at = walk.at = stop

    def _open_inside(self, number: int) -> None:
        """Take in the wrappers that have begun between two pieces of a place."""
        stack = self._walk.stack
        innermost = self._live[-1][0] + 1 if self._live else 0
        for depth in range(max(nearest_block(stack), innermost), len(stack)):
            element = stack[depth]
            wrapper = self._trace.add(Wrapper(*element))
            self._trace.places[number].inside.append(wrapper)
            self._live.append((depth, element, wrapper))

    def _step(self, at: int, stop: int, gap: int) -> None:
        """Take in the constructs up to ``stop``; in a ``gap`` while an open wrapper shows nothing in it."""
        walk, html = self._walk, self._html
        while at < stop:
            for span in spans(html, at, stop):
                kind = span.kind
                at = walk.at = span.stop
                shows = False
                if kind == TEXT:
                    shows = is_visible_text(html, span.start, at)
                elif kind in (START, END):
                    at = self._take(span)
                    shows = is_visible_tag(span)
                if shows:
                    for _, _, wrapper in self._live:
                        wrapper.seen |= gap
                if gap and (shows or kind == END) and all(wrapper.seen & gap for _, _, wrapper in self._live):
                    return
                if at != span.stop:
                    break

    def _take(self, tag: Span) -> int:
        """Take in a tag; return the offset behind it."""
        walk = self._walk
        before = walk.stack[:]
        if tag.kind == START:
            walk.at = walk.start(tag.name, tag.start, tag.stop)
            ended = walk.stack[len(before) - 1] is not before[-1] if len(walk.stack) >= len(before) else True
        else:
            walk.end(tag.name, tag.start, tag.stop)
            ended = len(walk.stack) < len(before)
        if ended:
            if len(before) - len(walk.stack) > 1 or tag.kind == START:
                self._note_dropped(before)
            self._drop_ended(tag)
        return walk.at

    def _note_dropped(self, before: list[Element]) -> None:
        """Note which elements have just ended only because the wrapper around them did."""
        stack = self._walk.stack
        first = 0
        while first < len(stack) and stack[first] is before[first]:
            first += 1
        live = {element: wrapper for _, element, wrapper in self._live}
        outermost = live.get(before[first])
        if outermost is not None:
            for inner in before[first + 1 :]:
                if inner not in live:
                    outermost.dropped.append(self._trace.add(Wrapper(*inner)))

    def _drop_ended(self, tag: Span | None) -> None:
        """Drop the wrappers that are not open any more behind the tag that was taken in last."""
        stack, live = self._walk.stack, self._live
        while live:
            depth, element, wrapper = live[-1]
            if depth < len(stack) and stack[depth] is element:
                return
            live.pop()
            if tag is not None:
                wrapper.left = tag.start
                if tag.kind == END and depth == len(stack) and tag.name == wrapper.name:
                    wrapper.end = (tag.start, tag.stop)
