"""What xinksig raises on purpose.

XinksigError
├── UsageError (also ValueError)    the caller broke the contract
├── SourceError                     a signature source is broken
└── MessageError                    the message; only with Options(strict=True)
    ├── AmbiguousError              two readers could read it in two ways
    ├── MalformedError              breaks RFC 5322, 2045 or 2046 beyond recovery
    ├── LimitError                  a configured limit was reached
    ├── CharsetError                unknown charset, or one that cannot hold the signature
    └── TransferError               unknown or damaged transfer encoding
"""


class XinksigError(Exception):
    """Base of every exception that xinksig raises on purpose."""


class UsageError(XinksigError, ValueError):
    """The library was used in a way that cannot work; the text says what to do instead."""


class SourceError(XinksigError):
    """A signature source cannot answer; the text names the file and the line where it can."""


class MessageError(XinksigError):
    """A message that strict mode refuses.

    ``offset`` is in octets from the message's first one, ``part`` an IMAP part number
    ("" for the message itself), ``held`` every octet taken and not yet returned, so that
    the caller can still let the message go.
    """

    def __init__(self, message: str, *, offset: int = 0, part: str = "", held: bytes = b"") -> None:
        where = f"part {part}, offset {offset}" if part else f"offset {offset}"
        super().__init__(f"{message} ({where})")
        self._message = message
        self.offset = offset
        self.part = part
        self.held = held

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), self._message, self.offset, self.part, self.held)


def _restored(kind: type[MessageError], message: str, offset: int, part: str, held: bytes) -> MessageError:
    return kind(message, offset=offset, part=part, held=held)


class AmbiguousError(MessageError):
    """The MIME reading is not unique."""


class MalformedError(MessageError):
    """The message breaks RFC 5322, 2045 or 2046 beyond recovery."""


class LimitError(MessageError):
    """A configured limit was reached."""


class CharsetError(MessageError):
    """The charset is not known, or cannot hold the signature."""


class TransferError(MessageError):
    """The transfer encoding is not known, or its octets are damaged."""
