"""Characters that a reader does not see, and blanks (research: Chromium's innerText)."""

import re


def _expand(ranges: str) -> str:
    characters = []
    for item in ranges.split():
        first, _, last = item.partition("-")
        characters += [chr(code) for code in range(int(first, 16), int(last or first, 16) + 1)]
    return "".join(characters)


IGNORABLE = _expand(
    "0000 00AD 034F 061C 115F 1160 17B4 17B5 180E 200B-200F 202A-202E 2060-2064 2066-2069"
    " FE00 FE01 FE0E FE0F FEFF"
)
"""Ignorable characters, each once: a browser shows nothing for them inside a word."""

BLANK = "\t\n\f\r \u00a0"
"""White space of HTML, and the no-break space that editors put for a blank."""

IGNORABLE_CLASS = "".join(re.escape(character) for character in IGNORABLE)
"""``IGNORABLE`` as the inside of a regular expression's character class."""
