"""What is wrong in a folder of signatures, and where."""

from collections.abc import Iterable

from xinksig.errors import SourceError
from xinksig.records import NamedTuple


class Finding(NamedTuple):
    """One fault or one thing a reader may miss, in a file of the folder."""

    is_error: bool
    """Whether the folder cannot be used like this; else it is worth a look."""
    file: str
    """Path below the folder; "" for the folder itself."""
    line: int
    """From 1; 0 if it is about the file as a whole."""
    text: str
    person: str = ""
    """The address for which it shows, if it depends on that."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        whom = f" (for {self.person})" if self.person else ""
        return f"{where}: {self.text}{whom}" if where else f"{self.text}{whom}"


class FolderError(SourceError):
    """A folder that cannot be used; the text names the first fault, ``findings`` has all."""

    def __init__(self, folder: str, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
        super().__init__(f"{folder}: {self.findings[0]}{more}")
