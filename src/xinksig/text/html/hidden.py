"""Is an element hidden, by an attribute or by its inline style? Style sheets are not looked at."""

import re
from collections.abc import Iterator

from xinksig.expressions import late
from xinksig.text.html.scanner import names

ALWAYS_HIDDEN = frozenset(("object", "audio", "video", "canvas", "datalist"))
"""Elements whose content browsers show only if they can do nothing better."""
WATCHED = ALWAYS_HIDDEN | {"details"}
"""Elements that may hide what is in them by their name."""

_ESCAPE = late(r"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f]?|([^\r\n\f]))")
_PART = late(r"""[^/"'(){}\[\];\\]++|/\*|\\.?|.""", re.DOTALL)
_ZERO = late(r"[+-]?(?:0+(?:\.0*)?|\.0+)(?:e[+-]?\d+)?(?:[a-z]{1,5})?")
_WIDE = "inherit initial unset revert"
_KNOWN = {
    "display": names(
        "none block inline flow-root inline-block list-item flex inline-flex grid inline-grid table"
        f" inline-table table-row table-cell contents run-in {_WIDE}"
    ),
    "visibility": names(f"visible hidden collapse {_WIDE}"),
    "overflow": names(f"visible hidden clip scroll auto {_WIDE}"),
}
"""Other values are ignored by browsers, so that an earlier one stands."""


def is_hidden(name: str, attributes: dict[str, str]) -> bool:
    """Return whether a reader sees nothing of the element's content.

    For closed ``details`` too, whose ``summary`` is seen all the same.
    """
    if name in ALWAYS_HIDDEN or "hidden" in attributes or (name == "details" and "open" not in attributes):
        return True
    style = attributes.get("style")
    if not style:
        return False
    values = _declarations(style)
    return (
        values.get("display") == "none"
        or values.get("visibility") == "hidden"
        or values.get("mso-hide") == "all"
        or (values.get("overflow") == "hidden" and _ZERO.fullmatch(values.get("max-height", "")) is not None)
    )


def _declarations(style: str) -> dict[str, str]:
    """Return the values that hold, in lower case: of each property the last known one, or important one."""
    values: dict[str, str] = {}
    important: set[str] = set()
    for declaration in _split(style):
        name, colon, value = declaration.partition(":")
        name, value = _plain(name), _plain(value)
        if not colon:
            continue
        before, mark, behind = value.rpartition("!")
        is_important = bool(mark) and behind.strip() == "important"
        if is_important:
            value = before.strip()
        if value not in _KNOWN.get(name, (value,)) or (name in important and not is_important):
            continue
        if is_important:
            important.add(name)
        values[name] = value
    return values


def _plain(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text).strip(" \t\r\n\f").lower()


def _unescaped(match: re.Match[str]) -> str:
    if not match[1]:
        return match[2]
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0x110000 else "\ufffd"


def _split(style: str) -> Iterator[str]:
    """Yield the declarations without comments; a semicolon in a string or in brackets divides none."""
    parts: list[str] = []
    depth = at = 0
    while at < len(style):
        match = _PART.match(style, at)
        assert match is not None
        part, at = match[0], match.end()
        if part == "/*":
            behind = style.find("*/", at)
            at = len(style) if behind < 0 else behind + 2
            continue
        if part in ("'", '"'):
            at = _behind_string(style, part, at)
            continue
        if part == ";" and not depth:
            yield "".join(parts)
            parts.clear()
            continue
        if part in "([{":
            depth += 1
        elif part in ")]}":
            depth = max(0, depth - 1)
        parts.append(part)
    yield "".join(parts)


def _behind_string(style: str, quote: str, at: int) -> int:
    while at < len(style):
        if style[at] == quote:
            return at + 1
        at += 2 if style[at] == "\\" else 1
    return at
