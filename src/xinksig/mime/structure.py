"""Where the parts of a message begin and end: a push parser that reads offsets and keeps no octets.

Operations: ``advance`` looks at the octets in hand and returns the next event, or ``None`` when it needs
more. Goals: an attachment costs one ``bytes.find`` a boundary; every octet is looked at once for each open
boundary, whatever the chunking; nothing is decided from how far a chunk happened to reach; no recursion.

Delimiters (RFC 2046, 5.1.1) are found as line feed, two hyphens and boundary, and checked behind the hit:
transport padding is allowed; anything else behind a boundary is text that another reader may take for a
delimiter, so that from there on the reading is not unique.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from xinksig.expressions import late
from xinksig.mime.part import Part

_TAIL = re.compile(rb"(--)?[ \t]{0,998}(\r?\n|\r?\Z)")
_CR_TAIL = late(rb"(--)?[ \t]{0,998}(\r|\n|\Z)")
_PARTIAL_TAIL = late(rb"-{0,2}[ \t]{0,998}\r?\Z")
_PARTIAL_SIZE = 1002


class Event(Enum):
    """What ``advance`` reports."""

    HEADER = 1
    """``part``'s header section is complete; the caller may freeze it before it goes on."""
    DELIMITER = 2
    """A delimiter line of the multipart ``part`` begins at ``offset``; ``ended`` is the leaf that it ends."""
    AMBIGUOUS = 3
    """At ``offset`` stands a line that another reader may take for a delimiter; nothing further is read."""
    TOO_MANY = 4
    """More parts than the limit; nothing further is read."""
    END = 5
    """The outermost part is complete; ``ended`` is the leaf that ran to the message's end."""


class Happening(NamedTuple):
    """An event with its part and place."""

    event: Event
    part: Part
    offset: int
    ended: Part | None = None
    closing: bool = False
    implied: tuple[Part, ...] = ()
    """Multiparts that this delimiter ends because their own close delimiter is missing."""


class Hit(NamedTuple):
    """A delimiter line, or one that begins like it."""

    start: int
    """The line feed before the delimiter line."""
    line: int
    stop: int
    closing: bool
    exact: bool
    bare: bool
    """Whether the line ends otherwise than the message's lines do."""


class _State(Enum):
    HEADER = 1
    BODY = 2
    EPILOGUE = 3
    DONE = 4


class Structure:
    """Reads the MIME structure of one message from octets that are handed in piece by piece."""

    def __init__(self, header_size: int, part_header_size: int, parts: int) -> None:
        self.root = Part(None, 0)
        self.leaf: Part | None = None
        """The leaf whose body is being read."""
        self.safe = 0
        """All octets before this offset belong to what has been reported."""
        self._sizes = (header_size, part_header_size)
        self._limit = parts
        self._count = 0
        self._part = self.root
        self._stack: list[Part] = []
        self._state = _State.HEADER
        self._searched = 0
        self._entered = True
        self._position = 0
        self._line_feed = b"\n"
        self._crlf = False
        self._knows_lines = False

    def advance(self, data: bytes | bytearray, base: int, *, final: bool) -> Happening | None:
        """Return the next event, or ``None`` when more octets are needed.

        ``data`` begins at offset ``base`` of the message and reaches back to at least ``needed``.
        """
        if not self._entered:
            self._enter()
        if self._state is _State.HEADER:
            return self._read_header(data, base, final)
        if self._state is _State.BODY:
            return self._read_body(data, base, final)
        if self._state is _State.EPILOGUE:
            self._state = _State.DONE
            return Happening(Event.END, self.root, self.safe)
        return None

    @property
    def needed(self) -> int:
        """The offset from which ``advance`` looks at octets again; the line ending before a line counts."""
        return self.safe if self._state is _State.BODY and self._position >= self.safe else self.safe - 2

    def stop(self) -> None:
        """Read nothing further: what follows belongs to nobody."""
        self._state = _State.DONE

    def open_boundaries(self) -> list[bytes]:
        """Return the boundaries of the multiparts that are open."""
        return [part.needle[3:] for part in self._stack]

    def _enter(self) -> None:
        """Go on behind a header section, knowing whether the caller froze the part."""
        self._entered = True
        part = self._part
        self._state = _State.BODY
        self._position = max(part.body - 1, 0)
        if not part.is_multipart or part.frozen:
            self.leaf = part
            return
        part.needle = self._line_feed + b"--" + part.boundary
        part.scanned = self._position
        self._stack.append(part)

    def _read_header(self, data: bytes | bytearray, base: int, final: bool) -> Happening | None:
        part = self._part
        start = part.start - base
        limit = self._sizes[part is not self.root]
        bound = min(len(data), start + limit)
        stop = -1
        if self._stack:
            hit = self._next_delimiter(data, base, final, bound)
            if hit is not None:
                # Behind a delimiter no header section goes on: do not search there for an empty line.
                bound = stop = hit[1].line - base
        end = self._header_end(data, base, start, bound, final=final or bound < len(data))
        stop = stop if end < 0 else end
        if stop < 0:
            if not final and len(data) - start <= limit + 2:
                return None
            part.oversized = len(data) - start > limit
            stop = start if part.oversized else len(data)
            section = bytes(data[start : start + limit if part.oversized else len(data)])
        else:
            section = bytes(data[start:stop])
        part.read(section, cr_only=self._line_feed == b"\r")
        part.body = self.safe = base + stop
        if part is self.root:
            self._crlf = part.newline == b"\r\n"
        self._entered = False
        return Happening(Event.HEADER, part, part.body)

    def _header_end(self, data: bytes | bytearray, base: int, start: int, stop: int, *, final: bool) -> int:
        """Return the index behind the empty line that ends the header section, -1 if it is not in sight.

        ``final`` says that nothing further belongs to the section: it ends at ``stop`` or goes on too long.
        """
        if self._part is self.root and not self._knows_lines:
            self._knows_lines = self._learn_lines(data, base, start, stop, final=final)
            if not self._knows_lines:
                return -1
        cr_only = self._line_feed == b"\r"
        if data[start : start + 1] == self._line_feed and start < stop:
            return start + 1
        if data[start : start + 2] == b"\r\n" and start + 2 <= stop:
            return start + 2
        search = max(start, self._searched - base - 2)
        self._searched = base + stop
        if cr_only:
            found = data.find(b"\r\r", search, stop)
            return found + 2 if found >= 0 else -1
        crlf = data.find(b"\n\r\n", search, stop)
        lf = data.find(b"\n\n", search, stop if crlf < 0 else crlf + 1)
        if lf >= 0:
            return lf + 2
        return crlf + 3 if crlf >= 0 else -1

    def _learn_lines(self, data: bytes | bytearray, base: int, start: int, stop: int, *, final: bool) -> bool:
        """Find out how lines end; ``False`` while that is not certain.

        They end in CR alone where no line feed comes within the largest header section that is read.
        """
        if data.find(b"\n", max(start, self._searched - base), stop) < 0:
            self._searched = base + stop
            if not final:
                return False
            if data.find(b"\r", start, stop) >= 0:
                self._line_feed = b"\r"
        self._searched = base + start
        return True

    def _read_body(self, data: bytes | bytearray, base: int, final: bool) -> Happening | None:
        found = self._next_delimiter(data, base, final, len(data)) if self._stack else None
        if found is None:
            if not final:
                if not self._stack:
                    self.safe = base + len(data)
                return None
            self._state = _State.DONE
            return self._end(base + len(data))
        part, hit = found
        if not hit.exact or hit.bare:
            self._state = _State.DONE
            ended = self._end_leaf(hit.start, data, base)
            return Happening(Event.AMBIGUOUS, part, hit.line, ended)
        return self._take_delimiter(part, hit, data, base)

    def _end(self, offset: int) -> Happening:
        leaf, self.leaf = self.leaf, None
        if leaf is not None:
            leaf.stop = offset
        self.safe = offset
        implied = tuple(reversed(self._stack))
        self._end_children(implied, offset, is_line=False)
        self._stack.clear()
        return Happening(Event.END, self.root, offset, leaf, implied=implied)

    def _end_leaf(self, line_feed: int, data: bytes | bytearray, base: int) -> Part | None:
        leaf, self.leaf = self.leaf, None
        if leaf is not None:
            stop = line_feed
            index = line_feed - base
            if self._line_feed == b"\n" and index > 0 and data[index - 1 : index] == b"\r":
                stop -= 1
            leaf.stop = max(leaf.body, stop)
        return leaf

    def _take_delimiter(self, part: Part, hit: Hit, data: bytes | bytearray, base: int) -> Happening:
        ended = self._end_leaf(hit.start, data, base)
        implied = []
        while self._stack[-1] is not part:
            implied.append(self._stack.pop())
        part.hit = None
        self.safe = hit.stop
        # The line feed that ends this line may be the one before the next delimiter.
        part.scanned = self._position = hit.stop - 1
        self._end_children((*implied, part), hit.line, is_line=True)
        happening = Happening(Event.DELIMITER, part, hit.line, ended, hit.closing, tuple(implied))
        if hit.closing:
            self._stack.pop()
            self._state = _State.BODY if self._stack else _State.EPILOGUE
            return happening
        if self._count >= self._limit:
            self._state = _State.DONE
            return Happening(Event.TOO_MANY, part, hit.line, ended, implied=tuple(implied))
        self._count += 1
        part.children += 1
        child = Part(part, hit.stop)
        child.index = part.children
        child.depth = part.depth + 1
        part.last_child = child
        self._part = child
        self._state = _State.HEADER
        self._searched = 0
        return happening

    @staticmethod
    def _end_children(multiparts: Iterable[Part], offset: int, *, is_line: bool) -> None:
        for multipart in multiparts:
            child = multipart.last_child
            if child is not None and child.end < 0:
                child.end = offset
                child.end_is_line = is_line

    def _next_delimiter(
        self, data: bytes | bytearray, base: int, final: bool, bound: int
    ) -> tuple[Part, Hit] | None:
        """Return the first delimiter of any open multipart that begins before index ``bound``."""
        best: tuple[Part, Hit] | None = None
        waiting = -1
        limit = bound
        for part in reversed(self._stack):
            hit = part.hit
            if hit is None or hit.start < self._position:
                hit = part.hit = None
                index = data.find(
                    part.needle, max(part.scanned, self._position) - base, limit + len(part.needle) - 1
                )
                if index >= 0:
                    hit = self._check(data, base, index, part.needle, final)
                    if hit is None:
                        waiting = index if waiting < 0 else min(waiting, index)
                        limit = min(limit, index)
                        continue
                    part.hit = hit
                    part.scanned = base + index
                else:
                    part.scanned = max(part.scanned, base + min(limit, len(data) - len(part.needle) + 1))
            if hit is not None and hit.start - base < limit:
                best, limit = (part, hit), hit.start - base
        if waiting >= 0 and (best is None or waiting < best[1].start - base):
            self._wait_at(waiting, data, base)
            return None
        if best is None and bound >= len(data) and not final:
            self._wait_at(self._partial(data, base), data, base)
        return best

    def _check(
        self, data: bytes | bytearray, base: int, index: int, needle: bytes, final: bool
    ) -> Hit | None:
        """Look behind a hit; ``None`` when the line's end is not in sight."""
        behind = index + len(needle)
        match = (_TAIL if self._line_feed == b"\n" else _CR_TAIL).match(data, behind)
        if match is not None and (match.group(2).endswith((b"\n", b"\r")) or final):
            ending = match.group(2)
            if ending == b"\r" and not final and self._line_feed == b"\n":
                return None
            before = data[index - 1 : index] == b"\r" if index else self._crlf
            bare = self._crlf and (not before or ending == b"\n")
            return Hit(
                base + index, base + index + 1, base + match.end(), match.group(1) is not None, True, bare
            )
        if not final and len(data) - behind < _PARTIAL_SIZE and _PARTIAL_TAIL.match(data, behind):
            return None
        return Hit(base + index, base + index + 1, base + behind, False, False, False)

    def _partial(self, data: bytes | bytearray, base: int) -> int:
        """Return the index from which the data may begin a delimiter line; its length if there is none."""
        longest = max(len(part.needle) for part in self._stack)
        index = data.find(self._line_feed, max(self._position - base, len(data) - longest, 0))
        while index >= 0:
            tail = bytes(data[index:])
            if any(part.needle.startswith(tail) for part in self._stack):
                return index
            index = data.find(self._line_feed, index + 1)
        return len(data)

    def _wait_at(self, index: int, data: bytes | bytearray, base: int) -> None:
        """Note that everything before ``index`` is settled, and the line ending before it is not."""
        if self._line_feed == b"\n" and index > 0 and data[index - 1 : index] == b"\r":
            index -= 1
        if self._state is _State.BODY:
            self.safe = max(self.safe, base + index)
            self._position = max(self._position, base + index)
