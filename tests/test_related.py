"""Inline images on every shape of message, judged by the standard library's reader."""

import email
import re
from email.message import Message
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig import (
    InlineImage,
    Limits,
    Options,
    Outcome,
    Report,
    Signature,
    SignatureRequest,
    rewrite,
    rewrite_iter,
)
from xinksig.signature import signature as signature_module
from xinksig.text.html import fold

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2
GIF = b"GIF89a" + bytes(range(255, -1, -1))
LOGO = InlineImage("logo.png", PNG, "image/png")
SIGNATURE = Signature(
    html='<b>Jane <img src="cid:logo.png" alt="logo"></b>', text="Jane in text", images=(LOGO,), id="jane"
)
HEAD = "From: jane@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hi</p><p>{EMAILSIGNATURE}</p>\r\n"
PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\nHi\r\n{EMAILSIGNATURE}\r\n"
PICTURE = (
    "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <logo.png>\r\n\r\nAAAA\r\n"
)
PDF = "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBER\r\n"


def multipart(kind: str, *parts: str, boundary: str, more: str = "", close: bool = True) -> str:
    return "".join(
        (
            f"Content-Type: multipart/{kind}; boundary={boundary}{more}\r\n\r\n",
            *(f"--{boundary}\r\n{part}\r\n" for part in parts),
            f"--{boundary}--\r\n" if close else "",
        )
    )


def related(*parts: str, more: str = "", close: bool = True) -> str:
    return multipart("related", *parts, boundary="rrr", more=more, close=close)


def alternative(*parts: str) -> str:
    return multipart("alternative", *parts, boundary="aaa")


def mixed(*parts: str) -> str:
    return multipart("mixed", *parts, boundary="mmm")


def tree(message: Message) -> str:
    """Return the media types as one expression, such as ``related(html, png)``."""
    kind = message.get_content_subtype()
    if not message.is_multipart():
        return kind
    return f"{kind}({', '.join(tree(part) for part in parts_of(message))})"


def parts_of(message: Message) -> list[Message]:
    payload = message.get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Message)]


def octets(part: Message) -> bytes:
    decoded = part.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    return decoded


def run(
    message: bytes, signature: Signature = SIGNATURE, options: Options | None = None
) -> tuple[Message, bytes, Report]:
    """Rewrite a message whole and in chunks of several sizes, which must not matter; read what came out."""
    output, report = rewrite(message, signature, options)
    assert report.apply(message) == output
    for size in (1, 7, 64):
        chunks = [message[at : at + size] for at in range(0, len(message), size)]
        rewriting = rewrite_iter(chunks, signature, options)
        assert b"".join(rewriting) == output
        assert rewriting.report == report
    again = rewrite(output, signature, options)
    assert (again.message, again.report.outcome) == (output, Outcome.ALREADY_HANDLED)
    return email.message_from_bytes(output), output, report


def resolve(message: Message) -> list[tuple[str, bytes]]:
    """Return type and octets of each image that the HTML shows, found as RFC 2392 and 2387 say."""
    found = []

    def walk(part: Message, known: dict[str, Message]) -> None:
        if part.get_content_type() == "multipart/related":
            inside = {str(other["Content-ID"]).strip("<>"): other for other in parts_of(part)}
            known = {**known, **inside}
        if part.is_multipart():
            for inner in parts_of(part):
                walk(inner, known)
        elif part.get_content_type() == "text/html":
            for name in re.findall(rb'src="cid:([^"]+)"', octets(part)):
                image = known[name.decode()]
                found.append((image.get_content_type(), octets(image)))

    walk(message, {})
    return found


SHAPES = {
    "root html": (HTML, "related(html, png)"),
    "alternative": (alternative(PLAIN, HTML), "alternative(plain, related(html, png))"),
    "related": (related(HTML, PICTURE), "related(html, png, png)"),
    "alternative in related": (
        related(alternative(PLAIN, HTML), PICTURE),
        "related(alternative(plain, html), png, png)",
    ),
    "related in alternative": (
        alternative(PLAIN, related(HTML, PICTURE)),
        "alternative(plain, related(html, png, png))",
    ),
    "html in mixed": (mixed(HTML, PDF), "mixed(related(html, png), pdf)"),
    "html behind an attachment": (mixed(PDF, HTML), "mixed(pdf, related(html, png))"),
    "alternative in mixed": (
        mixed(alternative(PLAIN, HTML), PDF),
        "mixed(alternative(plain, related(html, png)), pdf)",
    ),
    "alternative in related in mixed": (
        mixed(related(alternative(PLAIN, HTML), PICTURE), PDF),
        "mixed(related(alternative(plain, html), png, png), pdf)",
    ),
    "related in alternative in mixed": (
        mixed(alternative(PLAIN, related(HTML, PICTURE)), PDF),
        "mixed(alternative(plain, related(html, png, png)), pdf)",
    ),
    "mixed in related": (related(mixed(HTML, PDF), PICTURE), "related(mixed(html, pdf), png, png)"),
    "related without close delimiter": (related(HTML, PICTURE, close=False), "related(html, png, png)"),
    "related of one part without close delimiter": (related(HTML, close=False), "related(html, png)"),
    "related ended by the outer delimiter": (
        mixed(related(HTML, PICTURE, close=False), PDF),
        "mixed(related(html, png, png), pdf)",
    ),
}


@pytest.mark.parametrize("newline", ["\r\n", "\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize("shape", SHAPES)
def test_image_comes_along_on_every_shape(shape: str, newline: str) -> None:
    body, expected = SHAPES[shape]
    original = (HEAD + body).replace("\r\n", newline).encode()
    message, output, report = run(original)
    assert report.outcome is Outcome.REPLACED
    assert tree(message) == expected
    assert resolve(message) == [("image/png", PNG)]
    assert all(not part.defects for part in message.walk() if not part.is_multipart())
    if newline == "\n":
        assert b"\r" not in output
    else:
        assert output.count(b"\n") == output.count(b"\r\n")
    original_message = email.message_from_bytes(original)
    texts = [octets(part) for part in original_message.walk() if part.get_content_type() == "text/plain"]
    after = [octets(part) for part in message.walk() if part.get_content_type() == "text/plain"]
    assert [text.replace(b"{EMAILSIGNATURE}", b"Jane in text") for text in texts] == after


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "quoted-printable", "base64"])
@pytest.mark.parametrize("around", ["root", "alternative", "related"])
def test_image_beside_html_in_any_transfer_encoding(encoding: str, around: str) -> None:
    html = "<p>Gr\u00fc\u00dfe</p>{EMAILSIGNATURE}" if encoding != "7bit" else "<p>Hi</p>{EMAILSIGNATURE}"
    part = Message()
    part["Content-Type"] = 'text/html; charset="utf-8"'
    part["Content-Transfer-Encoding"] = encoding
    if encoding == "base64":
        part.set_payload("PHA+R3LDvMOfZTwvcD57RU1BSUxTSUdOQVRVUkV9")
    elif encoding == "quoted-printable":
        part.set_payload("<p>Gr=C3=BC=C3=9Fe</p>{EMAILSIGN=\nATURE}")
    raw = part.as_string().replace("\n", "\r\n")
    if encoding in ("7bit", "8bit", "binary"):
        raw = raw.rstrip("\r\n") + "\r\n\r\n" + html
    shapes = {"root": raw, "alternative": alternative(PLAIN, raw), "related": related(raw, PICTURE)}
    message, _, report = run((HEAD + shapes[around]).encode())
    assert report.outcome is Outcome.REPLACED
    assert resolve(message) == [("image/png", PNG)]
    (leaf,) = [each for each in message.walk() if each.get_content_type() == "text/html"]
    assert leaf["Content-Transfer-Encoding"] == encoding
    greeting = "<p>Hi</p>" if encoding == "7bit" else "<p>Gr\u00fc\u00dfe</p>"
    assert octets(leaf).decode().startswith(greeting + "<b>Jane <img")


@pytest.mark.parametrize("around", [lambda html: html, lambda html: alternative(PLAIN, html)])
def test_multipart_made_around_8bit_html_says_8bit(around: object) -> None:
    assert callable(around)
    html = HTML.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", 1)
    message, _, _ = run((HEAD + around(html)).encode())
    (made,) = [part for part in message.walk() if part.get_content_type() == "multipart/related"]
    assert made["Content-Transfer-Encoding"] == "8bit"


def test_type_and_start_of_a_related_stay() -> None:
    html = HTML.replace("\r\n\r\n", "\r\nContent-ID: <root@x>\r\n\r\n", 1)
    body = related(PICTURE, html, more='; type="text/html";\r\n\tstart="<root@x>"')
    message, output, _ = run((HEAD + body).encode())
    assert tree(message) == "related(png, html, png)"
    assert b'boundary=rrr; type="text/html";\r\n\tstart="<root@x>"\r\n' in output
    assert resolve(message) == [("image/png", PNG)]


def test_made_related_names_its_root_type() -> None:
    message, _, _ = run((HEAD + HTML).encode())
    assert message.get_param("type") == "text/html"
    assert message.get_param("start") is None


def test_content_ids_do_not_clash_with_those_of_the_message() -> None:
    html = HTML.replace("Hi", '<img src="cid:logo.png">')
    message, _, _ = run((HEAD + related(html, PICTURE)).encode())
    ids = [str(part["Content-ID"]) for part in message.walk() if part["Content-ID"]]
    assert len(ids) == len(set(ids)) == 2
    assert resolve(message) == [("image/png", b"\0\0\0"), ("image/png", PNG)]


def test_image_part_is_inline_base64_at_76_with_a_file_name() -> None:
    message, output, _ = run((HEAD + HTML).encode())
    image = parts_of(message)[1]
    assert image.get_content_disposition() == "inline"
    assert image.get_filename() == "logo.png"
    assert image["Content-Transfer-Encoding"] == "base64"
    lines = output.partition(b'filename="logo.png"\r\n\r\n')[2].partition(b"\r\n--")[0].split(b"\r\n")
    assert {len(line) for line in lines[:-1]} == {76}
    assert 0 < len(lines[-1]) <= 76


def test_image_used_twice_is_attached_once() -> None:
    html = '<img src="cid:logo.png"><i>Jane</i><img src="cid:logo.png">'
    message, _, _ = run((HEAD + HTML).encode(), Signature(html=html, text="Jane", images=(LOGO,)))
    assert tree(message) == "related(html, png)"
    assert resolve(message) == [("image/png", PNG)] * 2


def test_image_of_two_placeholders_is_attached_once() -> None:
    message, _, _ = run((HEAD + HTML + "<p>{EMAILSIGNATURE}</p>").encode())
    assert tree(message) == "related(html, png)"
    assert resolve(message) == [("image/png", PNG)] * 2


def test_two_signatures_share_an_image_and_have_one_of_their_own() -> None:
    banner = InlineImage("banner", GIF, "image/gif")
    other = Signature(
        html='<u>Sales <img src="cid:banner"><img src="cid:logo.png"></u>', text="S", images=(banner, LOGO)
    )

    def source(request: SignatureRequest) -> Signature:
        return other if request.name else SIGNATURE

    original = (HEAD + HTML + "<p>{EMAILSIGNATURE:other}</p>").encode()
    output, report = rewrite(original, source)
    assert report.apply(original) == output
    message = email.message_from_bytes(output)
    assert tree(message) == "related(html, png, gif)"
    assert resolve(message) == [("image/png", PNG), ("image/gif", GIF), ("image/png", PNG)]


def test_two_images_of_one_name_in_two_signatures_are_two() -> None:
    other = Signature(
        html='<u><img src="cid:logo.png"></u>', text="S", images=(InlineImage("logo.png", GIF, "image/gif"),)
    )
    output, _ = rewrite(
        (HEAD + HTML + "<p>{EMAILSIGNATURE:other}</p>").encode(),
        lambda request: other if request.name else SIGNATURE,
    )
    assert resolve(email.message_from_bytes(output)) == [("image/png", PNG), ("image/gif", GIF)]


def test_image_that_the_html_does_not_show_is_not_attached() -> None:
    unused = InlineImage("unused.gif", GIF, "image/gif")
    signature = Signature(html='<b><img src="cid:logo.png"></b>', text="J", images=(unused, LOGO))
    assert tree(run((HEAD + HTML).encode(), signature)[0]) == "related(html, png)"
    bare = Signature(html="<b>Jane</b>", text="J", images=(unused,))
    assert tree(run((HEAD + HTML).encode(), bare)[0]) == "html"


def test_image_is_not_attached_where_only_text_is_replaced() -> None:
    html = HTML.replace("{EMAILSIGNATURE}", "none")
    message, _, report = run((HEAD + alternative(PLAIN, html)).encode())
    assert report.outcome is Outcome.REPLACED
    assert tree(message) == "alternative(plain, html)"


def test_unknown_name_and_other_addresses_in_the_html_stay() -> None:
    html = '<b><img src="cid:nobody"><img src="https://example.com/cid:logo.png"></b>'
    _, output, _ = run((HEAD + HTML).encode(), Signature(html=html, text="J", images=(LOGO,)))
    assert html.encode() in output


def test_two_html_parts_each_have_their_images() -> None:
    message, _, report = run((HEAD + mixed(HTML, PDF, HTML)).encode())
    assert report.outcome is Outcome.REPLACED
    assert tree(message) == "mixed(related(html, png), pdf, related(html, png))"
    assert resolve(message) == [("image/png", PNG)] * 2
    ids = [str(part["Content-ID"]) for part in message.walk() if part["Content-ID"]]
    assert len(set(ids)) == 2


def test_html_that_is_only_the_placeholder_stays_inside_the_new_part() -> None:
    message, _, _ = run((HEAD + "Content-Type: text/html\r\n\r\n{EMAILSIGNATURE}").encode())
    assert tree(message) == "related(html, png)"
    assert b"Jane" in octets(parts_of(message)[0])


def test_appended_signature_at_the_top_stays_inside_the_new_part() -> None:
    body = 'Content-Type: text/html\r\n\r\n<blockquote type="cite">old</blockquote>'
    message, _, report = run((HEAD + body).encode(), options=Options(no_placeholder="append"))
    assert report.outcome is Outcome.APPENDED
    html = octets(parts_of(message)[0])
    assert html.index(b"Jane") < html.index(b"old")
    assert resolve(message) == [("image/png", PNG)]


def test_signed_part_beside_is_untouched() -> None:
    signed = multipart(
        "signed",
        PLAIN,
        "Content-Type: application/pgp-signature\r\n\r\nsignature\r\n",
        boundary="sss",
        more='; protocol="application/pgp-signature"',
    )
    for body in (mixed(HTML, signed), mixed(signed, HTML), related(mixed(HTML, signed), PICTURE)):
        message, output, report = run((HEAD + body).encode())
        assert report.outcome is Outcome.REPLACED
        assert signed.encode() in output
        assert resolve(message) == [("image/png", PNG)]


def test_content_ids_are_the_same_on_every_run_and_differ_between_messages() -> None:
    twin = Signature(
        html=SIGNATURE.html, text=SIGNATURE.text, images=(InlineImage("logo.png", PNG, "image/png"),)
    )
    first = (HEAD + HTML).encode()
    second = first.replace(b"Subject: x", b"Subject: y")
    assert rewrite(first, SIGNATURE).message == rewrite(first, twin).message
    ids = {
        str(part["Content-ID"])
        for original in (first, second)
        for part in email.message_from_bytes(rewrite(original, SIGNATURE).message).walk()
        if part["Content-ID"]
    }
    boundaries = {
        email.message_from_bytes(rewrite(original, SIGNATURE).message).get_boundary()
        for original in (first, second)
    }
    assert len(ids) == len(boundaries) == 2


def test_images_are_encoded_once_for_a_thousand_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []
    encode = signature_module._base64_lines

    def count(data: bytes, newline: bytes) -> bytes:
        encoded.append((data, newline))
        return encode(data, newline)

    monkeypatch.setattr(signature_module, "_base64_lines", count)
    signature = Signature(
        html='<b><img src="cid:logo.png"><img src="cid:two"></b>',
        text="Jane",
        images=(LOGO, InlineImage("two", GIF, "image/gif")),
    )
    for number in range(1000):
        message = f"From: a@b.c\r\nMessage-ID: <{number}@x>\r\n{HTML}".encode()
        assert rewrite(message, signature).message.count(b"Content-ID: ") == 2
    assert encoded == [(PNG, b"\r\n"), (GIF, b"\r\n")]


def test_images_count_for_the_limit_of_growth() -> None:
    options = Options(limits=Limits(growth=500))
    for body in (HTML, related(HTML, PICTURE), related(mixed(HTML, PDF), PICTURE)):
        original = (HEAD + body).encode()
        message, output, report = run(original, options=options)
        assert report.outcome is Outcome.LIMIT
        assert b"{EMAILSIGNATURE}" in output
        assert len(output) <= len(original) + 500
        assert b"cid:" not in octets(next(part for part in message.walk() if not part.is_multipart()))


@pytest.mark.parametrize("growth", range(900, 2400, 150))
def test_images_that_wait_for_their_place_count_too(growth: int) -> None:
    original = (HEAD + related(mixed(HTML, PDF, HTML, PDF), PICTURE)).encode()
    message, output, report = run(original, options=Options(limits=Limits(growth=growth)))
    assert len(output) <= len(original) + growth
    shown = resolve(message)
    assert len(shown) <= 2
    assert len(shown) == output.count(b"Jane")
    assert report.left == 2 - len(shown)
    assert len([part for part in message.walk() if part.get_content_type() == "image/png"]) == len(shown) + 1


def test_image_of_a_refused_place_is_not_attached() -> None:
    linked = Signature(
        html='<a href="https://example.com"><img src="cid:banner"></a>',
        text="S",
        images=(InlineImage("banner", GIF, "image/gif"),),
    )
    html = HTML + "<a href=x><div>{EMAILSIGNATURE:linked}</div></a>"
    output, report = rewrite((HEAD + html).encode(), lambda request: linked if request.name else SIGNATURE)
    assert report.outcome is Outcome.PARTLY_REPLACED
    message = email.message_from_bytes(output)
    assert tree(message) == "related(html, png)"
    assert resolve(message) == [("image/png", PNG)]


def test_boundary_in_the_signature_is_refused_and_brings_no_image() -> None:
    signature = Signature(html='<b>x\n--aaa\ny<img src="cid:logo.png"></b>', text="J", images=(LOGO,))
    message, output, report = run((HEAD + alternative(PLAIN, HTML)).encode(), signature)
    assert [part.outcome for part in report.parts] == [Outcome.REPLACED, Outcome.UNENCODABLE]
    assert tree(message) == "alternative(plain, html)"
    assert b"{EMAILSIGNATURE}" in output


def test_images_of_multiparts_that_end_at_one_place_go_out_inner_first() -> None:
    inner = multipart("related", HTML, boundary="inner", close=False)
    for first in (HTML, multipart("mixed", HTML, PDF, boundary="deep")):
        body = related(multipart("mixed", first, inner, boundary="mmm", close=False), PICTURE)
        for text in (body, body.partition("--rrr\r\nContent-Type: image")[0]):
            message, _, report = run((HEAD + text).encode())
            assert report.outcome is Outcome.REPLACED
            assert resolve(message) == [("image/png", PNG)] * 2


_KINDS = ("mixed", "alternative", "related")
_LEAVES = st.sampled_from([HTML, PLAIN, PICTURE, PDF, HTML.replace("{EMAILSIGNATURE}", "no")])


@st.composite
def structures(draw: st.DrawFn) -> str:
    """Return a message's body of nested multiparts, some of them without a close delimiter."""
    count = 0

    def build(depth: int) -> str:
        nonlocal count
        if depth == 0 or draw(st.booleans()):
            return draw(_LEAVES)
        count += 1
        boundary = f"b{count}x"
        parts = [build(depth - 1) for _ in range(draw(st.integers(1, 3)))]
        kind = draw(st.sampled_from(_KINDS))
        return multipart(kind, *parts, boundary=boundary, close=draw(st.booleans()))

    return build(3)


@given(structures(), st.sampled_from(["\r\n", "\n"]), st.booleans())
def test_images_resolve_in_any_structure(body: str, newline: str, upgrade: bool) -> None:
    original = (HEAD + body).replace("\r\n", newline).encode()
    message, _, report = run(original, options=Options(upgrade_plain=upgrade))
    assert report.outcome in (Outcome.REPLACED, Outcome.NO_PLACEHOLDER)
    before = email.message_from_bytes(original)
    shown = resolve(message)
    html = [octets(part) for part in message.walk() if part.get_content_type() == "text/html"]
    assert len(shown) == sum(text.count(b"Jane") for text in html)
    assert shown == [("image/png", PNG)] * len(shown)
    leaves = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    leaves_before = [part.get_content_type() for part in before.walk() if not part.is_multipart()]
    images = [part for part in message.walk() if "@xinksig" in str(part["Content-ID"])]
    assert len(images) == len(shown)
    made = 0 if not upgrade else leaves.count("text/html") - leaves_before.count("text/html")
    assert len(leaves) == len(leaves_before) + len(images) + made
    assert all(octets(image) == PNG for image in images)


def test_long_html_is_broken_into_lines_once_for_all_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = '<td class="x" align="left"><img alt="the logo" src="cid:logo.png"> some words</td>'
    signature = Signature(html=f"<table><tr>{cell * 40}</tr></table>", text="Jane", images=(LOGO,))
    broken = []
    folded = fold.folded

    def count(html: str, *more: Any, **named: Any) -> str:
        broken.append(html)
        return folded(html, *more, **named)

    monkeypatch.setattr(fold, "folded", count)
    ids = set()
    for number in range(20):
        original = f"From: a@b.c\r\nMessage-ID: <{number}@x>\r\n{HTML}".encode()
        output, report = rewrite(original, signature)
        assert report.outcome is Outcome.REPLACED
        assert max(map(len, output.split(b"\r\n"))) <= 998
        message = email.message_from_bytes(output)
        assert resolve(message) == [("image/png", PNG)] * 40
        ids.add(str(parts_of(message)[1]["Content-ID"]))
    assert len(ids) == 20
    assert len(broken) <= 2
