"""Writes the figures of a run into the README, and the picture beside the docs."""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.contenders import BEAUTIFUL_SOUP, CHUNKED, FLOOR, GMIME, GMIME_C, STANDARD_LIBRARY, XINKSIG
from benchmarks.messages import LADDER
from benchmarks.process import memory_cells, start_cells
from benchmarks.run import RESULTS, short
from benchmarks.table import table

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"

_SIZES = (FLOOR, XINKSIG, CHUNKED, GMIME_C, GMIME, STANDARD_LIBRARY, BEAUTIFUL_SOUP)
_OTHERS = (
    "50 KB, no placeholder",
    "Word 80 KB",
    "newsletter 500 KB",
    "1 MB of text",
    "base64 text",
    "1,000 parts",
    "depth 100",
    "huge header",
    "dash lines",
)


def figures(results: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the section: what was measured, on what, and how to repeat it."""
    rows = {(row["message"], row["contender"]): row for row in results["rows"]}
    names = [one.name for one in _SIZES if (LADDER[0], one.name) in rows]
    yield '<img src="docs/speed.svg" alt="Time to sign one message against its size" width="760">'
    yield ""
    yield "Time to sign one message, and as a multiple of the floor, a splice that is told all it needs:"
    yield ""
    yield table(
        ("", *LADDER), [(name, *(_cell(rows.get((size, name))) for size in LADDER)) for name in names]
    )
    yield ""
    yield "Other messages:"
    yield ""
    shown = [one.name for one in (XINKSIG, GMIME_C, STANDARD_LIBRARY) if one.name in names]
    yield table(
        ("", *shown),
        [(other, *(_cell(rows.get((other, name))) for name in shown)) for other in _OTHERS],
    )
    yield ""
    yield "Memory that one message takes beyond itself, at the peak, in MiB; start-up in ms over bare Python:"
    yield ""
    yield table(("", "message", "extra", "× message"), map(memory_cells, results["memory"]))
    yield ""
    yield table(("", "median", "lowest"), map(start_cells, results["start"]))
    yield ""
    environment = results["environment"]
    versions = ", ".join(f"{name} {value}" for name, value in environment.items() if name != "machine")
    yield f"Medians of at least {max(7, results['rounds'])} rounds on {environment['machine']}; {versions}."
    yield "Every output was checked before its time counted. To repeat it: `make bench`;"
    yield "how it is done, and why to doubt it: [benchmarks](benchmarks/README.md)."


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "–"
    return row["fault"] or f"{short(row['median_us'])} · {row['ratio']:.1f} ×"


def main(words: Sequence[str] | None = None) -> int:
    """Put the figures between the marks; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme", description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULTS, help=f"the results [{RESULTS}]")
    parser.add_argument("--page", type=Path, default=ROOT / "README.md", help="the page with the marks")
    arguments = parser.parse_args(words)
    text = arguments.page.read_text("utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        print(f"{arguments.page} lacks the marks {BEGIN.strip()} and {END.strip()}")
        return 1
    section = "\n".join(figures(json.loads(arguments.json.read_text()))) + "\n"
    arguments.page.write_text(head + begin + section + end + tail, "utf-8")
    picture = arguments.json.with_name("speed.svg")
    if picture.exists():
        shutil.copyfile(picture, arguments.page.parent / "docs" / "speed.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
