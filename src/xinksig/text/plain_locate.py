"""Where placeholders stand in plain text, seen through soft line breaks, emphasis and ignorables."""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache

from xinksig.characters import IGNORABLE, IGNORABLE_CLASS
from xinksig.expressions import late
from xinksig.model import Trigger
from xinksig.text.flowed import without_soft_breaks
from xinksig.text.pattern import NAME, Pattern, Word, cases, rarest
from xinksig.text.place import Place, new_place

_PLACEHOLDER = Trigger.PLACEHOLDER
SIGNS = "*_"
"""Signs by which clients show emphasis in plain text; two of one kind are one pair of strong ones."""

_BESIDE = frozenset(SIGNS + IGNORABLE)
_ADJACENT = 24  # characters looked at on either side for signs directly around a placeholder
_FAR = 2000  # characters looked at for the partner of a sign inside it
_BLANK_CLASS = r" \t\u00a0"
_LINE_ENDING = r"(?:\r\n?+|\n)"
_NEXT_LINE = rf"{_LINE_ENDING}>*+ ?+"

_EMPTY_LINE = late(rf"{_LINE_ENDING}[ \t>]*+{_LINE_ENDING}")
_ANY_SIGN = late(f"[{SIGNS}]")
_NAME = late(NAME)
_UNSEEN_IN_NAME = str.maketrans("", "", IGNORABLE + "*")


class _Finder:
    """All that is worked out once for a pattern; expressions when a text first needs them."""

    def __init__(self, pattern: Pattern, flowed: bool, delsp: bool) -> None:
        self.words, self._ignore_case = words, ignore_case = pattern
        self._flowed = flowed
        self._delsp = delsp
        firsts = tuple(sorted({word.text[0] for word in words}))
        cased = any(len(cases(character, ignore_case)) > 1 for character in firsts)
        self.firsts = () if cased else firsts
        """The characters that the placeholders begin with, if none of them has case."""
        self.first = firsts[0] if len(self.firsts) == 1 else ""
        """The only one of them."""
        self.exact = words[0].text if len(words) == 1 and not cased and not words[0].has_blank else ""
        """The placeholder if it is the only one: spelled just so, it needs no expression."""
        self.anchors = tuple(rarest(word, ignore_case) for word in words)
        """For each placeholder a character that it cannot be spelled without; "" if only letters would do."""
        self.stems: tuple[str, ...] = ()
        """The placeholders in lower case without signs, where that is enough to refuse an ASCII text."""
        if "" in self.anchors and not delsp and all(w.text.isascii() and not w.has_blank for w in words):
            self.stems = tuple(word.stem.lower().replace("*", "").replace("_", "") for word in words)

    @cached_property
    def search(self) -> re.Pattern[str]:
        """Two groups for each word: the whole but its first character, and the name.

        Takes any line break where a soft one may stand.
        """
        heads, tails = self._heads(), self._tails()
        if len({word.text[0] for word in self.words}) == 1:
            # Written so, the search passes over the text in between as fast as one for a character.
            return re.compile(f"{heads[0]}(?:{'|'.join(tails)})")
        return re.compile("|".join(map("".join, zip(heads, tails, strict=True))))

    @cached_property
    def each(self) -> tuple[re.Pattern[str], ...]:
        """The same for each word alone."""
        return tuple(map(re.compile, map("".join, zip(self._heads(), self._tails(), strict=True))))

    @cached_property
    def unbroken(self) -> tuple[re.Pattern[str], ...]:
        """Each word as it is spelled on one line, for a ``flowed`` text."""
        tails = [_tail(word, self._ignore_case, flowed=False, delsp=False) for word in self.words]
        return tuple(map(re.compile, map("".join, zip(self._heads(), tails, strict=True))))

    def _heads(self) -> list[str]:
        return [_letter(word.text[0], self._ignore_case) for word in self.words]

    def _tails(self) -> list[str]:
        return [_tail(word, self._ignore_case, self._flowed, self._delsp) for word in self.words]


def find(
    text: str, pattern: Pattern, *, flowed: bool = False, delsp: bool = False, limit: int | None = None
) -> list[Place]:
    """Return the placeholders in ``text`` in their order, quoted ones too; at most ``limit`` if given.

    ``flowed`` and ``delsp`` are the parameters of the part's Content-Type (RFC 3676). ``start`` and ``stop``
    of a place enclose the placeholder itself; its ``pieces`` also hold the emphasis signs that go with it.
    """
    finder = _finder(pattern, flowed, flowed and delsp)
    first, exact = finder.first, finder.exact
    if first:
        at = text.find(first)
    elif _is_refused(text, finder):
        return []
    elif finder.firsts:
        at = min((found for character in finder.firsts if (found := text.find(character)) >= 0), default=-1)
    else:
        at = 0
    places: list[Place] = []
    low = 0  # signs before it belong to an earlier place
    taken: set[int] = set()  # signs behind it that do
    while at >= 0 and len(places) != limit:
        if exact and text.startswith(exact, at):
            place = _judge(text, at, at + len(exact), "", "", low, taken)
            at += 1
        elif match := finder.search.search(text, at):
            place = _place(match, finder, low, taken, delsp=flowed and delsp)
            at = match.start() + 1
        else:
            break
        if place:
            places.append(place)
            at = low = place.stop
            if place.pieces[-1][1] > low:
                for start, stop in place.pieces:
                    taken.update(range(max(start, low), stop))
        if first:
            at = text.find(first, at)
    return places


def _place(match: re.Match[str], finder: _Finder, low: int, taken: set[int], *, delsp: bool) -> Place | None:
    """Return the place of the longest placeholder that really begins where ``match`` does."""
    group = match.lastindex or 1
    index = group // 2
    found: re.Match[str] | None = match
    while True:
        if found:
            seen = _spelling(found, group, finder, index, delsp=delsp)
            place = seen and _judge(match.string, *found.span(), *seen, low, taken)
            if place:
                return place
        group, index = 1, index + 1
        if index == len(finder.words):
            return None
        found = finder.each[index].match(match.string, match.start())


def _judge(
    text: str, start: int, stop: int, name: str, signs: str, low: int, taken: set[int]
) -> Place | None:
    """Return the place of what is spelled there with these signs, ``None`` if they are half of a pair."""
    if taken and not taken.isdisjoint(range(start, stop)):
        return None
    beside = start > low and text[start - 1] in _BESIDE and text[stop : stop + 1] in _BESIDE
    if not signs and not beside:
        return new_place((start, stop, ((start, stop),), _PLACEHOLDER, name, None, ""))
    eaten = _partners(text, start, stop, signs, low, taken)
    if eaten is None:
        return None
    return Place(start, stop, _pieces(text, [(start, stop), *((at, at + 1) for at in eaten)]), name=name)


def _spelling(
    match: re.Match[str], group: int, finder: _Finder, index: int, *, delsp: bool
) -> tuple[str, str] | None:
    """Return the name and the signs of emphasis inside, ``None`` if a reader sees something else."""
    word = finder.words[index]
    spelled = match[0]
    if len(spelled) == len(word.text) and not word.has_blank:
        return "", ""
    name = match[group + 1]
    if "\n" in spelled or "\r" in spelled:
        seen = without_soft_breaks(match.string, match.start(), match.end(), delsp=delsp)
        again = finder.unbroken[index].fullmatch(seen) if seen is not None else None
        if again is None:
            return None
        spelled, name = again[0], again[2]
    signs = "".join(sign for sign in _ANY_SIGN.findall(spelled) if sign not in word.text)
    if name is None:
        return "", signs
    # In a name the low line is a letter like any other.
    signs = signs.replace("_", "", name.count("_")) if "_" in signs else signs
    name = name.translate(_UNSEEN_IN_NAME)
    return (name, signs) if _NAME.fullmatch(name) else None


def _partners(text: str, start: int, stop: int, signs: str, low: int, taken: set[int]) -> list[int] | None:
    """Return the signs outside that go with the placeholder; ``None`` if one inside has no partner."""
    left = _signs_beside(text, range(start - 1, max(low, start - _ADJACENT) - 1, -1), taken)
    right = _signs_beside(text, range(stop, min(len(text), stop + _ADJACENT)), taken)
    eaten: list[int] = []
    for sign in sorted(set(signs)):
        inside = signs.count(sign)
        before = [at for at in left if text[at] == sign]
        after = [at for at in right if text[at] == sign]
        # More signs on one side than on the other: there the emphasis begins or ends inside.
        more = len(before) - len(after)
        longer = after if more < 0 else before
        if abs(more) >= inside:
            eaten += longer[:inside]
        elif inside % 2:
            partner = longer[0] if longer else _far_partner(text, sign, start, stop, low, taken)
            if partner < 0:
                return None
            eaten.append(partner)
    left = [at for at in left if at not in eaten]
    right = [at for at in right if at not in eaten]
    for before_it, after_it in zip(left, right, strict=False):
        if text[before_it] != text[after_it]:
            break
        eaten += (before_it, after_it)
    return eaten


def _signs_beside(text: str, positions: Iterable[int], taken: set[int]) -> list[int]:
    """Return the positions of the signs next to a placeholder, nearest first, through ignorables."""
    found = []
    for at in positions:
        if text[at] not in _BESIDE or at in taken:
            break
        if text[at] in SIGNS:
            found.append(at)
    return found


def _far_partner(text: str, sign: str, start: int, stop: int, low: int, taken: set[int]) -> int:
    """Return where the emphasis that ends inside begins, or that begins inside ends; -1 if nowhere near."""
    at = text.rfind(sign, max(low, start - _FAR), start)
    if (
        at >= 0
        and at not in taken
        and not text[at + 1].isspace()
        and not text[max(at - 1, 0) : at].isalnum()
        and not _EMPTY_LINE.search(text, at, start)
    ):
        return at
    at = text.find(sign, stop, stop + _FAR)
    if (
        at >= 0
        and at not in taken
        and not text[at - 1].isspace()
        and not text[at + 1 : at + 2].isalnum()
        and not _EMPTY_LINE.search(text, stop, at)
    ):
        return at
    return -1


def _pieces(text: str, spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans in order; those with nothing visible between them are one."""
    pieces: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if pieces and not text[pieces[-1][1] : start].strip(IGNORABLE):
            pieces[-1] = (pieces[-1][0], stop)
        else:
            pieces.append((start, stop))
    return tuple(pieces)


def _is_refused(text: str, finder: _Finder) -> bool:
    """Tell by means far cheaper than the search that no placeholder can be there."""
    if not any(anchor in text for anchor in finder.anchors):
        return True
    if not finder.stems or not text.isascii():
        return False
    lowered = text.lower().replace("*", "").replace("_", "").replace("\0", "")
    return not any(stem in lowered for stem in finder.stems)


@lru_cache(maxsize=64)
def _finder(pattern: Pattern, flowed: bool, delsp: bool) -> _Finder:
    return _Finder(pattern, flowed, delsp)


def _letter(character: str, ignore_case: bool) -> str:
    """Return the character as a regular expression."""
    both = cases(character, ignore_case)
    return f"[{''.join(sorted(both))}]" if len(both) > 1 else re.escape(character)


def _tail(word: Word, ignore_case: bool, flowed: bool, delsp: bool) -> str:
    """Return the word without its first character as a regular expression: one group, one for the name.

    Between any two characters a run of ignorables and signs may stand, with ``delsp`` also the end of a
    line; in a ``flowed`` text a run of blanks may go over the ends of lines. Runs are possessive single
    classes, so that nothing is read twice.
    """
    skip = IGNORABLE_CLASS + "".join(re.escape(sign) for sign in SIGNS if sign not in word.text)
    gap = f"[{skip}]*+"
    blanks = f"[{skip}{_BLANK_CLASS}]*+"
    name_run = f"[A-Za-z0-9._\\-{skip}]*+"
    name = name_run
    if flowed:
        blanks += f"(?:{_NEXT_LINE}{blanks}){{0,8}}"
    blanks = f"{gap}[{_BLANK_CLASS}]{blanks}"
    if delsp:
        gap += f"(?: {_NEXT_LINE}{gap}){{0,8}}"
        name += f"(?: {_NEXT_LINE}{name_run}){{0,8}}"
    parts = [[_letter(character, ignore_case) for character in part] for part in re.split(r"\s+", word.stem)]
    parts[0][0] = ""
    stem = blanks.join(gap.join(part) for part in parts)
    if not word.closing:
        return f"({stem}((?!))?)"
    return f"({stem}(?:{gap}:({name}))?{gap}{re.escape(word.closing)})"
