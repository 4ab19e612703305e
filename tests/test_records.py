"""A class of ``records`` is, for all who use it, what ``dataclasses`` or ``typing`` would have made."""

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import pytest

from xinksig import Options, Report, Rewriter, records
from xinksig.model import CHOICES


def _declared() -> type:
    class Sample:
        """A sample."""

        first: int
        hidden: bytes = records.field(repr=False)
        text: str = "x"
        made: "list[int]" = records.field(default_factory=list, compare=False)
        noted: tuple[str, ...] = records.field(default=(), init=False, compare=False)
        kept: dict[str, int] = records.field(default_factory=dict, init=False, compare=False)

        def __post_init__(self) -> None:
            if self.first < 0:
                raise ValueError("negative")

        @property
        def twice(self) -> int:
            return self.first * 2

    return Sample


def _real(**how: bool) -> Any:
    cls = _declared()
    field: Any = dataclasses.field
    for name, value in list(vars(cls).items()):
        if isinstance(value, records._Field):
            setattr(cls, name, field(**value.given))
    return dataclasses.dataclass(frozen=True, slots=True, **how)(cls)


def _fast(**how: bool) -> Any:
    decorate: Callable[[type], type] = records.dataclass(frozen=True, slots=True, **how)
    return decorate(_declared())


Both = tuple[Any, Any]


@pytest.fixture(params=[False, True], ids=["positional", "keyword only"])
def both(request: pytest.FixtureRequest) -> Both:
    return _fast(kw_only=request.param), _real(kw_only=request.param)


def _failure(call: Callable[[], object]) -> tuple[type, str]:
    with pytest.raises(Exception) as caught:
        call()
    return caught.type, str(caught.value)


def test_signature_and_patterns_are_those_of_the_real_one(both: Both) -> None:
    fast, real = both
    assert str(inspect.signature(fast)) == str(inspect.signature(real))
    assert fast.__match_args__ == real.__match_args__
    assert fast.__doc__ == real.__doc__
    assert fast.__qualname__ == real.__qualname__
    assert fast.__module__ == real.__module__
    assert fast.__slots__ == real.__slots__
    assert not hasattr(fast(first=1, hidden=b""), "__dict__")


@pytest.mark.parametrize(
    "name", ["name", "type", "init", "repr", "compare", "kw_only", "default", "default_factory"]
)
def test_fields_are_those_of_the_real_one(both: Both, name: str) -> None:
    fast, real = ([getattr(item, name) for item in dataclasses.fields(kind)] for kind in both)
    assert fast == real


def test_value_looks_and_compares_as_the_real_one(both: Both) -> None:
    fast, real = both
    one = fast(first=1, hidden=b"secret")
    assert repr(one) == repr(real(first=1, hidden=b"secret"))
    assert "secret" not in repr(one)
    assert one == fast(first=1, hidden=b"secret", made=[1])
    assert one != fast(first=2, hidden=b"secret")
    assert one != real(first=1, hidden=b"secret")
    assert hash(one) == hash(real(first=1, hidden=b"secret"))
    assert one.twice == 2
    assert dataclasses.asdict(one) == dataclasses.asdict(real(first=1, hidden=b"secret"))


def test_wrong_use_fails_in_the_words_of_the_real_one(both: Both) -> None:
    def failures(kind: Any) -> list[tuple[type, str]]:
        value = kind(first=1, hidden=b"")
        return [
            _failure(lambda: kind(1, 2, 3, 4, 5)),
            _failure(lambda: kind(hidden=b"")),
            _failure(lambda: kind(first=1, hidden=b"", noted=())),
            _failure(lambda: kind(first=-1, hidden=b"")),
            _failure(lambda: setattr(value, "first", 2)),
            _failure(lambda: setattr(value, "nothing", 2)),
            _failure(lambda: delattr(value, "first")),
            _failure(lambda: value.nothing),
        ]

    fast, real = both
    assert failures(fast) == failures(real)
    assert failures(fast)[4][0] is dataclasses.FrozenInstanceError


def test_factories_make_a_value_for_each(both: Both) -> None:
    one, two = (both[0](first=1, hidden=b"") for _ in range(2))
    assert one.made == [] == two.made
    assert one.made is not two.made
    assert one.kept is not two.kept
    assert both[0](first=1, hidden=b"", made=one.made).made is one.made


def test_value_can_be_copied_and_replaced(both: Both) -> None:
    one = both[0](first=1, hidden=b"h", made=[1])
    assert copy.copy(one) == one == copy.deepcopy(one)
    assert copy.deepcopy(one).made is not one.made
    other = dataclasses.replace(one, first=3, made=[])
    assert (other.first, other.hidden, other.made, type(other)) == (3, b"h", [], both[0])


@records.dataclass(frozen=True, slots=True)
class Point:
    """At module level, where pickle finds it."""

    x: int
    y: int = 0

    def __repr__(self) -> str:
        return f"<{self.x}, {self.y}>"


def test_value_can_be_pickled_and_matched() -> None:
    assert pickle.loads(pickle.dumps(Point(1, y=2))) == Point(1, 2)
    match Point(3):
        case Point(x, y):
            assert (x, y) == (3, 0)


def test_own_method_stays() -> None:
    assert repr(Point(1)) == "<1, 0>"
    assert hash(Point(1)) == hash(Point(1, 0))


def test_real_dataclass_can_extend_one() -> None:
    @dataclasses.dataclass(frozen=True)
    class Space(Point):
        z: int = 5

    assert dataclasses.asdict(Space(1)) == {"x": 1, "y": 0, "z": 5}
    assert Space(1) == Space(1, 0, 5) != Space(1, 0, 6)


def test_subclass_can_call_what_it_replaces() -> None:
    kind = _fast()

    class Own(kind):  # type: ignore[misc, valid-type]
        def __init__(self, first: int) -> None:
            super().__init__(first, b"")

        def __repr__(self) -> str:
            return f"own {super().__repr__()}"

    assert repr(Own(3)).startswith("own ")
    assert Own(3).first == 3


def test_signature_is_known_before_there_is_an_instance() -> None:
    assert list(inspect.signature(_fast()).parameters) == ["first", "hidden", "text", "made"]


def test_dataclasses_is_loaded_at_first_use_only() -> None:
    code = (
        "import sys; from xinksig import Options, Limits; options = Options(limits=Limits(parts=3)); "
        "assert 'dataclasses' not in sys.modules; assert options == Options(limits=Limits(parts=3)); "
        "assert 'dataclasses' in sys.modules"
    )
    script = f"import sys; sys.path[:0] = {sys.path!r}; {code}"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True)


class Pair(records.NamedTuple):
    """Two of a kind."""

    left: int
    right: "list[int] | None" = None

    @property
    def total(self) -> int:
        return self.left + len(self.right or ())

    def __repr__(self) -> str:
        return f"<{self.left}>"


def _tuples() -> Both:
    class Sample(NamedTuple):
        """A sample."""

        first: int
        text: str = "x"
        last: tuple[int, ...] = ()

    real = Sample

    class Sample(records.NamedTuple):  # type: ignore[no-redef]
        """A sample."""

        first: int
        text: str = "x"
        last: tuple[int, ...] = ()

    return Sample, real


def test_tuple_is_that_of_the_real_one() -> None:
    fast, real = _tuples()
    assert fast.__mro__[1:] == real.__mro__[1:] == (tuple, object)
    for name in (
        "_fields",
        "_field_defaults",
        "__match_args__",
        "__doc__",
        "__qualname__",
        "__annotations__",
    ):
        assert getattr(fast, name) == getattr(real, name), name
    assert str(inspect.signature(fast)) == str(inspect.signature(real))
    one, same = fast(1, last=(2,)), real(1, last=(2,))
    assert one == same == (1, "x", (2,))
    assert (one.first, one.text, one.last) == one
    assert repr(one) == repr(same)
    assert one._asdict() == same._asdict()
    assert one._replace(text="y") == (1, "y", (2,))
    assert type(one._replace(text="y")) is type(fast._make(one)) is fast
    assert not hasattr(one, "__dict__")
    assert sys.version_info < (3, 13) or copy.replace(one, first=3) == (3, "x", (2,))


def test_wrong_use_of_a_tuple_fails_in_the_words_of_the_real_one() -> None:
    def failures(kind: Any) -> list[tuple[type, str]]:
        value = kind(1)
        return [
            _failure(lambda: kind()),
            _failure(lambda: kind(1, 2, 3, 4)),
            _failure(lambda: kind(1, other=2)),
            _failure(lambda: value._replace(other=2)),
            _failure(lambda: kind._make((1, 2))),
            _failure(lambda: setattr(value, "first", 2)),
            _failure(lambda: setattr(value, "other", 2)),
        ]

    fast, real = _tuples()
    assert failures(fast) == failures(real)


def test_tuple_can_be_pickled_copied_and_matched() -> None:
    one = Pair(1, [2])
    assert pickle.loads(pickle.dumps(one)) == one == copy.copy(one) == copy.deepcopy(one)
    assert type(pickle.loads(pickle.dumps(one))) is Pair
    assert copy.deepcopy(one).right is not one.right
    assert (one.total, repr(one)) == (2, "<1>")
    match one:
        case Pair(left, right=right):
            assert (left, right) == (1, [2])


def test_types_that_are_strings_are_found() -> None:
    hints = get_type_hints(Options)
    assert {name: get_args(hints[name]) for name in CHOICES} == CHOICES
    assert {name for name, kind in hints.items() if get_origin(kind) is Literal} == CHOICES.keys()
    assert get_type_hints(Options.__init__)["scope"] == Literal["newest", "anywhere"]
    assert get_type_hints(Pair)["right"] == list[int] | None


def test_class_body_may_hold_a_function_for_its_annotations() -> None:
    """As Python 3.14 has it (PEP 749)."""

    def annotate(form: int) -> dict[str, Any]:
        assert form == 1
        return {"left": int, "right": str}

    body = {"__module__": __name__, "__qualname__": "Late", "__annotate_func__": annotate, "right": "x"}
    base: Any = records.NamedTuple
    late = type(base)("Late", (base,), body)
    assert late(1) == (1, "x")
    assert (late._fields, late(1, "y").right) == (("left", "right"), "y")
    assert type(base)("Empty", (base,), {"__module__": __name__})._fields == ()


def test_hints_of_methods_can_be_read() -> None:
    assert get_type_hints(Report.to_dict)["full"] is bool


def test_class_of_the_kernel_tells_its_attributes() -> None:
    assert (Rewriter.wanted, Rewriter.headers, Rewriter.done) == (None, None, False)
