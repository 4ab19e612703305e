"""Counts work instead of timing it: calls of functions, which no other job on the machine changes."""

import sys
from collections.abc import Callable
from types import FrameType


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions are called while ``work`` runs."""
    count = 0

    def count_call(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Check that four times the size costs at most six times the calls."""
    few = calls_of(lambda: work(size))
    many = calls_of(lambda: work(4 * size))
    assert many <= 6 * few + 200, f"{few} calls for {size}, {many} for four times as much"
