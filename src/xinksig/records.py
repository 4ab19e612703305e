"""Frozen dataclasses that start fast: ``dataclasses`` is loaded once something beside ``__init__`` is used.

Loading it (with ``inspect``) and making the public classes with it would cost more than the rest of a first
small message. A class made here gets its slots at once, its ``__init__`` with the first instance, and all
else that a dataclass has from a real one with the same fields, when it is first asked for.
"""

import sys
from functools import partial

TYPE_CHECKING = False  # true for type checkers, which see the real ones

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["dataclass", "field"]

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
    scope: dict[str, Any] = {"__name__": cls.__module__, "put": object.__setattr__, "factory": _FACTORY}
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
        lines.append(f"    put(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    source = "\n".join((f"def __init__({', '.join(parameters)}):", *lines))
    exec(source, scope)  # noqa: S102 - names of our own fields; dataclasses does the same
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    types = {name: cls.__annotations__[name] for name, how in given.items() if how.get("init", True)}
    init.__annotations__ = {**types, "return": None}
    return init


class _Factory:
    """Stands in a signature for a value that is made in each call."""

    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()

if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:
    field = _Field

    def dataclass(**how):
        """Return the decorator; as the real one, but ``frozen`` and ``slots`` must be true."""
        return partial(_record, **how)
