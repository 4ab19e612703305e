"""Images that travel with a signature: read from a folder or a ``data:`` URL, checked by their octets."""

import os
import re
import stat
from binascii import Error, a2b_base64
from functools import cache

from xinksig.errors import SourceError
from xinksig.expressions import late
from xinksig.model import InlineImage
from xinksig.records import NamedTuple

LARGE = 200 << 10
"""Octets from which an image is named in the problems."""
LARGEST = 1 << 20
"""Octets above which an image is refused."""

_SCHEME = late(r"[a-zA-Z][a-zA-Z0-9+.-]*(?=:)")
_REFERENCE = late(r"""(?<=["'(=\s])cid:([^\s"'()<>]{1,300})""", re.IGNORECASE)
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


class Source(NamedTuple):
    """What the ``src`` of an image is."""

    kind: str
    """``local``, ``data``, ``cid``, ``remote``, ``empty`` or ``other``."""
    value: str


class Reference(NamedTuple):
    """One use of an inline image: characters ``start`` to ``stop`` of the HTML hold its name."""

    start: int
    stop: int
    name: str


def references(html: str) -> list[Reference]:
    """Return where the HTML says ``cid:NAME``, ascending; the spans are of the name alone."""
    return [
        Reference(found.start(1), found.end(1), _unquoted(found[1])) for found in _REFERENCE.finditer(html)
    ]


def _unquoted(name: str) -> str:
    if "%" not in name:
        return name
    from urllib.parse import unquote

    return unquote(name)


def source(src: str) -> Source:
    """Say what kind of source an image's address is; a drive letter or ``file:`` is local."""
    src = src.strip("\t\n\f\r ")
    if not src:
        return Source("empty", "")
    if src.startswith(("//", "\\\\")):
        return Source("other", src)
    scheme = _SCHEME.match(src)
    if scheme is None or len(scheme[0]) == 1 or scheme[0].lower() == "file":
        return Source("local", src)
    known = {"http": "remote", "https": "remote", "cid": "cid", "data": "data"}
    return Source(known.get(scheme[0].lower(), "other"), src)


def media_type(data: bytes) -> str:
    """Return the media type that the first octets show; "" if it is none that mail clients know."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if _svg().match(data[:4096]) else ""


@cache
def _svg() -> re.Pattern[bytes]:
    before = rb"<\?xml[^>]{0,200}>|<!--[^>]{0,2000}-->|<!DOCTYPE[^>]{0,500}>"
    return re.compile(rb"\s*+(?:(?:" + before + rb")\s*+){0,8}<svg[\s>]", re.IGNORECASE)


def from_data_url(url: str) -> InlineImage:
    """Return the image of a ``data:`` URL, named by its octets. Raises ``SourceError`` (RFC 2397)."""
    from urllib.parse import unquote, unquote_to_bytes

    head, comma, body = url[5:].partition(",")
    if not comma:
        raise SourceError("a data: image has no comma before its data")
    if head.rpartition(";")[2].strip().lower() == "base64":
        try:
            digits = re.sub(r"[\t\n\f\r =]", "", unquote(body))
            data = a2b_base64(digits + "=" * (-len(digits) % 4), strict_mode=True)
        except (Error, ValueError):
            raise SourceError("a data: image is no valid base64") from None
    else:
        data = unquote_to_bytes(body)
    return _checked("a data: image", f"image-{_digest(data, 12)}", data)


def from_file(base: str | os.PathLike[str], src: str) -> InlineImage:
    """Return the image at ``src``, a path relative to the folder ``base`` and inside it.

    Raises ``SourceError`` when it is outside the folder (symbolic links followed), missing, no regular file,
    too large or no image.
    """
    from urllib.parse import unquote

    path = unquote(src).replace("\\", "/").partition("?")[0].partition("#")[0]
    if path.startswith("/") or _SCHEME.match(path) or "\0" in path:
        raise SourceError(f"image {src!r} is outside the folder: give a path relative to it")
    root = os.path.realpath(base)
    target = os.path.realpath(os.path.join(root, path))
    if not target.startswith(root.rstrip(os.sep) + os.sep):
        raise SourceError(f"image {src!r} is outside the folder {os.fspath(base)}")
    try:
        status = os.stat(target)
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(f"image {src!r} is no file")
        _check_size(f"image {src!r}", status.st_size)
        with open(target, "rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise SourceError(f"image {src!r} does not exist in {os.fspath(base) or '.'}") from None
    except OSError as error:
        raise SourceError(f"image {src!r} cannot be read: {error.strerror}") from error
    return _checked(f"image {src!r}", os.path.normpath(path).replace(os.sep, "/"), data)


def _checked(what: str, path: str, data: bytes) -> InlineImage:
    _check_size(what, len(data))
    kind = media_type(data)
    if not kind:
        raise SourceError(f"{what} is no PNG, JPEG, GIF or WebP")
    if path.startswith("image-") and "." not in path:
        path += "." + kind.partition("/")[2].partition("+")[0]
    return InlineImage(_name(path), data, kind)


def _check_size(what: str, size: int) -> None:
    if size > LARGEST:
        raise SourceError(f"{what} has {size:,} octets: at most {LARGEST:,} are sent with every message")


def _name(path: str) -> str:
    """Return a name for ``cid:``, the same for the same path, whatever other images there are."""
    if re.fullmatch(r"[A-Za-z0-9._+@-]{1,100}", path):
        return path
    stem, dot, ending = path.rpartition(".")
    if not dot:
        stem, ending = path, ""
    plain = re.sub(r"[^A-Za-z0-9._+@-]+", "-", stem)[:60]
    ending = re.sub(r"[^A-Za-z0-9]+", "", ending)[:8]
    return f"{plain}-{_digest(path.encode('utf-8', 'replace'), 8)}{dot}{ending}"


def _digest(data: bytes, size: int) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()[:size]


def problems(image: InlineImage) -> list[str]:
    """Return what may go wrong with an image that is sent with every message."""
    found = []
    if len(image.data) > LARGE:
        found.append(f"image {image.name!r} has {len(image.data):,} octets, sent with every message")
    if image.media_type == "image/svg+xml":
        found.append(f"image {image.name!r} is SVG, which most mail clients do not show: use PNG")
    return found
