"""The values that go in and out: options and limits, envelope, outcomes, edits and the report."""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum

from xinksig.characters import BLANK, IGNORABLE
from xinksig.errors import UsageError
from xinksig.expressions import late
from xinksig.records import Literal, dataclass, field

TYPE_CHECKING = False  # true for type checkers; typing itself is loaded later

if TYPE_CHECKING:
    from typing import Any
else:
    Any = object

Buffer = bytes | bytearray | memoryview

_FIELD_NAME = re.compile(r"[!-9;-~]{1,200}")
_ADDRESS = late(r"[^\s<>()\"',;:]{1,254}@[^\s<>()\"',;:]{1,254}")
_ONE_LINE = late(r"[^\r\n\0]*")
_IMAGE_NAME = late(r"[\w.+@-]{1,128}")
_IMAGE_TYPE = late(r"image/[A-Za-z0-9.+-]{1,64}")
_FIELD_VALUE = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?")


class Kind(StrEnum):
    """What sort of message the author wrote."""

    NEW = "new"
    REPLY = "reply"
    FORWARD = "forward"


class Trigger(StrEnum):
    """What asks for a signature."""

    PLACEHOLDER = "placeholder"
    DEVICE_LINE = "device-line"
    APPEND = "append"


class Outcome(StrEnum):
    """What became of a message or a part, as stable names; a message takes the first that any part has."""

    ALREADY_HANDLED = "already-handled"
    INTERNAL_ERROR = "internal-error"
    SOURCE_FAILED = "source-failed"
    PARTLY_REPLACED = "partly-replaced"
    REPLACED = "replaced"
    APPENDED = "appended"
    UNASSIGNED = "unassigned"
    OPTED_OUT = "opted-out"
    AMBIGUOUS = "ambiguous"
    MALFORMED = "malformed"
    LIMIT = "limit"
    UNSUPPORTED_CHARSET = "unsupported-charset"
    UNSUPPORTED_ENCODING = "unsupported-encoding"
    UNENCODABLE = "unencodable"
    UNCERTAIN = "uncertain"
    CRYPTO_SIGNED = "crypto-signed"
    ENCRYPTED = "encrypted"
    INLINE_PGP = "inline-pgp"
    RIGHTS_MANAGED = "rights-managed"
    CALENDAR = "calendar"
    TNEF = "tnef"
    DELIVERY_REPORT = "delivery-report"
    AUTOMATIC = "automatic"
    SYSTEM = "system"
    PATCH = "patch"
    FOREIGN_SENDER = "foreign-sender"
    ALREADY_SIGNED = "already-signed"
    QUOTED_ONLY = "quoted-only"
    NO_PLACEHOLDER = "no-placeholder"
    ATTACHMENT = "attachment"
    ATTACHED_MESSAGE = "attached-message"


OUTCOME_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}
"""The order in which a message takes the outcome of its parts: the smallest number wins."""


@dataclass(frozen=True, slots=True)
class InlineImage:
    """An image that travels with the signature; the HTML shows it as ``src="cid:NAME"``."""

    name: str
    data: bytes = field(repr=False)
    media_type: str

    def __post_init__(self) -> None:
        if not _fits(_IMAGE_NAME, self.name):
            raise UsageError(f"image name {self.name!r} must be 1 to 128 letters, digits or . _ + @ -")
        if not _fits(_IMAGE_TYPE, self.media_type):
            raise UsageError(f"media type {self.media_type!r} of image {self.name!r} must be image/…")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SMTP envelope. ``sender`` "" or "<>" is the null sender, ``None`` means not known."""

    sender: str | None = None
    recipients: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "recipients", _strings("Envelope.recipients", self.recipients))
        if self.sender is not None and not _fits(_ONE_LINE, self.sender):
            raise UsageError(f"Envelope.sender must be an address on one line, or None, not {self.sender!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on what one message may cost; octets unless said otherwise."""

    header_size: int = 1 << 20
    """The top-level header section."""
    part_header_size: int = 256 << 10
    """The header section of one body part."""
    depth: int = 100
    """Nested multiparts."""
    parts: int = 10_000
    """Body parts of a message."""
    text_size: int = 8 << 20
    """All text that is held together until it is decided."""
    matches: int = 16
    """Triggers in one part."""
    growth: int = 8 << 20
    """How much larger the output may be than the input."""

    def __post_init__(self) -> None:
        for name in Limits.__slots__:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise UsageError(f"Limits.{name} must be a whole number above 0, not {value!r}")


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    """Whether a value is a string of that form; callers without a type checker give anything."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _strings(name: str, value: object) -> tuple[str, ...]:
    """Return ``value`` as a tuple of strings; a single string is one of them."""
    values = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    strings = tuple(item for item in values if isinstance(item, str))
    if len(strings) < len(values):
        raise UsageError(f"{name} must be a string or a tuple of strings, not {value!r}")
    return strings


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"Options.{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")


def _check_placeholder(name: str, text: object) -> None:
    if not isinstance(text, str):
        raise UsageError(f"{name} must be a string, not {text!r}")
    if not text:
        raise UsageError(f"{name} is empty: give the text that asks for a signature")
    if len(text) > 200:
        raise UsageError(f"{name} {text[:40]!r}… is longer than 200 characters")
    if len(text.splitlines()) != 1 or text.splitlines()[0] != text:
        raise UsageError(f"{name} {text!r} contains a line break: it must stand on one line")
    if text[0] in BLANK or text[-1] in BLANK:
        raise UsageError(f"{name} {text!r} begins or ends with a blank: leave the blank out")
    invisible = sorted({f"U+{ord(character):04X}" for character in text if character in IGNORABLE})
    if invisible:
        raise UsageError(
            f"{name} {text!r} contains characters nobody sees ({', '.join(invisible)}): leave them out"
        )


CHOICES = {
    "scope": ("newest", "anywhere"),
    "matches": ("all", "first"),
    "unassigned": ("remove", "leave"),
    "on_failure": ("raise", "pass"),
    "no_placeholder": ("leave", "append"),
}
"""The values of options that have few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that can be chosen; the defaults are safe for a relay. Raises ``UsageError`` at once."""

    placeholder: str | tuple[str, ...] = "{EMAILSIGNATURE}"
    ignore_case: bool = True
    scope: "Literal['newest', 'anywhere']" = "newest"
    """Whether quoted history is left alone."""
    matches: "Literal['all', 'first']" = "all"
    unassigned: "Literal['remove', 'leave']" = "remove"
    """What happens to a placeholder for which the source has no signature."""
    on_failure: "Literal['raise', 'pass']" = "raise"
    """Whether an exception of the source reaches the caller, or the message goes out unsigned and marked."""
    no_placeholder: "Literal['leave', 'append']" = "leave"
    device_lines: bool = False
    more_device_lines: tuple[str, ...] = ()
    more_separators: tuple[str, ...] = ()
    opt_out: str | None = None
    domains: tuple[str, ...] = ()
    """The author domains to sign for; empty: any."""
    upgrade_plain: bool = False
    handled_header: str = "X-Xink-Handled"
    handled_value: str = "Yes"
    remove_fields: tuple[str, ...] = ()
    """Names of top-level fields to take out, such as the one that carries a tenant's secret."""
    drop_dkim: tuple[str, ...] = ()
    """Signing domains whose DKIM-Signature fields go when the body is changed."""
    strict: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        placeholders = _strings("placeholder", self.placeholder)
        if not placeholders:
            raise UsageError("Options.placeholder is empty: give at least one text that asks for a signature")
        for text in placeholders:
            _check_placeholder("placeholder", text)
        if self.opt_out is not None:
            _check_placeholder("opt_out", self.opt_out)
        for name, choices in CHOICES.items():
            _one_of(name, getattr(self, name), choices)
        for name in ("more_device_lines", "more_separators", "domains", "remove_fields", "drop_dkim"):
            values = _strings(f"Options.{name}", getattr(self, name))
            if not all(value.strip() for value in values):
                raise UsageError(f"Options.{name} contains an empty string")
            if name in ("domains", "drop_dkim"):
                values = tuple(value.strip().lstrip("@").rstrip(".").lower() for value in values)
            object.__setattr__(self, name, values)
        for name in (self.handled_header, *self.remove_fields):
            if not _fits(_FIELD_NAME, name):
                raise UsageError(
                    f"{name!r} is no field name: printable ASCII without blanks and colon, at most 200"
                )
        if not _fits(_FIELD_VALUE, self.handled_value):
            raise UsageError(
                f"handled_value {self.handled_value!r} must be printable ASCII on one line, at most 200"
            )
        if self.handled_header.lower() in {name.lower() for name in self.remove_fields}:
            raise UsageError(f"{self.handled_header} is the handled field: it cannot be in remove_fields too")
        if not isinstance(self.limits, Limits):
            raise UsageError(f"Options.limits must be a Limits object, not {type(self.limits).__name__}")

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The placeholder, or all of them, as a tuple."""
        return (self.placeholder,) if isinstance(self.placeholder, str) else tuple(self.placeholder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One replaced span of the message: octets ``start`` to ``stop`` of the input."""

    start: int
    stop: int
    replacement: bytes = field(repr=False)
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One change of a top-level field, in the words a milter needs."""

    action: "Literal['insert', 'replace', 'remove']"
    name: str
    index: int
    """For ``insert`` the place in the header section (0: first); else which of that name, from 1."""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One trigger that was found, refused ones included."""

    start: int
    """Octet of the input at which it begins, in the part's encoded form."""
    stop: int
    written: str
    """As it stands in the decoded text."""
    name: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReport:
    """What became of one part: a searched text, or a subtree that is left alone as a whole."""

    number: str
    """As IMAP counts, ``1.2``; "" for the message itself."""
    media_type: str
    outcome: Outcome
    reason: str
    matches: tuple[Match, ...] = ()


class _MadeWhenRead:
    """An object whose fields are made all together when the first of them is read."""

    __slots__ = ("_make",)

    def __getattr__(self, name: str) -> "Any":
        make = object.__getattribute__(self, "_make")
        object.__delattr__(self, "_make")
        made = make()
        for field_name in Report.__slots__:
            object.__setattr__(self, field_name, getattr(made, field_name))
        return object.__getattribute__(self, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(_MadeWhenRead):
    """What happened to one message, and why."""

    outcome: Outcome
    reason: str
    """One plain sentence for an administrator."""
    left: int = 0
    """Triggers in new text that stay visible to the reader: alert when it is above 0."""
    kind: Kind = Kind.NEW
    message_id: str = ""
    signatures: tuple[str, ...] = ()
    """The ids of the signatures used."""
    parts: tuple[PartReport, ...] = ()
    edits: tuple[Edit, ...] = ()
    """Sorted, not overlapping; applied to the input they give the output."""
    field_changes: tuple[FieldChange, ...] = ()
    body_start: int = 0
    """Octet of the input at which the body begins."""
    body_changed: bool = False
    broken_seals: tuple[str, ...] = ()
    """DKIM and ARC fields that the edits of the body make invalid."""
    size_in: int = 0
    size_out: int = 0

    @classmethod
    def lazy(cls, make: Callable[[], "Report"]) -> "Report":
        """Return a report that is made when it is first read: most are never."""
        report = cls.__new__(cls)
        object.__setattr__(report, "_make", make)
        return report

    def apply(self, message: Buffer, /) -> bytes:
        """Return ``message`` with the edits applied: the output, from the input. Raises ``UsageError``."""
        view = memoryview(message).cast("B")
        if len(view) != self.size_in:
            raise UsageError(f"the message has {len(view)} octets, the report is about one of {self.size_in}")
        pieces: list[bytes | memoryview] = []
        at = 0
        for edit in self.edits:
            pieces += (view[at : edit.start], edit.replacement)
            at = edit.stop
        pieces.append(view[at:])
        return b"".join(pieces)

    def to_dict(self, full: bool = False) -> "dict[str, Any]":
        """Return the report as values that JSON knows; addresses and replacements only when ``full``."""
        from dataclasses import asdict

        result = asdict(self)
        for part in result["parts"]:
            part["matches"] = list(part["matches"])
        for name in ("signatures", "parts", "edits", "field_changes", "broken_seals"):
            result[name] = list(result[name])
        for edit in result["edits"]:
            replacement = edit.pop("replacement")
            edit["size"] = len(replacement)
            if full:
                edit["replacement"] = replacement.decode("latin-1")
        if not full:
            for change in result["field_changes"]:
                del change["value"]
            for told in (result, *result["parts"], *(m for part in result["parts"] for m in part["matches"])):
                told["reason"] = _ADDRESS.sub("<address>", told["reason"])
        return result
