"""Frozen dataclasses and named tuples that start fast: ``dataclasses`` and ``typing`` are loaded when needed.

Loading ``dataclasses`` (with ``inspect``) and making the public classes with it would cost more than the rest
of a first small message. A class made here gets its slots or columns at once, its ``__init__`` or ``__new__``
with the first instance, and all else that such a class has from a real one with the same fields, when it is
first asked for.
"""

import sys
from collections import namedtuple
from functools import partial

TYPE_CHECKING = False  # true for type checkers, which see the real ones

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Literal", "NamedTuple", "cast", "dataclass", "field"]

_LATER = (
    "__dataclass_fields__",
    "__dataclass_params__",
    "__match_args__",
    "__repr__",
    "__eq__",
    "__hash__",
    "__setattr__",
    "__delattr__",
    "__getstate__",
    "__setstate__",
    *(("__replace__",) if sys.version_info >= (3, 13) else ()),
)


class _Field:
    """What ``dataclasses.field`` takes."""

    __slots__ = ("given",)

    def __init__(self, **given: object) -> None:
        self.given = given


class _Later:
    """Stands in the class for what it gets when that is first asked for."""

    __slots__ = ("_name", "_take")

    def __init__(self, name: str, take: "Callable[[], type]") -> None:
        self._name = name
        self._take = take

    def __get__(self, instance: object, owner: type) -> object:
        value = vars(self._take())[self._name]
        bind = getattr(type(value), "__get__", None)
        return value if bind is None else bind(value, instance, owner)


def _record(cls: type, *, frozen: bool, slots: bool, kw_only: bool = False) -> type:
    """Return the class anew, as ``dataclasses`` does, for a class takes its slots when it is made."""
    assert frozen
    assert slots
    namespace = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    given: dict[str, dict[str, Any]] = {}
    for name in cls.__annotations__:
        default = namespace.pop(name, _Field())
        given[name] = default.given if isinstance(default, _Field) else {"default": default}

    def take_init() -> type:
        made.__init__ = _init(cls, given, kw_only=kw_only)  # type: ignore[misc]
        return made

    def take_rest() -> type:
        from dataclasses import field, make_dataclass

        fields = [(name, cls.__annotations__[name], field(**how)) for name, how in given.items()]
        real = make_dataclass(cls.__name__, fields, frozen=frozen, slots=slots, kw_only=kw_only)
        for name in later:
            setattr(made, name, vars(real)[name])
        return made

    later = [name for name in _LATER if name not in namespace]
    namespace |= {name: _Later(name, take_rest) for name in later}
    namespace |= {
        "__qualname__": cls.__qualname__,
        "__slots__": tuple(given),
        "__init__": _Later("__init__", take_init),
    }
    made = type(cls)(cls.__name__, cls.__bases__, namespace)
    return made


def _init(cls: type, given: "dict[str, dict[str, Any]]", *, kw_only: bool) -> "Callable[..., None]":
    """Return ``__init__``, compiled: so it has a signature, and a wrong call fails in the usual words."""
    scope: dict[str, Any] = {"put": object.__setattr__, "factory": _FACTORY}
    parameters, lines = ["self", "*"] if kw_only else ["self"], []
    for name, how in given.items():
        value = f"default_{name}"
        default = "" if not how.keys() & {"default", "default_factory"} else f"={value}"
        scope[value] = how.get("default")
        if "default_factory" in how:
            scope[value] = how["default_factory"]
            default, value = "=factory", f"{value}()"
        if how.get("init", True):
            parameters.append(name + default)
            value = f"{value} if {name} is factory else {name}" if default == "=factory" else name
        lines.append(f"  put(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("  self.__post_init__()")
    # The globals are those of the module, in which types that are written as strings are looked up.
    start, end = f"def make({', '.join(scope)}):", " return __init__"
    source = "\n".join((start, f" def __init__({', '.join(parameters)}):", *lines, end))
    made: dict[str, Any] = {}
    exec(source, vars(sys.modules[cls.__module__]), made)  # noqa: S102 - names of our own; as dataclasses does
    init: Callable[..., None] = made["make"](**scope)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    types = {name: cls.__annotations__[name] for name, how in given.items() if how.get("init", True)}
    init.__annotations__ = {**types, "return": None}
    return init


class _Factory:
    """Stands in a signature for a value that is made in each call."""

    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()

_Columns = namedtuple("_Columns", "a b c d e f g h i j k l")  # noqa: PYI024 - of any type
_GETTERS = tuple(vars(_Columns)[name] for name in _Columns._fields)
"""What reads a column of any tuple; nothing written in Python is as fast."""
_TUPLE_LATER = (
    "_make",
    "_replace",
    "_asdict",
    "__repr__",
    "__getnewargs__",
    *(("__replace__",) if sys.version_info >= (3, 13) else ()),
)


_VALUE = 1
"""``annotationlib.Format.VALUE``: annotations as they are evaluated (PEP 749)."""


class _Tuples(type):
    """Makes, of the body of a class, a tuple whose columns have names."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: "dict[str, Any]") -> type:
        if not bases:
            return super().__new__(cls, name, bases, namespace)
        types = _types(namespace)
        fields = tuple(types)
        assert len(fields) <= len(_GETTERS)
        defaults = {field: namespace[field] for field in fields if field in namespace}

        def take_new() -> type:
            made.__new__ = _new(made, types, tuple(defaults.values()))  # type: ignore[method-assign]
            return made

        def take_rest() -> type:
            real = namedtuple(name, fields)  # type: ignore[misc]  # noqa: PYI024
            for key in later:
                setattr(made, key, vars(real)[key])
            return made

        later = [key for key in _TUPLE_LATER if key not in namespace]
        namespace |= {key: _Later(key, take_rest) for key in later}
        namespace |= zip(fields, _GETTERS, strict=False)
        namespace |= {
            "__slots__": (),
            "__match_args__": fields,
            "_fields": fields,
            "_field_defaults": defaults,
            "__new__": _Later("__new__", take_new),
        }
        made = type(name, (tuple,), namespace)
        return made


def _types(namespace: "dict[str, Any]") -> "dict[str, Any]":
    """Return the annotations in the body of a class; Python 3.14 has a function there that makes them."""
    types: dict[str, Any] | None = namespace.get("__annotations__")
    if types is None:
        annotate = namespace.get("__annotate_func__")
        types = {} if annotate is None else annotate(_VALUE)
    return types


def _new(cls: type, types: "dict[str, Any]", defaults: tuple[object, ...]) -> "staticmethod[..., Any]":
    """Return ``__new__``, compiled like ``__init__`` above."""
    names = ", ".join(types)
    scope: dict[str, Any] = {"__name__": f"namedtuple_{cls.__name__}", "new": tuple.__new__}
    made = eval(f"lambda _cls, {names}: new(_cls, ({names},))", scope)  # noqa: S307 - names of our own fields
    made.__name__, made.__qualname__ = "__new__", f"{cls.__name__}.__new__"
    made.__defaults__, made.__annotations__ = defaults or None, types
    return staticmethod(made)


class _Literal:
    """Stands for ``typing.Literal`` in annotations that are strings."""

    def __getitem__(self, values: object) -> object:
        from typing import Literal

        return Literal[values]


if TYPE_CHECKING:
    from dataclasses import dataclass, field
    from typing import Literal, NamedTuple, cast
else:
    field = _Field
    Literal = _Literal()

    def cast(_kind, value):
        """Return the value: the type is there for type checkers."""
        return value

    class NamedTuple(metaclass=_Tuples):
        """As the real one: the columns are what has a type in the body of a class."""

    def dataclass(**how):
        """Return the decorator; as the real one, but ``frozen`` and ``slots`` must be true."""
        return partial(_record, **how)
