"""What is known of a message while its text is decided: who wrote it, what was answered, what was found."""

from functools import cached_property

from xinksig.edits import Change
from xinksig.head import Head
from xinksig.mime.part import Part
from xinksig.model import Envelope, Kind, Options, Outcome, Trigger
from xinksig.policy import Verdict, is_patch_or_list, judge_author, judge_message
from xinksig.signature.request import SignatureRequest
from xinksig.signature.signature import Signature
from xinksig.text.history import Origin
from xinksig.text.place import Place

TYPE_CHECKING = False  # true for type checkers; typing itself is loaded later

if TYPE_CHECKING:
    from xinksig.textpart import TextPart

_ORIGIN_REACH = 1 << 17
"""So many characters of a text are read for the mark of a client that quoted: it stands near the top."""


class Situation:
    """The message-wide state that decisions share."""

    head: Head
    """The message's own header section, set as soon as it is read."""

    def __init__(self, options: Options, envelope: Envelope | None) -> None:
        self.options = options
        self.envelope = envelope
        self.text: TextPart | None = None
        """The first text that could be read; the kind of the message is told from it."""
        self.opted_out = False
        self.body_decided = False
        """Whether the first body was decided: nothing is appended to later text."""
        self.triggered = False
        """Whether a trigger was acted upon: device lines further on are left then."""
        self.serves = False
        """Whether one signature answers whatever is asked."""
        self._served: Signature | None = None
        self.used: dict[str, None] = {}
        """The ids of the signatures that were put in, in order."""
        self._answers: dict[tuple[Trigger, str], Signature | None] = {}
        self.frozen: dict[int, Verdict] = {}
        """Why multiparts are left alone, by their identity."""

    @cached_property
    def author(self) -> str:
        """The address of the first From mailbox, "" if there is none."""
        from xinksig.mime import addresses

        return addresses.author(self.head.headers)

    @cached_property
    def sender(self) -> str:
        """The address of Sender, else the author's, else the envelope's."""
        from xinksig.mime import addresses

        envelope = self.envelope.sender if self.envelope is not None else None
        return addresses.sender(self.head.headers, envelope)

    @cached_property
    def kind(self) -> Kind:
        """What sort of message it is, from its fields and its first text."""
        from xinksig.text.kind import kind

        get = self.head.headers.get
        return kind(get("Subject") or "", get("In-Reply-To") or "", get("References") or "", self._origin)

    def _origin(self) -> "Origin":
        """Return what the client that quoted says about the message."""
        from xinksig.text.history import Origin

        if self.text is None:
            return Origin.NONE
        self.text.read_late()
        upto = min(len(self.text.characters), _ORIGIN_REACH)
        return self.text.history(self.options, upto).origin

    @cached_property
    def is_patch_or_list(self) -> bool:
        """Whether nothing may be appended or converted."""
        return is_patch_or_list(self.head.headers)

    def judge(self) -> Verdict | None:
        """Return why no part of the message may be edited."""
        head = self.head
        verdict = judge_message(head.header, head.headers, self.envelope)
        if verdict is None and self.options.domains:
            return judge_author(self.author, self.options.domains)
        return verdict

    def request(self, trigger: Trigger, name: str) -> SignatureRequest:
        """Return the request that a trigger makes."""
        return SignatureRequest(
            author=self.author,
            sender=self.sender,
            kind=self.kind,
            trigger=trigger,
            name=name,
            headers=self.head.headers,
            envelope=self.envelope or Envelope(),
        )

    def answer(self, request: SignatureRequest, signature: Signature | None) -> None:
        """Keep an answer for all triggers that ask the same."""
        self._answers[request.trigger, request.name] = signature

    def serve(self, signature: Signature | None) -> None:
        """Answer whatever is asked with this signature."""
        self.serves = True
        self._served = signature

    def is_answered(self, place: Place) -> bool:
        """Whether the answer to what a place asks for is known."""
        return self.serves or (place.trigger, place.name) in self._answers

    def answered(self, place: Place) -> Signature | None:
        """Return the signature for a place; ``None``: it has none."""
        return self._served if self.serves else self._answers[place.trigger, place.name]

    def read_subject(self, opt_out: str) -> list[Change]:
        """Return the change that takes the opt-out word out of the subject, if it stands there."""
        changes = self.head.opt_out_changes(opt_out, ignore_case=self.options.ignore_case)
        self.opted_out = bool(changes)
        return changes

    def freeze(self, leaf: Part, verdict: Verdict) -> None:
        """Leave the text beside such a leaf alone; TNEF and rights management hold for the whole message."""
        part = leaf.parent
        if part is None:
            return
        if verdict.outcome is not Outcome.CALENDAR:
            while part.parent is not None:
                part = part.parent
        self.frozen.setdefault(id(part), verdict)

    def frozen_by(self, part: Part) -> Verdict | None:
        """Return why the text in a multipart around ``part`` is left alone."""
        parent = part.parent
        while parent is not None:
            if id(parent) in self.frozen:
                verdict = self.frozen[id(parent)]
                return Verdict(verdict.outcome, f"beside it stands a part of which {verdict.reason}")
            parent = parent.parent
        return None
