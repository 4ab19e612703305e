"""Columns of text, readable as they are and as Markdown."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table: the first column to the left, the others to the right."""
    cells = [list(heads), *map(list, rows)]
    widths = [max(2, *map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    lines.insert(1, _line(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])], widths))
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    others = map(str.rjust, cells[1:], widths[1:])
    return "| " + " | ".join([cells[0].ljust(widths[0]), *others]) + " |"
