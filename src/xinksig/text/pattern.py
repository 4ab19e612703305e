"""Placeholders, ready to be looked for: how a word is spelled and where a name may stand in it."""

import re
from functools import lru_cache

from xinksig.records import NamedTuple

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


def cases(character: str, ignore_case: bool) -> set[str]:
    """Return the character in both cases; no letter outside ASCII is the other case of one inside."""
    if not ignore_case:
        return {character}
    both = {character, character.lower(), character.upper()}
    return {case for case in both if len(case) == 1 and case.isascii() == character.isascii()}


def rarest(word: Word, ignore_case: bool) -> str:
    """Return a character that the word cannot be without, a bracket rather than a dash; "" for none."""
    sure = [
        character
        for character in word.text
        if not character.isspace() and len(cases(character, ignore_case)) == 1
    ]
    return min(sure, key=lambda character: (character.isalnum(), character in "-.:,_*/"), default="")
