"""The kernel: octets in, pieces out, no I/O.

Goals: every octet of the input leaves exactly once, or is inside an edit; what is held is one header
section and the text that is still to be decided; decisions depend on offsets, never on chunks.

``feed`` puts the chunk behind what is in hand and lets the structure parser run. Inline text is held from
its header section on, together with the inline text that follows it, until a header section shows a leaf
that is none, or the message ends. Then a ``Decision`` says which edits follow; it may want signatures
first. Whatever happens, the rest of the message goes out: untouched where nothing can be decided.
"""

from functools import cache, partial

from xinksig.compose import Extensions
from xinksig.edits import EditList
from xinksig.errors import MessageError, UsageError
from xinksig.head import Head
from xinksig.mime.headers import Headers
from xinksig.mime.part import Part
from xinksig.mime.structure import Event, Happening, Structure
from xinksig.model import Buffer, Envelope, Options, Outcome, Report
from xinksig.policy import (
    STRICT_ERRORS,
    TEXT_TYPES,
    Verdict,
    freezes_siblings,
    judge_leaf,
    judge_multipart,
)
from xinksig.reporting import Journal
from xinksig.signature.request import SignatureRequest
from xinksig.signature.signature import Signature
from xinksig.situation import Situation

TYPE_CHECKING = False  # true for type checkers; typing itself is loaded later

if TYPE_CHECKING:
    from typing import NoReturn

    from xinksig.decision import Decision
    from xinksig.writer import Composition

_DEFAULT_OPTIONS = Options()
_BROKEN = "this Rewriter has raised an error: use a new one"
_HEADER, _DELIMITER, _AMBIGUOUS, _END = Event.HEADER, Event.DELIMITER, Event.AMBIGUOUS, Event.END


class Rewriter:
    """Rewrites one message that is fed in chunks; does no I/O of its own.

    Feed octets, send the pieces that come back. While ``wanted`` is set, answer it with ``provide`` (or
    ``give_up``) before anything else. After ``close`` the message is complete when ``done`` is set.
    """

    wanted: SignatureRequest | None = None
    """The request that has to be answered with ``provide`` before anything else, if any."""
    headers: Headers | None = None
    """The message's own fields, set before the first piece leaves."""
    done: bool = False
    """Whether the message is complete and ``report`` can be read."""

    def __init__(self, options: Options | None = None, /, *, envelope: Envelope | None = None) -> None:
        if options is not None and not isinstance(options, Options):
            raise UsageError(f"options must be an Options object, not {type(options).__name__}")
        if envelope is not None and not isinstance(envelope, Envelope):
            raise UsageError(f"envelope must be an Envelope object, not {type(envelope).__name__}")
        # What an instance has itself is read several times as fast.
        self.wanted = None
        self.headers = None
        self.done = False
        self._options = options = options or _DEFAULT_OPTIONS
        limits = self._limits = options.limits
        self._structure = Structure(limits.header_size, limits.part_header_size, limits.parts)
        self._journal = Journal()
        self._situation = Situation(options, envelope)
        self._edits = EditList()
        self._extensions = Extensions()
        self._head: Head | None = None
        self._data: bytes | bytearray = b""
        self._base = 0
        self._sent = 0
        self._hold = -1
        """Offset from which everything is held, -1 if nothing is."""
        self._holds_seals = False
        """Whether the header section is held, so that DKIM fields can still be taken out."""
        self._growing: Part | None = None
        """The text part whose body is being read into the hold."""
        self._texts: list[tuple[Part, bytes]] = []
        self._text_size = 0
        self._met: Part | None = None
        """A part whose header section was read before the text in hand is decided."""
        self._decision: Decision | None = None
        self._ended = False
        """Whether the structure has been read as far as it will be."""
        self._passing = False
        """Whether all further octets go out as they come."""
        self._closed = False
        self._broken = False
        self._report: Report | None = None

    def feed(self, data: Buffer, /) -> list[bytes | memoryview]:
        """Take the next octets, all of them, and return the pieces that may go out now.

        A piece may be a view of ``data``, valid until the next call. Raises ``UsageError`` when called
        after ``close`` or while ``wanted`` is set, and a ``MessageError`` in strict mode.
        """
        if self._broken or self._closed or self.wanted is not None:
            self._refuse("feed")
        chunk = data if type(data) is bytes else _octets("feed", data)
        if not chunk:
            return []
        if self._data:
            self._take(chunk)
        elif self._passing:
            return self._let_out(chunk)
        elif self._growing is None and self._hold < 0 and self._structure.pass_by(chunk, self._base):
            pieces = self._edits.cut(chunk, self._base, self._base, self._base + len(chunk))
            self._let_out(chunk)
            return pieces
        else:
            self._data = chunk
        return self._run()

    def close(self, data: Buffer = b"", /) -> list[bytes | memoryview]:
        """End the message, with these last octets, and return the last pieces, unless ``wanted`` is set.

        Raises ``UsageError`` when called twice or while ``wanted`` is set, and a ``MessageError`` in
        strict mode.
        """
        if self._broken or self._closed or self.wanted is not None:
            self._refuse("close")
        chunk = data if type(data) is bytes else _octets("close", data)
        if not self._data:
            self._data = chunk
        elif chunk:
            self._take(chunk)
        self._closed = True
        return self._run()

    def provide(self, signature: Signature | None, /) -> list[bytes | memoryview]:
        """Answer ``wanted`` and go on; ``None`` means that the author has no signature.

        May set ``wanted`` again. Raises ``UsageError`` when nothing is wanted.
        """
        if self.wanted is None or self._decision is None:
            raise UsageError("provide() answers a request: call it only while wanted is set")
        if signature is not None and not isinstance(signature, Signature):
            raise UsageError(f"provide() takes a Signature or None, not {type(signature).__name__}")
        self._situation.answer(self.wanted, signature)
        self.wanted = None
        return self._run()

    def answer_all(self, signature: Signature | None, /) -> None:
        """Answer every request with this signature, without setting ``wanted``; call it before ``feed``."""
        if signature is not None and not isinstance(signature, Signature):
            raise UsageError(f"answer_all() takes a Signature or None, not {type(signature).__name__}")
        self._situation.serve(signature)

    def give_up(self, reason: str, /) -> list[bytes | memoryview]:
        """Say that the source cannot answer: the rest goes out untouched, ``Outcome.SOURCE_FAILED``."""
        if self._closed and self.done:
            raise UsageError("the message is complete: there is nothing to give up")
        if self._broken:
            raise UsageError(_BROKEN)
        verdict = Verdict(Outcome.SOURCE_FAILED, f"the signature source failed: {reason}")
        if self._decision is not None:
            self._decision.abandon(verdict)
            self._decision = None
        self.wanted = None
        self._journal.note_message(verdict)
        self._pass_rest()
        return self._run()

    @property
    def report(self) -> Report:
        """What happened to the message. Raises ``UsageError`` until ``done`` is set."""
        if not self.done:
            raise UsageError("the report is complete only when done is set: call close() first")
        if self._report is None:
            self._report = Report.lazy(partial(self._journal.report, self._edits, self._situation))
        return self._report

    def _refuse(self, name: str) -> "NoReturn":
        """Say why this method must not be called now."""
        if self._broken:
            raise UsageError(_BROKEN)
        if self._closed:
            raise UsageError(f"{name}() after close(): use a new Rewriter for the next message")
        raise UsageError(f"{name}() while a signature is wanted: answer with provide() or give_up() first")

    def _take(self, chunk: bytes) -> None:
        """Put a chunk behind what is in hand."""
        if isinstance(self._data, bytes):
            self._data = bytearray(self._data)
        self._data += chunk

    def _run(self) -> list[bytes | memoryview]:
        """Go on as far as the octets in hand allow, and return what may go out."""
        try:
            self._go_on()
        except MessageError as error:
            self._broken = True
            error.held = bytes(self._data[self._sent - self._base :])
            raise
        except Exception as error:  # noqa: BLE001 - our own bug must not cost anybody a mail
            verdict = self._journal.note_internal_error(error)
            if self._decision is not None:
                self._decision.abandon(verdict)
                self._decision = None
            self._pass_rest()
        return self._flush()

    def _go_on(self) -> None:
        """Take steps until more octets or an answer are needed, or all the rest passes."""
        advance = self._structure.advance
        data, base, final = self._data, self._base, self._closed
        while not self._passing:
            if self._decision is not None:
                if not self._decide():
                    return
                continue
            happening = advance(data, base, final)
            if happening is None:
                if self._growing is None or not self._overflows(self._growing, self._structure.safe):
                    return
                continue
            event, part, _, _, _ = happening
            leaf = self._growing
            if leaf is not None:
                self._growing = None
                if not self._overflows(leaf, leaf.stop) and event is not _AMBIGUOUS:
                    self._take_text(leaf)
            if self._extensions.waiting:
                self._edits.add(self._extensions.due())
            if event is _HEADER:
                if part.parent is None:
                    self._begin(part)
                elif self._decision is None:
                    self._enter(part)
                else:
                    self._met = part
            elif event is not _DELIMITER:
                self._stop_reading(happening)

    def _stop_reading(self, happening: Happening) -> None:
        """Decide about what is held where the structure has been read to."""
        event, part, offset, ended, _ = happening
        if event is _END:
            self._finish_reading()
        elif event is _AMBIGUOUS:
            verdict = Verdict(Outcome.AMBIGUOUS, "a line begins like a delimiter and is none")
            self._leave_rest(verdict, ended or part, offset)
        else:
            verdict = Verdict(Outcome.LIMIT, f"it has more than {self._limits.parts} parts")
            self._leave_rest(verdict, part, offset)

    def _begin(self, root: Part) -> None:
        """Read the message's own header section."""
        head = self._head = self._situation.head = Head(root, self._options)
        self.headers = head.headers
        if head.handled:
            self._journal.note_message(Verdict(Outcome.ALREADY_HANDLED, "it was handled before"))
            self._pass_rest()
            return
        self._edits.add(head.changes())
        verdict: Verdict | None = None
        if root.oversized:
            size = self._limits.header_size
            verdict = Verdict(Outcome.LIMIT, f"its header section is larger than {size} octets")
        elif root.header.doubt:
            verdict = Verdict(Outcome.AMBIGUOUS, root.header.doubt)
        else:
            verdict = self._situation.judge()
        if verdict is not None:
            self._raise_if_strict(verdict, root, 0)
            self._journal.note_message(verdict)
            self._pass_rest()
            return
        if self._options.drop_dkim and head.has_droppable_seals:
            self._hold = 0
            self._holds_seals = True
        if self._options.opt_out is not None:
            self._edits.add(self._situation.read_subject(self._options.opt_out))
        self._enter(root)

    def _enter(self, part: Part) -> None:
        """Decide what a part is, from its header section."""
        header = part.header
        verdict: Verdict | None = None
        if part.depth > self._limits.depth:
            reason = f"parts are nested more than {self._limits.depth} deep"
            self._leave_rest(Verdict(Outcome.LIMIT, reason), part, part.start)
            return
        if part.oversized:
            size = self._limits.part_header_size
            verdict = Verdict(Outcome.LIMIT, f"its header section is larger than {size} octets")
        elif header.doubt:
            verdict = Verdict(Outcome.AMBIGUOUS, header.doubt)
        if verdict is None and header.is_multipart:
            verdict = self._enter_multipart(part)
            if verdict is None:
                return
        part.frozen = True
        verdict = verdict or judge_leaf(header)
        if verdict is not None:
            self._leave(part, verdict)
            return
        frozen = self._situation.frozen_by(part) if self._situation.frozen else None
        if frozen is not None:
            self._journal.note_part(part, frozen)
            self._start_decision()
            return
        self._growing = part
        if self._hold < 0:
            self._hold = part.start

    def _enter_multipart(self, part: Part) -> Verdict | None:
        verdict = judge_multipart(part.header)
        if verdict is not None:
            return verdict
        boundary = part.header.boundary
        for outer in self._structure.open_boundaries():
            if outer == boundary:
                verdict = Verdict(Outcome.AMBIGUOUS, "two nested multiparts have the same boundary")
                self._leave_rest(verdict, part, part.start)
                return None
            if outer.startswith(boundary) or boundary.startswith(outer):
                return Verdict(Outcome.AMBIGUOUS, "its boundary and that of an outer multipart begin alike")
        return None

    def _leave(self, leaf: Part, verdict: Verdict) -> None:
        """Leave a leaf as it is."""
        self._raise_if_strict(verdict, leaf, leaf.start)
        if freezes_siblings(verdict):
            self._situation.freeze(leaf, verdict)
        self._note_leaf(leaf, verdict)
        self._start_decision()

    def _note_leaf(self, part: Part, verdict: Verdict) -> None:
        """Report frozen subtrees and text that is an attachment; other attachments are nobody's question."""
        if verdict.outcome is not Outcome.ATTACHMENT or part.content_type.type in TEXT_TYPES:
            self._journal.note_part(part, verdict)

    def _take_text(self, leaf: Part) -> None:
        """Keep a held text part, which is whole now, for the decision."""
        start, stop, base = leaf.body, leaf.stop, self._base
        self._text_size += stop - start
        self._texts.append((leaf, bytes(self._data[start - base : stop - base])))

    def _overflows(self, leaf: Part, stop: int) -> bool:
        """Let a text part pass that makes the text in hand larger than the limit."""
        limit = self._limits.text_size
        if self._text_size + stop - leaf.body <= limit:
            return False
        verdict = Verdict(Outcome.LIMIT, f"the text is larger than {limit} octets")
        self._raise_if_strict(verdict, leaf, leaf.body)
        self._journal.note_part(leaf, verdict)
        self._growing = None
        self._start_decision()
        return True

    def _start_decision(self) -> None:
        """Decide about the text in hand, if there is any, and hold no longer."""
        if self._texts:
            decision, _ = _deciding()
            self._decision = decision(self._texts, self._situation, self._journal)
            self._texts = []
            self._text_size = 0
        else:
            self._hold = -1
            self._holds_seals = False

    def _decide(self) -> bool:
        """Go on with a decision; ``False`` when it wants a signature first."""
        decision = self._decision
        assert decision is not None
        self.wanted = decision.wanted()
        if self.wanted is not None:
            return False
        head = self._head
        assert head is not None
        _, composition_type = _deciding()
        room = self._limits.growth - self._edits.growth
        composition = composition_type(
            section=head.header.octets,
            newline=head.newline,
            room=room,
            extensions=self._extensions,
            upgrade=self._options.upgrade_plain and not self._situation.is_patch_or_list,
        )
        changes = decision.write(composition)
        self._edits.take(changes, room - composition.room)
        if changes and self._holds_seals:
            self._edits.add(head.drop_seals())
        self._holds_seals = False
        self._decision = None
        self._hold = -1
        if self._journal.broken:
            self._pass_rest()
        elif self._met is not None:
            part, self._met = self._met, None
            self._enter(part)
        elif self._ended:
            self._passing = True
        return True

    def _leave_rest(self, verdict: Verdict, part: Part, offset: int) -> None:
        """Let everything from here on pass; what is whole is still decided."""
        self._raise_if_strict(verdict, part, offset)
        self._journal.note_part(part, verdict)
        self._structure.stop()
        self._finish_reading()

    def _finish_reading(self) -> None:
        """Decide about the text in hand for the last time; then all the rest passes."""
        self._ended = True
        self._start_decision()
        if self._decision is None:
            self._passing = True

    def _pass_rest(self) -> None:
        self._passing = True
        self._ended = True
        self._growing = None
        self._texts = []
        self._hold = -1

    def _let_out(self, chunk: bytes) -> list[bytes | memoryview]:
        """Let a chunk out as it came."""
        self._base += len(chunk)
        self._sent = self._base
        return [chunk]

    def _flush(self) -> list[bytes | memoryview]:
        """Return what may go out, and keep no more than what is needed further on."""
        stop = self._base + len(self._data)
        complete = self._closed and self._passing and self._decision is None
        if not self._passing:
            stop = self._structure.safe
            if self._hold >= 0:
                stop = min(stop, self._hold)
        pieces: list[bytes | memoryview] = []
        if stop > self._sent or complete:
            if not isinstance(self._data, bytes):
                self._data = bytes(self._data)
            pieces = self._edits.cut(self._data, self._base, self._sent, stop, last=complete)
            self._sent = stop
        if complete:
            self.done = True
            self._journal.size_in = stop
        keep = self._sent if self._passing else min(self._sent, self._structure.needed)
        if keep > self._base:
            self._data = self._data[keep - self._base :]
            self._base = keep
        return pieces

    def _raise_if_strict(self, verdict: Verdict, part: Part, offset: int) -> None:
        if self._options.strict and verdict.outcome in STRICT_ERRORS:
            raise STRICT_ERRORS[verdict.outcome](verdict.reason, offset=offset, part=part.number)


@cache
def _deciding() -> "tuple[type[Decision], type[Composition]]":
    """Load most of the package, when the first text is to be read."""
    from xinksig.decision import Decision
    from xinksig.writer import Composition

    return Decision, Composition


def _octets(name: str, data: Buffer) -> bytes:
    """Return what a method was given as octets of our own, which nobody can change."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise UsageError(f"{name}() takes bytes, bytearray or memoryview, not {type(data).__name__}")
    return bytes(data)
