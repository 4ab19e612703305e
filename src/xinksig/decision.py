"""Decides about the text that is held together: which triggers count, which signatures they ask for.

A decision is made in three steps and can wait between them: the parts are read and searched once; then the
kernel is told which signatures are wanted, one after the other; then all changes are made at once.
"""

from collections.abc import Iterable

from xinksig.edits import Change
from xinksig.errors import MessageError
from xinksig.mime.part import Part
from xinksig.model import Outcome, Trigger
from xinksig.policy import STRICT_ERRORS, Verdict, looks_like_patch
from xinksig.reporting import Journal
from xinksig.signature.request import SignatureRequest
from xinksig.situation import Situation
from xinksig.text.pattern import pattern
from xinksig.textpart import (
    APPENDED,
    BEYOND_TWIN,
    LEFT,
    OPTED_LEFT,
    OPTED_REMOVED,
    REMOVED,
    REPLACED,
    SPARED,
    Found,
    TextPart,
)
from xinksig.writer import Choice, Composition, write


class Decision:
    """What becomes of the text parts that are held together."""

    def __init__(self, parts: Iterable[tuple[Part, bytes]], situation: Situation, journal: Journal) -> None:
        self._situation = situation
        self._journal = journal
        newline = situation.head.newline
        self._texts: list[TextPart] = []
        for part, raw in parts:
            text = TextPart(part, raw, newline)
            self._texts.append(text)
            journal.note_text(text)
        self._bodies = _bodies(self._texts)
        self._planned = False
        self._appended: list[TextPart] = []
        self._options = options = situation.options
        self._placeholders = pattern(options.placeholders, options.ignore_case)
        self._only_placeholders = not (
            options.strict or options.opt_out or options.device_lines or options.no_placeholder == "append"
        )
        """Whether a text without a placeholder need not be read."""

    def wanted(self) -> SignatureRequest | None:
        """Return the next request to be answered, ``None`` when all are; raises if strict."""
        if not self._planned:
            self._plan()
            self._planned = True
        situation = self._situation
        if situation.opted_out or situation.serves:
            return None
        for text in self._texts:
            for found in text.open():
                if not found.is_opt_out and not situation.is_answered(found.place):
                    return situation.request(found.place.trigger, found.place.name)
        return None

    def _plan(self) -> None:
        """Read and search every part, and choose the trigger of each body."""
        for text in self._texts:
            try:
                self._search(text)
            except MessageError:
                raise
            except Exception as error:  # noqa: BLE001 - our own bug must not cost anybody a mail
                text.problem = self._journal.note_internal_error(error)
        if self._journal.broken:
            self._leave_open()
            return
        situation = self._situation
        for body in self._bodies:
            if len(body) > 1:
                _level_twins(body)
        if self._options.matches == "first":
            self._keep_first()
        self._find_other_triggers()
        for text in self._texts:
            if situation.text is None and text.problem is None:
                situation.text = text
            if not situation.triggered and text.open():
                situation.triggered = True
        situation.body_decided = True

    def _search(self, text: TextPart) -> None:
        situation, options = self._situation, self._options
        problem = situation.frozen_by(text.part) if situation.frozen else None
        if problem is None:
            if self._only_placeholders and not text.may_show(self._placeholders):
                text.is_put_off = True
                return
            problem = text.read()
        if problem is None:
            problem = text.search(self._placeholders, options)
        if problem is not None:
            text.problem = problem
            self._raise_if_strict(text, problem)
            return
        if options.opt_out is not None:
            self._find_opt_out(text, options.opt_out)

    def _find_opt_out(self, text: TextPart, word: str) -> None:
        options = self._options
        found = text.find(pattern((word,), options.ignore_case), options.limits.matches)
        apart = [place for place in found if not text.overlaps(place)]
        if apart:
            text.add(apart, options, is_opt_out=True)
        if text.has_opt_out:
            self._situation.opted_out = True

    def _raise_if_strict(self, text: TextPart, verdict: Verdict) -> None:
        if self._options.strict and verdict.outcome in STRICT_ERRORS:
            error = STRICT_ERRORS[verdict.outcome]
            raise error(verdict.reason, offset=text.part.body, part=text.part.number)

    def _keep_first(self) -> None:
        """Leave every placeholder but the first of the first body that shows one."""
        for body in self._bodies:
            count = 0 if self._situation.triggered else 1
            for text in body:
                text.keep_first(count, SPARED)
            if any(text.open() for text in body):
                self._situation.triggered = True

    def _find_other_triggers(self) -> None:
        """Where no body shows a placeholder, look for a device line, then for a place to append."""
        options = self._options
        appends = options.no_placeholder == "append"
        if not (options.device_lines or appends) or self._situation.triggered:
            return
        if any(text.new_placeholders() for text in self._texts):
            return
        if options.device_lines and self._find_device_line():
            return
        if appends and not self._situation.body_decided and self._bodies:
            self._append(self._bodies[0])

    def _find_device_line(self) -> bool:
        """Take the last device line of the last body that ends in one."""
        from xinksig.text.device_lines import find_html_device_line, find_plain_device_line

        options = self._situation.options
        for body in reversed(self._bodies):
            for text in body:
                if text.problem is None:
                    find = find_html_device_line if text.html else find_plain_device_line
                    place = find(text.characters, text.history(options), options.more_device_lines)
                    if place is not None:
                        text.add([place], options)
            if any(text.open() for text in body):
                return True
        return False

    def _append(self, body: list[TextPart]) -> None:
        from xinksig.text.append import html_append_place, plain_append_place

        situation = self._situation
        options = situation.options
        texts = [text for text in body if text.problem is None]
        patch = situation.is_patch_or_list or any(
            not text.html and looks_like_patch(text.characters) for text in texts
        )
        for text in texts:
            if patch:
                text.note = Verdict(
                    Outcome.PATCH, "it is a patch, list mail or machine mail: nothing is appended"
                )
                continue
            find = html_append_place if text.html else plain_append_place
            text.add([find(text.characters, text.history(options))], options)
            self._appended.append(text)

    def _already_signed(self) -> None:
        """Leave the body if its newest text shows the signature that would be appended."""
        situation = self._situation
        appended = [found for text in self._appended for found in text.open()]
        signature = situation.answered(appended[0].place) if appended else None
        if signature is None:
            return
        if any(text.shows(signature, situation.options) for text in self._appended):
            verdict = Verdict(Outcome.ALREADY_SIGNED, "the newest text has a signature already")
            for found in appended:
                found.fate = verdict

    def write(self, composition: Composition) -> list[Change]:
        """Return the changes for all parts, now that every request is answered."""
        changes: list[Change] = []
        if not self._journal.broken:
            if self._appended and not self._situation.opted_out:
                self._already_signed()
            for text in self._texts:
                changes += self._write_part(text, composition)
                if self._journal.broken:
                    self._leave_open()
                    break
        self._settle()
        return changes

    def _write_part(self, text: TextPart, composition: Composition) -> list[Change]:
        choices: list[Choice] = []
        for found in text.open():
            choice = self._choose(found)
            if choice is not None:
                choices.append(choice)
        if not choices:
            return []
        try:
            written = write(text, choices, composition)
        except Exception as error:  # noqa: BLE001 - our own bug must not cost anybody a mail
            text.problem = self._journal.note_internal_error(error)
            return []
        situation = self._situation
        strict = self._options.strict
        for found, signature in choices:
            fate = found.fate
            assert fate is not None
            if strict:
                self._raise_if_strict(text, fate)
            if fate is REMOVED and situation.opted_out:
                found.fate = OPTED_REMOVED
            elif signature is not None and signature.id and fate in (REPLACED, APPENDED):
                situation.used.setdefault(signature.id)
        return written

    def _settle(self, *, tell_kind: bool = True) -> None:
        """Let the texts go, but not before the message's kind is known if one of them tells it."""
        journal = self._journal
        for text in self._texts:
            tells_kind = tell_kind and text is self._situation.text
            if tells_kind and len(text.raw) > journal.room:
                _ = self._situation.kind
            journal.room -= text.settle(journal.room, keep=tells_kind)

    def _choose(self, found: Found) -> Choice | None:
        """Return what is to be put in a place, ``None`` where it stays as it is."""
        situation = self._situation
        if found.is_opt_out:
            return found, None
        place = found.place
        signature = None if situation.opted_out else situation.answered(place)
        if signature is None and (
            situation.options.unassigned == "leave" or place.trigger is not Trigger.PLACEHOLDER
        ):
            found.fate = OPTED_LEFT if situation.opted_out else LEFT
            return None
        return found, signature

    def _leave_open(self) -> None:
        for text in self._texts:
            for found in text.open():
                found.fate = Verdict(Outcome.INTERNAL_ERROR, "an internal error came before it")

    def abandon(self, verdict: Verdict) -> None:
        """Leave everything that is still open, because the source cannot answer or our own code failed."""
        for text in self._texts:
            for found in text.open():
                found.fate = verdict
        self._settle(tell_kind=False)


def _bodies(texts: list[TextPart]) -> list[list[TextPart]]:
    """Group text parts by the outermost alternative that holds them; each other part is a body by itself."""
    bodies: list[list[TextPart]] = []
    known: Part | None = None
    for text in texts:
        around = _outermost_alternative(text.part)
        if around is None:
            bodies.append([text])
        elif around[0] is known:
            bodies[-1].append(text)
        else:
            known = around[0]
            bodies.append([text])
    return bodies


def _outermost_alternative(part: Part) -> tuple[Part, Part] | None:
    """Return the outermost ``multipart/alternative`` around a part, and its child that holds the part."""
    found = None
    child, parent = part, part.parent
    while parent is not None:
        if parent.header.content_type.type == "multipart/alternative":
            found = parent, child
        child, parent = parent, parent.parent
    return found


def _level_twins(body: list[TextPart]) -> None:
    """Replace no more placeholders in a plain alternative than the HTML shows, if it shows any."""
    shown = most = 0
    for text in body:
        if text.html:
            shown += text.new_placeholders()
        else:
            most += len(text.found)
    if not shown or most <= shown:
        return
    # Several parts may make up an alternative.
    alternatives: dict[int, list[TextPart]] = {}
    for text in body:
        around = _outermost_alternative(text.part)
        if not text.html and around is not None:
            alternatives.setdefault(id(around[1]), []).append(text)
    for plain in alternatives.values():
        left = shown
        if sum(text.new_placeholders() for text in plain) > shown:
            for text in plain:
                left -= text.keep_first(left, BEYOND_TWIN)
