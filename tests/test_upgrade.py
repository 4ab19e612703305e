"""Plain bodies with an HTML twin, judged by the standard library's reader and by an HTML5 parser."""

import email
import re
from email.message import Message

import html5lib
import pytest

from xinksig import InlineImage, Limits, Options, Outcome, Report, Signature, rewrite, rewrite_iter

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
SIGNATURE = Signature(html="<b>JANE</b>", text="Jane in text")
UPGRADE = Options(upgrade_plain=True)
HEAD = b"From: jane@example.com\r\nSubject: x\r\n"
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n"


def run(
    message: bytes, signature: Signature | None = SIGNATURE, options: Options = UPGRADE
) -> tuple[Message, bytes, Report]:
    output, report = rewrite(message, signature, options)
    assert report.apply(message) == output
    for size in (1, 7):
        chunks = [message[at : at + size] for at in range(0, len(message), size)]
        rewriting = rewrite_iter(chunks, signature, options)
        assert b"".join(rewriting) == output
        assert rewriting.report == report
    return email.message_from_bytes(output), output, report


def parts_of(message: Message) -> list[Message]:
    payload = message.get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Message)]


def tree(message: Message) -> str:
    kind = message.get_content_subtype()
    if not message.is_multipart():
        return kind
    return f"{kind}({', '.join(tree(part) for part in parts_of(message))})"


def text_of(part: Message) -> str:
    decoded = part.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    return decoded.decode(str(part.get_param("charset", "us-ascii")))


def find(message: Message, kind: str) -> Message:
    (part,) = [part for part in message.walk() if part.get_content_type() == kind]
    return part


def shown(html: str) -> str:
    """Return the text that a browser shows: white space folded, ``br`` and the ends of blocks are lines."""
    blocks = {"p", "div", "table", "ul", "li"}
    pieces: list[str] = []
    tree = html5lib.parse(html, treebuilder="dom", namespaceHTMLElements=False)
    stack = [(tree.getElementsByTagName("body")[0], False)]
    while stack:
        node, ended = stack.pop()
        if node.nodeType == node.TEXT_NODE:
            pieces.append(re.sub("[ \t\r\n\f]+", " ", node.data))
        elif node.nodeName == "br":
            pieces.append("\n")
        elif ended:
            pieces.append("\r")
        else:
            if node.nodeName in blocks:
                pieces.append("\r")
                stack.append((node, True))
            stack += [(child, False) for child in reversed(node.childNodes)]
    # A block begins on a new line, and what follows it too; an empty line it is not.
    text = re.sub("\n?\r+", "\n", "".join(pieces))
    text = re.sub(" +", " ", text)
    return "\n".join(line.strip(" ") for line in text.split("\n")).replace("\u00a0", " ")


BODIES = {
    "lines": "Hi,\r\n\r\nfirst\r\n\r\n\r\nsecond\r\n{EMAILSIGNATURE}\r\nbye",
    "in a line": "Regards, {EMAILSIGNATURE} (sent today)",
    "first": "{EMAILSIGNATURE}\r\nbye",
    "alone": "{EMAILSIGNATURE}",
    "signs of HTML": "a < b & c > d &amp; <script>alert(1)</script> \"q\" 'r'\r\n{EMAILSIGNATURE}\r\n--\r\nx",
    "not ASCII": "Gr\u00fc\u00dfe \u65e5\u672c \U0001f600 \ue000\r\n{EMAILSIGNATURE}\r\n\u00e9",
    "blanks": "a\r\n   indented\r\n  1   2\r\nx{EMAILSIGNATURE}y",
    "three": "{EMAILSIGNATURE}\r\n\r\nb {EMAILSIGNATURE}\r\n{EMAILSIGNATURE}\r\nc",
    "quoted": "Yes\r\n{EMAILSIGNATURE}\r\n\r\nOn Monday Joe wrote:\r\n> {EMAILSIGNATURE}\r\n>> old",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("newline", ["\r\n", "\n"], ids=["crlf", "lf"])
def test_twin_shows_the_text_exactly(name: str, newline: str) -> None:
    body = BODIES[name].replace("\r\n", newline)
    original = (HEAD + PLAIN + b"Content-Transfer-Encoding: 8bit\r\n\r\n").replace(b"\r\n", newline.encode())
    message, output, report = run(original + body.encode())
    assert report.outcome is Outcome.REPLACED
    assert tree(message) == "alternative(plain, html)"
    quote = body.find("On Monday")
    new, old = (body, "") if quote < 0 else (body[:quote], body[quote:])
    expected = new.replace("{EMAILSIGNATURE}", "Jane in text") + old
    plain = text_of(find(message, "text/plain"))
    assert plain == expected
    html = text_of(find(message, "text/html"))
    assert shown(html) == plain.replace("Jane in text", "JANE").replace("\r\n", "\n")
    assert "<script" not in html
    if newline == "\n":
        assert b"\r" not in output
    else:
        assert output.count(b"\r") == output.count(b"\n") == output.count(b"\r\n")
    assert b"Content-Type: text/html" in output
    assert max(map(len, output.split(newline.encode()))) <= 998


def test_message_becomes_an_alternative_and_its_content_fields_move_in() -> None:
    original = (
        b"From: jane@example.com\r\nContent-Type: text/plain; charset=us-ascii;\r\n\tformat=fixed\r\n"
        b"Content-Language: en\r\nX-Between: 1\r\nContent-Transfer-Encoding: 7bit\r\nSubject: x\r\n"
        b"\r\nHi\r\n{EMAILSIGNATURE}\r\n"
    )
    message, output, report = run(original)
    boundary = str(message.get_boundary())
    assert output.startswith(
        b"X-Xink-Handled: Yes\r\nFrom: jane@example.com\r\nContent-Type: multipart/alternative;\r\n"
        b' boundary="' + boundary.encode() + b'"\r\nX-Between: 1\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n'
        b"--" + boundary.encode() + b"\r\nContent-Type: text/plain; charset=us-ascii;\r\n\tformat=fixed\r\n"
        b"Content-Language: en\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHi\r\nJane in text\r\n\r\n--"
    )
    assert output.endswith(b"\r\n--" + boundary.encode() + b"--\r\n")
    assert not message.defects
    assert report.body_changed


def test_mime_version_that_is_there_stays() -> None:
    original = b"MIME-Version: 1.0 (x)\r\n" + HEAD + PLAIN + b"\r\n{EMAILSIGNATURE}"
    message, _, _ = run(original)
    assert message.get_all("MIME-Version") == ["1.0 (x)"]


def test_message_without_content_fields_is_upgraded() -> None:
    message, _, _ = run(HEAD + b"\r\nHi {EMAILSIGNATURE}\r\n")
    assert tree(message) == "alternative(plain, html)"
    assert message["MIME-Version"] == "1.0"
    plain = find(message, "text/plain")
    assert plain.items() == []
    assert text_of(plain) == "Hi Jane in text\r\n"


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "quoted-printable", "base64"])
def test_transfer_encoding_of_the_text_stays_and_the_multipart_says_enough(encoding: str) -> None:
    body = b"SGkge0VNQUlMU0lHTkFUVVJFfQ==" if encoding == "base64" else b"Hi {EMAILSIGNATURE}"
    original = HEAD + PLAIN + f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body
    message, _, _ = run(original)
    plain = find(message, "text/plain")
    assert plain["Content-Transfer-Encoding"] == encoding
    assert text_of(plain) == "Hi Jane in text"
    outer = message["Content-Transfer-Encoding"]
    assert outer == (encoding if encoding in ("8bit", "binary") else None)


def test_text_raised_to_utf_8_inside_the_alternative() -> None:
    original = HEAD + b"Content-Type: text/plain; charset=us-ascii; x=y\r\n\r\nHi\r\n{EMAILSIGNATURE}\r\n"
    message, output, _ = run(original, Signature(html="<b>Zo\u00eb</b>", text="Zo\u00eb"))
    assert output.isascii()
    plain, html = parts_of(message)
    assert plain["Content-Type"] == "text/plain; charset=utf-8; x=y"
    assert plain["Content-Transfer-Encoding"] == "quoted-printable"
    assert message["Content-Transfer-Encoding"] is None
    assert text_of(plain) == "Hi\r\nZo\u00eb\r\n"
    assert shown(text_of(html)) == "Hi\nZo\u00eb\n"


def test_plain_part_in_a_mixed_is_upgraded_where_it_stands() -> None:
    original = HEAD + (
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\npreamble\r\n--m\r\nContent-Type: text/plain\r\n"
        b"Content-ID: <a@b>\r\n\r\nHi {EMAILSIGNATURE}\r\n"
        b"--m\r\nContent-Type: application/pdf\r\n\r\nx\r\n--m--\r\n"
    )
    for signature, expected in (
        (SIGNATURE, "Hi JANE"),
        (Signature(html="<b>Zo\u00eb</b>", text="Zo\u00eb"), "Hi Zo\u00eb"),
    ):
        message, _, _ = run(original, signature)
        assert tree(message) == "mixed(alternative(plain, html), pdf)"
        assert find(message, "text/plain")["Content-ID"] == "<a@b>"
        assert shown(text_of(find(message, "text/html"))) == expected


def test_images_come_along_beside_the_twin() -> None:
    signature = Signature(
        html='<table><tr><td><img src="cid:logo.png">JANE</td></tr></table>',
        text="Jane",
        images=(InlineImage("logo.png", PNG, "image/png"),),
    )
    mixed = (
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n"
        b"--m\r\n\r\nHi\r\n{EMAILSIGNATURE}\r\nbye\r\n--m\r\nContent-Type: image/gif\r\n\r\nx\r\n--m--\r\n"
    )
    for body in (b"\r\nHi\r\n{EMAILSIGNATURE}\r\nbye", mixed):
        message, _, _ = run(HEAD + body, signature)
        twin = "alternative(plain, related(html, png))"
        assert tree(message) == (twin if body is not mixed else f"mixed({twin}, gif)")
        image = find(message, "image/png")
        assert image.get_payload(decode=True) == PNG
        html = text_of(find(message, "text/html"))
        assert f'src="cid:{str(image["Content-ID"]).strip("<>")}"' in html
        assert shown(html) == "Hi\nJANE\nbye"


def test_html_of_several_lines_has_the_line_endings_of_the_message() -> None:
    for newline in (b"\r\n", b"\n"):
        original = (HEAD + b"\r\nHi\r\n{EMAILSIGNATURE}\r\n").replace(b"\r\n", newline)
        signature = Signature(html="<p>A</p>\r\n<p>B</p>\n<p>C</p>", text="x")
        message, output, _ = run(original, signature)
        assert output.count(b"\r") == (output.count(b"\n") if newline == b"\r\n" else 0)
        assert b"\r\r" not in text_of(find(message, "text/html")).encode()


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div>JANE</div>", "a\nJANE\nbye"),
        ("<div>JANE</div>x", "a\nJANE\nx\nbye"),
        ("JANE<br>x", "a\nJANE\nx\nbye"),
        ("<table><tr><td>JANE</td></tr></table>\n", "a\nJANE\nbye"),
    ],
)
def test_text_behind_the_signature_stays_on_its_own_line(html: str, expected: str) -> None:
    message, _, _ = run(HEAD + b"\r\na\r\n{EMAILSIGNATURE}\r\nbye", Signature(html=html, text="x"))
    assert shown(text_of(find(message, "text/html"))) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Hi *{EMAILSIGNATURE}* bye", "Hi JANE bye"),
        ("Hi *there {EMAIL*SIGNATURE}", "Hi there JANE"),
        ("Hi {EMAIL\u200bSIGNATURE}", "Hi JANE"),
    ],
)
def test_signs_that_go_with_the_placeholder_go_from_the_twin_too(body: str, expected: str) -> None:
    message, _, _ = run(HEAD + PLAIN + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + body.encode())
    assert shown(text_of(find(message, "text/html"))) == expected
    assert text_of(find(message, "text/plain")) == expected.replace("JANE", "Jane in text")


@pytest.mark.parametrize("delsp", ["", "; delsp=yes"])
def test_flowed_text_flows_in_the_twin(delsp: str) -> None:
    blank = "  " if delsp else " "
    body = (
        f"One{blank}\r\nparagraph\r\n\r\n  stuffed twice\r\n From here\r\n{{EMAILSIGNATURE}}\r\n"
        f"> quoted{blank}\r\n> words\r\n>> deeper \r\n> again\r\nend{blank}\r\n"
    )
    original = HEAD + f"Content-Type: text/plain; format=flowed{delsp}\r\n\r\n{body}".encode()
    message, _, report = run(original)
    assert report.outcome is Outcome.REPLACED
    lines = shown(text_of(find(message, "text/html"))).split("\n")
    expected = ["One paragraph", "", " stuffed twice", "From here", "JANE", "> quoted words"]
    assert lines == [*expected, ">> deeper", "> again", "end"]


def test_appended_signature_stands_between_empty_lines_and_is_marked() -> None:
    options = Options(upgrade_plain=True, no_placeholder="append")
    reply = b"\r\nYes\r\n\r\nOn Mon, 1 Jan 2024 at 10:00, Joe Doe <joe@example.org> wrote:\r\n> old\r\n"
    message, _, report = run(HEAD + reply, options=options)
    assert report.outcome is Outcome.APPENDED
    plain = text_of(find(message, "text/plain"))
    html = text_of(find(message, "text/html"))
    assert plain.index("Yes\r\n\r\nJane in text\r\n\r\n") < plain.index("> old")
    assert html.index("Yes<br><br>") < html.index("JANE") < html.index("&gt; old")
    twin = HEAD + b"Content-Type: text/html\r\n\r\n" + html.encode()
    assert rewrite(twin, SIGNATURE, options).report.outcome is Outcome.ALREADY_SIGNED


def test_append_above_a_quote_at_the_top_stays_inside_the_new_part() -> None:
    options = Options(upgrade_plain=True, no_placeholder="append")
    message, _, report = run(HEAD + b"\r\n> old\r\n> older\r\n", options=options)
    assert report.outcome is Outcome.APPENDED
    assert text_of(find(message, "text/plain")) == "Jane in text\r\n\r\n> old\r\n> older\r\n"
    html = shown(text_of(find(message, "text/html")))
    assert html.lstrip("\n") == "JANE\n\n> old\n> older\n"


def test_unassigned_placeholders_are_gone_from_both() -> None:
    output, report = rewrite(
        HEAD + b"\r\nHi {EMAILSIGNATURE:none}|{EMAILSIGNATURE}\r\n",
        lambda request: None if request.name else SIGNATURE,
        UPGRADE,
    )
    message = email.message_from_bytes(output)
    assert text_of(find(message, "text/plain")) == "Hi |Jane in text\r\n"
    assert shown(text_of(find(message, "text/html"))) == "Hi |JANE\n"
    assert report.left == 0


def test_message_of_an_unassigned_author_is_not_upgraded() -> None:
    message, _, report = run(HEAD + b"\r\nHi {EMAILSIGNATURE}\r\n", None)
    assert report.outcome is Outcome.UNASSIGNED
    assert tree(message) == "plain"


EIGHT_BIT = b"Content-Transfer-Encoding: 8bit\r\n"
NOT_UPGRADED = {
    "patch": b"\r\ndiff --git a/x b/x\r\n{EMAILSIGNATURE}\r\n",
    "list": b"List-Id: <x.example.com>\r\n\r\n{EMAILSIGNATURE}\r\n",
    "bulk": b"Precedence: bulk\r\n\r\n{EMAILSIGNATURE}\r\n",
    "git": b"X-Mailer: git-send-email 2.39\r\n\r\n{EMAILSIGNATURE}\r\n",
    "alternative": b"Content-Type: multipart/alternative; boundary=a\r\n\r\n"
    b"--a\r\n\r\n{EMAILSIGNATURE}\r\n--a--\r\n",
    "related": b"Content-Type: multipart/related; boundary=a\r\n\r\n--a\r\n\r\n{EMAILSIGNATURE}\r\n--a--\r\n",
    "mixed in alternative": b"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n"
    b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\n{EMAILSIGNATURE}\r\n--m--\r\n--a--\r\n",
    "undeclared": EIGHT_BIT + b"\r\n\xfc\xdf {EMAILSIGNATURE}\r\n",
    "damaged": PLAIN + EIGHT_BIT + b"\r\n\xfc\xdf {EMAILSIGNATURE}\r\n",
    "read in two ways": b"Content-Type: text/plain; charset=iso-8859-1\r\n"
    + EIGHT_BIT
    + b"\r\n\x93a\x94 {EMAILSIGNATURE}\r\n",
}


@pytest.mark.parametrize("name", NOT_UPGRADED)
def test_text_is_replaced_but_not_upgraded(name: str) -> None:
    original = HEAD + NOT_UPGRADED[name]
    _, output, report = run(original)
    assert report.outcome is Outcome.REPLACED
    assert output == b"X-Xink-Handled: Yes\r\n" + original.replace(b"{EMAILSIGNATURE}", b"Jane in text")


def test_html_message_and_default_options_are_not_upgraded() -> None:
    html = HEAD + b"Content-Type: text/html\r\n\r\n<p>{EMAILSIGNATURE}</p>"
    assert tree(run(html)[0]) == "html"
    assert tree(run(HEAD + b"\r\n{EMAILSIGNATURE}", options=Options())[0]) == "plain"


def test_upgrade_beyond_the_limit_of_growth_leaves_the_part() -> None:
    original = HEAD + b"\r\nHi {EMAILSIGNATURE}\r\n"
    _, output, report = run(original, options=Options(upgrade_plain=True, limits=Limits(growth=200)))
    assert report.outcome is Outcome.LIMIT
    assert output == b"X-Xink-Handled: Yes\r\n" + original


def test_line_of_the_twin_is_never_taken_for_a_delimiter() -> None:
    original = HEAD + (
        b"Content-Type: multipart/mixed; boundary=mmm\r\n\r\n--mmm\r\n\r\n"
        b"Hi {EMAILSIGNATURE} " + b" --mmm--" * 40 + b"\r\n--mmm--\r\n"
    )
    message, _, report = run(original, Signature(html="<b>x\n--mmm--\n</b>", text="Jane"))
    assert report.outcome is Outcome.REPLACED
    assert tree(message) == "mixed(alternative(plain, html))"
    html = shown(text_of(find(message, "text/html")))
    assert html.split() == ["Hi", "x", *["--mmm--"] * 41]


def test_boundary_is_the_same_on_every_run_and_differs_between_messages() -> None:
    first = HEAD + b"\r\n{EMAILSIGNATURE}"
    second = first.replace(b"Subject: x", b"Subject: y")
    boundaries = {str(run(original)[0].get_boundary()) for original in (first, second, first)}
    assert len(boundaries) == 2
    other = str(run(first, Signature(html="<i>J</i>", text="J"))[0].get_boundary())
    assert other not in boundaries
