"""The half that is missing: text from HTML, HTML from text.

The HTML is read by lxml, which closes what is open; the walk keeps its own stack, so depth costs nothing.
What a reader does not see is left out; what only HTML can say (a link's address, an image) is put in words.
"""

import re
from typing import Any

from xinksig.expressions import late
from xinksig.text.html.hidden import is_hidden
from xinksig.text.html.scanner import COMMENT, DROPPED, END, START, spans

_WHITE = late(r"[ \t\n\f\r]+")
_UNSEEN = str.maketrans(dict.fromkeys("\u00ad\u200b\u2060\ufeff\u034f"))
_PARAGRAPHS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "dl"])
"""Blocks that stand between empty lines."""
_BLOCKS = _PARAGRAPHS | frozenset(
    [
        *("address", "article", "aside", "caption", "center", "dd", "details", "div", "dt", "fieldset"),
        *("figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "nav", "ol"),
        *("section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    ]
)
_SKIPPED = frozenset(
    [
        *("audio", "canvas", "datalist", "head", "iframe", "math", "noembed", "noframes", "object"),
        *("script", "select", "style", "svg", "template", "textarea", "title", "video"),
    ]
)
_ANCHOR = "xinksig-a"
_RULE = "-" * 20


def html_from_text(text: str) -> str:
    """Return HTML that shows the text: escaped, lines by ``<br>``, leading and repeated blanks kept."""
    return lines_as_html(text.strip("\r\n"))


def lines_as_html(text: str) -> str:
    """Return the same of a stretch of text, its first and last line breaks kept too."""
    lines = re.split(r"\r\n|\r|\n", text)
    return "<br>".join(_blanks_kept(line.expandtabs(8).rstrip(" ")) for line in lines)


def _blanks_kept(line: str) -> str:
    body = line.lstrip(" ")
    body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    body = re.sub(" {2,}", lambda run: "&nbsp;" * (len(run[0]) - 1) + " ", body)
    return "&nbsp;" * (len(line) - len(line.lstrip(" "))) + body


def text_from_html(html: str) -> str:
    """Return the text a reader of the HTML sees, its lines joined by LF."""
    if not html.strip():
        return ""
    from lxml import etree  # type: ignore[import-untyped]

    walker = _Walker()
    walk = etree.iterwalk(_tree(html), events=("start", "end"))
    skipped: Any = None
    for event, element in walk:
        if event == "end":
            if element is not skipped:
                walker.end(element)
            walker.add(element.tail or "")
        elif element.tag in _SKIPPED or _is_hidden(element):
            skipped = element
            walk.skip_subtree()
        else:
            walker.start(element)
            walker.add(element.text or "")
    return walker.text()


def _tree(html: str) -> Any:
    """Read the HTML with lxml. Its parser would end a link before a table, so links get another name."""
    from lxml import etree

    pieces = ["<html><body>"]
    for kind, start, stop, name in spans(html):
        if kind in (COMMENT, DROPPED):
            continue
        if name == "a" and kind in (START, END):
            slash = "/" if kind == END else ""
            pieces.append(f"<{slash}{_ANCHOR}{html[start + 2 + len(slash) : stop]}")
        elif name not in ("html", "body", "plaintext"):
            pieces.append(html[start:stop])
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    return etree.fromstring("".join(pieces).encode("utf-8", "replace"), parser)


def _is_hidden(element: Any) -> bool:
    values = element.attrib
    if "style" not in values and "hidden" not in values:
        return False
    return is_hidden("", dict(values))


class _Box:
    """The lines of a cell, a list item or the whole; the last one is still being written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.gap = False

    def add(self, text: str) -> None:
        if self.gap and self.line == "" and text:
            self.gap = False
            if self.lines and self.lines[-1]:
                self.lines.append("")
        self.line += text

    def end_line(self) -> None:
        """End the line that is being written, also an empty one."""
        self.lines.append(self.line.translate(_UNSEEN).replace("\u00a0", " ").rstrip(" "))
        self.line = ""

    def end_block(self) -> None:
        if self.line.strip(" "):
            self.end_line()
        self.line = ""

    def closed(self) -> list[str]:
        """Return the lines without empty ones at either end, never two empty ones in a row."""
        self.end_block()
        lines: list[str] = []
        for line in self.lines:
            if line.strip() or (lines and lines[-1]):
                lines.append(line if line.strip() else "")
        if lines and not lines[-1]:
            lines.pop()
        return lines


class _Walker:
    def __init__(self) -> None:
        self._boxes = [_Box()]
        self._rows: list[list[list[str]]] = []
        self._lists: list[int | None] = []
        self._links: list[tuple[_Box, int, str]] = []
        self._verbatim = 0

    def text(self) -> str:
        return "\n".join(self._boxes[0].closed())

    def add(self, text: str) -> None:
        box = self._boxes[-1]
        if self._verbatim:
            first, *others = re.split(r"\r\n|\r|\n", text.expandtabs(8))
            box.add(first)
            for line in others:
                box.end_line()
                box.add(line)
            return
        collapsed = _WHITE.sub(" ", text)
        if not box.line or box.line[-1] == " ":
            collapsed = collapsed.removeprefix(" ")
        box.add(collapsed)

    def start(self, element: Any) -> None:
        name, box = element.tag, self._boxes[-1]
        if name in _BLOCKS:
            box.end_block()
            if name in _PARAGRAPHS or (name in ("ul", "ol") and not self._lists):
                box.gap = True
        if name == "br":
            box.end_line()
        elif name == "hr":
            box.add(_RULE)
            box.end_line()
        elif name == "img":
            self.add(element.get("alt") or "")
        elif name == _ANCHOR:
            self._links.append((box, len(box.lines), box.line))
        elif name in ("ul", "ol"):
            self._lists.append(_first_number(element) if name == "ol" else None)
        elif name == "tr":
            self._rows.append([])
        elif name in ("td", "th", "li"):
            self._boxes.append(_Box())
        elif name == "pre":
            self._verbatim += 1

    def end(self, element: Any) -> None:
        name, box = element.tag, self._boxes[-1]
        if name == _ANCHOR:
            self._end_link(element)
            return
        if name not in _BLOCKS:
            return
        box.end_block()
        if name in ("td", "th"):
            self._boxes.pop()
            if self._rows:
                self._rows[-1].append(box.closed())
            else:
                self._boxes[-1].lines += box.closed()
        elif name == "tr":
            self._end_row()
        elif name == "li":
            self._boxes.pop()
            self._end_item(box.closed())
        elif name in ("ul", "ol"):
            self._lists.pop()
        elif name == "pre":
            self._verbatim -= 1
        if name in _PARAGRAPHS or (name in ("ul", "ol") and not self._lists):
            self._boxes[-1].gap = True

    def _put(self, lines: list[str]) -> None:
        box = self._boxes[-1]
        for line in lines:
            box.add(line)
            box.end_line()

    def _end_row(self) -> None:
        """Join a row of single lines to one line; with a longer cell, put its cells below each other."""
        cells = [cell for cell in self._rows.pop() if cell]
        if all(len(cell) == 1 for cell in cells):
            cells = [[" ".join(line for cell in cells for line in cell)]] if cells else []
        for cell in cells:
            self._put(cell)

    def _end_item(self, lines: list[str]) -> None:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        mark = "- " if number is None else f"{number}. "
        indent = " " * len(mark)
        self._put([(indent if at else mark) + line for at, line in enumerate(lines)])

    def _end_link(self, element: Any) -> None:
        box, count, before = self._links.pop()
        current = box.line[len(before) :] if len(box.lines) == count else box.line
        shown = " ".join([*box.lines[count:], current]).strip()
        address = link_address(element.get("href") or "", shown)
        if not address:
            return
        if current.strip():
            blank = " " if box.line.endswith(" ") else ""
            box.line = f"{box.line.rstrip(' ')} <{address}>{blank}"
        elif shown and len(box.lines) > count:
            box.lines[-1] += f" <{address}>"
        else:
            self.add(f"<{address}>")


def _first_number(element: Any) -> int:
    start = (element.get("start") or "").strip()
    return int(start) if re.fullmatch(r"[0-9]{1,6}", start, re.ASCII) else 1


def link_address(href: str, shown: str) -> str:
    """Return what has to stand behind a link's text so that its address is not lost; "" if nothing has to."""
    href = re.sub(r"[\x00-\x1f]+", "", href.strip()).replace(" ", "%20")
    scheme, colon, rest = href.partition(":")
    scheme = scheme.lower()
    if not colon or not rest:
        return ""
    if scheme in ("mailto", "tel", "sms", "callto"):
        from urllib.parse import unquote

        plain = unquote(rest.partition("?")[0]).strip().lstrip("/")
        if scheme == "mailto":
            return "" if plain.casefold() in shown.casefold() else plain
        return "" if _digits(plain) and _digits(plain) == _digits(shown) else plain
    if scheme not in ("http", "https", "ftp"):
        return ""
    if any(_bare(word) == _bare(href) for word in shown.split()):
        return ""
    return href.replace("<", "%3C").replace(">", "%3E")


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number.replace("(0)", ""))


def _bare(address: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", address.casefold()).rstrip("/.,")
