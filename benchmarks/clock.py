"""The clock of the benchmarks: processor time of a job, which other jobs on the machine change least."""

from collections.abc import Callable
from time import process_time_ns

SAMPLE_NS = 3_000_000
LEAST_NS = 2_000_000_000
"""What the rounds of one message take together: the machine may be slower for a while."""


def loops(job: Callable[[], object]) -> int:
    """Return how often a job has to run for a sample that the clock measures well."""
    return max(1, min(1000, int(SAMPLE_NS / max(1000 * time(job, 1), 1))))


def time(job: Callable[[], object], count: int) -> float:
    """Return the processor time of one run in microseconds, the mean of ``count``."""
    start = process_time_ns()
    for _ in range(count):
        job()
    return (process_time_ns() - start) / count / 1000
