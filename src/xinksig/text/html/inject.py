"""The signature in its place in HTML: inline elements closed before it and opened again behind it."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from xinksig.characters import BLANK, IGNORABLE
from xinksig.text.html.fragment import Fragment
from xinksig.text.html.names import BLOCKS, VISIBLE
from xinksig.text.html.references import decoded
from xinksig.text.html.scanner import END, START, TEXT, spans
from xinksig.text.html.stack import Element, open_elements
from xinksig.text.place import CharEdit, Place

_UNSEEN = BLANK + IGNORABLE
_DROPPED = re.compile(r"\s(?:id|name)\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.I)


class Injection(NamedTuple):
    edits: list[CharEdit]
    refused: dict[int, str]


def inject(
    html: str,
    changes: Sequence[tuple[Place, Fragment | None]],
    *,
    newline: str,
    width: Callable[[str], int],
) -> Injection:
    offsets = [place.start for place, _ in changes]
    chains = open_elements(html, offsets)
    refused: dict[int, str] = {}
    edits: list[CharEdit] = []
    if chains is None:
        return Injection([], dict.fromkeys(range(len(changes)), "its place in the tree is not sure"))
    deleted: set[tuple[int, int]] = set()
    for index, (place, fragment) in enumerate(changes):
        chain = chains[index]
        at = len(chain)
        while at and chain[at - 1].name not in BLOCKS:
            at -= 1
        wrappers = chain[at:]
        if fragment is not None and fragment.has_link and any(element.name == "a" for element in chain[:at]):
            refused[index] = "a link is open around it and the signature has links"
            continue
        if not (fragment is not None and fragment.has_block):
            names = [element.name for element in wrappers]
            if "p" in names:
                wrappers = wrappers[len(names) - names[::-1].index("p") :]
        edits += _edits(html, place, fragment, wrappers, deleted)
    edits.sort(key=lambda edit: edit[:2])
    return Injection([edit for edit in edits if edit.text or edit.start < edit.stop], refused)


def _edits(html, place, fragment, wrappers: Sequence[Element], deleted):
    edits = []
    closers, reopeners = [], []
    left, right = place.start, place.stop
    for element in reversed(wrappers):
        if element.start < 0:
            continue
        before = _shows(html, element.stop, left)
        end = _end_of(html, element, right)
        after = _shows(html, right, end[0] if end else len(html)) if end else True
        if not before and end and not after and (element.start, element.stop) not in deleted:
            deleted.add((element.start, element.stop))
            edits.append(CharEdit(element.start, element.stop, "", "wrapper"))
            edits.append(CharEdit(end[0], end[1], "", "wrapper"))
            continue
        if fragment is None:
            continue
        if before:
            closers.append(f"</{element.name}>")
        else:
            edits.append(CharEdit(element.start, element.stop, "", "wrapper"))
        if after:
            reopeners.insert(0, _DROPPED.sub("", html[element.start : element.stop]))
        elif end:
            edits.append(CharEdit(end[0], end[1], "", "wrapper"))
    first = place.pieces[0][0] if place.pieces else place.start
    if closers:
        edits.append(CharEdit(first, first, "".join(closers), "wrapper"))
    if fragment is not None:
        edits.append(CharEdit(first, first, fragment.html, "signature"))
    if reopeners:
        edits.append(CharEdit(first, first, "".join(reopeners), "wrapper"))
    edits += [CharEdit(start, stop, "", "placeholder") for start, stop in place.pieces]
    return edits


def _shows(html: str, start: int, stop: int) -> bool:
    for span in spans(html, start, stop):
        if span.kind == TEXT and decoded(html[span.start : span.stop]).strip(_UNSEEN):
            return True
        if span.kind == START and span.name in VISIBLE:
            return True
    return False


def _end_of(html: str, element: Element, start: int):
    depth = 0
    for span in spans(html, start):
        if span.name != element.name:
            continue
        if span.kind == START:
            depth += 1
        elif span.kind == END:
            if depth == 0:
                return span.start, span.stop
            depth -= 1
    return None
