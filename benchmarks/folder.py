"""Real mail: the ``.eml`` files of a folder, which ask for nothing, so that each must come back whole."""

import statistics
from pathlib import Path
from time import process_time_ns

from benchmarks import contenders
from benchmarks.messages import Message
from benchmarks.table import table


def main(folder: Path, rounds: int) -> int:
    """Measure all files in ``folder`` and below it; return the exit status."""
    files = sorted(folder.rglob("*.eml"))
    if not files:
        print(f"no .eml file in {folder}")
        return 1
    messages = [Message(file.name, file.read_bytes(), signed=False) for file in files]
    size = sum(len(message.data) for message in messages)
    print(f"{len(messages)} messages, {size:,} octets")
    rows, status = [], 0
    for contender in (
        contenders.COPY,
        contenders.XINKSIG,
        contenders.CHUNKED,
        contenders.STANDARD_LIBRARY,
        contenders.GMIME,
    ):
        if contender not in contenders.available():
            continue
        times, changed, failed = [], 0, 0
        for message in messages:
            job = contender.prepare(message)
            try:
                output = bytes(job())
            except Exception:  # noqa: BLE001  (a library that fails on a message is a result, too)
                failed += 1
                continue
            changed += not output.endswith(message.data)
            times.append(_fastest(job, rounds))
        if contender in (contenders.XINKSIG, contenders.CHUNKED) and (failed or changed):
            status = 1
        ordered = sorted(times)
        rows.append(
            (
                contender.name,
                f"{statistics.median(ordered):.1f} µs",
                f"{ordered[int(len(ordered) * 0.95)]:.1f} µs",
                f"{ordered[-1]:.1f} µs",
                f"{size / sum(ordered):,.0f} MB/s",
                f"{changed}",
                f"{failed}",
            )
        )
    print(table(("", "median", "95 %", "slowest", "all", "changed", "failed"), rows))
    return status


def _fastest(job: contenders.Job, rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = process_time_ns()
        job()
        best = min(best, (process_time_ns() - start) / 1000)
    return best
