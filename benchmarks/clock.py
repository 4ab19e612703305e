"""The clock of the benchmarks: processor time of a job, which other jobs on the machine change least."""

from collections.abc import Callable
from time import process_time_ns

SAMPLE_NS = 6_000_000
LEAST_NS = 2_000_000_000
"""What the rounds of one message take together: the machine may be slower for a while."""


def loops(job: Callable[[], object]) -> int:
    """Return how often a job has to run for a sample that the clock measures well."""
    once = time(job, 1)
    if 2000 * once < SAMPLE_NS:
        once = time(job, 2)  # a job that is short takes longer the first time
    return max(1, min(1000, int(SAMPLE_NS / max(1000 * once, 1))))


def time(job: Callable[[], object], count: int) -> float:
    """Return the processor time of one run in microseconds, the mean of ``count``.

    Of several, one more comes first and does not count: what other jobs have put out of the caches is no
    part of the work.
    """
    if count > 1:
        job()
    start = process_time_ns()
    for _ in range(count):
        job()
    return (process_time_ns() - start) / count / 1000
