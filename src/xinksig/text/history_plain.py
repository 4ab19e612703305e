"""Quoted history in plain text: ``>`` lines, header blocks, original-message lines, attribution lines."""

import re
from functools import lru_cache

from xinksig.expressions import late
from xinksig.text.history import NO_HISTORY, SIGNATURE_DASHES, History, Origin, merged
from xinksig.text.separators import (
    LONGEST_LINE_START,
    attribution,
    begins_forwarded,
    closer,
    evidence,
    fold,
    folded_lines,
    has_date,
    label,
    line_starts,
    title_kind,
)

_QUOTED_LINES = late(r"(?:\ufeff? {0,3}>[^\n]*+(?:\n|\Z)){1,256}")
_FLOWED_QUOTED_LINES = late(r"(?:\ufeff?>[^\n]*+(?:\n|\Z)){1,256}")
_MAIL_STORE_FROM = late(r">From [^\n]*+\n?+(?!\ufeff? {0,3}>)")
"""A line that a mail store changed lest a message seem to begin there: typed, unless quotes go on."""
_RULE = late(r"[ \t*]*([-_=–—])\1{4,}[ \t*]*\r?\n?\Z")
_HALF_DAY = late(r"[ap]\. ?m\.\Z", re.IGNORECASE)
_BLOCK_LINES = 64
_FOLDED_LINES = 16
"""Of one field, such as a long list of recipients."""
_WINDOW = 8192
"""Characters behind the last offset of interest that may still tell what it belongs to."""
_BLANK = " \t\r\n\u00a0\u202f\u200b\ufeff"


def plain_history(
    text: str, more_separators: tuple[str, ...] = (), *, flowed: bool = False, upto: int | None = None
) -> History:
    """Return the history of a plain text.

    ``upto`` limits the work: only what lies before it is told apart (and ``end`` is not known then).
    ``flowed``: the text is format=flowed, where a blank before ``>`` says that the sign was typed
    (RFC 3676, 4.4).
    """
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    if not more_separators and not _may_part_off(text):
        return _nothing(text, upto)
    stop = len(text) if upto is None else min(len(text), upto + _WINDOW)
    pattern = _candidates(more_separators, ascii_only=text.isascii())
    first = pattern.match("\n" + text[:LONGEST_LINE_START])
    found = pattern.search(text, 0, stop)
    if first is None and found is None:
        return _nothing(text, upto)
    reader = _Reader(text, stop, folded_lines(more_separators), flowed)
    at = 0 if first is not None else found.start() + 1 if found is not None else stop
    while at < stop:
        at = reader.line(at)
        found = pattern.search(text, max(at - 1, 0), stop)
        at = found.start() + 1 if found is not None else stop
    spans = merged(reader.spans)
    return History(spans, _newest_end(text, spans), reader.origin)


def _may_part_off(text: str) -> bool:
    """Tell by one of the signs in whatever parts off history; before an expression is made ready for it."""
    # A single character is found several times faster than two.
    return (
        ">" in text
        or ":" in text
        or "：" in text
        or ("-" in text and "--" in text)
        or ("_" in text and "__" in text)
        or ("=" in text and "==" in text)
        or ("–" in text and "––" in text)
        or ("—" in text and "——" in text)
    )


def _nothing(text: str, upto: int | None) -> History:
    return NO_HISTORY if upto is not None else History((), _trimmed(text, len(text)))


class _Reader:
    """Reads the lines that may be a separator and gathers the spans of history."""

    def __init__(self, text: str, stop: int, more: frozenset[str], flowed: bool) -> None:
        self.text = text
        self.stop = stop
        self.more = more
        self.flowed = flowed
        self.spans: list[tuple[int, int]] = []
        self.origin = Origin.NONE

    def line(self, start: int) -> int:
        """Read the line at ``start``; return the start of the line to go on with."""
        text = self.text
        stop = self._line_stop(start)
        line = text[start:stop]
        if line.lstrip(" \ufeff").startswith(">"):
            return self._quote(start, stop)
        kind = title_kind(line)
        if kind or (self.more and fold(line) in self.more):
            return self._tail(start, Origin.FORWARD if kind == "forwarded" else Origin.REPLY)
        if _RULE.match(line):
            block, behind = self._header_block(self._next_text(stop), bare=False)
            return self._tail(start, Origin.REPLY) if block else behind or stop
        if label(line)[0] == "from":
            block, behind = self._header_block(start, bare=True)
            return self._tail(start, Origin.REPLY) if block else behind
        if begins_forwarded(line):
            return self._forwarded(start, stop)
        return self._bare_attribution(start, stop)

    def _line_stop(self, start: int) -> int:
        at = self.text.find("\n", start)
        return len(self.text) if at < 0 else at + 1

    def _next_text(self, at: int) -> int:
        """Return the start of the next line that is not blank, at most three lines on."""
        for _ in range(4):
            stop = self._line_stop(at)
            if self.text[at:stop].strip(_BLANK) or stop == len(self.text):
                return at
            at = stop
        return at

    def _tail(self, start: int, origin: Origin) -> int:
        self._note(origin)
        self.spans.append((start, len(self.text)))
        return len(self.text)

    def _note(self, origin: Origin) -> None:
        if not self.origin:
            self.origin = origin

    def _quote(self, start: int, stop: int) -> int:
        """Take the block of quoted lines that begins at ``start``, with the attribution above it."""
        text = self.text
        lines = _FLOWED_QUOTED_LINES if self.flowed else _QUOTED_LINES
        if _MAIL_STORE_FROM.match(text, start) and not (self.spans and self.spans[-1][1] == start):
            return stop
        at = start
        while at < len(text) and (block := lines.match(text, at)):
            at = block.end()
        if at == start:
            return stop
        above = self._attribution_above(start)
        if above < start:
            self._note(Origin.FORWARD if begins_forwarded(text[above:start]) else Origin.REPLY)
        self.spans.append((above, at))
        return at

    def _attribution_above(self, start: int) -> int:
        """Return the start of the attribution above the quote at ``start``, else ``start``.

        It may be wrapped: of several readings the one with the date is meant, or that of a whole line.
        """
        text = self.text
        low = self.spans[-1][1] if self.spans else 0
        window = max(low, start - 200)
        behind = window + len(text[window:start].rstrip(_BLANK))
        if behind <= low or text[behind - 1] not in ":：-*_" or text.count("\n", behind, start) > 3:
            return start
        at = max(low, text.rfind("\n", low, behind) + 1)
        best, kind, dated = start, "", False
        for _ in range(4):
            joined = text[at:behind]
            found = attribution(joined)
            if found and closer(found, has_date(joined), kind, dated):
                best, kind, dated = at, found, has_date(joined)
            elif begins_forwarded(joined):
                return at
            above = max(low, text.rfind("\n", low, at - 1) + 1) if at > low else at
            line = text[above:at].rstrip(_BLANK)
            if not line or (line[-1] in ".!?;:…" and not _HALF_DAY.search(line)):
                break
            at = above
        return best

    def _forwarded(self, start: int, stop: int) -> int:
        """Take the line ``Begin forwarded message:``; a quote below it takes it along by itself."""
        below = self._next_text(stop)
        if self.text[below : below + 4].lstrip(" \ufeff").startswith(">"):
            return stop
        return self._tail(start, Origin.FORWARD)

    def _bare_attribution(self, start: int, stop: int) -> int:
        """Take all below an attribution with date and address, if no quoted line follows it.

        Clients that do not mark quoted lines leave no other trace.
        """
        text = self.text
        if not self._apart(start):
            return stop
        behind = stop
        for _ in range(3):
            joined = text[start:behind]
            if joined.rstrip(_BLANK)[-1:] in (":", "：", "-"):
                if attribution(joined, above_quote=False) != "whole" or self._quoted_below(behind):
                    return stop
                return self._tail(start, Origin.REPLY)
            following = self._line_stop(behind)
            if not text[behind:following].strip(_BLANK):
                return stop
            behind = following
        return stop

    def _apart(self, start: int) -> bool:
        """Tell whether nothing or a blank line stands above the line at ``start``."""
        above = self.text.rfind("\n", 0, max(start - 1, 0)) + 1
        return start == 0 or not self.text[above:start].strip(_BLANK)

    def _quoted_below(self, at: int) -> bool:
        """Tell whether a quoted line follows anywhere below: then only those are history."""
        return "\n>" in self.text[at:] or self.text.startswith((">", "\ufeff>"), at)

    def _header_block(self, at: int, *, bare: bool) -> tuple[bool, int]:
        """Tell whether a header block begins at ``at``, and where its labelled lines end (0: none).

        It has two fields below a rule. A ``bare`` one begins with From and has three fields, not apart from
        typed text four.
        """
        fields: list[tuple[str, str]] = []
        start, behind, folded = at, 0, 0
        for _ in range(_BLOCK_LINES):
            stop = self._line_stop(at)
            line = self.text[at:stop]
            field, value = label(line)
            if field:
                fields.append((field, value))
                behind, folded = stop, 0
            elif not fields or folded == _FOLDED_LINES or not line.strip(_BLANK) or _RULE.match(line):
                break
            else:
                fields.append((fields[-1][0], line))
                folded += 1
            at = stop
            if at == len(self.text):
                break
        kinds = {field for field, _ in fields} - {"other"}
        least = 2 if not bare else 3 if self._apart(start) else 4
        found = (
            "from" in kinds
            and len(kinds) >= least
            and (not bare or fields[0][0] == "from")
            and evidence(fields, bare=bare)
        )
        return found, behind


def _trimmed(text: str, stop: int) -> int:
    """Return where the text before ``stop`` ends, without blanks and line endings."""
    at = stop
    while at > 0:
        low = max(0, at - 4096)
        kept = len(text[low:at].rstrip(_BLANK))
        if kept:
            return low + kept
        at = low
    return 0


def _newest_end(text: str, spans: tuple[tuple[int, int], ...]) -> int:
    """Return the end of the last text that is not in ``spans``.

    A signature below the last quote, which some clients put there, counts only if there is no text above.
    """
    end, signed = len(text), 0
    for start, stop in reversed(spans):
        end = _trimmed(text, end)
        if end > stop:
            first = text[stop:end].lstrip(_BLANK).partition("\n")[0].strip(_BLANK)
            if signed or first != SIGNATURE_DASHES:
                return end
            signed = end
        end = start
    return _trimmed(text, end) or signed


@lru_cache(maxsize=16)
def _candidates(more: tuple[str, ...], *, ascii_only: bool) -> re.Pattern[str]:
    """Return a line break and what a line behind it begins with that may part off history."""
    first, line = line_starts(more, ascii_only=ascii_only)
    blanks = r" \t*" if ascii_only else r" \t*\ufeff"
    return re.compile(rf"\n[{blanks}]{{0,8}}+(?=[{first}])(?:{line})")
