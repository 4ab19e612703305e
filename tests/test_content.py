import email
import re
from email import policy
from email.utils import collapse_rfc2231_value
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counting import assert_linear
from xinksig.mime.content import (
    ContentType,
    parse_content_type,
    parse_disposition,
    parse_transfer_encoding,
    replace_parameter,
)


@pytest.mark.parametrize(
    ("body", "media_type", "parameters"),
    [
        (" text/plain\r\n", "text/plain", {}),
        ("TEXT/HTML; CHARSET=UTF-8", "text/html", {"charset": "UTF-8"}),
        (' text/plain; charset="utf-8"; format=flowed; delsp=yes\r\n', "text/plain",
         {"charset": "utf-8", "format": "flowed", "delsp": "yes"}),
        (" text/plain;charset=utf-8;\r\n", "text/plain", {"charset": "utf-8"}),
        (" text/plain;; charset=utf-8 ; ;\r\n", "text/plain", {"charset": "utf-8"}),
        (" text/plain ; charset = utf-8", "text/plain", {"charset": "utf-8"}),
        (" text/plain;\r\n\tcharset=utf-8;\r\n\tname=x\r\n", "text/plain", {"charset": "utf-8", "name": "x"}),
        ("\r\n text/plain", "text/plain", {}),
        (" text/plain; charset='utf-8'", "text/plain", {"charset": "utf-8"}),
        (" text/plain; charset=\"'utf-8' \"", "text/plain", {"charset": "utf-8"}),
        (" text/plain; charset=", "text/plain", {"charset": ""}),
        (' text/plain; charset=""', "text/plain", {"charset": ""}),
        (" text/plain; charset=utf-8; charset=UTF-8", "text/plain", {"charset": "utf-8"}),
        (" text/plain; charset=us-ascii (Plain text)", "text/plain", {"charset": "us-ascii"}),
        (" text/plain (comment); charset=us-ascii", "text/plain", {"charset": "us-ascii"}),
        (" text/plain; charset=utf-8; (comment)", "text/plain", {"charset": "utf-8"}),
        (" text/plain; junk; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (" text/plain;\n  c", "text/plain", {}),
        (" text/plain; name=My file.txt; charset=utf-8", "text/plain",
         {"name": "My file.txt", "charset": "utf-8"}),
        (" text/plain; name*=utf-8''%C3%A4.txt", "text/plain", {"name": "ä.txt"}),
        (" text/plain; name*0=a; name*1=b; charset=utf-8", "text/plain", {"name": "ab", "charset": "utf-8"}),
        (' text/plain; name="=?utf-8?q?=C3=A4?=.txt"', "text/plain", {"name": "ä.txt"}),
        (" text/plain; name=a; name=b", "text/plain", {"name": "a"}),
        (' multipart/mixed; boundary="a b"', "multipart/mixed", {"boundary": "a b"}),
        (" multipart/mixed; boundary=----=_Part_1.2\r\n", "multipart/mixed", {"boundary": "----=_Part_1.2"}),
        (' multipart/mixed;\r\n boundary="=====boundary=="', "multipart/mixed",
         {"boundary": "=====boundary=="}),
        (" multipart/mixed; boundary = nextPart", "multipart/mixed", {"boundary": "nextPart"}),
        (' multipart/mixed;; boundary="x"', "multipart/mixed", {"boundary": "x"}),
        (" multipart/mixed; boundary=x;", "multipart/mixed", {"boundary": "x"}),
        (" multipart/mixed; boundary=x; boundary=\"x\"", "multipart/mixed", {"boundary": "x"}),
        (" multipart/mixed; boundary=x; junk", "multipart/mixed", {"boundary": "x"}),
        (' multipart/mixed; boundary="a\xe4*{;}"', "multipart/mixed", {"boundary": "a\xe4*{;}"}),
        (' multipart/mixed; boundary="' + "x" * 256 + '"', "multipart/mixed", {"boundary": "x" * 256}),
        (' multipart/related; start="<a@b>"; type="text/html"; boundary=x', "multipart/related",
         {"start": "<a@b>", "type": "text/html", "boundary": "x"}),
        (" text/plain; boundary=", "text/plain", {"boundary": ""}),
        (" text/plain; a=b\r charset=x\r", "text/plain", {"a": "b charset=x"}),
    ],
)  # fmt: skip
def test_content_type_with_one_reading(body: str, media_type: str, parameters: dict[str, str]) -> None:
    assert parse_content_type(body.encode("latin-1")) == ContentType(media_type, parameters, "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "no clear media type"),
        (" \r\n", "no clear media type"),
        (" text", "no clear media type"),
        (" text/", "no clear media type"),
        (" ;;", "no clear media type"),
        (" ; name=x", "no clear media type"),
        (" text/plain charset=utf-8", "no clear media type"),
        (" text / plain", "no clear media type"),
        (' "text/plain"', "no clear media type"),
        (" text/plain/x", "no clear media type"),
        (" text/plain, text/html", "no clear media type"),
        (" text/(x)html", "no clear media type"),
        (" (x)text/html", "no clear media type"),
        (' multipart/mixed\r\n\tboundary="x"', "no clear media type"),
        (" text/html (; charset=x); charset=y", "a comment"),
        (" multipart/mixed (boundary=x); boundary=y", "a comment"),
        (" text/html (", "a comment in it is not closed"),
        (" multipart/mixed; boundary=x (", "a comment in it is not closed"),
        (" multipart/mixed; " + "(" * 1000 + "boundary=x", "a comment in it is not closed"),
        (' multipart/mixed; boundary="x', "a quotation mark in it is not closed"),
        (' multipart/mixed; boundary=x; name="y', "a quotation mark in it is not closed"),
        (' text/plain; charset="utf-8', "a quotation mark in it is not closed"),
        (" text/plain; charset=utf-8; charset=iso-8859-1", "two different charset parameters"),
        (" text/plain; format=flowed; format=fixed", "two different format parameters"),
        (" multipart/mixed; boundary=x; boundary=y", "two different boundary parameters"),
        (" multipart/mixed; boundary=x; BOUNDARY=X", "two different boundary parameters"),
        (" multipart/mixed; boundary*0=x; boundary*1=y", "RFC 2231"),
        (" multipart/mixed; boundary*=utf-8''x", "RFC 2231"),
        (" multipart/mixed; boundary=x; boundary*=utf-8''x", "RFC 2231"),
        (" multipart/mixed; boundary*0*=x; boundary=x", "RFC 2231"),
        (" text/plain; charset*=us-ascii''utf-8", "RFC 2231"),
        (" text/plain; charset=utf-8; charset*0=utf-8", "RFC 2231"),
        (' multipart/mixed; boundary="=?utf-8?q?x?="', "encoded-word"),
        (" multipart/mixed; boundary==?utf-8?b?eA==?=", "encoded-word"),
        (' text/plain; charset="=?utf-8?q?utf-8?="', "encoded-word"),
        (" multipart/mixed; boundary(y)=x", "a comment inside"),
        (" multipart/mixed; (y)boundary=x", "a comment inside"),
        (" multipart/mixed; boundary=(y)x", "a comment inside"),
        (" multipart/mixed; boun(y)dary=z; boundary=x", "no parameter stands before its boundary"),
        (" multipart/mixed; boundary=x (y)", "a comment follows"),
        (" text/plain; charset(y)=x", "a comment inside"),
        (" multipart/mixed; junk; boundary=x", "no parameter stands before its boundary"),
        (" multipart/mixed; a b=c; boundary=x", "no parameter stands before its boundary"),
        (" multipart/mixed; a=b c; boundary=x", "no parameter stands before its boundary"),
        (" multipart/mixed; =c; boundary=x", "no parameter stands before its boundary"),
        (' multipart/mixed; "a"=c; boundary=x', "no parameter stands before its boundary"),
        (" multipart/mixed; boundary=x y", "other text follows"),
        (' multipart/mixed; boundary="x"y', "other text follows"),
        (" multipart/mixed; boundary=x,y", "a comma"),
        (' multipart/mixed; boundary="x\r\n y"', "folded inside"),
        (r' multipart/mixed; boundary="x\y"', "a backslash"),
        (' text/plain; charset = "UTF-8"Content-Transfer-Encoding: 8bit', "other text follows"),
        (' text/plain; charset=3D"ascii"', "other text follows"),
        (" multipart/mixed; boundary=", "boundary is empty"),
        (' multipart/mixed; boundary=""', "boundary is empty"),
        (' multipart/mixed; boundary="x "', "ends with a blank"),
        (' multipart/mixed; boundary="' + "x" * 257 + '"', "longer than 256"),
        (' multipart/mixed; boundary="x\x00y"', "characters that readers take in different ways"),
        (' multipart/mixed; boundary="x; boundary=y"', "characters that readers take in different ways"),
        (" multipart/mixed; boundary='x'", "apostrophes"),
        (' multipart/mixed; name="; boundary=y"; boundary=x', "hides a second boundary"),
        (' multipart/mixed; boundary=x; name=a"; Boundary*0 = y"', "hides a second boundary"),
        (" multipart/mixed;\r\n \r\n boundary=x\r\n", "a line of blanks only"),
        (" text/plain\n \n", "a line of blanks only"),
        (" text/plain\r\r\n", "a lone CR"),
        (" text/plain\rContent-Type: text/html\r\n", "a lone CR"),
        (" text/plain; name=" + "x y" * 30_000, "larger than 65536 octets"),
    ],
)
def test_content_type_that_two_readers_may_take_differently(body: str, reason: str) -> None:
    assert reason in parse_content_type(body.encode("latin-1")).ambiguous


@pytest.mark.parametrize(
    ("body", "media_type", "boundary"),
    [
        (" multipart/signed; boundary=x; boundary=y", "multipart/signed", "x"),
        (" multipart/mixed; boundary*=utf-8''x", "multipart/mixed", "x"),
        (" multipart/mixed\n boundary=x", "multipart/mixed", "x"),
        (' multipart/mixed; boundary="x', "multipart/mixed", "x"),
        (" text/", "text/plain", None),
    ],
)
def test_ambiguous_content_type_still_has_a_reading(body: str, media_type: str, boundary: str | None) -> None:
    found = parse_content_type(body.encode())
    assert found.ambiguous
    assert (found.type, found.parameters.get("boundary")) == (media_type, boundary)


@pytest.mark.parametrize(
    ("body", "kind", "filename"),
    [
        (" attachment", "attachment", None),
        (' ATTACHMENT; FileName="a b.pdf"\r\n', "attachment", "a b.pdf"),
        (" inline;\r\n filename=a.png", "inline", "a.png"),
        (" attachment; filename*=utf-8''%C3%A4.pdf; filename=a.pdf", "attachment", "ä.pdf"),
        (" attachment; filename*0=a; filename*1=b.pdf", "attachment", "ab.pdf"),
        (" attachment; filename*0*=utf-8''%C3; filename*1*=%A4", "attachment", "ä"),
        (' attachment; filename="=?utf-8?b?w6Q=?="', "attachment", "ä"),
        (" attachment; filename=c\xc3\xa4.pdf", "attachment", "cä.pdf"),
        (" attachment; filename=My file (1).pdf", "attachment", "My file (1).pdf"),
        (r' inline; filename="C:\TEMP\x.png"', "inline", r"C:\TEMP\x.png"),
        (" attachment filename=a.pdf", "attachment", "a.pdf"),
        (" attachment, whatever", "attachment", None),
        (' "attachment"; filename="a.pdf"', "attachment", "a.pdf"),
        (" (comment) attachment", "attachment", None),
        (' attachment; filename="a', "attachment", "a"),
        (" attachment; filename=a; filename=b", "attachment", "a"),
        (" attachment; (", "attachment", None),
        (" ; filename=a", "", "a"),
        ("", "", None),
        (" ???", "", None),
        (" attachment; " + "x" * 70_000, "attachment", None),
    ],
)
def test_disposition(body: str, kind: str, filename: str | None) -> None:
    assert parse_disposition(body.encode("latin-1")) == (kind, filename)


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (" 7bit\r\n", "7bit"),
        ("Quoted-Printable", "quoted-printable"),
        (" base64;\r\n", "base64"),
        (" base64 (comment)\r\n", "base64"),
        (" 8bit; charset=utf-8", "8bit"),
        ("\r\n\tBASE64", "base64"),
        (" x-uuencode", "x-uuencode"),
        ("", ""),
        (" quoted printable", ""),
        (" base64 7bit", ""),
        (' "base64"', ""),
        (" (comment) base64", ""),
        (" base64 (comment", ""),
        (" base64\r\n \r\n", ""),
        (" base64\rX: y\r\n", ""),
        (" base64, 7bit", ""),
        (" 7bit" + " " * 2000, ""),
    ],
)
def test_transfer_encoding(body: str, token: str) -> None:
    assert parse_transfer_encoding(body.encode()) == token


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (" text/plain; charset=us-ascii\r\n", " text/plain; charset=utf-8\r\n"),
        (' text/plain; charset="us-ascii"; format=flowed\r\n',
         ' text/plain; charset="utf-8"; format=flowed\r\n'),
        (" text/plain; name=\"a; charset=x\";\r\n\tCharset = us-ascii (ASCII)\r\n",
         " text/plain; name=\"a; charset=x\";\r\n\tCharset = utf-8 (ASCII)\r\n"),
        (" text/plain; charset=\r\n", " text/plain; charset=utf-8\r\n"),
        (" text/plain; charset='us-ascii'", " text/plain; charset=utf-8"),
        (" text/plain; charset=a; charset=A", " text/plain; charset=utf-8; charset=utf-8"),
        (" text/plain\r\n", ' text/plain; charset="utf-8"\r\n'),
        (" text/plain;\n", ' text/plain; charset="utf-8"\n'),
        (" text/plain; format=flowed \r\n", ' text/plain; format=flowed; charset="utf-8" \r\n'),
        (" text/plain; name=a.txt;\r\n delsp=yes\r\n",
         ' text/plain; name=a.txt;\r\n delsp=yes; charset="utf-8"\r\n'),
        (" text/plain (comment)", ' text/plain (comment); charset="utf-8"'),
        (" text/plain; name=" + "x" * 40 + "\r\n",
         " text/plain; name=" + "x" * 40 + ';\r\n charset="utf-8"\r\n'),
        (" text/plain; name=" + "x" * 50 + ";\n", " text/plain; name=" + "x" * 50 + ';\n charset="utf-8"\n'),
        (" text/plain; name=" + "x" * 50, " text/plain; name=" + "x" * 50 + ';\r\n charset="utf-8"'),
        (" text/plain; name=" + "x" * 50 + "\r", " text/plain; name=" + "x" * 50 + ';\r charset="utf-8"\r'),
        (" text/plain; name*0=a; name*1=b", ' text/plain; name*0=a; name*1=b; charset="utf-8"'),
    ],
)  # fmt: skip
def test_charset_is_replaced_in_place(body: str, expected: str) -> None:
    assert replace_parameter(body.encode(), "charset", "utf-8") == expected.encode()


@pytest.mark.parametrize(
    "body",
    [
        " text/plain; charset*=us-ascii''x",
        " text/plain; charset=x; charset*0=y",
        ' text/plain; charset="x',
        " text/plain (x",
        " text/plain; charset=x y",
        ' text/plain; charset="x"y',
        " text",
        "",
        " text/plain\r\n \r\n",
    ],
)
def test_charset_that_cannot_be_replaced_safely(body: str) -> None:
    assert replace_parameter(body.encode(), "charset", "utf-8") is None


def test_replaced_value_is_quoted_where_it_has_to_be() -> None:
    assert replace_parameter(b" a/b; c=d", "c", 'e f"\\') == b' a/b; c="e f\\"\\\\"'
    assert replace_parameter(b" a/b; c=d", "C", "") == b' a/b; c=""'
    assert replace_parameter(b" a/b; c=d", "c", "x\r\nBcc: y") is None
    assert replace_parameter(b" a/b; c=d", "c", "ä") is None


def content_types(folder: Path) -> dict[bytes, str]:
    """Return every Content-Type body of the corpus, of parts too, with the file it stands in."""
    found: dict[bytes, str] = {}
    pattern = re.compile(rb"^content-type[ \t]*:(.*(?:\r?\n[ \t].*)*\n?)", re.IGNORECASE | re.MULTILINE)
    for path in sorted(folder.glob("*/*.eml")):
        for match in pattern.finditer(path.read_bytes()):
            found.setdefault(match[1], path.name)
    return found


def stdlib_reading(body: bytes) -> tuple[str, str | None, str | None]:
    message = email.message_from_bytes(b"Content-Type:" + body + b"\n\n", policy=policy.compat32)
    charset = message.get_param("charset")
    if isinstance(charset, tuple):
        charset = collapse_rfc2231_value(charset)
    return message.get_content_type(), message.get_boundary(), charset


def test_corpus_is_read_as_by_the_standard_library(open_corpus: Path) -> None:
    ambiguous = set()
    compared = 0
    for body, name in content_types(open_corpus).items():
        mine = parse_content_type(body)
        if mine.ambiguous:
            ambiguous.add(name)
            continue
        reading = (mine.type, mine.parameters.get("boundary"), mine.parameters.get("charset"))
        assert reading == stdlib_reading(body), (name, body)
        compared += 1
    assert compared > 1000
    assert len(ambiguous) <= 25, sorted(ambiguous)


TOKEN = st.text("abcXYZ019-_.", min_size=1, max_size=8)
VALUE = st.text("abc XYZ()<>@,:/[]?=.'_-019", max_size=12)
NAMES = st.sampled_from(["charset", "Format", "name", "x-y", "type"])
GAP = st.sampled_from(["; ", ";", ";\r\n ", ";\n\t", " ; "])


@st.composite
def well_formed(draw: st.DrawFn) -> tuple[str, dict[str, str], str]:
    """Draw a well-formed field body with its type and parameters."""
    media_type = draw(st.sampled_from(["text/plain", "Text/HTML", "image/x-y", "multipart/mixed"]))
    items = draw(
        st.lists(st.tuples(NAMES, TOKEN | VALUE), max_size=4, unique_by=lambda item: item[0].lower())
    )
    items = [(name, value.strip() if name == "charset" else value) for name, value in items]
    if media_type == "multipart/mixed":
        items.insert(draw(st.integers(0, len(items))), ("boundary", draw(TOKEN)))
    body = " " + media_type
    for name, value in items:
        plain = value and not set(value) & set(" ()<>@,:/[]?='")
        body += draw(GAP) + name + "=" + (value if plain and draw(st.booleans()) else f'"{value}"')
    return (
        media_type.lower(),
        {name.lower(): value for name, value in items},
        body + draw(st.sampled_from(["", "\r\n", ";\n"])),
    )


@given(well_formed())
def test_well_formed_content_type_has_one_reading(drawn: tuple[str, dict[str, str], str]) -> None:
    media_type, parameters, body = drawn
    if "charset" in parameters:
        parameters["charset"] = parameters["charset"].strip("' ")
    if "=?" in body:
        return
    assert parse_content_type(body.encode()) == ContentType(media_type, parameters, "")


@given(well_formed(), TOKEN, NAMES)
def test_replacement_changes_nothing_but_the_value(
    drawn: tuple[str, dict[str, str], str], value: str, name: str
) -> None:
    _, parameters, body = drawn
    result = replace_parameter(body.encode(), name, value)
    assert result is not None
    old, new = parse_content_type(body.encode()), parse_content_type(result)
    assert new == (old.type, old.parameters | {name.lower(): value}, old.ambiguous)
    start = (
        len(re.split(rf"(?i)\b{name}\b", body)[0])
        if name.lower() in parameters
        else len(body.rstrip("\r\n;"))
    )
    assert result.startswith(body[:start].encode())
    assert replace_parameter(result, name, value) == result


PIECES = [
    "text/plain", "multipart/mixed", "boundary", "charset", "=", ";", '"', "\\", "(", ")", " ", "\r\n ",
    "\n \n", "\r", "*0*", "*",
    "''", "=?", "utf-8", "?q?x?=", ",", "\xe4", "/", "x", "attachment", "filename", "\x00",
]  # fmt: skip
BODIES = st.lists(st.sampled_from(PIECES), max_size=25).map(lambda pieces: "".join(pieces).encode("latin-1"))


@given(BODIES | st.binary(max_size=60))
def test_no_octets_raise(body: bytes) -> None:
    found = parse_content_type(body)
    assert found.type == found.type.lower()
    assert "/" in found.type
    assert parse_disposition(body).kind == parse_disposition(body).kind.lower()
    assert " " not in parse_transfer_encoding(body)
    result = replace_parameter(body, "charset", "utf-8")
    if result is not None:
        assert parse_content_type(result).parameters["charset"] == "utf-8"
    elif not found.ambiguous:
        pytest.fail("a field with one reading can always be changed")


@given(BODIES)
def test_boundary_without_doubt_is_the_one_that_a_naive_reader_finds(body: bytes) -> None:
    found = parse_content_type(b" multipart/mixed" + body)
    boundary = found.parameters.get("boundary")
    if found.type == "multipart/mixed" and not found.ambiguous and boundary:
        naive = re.findall(rb"(?i)boundary[ \t\r\n]*=[ \t\r\n]*(?:\"([^\"]*)\"|([^ \t\r\n;\"()]*))", body)
        assert {quoted or plain for quoted, plain in naive} == {boundary.encode("latin-1")}


def test_equal_fields_share_their_reading() -> None:
    body = b' multipart/mixed; boundary="shared"'
    assert parse_content_type(body) is parse_content_type(bytes(bytearray(body)))


@pytest.mark.parametrize(
    "piece", [b"(", b'"', b"\\", b";", b";a=", b"()", b"=?", b"boundary=", b";boundary", b"\r\n "]
)
@pytest.mark.parametrize("start", [b" multipart/mixed; boundary=x;", b" multipart/mixed;a=", b""])
def test_large_fields_are_read_in_linear_time(start: bytes, piece: bytes) -> None:
    def work(size: int) -> None:
        body = start + piece * (size // len(piece))
        parse_content_type(body)
        parse_disposition(body)
        parse_transfer_encoding(body)
        replace_parameter(body, "charset", "utf-8")

    assert_linear(work, 4000)
