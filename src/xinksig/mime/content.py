"""What the fields of MIME say: Content-Type, Content-Disposition, Content-Transfer-Encoding.

Two readers with two readings is how mail gets past scanners. So ``ContentType.ambiguous`` says why another
reader may take another media type, boundary, charset or flow than this one does; oddities of real mail that
all readers take alike are read and not mentioned.
"""

import re
from functools import lru_cache

from xinksig.expressions import late
from xinksig.mime.parameters import (
    COMMENT_BEHIND,
    COMMENT_INSIDE,
    NO_PARAMETER,
    TEXT_BEHIND,
    Parameter,
    Scanner,
    assemble,
    line_doubt,
    read_simply,
)
from xinksig.records import NamedTuple

_TYPE = late(r"[!#-'*+\-.0-9A-Z^-~]++/[!#-'*+\-.0-9A-Z^-~]++", re.ASCII)
_KIND = late(r'"?[!#-\'*+\-.0-9A-Z^-~]*+"?')
_TRANSFER_ENCODING = re.compile(r"[A-Za-z0-9._-]++")
_TOKEN = late(r"[!#-'*+\-.0-9A-Z^-~]+")
_BOUNDARY = late(r"boundary[\s*0-9]*+=", re.IGNORECASE)
_WORD = late(r"=\?[^?\s]+\?[bq]\?[^?]*+\?=", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BLANKS = re.compile(r"[ \t\r\n]*+")
_PRINTABLE = late(r"[ -~]*")
_ENDING = late(rb"\r?\n|\r")
LONGEST_BOUNDARY = 256
"""Octets of the longest boundary that is read without doubt."""
_WIDTH = 78
_CACHED_SIZE = 1000
_LARGEST = 65536
"""Octets of a field that are read: nobody writes larger ones, and each octet may cost 2 µs."""

_TELLING = ("boundary", "charset", "format", "delsp")
"""The parameters whose value decides what is read where."""


class ContentType(NamedTuple):
    """A Content-Type field (RFC 2045, 5). Shared by equal fields: do not change ``parameters``."""

    type: str
    """The media type in lower case; ``text/plain`` where there is none to be read."""
    parameters: dict[str, str]
    """By lower-case name. The boundary has one character for an octet (latin-1)."""
    ambiguous: str
    """Why two readers may differ, "" if there is no reason."""


class Disposition(NamedTuple):
    """A Content-Disposition field (RFC 2183)."""

    kind: str
    """In lower case; "" where there is none."""
    filename: str | None


def parse_content_type(body: bytes) -> ContentType:
    """Read a Content-Type field's body (RFC 2045, 5.1; RFC 2231). Never raises."""
    return _cached_content_type(body) if len(body) < _CACHED_SIZE else _content_type(body)


def _content_type(body: bytes) -> ContentType:
    simple = read_simply(body)
    if simple is None or "/" not in simple[0]:
        return _scanned_content_type(body)
    media_type, items = simple
    parameters = dict(items)
    if len(parameters) < len(items):
        return _scanned_content_type(body)
    doubt = ""
    if "boundary" in parameters and media_type.startswith("multipart/"):
        if any(_BOUNDARY.search(value) for name, value in items if name != "boundary"):
            return _scanned_content_type(body)
        doubt = _boundary_doubt(parameters["boundary"])
    return ContentType(media_type, _trimmed(parameters), doubt)


_cached_content_type = lru_cache(maxsize=1024)(_content_type)


def _scanned_content_type(body: bytes) -> ContentType:
    large = len(body) > _LARGEST
    body = body[:_LARGEST]
    scanner = Scanner(body)
    commented = scanner.skip()
    media_type = scanner.take(_TYPE).lower()
    scanner.skip()
    alone = scanner.ended() or scanner.text[scanner.at] == ";"
    found = scanner.parameters()
    values = assemble(found)
    for parameter in found:
        if parameter.name == "boundary":
            values["boundary"] = parameter.value
            break
    line = line_doubt(body)
    if large:
        doubt = f"its Content-Type is larger than {_LARGEST} octets"
    elif line:
        doubt = f"its Content-Type has {line}"
    elif not media_type or not alone or commented:
        doubt = "its Content-Type has no clear media type"
    elif scanner.problem or scanner.misleading:
        doubt = scanner.problem or "a comment in its Content-Type can be read as more than a comment"
    else:
        doubt = _parameter_doubt(found)
        if not doubt and media_type.startswith("multipart/") and "boundary" in values:
            doubt = _boundary_doubt(values["boundary"]) or _hidden_boundary(scanner.text, found)
    return ContentType(media_type or "text/plain", _trimmed(values), doubt)


def _trimmed(parameters: dict[str, str]) -> dict[str, str]:
    """Take the apostrophes and blanks off the charset that some mailers put round it."""
    if "charset" in parameters:
        parameters["charset"] = parameters["charset"].strip("' \t")
    return parameters


def _boundary_doubt(boundary: str) -> str:
    """Return why the delimiters of a boundary may be read in two ways (RFC 2046, 5.1.1)."""
    if not boundary:
        return "its boundary is empty"
    if boundary[-1] in " \t":
        return "its boundary ends with a blank"
    if len(boundary) > LONGEST_BOUNDARY:
        return f"its boundary is longer than {LONGEST_BOUNDARY} octets"
    if _CONTROL.search(boundary) or (";" in boundary and _BOUNDARY.search(boundary)):
        return "its boundary has characters that readers take in different ways"
    if boundary[0] == boundary[-1] == "'":
        return "its boundary stands between apostrophes"
    return ""


def _parameter_doubt(found: list[Parameter]) -> str:
    """Return why two readers may take a parameter that decides what is read where in two ways."""
    broken = False
    values: dict[str, str] = {}
    for parameter in found:
        name, _, star = parameter.name.partition("*")
        if name == "boundary" and broken:
            return "text that is no parameter stands before its boundary"
        broken |= parameter.doubt in (NO_PARAMETER, TEXT_BEHIND, COMMENT_INSIDE)
        if name not in _TELLING:
            continue
        if star or parameter.name != name:
            return f"its {name} is in pieces or encoded (RFC 2231)"
        if parameter.doubt and (name == "boundary" or parameter.doubt != COMMENT_BEHIND):
            return f"its {name} is not clear: {parameter.doubt}"
        if _WORD.search(parameter.value):
            return f"its {name} is an encoded-word"
        value = parameter.value if name == "boundary" else parameter.value.strip("' \t").lower()
        if values.setdefault(name, value) != value:
            return f"it has two different {name} parameters"
    return ""


def _hidden_boundary(text: str, found: list[Parameter]) -> str:
    """Return whether a reader that knows no quotation marks finds another boundary."""
    at = seen = 0
    own = [parameter for parameter in found if parameter.name == "boundary"]
    for parameter in own:
        seen += len(_BOUNDARY.findall(text[at : parameter.start]))
        at = parameter.stop
    seen += len(_BOUNDARY.findall(text[at:]))
    return "its Content-Type hides a second boundary" if seen != len(own) else ""


def parse_disposition(body: bytes) -> Disposition:
    """Read a Content-Disposition field's body (RFC 2183, RFC 2231). Never raises.

    What is not to be parsed but begins with ``attachment`` is one.
    """
    simple = read_simply(body)
    if simple is not None:
        kind, items = simple
        return Disposition(kind, dict(reversed(items)).get("filename"))
    scanner = Scanner(body[:_LARGEST])
    scanner.skip()
    kind = scanner.take(_KIND).strip('"').lower()
    return Disposition(kind, assemble(scanner.parameters()).get("filename"))


def parse_transfer_encoding(body: bytes) -> str:
    """Return the token of a Content-Transfer-Encoding field in lower case (RFC 2045, 6.1). Never raises.

    A comment or semicolon may follow it. "" where there is no token, or another reader may take another one.
    """
    return _cached_transfer_encoding(body) if len(body) < _CACHED_SIZE else ""


@lru_cache(maxsize=256)
def _cached_transfer_encoding(body: bytes) -> str:
    scanner = Scanner(body)
    scanner.take(_BLANKS)
    token = scanner.take(_TRANSFER_ENCODING).lower()
    scanner.skip()
    alone = scanner.ended() or scanner.text[scanner.at] == ";"
    return token if alone and not scanner.problem and not line_doubt(body) else ""


def replace_parameter(body: bytes, name: str, value: str) -> bytes | None:
    """Return a Content-Type field's body with this value of a parameter; every other octet is kept.

    A parameter that is absent is added at the end, on a new line if its line would exceed 78 octets.
    ``None`` where that is not safe: pieces of RFC 2231, an unclosed quotation mark, a value beyond ASCII.
    """
    scanner = Scanner(body)
    scanner.skip()
    media_type = scanner.take(_TYPE)
    found = scanner.parameters()
    own = [parameter for parameter in found if parameter.name.partition("*")[0] == name.lower()]
    clear = all("*" not in each.name and each.doubt in ("", COMMENT_BEHIND) for each in own)
    if not media_type or scanner.problem or line_doubt(body) or not clear or not _PRINTABLE.fullmatch(value):
        return None
    if not own:
        return _with_parameter(body, f"{name}={_quoted(value)}".encode("ascii"))
    for parameter in reversed(own):
        as_token = _TOKEN.fullmatch(value) and not body.startswith(b'"', parameter.start)
        written = value if as_token else _quoted(value)
        body = body[: parameter.start] + written.encode("ascii") + body[parameter.stop :]
    return body


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _with_parameter(body: bytes, parameter: bytes) -> bytes:
    """Add a parameter behind the last one."""
    content = body.rstrip(b" \t\r\n")
    rest = body[len(content) :]
    ending = _ENDING.search(body)
    separator = b"" if content.endswith(b";") else b";"
    line = content[max(content.rfind(b"\n"), content.rfind(b"\r")) + 1 :]
    width = len(line) + len(separator) + 1 + len(parameter)
    if len(line) == len(content):
        width += len("Content-Type:")
    blank = b" " if width <= _WIDTH else (ending[0] if ending else b"\r\n") + b" "
    return content + separator + blank + parameter + rest
