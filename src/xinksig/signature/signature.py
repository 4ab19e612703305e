"""The signature itself: what a reader will see in a message's HTML and in its plain text."""

import os
import re
from binascii import b2a_base64
from collections.abc import Iterable

from xinksig.errors import SourceError, UsageError
from xinksig.expressions import late
from xinksig.model import InlineImage
from xinksig.records import dataclass, field

TYPE_CHECKING = False  # true for type checkers; typing itself is loaded later

if TYPE_CHECKING:
    from xinksig.signature.images import Reference
    from xinksig.text.html.fragment import Fragment

FORBIDDEN = late("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no message can carry."""
_CONTROL = late("[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""The same in ASCII, made ready in far less time."""
_LINE_LIMIT = 998
_STYLE_TAG = late(r"<style[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signature:
    """A rendered signature: HTML, plain text or both, and the images its HTML shows by ``src="cid:NAME"``.

    A half that is missing is derived from the other one at first use. HTML may be a whole document or
    not closed properly: ``fragment`` is what goes into a message. Raises ``UsageError`` when there is neither
    half, or a value that no message can carry. Equal values are equal signatures.
    """

    html: str | None = None
    text: str | None = None
    images: tuple[InlineImage, ...] = ()
    id: str = ""
    """Named in the report of a message that has this signature."""
    _noted: tuple[str, ...] = field(default=(), init=False, compare=False)
    _fragment: "Fragment | None" = field(default=None, init=False, compare=False)
    _plain: str | None = field(default=None, init=False, compare=False)
    _references: "tuple[Reference, ...] | None" = field(default=None, init=False, compare=False)
    _digest: bytes = field(default=b"", init=False, compare=False)
    _problems: tuple[str, ...] | None = field(default=None, init=False, compare=False)
    _encoded: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        if self.html is None and self.text is None:
            raise UsageError("a Signature needs html or text: for no signature give None in its place")
        for name in ("html", "text", "id"):
            _check_string(name, getattr(self, name))
        if not isinstance(self.images, Iterable):
            raise UsageError(f"Signature.images must be InlineImage objects, not {self.images!r}")
        images = tuple(self.images)
        names = set()
        for image in images:
            if not isinstance(image, InlineImage):
                raise UsageError(f"Signature.images holds a {type(image).__name__}: give InlineImage objects")
            if not isinstance(image.data, bytes):
                raise UsageError(
                    f"image {image.name!r} holds {type(image.data).__name__}: give its octets as bytes"
                )
            if image.name in names:
                raise UsageError(f"two images are named {image.name!r}: each needs a name of its own")
            names.add(image.name)
        object.__setattr__(self, "images", images)

    def __repr__(self) -> str:
        halves = [
            f"{name}={len(half):,} characters"
            for name, half in (("html", self.html), ("text", self.text))
            if half is not None
        ]
        return f"<Signature {self.id!r}: {', '.join(halves)}, {len(self.images)} images>"

    @classmethod
    def from_html(cls, html: str, /, *, base: str | os.PathLike[str] | None = None) -> "Signature":
        """Return the signature of a designer's HTML, a whole document or a part of one.

        Style sheets are made inline (by css-inline, the extra ``styles``), ``data:`` images and images in
        the folder ``base`` come along as ``InlineImage`` objects, remote ones stay links. Scripts and what
        else mail clients block goes; ``problems`` names it. Nothing is executed or fetched. Raises
        ``SourceError`` for an image that is missing, outside the folder, too large or no image.
        """
        from xinksig.signature.document import read

        _check_string("html", html)
        document = read(html, base)
        return noted(cls(document.html, images=document.images), document.problems)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], /) -> "Signature":
        """Return the signature in a file: HTML with its images beside it, or text if it ends in ``.txt``.

        Raises ``SourceError``, which names the file and the line, as ``from_html`` does and for a file that
        cannot be read.
        """
        from xinksig.signature.document import DocumentError, decode, read

        name = os.path.basename(path)
        try:
            with open(path, "rb") as file:
                octets = file.read()
        except OSError as error:
            raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
        try:
            content, notes = decode(octets)
            if name.lower().endswith(".txt"):
                text = re.sub(r"(?:\r\n|\r|\n)\Z", "", content)
                return noted(cls(text=text, id=name), notes)
            document = read(content, os.path.dirname(path))
            return noted(cls(document.html, images=document.images, id=name), notes + document.problems)
        except DocumentError as error:
            raise SourceError(f"{path}:{error.line}: {error.reason}") from error
        except UsageError as error:
            raise SourceError(f"{path}: {error}") from error

    @property
    def fragment(self) -> "Fragment":
        """The HTML that goes into a message: closed, without a document around it; made at first use."""
        if self._fragment is None:
            html = self.html
            if html is None:
                from xinksig.signature.derive import html_from_text

                html = html_from_text(self.text or "")
            from xinksig.text.html.fragment import fragment

            object.__setattr__(self, "_fragment", fragment(html))
            assert self._fragment is not None
        return self._fragment

    @property
    def plain(self) -> str:
        """The text that goes into a plain part, its lines joined by LF; made at first use."""
        if self._plain is None:
            text = self.text
            if text is None:
                from xinksig.signature.derive import text_from_html

                text = text_from_html(self.fragment.html)
            object.__setattr__(self, "_plain", text.replace("\r\n", "\n").replace("\r", "\n"))
            assert self._plain is not None
        return self._plain

    @property
    def references(self) -> "tuple[Reference, ...]":
        """Where ``fragment.html`` shows an image by ``cid:NAME``; found at first use."""
        if self._references is None:
            from xinksig.signature.images import references

            object.__setattr__(self, "_references", tuple(references(self.fragment.html)))
            assert self._references is not None
        return self._references

    @property
    def digest(self) -> bytes:
        """32 octets that stand for all a reader will see: equal for equal signatures, on any machine."""
        if not self._digest:
            from hashlib import sha256

            total = sha256()
            values = [self.fragment.html.encode(), self.plain.encode()]
            for image in self.images:
                values += [image.name.encode(), image.media_type.encode(), image.data]
            for octets in values:
                total.update(len(octets).to_bytes(8, "big") + octets)
            object.__setattr__(self, "_digest", total.digest())
        return self._digest

    def encoded_image(self, image: InlineImage, newline: bytes = b"\r\n") -> bytes:
        """Return an image's octets as base64 in lines of 76, each ended by ``newline``; encoded once."""
        key = (image.data, newline)
        octets = self._encoded.get(key)
        if octets is None:
            octets = self._encoded[key] = _base64_lines(image.data, newline)
        return octets

    @property
    def problems(self) -> tuple[str, ...]:
        """What a reader will miss or not see, one plain sentence each; () if nothing was found."""
        if self._problems is None:
            found = dict.fromkeys((*self._noted, *self._found_problems()))
            object.__setattr__(self, "_problems", tuple(found))
            assert self._problems is not None
        return self._problems

    def _found_problems(self) -> list[str]:
        found = []
        for name, half in (("html", self.html), ("text", self.text)):
            if half is not None and not half.strip():
                found.append(f"the {name} is empty")
        if self.html is not None and _STYLE_TAG.search(self.html):
            found.append("style sheets are dropped by mail clients: Signature.from_html makes them inline")
        names = {image.name for image in self.images}
        from xinksig.signature.images import problems

        used = {reference.name for reference in self.references}
        found += [f"the HTML shows the image {name!r}, which is not given" for name in sorted(used - names)]
        found += [f"image {name!r} is not shown by the HTML" for name in sorted(names - used)]
        for image in self.images:
            found += problems(image)
        longest = max(self.plain.encode("utf-8").split(b"\n"), key=len)
        if len(longest) > _LINE_LIMIT:
            found.append(
                f"the text has a line of {len(longest):,} octets: a message's lines end at {_LINE_LIMIT}"
            )
        return found


def noted(
    signature: Signature,
    problems: Iterable[object],
    encoded: dict[tuple[bytes, bytes], bytes] | None = None,
) -> Signature:
    """Return the signature with problems of its reading; ``encoded`` keeps its images' encoded octets."""
    object.__setattr__(signature, "_noted", tuple(map(str, problems)))
    if encoded is not None:
        object.__setattr__(signature, "_encoded", encoded)
    return signature


def _check_string(name: str, value: object) -> None:
    if value is None and name != "id":
        return
    if name == "id" and isinstance(value, str) and not value.isprintable():
        raise UsageError("Signature.id must be printable: it stands in logs")
    if not isinstance(value, str):
        hint = ": decode it first" if isinstance(value, bytes | bytearray) else ""
        raise UsageError(f"Signature.{name} must be a str, not {type(value).__name__}{hint}")
    found = (_CONTROL if value.isascii() else FORBIDDEN).search(value)
    if found:
        line = value.count("\n", 0, found.start()) + 1
        raise UsageError(
            f"Signature.{name} contains U+{ord(found[0]):04X} in line {line}: no message can carry it"
        )


def _base64_lines(data: bytes, newline: bytes) -> bytes:
    encoded = b2a_base64(data, newline=False)
    return b"".join([encoded[at : at + 76] + newline for at in range(0, len(encoded), 76)])
