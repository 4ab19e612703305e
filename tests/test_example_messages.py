"""The example company's signatures in the example messages, opened by the standard library."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import html5lib
import pytest

from xinksig import Options, Outcome, rewrite
from xinksig.folder import SignatureFolder

EXAMPLES = Path(__file__).parent.parent / "examples"
MESSAGES = sorted((EXAMPLES / "messages").glob("*.eml"))


@pytest.fixture(scope="module")
def company() -> SignatureFolder:
    pytest.importorskip("css_inline")
    return SignatureFolder(EXAMPLES / "company")


def opened(octets: bytes) -> EmailMessage:
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def words(html: str) -> str:
    body = html5lib.parse(html, namespaceHTMLElements=False).find("body")
    return " ".join(" ".join(body.itertext()).split()) if body is not None else ""


def test_there_are_messages() -> None:
    assert [path.name for path in MESSAGES] == ["iphone-bold.eml", "iphone-plain.eml", "outlook-word.eml"]
    assert all(b"\r\n" in path.read_bytes() for path in MESSAGES)


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.name)
def test_message_is_signed(company: SignatureFolder, path: Path) -> None:
    octets = path.read_bytes()
    result = rewrite(octets, company)
    assert (result.report.outcome, result.report.left) == (Outcome.REPLACED, 0)
    assert result.report.apply(octets) == result.message
    assert rewrite(result.message, company).message == result.message
    before, after = opened(octets), opened(result.message)
    assert after["X-Xink-Handled"] == "Yes"
    assert [(name, value) for name, value in after.items() if name != "X-Xink-Handled"] == before.items()
    for kind in ("plain", "html"):
        new = content(after, kind).partition("wrote:")[0]
        assert "EMAILSIG" not in new
        assert not content(before, kind) or "Larch & Lumen" in (words(new) if kind == "html" else new)


def test_bold_split_placeholder_leaves_no_bold_and_brings_the_logo(company: SignatureFolder) -> None:
    octets = MESSAGES[0].read_bytes()
    assert "<b>{EMAILSIG</b><b>NATURE}</b>" in content(opened(octets), "html")
    message = opened(rewrite(octets, company).message)
    html = content(message, "html")
    assert "<b>" not in html
    (image,) = [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert image.get_content_disposition() == "inline"
    assert f'src="cid:{image["Content-ID"].strip("<>")}"' in html
    assert image.get_payload(decode=True) == (EXAMPLES / "company" / "logo.png").read_bytes()


def test_plain_reply_gets_the_short_text_and_keeps_the_quote(company: SignatureFolder) -> None:
    octets = MESSAGES[1].read_bytes()
    result = rewrite(octets, company)
    assert result.report.signatures == ("okafor/short",)
    assert content(opened(result.message), "plain") == content(opened(octets), "plain").replace(
        "{EMAILSIGNATURE:short}", "Jonas Okafor\r\nLarch & Lumen"
    )


def test_upgraded_plain_reply_shows_the_design(company: SignatureFolder) -> None:
    message = opened(rewrite(MESSAGES[1].read_bytes(), company, Options(upgrade_plain=True)).message)
    assert message.get_content_type() == "multipart/alternative"
    assert "Jonas Okafor" in words(content(message, "html"))
    assert [part.get_content_type() for part in message.walk()][-1] == "image/png"
