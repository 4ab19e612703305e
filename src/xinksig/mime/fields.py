"""Header fields: where each of them stands in a header section, and its body on one line (RFC 5322, 2.2).

A field ends at a CRLF or LF that no blank follows. A lone CR is an octet like any other, unless the caller
knows that the message has no LF at all. What the fields of MIME say is read in ``content``.
"""

from collections.abc import Iterable

from xinksig.expressions import late
from xinksig.mime.content import (
    ContentType,
    Disposition,
    parse_content_type,
    parse_disposition,
    parse_transfer_encoding,
    replace_parameter,
)
from xinksig.mime.parameters import line_doubt
from xinksig.records import NamedTuple

__all__ = [
    "CONTENT",
    "ContentType",
    "Disposition",
    "Field",
    "Place",
    "content_doubt",
    "parse_content_type",
    "parse_disposition",
    "parse_transfer_encoding",
    "replace_parameter",
    "split_fields",
    "unfold",
]

_BEGINNING = late(rb"\n(?:([^:\n \t]++):|(?![ \t]))")
_SPACED_NAME = late(rb"([^:\n \t]++)[ \t]++:")
_CR_ENDING = late(rb"\r(?=[ \t]|\Z)")
CONTENT = (b"content-", b"\xef\xbb\xbfcontent-")
"""What the names of content fields begin with, also behind a byte order mark."""


class Field(NamedTuple):
    """One field of a header section; offsets are octets of the data that was split."""

    name: bytes
    """In lower case, without the blanks before the colon; b"" for lines that are no field."""
    start: int
    body: int
    """Behind the colon; ``start`` for lines that are no field."""
    stop: int
    """Behind the line ending of the last folded line."""


Place = tuple[bytes, int, int, int]
"""A field as a plain tuple, with the members of a ``Field``: a message's own are hardly ever looked at."""


def split_fields(data: bytes, start: int, stop: int, *, cr_only: bool = False) -> list[Place]:
    """Return the fields of a header section, in order; they cover it without a gap.

    Offsets are octets of ``data``. An empty line at the end belongs to no field. A line without a
    colon or with a blank inside its name, and lines that begin with a blank where no field precedes them, are
    fields named b"". With ``cr_only`` lines end in CR alone. RFC 5322, 2.2.
    """
    section = data[start:stop].lower()
    stop = start + len(section)
    if cr_only:
        section = section.replace(b"\r", b"\n")
    if section.endswith(b"\n"):
        empty = 2 if section.endswith(b"\r\n") else 1
        if len(section) == empty or section[-empty - 1] == 0x0A:
            section = section[:-empty]
            stop -= empty
        section = section[:-1]
    if start == stop:
        return []
    # Names and the octets between them as one flat list: match objects would cost half as much again.
    pieces = iter(_BEGINNING.split(b"\n" + section))
    at = start + len(next(pieces))
    places = [(b"", start, start, at)] if at > start else []
    for name, rest in zip(pieces, pieces, strict=True):
        if name is None:
            spaced = _SPACED_NAME.match(rest)
            name, body = (spaced[1], at + spaced.end()) if spaced else (b"", at)
            end = at + len(rest) + 1
        else:
            body = at + len(name) + 1
            end = body + len(rest) + 1
        places.append((name, at, body, end))
        at = end
    if at != stop:
        places[-1] = (*places[-1][:3], stop)
    return places


def unfold(body: bytes) -> bytes:
    """Return a field's body on one line: without its line endings (RFC 5322, 2.2.3).

    A lone CR is a line ending where the body has no LF, at its end or before a blank.
    """
    if b"\n" in body:
        return body.replace(b"\r\n", b"").replace(b"\n", b"")
    if b"\r" in body:
        return _CR_ENDING.sub(b"", body)
    return body


def content_doubt(data: bytes, fields: Iterable[Place]) -> str:
    """Return why two readers may see different Content-* fields, "" if there is no reason."""
    for name, _, body, stop in fields:
        if not name.startswith(CONTENT):
            continue
        if name[:1] != b"c":
            return "a byte order mark stands before its Content-* field"
        if data[body - 2] in b" \t":
            return "a blank stands before the colon of a Content-* field"
        reason = line_doubt(data[body:stop])
        if reason:
            return f"a Content-* field has {reason}"
    return ""
