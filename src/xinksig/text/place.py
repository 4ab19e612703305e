"""Places in a text and edits of it: the common words of the HTML and the plain half."""

from collections.abc import Callable
from functools import partial

from xinksig.model import Outcome, Trigger
from xinksig.records import NamedTuple, cast


class Place(NamedTuple):
    """Where a trigger stands in a decoded text; every number counts characters."""

    start: int
    """The trigger's first character."""
    stop: int
    """Behind its last character (equal to ``start`` for a place to append at)."""
    pieces: tuple[tuple[int, int], ...]
    """Ascending spans to delete: what spells the trigger, with the ignorables and signs that go with it."""
    trigger: Trigger = Trigger.PLACEHOLDER
    name: str = ""
    """The name of the named form, ``short`` in ``{EMAILSIGNATURE:short}``."""
    outcome: Outcome | None = None
    """``None``: it may be replaced; otherwise why not (``QUOTED_ONLY`` for history, ``UNCERTAIN`` …)."""
    reason: str = ""
    """For a refused place: one plain sentence for an administrator."""


class CharEdit(NamedTuple):
    """A replaced span of a decoded text, in characters; ``start == stop`` inserts.

    Ascending and not overlapping in a list; several may insert at one place, in order.
    """

    start: int
    stop: int
    text: str
    why: str


# Of a tuple of all members: several times as fast as a call of the class.
new_place = cast(
    "Callable[[tuple[int, int, tuple[tuple[int, int], ...], Trigger, str, Outcome | None, str]], Place]",
    partial(tuple.__new__, Place),
)
new_edit = cast("Callable[[tuple[int, int, str, str]], CharEdit]", partial(tuple.__new__, CharEdit))
