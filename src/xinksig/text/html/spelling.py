"""How a placeholder may be spelled in HTML source, and where one could begin."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from xinksig.characters import BLANK, IGNORABLE, IGNORABLE_CLASS
from xinksig.expressions import late
from xinksig.records import NamedTuple
from xinksig.text.html.references import WINDOWS_1252, names_of, reference
from xinksig.text.html.scanner import COMMENT, END, START, TAG_REST, TEXT, construct, names
from xinksig.text.pattern import Pattern, Word, cases

INLINE = names(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp small"
    " span strike strong sub sup time tt u var wbr"
)
"""Elements through which a word reads on."""
_INLINE_PREFIXES = ("o:", "w:", "st1:")
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
LONGEST_NAME = 64
"""Characters of the name in the named form."""

_SPACE = "\t\n\f\r "
_BLANK = frozenset(BLANK)
_IGNORABLE = frozenset(IGNORABLE)
_BLANKS = re.compile(f"[{BLANK}]++")
IGNORABLES = late(f"[{IGNORABLE_CLASS}]++")
_PLAIN = re.compile(f"[^<&{BLANK}{IGNORABLE_CLASS}]++")
"""Characters that stand for themselves, whatever comes before."""
_TAG_NAME = late(r"</?([a-zA-Z][^\t\n\f\r />]*+)")
_NAME = late(r"[A-Za-z0-9._-]{1,64}(?![A-Za-z0-9._-])")

# What was seen of the white space before the next character.
ANY, BROKEN, FIXED = 1, 2, 4


class Target(NamedTuple):
    """A placeholder, made ready for the comparison with source."""

    written: str
    """The placeholder as it is in the options."""
    stem: str
    """Folded if case does not matter; each run of white space is one blank."""
    closing: str
    word: str
    """Both."""
    has_blank: bool
    ends_in_blank: bool
    """Whether the stem does."""
    is_plain: bool
    """Whether all its characters stand for themselves in source."""


class Spelling(NamedTuple):
    """All that is worked out once for a pattern."""

    targets: tuple[Target, ...]
    """Longest first."""
    ignore_case: bool
    folds: dict[int, str]
    """For characters beyond ASCII: what stands for them in a folded word."""
    firsts: tuple[tuple[str, frozenset[str] | None], ...]
    """The rare characters that a word begins with, each with what may follow it (``None``: anything)."""
    letters: re.Pattern[str] | None
    """Finds the beginnings that are no rare character, if there are such."""
    references: re.Pattern[str]
    """Finds the character references that a word may begin with."""

    def fold(self, text: str) -> str:
        """Return the text as it is compared, character for character."""
        if not self.ignore_case:
            return text
        return text.lower() if text.isascii() else text.translate(self.folds)

    def anchors(self, html: str) -> Iterator[int]:
        """Yield, ascending, where a placeholder could begin; nothing at all in nearly every text."""
        streams: list[Iterator[int]] = []
        for first, following in self.firsts:
            if len(self.firsts) == 1 or first in html:  # one alone is not looked for twice
                streams.append(_literal_anchors(html, first, following))
        if self.letters is not None:
            streams.append(match.start() for match in self.letters.finditer(html))
        if "&" in html and self.references.search(html):
            streams.append(match.start() for match in self.references.finditer(html))
        if not streams:
            return iter(())
        if len(streams) == 1:
            return streams[0]
        from heapq import merge

        return merge(*streams)

    def spelled(self, html: str, start: int) -> tuple[int, int, str]:
        """Return where the longest placeholder that the source spells from ``start`` on stops, and its name.

        In between the furthest offset looked at. The first is -1 if none is spelled. ``start`` is taken to be
        in the data state; if it is not, what is returned means nothing.
        """
        targets = self.targets
        if len(targets) == 1:
            return self._walk(html, start, targets[0])
        looked = start
        for target in targets:
            stop, furthest, name = self._walk(html, start, target)
            if furthest > looked:
                looked = furthest
            if stop >= 0:
                return stop, looked, name
        return -1, looked, ""

    def _walk(self, html: str, start: int, target: Target) -> tuple[int, int, str]:
        stem, word = target.stem, target.word
        stop = start + len(word)
        if target.is_plain and html.startswith(target.written, start):
            return stop, stop, ""
        fold = str.lower if self.ignore_case and html.isascii() else self.fold
        if (
            target.is_plain
            and html.startswith(target.closing, stop - len(target.closing))
            and fold(html[start:stop]) == word
        ):
            return stop, stop, ""
        plain = _PLAIN.match(html, start, stop)
        done, at = 0, start
        if plain:
            unit, at = fold(plain[0]), plain.end()
            if not word.startswith(unit) and not unit.startswith(stem):
                return -1, at, ""
            done = min(len(unit), len(stem))
            at = start + done
        elif html[start] == "<" and _behind_markup(html, start) != start:
            return -1, start + 1, ""
        gap = _gap().match
        size = len(stem) - target.ends_in_blank
        while done < size:
            match = gap(html, at)
            unit_start, at = match.span(1) if match else (at, at)
            blank = stem[done] == " "
            if unit_start < at and not blank:
                if at - unit_start > size - done:
                    at = unit_start + size - done
                unit = html[unit_start:at]
            elif not blank and html[at : at + 1] == " " and html[at + 1 : at + 2].isalnum():
                return -1, at, ""  # the word ends here
            else:
                done += blank
                unit, at, white = next_unit(html, unit_start, size - done)
                if blank:
                    if not white:
                        return -1, at, ""
                elif white and not is_folding(white, target):
                    return -1, at, ""
            if not unit or not stem.startswith(fold(unit), done):
                return -1, at, ""
            done += len(unit)
        return _tail(html, at, target)


def is_folding(white: int, target: Target) -> bool:
    """Return whether white space that the placeholder has not is the fold of a long line."""
    return white & (BROKEN | FIXED) == BROKEN and not target.has_blank


def next_unit(html: str, at: int, most: int) -> tuple[str, int, int]:
    """Return the next visible characters, the offset behind them, and what white space came before.

    They are at most ``most`` plain ones or one decoded reference; "" at a boundary or at the end.
    """
    white = 0
    while at < len(html):
        character = html[at]
        if character == "<":
            behind = _behind_markup(html, at)
            if behind <= at:
                return ("<", at + 1, white) if behind == at else ("", -behind, white)
        elif character == "&":
            characters, behind = reference(html, at)
            if behind == at:
                return "&", at + 1, white
            if characters in _BLANK:
                white |= FIXED
            elif characters not in _IGNORABLE:
                return characters, behind, white
        elif character in _BLANK:
            blanks = _BLANKS.match(html, at)
            assert blanks is not None
            behind = blanks.end()
            white |= white_space(blanks[0])
        elif plain := _PLAIN.match(html, at, at + most):
            return plain[0], plain.end(), white
        elif ignorables := IGNORABLES.match(html, at):
            behind = ignorables.end()
        at = behind
    return "", at, white


def white_space(blanks: str) -> int:
    """Return what the white space written so is."""
    broken = BROKEN if "\n" in blanks or "\r" in blanks else ANY
    return broken | FIXED if "\u00a0" in blanks else broken


def _behind_markup(html: str, at: int) -> int:
    """Return the offset behind the comment or inline tag at ``at``.

    ``at`` itself: the ``<`` is a character; negative: a boundary, looked at up to that offset.
    """
    run = _gap().match(html, at)
    if run and run.start(1) > at:
        return run.start(1)
    tag = _TAG_NAME.match(html, at)
    if tag and not is_inline(tag[1].lower()):
        return -tag.end()
    span = construct(html, at, len(html))
    if span.kind in (START, END, COMMENT):
        return span.stop
    return at if span.kind == TEXT else -span.stop


def is_inline(name: str) -> bool:
    """Return whether a word reads on through tags of this name, given in lower case."""
    return name in INLINE or name.startswith(_INLINE_PREFIXES)


def _tail(html: str, at: int, target: Target) -> tuple[int, int, str]:
    """Return what follows the stem: the closing bracket, or a name and the bracket."""
    closing = target.closing
    if not closing:
        return at, at, ""
    unit, at, white = next_unit(html, at, 1)
    if bool(white) != target.ends_in_blank and not is_folding(white, target):
        return -1, at, ""
    if unit == closing:
        return at, at, ""
    if unit != ":":
        return -1, at, ""
    simple = _NAME.match(html, at)
    if simple and html.startswith(closing, simple.end()):
        return simple.end() + 1, simple.end() + 1, simple[0]
    name = ""
    while len(name) <= LONGEST_NAME:
        unit, at, white = next_unit(html, at, 1)
        if white and not is_folding(white, target):
            break
        if unit == closing and name:
            return at, at, name
        if unit not in _NAME_CHARACTERS:
            break
        name += unit
    return -1, at, ""


def _literal_anchors(html: str, first: str, following: frozenset[str] | None) -> Iterator[int]:
    at = html.find(first)
    while at >= 0:
        behind = at + 1
        beside = html[behind : at + 2]
        if following is None or (
            beside in following and (beside not in _BLANK or _goes_on(html, behind, following))
        ):
            yield at
        at = html.find(first, behind)


def _goes_on(html: str, at: int, following: frozenset[str]) -> bool:
    """Return whether behind white space is what may follow a first character: not so in a style sheet."""
    blanks = _BLANKS.match(html, at)
    assert blanks is not None
    return "" in following or html[blanks.end() : blanks.end() + 1] in following


@cache
def _gap() -> re.Pattern[str]:
    """Return what matches usual inline tags and comments, and behind them, as a group, plain characters."""
    names = "|".join(sorted(INLINE, key=len, reverse=True))
    prefixes = "|".join(_INLINE_PREFIXES)
    tag = rf"</?(?ai:{names}|(?:{prefixes})[^{_SPACE}/>]*+)(?=[{_SPACE}/>]){TAG_REST}"
    return re.compile(
        rf"(?:{tag}|<!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+){{0,64}}--!?>){{0,64}}([^<&{BLANK}{IGNORABLE_CLASS}]*+)"
    )


@lru_cache(maxsize=64)
def spelling(pattern: Pattern) -> Spelling:
    """Return the pattern made ready for HTML."""
    ignore_case = pattern.ignore_case
    letters = {letter for word in pattern.words for letter in word.text}
    folds = {ord(case): _lower(letter) for letter in letters for case in cases(letter, ignore_case)}
    targets = tuple(_target(word, ignore_case) for word in pattern.words)
    followers: dict[str, frozenset[str] | None] = {}
    for word, target in zip(pattern.words, targets, strict=True):
        following = _following(target, ignore_case)
        for case in cases(word.text[0], ignore_case):
            known = followers.get(case, frozenset())
            followers[case] = None if following is None or known is None else known | following
    rare = {first for first in followers if not first.isalnum()}
    letters_found = [
        re.escape(first) + (f"(?=[{re.escape(''.join(sorted(following)))}])" if following is not None else "")
        for first, following in sorted(followers.items())
        if first not in rare
    ]
    return Spelling(
        targets=targets,
        ignore_case=ignore_case,
        folds=folds,
        firsts=tuple((first, followers[first]) for first in sorted(rare)),
        letters=re.compile("|".join(letters_found)) if letters_found else None,
        references=_references(followers),
    )


def _lower(letter: str) -> str:
    lowered = letter.lower()
    return lowered if len(lowered) == 1 else letter


def _target(word: Word, ignore_case: bool) -> Target:
    stem = _BLANKS.sub(" ", "".join(map(_lower, word.stem)) if ignore_case else word.stem)
    whole = stem + word.closing
    is_plain = _PLAIN.fullmatch(whole) is not None
    return Target(word.text, stem, word.closing, whole, word.has_blank, stem[-1] == " ", is_plain)


def _following(target: Target, ignore_case: bool) -> frozenset[str] | None:
    """Return the characters that can stand behind a placeholder's first one; ``None``: any.

    "" is among them if its second one is a blank.
    """
    spelled = target.stem[1:2] or target.closing
    if not spelled:
        return None
    following = set(IGNORABLE + "<&")
    if spelled == " " or not target.has_blank:
        following.update(BLANK)
    if spelled == " ":
        following.add("")
    following |= cases(spelled, ignore_case)
    if len(target.stem) == 1:
        following.add(":")
    return frozenset(following)


def _references(firsts: Iterable[str]) -> re.Pattern[str]:
    """Return what finds each reference that stands for one of the characters, or begins with it."""
    decimal, hexadecimal, words = set[str](), set[str](), set[str]()
    for first in firsts:
        for code in (ord(first), *(code for code, character in WINDOWS_1252.items() if character == first)):
            decimal.add(str(code))
            hexadecimal.add(f"{code:x}")
        words.update(names_of(first))
    numbers = rf"#(?:0*+(?:{'|'.join(sorted(decimal))})(?![0-9])"
    numbers += rf"|[xX]0*+(?i:{'|'.join(sorted(hexadecimal))})(?![0-9a-fA-F]))"
    return re.compile("&(?:" + "|".join([numbers, *sorted(words)]) + ")")
