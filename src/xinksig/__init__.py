"""Puts the sender's signature where a message asks for it, and leaves every other octet as it was."""

from xinksig.api import AsyncRewriting, Result, Rewriting, rewrite, rewrite_aiter, rewrite_iter
from xinksig.errors import (
    AmbiguousError,
    CharsetError,
    LimitError,
    MalformedError,
    MessageError,
    SourceError,
    TransferError,
    UsageError,
    XinksigError,
)
from xinksig.mime.headers import Headers
from xinksig.model import (
    Buffer,
    Edit,
    Envelope,
    FieldChange,
    InlineImage,
    Kind,
    Limits,
    Match,
    Options,
    Outcome,
    PartReport,
    Report,
    Trigger,
)
from xinksig.rewriter import Rewriter
from xinksig.signature.request import AsyncSignatureSource, SignatureRequest, SignatureSource
from xinksig.signature.signature import Signature

__version__ = "0.1.0"

__all__ = [
    "AmbiguousError",
    "AsyncRewriting",
    "AsyncSignatureSource",
    "Buffer",
    "CharsetError",
    "Edit",
    "Envelope",
    "FieldChange",
    "Headers",
    "InlineImage",
    "Kind",
    "LimitError",
    "Limits",
    "MalformedError",
    "Match",
    "MessageError",
    "Options",
    "Outcome",
    "PartReport",
    "Report",
    "Result",
    "Rewriter",
    "Rewriting",
    "Signature",
    "SignatureRequest",
    "SignatureSource",
    "SourceError",
    "TransferError",
    "Trigger",
    "UsageError",
    "XinksigError",
    "rewrite",
    "rewrite_aiter",
    "rewrite_iter",
]
