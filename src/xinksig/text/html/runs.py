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

_INLINE_NAMES = "span|b|i|u|font|o:p|strong|em|small|sub|sup"
_BR = rf"<br(?:[{_WS}/][^\"'>]*+)?>"
_BLANK = f"[{_WS}]*+"

BODY = 0
IN_P = 1
"""A ``p`` is open: no block."""
IN_LINK = 2
"""An ``a`` is open: no other one."""
IN_ROW = 3
IN_TABLE = 4


def _element(number: int, name: str, content: str, most: int) -> str:
    """Return the expression of an element whose group has that number, with most so many others inside."""
    return rf"<({name}){_BOUNDARY}{TAG_REST}[^<]*+(?:(?:{_BR}|{content})[^<]*+){{0,{most}}}</\{number}>"


@cache
def run(mode: int) -> re.Pattern[str]:
    """Return what matches a run and the tag behind it: its slash and its name are the last two groups."""
    between = "[^<]*+" if mode < IN_ROW else _BLANK
    if mode == IN_TABLE:
        levels = "(?!)"
    else:
        base = 1 if mode == IN_ROW else 0
        levels = "(?!)"
        third = _INLINE_NAMES if mode == IN_LINK else f"a|{_INLINE_NAMES}"
        outermost = _INLINE_NAMES if mode in (IN_P, IN_LINK) else f"p|div|{_INLINE_NAMES}"
        for number, name in ((4, _INLINE_NAMES), (3, _INLINE_NAMES), (2, third), (1, outermost)):
            levels = _element(base + number, name, levels, 16)
        levels = _element(1, "td", levels, 16) if mode == IN_ROW else f"{_BR}|{levels}"
    tag = rf"(?:<(/?)([a-zA-Z][^{_WS}/>]*+){TAG_REST})?"
    return re.compile(f"{between}(?:(?:{levels}|{_COMMENT}){between}){{0,200}}{tag}")


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
