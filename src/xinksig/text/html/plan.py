"""Which tags are put, which are taken out: decided for all places of a document together.

A wrapper is cut by the places in it whose signature must not stand in it. Of each segment between two
cuts it is known whether it shows anything: exactly there the wrapper is open. Formatting that a parser
opens again by itself behind the block it was left open in is followed through all its elements.
"""

import re
from collections.abc import Iterator, Sequence
from operator import attrgetter, itemgetter

from xinksig.expressions import late
from xinksig.text.html.fragment import Fragment
from xinksig.text.html.names import FORMATTING
from xinksig.text.html.scanner import START, spans
from xinksig.text.html.wrappers import Around, Trace, Wrapper, is_visible
from xinksig.text.html.written import KEEP_BLANKS, Changes, Written, new_written
from xinksig.text.place import Place

_WS = r"\t\n\f\r "
_VALUE = rf"""(?:[{_WS}]*+=[{_WS}]*+(?:"[^"]*+"|'[^']*+'|[^{_WS}>"'][^{_WS}>]*+)?)?"""
_ATTRIBUTE = late(rf"[{_WS}/]*+([^{_WS}/>][^{_WS}/>=]*+){_VALUE}")
_NAME = late(rf"<([^{_WS}/>]*+)")
_HEADISH = late(
    rf"(?:[{_WS}]++|<!--(?:[^-]|-(?!->)){{0,400}}-->|</[a-zA-Z][^>]*+>){{0,50}}"
    rf"<(?:base|basefont|bgsound|head|link|meta|noframes|noscript|script|style|template|title)[{_WS}/>]",
    re.IGNORECASE | re.ASCII,
)
"""A tag of what a parser puts into the head as long as nothing else has begun the body."""

_CROSSING = "formatting around it ends inside a block that began in it"
_ADOPTED = "tags around it are nested so wrongly that its wrappers cannot be closed and opened again"
_NOT_REMOVABLE = "a tag around it cannot be taken out without changing what stands before it"

_OPENERS, _UNDONE, _CLOSERS, _REVIVED_HERE, _SIGNATURE, _APPENDED_OPENERS, _REVIVED, _DELETED = range(8)
"""The order of edits at one offset."""

_by_place = itemgetter(0, 4, 5)
_dropped = attrgetter("dropped")
_source = attrgetter("source")


class Plan:
    """What to close, to open and to delete for the places that are not refused."""

    def __init__(self, html: str, changes: Changes, found: Trace, refused: dict[int, str]) -> None:
        self._html = html
        self._changes = changes
        self._trace = found
        self._refused = refused
        self._more: dict[int, str] = {}
        self._affected: dict[Wrapper, None] = {}
        self._owners: dict[Wrapper, Wrapper] = {}
        """Of wrappers without a place in them: with which other one they end."""
        self._cuts: dict[Wrapper, list[int]] = {}
        self._chains: list[list[Wrapper]] = []
        self._parts: dict[Wrapper, list[Wrapper]] = {}
        self._closed: dict[int, set[Wrapper]] = {}
        self._opened: dict[int, dict[Wrapper, str]] = {}
        self._taken_out: list[Wrapper] = []
        self._ended: set[Wrapper] = set()
        """Blocks of which what their start tags close is closed before them."""
        self._revived: dict[int, list[Wrapper]] = {}
        self._known: dict[tuple[int, int], set[Wrapper]] = {}
        """Of the families that were decided about: what a parser opens again by itself."""
        self._edits: list[Written] = []
        self.keeps_blanks = False
        """Whether white space is shown as it is at one of the places that something was written to."""

    def make(self) -> dict[int, str]:
        """Decide about all wrappers; return the places that have to be refused too, with their reasons."""
        has_copies = self._trace.has_copies
        for number, around in enumerate(self._trace.places):
            chain = self._chain(number, around) if has_copies else around.chain
            self._chains.append(chain)
            if number not in self._refused:
                self._cut(number, around, chain)
        todo = list(filter(_dropped, self._affected))
        if todo or self._parts:
            self._drop_all(todo)
        for source in dict.fromkeys(map(_source, self._affected)):
            self._decide(source)
        if has_copies:
            self._order_revived()
        for wrapper in self._taken_out:
            text = "" if wrapper in self._ended else self._closing(wrapper)
            self._delete(wrapper.start, wrapper.stop, text)
        return self._more

    def _cut(self, number: int, around: Around, chain: list[Wrapper]) -> None:
        """Take in the wrappers of a place, and which of them its fragment must not stand in."""
        for wrapper in chain:
            self._affected[wrapper] = None
        for wrapper in around.inside:
            self._affected[self._in_parts(wrapper)[0] if wrapper.crossing else wrapper] = None
        fragment = self._changes[number][1]
        cut: Sequence[Wrapper] = chain
        if fragment is None:
            cut = self._cut_without(number)
        elif not fragment.has_block and chain and chain[-1].name == "p":
            cut = chain[:-1]
        for wrapper in cut:
            self._cuts.setdefault(wrapper, []).append(number)

    def _drop_all(self, todo: list[Wrapper]) -> None:
        """Take in all that ends only with wrappers, such as those ``todo``, that are not open any more."""
        for whole, parts in self._parts.items():
            if not self._affected.keys().isdisjoint(parts) and not self._segments(parts[-1])[-1]:
                todo += self._drop(whole)
        while todo:
            wrapper = todo.pop()
            if wrapper.dropped and not self._segments(wrapper)[-1]:
                todo += self._drop(wrapper)
        for first, second, *_ in self._parts.values():
            if second in self._affected and not self._segments(second)[0] and not any(self._segments(first)):
                self._affected[first] = None

    def _drop(self, wrapper: Wrapper) -> list[Wrapper]:
        """Take in what ends only with a wrapper that is not open any more; return what is new of it."""
        new = [other for other in wrapper.dropped if other not in self._affected]
        for other in new:
            self._affected[other] = None
            self._owners[other] = wrapper
        return new

    def _chain(self, number: int, around: Around) -> list[Wrapper]:
        """Return what is open around a place, innermost first, as it will be when misnested tags are read."""
        chain = list(around.chain)
        if number in self._refused:
            return chain
        start = self._changes[number][0].start
        for wrapper in (*around.chain, *around.beyond):
            if not wrapper.crossing:
                continue
            passed = [block for block in wrapper.crossing if block.start < start]
            if not passed:
                if wrapper in chain:
                    chain[chain.index(wrapper)] = self._in_parts(wrapper)[0]
                continue
            block = passed[-1].start
            at = next((n for n, other in enumerate(chain) if other.start == block), len(chain))
            if at < len(chain) or around.block == block:
                if wrapper.tangled:
                    self._refuse_at(number, _CROSSING)
                if wrapper in chain[:at]:
                    at -= 1
                if wrapper in chain:
                    chain.remove(wrapper)
                chain.insert(at, self._in_parts(wrapper)[len(passed)])
        return chain

    def _in_parts(self, wrapper: Wrapper) -> list[Wrapper]:
        """Return what a parser makes of formatting that ends in blocks: an element before and in each."""
        parts = self._parts.get(wrapper)
        if parts is None:
            first = Wrapper(wrapper.name, wrapper.start, wrapper.stop)
            first.born, first.closed, first.adopted = wrapper.born, wrapper.closed, wrapper.adopted
            first.tangled = wrapper.tangled
            parts = self._parts[wrapper] = [first]
            for block in wrapper.crossing:
                part = Wrapper(wrapper.name, -1, -1)
                part.born, part.block, part.tangled = block.stop, block, wrapper.tangled
                parts.append(part)
            stops = [block.start for block in wrapper.crossing]
            stops.append(wrapper.left)
            for part, stop in zip(parts, stops, strict=True):
                part.source, part.serial = wrapper.source, wrapper.serial
                self._look(part, max(part.stop, part.born), stop)
            parts[-1].end = wrapper.end
        return parts

    def _look(self, wrapper: Wrapper, start: int, stop: int) -> None:
        """Note in which gaps a part of the source shows something, and the places in it."""
        for number, (place, _) in enumerate(self._changes):
            if place.start < start < place.stop:
                wrapper.pieces |= 1 << number
                start = place.stop
            elif start <= place.start < stop:
                if is_visible(self._html, start, place.start):
                    wrapper.seen |= 1 << number
                wrapper.pieces |= 1 << number
                start = place.stop
        if start < stop and is_visible(self._html, start, stop):
            wrapper.seen |= 1 << sum(place.start < stop for place, _ in self._changes)

    def written(self, newline: str) -> list[Written]:
        """Return the edits in their order."""
        for number, (place, fragment) in enumerate(self._changes):
            if number not in self._refused:
                self._write(number, place, fragment, newline)
        self._edits.sort(key=_by_place)
        return self._edits

    def _write(self, number: int, place: Place, fragment: Fragment | None, newline: str) -> None:
        around, chain = self._trace.places[number], self._chains[number]
        closed, opened = self._closed.get(number), self._opened.get(number)
        pieces = place.pieces or ((place.start, place.start),)
        first, behind = pieces[0]
        closers = openers = ""
        if closed:
            closers = "".join([f"</{self._name(wrapper)}>" for wrapper in chain if wrapper in closed])
        if opened:
            openers = "".join([opened[wrapper] for wrapper in reversed(chain) if wrapper in opened])
        if not around.settled and self._may_begin_in_head(place, fragment):
            closers += "<body>"
        if closers:
            self._edit(_CLOSERS, number, first, first, closers, "wrapper")
        text = "" if fragment is None else fragment.written(newline)
        keeps_blanks = not KEEP_BLANKS.isdisjoint(around.outer)
        self._edit(_SIGNATURE, number, first, behind, text, "signature", fragment, keeps_blanks)
        if openers:
            order = _OPENERS if behind > first else _APPENDED_OPENERS
            self._edit(order, number, behind, behind, openers, "wrapper")
        for start, stop in pieces[1:]:
            self._edit(_DELETED, number, start, stop, "", "placeholder")

    def _may_begin_in_head(self, place: Place, fragment: Fragment | None) -> bool:
        if fragment is None:
            return _HEADISH.match(self._html, place.stop) is not None
        return not fragment.begins_in_body

    def _edit(
        self,
        order: int,
        serial: int,
        start: int,
        stop: int,
        text: str,
        why: str,
        fragment: Fragment | None = None,
        keeps_blanks: bool = False,
    ) -> None:
        if text or start < stop:
            self._edits.append(new_written((start, stop, text, why, order, serial, fragment, keeps_blanks)))
            if keeps_blanks:
                self.keeps_blanks = True

    def _cut_without(self, number: int) -> Sequence[Wrapper]:
        """Return what to open again behind a trigger that is only taken out.

        Without its characters a parser would open formatting again further on, maybe inside a block.
        """
        place, chain = self._changes[number][0], self._chains[number]
        if not place.pieces or not self._html.startswith("<", place.pieces[0][1]):
            return ()
        found: list[Wrapper] = []
        starts = {place.start}
        for wrapper in chain:
            if wrapper.start < 0 and wrapper.block is None and wrapper.born in starts:
                found.append(wrapper)
            elif wrapper.seen or self._holds(wrapper, 0, len(self._changes)):
                break
            else:
                starts.add(wrapper.start)
        behind, last = number + 1, len(self._changes)
        needed = any(other.seen >> behind or self._holds(other, behind, last) for other in found)
        return found if needed else ()

    def _delete(self, start: int, stop: int, text: str = "") -> None:
        """Take a tag out; the text is what does what it has done besides."""
        self._edits.append(new_written((start, stop, text, "wrapper", _DELETED, 0, None, False)))

    # One family: the elements that have their attributes from one start tag.

    def _decide(self, source: tuple[int, int]) -> None:
        """Decide where the elements of a family are open."""
        known = copied = False
        by_itself = self._known[source] = set()
        for wrapper in self._incarnations(source) if self._parts else self._trace.families[source]:
            cuts = self._cuts.get(wrapper, ())
            if known:
                by_itself.add(wrapper)
            if wrapper not in self._affected:
                known, copied = self._pass(wrapper, known, copied)
                continue
            segments = self._segments(wrapper)
            if wrapper.adopted and (not known or not segments[0] or len(segments) > 1):
                self._refuse_family(wrapper, _ADOPTED)
            if wrapper.tangled and not segments[-1]:
                self._refuse_family(wrapper, _ADOPTED)
            if not segments[0]:
                by_itself.discard(wrapper)
                known = self._take_out_start(wrapper, known)
            else:
                if wrapper.start < 0 and not known:
                    self._revive(wrapper, copied)
                known = copied = True
            for index, number in enumerate(cuts):
                if segments[index]:
                    self._closed.setdefault(number, set()).add(wrapper)
                    known = False
                if segments[index + 1]:
                    self._opened.setdefault(number, {})[wrapper] = self._tag(wrapper, copied)
                    known = copied = True
            for start, stop in wrapper.ignored:
                if not segments[sum(self._changes[number][0].start < start for number in cuts)]:
                    self._delete(start, stop)
            if not segments[-1] and wrapper.end is not None:
                self._delete(*wrapper.end)

    def _incarnations(self, source: tuple[int, int]) -> Iterator[Wrapper]:
        """Yield the elements of a family, in parts where they end in blocks."""
        for wrapper in self._trace.families[source]:
            parts = self._parts.get(wrapper)
            if parts is not None and not self._affected.keys().isdisjoint(parts):
                yield from parts
            else:
                yield wrapper

    def _pass(self, wrapper: Wrapper, known: bool, copied: bool) -> tuple[bool, bool]:
        """Let an element be that no place is in; return whether a parser knows of its family behind it."""
        if wrapper.start < 0 and not known:
            if wrapper.tangled:
                self._refuse_family(wrapper, _ADOPTED)
            if wrapper.block is not None and not any(self._segments(wrapper)):
                if wrapper.end is not None:
                    self._delete(*wrapper.end)
                return known, copied
            if wrapper.adopted:
                self._refuse_family(wrapper, _ADOPTED)
            self._revive(wrapper, copied)
        return True, True

    def _segments(self, wrapper: Wrapper) -> list[bool]:
        """Return of each segment between two cuts whether the wrapper shows anything in it."""
        segments = []
        first = 0
        for cut in (*self._cuts.get(wrapper, ()), len(self._changes)):
            gaps = (2 << cut) - (1 << first)
            shows = wrapper.seen & gaps != 0 or (first < cut and self._holds(wrapper, first, cut))
            segments.append(shows)
            first = cut + 1
        return segments

    def _holds(self, wrapper: Wrapper, first: int, stop: int) -> bool:
        """Return whether one of those places stands in the wrapper and shows something."""
        for number in range(first, stop):
            if wrapper.pieces >> number & 1:
                place, fragment = self._changes[number]
                # What begins between two pieces of a place does not hold what is put at the first one.
                if number in self._refused or (fragment is not None and wrapper.born <= place.start):
                    return True
        return False

    def _take_out_start(self, wrapper: Wrapper, known: bool) -> bool:
        """Let the wrapper not begin where it does; return whether a parser still knows of its family."""
        if wrapper.start < 0:
            if known:
                self._forget(wrapper)
            return False
        if wrapper.closed and wrapper.closed not in ("p", "a", "nobr"):
            self._refuse(wrapper, _NOT_REMOVABLE)
        self._taken_out.append(wrapper)
        return False

    def _closing(self, wrapper: Wrapper) -> str:
        """Return the end tag that does what the start tag of an element has done besides."""
        # What the start tag closed may not be open there any more.
        is_closed = not wrapper.closed or any(
            other.left == wrapper.start and other.name == wrapper.closed and not self._segments(other)[-1]
            for other in self._affected
        )
        return "" if is_closed else f"</{wrapper.closed}>"

    def _forget(self, wrapper: Wrapper) -> None:
        """Keep a parser from opening the wrapper again."""
        for number in self._cuts.get(wrapper, ()):
            if wrapper.block is None and wrapper.born == self._changes[number][0].start:
                # The place's own character would have opened it.
                self._closed.setdefault(number, set()).add(wrapper)
                return
        text = f"</{self._name(wrapper)}>"
        at = wrapper.born
        if wrapper.block is not None:
            at = wrapper.block.start
            if wrapper.block not in self._ended:
                self._ended.add(wrapper.block)
                text = self._closing(wrapper.block) + text
        self._edit(_UNDONE, -wrapper.serial, at, at, text, "wrapper")

    def _revive(self, wrapper: Wrapper, copied: bool) -> None:
        """Open the wrapper where a parser would not do it any more."""
        if wrapper.block is not None and self._begins_formatting(wrapper.block):
            self._refuse_family(wrapper, _CROSSING)
        self._revived.setdefault(wrapper.born, []).append(wrapper)
        self._edit_revived(wrapper, self._tag(wrapper, copied))

    def _begins_formatting(self, block: Wrapper) -> bool:
        """Tell whether formatting begins between the last place and a block behind it."""
        stop = max((place.stop for place, _ in self._changes if place.stop <= block.start), default=0)
        return any(
            span.kind == START and span.name in FORMATTING for span in spans(self._html, stop, block.start)
        )

    def _edit_revived(self, wrapper: Wrapper, tag: str) -> None:
        at = wrapper.born
        is_here = any(place.start == at and place.pieces for place, _ in self._changes)
        self._edit(_REVIVED_HERE if is_here else _REVIVED, wrapper.serial, at, at, tag, "wrapper")

    def _order_revived(self) -> None:
        """Open what a parser would not open by itself any more, or not where it did.

        That is formatting inside something revived, and what a tag opened again that is taken out.
        """
        outermost = {offset: min(other.serial for other in some) for offset, some in self._revived.items()}
        for wrapper in self._taken_out:
            outermost[wrapper.start] = -1
        if not outermost:
            return
        for source, family in self._trace.families.items():
            known = self._known.get(source)
            for wrapper in self._incarnations(source) if known is not None and self._parts else family:
                if wrapper.start >= 0 or wrapper.block is not None or wrapper.born not in outermost:
                    continue
                if wrapper in self._revived.get(wrapper.born, ()) or wrapper.serial < outermost[wrapper.born]:
                    continue
                if known is None or wrapper in known:
                    if wrapper.adopted:
                        self._refuse_at_offset(wrapper.born)
                    at = wrapper.born
                    self._edit(_UNDONE, -wrapper.serial, at, at, f"</{self._name(wrapper)}>", "wrapper")
                    self._edit_revived(wrapper, self._tag(wrapper, True))

    def _refuse_at_offset(self, offset: int) -> None:
        for wrapper in (*self._taken_out, *(other for some in self._revived.values() for other in some)):
            if offset in (wrapper.start, wrapper.born):
                self._refuse_family(wrapper, _ADOPTED)

    def _refuse(self, wrapper: Wrapper, reason: str) -> None:
        while not wrapper.pieces and wrapper in self._owners:
            wrapper = self._owners[wrapper]
        for number in range(len(self._changes)):
            if wrapper.pieces >> number & 1:
                self._refuse_at(number, reason)

    def _refuse_at(self, number: int, reason: str) -> None:
        if number not in self._refused:
            self._more[number] = reason

    def _refuse_family(self, wrapper: Wrapper, reason: str) -> None:
        for other in self._incarnations(wrapper.source):
            if other in self._affected:
                self._refuse(other, reason)

    # Tags.

    def _name(self, wrapper: Wrapper) -> str:
        match = _NAME.match(self._html, *wrapper.source)
        return match[1] if match is not None else wrapper.name

    def _tag(self, wrapper: Wrapper, copied: bool) -> str:
        """Return the start tag that opens the element again; a copy has no id."""
        start, stop = wrapper.source
        if not copied:
            return self._html[start:stop]
        dropped = ("id", "name") if wrapper.name == "a" else ("id",)
        return "".join(_without(self._html, start, stop, dropped))


def _without(html: str, start: int, stop: int, dropped: tuple[str, ...]) -> Iterator[str]:
    """Yield the pieces of a start tag without the attributes of those names."""
    name = _NAME.match(html, start, stop)
    at = start if name is None else name.end()
    for attribute in _ATTRIBUTE.finditer(html, at, stop - 1):
        if attribute[1].lower() in dropped:
            yield html[start : attribute.start()]
            start = attribute.end()
    yield html[start:stop]
