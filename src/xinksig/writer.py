"""Writes the signatures into a text part: characters to octets, in the part's own charset and encoding."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from xinksig import compose
from xinksig.edits import Change, growth
from xinksig.mime import charset as charsets
from xinksig.mime import transfer
from xinksig.model import Outcome, Trigger
from xinksig.policy import Verdict
from xinksig.related import Related
from xinksig.signature.signature import Signature
from xinksig.text import plain
from xinksig.text.html import inject
from xinksig.text.html.fragment import Fragment
from xinksig.text.newest import marked
from xinksig.text.place import CharEdit
from xinksig.textpart import APPENDED, OPTED_OUT, REMOVED, REPLACED, Found, TextPart
from xinksig.upgrade import alternative, can_upgrade


class Choice(NamedTuple):
    """What is to be put in the place of something found; ``None``: it is taken out."""

    found: Found
    signature: Signature | None


class UnwritableError(Exception):
    """The part cannot be written as asked; never leaves the engine."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.verdict = Verdict(outcome, reason)


class Composition(NamedTuple):
    """What the writing of a part needs to know of the message."""

    section: bytes
    """The message's header section: new boundaries and Content-IDs are derived from it."""
    newline: bytes
    room: int
    """By how many octets the message may still grow."""
    extensions: compose.Extensions
    upgrade: bool
    """Whether a plain body without an HTML alternative gets one."""

    def less(self, changes: Sequence[Change]) -> "Composition":
        """Return the composition that is left after these changes."""
        return self._replace(room=self.room - growth(changes))


def write(text: TextPart, choices: Sequence[Choice], composition: Composition) -> list[Change]:
    """Return the changes of the message for these choices, and set what became of each."""
    try:
        if text.html:
            changes = _write_html(text, choices, composition)
        else:
            changes = _write_plain(text, choices, composition)
        _check_growth(changes, composition.room)
        _check_delimiters(text, changes)
    except UnwritableError as error:
        for choice in choices:
            choice.found.fate = error.verdict
        return []
    for choice in choices:
        if choice.found.fate is None:
            choice.found.fate = _fate(choice)
    return changes


def _fate(choice: Choice) -> Verdict:
    if choice.found.is_opt_out:
        return OPTED_OUT
    if choice.signature is None:
        return REMOVED
    return APPENDED if choice.found.place.trigger is Trigger.APPEND else REPLACED


def _write_html(text: TextPart, choices: Sequence[Choice], composition: Composition) -> list[Change]:
    related = Related(text.part, composition.section, composition.newline)
    pairs = [(choice.found.place, _fragment(choice, related)) for choice in choices]
    injection = inject.inject(
        text.characters, pairs, newline=text.newline, width=lambda string: len(_encode_html(text, string))
    )
    for index, reason in injection.refused.items():
        choices[index].found.fate = Verdict(Outcome.UNCERTAIN, reason)
    if len(injection.refused) == len(choices):
        return []
    return _body_changes(text, injection.edits, _encode_html) + related.changes(composition.extensions)


def _fragment(choice: Choice, related: Related) -> Fragment | None:
    """Return what goes into the HTML; an appended signature gets a wrapper that shows it was."""
    fragment = related.fragment(choice.signature)
    if fragment is not None and choice.found.place.trigger is Trigger.APPEND:
        return fragment.with_html(marked(fragment.html))
    return fragment


def _encode_html(text: TextPart, string: str) -> bytes:
    """Return characters in the part's charset, character references for what it or 7bit cannot hold."""
    return charsets.encode_html(text.text, string, seven_bit=text.part.transfer_encoding[0] == "7bit")


def _body_changes(
    text: TextPart, edits: Sequence[CharEdit], encode: Callable[[TextPart, str], bytes]
) -> list[Change]:
    """Turn edits of the characters into changes of the message."""
    octet_edits = text.text.octet_edits([(edit.start, edit.stop, encode(text, edit.text)) for edit in edits])
    if octet_edits is None:
        raise UnwritableError(Outcome.UNENCODABLE, "damaged octets stand directly before the placeholder")
    spliced = transfer.splice(
        text.part.transfer_encoding[0],
        text.raw,
        text.decoded,
        octet_edits,
        text.encoded_newline,
        text=text.text.charset.kind not in ("utf-16", "utf-32"),
    )
    start = text.part.body
    return [Change(start + first, start + stop, octets, "placeholder") for first, stop, octets in spliced]


def _write_plain(text: TextPart, choices: Sequence[Choice], composition: Composition) -> list[Change]:
    pairs = [
        (choice.found.place, None if choice.signature is None else choice.signature.plain)
        for choice in choices
    ]
    injection = plain.inject(
        text.characters,
        pairs,
        flowed=text.flowed,
        delsp=text.delsp,
        newline=text.newline,
        width=lambda string: _width(text, string),
    )
    retype = None
    changes = None
    if not (injection.too_long and text.part.transfer_encoding[0] in transfer.IDENTITY):
        changes = _kept_charset(text, injection)
    if changes is None:
        retype, changes = _raise_to_utf8(text, injection)
    if composition.upgrade and can_upgrade(text) and any(choice.signature for choice in choices):
        twins = [(choice.found.place, choice.signature) for choice in choices]
        wrapper = alternative(text, twins, composition.section, composition.newline)
        return changes + compose.wrap(text.part, wrapper, retype, composition.newline)
    if retype is not None:
        changes += compose.retype_changes(text.part, retype, composition.newline)
    return changes


def _kept_charset(text: TextPart, injection: plain.Injection) -> list[Change] | None:
    """Return the changes in the part's own charset; ``None`` where only UTF-8 helps."""
    try:
        return _body_changes(text, injection.edits, _encode_plain)
    except UnwritableError:
        if text.text.strict:
            return None
        raise


def _width(text: TextPart, string: str) -> int:
    """Return how many octets characters take in the part's charset."""
    if string.isascii() and text.text.charset.ascii_compatible:
        return len(string)
    octets = charsets.encode(text.text, string)
    return len(octets if octets is not None else string.encode("utf-8", "surrogatepass"))


def _encode_plain(text: TextPart, string: str) -> bytes:
    octets = charsets.encode(text.text, string)
    if octets is None:
        raise UnwritableError(
            Outcome.UNENCODABLE, f"charset {text.text.charset.name} cannot hold the signature"
        )
    if text.part.transfer_encoding[0] == "7bit" and not octets.isascii():
        raise UnwritableError(Outcome.UNENCODABLE, "transfer encoding 7bit cannot hold the signature")
    return octets


def _raise_to_utf8(text: TextPart, injection: plain.Injection) -> tuple[compose.Retype, list[Change]]:
    """Write the whole body in UTF-8, and say which fields have to follow (contract 6, Charset)."""
    pieces: list[str] = []
    at = 0
    for edit in injection.edits:
        pieces += (text.characters[at : edit.start], edit.text)
        at = edit.stop
    pieces.append(text.characters[at:])
    encoding = text.part.transfer_encoding[0]
    unfit = encoding == "7bit" or (injection.too_long and encoding in transfer.IDENTITY)
    target = "quoted-printable" if unfit else encoding
    body = transfer.encode(target, "".join(pieces).encode("utf-8"), text.encoded_newline)
    retype = compose.Retype("utf-8", target if target != encoding else None)
    return retype, [Change(text.part.body, text.part.stop, body, "placeholder")]


def _check_growth(changes: Sequence[Change], room: int) -> None:
    if growth(changes) > room:
        reason = "the signature would make the message larger than the limit allows"
        raise UnwritableError(Outcome.LIMIT, reason)


def _check_delimiters(text: TextPart, changes: Sequence[Change]) -> None:
    """Refuse changes after which a line of the body could be taken for a delimiter."""
    part = text.part.parent
    needles = []
    while part is not None:
        needles.append(b"--" + part.boundary)
        part = part.parent
    if not needles:
        return
    first = text.part.body
    for change in changes:
        if change.why != "placeholder":
            continue
        for needle in needles:
            reach = len(needle) + 1
            at = change.start - first
            # The body begins a line.
            before = b"\n" + text.raw[:at] if at < reach else text.raw[at - reach : at]
            behind = text.raw[change.stop - first : change.stop - first + reach]
            window = before + change.octets + behind
            if needle in window and re.search(rb"[\r\n]" + re.escape(needle), window) is not None:
                raise UnwritableError(
                    Outcome.UNENCODABLE, "the signature contains the boundary of the message"
                )
