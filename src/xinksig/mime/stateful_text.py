"""Decoded text of a charset with states: escapes change what octets stand for."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from xinksig.expressions import late
from xinksig.mime.decoded_text import OctetEdits, Text, decoded
from xinksig.mime.labels import Charset
from xinksig.mime.stateful import KOREAN_HEADER, Run, runs, sticky_escapes

_MOST_SHIFTS = 50_000
_SHIFTS = {"iso-2022": (b"\x1b", b"\x0e"), "hz": (b"~",), "utf-7": (b"+",)}
_BASE64_OR_HYPHEN = late(rb"[A-Za-z0-9+/-]")


def read_stateful(charset: Charset, octets: bytes) -> Text:
    """Decode octets of such a charset; never fails."""
    if sum(map(octets.count, _SHIFTS[charset.kind])) > _MOST_SHIFTS:
        characters = octets.decode(charset.reader, "replace")
        return UnmappedText(characters, charset, octets, certain=False, sound=False)
    kind = Utf7Text if charset.kind == "utf-7" else StatefulText
    text = kind(runs(charset.kind, octets, charset.reader), charset, octets)
    if charset.codec == "iso2022_kr" and not octets.startswith(KOREAN_HEADER):
        # Without the header at the top nothing but ASCII can be written.
        text.charset = charset._replace(codec="ascii", reader="ascii")
    return text


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


def _has_surrogates(characters: str) -> bool:
    try:
        characters.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
