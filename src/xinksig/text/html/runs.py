"""Regular expressions that pass what leaves the stack of open elements as it was.

Elements balanced within a small depth, of names whose tags open and close nothing else; which ones do
that hangs on what is open. Every repeat of a group is bounded, only character classes are possessive.
"""

import itertools
import re
from collections.abc import Callable
from functools import cache

from xinksig.expressions import late
from xinksig.text.html.scanner import TAG_REST

_WS = r"\t\n\f\r "
_BOUNDARY = rf"(?=[{_WS}/>])"
_COMMENT = "<!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+){0,64}--!?>"

_ATTRIBUTE = rf"""[{_WS}]++[^{_WS}/"'>=]++=(?:"[^"]*+"|'[^']*+'|[^{_WS}>"'][^{_WS}>]*+)"""
_REST = rf"(?:>|{_ATTRIBUTE}(?:>|(?:{_ATTRIBUTE}){{1,16}}[{_WS}]*+>))"
"""What mostly follows the name in a start tag; in one way only, see ``TAG_REST``."""
_ANY_REST = rf"(?:{_ATTRIBUTE}){{0,16}}[{_WS}]*+>"
"""The same, sooner ready and slower."""
_INLINE_NAMES = "span|b|i|u|font|o:p|strong|em|small|sub|sup"
_VOID = rf"<(?:br|img)(?:{_ATTRIBUTE}){{0,16}}[{_WS}]*+/?>"
_BLANK = f"[{_WS}]*+"

BODY = 0
IN_P = 1
"""A ``p`` is open: no block."""
IN_LINK = 2
"""An ``a`` is open: no other one."""
IN_ROW = 3
IN_ROWS = 4
"""In a ``tbody`` or the like."""
IN_TABLE = 5
FAR = 8
"""Added to one of them: with tables too, which takes longer to make ready."""


class _Expression:
    """Builds an expression from left to right: each element has a group for its name."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def element(self, names: str, content: Callable[[int], str], rest: str = _REST, most: int = 16) -> str:
        """Return the expression of an element with at most so many others inside.

        ``content`` gets the number of the group that holds its name.
        """
        number = next(self._numbers)
        start, inside, end = f"<({names}){rest}[^<]*+", content(number), rf"</\{number}>"
        return rf"{start}(?:{end}|(?:(?:{inside})[^<]*+){{1,{most}}}{end})"

    def inline(self, names: str, depth: int) -> str:
        """Return that of an inline element, of such names, with others in it, or of a void one."""
        if depth:
            rest = _REST if depth > 1 else _ANY_REST
            whole = self.element(names, lambda _: self.inline(_INLINE_NAMES, depth - 1), rest)
        else:
            whole = rf"<({names}){_ANY_REST}[^<]*+</\{next(self._numbers)}>"
        return f"{whole}|{_VOID}"

    def flow(self, tables: int) -> str:
        """Return that of whatever may stand in a block, with tables in each other so deep."""
        # Links are in the same expression, as each takes long to make ready; but none stands in another one.
        inside = self.element(
            f"p|div|h[1-6]|{_INLINE_NAMES}|a",
            lambda outer: self.inline(rf"{_INLINE_NAMES}|(?!\{outer})a", 2),
        )
        return f"{inside}|{_VOID}" + (f"|{self.table(tables - 1)}" if tables else "")

    def table(self, tables: int) -> str:
        """Return that of a table with so many others in each other in a cell."""
        rows = f"(?:{self.row(tables)}{_BLANK}){{1,40}}"
        return f"<table{_REST}{_BLANK}(?:<tbody{_REST}{_BLANK})?{rows}(?:</tbody>{_BLANK})?</table>"

    def row(self, tables: int) -> str:
        """Return that of a row of such a table."""
        return f"<tr{_REST}{_BLANK}(?:{self.cell(tables)}{_BLANK}){{1,16}}</tr>"

    def cell(self, tables: int) -> str:
        """Return that of a cell of such a table."""
        return self.element("td|th", lambda _: self.flow(tables))


@cache
def run(mode: int) -> re.Pattern[str]:
    """Return what matches a run and the tag behind it, with groups for its ``slash`` and its ``name``."""
    build = _Expression()
    tables = 2 if mode & FAR else 0
    mode &= ~FAR
    between, other = ("[^<]*+", rf"{_COMMENT}|<(?=[^a-zA-Z/!?])") if mode < IN_ROW else (_BLANK, _COMMENT)
    if mode == IN_TABLE:
        whole = "(?!)"
    elif mode == IN_ROWS:
        whole = build.row(tables)
    elif mode == IN_ROW:
        whole = build.cell(tables)
    elif mode == BODY:
        whole = build.flow(tables)
    else:
        whole = build.inline(_INLINE_NAMES if mode == IN_LINK else f"a|{_INLINE_NAMES}", 3)
    tag = rf"(?:<(?P<slash>/?)(?P<name>[a-zA-Z][^{_WS}/>]*+){TAG_REST})?"
    return re.compile(f"{between}(?:(?:{whole}|{other}){between}){{0,50}}{tag}")


@cache
def prologue() -> re.Pattern[str]:
    """Return what matches the ordinary source before a body's content, its start tag included."""
    rest = rf"(?:{_ATTRIBUTE}){{0,16}}{_BLANK}/?>"
    comments = rf"(?:{_BLANK}{_COMMENT}){{0,8}}{_BLANK}"
    raw = rf"<(style|title){rest}[^<]*+(?:<(?!/\3[{_WS}/>])[^<]*+){{0,400}}</\3{_BLANK}>"
    inside = rf"<(?:meta|link|base){rest}|{raw}|{_COMMENT}|<!(?!--)[^>]*+>"
    head = rf"<head{rest}(?:{_BLANK}(?:{inside})){{0,400}}{_BLANK}</head{_BLANK}>"
    return re.compile(
        rf"[{_WS}\ufeff]*+(?:<!doctype(?P<doctype>[^>]*+)>)?{comments}(?P<html><html{rest})?"
        rf"{comments}(?:{head})?{comments}(?P<body><body{rest})?",
        re.IGNORECASE | re.ASCII,
    )


def is_quirky(doctype: str) -> bool | None:
    """Return whether a table leaves a ``p`` open, as in quirks mode; ``None``: only a full parser knows."""
    plain = " ".join(doctype.lower().split())
    if plain in ("html", 'html system "about:legacy-compat"'):
        return False
    if plain.startswith(
        ('html public "-//w3c//dtd xhtml 1.0 transitional', 'html public "-//w3c//dtd xhtml 1.0 strict')
    ):
        return False
    if plain.startswith('html public "-//w3c//dtd html 4.01 transitional//en"'):
        return plain.endswith('//en"')
    return None


HARMLESS_OPTIONS = late(rf"(?:[^<]++|</?(?:option|optgroup){_BOUNDARY}{TAG_REST}){{0,2000}}")
NO_CONTENT = late(rf"(?:[{_WS}]++|{_COMMENT}){{0,100}}")
