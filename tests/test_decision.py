"""Which triggers of a message count, what is asked for, and where it goes; judged by email and html5lib."""

import email
import email.policy
import json
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import html5lib
import pytest

from xinksig import (
    CharsetError,
    Kind,
    LimitError,
    Options,
    Outcome,
    Report,
    Result,
    Rewriter,
    Signature,
    SignatureRequest,
    Trigger,
    rewrite,
)

SIGNATURE = Signature(html="<p>Jane <b>Roe</b></p>", text="Jane Roe", id="jane")
MARK = b"X-Xink-Handled: Yes\r\n"
FIELDS = (
    b"From: Jane Roe <jane@example.com>\r\nTo: joe@example.net\r\nSubject: Figures\r\nMIME-Version: 1.0\r\n"
)
APPEND = Options(no_placeholder="append")
DEVICE = Options(device_lines=True)


def leaf(media_type: str, text: str, *fields: str) -> bytes:
    """Return a body part without the line ending of the delimiter behind it."""
    lines = (f"Content-Type: {media_type}; charset=utf-8", "Content-Transfer-Encoding: 8bit", *fields, "")
    return ("\r\n".join(lines) + "\r\n" + text.replace("\n", "\r\n")).encode()


def plain(text: str) -> bytes:
    return leaf("text/plain", text)


def html(text: str) -> bytes:
    return leaf("text/html", text)


def multipart(subtype: str, *parts: bytes) -> bytes:
    """Return a multipart whose boundary is that of no other."""
    boundary = f"{subtype}-{sum(map(len, parts))}".encode()
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (subtype.encode(), boundary)
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    return head + body + b"--%s--\r\n" % boundary


IMAGE = b"Content-Type: image/png\r\nContent-ID: <i@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K"
PDF = (
    b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0="
)
ATTACHED_TEXT = leaf("text/plain", "notes", "Content-Disposition: attachment; filename=notes.txt")


def letter(entity: bytes, *fields: bytes, subject: bytes = b"Figures") -> bytes:
    """Return a message of this entity."""
    head = FIELDS.replace(b"Figures", subject) + b"".join(field + b"\r\n" for field in fields)
    return head + entity + (b"" if entity.endswith(b"\n") else b"\r\n")


def done(message: bytes, options: Options | None = None, signature: Any = SIGNATURE) -> Result:
    """Return the result; the same octets in chunks give the same, and the report describes them."""
    result = rewrite(message, signature, options)
    assert result.report.apply(message) == result.message
    assert result.message.startswith(MARK)
    if not callable(signature):
        rewriter = Rewriter(options)
        rewriter.answer_all(signature)
        pieces = [b"".join(rewriter.feed(message[at : at + 37])) for at in range(0, len(message), 37)]
        assert b"".join(pieces) + b"".join(rewriter.close()) == result.message
        assert rewriter.report == result.report
    return result


def texts(message: bytes) -> list[tuple[str, str]]:
    """Return the type and the decoded text of the text parts, as the standard library reads them."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n"))
        for part in parsed.walk()
        if part.get_content_maintype() == "text"
    ]


# Kind, author and the rest of a request

QUOTE = "<div>On Mon, 4 Mar 2024, Joe wrote:</div><blockquote type=cite>old</blockquote>"
FORWARDED = (
    '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>'
    "From: <strong>Joe</strong><br>Date: Mon, 4 Mar 2024<br>Subject: Figures<br>To: Jane<br></div>"
    "<br>old</div>"
)


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


# Append

QUOTED_PLAIN = (
    "Hello Joe,\n\nhere they are.\n\nOn Mon, 4 Mar 2024 at 10:00, Joe <joe@example.net> wrote:\n> old\n"
)
QUOTED_HTML = (
    '<html><head><style>p {color: red}</style></head><body><div dir="ltr"><b>Hello Joe,</b><br><br>'
    "here they are.</div><br>"
    '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, 4 Mar 2024 at 10:00, Joe '
    '&lt;<a href="mailto:joe@example.net">joe@example.net</a>&gt; wrote:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0">old</blockquote></div></body></html>'
)


def judge_html(before: str, after: str) -> None:
    """Check that the DOM is the original one with a marked wrapper between newest text and quote."""
    parse: Callable[..., Any] = html5lib.parse
    original, changed = (parse(text, treebuilder="dom") for text in (before, after))
    marked = [node for node in changed.getElementsByTagName("div") if node.getAttribute("id") == "xinksig"]
    (wrapper,) = marked
    assert wrapper.getAttribute("class") == "xinksig"
    assert wrapper.toxml().endswith("><p>Jane <b>Roe</b></p></div>")
    around = []
    node = wrapper.parentNode
    while node is not changed:
        around.append(node.tagName)
        node = node.parentNode
    assert "body" in around
    assert not {"b", "a", "p", "blockquote", "i", "font"} & set(around)
    seen = _text(changed)
    assert seen.index("here they are.") < seen.index("Jane Roe")
    if "wrote:" in seen:
        assert seen.index("Jane Roe") < seen.index("On Mon")
    wrapper.parentNode.removeChild(wrapper)
    for tree in (original, changed):
        tree.normalize()
    assert changed.toxml() == original.toxml()


def _text(node: Any) -> str:
    """Return the text below a node, in order."""
    pieces = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.nodeType == node.TEXT_NODE:
            pieces.append(node.data)
        waiting += reversed(node.childNodes)
    return "".join(pieces)


def judge_plain(before: str, after: str) -> None:
    """Check that the plain text has the signature as lines of its own below the newest text."""
    assert after.count("Jane Roe") == 1
    newest, quote = before.partition("On Mon")[0], before.partition("here they are.")[2].lstrip("\n")
    head, _, tail = after.partition("Jane Roe")
    assert head.rstrip("\n") == newest.rstrip("\n")
    assert head.endswith("\n\n") or not newest
    assert tail.lstrip("\n") == quote
    assert not tail or tail.startswith("\n")


TEXT = plain(QUOTED_PLAIN)
HTML = html(QUOTED_HTML)
SHAPES = {
    "plain": (TEXT, "p"),
    "html": (HTML, "h"),
    "alternative": (multipart("alternative", TEXT, HTML), "ph"),
    "html alone in alternative": (multipart("alternative", HTML), "h"),
    "alternative in related": (multipart("related", multipart("alternative", TEXT, HTML), IMAGE), "ph"),
    "related in alternative": (multipart("alternative", TEXT, multipart("related", HTML, IMAGE)), "ph"),
    "html in related": (multipart("related", HTML, IMAGE), "h"),
    "mixed with attachments": (multipart("mixed", TEXT, PDF, ATTACHED_TEXT), "p-"),
    "attachment before the text": (multipart("mixed", ATTACHED_TEXT, PDF, TEXT), "-p"),
    "alternative in mixed": (multipart("mixed", multipart("alternative", TEXT, HTML), PDF), "ph"),
    "all three": (
        multipart(
            "mixed", multipart("related", multipart("alternative", TEXT, HTML), IMAGE), PDF, ATTACHED_TEXT
        ),
        "ph-",
    ),
    "mixed in alternative": (multipart("alternative", TEXT, multipart("mixed", HTML, PDF)), "ph"),
    "apple": (multipart("mixed", TEXT, PDF, plain("\nBye\n")), "p-"),
    "apple html": (multipart("mixed", HTML, PDF, html("<html><body><br></body></html>")), "h-"),
    "apple in one hold": (multipart("mixed", TEXT, plain("\nfooter of a list\n")), "p-"),
    "two alternatives": (
        multipart(
            "mixed", multipart("alternative", TEXT, HTML), multipart("alternative", plain("x"), html("y"))
        ),
        "ph--",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_signature_is_appended_once_whatever_the_shape(name: str) -> None:
    entity, kinds = SHAPES[name]
    message = letter(entity)
    result = done(message, APPEND)
    assert result.report.outcome is Outcome.APPENDED
    assert result.report.left == 0
    assert result.report.signatures == ("jane",)
    before, after = texts(message), texts(result.message)
    assert len(before) == len(after) == len(kinds)
    for kind, (media_type, old), (_, new) in zip(kinds, before, after, strict=True):
        if kind == "-":
            assert new == old
        elif media_type == "text/html":
            judge_html(old, new)
        else:
            judge_plain(old, new)
    for part in result.report.parts:
        assert part.matches == ()


@pytest.mark.parametrize("name", SHAPES)
def test_appended_signature_is_not_appended_again(name: str) -> None:
    first = done(letter(SHAPES[name][0]), APPEND).message
    stripped = first.removeprefix(MARK)
    again = done(stripped, APPEND)
    assert again.message == MARK + stripped
    assert again.report.outcome is Outcome.ALREADY_SIGNED
    assert again.report.reason == "the newest text has a signature already"


@pytest.mark.parametrize(
    "body",
    [
        "<p>here they are.</p>",
        "here they are.",
        "<ul><li>here they are.</li></ul>",
        "<table><tr><td>here they are.</td></tr></table>",
        "<p><b><i>here they are.</i></b></p>\n<p><br></p>",
        "<div><div><span>here they are.</span></div></div>",
        '<div class="WordSection1"><p class="MsoNormal">here they are.</p></div>',
        '<p>here they are.<p>\n<font color="red"></font>',
        "<p>here they are.</p></body></html>\n\n",
        "<center>here they are.</center><hr>",
    ],
)
@pytest.mark.parametrize(
    "frame", ["<html><body>{}</body></html>", "{}", "<!DOCTYPE html><body bgcolor=red>{}"]
)
def test_appended_wrapper_stands_in_body_outside_of_text_formatting(body: str, frame: str) -> None:
    message = letter(html(frame.format(body)))
    result = done(message, APPEND)
    assert result.report.outcome is Outcome.APPENDED
    judge_html(texts(message)[0][1], texts(result.message)[0][1])


@pytest.mark.parametrize("source", ["", "\n", "<html><body></body></html>", "<div><br></div>"])
def test_signature_is_appended_to_an_empty_html_body(source: str) -> None:
    result = done(letter(html(source)), APPEND)
    assert result.report.outcome is Outcome.APPENDED
    tree = html5lib.parse(texts(result.message)[0][1], treebuilder="dom")
    assert _text(tree).strip() == "Jane Roe"


@pytest.mark.parametrize("text", ["", "\n", "\n\n"])
def test_signature_is_appended_to_an_empty_plain_body(text: str) -> None:
    result = done(letter(plain(text)), APPEND)
    assert texts(result.message)[0][1].strip() == "Jane Roe"


def test_signature_that_was_typed_into_the_plain_text_is_not_appended() -> None:
    message = letter(plain("Hello\n\njane  ROE\n\nOn Mon, 4 Mar 2024, Joe wrote:\n> old\n"))
    result = done(message, APPEND)
    assert result.message == MARK + message
    assert result.report.outcome is Outcome.ALREADY_SIGNED


def test_signature_in_the_quote_does_not_stop_a_new_one() -> None:
    message = letter(plain("Hello\n\nOn Mon, 4 Mar 2024, Joe wrote:\n> Jane Roe\n"))
    assert done(message, APPEND).report.outcome is Outcome.APPENDED
    source = '<p>Hello</p><blockquote type="cite"><div id="xinksig" class="xinksig">x</div></blockquote>'
    assert done(letter(html(source)), APPEND).report.outcome is Outcome.APPENDED


def test_wrapper_that_a_client_prefixed_in_a_quote_does_not_count() -> None:
    source = '<p>Hello</p><div id="x_xinksig" class="x_xinksig">x</div>'
    assert done(letter(html(source)), APPEND).report.outcome is Outcome.APPENDED


def test_wrapper_in_one_alternative_counts_for_the_body() -> None:
    source = '<p>Hello</p><div class="xinksig">Another</div>'
    message = letter(multipart("alternative", plain("Hello\n"), html(source)))
    assert done(message, APPEND).message == MARK + message


def test_unassigned_author_gets_nothing_appended() -> None:
    message = letter(plain("Hello\n"))
    result = done(message, APPEND, None)
    assert result.message == MARK + message
    assert (result.report.outcome, result.report.left) == (Outcome.UNASSIGNED, 0)


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


def test_opt_out_word_does_not_count_as_the_first_placeholder() -> None:
    message = letter(plain("[nosig] {EMAILSIGNATURE} {EMAILSIGNATURE}\n"))
    result = done(message, Options(opt_out="[nosig]", matches="first"))
    assert texts(result.message)[0][1] == "  {EMAILSIGNATURE}\n"


def test_kind_is_told_by_the_first_text_that_can_be_read() -> None:
    unread = html("x").replace(b"utf-8", b"x-none")
    message = letter(multipart("alternative", unread, html(f"{{EMAILSIGNATURE}}{FORWARDED}")))
    assert done(message).report.kind is Kind.FORWARD


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


# The report


def _reports() -> list[Report]:
    messages = [
        letter(
            multipart("alternative", TEXT, html("<p>{EMAILSIGNATURE}</p>")), b"DKIM-Signature: d=x; s=y; b="
        ),
        letter(plain("no"), b"Auto-Submitted: auto-replied"),
        letter(multipart("signed", plain("x"), PDF)),
        b"",
    ]
    return [done(message, Options(remove_fields=("To",))).report for message in messages]


@pytest.mark.parametrize("full", [True, False])
def test_report_is_written_as_json_without_addresses(full: bool) -> None:
    for report in _reports():
        values = report.to_dict(full=full)
        assert json.loads(json.dumps(values)) == values
        assert values["outcome"] == report.outcome.value
        assert ("replacement" in json.dumps(values)) is (full and bool(report.edits))
        assert "@" not in json.dumps(values)
