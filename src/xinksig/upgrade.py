"""A plain body with an HTML twin beside it, so that the HTML signature can be shown (contract 6)."""

from collections.abc import Sequence

from xinksig import compose
from xinksig.policy import looks_like_patch
from xinksig.related import Related
from xinksig.signature.derive import lines_as_html
from xinksig.signature.signature import Signature
from xinksig.text.place import Place
from xinksig.textpart import TextPart

_HEAD = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>'
_TAIL = "</body></html>"


def can_upgrade(text: TextPart) -> bool:
    """Whether a plain part has no alternative yet and is no patch."""
    parent = text.part.parent
    while parent is not None:
        if parent.content_type.type == "multipart/alternative":
            return False
        parent = parent.parent
    return not looks_like_patch(text.characters)


def alternative(
    text: TextPart, pairs: Sequence[tuple[Place, Signature | None]], section: bytes, newline: bytes
) -> compose.Wrapper:
    """Return the multipart/alternative around a plain part, whose second part is its HTML twin."""
    related = Related(text.part, section, newline)
    html = _twin(text, pairs, related)
    part = compose.quoted_printable_html(html.replace("\n", newline.decode()), newline)
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
    """Return the plain text as HTML, with the signatures' HTML in the places of their triggers."""
    pieces = [_HEAD]
    at = 0
    for place, signature in pairs:
        fragment = related.fragment(signature)
        pieces.append(lines_as_html(text.characters[at : place.start]))
        at = place.stop
        if fragment is not None:
            pieces.append(fragment.html)
            if fragment.has_block and text.characters.startswith(text.newline, at):
                # What follows a block stands on a line of its own anyway.
                at += len(text.newline)
    pieces.append(lines_as_html(text.characters[at:]))
    pieces.append(_TAIL)
    return "".join(pieces)
