"""What is known of a whole message: its kind, who is asked for a signature, and whether one is wanted."""

import pytest

from letters import (
    FORWARDED,
    MARK,
    PDF,
    QUOTE,
    SIGNATURE,
    done,
    html,
    letter,
    multipart,
    plain,
    texts,
)
from xinksig import (
    Kind,
    Options,
    Outcome,
    Signature,
    SignatureRequest,
    rewrite,
)

# Kind, author and the rest of a request


@pytest.mark.parametrize(
    ("fields", "subject", "body", "kind"),
    [
        ((), b"Figures", "", Kind.NEW),
        ((b"In-Reply-To: <1@x>",), b"Figures", "", Kind.REPLY),
        ((b"References: <1@x>\r\n <2@x>",), b"Figures", "", Kind.REPLY),
        ((), b"Re: Figures", "", Kind.REPLY),
        ((), b"AW: Figures", "", Kind.REPLY),
        ((), b"=?utf-8?Q?=C3=9Cber=20uns:?= Figures", "", Kind.NEW),
        ((), b"=?utf-8?B?5Zue5aSN77ya?= Figures", "", Kind.REPLY),
        ((), b"Fwd: Figures", "", Kind.FORWARD),
        ((), b"WG: Figures", "", Kind.FORWARD),
        ((b"References: <1@x>",), b"Fw: Figures", "", Kind.FORWARD),
        ((b"References: <1@x>",), b"RE: FW: Figures", "", Kind.REPLY),
        ((), b"[EXTERNAL] Re: Figures", "", Kind.REPLY),
        ((), b"Figures", QUOTE, Kind.REPLY),
        ((), b"Figures", FORWARDED, Kind.FORWARD),
        ((b"References: <1@x>",), b"Figures", FORWARDED, Kind.FORWARD),
        ((), b"Regarding: the figures", "", Kind.NEW),
    ],
)
def test_source_is_told_the_kind(fields: tuple[bytes, ...], subject: bytes, body: str, kind: Kind) -> None:
    asked: list[SignatureRequest] = []

    def source(request: SignatureRequest) -> Signature:
        asked.append(request)
        return SIGNATURE

    entity = html(f"<html><body><p>Hello</p><p>{{EMAILSIGNATURE}}</p>{body}</body></html>")
    report = done(letter(entity, *fields, subject=subject), None, source).report
    assert [request.kind for request in asked] == [kind]
    assert report.kind is kind
    assert report.outcome is Outcome.REPLACED
    assert done(letter(entity, *fields, subject=subject)).report.kind is kind


@pytest.mark.parametrize("placeholder", ["", "{EMAILSIGNATURE}"])
@pytest.mark.parametrize("size", [1, 2 << 20])
def test_report_tells_the_kind_whether_or_not_anybody_asked(placeholder: str, size: int) -> None:
    body = html(f"<p>Hello {placeholder}</p>{FORWARDED}{'<p>A line of text.</p>' * (size // 22)}")
    for parts in ((body,), (body, PDF, html("<p>Hello {EMAILSIGNATURE}</p>"))):
        message = letter(multipart("mixed", *parts))
        sources = (SIGNATURE, None, lambda request: SIGNATURE)
        kinds = {rewrite(message, source).report.kind for source in sources}
        assert kinds == {Kind.FORWARD}


def test_source_is_asked_once_for_both_alternatives_and_once_for_each_name() -> None:
    asked: list[SignatureRequest] = []

    def source(request: SignatureRequest) -> Signature | None:
        asked.append(request)
        return None if request.name == "none" else SIGNATURE

    text = "{EMAILSIGNATURE} {EMAILSIGNATURE:short} {emailsignature:none}"
    message = letter(multipart("alternative", plain(text), html(f"<p>{text}</p>")), b"Sender: pa@example.com")
    report = done(message, None, source).report
    assert [request.name for request in asked] == ["", "short", "none"]
    assert {(request.author, request.sender) for request in asked} == {("jane@example.com", "pa@example.com")}
    assert report.outcome is Outcome.REPLACED
    assert report.left == 0


def test_kind_is_told_by_the_first_text_that_can_be_read() -> None:
    unread = html("x").replace(b"utf-8", b"x-none")
    message = letter(multipart("alternative", unread, html(f"{{EMAILSIGNATURE}}{FORWARDED}")))
    assert done(message).report.kind is Kind.FORWARD


# Opt-out

OPT_OUT = Options(opt_out="[nosig]")


def test_opt_out_word_in_the_body_stops_the_signature_and_goes() -> None:
    message = letter(plain("Hello [NoSig]\n\n{EMAILSIGNATURE}\n"))
    result = done(message, OPT_OUT)
    assert texts(result.message) == [("text/plain", "Hello \n\n\n")]
    assert result.report.outcome is Outcome.OPTED_OUT
    assert result.report.reason == "the author asked for no signature with the opt-out word"
    assert result.report.left == 0
    assert result.report.signatures == ()


def test_opt_out_word_in_one_alternative_stops_the_other() -> None:
    parts = multipart(
        "alternative", plain("Hello {EMAILSIGNATURE}\n"), html("<p>[no&#115;ig]</p>{EMAILSIGNATURE}")
    )
    result = done(letter(parts), OPT_OUT)
    (_, text), (_, source) = texts(result.message)
    assert text == "Hello \n"
    assert "sig" not in source
    assert "EMAIL" not in source
    assert result.report.outcome is Outcome.OPTED_OUT


@pytest.mark.parametrize(
    ("subject", "left"),
    [
        (b"Figures [nosig]", b"Figures"),
        (b"[NOSIG] Figures", b"Figures"),
        (b"Re: [nosig] Figures", b"Re: Figures"),
        (b"=?utf-8?Q?[nosig]_F=C3=BCr?=", b"=?utf-8?Q?F=C3=BCr?="),
    ],
)
def test_opt_out_word_in_the_subject_stops_the_signature_and_goes(subject: bytes, left: bytes) -> None:
    message = letter(plain("Hello {EMAILSIGNATURE}\n"), subject=subject)
    result = done(message, OPT_OUT)
    expected = MARK + message.replace(subject, left).replace(b"{EMAILSIGNATURE}", b"")
    assert result.message == expected
    assert result.report.outcome is Outcome.OPTED_OUT
    assert [(change.action, change.name) for change in result.report.field_changes] == [
        ("insert", "X-Xink-Handled"),
        ("replace", "Subject"),
    ]


def test_opt_out_leaves_the_placeholder_if_unassigned_ones_are_left() -> None:
    message = letter(plain("Hello [nosig] {EMAILSIGNATURE}\n"))
    result = done(message, Options(opt_out="[nosig]", unassigned="leave"))
    assert texts(result.message)[0][1] == "Hello  {EMAILSIGNATURE}\n"
    assert (result.report.outcome, result.report.left) == (Outcome.OPTED_OUT, 1)


def test_opt_out_stops_append_and_device_lines() -> None:
    message = letter(plain("Hello\n\nSent from my iPhone\n"), subject=b"Figures [nosig]")
    for options in (
        Options(opt_out="[nosig]", no_placeholder="append"),
        Options(opt_out="[nosig]", device_lines=True),
    ):
        result = done(message, options)
        assert result.message == MARK + message.replace(b" [nosig]", b"")
        assert result.report.outcome is Outcome.OPTED_OUT


def test_opt_out_word_in_the_quote_does_not_count() -> None:
    message = letter(plain("Hello {EMAILSIGNATURE}\n> [nosig]\n"))
    assert done(message, OPT_OUT).message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")


def test_opt_out_word_without_the_option_is_text() -> None:
    message = letter(plain("Hello [nosig] {EMAILSIGNATURE}\n"))
    assert done(message).message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")


def test_source_is_not_asked_when_the_author_opted_out() -> None:
    def source(request: SignatureRequest) -> Signature:
        raise AssertionError(request)

    done(letter(plain("Hello [nosig] {EMAILSIGNATURE}\n")), OPT_OUT, source)


def test_opt_out_word_goes_from_a_protected_message_neither() -> None:
    message = letter(multipart("signed", plain("Hello [nosig]\n"), PDF))
    assert done(message, OPT_OUT).message == MARK + message


def test_opt_out_word_that_cannot_be_taken_out_stops_the_signature_too() -> None:
    source = "<table>[nosig]<tr><td>x</td></tr></table><p>Hello {EMAILSIGNATURE}</p>"
    message = letter(html(source))
    result = done(message, OPT_OUT)
    assert result.message == MARK + message.replace(b" {EMAILSIGNATURE}", b" ")
    assert result.report.outcome is Outcome.OPTED_OUT
    assert [match.outcome for match in result.report.parts[0].matches] == [
        Outcome.UNCERTAIN,
        Outcome.OPTED_OUT,
    ]
    assert result.report.left == 0


def test_opt_out_word_does_not_count_as_the_first_placeholder() -> None:
    message = letter(plain("[nosig] {EMAILSIGNATURE} {EMAILSIGNATURE}\n"))
    result = done(message, Options(opt_out="[nosig]", matches="first"))
    assert texts(result.message)[0][1] == "  {EMAILSIGNATURE}\n"
