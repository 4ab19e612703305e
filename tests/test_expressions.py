"""An expression that is compiled late is used like any other, and compiled once."""

import copy
import pickle
import re
import threading
from typing import Any

import pytest

from xinksig.expressions import late


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The expressions that were compiled, in order."""
    seen: list[Any] = []
    real = re.compile

    def compile_it(pattern: Any, flags: int = 0) -> re.Pattern[Any]:
        seen.append(pattern)
        return real(pattern, flags)

    monkeypatch.setattr(re, "compile", compile_it)
    return seen


def test_expression_is_compiled_once_when_it_is_used(compiled: list[Any]) -> None:
    expression = late("(a)b", re.IGNORECASE)
    assert compiled == []
    assert [match[1] for match in expression.finditer("xAB ab")] == ["A", "a"]
    assert expression.sub("-", "xABab") == "x--"
    assert expression.search("none") is None
    assert (expression.pattern, expression.groups) == ("(a)b", 1)
    assert compiled == ["(a)b"]


def test_octets_are_matched_too() -> None:
    assert late(rb"\d+").fullmatch(b"12") is not None


def test_attribute_that_no_expression_has_is_none_of_this_one() -> None:
    expression = late("a")
    for _ in range(2):
        with pytest.raises(AttributeError):
            _ = expression.nothing  # type: ignore[attr-defined]


def test_wrong_expression_fails_at_each_use() -> None:
    expression = late("(")
    for _ in range(2):
        with pytest.raises(re.error):
            expression.match("")


def test_threads_may_use_it_first_together() -> None:
    for _ in range(50):
        expression = late("a")
        gate = threading.Barrier(4)
        found: list[bool] = []

        def use(expression: Any = expression, gate: threading.Barrier = gate, found: Any = found) -> None:
            gate.wait()
            found.append(expression.match("a") is not None and expression.match("b") is None)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [True] * 4


def test_expression_that_nobody_used_can_be_copied() -> None:
    for other in (copy.copy(late("a+")), copy.deepcopy(late("a+")), pickle.loads(pickle.dumps(late("a+")))):
        assert other.fullmatch("aa")
