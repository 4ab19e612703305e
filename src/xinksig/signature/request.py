"""What a signature source is asked, and what counts as one."""

from collections.abc import Awaitable, Callable

from xinksig.mime.headers import Headers
from xinksig.model import Envelope, Kind, Trigger
from xinksig.records import dataclass, field
from xinksig.signature.signature import Signature


@dataclass(frozen=True, slots=True)
class SignatureRequest:
    """Whose signature a message asks for, and which one; equal requests get equal answers."""

    author: str = ""
    """Address of the first From mailbox, without display name; "" if there is none."""
    sender: str = ""
    """Address of the Sender, else of the author, else the envelope's; never of Reply-To."""
    kind: Kind = Kind.NEW
    trigger: Trigger = Trigger.PLACEHOLDER
    name: str = ""
    """The name typed in the placeholder, ``short`` in ``{EMAILSIGNATURE:short}``; else ""."""
    headers: Headers = field(default_factory=lambda: Headers(b"", ()), compare=False, repr=False)
    """The message's own fields, decoded."""
    envelope: Envelope = field(default_factory=Envelope, repr=False)


SignatureSource = Callable[[SignatureRequest], Signature | None]
"""Answers a request; ``None`` means that no signature is assigned."""

AsyncSignatureSource = Callable[[SignatureRequest], Awaitable[Signature | None]]
"""The same, to be awaited."""
