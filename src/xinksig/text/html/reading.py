"""One reading of a document for its search and for the injection: by one stack, else by its context."""

import re
from collections.abc import Sequence
from operator import itemgetter

from xinksig.text.html.hidden import WATCHED, is_hidden
from xinksig.text.html.names import TABLE_PARTS
from xinksig.text.html.scanner import Span, attributes, construct
from xinksig.text.html.stack import TooComplexError, Walk

TYPE_CHECKING = False  # true for type checkers; the context is loaded where it is asked

if TYPE_CHECKING:
    from xinksig.text.html.context import Context

_MAY_HIDE = re.compile(r"[hH][iI][dD]|[nN][oO][nN][eE]|[\\&]|/\*")
"""What a start tag holds that hides its element, or that disguises such words."""

_LONG_TAG = 500
_UNSURE = WATCHED | {"template"}
"""Elements that may hide what is in them whatever their start tag holds."""
_name, _start = itemgetter(0), itemgetter(1)


class Reading:
    """Answers as ``Context`` does: a stack knows what is open, so that nothing else has to be looked at.

    Where the stack is not enough, or what is open could hide the offset, the context is asked.
    """

    __slots__ = (
        "_complex_from",
        "_context",
        "_held_by_walk",
        "_html",
        "_kept",
        "_looked",
        "_shown",
        "_too_complex",
        "_walk",
    )

    def __init__(self, html: str) -> None:
        self._html = html
        self._looked = 0
        self._walk: Walk | None = None
        self._kept: Walk | None = None
        """Stands at the first placeholder that may be replaced; given away once."""
        self._complex_from = len(html) + 1
        """The walk has come to its end before this offset."""
        self._too_complex = -1
        """No walk at all gets to this offset; one without a stop on its way may get further."""
        self._context: Context | None = None
        self._held_by_walk = False
        """Whether the last answer came from the walk alone."""
        self._shown: set[int] = set()
        """Where start tags are of open elements that do not hide what is in them."""

    @property
    def looked(self) -> int:
        """Characters looked at: a measure of the work done."""
        walked = self._walk.at if self._walk else 0
        return self._looked + walked + (self._context.looked if self._context else 0)

    def holds(self, offset: int) -> Span | None:
        """See ``Context``."""
        self._held_by_walk = False
        if offset < self._complex_from and not self._seems_in_tag(offset):
            walk = self._walk
            is_first = walk is None
            if walk is None:
                walk = self._walk = Walk(self._html)
            elif walk is self._kept:
                walk = self._walk = walk.copy()
            try:
                is_text = walk.advance(offset)
            except TooComplexError:
                self._looked += walk.at
                self._complex_from = offset
                self._too_complex = offset if is_first else -1
                self._walk = None
            else:
                if is_text:
                    self._held_by_walk = self._shows(walk)
                elif walk.at <= offset and not any(element.name == "template" for element in walk.stack):
                    self._held_by_walk = True
                    held = construct(self._html, walk.at, len(self._html))
                    self._looked += held.stop - held.start
                    return held
                if self._held_by_walk:
                    return None
        context = self._context
        if context is None:
            from xinksig.text.html.context import Context

            context = self._context = Context(self._html)
        return context.holds(offset)

    def refusal(self, start: int, inside: Sequence[Span]) -> str | None:
        """See ``Context``."""
        if not self._held_by_walk:
            assert self._context is not None
            return self._context.refusal(start, inside)
        if inside:
            from xinksig.text.html.context import is_hidden_inside

            if is_hidden_inside(self._html, inside):
                return None
        if self._kept is None:
            self._kept = self._walk
        return ""

    def standing_at(self, offset: int) -> Walk | None:
        """Return the walk to ``offset``, which stays its own, if that led to the first placeholder."""
        walk = self._kept
        return walk if walk is not None and walk.at == offset else None

    def walk_before(self, offset: int) -> Walk:
        """Return a walk that has got no further than ``offset``; it is the caller's.

        Raises ``TooComplexError`` if it is known that none gets there.
        """
        walk, self._kept = self._kept, None
        if walk is not None and walk.at <= offset:
            if walk is self._walk:
                self._walk = None
            return walk
        if offset == self._too_complex:
            raise TooComplexError("a walk has come to its end before")
        return Walk(self._html)

    def _seems_in_tag(self, offset: int) -> bool:
        """Guess whether a tag holds ``offset``: the context is quicker to tell where tags are cut off."""
        first = max(0, offset - _LONG_TAG)
        return self._html.rfind("<", first, offset) > self._html.rfind(">", first, offset)

    def _shows(self, walk: Walk) -> bool:
        """Return whether it is sure that nothing open hides what stands there or moves it elsewhere."""
        stack = walk.stack
        if not stack or walk.is_amended or stack[-1].name in TABLE_PARTS:
            return False
        if walk.strays and walk.is_in_scope:
            return False  # the context takes such an end tag of a part of a table for the end of a cell
        if not _UNSURE.isdisjoint(map(_name, stack)):
            return False
        html, shown = self._html, self._shown
        for name, start, stop in reversed(stack):
            if start in shown:
                break  # so are those around it
            if _MAY_HIDE.search(html, start, stop) and is_hidden(name, attributes(html, start, stop)):
                return False
        shown.update(map(_start, stack))
        shown.discard(-1)  # an implied element stands for no other one
        return True
