"""Whether a contender did the job: judged by the standard library and by the octets around the text parts."""

import re
from collections.abc import Iterator
from email.message import Message as ParsedMessage
from email.parser import BytesParser
from email.policy import compat32

from benchmarks.contenders import HANDLED
from benchmarks.messages import HTML_SIGNATURE, PLACEHOLDER, TEXT_SIGNATURE, Message

_TAG = re.compile(r"<[^>]*>")


def fault(message: Message, output: bytes) -> str:
    """Return why ``output`` is not the signed ``message``; "" if it is."""
    before, after = _parse(message.data), _parse(output)
    if after[HANDLED[0]] != HANDLED[1]:
        return "handled field missing"
    old, new = list(_leaves(before)), list(_leaves(after))
    if [part.get_content_type() for part in old] != [part.get_content_type() for part in new]:
        return "other parts"
    replaced = 0
    for one, other in zip(old, new, strict=True):
        octets, written = _payload(one), _payload(other)
        if octets == written:
            continue
        if not message.signed or not _is_signed(octets, written, one.get_content_type()):
            return f"a {one.get_content_type()} part is wrong"
        replaced += 1
    if message.signed and replaced < len(message.spans) and not (message.refusable and replaced == 0):
        return f"{replaced} of {len(message.spans)} placeholders replaced"
    return ""


def keeps_the_rest(message: Message, output: bytes) -> bool:
    """Return whether all octets outside the text bodies are there, and only the handled field is new."""
    rest = output.replace(f"{HANDLED[0]}: {HANDLED[1]}\r\n".encode(), b"", 1)
    at, last = 0, 0
    for span in (*message.spans, None):
        piece = message.data[last : span.start if span else None]
        found = 0 if last == 0 else rest.find(piece, at) if span else len(rest) - len(piece)
        if found < at or not rest.startswith(piece, found):
            return False
        at = found + len(piece)
        last = span.stop if span else 0
    return at == len(rest)


def shows_signature(output: bytes) -> bool:
    """Return whether a text of ``output``, a message or HTML by itself, shows the signature's last link."""
    link = b"/people/028/card"
    return link in output or any(link in _payload(leaf) for leaf in _leaves(_parse(output)))


def _parse(data: bytes) -> ParsedMessage:
    return BytesParser(policy=compat32).parsebytes(data)


def _leaves(part: ParsedMessage) -> Iterator[ParsedMessage]:
    return (leaf for leaf in part.walk() if not leaf.is_multipart())


def _payload(part: ParsedMessage) -> bytes:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def _is_signed(before: bytes, after: bytes, kind: str) -> bool:
    """Return whether ``after`` is ``before`` with the signature where a reader sees the placeholder."""
    if kind not in ("text/html", "text/plain"):
        return False
    if kind == "text/plain":
        text, old, signature = (
            " ".join(part.split()) for part in (_text(after), _text(before), TEXT_SIGNATURE)
        )
    else:
        # Blanks may become line breaks, and some may be added inside tags: lines end at 998 octets.
        text, old, signature = (
            "".join(part.split()) for part in (_text(after), _text(before), HTML_SIGNATURE)
        )
    head, found, tail = text.partition(signature)
    if kind == "text/plain":
        return bool(found) and head + PLACEHOLDER + tail == old
    # A signature of blocks may replace the paragraph of the placeholder: what can be read must be equal.
    return bool(found) and _TAG.sub("", head + PLACEHOLDER + tail) == _TAG.sub("", old)


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
