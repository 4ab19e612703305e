"""Reads HTML for quoted history: what clients' quote elements hold, header blocks, original-message lines.

Decided on the attributes of real tags and on visible lines: comments, style sheets and attribute values
never count.
"""

import re

from xinksig.expressions import late
from xinksig.text.history import SIGNATURE_DASHES, History, Origin, merged
from xinksig.text.html.scanner import attributes, data_state
from xinksig.text.lines import Element, Line, LineReader
from xinksig.text.separators import (
    attribution,
    begins_forwarded,
    closer,
    element_kind,
    evidence,
    fold,
    folded_lines,
    has_date,
    label,
    title_kind,
)

_MARKED = frozenset(("div", "blockquote", "span", "table", "section", "p", "font", "pre", "td", "a"))
"""Elements that clients mark as quotes, or as what stands before one."""
_BORDER_TOP = late(r"border-top(?:-style)?\s*:[^;]*\bsolid\b", re.IGNORECASE)
_WORD_BORDER = late(
    r"border:\s*none;\s*border-top:\s*solid\s+(?:#E1E1E1|#B5C4DF)\s+1(?:\.0)?pt;\s*padding:\s*3(?:\.0)?pt",
    re.IGNORECASE,
)
_INDENT = late(r"border(?:-left)?(?:-style)?\s*:\s*none", re.IGNORECASE)
"""Gmail's block for indented text is a blockquote, too."""
_RULE_LINE = late(r"([-_=–—])\1{4,}\Z")
_ANY_LABEL = late(r"([^\s:：][^:：]{0,38})[:：]\s*(.*)")
_ATTRIBUTION_LINES = 3
_MOST_FIELDS = 12
"""Lines of a header block until it is certain."""
_LAST_LINES = 4
_TAIL = 1024
"""Characters at the end that are read first of a body without history."""
_FURTHER = 1 << 16
"""Characters read behind the last offset of interest to decide what is open there."""
_MARKS = ("_", "-message", "RplyFwdMsg", "border-top", "moz-", "onsend", "Content", "iosymail", "x_", "quote")


def all_new(html: str) -> History:
    """Return the history of a body without any: only its last lines are read, from a tag near the end on."""
    size = _TAIL
    start = html.rfind("<", 0, max(len(html) - size, 0))
    while start > 0:
        reader = LineReader(html)
        if data_state(html, 0, start) is None:
            reader.read(start)
            if len(reader.lines) > 1:  # the first one may have begun before
                return _ending_in(reader.lines[1:])
        size *= 8
        start = html.rfind("<", 0, max(len(html) - size, 0))
    reader = LineReader(html)
    reader.read()
    return _ending_in(reader.lines)


def _ending_in(lines: list[Line]) -> History:
    return History((), lines[-1].stop if lines else 0, Origin.NONE, tuple(lines[-_LAST_LINES:]))


class HistoryReader(LineReader):
    """Gathers the spans of history; ``lines`` are those that seemed new when they were read."""

    def __init__(self, html: str, more: tuple[str, ...] = (), upto: int | None = None) -> None:
        super().__init__(html)
        self._more = folded_lines(more)
        if upto is not None:
            self.upto = upto
        self._plain = not _holds_marks(html)
        """No element can be marked."""
        self._spans: list[tuple[int, int]] = []
        self._origin = Origin.NONE
        self._containers: list[Element] = []
        self._quote: Element | None = None
        self._quote_start = 0
        self._quote_origin = Origin.NONE
        self._rule = -1
        """Where a rule stands directly above, else -1."""
        self._word = False
        """That rule is the border that Word draws above a header block, in whatever language."""
        self._fields: list[tuple[str, str]] = []
        self._block_start = 0
        self._attribution = -1
        """Where the attribution directly above begins, else -1."""
        self._prefix: Element | None = None
        self._prefix_lines = 0
        self._bare = -1
        """Where an attribution without a marked quote below it begins, else -1."""
        self._bare_within: Element | None = None
        """The element at whose end the text below that attribution ends."""

    def history(self) -> History:
        """Return the history, after ``read``."""
        history = History(merged(self._spans), 0, self._origin)
        new = [line for line in self.lines if not history.quoted(line.start)]
        end, ended = _newest_end(history, new)
        whole = self.upto == len(self.html)
        return history._replace(end=end, lines=(*ended, *new[-_LAST_LINES:]) if whole else ())

    def read(self, start: int = 0, stop: int | None = None) -> None:
        """Read the body and decide what is still open at its end."""
        super().read(start, stop)
        size = len(self.html)
        if self._quote is not None:
            self._take(self._quote_start, size, self._quote_origin)
        elif not self.stopped:
            for element in self._containers:
                if element.role != "container":
                    self._take(element.start, size, _ORIGIN[element.role])
            if self._bare >= 0:
                self._take(self._bare, size, Origin.REPLY)

    def proceed(self, at: int) -> bool:
        """Tell whether to read on at this offset, because something open is not decided."""
        undecided = (
            self._rule >= 0
            or self._attribution >= 0
            or self._bare >= 0
            or bool(self._fields)
            or any(element.role != "container" for element in self._containers)
        )
        return undecided and self._quote is None and at <= self.upto + _FURTHER

    # What the walk tells.

    def opened(self, element: Element, stop: int) -> None:
        """Take note of an element: does history begin here?"""
        if self._quote is not None or element.name not in _MARKED:
            return
        role = element.role = self._role(element, stop)
        if role:
            self.end_line()
        if role == "quote":
            self._begin_quote(element)
        elif role in ("container", "forward", "reference"):
            self._containers.append(element)
        elif role == "rest":
            self._tail(self._rule if self._rule >= 0 else element.start, Origin.REPLY)
        elif role == "rule":
            self._set_rule(element.start)
        elif role == "prefix":
            self._prefix = element
            self._prefix_lines = len(self.lines)

    def closed(self, element: Element, stop: int) -> None:
        """Take note of an element's end: does history end here?"""
        quote = self._quote is not None
        if element is self._quote:
            self._take(self._quote_start, stop, self._quote_origin)
            self._quote = None
            self.muted = False
            self._forget()
        if self._containers and element is self._containers[-1]:
            self._containers.pop()
            if not quote and not self.stopped:
                self._close_container(element, stop)
        if self._bare >= 0 and element is self._bare_within:
            self._take(self._bare, stop, Origin.REPLY)
            self._bare = -1
        if element is self._prefix:
            self._prefix = None
            last = self.lines[-1] if len(self.lines) > self._prefix_lines else None
            if self._attribution < 0 and last is not None and last.text[-1:] in (":", "："):
                self._attribution = last.start

    def rule(self, start: int, stop: int) -> None:
        """Take note of a rule: a header block may follow."""
        if self._quote is not None or self.stopped:
            return
        if element_kind(_tokens(attributes(self.html, start, stop)))[0] == "rest":
            self._tail(start, Origin.REPLY)
        else:
            self._set_rule(start)

    def image(self, start: int, stop: int) -> None:
        """Take note of an image as something new to see."""
        if self._quote is None and not self.stopped:
            self._forget()
            self.lines.append(Line("", ((start, stop),), self.top))

    def line(self, line: Line) -> None:
        """Take note of a visible line: does history begin here?"""
        if self.stopped:
            return
        text = line.text
        if self._quote is not None:
            self._first_quoted(text)
            return
        if text[0] == ">" and not (text.startswith(">>") and text.endswith("<<")):
            self._quoted_line(line)
            return
        kind = title_kind(text)
        if kind or begins_forwarded(text):
            self._begin(line.start, Origin.REPLY if kind == "original" else Origin.FORWARD)
        elif self._more and fold(text) in self._more:
            self._tail(line.start, Origin.REPLY)
        elif _RULE_LINE.match(text):
            self.lines.append(line)
            self._set_rule(line.start)
        elif not self._is_labelled(line):
            self._forget()
            self.lines.append(line)
            if text[-1] in ":：-":
                self._seek_attribution(line)

    # What an element is.

    def _role(self, element: Element, stop: int) -> str:
        html = self.html
        if element.name == "blockquote":
            return self._blockquote_role(attributes(html, element.start, stop))
        if self._plain or html.find("=", element.start, stop) < 0:
            return ""
        found = attributes(html, element.start, stop)
        kind, prefixed = element_kind(_tokens(found))
        if kind == "signature" or (kind == "container" and prefixed):
            return "quote" if prefixed else ""
        if kind or element.name != "div":
            return kind
        return "rule" if _BORDER_TOP.search(found.get("style", "")) else ""

    def _blockquote_role(self, found: dict[str, str]) -> str:
        if found.get("type", "").casefold() == "cite" or found.get("cite", "").startswith("mid:"):
            return "quote"
        kind, _ = element_kind(_tokens(found))
        if kind in ("quote", "container") or self._attribution >= 0:
            return "quote"
        contained = bool(self._containers) and self._containers[-1].role == "container"
        return "quote" if contained and not _INDENT.search(found.get("style", "")) else ""

    # Where history begins and ends.

    def _take(self, start: int, stop: int, origin: Origin) -> None:
        self._spans.append((start, stop))
        if not self._origin:
            self._origin = origin

    def _tail(self, start: int, origin: Origin) -> None:
        """Take all from ``start`` on."""
        self._take(start, len(self.html), origin)
        self._bare = -1
        self.stopped = self.muted = True

    def _begin(self, start: int, origin: Origin) -> None:
        """Begin history that lasts as long as the container around it, without one to the end."""
        container = self._containers[-1] if self._containers else None
        if container is None or container.role == "reference":
            self._tail(start, origin)
        else:
            self._hold(container, start, origin)
            self.muted = True

    def _begin_quote(self, element: Element) -> None:
        start = self._attribution if self._attribution >= 0 else element.start
        if self._containers and self._containers[-1].role != "container":
            self._begin(start, _ORIGIN[self._containers[-1].role])
        else:
            self._hold(element, start, Origin.REPLY)

    def _hold(self, element: Element, start: int, origin: Origin) -> None:
        """Be in history until the element ends."""
        self._quote, self._quote_start, self._quote_origin = element, start, origin
        self._bare = -1

    def _first_quoted(self, text: str) -> None:
        """Read the first line of a quote: it may say that the message is forwarded."""
        self.muted = True
        if begins_forwarded(text) or title_kind(text) == "forwarded":
            self._quote_origin = Origin.FORWARD

    def _close_container(self, element: Element, stop: int) -> None:
        """Decide about a container in which nothing told where the quote begins."""
        if element.role == "forward":
            self._take(element.start, stop, Origin.FORWARD)
        elif element.role == "reference":
            self._tail(element.start, Origin.REPLY)

    def _quoted_line(self, line: Line) -> None:
        above = self._attribution
        origin = Origin.NONE if above < 0 else Origin.REPLY
        self._take(line.start if above < 0 else above, line.stop, origin)
        self._bare = -1
        self._forget()

    # What stands directly above.

    def _forget(self) -> None:
        self._fields = []
        self._rule = self._attribution = -1
        self._word = False

    def _set_rule(self, start: int) -> None:
        if self._rule < 0:
            self._rule = start
        self._fields = []
        self._attribution = -1
        self._word = self._word or self._is_word_border(start)

    def _is_word_border(self, start: int) -> bool:
        if not self.html.startswith("<", start):
            return False
        stop = self.html.find(">", start) + 1
        return _WORD_BORDER.match(attributes(self.html, start, stop).get("style", "").strip()) is not None

    def _is_labelled(self, line: Line) -> bool:
        """Take the line as one of a header block if it is; begin history when the block is certain."""
        field, value = label(line.text)
        if not field and self._word and (match := _ANY_LABEL.match(line.text)):
            field, value = match[1], match[2]
        if field:
            if not self._fields:
                self._block_start = line.start
        elif self._fields and not self._fields[-1][1]:
            field, value = self._fields.pop()[0], line.text
        else:
            return False
        if len(self._fields) == _MOST_FIELDS:
            return False
        self._fields.append((field, value))
        self._attribution = -1
        self.lines.append(line)
        if self._is_block():
            role = self._containers[-1].role if self._containers else "reference"
            self._begin(self._rule if self._rule >= 0 else self._block_start, _ORIGIN[role])
        return True

    def _is_block(self) -> bool:
        """Tell whether the labelled lines are a header block: two fields below a rule, else three."""
        fields = self._fields
        kinds = {field for field, _ in fields} - {"other"}
        ruled = self._rule >= 0 or any(element.role != "container" for element in self._containers)
        if self._word and len(kinds) > 2 and evidence([("to", value) for _, value in fields], bare=False):
            return True
        if "from" not in kinds or not evidence(fields, bare=not ruled):
            return False
        return len(kinds) >= 2 if ruled else len(kinds) >= 3 and fields[0][0] == "from"

    def _seek_attribution(self, line: Line) -> None:
        """Note whether the line, alone or with those above it, is an attribution."""
        container = self._containers[-1] if self._containers else None
        joined, kind, dated = "", "", False
        for above in reversed(self.lines[-_ATTRIBUTION_LINES:]):
            if not above.text or (joined and above.text[-1] in ".!?;:"):
                break
            joined = f"{above.text} {joined}" if joined else above.text
            found = attribution(joined)
            if found and closer(found, has_date(joined), kind, dated):
                self._attribution, kind, dated = above.start, found, has_date(joined)
                whole = joined[0].isalpha() and attribution(joined, above_quote=False) == "whole"
                if container is not None or whole:
                    self._bare = above.start
                    self._bare_within = container or _blockquote_around(line.element)


_ORIGIN = {
    "container": Origin.REPLY,
    "reference": Origin.REPLY,
    "forward": Origin.FORWARD,
}


def _newest_end(history: History, new: list[Line]) -> tuple[int, list[Line]]:
    """Return the end of the last of the new lines, and the line.

    A signature below the last quote, which some clients put there, counts only if there is no text above.
    """
    if not new:
        return 0, []
    edge = max((stop for _, stop in history.spans if stop <= new[-1].start), default=-1)
    if edge >= 0:
        below = next(at for at, line in enumerate(new) if line.start >= edge)
        if below and new[below].text == SIGNATURE_DASHES:
            return new[below - 1].stop, [new[below - 1]]
    return new[-1].stop, []


def _blockquote_around(element: Element | None) -> Element | None:
    """Return the nearest blockquote, be it marked or not, that holds the element."""
    for _ in range(64):
        if element is None or element.name == "blockquote":
            return element
        element = element.parent
    return None


def _tokens(found: dict[str, str]) -> list[str]:
    """Return classes and ids of an element; its name with ``name=`` before it."""
    values = (found.get(name, "") for name in ("class", "id", "data-marker"))
    tokens = [token for value in values if value for token in value.split()]
    return [*tokens, f"name={found['name']}"] if "name" in found else tokens


def _holds_marks(html: str) -> bool:
    """Tell whether an element may have a mark of the data file; most new messages hold none of these."""
    return any(mark in html for mark in _MARKS)
