"""Regular expressions that few messages need, compiled at their first use.

Compiling takes longer than most messages do: a process that is started for one message pays for what it
needs. What every message needs is compiled with ``re.compile`` at once, and is some nanoseconds faster then.
"""

import re

TYPE_CHECKING = False  # true for type checkers, which see the compiled expression

if TYPE_CHECKING:
    from typing import Any

__all__ = ["late"]


class _Compiled:
    """Has the methods of a compiled expression as attributes of its own."""


class _Late(_Compiled):
    """An expression that nobody has used."""

    def __init__(self, pattern: "Any", flags: int = 0) -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> object:
        if name not in _KNOWN:
            raise AttributeError(f"an expression has no attribute {name!r}")
        compiled = re.compile(*self._given)
        self.__dict__.update({known: getattr(compiled, known) for known in _KNOWN})
        object.__setattr__(self, "__class__", _Compiled)  # whose attributes are found faster
        return getattr(compiled, name)


_KNOWN = tuple(name for name in dir(re.Pattern) if not name.startswith("_"))

if TYPE_CHECKING:
    from re import compile as late
else:
    late = _Late
