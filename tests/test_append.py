"""A signature without a placeholder: on every shape of message, once; judged by email and html5lib."""

import email
from collections.abc import Callable
from typing import Any

import html5lib
import pytest

from letters import (
    APPEND,
    ATTACHED_TEXT,
    FIELDS,
    IMAGE,
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
    InlineImage,
    Limits,
    Options,
    Outcome,
    Signature,
)

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


# Transfer encodings, charsets and where the newest text stands


@pytest.mark.parametrize(
    ("content_type", "encoding", "body", "output"),
    [
        (
            b"text/plain; charset=utf-8; format=flowed",
            b"8bit",
            b"A long line of \r\ntext\r\n\r\nOn Mon, 4 Mar 2024, Joe wrote:\r\n> old\r\n",
            "A long line of \ntext\n\nJane Roe\nSales, Zürich\n\nOn Mon, 4 Mar 2024, Joe wrote:\n> old\n",
        ),
        (
            b"text/plain; charset=us-ascii",
            b"quoted-printable",
            b"a =3D b\r\n",
            "a = b\n\nJane Roe\nSales, Zürich\n",
        ),
        (
            b"text/plain; charset=utf-8",
            b"base64",
            b"SGVsbG8NCg0KPiBvbGQNCg==\r\n",
            "Hello\n\nJane Roe\nSales, Zürich\n\n> old\n",
        ),
        (b"text/plain; charset=iso-8859-1", b"7bit", b"Hello\r\n", "Hello\n\nJane Roe\nSales, Zürich\n"),
        (b"text/plain; charset=utf-16", b"base64", b"//5IAGkA\r\n", "Hi\n\nJane Roe\nSales, Zürich"),
        (b"text/plain; charset=utf-8", b"8bit", b"Hello", "Hello\n\nJane Roe\nSales, Zürich"),
        (b"text/plain", b"7bit", b"> old\r\n> older\r\n", "Jane Roe\nSales, Zürich\n\n> old\n> older\n"),
        (
            b"text/plain",
            b"8bit",
            b"On Mon, 4 Mar 2024, Joe wrote:\r\n> old\r\n\r\nI agree.\r\n",
            "On Mon, 4 Mar 2024, Joe wrote:\n> old\n\nI agree.\n\nJane Roe\nSales, Zürich\n",
        ),
        (
            b"text/plain",
            b"8bit",
            b"> old\r\n\r\nI agree.\r\n\r\n> older\r\n",
            "> old\n\nI agree.\n\nJane Roe\nSales, Zürich\n\n> older\n",
        ),
        (
            b"text/plain",
            b"8bit",
            b"Hello\r\n\r\n-----Original Message-----\r\nFrom: Joe\r\n\r\nold\r\n",
            "Hello\n\nJane Roe\nSales, Zürich\n\n-----Original Message-----\nFrom: Joe\n\nold\n",
        ),
    ],
)
def test_plain_signature_stands_below_the_newest_text(
    content_type: bytes, encoding: bytes, body: bytes, output: str
) -> None:
    fields = b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n" % (content_type, encoding)
    signature = Signature(text="Jane Roe\nSales, Zürich")
    # The standard library is the judge of what the message says now, in whatever charset.
    message = FIELDS + fields + body
    assert texts(done(message, APPEND, signature).message) == [("text/plain", output)]


@pytest.mark.parametrize(
    "body",
    [
        '<blockquote type="cite">old</blockquote><p>here they are.</p>',
        '<blockquote type="cite">old</blockquote><p>here they are.</p><blockquote type="cite">x</blockquote>',
    ],
)
def test_html_signature_stands_below_a_reply_that_is_below_the_quote(body: str) -> None:
    message = letter(html(f"<html><body>{body}</body></html>"))
    result = done(message, APPEND)
    judge_html(texts(message)[0][1], texts(result.message)[0][1])
    assert texts(result.message)[0][1].index("</p><div id=") > 0


def test_html_signature_stands_above_a_quote_without_a_reply() -> None:
    message = letter(html('<html><body><blockquote type="cite">old</blockquote></body></html>'))
    ((_, source),) = texts(done(message, APPEND).message)
    assert source.index("Jane") < source.index("<blockquote")


def test_plain_body_is_upgraded_with_the_wrapper_in_its_html() -> None:
    message = letter(plain("Hello Joe,\n\nhere they are.\n\nOn Mon, 4 Mar 2024, Joe wrote:\n> old\n"))
    result = done(message, Options(no_placeholder="append", upgrade_plain=True))
    (_, text), (media_type, source) = texts(result.message)
    assert text.replace("Jane Roe\n\n", "") == texts(message)[0][1]
    assert media_type == "text/html"
    assert source.count('<div id="xinksig" class="xinksig"><p>Jane <b>Roe</b></p></div>') == 1
    assert source.index("here they are.") < source.index("xinksig") < source.index("Joe wrote:")
    assert result.report.outcome is Outcome.APPENDED


# Empty bodies whose header section ends in the delimiter's own line ending

LOGO = Signature(
    html='<p>Jane <img src="cid:logo"></p>',
    text="Jane Roe",
    images=(InlineImage("logo", b"\x89PNG", "image/png"),),
)


@pytest.mark.parametrize("signature", [SIGNATURE, Signature(text="J\u00fcrgen", html="J\u00fcrgen"), LOGO])
@pytest.mark.parametrize("upgrade", [False, True])
@pytest.mark.parametrize("encoding", [b"7bit", b"quoted-printable", b"base64"])
@pytest.mark.parametrize("media_type", [b"text/plain; charset=us-ascii", b"text/html; charset=us-ascii"])
@pytest.mark.parametrize("subtype", [b"mixed", b"related"])
def test_delimiter_directly_behind_an_empty_body_stays_one(
    subtype: bytes, media_type: bytes, encoding: bytes, upgrade: bool, signature: Signature
) -> None:
    text = b"--b\r\nContent-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n" % (media_type, encoding)
    head = FIELDS + b"Content-Type: multipart/%s; boundary=b\r\n\r\n" % subtype
    message = head + text + b"--b\r\n" + PDF + b"\r\n--b--\r\n"
    result = done(message, Options(no_placeholder="append", upgrade_plain=upgrade), signature)
    assert result.report.outcome is Outcome.APPENDED
    parsed = email.message_from_bytes(result.message)
    assert not [defect for part in parsed.walk() for defect in part.defects]
    kinds = [part.get_content_type() for part in parsed.walk() if not part.is_multipart()]
    assert kinds[0] == media_type.split(b";")[0].decode()
    assert kinds[-1] == "application/pdf" or kinds[-2:] == ["image/png", "application/pdf"][::-1]
    for _, shown in texts(result.message):
        assert shown.strip().startswith(("J", "<"))
        assert "--" not in shown


def test_line_ending_before_the_delimiter_counts_as_growth() -> None:
    head = FIELDS + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    message = head + b"--b\r\nContent-Type: text/plain\r\n\r\n--b--\r\n"
    grown = len(b"Jane Roe\r\n") + len(MARK)
    for growth, outcome in ((grown, Outcome.APPENDED), (grown - 1, Outcome.LIMIT)):
        result = done(message, Options(no_placeholder="append", limits=Limits(growth=growth)))
        assert result.report.outcome is outcome
        assert len(result.message) <= len(message) + growth
