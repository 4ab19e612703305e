"""The images of signatures as body parts beside the HTML that shows them (RFC 2387, 2392)."""

from collections.abc import Sequence
from functools import lru_cache

from xinksig import compose
from xinksig.edits import Change
from xinksig.mime.part import Part
from xinksig.model import InlineImage, Trigger
from xinksig.records import NamedTuple
from xinksig.signature.signature import Signature
from xinksig.text.html.fragment import Fragment
from xinksig.text.mark import marked
from xinksig.text.place import Place

_APPEND = Trigger.APPEND


class _Template(NamedTuple):
    """A signature's HTML with marks in the place of Content-IDs: what is made of it serves every message."""

    fragment: Fragment
    marks: tuple[tuple[str, InlineImage], ...]


@lru_cache(maxsize=64)
def _template(signature: Signature) -> _Template:
    fragment = signature.fragment
    html = fragment.html
    images = {image.name: image for image in signature.images}
    marks: dict[str, InlineImage] = {}
    pieces: list[str] = []
    at = 0
    for reference in signature.references:
        image = images.get(reference.name)
        if image is not None:
            mark = _content_id(b"mark", signature.digest, image.name.encode())
            marks[mark] = image
            pieces += (html[at : reference.start], mark)
            at = reference.stop
    pieces.append(html[at:])
    return _Template(fragment.with_html("".join(pieces)) if marks else fragment, tuple(marks.items()))


def _content_id(*seeds: bytes) -> str:
    """Return a Content-ID; all have the same length."""
    return f"{compose.derive_id(*seeds)}@xinksig"


class _Identified(Fragment):
    """A fragment with Content-IDs in the place of marks of their length: its lines break where they did."""

    __slots__ = ("_ids", "_template")

    def __init__(self, template: Fragment, ids: Sequence[tuple[str, str]]) -> None:
        for name in Fragment.__slots__:
            setattr(self, name, getattr(template, name))
        self._template = template
        self._ids = ids
        self.html = self._identified(template.html)

    def _identified(self, html: str) -> str:
        for mark, content_id in self._ids:
            html = html.replace(mark, content_id)
        return html

    def written(self, newline: str) -> str:
        """See ``Fragment``."""
        return self._identified(self._template.written(newline))

    def folded(self, newline: str, *, blanks: bool) -> str:
        """See ``Fragment``."""
        return self._identified(self._template.folded(newline, blanks=blanks))


class Related:
    """The images that the signatures of one HTML part bring along, each once."""

    def __init__(self, part: Part, section: bytes, newline: bytes) -> None:
        """``section`` is the message's header section: Content-IDs are derived from it."""
        self._part = part
        self._section = section
        self._newline = newline
        self._images: dict[InlineImage, tuple[str, bytes]] = {}

    def fragment(self, place: Place, signature: Signature | None) -> Fragment | None:
        """Return the signature's HTML as it goes into a place; an appended one shows that it was."""
        if signature is None:
            return None
        fragment = self._with_ids(signature) if signature.images else signature.fragment
        return fragment.with_html(marked(fragment.html)) if place.trigger is _APPEND else fragment

    def _with_ids(self, signature: Signature) -> Fragment:
        """Return the signature's HTML with ``cid:NAME`` turned into the Content-IDs of this message."""
        template = _template(signature)
        if not template.marks:
            return template.fragment
        ids = [(mark, self._content_id(signature, image)) for mark, image in template.marks]
        return _Identified(template.fragment, ids)

    def _content_id(self, signature: Signature, image: InlineImage) -> str:
        known = self._images.get(image)
        if known is None:
            seeds = (self._section, self._part.number.encode(), image.name.encode(), signature.digest)
            content_id = _content_id(*seeds)
            known = self._images[image] = content_id, signature.encoded_image(image, self._newline)
        return known[0]

    def keep_shown(self, texts: Sequence[str]) -> None:
        """Keep the images that one of these texts shows: not every signature may have found its place."""
        self._images = {
            image: (content_id, encoded)
            for image, (content_id, encoded) in self._images.items()
            if any(content_id in text for text in texts)
        }

    @property
    def is_empty(self) -> bool:
        """Whether no image is shown."""
        return not self._images

    def parts(self) -> list[bytes]:
        """Return the images as body parts, each ending in a line ending."""
        return [
            compose.image_part(image, content_id, encoded, self._newline)
            for image, (content_id, encoded) in self._images.items()
        ]

    def extension(self, parent: Part) -> bytes:
        """Return what to insert before a delimiter of a multipart/related that is there already."""
        return b"".join(b"--" + parent.boundary + self._newline + part for part in self.parts())

    def wrapped(self, inner: Sequence[Change]) -> list[Change]:
        """Return the changes of the part, ``inner``, with a multipart/related made around it."""
        return compose.wrap(self._part, self.wrapper(), inner, None, self._newline)

    def wrapper(self) -> compose.Wrapper:
        """Return the multipart/related around the HTML part."""
        seeds = (
            self._section,
            self._part.number.encode(),
            *(key[0].encode() for key in self._images.values()),
        )
        boundary = f"=_related_{compose.derive_id(b'related', *seeds)}".encode()
        separator = b"--" + boundary + self._newline
        content_type = (
            b'multipart/related; type="text/html";' + self._newline + b' boundary="' + boundary + b'"'
        )
        return compose.Wrapper(content_type, boundary, separator.join(self.parts()))
