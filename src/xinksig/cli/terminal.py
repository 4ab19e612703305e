"""What people read in a terminal: with rich where it is installed, in plain columns where it is not."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from xinksig import Outcome, Report

if TYPE_CHECKING:
    from rich.console import Console

_GOOD = {Outcome.REPLACED, Outcome.APPENDED, Outcome.ALREADY_HANDLED}


def printable(text: str) -> str:
    """Return ``text`` without what steers a terminal: names and reasons may come from a stranger's mail."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


class Screen:
    """Writes lines, tables and boxes to a stream; with colours and frames where a terminal and rich are."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console = _console(stream) if stream.isatty() else None

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line."""
        text = printable(text)
        if self._console is None:
            self._stream.write(text + "\n")
        else:
            self._console.print(text, style=style or None, markup=False, highlight=False)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table; nothing where there is no row."""
        cells = [[printable(cell) for cell in row] for row in rows]
        if not cells:
            return
        if self._console is None:
            widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
            for row in (list(heads), *cells):
                self._stream.write("  ".join(map(str.ljust, row, widths)).rstrip() + "\n")
            return
        from rich.table import Table
        from rich.text import Text

        table = Table(*heads, box=None, padding=(0, 2, 0, 0), header_style="bold")
        for row in cells:
            table.add_row(*map(Text, row))
        self._console.print(table)

    def box(self, title: str, text: str) -> None:
        """Write a longer text under a title."""
        text = printable(text.replace("\r\n", "\n")).rstrip("\n")
        if self._console is None:
            self._stream.write(f"== {printable(title)}\n{text}\n")
            return
        from rich.panel import Panel
        from rich.text import Text

        self._console.print(
            Panel(Text(text), title=Text(printable(title)), title_align="left", border_style="dim")
        )


def _console(stream: TextIO) -> "Console | None":
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=stream)


def print_report(report: Report, stream: TextIO) -> None:
    """Write what happened to a message, for a person."""
    screen = Screen(stream)
    style = "bold green" if report.outcome in _GOOD else "bold yellow"
    screen.line(f"{report.outcome}: {report.reason}", style)
    screen.table(
        ("part", "type", "outcome", "reason"),
        [(part.number or "-", part.media_type, part.outcome, part.reason) for part in report.parts],
    )
    if report.left:
        screen.line(
            f"{report.left} placeholder{'s' * (report.left > 1)} stay visible to the reader", "bold red"
        )
    if report.broken_seals:
        screen.line(f"no longer valid: {', '.join(report.broken_seals)}", "yellow")
    used = f", signature {', '.join(report.signatures)}" if report.signatures else ""
    screen.line(f"{report.size_in} octets in, {report.size_out} out, {len(report.edits)} edits{used}", "dim")
