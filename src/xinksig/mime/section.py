"""What one header section says: its fields, and those of MIME as they are understood.

What it says depends on its octets and its place alone, never on other parts or options, so that equal
sections of body parts are read once and shared: most messages have the same few. What is worked out later,
here or by callers, is the same whoever asks first.
"""

import re
from functools import lru_cache

from xinksig.expressions import late
from xinksig.mime.content import (
    ContentType,
    Disposition,
    parse_content_type,
    parse_disposition,
    parse_transfer_encoding,
)
from xinksig.mime.fields import CONTENT, Field, Place, content_doubt, split_fields, unfold

TYPE_CHECKING = False  # true for type checkers: ``typing`` is slow to load

if TYPE_CHECKING:
    from typing import Any

SHARED_SIZE = 256
"""Octets of the largest header section that is kept for the next body part that has it."""
_ODD_LINE = late(rb"\n(?![!-9;-~]++:|\n?\Z|(?<!\A\n)[ \t])")
"""A line that neither is a field, nor goes on with one, nor is the empty line at the end."""
_ODD_CRLF_LINE = re.compile(rb"\n(?:(?<!\r\n)(?<!\A\n)|(?![!-9;-~]++:|(?:\r\n)?\Z|(?<!\A\n)[ \t]))")
"""The same, or one behind a line that does not end in CRLF."""
_CONTENT_FIELD = re.compile(rb"\n(content-[!-9;-~]*+):[^\n]*+(?:\n[ \t][^\n]*+)*")
_CONTENT_START = b"\ncontent-"
_PLAIN = ContentType("text/plain", {}, "")
_MESSAGE = ContentType("message/rfc822", {}, "")
_NO_DISPOSITION = Disposition("", None)


class Section:
    """A header section that was read; offsets of its fields count from its own start.

    In an ordinary one only the content fields are read; the others are when somebody asks for them.
    """

    __slots__ = (
        "_first",
        "_lines",
        "_places",
        "boundary",
        "content_type",
        "cr_only",
        "declared",
        "disposition",
        "doubt",
        "is_digest",
        "is_multipart",
        "judged",
        "octets",
        "transfer_encoding",
    )

    def __init__(self, octets: bytes, *, cr_only: bool, is_message: bool, in_digest: bool) -> None:
        """Read a section whose lines end in CR alone or not, of the message or a body part."""
        self.octets = octets
        # What callers conclude from a section, kept here because it holds for every part that has it.
        self.judged: Any = None
        self.declared: Any = None
        self.cr_only = cr_only
        """Whether lines end in CR alone."""
        self._places: list[Place] | None = None
        self._first: dict[bytes, Place] | None = None
        lines = b"\n" + octets.lower()
        self._lines: bytes | None = lines if not cr_only and _is_ordinary(lines) else None
        """The section in lower case behind a line feed, if it is an ordinary one."""
        content = self._content_places()
        first: dict[bytes, Place] = {}
        for place in content:
            first.setdefault(place[0], place)
        found = first.get(b"content-type")
        if found is None:
            self.content_type = _MESSAGE if in_digest else _PLAIN
        else:
            self.content_type = parse_content_type(octets[found[2] : found[3]])
        found = first.get(b"content-transfer-encoding")
        token = "7bit" if found is None else parse_transfer_encoding(octets[found[2] : found[3]])
        self.transfer_encoding = token, ""
        found = first.get(b"content-disposition")
        self.disposition = (
            _NO_DISPOSITION if found is None else parse_disposition(octets[found[2] : found[3]])
        )
        if len(first) < len(content):
            self._read_doubles()
        media_type, parameters, _ = self.content_type
        self.is_multipart = media_type.startswith("multipart/")
        self.is_digest = media_type == "multipart/digest"
        boundary = parameters.get("boundary")
        self.boundary = boundary.encode("latin-1", "replace") if boundary else b""
        self.doubt = self._find_doubt(content, is_message=is_message)
        """Why it can be read in two ways, "" if there is no reason."""

    def _content_places(self) -> list[Place]:
        lines = self._lines
        if lines is None:
            return [place for place in self.places if place[0].startswith(CONTENT)]
        places = []
        at = lines.find(_CONTENT_START)
        while at >= 0:
            field = _CONTENT_FIELD.match(lines, at)
            assert field is not None  # as every line is a field's
            stop = field.end()
            # Offsets in these lines are greater by one, for the line feed before them.
            places.append((field[1], at, field.end(1), min(stop, len(self.octets))))
            at = lines.find(_CONTENT_START, stop)
        return places

    def has(self, name: bytes) -> bool:
        """Whether there is a field of this (lower-case) name."""
        lines = self._lines
        return name in self.first if lines is None else lines.find(b"\n" + name + b":") >= 0

    @property
    def places(self) -> list[Place]:
        """Its fields as plain tuples, in order."""
        if self._places is None:
            self._places = split_fields(self.octets, 0, len(self.octets), cr_only=self.cr_only)
        return self._places

    @property
    def first(self) -> dict[bytes, Place]:
        """The first field of each name, as a plain tuple."""
        if self._first is None:
            self._first = {place[0]: place for place in reversed(self.places)}
        return self._first

    @property
    def fields(self) -> list[Field]:
        """Its fields, in order."""
        return [Field(*place) for place in self.places]

    @property
    def fields_end(self) -> int:
        """The offset behind the last field."""
        if self._lines is None:
            return self.places[-1][3] if self.places else 0
        size = len(self.octets)
        if self._lines.endswith(b"\n\r\n"):
            return size - 2
        return size - 1 if self._lines.endswith(b"\n\n") else size

    def bodies(self, name: bytes) -> list[bytes]:
        """Return the raw bodies of the fields of this (lower-case) name."""
        if not self.has(name):
            return []
        octets = self.octets
        return [octets[body:stop] for known, _, body, stop in self.places if known == name]

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

    def _find_doubt(self, content: list[Place], *, is_message: bool) -> str:
        octets = self.octets
        if self._lines is not None:
            return content_doubt(octets, content)
        if b"" in self.first and not (is_message and self._is_postmark_only()):
            return "its header section has a line that is no field"
        doubt = content_doubt(octets, content)
        if doubt:
            return doubt
        returns, line_feeds = octets.count(b"\r"), octets.count(b"\n")
        if line_feeds and returns and not returns == line_feeds == octets.count(b"\r\n"):
            return "its header section has line endings of two kinds"
        return ""

    def _is_postmark_only(self) -> bool:
        """Whether the only line that is no field is an mbox ``From `` line."""
        odd = [start for name, start, _, _ in self.places if not name]
        return odd == [0] and self.octets.startswith(b"From ")


def _is_ordinary(lines: bytes) -> bool:
    """Whether every line of a section, which stands behind a line feed, is a field's, and all end alike."""
    if not lines.endswith(b"\r\n"):
        return lines.find(b"\r") < 0 and _ODD_LINE.search(lines) is None
    # Octets are taken out much faster than they are counted.
    line_feeds = len(lines) - len(lines.replace(b"\n", b""))
    returns = len(lines) - len(lines.replace(b"\r", b""))
    return returns + 1 == line_feeds and _ODD_CRLF_LINE.search(lines) is None


@lru_cache(maxsize=256)
def shared_section(octets: bytes, in_digest: bool) -> Section:
    """Return what a small header section of a body part says whose lines do not end in CR alone."""
    return Section(octets, cr_only=False, is_message=False, in_digest=in_digest)
