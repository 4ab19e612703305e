"""Quoted history in HTML, read only where there may be any.

A few searches at C speed answer that for nearly every new message.
"""

import re
from functools import lru_cache

from xinksig.expressions import late
from xinksig.text.history import NO_HISTORY, History
from xinksig.text.separators import line_starts

_MARKING_WORDS = ("RplyFwdMsg", "moz-forward-container", "reference-message")
"""Marks of clients, as those below are."""
_MARKING_COLOUR = late("#[EB](?:1E1E1|5C4DF) 1")
"""#E1E1E1 or #B5C4DF, in which Word draws a line above a header block, and its width."""
_MARK_BEHIND_LINE = late(
    r"_(?:extra\b|zmail|SRC_BODY|DIVIDER|attr\b"
    r"|(?:-?[0-9]{1,24}_?)?(?:ms-outlook|AppleMail|Signature|composer_|moz-sig|gmail_sig|lineBreakAt))"
)
_MARK_OF_QUOTE = late(r"q(?:(?<=[lL]ockq)|(?<=_q)|(?<=name=[\"']q)|(?<=name=q))uote")
_QUOTE_IN_CAPITALS = late("Q[uU][oO][tT][eE]")
_BEGINNINGS = ("pr", "pR", "Pr", "PR", "hr", "hR", "Hr", "HR")
"""Of the tags that ``_start`` knows; most bodies begin with another one."""
_WIDE_BLANKS = "\ufeff"


def html_history(html: str, more_separators: tuple[str, ...] = (), *, upto: int | None = None) -> History:
    """Return the history of an HTML body.

    ``upto`` limits the work: only what lies before it is told apart (and ``end`` is not known then); if
    nothing before it can be a mark of history, nothing is read.
    """
    if not _may_hold(html, len(html) if upto is None else upto, more_separators):
        if upto is not None:
            return NO_HISTORY
        from xinksig.text.history_reader import all_new

        return all_new(html)
    from xinksig.text.history_reader import HistoryReader

    reader = HistoryReader(html, more_separators, upto)
    reader.read()
    return reader.history()


def _may_hold(html: str, upto: int, more: tuple[str, ...]) -> bool:
    """Tell whether anything before ``upto`` can be a mark of history."""
    text = html[: upto + 64]
    if (
        # A letter is found missing many times faster than a word, a word twice as fast from the end.
        max(map(text.rfind, _MARKING_WORDS)) >= 0
        or ("#" in text and _MARKING_COLOUR.search(text))
        or ("_" in text and _MARK_BEHIND_LINE.search(text))
        or ("q" in text and text.rfind("quote") >= 0 and _MARK_OF_QUOTE.search(text))
        or ("Q" in text and _QUOTE_IN_CAPITALS.search(text))
    ):
        return True
    ascii_only = text.isascii()
    return _behind_tag(more, ascii_only=ascii_only).search(text) is not None or (
        (text[:1] != "<" or text[1:3] in _BEGINNINGS)
        and _first_line(more, ascii_only=ascii_only).match(text) is not None
    )


@lru_cache(maxsize=16)
def _behind_tag(more: tuple[str, ...], *, ascii_only: bool) -> re.Pattern[str]:
    """Return what history may begin with behind a tag.

    In ``pre`` any line break may stand before such a line, and a rule may say by its id what follows.
    """
    return re.compile(">" + _start(more, ascii_only=ascii_only))


@lru_cache(maxsize=16)
def _first_line(more: tuple[str, ...], *, ascii_only: bool) -> re.Pattern[str]:
    """Return what history may begin with as the first line."""
    return re.compile(_start(more, ascii_only=ascii_only))


def _start(more: tuple[str, ...], *, ascii_only: bool) -> str:
    first, line = line_starts(more, ascii_only=ascii_only)
    # Written out, three dashes are refused by the first one.
    line = re.sub(r"(.)\{2\}", r"\1\1\1", line)
    tag = r"<[pPhH][rR](?:[eE][\s>]|\s[^>]*(?:stopSp|zwchr|DIVIDER|replySp))"
    blanks = rf"[\s*{'' if ascii_only else _WIDE_BLANKS}]*+"
    return rf"{blanks}(?:{tag}|(?=[{first}])(?:&nbsp;{blanks}|)(?:&gt|{line}))"
