"""Lines of format=flowed text (RFC 3676): quote depth, stuffed blanks, soft line breaks."""

from collections.abc import Callable

from xinksig.expressions import late
from xinksig.records import NamedTuple

SEPARATOR = "-- "
"""The line above a signature block: neither fixed nor flowed, blank or not (section 4.3)."""

WIDTH = 78
"""Characters of a line, trailing blank included, beyond which it is softly broken (section 4.2)."""

LINE_ENDING = late(r"\r\n?+|\n")
_LEAD = late(r"(>*+) ?+")
_WORD = late(r" *+[^ ]++ *+| ++")
_SLICE = 240  # characters: at most 960 octets in UTF-8


class Lead(NamedTuple):
    """What stands on a line before its content; offsets into the text."""

    quote: int
    """Behind the quote marks: the line begins at ``quote - depth``."""
    content: int
    """Behind the stuffed blank, if there is one."""


def line_start(text: str, at: int, low: int = 0) -> int:
    """Return where the line of ``at`` begins, not before ``low``."""
    return max(text.rfind("\n", low, at), text.rfind("\r", low, at), low - 1) + 1


def line_stop(text: str, at: int, high: int) -> int:
    """Return where the line of ``at`` ends, before its line ending and not behind ``high``."""
    stop = text.find("\n", at, high)
    stop = high if stop < 0 else stop
    carriage_return = text.find("\r", at, stop)
    return stop if carriage_return < 0 else carriage_return


def lead(text: str, start: int, stop: int) -> Lead:
    """Return the quote marks and the stuffed blank of the line at ``start``, seen up to ``stop``."""
    match = _LEAD.match(text, start, max(start, stop))
    return Lead(match.end(1), match.end()) if match else Lead(start, start)


def is_soft(text: str, start: int, stop: int) -> bool:
    """Tell whether the line ``start`` to ``stop`` (before its line ending) goes on in the next one."""
    content = lead(text, start, stop).content
    return content < stop and text[stop - 1] == " " and text[content:stop] != SEPARATOR


def without_soft_breaks(text: str, start: int, stop: int, *, delsp: bool) -> str | None:
    """Return the span as a reader sees it, ``None`` if one of its line breaks is hard.

    What vanishes is the line ending, the quote marks and the stuffed blank of the next line,
    and with ``delsp`` the trailing blank too. The quote depth must stay the same (section 4.5).
    """
    line = line_start(text, start)
    depth = lead(text, line, stop).quote - line
    pieces = []
    at = start
    for ending in LINE_ENDING.finditer(text, start, stop):
        if not is_soft(text, line, ending.start()):
            return None
        pieces.append(text[at : ending.start() - delsp])
        line = ending.end()
        quote, at = lead(text, line, stop)
        if quote - line != depth:
            return None
    pieces.append(text[at:stop])
    return "".join(pieces)


def needs_stuffing(content: str) -> bool:
    """Tell whether a line with this content has to begin with one more blank (section 4.4)."""
    return content.startswith((" ", ">", "From ")) or content == "From"


def fill(
    line: str,
    *,
    used: int,
    tail: int,
    room: int,
    before_first: bool,
    measure: Callable[[str], int] = len,
    within_words: bool = False,
) -> list[str]:
    """Break ``line`` behind blanks into pieces of at most ``room``, as far as its words allow.

    ``used`` stands before the first piece already, ``tail`` follows the last one. Pieces keep their
    trailing blanks; the first is "" if the break comes ``before_first`` word. ``within_words`` also
    cuts words of several hundred characters, which only ``delsp`` can undo.
    """
    words = _WORD.findall(line)
    if within_words:
        words = [word[at : at + _SLICE] for word in words for at in range(0, len(word), _SLICE)]
    pieces: list[str] = []
    current: list[str] = []
    breakable = before_first
    for index, word in enumerate(words):
        need = measure(word.rstrip(" ")) + (tail if index == len(words) - 1 else 0)
        if breakable and used + need > room:
            pieces.append("".join(current))
            current = []
            used = 0
        current.append(word)
        used += measure(word)
        # A piece that is the separator, or nothing but blanks, would not flow into the next.
        breakable = len(current) > 1 or word.strip(" ") not in ("", "--")
    pieces.append("".join(current))
    return pieces
