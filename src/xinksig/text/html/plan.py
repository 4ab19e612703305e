"""Which tags are put, which are taken out: decided for all places of a document together.

A wrapper is cut by the places in it whose signature must not stand in it. Of each segment between two
cuts it is known whether it shows anything: exactly there the wrapper is open. Formatting that a parser
opens again by itself behind the block it was left open in is followed through all its elements.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from xinksig.text.html.fragment import Fragment
from xinksig.text.html.wrappers import Around, Trace, Wrapper, is_visible
from xinksig.text.place import CharEdit, Place

_WS = r"\t\n\f\r "
_VALUE = rf"""(?:[{_WS}]*+=[{_WS}]*+(?:"[^"]*+"|'[^']*+'|[^{_WS}>"'][^{_WS}>]*+)?)?"""
_ATTRIBUTE = re.compile(rf"[{_WS}/]*+([^{_WS}/>][^{_WS}/>=]*+){_VALUE}")
_NAME = re.compile(rf"<([^{_WS}/>]*+)")
_KEEP_BLANKS = frozenset(("pre", "listing", "textarea"))

_CROSSING = "formatting around it ends inside a block that began in it"
_ADOPTED = "tags around it are nested so wrongly that its wrappers cannot be closed and opened again"
_NOT_REMOVABLE = "a tag around it cannot be taken out without changing what stands before it"

_OPENERS, _UNDONE, _CLOSERS, _SIGNATURE, _APPENDED_OPENERS, _REVIVED, _DELETED = range(7)
"""The order of edits at one offset."""

Changes = Sequence[tuple[Place, Fragment | None]]


class Written(NamedTuple):
    """An edit, and the fragment that is its text."""

    edit: CharEdit
    fragment: Fragment | None
    keeps_blanks: bool
    """Whether white space in its place is shown as it is."""


class Plan:
    """What to close, to open and to delete for the places that are not refused."""

    def __init__(self, html: str, changes: Changes, found: Trace, refused: dict[int, str]) -> None:
        self._html = html
        self._changes = changes
        self._trace = found
        self._refused = refused
        self._more: dict[int, str] = {}
        self._affected: dict[Wrapper, None] = {}
        self._cuts: dict[Wrapper, list[int]] = {}
        self._closed: dict[int, set[Wrapper]] = {}
        self._opened: dict[int, dict[Wrapper, str]] = {}
        self._edits: list[tuple[int, int, int, Written]] = []

    def make(self) -> dict[int, str]:
        """Decide about all wrappers; return the places that have to be refused too, with their reasons."""
        for number in range(len(self._changes)):
            if number not in self._refused:
                around = self._trace.places[number]
                self._affected.update(dict.fromkeys((*around.chain, *around.inside)))
                for wrapper in self._cut_at(number, around):
                    self._cuts.setdefault(wrapper, []).append(number)
        for source in dict.fromkeys(wrapper.source for wrapper in self._affected):
            self._decide(source)
        return self._more

    def written(self, newline: str) -> list[Written]:
        """Return the edits in their order."""
        edits = self._edits
        for number, (place, fragment) in enumerate(self._changes):
            if number not in self._refused:
                self._write(number, place, fragment, newline)
        return [written for _, _, _, written in sorted(edits, key=lambda edit: edit[:3])]

    def _write(self, number: int, place: Place, fragment: Fragment | None, newline: str) -> None:
        around = self._trace.places[number]
        closed, opened = self._closed.get(number, set()), self._opened.get(number, {})
        pieces = place.pieces or ((place.start, place.start),)
        first, behind = pieces[0]
        closers = "".join(f"</{self._name(wrapper)}>" for wrapper in around.chain if wrapper in closed)
        openers = "".join(opened[wrapper] for wrapper in reversed(around.chain) if wrapper in opened)
        if fragment is not None and not around.settled and not fragment.begins_in_body:
            closers += "<body>"
        self._edit(_CLOSERS, number, first, first, closers, "wrapper")
        text = "" if fragment is None else fragment.written(newline)
        keeps_blanks = not _KEEP_BLANKS.isdisjoint(around.outer)
        self._edit(_SIGNATURE, number, first, behind, text, "signature", fragment, keeps_blanks)
        order = _OPENERS if behind > first else _APPENDED_OPENERS
        self._edit(order, number, behind, behind, openers, "wrapper")
        for start, stop in pieces[1:]:
            self._edit(_DELETED, number, start, stop, "", "placeholder")

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
            written = Written(CharEdit(start, stop, text, why), fragment, keeps_blanks)
            self._edits.append((start, order, serial, written))

    def _cut_at(self, number: int, around: Around) -> Sequence[Wrapper]:
        """Return the wrappers that the place's fragment must not stand in."""
        fragment = self._changes[number][1]
        if fragment is None:
            return ()
        if not fragment.has_block and around.chain and around.chain[-1].name == "p":
            return around.chain[:-1]
        return around.chain

    # One family: the elements that have their attributes from one start tag.

    def _decide(self, source: tuple[int, int]) -> None:
        """Decide where the elements of a family are open."""
        known = copied = False
        for wrapper in self._trace.families[source]:
            if wrapper not in self._affected:
                known, copied = self._pass(wrapper, known, copied)
                continue
            segments = self._segments(wrapper)
            late = self._is_late(wrapper, segments)
            if wrapper.adopted and (not segments[0] or len(segments) > 1):
                self._refuse(wrapper, _ADOPTED)
            if not segments[0]:
                known = self._take_out_start(wrapper, known)
            else:
                if wrapper.start < 0 and not known:
                    self._revive(wrapper, wrapper.born, copied)
                known = copied = True
            for index, number in enumerate(self._cuts.get(wrapper, ())):
                if segments[index]:
                    self._closed.setdefault(number, set()).add(wrapper)
                    known = False
                if segments[index + 1]:
                    self._opened.setdefault(number, {})[wrapper] = self._tag(wrapper, copied)
                    known = copied = True
            if late and wrapper.crossing is not None:
                self._revive(wrapper, wrapper.crossing[1], copied)
                known = copied = True
            elif not segments[-1] and wrapper.end is not None:
                self._edit(_DELETED, 0, *wrapper.end, "", "wrapper")

    def _pass(self, wrapper: Wrapper, known: bool, copied: bool) -> tuple[bool, bool]:
        """Let an element be that no place is in; return whether a parser knows of its family behind it."""
        if wrapper.start < 0 and not known:
            if wrapper.adopted:
                self._refuse_family(wrapper, _ADOPTED)
            self._revive(wrapper, wrapper.born, copied)
        return True, True

    def _segments(self, wrapper: Wrapper) -> list[bool]:
        """Return of each segment between two cuts whether the wrapper shows anything in it."""
        cuts = self._cuts.get(wrapper, [])
        segments = []
        first = 0
        for cut in (*cuts, len(self._changes)):
            gaps = (2 << cut) - (1 << first)
            segments.append(bool(wrapper.seen & gaps) or self._holds(wrapper, first, cut))
            first = cut + 1
        return segments

    def _holds(self, wrapper: Wrapper, first: int, stop: int) -> bool:
        """Return whether one of those places stands in the wrapper and shows something."""
        return any(
            wrapper.pieces >> number & 1
            and (number in self._refused or self._changes[number][1] is not None)
            # A wrapper that begins between two pieces of a place does not hold what is put at the first one.
            and (number in self._refused or wrapper.born <= self._changes[number][0].start)
            for number in range(first, stop)
        )

    def _is_late(self, wrapper: Wrapper, segments: list[bool]) -> bool:
        """Tell whether the last segment shows something only inside the block in which the wrapper ends.

        Then a parser builds the wrapper inside that block; it is opened there, not before it.
        """
        if wrapper.crossing is None:
            return False
        start = wrapper.crossing[0]
        cuts = self._cuts.get(wrapper)
        last = self._changes[cuts[-1]][0].stop if cuts else max(wrapper.stop, wrapper.born)
        if start < last:
            if cuts or not segments[-1]:
                self._refuse(wrapper, _CROSSING)
            return False
        if not cuts and all(place.start > start for place in self._places_in(wrapper)):
            return False
        if not segments[-1] or self._shows(wrapper, last, start):
            return False
        segments[-1] = False
        return True

    def _places_in(self, wrapper: Wrapper) -> Iterator[Place]:
        for number, (place, _) in enumerate(self._changes):
            if wrapper.pieces >> number & 1 and number not in self._refused:
                yield place

    def _shows(self, wrapper: Wrapper, start: int, stop: int) -> bool:
        """Return whether anything shows between two offsets in a wrapper."""
        for number, (place, fragment) in enumerate(self._changes):
            if place.stop <= start or place.start >= stop or not wrapper.pieces >> number & 1:
                continue
            if number in self._refused or fragment is not None or is_visible(self._html, start, place.start):
                return True
            start = place.stop
        return is_visible(self._html, start, stop)

    def _take_out_start(self, wrapper: Wrapper, known: bool) -> bool:
        """Let the wrapper not begin where it does; return whether a parser still knows of its family."""
        if wrapper.start < 0:
            return known and self._forget(wrapper)
        text = ""
        if wrapper.supplies:
            if wrapper.name not in ("p", "a", "nobr"):
                self._refuse(wrapper, _NOT_REMOVABLE)
            text = f"</{self._name(wrapper)}>"
        self._edit(_DELETED, 0, wrapper.start, wrapper.stop, text, "wrapper")
        return False

    def _forget(self, wrapper: Wrapper) -> bool:
        """Keep a parser from opening the wrapper again; return whether it still knows of its family."""
        for number, (place, fragment) in enumerate(self._changes):
            if wrapper.born == place.start and wrapper in self._trace.places[number].chain:
                # The place's own character would have opened it.
                if number in self._cuts.get(wrapper, ()):
                    self._closed.setdefault(number, set()).add(wrapper)
                    return False
                if fragment is None:
                    return True
        text = f"</{self._name(wrapper)}>"
        self._edit(_UNDONE, -wrapper.serial, wrapper.born, wrapper.born, text, "wrapper")
        return False

    def _revive(self, wrapper: Wrapper, offset: int, copied: bool) -> None:
        tag = self._tag(wrapper, copied)
        self._edit(_REVIVED, wrapper.serial, offset, offset, tag, "wrapper")

    def _refuse(self, wrapper: Wrapper, reason: str) -> None:
        for number in range(len(self._changes)):
            if wrapper.pieces >> number & 1 and number not in self._refused:
                self._more[number] = reason

    def _refuse_family(self, wrapper: Wrapper, reason: str) -> None:
        for other in self._trace.families[wrapper.source]:
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
