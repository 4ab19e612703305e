"""What one header section says: its fields, and those of MIME as they are understood.

All of it depends on the octets alone, so that equal sections are read once and shared: nothing in a
``Section`` changes. Body parts have the same few sections in most messages.
"""

from collections.abc import Sequence
from functools import lru_cache

from xinksig.mime.content import (
    ContentType,
    Disposition,
    parse_content_type,
    parse_disposition,
    parse_transfer_encoding,
)
from xinksig.mime.fields import Field, Place, content_doubt, field_places, unfold

TYPE_CHECKING = False  # true for type checkers: ``typing`` is slow to load

if TYPE_CHECKING:
    from typing import Any

SHARED_SIZE = 256
"""Octets of the largest header section that is kept for the next body part that has it."""
_PLAIN = ContentType("text/plain", {}, "")
_MESSAGE = ContentType("message/rfc822", {}, "")
_NO_DISPOSITION = Disposition("", None)


class Section:
    """A header section that was read; offsets of its fields count from its own start."""

    __slots__ = (
        "boundary",
        "content_type",
        "declared",
        "disposition",
        "doubt",
        "first",
        "is_multipart",
        "judged",
        "octets",
        "places",
        "transfer_encoding",
    )

    def __init__(self, octets: bytes, *, cr_only: bool, is_message: bool, in_digest: bool) -> None:
        """Read a section whose lines end in CR alone or not, of the message or a body part."""
        self.octets = octets
        # What callers conclude from a section, kept here because it holds for every part that has it.
        self.judged: Any = None
        self.declared: Any = None
        self.places: Sequence[Place] = field_places(octets, 0, len(octets), cr_only=cr_only)
        """Its fields as plain tuples."""
        self.first: dict[bytes, Place] = {}
        """The first field of each name, as a plain tuple."""
        for place in reversed(self.places):
            self.first[place[0]] = place
        body = self._body(b"content-type")
        if body is None:
            self.content_type = _MESSAGE if in_digest else _PLAIN
        else:
            self.content_type = parse_content_type(body)
        body = self._body(b"content-transfer-encoding")
        self.transfer_encoding = "7bit" if body is None else parse_transfer_encoding(body), ""
        body = self._body(b"content-disposition")
        self.disposition = _NO_DISPOSITION if body is None else parse_disposition(body)
        if len(self.first) < len(self.places):
            self._read_doubles()
        self.is_multipart = self.content_type.type.startswith("multipart/")
        boundary = self.content_type.parameters.get("boundary")
        self.boundary = boundary.encode("latin-1", "replace") if boundary else b""
        self.doubt = self._find_doubt(is_message=is_message)
        """Why it can be read in two ways, "" if there is no reason."""

    @property
    def fields(self) -> list[Field]:
        """Its fields, in order."""
        return [Field(*place) for place in self.places]

    @property
    def fields_end(self) -> int:
        """The offset behind the last field."""
        return self.places[-1][3] if self.places else 0

    def _body(self, name: bytes) -> bytes | None:
        place = self.first.get(name)
        return None if place is None else self.octets[place[2] : place[3]]

    def bodies(self, name: bytes) -> list[bytes]:
        """Return the raw bodies of the fields of this (lower-case) name."""
        if name not in self.first:
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

    def _find_doubt(self, *, is_message: bool) -> str:
        octets = self.octets
        if b"" in self.first and not (is_message and self._is_postmark_only()):
            return "its header section has a line that is no field"
        doubt = content_doubt(octets, self.places)
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


@lru_cache(maxsize=256)
def shared_section(octets: bytes, in_digest: bool) -> Section:
    """Return what a small header section of a body part says whose lines do not end in CR alone."""
    return Section(octets, cr_only=False, is_message=False, in_digest=in_digest)
