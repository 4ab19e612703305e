"""The newest text of a body, in plain text and in HTML: what is history, how it ends, where a signature goes.

All offsets are characters of the decoded text or source.
"""

from xinksig.text.history import History, Origin
from xinksig.text.history_html import html_history
from xinksig.text.history_plain import plain_history
from xinksig.text.mark import MARK, marked

TYPE_CHECKING = False  # true for type checkers

if TYPE_CHECKING:
    from xinksig.text.append import (
        already_signed_html,
        contains_plain,
        html_append_place,
        plain_append_place,
    )
    from xinksig.text.device_lines import find_html_device_line, find_plain_device_line
    from xinksig.text.kind import kind

__all__ = [
    "MARK",
    "History",
    "Origin",
    "already_signed_html",
    "contains_plain",
    "find_html_device_line",
    "find_plain_device_line",
    "html_append_place",
    "html_history",
    "kind",
    "marked",
    "plain_append_place",
    "plain_history",
]

_HOME_OF = {
    "already_signed_html": "append",
    "contains_plain": "append",
    "find_html_device_line": "device_lines",
    "find_plain_device_line": "device_lines",
    "html_append_place": "append",
    "kind": "kind",
    "plain_append_place": "append",
}
"""The modules of what few messages need."""


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(__import__(f"xinksig.text.{home}", fromlist=[name]), name)
    globals()[name] = value
    return value
