"""How a text part says it is to be read: told from its header section, once for all parts that have it."""

from xinksig.mime import charset as charsets
from xinksig.mime import transfer
from xinksig.mime.section import Section
from xinksig.model import Outcome
from xinksig.policy import Verdict

_PLAIN_READERS = ("utf-8", "cp1252")
"""In some other charsets an octet above 127 may be an ASCII character."""


class Declaration:
    """What a header section says of the text below it."""

    __slots__ = ("charset", "delsp", "encoding", "flowed", "html", "is_labelled", "is_legible", "problem")

    def __init__(self, header: Section) -> None:
        content_type = header.content_type
        parameters = content_type.parameters
        label = parameters.get("charset")
        self.html = content_type.type == "text/html"
        self.flowed = parameters.get("format", "").lower() == "flowed"
        """Whether the text is format=flowed (RFC 3676)."""
        self.delsp = self.flowed and parameters.get("delsp", "").lower() == "yes"
        """Whether the blank of a soft line break is deleted (RFC 3676, 4.1)."""
        self.encoding = header.transfer_encoding[0]
        """The transfer encoding."""
        self.charset = charsets.lookup(label)
        self.is_labelled = bool(label)
        """Whether a charset is declared, known or not."""
        self.problem = self._find_problem(header, label)
        """Why the text is left alone."""
        self.is_legible = (
            self.problem is None
            and self.encoding != "base64"
            and self.charset is not None
            and self.charset.reader in _PLAIN_READERS
        )
        """Whether ASCII characters can be looked for in the body as it is encoded."""

    def _find_problem(self, header: Section, label: str | None) -> Verdict | None:
        content_type = header.content_type
        if content_type.ambiguous:
            return Verdict(Outcome.AMBIGUOUS, content_type.ambiguous)
        if not self.html and content_type.type != "text/plain":
            return Verdict(Outcome.NO_PLACEHOLDER, f"{content_type.type} is not edited")
        encoding, ambiguous = header.transfer_encoding
        if ambiguous:
            return Verdict(Outcome.AMBIGUOUS, ambiguous)
        if encoding not in transfer.ENCODINGS:
            return Verdict(Outcome.UNSUPPORTED_ENCODING, f"transfer encoding {encoding[:40]!r} is not known")
        if self.charset is None and label:
            return Verdict(Outcome.UNSUPPORTED_CHARSET, f"charset {label[:40]!r} is not known")
        return None


def declaration(header: Section) -> Declaration:
    """Return what a header section says of its text, the same object for the same section."""
    declared: Declaration | None = header.declared
    if declared is None:
        declared = header.declared = Declaration(header)
    return declared
