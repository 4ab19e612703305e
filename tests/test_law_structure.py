"""Laws of structure: inline images and upgraded bodies add parts and move none (judge: stdlib email)."""

import email
import re
from email.message import Message
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from corpus_support import check_laws, tree_of
from strategies import PLACEHOLDER, Drawn, messages
from xinksig import InlineImage, Options, Outcome, Signature, rewrite

PNG = b"\x89PNG\r\n\x1a\n" * 12
LOGO = InlineImage("logo", PNG, "image/png")
PICTURED = Signature(
    html='<p><img src="cid:logo" alt="x"><img src="cid:logo">Jane</p>', text="Jane", images=(LOGO,)
)


def leaves(message: Any) -> list[Message]:
    """Return the leaves in order, the parts of an attached message left out."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        return [leaf for part in message.get_payload() for leaf in leaves(part)]
    return [message]


def payload(part: Message) -> bytes:
    inner: Any = part.get_payload()
    if isinstance(inner, list):
        return b"".join(message.as_bytes() for message in inner)
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets


def is_logo(part: Message) -> bool:
    return part.get_content_type() == "image/png" and payload(part) == PNG


def check_images(message: Any) -> None:
    """Check that each HTML finds its images in the multipart/related around it, and each image is shown."""
    stack: list[tuple[Any, list[Any]]] = [(message, [])]
    identifiers = []
    shown = set()
    while stack:
        part, around = stack.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            stack += [(child, [*around, part]) for child in part.get_payload()]
        if part["Content-ID"] and is_logo(part):
            assert part.get_content_disposition() == "inline"
            assert around[-1].get_content_type() == "multipart/related"
            identifiers.append(str(part["Content-ID"]).strip("<>"))
        if part.get_content_type() == "text/html":
            for name in re.findall(r'cid:([^"]+)', payload(part).decode("latin-1").replace("\x00", "")):
                related = [outer for outer in around if outer.get_content_type() == "multipart/related"]
                siblings = [leaf for outer in related for leaf in leaves(outer)]
                assert f"<{name}>" in [leaf["Content-ID"] for leaf in siblings]
                shown.add(name)
    assert len(identifiers) == len(set(identifiers))
    assert set(identifiers) == shown


@given(messages())
def test_images_stand_once_beside_the_html_that_shows_them(drawn: Drawn) -> None:
    result = rewrite(drawn.octets, PICTURED)
    check_laws(drawn.octets, result, Options())
    before, after = email.message_from_bytes(drawn.octets), email.message_from_bytes(result.message)
    old, new = leaves(before), [leaf for leaf in leaves(after) if not is_logo(leaf)]
    assert [leaf.get_content_type() for leaf in old] == [leaf.get_content_type() for leaf in new]
    for one, other in zip(old, new, strict=True):
        text = one.get_content_maintype() == "text"
        if not text or "EMAILSIGNATURE" not in payload(one).decode("latin-1").replace("\x00", ""):
            assert payload(one).strip() == payload(other).strip()
        assert one.get_content_charset() == other.get_content_charset()
    written = [part.outcome for part in result.report.parts if part.media_type == "text/html"]
    assert sum(is_logo(leaf) for leaf in leaves(after)) <= written.count(Outcome.REPLACED)
    assert any(is_logo(leaf) for leaf in leaves(after)) == (Outcome.REPLACED in written)
    check_images(after)


@given(messages(), st.sampled_from([PICTURED, Signature(html="<b>Zoë Ž</b>", text="Zoë Ž")]))
def test_upgraded_body_keeps_the_text_and_gets_a_twin(drawn: Drawn, signature: Signature) -> None:
    chosen = Options(upgrade_plain=True)
    result = rewrite(drawn.octets, signature, chosen)
    check_laws(drawn.octets, result, chosen)
    plain = rewrite(drawn.octets, signature)
    before, after = email.message_from_bytes(plain.message), email.message_from_bytes(result.message)
    old = [leaf for leaf in leaves(before) if leaf.get_content_type() == "text/plain"]
    new = [leaf for leaf in leaves(after) if leaf.get_content_type() == "text/plain"]
    assert [payload(leaf).strip() for leaf in old] == [payload(leaf).strip() for leaf in new]
    assert [leaf.get_content_charset() for leaf in old] == [leaf.get_content_charset() for leaf in new]
    check_images(after)
    for leaf in leaves(after):
        if leaf.get_content_type() == "text/html":
            tree_of(payload(leaf).decode(str(leaf.get_content_charset())))


@given(messages())
def test_new_names_are_the_same_on_every_run_and_differ_between_parts(drawn: Drawn) -> None:
    first, second = rewrite(drawn.octets, PICTURED), rewrite(drawn.octets, PICTURED)
    assert first == second
    boundaries = re.findall(rb'boundary="?([^"\r\n;]+)', first.message)
    assert len(boundaries) == len(set(boundaries))
    assert PLACEHOLDER.encode() not in b"".join(boundaries)
