"""One text part in hand: how it is read, why it is left alone, and where the report says things are."""

import tracemalloc

import pytest

from xinksig import Limits, Options, Outcome, Report, Signature, rewrite

SIGNATURE = Signature(html="<b>Jane</b>", text="Jane\nRoe", id="jane")
MARK = b"X-Xink-Handled: Yes\r\n"


def single(
    body: bytes, content_type: bytes = b"text/plain; charset=utf-8", encoding: bytes = b"8bit"
) -> bytes:
    """Return a message of one text part."""
    fields = b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n" % (content_type, encoding)
    return b"From: jane@example.com\r\nMIME-Version: 1.0\r\n" + fields + body


def report(message: bytes, options: Options | None = None) -> Report:
    result = rewrite(message, SIGNATURE, options)
    assert result.report.apply(message) == result.message
    return result.report


# Why a part is left alone


@pytest.mark.parametrize(
    ("message", "outcome", "reason"),
    [
        (
            single(b"{EMAILSIGNATURE}", b"text/plain; charset=x-mac-klingon"),
            Outcome.UNSUPPORTED_CHARSET,
            "charset 'x-mac-klingon' is not known",
        ),
        (
            single(b"{EMAILSIGNATURE}", b"text/plain; charset=" + b"x" * 80),
            Outcome.UNSUPPORTED_CHARSET,
            f"charset '{'x' * 40}' is not known",
        ),
        (
            single(b"{EMAILSIGNATURE}", b"text/plain; charset=cp037"),
            Outcome.UNSUPPORTED_CHARSET,
            "charset 'cp037' is not known",
        ),
        (
            single(b"{EMAILSIGNATURE}", encoding=b"x-uuencode"),
            Outcome.UNSUPPORTED_ENCODING,
            "transfer encoding 'x-uuencode' is not known",
        ),
        (
            single(b"e0VN QUlM====SIGNATURE}", encoding=b"base64"),
            Outcome.AMBIGUOUS,
            "",
        ),
        (
            single(b"-----BEGIN PGP MESSAGE-----\r\n{EMAILSIGNATURE}"),
            Outcome.INLINE_PGP,
            "it is signed or encrypted (inline PGP)",
        ),
        (
            single(b"{EMAILSIGNATURE}", b"text/enriched"),
            Outcome.NO_PLACEHOLDER,
            "no placeholder was found",
        ),
        (
            single(b"{EMAILSIGNATURE}\r\n" * 3),
            Outcome.LIMIT,
            "it shows more than 2 placeholders",
        ),
    ],
)
def test_part_that_is_left_alone_says_why(message: bytes, outcome: Outcome, reason: str) -> None:
    result = rewrite(message, SIGNATURE, Options(limits=Limits(matches=2)))
    assert result.message == MARK + message
    assert result.report.outcome is outcome
    assert result.report.reason.startswith(reason)


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        (b"text/plain; charset=utf-8; charset=latin1", b"7bit"),
        (b"text/plain; charset=utf-8", b"7bit\r\nContent-Transfer-Encoding: base64"),
    ],
)
def test_part_that_can_be_read_in_two_ways_is_ambiguous(content_type: bytes, encoding: bytes) -> None:
    for message in (
        single(b"{EMAILSIGNATURE}", content_type, encoding),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        + single(b"{EMAILSIGNATURE}", content_type, encoding)
        + b"\r\n--b--\r\n",
    ):
        result = rewrite(message, SIGNATURE)
        assert result.message == MARK + message
        assert result.report.outcome is Outcome.AMBIGUOUS


@pytest.mark.parametrize(
    "body",
    [
        b"> -----BEGIN PGP MESSAGE-----\r\n> x\r\n\r\n{EMAILSIGNATURE}\r\n",
        b"we use -----BEGIN PGP MESSAGE----- as a mark\r\n{EMAILSIGNATURE}\r\n",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nmQ\r\n{EMAILSIGNATURE}\r\n",
    ],
)
def test_text_that_is_not_protected_by_pgp_is_edited(body: bytes) -> None:
    assert report(single(body)).outcome is Outcome.REPLACED


@pytest.mark.parametrize("encoding", [b"base64", b"quoted-printable"])
def test_inline_pgp_is_seen_in_any_transfer_encoding(encoding: bytes) -> None:
    body = {
        b"base64": b"LS0tLS1CRUdJTiBQR1AgTUVTU0FHRS0tLS0tDQp7RU1BSUxTSUdOQVRVUkV9DQo=",
        b"quoted-printable": b"=2D----BEGIN PGP ME=\r\nSSAGE-----\r\n{EMAILSIGNATURE}",
    }[encoding]
    assert report(single(body, encoding=encoding)).outcome is Outcome.INLINE_PGP


# Parameters and line endings


@pytest.mark.parametrize(
    ("parameters", "body", "output"),
    [
        (b"", b"a \r\n{EMAIL \r\nSIGNATURE}", None),
        (b"; format=flowed; delsp=yes", b"a \r\n{EMAIL \r\nSIGNATURE}", b"a \r\nJane\r\nRoe"),
        (b"; FORMAT=Flowed; DelSp=YES", b"a \r\n{EMAIL \r\nSIGNATURE}", b"a \r\nJane\r\nRoe"),
        (b'; format="flowed"; delsp="no"', b"a \r\n{EMAIL \r\nSIGNATURE}", None),
        (b"; format=fixed; delsp=yes", b"a \r\n{EMAIL \r\nSIGNATURE}", None),
    ],
)
def test_format_and_delsp_are_read_in_any_case(parameters: bytes, body: bytes, output: bytes | None) -> None:
    message = single(body, b"text/plain; charset=utf-8" + parameters)
    result = rewrite(message, SIGNATURE)
    expected = message if output is None else message.replace(body, output)
    assert result.message == MARK + expected


@pytest.mark.parametrize(
    ("body", "newline"),
    [
        (b"a\r\n{EMAILSIGNATURE}\r\n", b"\r\n"),
        (b"a\n{EMAILSIGNATURE}\n", b"\n"),
        (b"a\r{EMAILSIGNATURE}\r", b"\r"),
        (b"{EMAILSIGNATURE}", b"\r\n"),
    ],
)
def test_signature_has_the_line_endings_of_the_text(body: bytes, newline: bytes) -> None:
    message = single(body)
    expected = MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane" + newline + b"Roe")
    assert rewrite(message, SIGNATURE).message == expected


def test_signature_without_a_line_ending_nearby_has_that_of_the_message() -> None:
    message = single(b"{EMAILSIGNATURE}").replace(b"\r\n", b"\n")
    assert rewrite(message, SIGNATURE).message.endswith(b"\n\nJane\nRoe")


# Where the report says things are


@pytest.mark.parametrize(
    ("body", "content_type", "encoding", "span"),
    [
        ("Grüße {EMAILSIGNATURE}!".encode(), b"text/plain; charset=utf-8", b"8bit", b"{EMAILSIGNATURE}"),
        (
            b"Gr=C3=BC=C3=9Fe {EMAIL=\r\nSIGN=41TURE}!",
            b"text/plain; charset=utf-8",
            b"quoted-printable",
            b"{EMAIL=\r\nSIGN=41TURE}",
        ),
        (
            b"<p>Hi &#123;EMAIL<b>SIGNATURE</b>}</p>",
            b"text/html; charset=us-ascii",
            b"7bit",
            b"&#123;EMAIL<b>SIGNATURE</b>}",
        ),
        (
            "Ü {EMAILSIGNATURE}".encode("utf-16"),
            b"text/plain; charset=utf-16",
            b"binary",
            "{EMAILSIGNATURE}".encode("utf-16-le"),
        ),
    ],
)
def test_match_is_the_span_in_the_message(
    body: bytes, content_type: bytes, encoding: bytes, span: bytes
) -> None:
    message = single(body, content_type, encoding)
    found = report(message)
    ((match,),) = [part.matches for part in found.parts]
    assert message[match.start : match.stop] == span
    assert match.outcome is Outcome.REPLACED
    assert found.parts[0].number == ""


def test_matches_are_in_order_with_names_and_fates() -> None:
    body = b"{EMAILSIGNATURE:a} {emailsignature}\r\n> {EMAILSIGNATURE:q}\r\n"
    message = single(body)
    (part,) = report(message).parts
    assert [(match.name, match.written, match.outcome) for match in part.matches] == [
        ("a", "{EMAILSIGNATURE:a}", Outcome.REPLACED),
        ("", "{emailsignature}", Outcome.REPLACED),
        ("q", "{EMAILSIGNATURE:q}", Outcome.QUOTED_ONLY),
    ]
    assert part.reason == "the signature was put in 2 times"
    assert part.outcome is Outcome.REPLACED


def test_match_in_a_part_that_is_left_whole_has_the_reason_of_the_part() -> None:
    found = report(single(b"{EMAILSIGNATURE}\r\n" * 2), Options(limits=Limits(matches=1)))
    (part,) = found.parts
    assert {match.reason for match in part.matches} == {"it shows more than 1 placeholders"}
    assert {match.outcome for match in part.matches} == {Outcome.LIMIT}
    assert found.left == 2


def test_opt_out_word_is_a_match_too_and_no_trigger() -> None:
    message = single(b"[nosig] Hello\r\n")
    found = report(message, Options(opt_out="[nosig]"))
    ((match,),) = [part.matches for part in found.parts]
    assert message[match.start : match.stop] == b"[nosig]"
    assert (match.outcome, match.reason) == (Outcome.OPTED_OUT, "the opt-out word was taken out")
    assert found.left == 0


def test_opt_out_word_inside_a_placeholder_is_not_taken_by_itself() -> None:
    found = rewrite(single(b"{EMAILSIGNATURE:none}"), SIGNATURE, Options(opt_out="none"))
    assert found.report.outcome is Outcome.REPLACED


# Memory


def test_texts_beyond_what_is_kept_for_the_report_are_let_go_and_reported_all_the_same() -> None:
    filler = b"x" * 70 + b"\r\n"
    part = b"--b\r\nContent-Type: text/plain\r\n\r\n" + filler * 4000 + b"{EMAILSIGNATURE}\r\n"
    image = b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n"
    message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (part + image) * 9 + b"--b--\r\n"
    found = rewrite(message, SIGNATURE).report
    tracemalloc.start()
    parts = found.parts
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(parts) == 9
    for searched in parts:
        (match,) = searched.matches
        assert message[match.start : match.stop] == b"{EMAILSIGNATURE}"
        assert searched.outcome is Outcome.REPLACED
    assert peak < 1 << 20
