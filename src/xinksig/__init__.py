"""Puts the sender's signature where a message asks for it, and leaves every other octet as it was."""

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

__version__ = "0.1.0"
