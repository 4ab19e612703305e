"""What sort of message it is: new, a reply or a forwarded one, from its subject, references and body."""

from collections.abc import Callable
from functools import cache

from xinksig.expressions import late
from xinksig.model import Kind
from xinksig.text.data import rows
from xinksig.text.history import Origin
from xinksig.text.separators import fold

_TAG = late(r"\s*\[[^\[\]]{0,80}\]")
"""What lists and gateways put before a subject: ``[EXTERNAL]``."""
_FORWARDED = late(r"\s*\[[Ff][Ww][Dd]?:")
"""Of Netscape and its heirs, who put the whole subject in brackets."""
_PREFIX = late(r"\s*([^\W\d_][^\d:：\[\]()]{0,24}?)\s*(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4})?\s*[:：]")
_MOST_TAGS = 8


def kind(
    subject: str, in_reply_to: str, references: str, origin: Callable[[], Origin] = lambda: Origin.NONE
) -> Kind:
    """Return the kind of message; fields that are absent are "".

    The subject decides if a client's prefix begins it, a forwarded message before all; else the references,
    else the body. ``origin`` is asked for only then (``History.origin`` of the whole body).
    """
    refers = bool(in_reply_to.strip() or references.strip())
    prefix = subject_kind(subject, refers=refers)
    if prefix is not None:
        return prefix
    body = origin()
    if body is Origin.FORWARD:
        return Kind.FORWARD
    return Kind.REPLY if refers or body is Origin.REPLY else Kind.NEW


def subject_kind(subject: str, *, refers: bool) -> Kind | None:
    """Return the kind that the first prefix of the subject tells, ``None`` if it begins with none.

    ``refers``: the message refers to another one; a prefix that alone says too little counts then.
    """
    at = 0
    for _ in range(_MOST_TAGS):
        tag = _TAG.match(subject, at)
        if tag is None or _FORWARDED.match(subject, at):
            break
        at = tag.end()
    if _FORWARDED.match(subject, at):
        return Kind.FORWARD
    match = _PREFIX.match(subject, at)
    if match is None:
        return None
    kinds = _prefixes().get(fold(match[1]), frozenset())
    if refers:
        kinds = frozenset(name.removeprefix("weak-") for name in kinds)
    if "reply" in kinds and (refers or "forward" not in kinds):
        return Kind.REPLY
    return Kind.FORWARD if "forward" in kinds else None


@cache
def _prefixes() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for name, _, prefix, *_ in rows("subject_prefixes.tsv"):
        table.setdefault(fold(prefix), set()).add(name)
    return {prefix: frozenset(names) for prefix, names in table.items()}
