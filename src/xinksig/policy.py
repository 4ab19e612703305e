"""Which messages and parts are left alone, and how the author's message is to be understood."""

import re
from collections.abc import Container

from xinksig.errors import (
    AmbiguousError,
    CharsetError,
    LimitError,
    MalformedError,
    MessageError,
    TransferError,
)
from xinksig.expressions import late
from xinksig.mime.headers import Headers
from xinksig.mime.section import Section
from xinksig.model import Envelope, Outcome
from xinksig.records import NamedTuple

STRICT_ERRORS: dict[Outcome, type[MessageError]] = {
    Outcome.AMBIGUOUS: AmbiguousError,
    Outcome.MALFORMED: MalformedError,
    Outcome.LIMIT: LimitError,
    Outcome.UNSUPPORTED_CHARSET: CharsetError,
    Outcome.UNENCODABLE: CharsetError,
    Outcome.UNSUPPORTED_ENCODING: TransferError,
}
"""What strict mode raises, by outcome."""

TEXT_TYPES = {"text/plain", "text/html"}

_PKCS7 = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
_FROZEN_MULTIPARTS = {
    "multipart/signed": (Outcome.CRYPTO_SIGNED, "it is signed (multipart/signed)"),
    "multipart/encrypted": (Outcome.ENCRYPTED, "it is encrypted (multipart/encrypted)"),
    "multipart/report": (Outcome.DELIVERY_REPORT, "it is a report (multipart/report)"),
}
_FREEZING = (Outcome.CALENDAR, Outcome.TNEF, Outcome.RIGHTS_MANAGED)
_CONNECTOR_TEST = late(r"\bO365ConnectorValidation|^Test email for connector validation$", re.IGNORECASE)
_PATCH_SUBJECT = late(
    r"^\s*(?:(?:re|aw)\s*:\s*)?\[(?:rfc[ /])?(?:[\w./-]+ )*(?:patch|pull)\b[^\]]*\]", re.IGNORECASE
)
_AUTO_NO = late(r"\s*(?:\([^()]*\)\s*){0,8}(?:no(?=[\s;(]|\Z)|;|\Z)")
"""``Auto-Submitted: no`` or nothing, with comments or parameters (RFC 3834, 5)."""
_LIST_FIELDS = ("List-Id", "List-Post", "List-Unsubscribe", "Mailing-List")


class Verdict(NamedTuple):
    """Why something is left alone."""

    outcome: Outcome
    reason: str


_ATTACHMENT = Verdict(Outcome.ATTACHMENT, "it is an attachment")


def judge_message(
    header: Section,
    headers: Headers,
    envelope: Envelope | None,
) -> Verdict | None:
    """Return why no part of the message may be edited, from what its header section and envelope say."""
    if envelope is not None and envelope.sender is not None and envelope.sender.strip() in ("", "<>"):
        return Verdict(Outcome.AUTOMATIC, "the envelope sender is empty: it is an automatic message")
    if header.has(b"auto-submitted"):
        submitted = (headers.get("Auto-Submitted") or "").lower()
        if _AUTO_NO.match(submitted) is None:
            # Not the whole value: its parameters hold addresses.
            keyword = re.search(r"\bauto-[a-z]{1,20}\b", submitted)
            value = f": {keyword.group()}" if keyword is not None else " is not no"
            return Verdict(Outcome.AUTOMATIC, f"it is an automatic message (Auto-Submitted{value})")
    if header.has(b"x-ms-tnef-correlator") and (headers.get("X-MS-TNEF-Correlator") or "").strip():
        return Verdict(Outcome.TNEF, "its text is inside TNEF (X-MS-TNEF-Correlator is set)")
    if header.has(b"content-class"):
        content_class = (headers.get("Content-Class") or "").strip().lower()
        if content_class == "urn:content-classes:calendarmessage":
            return Verdict(Outcome.CALENDAR, "it is an invitation (Content-Class says so)")
    if header.has(b"x-ms-journal-report"):
        return Verdict(Outcome.SYSTEM, "it is a journal report")
    if _is_connector_test(headers):
        return Verdict(Outcome.SYSTEM, "it is a connector test")
    return None


def judge_author(author: str, domains: Container[str]) -> Verdict | None:
    """Return why a message of this author is left alone, where only mail of some domains is signed."""
    if author.rpartition("@")[2].rstrip(".").lower() in domains:
        return None
    return Verdict(Outcome.FOREIGN_SENDER, "the author's domain is not one to sign for")


def _is_connector_test(headers: Headers) -> bool:
    """Whether it is the message by which Exchange Online tries a connector."""
    if not headers.may_hold(b"connector"):
        return False
    if "o365connectorvalidation" in (headers.get("From") or "").lower():
        return True
    subject = headers.get("Subject") or ""
    return "connector" in subject.lower() and _CONNECTOR_TEST.search(subject) is not None


def judge_multipart(header: Section) -> Verdict | None:
    """Return why the whole subtree of a multipart with this header section is left alone."""
    content_type = header.content_type
    frozen = _FROZEN_MULTIPARTS.get(content_type.type)
    if frozen is not None:
        return Verdict(*frozen)
    if _has_unobtrusive_signature(header):
        return Verdict(Outcome.CRYPTO_SIGNED, "it is signed (Sig field)")
    if content_type.ambiguous:
        return Verdict(Outcome.AMBIGUOUS, content_type.ambiguous)
    encoding, ambiguous = header.transfer_encoding
    if ambiguous or encoding not in ("7bit", "8bit", "binary"):
        return Verdict(
            Outcome.AMBIGUOUS, ambiguous or f"a multipart has the transfer encoding {encoding[:40]!r}"
        )
    if not header.boundary:
        return Verdict(Outcome.MALFORMED, "it is a multipart without a boundary")
    return None


def judge_leaf(header: Section) -> Verdict | None:
    """Return why a leaf with this header section is not edited, ``None`` for inline text."""
    judged: tuple[Verdict | None] | None = header.judged
    if judged is None:
        # In a tuple, for no verdict is an answer too.
        judged = header.judged = (_judge_leaf(header),)
    return judged[0]


def _judge_leaf(header: Section) -> Verdict | None:
    content_type = header.content_type
    media_type = content_type.type
    disposition = header.disposition
    name = disposition.filename or content_type.parameters.get("name") or ""
    if name or media_type not in TEXT_TYPES:
        verdict = _judge_kind(header, media_type, name.lower())
        if verdict is not None:
            return verdict
    if _has_unobtrusive_signature(header):
        return Verdict(Outcome.CRYPTO_SIGNED, "it is signed (Sig field)")
    is_text = media_type.startswith("text/") and media_type != "text/calendar"
    return None if is_text and not name and disposition.kind != "attachment" else _ATTACHMENT


def _judge_kind(header: Section, media_type: str, name: str) -> Verdict | None:
    """Return why a leaf of this type and file name in lower case is more than an attachment or text."""
    if media_type.startswith("message/"):
        return _judge_message_leaf(media_type)
    parameters = header.content_type.parameters
    if media_type in _PKCS7:
        signed = parameters.get("smime-type", "").lower() in ("signed-data", "certs-only")
        if signed or name.endswith(".p7s"):
            return Verdict(Outcome.CRYPTO_SIGNED, "it is signed (S/MIME)")
        return Verdict(Outcome.ENCRYPTED, "it is signed or encrypted as a whole (S/MIME)")
    if media_type in _TNEF or name == "winmail.dat":
        return Verdict(Outcome.TNEF, "it is TNEF")
    if media_type == "application/x-microsoft-rpmsg-message" or name.endswith(".rpmsg"):
        return Verdict(Outcome.RIGHTS_MANAGED, "it is rights-managed")
    if media_type == "text/calendar" and ("method" in parameters or header.disposition.kind != "attachment"):
        return Verdict(Outcome.CALENDAR, "it is an invitation")
    return None


def _judge_message_leaf(media_type: str) -> Verdict:
    if media_type in (
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
    ):
        return Verdict(Outcome.DELIVERY_REPORT, f"it is a report ({media_type})")
    return Verdict(Outcome.ATTACHED_MESSAGE, "it is an attached message")


def _has_unobtrusive_signature(header: Section) -> bool:
    if not header.has(b"sig"):
        return False
    return any(re.search(rb"\bb\s*=", body) for body in header.bodies(b"sig"))


def freezes_siblings(verdict: Verdict) -> bool:
    """Whether a leaf like this says that the text in its multipart is a machine's, not to be edited."""
    return verdict.outcome in _FREEZING


def is_patch_or_list(headers: Headers) -> bool:
    """Whether nothing may be appended or converted: a patch, list mail or machine mail."""
    if any(headers.get(name) is not None for name in _LIST_FIELDS):
        return True
    if (headers.get("Precedence") or "").strip().lower() in ("bulk", "junk", "list"):
        return True
    mailer = (headers.get("X-Mailer") or headers.get("User-Agent") or "").strip().lower()
    return (
        mailer.startswith("git-send-email") or _PATCH_SUBJECT.search(headers.get("Subject") or "") is not None
    )


_PATCH_BODY = late(
    r"^(?:diff --git a/|Index: \S|--- (?:a/|/dev/null)|@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@)", re.MULTILINE
)


def looks_like_patch(text: str) -> bool:
    """Whether a plain text is or holds a patch."""
    return _PATCH_BODY.search(text) is not None
