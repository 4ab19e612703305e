"""Signatures written into text parts: charset, transfer encoding, fields that follow, limits."""

import base64
import email
import quopri
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig import (
    CharsetError,
    LimitError,
    Limits,
    MalformedError,
    Options,
    Outcome,
    Report,
    Signature,
    rewrite,
    rewrite_iter,
)

ZOE = Signature(text="Zo\u00eb \u20ac", html="<b>Zo\u00eb</b>")
JANE = Signature(text="J\u00e4ne", html="<b>J\u00e4ne</b>")
WORD = Signature(text="w" * 1200, html="<b>J</b>")
HEAD = b"From: jane@example.com\r\nMIME-Version: 1.0\r\n"


def message_of(content_type: str | None, encoding: str | None, body: bytes) -> bytes:
    fields = HEAD
    if content_type is not None:
        fields += f"Content-Type: {content_type}\r\n".encode()
    if encoding is not None:
        fields += f"Content-Transfer-Encoding: {encoding}\r\n".encode()
    return fields + b"\r\n" + body


def run(
    message: bytes, signature: Signature | None = ZOE, options: Options | None = None
) -> tuple[Message, bytes, Report]:
    output, report = rewrite(message, signature, options)
    assert report.apply(message) == output
    for size in (1, 5, 40):
        chunks = [message[at : at + size] for at in range(0, len(message), size)]
        rewriting = rewrite_iter(chunks, signature, options)
        assert b"".join(rewriting) == output
        assert rewriting.report == report
    assert report.outcome is not Outcome.INTERNAL_ERROR
    return email.message_from_bytes(output), output, report


def text_of(part: Message) -> str:
    """Return a leaf's text as the standard library reads it, strictly in its declared charset."""
    decoded = part.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    return decoded.decode(str(part.get_param("charset", "us-ascii")))


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("us-ascii", "ascii"),
        ("iso-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("iso-8859-15", "iso8859-15"),
        ("koi8-r", "koi8-r"),
        ("iso-2022-jp", "iso2022_jp"),
        ("shift_jis", "cp932"),
        ("gb2312", "gb2312"),
        ("utf-8", "utf-8"),
    ],
)
@pytest.mark.parametrize("encoding", [None, "7bit", "8bit", "binary", "quoted-printable", "base64"])
def test_signature_the_charset_cannot_hold_raises_the_part_to_utf_8(
    label: str, codec: str, encoding: str | None
) -> None:
    greeting = {"koi8-r": "\u0414\u0430", "iso-2022-jp": "\u65e5\u672c", "shift_jis": "\u65e5\u672c"}
    words = greeting.get(label, "Gr\u00fc\u00dfe" if label not in ("us-ascii", "gb2312") else "Hi =")
    if encoding in (None, "7bit") and label != "iso-2022-jp":
        words = "Hi ="
    signature = Signature(text="Zo\u00eb \u0416\u20ac\u2260", html="<b>Z</b>")
    part = Message()
    part["Content-Transfer-Encoding"] = encoding or "7bit"
    octets = f"{words}\r\n{{EMAILSIGNATURE}}\r\nbye\r\n".encode(codec)
    if encoding == "quoted-printable":
        octets = quopri.encodestring(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif encoding == "base64":
        octets = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    original = message_of(f"text/plain; charset={label}; format=fixed; x-odd=1", encoding, octets)
    message, output, report = run(original, signature)
    assert report.outcome is Outcome.REPLACED
    assert message.get_content_charset() == "utf-8"
    assert message.get_param("x-odd") == "1"
    assert message.get_param("format") == "fixed"
    assert message["MIME-Version"] == "1.0"
    assert text_of(message) == f"{words}\r\n{signature.text}\r\nbye\r\n"
    expected = "quoted-printable" if encoding in (None, "7bit") else encoding
    assert message["Content-Transfer-Encoding"] == expected
    if expected not in ("8bit", "binary"):
        assert output.isascii()
    assert output.count(b"\n") == output.count(b"\r\n")


def test_absent_content_type_is_added_with_mime_version() -> None:
    original = b"From: a@b.c\nSubject: x\n\nHi\n{EMAILSIGNATURE}\n"
    message, output, _ = run(original)
    assert output == (
        b"X-Xink-Handled: Yes\nFrom: a@b.c\nSubject: x\nMIME-Version: 1.0\n"
        b'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n'
        b"\nHi\nZo=C3=AB =E2=82=AC\n"
    )
    assert text_of(message) == "Hi\nZo\u00eb \u20ac\n"


def test_body_part_without_fields_gets_content_fields_and_no_mime_version() -> None:
    original = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi {EMAILSIGNATURE}\r\n--b--\r\n"
    )
    _, output, _ = run(original)
    assert (
        b'--b\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
        b"\r\nHi Zo=C3=AB =E2=82=AC\r\n--b--\r\n"
    ) in output


def test_folding_comments_and_other_parameters_of_content_type_stay() -> None:
    fields = (
        b"Content-Type: text/plain (just text);\r\n   CharSet  =  us-ascii\r\n ;"
        b' format="fixed"; x="a;b"\r\nX-After: 1\r\n'
    )
    message, output, _ = run(HEAD + fields + b"\r\nHi {EMAILSIGNATURE}")
    assert fields.replace(b"us-ascii", b"utf-8") in output
    assert message.get_content_charset() == "utf-8"


def test_both_of_two_equal_content_fields_follow() -> None:
    twice = b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n" * 2
    message, _, _ = run(HEAD + twice + b"\r\nHi {EMAILSIGNATURE}")
    assert message.get_all("Content-Type") == ["text/plain; charset=utf-8"] * 2
    assert message.get_all("Content-Transfer-Encoding") == ["quoted-printable"] * 2


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "quoted-printable"])
def test_charset_that_holds_the_signature_stays(encoding: str) -> None:
    original = message_of("text/plain; charset=iso-8859-1", encoding, b"Hi {EMAILSIGNATURE}\r\n")
    message, output, _ = run(original, JANE)
    assert message["Content-Type"] == "text/plain; charset=iso-8859-1"
    assert text_of(message) == "Hi J\u00e4ne\r\n"
    assert message["Content-Transfer-Encoding"] == ("8bit" if encoding == "8bit" else "quoted-printable")
    assert (b"J\xe4ne" in output) == (encoding == "8bit")


def test_7bit_utf_8_part_becomes_quoted_printable() -> None:
    original = message_of("text/plain; charset=utf-8", "7bit", b"Hi = you\r\n{EMAILSIGNATURE}\r\n")
    message, output, _ = run(original)
    assert message["Content-Transfer-Encoding"] == "quoted-printable"
    assert output.isascii()
    assert text_of(message) == "Hi = you\r\nZo\u00eb \u20ac\r\n"


@pytest.mark.parametrize("label", ["us-ascii", "iso-8859-1", "utf-8"])
@pytest.mark.parametrize("encoding", ["7bit", "8bit"])
def test_long_word_makes_a_part_quoted_printable_and_keeps_its_charset(label: str, encoding: str) -> None:
    greeting = "Hi" if encoding == "7bit" or label == "us-ascii" else "Gr\u00fc\u00dfe"
    body = f"{greeting}\r\n{{EMAILSIGNATURE}}\r\n".encode(label)
    message, output, _ = run(message_of(f"text/plain; charset={label}", encoding, body), WORD)
    assert message["Content-Transfer-Encoding"] == "quoted-printable"
    assert message["Content-Type"] == f"text/plain; charset={label}"
    assert text_of(message) == f"{greeting}\r\n{WORD.text}\r\n"
    assert max(map(len, output.split(b"\r\n"))) <= 76


@pytest.mark.parametrize(
    ("label", "body"),
    [
        (None, b"Gr\xfc\xdfe\r\n{EMAILSIGNATURE}\r\n"),
        ("utf-8", b"Gr\xfc\xdf\xff\r\n{EMAILSIGNATURE}\r\n"),
        ("us-ascii", b"Gr\xfc\xdfe\r\n{EMAILSIGNATURE}\r\n"),
        ("iso-8859-1", b"a\x93b\x94\r\n{EMAILSIGNATURE}\r\n"),
    ],
)
def test_long_word_leaves_octets_of_an_uncertain_charset_as_they_are(label: str | None, body: bytes) -> None:
    content_type = f"text/plain; charset={label}" if label else None
    message, _, report = run(message_of(content_type, "8bit", body), WORD)
    assert report.outcome is Outcome.REPLACED
    assert message["Content-Transfer-Encoding"] == "quoted-printable"
    assert message["Content-Type"] == content_type
    assert message.get_payload(decode=True) == body.replace(b"{EMAILSIGNATURE}", b"w" * 1200)


def test_long_word_in_utf_16_escapes_every_line_ending() -> None:
    body = "Hi\r\n{EMAILSIGNATURE}\r\n".encode("utf-16-le")
    message, output, _ = run(message_of("text/plain; charset=utf-16le", "binary", body), WORD)
    assert message["Content-Transfer-Encoding"] == "quoted-printable"
    assert text_of(message) == f"Hi\r\n{WORD.text}\r\n"
    assert max(map(len, output.split(b"\r\n"))) <= 76


@pytest.mark.parametrize(
    ("label", "body"),
    [
        (None, b"Gr\xfc\xdfe {EMAILSIGNATURE}"),
        (None, "Gr\u00fc\u00dfe {EMAILSIGNATURE}".encode()),
        ("us-ascii", b"Gr\xfc\xdfe {EMAILSIGNATURE}"),
        ("utf-8", b"Gr\xfc\xdfe {EMAILSIGNATURE}"),
        ("iso-8859-1", b"a\x93b\x94 {EMAILSIGNATURE}"),
    ],
)
@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_octets_two_readers_read_differently_are_not_written_again(
    label: str | None, body: bytes, encoding: str
) -> None:
    encoded = {
        "8bit": body,
        "quoted-printable": quopri.encodestring(body),
        "base64": base64.encodebytes(body),
    }[encoding]
    original = message_of(f"text/plain; charset={label}" if label else None, encoding, encoded)
    _, output, report = run(original)
    assert report.outcome is Outcome.UNENCODABLE
    assert report.left == 1
    assert output == b"X-Xink-Handled: Yes\r\n" + original
    with pytest.raises(CharsetError):
        rewrite(original, ZOE, Options(strict=True))
    ascii_only = Signature(text="Jane", html="<b>Jane</b>")
    message, _, report = run(original, ascii_only)
    assert report.outcome is Outcome.REPLACED
    assert message.get_payload(decode=True) == body.replace(b"{EMAILSIGNATURE}", b"Jane")


def test_flowed_part_stays_flowed_when_raised() -> None:
    body = b"Some words that \r\nflow on\r\n{EMAILSIGNATURE}\r\n"
    text = "Zo\u00eb " * 40 + "\n From here\n> quote"
    original = message_of("text/plain; charset=us-ascii; format=flowed; delsp=no", "7bit", body)
    message, _, _ = run(original, Signature(text=text, html="<b>Z</b>"))
    assert message.get_param("format") == "flowed"
    lines = text_of(message).split("\r\n")
    assert lines[:2] == ["Some words that ", "flow on"]
    assert all(len(line) <= 78 for line in lines)
    assert "  From here" in lines
    assert " > quote" in lines


def test_line_ending_of_the_part_is_that_of_the_signature() -> None:
    signature = Signature(text="a\r\nb\nZo\u00eb", html="<b>a</b>")
    message, output, _ = run(b"From: a@b.c\n\nHi\n{EMAILSIGNATURE}\nbye\n", signature)
    assert b"\r" not in output
    assert text_of(message) == "Hi\na\nb\nZo\u00eb\nbye\n"


def test_unassigned_placeholder_is_removed_from_any_charset() -> None:
    original = message_of("text/plain; charset=utf-8", "8bit", b"Gr\xfc {EMAILSIGNATURE}\r\n")
    _, output, report = run(original, None)
    assert report.outcome is Outcome.UNASSIGNED
    assert output == b"X-Xink-Handled: Yes\r\n" + original.replace(b"{EMAILSIGNATURE}", b"")


@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize("boundary", ["outer", "inner"])
def test_boundary_text_on_a_line_of_the_signature_is_refused(kind: str, boundary: str) -> None:
    original = HEAD + (
        b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n"
        b"Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n"
        b"Content-Type: text/"
        + kind.encode()
        + b"\r\n\r\nHi\r\n{EMAILSIGNATURE}\r\n--inner--\r\n--outer--\r\n"
    )
    hostile = Signature(text=f"Jane\n--{boundary}\nx", html=f"<b>Jane\n--{boundary}\nx</b>")
    _, output, report = run(original, hostile)
    assert report.outcome is Outcome.UNENCODABLE
    assert output == b"X-Xink-Handled: Yes\r\n" + original
    harmless = Signature(text=f"Jane --{boundary} x", html=f"<b>Jane --{boundary} x</b>")
    assert run(original, harmless)[2].outcome is Outcome.REPLACED


def test_boundary_text_made_by_signature_and_text_together_is_refused() -> None:
    original = HEAD + (
        b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n\r\n"
        b"{EMAILSIGNATURE}ter\r\n--outer--\r\n"
    )
    assert run(original, Signature(text="--ou", html="x"))[2].outcome is Outcome.UNENCODABLE
    assert run(original, Signature(text="-ou", html="x"))[2].outcome is Outcome.REPLACED


def test_growth_limit_is_kept_to_the_octet() -> None:
    original = message_of("text/plain; charset=utf-8", "8bit", b"Hi {EMAILSIGNATURE}")
    handled = len(b"X-Xink-Handled: Yes\r\n")
    signature = Signature(text="x" * 116, html="x")
    fits, _, report = run(original, signature, Options(limits=Limits(growth=handled + 100)))
    assert report.outcome is Outcome.REPLACED
    assert report.size_out == report.size_in + handled + 100
    assert text_of(fits) == "Hi " + "x" * 116
    options = Options(limits=Limits(growth=handled + 99))
    _, output, report = run(original, signature, options)
    assert report.outcome is Outcome.LIMIT
    assert output == b"X-Xink-Handled: Yes\r\n" + original
    with pytest.raises(LimitError):
        rewrite(original, signature, Options(limits=Limits(growth=handled + 99), strict=True))


@pytest.mark.parametrize(
    "message",
    [
        b"From: a@b.c",
        b"From: a@b.c\r\n",
        b"From: a@b.c\nContent-Type: text/html\n",
        b"From: a@b.c\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b--\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n--b--",
    ],
)
def test_nothing_is_appended_where_no_empty_line_ends_the_fields(message: bytes) -> None:
    options = Options(no_placeholder="append", upgrade_plain=True)
    for signature in (ZOE, Signature(text="Jane")):
        _, output, report = run(message, signature, options)
        assert report.outcome is Outcome.MALFORMED
        newline = b"\n" if b"\r" not in message and b"\n" in message else b"\r\n"
        assert output == b"X-Xink-Handled: Yes" + newline + message
    with pytest.raises(MalformedError):
        rewrite(message, ZOE, Options(no_placeholder="append", strict=True))


def test_append_to_an_empty_body() -> None:
    message, _, report = run(b"From: a@b.c\r\n\r\n", ZOE, Options(no_placeholder="append"))
    assert report.outcome is Outcome.APPENDED
    assert text_of(message) == ZOE.text


def test_html_keeps_its_charset_and_gets_character_references() -> None:
    for encoding in ("7bit", "8bit", "quoted-printable"):
        original = message_of("text/html; charset=iso-8859-1", encoding, b"<p>{EMAILSIGNATURE}</p>")
        message, _, _ = run(original, Signature(html="<b>J\u00e4 \u20ac</b>", text="x"))
        assert message["Content-Type"] == "text/html; charset=iso-8859-1"
        assert message["Content-Transfer-Encoding"] == encoding
        expected = "<b>J&#228; &#8364;</b>" if encoding == "7bit" else "<b>J\u00e4 &#8364;</b>"
        assert text_of(message) == f"<p>{expected}</p>"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_damaged_octets_never_become_a_character_with_what_follows(kind: str) -> None:
    damaged = ("\u65e5\u672c" * 10 + " Gr").encode() + b"\xc3{EMAILSIGNATURE}\xa4"
    original = message_of(f"text/{kind}; charset=utf-8", "8bit", damaged)
    _, output, report = run(original, None)
    assert report.outcome is Outcome.UNENCODABLE
    assert output == b"X-Xink-Handled: Yes\r\n" + original
    _, output, report = run(original, Signature(html="\u00e4", text="\u00e4"))
    assert report.outcome is Outcome.REPLACED
    assert output.endswith(b" Gr\xc3\xc3\xa4\xa4")


CODECS = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "us-ascii": "ascii", "utf-16": "utf-16"}
SEEN = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])


@given(
    label=st.sampled_from(sorted(CODECS)),
    encoding=st.sampled_from(["8bit", "quoted-printable", "base64"]),
    before=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60),
    after=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60),
    text=st.lists(st.text(SEEN, max_size=40), max_size=3),
)
def test_reader_sees_the_text_and_the_signature(
    label: str, encoding: str, before: str, after: str, text: list[str]
) -> None:
    encoding = "base64" if label == "utf-16" else encoding
    signs = str.maketrans("*_{}", "    ")
    before, after = before.translate(signs), after.translate(signs)
    if label == "us-ascii":
        before = before.encode("ascii", "ignore").decode()
    signature = Signature(text="\n".join(["Jane", *text, "end"]), html="x")
    octets = f"{before}\r\n\r\n{{EMAILSIGNATURE}}\r\n\r\n{after}\r\n".encode(CODECS[label])
    if encoding == "quoted-printable":
        octets = quopri.encodestring(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif encoding == "base64":
        octets = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    original = message_of(f"text/plain; charset={label}", encoding, octets)
    output, report = rewrite(original, signature, Options(scope="anywhere"))
    assert report.outcome is Outcome.REPLACED
    seen = "\r\n".join(["Jane", *text, "end"])
    assert text_of(email.message_from_bytes(output)) == f"{before}\r\n\r\n{seen}\r\n\r\n{after}\r\n"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_opt_out_word_is_taken_out(kind: str) -> None:
    original = message_of(f"text/{kind}", None, b"Hi [nosig] you {EMAILSIGNATURE}\r\n")
    _, output, report = run(original, ZOE, Options(opt_out="[nosig]"))
    assert report.outcome is Outcome.OPTED_OUT
    assert b"[nosig]" not in output
    assert b"{EMAILSIGNATURE}" not in output
    assert report.signatures == ()


def test_part_whose_every_place_is_refused_stays_whole() -> None:
    original = message_of("text/html", None, b"<table>{EMAILSIGNATURE}<tr><td>x</td></tr></table>")
    _, output, report = run(original)
    assert report.outcome is Outcome.UNCERTAIN
    assert report.left == 1
    assert output == b"X-Xink-Handled: Yes\r\n" + original


def test_part_where_a_signature_with_a_link_has_no_place_stays_whole() -> None:
    original = message_of("text/html", None, b"<a href=x><div>{EMAILSIGNATURE}</div></a>")
    _, output, report = run(original, Signature(html='<a href="https://example.com">J</a>', text="J"))
    assert report.outcome is Outcome.UNCERTAIN
    assert output == b"X-Xink-Handled: Yes\r\n" + original


@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize("more", [b"--b--\r\n", b"\r\n--b--\r\n", b"--b\r\n\r\nHi\r\n--b--\r\n", b""])
@pytest.mark.parametrize("upgrade", [False, True])
def test_append_to_an_empty_body_part_leaves_the_delimiter_on_its_line(
    kind: str, more: bytes, upgrade: bool
) -> None:
    head = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    original = head + b"--b\r\nContent-Type: text/" + kind.encode() + b"\r\n\r\n" + more
    options = Options(no_placeholder="append", upgrade_plain=upgrade)
    message, _, report = run(original, ZOE, options)
    assert report.outcome is Outcome.APPENDED
    inside = [part.get_content_type() for part in message.walk()][1:]
    twin = ["multipart/alternative", "text/plain", "text/html"]
    first = twin if upgrade and kind == "plain" else [f"text/{kind}"]
    assert inside == first + ["text/plain"] * more.count(b"Hi")
    assert not any(part.defects for part in message.walk() if more)
    (leaf,) = [part for part in message.walk() if "Zo" in str(part.get_payload())][:1] or [message]
    assert b"--" not in (leaf.get_payload(decode=True) or b"")
