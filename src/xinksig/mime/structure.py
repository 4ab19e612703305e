"""Where the parts of a message begin and end: a push parser that reads offsets and keeps no octets.

Operations: ``advance`` looks at the octets in hand and returns the next event, or ``None`` when it needs
more. Goals: an attachment costs one ``bytes.find`` a boundary; every octet is looked at once for each open
boundary, whatever the chunking; nothing is decided from how far a chunk happened to reach; no recursion.

Delimiters (RFC 2046, 5.1.1) are found as line feed, two hyphens and boundary, and checked behind the hit:
transport padding is allowed; anything else behind a boundary is text that another reader may take for a
delimiter, so that from there on the reading is not unique.
"""

import re
from enum import Enum
from functools import partial

from xinksig.expressions import late
from xinksig.mime.content import LONGEST_BOUNDARY
from xinksig.mime.part import Part
from xinksig.records import NamedTuple

_TAIL = late(rb"[ \t]{0,998}(\r?\n|\r?\Z)")
_CR_TAIL = late(rb"[ \t]{0,998}(\r|\n|\Z)")
_PARTIAL_TAIL = late(rb"-{0,2}[ \t]{0,998}\r?\Z")
_PARTIAL_SIZE = 1002
_END_OR_DASHES = re.compile(rb"\n(?:\r?\n|(--))")
_NEAR = 2048
"""Octets in which most header sections end."""
_SHORT = 256
"""Octets in which it costs less to look for what all delimiters begin with than for each of them."""
_LONGEST_NEEDLE = len(b"\n--") + LONGEST_BOUNDARY
"""A multipart with a longer boundary is left alone."""
_WINDOW = 16384
"""Octets behind a hyphen that are searched for a delimiter before the next hyphen is asked for."""
_CR = ord("\r")


class Event(Enum):
    """What ``advance`` reports."""

    HEADER = 1
    """``part``'s header section is complete; the caller may freeze it before it goes on.

    At ``offset`` begins the section, or the delimiter line before it where both were passed in one step,
    which hangs on the octets in hand: nothing may be decided by it.
    """
    DELIMITER = 2
    """A delimiter line of the multipart ``part`` begins at ``offset``."""
    AMBIGUOUS = 3
    """At ``offset`` stands a line that another reader may take for a delimiter; nothing further is read."""
    TOO_MANY = 4
    """More parts than the limit; nothing further is read."""
    END = 5
    """The outermost part is complete."""


class Happening(NamedTuple):
    """An event with its part and place."""

    event: Event
    part: Part
    offset: int
    ended: Part | None = None
    """The leaf that has ended with it."""
    closing: bool = False


_happening = partial(tuple.__new__, Happening)
_HEADER, _DELIMITER, _AMBIGUOUS, _TOO_MANY, _END = Event


class _State(Enum):
    HEADER = 1
    FOUND = 2
    """A header section was reported; the caller may freeze its part before the next step."""
    BODY = 3
    EPILOGUE = 4
    DONE = 5


_IN_HEADER, _FOUND, _IN_BODY, _EPILOGUE, _DONE = _State


class _Open:
    """A multipart that is open, and its next delimiter line, or one that begins like it."""

    __slots__ = ("at", "before", "clear", "closing", "last", "needle", "part", "scanned", "stop")

    def __init__(self, part: Part, needle: bytes, scanned: int) -> None:
        self.part = part
        self.needle = needle
        """What a delimiter line of it begins with, the line feed before it included."""
        self.scanned = scanned
        """No delimiter of it begins before this offset that was not reported."""
        self.last: Part | None = None
        """The last of its body parts so far."""
        self.at = -1
        """The line feed before the delimiter line; not known while it is before where the search is."""
        self.before = 0
        """The line ending that this line feed ends."""
        self.stop = 0
        self.closing = False
        self.clear = True
        """Whether any reader takes it for a delimiter line, which ends as the message's lines do."""


class Structure:
    """Reads the MIME structure of one message from octets that are handed in piece by piece."""

    def __init__(self, header_size: int, part_header_size: int, parts: int) -> None:
        self.root = Part(None, 0)
        self.safe = 0
        """All octets before this offset belong to what has been reported."""
        self._part_header_size = part_header_size
        self._header_limit = header_size
        self._near = min(part_header_size, _NEAR)
        """Octets in which an ordinary header section ends; none where lines end in CR."""
        self._limit = parts
        self._count = 0
        self._part = self.root
        self._leaf: Part | None = None
        """The leaf whose body is being read."""
        self._stack: list[_Open] = []
        self._state = _IN_HEADER
        self._searched = 0
        self._position = 0
        self._line_feed = b"\n"
        self._dashes = b"\n--"
        """What every delimiter begins with, the line feed before its line included."""
        self._tail = _TAIL
        """What may stand behind it."""
        self._crlf = False
        self._knows_lines = False
        self._waits = False
        """Whether the end of a line that begins like a delimiter is not in sight."""

    def advance(self, data: bytes | bytearray, base: int, final: bool) -> Happening | None:
        """Return the next event, or ``None`` when more octets are needed.

        ``data`` begins at offset ``base`` of the message and reaches back to at least ``needed``.
        """
        state = self._state
        if state is _FOUND:
            # Whether the caller froze the part is known only now.
            part = self._part
            self._state = _IN_BODY
            self._position = position = part.body - 1 if part.body else 0
            header = part.header
            if part.frozen or not header.is_multipart:
                self._leaf = part
            else:
                self._stack.append(_Open(part, self._dashes + header.boundary, position))
        elif state is _IN_HEADER:
            return self._read_header(data, base, final)
        elif state is not _IN_BODY:
            self._state = _DONE
            return _happening((_END, self.root, self.safe, None, False)) if state is _EPILOGUE else None
        if self._stack:
            found = self._next_delimiter(data, base, final, len(data))
            if found is not None:
                return self._take_delimiter(found, data, base)
        elif not final:
            self.safe = base + len(data)
        return self._end(base + len(data)) if final else None

    def pass_by(self, data: bytes, base: int) -> bool:
        """Pass octets of a body that neither hold nor begin a delimiter; ``False``: ``advance`` has to look.

        In most chunks of an attachment nothing else happens. To be called with no other octets in hand.
        """
        if self._state is not _IN_BODY or data.endswith(b"\r") or self._partial(data) < len(data):
            return False
        for opened in self._stack:
            if _find(data, opened.needle, 0, len(data)) >= 0:
                return False
        self.safe = self._position = base + len(data)
        return True

    @property
    def needed(self) -> int:
        """The offset from which ``advance`` looks at octets again; the line ending before a line counts."""
        return self.safe if self._state is _IN_BODY and self._position >= self.safe else self.safe - 2

    def stop(self) -> None:
        """Read nothing further: what follows belongs to nobody."""
        self._state = _DONE

    def open_boundaries(self) -> list[bytes]:
        """Return the boundaries of the multiparts that are open."""
        return [opened.part.header.boundary for opened in self._stack]

    def _read_header(self, data: bytes | bytearray, base: int, final: bool) -> Happening | None:
        part = self._part
        start = part.start - base
        stop = self._near_header_end(data, start) if self._stack else -1
        if stop < 0:
            stop = self._far_header_end(data, base, start, final)
            if stop < 0:
                return None
        section = bytes(data[start : start + self._header_limit if part.oversized else stop])
        part.read(section, cr_only=self._line_feed == b"\r")
        part.body = self.safe = base + stop
        self._state = _FOUND
        return _happening((_HEADER, part, part.start, None, False))

    def _near_header_end(self, data: bytes | bytearray, start: int) -> int:
        """Return where a body part's header section ends, -1 if it is large or may hold a delimiter."""
        # The delimiter line before it may end in the line feed of the empty line.
        end = _END_OR_DASHES.search(data, start - 1, start + self._near)
        return -1 if end is None or end.lastindex is not None else end.end()

    def _far_header_end(self, data: bytes | bytearray, base: int, start: int, final: bool) -> int:
        """Return where any header section ends, be it at a delimiter, a limit or the end of the message.

        -1 if that is not in sight. One that is too large has the whole part behind it as its body.
        """
        size = len(data)
        limit = self._header_limit
        bound = min(size, start + limit)
        found = self._next_delimiter(data, base, final, bound) if self._stack else None
        if found is not None:
            # Behind a delimiter no header section goes on: do not search there for an empty line.
            bound = found.at + 1 - base
        elif self._waits:
            return -1
        end = self._header_end(data, base, start, bound, final=final or bound < size)
        if end >= 0 or found is not None:
            return bound if end < 0 else end
        # What may begin within the limit, an empty line or a delimiter, has to be in sight to its end.
        if not final and size - start <= limit + (_LONGEST_NEEDLE if self._stack else 2):
            return -1
        self._part.oversized = size - start > limit
        return start if self._part.oversized else size

    def _header_end(self, data: bytes | bytearray, base: int, start: int, stop: int, *, final: bool) -> int:
        """Return the index behind the empty line that ends the header section, -1 if it is not in sight.

        ``final`` says that nothing further belongs to the section: it ends at ``stop`` or goes on too long.
        """
        if not self._knows_lines:
            self._knows_lines = self._learn_lines(data, base, start, stop, final=final)
            if not self._knows_lines:
                return -1
        line_feed = self._line_feed
        if data.startswith((line_feed, b"\r\n"), start, stop):
            return start + (1 if data.startswith(line_feed, start) else 2)
        search = max(start, self._searched - base - 2)
        self._searched = base + stop
        if line_feed == b"\r":
            found = data.find(b"\r\r", search, stop)
            return found + 2 if found >= 0 else -1
        crlf = data.find(b"\n\r\n", search, stop)
        if crlf >= 0:
            stop = crlf + 1
        # That it is missing is found out faster from the end.
        if data.rfind(b"\n\n", search, stop) >= 0:
            return data.find(b"\n\n", search, stop) + 2
        return crlf + 3 if crlf >= 0 else -1

    def _learn_lines(self, data: bytes | bytearray, base: int, start: int, stop: int, *, final: bool) -> bool:
        """Find out how lines end; ``False`` while that is not certain.

        They end in CR alone where no line feed comes within the largest header section that is read.
        """
        found = data.find(b"\n", max(start, self._searched - base), stop)
        if found < 0:
            self._searched = base + stop
            if not final:
                return False
            if data.find(b"\r", start, stop) >= 0:
                self._line_feed = b"\r"
                self._dashes = b"\r--"
                self._near = 0
                self._tail = _CR_TAIL
        self._searched = base + start
        self._crlf = found > 0 and data[found - 1] == _CR
        return True

    def _end(self, offset: int) -> Happening:
        """End the outermost part, and with it all that is open, at the end of the message."""
        self._state = _DONE
        leaf, self._leaf = self._leaf, None
        if leaf is not None:
            leaf.stop = offset
        self.safe = offset
        for opened in self._stack:
            child = opened.last
            if child is not None and child.end < 0:
                child.end = offset
                child.end_is_line = False
        self._stack.clear()
        return _happening((_END, self.root, offset, leaf, False))

    def _take_delimiter(self, found: _Open, data: bytes | bytearray, base: int) -> Happening:
        """Go on behind a delimiter; inner multiparts whose own close delimiter is missing end with it."""
        line, start, part = found.at + 1, found.stop, found.part
        ended = self._leaf
        if ended is not None:
            self._leaf = None
            ended.stop = max(ended.body, found.before)
        if not found.clear:
            self._state = _DONE
            return _happening((_AMBIGUOUS, part, line, ended, False))
        stack = self._stack
        while stack[-1] is not found:
            child = stack.pop().last
            if child is not None:
                child.end = line
        last = found.last
        if last is not None:
            last.end = line
        self.safe = start
        # The line feed that ends this line may be the one before the next delimiter.
        self._position = start - 1
        if found.closing:
            stack.pop()
            self._state = _IN_BODY if stack else _EPILOGUE
            return _happening((_DELIMITER, part, line, ended, True))
        if self._count >= self._limit:
            self._state = _DONE
            return _happening((_TOO_MANY, part, line, ended, False))
        self._count += 1
        new = self._part = found.last = Part(part, start, 1 if last is None else last.index + 1)
        stop = self._near_header_end(data, start - base)
        if stop >= 0:
            new.read(bytes(data[start - base : stop]), cr_only=False)
            new.body = self.safe = base + stop
            self._state = _FOUND
            return _happening((_HEADER, new, line, ended, False))
        self._state = _IN_HEADER
        self._header_limit, self._searched = self._part_header_size, 0
        return _happening((_DELIMITER, part, line, ended, False))

    def _next_delimiter(self, data: bytes | bytearray, base: int, final: bool, bound: int) -> _Open | None:
        """Return the open multipart whose delimiter is the first that begins before index ``bound``."""
        best: _Open | None = None
        waiting = -1
        self._waits = False
        limit = bound
        stack, position = self._stack, self._position
        outermost = stack[0]
        for opened in reversed(stack):
            index = opened.at - base
            if opened.at < position:
                needle = opened.needle
                start = max(opened.scanned, position)
                # Not up to what was found before alone: it is kept, and need not be looked for again.
                index = _find(data, needle, start - base, bound + len(needle) - 1)
                if index < 0:
                    opened.scanned = max(opened.scanned, base + min(bound, len(data) - len(needle) + 1))
                    continue
                if not self._check(opened, data, base, index, index + len(needle), final):
                    opened.scanned = base + index
                    waiting = index if waiting < 0 else min(waiting, index)
                    limit = min(limit, index)
                    continue
            if index < limit:
                best, limit = opened, index
                if opened is outermost:
                    break
                start = position - base
                if limit - start < _SHORT and data.find(self._dashes, start, limit) < 0:
                    break  # nothing before it looks like a delimiter: no need to ask the others
        if waiting >= 0 and (best is None or waiting < best.at - base):
            self._waits = True
            self._wait_at(waiting, data, base)
            return None
        if best is None and bound >= len(data) and not final:
            self._wait_at(self._partial(data), data, base)
        return best

    def _check(
        self, opened: _Open, data: bytes | bytearray, base: int, index: int, behind: int, final: bool
    ) -> bool:
        """Look behind a hit and keep it; ``False`` when the line's end is not in sight."""
        # No octet before it is in hand: it was no CR, which would have been kept.
        returned = index > 0 and data[index - 1] == _CR and self._line_feed == b"\n"
        opened.at = at = base + index
        opened.before = at - 1 if returned else at
        opened.closing = closing = data.startswith(b"--", behind)
        stop = behind + 2 if closing else behind
        if self._crlf and data.startswith(b"\r\n", stop):
            opened.clear = returned
            opened.stop = base + stop + 2
            return True
        match = self._tail.match(data, stop)
        if match is None:
            opened.clear = False
            known = final or len(data) - behind >= _PARTIAL_SIZE or not _PARTIAL_TAIL.match(data, behind)
        else:
            ending = match[1]
            opened.clear = not self._crlf or (returned and ending != b"\n")
            opened.stop = base + match.end()
            known = final or ending.endswith(b"\n") or ending == self._line_feed
        if not known:
            opened.at = -1
        return known

    def _partial(self, data: bytes | bytearray) -> int:
        """Return the index from which the data may begin a delimiter line; its length if there is none."""
        # None goes on behind the last line feed.
        index = data.rfind(self._line_feed, max(len(data) - _LONGEST_NEEDLE, 0))
        if index >= 0:
            tail = bytes(data[index:])
            for opened in self._stack:
                if opened.needle.startswith(tail):
                    return index
        return len(data)

    def _wait_at(self, index: int, data: bytes | bytearray, base: int) -> None:
        """Note that everything before ``index`` is settled, and the line ending before it is not."""
        if self._line_feed == b"\n" and index > 0 and data[index - 1] == _CR:
            index -= 1
        if self._state is _IN_BODY:
            self.safe = max(self.safe, base + index)
            self._position = max(self._position, base + index)


def _find(data: bytes | bytearray, needle: bytes, start: int, stop: int) -> int:
    """Return what ``data.find`` does for what a delimiter begins with, in a fraction of the time.

    A single octet is found many times faster than several, and base64 has no hyphen.
    """
    while stop - start > _WINDOW:
        # The first hyphen stands behind a line feed.
        start = data.find(b"-", start + 1, stop) - 1
        if start < 0:
            return -1
        behind = start + _WINDOW
        index = data.find(needle, start, min(stop, behind))
        if index >= 0:
            return index
        start = behind - len(needle) + 1
    return data.find(needle, start, stop)
