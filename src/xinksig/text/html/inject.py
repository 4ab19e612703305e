"""The signature in its place in HTML: inline elements closed before it and opened again behind it."""

from collections.abc import Sequence
from operator import itemgetter

from xinksig.records import NamedTuple
from xinksig.text.html import fold
from xinksig.text.html.fold import LONGEST, Width
from xinksig.text.html.fragment import Fragment
from xinksig.text.html.names import BLOCKS, FORMATTING, HEADINGS, TABLE_PARTS, UNSURE
from xinksig.text.html.reading import Reading
from xinksig.text.html.written import KEEP_BLANKS, Changes, Written, joined, new_written
from xinksig.text.place import CharEdit, new_edit

_TAKES_MORE = TABLE_PARTS | HEADINGS
"""Blocks that not everything can be put into."""
_TAKE_MORE_AROUND = FORMATTING | UNSURE | KEEP_BLANKS
_SHORT = LONGEST // 4
"""Octets of a line that is short in UTF-16 and UTF-32 too."""
_name = itemgetter(0)


class Injection(NamedTuple):
    """What has to be done to the source, and what cannot be done."""

    edits: list[CharEdit]
    """Ascending; a signature's own HTML is the text of one of them."""
    refused: dict[int, str]
    """Why a change, by its number, was not made: one plain sentence for an administrator."""


def inject(
    html: str,
    changes: Changes,
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
    reading = reading or Reading(html)
    alone = _alone(html, changes, reading, newline)
    if alone is not None and not joined(html, (alone,), changes):
        return Injection(_in_lines(html, (alone,), newline, width), {})
    from xinksig.text.html.planned import planned

    written, refused = planned(html, changes, reading, newline)
    return Injection(_in_lines(html, written, newline, width), refused)


def _alone(html: str, changes: Changes, reading: Reading, newline: str) -> Written | None:
    """Return the edit for a place that is all that its wrappers hold, so that they go with it.

    In most mail it is so. ``None`` for what takes more: ``trace`` and ``Plan`` know what to do.
    """
    place, fragment = changes[0]
    at, pieces = place.start, place.pieces
    walk = reading.standing_at(at)
    if walk is None or fragment is None or len(changes) > 1 or len(pieces) != 1:
        return None
    start, stop = pieces[0]
    name, outer = "", list(map(_name, walk.stack))
    for name, first, behind in reversed(walk.stack):
        if name in BLOCKS:
            break
        end = f"</{name}>"
        if behind != start or first in walk.revivers or not html.startswith(end, stop):
            return None
        if name == "p" and not fragment.has_block:
            return None  # it may stay
        start, stop = first, stop + len(end)
        outer.pop()
    if (
        name in _TAKES_MORE
        or not _TAKE_MORE_AROUND.isdisjoint(outer)
        or not fragment.sole.isdisjoint(outer)
        or not walk.is_settled(at)
    ):
        return None
    return new_written((start, stop, fragment.written(newline), "signature", 0, 0, fragment, False))


def _in_lines(html: str, written: Sequence[Written], newline: str, width: Width) -> list[CharEdit]:
    """Return the edits with their text in lines of at most 998 octets, as far as it can be broken."""
    if _are_short(html, written, width):
        return [new_edit(edit[:4]) for edit in written]
    one_octet = width("<") == 1

    def octets(text: str) -> int:
        return len(text) if one_octet and text.isascii() else width(text)

    edits: list[CharEdit] = []
    column = at = 0
    for index, (start, stop, text, why, _, _, fragment, keeps_blanks) in enumerate(written):
        column = _column(html, at, start, column, octets)
        at = stop
        if text:
            tail = _tail(html, written, index, octets)
            if not _fits(text, fragment if one_octet else None, column, tail, newline, octets):
                blanks = not keeps_blanks
                if fragment is not None and one_octet:
                    text = fragment.folded(newline, blanks=blanks)
                else:
                    text = fold.folded(text, newline, octets, column=column, tail=tail, blanks=blanks)
                first = octets(text.partition(newline)[0])
                if (
                    column <= LONGEST < column + first
                    and not keeps_blanks
                    and _follows_blank(html, start, edits)
                ):
                    # One more blank beside a blank is not seen.
                    edits.append(CharEdit(start, start, newline, why))
                    column = 0
            line_break, line = text.rpartition(newline)[1:]
            column = octets(line) + (0 if line_break else column)
        edits.append(CharEdit(start, stop, text, why))
    return edits


def _are_short(html: str, written: Sequence[Written], width: Width) -> bool:
    """Return whether the lines around all edits, taken for one together with what is put in, are short."""
    if not written:
        return True
    first, last = written[0][0], written[-1][1]
    start = html.rfind("\n", max(0, first - LONGEST), first) + 1
    stop = html.find("\n", last, last + LONGEST)
    if stop < 0:
        stop = len(html)
    if stop - start > LONGEST:
        return False
    line = html[start:stop]
    size = 0
    for edit in written:
        fragment = edit.fragment
        if fragment is not None:
            size += fragment.longest_line
        else:
            line += edit.text
    if line.isascii():
        size += len(line)
        return size <= _SHORT or (size <= LONGEST and width("<") == 1)
    return width("<") == 1 and size + width(line) <= LONGEST


def _follows_blank(html: str, start: int, before: Sequence[CharEdit]) -> bool:
    """Return whether a blank of the text that stays stands directly before an edit."""
    return html[start - 1 : start] == " " and (not before or before[-1].stop < start)


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
    at = written[index].stop
    for following in range(index + 1, len(written)):
        edit = written[following]
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
