"""Regular expressions that pass what leaves the stack of open elements as it was.

Elements balanced within a small depth, of names whose tags open and close nothing else; which ones do
that hangs on what is open. Every repeat of a group is bounded, only character classes are possessive.
"""

import re
from functools import cache

from xinksig.expressions import late
from xinksig.text.html.scanner import TAG_REST

_WS = r"\t\n\f\r "
_BOUNDARY = rf"(?=[{_WS}/>])"
_COMMENT = "<!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+){0,64}--!?>"

_ATTRIBUTE = rf"""[{_WS}]++[^{_WS}/"'>=]++=(?:"[^"]*+"|'[^']*+'|[^{_WS}>"'][^{_WS}>]*+)"""
_MORE = rf"(?=[{_WS}/])(?!{_ATTRIBUTE}){TAG_REST}"
_REST = rf"(?:>|{_ATTRIBUTE}(?:>|{_ATTRIBUTE}(?:>|(?=[{_WS}/]){TAG_REST})|{_MORE})|{_MORE})"
"""What follows the name in a start tag: two attributes at most are matched fast. In one way only."""
_INLINE_NAMES = "span|b|i|u|font|o:p|strong|em|small|sub|sup"
_VOID = rf"<(?:br|img){_REST}"
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


def _element(number: int, name: str, content: str, most: int) -> str:
    """Return the expression of an element whose group has that number, with most so many others inside."""
    end = rf"</\{number}>"
    return rf"<({name}){_REST}[^<]*+(?:{end}|(?:(?:{content})[^<]*+){{1,{most}}}{end})"


def _flow(mode: int, first: int) -> str:
    """Return the expression of a void element or of balanced ones, with groups from that number on."""
    linked = _INLINE_NAMES if mode == IN_LINK else f"a|{_INLINE_NAMES}"
    outermost = _INLINE_NAMES if mode in (IN_P, IN_LINK) else f"p|div|h[1-6]|{_INLINE_NAMES}"
    content = _VOID
    for number, name in ((3, _INLINE_NAMES), (2, _INLINE_NAMES), (1, linked), (0, outermost)):
        content = f"{_VOID}|{_element(first + number, name, content, 16)}"
    return content


def _row(first: int) -> str:
    cell = _element(first, "td|th", _flow(BODY, first + 1), 16)
    return f"<tr{_REST}{_BLANK}(?:{cell}{_BLANK}){{1,16}}</tr>"


@cache
def run(mode: int) -> re.Pattern[str]:
    """Return what matches a run and the tag behind it: its slash and its name are the last two groups."""
    between, other = ("[^<]*+", rf"{_COMMENT}|<(?=[^a-zA-Z/!?])") if mode < IN_ROW else (_BLANK, _COMMENT)
    if mode == IN_TABLE:
        whole = other
    elif mode == IN_ROWS:
        whole = f"{_row(1)}|{other}"
    elif mode == IN_ROW:
        whole = f"{_element(1, 'td|th', _flow(BODY, 2), 16)}|{other}"
    else:
        whole = f"{_flow(mode, 1)}|{other}"
        if mode == BODY:
            rows = f"(?:{_row(5)}{_BLANK}){{1,40}}"
            whole += f"|<table{_REST}{_BLANK}(?:<tbody{_REST}{_BLANK})?{rows}(?:</tbody>{_BLANK})?</table>"
    tag = rf"(?:<(/?)([a-zA-Z][^{_WS}/>]*+){TAG_REST})?"
    return re.compile(f"{between}(?:(?:{whole}){between}){{0,200}}{tag}")


@cache
def prologue() -> re.Pattern[str]:
    """Return what matches the ordinary source before a body's content, its start tag included."""
    comments = rf"(?:[{_WS}]*+{_COMMENT}){{0,8}}[{_WS}]*+"
    style = rf"<style{_BOUNDARY}{TAG_REST}[^<]*+(?:<(?!/style[{_WS}/>])[^<]*+){{0,400}}</style[{_WS}]*+>"
    title = rf"<title{_BOUNDARY}{TAG_REST}[^<]*+</title[{_WS}]*+>"
    inside = rf"<(?:meta|link|base){_BOUNDARY}{TAG_REST}|{style}|{title}|{_COMMENT}|<!(?!--)[^>]*+>"
    head = rf"<head{_BOUNDARY}{TAG_REST}(?:[{_WS}]*+(?:{inside})){{0,400}}[{_WS}]*+</head[{_WS}]*+>"
    return re.compile(
        rf"[{_WS}\ufeff]*+(?:<!doctype(?P<doctype>[^>]*+)>)?{comments}(?P<html><html{_BOUNDARY}{TAG_REST})?"
        rf"{comments}(?:{head})?{comments}(?P<body><body{_BOUNDARY}{TAG_REST})?",
        re.IGNORECASE | re.ASCII,
    )


def is_quirky(doctype: str | None) -> bool | None:
    """Return whether a table leaves a ``p`` open, as in quirks mode; ``None``: only a full parser knows."""
    if doctype is None:
        return True
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
