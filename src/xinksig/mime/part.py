"""An entity, the message itself or a body part: its place, and what its header section says."""

from xinksig.mime.content import ContentType
from xinksig.mime.fields import Field
from xinksig.mime.section import SHARED_SIZE, Section, shared_section


class Part:
    """An entity; offsets are octets of the message, those of its fields count from its own start."""

    __slots__ = (
        "body",
        "depth",
        "end",
        "end_is_line",
        "frozen",
        "header",
        "index",
        "oversized",
        "parent",
        "start",
        "stop",
    )

    header: Section
    """What its header section says, set as soon as that is read."""

    def __init__(self, parent: "Part | None", start: int, index: int = 0) -> None:
        self.parent = parent
        self.index = index
        """Its place among the parts of its parent, from 1."""
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.start = start
        """Where its header section begins."""
        self.body = start
        """Where its body begins, behind the empty line."""
        self.stop = -1
        """Where its body ends, before the line ending that belongs to the delimiter."""
        self.end = -1
        """Where the delimiter line that ended it begins, or the message ended; -1 while it is open."""
        self.end_is_line = True
        """Whether ``end`` is the beginning of a line, not the end of the message."""
        self.oversized = False
        """Whether its header section is larger than the limit."""
        self.frozen = False
        """Set by the caller: a multipart that is not looked into."""

    def read(self, section: bytes, *, cr_only: bool) -> None:
        """Take in its header section."""
        parent = self.parent
        in_digest = parent is not None and parent.header.is_digest
        if parent is None or cr_only or len(section) > SHARED_SIZE:
            self.header = Section(section, cr_only=cr_only, is_message=parent is None, in_digest=in_digest)
        else:
            self.header = shared_section(section, in_digest)

    @property
    def section(self) -> bytes:
        """The octets of its header section."""
        return self.header.octets

    @property
    def fields(self) -> list[Field]:
        """The fields of its header section."""
        return self.header.fields

    @property
    def content_type(self) -> ContentType:
        """Its media type and parameters, the default where there are none (RFC 2045, 5.2; 2046, 5.1.5)."""
        return self.header.content_type

    @property
    def transfer_encoding(self) -> tuple[str, str]:
        """Its transfer encoding in lower case, and why its reading is not unique ("" if it is)."""
        return self.header.transfer_encoding

    @property
    def boundary(self) -> bytes:
        """Its boundary parameter, b"" if it has none (RFC 2046, 5.1.1)."""
        return self.header.boundary

    @property
    def number(self) -> str:
        """The part number as IMAP counts (RFC 3501, 6.4.5); "" for the message."""
        numbers: list[str] = []
        part = self
        while part.parent is not None:
            numbers.append(str(part.index))
            part = part.parent
        return ".".join(reversed(numbers))

    def bodies(self, name: bytes) -> list[bytes]:
        """Return the raw bodies of its fields of this (lower-case) name."""
        return self.header.bodies(name)

    @property
    def newline(self) -> bytes:
        """The line ending of its header section's first line, b"" if it has none.

        A lone CR ends a line only in a message without line feeds.
        """
        section = self.header.octets
        index = section.find(b"\n")
        if index < 0:
            return b"\r" if self.header.cr_only else b""
        return b"\r\n" if section[index - 1 : index] == b"\r" else b"\n"
