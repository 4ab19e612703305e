"""The newest text of a body, in plain text and in HTML: what is history, how it ends, where a signature goes.

All offsets are characters of the decoded text or source.
"""

from xinksig.text.append import (
    already_signed_html,
    contains_plain,
    html_append_place,
    plain_append_place,
)
from xinksig.text.device_lines import find_html_device_line, find_plain_device_line
from xinksig.text.history import History, Origin
from xinksig.text.history_html import html_history
from xinksig.text.history_plain import plain_history
from xinksig.text.kind import kind
from xinksig.text.mark import MARK, marked

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
