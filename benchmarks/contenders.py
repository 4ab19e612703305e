"""Ways to do the job, each as good as it can be; what a contender is given beforehand is not timed."""

import base64
import binascii
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.generator import BytesGenerator
from email.message import Message as ParsedMessage
from email.parser import BytesParser
from email.policy import compat32
from typing import Any

from benchmarks import gmime
from benchmarks.messages import HTML_SIGNATURE, PLACEHOLDER, TEXT_SIGNATURE, Message, Span

CHUNK_SIZE = 64 << 10
HANDLED = ("X-Xink-Handled", "Yes")

SEALED = ("multipart/signed", "multipart/encrypted", "multipart/report")

Job = Callable[[], bytes | memoryview]


@dataclass(frozen=True)
class Contender:
    """One way: ``prepare`` gets ready outside the measured time, what it returns is measured."""

    name: str
    prepare: Callable[[Message], Job]
    signs: bool = True
    """Whether it writes a whole signed message, which is then checked."""


def to_lines(octets: bytes) -> bytes:
    """Return the quoted-printable form with the message's line endings."""
    return binascii.b2a_qp(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def _floor_splice(message: Message) -> Job:
    """The yardstick: spans and boundary are known; finds, decodes, encodes and joins once."""
    data, view, needle, spans = message.data, memoryview(message.data), message.needle, message.spans
    signature = HTML_SIGNATURE.encode()

    def job() -> bytes:
        at = data.find(needle)
        while at >= 0:
            at = data.find(needle, at + len(needle))
        out: list[bytes | memoryview] = []
        last = 0
        for span in spans:
            if span.encoding == "base64":
                at, stop, new = _splice_base64(data, span, signature)
                if at < 0:
                    continue
            elif span.token in _decoded(data, span):
                new = binascii.b2a_qp(signature) if span.encoding == "quoted-printable" else signature
                at = data.find(span.token, span.start, span.stop)
                at = span.start if at < 0 else at
                stop = at + len(span.token)
            else:
                continue
            out += (view[last:at], new)
            last = stop
        out.append(view[last:])
        return b"".join(out)

    return job


def _decoded(data: bytes, span: Span) -> bytes:
    octets = data[span.start : span.stop]
    return binascii.a2b_qp(octets) if span.encoding == "quoted-printable" else octets


def _splice_base64(data: bytes, span: Span, signature: bytes) -> tuple[int, int, bytes]:
    """Encode again from the line of the placeholder on: 57 octets a line, 78 encoded with its ending."""
    octets = binascii.a2b_base64(data[span.start : span.stop])
    at = octets.find(span.token)
    line = at // 57
    changed = octets[line * 57 : at] + signature + octets[at + len(span.token) :]
    return (span.start + line * 78 if at >= 0 else -1), span.stop, base64.encodebytes(changed)


def _copy(message: Message) -> Job:
    view = memoryview(message.data)
    return lambda: b"".join([view[:1], view[1:]])


def _xinksig(message: Message) -> Job:
    from xinksig import Signature, rewrite

    signature = Signature(html=HTML_SIGNATURE, text=TEXT_SIGNATURE)
    data = message.data
    return lambda: rewrite(data, signature).message


def chunked(message: Message) -> Callable[[Callable[[bytes | memoryview], Any]], None]:
    """Return a job that rewrites in chunks and gives every piece away at once, as to a socket."""
    from xinksig import Signature, rewrite_iter

    signature = Signature(html=HTML_SIGNATURE, text=TEXT_SIGNATURE)
    data = message.data
    chunks = [data[at : at + CHUNK_SIZE] for at in range(0, len(data), CHUNK_SIZE)]

    def job(take: Callable[[bytes | memoryview], Any]) -> None:
        for piece in rewrite_iter(chunks, signature):
            take(piece)

    return job


def _xinksig_chunked(message: Message) -> Job:
    job = chunked(message)
    view = memoryview(bytearray(len(message.data) + (64 << 10)))

    def run() -> memoryview:
        # One copy of each piece, as a socket or a file makes it.
        end = 0

        def take(piece: bytes | memoryview) -> None:
            nonlocal end
            start, end = end, end + len(piece)
            view[start:end] = piece

        job(take)
        return view[:end]

    return run


def editable(part: ParsedMessage) -> Iterator[ParsedMessage]:
    """Yield the text parts that a careful caller of a library edits."""
    kind = part.get_content_type()
    if part.is_multipart():
        if not kind.startswith("message/") and kind not in SEALED:
            for child in part.get_payload():
                if isinstance(child, ParsedMessage):
                    yield from editable(child)
    elif kind in ("text/plain", "text/html") and not part.get_filename():
        yield part


def _standard_library(message: Message) -> Job:
    """The least lossy use: compat32, nothing refolded, the part's own transfer encoding and charset kept."""
    data = message.data
    policy = compat32.clone(linesep="\r\n", max_line_length=None)

    def job() -> bytes:
        parsed = BytesParser(policy=policy).parsebytes(data)
        for part in editable(parsed):
            octets = part.get_payload(decode=True)
            charset = part.get_content_charset("us-ascii")
            assert isinstance(octets, bytes)
            text = octets.decode(charset)
            if PLACEHOLDER not in text:
                continue
            html = part.get_content_subtype() == "html"
            octets = text.replace(PLACEHOLDER, HTML_SIGNATURE if html else TEXT_SIGNATURE).encode(charset)
            encoding = str(part.get("Content-Transfer-Encoding", "")).lower()
            if encoding == "quoted-printable":
                octets = binascii.b2a_qp(octets.replace(b"\r\n", b"\n"))
            elif encoding == "base64":
                octets = base64.encodebytes(octets)
            part.set_payload(octets.decode("ascii", "surrogateescape"))
        parsed[HANDLED[0]] = HANDLED[1]
        out = io.BytesIO()
        BytesGenerator(out, mangle_from_=False, maxheaderlen=0, policy=policy).flatten(parsed)
        return out.getvalue()

    return job


def _beautiful_soup(message: Message) -> Job:
    """The HTML part alone, already decoded: parse, replace the text, write."""
    from bs4 import BeautifulSoup

    span = message.spans[-1]
    octets = message.data[span.start : span.stop]
    html = (binascii.a2b_base64(octets) if span.encoding == "base64" else binascii.a2b_qp(octets)).decode()

    def job() -> bytes:
        soup = BeautifulSoup(html, "lxml")
        for text in soup.find_all(string=lambda text: text is not None and PLACEHOLDER in text):
            text.replace_with(BeautifulSoup(text.replace(PLACEHOLDER, HTML_SIGNATURE), "html.parser"))
        return str(soup).encode()

    return job


FLOOR = Contender("floor splice", _floor_splice, signs=False)
COPY = Contender("copy", _copy, signs=False)
XINKSIG = Contender("xinksig", _xinksig)
CHUNKED = Contender("xinksig, 64 KiB chunks", _xinksig_chunked)
STANDARD_LIBRARY = Contender("standard library", _standard_library)
GMIME = Contender("GMime through gi", gmime.through_gi)
GMIME_C = Contender("GMime through ctypes", gmime.through_ctypes)
BEAUTIFUL_SOUP = Contender("Beautiful Soup, HTML part alone", _beautiful_soup, signs=False)

ALL = (FLOOR, COPY, XINKSIG, CHUNKED, STANDARD_LIBRARY, GMIME, GMIME_C, BEAUTIFUL_SOUP)


def available() -> list[Contender]:
    """Return the contenders this machine can run."""
    absent = {GMIME.name: gmime.load_gi() is None, GMIME_C.name: gmime.load_library() is None}
    return [contender for contender in ALL if not absent.get(contender.name)]
