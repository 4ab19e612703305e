"""Edits of HTML on their way: what is known of each, and what must not come to stand together."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from xinksig.expressions import late
from xinksig.records import NamedTuple, cast
from xinksig.text.html.fragment import Fragment
from xinksig.text.place import Place

KEEP_BLANKS = frozenset(("pre", "listing", "textarea"))
_REFERENCE = late(r"&#?[0-9A-Za-z]{0,40}\Z")
_LEADS_ON = re.compile(r"[<&#\w]")
"""What may read on in the character behind it."""
_FIRST_OF_TAG = late(r"[a-zA-Z/!?]")
_FIRST_OF_REFERENCE = late(r"[0-9A-Za-z;#=]")
_JOINS = "without it, the characters around it would read as a tag or a character reference"

Changes = Sequence[tuple[Place, Fragment | None]]
"""Places and what goes there; ``None``: the trigger is taken out."""


class Written(NamedTuple):
    """What a ``CharEdit`` says, and what else is known of it."""

    start: int
    stop: int
    text: str
    why: str
    order: int
    """Among those at one offset."""
    serial: int
    """Among those of one order there."""
    fragment: Fragment | None
    """What the text was written of."""
    keeps_blanks: bool
    """Whether white space in its place is shown as it is."""


new_written = cast(
    "Callable[[tuple[int, int, str, str, int, int, Fragment | None, bool]], Written]",
    partial(tuple.__new__, Written),
)


def joined(html: str, written: Sequence[Written], changes: Changes) -> dict[int, str] | None:
    """Return the places at which characters that were apart would read as a tag or a reference together.

    ``None`` if edits are not apart, which would be a mistake of ours: better to leave the text alone.
    """
    found: dict[int, str] = {}
    index, last = 0, len(written)
    while index < last:
        start, at, text = written[index][:3]
        index += 1
        while index < last and written[index].start == at:
            at = written[index].stop
            text += written[index].text
            index += 1
        if index < last and written[index].start < at:
            return None
        if not _LEADS_ON.search(html[start - 1 : start] + text[-1:]):
            continue
        behind = html[at : at + 1]
        if _reads_together(html, start, text[:1] or behind) or (
            text and _reads_together(text, len(text), behind)
        ):
            number = max((n for n, (place, _) in enumerate(changes) if place.start <= start), default=0)
            found[number] = _JOINS
    return found


def _reads_together(source: str, stop: int, following: str) -> bool:
    """Return whether the source before ``stop`` and the character behind it could be one construct."""
    if not stop or not following:
        return False
    last = source[stop - 1]
    if last == "<":
        return _FIRST_OF_TAG.match(following) is not None
    if last == "&" or last == "#" or last.isalnum():
        return (
            _FIRST_OF_REFERENCE.match(following) is not None
            and _REFERENCE.search(source, max(0, stop - 42), stop) is not None
        )
    return False
