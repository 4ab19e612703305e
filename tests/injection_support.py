"""Injects signatures and has the result judged."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import dom_judge
from html_documents import Document
from xinksig.text.html.fragment import Fragment, fragment
from xinksig.text.html.inject import Injection, inject
from xinksig.text.place import Place

SIGNATURES = [
    "ΣΑΦ",
    "<b data-sig>ΣΑ</b><br data-sig><i data-sig>Ω</i>",
    '<a data-sig href="h">ΛΩ</a> ΚΑΙ',
    "<p data-sig>ΠΑ</p>",
    "<div data-sig>ΔΙ<b data-sig>Β</b></div>",
    (
        "<table data-sig><tbody data-sig><tr data-sig>"
        '<td data-sig><a data-sig href="x">ΤΑ</a></td></tr></tbody></table>'
    ),
    "<ul data-sig>\n<li data-sig>Λ</li>\n</ul>",
    "<p data-sig>Π</p><table data-sig><tbody data-sig><tr data-sig><th data-sig>Θ</th></tr></tbody></table>",
    None,
]


class Outcome(NamedTuple):
    result: str
    refused: dict[int, str]
    faults: list[str]


def applied(source: str, injection: Injection) -> str:
    """Return the source with the edits, which must ascend and be apart."""
    pieces: list[str] = []
    at = 0
    for edit in injection.edits:
        assert at <= edit.start <= edit.stop, injection.edits
        pieces += (source[at : edit.start], edit.text)
        at = edit.stop
    return "".join((*pieces, source[at:]))


def injected(document: Document, signatures: Sequence[str | None]) -> tuple[str, Injection]:
    """Return the document with a signature in each place, and the edits."""
    changes: list[tuple[Place, Fragment | None]] = [
        (Place(spans[0][0], spans[-1][1], spans), None if html is None else fragment(html))
        for spans, html in zip(document.places, signatures, strict=True)
    ]
    injection = inject(document.source, changes, newline="\n", width=lambda text: len(text.encode()))
    return applied(document.source, injection), injection


def judged(document: Document, signatures: Sequence[str | None]) -> Outcome:
    """Inject the signatures and judge the result by html5lib."""
    result, injection = injected(document, signatures)
    kept = [number for number in range(len(signatures)) if number not in injection.refused]
    source = dom_judge.marked(document.source, [document.places[number] for number in kept])
    chosen = [signatures[number] for number in kept]
    found = dom_judge.faults(
        dom_judge.page(source), dom_judge.page(result), chosen, block=[needs_block(html) for html in chosen]
    )
    return Outcome(result, injection.refused, found)


def needs_block(html: str | None) -> bool:
    return html is not None and html.startswith(("<p", "<div", "<table", "<ul"))


def choice(seed: int, count: int) -> list[str | None]:
    chance = random.Random(f"signatures {seed}")
    return [chance.choice(SIGNATURES) for _ in range(count)]
