"""Messages with real-looking bodies, and what the standard library reads in the output."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

from xinksig import Options, Result, Rewriter, Signature, rewrite

SIGNATURE = Signature(html="<p>Jane <b>Roe</b></p>", text="Jane Roe", id="jane")
MARK = b"X-Xink-Handled: Yes\r\n"
FIELDS = (
    b"From: Jane Roe <jane@example.com>\r\nTo: joe@example.net\r\nSubject: Figures\r\nMIME-Version: 1.0\r\n"
)
APPEND = Options(no_placeholder="append")
DEVICE = Options(device_lines=True)

QUOTE = "<div>On Mon, 4 Mar 2024, Joe wrote:</div><blockquote type=cite>old</blockquote>"
FORWARDED = (
    '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>'
    "From: <strong>Joe</strong><br>Date: Mon, 4 Mar 2024<br>Subject: Figures<br>To: Jane<br></div>"
    "<br>old</div>"
)


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
