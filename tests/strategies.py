"""What hypothesis draws: octets, messages, chunkings, HTML, signatures and options.

Small alphabets of the pieces that matter: a random octet finds nothing, a delimiter cut in two does.
"""

import base64
import quopri
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import strategies as st

from xinksig import InlineImage, Limits, Options, Signature

PLACEHOLDER = "{EMAILSIGNATURE}"
_PIECES = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b"--b", b"--b--", b"--bb", b"--a", b"--a--",
    b"\r\n--b\r\n", b"\n--b\n", b" ", b"\t", b":", b";", b'"', b"=", b"=\r\n", b"=3D", b"=7B", b"=C3=BC",
    b"\xc3\xbc", b"\xfc", b"\x00", b"\x1b$B", b"\x1b(B", b"{EMAILSIGNATURE}", b"{EMAIL", b"SIGNATURE}",
    b"{EMAILSIGNATURE:a}", b"&#123;", b"<b>", b"</b>", b"<p>", b"</p>", b"<div>", b"</div>", b"<table>",
    b"<!--", b"-->", b"<a href=x>", b"</a>", b"> ", b"*", b"_", b"-- ", b"e0VNQUlMU0lHTkFUVVJFfQ==",
    b"From ", b"From: jane@example.com", b"Subject: x", b"X-Xink-Handled: Yes", b"X-Xink-Handled: No",
    b"MIME-Version: 1.0", b"Content-Type: multipart/mixed; boundary=b",
    b"Content-Type: multipart/alternative; boundary=a", b"Content-Type: multipart/related; boundary=bb",
    b"Content-Type: multipart/signed; boundary=b", b"Content-Type: text/html",
    b"Content-Type: text/plain; charset=utf-8; format=flowed",
    b"Content-Type: text/html; charset=iso-2022-jp", b"Content-Type: text/plain; charset=utf-16",
    b"Content-Type: text/calendar; method=REQUEST", b"Content-Type: message/rfc822",
    b"Content-Type: image/png", b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: 8bit",
    b"Content-Disposition: attachment", b"Content-Type: text/html; charset=koi8-r", b"Sent from my iPhone",
    b"#nosig", b"On 1 Jan 2024, John wrote:", b"<blockquote type=cite>",
    b"DKIM-Signature: d=example.com; s=s; h=from", b"-----BEGIN PGP MESSAGE-----",
]  # fmt: skip


def octets() -> st.SearchStrategy[bytes]:
    """Return any octets at all, and such as look like parts of a message."""
    pieces = st.lists(st.sampled_from(_PIECES) | st.binary(max_size=3), max_size=24).map(b"".join)
    return st.binary(max_size=80) | pieces


class Leaf(NamedTuple):
    """A text part, with what it is meant to say."""

    kind: str
    charset: str
    codec: str
    encoding: str
    text: str
    """With LF line endings."""


class Drawn(NamedTuple):
    """A well-formed message and its text parts by IMAP number."""

    octets: bytes
    leaves: dict[str, Leaf]


_WORDS = {
    "us-ascii": ["Hi", "John", "a=b", "--", "", "x  y", "100%", "From here", ".", "{EMAIL", "}", "tab\there"],
    "utf-8": ["Grüße", "5 €", "Привет", "你好", "👋🏽", "", "=", "\u00a0x"],
    "iso-8859-1": ["Grüße", "été", "±½", ""],
    "windows-1252": ["Grüße", "5 €", "„so“", ""],
    "koi8-r": ["Привет", "мир", "="],
    "gb2312": ["你好", "再见", "x"],
    "shift_jis": ["表ソ能", "こんにちは", "x"],
    "iso-2022-jp": ["こんにちは", "漢字", "x"],
    "utf-16": ["Grüße", "你好👋", "{"],
}
_CODECS = {"windows-1252": "cp1252", "iso-2022-jp": "iso2022_jp"}


@st.composite
def leaves(draw: st.DrawFn, kinds: Sequence[str] = ("plain", "html")) -> Leaf:
    """Draw an inline text part; its placeholders, if any, stand in new text and by themselves."""
    kind = draw(st.sampled_from(kinds))
    charset = draw(st.sampled_from(sorted(_WORDS)))
    word = st.sampled_from([*_WORDS[charset], *_WORDS["us-ascii"]]) | st.just(PLACEHOLDER)
    lines = draw(st.lists(st.lists(word, max_size=5).map(" ".join), max_size=6))
    if kind == "html":
        lines = [f"<div>{line.replace('--', 'dash')}</div>" for line in lines]
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n"]))
    fits_7bit = text.isascii() or charset == "iso-2022-jp"
    encodings = ["quoted-printable", "base64", *(["7bit"] if fits_7bit else ["8bit"])]
    if charset == "utf-16":
        encodings = ["base64"]
    return Leaf(kind, charset, _CODECS.get(charset, charset), draw(st.sampled_from(encodings)), text)


def encoded(leaf: Leaf, newline: str, width: int = 76) -> bytes:
    """Return a leaf as a body part, without the line ending of the next delimiter."""
    raw = leaf.text.replace("\n", newline).encode(leaf.codec)
    if leaf.encoding == "base64":
        digits = base64.b64encode(raw)
        raw = newline.encode().join(digits[at : at + width] for at in range(0, len(digits), width))
    elif leaf.encoding == "quoted-printable":
        raw = quopri.encodestring(leaf.text.encode(leaf.codec)).replace(b"\n", newline.encode())
    fields = (
        f"Content-Type: text/{leaf.kind}; charset={leaf.charset}",
        f"Content-Transfer-Encoding: {leaf.encoding}",
    )
    return newline.join((*fields, "", "")).encode() + raw


@st.composite
def messages(draw: st.DrawFn, newlines: Sequence[str] = ("\n", "\r\n")) -> Drawn:
    """Draw a well-formed message: a single part or multiparts up to three deep, text and other leaves."""
    newline = draw(st.sampled_from(newlines))
    found: dict[str, Leaf] = {}
    serial = 0

    def part(number: str, depth: int) -> bytes:
        nonlocal serial
        kind = draw(
            st.sampled_from(("text", "text", "text", "other", "multi") if depth < 3 else ("text", "other"))
        )
        if kind == "text":
            leaf = found[number] = draw(leaves())
            return encoded(leaf, newline)
        if kind == "other":
            body = draw(st.sampled_from(["x", PLACEHOLDER, "--", ""]))
            media_type = draw(st.sampled_from(["image/png", "application/pdf; name=a.pdf", "message/rfc822"]))
            return f"Content-Type: {media_type}{newline}{newline}{body}".encode()
        serial += 1
        boundary = f"=_{serial}_{'x' * draw(st.integers(0, 30))}"
        subtype = draw(st.sampled_from(["mixed", "alternative", "related", "x-other"]))
        pieces = [f'Content-Type: multipart/{subtype}; boundary="{boundary}"{newline}{newline}'.encode()]
        for index in range(1, draw(st.integers(1, 3)) + 1):
            child = part(f"{number}.{index}" if number else str(index), depth + 1)
            pieces.append(f"--{boundary}{newline}".encode() + child + newline.encode())
        return b"".join(pieces) + f"--{boundary}--".encode()

    fields = draw(header_sections())
    body = part("", 0)
    return Drawn(fields.replace("\n", newline).encode() + body, found)


def header_sections() -> st.SearchStrategy[str]:
    """Return header fields of a message, Content-* left out, each with its LF."""
    fields = [
        "From: Jane Roe <jane@example.com>\n",
        "Subject: Minutes\n folded\n",
        "To: john@example.org\n",
        "MIME-Version: 1.0\n",
        "X-Xink-Handled: No\n",
        "References: <1@example.org>\n",
        "Received: from a by b\n\t; Mon, 1 Jan 2024 10:00:00 +0100\n",
    ]
    return st.lists(st.sampled_from(fields), unique=True, max_size=5).map("".join)


def chunkings(message: bytes) -> st.SearchStrategy[list[bytes]]:
    """Return ways to cut a message in chunks, empty ones included."""
    places = st.lists(st.integers(0, len(message)), max_size=8).map(sorted)
    return places.map(lambda cuts: [message[a:b] for a, b in pairwise([0, *cuts, len(message)])])


_ATOMS = [
    PLACEHOLDER, PLACEHOLDER, "{EMAIL", "SIGNATURE}", "x", " ", "\n", "&nbsp;",
    "&#123;EMAILSIGNATURE&#125;", "\u200b", "<b>", "</b>", "<i>", "</i>", "<span class=x>", "</span>",
    "<font color=red>", "</font>", "<a href=x>", "</a>", "<p>", "</p>", "<div>", "</div>", "<ul><li>",
    "</li></ul>", "<table><tr><td>", "</td></tr></table>", "<tr>", "<td>", "<br>", "<!--", "-->",
    "<!-- x -->", "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<o:p></o:p>",
    "<wbr>", '<div style="display:none">', "<blockquote type=cite>", "</blockquote>", "<svg>", "</svg>",
    "<h1>", "</h1>", "<pre>", "</pre>", "<body>", "</body>", "</html>", "<select>", "<option>", "</select>",
    "<button>", "<form>", "<img src=x>", '<p title="', '"', "<", "</", "&", "<plaintext>", "\u00fc",
]  # fmt: skip


def html() -> st.SearchStrategy[str]:
    """Return HTML of hostile atoms, placeholders among them."""
    return st.lists(st.sampled_from(_ATOMS), max_size=20).map("".join)


def signatures() -> st.SearchStrategy[Signature]:
    """Return signatures: both halves or one, ASCII or not, long, broken, with an image."""
    return st.sampled_from([
        Signature(html="<div>Jane Roe</div>", text="Jane Roe", id="a"),
        Signature(html="<b>Zoë Žižek</b> 👋", text="Zoë Žižek 👋", id="b"),
        Signature(html="<table><tr><td>Jane</td></tr></table>", text="Jane\n\n-- \n> x\nFrom here"),
        Signature(text="only text\nsecond & <line>"),
        Signature(html='<p>only <a href="https://example.com/?a=1&amp;b=2">html</a>'),
        Signature(html="word " * 300, text="w" * 1500),
        Signature(
            html='<img src="cid:logo"><img src="cid:logo">x',
            text="x",
            images=(InlineImage("logo", b"\x89PNG\r\n\x1a\n" * 10, "image/png"),),
        ),
        Signature(html="", text=""),
        Signature(html=f"{PLACEHOLDER}--b\n--b--", text=f"--b\n--b--\n{PLACEHOLDER}\n.\n"),
    ])  # fmt: skip


@st.composite
def options(draw: st.DrawFn, /, **fixed: Any) -> Options:
    """Draw options, each at its default or at another value."""
    choices: dict[str, Sequence[Any]] = {
        "placeholder": [PLACEHOLDER, ("{EMAILSIGNATURE}", "SIG here"), "x", "Grüße"],
        "ignore_case": [True, False],
        "scope": ["newest", "anywhere"],
        "matches": ["all", "first"],
        "unassigned": ["remove", "leave"],
        "no_placeholder": ["leave", "append"],
        "device_lines": [False, True],
        "more_separators": [(), ("=== old ===",)],
        "opt_out": [None, "#nosig"],
        "domains": [(), ("example.com",)],
        "upgrade_plain": [False, True],
        "remove_fields": [(), ("Subject", "X-Secret")],
        "drop_dkim": [(), ("example.com",)],
        "limits": [
            Limits(),
            Limits(header_size=40, part_header_size=30),
            Limits(depth=1, parts=2),
            Limits(text_size=20),
            Limits(matches=1, growth=40),
        ],
    }
    drawn = {name: draw(st.just(values[0]) | st.sampled_from(values)) for name, values in choices.items()}
    return Options(**(drawn | fixed))
