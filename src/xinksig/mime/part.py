"""An entity, the message itself or a body part: its place, and what its header section says."""

from typing import Any

from xinksig.mime.fields import (
    ContentType,
    Disposition,
    Field,
    parse_content_type,
    parse_disposition,
    parse_transfer_encoding,
    split_fields,
    unfold,
)

_PLAIN = ContentType("text/plain", {}, "")
_MESSAGE = ContentType("message/rfc822", {}, "")
_NO_DISPOSITION = Disposition("", None)


class Part:
    """An entity; offsets are octets of the message, those of its fields count from its own start."""

    __slots__ = (
        "body",
        "children",
        "content_type",
        "cr_only",
        "depth",
        "disposition",
        "end",
        "end_is_line",
        "fields",
        "first",
        "frozen",
        "hit",
        "index",
        "last_child",
        "needle",
        "oversized",
        "parent",
        "scanned",
        "section",
        "start",
        "stop",
        "transfer_encoding",
    )

    fields: list[Field]
    """The fields of its header section."""
    first: dict[bytes, Field]
    """The first field of each name."""
    content_type: ContentType
    """Its media type and parameters, the default where there are none (RFC 2045, 5.2; 2046, 5.1.5)."""
    transfer_encoding: tuple[str, str]
    """Its transfer encoding in lower case, and why its reading is not unique ("" if it is)."""
    disposition: Disposition
    """How it wants to be shown (RFC 2183)."""

    def __init__(self, parent: "Part | None", start: int) -> None:
        self.parent = parent
        self.index = 0
        self.depth = 0
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
        self.section = b""
        self.cr_only = False
        """Whether lines end in CR alone."""
        self.oversized = False
        """Whether its header section is larger than the limit."""
        self.frozen = False
        """Set by the caller: a multipart that is not looked into."""
        self.children = 0
        self.last_child: Part | None = None
        self.needle = b""
        """What a delimiter line of it begins with, the line feed before it included."""
        self.scanned = 0
        """No delimiter of it begins before this offset that was not reported."""
        self.hit: Any = None
        """Its next delimiter line, where it is known."""

    def read(self, section: bytes, *, cr_only: bool) -> None:
        """Take in its header section."""
        self.section = section
        self.cr_only = cr_only
        fields = self.fields = split_fields(section, 0, len(section), cr_only=cr_only)
        first = self.first = {field.name: field for field in reversed(fields)}
        field = first.get(b"content-type")
        if field is not None:
            self.content_type = parse_content_type(section[field.body : field.stop])
        else:
            digest = self.parent is not None and self.parent.content_type.type == "multipart/digest"
            self.content_type = _MESSAGE if digest else _PLAIN
        field = first.get(b"content-transfer-encoding")
        encoding = "7bit" if field is None else parse_transfer_encoding(section[field.body : field.stop])
        self.transfer_encoding = encoding, ""
        field = first.get(b"content-disposition")
        self.disposition = (
            _NO_DISPOSITION if field is None else parse_disposition(section[field.body : field.stop])
        )
        if len(first) < len(fields):
            self._read_doubles()

    def _read_doubles(self) -> None:
        """Note content fields that stand there twice and differ."""
        bodies = {unfold(body).strip() for body in self.bodies(b"content-type")}
        if len(bodies) > 1:
            reason = "it has two different Content-Type fields"
            self.content_type = self.content_type._replace(ambiguous=reason)
        tokens = {parse_transfer_encoding(body) for body in self.bodies(b"content-transfer-encoding")}
        if len(tokens) > 1:
            reason = "it has two different Content-Transfer-Encoding fields"
            self.transfer_encoding = self.transfer_encoding[0], reason

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
        if name not in self.first:
            return []
        section = self.section
        return [section[field.body : field.stop] for field in self.fields if field.name == name]

    @property
    def is_multipart(self) -> bool:
        """Whether its media type is ``multipart/…``."""
        return self.content_type.type.startswith("multipart/")

    @property
    def boundary(self) -> bytes:
        """Its boundary parameter, b"" if it has none (RFC 2046, 5.1.1)."""
        return self.content_type.parameters.get("boundary", "").encode("latin-1", "replace")

    @property
    def newline(self) -> bytes:
        """The line ending of its header section's first line, b"" if it has none.

        A lone CR ends a line only in a message without line feeds.
        """
        index = self.section.find(b"\n")
        if index < 0:
            return b"\r" if self.cr_only else b""
        return b"\r\n" if self.section[index - 1 : index] == b"\r" else b"\n"
