"""Charset labels: which charsets of mail are known, and what Python calls them."""

import os.path
from functools import cache

from xinksig.records import NamedTuple

_LONGEST_LABEL = 64
_IGNORED = str.maketrans("", "", "-_ .:")


class Charset(NamedTuple):
    """A charset of the allow-list."""

    name: str
    """As it is written in a Content-Type field."""
    kind: str
    """``single`` (one octet a character), ``multi``, ``utf-8``, ``utf-16``, ``utf-32``; or one with states:
    ``iso-2022``, ``hz``, ``utf-7``."""
    codec: str
    """The Python codec that writes it."""
    reader: str
    """The Python codec that reads it as browsers do; a superset of ``codec``, but for a few characters."""
    doubt: str = ""
    """Characters on which ``codec`` and browsers do not agree, and ``reader`` cannot tell."""
    ascii_compatible: bool = True
    """Whether each ASCII character is the octet of its own number, wherever it stands."""


UTF_8 = Charset("utf-8", "utf-8", "utf-8", "utf-8")
US_ASCII = Charset("us-ascii", "single", "ascii", "cp1252")
WINDOWS_1252 = Charset("windows-1252", "single", "cp1252", "cp1252")

# The labels of nearly all mail: for them the table is not read.
_COMMON = {
    "utf-8": UTF_8,
    "utf8": UTF_8,
    "us-ascii": US_ASCII,
    "iso-8859-1": Charset("iso-8859-1", "single", "latin_1", "cp1252"),
    "windows-1252": WINDOWS_1252,
}


def lookup(label: str | None) -> Charset | None:
    """Return the charset that a label names; ``None`` for no label, and for one that is not known.

    Case, outer blanks, hyphens and underscores do not count. Any string may be asked for.
    """
    if label is None:
        return None
    common = _COMMON.get(label)
    if common is not None:
        return common
    if len(label) > _LONGEST_LABEL or not label.isascii():
        return None
    label = label.strip("\t\n\f\r ").lower()
    return _COMMON.get(label) or _table().get(label.translate(_IGNORED))


@cache
def _table() -> dict[str, Charset]:
    """Read the table of all charsets; its first lines say how it is written."""
    with open(os.path.join(os.path.dirname(__file__), "data", "charsets.txt"), encoding="ascii") as file:
        lines = file.read().splitlines()
    table = {}
    for line in lines:
        if line.startswith("#"):
            continue
        fields, _, labels = line.partition(": ")
        name, kind, codec, reader, codes = fields.rstrip(":").split(" ")
        doubt = "" if codes == "-" else "".join(chr(int(code, 16)) for code in codes.split(","))
        compatible = kind in ("single", "multi", "utf-8") and not any(map(str.isascii, doubt))
        charset = Charset(name, kind, codec, reader, doubt, compatible)
        for label in (name, *labels.split()):
            table[label.translate(_IGNORED)] = charset
    return table
