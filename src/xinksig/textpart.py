"""One text part while it is held: its text, and what was found in it."""

import re

from xinksig.declaration import declaration
from xinksig.expressions import late
from xinksig.mime import charset as charsets
from xinksig.mime import transfer
from xinksig.mime.part import Part
from xinksig.model import OUTCOME_RANK, Match, Options, Outcome, Trigger
from xinksig.policy import Verdict
from xinksig.signature.signature import Signature
from xinksig.text import needed, plain
from xinksig.text.history import History
from xinksig.text.history_html import html_history
from xinksig.text.history_plain import plain_history
from xinksig.text.html import locate
from xinksig.text.html.reading import Reading
from xinksig.text.pattern import Pattern
from xinksig.text.place import Place

_PLACEHOLDER = Trigger.PLACEHOLDER
_COUNTED = 1000
"""Placeholders that are counted for the report before the search ends."""
_PGP = late(r"^-----BEGIN PGP (?:MESSAGE|SIGNED MESSAGE)", re.MULTILINE)

QUOTED = Verdict(Outcome.QUOTED_ONLY, "it stands in quoted history")
REPLACED = Verdict(Outcome.REPLACED, "the signature was put in")
APPENDED = Verdict(Outcome.APPENDED, "the signature was put below the newest text")
REMOVED = Verdict(Outcome.UNASSIGNED, "the author has no signature assigned; the placeholder was taken out")
LEFT = Verdict(Outcome.UNASSIGNED, "the author has no signature assigned")
OPTED_OUT = Verdict(Outcome.OPTED_OUT, "the opt-out word was taken out")
OPTED_REMOVED = Verdict(Outcome.OPTED_OUT, "the author wants no signature; the placeholder was taken out")
OPTED_LEFT = Verdict(Outcome.OPTED_OUT, "the author wants no signature")
SPARED = Verdict(Outcome.REPLACED, "only the first placeholder is replaced")
BEYOND_TWIN = Verdict(Outcome.REPLACED, "the HTML alternative shows fewer placeholders")

_WRITTEN = (REPLACED, APPENDED, REMOVED, OPTED_OUT, OPTED_REMOVED)
_BY_DESIGN = (SPARED, BEYOND_TWIN)


class Found:
    """A trigger or an opt-out word in a text part, and what became of it."""

    __slots__ = ("fate", "is_opt_out", "place")

    def __init__(self, place: Place, fate: Verdict | None, is_opt_out: bool) -> None:
        self.place = place
        self.fate = fate
        """``None`` while it may be replaced."""
        self.is_opt_out = is_opt_out


class TextPart:
    """An inline text part in hand."""

    decoded: transfer.Decoded
    text: charsets.Text

    def __init__(self, part: Part, raw: bytes, newline: bytes) -> None:
        self.part = part
        self.raw = raw
        """The body in its transfer encoding."""
        self.message_newline = newline
        self.declared = declared = declaration(part.header)
        """How its header section says it is to be read."""
        self.html = declared.html
        self.found: list[Found] = []
        self.problem: Verdict | None = None
        """Why the part is left alone as a whole."""
        self.note: Verdict | None = None
        """Why nothing is put into a part in which nothing that counts was found."""
        self.characters = ""
        """The decoded text, as soon as it is read."""
        self.is_put_off = False
        """Whether it shows no placeholder for certain, and is read only if somebody asks for more."""
        self.reading: Reading | None = None
        """What the search for the placeholders has found out about HTML, for the writing."""
        self._history: tuple[int | None, History] | None = None
        self._matches: tuple[Match, ...] | None = None

    def may_show(self, pattern: Pattern) -> bool:
        """Tell from the body as it stands whether it may show one of these words; ``False`` is certain.

        What is to be left alone for another reason, or can only be told by reading it, may.
        """
        declared = self.declared
        if not declared.is_legible:
            return True
        is_quoted = declared.encoding == "quoted-printable"
        return needed.may_show(self.raw, pattern, quoted_printable=is_quoted, html=self.html)

    def read_late(self) -> None:
        """Read the text if that was put off."""
        if self.is_put_off:
            self.is_put_off = False
            try:
                self.problem = self.read()
            except Exception as error:  # noqa: BLE001 - a report that is asked for must be given
                self.problem = Verdict(Outcome.INTERNAL_ERROR, f"internal error ({type(error).__name__})")

    def read(self) -> Verdict | None:
        """Decode the body, or return why it is left alone."""
        declared = self.declared
        if declared.problem is not None:
            return declared.problem
        self.decoded = decoded = transfer.decode(declared.encoding, self.raw)
        if decoded.problem:
            return Verdict(Outcome.AMBIGUOUS, decoded.problem)
        self.text = charsets.read(declared.charset, decoded.octets, declared=declared.is_labelled)
        self.characters = characters = self.text.characters
        # From the end a word is found missing twice as fast.
        if characters.rfind("-----BEGIN PGP ") >= 0 and _PGP.search(characters):
            return Verdict(Outcome.INLINE_PGP, "it is signed or encrypted (inline PGP)")
        return None

    @property
    def newline(self) -> str:
        """The line ending of the decoded text."""
        characters = self.characters
        index = characters.find("\n")
        if index >= 0:
            return "\r\n" if characters.startswith("\r\n", index - 1) else "\n"
        return "\r" if "\r" in characters else self.message_newline.decode("ascii")

    @property
    def encoded_newline(self) -> bytes:
        """The line ending of the body in its transfer encoding."""
        raw = self.raw
        index = raw.find(b"\n")
        if index >= 0:
            return b"\r\n" if raw.startswith(b"\r\n", index - 1) else b"\n"
        return self.message_newline

    def find(self, pattern: Pattern, limit: int) -> list[Place]:
        """Return where the text shows one of these words, at most ``limit`` of them."""
        if self.html:
            reading = Reading(self.characters)
            # The placeholders are looked for first, and seldom anything else.
            self.reading = self.reading or reading
            return locate.find(self.characters, pattern, limit=limit, reading=reading)
        declared = self.declared
        return plain.find(self.characters, pattern, flowed=declared.flowed, delsp=declared.delsp, limit=limit)

    def history(self, options: Options, upto: int | None = None) -> History:
        """Return what of the text is quoted history; of the text before ``upto`` alone if it is given."""
        known = self._history
        if known is not None and (known[0] is None or (upto is not None and upto <= known[0])):
            return known[1]
        if self.html:
            history = html_history(self.characters, options.more_separators, upto=upto)
        else:
            history = plain_history(
                self.characters, options.more_separators, flowed=self.declared.flowed, upto=upto
            )
        self._history = upto, history
        return history

    def search(self, pattern: Pattern, options: Options) -> Verdict | None:
        """Find the placeholders and say which of them may be replaced; return why the part is left alone."""
        limit = options.limits.matches
        places = self.find(pattern, limit + 1 if limit >= _COUNTED else _COUNTED)
        if not places:
            return None
        self.add(places, options)
        if len(places) > limit and sum(found.fate is not QUOTED for found in self.found) > limit:
            return Verdict(Outcome.LIMIT, f"it shows more than {limit} placeholders")
        return None

    def add(self, places: list[Place], options: Options, *, is_opt_out: bool = False) -> None:
        """Take places, at least one, judged for history."""
        judged = options.scope == "newest" and places[0].trigger is _PLACEHOLDER
        history = self.history(options, places[-1].start) if judged else None
        if history is not None and not history.spans:
            history = None
        known = self.found
        for place in places:
            fate = None if place.outcome is None else Verdict(place.outcome, place.reason)
            if history is not None and history.quoted(place.start):
                fate = QUOTED
            known.append(Found(place, fate, is_opt_out))
        if len(known) > 1:
            known.sort(key=_start)

    def shows(self, signature: Signature, options: Options) -> bool:
        """Whether the newest text holds this signature, or in HTML any that was appended before."""
        from xinksig.text.append import already_signed_html, contains_plain

        history = self.history(options)
        if self.html:
            return already_signed_html(self.characters, history)
        return contains_plain(self.characters, history, signature.plain)

    @property
    def has_opt_out(self) -> bool:
        """Whether the newest text shows the opt-out word, also where it cannot be taken out."""
        return any(found.is_opt_out and found.fate is not QUOTED for found in self.found)

    def overlaps(self, place: Place) -> bool:
        """Whether a place shares characters with something found before."""
        return any(found.place.start < place.stop and place.start < found.place.stop for found in self.found)

    def new_placeholders(self) -> int:
        """Return how many placeholders stand in new text, refused ones included."""
        count = 0
        for found in self.found:
            if found.fate is not QUOTED and not found.is_opt_out and found.place.trigger is _PLACEHOLDER:
                count += 1
        return count

    def open(self) -> list[Found]:
        """Return what may be replaced."""
        if self.problem is not None or not self.found:
            return []
        return [found for found in self.found if found.fate is None]

    def keep_first(self, count: int, verdict: Verdict) -> int:
        """Leave all open triggers but the first ``count``; return how many are open still."""
        kept = 0
        for found in self.open():
            if found.is_opt_out:
                continue
            if kept < count:
                kept += 1
            else:
                found.fate = verdict
        return kept

    @property
    def left(self) -> int:
        """How many triggers in new text stay visible."""
        whole = self.problem is not None
        return sum(
            1
            for found in self.found
            if found.fate is not QUOTED
            and not found.is_opt_out
            and found.place.trigger is not Trigger.APPEND
            and (whole or found.fate not in _WRITTEN)
        )

    def outcome(self) -> Verdict:
        """Return what became of the part."""
        self.read_late()
        if self.problem is not None:
            return self.problem
        fates = [found.fate or LEFT for found in self.found if not found.is_opt_out]
        written = [fate for fate in fates if fate in (REPLACED, APPENDED)]
        if written:
            if all(fate in _WRITTEN or fate in _BY_DESIGN or fate is QUOTED for fate in fates):
                return Verdict(written[0].outcome, _count(written))
            refused = next(
                fate
                for fate in fates
                if fate not in _WRITTEN and fate not in _BY_DESIGN and fate is not QUOTED
            )
            return Verdict(
                Outcome.PARTLY_REPLACED, f"{_count(written)}, but one place was left: {refused.reason}"
            )
        if any(found.fate is OPTED_OUT for found in self.found):
            return OPTED_OUT
        fates = [
            Verdict(Outcome.NO_PLACEHOLDER, fate.reason) if fate in _BY_DESIGN else fate for fate in fates
        ]
        if self.note is not None:
            fates.append(self.note)
        if fates:
            return min(fates, key=lambda fate: OUTCOME_RANK[fate.outcome])
        return Verdict(Outcome.NO_PLACEHOLDER, "no placeholder was found")

    def settle(self, room: int, *, keep: bool) -> int:
        """Keep what the report needs and let the text go: a message may hold many parts.

        A text of up to ``room`` octets is kept for a report that asks for places, or, if it was put off or
        with ``keep``, for what else it tells. Returns how many are kept.
        """
        self._history = self.reading = None
        if (self.found or keep or self.is_put_off) and len(self.raw) <= room:
            return len(self.raw)
        self.read_late()
        self._matches = self.matches()
        self.raw = b""
        self.characters = ""
        self.__dict__.pop("text", None)
        self.__dict__.pop("decoded", None)
        return 0

    def matches(self) -> tuple[Match, ...]:
        """Return the triggers for the report, in octets of the message."""
        if self._matches is not None:
            return self._matches
        body = self.part.body
        matches = []
        for found in self.found:
            place = found.place
            if place.trigger is Trigger.APPEND:
                continue
            fate = self.problem or found.fate or LEFT
            start, stop = self.encoded_span(place.start, place.stop)
            matches.append(
                Match(
                    start=body + start,
                    stop=body + stop,
                    written=self.characters[place.start : place.stop],
                    name=place.name,
                    outcome=Outcome.PARTLY_REPLACED if fate in _BY_DESIGN else fate.outcome,
                    reason=fate.reason,
                )
            )
        return tuple(matches)

    def octet_span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the span of decoded octets for a span of characters."""
        return self.text.octet_span(start, stop)

    def encoded_span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the span of the encoded body for a span of characters."""
        return self.decoded.encoded_span(*self.octet_span(start, stop))


def _start(found: Found) -> int:
    return found.place.start


def _count(written: list[Verdict]) -> str:
    if written[0] is APPENDED:
        return APPENDED.reason
    return REPLACED.reason if len(written) == 1 else f"the signature was put in {len(written)} times"
