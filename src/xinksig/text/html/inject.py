"""The signature in its place in HTML: inline elements closed before it and opened again behind it."""

import re
from collections.abc import Sequence

from xinksig.expressions import late
from xinksig.records import NamedTuple
from xinksig.text.html import fold
from xinksig.text.html.fold import LONGEST, Width
from xinksig.text.html.fragment import Fragment
from xinksig.text.html.names import HEADINGS, SPECIAL
from xinksig.text.html.plan import Plan, Written
from xinksig.text.html.reading import Reading
from xinksig.text.html.trace import trace
from xinksig.text.html.wrappers import Around
from xinksig.text.place import CharEdit, Place

_REFERENCE = late(r"&#?[0-9A-Za-z]{0,40}\Z")
_FIRST_OF_TAG = late(r"[a-zA-Z/!?]")
_FIRST_OF_REFERENCE = late(r"[0-9A-Za-z;#=]")

_START_OF_PRE = late(r"<(?:pre|listing)(?:[\t\n\f\r ][^<]*)?>\Z", re.IGNORECASE)
_NEAR = 400
_FRAMESET = late(r"<[fF][rR][aA][mM][eE][sS][eE][tT][\t\n\f\r />]")
_FRAMES = "only for the text of it a parser ignores a frameset behind it"

_IN_LINK = "the signature has links and stands in a link that goes on around its block"
_IN_SAME = "the signature has a {0} element and stands in another {0} element"
_JOINS = "without it, the characters around it would read as a tag or a character reference"
_OVERLAP = "the tags around it are nested in a way that is not understood"


class Injection(NamedTuple):
    """What has to be done to the source, and what cannot be done."""

    edits: list[CharEdit]
    """Ascending; a signature's own HTML is the text of one of them."""
    refused: dict[int, str]
    """Why a change, by its number, was not made: one plain sentence for an administrator."""


def inject(
    html: str,
    changes: Sequence[tuple[Place, Fragment | None]],
    *,
    newline: str,
    width: Width,
    reading: Reading | None = None,
) -> Injection:
    """Return the edits that put the fragments into the places; ``None`` takes the trigger out.

    The places ascend and are apart. The tree that an HTML5 parser builds of the result is the one of the
    source without the triggers' characters and what they leave empty, and with the fragments' subtrees.
    ``newline`` is the part's line ending, ``width`` counts the octets of characters in its charset,
    ``reading`` is what ``find`` was given, so that nothing is read again. Never raises; the work is
    linear, and html5lib is used once at most.
    """
    if not changes:
        return Injection([], {})
    pieces = [place.pieces or ((place.start, place.start),) for place, _ in changes]
    found = trace(html, pieces, reading or Reading(html))
    refused: dict[int, str] = {}
    for number, (place, fragment) in enumerate(changes):
        reason = _refusal(found.places[number], fragment)
        if fragment is None and not reason and _FRAMESET.search(html, place.stop):
            reason = _FRAMES
        if reason:
            refused[number] = reason
    while True:
        plan = Plan(html, changes, found, refused)
        more = plan.make()
        if not more:
            written = plan.written(newline)
            if plan.keeps_blanks:
                _keep_line_breaks(html, written, newline)
            runs = _runs(written)
            if runs is None:
                return Injection([], dict.fromkeys(range(len(changes)), _OVERLAP))
            more = _joined(html, runs, changes)
        if not more:
            return Injection(_in_lines(html, written, newline, width), refused)
        refused.update(more)


def _refusal(around: Around, fragment: Fragment | None) -> str:
    """Return why the fragment may not be put there; "" if it may."""
    if around.reason or fragment is None:
        return around.reason
    outer = around.outer
    if fragment.has_link and "a" in outer:
        return _IN_LINK
    for name in fragment.sole.intersection(outer):
        if name in HEADINGS:
            continue
        if name not in ("li", "dd", "dt") or name in _items(outer):
            return _IN_SAME.format(name)
    if outer and outer[0] in HEADINGS and not HEADINGS.isdisjoint(fragment.sole):
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
    for index, (edit, _, _) in enumerate(written):
        if edit.start != stop:
            begins = _START_OF_PRE.search(html[max(0, edit.start - _NEAR) : edit.start]) is not None
        begins = begins and not edit.text
        stop = edit.stop
        if begins and html[stop : stop + 1] in ("\n", "\r"):
            written[index] = written[index]._replace(edit=edit._replace(text=newline))


def _runs(written: Sequence[Written]) -> list[tuple[int, int, str]] | None:
    """Return the edits as spans with their text, those that touch as one.

    ``None`` if some are not apart, which would be a mistake of ours: better to leave the text alone.
    """
    runs: list[tuple[int, int, str]] = []
    first, at, together = 0, -1, ""
    for (start, stop, text, _), _, _ in written:
        if start > at:
            if at >= 0:
                runs.append((first, at, together))
            first, together = start, text
        elif start < at:
            return None
        else:
            together += text
        at = stop
    if at >= 0:
        runs.append((first, at, together))
    return runs


def _joined(
    html: str, runs: Sequence[tuple[int, int, str]], changes: Sequence[tuple[Place, Fragment | None]]
) -> dict[int, str]:
    """Return the places at which characters that were apart would read as a tag or a reference together."""
    found: dict[int, str] = {}
    for start, stop, text in runs:
        behind = html[stop : stop + 1]
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


def _in_lines(html: str, written: Sequence[Written], newline: str, width: Width) -> list[CharEdit]:
    """Return the edits with their text in lines of at most 998 octets, as far as it can be broken."""
    one_octet = width("<") == 1

    def octets(text: str) -> int:
        return len(text) if one_octet and text.isascii() else width(text)

    if one_octet and _are_short(html, written, octets):
        return [edit for edit, _, _ in written]
    edits: list[CharEdit] = []
    column = at = 0
    for index, (edit, fragment, keeps_blanks) in enumerate(written):
        column = _column(html, at, edit.start, column, octets)
        at, text = edit.stop, edit.text
        if text:
            tail = _tail(html, written, index, octets)
            if not _fits(text, fragment if one_octet else None, column, tail, newline, octets):
                blanks = not keeps_blanks
                if fragment is not None and one_octet:
                    text = fragment.folded(newline, blanks=blanks)
                else:
                    text = fold.folded(text, newline, octets, column=column, tail=tail, blanks=blanks)
                edit = edit._replace(text=text)
                first = octets(text.partition(newline)[0])
                if (
                    column <= LONGEST < column + first
                    and not keeps_blanks
                    and _follows_blank(html, edit, edits)
                ):
                    # One more blank beside a blank is not seen.
                    edits.append(CharEdit(edit.start, edit.start, newline, edit.why))
                    column = 0
            line_break, line = text.rpartition(newline)[1:]
            column = octets(line) + (0 if line_break else column)
        edits.append(edit)
    return edits


def _are_short(html: str, written: Sequence[Written], octets: Width) -> bool:
    """Return whether the lines around all edits, taken for one together with what is put in, are short."""
    if not written:
        return True
    first, last = written[0].edit.start, written[-1].edit.stop
    start = html.rfind("\n", max(0, first - LONGEST), first) + 1
    stop = html.find("\n", last, last + LONGEST)
    if stop < 0:
        stop = len(html)
    if stop - start > LONGEST:
        return False
    size = octets(html[start:stop])
    for edit, fragment, _ in written:
        if fragment is not None:
            size += fragment.longest_line
        elif edit.text:
            size += octets(edit.text)
    return size <= LONGEST


def _follows_blank(html: str, edit: CharEdit, before: Sequence[CharEdit]) -> bool:
    """Return whether a blank of the text that stays stands directly before an edit."""
    return html[edit.start - 1 : edit.start] == " " and (not before or before[-1].stop < edit.start)


def _column(html: str, at: int, stop: int, column: int, width: Width) -> int:
    """Return how many octets stand on the line before ``stop``, if ``column`` of them do before ``at``."""
    first = max(at, stop - LONGEST - 1)
    line = max(html.rfind("\n", first, stop), html.rfind("\r", first, stop)) + 1
    if line:
        return width(html[line:stop])
    return LONGEST + 1 if stop - first > LONGEST else column + width(html[first:stop])


def _tail(html: str, written: Sequence[Written], index: int, width: Width) -> int:
    """Return how many octets have to stand on the same line behind an edit."""
    octets = 0
    at = written[index].edit.stop
    for following in range(index + 1, len(written)):
        edit = written[following].edit
        end = _line_end(html, at, edit.start)
        octets += width(html[at:end])
        if end < edit.start:
            return octets
        if edit.text:
            return octets + width(fold.first_piece(edit.text))
        at = edit.stop
    return octets + width(html[at : _line_end(html, at, len(html))])


def _line_end(html: str, at: int, stop: int) -> int:
    stop = min(stop, at + LONGEST + 1)
    ends = (html.find("\n", at, stop), html.find("\r", at, stop))
    return min((end for end in ends if end >= 0), default=stop)


def _fits(text: str, fragment: Fragment | None, column: int, tail: int, newline: str, width: Width) -> bool:
    """Return whether the lines of a text are short enough with what stands before and behind it."""
    if column > LONGEST or tail > LONGEST:
        return False
    if fragment is not None and column + fragment.longest_line + tail <= LONGEST:
        return True
    lines = text.split(newline)
    last = len(lines) - 1
    return all(
        (0 if number else column) + width(line) + (tail if number == last else 0) <= LONGEST
        for number, line in enumerate(lines)
    )
