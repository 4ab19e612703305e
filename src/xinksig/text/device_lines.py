"""Device lines, "Sent from my iPhone": what phones put below the text, found where the newest text ends."""

import re
from functools import cache

from xinksig.expressions import late
from xinksig.model import Trigger
from xinksig.text.data import rows
from xinksig.text.history import SIGNATURE_DASHES, History
from xinksig.text.lines import LineReader
from xinksig.text.place import Place
from xinksig.text.separators import fold

_LONGEST = 300
"""Characters of a device line with its links."""
_LINES = 3
"""A device line may be wrapped, mostly before a long link."""
_LINK = late(r" ?(?:<(?:https?://|mailto:)[^<>\s]*>|\((?:https?://)[^()\s]*\)|\[https?://[^\[\]\s]*\])")
_BARE_LINK = late(r" ?https?://[^\s<>()\[\]*]*")
_DASHES = late(r"\A(?:--|[-–—]) ?(?=\w)")
_WRAPPERS = (("<<", ">>"), ("(", ")"), ("**", "**"), ("*", "*"), ("_", "_"), ("[", "]"), ("<", ">"))
_END = late(r"(?:\.{1,3}|…|:)\Z")
_MODEL = (
    r"(?: (?:[a-z]{0,3}[0-9]{1,4}[a-z+]{0,3}|ultra|plus|pro|max|mini|lite|fe|5g|4g|lte|note|edge|fold|flip|xl"
    r"|se|air|duos|neo|prime|fusion)){0,4}"
)
_LIST = late(r"\{([^{}]+)\}")
_THAI = "\u0e00"
"""From here on there are scripts beside whose characters a blank comes and goes."""
_SMALL_LETTER = late(r"[^\w]*(?!i(?:P|O))[a-zà-öø-ÿа-я]")
_BLANK = " \t\r\n\u00a0\u202f\ufeff\u200b"


def find_plain_device_line(
    text: str, history: History, more_device_lines: tuple[str, ...] = ()
) -> Place | None:
    """Return the device line that ends the newest text of a plain body, ``None`` if it ends otherwise.

    Offsets are characters. The place covers the whole line, over its line breaks where it is wrapped;
    dashes on the line above are left.
    """
    for end in dict.fromkeys((_last_new(text, history), history.end)):
        lines = _lines_above(text, end, history)
        while lines and text[slice(*lines[0])] == SIGNATURE_DASHES:
            del lines[0]
        for count in range(1, min(_LINES, len(lines)) + 1):
            start, stop = lines[count - 1][0], lines[0][1]
            apart = count == len(lines) or _ends_sentence(text[slice(*lines[count])])
            if stop - start <= _LONGEST and is_device_line(text[start:stop], more_device_lines, apart=apart):
                return Place(start, stop, ((start, stop),), Trigger.DEVICE_LINE)
    return None


def find_html_device_line(
    html: str, history: History, more_device_lines: tuple[str, ...] = ()
) -> Place | None:
    """Return the device line that ends the newest text of an HTML body, ``None`` if it ends otherwise.

    Offsets are characters of the source. The pieces are what spells the line: the text between tags,
    comments and other constructs inside it.
    """
    lines = list(history.lines)
    if not lines:
        reader = LineReader(html)
        reader.read()
        lines = [line for line in reader.lines if not history.quoted(line.start)]
    while lines and lines[-1].text == SIGNATURE_DASHES:
        lines.pop()
    above = next((line for line in reversed(lines) if line.stop == history.end), None)
    for line in (*lines[-1:], above):
        if line is None or not 0 < len(line.text) <= _LONGEST:
            continue
        at = lines.index(line)
        apart = at == 0 or _ends_sentence(lines[at - 1].text)
        if is_device_line(line.text, more_device_lines, apart=apart):
            return Place(line.start, line.stop, line.pieces, Trigger.DEVICE_LINE)
    return None


def is_device_line(line: str, more_device_lines: tuple[str, ...] = (), *, apart: bool = True) -> bool:
    """Tell whether the line, as a reader sees it, is a device line and nothing else.

    Not ``apart`` from a sentence above, it must begin with a capital letter: it may be the sentence's end.
    """
    text, wrapped = _bared(line)
    if not text:
        return False
    begins = apart or wrapped or not _SMALL_LETTER.match(line)
    if begins and text[0] in _patterns() and _compiled(text[0]).fullmatch(text):
        return True
    return any(text == _bared(more)[0] or fold(line) == fold(more) for more in more_device_lines)


def _ends_sentence(line: str) -> bool:
    return line[-1:] in ".!?,;:)" or line == SIGNATURE_DASHES


def _bared(line: str) -> tuple[str, bool]:
    """Return the line folded, without links, brackets, emphasis, dashes in front and a stop at the end.

    And whether there were brackets or emphasis around it.
    """
    text = fold(line).replace("\u2019", "'")
    text = _dense(_BARE_LINK.sub("", _LINK.sub("", text)).strip())
    wrapped = False
    for _ in range(4):
        before = text
        text = _END.sub("", _DASHES.sub("", text)).rstrip()
        for opening, closing in _WRAPPERS:
            if text.startswith(opening) and text.endswith(closing) and len(text) > len(opening + closing):
                text = text[len(opening) : -len(closing)].strip()
                wrapped = True
                break
        if text == before:
            break
    return text, wrapped


def _dense(text: str) -> str:
    """Return the text without the blanks that come and go beside scripts that use none between words."""
    if text.isascii():
        return text
    words = text.split(" ")
    joined = words[0]
    for word in words[1:]:
        beside = joined[-1:] >= _THAI or word[:1] >= _THAI
        joined += word if beside else f" {word}"
    return joined


@cache
def _patterns() -> dict[str, list[str]]:
    """Return the expressions of the data file's lines by the first character of what they match."""
    lists: dict[str, list[str]] = {}
    patterns: dict[str, list[str]] = {}
    for first, *rest in rows("device_lines.tsv"):
        if first.startswith("="):
            lists[first[1:]] = [_expression(word) for word in rest]
            continue
        text = _dense(fold(rest[0]))
        if text.startswith("{"):
            name, _, tail = text[1:].partition("}")
            for word in lists[name]:
                patterns.setdefault(word[0], []).append(word + _expanded(tail, lists))
        else:
            patterns.setdefault(text[0], []).append(_expanded(text, lists))
    return patterns


def _expression(word: str) -> str:
    name = fold(word.removesuffix("+"))
    return re.escape(name).replace("\\ ", " ") + (_MODEL if word.endswith("+") else "")


def _expanded(text: str, lists: dict[str, list[str]]) -> str:
    pieces = _LIST.split(text)
    return "".join(
        f"(?:{'|'.join(lists[piece])})" if at % 2 else re.escape(piece).replace("\\ ", " ")
        for at, piece in enumerate(pieces)
    )


@cache
def _compiled(first: str) -> re.Pattern[str]:
    return re.compile("|".join(_patterns()[first]))


def _last_new(text: str, history: History) -> int:
    """Return the end of the last text that is not history."""
    end = len(text)
    for start, stop in reversed(history.spans):
        if text[stop:end].strip(_BLANK):
            break
        end = start
    return end


def _lines_above(text: str, end: int, history: History) -> list[tuple[int, int]]:
    """Return the spans of the last lines above ``end`` without their blanks, from the last one up.

    They stand together: a blank line ends them, but for those below and around signature dashes.
    """
    lines: list[tuple[int, int]] = []
    at = end
    while len(lines) <= _LINES and at > 0:
        start = max(text.rfind("\n", 0, at - 1 if text[at - 1 : at] == "\n" else at) + 1, 0)
        if at - start > 1000 or history.quoted(start):
            break
        line = text[start:at]
        stripped = line.strip(_BLANK)
        if stripped:
            begin = start + len(line) - len(line.lstrip(_BLANK))
            lines.append((begin, begin + len(stripped)))
        elif lines and text[slice(*lines[-1])] != SIGNATURE_DASHES:
            break
        at = start
    return lines
