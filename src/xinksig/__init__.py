"""Puts the sender's signature where a message asks for it, and leaves every other octet as it was.

The names below are loaded when they are first used: a filter that is started once for each message pays
for what it needs.
"""

TYPE_CHECKING = False  # true for type checkers; typing itself is loaded later

if TYPE_CHECKING:
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

_HOMES = {
    "api": (
        "AsyncRewriting",
        "Result",
        "Rewriting",
        "rewrite",
        "rewrite_aiter",
        "rewrite_iter",
    ),
    "errors": (
        "AmbiguousError",
        "CharsetError",
        "LimitError",
        "MalformedError",
        "MessageError",
        "SourceError",
        "TransferError",
        "UsageError",
        "XinksigError",
    ),
    "mime.headers": ("Headers",),
    "model": (
        "Buffer",
        "Edit",
        "Envelope",
        "FieldChange",
        "InlineImage",
        "Kind",
        "Limits",
        "Match",
        "Options",
        "Outcome",
        "PartReport",
        "Report",
        "Trigger",
    ),
    "rewriter": ("Rewriter",),
    "signature.request": (
        "AsyncSignatureSource",
        "SignatureRequest",
        "SignatureSource",
    ),
    "signature.signature": ("Signature",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Not by importlib, which takes longer to load than this package.
    value: object = getattr(__import__(f"xinksig.{home}", fromlist=[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
