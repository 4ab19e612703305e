"""Where a signature without a placeholder goes: below the newest text and above the quote; is one there?"""

from xinksig.model import Trigger
from xinksig.text.history import History
from xinksig.text.html.names import VOID
from xinksig.text.html.scanner import COMMENT, END, RAW, RCDATA, START, TEXT, attributes, names, spans
from xinksig.text.lines import BLOCK, first_visible
from xinksig.text.mark import MARK
from xinksig.text.place import Place
from xinksig.text.separators import fold

_HEAD = names("html head meta link base title style script noscript basefont bgsound")
_PARTS = names("tbody thead tfoot tr td th caption colgroup li dt dd option optgroup legend summary br")
"""Elements behind whose end their parent holds nothing but such elements; and one without an end."""


def plain_append_place(text: str, history: History) -> Place:
    """Return the place behind the newest text of a plain body: zero wide, before the line ending.

    Offsets are characters. Without new text it is the body's start. Empty lines are the caller's to add.
    """
    at = min(history.end, len(text))
    return Place(at, at, (), Trigger.APPEND)


def html_append_place(html: str, history: History) -> Place:
    """Return the place below the newest text of an HTML body: zero wide, inside ``body``, above the quote.

    Offsets are characters of the source. It is outside the paragraphs, lists, tables and inline elements that
    the text ends in, as far as nothing else follows in them; where that is not possible, directly behind
    the text. ``history`` must be that of the whole body.
    """
    last = next((line for line in history.lines if line.stop == history.end), None)
    at = _body_start(html) if last is None else _behind(html, history, last.stop)
    return Place(at, at, (), Trigger.APPEND)


def _behind(html: str, history: History, at: int) -> int:
    """Return the last place behind the text at ``at`` that nothing but end tags and blanks part from it.

    Behind the end of a cell, a row or a list item nothing can stand: the table or list must end first.
    """
    place = at
    for kind, start, stop, name in spans(html, at):
        if history.quoted(start) or (kind == END and name in ("body", "html")):
            break
        if kind == TEXT:
            if first_visible(html, start, stop) < stop:
                break
        elif kind == START:
            if name != "br" and (name in BLOCK or name in VOID):
                break
        elif kind == END:
            if name not in _PARTS:
                place = stop
        elif kind != COMMENT:
            break
    return place


def _body_start(html: str) -> int:
    """Return where a body without new text begins: behind the head and the start tag of ``body``."""
    for kind, start, stop, name in spans(html):
        if kind == START and name == "body":
            return stop
        if kind == TEXT:
            if first_visible(html, start, stop) < stop:
                return start
        elif kind in (START, END):
            if name not in _HEAD:
                return start
        elif kind not in (COMMENT, RAW, RCDATA):
            return start
    return len(html)


def already_signed_html(html: str, history: History, mark: str = MARK) -> bool:
    """Tell whether new text of the body holds an element whose id or class is ``mark``."""
    if mark not in html:
        return False
    for kind, start, stop, _ in spans(html):
        if kind == START and html.find(mark, start, stop) >= 0 and not history.quoted(start):
            found = attributes(html, start, stop)
            if mark in (*found.get("class", "").split(), found.get("id", "")):
                return True
    return False


def contains_plain(text: str, history: History, signature: str) -> bool:
    """Tell whether the new text of a plain body holds the signature, white space and case apart."""
    wanted = fold(signature)
    if not wanted:
        return False
    at = 0
    for start, stop in (*history.spans, (len(text), len(text))):
        if wanted in fold(text[at:start]):
            return True
        at = stop
    return False
