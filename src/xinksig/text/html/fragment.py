"""A signature's HTML as it goes into a message: closed, without a document around it."""

import re
from functools import lru_cache

from xinksig.text.html import fold
from xinksig.text.html.names import CELLS, CLOSES_P, FORMATTING, HEADINGS, RAW, TABLE_PARTS, UNSURE
from xinksig.text.html.scanner import COMMENT, DROPPED, END, START, TEXT, Span, spans
from xinksig.text.html.stack import TooComplexError, Walk, is_closed

_SOLE = frozenset(("a", "button", "form", "nobr"))
_ITEMS = frozenset(("li", "dd", "dt"))
_DOCUMENT = frozenset(("html", "head", "body"))
_IN_HEAD = frozenset(("base", "basefont", "bgsound", "link", "meta", "noframes", "script", "style", "title"))
_UNFINISHED = re.compile(r"(?:<[/!?]?|&#?[0-9A-Za-z]{0,40})\Z")
_MOST_PASSES = 3
_SPACE = "\t\n\f\r "


class Fragment:
    """HTML that leaves a parser as it found it, and what has to be known of it to put it somewhere."""

    __slots__ = (
        "_folded",
        "_written",
        "begins_in_body",
        "formatting",
        "has_block",
        "has_link",
        "html",
        "longest_line",
        "sole",
    )

    def __init__(self, html: str) -> None:
        """``html`` must be closed; ``fragment`` sees to that."""
        started = {span.name for span in spans(html) if span.kind == START}
        self.html = html
        self.has_block = not started.isdisjoint(CLOSES_P | TABLE_PARTS | CELLS)
        """Whether it would end a paragraph around it."""
        self.has_link = "a" in started
        self.sole = started & _SOLE | _items_outside_lists(html)
        """Elements in it that cannot stand in others of their name."""
        self.formatting = started & FORMATTING
        self.begins_in_body = _begins_in_body(html)
        """Whether a parser that is not in the body yet puts its beginning there."""
        self.longest_line = 0
        """An upper bound of the octets of its longest line."""
        self._measure(html)

    def _measure(self, html: str) -> None:
        self.html = html
        self.longest_line = fold.longest(html.splitlines())
        self._written: dict[str, str] = {}
        self._folded: dict[tuple[str, bool], str] = {}

    def __repr__(self) -> str:
        return f"Fragment({self.html!r})"

    def with_html(self, html: str) -> "Fragment":
        """Return the same elements with other values in their attributes, such as Content-IDs."""
        other = object.__new__(Fragment)
        for name in ("has_block", "has_link", "sole", "formatting", "begins_in_body"):
            setattr(other, name, getattr(self, name))
        other._measure(html)
        return other

    def written(self, newline: str) -> str:
        """Return its HTML with that line ending, the same object each time; ``html`` if it has that."""
        written = self._written.get(newline)
        if written is None:
            written = self._written[newline] = fold.with_newline(self.html, newline)
        return written

    def folded(self, newline: str, *, blanks: bool) -> str:
        """Return its HTML in lines of at most 998 octets, of which the first and the last one are short.

        ``blanks``: broken at blanks of the text too. The same object each time.
        """
        found = self._folded.get((newline, blanks))
        if found is None:
            found = fold.folded(self.written(newline), newline, fold.bound, blanks=blanks)
            self._folded[newline, blanks] = found
        return found


@lru_cache(maxsize=64)
def fragment(html: str) -> Fragment:
    """Return HTML as a fragment: as it is if it is well nested, else closed by an HTML5 parser.

    A whole document is reduced to its body's content.
    """
    if is_well_nested(html):
        return Fragment(html)
    from xinksig.text.html.tree import closed

    tags = {span.name for span in spans(html) if span.kind == START}
    html = closed(html, is_document=not tags.isdisjoint(_DOCUMENT))
    for _ in range(_MOST_PASSES):
        # What a parser makes of wrong nesting it may read in another way the second time.
        if is_well_nested(html):
            break
        html = closed(html, is_document=False)
    return Fragment(html)


def is_well_nested(html: str) -> bool:
    """Return whether the HTML is closed and builds the same subtree in the body of any document."""
    if "\0" in html or _UNFINISHED.search(html):
        return False
    walk = Walk(html, in_body=True)
    at = 0
    try:
        while at < len(html):
            for span in spans(html, at):
                if not _takes(walk, span):
                    return False
                at = walk.at
                if at != span.stop:
                    break
    except TooComplexError:
        return False
    return len(walk.stack) == 2 and not walk.strays


def _takes(walk: Walk, span: Span) -> bool:
    """Walk over a construct; return whether it is closed."""
    html = walk.html
    walk.at = span.stop
    if span.kind == START:
        walk.at = walk.start(span.name, span.start, span.stop)
        return walk.at == span.stop or is_closed(html, span, walk.at)
    if span.kind == END:
        walk.end(span.name, span.start, span.stop)
    elif span.kind == TEXT:
        return walk.top not in TABLE_PARTS or not html[span.start : span.stop].strip(_SPACE)
    elif span.kind == COMMENT:
        source = html[span.start : span.stop]
        if source.startswith("<!--"):
            return source.endswith(("-->", "--!>")) or source in ("<!-->", "<!--->")
        return source.endswith(">") and source[:9].lower() != "<!doctype"
    return span.kind != DROPPED


def _items_outside_lists(html: str) -> set[str]:
    """Return the names of list items and headings that have no element of their own around them."""
    found: set[str] = set()
    depth = 0
    for span in spans(html):
        if span.kind == START and not depth and span.name in _ITEMS | HEADINGS:
            found.add(span.name)
        if span.name in CLOSES_P - _ITEMS - {"p", "div", "address", "hr"} or span.name in ("table", "button"):
            depth += {START: 1, END: -1}.get(span.kind, 0)
    return found


def _begins_in_body(html: str) -> bool:
    for span in spans(html):
        if span.kind == TEXT:
            return html[span.start] not in _SPACE
        return span.kind == START and span.name not in _IN_HEAD | RAW | UNSURE
    return True
