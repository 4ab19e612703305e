"""Character references of HTML (WHATWG HTML 13.2.5.72 to 80), without ``html.unescape``.

``html.unescape`` leaves offsets unknown and raises ``ValueError`` on numbers of 4301 digits and more.
"""

from collections.abc import Iterable
from functools import cache

from xinksig.expressions import late

_NAMED = late(r"&([A-Za-z][A-Za-z0-9]{0,31};?)")
_NUMERIC = late(r"&#(?:([0-9]++)|[xX]([0-9A-Fa-f]++));?")
_REFERENCE = late(r"&(?:#[0-9xX]|[A-Za-z])")
_LONGEST_OPEN = 6
"""Of the names that need no semicolon."""
WINDOWS_1252 = dict(
    zip(
        range(0x80, 0xA0),
        "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ",
        strict=True,
    )
)
"""What numbers of C1 controls stand for."""


@cache
def named() -> dict[str, str]:
    """Return the characters of each name; names end in ";" but for those that HTML allows without."""
    from html.entities import html5

    return html5


_NAMES_OF = {
    "#": ("num;",),
    "$": ("dollar;",),
    "%": ("percnt;",),
    "(": ("lpar;",),
    "[": ("lbrack;", "lsqb;"),
    "{": ("lbrace;", "lcub;"),
}
"""Those of what placeholders mostly begin with: the table takes longer to load than a small message."""


def names_of(character: str) -> Iterable[str]:
    """Return the names of the references that stand for a character, alone or with others."""
    return _NAMES_OF.get(character) or [name for name, text in named().items() if character in text]


def reference(
    html: str, start: int, stop: int | None = None, *, in_attribute: bool = False
) -> tuple[str, int]:
    """Return what the ``&`` at ``start`` stands for and the offset behind it: ("", start) if for itself.

    Offsets are characters. With ``in_attribute`` the rules of attribute values hold: a name without a
    semicolon that goes on with a letter, a digit or ``=`` is none.
    """
    end = len(html) if stop is None else stop
    if html.startswith("#", start + 1, end):
        number = _NUMERIC.match(html, start, end)
        return (_numbered(number[1], number[2]), number.end()) if number else ("", start)
    match = _NAMED.match(html, start, end)
    if match is None:
        return "", start
    table, name = named(), match[1]
    characters = table.get(name)
    if characters is not None and name[-1] == ";":
        return characters, match.end()
    for size in range(min(len(name), _LONGEST_OPEN), 1, -1):
        characters = table.get(name[:size])
        if characters is not None:
            behind = start + 1 + size
            following = html[behind : min(behind + 1, end)]
            if in_attribute and (following == "=" or (following.isascii() and following.isalnum())):
                break
            return characters, behind
    return "", start


def _numbered(decimal: str | None, hexadecimal: str | None) -> str:
    digits = (decimal or hexadecimal or "").lstrip("0")
    if len(digits) > 7:
        return "\ufffd"
    code = int(digits or "0", 10 if decimal else 16)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return "\ufffd"
    return WINDOWS_1252.get(code) or chr(code)


def decoded(text: str, *, in_attribute: bool = False) -> str:
    """Return the text with its character references decoded."""
    if "&" not in text:
        return text
    pieces, done = [], 0
    for match in _REFERENCE.finditer(text):
        at = match.start()
        characters, behind = reference(text, at, in_attribute=in_attribute)
        if behind > at:
            pieces += [text[done:at], characters]
            done = behind
    pieces.append(text[done:])
    return "".join(pieces)
