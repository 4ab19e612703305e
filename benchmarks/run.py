"""Measures all contenders on all messages in one process, interleaved, and prints ratios to the floor."""

import argparse
import gc
import json
import platform
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from operator import truediv
from pathlib import Path
from time import process_time_ns

from benchmarks import clock, contenders, folder, gmime, process
from benchmarks.check import fault, keeps_the_rest, shows_signature
from benchmarks.contenders import Contender, Job
from benchmarks.messages import HOSTILE_PREFIX, LADDER, NAMES, Message, message
from benchmarks.table import table

ROUNDS = 9
"""At least; of messages that take little time there are more."""
RESULTS = Path(__file__).parent.parent / "build" / "bench.json"


@dataclass
class Row:
    """One contender on one message."""

    message: str
    size: int
    contender: str
    median_us: float = 0.0
    low_us: float = 0.0
    high_us: float = 0.0
    ratio: float = 0.0
    """Median of what its time is to that of the floor in the same round."""
    rounds: int = 0
    keeps_the_rest: bool = True
    fault: str = ""
    """Why its time does not count."""


def measure(subject: Message, candidates: Iterable[Contender], rounds: int) -> list[Row]:
    """Return a row for each contender: checked first, then timed in turn in every round."""
    rows: list[Row] = []
    jobs: list[tuple[Row, Job, int]] = []
    for contender in candidates:
        row = Row(subject.name, len(subject.data), contender.name)
        rows.append(row)
        if contender is contenders.BEAUTIFUL_SOUP and not subject.spans:
            row.fault = "no text part"
            continue
        job = contender.prepare(subject)
        _check(row, contender, subject, bytes(job()))
        if not row.fault:
            jobs.append((row, job, clock.loops(job)))
    times: dict[str, list[float]] = {row.contender: [] for row, _, _ in jobs}
    floors = times[contenders.FLOOR.name]
    begin = process_time_ns()
    while len(floors) < rounds or process_time_ns() - begin < clock.LEAST_NS:
        gc.collect()
        for row, job, loops in jobs:
            times[row.contender].append(clock.time(job, loops))
    for row, _, _ in jobs:
        found = times[row.contender]
        row.rounds = len(found)
        row.median_us, row.low_us, row.high_us = statistics.median(found), min(found), max(found)
        row.ratio = statistics.median(map(truediv, found, floors))
    return rows


def _check(row: Row, contender: Contender, subject: Message, output: bytes) -> None:
    if contender.signs:
        row.fault = fault(subject, output)
        row.keeps_the_rest = keeps_the_rest(subject, output)
    elif contender is contenders.COPY:
        row.fault = "" if output == subject.data else "not a copy"
    elif subject.signed and not shows_signature(output):
        row.fault = "no signature"


def _environment() -> dict[str, str]:
    names = ("xinksig", "beautifulsoup4", "lxml", "html5lib")
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    return {
        "machine": f"{cpu}, {platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        **{name: version(name) for name in names},
        "gmime": gmime.version(),
    }


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="measure the .eml files in here instead")
    parser.add_argument(
        "--only", action="append", metavar="TEXT", help="messages with this in their name; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="the five sizes alone, up to 5 MB")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"at least 7 [{ROUNDS}]")
    parser.add_argument("--json", type=Path, default=RESULTS, help=f"where the results go [{RESULTS}]")
    parser.add_argument("--no-processes", action="store_true", help="leave memory and start-up out")
    return parser.parse_args(words)


def _names(arguments: argparse.Namespace) -> list[str]:
    names = list(LADDER[:4] if arguments.quick else NAMES)
    if arguments.only:
        names = [name for name in names if any(text.lower() in name.lower() for text in arguments.only)]
    return names


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write; return the exit status."""
    arguments = _parse(words)
    if arguments.folder is not None:
        return folder.main(arguments.folder, arguments.rounds)
    environment = _environment()
    print(*(f"{name} {value}" for name, value in environment.items()), sep=" · ")
    rows: list[Row] = []
    for name in _names(arguments):
        part = measure(message(name), contenders.available(), max(7, arguments.rounds))
        message.cache_clear()
        rows += part
        if name.startswith(HOSTILE_PREFIX):
            continue
        print(f"\n{name} ({part[0].size:,} octets)")
        print(table(("", "median", "lowest", "ratio", "MB/s", "octets around kept"), map(_cells, part)))
    hostile = [row for row in rows if row.message.startswith(HOSTILE_PREFIX)]
    if hostile:
        print("\nHostile HTML, median times")
        print(_wide(hostile))
    result = {"environment": environment, "rounds": arguments.rounds, "rows": [asdict(row) for row in rows]}
    if not arguments.no_processes:
        result |= {"memory": process.memory(), "start": process.start()}
        print("\nMemory beyond the interpreter with the message loaded, MiB")
        print(table(("", "message", "extra", "× input"), map(process.memory_cells, result["memory"])))
        print("\nStart in a new interpreter, ms over bare Python")
        print(table(("", "median", "lowest"), map(process.start_cells, result["start"])))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nwritten: {arguments.json}")
    return 1 if any(row.fault for row in rows if row.contender.startswith("xinksig")) else 0


def _wide(rows: Sequence[Row]) -> str:
    """Return a table with a line for each message and a column for each contender."""
    lines: dict[str, dict[str, str]] = {}
    for row in rows:
        name = f"{row.message.removeprefix(HOSTILE_PREFIX)} ({row.size:,} octets)"
        lines.setdefault(name, {})[row.contender] = "wrong" if row.fault else short(row.median_us)
    shown = [one.name for one in contenders.available() if one.signs]
    return table(("", *shown), [(name, *(cells[one] for one in shown)) for name, cells in lines.items()])


def _cells(row: Row) -> tuple[str, ...]:
    if row.fault:
        return (row.contender, row.fault, "", "", "", "")
    kept = (
        ""
        if row.contender.startswith(("copy", "floor", "Beautiful"))
        else "yes"
        if row.keeps_the_rest
        else "no"
    )
    speed = row.size / row.median_us
    return (
        row.contender,
        short(row.median_us),
        short(row.low_us),
        f"{row.ratio:.2f}",
        f"{speed:,.0f}",
        kept,
    )


def short(microseconds: float) -> str:
    """Return a time in three digits and its unit."""
    if microseconds < 1000:
        return f"{microseconds:.3g} µs"
    if microseconds < 999_500:
        return f"{microseconds / 1000:.3g} ms"
    return f"{microseconds / 1e6:.3g} s"


if __name__ == "__main__":
    sys.exit(main())
