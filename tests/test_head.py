"""The handled field and the other changes of a message's own header section (contract 3)."""

import pytest

from xinksig import FieldChange, Options, Outcome, Report, rewrite

YES = b"X-Xink-Handled: Yes"


def handled(message: bytes, **options: object) -> bytes:
    """Return the message as it comes back without a signature."""
    result = rewrite(message, None, Options(**options))  # type: ignore[arg-type]
    assert result.report.apply(message) == result.message
    again = rewrite(result.message, None, Options(**options))  # type: ignore[arg-type]
    assert again.message == result.message
    assert again.report.outcome is Outcome.ALREADY_HANDLED
    return result.message


def report(message: bytes, **options: object) -> Report:
    return rewrite(message, None, Options(**options)).report  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "output"),
    [
        (b"Subject: x\r\n\r\ntext", YES + b"\r\nSubject: x\r\n\r\ntext"),
        (b"Subject: x\n\ntext", YES + b"\nSubject: x\n\ntext"),
        (b"Subject: x\r\rtext", YES + b"\rSubject: x\r\rtext"),
        (b"Subject: x", YES + b"\r\nSubject: x"),
        (b"Subject: x\n", YES + b"\nSubject: x\n"),
        (b"", YES + b"\r\n"),
        (b"\r\ntext", YES + b"\r\n\r\ntext"),
        (b"\ntext", YES + b"\n\ntext"),
        (b"just a text", YES + b"\r\njust a text"),
        (b"From a@b Mon\nSubject: x\n\n", b"From a@b Mon\n" + YES + b"\nSubject: x\n\n"),
        (b"From a@b Mon", YES + b"\r\nFrom a@b Mon"),
        (b"\xef\xbb\xbfSubject: x\n\n", YES + b"\n\xef\xbb\xbfSubject: x\n\n"),
        (b" orphan\r\nSubject: x\r\n\r\n", b" orphan\r\n" + YES + b"\r\nSubject: x\r\n\r\n"),
        (b" \r\n\torphan\r\nA: x\r\n", b" \r\n\torphan\r\n" + YES + b"\r\nA: x\r\n"),
        (b"  \r\nSubject: x\r\n\r\n", YES + b"\r\n  \r\nSubject: x\r\n\r\n"),
        (b" orphan\r\n\r\ntext", b" orphan\r\n" + YES + b"\r\n\r\ntext"),
        (b" orphan\n", YES + b"\n\n orphan\n"),
        (b" orphan", YES + b"\r\n\r\n orphan"),
        (b"From a\n orphan\n", b"From a\n" + YES + b"\n\n orphan\n"),
    ],
)
def test_place_and_line_ending_of_the_handled_field(message: bytes, output: bytes) -> None:
    assert handled(message) == output


@pytest.mark.parametrize(
    "field",
    [b"X-Xink-Handled: Yes", b"x-xink-handled:yes", b"X-XINK-HANDLED \t:  YES  ", b"X-Xink-Handled:\r\n Yes"],
)
def test_handled_message_comes_back_as_it_is(field: bytes) -> None:
    message = b"Subject: x\r\n" + field + b"\r\n\r\n{EMAILSIGNATURE}"
    result = rewrite(message, None)
    assert result.message == message
    assert result.report.outcome is Outcome.ALREADY_HANDLED
    assert result.report.edits == ()


def test_other_value_is_replaced_in_place_and_further_ones_are_removed() -> None:
    message = b"A: 1\nX-Xink-Handled: No\nB: 2\nx-xink-handled:\n folded\nC: 3\nX-Xink-Handled: maybe\n\ntext"
    assert handled(message) == b"A: 1\nX-Xink-Handled: Yes\nB: 2\nC: 3\n\ntext"


def test_any_right_value_means_handled() -> None:
    message = b"X-Xink-Handled: No\nX-Xink-Handled: yes\n\ntext"
    assert rewrite(message, None).message == message


def test_only_the_top_level_header_section_counts() -> None:
    part = b"--b\nX-Xink-Handled: Yes\n\nX-Xink-Handled: Yes\n--b--\n"
    message = b"Content-Type: multipart/mixed; boundary=b\n\n" + part
    assert handled(message) == b"X-Xink-Handled: Yes\n" + message


def test_name_and_value_can_be_chosen() -> None:
    options = {"handled_header": "X-Signed-By", "handled_value": "relay 1"}
    assert handled(b"A: 1\n\n", **options) == b"X-Signed-By: relay 1\nA: 1\n\n"


def test_fields_named_in_remove_fields_are_taken_out() -> None:
    message = b"X-Secret: 1\r\nA: 1\r\nx-secret:\r\n folded\r\n\r\nX-Secret: text"
    output = handled(message, remove_fields=("X-Secret",))
    assert output == b"X-Xink-Handled: Yes\r\nA: 1\r\n\r\nX-Secret: text"


def test_field_changes_in_a_milters_words() -> None:
    message = b"A: 1\nX-Secret: 1\nX-Xink-Handled: No\nX-Secret: 2\nX-Xink-Handled: No\n\n"
    assert report(message, remove_fields=("X-Secret",)).field_changes == (
        FieldChange(action="remove", name="X-Secret", index=1),
        FieldChange(action="replace", name="X-Xink-Handled", index=1, value="Yes"),
        FieldChange(action="remove", name="X-Secret", index=2),
        FieldChange(action="remove", name="X-Xink-Handled", index=2),
    )
    assert report(b"A: 1\n\n").field_changes == (
        FieldChange(action="insert", name="X-Xink-Handled", index=0, value="Yes"),
    )


def test_header_section_over_the_limit_is_marked_and_passes() -> None:
    from xinksig import Limits

    message = b"A: 1\nX-Secret: 1\nB: " + b"x" * 3000 + b"\n\n{EMAILSIGNATURE}"
    options = {"limits": Limits(header_size=1000), "remove_fields": ("X-Secret",)}
    assert (
        handled(message, **options)
        == b"X-Xink-Handled: Yes\nA: 1\nB: " + b"x" * 3000 + b"\n\n{EMAILSIGNATURE}"
    )
    assert report(message, **options).outcome is Outcome.LIMIT


DKIM = b"DKIM-Signature: v=1; a=rsa-sha256; d=%s; s=sel; h=From:Subject%s; b=x\r\n"


def test_seals_hold_while_only_the_handled_field_is_added() -> None:
    message = DKIM % (b"example.com", b"") + b"ARC-Seal: i=1; d=example.com\r\nFrom: a@b.c\r\n\r\ntext"
    assert report(message).broken_seals == ()


def test_seal_over_a_removed_field_is_named() -> None:
    message = DKIM % (b"example.com", b":X-Secret") + b"X-Secret: 1\r\nFrom: a@b.c\r\n\r\ntext"
    assert report(message, remove_fields=("X-Secret",)).broken_seals == (
        "DKIM-Signature d=example.com s=sel",
    )
