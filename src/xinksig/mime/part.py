"""An entity, the message itself or a body part: its place, and what its header section says."""

from collections.abc import Sequence

from xinksig.mime.content import ContentType, Disposition
from xinksig.mime.fields import Field
from xinksig.mime.section import SHARED_SIZE, Section, shared_section


class Part:
    """An entity; offsets are octets of the message, those of its fields count from its own start."""

    __slots__ = (
        "body",
        "boundary",
        "content_type",
        "cr_only",
        "depth",
        "disposition",
        "end",
        "end_is_line",
        "fields",
        "frozen",
        "header",
        "index",
        "is_multipart",
        "oversized",
        "parent",
        "section",
        "start",
        "stop",
        "transfer_encoding",
    )

    header: Section
    """What its header section says; the members below are taken from it."""
    section: bytes
    fields: Sequence[Field]
    content_type: ContentType
    """Its media type and parameters, the default where there are none (RFC 2045, 5.2; 2046, 5.1.5)."""
    transfer_encoding: tuple[str, str]
    """Its transfer encoding in lower case, and why its reading is not unique ("" if it is)."""
    disposition: Disposition
    """How it wants to be shown (RFC 2183)."""
    is_multipart: bool
    """Whether its media type is ``multipart/…``."""
    boundary: bytes
    """Its boundary parameter, b"" if it has none (RFC 2046, 5.1.1)."""

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
        self.cr_only = False
        """Whether lines end in CR alone."""

    def read(self, section: bytes, *, cr_only: bool) -> None:
        """Take in its header section."""
        parent = self.parent
        in_digest = parent is not None and parent.content_type.type == "multipart/digest"
        if parent is None or cr_only or len(section) > SHARED_SIZE:
            header = Section(section, cr_only=cr_only, is_message=parent is None, in_digest=in_digest)
        else:
            header = shared_section(section, in_digest)
        self.header = header
        self.cr_only = cr_only
        self.section = section
        self.fields = header.fields
        self.content_type = header.content_type
        self.transfer_encoding = header.transfer_encoding
        self.disposition = header.disposition
        self.is_multipart = header.is_multipart
        self.boundary = header.boundary

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
        index = self.section.find(b"\n")
        if index < 0:
            return b"\r" if self.cr_only else b""
        return b"\r\n" if self.section[index - 1 : index] == b"\r" else b"\n"
