"""Writes the signatures into a text part: characters to octets, in the part's own charset and encoding."""

import re
from collections.abc import Callable, Sequence
from functools import partial

from xinksig import compose
from xinksig.edits import Change, growth, new_change
from xinksig.mime import charset as charsets
from xinksig.mime import transfer
from xinksig.mime.part import Part
from xinksig.model import Outcome, Trigger
from xinksig.policy import Verdict
from xinksig.signature.signature import Signature
from xinksig.text import plain
from xinksig.text.html import inject
from xinksig.text.place import CharEdit
from xinksig.textpart import APPENDED, OPTED_OUT, REMOVED, REPLACED, Found, TextPart

TYPE_CHECKING = False  # true for type checkers; most signatures bring nothing along

if TYPE_CHECKING:
    from xinksig.related import Related

_APPEND = Trigger.APPEND
_WITHOUT_LINE_BREAKS = ("utf-16", "utf-32")
"""Kinds of charsets in which CR and LF octets are no characters of their own."""

Choice = tuple[Found, Signature | None]
"""Something found, and what is to be put in its place; ``None``: it is taken out."""


class UnwritableError(Exception):
    """The part cannot be written as asked; never leaves the engine."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.verdict = Verdict(outcome, reason)


class _UnfitError(UnwritableError):
    """The part's charset cannot hold the signature."""


class Composition:
    """What the writing of parts needs to know of the message."""

    __slots__ = ("extensions", "newline", "room", "section", "upgrade")

    def __init__(
        self, *, section: bytes, newline: bytes, room: int, extensions: compose.Extensions, upgrade: bool
    ) -> None:
        self.section = section
        """The message's header section: new boundaries and Content-IDs are derived from it."""
        self.newline = newline
        self.room = room
        """By how many octets the message may still grow."""
        self.extensions = extensions
        self.upgrade = upgrade
        """Whether a plain body without an HTML alternative gets one."""


def write(text: TextPart, choices: Sequence[Choice], composition: Composition) -> list[Change]:
    """Return the changes of the message for these choices, and set what became of each.

    What they take of the composition's room is taken off.
    """
    try:
        changes = _changes(text, choices, composition)
    except UnwritableError as error:
        for found, _ in choices:
            found.fate = error.verdict
        return []
    for found, signature in choices:
        if found.fate is None:
            found.fate = _fate(found, signature)
    return changes


Images = tuple[Part, bytes]
"""Body parts to be inserted into a multipart/related, and the child behind which they go."""


def _changes(text: TextPart, choices: Sequence[Choice], composition: Composition) -> list[Change]:
    """Return the changes of the part, and have images inserted beside it."""
    part = text.part
    if not compose.has_body(part):
        raise UnwritableError(Outcome.MALFORMED, "no empty line follows its header section")
    images = None
    if text.html:
        changes, images = _write_html(text, choices, composition)
    else:
        changes = _write_plain(text, choices, composition)
    if not changes:
        return changes
    if part.stop >= part.end and part.parent is not None and part.end_is_line:
        # An empty body: the line ending before the delimiter is that of the empty line.
        changes.append(Change(part.stop, part.stop, composition.newline, "line-ending"))
    size = growth(changes)
    # What waits for its place will make the message larger too.
    waiting = composition.extensions.waiting
    if images is not None:
        waiting += len(images[1]) + len(composition.newline)
    if size + waiting > composition.room:
        reason = "the signature would make the message larger than the limit allows"
        raise UnwritableError(Outcome.LIMIT, reason)
    if text.declared.encoding in transfer.IDENTITY:
        # In quoted-printable and base64 no line that is written begins with a hyphen.
        _check_delimiters(text, changes)
    if images is not None:
        inserted = composition.extensions.add(*images, composition.newline)
        size += growth(inserted)
        changes += inserted
    composition.room -= size
    return changes


def _fate(found: Found, signature: Signature | None) -> Verdict:
    if found.is_opt_out:
        return OPTED_OUT
    if signature is None:
        return REMOVED
    return APPENDED if found.place.trigger is _APPEND else REPLACED


def _write_html(
    text: TextPart, choices: Sequence[Choice], composition: Composition
) -> tuple[list[Change], Images | None]:
    related = _related(text, choices, composition)
    pairs = []
    for found, signature in choices:
        if related is not None:
            fragment = related.fragment(found.place, signature)
        else:
            fragment = None if signature is None else signature.fragment
        pairs.append((found.place, fragment))
    edits, refused = inject.inject(
        text.characters,
        pairs,
        newline=text.newline,
        width=partial(_html_width, text),
        reading=text.reading,
    )
    if refused:
        for index, reason in refused.items():
            choices[index][0].fate = Verdict(Outcome.UNCERTAIN, reason)
        if len(refused) == len(choices):
            return [], None
        if related is not None:
            related.keep_shown([edit.text for edit in edits])
    changes = _spliced(text, _octet_edits(text, edits, _encode_html))
    if related is None or related.is_empty:
        return changes, None
    around = compose.related_ancestor(text.part)
    if around is None:
        return related.wrapped(changes), None
    parent, child = around
    return changes, (child, related.extension(parent))


def _related(text: TextPart, choices: Sequence[Choice], composition: Composition) -> "Related | None":
    """Return what signatures bring along into HTML; ``None`` where all go in as they are, without images."""
    for found, signature in choices:
        if signature is not None and (signature.images or found.place.trigger is _APPEND):
            from xinksig.related import Related

            return Related(text.part, composition.section, composition.newline)
    return None


def _html_width(text: TextPart, string: str) -> int:
    """Return how many octets HTML takes in the part's charset."""
    if text.text.charset.ascii_compatible and string.isascii():
        return len(string)
    return len(_encode_html(text, string))


def _encode_html(text: TextPart, string: str) -> bytes:
    """Return characters in the part's charset, character references for what it or 7bit cannot hold."""
    return charsets.encode_html(text.text, string, seven_bit=text.declared.encoding == "7bit")


def _octet_edits(
    text: TextPart, edits: Sequence[CharEdit], encode: Callable[[TextPart, str], bytes]
) -> list[tuple[int, int, bytes]]:
    """Turn edits of the characters into edits of the decoded octets.

    Those that touch become one, unless several of them put something there.
    """
    merged: list[tuple[int, int, bytes]] = []
    first = behind = -1
    written = ""
    for start, stop, new, _ in edits:
        if start == behind and not (written and new):
            written = written or new
        else:
            if behind >= 0:
                merged.append((first, behind, encode(text, written)))
            first, written = start, new
        behind = stop
    if behind >= 0:
        merged.append((first, behind, encode(text, written)))
    octet_edits = text.text.octet_edits(merged)
    if octet_edits is None:
        raise UnwritableError(Outcome.UNENCODABLE, "damaged octets stand directly before the placeholder")
    return octet_edits


def _spliced(text: TextPart, octet_edits: Sequence[tuple[int, int, bytes]]) -> list[Change]:
    """Turn edits of the decoded octets into changes of the message."""
    spliced = transfer.splice(
        text.declared.encoding,
        text.raw,
        text.decoded,
        octet_edits,
        text.encoded_newline,
        text=text.text.charset.kind not in _WITHOUT_LINE_BREAKS,
    )
    body = text.part.body
    changes = []
    for start, stop, octets in spliced:
        changes.append(new_change((body + start, body + stop, octets, "placeholder", 0)))
    return changes


def _write_plain(text: TextPart, choices: Sequence[Choice], composition: Composition) -> list[Change]:
    pairs = [(found.place, None if signature is None else signature.plain) for found, signature in choices]
    injection = plain.inject(
        text.characters,
        pairs,
        flowed=text.declared.flowed,
        delsp=text.declared.delsp,
        newline=text.newline,
        width=partial(_plain_width, text),
    )
    retype, changes = _write_body(text, injection)
    if composition.upgrade and any(signature for _, signature in choices):
        from xinksig.upgrade import alternative, can_upgrade

        if can_upgrade(text):
            twins = [(found.place, signature) for found, signature in choices]
            wrapper = alternative(text, twins, composition.section, composition.newline)
            return compose.wrap(text.part, wrapper, changes, retype, composition.newline)
    if retype is not None:
        changes += compose.retype_changes(text.part, retype, composition.newline)
    return changes


def _write_body(text: TextPart, injection: plain.Injection) -> tuple[compose.Retype | None, list[Change]]:
    """Return the changes of a plain body, and how its content fields have to follow.

    The charset stays if it holds the signature; the transfer encoding if it holds the octets.
    """
    try:
        edits = _octet_edits(text, injection.edits, _encode_plain)
    except _UnfitError as error:
        if text.text.strict:
            return _raise_to_utf8(text, injection)
        raise UnwritableError(*error.verdict) from None
    encoding = text.declared.encoding
    if encoding not in transfer.IDENTITY:
        return None, _spliced(text, edits)
    unfit = encoding == "7bit" and not all(octets.isascii() for _, _, octets in edits)
    if not unfit and not injection.too_long:
        return None, _spliced(text, edits)
    octets = _applied(text.decoded.octets, edits)
    # Where CR and LF are parts of characters, none of the body's is a line ending.
    is_text = text.text.charset.kind not in _WITHOUT_LINE_BREAKS
    newline = text.encoded_newline if is_text else text.message_newline
    body = transfer.encode("quoted-printable", octets, newline, text=is_text)
    return compose.Retype(None, "quoted-printable"), [_whole(text, body)]


def _applied(octets: bytes, edits: Sequence[tuple[int, int, bytes]]) -> bytes:
    pieces: list[bytes] = []
    at = 0
    for start, stop, new in edits:
        pieces += (octets[at:start], new)
        at = stop
    pieces.append(octets[at:])
    return b"".join(pieces)


def _whole(text: TextPart, body: bytes) -> Change:
    return Change(text.part.body, text.part.stop, body, "placeholder")


def _plain_width(text: TextPart, string: str) -> int:
    """Return how many octets characters take in the part's charset."""
    if text.text.charset.ascii_compatible and string.isascii():
        return len(string)
    octets = charsets.encode(text.text, string)
    return len(octets if octets is not None else string.encode("utf-8", "surrogatepass"))


def _encode_plain(text: TextPart, string: str) -> bytes:
    octets = charsets.encode(text.text, string)
    if octets is None:
        raise _UnfitError(Outcome.UNENCODABLE, f"charset {text.text.charset.name} cannot hold the signature")
    return octets


def _raise_to_utf8(text: TextPart, injection: plain.Injection) -> tuple[compose.Retype, list[Change]]:
    """Write the whole body in UTF-8, and say which fields have to follow (contract 6, Charset)."""
    from xinksig.upgrade import with_edits

    encoding = text.declared.encoding
    unfit = encoding == "7bit" or (injection.too_long and encoding in transfer.IDENTITY)
    target = "quoted-printable" if unfit else encoding
    octets = with_edits(text.characters, injection.edits).encode("utf-8")
    body = transfer.encode(target, octets, text.encoded_newline)
    retype = compose.Retype("utf-8", target if target != encoding else None)
    return retype, [_whole(text, body)]


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
