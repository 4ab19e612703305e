"""Edits of a message in octets: kept in order, merged where they meet, cut into the stream of octets."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter

from xinksig.model import Edit
from xinksig.records import NamedTuple, cast


class Change(NamedTuple):
    """A replaced span of the message in octets; several may insert at one offset, in order."""

    start: int
    stop: int
    octets: bytes
    why: str
    order: int = 0
    """Among insertions at one offset: the smaller goes out first."""


new_change = cast("Callable[[tuple[int, int, bytes, str, int]], Change]", partial(tuple.__new__, Change))
_place = itemgetter(0, 1, 4)
"""Where a change goes: by its start, its stop, its order."""


def growth(changes: Iterable[Change]) -> int:
    """Return by how many octets the changes make the message larger."""
    size = 0
    for start, stop, octets, _, _ in changes:
        size += len(octets) - (stop - start)
    return size


class EditList:
    """The edits of one message, in the order of their offsets, and how far they have gone out."""

    __slots__ = ("_done", "_due", "growth")

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._due: list[Change] = []
        self.growth = 0

    def add(self, changes: Sequence[Change]) -> None:
        """Take changes at or behind the offset up to which the message has gone out."""
        if changes:
            self.take(changes, growth(changes))

    def take(self, changes: Sequence[Change], size: int) -> None:
        """Take changes, as ``add`` does, that are known to make the message ``size`` octets larger."""
        self._due += changes
        self.growth += size

    def cut(
        self, data: bytes, base: int, start: int, stop: int, *, last: bool = False
    ) -> list[bytes | memoryview]:
        """Return the output for the input's octets ``start`` to ``stop``; ``data`` begins at ``base``.

        An insertion at ``stop`` itself waits for the octets behind it, unless they are the ``last``.
        """
        if not self._due and start == base and stop - base == len(data):
            return [data] if data else []
        view = memoryview(data)
        pieces: list[bytes | memoryview] = []
        ready = self._due
        if ready:
            # The sort is stable: of one order, what was inserted first at an offset goes out first.
            ready.sort(key=_place)
            self._due = []
            if not last:
                count = sum(change.start < stop for change in ready)
                self._due = ready[count:]
                del ready[count:]
            self._done += ready
            for at, behind, octets, _, _ in ready:
                if at > start:
                    pieces.append(view[start - base : at - base])
                if octets:
                    pieces.append(octets)
                start = behind
        if stop > start:
            pieces.append(view[start - base : stop - base])
        return pieces

    def changes(self) -> list[Change]:
        """Return all changes that went out, as they were added, in the order of their offsets."""
        return list(self._done)

    def report(self) -> tuple[Edit, ...]:
        """Return all edits that went out: sorted, not overlapping, those at one place made one."""
        merged: list[Edit] = []
        for change in self._done:
            last = merged[-1] if merged else None
            if last is not None and change.start == last.start:
                why = last.why if change.why in last.why.split(", ") else f"{last.why}, {change.why}"
                merged[-1] = Edit(
                    start=last.start,
                    stop=max(last.stop, change.stop),
                    replacement=last.replacement + change.octets,
                    why=why,
                )
            elif change.start != change.stop or change.octets:
                merged.append(
                    Edit(start=change.start, stop=change.stop, replacement=change.octets, why=change.why)
                )
        return tuple(merged)
