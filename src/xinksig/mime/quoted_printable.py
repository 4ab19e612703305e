"""Quoted-printable (RFC 2045, 6.7): what it says, where each octet stands, edits of single lines.

Where the RFC leaves the reading open, it is read as most mail readers do:

* a soft line break is ``=``, blanks that transport may have put there, and a line ending (CRLF, LF, CR,
  or CRs before an LF), or the end of the body;
* hexadecimal digits may be lower case, and any other ``=`` stands for itself;
* blanks before a hard line break, bare CRs and LFs, and octets above 126 are kept.
"""

import binascii
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from xinksig.expressions import late
from xinksig.records import NamedTuple

_EQUALS = ord("=")
_LINE = 76
_CACHED_SIZE = 128 << 10
_FAR = 128
_OPEN_ENDS = (b"=", b" ", b"\t")
"""What a soft line break without a line ending may end with."""

_SOFT = late(rb"=[ \t]*(?:\r*\n|\r)")
_SOFT_RUN = late(rb"(?:=[ \t]*(?:\r*\n|\r)){1,1000}")
_LONE_CR = re.compile(rb"\r[^\n]")  # one at the very end is read as a soft line break all the same
_BARE_CR = late(rb"=\r(?!\n)")
_BEFORE_BLANK = re.compile(rb"=[ \t]")
_LITERAL = late(rb"=(?!\n|[0-9A-Fa-f]{2})")
_TOKEN = late(rb"=(?:[0-9A-Fa-f]{2}|([ \t]*(?:\r*\n|\r)))?")
_ESCAPE = late(rb"=[0-9A-Fa-f]{2}")
# An "=" at the end of what stays whose meaning hangs on what follows: one that stands for itself, and could
# become an escape or a soft line break; and a soft line break by bare CRs, which takes in an LF.
_LOOSE = late(rb"=(?:[0-9A-Fa-f]|[ \t]*(\r*))")
# What must not begin a line that we make: relays and mailboxes may read it as something else.
_UNSAFE_START = re.compile(rb"\.|--|From ")
_UNSAFE_STARTS = re.compile(rb"\n(?:\.|--|From )")
_UNSAFE_LINE = late(rb"\.\Z|--|From ")


def decode(data: bytes) -> tuple[bytes, "Offsets"]:
    """Return the octets that a body stands for, and where each of them stands."""
    core, stop = data, len(data)
    if data.endswith(_OPEN_ENDS):
        stop = _stop(data)
        core = data[:stop]
    octets = binascii.a2b_qp(core)
    # binascii has its own reading of "==", and of an "=" before blanks, at the end or before a CR without LF.
    # The first two leave an "=" in the octets. What is found fast and is mostly absent is looked for first.
    if (
        (
            _EQUALS in octets
            and (core.rfind(b"==") >= 0 or (_BEFORE_BLANK.search(octets) and _BEFORE_BLANK.search(core)))
        )
        or (core is not data and core.endswith(b"="))
        or (_LONE_CR.search(core) and _BARE_CR.search(core))
    ):
        octets = _decode_odd(core)
        return octets, Offsets(data, stop, len(octets), _decode_odd)
    return octets, Offsets(data, stop, len(octets), binascii.a2b_qp)


def encode(octets: bytes, newline: bytes, *, text: bool = True) -> bytes:
    """Return octets in lines of at most 76.

    ``newline`` stays a line break where the octets are ``text``; every other CR and LF is escaped. No line
    ends in a blank, or begins with a dot, with ``--`` or with ``From``.
    """
    return _block(octets, newline, text).encoded


def _stop(data: bytes) -> int:
    """Return where the body ends, a soft line break without a line ending left out."""
    core = data.rstrip(b" \t")
    return len(core) - 1 if core.endswith(b"=") else len(data)


def _decode_odd(data: bytes) -> bytes:
    """Decode what binascii would read in another way, spelled as it reads it right."""
    return binascii.a2b_qp(_LITERAL.sub(b"=3D", _SOFT.sub(b"=\n", data)))


class Offsets:
    """Where the decoded octets of a body stand in it.

    Looking up decodes the octets between this place and the nearest of the last one asked for, the beginning
    and the end once more.
    """

    __slots__ = ("_data", "_decode", "_last", "_stop", "size")

    def __init__(self, data: bytes, stop: int, size: int, decode: Callable[[bytes], bytes]) -> None:
        self._data = data
        self._stop = stop
        self._decode = decode
        self._last = (0, 0)
        self.size = size
        """How many octets the body decodes to."""

    def start(self, index: int) -> int:
        """Return where decoded octet ``index`` begins, behind soft line breaks before it.

        For ``size`` that is the end of the body.
        """
        return self._seek(index) if index < self.size else len(self._data)

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the span of decoded octets without soft line breaks before and behind it."""
        if start >= self.size:
            end = self.span(self.size - 1, self.size)[1] if self.size else 0
            return end, end
        first = self._seek(start)
        if start >= stop:
            return first, first
        behind = first + stop - start
        if self._data.find(b"=", first, behind) < 0:
            return first, behind
        last = self._seek(stop - 1)
        escape = _ESCAPE.match(self._data, last, self._stop)
        return first, escape.end() if escape else last + 1

    def _seek(self, index: int) -> int:
        """Return where decoded octet ``index`` begins, which has to be one."""
        data = self._data
        at, count = self._last
        if count > index:
            at = count = 0
        if index - count > _FAR:
            if self.size - index < index - count:
                at, count = self._stop, self.size
            else:
                at, count = self._guess(at, count, index)
            while count > index:
                # So many octets decode to at most as many: never back too far, and soon there.
                border = self._border(0, at - (count - index))
                count -= len(self._decode(data[border:at]))
                at = border
        while count < index:
            border = self._border(at, min(at + index - count, self._stop))
            if border > at:
                count += len(self._decode(data[at:border]))
                at = border
                continue
            token = _TOKEN.match(data, at, self._stop)
            count += token is None or token[1] is None
            at = at + 1 if token is None else token.end()
        while data[at] == 61 and (soft := _SOFT_RUN.match(data, at, self._stop)):
            at = soft.end()
        self._last = (at, count)
        return at

    def _guess(self, at: int, count: int, index: int) -> tuple[int, int]:
        """Return a place near ``index``, guessed as if the body were even all through."""
        start = at
        at = self._border(start, start + (self._stop - start) * (index - count) // (self.size - count))
        return at, count + len(self._decode(self._data[start:at]))

    def _border(self, start: int, stop: int) -> int:
        """Return ``stop``, or the beginning of the escape or soft line break that holds it."""
        data = self._data
        if self._decode is not _decode_odd:
            equals = data.rfind(b"=", max(start, stop - 2), stop)
            return stop if equals < 0 else equals
        equals = data.rfind(b"=", start, stop)
        if equals >= 0:
            token = _TOKEN.match(data, equals, self._stop)
            if token is not None and token.end() > stop:
                return equals
        return stop


class _Block(NamedTuple):
    """Encoded octets, in a form that does not depend on what stands before and behind them."""

    encoded: bytes
    first: int
    """The length of its first line; room for an ``=`` included where it is the last one, too."""
    last: bytes
    """Its last line, with room for an ``=`` behind it."""
    lines: int
    is_whole: bool
    """Whether it may begin a line and end one as it is."""


def _block_of(octets: bytes, newline: bytes, text: bool) -> _Block:
    if len(octets) > _CACHED_SIZE:
        return _block(octets, newline, text)
    return _cached_block(octets, newline, text)


def _block(octets: bytes, newline: bytes, text: bool) -> _Block:
    encoded = _encode(octets, newline, text)
    lines = encoded.split(newline)
    if (
        max(map(len, lines)) > _LINE
        or len(lines[-1]) >= _LINE
        or _UNSAFE_STARTS.search(encoded)
        or _UNSAFE_START.match(encoded)
        or newline == b"\r"
    ):
        last = lines.pop()
        lines = [piece for line in lines for piece in _safe(line, _LINE)]
        lines += _safe(last, _LINE - 1)
        encoded = newline.join(lines)
    first, last = len(lines[0]) + (len(lines) == 1), lines[-1]
    is_whole = lines[0] != b"" and last != b"." and not last.endswith((b" ", b"\t"))
    return _Block(encoded, first, last, len(lines), is_whole)


# A signature goes into many messages: encode it once.
_cached_block = lru_cache(maxsize=32)(_block)


def _encode(octets: bytes, newline: bytes, text: bool) -> bytes:
    """Return octets in quoted-printable; lines may still be unsafe, or too long by an escaped blank."""
    breaks = octets.count(newline) if text else 0
    if breaks and newline != b"\r":
        carriage_returns = breaks if newline == b"\r\n" else 0
        if octets.count(b"\n") == breaks and octets.count(b"\r") == carriage_returns:
            # binascii, too, takes the line ending for soft line breaks from the text.
            return binascii.b2a_qp(octets, istext=True)
    lines = octets.split(newline) if breaks else [octets]
    return newline.join(
        [
            binascii.b2a_qp(line, istext=False).replace(b"\r\n", b"\n").replace(b"\n", newline)
            for line in lines
        ]
    )


def _safe(line: bytes, limit: int) -> list[bytes]:
    """Return an encoded line as lines that are neither too long nor begin in a way that could be misread."""
    lines = []
    while True:
        if _UNSAFE_START.match(line):
            line = b"=%02X" % line[0] + line[1:]
        if len(line) <= limit:
            lines.append(line)
            return lines
        equals = line.rfind(b"=", _LINE - 3, _LINE - 1)
        cut = _LINE - 1 if equals < 0 else equals
        lines.append(line[:cut] + b"=")
        line = line[cut:]


def splice(
    data: bytes,
    offsets: Offsets,
    edits: Sequence[tuple[int, int, bytes]],
    newline: bytes,
    *,
    text: bool = True,
) -> list[tuple[int, int, bytes]]:
    """Turn edits of the decoded octets into edits of the body; only the lines they touch change.

    What stays on such a line keeps its own spelling, but for a blank that would end a line and the like.
    """
    if newline == b"\r" and b"\n" in data:
        # A soft line break by a bare CR would take in an LF that follows.
        newline, text = b"\n", False
    ending = newline[-1:]
    if len(edits) == 1:
        ((first, last, octets),) = edits
        start, stop = offsets.span(first, last)
        if (data.startswith(ending, start - 1) or start == 0) and (
            data.startswith((ending, b"\r\n"), stop) or stop == len(data)
        ):
            # As everyday mail has it: nothing that stays stands beside what is put in.
            block = _block_of(octets, newline, text)
            if block.is_whole:
                return [(start, stop, block.encoded)]
        groups, spans = [(first, last, [octets])], [(start, stop)]
    else:
        groups = _adjacent(edits)
        spans = [offsets.span(start, stop) for start, stop, _ in groups]
    result = []
    at = 0
    line = b""
    shrunk = True
    for index, (start, stop) in enumerate(spans):
        begin = data.rfind(ending, at, start) + 1
        alone = begin > 0 or index == 0
        head = data[begin:start] if alone else line
        end = data.find(ending, stop)
        end = len(data) if end < 0 else end
        following = spans[index + 1][0] if index + 1 < len(spans) else end + 1
        if following <= end:
            end = following
        elif ending == b"\n" and end > stop and data[end - 1] == 13:
            end -= 1
        blocks = [_block_of(piece, newline, text) for piece in groups[index][2] if piece]
        # A line that only loses something cannot become too long.
        shrunk = (alone or shrunk) and not blocks and ending not in data[start:stop]
        writer = _Writer(head, data[stop:end], newline, shared=following == end)
        writer.write(blocks, limited=not shrunk)
        at = stop + writer.right
        line = writer.line
        result.append((start - writer.left, at, b"".join(writer.out)))
    return result


def _adjacent(edits: Sequence[tuple[int, int, bytes]]) -> list[tuple[int, int, list[bytes]]]:
    """Return edits with those that touch made one; the replacements stay apart."""
    groups: list[tuple[int, int, list[bytes]]] = []
    for start, stop, octets in edits:
        if groups and groups[-1][1] == start:
            first, _, pieces = groups[-1]
            groups[-1] = (first, stop, [*pieces, octets])
        else:
            groups.append((start, stop, [octets]))
    return groups


class _Writer:
    """Writes what stands between two stretches of one or two lines that stay."""

    __slots__ = ("_newline", "_room", "_tail", "left", "line", "out", "right")

    def __init__(self, head: bytes, tail: bytes, newline: bytes, *, shared: bool) -> None:
        self.line = head
        """What stands on the line so far."""
        self.out: list[bytes] = []
        self.left = self.right = 0
        """How many octets before and behind the span are spelled anew."""
        self._tail = tail
        self._newline = newline
        # Another edit follows on the line: it may need an "=" first.
        self._room = _LINE - 1 if shared else _LINE

    def write(self, blocks: list[_Block], *, limited: bool) -> None:
        """Fill ``out``; not ``limited``: the line may stay as long as it is."""
        if b"=" in self.line:
            self._settle_head()
        for block in blocks:
            self._put_block(block)
        if self._tail:
            self._put_tail(limited=limited or bool(self.out))
        else:
            self._end_line()

    def _settle_head(self) -> None:
        """Spell a loose ``=`` so that what follows cannot change its meaning."""
        equals = self.line.rfind(b"=")
        match = _LOOSE.fullmatch(self.line, equals) if equals >= 0 else None
        if match is None:
            return
        loose = self.line[equals:]
        self.left = len(loose)
        self.line = self.line[:equals]
        if match[1]:
            self._break()
            self._put(b"=0D" * (len(match[1]) - 1))
            return
        if self.line and len(self.line) + len(loose) + 3 > _LINE:
            self._break()
        self._put(b"=3D" + loose[1:])

    def _put(self, octets: bytes) -> None:
        self.out.append(octets)
        self.line += octets

    def _break(self) -> None:
        """Begin a new line by a soft line break."""
        if len(self.line) == _LINE and not self.out:
            # No room for the "=": the last character goes to the next line.
            length = 3 if _ESCAPE.match(self.line, _LINE - 3) else 1
            last = self.line[-length:]
            self.left += length
            self.out += (b"=" + self._newline, last)
            self.line = last
        else:
            self.out.append(b"=" + self._newline)
            self.line = b""

    def _put_block(self, block: _Block) -> None:
        if block.first == 0:
            self._end_line()
        if self.line and (len(self.line) + block.first > _LINE or self._becomes_unsafe(block.encoded[:5])):
            self._break()
            if self.line and len(self.line) + block.first > _LINE:
                self._break()
        self.out.append(block.encoded)
        self.line = block.last if block.lines > 1 else self.line + block.last

    def _becomes_unsafe(self, following: bytes) -> bool:
        """Whether what follows would turn a short beginning of a line into one that could be misread."""
        line = self.line
        return len(line) < 5 and not _UNSAFE_LINE.match(line) and bool(_UNSAFE_LINE.match(line + following))

    def _put_tail(self, *, limited: bool) -> None:
        tail = self._tail
        if self.line and limited and len(self.line) + len(tail) > self._room:
            self._break()
            if self.line and len(self.line) + len(tail) > self._room:
                self._break()
        if self.line and self._becomes_unsafe(tail[:5]):
            self._break()
        while not self.line and _UNSAFE_LINE.match(tail):
            self._put(b"=%02X" % tail[0])
            self.right += 1
            tail = tail[1:]
            if len(self.line) + len(tail) > self._room > len(tail):
                self._break()
        self.line += tail

    def _end_line(self) -> None:
        """See that the line, which ends here, ends in no blank and is no single dot."""
        line = self.line
        if line.endswith((b" ", b"\t")):
            escape = b"=%02X" % line[-1]
            if self.out:
                self.out[-1] = self.out[-1][:-1]
            else:
                self.left += 1
            self.line = line[:-1]
            if self.line and len(line) <= _LINE < len(line) + 2:
                self._break()
            self._put(escape)
        elif line == b".":
            self._break()
