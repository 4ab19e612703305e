"""A signature's HTML as it goes into a message: closed, without a document around it."""

from functools import lru_cache
from typing import Any, NamedTuple

from xinksig.text.html.names import CLOSES_P, FORMATTING, TABLE_PARTS, UNSURE, VOID
from xinksig.text.html.scanner import COMMENT, END, RAW, RCDATA, START, TEXT, spans

_SOLE = {"a", "nobr", "button", "form", "p", "li", "dd", "dt", "option"}
_CELLS = {"td", "th", "caption"}


class Fragment(NamedTuple):
    """HTML that leaves a parser as it found it."""

    html: str
    has_block: bool
    """Whether it closes a ``p`` that is open around it."""
    has_link: bool
    has_table: bool
    longest_line: int

    def with_html(self, html: str) -> "Fragment":
        """Return the same with other text in it, such as Content-IDs; the elements stay the same kinds."""
        return _described(html)


@lru_cache(maxsize=64)
def fragment(html: str) -> Fragment:
    """Return HTML as a fragment; what is not well nested is closed by an HTML5 parser."""
    return _described(html if _is_well_nested(html) else _closed(html))


def _described(html: str) -> Fragment:
    started = {span.name for span in spans(html) if span.kind == START}
    longest = max(map(len, html.splitlines()), default=0)
    return Fragment(html, bool(started & CLOSES_P or started & TABLE_PARTS or "p" in started), "a" in started, "table" in started, longest)


def _is_well_nested(html: str) -> bool:
    """Whether every element is closed by its own end tag where it should be."""
    opened: list[str] = []
    for span in spans(html):
        if span.kind == START:
            name = span.name
            if name in VOID:
                continue
            if name in UNSURE or name in ("html", "head", "body", "frameset"):
                return False
            if name in _SOLE and name in opened:
                return False
            if name in CLOSES_P and "p" in opened:
                return False
            parts = name in TABLE_PARTS or name in _CELLS
            if parts and name != "table":
                around = opened[-1] if opened else ""
                if name in _CELLS and around != "tr" and name != "caption":
                    return False
                if name == "tr" and around not in ("tbody", "thead", "tfoot", "table"):
                    return False
                if name not in _CELLS and name != "tr" and around != "table":
                    return False
            elif opened and opened[-1] in TABLE_PARTS:
                return False
            opened.append(name)
        elif span.kind == END:
            if not opened or opened.pop() != span.name:
                return False
        elif span.kind == TEXT:
            if opened and opened[-1] in TABLE_PARTS and html[span.start : span.stop].strip():
                return False
        elif span.kind not in (COMMENT, RAW, RCDATA):
            return False
    return not opened


def _closed(html: str) -> str:
    """Return the content of the body that a parser makes of ``html``, closed and nested as it should be."""
    import html5lib

    library: Any = html5lib
    tree = library.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    body = tree.find("body")
    if body is None:
        return ""
    walker = library.getTreeWalker("etree")
    serializer = library.serializer.HTMLSerializer(
        quote_attr_values="always", omit_optional_tags=False, alphabetical_attributes=False, resolve_entities=False
    )
    text = "".join(serializer.serialize(walker(body)))
    start = text.find(">") + 1
    return text[start : text.rfind("</body>")]
