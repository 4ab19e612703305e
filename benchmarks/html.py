"""Measures the HTML half by itself, against ``bytes.find`` and Beautiful Soup with lxml, each with its target."""

import argparse
import json
import random
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from time import process_time_ns

from bs4 import BeautifulSoup

from benchmarks.messages import PLACEHOLDER
from benchmarks.run import short
from benchmarks.table import table
from xinksig.text.html.fragment import fragment
from xinksig.text.html.inject import inject
from xinksig.text.html.locate import find
from xinksig.text.html.reading import Reading
from xinksig.text.pattern import pattern

ROUNDS = 9
SAMPLE_NS = 3_000_000
RESULTS = Path(__file__).parent.parent / "build" / "html.json"
MARK = "<!--here-->"
"""Stands in a document at its top and at its end, where a placeholder may be put."""

_WORDS = "about contract delivery façade für invoice meeting number offer order price project review thanks week".split()
_PATTERN = pattern((PLACEHOLDER,), ignore_case=True)
_FRAGMENT = fragment('<table><tr><td><b>Ada Example</b><br><a href="https://example.com">Example</a></td></tr></table>')
_MISNESTED = "<b>one<div>two</b>three</div>"
"""Only a full parser knows what is open behind it."""
_NEAR_MISS = "{EMAIL<b>SIGN</b> "
_ATTRIBUTE = f'<i title="{PLACEHOLDER}" class="{PLACEHOLDER}" lang="{PLACEHOLDER}"></i>'


@dataclass
class Row:
    """One operation on one document."""

    operation: str
    document: str
    size: int
    median_us: float
    finds: float
    """Its time over that of ``bytes.find``."""
    most_finds: float | None
    trees: float
    """Its time over that of a parse and a write by Beautiful Soup."""
    most_trees: float | None

    @property
    def is_met(self) -> bool:
        """Whether it is as fast as it is meant to be."""
        return (self.most_finds is None or self.finds <= self.most_finds) and (
            self.most_trees is None or self.trees <= self.most_trees
        )


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

    def unit() -> str:
        cells = "".join(
            f'<td align="left" valign="top" style="font-family:Lato,Arial,sans-serif;font-size:15px;padding:0 {n}px 6px">'
            f'<div style="line-height:1.4;color:#1f2937">{_text(chance, 12)} <strong>{_text(chance, 2)}</strong>'
            f' {_text(chance, 9)}</div><a href="https://example.com/{chance.randrange(1 << 32):08x}?a=1&amp;b={n}"'
            f' style="color:#036;text-decoration:none"><img src="https://example.com/{n}.png" width="270" alt=""></a></td>'
            for n in (4, 10)
        )
        return (
            '<table border="0" cellpadding="0" cellspacing="0" role="presentation" width="100%" class="c12"><tbody>\n<tr>'
            '<td style="padding:20px 0;text-align:center">\n<table border="0" cellpadding="0" width="600"><tr>'
            f"{cells}</tr>\n</table>\n</td></tr></tbody></table>\n"
        )

    head = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>News</title><style>{rules}</style></head>'
    return f'{head}<body style="margin:0;background-color:#f4f4f4">\n{_filled(unit, 490_000)}</body></html>\n'


def _word() -> str:
    chance = random.Random("word")
    style = "font-size:11.0pt;font-family:\"Calibri\",sans-serif;mso-fareast-language:EN-US"

    def unit() -> str:
        return (
            f"<p class=MsoNormal><span lang=EN-US style='{style}'>{_text(chance, 20)} <span class=SpellE>"
            f"{_text(chance, 1)}</span> {_text(chance, 9)}<o:p></o:p></span></p>\r\n"
            "<p class=MsoNormal><o:p>&nbsp;</o:p></p>\r\n"
        )

    rule = "p.MsoNormal, li.MsoNormal\r\n\t{margin:0cm;\r\n\tfont-size:11.0pt;}\r\n"
    head = f"<html xmlns:o=x><head><meta name=Generator content=x><style><!--\r\n{rule * 60}--></style></head>"
    return f"{head}<body lang=DE link=blue>\r\n<div class=WordSection1>\r\n{_filled(unit, 74_000)}</div></body></html>"


def _ios() -> str:
    chance = random.Random("ios")
    head = '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">'
    return f"{head}{_filled(lambda: f'<div>{_text(chance, 14)}</div><div><br></div>', 20_000)}</body></html>"


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
    """Return the document with that source a thousand times in its text."""
    *pieces, last = html.replace(MARK, "").split("week", 1000)
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


def _cases() -> list[tuple[str, str, str, Callable[[str], None], float | None, float | None]]:
    """Return operation, document, source, job, and the targets against bytes.find and Beautiful Soup."""
    news, word, ios = DOCUMENTS
    paragraph = f"<p>{PLACEHOLDER}</p>"
    cases = [
        ("find, none", name, document(name).replace(MARK, ""), search, finds, 1 / trees)
        for name, finds, trees in ((news, 10, 100), (word, 16, 60), (ios, 20, 60))
    ]
    cases += [
        ("find, one at the top", name, at_top(document(name), paragraph), search, 20, 1 / 60)
        for name in DOCUMENTS
    ]
    end, misnested = at_end(document(news), paragraph), _MISNESTED + paragraph
    misses, attributes = (scattered(document(news), source) for source in (_NEAR_MISS, _ATTRIBUTE))
    return [
        *cases,
        ("find, one at the end", news, end, search, 70, 1 / 20),
        ("find, near misses", news, misses, search, 50, 1 / 30),
        ("find, copies in attributes", news, attributes, search, 120, 1 / 10),
        *(("replace, at the top", name, at_top(document(name), paragraph), replace, None, 1 / 10) for name in (word, ios)),
        ("replace, at the end", news, end, replace, None, None),
        *(("replace by the tree, at the top", name, at_top(document(name), misnested), replace, None, 1 / 4) for name in (word, ios)),
        ("replace by the tree, at the end", news, at_end(document(news), misnested), replace, None, 1.5),
    ]


def measure(rounds: int) -> list[Row]:
    """Return a row for each operation; it and its two measures take turns in every round."""
    rows: list[Row] = []
    trees: dict[str, float] = {}
    for operation, name, html, job, most_finds, most_trees in _cases():
        octets, needle = html.encode(), PLACEHOLDER.encode()[:-1] + b"?"
        jobs: list[Callable[[], object]] = [lambda: job(html), lambda: octets.find(needle)]  # noqa: B023
        loops = [_loops(one) for one in jobs]
        times = [[_time(one, count) for one, count in zip(jobs, loops, strict=True)] for _ in range(rounds)]
        median, floor = (sorted(column)[rounds // 2] for column in zip(*times, strict=True))
        if name not in trees:
            trees[name] = sorted(_time(lambda: _tree(html), 1) for _ in range(3))[1]  # noqa: B023
        rows.append(
            Row(operation, name, len(octets), median, median / floor, most_finds, median / trees[name], most_trees)
        )
    return rows


def memory() -> dict[str, float]:
    """Return the peak of what find and replace allocate, over the size of the document."""
    news = document("newsletter 500 KB")
    documents = {
        "newsletter, one at the end": at_end(news, f"<p>{PLACEHOLDER}</p>"),
        "newsletter, near misses": at_end(scattered(news, _NEAR_MISS) + MARK, PLACEHOLDER),
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


def _loops(job: Callable[[], object]) -> int:
    job()
    return max(1, min(1000, int(SAMPLE_NS / max(1000 * _time(job, 1), 1))))


def _time(job: Callable[[], object], loops: int) -> float:
    """Return the processor time of one run in microseconds, the mean of ``loops``."""
    start = process_time_ns()
    for _ in range(loops):
        job()
    return (process_time_ns() - start) / loops / 1000


def _cells(row: Row) -> tuple[str, ...]:
    finds = f"{row.finds:.1f}" + ("" if row.most_finds is None else f" (≤ {row.most_finds:g})")
    trees = f"1/{1 / row.trees:.0f}" if row.trees < 0.5 else f"{row.trees:.2f}"
    if row.most_trees is not None:
        trees += f" (≤ 1/{1 / row.most_trees:.0f})" if row.most_trees < 1 else f" (≤ {row.most_trees})"
    return row.operation, row.document, short(row.median_us), finds, trees, "yes" if row.is_met else "no"


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
    result = {"rows": [asdict(row) | {"met": row.is_met} for row in rows], "memory": peaks}
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if all(row.is_met for row in rows) and max(peaks.values()) <= 20 else 1


if __name__ == "__main__":
    sys.exit(main())
