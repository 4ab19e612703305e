"""The signature in its place in plain text: line endings, format=flowed (RFC 3676), lines not too long."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from xinksig.model import Trigger
from xinksig.records import NamedTuple
from xinksig.text.flowed import (
    LINE_ENDING,
    SEPARATOR,
    WIDTH,
    fill,
    is_soft,
    lead,
    line_start,
    line_stop,
    needs_stuffing,
)
from xinksig.text.place import CharEdit, Place, new_edit

_QUOTE = re.compile(r">[> \t]*+")
_UNSAFE = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if code != 0x09}
_BLANKS = (" ", "\t")
_LINE_BORDERS = ("\n", "\r", "")
_MOST_OCTETS = 12  # that a character takes in any charset, escape sequences around it included
_LEAST_ROOM = 24  # characters of content on a line, however deep it is quoted


class Injection(NamedTuple):
    """Edits of a plain text, in order."""

    edits: list[CharEdit]
    too_long: bool
    """A word makes a line longer than the limit: the part has to become quoted-printable."""


def inject(
    text: str,
    changes: Sequence[tuple[Place, str | None]],
    *,
    flowed: bool = False,
    delsp: bool = False,
    newline: str = "\r\n",
    width: Callable[[str], int] = lambda text: len(text.encode("utf-8", "surrogatepass")),
    limit: int | None = 998,
) -> Injection:
    """Return the edits that put a signature in each place, or take the trigger away where it is ``None``.

    Places come in their order. ``newline`` is the part's line ending, ``width`` tells how many octets a
    string takes in its charset, and ``limit`` how many may stand on a line (RFC 5322, 2.1.1), ``None`` where
    the transfer encoding sees to that. A line that was longer before is not made to fit.
    """
    if len(changes) == 1:
        ((place, signature),) = changes
        if signature is not None and len(place.pieces) == 1:
            ((start, stop),) = place.pieces
            if text[start - 1 : start] in _LINE_BORDERS and text[stop : stop + 1] in _LINE_BORDERS:
                # As everyday mail has it: nothing stands beside it on its line.
                new, longest = _block(signature, newline, flowed, delsp)
                if _surely_fits(longest, limit):
                    return Injection([new_edit((start, stop, new, "signature"))], False)
    writer: _Writer
    if flowed:
        writer = _FlowedWriter(text, newline, width, limit, delsp=delsp)
    else:
        writer = _FixedWriter(text, newline, width, limit)
    edits = writer.edits
    behind = -1  # where the text goes on that stands between two places on one line
    for index, (place, signature) in enumerate(changes):
        start, stop = _main_piece(place)
        high = _main_piece(changes[index + 1][0])[0] if index + 1 < len(changes) else len(text)
        end = line_stop(text, stop, high)
        is_appended = place.trigger is Trigger.APPEND
        goes_on = end == high < len(text) and not is_appended
        if behind >= 0:
            writer.keep(behind, start)
        else:
            writer.begin(start)
        if is_appended:
            new = writer.append(signature or "", start)
        else:
            new = writer.write([""] if signature is None else _lines(signature), text[stop:end])
            if stop == end < high:
                writer.end()
        behind = stop if goes_on else -1
        why = "signature" if signature is not None else place.trigger.value
        if new or start < stop:
            edits.append(CharEdit(start, stop, new, why))
        if place.pieces != ((start, stop),):
            edits += [CharEdit(*piece, "", why) for piece in place.pieces if piece != (start, stop)]
    if len(edits) > 1:
        edits.sort(key=lambda edit: edit[:2])
    return Injection(edits, writer.too_long)


def _main_piece(place: Place) -> tuple[int, int]:
    """Return the piece that holds the trigger itself."""
    for piece in place.pieces:
        if piece[0] <= place.start < piece[1]:
            return piece
    return place.start, place.start


@lru_cache(maxsize=64)
def _lines(signature: str) -> tuple[str, ...]:
    """Return the lines of a signature; its last line break is the one that the message has there already."""
    return tuple(line.translate(_UNSAFE) for line in signature.splitlines()) or ("",)


class _Writer:
    """Writes lines into a text, and keeps in mind what the line in hand looks like so far."""

    def __init__(self, text: str, newline: str, width: Callable[[str], int], limit: int | None) -> None:
        self.text = text
        self.newline = newline
        self.width = width
        self.limit = limit
        self.edits: list[CharEdit] = []
        self.too_long = False
        self.quote = ""
        """What every further line begins with."""
        self.content = ""
        """The line in hand without what stands before its content."""
        self.kept = ""
        """The part of it that stood there before."""

    def begin(self, at: int) -> None:
        """Take the line of the text up to ``at`` as the line in hand."""
        raise NotImplementedError

    def keep(self, start: int, stop: int) -> None:
        """Take the text between two places on one line as the next part of the line in hand."""
        self.content += self.text[start:stop]
        self.kept += self.text[start:stop]

    def end(self) -> None:
        """Leave the line in hand; nothing follows on it."""

    def write(self, lines: Sequence[str], follow: str) -> str:
        """Return what to write so that ``lines`` stand in the line in hand, which ends with ``follow``."""
        raise NotImplementedError

    def append(self, signature: str, at: int) -> str:
        """Return what to write for a signature with an empty line before and behind it."""
        stop = line_stop(self.text, at, len(self.text))
        if self.text[at:stop].strip():
            stop = at
        self.drop_blanks(at, stop)
        return self.write([*self.empty_before(at), *_lines(signature), *self.empty_behind(stop)], "")

    def drop_blanks(self, start: int, stop: int) -> None:
        """Take blanks away that would follow what is appended, if they had a meaning there."""

    def empty_before(self, at: int) -> list[str]:
        """Return the lines needed so that what is appended at ``at`` follows an empty line."""
        if line_start(self.text, at) < at:
            return ["", ""]
        start, stop = self.line_before(at)
        return [""] if self.text[start:stop].strip() else []

    def line_before(self, at: int) -> tuple[int, int]:
        """Return the line whose line ending is right before ``at``."""
        stop = max(0, at - (2 if self.text.endswith("\r\n", 0, at) else 1))
        return line_start(self.text, stop), stop

    def empty_behind(self, at: int) -> list[str]:
        """Return the lines needed so that an empty line follows what is appended at ``at``."""
        ending = LINE_ENDING.match(self.text, at)
        if ending:
            stop = line_stop(self.text, ending.end(), len(self.text))
            return [""] if self.text[ending.end() : stop].strip() else []
        if at < len(self.text):
            return ["", ""]
        return [""] if at and self.text[at - 1] in "\r\n" else []

    def check(self, content: str, kept: str) -> None:
        """Note whether a finished line is too long, and was not before."""
        before = self.before()
        if self.limit is None or _surely_fits(len(before) + len(content), self.limit):
            return
        if self.width(before + content) > self.limit >= self.width(before + kept):
            self.too_long = True

    def before(self) -> str:
        """Return what stands before the content of the line in hand."""
        return self.quote


class _FixedWriter(_Writer):
    """Writes lines as they are; only one that is longer than the limit is broken, at blanks."""

    def begin(self, at: int) -> None:
        start = line_start(self.text, at)
        mark = _QUOTE.match(self.text, start, at)
        self.quote = mark[0].rstrip() + mark[0][-1].strip(">") if mark else ""
        self.content = self.kept = self.text[start + len(self.quote) : at]

    def write(self, lines: Sequence[str], follow: str) -> str:
        pieces = []
        for index, line in enumerate(lines):
            if index:
                pieces.append(self._break(line))
            pieces.append(self._line(line, follow if index == len(lines) - 1 else ""))
        return "".join(pieces)

    def _break(self, content: str) -> str:
        self.content = self.kept = ""
        return self.newline + (self.quote if content else self.quote.rstrip())

    def _line(self, line: str, follow: str) -> str:
        if self.limit is None or not line:
            self.content += line
            return line
        characters = len(self.quote) + len(self.content) + len(line) + len(follow)
        if _surely_fits(characters, self.limit):
            self.content += line
            return line
        room = self.limit - self.width(self.quote)
        new, used, tail = self.width(line), self.width(self.content), self.width(follow)
        if new <= room < self.width(self.kept) + tail:
            room = used + new + tail  # it was too long before, and may stay on one line
        if used + new + tail <= room:
            self.content += line
            return line
        return self._broken(line, follow, used, tail, room)

    def _broken(self, line: str, follow: str, used: int, tail: int, room: int) -> str:
        breakable_behind = follow[:1] in _BLANKS and follow.strip() != ""
        parts = fill(
            line,
            used=used,
            tail=0 if breakable_behind else tail,
            room=room,
            before_first=self.content[-1:] in _BLANKS and self.content.strip() != "",
            measure=self.width,
        )
        written: list[str] = []
        for part in parts[:-1]:
            part = part.rstrip(" ")
            self.check(self.content + part, self.kept)
            written += (part, self._break(line))
        written.append(parts[-1])
        self.content += parts[-1]
        if breakable_behind and self.width(self.content) + tail > room:
            self.check(self.content, self.kept)
            written.append(self._break(line))
        else:
            self.check(self.content + follow, self.kept + follow)
        return "".join(written)


class _FlowedWriter(_Writer):
    """Writes flowed lines: long ones softly broken, stuffed where needed, no blank before a hard end."""

    def __init__(
        self, text: str, newline: str, width: Callable[[str], int], limit: int | None, *, delsp: bool
    ) -> None:
        super().__init__(text, newline, width, limit)
        self.delsp = delsp
        self.stuffed = False
        """Whether a blank stands before the content, so that it may begin with anything."""
        self.always = False
        """Whether further lines are stuffed in any case, as quoted ones mostly are."""
        self.ends: list[tuple[int, int]] = []
        """Spans of the text with which the line in hand ends so far."""

    def begin(self, at: int) -> None:
        start = line_start(self.text, at)
        quote, content = lead(self.text, start, at)
        self.quote = self.text[start:quote]
        self.content = self.kept = self.text[content:at]
        self.stuffed = content > quote
        self.always = self.stuffed and quote > start
        self.ends = [(quote, at)]

    def keep(self, start: int, stop: int) -> None:
        super().keep(start, stop)
        self.ends.append((start, stop))

    def before(self) -> str:
        return self.quote + " " * self.stuffed

    def end(self) -> None:
        """Take the blanks away before a hard line ending: they would make it soft."""
        if self.content == SEPARATOR:
            return
        while self.ends:
            start, stop = self.ends.pop()
            visible = start + len(self.text[start:stop].rstrip(" "))
            if visible < stop:
                self.edits.append(CharEdit(visible, stop, "", "trailing-blank"))
            if visible > start:
                break

    def empty_before(self, at: int) -> list[str]:
        empty = super().empty_before(at)
        if line_start(self.text, at) == at and is_soft(self.text, *self.line_before(at)):
            # The first only ends the paragraph.
            return ["", *empty]
        return empty

    def drop_blanks(self, start: int, stop: int) -> None:
        if start < stop:
            self.edits.append(CharEdit(start, stop, "", "trailing-blank"))

    def write(self, lines: Sequence[str], follow: str) -> str:
        pieces = []
        for index, line in enumerate(lines):
            last = index == len(lines) - 1
            if index:
                self.end()
                pieces.append(self.newline + self.quote)
                self._next_line()
            rest = follow if last else ""
            if self.content or rest or line != SEPARATOR or (self.stuffed and not self.quote):
                line = line.rstrip(" ")
            pieces.append(self._line(line, rest))
        return "".join(pieces)

    def _next_line(self) -> None:
        self.content = self.kept = ""
        self.stuffed = False
        self.ends = []

    def _stuff(self, content: str) -> str:
        """Return the blank to write before the content, if the line has to have one and has not."""
        if self.stuffed or self.content or not ((self.always and content) or needs_stuffing(content)):
            return ""
        self.stuffed = True
        return " "

    def _line(self, line: str, follow: str) -> str:
        stuffing = self._stuff(line + follow[: len("From ")])
        if not line:
            return stuffing
        self.ends = []
        if len(self.quote) + 1 + len(self.content) + len(line) + len(follow) <= WIDTH:
            self.content += line
            self.check(self.content + follow, self.kept + follow)
            return stuffing + line
        return stuffing + self._broken(line, follow)

    def _broken(self, line: str, follow: str) -> str:
        soft_break = (" " if self.delsp else "") + self.newline + self.quote
        breakable_behind = follow.startswith(" ") and follow.strip(" ") != ""
        parts = fill(
            line,
            used=len(self.content),
            tail=0 if breakable_behind else len(follow),
            room=max(WIDTH - len(self.quote) - len(" " * 3), _LEAST_ROOM),
            before_first=self.content.endswith(" ") and self.content.strip(" ") not in ("", "--"),
            within_words=self.delsp and self._has_too_long_word(line),
        )
        written = [parts[0]]
        self.content += parts[0]
        for index, part in enumerate(parts[1:], 2):
            self.check(self.content, self.kept)
            self._next_line()
            stuffing = self._stuff(part + (follow if index == len(parts) else ""))
            written += (soft_break, stuffing, part)
            self.content = part
        if (
            breakable_behind
            and len(self.content) + len(follow) + len(self.quote) >= WIDTH
            and self.content.strip(" ") not in ("", "--")
        ):
            # The blank with which the rest begins is now a stuffed one; the new one is what a reader sees.
            self.check(self.content, self.kept)
            written.append(" " + soft_break)
            self._next_line()
            self.stuffed = True
        else:
            self.check(self.content + follow, self.kept + follow)
        return "".join(written)

    def _has_too_long_word(self, line: str) -> bool:
        longest = max(line.split(" "), key=len)
        return not _surely_fits(len(longest), self.limit) and self.width(longest) > (self.limit or 0) - WIDTH


@lru_cache(maxsize=64)
def _block(signature: str, newline: str, flowed: bool, delsp: bool) -> tuple[str, int]:
    """Return what ``write`` would for lines of their own, and the characters of the longest."""
    lines = _lines(signature)
    if not flowed:
        return newline.join(lines), max(map(len, lines))
    block = _FlowedWriter("", newline, len, None, delsp=delsp).write(lines, "")
    return block, max(map(len, block.splitlines()), default=0)


def _surely_fits(characters: int, limit: int | None) -> bool:
    """Tell whether a line of so many characters is short enough in any charset."""
    return limit is None or (characters + 1) * _MOST_OCTETS <= limit
