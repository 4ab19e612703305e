"""The report: one outcome and one sentence for a message, what its parts say, and what a milter needs."""

import json
from collections.abc import Callable

import pytest

from xinksig import (
    FieldChange,
    Kind,
    Options,
    Outcome,
    Report,
    Result,
    Rewriter,
    Signature,
    SignatureRequest,
    decision,
    rewrite,
    textpart,
    writer,
)
from xinksig.edits import EditList
from xinksig.mime.part import Part
from xinksig.policy import Verdict
from xinksig.reporting import Journal
from xinksig.situation import Situation

SIGNATURE = Signature(html="<p>Jane Roe</p>", text="Jane Roe", id="jane")
MARK = b"X-Xink-Handled: Yes\r\n"
HEAD = b"From: Jane Roe <jane@example.com>\r\nTo: joe@example.net\r\nMessage-ID: <1@example.com>\r\n"
PLAIN = b"Content-Type: text/plain\r\n\r\nHello {EMAILSIGNATURE}"
HTML = b"Content-Type: text/html\r\n\r\n<p>Hello {EMAILSIGNATURE}</p>"
PDF = b"Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF"


def multipart(subtype: bytes, *parts: bytes, boundary: bytes = b"b1") -> bytes:
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (subtype, boundary)
    return (
        head
        + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
        + b"--%s--\r\n" % boundary
    )


def letter(entity: bytes, *fields: bytes) -> bytes:
    return HEAD + b"".join(field + b"\r\n" for field in fields) + b"MIME-Version: 1.0\r\n" + entity


def done(message: bytes, **options: object) -> Result:
    result = rewrite(message, SIGNATURE, Options(**options))  # type: ignore[arg-type]
    assert result.report.apply(message) == result.message
    assert result.report.size_in == len(message)
    assert result.report.size_out == len(result.message)
    return result


# The message's outcome is the first that a part has


def test_text_that_was_signed_counts_more_than_all_that_is_left_alone() -> None:
    message = letter(multipart(b"mixed", PDF, multipart(b"signed", PLAIN, boundary=b"s"), PLAIN))
    report = done(message).report
    assert report.outcome is Outcome.REPLACED
    assert report.reason == "part 3: the signature was put in"
    assert [(part.number, part.media_type, part.outcome) for part in report.parts] == [
        ("2", "multipart/signed", Outcome.CRYPTO_SIGNED),
        ("3", "text/plain", Outcome.REPLACED),
    ]


def test_protected_part_counts_more_than_text_without_a_placeholder() -> None:
    nothing = PLAIN.replace(b"{EMAILSIGNATURE}", b"Joe")
    message = letter(multipart(b"mixed", nothing, multipart(b"signed", PLAIN, boundary=b"s")))
    report = done(message).report
    assert report.outcome is Outcome.CRYPTO_SIGNED
    assert report.reason == "part 2: it is signed (multipart/signed); left as it was"


def test_attachments_do_not_make_the_outcome() -> None:
    attached = b"Content-Disposition: attachment\r\n" + PLAIN
    message = letter(multipart(b"mixed", attached, b"Content-Type: message/rfc822\r\n\r\n" + PLAIN))
    report = done(message).report
    assert (report.outcome, report.reason) == (Outcome.NO_PLACEHOLDER, "no placeholder was found")
    assert [part.outcome for part in report.parts] == [Outcome.ATTACHMENT, Outcome.ATTACHED_MESSAGE]


def test_refused_alternative_is_told_beside_the_one_that_was_edited() -> None:
    refused = HTML.replace(b"text/html", b"text/html; charset=x-none")
    report = done(letter(multipart(b"alternative", PLAIN, refused))).report
    assert report.outcome is Outcome.REPLACED
    assert report.reason == (
        "part 1: the signature was put in, but part 2: charset 'x-none' is not known; left as it was"
    )


def test_uncertain_place_in_one_alternative_is_left_and_told() -> None:
    refused = HTML.replace(b"<p>Hello", b"<table>").replace(b"</p>", b"<tr><td>x</table>")
    report = done(letter(multipart(b"alternative", PLAIN, refused))).report
    assert (report.outcome, report.left) == (Outcome.REPLACED, 1)
    assert report.reason.startswith("part 1: the signature was put in, but part 2: ")
    assert [part.outcome for part in report.parts] == [Outcome.REPLACED, Outcome.UNCERTAIN]


def test_parts_are_reported_in_the_order_of_the_message() -> None:
    inner = multipart(b"mixed", b"Content-Disposition: attachment\r\n" + PLAIN, PLAIN, boundary=b"c")
    report = done(letter(multipart(b"mixed", PLAIN, HTML, inner, PDF, PLAIN))).report
    assert [part.number for part in report.parts] == ["1", "2", "3.1", "3.2", "5"]


@pytest.mark.parametrize("message", [b"", b"\r\n", b"no header section", b"Subject: x", b"\xff\x00"])
def test_message_with_next_to_nothing_has_a_report(message: bytes) -> None:
    report = done(message).report
    assert report.outcome in (Outcome.NO_PLACEHOLDER, Outcome.AMBIGUOUS)
    assert (report.left, report.kind, report.message_id) == (0, Kind.NEW, "")


def test_message_id_and_signatures_are_named() -> None:
    message = letter(PLAIN.replace(b"}", b"} {EMAILSIGNATURE:b} {EMAILSIGNATURE:c}"))

    def source(request: SignatureRequest) -> Signature:
        return Signature(text=request.name, id={"": "first", "b": "", "c": "third"}[request.name])

    report = rewrite(message, source).report
    assert report.message_id == "<1@example.com>"
    assert report.signatures == ("first", "third")


def test_first_reason_that_is_noted_for_a_part_counts() -> None:
    journal, part = Journal(), Part(None, 0)
    journal.note_part(part, Verdict(Outcome.LIMIT, "first"))
    journal.note_part(part, Verdict(Outcome.AMBIGUOUS, "second"))
    part.read(b"Content-Type: text/plain\r\n\r\n", cr_only=False)
    (noted,) = journal.report(EditList(), Situation(Options(), None)).parts
    assert (noted.outcome, noted.reason) == (Outcome.LIMIT, "first")


# What a milter needs


def test_fields_are_changed_in_a_milters_words() -> None:
    message = letter(
        PLAIN.replace(b"text/plain", b"text/plain; charset=us-ascii"),
        b"X-Xink-Handled: No",
        b"X-Secret: one",
        b"Subject: Figures [nosig]",
        b"X-Xink-Handled: perhaps",
        b"x-secret: two",
    )
    report = done(message, remove_fields=("X-Secret",), opt_out="[nosig]").report
    assert report.field_changes == (
        FieldChange(action="replace", name="X-Xink-Handled", index=1, value="Yes"),
        FieldChange(action="remove", name="X-Secret", index=1),
        FieldChange(action="replace", name="Subject", index=1, value="Figures"),
        FieldChange(action="remove", name="X-Xink-Handled", index=2),
        FieldChange(action="remove", name="x-secret", index=2),
    )
    assert report.body_start == message.index(b"\r\n\r\n") + 4
    assert report.body_changed


def test_raised_charset_is_a_change_of_fields_and_body() -> None:
    message = HEAD + b"\r\nHello {EMAILSIGNATURE}\r\n"
    result = rewrite(message, Signature(text="Jürgen"))
    changes = {(change.action, change.name): change.value for change in result.report.field_changes}
    assert changes[("insert", "Content-Type")].lower() == 'text/plain; charset="utf-8"'
    assert changes[("insert", "Content-Transfer-Encoding")] == "quoted-printable"
    assert changes[("insert", "MIME-Version")] == "1.0"
    assert result.report.body_changed


def test_message_that_was_handled_before_changes_nothing() -> None:
    report = done(MARK + letter(PLAIN)).report
    assert (report.outcome, report.edits, report.field_changes) == (Outcome.ALREADY_HANDLED, (), ())
    assert not report.body_changed
    assert report.reason == "it was handled before; left as it was"


# JSON


def messages() -> list[bytes]:
    return [
        letter(multipart(b"alternative", PLAIN, HTML), b"DKIM-Signature: d=example.com; s=x; b="),
        letter(PLAIN, b"Auto-Submitted: auto-replied; owner-email=jane@example.com"),
        letter(multipart(b"signed", PLAIN, PDF), b"X-Secret: jane@example.com"),
        letter(PLAIN, b"Subject: [nosig] jane@example.com"),
        MARK + letter(PLAIN),
    ]


@pytest.mark.parametrize("message", messages())
def test_report_is_json_without_addresses_and_replacements(message: bytes) -> None:
    report = done(message, remove_fields=("X-Secret",), opt_out="[nosig]", domains=("example.com",)).report
    values = report.to_dict()
    text = json.dumps(values)
    assert json.loads(text) == values
    assert values.pop("message_id") == "<1@example.com>"
    assert "@" not in json.dumps(values)
    assert "replacement" not in text
    assert (values["outcome"], values["kind"]) == (str(report.outcome), str(report.kind))
    assert [edit["size"] for edit in values["edits"]] == [len(edit.replacement) for edit in report.edits]


@pytest.mark.parametrize("message", messages())
def test_full_report_is_json_from_which_the_output_can_be_made(message: bytes) -> None:
    result = done(message, opt_out="[nosig]")
    values = json.loads(json.dumps(result.report.to_dict(full=True)))
    output, at = b"", 0
    for edit in values["edits"]:
        output += message[at : edit["start"]] + edit["replacement"].encode("latin-1")
        at = edit["stop"]
    assert output + message[at:] == result.message
    assert all("value" in change for change in values["field_changes"])


# The source fails


def failing(request: SignatureRequest) -> Signature:
    raise LookupError(f"no entry for {request.author}")


def test_failed_source_leaves_the_message_and_says_so() -> None:
    message = letter(multipart(b"alternative", PLAIN, HTML))
    result = rewrite(message, failing, Options(on_failure="pass"))
    assert result.message == MARK + message
    assert (result.report.outcome, result.report.left) == (Outcome.SOURCE_FAILED, 2)
    assert result.report.reason == (
        "the signature source failed: LookupError: no entry for jane@example.com; left as it was"
    )
    assert {part.outcome for part in result.report.parts} == {Outcome.SOURCE_FAILED}
    with pytest.raises(LookupError):
        rewrite(message, failing)


def test_address_in_a_failure_is_in_the_full_report_only() -> None:
    report = rewrite(letter(PLAIN), failing, Options(on_failure="pass")).report
    assert "jane@example.com" in json.dumps(report.to_dict(full=True))
    values = report.to_dict()
    del values["message_id"]
    assert "@" not in json.dumps(values)
    assert "LookupError" in values["reason"]


def test_what_was_signed_before_the_source_failed_stands() -> None:
    message = letter(multipart(b"mixed", PLAIN, PDF, PLAIN.replace(b"}", b":b}")))

    def source(request: SignatureRequest) -> Signature:
        return failing(request) if request.name else SIGNATURE

    result = rewrite(message, source, Options(on_failure="pass"))
    assert result.message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")
    assert result.report.outcome is Outcome.SOURCE_FAILED
    assert result.report.left == 1
    assert [part.outcome for part in result.report.parts] == [Outcome.REPLACED, Outcome.SOURCE_FAILED]


def test_source_that_gives_up_before_the_message_begins() -> None:
    rewriter = Rewriter()
    assert rewriter.give_up("no database") == []
    output = b"".join(rewriter.feed(b"Subject: x\r\n\r\n") + rewriter.close())
    assert output == b"Subject: x\r\n\r\n"
    assert rewriter.report.outcome is Outcome.SOURCE_FAILED
    assert rewriter.report.reason == "the signature source failed: no database; left as it was"
    assert (rewriter.report.body_start, rewriter.report.field_changes) == (0, ())


# Our own code fails


def broken(*arguments: object, **options: object) -> object:
    raise ZeroDivisionError("jane@example.com")


def broken_at_second(function: Callable[..., object]) -> Callable[..., object]:
    calls = []

    def call(*arguments: object, **options: object) -> object:
        calls.append(1)
        return broken() if len(calls) > 1 else function(*arguments, **options)

    return call


def _check_internal_error(report: Report) -> None:
    assert report.outcome is Outcome.INTERNAL_ERROR
    assert report.reason.startswith("internal error (ZeroDivisionError at test_reporting.py:")
    assert "jane" not in report.reason


def test_error_while_text_is_searched_leaves_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textpart.TextPart, "search", broken_at_second(textpart.TextPart.search))
    message = letter(multipart(b"alternative", PLAIN, HTML))
    result = rewrite(message, SIGNATURE)
    assert result.message == MARK + message
    _check_internal_error(result.report)
    assert [part.outcome for part in result.report.parts] == [Outcome.INTERNAL_ERROR] * 2
    assert result.report.parts[0].reason == "an internal error came before it"
    assert result.report.left == 1


def test_error_while_a_part_is_written_leaves_it_and_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    message = letter(multipart(b"mixed", PLAIN, HTML, PLAIN, PDF, PLAIN))
    for size in (len(message), 20):
        monkeypatch.setattr(decision, "write", broken_at_second(writer.write))
        rewriter = Rewriter()
        rewriter.answer_all(SIGNATURE)
        pieces = [b"".join(rewriter.feed(message[at : at + size])) for at in range(0, len(message), size)]
        output = b"".join(pieces) + b"".join(rewriter.close())
        assert output == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe", 1)
        _check_internal_error(rewriter.report)
        assert rewriter.report.apply(message) == output
        assert [part.outcome for part in rewriter.report.parts] == [
            Outcome.REPLACED,
            Outcome.INTERNAL_ERROR,
            Outcome.INTERNAL_ERROR,
        ]


def test_error_without_a_traceback_is_named_too() -> None:
    verdict = Journal().note_internal_error(ZeroDivisionError())
    assert verdict.reason == "internal error (ZeroDivisionError at unknown place)"
