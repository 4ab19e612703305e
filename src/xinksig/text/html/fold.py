"""Lines of inserted HTML: at most 998 octets, broken only where the tree stays as it is.

That is inside a tag, between its attributes or behind its name; only where such places are too far apart,
at a blank of the text, and there never where white space is kept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from xinksig.expressions import late
from xinksig.text.html.scanner import END, START, TEXT, spans

LONGEST = 998
"""Octets of a line, without its line ending (RFC 5322 2.1.1)."""

Width = Callable[[str], int]

_WS = r"\t\n\f\r "
_NAME = late(rf"</?[^{_WS}/>]*+")
_ATTRIBUTE = late(rf"""[{_WS}]++[^{_WS}/>="']++(?:=(?:"[^"]*+"|'[^']*+'|[^{_WS}>"'=<`]++)|(?=[{_WS}/>]))""")
_BLANK = late(" (?! )")
_LINE_BREAK = late(r"\r\n|\r|\n")
_KEEPS_BLANKS = frozenset(("pre", "listing", "textarea", "xmp", "plaintext"))


def with_newline(html: str, newline: str) -> str:
    """Return the text with every line break written as ``newline``; the same object if it is so already."""
    if "\n" not in html and "\r" not in html:
        return html
    written = _LINE_BREAK.sub(lambda _: newline, html)
    return html if written == html else written


def folded(
    html: str,
    newline: str,
    width: Width,
    *,
    column: int = LONGEST,
    tail: int = LONGEST,
    blanks: bool = True,
) -> str:
    """Return HTML in lines of at most 998 octets, where it can be broken.

    ``column`` octets stand before it on its first line, ``tail`` octets behind it on its last one; with
    998 it is broken as early and as late as possible. ``blanks``: also at blanks of the text.
    """
    html = _folded(html, list(_in_tags(html)), newline, width, column, tail)
    if blanks and any(map(_is_long(width), _edges(html, newline, column, tail))):
        html = _folded(html, list(_in_text(html)), newline, width, column, tail)
    return html


def _is_long(width: Width) -> Callable[[tuple[str, int]], bool]:
    return lambda line: line[1] + (len(line[0]) if line[0].isascii() else width(line[0])) > LONGEST


def _edges(html: str, newline: str, column: int, tail: int) -> Iterator[tuple[str, int]]:
    """Yield the lines, each with how many octets stand on it besides."""
    lines = html.split(newline)
    last = len(lines) - 1
    for number, line in enumerate(lines):
        yield line, (column if not number else 0) + (tail if number == last else 0)


def _folded(
    html: str, points: Sequence[tuple[int, int]], newline: str, width: Width, column: int, tail: int
) -> str:
    """Break lines at points: where what stands before one ends, and where what stands behind it begins."""
    pieces: list[str] = []
    at = 0
    for index, (stop, behind) in enumerate([*points, (len(html), len(html))]):
        piece = html[at:stop]
        octets = width(piece.rpartition(newline)[2]) if piece else 0
        first = width(piece.partition(newline)[0]) if newline in piece else octets
        reserved = tail if index == len(points) else 0
        if index:
            skipped = html[points[index - 1][0] : at]
            if column + len(skipped) + first + (0 if newline in piece else reserved) > LONGEST:
                pieces.append(newline)
                column = 0
            else:
                pieces.append(skipped)
                column += len(skipped)
        pieces.append(piece)
        column = octets if newline in piece else column + octets
        at = behind
    return "".join(pieces)


def first_piece(html: str) -> str:
    """Return what has to stay on the line on which the HTML begins."""
    for stop, _ in _in_tags(html):
        return html[:stop]
    return html


def _in_tags(html: str) -> Iterator[tuple[int, int]]:
    for span in spans(html):
        if span.kind in (START, END):
            name = _NAME.match(html, span.start, span.stop)
            assert name is not None
            at = name.end()
            if span.kind == END:
                yield at, at
                continue
            attribute = _ATTRIBUTE.match(html, at, span.stop)
            if attribute is None and html[at] == ">":
                yield at, at
            while attribute is not None:
                yield at, at + 1
                at = attribute.end()
                attribute = _ATTRIBUTE.match(html, at, span.stop)


def _in_text(html: str) -> Iterator[tuple[int, int]]:
    keeping = 0
    for span in spans(html):
        if span.name in _KEEPS_BLANKS:
            if span.kind in (START, END):
                keeping += 1 if span.kind == START else -1
        elif span.kind == TEXT and not keeping:
            for blank in _BLANK.finditer(html, span.start, span.stop):
                yield blank.span()


def longest(lines: Iterable[str]) -> int:
    """Return an upper bound of the octets of the longest line in any charset that takes ASCII as it is."""
    return max(map(bound, lines), default=0)


def bound(line: str) -> int:
    """Return an upper bound of the octets of a line in any charset that takes ASCII as it is."""
    # A character that does not fit becomes a reference such as ``&#1114109;``.
    return len(line) if line.isascii() else len(line) + 9 * sum(character > "\x7f" for character in line)
