"""The edits for places whose surroundings have to be known: followed first, then planned together."""

import re
from collections.abc import Sequence

from xinksig.expressions import late
from xinksig.text.html.fragment import Fragment
from xinksig.text.html.names import HEADINGS, SPECIAL
from xinksig.text.html.plan import Plan
from xinksig.text.html.reading import Reading
from xinksig.text.html.trace import trace
from xinksig.text.html.written import Changes, Written, joined

_START_OF_PRE = late(r"<(?:pre|listing)(?:[\t\n\f\r ][^<]*)?>\Z", re.IGNORECASE)
_NEAR = 400
_FRAMESET = late(r"<[fF][rR][aA][mM][eE][sS][eE][tT][\t\n\f\r />]")
_FRAMES = "only for the text of it a parser ignores a frameset behind it"
_IN_LINK = "the signature has links and stands in a link that goes on around its block"
_IN_SAME = "the signature has a {0} element and stands in another {0} element"
_OVERLAP = "the tags around it are nested in a way that is not understood"


def planned(
    html: str, changes: Changes, reading: Reading, newline: str
) -> tuple[list[Written], dict[int, str]]:
    """Return the edits, and why a change, by its number, is not made."""
    pieces = [place.pieces or ((place.start, place.start),) for place, _ in changes]
    found = trace(html, pieces, reading)
    refused: dict[int, str] = {}
    for number, (place, fragment) in enumerate(changes):
        around = found.places[number]
        reason = around.reason or (_refusal(around.outer, fragment) if fragment is not None else "")
        if fragment is None and not reason and _FRAMESET.search(html, place.stop):
            reason = _FRAMES
        if reason:
            refused[number] = reason
    while True:
        plan = Plan(html, changes, found, refused)
        more: dict[int, str] | None = plan.make()
        if not more:
            written = plan.written(newline)
            if plan.keeps_blanks:
                _keep_line_breaks(html, written, newline)
            written = _merged(written)
            more = joined(html, written, changes)
            if more is None:
                return [], dict.fromkeys(range(len(changes)), _OVERLAP)
            if not more:
                return written, refused
        refused.update(more)


def _refusal(outer: Sequence[str], fragment: Fragment) -> str:
    """Return why the fragment may not be put into those elements; "" if it may."""
    if (
        fragment.sole.isdisjoint(outer)
        and fragment.formatting.isdisjoint(outer)
        and HEADINGS.isdisjoint(outer[:1])
    ):
        return ""
    if fragment.has_link and "a" in outer:
        return _IN_LINK
    for name in fragment.sole.intersection(outer):
        if name in HEADINGS:
            continue
        if name not in ("li", "dd", "dt") or name in _items(outer):
            return _IN_SAME.format(name)
    if outer[0] in HEADINGS and not HEADINGS.isdisjoint(fragment.sole):
        return _IN_SAME.format(outer[0])
    for name in fragment.formatting.intersection(outer):
        if outer.count(name) >= 3:
            return _IN_SAME.format(name)
    return ""


def _items(outer: Sequence[str]) -> set[str]:
    """Return the list items that a new item would close."""
    found: set[str] = set()
    for name in outer:
        if name in ("li", "dd", "dt"):
            found |= {"li"} if name == "li" else {"dd", "dt"}
        elif name in SPECIAL and name not in ("address", "div", "p"):
            break
    return found


def _keep_line_breaks(html: str, written: list[Written], newline: str) -> None:
    """Keep the line break behind a removed trigger that would come to stand at the start of a ``pre``."""
    begins = False
    stop = -1
    for index, edit in enumerate(written):
        if edit.start != stop:
            begins = _START_OF_PRE.search(html[max(0, edit.start - _NEAR) : edit.start]) is not None
        begins = begins and not edit.text
        stop = edit.stop
        if begins and html[stop : stop + 1] in ("\n", "\r"):
            written[index] = edit._replace(text=newline)


def _merged(written: Sequence[Written]) -> list[Written]:
    """Return the edits, those that touch as one unless several of them put something there."""
    merged: list[Written] = []
    for edit in written:
        last = merged[-1] if merged else None
        if last is not None and last.stop == edit.start and not (last.text and edit.text):
            kept = edit if edit.text else last
            merged[-1] = kept._replace(start=last.start, stop=edit.stop)
        else:
            merged.append(edit)
    return merged
