"""What a header section says, read once: media type, transfer encoding, disposition and doubts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig.mime.content import parse_content_type
from xinksig.mime.fields import Field, split_fields
from xinksig.mime.part import Part
from xinksig.mime.section import SHARED_SIZE, Section

TEXT = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: BASE64\r\n\r\n"


def read(
    octets: bytes, *, cr_only: bool = False, is_message: bool = False, in_digest: bool = False
) -> Section:
    return Section(octets, cr_only=cr_only, is_message=is_message, in_digest=in_digest)


def body_part(octets: bytes, parent: Part | None = None, *, cr_only: bool = False) -> Part:
    if parent is None:
        parent = Part(None, 0)
        parent.read(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", cr_only=False)
    part = Part(parent, 100, 1)
    part.read(octets, cr_only=cr_only)
    return part


def test_fields_of_mime_are_understood() -> None:
    section = read(TEXT[:-2] + b"Content-Disposition: inline\r\n\r\n")
    assert section.content_type.type == "text/html"
    assert section.content_type.parameters == {"charset": "utf-8"}
    assert section.transfer_encoding == ("base64", "")
    assert section.disposition.kind == "inline"
    assert (section.is_multipart, section.boundary, section.doubt) == (False, b"", "")


def test_defaults_where_no_field_stands() -> None:
    section = read(b"\r\n")
    assert (section.content_type.type, section.transfer_encoding) == ("text/plain", ("7bit", ""))
    assert (section.disposition.kind, section.disposition.filename) == ("", None)
    assert read(b"\r\n", in_digest=True).content_type.type == "message/rfc822"
    assert read(TEXT, in_digest=True).content_type.type == "text/html"


def test_boundary_has_one_octet_for_a_character() -> None:
    section = read(b'Content-Type: multipart/mixed; boundary="a\xe9b"\r\n\r\n')
    assert (section.is_multipart, section.boundary) == (True, b"a\xe9b")


@pytest.mark.parametrize(
    ("octets", "doubt"),
    [
        (b"Subject: x\r\nno field\r\n\r\n", "its header section has a line that is no field"),
        (b"Subject: x\r\nX: y\n\r\n", "its header section has line endings of two kinds"),
        (b"Content-Type : text/html\r\n\r\n", "a blank stands before the colon of a Content-* field"),
        (b"Subject: x\n\n", ""),
        (b"Subject: x\rContent-Type: text/html\r\r", ""),
    ],
)
def test_section_that_two_readers_take_in_two_ways(octets: bytes, doubt: str) -> None:
    assert read(octets, cr_only=b"\n" not in octets).doubt == doubt


def test_postmark_is_in_doubt_everywhere_but_at_the_beginning_of_the_message() -> None:
    postmark = b"From ada@example.com Tue Mar  3 10:11:12 2026\r\nSubject: x\r\n\r\n"
    assert read(postmark, is_message=True).doubt == ""
    assert "no field" in read(postmark).doubt
    assert "no field" in read(b"Subject: x\r\n" + postmark, is_message=True).doubt


def test_equal_small_sections_of_body_parts_are_read_once() -> None:
    first, second = body_part(TEXT), body_part(bytes(bytearray(TEXT)))
    assert first.header is second.header
    assert first is not second


def test_section_is_not_shared_where_it_means_something_else() -> None:
    digest = Part(None, 0)
    digest.read(b"Content-Type: multipart/digest; boundary=b\r\n\r\n", cr_only=False)
    empty = b"X-Only: one\r\n\r\n"
    assert body_part(empty).content_type.type == "text/plain"
    assert body_part(empty, digest).content_type.type == "message/rfc822"
    assert body_part(empty).content_type.type == "text/plain"
    lines = b"Content-Type: text/html\rX: y\r\r"
    assert body_part(lines).content_type != body_part(lines, cr_only=True).content_type


def test_message_and_large_sections_are_kept_by_nobody() -> None:
    message, again = Part(None, 0), Part(None, 0)
    message.read(TEXT, cr_only=False)
    again.read(TEXT, cr_only=False)
    assert message.header is not again.header
    large = TEXT[:-2] + b"X: " + b"y" * SHARED_SIZE + b"\r\n\r\n"
    assert body_part(large).header is not body_part(large).header


PIECES = st.sampled_from(
    [
        b"Content-Type: text/html; charset=utf-8",
        b"content-type: Text/Plain",
        b"Content-Type :",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding:\r\n 8bit",
        b"Content-Disposition: attachment; filename=x",
        b"Content-: x",
        b"\xef\xbb\xbfContent-Type: text/html",
        b"Sig: t=p; b=x",
        b"From x@y.example",
        b"Subject: x",
        b"X\xe9: y",
        b":",
        b" folded",
        b"\t",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n",
        b"\r\n",
    ]
)


@given(st.lists(PIECES, max_size=12).map(b"".join), st.booleans(), st.booleans())
def test_content_fields_alone_say_what_all_fields_do(octets: bytes, cr_only: bool, is_message: bool) -> None:
    section = read(octets, cr_only=cr_only, is_message=is_message)
    fields = [Field(*place) for place in split_fields(octets, 0, len(octets), cr_only=cr_only)]
    assert section.fields == fields
    assert section.fields_end == (fields[-1].stop if fields else 0)
    names = {field.name for field in fields}
    for name in (b"content-type", b"sig", b"subject", b"from", b"content-"):
        assert section.has(name) == (name in names)
        assert section.bodies(name) == [octets[f.body : f.stop] for f in fields if f.name == name]
    bodies = section.bodies(b"content-type")
    assert section.content_type[:2] == (parse_content_type(bodies[0])[:2] if bodies else ("text/plain", {}))
    odd = [field.start for field in fields if not field.name]
    postmark = is_message and odd == [0] and octets.startswith(b"From ")
    assert ("no field" in section.doubt) == (bool(odd) and not postmark)


def test_ordinary_section_is_not_read_in_full_for_its_content_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xinksig.mime.section.split_fields", None)
    section = read(b"Received: x\r\n\ty\r\n" * 100 + TEXT, is_message=True)
    assert (section.content_type.type, section.doubt) == ("text/html", "")
    assert section.has(b"received")
    assert not section.has(b"subject")
    assert section.bodies(b"sig") == []
