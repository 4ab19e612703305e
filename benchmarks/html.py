"""Measures the HTML half by itself: ratios to ``bytes.find`` and to Beautiful Soup with lxml, and targets."""

import argparse
import json
import random
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from bs4 import BeautifulSoup

from benchmarks import clock
from benchmarks.messages import PLACEHOLDER
from benchmarks.run import short
from benchmarks.table import table
from xinksig.text.html.fragment import fragment
from xinksig.text.html.inject import inject
from xinksig.text.html.locate import find
from xinksig.text.html.reading import Reading
from xinksig.text.pattern import pattern

Job = Callable[[], object]

ROUNDS = 9
RESULTS = Path(__file__).parent.parent / "build" / "html.json"
MARK = "<!--here-->"
"""Stands in a document at its top and at its end, where a placeholder may be put."""

_WORDS = [
    "about",
    "contract",
    "façade",
    "für",
    "invoice",
    "meeting",
    "number",
    "offer",
    "price",
    "thanks",
    "week",
]
_PATTERN = pattern((PLACEHOLDER,), ignore_case=True)
_FRAGMENT = fragment(
    '<table><tr><td><b>Ada Example</b><br><a href="https://example.com">Example</a></td></tr></table>'
)
_MISNESTED = "<b>one<div>two</b>three</div>"
"""Only a full parser knows what is open behind it."""
_NEAR_MISS = "{EMAIL<b>SIGN</b> "
_ATTRIBUTE = f'<i title="{PLACEHOLDER}" class="{PLACEHOLDER}" lang="{PLACEHOLDER}"></i>'


@dataclass(frozen=True)
class Case:
    """One operation on one document, and how long it may take."""

    operation: str
    document: str
    html: str
    job: Callable[[str], None]
    most_finds: float | None
    """Over the time of ``bytes.find``."""
    most_trees: float | None
    """Over the time of a parse and a write by Beautiful Soup."""


@dataclass(frozen=True)
class Row:
    """What one case took, and the same two ratios."""

    case: Case
    median_us: float
    finds: float
    trees: float

    @property
    def is_met(self) -> bool:
        """Whether it is as fast as it is meant to be."""
        pairs = ((self.finds, self.case.most_finds), (self.trees, self.case.most_trees))
        return all(most is None or ratio <= most for ratio, most in pairs)

    def to_dict(self) -> dict[str, object]:
        """Return it as it goes into JSON."""
        case = self.case
        return {
            "operation": case.operation,
            "document": case.document,
            "size": len(case.html.encode()),
            "median_us": self.median_us,
            "finds": self.finds,
            "most_finds": case.most_finds,
            "trees": self.trees,
            "most_trees": case.most_trees,
            "met": self.is_met,
        }


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


def _filled(unit: Callable[[], str], size: int) -> str:
    units: list[str] = []
    left = size
    while left > 0:
        units.append(unit())
        left -= len(units[-1])
    return f"{MARK}{''.join(units)}{MARK}"


def _newsletter() -> str:
    chance = random.Random("newsletter")
    rules = "".join(f".c{n} {{ width:{n}px; padding:0 {n % 9}px; }}\n" for n in range(200))
    font = "font-family:Lato,Arial,sans-serif;font-size:15px"

    def cell(n: int) -> str:
        words, strong, more = (_text(chance, count) for count in (12, 2, 9))
        link = f"https://example.com/{chance.randrange(1 << 32):08x}?a=1&amp;b={n}"
        return (
            f'<td align="left" valign="top" style="{font};padding:{n}px"><div style="color:#036">{words}'
            f' <strong>{strong}</strong> {more}</div><a href="{link}" style="text-decoration:none">'
            f'<img src="https://example.com/{n}.png" width="270" alt=""></a></td>'
        )

    def unit() -> str:
        return (
            '<table border="0" cellpadding="0" role="presentation" width="100%" class="c12"><tbody>\n<tr>'
            '<td style="padding:20px 0;text-align:center">\n<table cellpadding="0" width="600"><tr>'
            f"{cell(4)}{cell(10)}</tr>\n</table>\n</td></tr></tbody></table>\n"
        )

    head = f"<head><title>News</title><style>{rules}</style></head>"
    body = f'<body style="margin:0;background-color:#f4f4f4">\n{_filled(unit, 490_000)}</body>'
    return f"<!DOCTYPE html><html>{head}{body}</html>\n"


def _word() -> str:
    chance = random.Random("word")
    style = 'font-size:11.0pt;font-family:"Calibri",sans-serif;mso-fareast-language:EN-US'

    def unit() -> str:
        return (
            f"<p class=MsoNormal><span lang=EN-US style='{style}'>{_text(chance, 20)} <span class=SpellE>"
            f"{_text(chance, 1)}</span> {_text(chance, 9)}<o:p></o:p></span></p>\r\n"
            "<p class=MsoNormal><o:p>&nbsp;</o:p></p>\r\n"
        )

    rule = "p.MsoNormal, li.MsoNormal\r\n\t{margin:0cm;\r\n\tfont-size:11.0pt;}\r\n"
    head = f"<head><meta name=Generator content=x><style><!--\r\n{rule * 60}--></style></head>"
    body = f"<body lang=DE link=blue><div class=WordSection1>\r\n{_filled(unit, 74_000)}</div></body>"
    return f"<html xmlns:o=x>{head}{body}</html>"


def _ios() -> str:
    chance = random.Random("ios")
    lines = _filled(lambda: f"<div>{_text(chance, 14)}</div><div><br></div>", 20_000)
    return f'<html><head><meta charset="utf-8"></head><body dir="auto">{lines}</body></html>'


DOCUMENTS = {"newsletter 500 KB": _newsletter, "Word 80 KB": _word, "iOS 20 KB": _ios}


@cache
def document(name: str) -> str:
    """Return the document, the same characters everywhere."""
    return DOCUMENTS[name]()


def at_top(html: str, source: str) -> str:
    """Return the document with that source at its top."""
    return html.replace(MARK, source, 1).replace(MARK, "")


def at_end(html: str, source: str) -> str:
    """Return the document with that source at its end."""
    return html[::-1].replace(MARK[::-1], source[::-1], 1)[::-1].replace(MARK, "")


def scattered(html: str, source: str) -> str:
    """Return the document with a thousand placeholders, or what looks like them, in its text."""
    *pieces, last = html.replace(MARK, "").split("week", 1000 // source.count("{"))
    return "".join(f"{piece}{source}week" for piece in pieces) + last


def search(html: str) -> None:
    """Find the placeholders."""
    find(html, _PATTERN)


def replace(html: str) -> None:
    """Find the placeholders and put a signature there."""
    reading = Reading(html)
    changes = [(place, _FRAGMENT) for place in find(html, _PATTERN, reading=reading)]
    injection = inject(html, changes, newline="\n", width=len, reading=reading)
    assert injection.edits
    assert not injection.refused


def _tree(html: str) -> None:
    str(BeautifulSoup(html, "lxml"))


def _cases() -> Iterator[Case]:
    news, word, ios = DOCUMENTS
    paragraph, by_tree = f"<p>{PLACEHOLDER}</p>", f"{_MISNESTED}<p>{PLACEHOLDER}</p>"
    for name, finds, trees in ((news, 10, 100), (word, 16, 60), (ios, 20, 60)):
        yield Case("find, none", name, document(name).replace(MARK, ""), search, finds, 1 / trees)
    for name in DOCUMENTS:
        yield Case("find, one at the top", name, at_top(document(name), paragraph), search, 20, 1 / 60)
    html = document(news)
    yield Case("find, one at the end", news, at_end(html, paragraph), search, 70, 1 / 20)
    yield Case("find, near misses", news, scattered(html, _NEAR_MISS), search, 50, 1 / 30)
    yield Case("find, copies in attributes", news, scattered(html, _ATTRIBUTE), search, 120, 1 / 10)
    for name in (word, ios):
        yield Case("replace, at the top", name, at_top(document(name), paragraph), replace, None, 1 / 10)
    yield Case("replace, at the end", news, at_end(html, paragraph), replace, None, 1 / 10)
    for name in (word, ios):
        yield Case("replace by the tree, top", name, at_top(document(name), by_tree), replace, None, 1 / 4)
    yield Case("replace by the tree, end", news, at_end(html, by_tree), replace, None, 1.5)


def measure(rounds: int) -> list[Row]:
    """Return a row for each case; it and ``bytes.find`` take turns in every round."""
    rows: list[Row] = []
    trees: dict[str, float] = {}
    needle = PLACEHOLDER.encode()[:-1] + b"?"
    for case in _cases():
        jobs: list[Job] = [partial(case.job, case.html), partial(case.html.encode().find, needle)]
        for job in jobs:
            job()
        loops = [clock.loops(job) for job in jobs]
        times = [
            [clock.time(job, count) for job, count in zip(jobs, loops, strict=True)] for _ in range(rounds)
        ]
        median, floor = (sorted(column)[rounds // 2] for column in zip(*times, strict=True))
        if case.document not in trees:
            trees[case.document] = sorted(clock.time(partial(_tree, case.html), 1) for _ in range(3))[1]
        rows.append(Row(case, median, median / floor, median / trees[case.document]))
    return rows


def memory() -> dict[str, float]:
    """Return the peak of what find and replace allocate, over the size of the document."""
    news = document("newsletter 500 KB")
    documents = {
        "newsletter, one at the end": at_end(news, f"<p>{PLACEHOLDER}</p>"),
        "newsletter, near misses": scattered(news, _NEAR_MISS) + PLACEHOLDER,
        "brackets": "{" * 500_000 + PLACEHOLDER,
        "references": "&#123;" * 80_000 + PLACEHOLDER,
    }
    peaks = {}
    for name, html in documents.items():
        replace(html)
        tracemalloc.start()
        try:
            replace(html)
            peaks[name] = tracemalloc.get_traced_memory()[1] / sys.getsizeof(html)
        finally:
            tracemalloc.stop()
    return peaks


def _cells(row: Row) -> tuple[str, ...]:
    case = row.case
    finds = f"{row.finds:.1f}" + ("" if case.most_finds is None else f" (≤ {case.most_finds:g})")
    trees = _fraction(row.trees) + ("" if case.most_trees is None else f" (≤ {_fraction(case.most_trees)})")
    return case.operation, case.document, short(row.median_us), finds, trees, "yes" if row.is_met else "no"


def _fraction(ratio: float) -> str:
    return f"1/{1 / ratio:.0f}" if ratio < 0.5 else f"{ratio:.2g}"


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.html", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"[{ROUNDS}]")
    parser.add_argument("--json", type=Path, default=RESULTS, help=f"where the results go [{RESULTS}]")
    arguments = parser.parse_args(words)
    rows, peaks = measure(arguments.rounds), memory()
    heads = ("operation", "document", "median", "× bytes.find", "× Beautiful Soup", "met")
    print(table(heads, map(_cells, rows)))
    print("\nPeak memory of find and replace")
    print(table(("", "× document"), [(name, f"{peak:.1f} (≤ 20)") for name, peak in peaks.items()]))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    result = {"rows": [row.to_dict() for row in rows], "memory": peaks}
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if all(row.is_met for row in rows) and max(peaks.values()) <= 20 else 1


if __name__ == "__main__":
    sys.exit(main())
