"""The lines that part newest text from history, read from ``data/separators.tsv`` at first need."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from xinksig.characters import BLANK, IGNORABLE_CLASS
from xinksig.expressions import late
from xinksig.records import NamedTuple
from xinksig.text.data import rows

WILDCARD = "…"
_ELEMENT_KINDS = frozenset(
    ("quote", "container", "forward", "reference", "rest", "rule", "prefix", "signature")
)
_CLIENT_PREFIX = r"(?:x_|(?:gmail-)?m_-?[0-9]{1,24}_?|gmail-|ydp[0-9a-f]{1,16}|yiv[0-9]{1,24}|ecx)"
"""What clients put before ids and classes of a message that they quote; Yahoo (ydp) before new text's too."""
_BLANKS = late(f"[{BLANK}\u202f]+")
_IGNORABLES = late(f"[{IGNORABLE_CLASS}]+")
_DATE = late(
    r"(?<!\d)(?:\d{1,2}[:.h]\d\d(?!\d)|(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d\d)|時|时|시|年"
)
_ADDRESS = late(r"[^\s<>()\[\]@]{1,64}@[^\s<>()\[\]@]{1,255}")
_NO_NAME = frozenset(
    ("i", "you", "he", "she", "it", "they", "we", "as", "and", "who", "what", "that", "this")
)
_LONGEST_NAME = 5
_THAI = "\u0e00"
"""From here on there are scripts without blanks between words."""
_LONGEST_ATTRIBUTION = 400
_TOLD_APART = 9
"""Characters of a line above a forwarded message by which it is told from others at first sight."""
LONGEST_LINE_START = 120
"""Characters in which ``line_starts`` decides: the longest label or opener, and a figure 60 behind it."""


class Attribution(NamedTuple):
    """The fixed texts of an attribution line: ``first`` … ``inner`` … ``last``."""

    first: str
    inner: tuple[str, ...]
    last: str


class Separators(NamedTuple):
    """All separators; texts are folded by ``fold``."""

    titles: dict[str, bool]
    """What stands between dashes; True for a forwarded message."""
    begins: frozenset[str]
    labels: dict[str, str]
    """Label of a header block to its field: from, date, to, copy, subject, other."""
    attributions: dict[str, tuple[Attribution, ...]]
    """By the last word, because that decides quickest."""
    elements: dict[str, str]
    """Class or id of an HTML element to its kind: quote, container … as the data file explains."""


def fold(text: str) -> str:
    """Return the text for comparison: case folded, nothing ignorable, one blank for a run of white space."""
    if not text.isascii():
        text = _IGNORABLES.sub("", text)
    return _BLANKS.sub(" ", text).strip().casefold()


@cache
def _written() -> tuple[tuple[str, str], ...]:
    """Return the kind and the text of each row of the data file."""
    return tuple((kind, text) for kind, _, text, *_ in rows("separators.tsv"))


@cache
def separators() -> Separators:
    """Return the separators of the data file."""
    titles: dict[str, bool] = {}
    begins: set[str] = set()
    elements: dict[str, str] = {}
    labels: dict[str, str] = {}
    attributions: dict[str, list[Attribution]] = {}
    for kind, text in _written():
        folded = fold(text)
        if kind in ("original", "forwarded"):
            titles[folded] = kind == "forwarded"
        elif kind == "begin":
            begins.add(folded)
        elif kind == "attribution":
            first, *inner, last = (piece.strip() for piece in folded.split(WILDCARD))
            last = last.rstrip(":： ")
            key = last or (inner or [first])[-1]
            attributions.setdefault(key.rpartition(" ")[2], []).append(Attribution(first, tuple(inner), last))
        elif kind in _ELEMENT_KINDS:
            elements[folded] = kind
        else:
            labels.setdefault(folded, kind)
    return Separators(
        titles,
        frozenset(begins),
        labels,
        {key: tuple(items) for key, items in attributions.items()},
        elements,
    )


def title(line: str) -> str | None:
    """Return what a line such as ``-----Original Message-----`` holds between its dashes, else ``None``."""
    text = line.strip(" \t\r\n*\u00a0\ufeff")
    inner = text.strip("-–—_= ")
    if not inner or len(text) > 120 or text[0] not in "-–—_=" or text[-1] not in "-–—_=":
        return None
    return inner if text[1] in "-–—_=" and text[-2] in "-–—_=" else None


def title_kind(line: str) -> str:
    """Return "original" or "forwarded" if the line parts off a message by a title in dashes, else ""."""
    inner = title(line)
    if inner is None:
        return ""
    forwarded = separators().titles.get(fold(inner))
    if forwarded is None:
        return ""
    return "forwarded" if forwarded else "original"


def begins_forwarded(line: str) -> bool:
    """Tell whether the line is one such as ``Begin forwarded message:``."""
    text = fold(line).strip("> ")
    return text[-1:] in (":", "：") and text.rstrip(":： ") in separators().begins


def label(line: str) -> tuple[str, str]:
    """Return the field (from, date …) and the value of a line of a header block; ("", "") if it is none.

    A label all in capitals is not a client's: people write memo heads so.
    """
    colon = line.find(":", 0, 40)
    wide = line.find("：", 0, 40)
    if colon < 0 or 0 <= wide < colon:
        colon = wide
    if colon < 0:
        return "", ""
    text = line[:colon].strip(" \t>*_\u00a0\u202f\ufeff\u200e\u200f")
    if len(text) > 3 and text.isupper():
        return "", ""
    field = separators().labels.get(fold(text), "")
    return (field, line[colon + 1 :].strip(" \t*_\u00a0\r\n")) if field else ("", "")


def attribution(text: str, *, above_quote: bool = True) -> str:
    """Tell whether the text, a line or several joined, is a client's line above a quote: ``On … wrote:``.

    Returns "whole" if it begins as such lines do, "end" if it may be the end of one (``… wrote:``), else "".
    It needs a date or an address; of a client that writes only a name (``Jane Roe wrote:``) it counts
    ``above_quote``. Without a quote below, it needs a date and an address.
    """
    if len(text) > _LONGEST_ATTRIBUTION:
        return ""
    line = fold(text).strip("-–*_> ")
    if line[-1:] not in (":", "：") and not text.rstrip().endswith("--"):
        return ""
    line = line.rstrip(":： ")
    address = _ADDRESS.search(line) is not None
    date = has_date(line)
    if not above_quote and not (date and address):
        return ""
    found = _pattern_of(line)
    if found is None:
        return "end" if above_quote and date and address and line[-1:] in (">", ")", "]") else ""
    if date or address:
        return "whole" if found.first else "end"
    return "end" if not found.first and not found.inner and _is_name(text, found.last) else ""


def _is_name(text: str, verb: str) -> bool:
    """Tell whether what stands before the verb is a name and no more: ``Jane Roe``, not ``As you``."""
    words = text.strip(" \t\r\n*_>:：").split()[: -len(verb.split())]
    return 0 < len(words) <= _LONGEST_NAME and all(
        not word[0].islower() and word.casefold() not in _NO_NAME for word in words
    )


def has_date(text: str) -> bool:
    """Tell whether the text holds a time, a year or a date in figures."""
    return _DATE.search(text) is not None


def closer(kind: str, dated: bool, best: str, best_dated: bool) -> bool:
    """Tell whether a longer reading of an attribution is better than the best one up to now.

    It is where it begins as a whole one does, or adds the date that was missing.
    """
    if not best:
        return True
    return (kind == "whole" and best != "whole") or (dated and not best_dated)


def _pattern_of(line: str) -> Attribution | None:
    """Return the pattern of the folded line without its colon, one with a first word before one without."""
    table = separators().attributions
    found: Attribution | None = None
    for key in (line.rpartition(" ")[2], *_verbs()):
        if key in line:
            for item in table.get(key, ()):
                if _fits(line, item):
                    if item.first:
                        return item
                    found = found or item
    return found


@cache
def _verbs() -> tuple[str, ...]:
    """Return the keys that are not always the last word: ``schrieb`` of ``Am … schrieb …:``, and ``写道``."""
    return tuple(
        key
        for key, items in separators().attributions.items()
        if any(not item.last for item in items) or max(key) >= _THAI
    )


def _fits(line: str, attribution: Attribution) -> bool:
    first, inner, last = attribution
    if not (line.startswith(first) and line.endswith(last)):
        return False
    if first and line[len(first) : len(first) + 1] not in (" ", ""):
        return False
    at, stop = len(first), len(line) - len(last)
    for piece in inner:
        at = line.find(piece, at, stop)
        if at < 0:
            return False
        at += len(piece)
    return at < stop


def element_kind(tokens: Iterable[str]) -> tuple[str, bool]:
    """Return the kind of an element with these classes and ids, and whether a client had prefixed one."""
    pattern = _element_pattern()
    for token in tokens:
        if match := pattern.fullmatch(token):
            return separators().elements[match[2].casefold()], match[1].replace("ydp", "") not in (
                "",
                match[1][3:],
            )
    return "", False


@cache
def _element_pattern() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, separators().elements), key=len, reverse=True))
    return re.compile(rf"({_CLIENT_PREFIX}{{0,8}}?)({names})(?:_[0-9]{{1,24}})?", re.IGNORECASE)


@lru_cache(maxsize=16)
def folded_lines(more: tuple[str, ...]) -> frozenset[str]:
    """Return an administrator's extra lines, ready to be compared."""
    return frozenset(fold(line) for line in more) - {""}


def evidence(fields: Iterable[tuple[str, str]], *, bare: bool) -> bool:
    """Tell whether the labelled lines are a client's: an address, or a date with a time.

    What people type with the same labels (a memo head, a journey from one town to another) has no address.
    Without a rule above them (``bare``) a time alone says nothing: a subject must be there too.
    """
    kinds = set()
    for field, value in fields:
        if field in ("from", "to", "copy") and _ADDRESS.search(value):
            return True
        if field == "subject" or (field == "date" and _TIME.search(value)):
            kinds.add(field)
    return "date" in kinds and (not bare or "subject" in kinds)


_TIME = late(r"(?<!\d)\d{1,2}[:.hH]\d\d(?!\d)|\d[時时시点點]")


@lru_cache(maxsize=32)
def line_starts(more: tuple[str, ...], *, ascii_only: bool) -> tuple[str, str]:
    """Return what a line may begin with that parts off history: the first characters, and an expression.

    Labels of From, the first characters of lines above a forwarded message, attributions with a figure in
    them, dashes, ``>`` and of an administrator's ``more`` lines the first character; ``ascii_only``: those
    that a text in ASCII can hold. It reads at most ``LONGEST_LINE_START`` characters.

    Among the first characters, the inside of a class, is ``&``, which may stand for one in HTML, and all
    beyond ASCII: a class of some of them takes long to make ready.
    """
    written = _written()
    begins = [text[:_TOLD_APART] for kind, text in written if kind == "begin"]
    for line in more:
        begins += (line.strip()[0].lower(), line.strip()[0].upper())
    labels, openers, begins = (
        [text for text in texts if text and (text.isascii() or not ascii_only)]
        for texts in (
            [text for kind, text in written if kind == "from"],
            [text.partition(WILDCARD)[0].strip() for kind, text in written if kind == "attribution"],
            begins,
        )
    )
    first = {*"->_=&", *(text[0] for text in (*labels, *openers, *begins))}
    others = "".join(character for character in map(chr, range(128)) if character not in first)
    dashes = "-{2}|_{2}|={2}" if ascii_only else "-{2}|_{2}|={2}|–{2}|—{2}"
    return f"^{re.escape(others)}", (
        rf">|{dashes}|(?:{_choice(labels)})\s?\*?[:：]"
        rf"|(?:{_choice(openers)}) (?=[^\n]{{0,60}}\d)|{_choice(begins)}"
    )


def _choice(texts: Iterable[str]) -> str:
    """Return an expression for one of the texts, short: compiling it takes as long as many messages."""
    by_first: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        by_first.setdefault(text[0], []).append(re.escape(text[1:]))
    return "|".join(
        re.escape(first) + (f"(?:{'|'.join(rests)})" if len(rests) > 1 else rests[0])
        for first, rests in by_first.items()
    )
