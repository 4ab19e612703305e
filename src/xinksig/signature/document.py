"""A designer's HTML document, read once: what mail clients would block is taken out, images come along.

Nothing is executed or fetched. The source is walked span by span, so that markup which is not at fault stays
as the designer wrote it; only a style sheet makes a parser write it anew.
"""

import os
import re
from collections.abc import Callable

from xinksig.errors import SourceError
from xinksig.model import InlineImage
from xinksig.records import NamedTuple
from xinksig.signature import images as image_files
from xinksig.signature import styles
from xinksig.text.html.fragment import fragment
from xinksig.text.html.names import VOID
from xinksig.text.html.scanner import COMMENT, DROPPED, END, START, Span, attributes, self_closing, spans

LARGE = 100_000
"""Characters of HTML from which a signature is named as large: Gmail clips a message at 102 KB."""
LARGEST = 1 << 20

_CONDITIONAL = re.compile(r"<!(?:--)?\s*+(?:<!\s*+)?\[\s*+(?:if|endif)\b", re.IGNORECASE)
_REVEALED = re.compile(r"<!\s*\[\s*(if\b[^>]*)\]\s*>", re.IGNORECASE)
_CSS_URL = re.compile(r"""url\(\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'()]*))\s*+\)""", re.IGNORECASE)
_ACTIVE = re.compile(r"(?:javascript|vbscript|livescript|data|file|about|blob):", re.IGNORECASE)
_LINKS = ("href", "action", "formaction", "xlink:href", "ping")
_DROPPED_WITH_CONTENT = ("script", "title")
_DROPPED_TAGS = ("meta", "base", "link")
_UNSHOWN = frozenset(
    [
        *("applet", "audio", "button", "canvas", "embed", "form", "frame", "frameset", "iframe", "input"),
        *("math", "object", "select", "svg", "textarea", "video"),
    ]
)
_INHERITED = re.compile(
    r"(?:color|font(?:-[a-z-]+)?|line-height|letter-spacing|word-spacing|text-align|direction)\Z",
    re.IGNORECASE,
)

Load = Callable[[str], InlineImage]


class Problem(NamedTuple):
    """Something in the document that a reader will miss or not see."""

    line: int
    """In the document, from 1; 0: the document as a whole."""
    text: str
    quote: str = ""
    """What stands in the source there, so that it can be found in a template."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


class DocumentError(SourceError):
    """A document that cannot become a signature."""

    def __init__(self, reason: str, line: int, quote: str = "") -> None:
        super().__init__(f"line {line}: {reason}")
        self.reason = reason
        self.line = line
        self.quote = quote


class Document(NamedTuple):
    """What a document has become."""

    html: str
    """Content for a body, without the document around it."""
    images: tuple[InlineImage, ...]
    problems: tuple[Problem, ...]


def read(html: str, base: str | os.PathLike[str] | None, load: Load | None = None) -> Document:
    """Return the content of a whole document or a fragment, and the images it uses.

    ``base`` is the folder of its local images (``None``: they are only named in the problems); ``load``
    reads one, by default from that folder. Raises ``DocumentError`` for an image that is missing, outside the
    folder, too large or no image, and for more than ``LARGEST`` characters.
    """
    if len(html) > LARGEST:
        raise DocumentError(f"the HTML has {len(html):,} characters: at most {LARGEST:,} make a signature", 1)
    if load is None and base is not None:
        load = _loader(base)
    reading = _Reading(html.removeprefix("\ufeff"), load)
    cleaned = reading.cleaned()
    if reading.has_plain_rules:
        cleaned, problem = styles.inline(cleaned)
        if problem:
            reading.note(0, problem)
    body, inherited = _body(cleaned)
    body = reading.closed(body)
    if inherited:
        body = f'<div style="{_escaped(inherited)}">{body}</div>'
    used = {reference.name for reference in image_files.references(body)}
    found = tuple(image for name, image in reading.images.items() if name in used)
    if len(body) > LARGE:
        reading.note(0, f"the HTML has {len(body):,} characters: Gmail clips a message at 102 KB")
    for image in found:
        for text in image_files.problems(image):
            reading.note(0, text, image.name)
    return Document(body, found, tuple(dict.fromkeys(reading.problems)))


def decode(octets: bytes) -> tuple[str, tuple[Problem, ...]]:
    """Return the characters of a file: UTF-8, else what the file says of itself, else a guess that is named.

    Raises ``DocumentError`` when no reading is possible.
    """
    try:
        return octets.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
    from bs4.dammit import UnicodeDammit

    read = UnicodeDammit(octets, is_html=True)
    if read.unicode_markup is None or read.contains_replacement_characters:
        raise DocumentError("the file is not UTF-8, and in no other charset it makes sense", line)
    return read.unicode_markup, (
        Problem(line, f"the file is not UTF-8 and was read as {read.original_encoding}"),
    )


def _loader(base: str | os.PathLike[str]) -> Load:
    return lambda src: image_files.from_file(base, src)


class _Reading:
    """The first pass over the source: out goes what clients block, images become ``cid:`` names."""

    def __init__(self, html: str, load: Load | None) -> None:
        self._html = html
        self._load = load
        self._line = 1
        self._counted = 0
        self.images: dict[str, InlineImage] = {}
        self.problems: list[Problem] = []
        self.has_plain_rules = False

    def note(self, line: int, text: str, quote: str = "") -> None:
        self.problems.append(Problem(line, text, quote))

    def closed(self, body: str) -> str:
        closed = fragment(body).html
        if closed != body and _tags(closed) != _tags(body):
            self.note(0, "the HTML is not closed properly and was closed as a browser does")
        return closed

    def cleaned(self) -> str:
        pieces: list[str] = []
        dropped = ""
        css: list[str] | None = None
        for span in spans(self._html):
            self._line += self._html.count("\n", self._counted, span.start)
            self._counted = span.start
            if dropped:
                if span.kind == END and span.name == dropped:
                    dropped = ""
            elif css is not None:
                if span.kind == END and span.name == "style":
                    pieces += self._style(css)
                    css = None
                else:
                    css.append(self._html[span.start : span.stop])
            elif span.kind == COMMENT:
                pieces.append(self._comment(span))
            elif span.kind == DROPPED:
                self.note(self._line, "a tag is not closed, and what follows is lost")
            elif span.kind == START and span.name in _DROPPED_WITH_CONTENT:
                dropped = span.name
                if span.name == "script":
                    self.note(self._line, "a script was taken out", "<script")
            elif span.kind == START and span.name == "style":
                css = [] if self._is_for_mail(span) else None
                dropped = "" if css is not None else "style"
            elif span.kind == START:
                pieces.append(self._start_tag(span))
            else:
                pieces.append(self._html[span.start : span.stop])
        if dropped or css is not None:
            self.note(self._line, "a style sheet or script is not closed, and what follows is lost")
        return "".join(pieces)

    def _comment(self, span: Span) -> str:
        """Keep the conditional comments of Outlook, in the form that every parser leaves as it is."""
        text = self._html[span.start : span.stop]
        conditional = _CONDITIONAL.match(text)
        if conditional is None:
            return ""
        if "src=" in text.lower() and not re.search(r"\ssrc=[\"']?(?:https?:|cid:)", text, re.IGNORECASE):
            self.note(self._line, "an image in a conditional comment is not sent along", conditional[0])
        if text.startswith("<!--"):
            return text
        revealed = _REVEALED.match(text)
        return f"<!--[{revealed[1]}]><!-->" if revealed else "<!--<![endif]-->"

    def _is_for_mail(self, span: Span) -> bool:
        values = attributes(self._html, span.start, span.stop)
        media = values.get("media", "").strip().lower()
        if media in ("", "all", "screen"):
            return values.get("type", "").strip().lower() in ("", "text/css")
        self.note(self._line, f"a style sheet for {media!r} was left out", "<style")
        return False

    def _style(self, css: list[str]) -> list[str]:
        text = "".join(css)
        sheet = styles.read(text)
        for name in sheet.at_rules:
            self.note(self._line, f"{name} rules have no inline form and were left out", name)
        if sheet.dynamic:
            some = ", ".join(sheet.dynamic[:3]) + ("…" if len(sheet.dynamic) > 3 else "")
            self.note(self._line, f"rules for {some} have no inline form and were left out", sheet.dynamic[0])
        if not sheet.plain:
            return []
        self.has_plain_rules = True
        return ["<style>", _CSS_URL.sub(self._css_url, text), "</style>"]

    def _start_tag(self, span: Span) -> str:
        source = self._html[span.start : span.stop]
        name = span.name
        if name in _DROPPED_TAGS:
            self._named_if_style_sheet(span)
            return ""
        if name in _UNSHOWN:
            self.note(self._line, f"<{name}> is not shown by most mail clients", f"<{name}")
        if "=" not in source:
            return source
        before = attributes(self._html, span.start, span.stop)
        after = {key: self._attribute(name, key, value) for key, value in before.items()}
        if after == before:
            return source
        written = "".join(f' {key}="{_escaped(value)}"' for key, value in after.items() if value is not None)
        slash = " /" if self_closing(self._html, span) else ""
        return f"{source[: 1 + len(name)]}{written}{slash}>"

    def _named_if_style_sheet(self, span: Span) -> None:
        values = attributes(self._html, span.start, span.stop)
        if span.name == "link" and "stylesheet" in values.get("rel", "").lower():
            href = values.get("href", "")
            self.note(
                self._line, f"the style sheet {href!r} is not loaded: put its rules into the document", href
            )

    def _attribute(self, tag: str, key: str, value: str) -> str | None:
        """Return the attribute's value as it shall be; ``None``: it goes."""
        if key.startswith("on") and key.isalpha():
            self.note(self._line, f"{key} was taken out: no mail client runs it", key)
            return None
        if key in _LINKS and _ACTIVE.match(re.sub(r"[\x00-\x20]", "", value)):
            self.note(self._line, f"the link {value[:40]!r} was taken out", value)
            return None
        if key == "style" and "url(" in value.lower():
            return _CSS_URL.sub(self._css_url, value)
        if key == "background" or (key == "src" and tag in ("img", "v:imagedata", "v:fill", "input")):
            return self._image(value)
        if key == "srcset":
            self.note(self._line, "srcset was taken out: mail clients show src", "srcset")
            return None
        return value

    def _css_url(self, found: re.Match[str]) -> str:
        value = found[1] or found[2] or found[3] or ""
        taken = self._image(value)
        return found[0] if taken == value else f"url({taken})"

    def _image(self, src: str) -> str:
        kind, value = image_files.source(src)
        if kind in ("remote", "cid"):
            return src
        if kind == "empty":
            self.note(self._line, "an image has no address")
            return src
        if kind == "other":
            self.note(self._line, f"image {value[:60]!r} is out of reach for a reader: give https:", value)
            return src
        if kind == "local" and self._load is None:
            self.note(
                self._line, f"image {value[:60]!r} is a local file, and no folder is given to read it", value
            )
            return src
        try:
            if kind == "local" and self._load is not None:
                image = self._load(value)
            else:
                image = image_files.from_data_url(value)
        except SourceError as error:
            raise DocumentError(str(error), self._line, value[:200]) from error
        self.images.setdefault(image.name, image)
        return f"cid:{image.name}"


def _tags(html: str) -> list[tuple[int, str]]:
    """Return the tags in order, without those that a parser may add or leave out as it likes."""
    left_out = VOID | {"tbody"}
    return [(kind, name) for kind, _, _, name in spans(html) if kind in (START, END) and name not in left_out]


def _body(html: str) -> tuple[str, str]:
    """Return a document's content without the tags around it, and the style that html and body hand down."""
    pieces: list[str] = []
    inherited: list[str] = []
    in_style = False
    for span in spans(html):
        if span.name == "style" and span.kind in (START, END):
            in_style = span.kind == START
        elif in_style:
            continue
        elif span.name in ("html", "body", "head") and span.kind in (START, END):
            if span.kind == START:
                inherited += _handed_down(attributes(html, span.start, span.stop))
        else:
            pieces.append(html[span.start : span.stop])
    return "".join(pieces).strip("\t\n\f\r "), "; ".join(inherited)


def _handed_down(values: dict[str, str]) -> list[str]:
    kept = []
    if values.get("text"):
        kept.append(f"color: {values['text']}")
    for declaration in values.get("style", "").split(";"):
        name, colon, value = declaration.partition(":")
        if colon and value.strip() and _INHERITED.match(name.strip()):
            kept.append(f"{name.strip()}: {value.strip()}")
    return kept


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;")
