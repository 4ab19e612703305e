"""Decoded text of a charset: its characters, and where each of them stands in the octets."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from xinksig.expressions import late
from xinksig.mime.labels import Charset
from xinksig.mime.stateful import KOREAN_HEADER, Run, sticky_escapes

OctetEdits = list[tuple[int, int, bytes]]

_BLOCK = 512
_BASE64_OR_HYPHEN = late(rb"[A-Za-z0-9+/-]")

ESCAPED = "".join(map(chr, range(0xDC80, 0xDD00)))
"""What damaged octets above 127 are read as (surrogateescape)."""


def decoded(octets: bytes, codec: str) -> str | None:
    """Return octets read by a codec, ``None`` if some of them stand for nothing."""
    try:
        return octets.decode(codec)
    except UnicodeDecodeError:
        return None


class Text:
    """Decoded octets, here of a charset in which every character is one octet."""

    __slots__ = ("_last", "certain", "characters", "charset", "octets", "sound")

    def __init__(
        self, characters: str, charset: Charset, octets: bytes, *, certain: bool = True, sound: bool = True
    ) -> None:
        self.characters = characters
        """The text; octets that stand for nothing are lone surrogates or U+FFFD."""
        self.charset = charset
        """How the octets were read, with the byte order if that matters."""
        self.octets = octets
        self.certain = certain
        """Whether the charset was declared and the octets fit; else only ASCII characters may be written."""
        self.sound = sound
        """Whether all octets stand for characters."""
        self._last = (0, 0)

    @property
    def strict(self) -> bool:
        """Whether every reader gets these characters: then they may be written in another charset."""
        if not (self.certain and self.sound):
            return False
        charset = self.charset
        if charset.ascii_compatible and self.octets.isascii():
            return True
        if charset.codec != charset.reader and decoded(self.octets, charset.codec) != self.characters:
            return False
        return not any(character in self.characters for character in charset.doubt)

    def octet_offset(self, index: int) -> int:
        """Return where character ``index`` begins."""
        return index

    def octet_span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the span of the octets of characters; escapes before and behind them are not in it."""
        return self.octet_offset(start), self.octet_offset(stop)

    def octet_edits(self, edits: Sequence[tuple[int, int, bytes]]) -> OctetEdits | None:
        """Turn edits ``(start, stop, octets)`` of characters into edits of octets.

        They ascend and do not overlap. The octets are those of ``encode`` or ``encode_html``; what is needed
        to bring a charset with states to ASCII and back is put around them. ``None``: the text cannot be
        edited, as damaged octets before an edit would become a character together with what follows.
        """
        result = []
        for start, stop, octets in edits:
            begin, end = self.octet_span(start, stop)
            result.append((begin, end, octets))
        if not self.sound:
            behind = b""
            follows = -1
            for (start, end, _), (_, stop, octets) in zip(reversed(edits), reversed(result), strict=True):
                behind = (octets + (behind if end == follows else self.octets[stop : stop + 4]))[:4]
                follows = start
                if self._would_join(start, behind):
                    return None
        return result

    def _would_join(self, index: int, behind: bytes) -> bool:
        """Whether damaged octets before character ``index`` and what comes behind them make a character."""
        damaged = self.characters[max(0, index - 3) : index]
        damaged = damaged[len(damaged.rstrip(ESCAPED)) :]
        if not damaged:
            return False
        before = damaged.encode("ascii", "surrogateescape")
        read = (before + behind).decode(self.charset.reader, "surrogateescape")
        return not read.startswith(damaged)


class Utf8Text(Text):
    """UTF-8 that is not all ASCII."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        """See ``Text``."""
        character, octet = self._last
        if index < character:
            character = octet = 0
        characters = self.characters
        if len(characters) - index < index - character:
            octet = len(self.octets) - len(characters[index:].encode("utf-8", "surrogateescape"))
        else:
            octet += len(characters[character:index].encode("utf-8", "surrogateescape"))
        self._last = (index, octet)
        return octet

    def octet_span(self, start: int, stop: int) -> tuple[int, int]:
        """See ``Text``."""
        begin = self.octet_offset(start)
        return begin, begin + len(self.characters[start:stop].encode("utf-8", "surrogateescape"))


class MultiText(Text):
    """A charset with characters of one to four octets, all ASCII octets among them."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        """See ``Text``."""
        if index < self._last[0]:
            self._last = (0, 0)
        character, octet = self._last
        reader = self.charset.reader
        between = self.characters[character:index]
        try:
            stop = octet + len(between.encode(reader, "surrogateescape"))
        except UnicodeEncodeError:
            return self._walk(index)
        # Two characters may be one pair of octets, or a character have two lengths: believe what reads back.
        if self.octets[octet:stop].decode(reader, "surrogateescape") != between:
            return self._walk(index)
        self._last = (index, stop)
        return stop

    def _walk(self, index: int) -> int:
        """Read block by block, and octet by octet in the last one, up to character ``index``."""
        from codecs import getincrementaldecoder

        decoder = getincrementaldecoder(self.charset.reader)("surrogateescape")
        character, octet = self._last
        stop = octet
        while stop + _BLOCK < len(self.octets):
            state = decoder.getstate()
            found = decoder.decode(self.octets[stop : stop + _BLOCK])
            if character + len(found) > index:
                decoder.setstate(state)
                break
            character += len(found)
            stop += _BLOCK
            octet = stop - len(decoder.getstate()[0])
        while character < index:
            stop += 1
            found = decoder.decode(self.octets[stop - 1 : stop], stop == len(self.octets))
            if character + len(found) > index:
                # Damaged octets come out together with what follows; each of them is one character.
                return octet + (index - character) * (found[:1] in ESCAPED)
            if found:
                character += len(found)
                octet = stop - len(decoder.getstate()[0])
        self._last = (character, octet)
        return octet


class WideText(Text):
    """UTF-16 or UTF-32."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        """See ``Text``."""
        character, octet = self._last
        if index < character:
            character = octet = 0
        octet += len(self.characters[character:index].encode(self.charset.codec, "surrogatepass"))
        self._last = (index, octet)
        return min(octet, len(self.octets))

    def _would_join(self, index: int, behind: bytes) -> bool:
        # A surrogate of its own was read as U+FFFD: it must not meet another one, nor a half unit anything.
        units = self.octets[self.octet_offset(max(0, index - 1)) : self.octet_offset(index)]
        return bool(behind) and decoded(units, self.charset.codec) is None


def _has_surrogates(characters: str) -> bool:
    try:
        characters.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


class StatefulText(Text):
    """A charset with states: escapes change what octets stand for."""

    __slots__ = ("_firsts", "_runs")

    def __init__(self, runs: list[Run], charset: Charset, octets: bytes) -> None:
        characters = "".join([run.characters for run in runs])
        sound = decoded(octets, charset.reader) == characters and not _has_surrogates(characters)
        super().__init__(characters, charset, octets, certain=sound, sound=sound)
        self._runs = runs
        self._firsts = list(accumulate((len(run.characters) for run in runs), initial=0))

    def _run(self, index: int) -> tuple[int, Run]:
        """Return the run of a character and the index of its first one."""
        number = bisect_right(self._firsts, index, 0, len(self._runs)) - 1
        return self._firsts[number], self._runs[number]

    def _begin(self, index: int) -> int:
        first, run = self._run(index)
        return run.start + (index - first) * run.unit

    def _end(self, index: int) -> int:
        first, run = self._run(index)
        return run.start + (index - first + 1) * run.unit if run.unit else run.stop

    def octet_offset(self, index: int) -> int:
        """See ``Text``."""
        return self._begin(index) if index < len(self.characters) else len(self.octets)

    def octet_span(self, start: int, stop: int) -> tuple[int, int]:
        """See ``Text``."""
        if start < stop:
            return self._begin(start), self._end(stop - 1)
        at = self._insertion(start)[0]
        return at, at

    def _insertion(self, index: int) -> tuple[int, Run | None]:
        """Return where to insert before a character, and the run whose state holds there."""
        following = self._run(index)[1] if index < len(self.characters) else None
        if index and (following is None or following.enter):
            # Rather in ASCII, before the escape that stands between the two.
            leading = self._run(index - 1)[1]
            if following is None or not leading.enter:
                return self._end(index - 1), leading
        if following is not None:
            return self._begin(index), following
        return len(KOREAN_HEADER) if self.octets.startswith(KOREAN_HEADER) else 0, None

    def octet_edits(self, edits: Sequence[tuple[int, int, bytes]]) -> OctetEdits | None:
        """See ``Text``."""
        result = []
        for start, stop, octets in edits:
            if start < stop:
                first, last = self._run(start)[1], self._run(stop - 1)[1]
                begin, end = self._begin(start), self._end(stop - 1)
                leave, enter = first.leave, last.enter
                if first.enter == last.enter and not octets:
                    leave = enter = b""
                enter += sticky_escapes(self.octets[begin:end])
            else:
                begin, run = self._insertion(start)
                end = begin
                leave, enter = (run.leave, run.enter) if run is not None and octets else (b"", b"")
            result.append((begin, end, leave + octets + enter))
        return result


class UnmappedText(Text):
    """Text that changes its state so often that no map is made of it: it can be read, but not edited."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        """Return the beginning or the end of the text."""
        return len(self.octets) if index and index >= len(self.characters) else 0

    def octet_edits(self, edits: Sequence[tuple[int, int, bytes]]) -> OctetEdits | None:  # noqa: ARG002
        """Return ``None``."""
        return None


class Utf7Text(StatefulText):
    """UTF-7: an edit within base64 writes the rest of the run anew."""

    __slots__ = ()

    def octet_edits(self, edits: Sequence[tuple[int, int, bytes]]) -> OctetEdits | None:
        """See ``Text``."""
        # Each result: its span, what it puts there, and the characters up to ``rest`` that are to follow.
        result: list[tuple[int, int, bytes, int, int]] = []
        for start, stop, octets in edits:
            begin, first = self._open(start)
            end, rest = self._close(start, stop)
            before = self._encoded(first, start)
            if result and begin <= result[-1][1]:
                # They meet: what follows the one is known with the other only.
                overlap = begin < result[-1][1]
                begin, _, written, at, last = result.pop()
                before = written + (self._encoded(at, start) if overlap else self._encoded(at, last) + before)
            octets = before + octets
            result.append((begin, end, octets, stop, rest))
        return [
            self._separated(begin, end, octets + self._encoded(stop, rest))
            for begin, end, octets, stop, rest in result
        ]

    def _open(self, index: int) -> tuple[int, int]:
        """Return where an edit that starts at a character begins, and the first character written anew."""
        if index >= len(self.characters):
            return (self._end(index - 1) if index else 0), index
        first, run = self._run(index)
        return (self._begin(index), index) if run.unit else (run.start, first)

    def _close(self, start: int, stop: int) -> tuple[int, int]:
        """Return where an edit ends, and up to which character the run is written anew."""
        if start == stop:
            first, run = self._run(stop) if stop < len(self.characters) else (stop, None)
            if run is None or run.unit or first == stop:
                return self._open(stop)[0], stop
        else:
            first, run = self._run(stop - 1)
            if run.unit:
                return self._end(stop - 1), stop
        return run.stop, first + len(run.characters)

    def _encoded(self, start: int, stop: int) -> bytes:
        return self.characters[start:stop].encode("utf-7", "surrogatepass")

    def _separated(self, begin: int, end: int, octets: bytes) -> tuple[int, int, bytes]:
        """Return an edit that ends base64 before it where the base64 does not end by itself."""
        number = bisect_right(self._runs, begin, key=_start) - 1
        run = self._runs[number] if number >= 0 else None
        if run is not None and run.start == begin and number:
            run = self._runs[number - 1]
        if run is not None and run.open and run.stop == begin:
            following = octets or self.octets[end : end + 1]
            if _BASE64_OR_HYPHEN.match(following):
                octets = b"-" + octets
        return begin, end, octets


def _start(run: Run) -> int:
    return run.start
