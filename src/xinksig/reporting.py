"""What is noted while a message goes through, and the report that is made of it when somebody asks."""

from os.path import basename

from xinksig.edits import EditList, growth
from xinksig.mime.part import Part
from xinksig.model import OUTCOME_RANK, FieldChange, Kind, Match, Outcome, PartReport, Report
from xinksig.policy import Verdict
from xinksig.situation import Situation

TYPE_CHECKING = False  # true for type checkers; typing itself is loaded later

if TYPE_CHECKING:
    from xinksig.textpart import TextPart

_PART_ONLY = {Outcome.ATTACHMENT, Outcome.ATTACHED_MESSAGE}
_DONE = {Outcome.REPLACED, Outcome.PARTLY_REPLACED, Outcome.APPENDED}
_REFUSED = {
    Outcome.AMBIGUOUS,
    Outcome.MALFORMED,
    Outcome.LIMIT,
    Outcome.UNSUPPORTED_CHARSET,
    Outcome.UNSUPPORTED_ENCODING,
    Outcome.UNENCODABLE,
    Outcome.UNCERTAIN,
}
"""What an administrator is told of one part although the signature was put into another."""
_SENTENCES = {
    Outcome.REPLACED: "the signature was put in",
    Outcome.PARTLY_REPLACED: "the signature was put in, but not everywhere it was asked for",
    Outcome.APPENDED: "the signature was put below the newest text",
    Outcome.UNASSIGNED: "the author has no signature assigned",
    Outcome.OPTED_OUT: "the author asked for no signature with the opt-out word",
    Outcome.QUOTED_ONLY: "a placeholder stands in quoted history only",
    Outcome.ALREADY_SIGNED: "the newest text has a signature already",
    Outcome.NO_PLACEHOLDER: "no placeholder was found",
}


class Journal:
    """The notes about one message."""

    def __init__(self) -> None:
        self.broken = False
        """Whether our own code failed; the rest of the message is not looked into."""
        self.size_in = 0
        self.room = 1 << 20
        """How many more octets of text may be kept until the report is read."""
        self._message: list[Verdict] = []
        self._parts: list[tuple[Part, Verdict | TextPart]] = []

    def note_message(self, verdict: Verdict) -> None:
        """Note something about the message as a whole."""
        self._message.append(verdict)

    def note_part(self, part: Part, verdict: Verdict) -> None:
        """Note why a part, or the subtree below it, is left alone; the first reason counts."""
        if not any(known is part for known, _ in self._parts[-2:]):
            self._parts.append((part, verdict))

    def note_text(self, text: "TextPart") -> None:
        """Note a searched text part, which knows what became of it."""
        self._parts.append((text.part, text))

    def note_internal_error(self, error: Exception) -> Verdict:
        """Note that our own code failed, and where."""
        self.broken = True
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = "unknown place"
        if trace is not None:
            where = f"{basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
        verdict = Verdict(Outcome.INTERNAL_ERROR, f"internal error ({type(error).__name__} at {where})")
        self._message.append(verdict)
        return verdict

    def report(self, edits: EditList, situation: Situation) -> Report:
        """Make the report."""
        head = getattr(situation, "head", None)
        # What a decision waits for is noted before the text that was held for it.
        in_order = sorted(self._parts, key=lambda noted: noted[0].start)
        parts = tuple(_part_report(part, note) for part, note in in_order)
        outcome, reason = self._summary(parts, opted_out=situation.opted_out)
        changes = edits.changes()
        body_start = head.body_start if head is not None else 0
        field_changes: tuple[FieldChange, ...] = ()
        broken: tuple[str, ...] = ()
        body_changed = any(change.start >= body_start and change.why != "handled-field" for change in changes)
        if head is not None:
            own = [change for change in changes if change.start < body_start or change.why == "handled-field"]
            field_changes = head.field_changes(own)
            names = {change.name.lower().encode() for change in field_changes}
            broken = head.broken_seals(names, body_changed=body_changed)
        return Report(
            outcome=outcome,
            reason=reason,
            left=sum(0 if isinstance(note, Verdict) else note.left for _, note in self._parts),
            kind=situation.kind if head is not None else Kind.NEW,
            message_id=(head.headers.get("Message-ID") or "").strip() if head is not None else "",
            signatures=tuple(situation.used),
            parts=parts,
            edits=edits.report(),
            field_changes=field_changes,
            body_start=body_start,
            body_changed=body_changed,
            broken_seals=broken,
            size_in=self.size_in,
            size_out=self.size_in + growth(changes),
        )

    def _summary(self, parts: tuple[PartReport, ...], *, opted_out: bool) -> tuple[Outcome, str]:
        candidates = [(verdict.outcome, f"{verdict.reason}; left as it was") for verdict in self._message]
        candidates += [(part.outcome, _sentence(part)) for part in parts if part.outcome not in _PART_ONLY]
        if opted_out:
            candidates.append((Outcome.OPTED_OUT, _SENTENCES[Outcome.OPTED_OUT]))
        if not candidates:
            return Outcome.NO_PLACEHOLDER, _SENTENCES[Outcome.NO_PLACEHOLDER]
        outcome, reason = min(candidates, key=lambda candidate: OUTCOME_RANK[candidate[0]])
        if outcome in (Outcome.REPLACED, Outcome.APPENDED):
            refused = next((part for part in parts if part.outcome in _REFUSED), None)
            if refused is not None:
                reason = f"{reason}, but {_sentence(refused)}"
        return outcome, reason


def _sentence(part: PartReport) -> str:
    where = f"part {part.number}: " if part.number else ""
    if part.outcome in _SENTENCES and part.outcome is not Outcome.PARTLY_REPLACED:
        return _SENTENCES[part.outcome] if part.outcome not in _DONE else where + _SENTENCES[part.outcome]
    if part.outcome in _DONE:
        return where + part.reason
    return f"{where}{part.reason}; left as it was"


def _part_report(part: Part, note: "Verdict | TextPart") -> PartReport:
    matches: tuple[Match, ...] = ()
    if isinstance(note, Verdict):
        outcome, reason = note
    else:
        outcome, reason = note.outcome()
        matches = note.matches()
    media_type = part.content_type.type
    return PartReport(
        number=part.number, media_type=media_type, outcome=outcome, reason=reason, matches=matches
    )
