"""Placeholders at random places of real mail bodies."""

import random
import re
from functools import cache
from pathlib import Path

from conftest import CORPUS
from html_documents import Document

_TAG_OR_REFERENCE = re.compile(
    r"<!--.*?(?:--!?>|\Z)|<(style|script|title|textarea|xmp|iframe)\b.*?(?:</\1\s*>|\Z)|<[a-zA-Z/!?](?:[^>\"']|\"[^\"]*\"|'[^']*')*>"
    r"|&[#\w]+;?",
    re.DOTALL | re.IGNORECASE,
)

SPELLINGS: list[list[str | tuple[str]]] = [
    [("{SIG}",)],
    [("{S",), "<b>", ("IG}",), "</b>"],
    [("{SI",), "<!-- c -->", ("G}",)],
    [("&#123;SIG}",)],
    ["<b>", ("{SIG}",), "</b>"],
    ["<span style='color:red'>", ("{S",), "</span><i>", ("IG}",), "</i>"],
    ["<b><font size=2>", ("{SI&shy;G}",), "<o:p></o:p></font></b>"],
]
"""Each a list of source, in which the pieces of the placeholder are tuples."""


@cache
def html_bodies() -> list[Path]:
    """Return the files of real mail bodies of the corpus; none where it is absent."""
    return sorted(path for path in (CORPUS / "html").rglob("*.html") if "html5lib-tests" not in path.parts)


@cache
def _body(path: Path) -> str:
    octets = path.read_bytes()
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


@cache
def _offsets(path: Path) -> list[int]:
    """Return the offsets of letters in the text of the body."""
    source = _body(path)
    found: list[int] = []
    body = source.lower().find("<body")
    at = source.find(">", body) + 1 if body >= 0 else 0
    for match in _TAG_OR_REFERENCE.finditer(source, at):
        found += (n for n in range(at, match.start()) if n and source[n].isalnum() and source[n - 1] != "<")
        at = match.end()
    return found


def placement(seed: int) -> tuple[str, Document]:
    """Return the name of a real body and the body with a placeholder at the place of that seed."""
    chance = random.Random(f"placement {seed}")
    paths = html_bodies()
    path = chance.choice(paths)
    while not _offsets(path):
        path = chance.choice(paths)
    source = _body(path)
    at = chance.choice(_offsets(path))
    pieces = [source[:at]]
    spans: list[tuple[int, int]] = []
    for item in chance.choice(SPELLINGS):
        text = item if isinstance(item, str) else item[0]
        if not isinstance(item, str):
            spans.append((at, at + len(text)))
        pieces.append(text)
        at += len(text)
    pieces.append(source[at - sum(map(len, pieces[1:])) :])
    return path.name, Document("".join(pieces), [tuple(spans)])
