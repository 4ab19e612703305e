"""MIME structure by edits: content fields that follow, related and alternative parts around a leaf.

Nothing is parsed and written out again: a leaf is wrapped by what is inserted before and behind it, an
existing ``multipart/related`` is extended by what is inserted before its next delimiter.
"""

import re
from collections.abc import Sequence

from xinksig.edits import Change
from xinksig.mime.fields import Field, replace_parameter
from xinksig.mime.part import Part
from xinksig.model import InlineImage
from xinksig.records import NamedTuple

_BEHIND_ALL = 1 << 30
_EXTENSIONS = {"image/jpeg": "jpg", "image/svg+xml": "svg", "image/x-icon": "ico"}


class Retype(NamedTuple):
    """How a part's content fields have to change."""

    charset: str | None
    """The new charset parameter, ``None`` to leave it."""
    encoding: str | None
    """The new transfer encoding, ``None`` to leave it."""


class ContentField(NamedTuple):
    """A content field as it will stand; ``field`` is ``None`` for one that is new."""

    field: Field | None
    octets: bytes


class Wrapper(NamedTuple):
    """What goes before and behind a leaf to make it the first part of a new multipart."""

    content_type: bytes
    """The new multipart's Content-Type, without the field name and the line ending."""
    boundary: bytes
    behind: bytes
    """All that follows the leaf's body, the line ending of the next delimiter included."""


def derive_id(*seeds: bytes) -> str:
    """Return 128 bits in hexadecimal, the same for the same seeds on every run and machine."""
    from hashlib import blake2b

    digest = blake2b(digest_size=16)
    for seed in seeds:
        digest.update(len(seed).to_bytes(8, "big"))
        digest.update(seed)
    return digest.hexdigest()


def content_fields(part: Part, retype: Retype | None, newline: bytes) -> list[ContentField]:
    """Return the Content-* fields of a part, those that have to follow changed or added."""
    section = part.section
    result: list[ContentField] = []
    seen = set()
    for field in part.fields:
        if not field.name.startswith(b"content-"):
            continue
        octets = section[field.start : field.stop]
        if retype is not None:
            octets = _retyped(octets, field, retype, newline)
        seen.add(field.name)
        result.append(ContentField(field, octets))
    if retype is not None and retype.charset and b"content-type" not in seen:
        line = b'Content-Type: text/plain; charset="' + retype.charset.encode() + b'"' + newline
        result.append(ContentField(None, line))
    if retype is not None and retype.encoding and b"content-transfer-encoding" not in seen:
        line = b"Content-Transfer-Encoding: " + retype.encoding.encode() + newline
        result.append(ContentField(None, line))
    return result


def _retyped(octets: bytes, field: Field, retype: Retype, newline: bytes) -> bytes:
    name, body = octets[: field.body - field.start], octets[field.body - field.start :]
    if field.name == b"content-type" and retype.charset:
        replaced = replace_parameter(body, "charset", retype.charset)
        # A field that was read without doubt can be changed in place.
        assert replaced is not None
        return name + replaced
    if field.name == b"content-transfer-encoding" and retype.encoding:
        ending = body[len(body.rstrip(b"\r\n")) :]
        return name + b" " + retype.encoding.encode() + (ending or newline)
    return octets


def retype_changes(part: Part, retype: Retype, newline: bytes) -> list[Change]:
    """Return the changes of a part's own header section that a new charset or encoding needs."""
    changes = []
    added = b""
    for field, octets in content_fields(part, retype, newline):
        if field is None:
            added += octets
        elif octets != part.section[field.start : field.stop]:
            why = field.name.decode("ascii")
            changes.append(Change(part.start + field.start, part.start + field.stop, octets, why))
    added = _mime_version(part, newline) + added
    if added:
        at = fields_end(part)
        changes.append(Change(at, at, added, "content-fields"))
    return changes


def _mime_version(part: Part, newline: bytes) -> bytes:
    """Return the field that a message without one needs as soon as it has content fields."""
    if part.parent is not None or part.bodies(b"mime-version"):
        return b""
    return b"MIME-Version: 1.0" + newline


def fields_end(part: Part) -> int:
    """Return the offset behind the last field of a part's header section, where new ones go."""
    return part.start + part.header.fields_end


def has_body(part: Part) -> bool:
    """Whether an empty line ends the header section: what follows one without it would be a field."""
    return fields_end(part) < part.body


def wrap(
    part: Part, wrapper: Wrapper, inner: Sequence[Change], retype: Retype | None, newline: bytes
) -> list[Change]:
    """Return the changes that make a leaf the first part of a new multipart.

    ``inner`` are the changes of its body: what stands before the body has to go out before them.
    """
    delimiter = b"--" + wrapper.boundary
    line = b"Content-Type: " + wrapper.content_type + newline
    encoding = part.transfer_encoding[0] if retype is None or not retype.encoding else retype.encoding
    wide = encoding in ("8bit", "binary")
    stands = part.parent is None and (retype is None or not retype.encoding)
    if wide and not stands:
        # A multipart must not say less than its parts (RFC 2045, 6.4).
        line += b"Content-Transfer-Encoding: " + encoding.encode() + newline
    behind = newline + delimiter + newline + wrapper.behind + delimiter + b"--"
    if part.parent is None:
        behind += newline
        changes = _wrap_root(part, line, delimiter + newline, retype, newline, keeps_encoding=wide and stands)
    else:
        changes = [Change(part.start, part.start, line + newline + delimiter + newline, "wrapper")]
        if retype is not None:
            changes += retype_changes(part, retype, newline)
    return [*changes, *inner, Change(part.stop, part.stop, behind, "wrapper")]


def _wrap_root(
    part: Part, line: bytes, before: bytes, retype: Retype | None, newline: bytes, *, keeps_encoding: bool
) -> list[Change]:
    """Begin a multipart before the message's own body: its content fields move into the first part.

    ``keeps_encoding``: the transfer encoding is right for the multipart too, and stays as well.
    """
    changes = []
    moved = b""
    placed = False
    for field, octets in content_fields(part, retype, newline):
        moved += octets if octets.endswith((b"\n", b"\r")) else octets + newline
        if field is None:
            continue
        replacement = b""
        if field.name == b"content-transfer-encoding" and keeps_encoding:
            continue
        if field.name == b"content-type" and not placed:
            replacement, placed = line, True
        changes.append(Change(field.start, field.stop, replacement, field.name.decode("latin-1")))
    added = _mime_version(part, newline) + (b"" if placed else line)
    if added:
        at = fields_end(part)
        changes.append(Change(at, at, added, "content-fields"))
    changes.append(Change(part.body, part.body, before + moved + newline, "wrapper"))
    return changes


def image_part(image: InlineImage, content_id: str, encoded: bytes, newline: bytes) -> bytes:
    """Return an image as a body part: header section, empty line and base64 body with its line ending."""
    name = file_name(image)
    lines = (
        f'Content-Type: {image.media_type}; name="{name}"',
        "Content-Transfer-Encoding: base64",
        f"Content-ID: <{content_id}>",
        f'Content-Disposition: inline; filename="{name}"',
        "",
    )
    return newline.join(line.encode("utf-8") for line in lines) + newline + encoded


def file_name(image: InlineImage) -> str:
    """Return a file name in ASCII for an image, with the extension of its type."""
    name = re.sub(r"[^!-~]", "_", image.name.partition("@")[0])
    stem, dot, extension = name.rpartition(".")
    if stem and dot and 2 <= len(extension) <= 4:
        return name
    kind = _EXTENSIONS.get(image.media_type, image.media_type.partition("/")[2])
    return f"{name or 'image'}.{kind}"


def related_ancestor(part: Part) -> tuple[Part, Part] | None:
    """Return the nearest ``multipart/related`` around a part, and its child that holds the part."""
    child, parent = part, part.parent
    while parent is not None:
        if parent.content_type.type == "multipart/related":
            return parent, child
        child, parent = parent, parent.parent
    return None


class Extensions:
    """Body parts that wait for the next delimiter of a multipart, to be inserted before it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Part, bytes, bytes]] = []
        self.waiting = 0
        """How many octets wait to be inserted, at most."""

    def add(self, child: Part, octets: bytes, newline: bytes) -> list[Change]:
        """Insert body parts, delimiters included, behind ``child``, now or as soon as it has ended."""
        if child.end >= 0:
            return [_insertion(child, octets, newline)]
        self._waiting.append((child, octets, newline))
        self.waiting += len(octets) + len(newline)
        return []

    def due(self) -> list[Change]:
        """Return the insertions whose place has come."""
        ready = [waiting for waiting in self._waiting if waiting[0].end >= 0]
        self._waiting = [waiting for waiting in self._waiting if waiting[0].end < 0]
        self.waiting -= sum(len(octets) + len(newline) for _, octets, newline in ready)
        return [_insertion(*waiting) for waiting in ready]


def _insertion(child: Part, octets: bytes, newline: bytes) -> Change:
    """Insert behind a part; where several multiparts end at one offset, the inner ones come first."""
    if not child.end_is_line:
        octets = newline + octets
    return Change(child.end, child.end, octets, "inline-image", _BEHIND_ALL - child.depth)


def quoted_printable_html(html: str, newline: bytes) -> bytes:
    """Return an HTML body part in UTF-8 and quoted-printable: header section, empty line and body."""
    from xinksig.mime import transfer

    lines = ('Content-Type: text/html; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable", "")
    head = newline.join(line.encode() for line in lines) + newline
    return head + transfer.encode("quoted-printable", html.encode("utf-8"), newline) + newline
