"""The messages that are measured: built from a seed, the same octets on every machine and Python."""

import base64
import binascii
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

PLACEHOLDER = "{EMAILSIGNATURE}"
HOSTILE_PREFIX = "hostile: "

_ROWS = "".join(
    f'<tr><td style="padding:0 8px"><a href="https://example.com/people/{row:03}/card">'
    f"Ada Example, Entwicklung &amp; Café №{row}</a></td></tr>\n"
    for row in range(29)
)
HTML_SIGNATURE = f'<table cellpadding="0" cellspacing="0">\n{_ROWS}</table>'
"""About 4 KB: a table of 29 rows with a link each."""
TEXT_SIGNATURE = """\
Ada Example
Entwicklung & Café
Example GmbH, Lange Straße 1, 1010 Wien
+43 1 234 56 78
https://example.com/people/ada"""

_WORDS = """\
the and order meeting offer please Tuesday attached price schedule review contract thanks for your number week
delivery project customer invoice update regarding draft version café Müller façade naïve über größer team –
señor résumé together before after between Straße we will send it shortly with best wishes""".split()  # noqa: SIM905
_PROPERTIES = (
    "margin:0 0 12px",
    "color:#1f2937;font-size:14px",
    "font-family:Calibri,sans-serif",
    "line-height:1.4",
)


@dataclass(frozen=True)
class Span:
    """The body of a text part in which the placeholder is looked for, as the floor is told about it."""

    start: int
    stop: int
    encoding: str
    token: bytes
    """The placeholder as it stands in the decoded octets, markup inside it included."""


@dataclass(frozen=True)
class Message:
    """A message, and what the yardstick needs to know of it."""

    name: str
    data: bytes = field(repr=False)
    spans: tuple[Span, ...] = ()
    needle: bytes = b"\r\n--"
    """Line ending, hyphens and outer boundary."""
    signed: bool = True
    """Whether a placeholder is there to be replaced."""
    refusable: bool = False
    """Whether leaving it is right, too: its place in the HTML may not be certain."""


class Builder:
    """Writes a message from top to bottom and notes where the text bodies are."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.random = random.Random(f"xinksig {name}")
        self._pieces: list[bytes] = []
        self._size = 0
        self._boundaries: list[bytes] = []
        self._outer = b""
        self._spans: list[Span] = []
        self._signed = False
        self.write(
            b"From: Ada Example <ada@example.com>", b"To: Bob <bob@example.org>", b"Subject: The offer"
        )
        self.write(
            b"Date: Tue, 3 Mar 2026 10:11:12 +0100",
            b"Message-ID: <1234567890@example.com>",
            b"MIME-Version: 1.0",
        )

    @property
    def spans(self) -> tuple[Span, ...]:
        """The text bodies so far."""
        return tuple(self._spans)

    def write(self, *lines: bytes) -> None:
        """Write lines; each gets its line ending."""
        for line in lines:
            self._pieces.append(line + b"\r\n")
            self._size += len(line) + 2

    def open(self, subtype: str) -> None:
        """Begin a multipart: here its header section goes on and ends."""
        boundary = b"=_%016x_%d" % (self.random.getrandbits(64), len(self._boundaries))
        self._outer = self._outer or boundary
        self.write(b'Content-Type: multipart/%s; boundary="%s"' % (subtype.encode(), boundary), b"")
        self._boundaries.append(boundary)

    def part(self) -> None:
        """Begin the next part of the innermost multipart."""
        self.write(b"--" + self._boundaries[-1])

    def close(self) -> None:
        """End the innermost multipart."""
        self.write(b"--" + self._boundaries.pop() + b"--")
        if self._boundaries:
            self.write(b"")  # an epilogue of one empty line, as Outlook and Apple Mail have it

    def text(self, subtype: str, octets: bytes, encoding: str, token: str = PLACEHOLDER) -> None:
        """Write a text part; ``token`` is the placeholder as it stands there, if it does."""
        self.write(b"Content-Type: text/%s; charset=utf-8" % subtype.encode())
        self.write(b"Content-Transfer-Encoding: " + encoding.encode(), b"")
        start = self._size
        encoded = _encode(encoding, octets)
        self.write(encoded)
        self._spans.append(Span(start, start + len(encoded), encoding, token.encode()))
        self._signed |= token.encode() in octets

    def attachment(self, kind: str, name: str, size: int) -> None:
        """Write a base64 attachment of about ``size`` encoded octets."""
        self.write(
            b'Content-Type: %s; name="%s"' % (kind.encode(), name.encode()),
            b"Content-Transfer-Encoding: base64",
        )
        self.write(b'Content-Disposition: attachment; filename="%s"' % name.encode(), b"")
        self.write(_base64(self.random.randbytes(size * 57 // 78)))

    def done(self) -> Message:
        """Return the message."""
        while self._boundaries:
            self.close()
        data = b"".join(self._pieces)
        return Message(self.name, data, self.spans, b"\r\n--" + self._outer, self._signed)

    def sentence(self) -> str:
        """Return a sentence of made-up business."""
        return " ".join(self.random.choices(_WORDS, k=self.random.randint(8, 30))).capitalize() + "."

    def plain(self, size: int, placeholder: str) -> bytes:
        """Return plain text whose quoted-printable form has about ``size`` octets."""
        end = f"\r\nBest regards\r\n{placeholder}\r\n".encode()
        return _filled(lambda: self.sentence() + "\r\n", size, b"Dear Bob,\r\n\r\n", end)

    def html(self, size: int, placeholder: str) -> bytes:
        """Return an HTML body whose quoted-printable form has about ``size`` octets."""
        head = '<html><head><meta charset="utf-8"></head>\r\n<body><div dir="ltr">\r\n'
        end = f"<p>Best regards</p>\r\n<p>{placeholder}</p>\r\n</div></body></html>\r\n"
        return _filled(self._paragraph, size, head.encode(), end.encode())

    def _paragraph(self) -> str:
        style = self.random.choice(_PROPERTIES)
        link, bold = self.random.choices(_WORDS, k=2)
        address = f"https://example.com/{self.random.getrandbits(32):08x}?a=1&amp;b=2"
        first, second = self.sentence(), self.sentence()
        return f'<p style="{style}">{first} <a href="{address}">{link}</a> <b>{bold}</b> {second}</p>\r\n'


def _filled(unit: Callable[[], str], size: int, head: bytes, end: bytes) -> bytes:
    """Return ``head``, units and ``end``, of about ``size`` octets once they are quoted-printable."""
    pieces, rest = [head], size - len(head) - len(end)
    while rest > 0:
        piece = unit().encode()
        pieces.append(piece)
        rest -= len(_quoted_printable(piece))
    return b"".join([*pieces, end])


def _quoted_printable(octets: bytes) -> bytes:
    return binascii.b2a_qp(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def _base64(octets: bytes) -> bytes:
    return base64.encodebytes(octets).replace(b"\n", b"\r\n").rstrip()


def _encode(encoding: str, octets: bytes) -> bytes:
    if encoding == "quoted-printable":
        return _quoted_printable(octets)
    return _base64(octets) if encoding == "base64" else octets


def _alternative(
    builder: Builder, plain: int, html: int, placeholder: str, encoding: str = "quoted-printable"
) -> None:
    builder.open("alternative")
    builder.part()
    builder.text("plain", builder.plain(plain, placeholder), encoding)
    builder.part()
    builder.text("html", builder.html(html, placeholder), encoding)
    builder.close()


def _ladder(
    name: str, plain: int, html: int, attachments: list[tuple[str, str, int]], placeholder: str
) -> Message:
    builder = Builder(name)
    if not attachments:
        _alternative(builder, plain, html, placeholder)
        return builder.done()
    builder.open("mixed")
    builder.part()
    _alternative(builder, plain, html, placeholder)
    for kind, file_name, size in attachments:
        builder.part()
        builder.attachment(kind, file_name, size)
    return builder.done()


_PNG = ("image/png", "chart.png")
_PDF = ("application/pdf", "offer.pdf")
_SIZES: dict[str, tuple[int, int, list[tuple[str, str, int]]]] = {
    "5 KB": (900, 3_700, []),
    "50 KB": (3_000, 17_000, [(*_PNG, 29_000)]),
    "500 KB": (6_000, 47_000, [(*_PNG, 82_000), (*_PDF, 342_000)]),
    "5 MB": (6_000, 71_000, [(*_PNG, 123_000), *[(*_PDF, 1_200_000)] * 4]),
    "25 MB": (6_000, 71_000, [(*_PNG, 123_000), *[(*_PDF, 4_960_000)] * 5]),
}
LADDER = tuple(_SIZES)


def _sized(name: str) -> Message:
    return _ladder(name, *_SIZES[name], PLACEHOLDER)


def _without(name: str) -> Message:
    return _ladder(name, *_SIZES[name.removesuffix(", no placeholder")], "")


_WORD_PARAGRAPH = (
    "<p class=MsoNormal style='margin-bottom:12.0pt'><span lang=EN-US style='font-size:11.0pt;font-family:"
    '"Calibri",sans-serif;mso-fareast-language:EN-US\'>{}<span class=SpellE>{}</span> {} '
    "<span class=GramE>{}</span><o:p></o:p></span></p>\r\n"
)


def _word(name: str) -> Message:
    """Outlook's HTML of 80 KB: the spell checker's spans all over, also in the placeholder at the end."""
    builder = Builder(name)

    def paragraph() -> str:
        word = builder.random.choice
        return _WORD_PARAGRAPH.format(builder.sentence(), word(_WORDS), builder.sentence(), word(_WORDS))

    style = (
        'p.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt; font-family:"Calibri",sans-serif;}\r\n' * 60
    )
    head = (
        '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">\r\n'
        '<head><meta name=Generator content="Microsoft Word 15 (filtered medium)">\r\n<style><!--\r\n'
        f'{style}--></style><!--[if gte mso 9]><xml>\r\n<o:shapedefaults v:ext="edit" />\r\n</xml>'
        '<![endif]--></head>\r\n<body lang=EN-US link="#0563C1"><div class=WordSection1>\r\n'
    )
    token = "{<span class=SpellE>EMAILSIGNATURE</span>}"
    end = f"<p class=MsoNormal><span lang=EN-US>\r\n{token}<o:p></o:p></span></p>\r\n</div></body></html>\r\n"
    builder.open("alternative")
    builder.part()
    builder.text("plain", builder.plain(4_000, PLACEHOLDER), "quoted-printable")
    builder.part()
    html = _filled(paragraph, 80_000, head.encode(), end.encode())
    builder.text("html", html, "quoted-printable", token)
    return builder.done()


def _newsletter(name: str) -> Message:
    """A designer's newsletter of 500 KB: nested tables, long attributes, the placeholder in the last cell."""
    builder = Builder(name)

    def cell() -> str:
        address = f"https://news.example.com/c/{builder.random.getrandbits(256):064x}"
        return (
            '<tr><td align="center" style="padding:0;Margin:0"><table width="100%" cellpadding="0"><tr>'
            f'<td style="font-family:arial,sans-serif;line-height:21px;color:#333">{builder.sentence()}</td>'
            f'<td><a href="{address}"><img alt="" width="560" src="https://cdn.example.com/a.png" '
            'style="display:block;border:0"></a></td></tr></table></td></tr>\r\n'
        )

    head = '<!DOCTYPE html>\r\n<html><head><meta charset="utf-8"></head><body><table width="100%"><tbody>\r\n'
    end = f"<tr><td>\r\n{PLACEHOLDER}</td></tr></tbody></table></body></html>\r\n"
    builder.open("alternative")
    builder.part()
    builder.text("plain", builder.plain(8_000, PLACEHOLDER), "quoted-printable")
    builder.part()
    html = _filled(cell, 490_000, head.encode(), end.encode())
    builder.text("html", html, "quoted-printable")
    return builder.done()


def _text_1m(name: str) -> Message:
    builder = Builder(name)
    _alternative(builder, 200_000, 800_000, PLACEHOLDER)
    return builder.done()


def _base64_text(name: str) -> Message:
    builder = Builder(name)
    _alternative(builder, 10_000, 40_000, PLACEHOLDER, "base64")
    return builder.done()


def _parts_1000(name: str) -> Message:
    builder = Builder(name)
    builder.open("mixed")
    builder.part()
    _alternative(builder, 900, 3_700, PLACEHOLDER)
    for number in range(1000):
        builder.part()
        builder.attachment("application/octet-stream", f"file-{number}.bin", 500)
    return builder.done()


def _depth_100(name: str) -> Message:
    builder = Builder(name)
    for _ in range(98):
        builder.open("mixed")
        builder.part()
    _alternative(builder, 900, 3_700, PLACEHOLDER)
    return builder.done()


def _huge_header(name: str) -> Message:
    """900 KB of header section, as a mailing loop makes it."""
    builder = Builder(name)
    for number in range(6_000):
        builder.write(
            b"Received: from relay%d.example.com (relay%d.example.com [192.0.2.1])" % (number, number)
        )
        builder.write(b"\tby mx.example.org with ESMTPS id %08x; Tue, 3 Mar 2026 10:11:12 +0100" % number)
    _alternative(builder, 900, 3_700, PLACEHOLDER)
    return builder.done()


def _dash_lines(name: str) -> Message:
    """Half a megabyte of lines that begin like a delimiter."""
    builder = Builder(name)
    builder.open("mixed")
    builder.part()
    _alternative(builder, 900, 3_700, PLACEHOLDER)
    builder.part()
    builder.write(
        b'Content-Type: text/plain; charset=us-ascii; name="log.txt"', b"Content-Disposition: attachment", b""
    )
    builder.write(*[b"--=_ %d" % number for number in range(50_000)])
    return builder.done()


class _Hostile(NamedTuple):
    """HTML that made prototypes slow: a unit many times, and what stands before and behind."""

    unit: str
    times: int
    before: str = ""
    behind: str = ""


_DECOY = PLACEHOLDER + "x" * 44
_HOSTILE = {
    "braces": _Hostile("{", 200_000),
    "brace and tag": _Hostile("{<b>", 40_000),
    "prefix and tag": _Hostile("{E<b>", 40_000),
    "open comments": _Hostile("<!--", 50_000),
    "brace and comment": _Hostile("{<!-- x", 40_000),
    "brace and attribute": _Hostile('{<a b="', 40_000),
    "references": _Hostile("&#123;", 40_000),
    "brace and reference": _Hostile("{&", 100_000),
    "soft hyphens": _Hostile("{E" + "&shy;" * 40, 1_000),
    "line feeds": _Hostile("{\n", 100_000),
    "decoys in one comment": _Hostile(_DECOY, 4_000, "<!-- ", "-->"),
    "decoys in one script": _Hostile(_DECOY, 4_000, "<script>", "</script>"),
    "decoys in attributes": _Hostile(f'<a title="{PLACEHOLDER}">', 8_000),
    "nested blocks": _Hostile("<div>", 50_000, behind=PLACEHOLDER),
    "formatting that never closes": _Hostile("<b><i><u>", 20_000, behind=PLACEHOLDER),
    "formatting over paragraphs": _Hostile("<p><b><i>", 20_000, behind=PLACEHOLDER),
    "attributes without end": _Hostile(" a=b", 50_000, "<p", f">{PLACEHOLDER}"),
    "texts moved out of tables": _Hostile("<table>x", 20_000, behind=f"</table><p>{PLACEHOLDER}"),
    "end tags": _Hostile("</p>", 50_000, behind=PLACEHOLDER),
}


def hostile_html(row: str, factor: float = 1.0) -> str:
    """Return the HTML of a hostile row, ``factor`` times as long as it is measured."""
    unit, times, before, behind = _HOSTILE[row]
    return before + unit * int(times * factor) + behind


def hostile_message(row: str, factor: float = 1.0) -> Message:
    """Return a message with a hostile row as its only body, 8bit, so that nothing but the row costs."""
    builder = Builder(HOSTILE_PREFIX + row)
    builder.text("html", hostile_html(row, factor).replace("\n", "\r\n").encode(), "8bit")
    shown = PLACEHOLDER in _HOSTILE[row].behind
    return replace(builder.done(), spans=builder.spans if shown else (), signed=shown, refusable=shown)


HOSTILE = tuple(_HOSTILE)

_BUILDERS: dict[str, Callable[[str], Message]] = {
    **dict.fromkeys(LADDER, _sized),
    **{f"{name}, no placeholder": _without for name in LADDER},
    "Word 80 KB": _word,
    "newsletter 500 KB": _newsletter,
    "1 MB of text": _text_1m,
    "base64 text": _base64_text,
    "1,000 parts": _parts_1000,
    "depth 100": _depth_100,
    "huge header": _huge_header,
    "dash lines": _dash_lines,
    **{
        HOSTILE_PREFIX + row: lambda name: hostile_message(name.removeprefix(HOSTILE_PREFIX))
        for row in HOSTILE
    },
}
NAMES = tuple(_BUILDERS)


@cache
def message(name: str) -> Message:
    """Return the message of this name, one of ``NAMES``."""
    return _BUILDERS[name](name)


def streamed(size: int, chunk_size: int) -> Iterator[bytes]:
    """Yield a message of about ``size`` octets in chunks: texts, then one attachment that is never held."""
    head = message("50 KB").data
    at = head.rindex(b"\r\n", 0, head.rindex(b"\r\n--"))
    yield from (head[start : min(start + chunk_size, at)] for start in range(0, at, chunk_size))
    line = b"\r\n" + b"QUJDREVGR0hJ" * 6 + b"QUJD"
    block = (line * (chunk_size // len(line) + 1))[:chunk_size]
    for _ in range((size - len(head)) // chunk_size):
        yield block
    yield head[at:]
