"""Tables of what mail clients write; each row says where it was seen."""

import os.path
from collections.abc import Iterator


def rows(name: str) -> Iterator[list[str]]:
    """Yield the columns of each row of a table: lines of tab-separated columns, ``#`` begins a comment."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split("\t")
