"""Which triggers of a message count, what is put in their places, and what is left."""

import pytest

from letters import (
    APPEND,
    DEVICE,
    MARK,
    PDF,
    SIGNATURE,
    done,
    html,
    letter,
    multipart,
    plain,
    texts,
)
from xinksig import (
    CharsetError,
    LimitError,
    Options,
    Outcome,
    Signature,
    SignatureRequest,
    Trigger,
    rewrite,
)

# The order of triggers


def test_placeholder_goes_before_device_line_and_append() -> None:
    message = letter(plain("Hello {EMAILSIGNATURE}\n\nSent from my iPhone\n"))
    options = Options(device_lines=True, no_placeholder="append")
    result = done(message, options)
    assert texts(result.message) == [("text/plain", "Hello Jane Roe\n\nSent from my iPhone\n")]
    assert result.report.outcome is Outcome.REPLACED


def test_device_line_goes_before_append() -> None:
    triggers: list[Trigger] = []

    def source(request: SignatureRequest) -> Signature:
        triggers.append(request.trigger)
        return SIGNATURE

    message = letter(plain("Hello\n\nSent from my iPhone\n"))
    result = done(message, Options(device_lines=True, no_placeholder="append"), source)
    assert texts(result.message) == [("text/plain", "Hello\n\nJane Roe\n")]
    assert triggers == [Trigger.DEVICE_LINE]


def test_append_is_asked_for_where_nothing_else_is() -> None:
    triggers: list[Trigger] = []

    def source(request: SignatureRequest) -> Signature:
        triggers.append(request.trigger)
        return SIGNATURE

    result = done(letter(plain("Hello\n")), Options(device_lines=True, no_placeholder="append"), source)
    assert triggers == [Trigger.APPEND]
    assert result.report.outcome is Outcome.APPENDED
    assert result.report.reason == "the signature was put below the newest text"


@pytest.mark.parametrize("options", [None, DEVICE, APPEND])
def test_quoted_placeholder_alone_is_no_trigger(options: Options | None) -> None:
    message = letter(plain("Hello\n\nOn Mon, 4 Mar 2024, Joe wrote:\n> {EMAILSIGNATURE}\n"))
    result = done(message, options)
    if options is APPEND:
        assert texts(result.message)[0][1].startswith("Hello\n\nJane Roe\n\nOn Mon")
    else:
        assert result.message == MARK + message
        assert result.report.outcome is Outcome.QUOTED_ONLY
        assert result.report.reason == "a placeholder stands in quoted history only"
    assert result.report.left == 0


def test_scope_anywhere_replaces_in_the_quote_too() -> None:
    message = letter(plain("Hello {EMAILSIGNATURE}\n> {EMAILSIGNATURE}\n"))
    assert done(message).message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe", 1)
    everywhere = done(message, Options(scope="anywhere"))
    assert everywhere.message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")
    assert everywhere.report.parts[0].reason == "the signature was put in 2 times"


# Device lines


def test_device_line_in_plain_text() -> None:
    message = letter(plain("Hello\n\n-- \nSent from my iPhone\n"))
    result = done(message, DEVICE)
    assert "Sent from" not in texts(result.message)[0][1]
    assert "Jane Roe" in texts(result.message)[0][1]
    assert result.report.outcome is Outcome.REPLACED
    assert [match.written.strip("- \r\n") for match in result.report.parts[0].matches] == [
        "Sent from my iPhone"
    ]


def test_device_line_above_the_quote_in_both_alternatives() -> None:
    message = letter(
        multipart(
            "alternative",
            plain(
                "Hello\n\nSent from my iPhone\n\n> On 4 Mar 2024, at 10:00, Joe wrote:\n> \n> old\n"
                "> Sent from my iPhone\n"
            ),
            html(
                '<html><body dir="auto">Hello<br><br><div dir="ltr">Sent from my iPhone</div>'
                '<div dir="ltr"><br>'
                '<blockquote type="cite">On 4 Mar 2024, at 10:00, Joe wrote:<br><br></blockquote></div>'
                '<blockquote type="cite"><div dir="ltr">old<br>Sent from my iPhone</div></blockquote>'
                "</body></html>"
            ),
        )
    )
    result = done(message, DEVICE)
    (_, text), (_, source) = texts(result.message)
    assert text.startswith("Hello\n\nJane Roe\n\n> On 4 Mar")
    assert text.count("Sent from my iPhone") == 1
    assert source.count("Sent from my iPhone") == 1
    assert source.index("Jane <b>Roe</b>") < source.index("blockquote") < source.index("Sent from my iPhone")
    assert result.report.outcome is Outcome.REPLACED
    assert result.report.left == 0


def test_device_line_of_apple_mail_stands_in_the_last_text_part() -> None:
    message = letter(multipart("mixed", plain("See this.\n\n"), PDF, plain("\n\nSent from my iPhone")))
    result = done(message, DEVICE)
    assert [text for _, text in texts(result.message)] == ["See this.\n\n", "\n\nJane Roe"]


def test_device_line_of_two_text_parts_in_one_hold_is_the_last() -> None:
    message = letter(multipart("mixed", plain("Sent from my iPhone"), html("<div>Sent from my iPhone</div>")))
    result = done(message, DEVICE)
    (_, first), (_, second) = texts(result.message)
    assert first == "Sent from my iPhone"
    assert "Jane <b>Roe</b>" in second
    assert "Sent from" not in second


def test_device_line_that_has_no_signature_stays() -> None:
    message = letter(plain("Hello\n\nSent from my iPhone\n"))
    result = done(message, DEVICE, None)
    assert result.message == MARK + message
    assert (result.report.outcome, result.report.left) == (Outcome.UNASSIGNED, 1)
    assert result.report.reason == "the author has no signature assigned"


def test_device_line_is_text_without_the_option() -> None:
    message = letter(plain("Hello\n\nSent from my iPhone\n"))
    assert done(message).message == MARK + message
    assert (
        done(letter(plain("Hello\n\nSent from my Dynabook\n")), DEVICE).report.outcome
        is Outcome.NO_PLACEHOLDER
    )
    more = Options(device_lines=True, more_device_lines=("Sent from my Dynabook",))
    assert done(letter(plain("Hello\n\nSent from my Dynabook\n")), more).report.outcome is Outcome.REPLACED


@pytest.mark.parametrize(
    "text",
    [
        "I was Sent from my iPhone",
        "Sent from my iPhone\n\nJane",
        "Hello\n> Sent from my iPhone",
        "Sent from my iPhone?",
    ],
)
def test_look_alike_of_a_device_line_is_left(text: str) -> None:
    message = letter(plain(text))
    assert done(message, DEVICE).message == MARK + message


# Unassigned


def test_unassigned_placeholder_is_taken_out() -> None:
    message = letter(
        multipart("alternative", plain("Hello\n{EMAILSIGNATURE}\n"), html("<p>Hello</p>{EMAILSIGNATURE}"))
    )
    result = done(message, None, None)
    assert result.message == MARK + message.replace(b"{EMAILSIGNATURE}", b"")
    assert (result.report.outcome, result.report.left) == (Outcome.UNASSIGNED, 0)
    assert result.report.reason == "the author has no signature assigned"


def test_unassigned_placeholder_is_left_by_option() -> None:
    message = letter(plain("Hello\n{EMAILSIGNATURE}\n"))
    result = done(message, Options(unassigned="leave"), None)
    assert result.message == MARK + message
    assert (result.report.outcome, result.report.left) == (Outcome.UNASSIGNED, 1)
    (match,) = result.report.parts[0].matches
    assert message[match.start : match.stop] == match.written.encode() == b"{EMAILSIGNATURE}"
    assert match.outcome is Outcome.UNASSIGNED


def test_name_without_a_signature_is_left_beside_one_with() -> None:
    def source(request: SignatureRequest) -> Signature | None:
        return SIGNATURE if request.name == "" else None

    message = letter(plain("{EMAILSIGNATURE}\n{EMAILSIGNATURE:long}\n"))
    result = done(message, Options(unassigned="leave"), source)
    assert result.message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")
    assert (result.report.outcome, result.report.left) == (Outcome.PARTLY_REPLACED, 1)
    assert result.report.reason == (
        "the signature was put in, but one place was left: the author has no signature assigned"
    )


# How many


def test_first_placeholder_only() -> None:
    two = "{EMAILSIGNATURE} and {EMAILSIGNATURE}\n"
    message = letter(multipart("alternative", plain(two), html(f"<p>{two}</p>")))
    result = done(message, Options(matches="first"))
    (_, text), (_, source) = texts(result.message)
    assert text == "Jane Roe and {EMAILSIGNATURE}\n"
    assert source.count("{EMAILSIGNATURE}") == 1
    assert source.index("Roe") < source.index("{EMAILSIGNATURE}")
    assert (result.report.outcome, result.report.left) == (Outcome.REPLACED, 2)
    reasons = [match.reason for part in result.report.parts for match in part.matches]
    assert reasons == ["the signature was put in", "only the first placeholder is replaced"] * 2


def test_first_placeholder_of_the_first_body_only() -> None:
    message = letter(multipart("mixed", plain("{EMAILSIGNATURE}"), PDF, plain("{EMAILSIGNATURE}")))
    result = done(message, Options(matches="first"))
    assert result.message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe", 1)
    assert result.report.left == 1
    assert [part.reason for part in result.report.parts] == [
        "the signature was put in",
        "only the first placeholder is replaced",
    ]
    every = done(message)
    assert every.message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")


def test_first_is_the_first_that_is_new() -> None:
    message = letter(plain("> {EMAILSIGNATURE}\n\n{EMAILSIGNATURE} {EMAILSIGNATURE}\n"))
    result = done(message, Options(matches="first"))
    assert texts(result.message)[0][1] == "> {EMAILSIGNATURE}\n\nJane Roe {EMAILSIGNATURE}\n"


# The twin rule


def test_plain_twin_shows_no_more_signatures_than_the_html() -> None:
    message = letter(
        multipart(
            "alternative",
            plain("Hello {EMAILSIGNATURE}\n\nold {EMAILSIGNATURE}\n"),
            html('<p>Hello {EMAILSIGNATURE}</p><blockquote type="cite">old {EMAILSIGNATURE}</blockquote>'),
        )
    )
    result = done(message)
    (_, text), (_, source) = texts(result.message)
    assert text == "Hello Jane Roe\n\nold {EMAILSIGNATURE}\n"
    assert source.count("{EMAILSIGNATURE}") == 1
    assert result.report.outcome is Outcome.REPLACED
    assert [match.reason for match in result.report.parts[0].matches] == [
        "the signature was put in",
        "the HTML alternative shows fewer placeholders",
    ]


def test_plain_twin_of_html_without_a_placeholder_is_edited() -> None:
    message = letter(multipart("alternative", plain("{EMAILSIGNATURE}\n"), html("<p>Hello</p>")))
    result = done(message)
    assert result.message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")
    assert result.report.outcome is Outcome.REPLACED


def test_html_may_show_more_than_its_plain_twin() -> None:
    message = letter(
        multipart(
            "alternative", plain("{EMAILSIGNATURE}\n"), html("<p>{EMAILSIGNATURE}</p><p>{EMAILSIGNATURE}</p>")
        )
    )
    result = done(message)
    assert b"EMAILSIG" not in result.message
    assert result.report.left == 0


def test_text_parts_that_are_no_alternatives_do_not_limit_each_other() -> None:
    message = letter(
        multipart("mixed", plain("{EMAILSIGNATURE} {EMAILSIGNATURE}\n"), html("<div>{EMAILSIGNATURE}</div>"))
    )
    assert b"EMAILSIG" not in done(message).message


# One alternative refused, the other edited

REFUSED = [
    (
        html("<p>{EMAILSIGNATURE}</p>").replace(b"utf-8", b"x-unheard-of"),
        "charset 'x-unheard-of' is not known",
    ),
    (
        html("<p>{EMAILSIGNATURE}</p>").replace(b"8bit", b"uuencode"),
        "transfer encoding 'uuencode' is not known",
    ),
    (html("<table>{EMAILSIGNATURE}<tr><td>x</td></tr></table>"), ""),
    (html("<p>{EMAILSIGNATURE}</p>" * 17), "it shows more than 16 placeholders"),
]


@pytest.mark.parametrize(("part", "reason"), REFUSED)
def test_alternative_is_edited_though_the_other_is_refused(part: bytes, reason: str) -> None:
    message = letter(multipart("alternative", plain("Hello {EMAILSIGNATURE}\n"), part))
    result = done(message)
    assert result.message == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe", 1)
    assert result.report.outcome in (Outcome.REPLACED, Outcome.PARTLY_REPLACED)
    first, second = result.report.parts
    assert first.outcome is Outcome.REPLACED
    assert second.outcome not in (Outcome.REPLACED, Outcome.PARTLY_REPLACED)
    assert reason in second.reason


def test_refused_place_beside_a_replaced_one_is_partly_replaced_and_left() -> None:
    source = "<p>{EMAILSIGNATURE}</p><table>{EMAILSIGNATURE}<tr><td>x</td></tr></table>"
    message = letter(html(source))
    result = done(message)
    assert result.report.outcome is Outcome.PARTLY_REPLACED
    assert result.report.left == 1
    assert result.report.reason.startswith("the signature was put in, but one place was left: ")
    outcomes = [match.outcome for match in result.report.parts[0].matches]
    assert outcomes == [Outcome.REPLACED, Outcome.UNCERTAIN]


def test_too_many_placeholders_leave_the_part_whole() -> None:
    message = letter(plain("{EMAILSIGNATURE}\n" * 17))
    result = done(message)
    assert result.message == MARK + message
    assert result.report.outcome is Outcome.LIMIT
    assert result.report.left == 17


# Strict mode


def test_strict_mode_raises_for_a_part_with_too_many_placeholders() -> None:
    message = letter(multipart("mixed", plain("x"), plain("{EMAILSIGNATURE}\n" * 17)))
    with pytest.raises(LimitError, match="more than 16 placeholders") as caught:
        rewrite(message, SIGNATURE, Options(strict=True))
    assert caught.value.part == "2"
    assert message[caught.value.offset :].startswith(b"{EMAILSIGNATURE}")


def test_strict_mode_raises_for_a_signature_that_does_not_fit() -> None:
    message = letter(plain("{EMAILSIGNATURE} \xff\n").replace(b"\xc3\xbf", b"\xff"))
    signature = Signature(text="Jürgen")
    assert rewrite(message, signature).report.outcome is Outcome.UNENCODABLE
    with pytest.raises(CharsetError):
        rewrite(message, signature, Options(strict=True))


def test_strict_mode_does_not_raise_for_policy() -> None:
    for entity in (multipart("signed", plain("x"), PDF), plain("> {EMAILSIGNATURE}\n")):
        assert done(letter(entity), Options(strict=True)).message == MARK + letter(entity)
