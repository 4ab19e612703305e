"""A plain body with an HTML twin beside it, so that the HTML signature can be shown (contract 6)."""

import re
from collections.abc import Sequence

from xinksig import compose
from xinksig.expressions import late
from xinksig.policy import looks_like_patch
from xinksig.related import Related
from xinksig.signature.derive import lines_as_html
from xinksig.signature.signature import Signature
from xinksig.text import plain
from xinksig.text.flowed import LINE_ENDING, is_soft, lead
from xinksig.text.place import CharEdit, Place
from xinksig.textpart import TextPart

_HEAD = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>'
_TAIL = "</body></html>"
_BLOCK_END = late(
    r"</(?:table|div|p|ul|ol|dl|h[1-6]|address|section|footer|blockquote|center)>\s*\Z", re.IGNORECASE
)


def can_upgrade(text: TextPart) -> bool:
    """Whether a plain part has no alternative yet, is read alike by every reader, and is no patch."""
    if not text.text.strict:
        return False
    parent = text.part.parent
    while parent is not None:
        if parent.content_type.type in ("multipart/alternative", "multipart/related"):
            return False
        parent = parent.parent
    return not looks_like_patch(text.characters)


def with_edits(characters: str, edits: Sequence[CharEdit]) -> str:
    """Return a text with its edits made."""
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (characters[at : edit.start], edit.text)
        at = edit.stop
    pieces.append(characters[at:])
    return "".join(pieces)


def alternative(
    text: TextPart, pairs: Sequence[tuple[Place, Signature | None]], section: bytes, newline: bytes
) -> compose.Wrapper:
    """Return the multipart/alternative around a plain part, whose second part is its HTML twin."""
    related = Related(text.part, section, newline)
    html = _twin(text, pairs, related)
    html = LINE_ENDING.sub(newline.decode("ascii"), html)
    part = compose.quoted_printable_html(html, newline)
    seeds = (section, text.part.number.encode(), *(pair[1].digest for pair in pairs if pair[1] is not None))
    if not related.is_empty:
        wrapper = related.wrapper()
        separator = b"--" + wrapper.boundary
        part = b"".join(
            (
                b"Content-Type: ",
                wrapper.content_type,
                newline,
                newline,
                separator,
                newline,
                part,
                separator,
                newline,
                wrapper.behind,
                separator,
                b"--",
                newline,
            )
        )
    boundary = f"=_alternative_{compose.derive_id(b'alternative', *seeds)}".encode()
    content_type = b"multipart/alternative;" + newline + b' boundary="' + boundary + b'"'
    return compose.Wrapper(content_type, boundary, part)


def _twin(text: TextPart, pairs: Sequence[tuple[Place, Signature | None]], related: Related) -> str:
    """Return the text a reader of the plain part sees as HTML, with the signatures' HTML in their places."""
    marker = _unused_character(text.characters)
    injection = plain.inject(
        text.characters,
        [(place, None if signature is None else marker) for place, signature in pairs],
        flowed=text.declared.flowed,
        delsp=text.declared.delsp,
        newline=text.newline,
        limit=None,
    )
    seen = with_edits(text.characters, injection.edits)
    if text.declared.flowed:
        seen = _unflowed(seen, delsp=text.declared.delsp)
    stretches = lines_as_html(seen).split(marker)
    pieces = [_HEAD, stretches[0]]
    fragments = [related.fragment(place, signature) for place, signature in pairs]
    shown = [fragment.html for fragment in fragments if fragment is not None]
    for html, stretch in zip(shown, stretches[1:], strict=True):
        # What follows a block stands on a line of its own anyway.
        pieces += (html, stretch.removeprefix("<br>") if _BLOCK_END.search(html) else stretch)
    pieces.append(_TAIL)
    return "".join(pieces)


def _unused_character(text: str) -> str:
    """Return a character for private use that the text does not have."""
    return next(character for character in map(chr, range(0xE000, 0x10FFFE)) if character not in text)


def _unflowed(text: str, *, delsp: bool) -> str:
    """Return format=flowed text with its soft line breaks and stuffed blanks gone (RFC 3676, 4)."""
    lines: list[str] = []
    depth = -1
    for line in LINE_ENDING.split(text):
        quote, content = lead(line, 0, len(line))
        soft = is_soft(line, 0, len(line))
        seen = line[content : len(line) - (soft and delsp)]
        if quote == depth:
            lines[-1] += seen
        else:
            lines.append(">" * quote + (" " if quote else "") + seen)
        depth = quote if soft else -1
    return "\n".join(lines)
