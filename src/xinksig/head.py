"""The top-level header section: whether the message was handled before, and what changes in it."""

import re
from bisect import bisect_left, bisect_right

from xinksig.edits import Change, new_change
from xinksig.mime.fields import Field, unfold
from xinksig.mime.headers import Headers
from xinksig.mime.part import Part
from xinksig.model import FieldChange, Options

_SEALS = (b"dkim-signature", b"arc-seal", b"arc-message-signature")


class Head:
    """What xinksig knows and changes of a message's own header section."""

    def __init__(self, part: Part, options: Options) -> None:
        """Read the header section of ``part``, the message."""
        header = part.header
        self._section = header.octets
        self._options = options
        self.newline = part.newline or b"\r\n"
        """The line ending of the message's first line, CRLF if it has none."""
        self.body_start = part.body
        self.header = header
        # Of a section that was cut at its limit, only the fields that are whole.
        self._whole = header.places[:-1] if part.oversized else None
        self.headers = Headers(self._section, header if self._whole is None else self._whole)
        """The fields as a caller reads them."""
        self._dropped: tuple[Field, ...] = ()
        name = options.handled_header.lower().encode()
        self._handled: list[Field] = self._find(name) if header.has(name) else []
        self.handled = bool(self._handled) and self._says_handled()
        """Whether a field says that the message was handled before (contract 3)."""

    @property
    def fields(self) -> list[Field]:
        """The fields; of a section that was cut at its limit, those that are whole."""
        places = self.header.places if self._whole is None else self._whole
        return [Field(*place) for place in places]

    def _find(self, name: bytes) -> list[Field]:
        return [field for field in self.fields if field.name == name]

    def _says_handled(self) -> bool:
        value = self._options.handled_value.lower()
        return any(self._value(field).lower() == value for field in self._handled)

    def _value(self, field: Field) -> str:
        return unfold(self._section[field.body : field.stop]).strip().decode("latin-1")

    def changes(self) -> list[Change]:
        """Return the changes that every message gets: the handled field, and ``remove_fields``."""
        line = f"{self._options.handled_header}: {self._options.handled_value}".encode()
        changes = []
        if self._handled:
            field = self._handled[0]
            ending = self._ending(field)
            changes.append(Change(field.start, field.stop, line + ending, "handled-field"))
            changes += [Change(field.start, field.stop, b"", "handled-field") for field in self._handled[1:]]
        else:
            at, behind = self._handled_place()
            changes.append(new_change((at, at, line + self.newline + behind, "handled-field", 0)))
        if self._options.remove_fields:
            names = {name.lower().encode() for name in self._options.remove_fields}
            changes += [
                Change(field.start, field.stop, b"", "removed-field")
                for field in self.fields
                if field.name in names
            ]
        return changes

    def _ending(self, field: Field) -> bytes:
        match = re.search(rb"(?:\r?\n|\r)\Z", self._section[field.start : field.stop])
        return match.group() if match else b""

    def _handled_place(self) -> tuple[int, bytes]:
        """Return where the handled field goes, and what has to follow it."""
        section = self._section
        at = 0
        if section.startswith(b"From "):
            at = self._line_stop(0)
            if at == len(section) and not section.endswith((b"\n", b"\r")):
                return 0, b""
        stop = at
        text = False
        while section[stop : stop + 1] in (b" ", b"\t"):
            start, stop = stop, self._line_stop(stop)
            text = text or not section[start:stop].isspace()
        if not text:
            return at, b""
        if stop == len(section):
            return at, self.newline
        return stop, b""

    def _line_stop(self, start: int) -> int:
        ending = b"\r" if self.newline == b"\r" else b"\n"
        found = self._section.find(ending, start)
        return len(self._section) if found < 0 else found + 1

    def opt_out_changes(self, word: str, *, ignore_case: bool) -> list[Change]:
        """Return the changes that take the opt-out word out of the subject; none if it is not there."""
        from xinksig.mime.word_edits import without

        section = self._section
        changes = []
        for field in self.fields:
            if field.name == b"subject":
                body = section[field.body : field.stop]
                changes += [
                    Change(field.body + start, field.body + stop, octets, "opt-out")
                    for start, stop, octets in without(body, word, ignore_case=ignore_case)
                ]
        return changes

    def _own_seals(self) -> tuple[Field, ...]:
        domains = set(self._options.drop_dkim)
        return tuple(
            field
            for field in self.fields
            if field.name == b"dkim-signature" and self._tag(field, "d").lower().rstrip(".") in domains
        )

    @property
    def has_droppable_seals(self) -> bool:
        """Whether a change of the body would take out a DKIM-Signature field."""
        return bool(self._own_seals())

    def drop_seals(self) -> list[Change]:
        """Return the changes that take out the DKIM-Signature fields of the domains in ``drop_dkim``."""
        self._dropped = self._own_seals()
        return [Change(field.start, field.stop, b"", "dropped-seal") for field in self._dropped]

    def _tag(self, field: Field, name: str) -> str:
        """Return the value of a tag of a DKIM or ARC field (RFC 6376, 3.2)."""
        for item in self._value(field).split(";"):
            tag, _, value = item.partition("=")
            if tag.strip() == name:
                return "".join(value.split())
        return ""

    def broken_seals(self, changed_names: set[bytes], *, body_changed: bool) -> tuple[str, ...]:
        """Return the DKIM and ARC fields that no longer hold, with their domain and selector or instance."""
        broken = []
        for field in self.fields:
            if field.name not in _SEALS or field in self._dropped:
                continue
            signed = {name.lower().encode() for name in self._tag(field, "h").split(":")}
            if body_changed or signed & changed_names:
                tags = [f"{tag}={self._tag(field, tag)}" for tag in ("i", "d", "s") if self._tag(field, tag)]
                if field.name == b"dkim-signature":
                    tags = [tag for tag in tags if not tag.startswith("i=")]
                broken.append(" ".join((_spelled(field.name), *tags)))
        return tuple(broken)

    def field_changes(self, changes: list[Change]) -> tuple[FieldChange, ...]:
        """Say changes of this section in a milter's words."""
        section, fields = self._section, self.fields
        starts = [field.start for field in fields]
        seen: dict[bytes, int] = {}
        numbers = []
        for field in fields:
            seen[field.name] = seen.get(field.name, 0) + 1
            numbers.append(seen[field.name])
        result = []
        for change in changes:
            at = bisect_right(starts, change.start) - 1
            if change.start == change.stop:
                index = bisect_left(starts, change.start)
                result += [_inserted(line, index) for line in _lines(change.octets)]
            elif at >= 0 and change.start < fields[at].stop:
                field = fields[at]
                left = section[field.start : change.start] + change.octets + section[change.stop : field.stop]
                name = section[field.start : field.body - 1]
                first, *others = _lines(left) or [b""]
                action = "replace" if first else "remove"
                result.append(_field_change(action, name, numbers[at], first.partition(b":")[2]))
                result += [_inserted(line, at + 1) for line in others]
        return tuple(result)


def _inserted(line: bytes, index: int) -> FieldChange:
    name, _, value = line.partition(b":")
    return _field_change("insert", name, index, value)


def _field_change(action: str, name: bytes, index: int, value: bytes) -> FieldChange:
    text = value.strip().decode("utf-8", "replace")
    return FieldChange(action=action, name=name.strip().decode("latin-1"), index=index, value=text)  # type: ignore[arg-type]


def _lines(octets: bytes) -> list[bytes]:
    """Return the fields in inserted octets, folded lines joined to theirs."""
    return [line for line in re.split(rb"(?:\r\n|\n|\r)(?![ \t])", octets) if line.strip()]


def _spelled(name: bytes) -> str:
    return {b"dkim-signature": "DKIM-Signature", b"arc-seal": "ARC-Seal"}.get(name, "ARC-Message-Signature")
