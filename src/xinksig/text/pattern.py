"""Placeholders, ready to be looked for: how a word is spelled and where a name may stand in it."""

import re
from functools import lru_cache
from typing import NamedTuple

NAME = r"[A-Za-z0-9._-]{1,64}"
"""The name of the named form, as the inside of a regular expression."""

_CLOSING = {"}": "{", "]": "[", ")": "(", ">": "<", "»": "«", "』": "『", "】": "【", "」": "「"}


class Word(NamedTuple):
    """One placeholder: ``stem`` and ``closing`` together spell it; a name may stand between them."""

    text: str
    stem: str
    closing: str
    """The closing bracket, "" where the placeholder ends in none (it then has no named form)."""
    has_blank: bool


class Pattern(NamedTuple):
    """All placeholders of one set of options; hashable, so that whatever is built from it can be cached."""

    words: tuple[Word, ...]
    """Longest first: where two begin at one character, the longer one is meant."""
    ignore_case: bool


def _word(text: str) -> Word:
    named = text[-1] in _CLOSING and len(text) > 1
    return Word(
        text, text[:-1] if named else text, text[-1] if named else "", re.search(r"\s", text) is not None
    )


@lru_cache(maxsize=64)
def pattern(placeholders: tuple[str, ...], ignore_case: bool) -> Pattern:
    """Return the pattern for these placeholders, the same object for the same ones."""
    words = sorted({_word(text) for text in placeholders}, key=lambda word: (-len(word.text), word.text))
    return Pattern(tuple(words), ignore_case)
