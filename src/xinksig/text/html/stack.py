"""The elements that a parser has open at an offset, where no parser is needed to know it.

Follows the rules of WHATWG HTML 13.2.6 with one stack, and stops with ``TooComplexError`` as soon as the
source asks for more: formatting left open at the end of its block, misnested formatting, text that is moved
out of a table, and elements that parsers do not agree about.
"""

from collections.abc import Callable, Sequence
from functools import partial

from xinksig.records import NamedTuple, cast
from xinksig.text.html.kinds import (
    BARRIER_TAG,
    BLOCK_KINDS,
    BLOCK_TAG,
    BUTTON_TAG,
    ENDS_BY_ITSELF,
    FORM_TAG,
    FORMATTING_TAG,
    HEADING_TAG,
    IGNORED_TAG,
    IN_HEAD,
    ITEM_TAG,
    KINDS,
    PART_TAG,
    RAW_IN_HEAD,
    RAW_TAG,
    SUBTREE_TAG,
    TABLE_TAG,
    VOID_TAG,
)
from xinksig.text.html.names import (
    CELLS,
    DISPUTED,
    FORMATTING,
    HEADINGS,
    ROW_GROUPS,
    SPECIAL,
    TABLE_PARTS,
)
from xinksig.text.html.runs import (
    BODY,
    FAR,
    HARMLESS_OPTIONS,
    IN_LINK,
    IN_P,
    IN_ROW,
    IN_ROWS,
    IN_TABLE,
    NO_CONTENT,
    is_quirky,
    prologue,
    run,
)
from xinksig.text.html.scanner import (
    END,
    INERT,
    START,
    TEXT,
    Span,
    attributes,
    construct,
    raw_content,
    self_closing,
    subtree,
)

DEEPEST = 256
"""Elements open at once; with more, nothing is certain."""
_TOO_DEEP = f"more than {DEEPEST} elements stand in each other"
_FAR = 8192
"""Characters from where on it pays to make an expression ready that passes tables as wholes."""
_MOST_STEPS = 100_000
"""Steps up the stack in search of an element, in one document."""
_TABLE_MODES = {**dict.fromkeys(TABLE_PARTS, IN_TABLE), **dict.fromkeys(ROW_GROUPS, IN_ROWS), "tr": IN_ROW}


class TooComplexError(Exception):
    """The open elements cannot be told by one stack; the reason is one sentence for an administrator."""


class Element(NamedTuple):
    """An open element: its name in lower case and the span of its start tag; (-1, -1): it was implied."""

    name: str
    start: int
    stop: int

    def attributes(self, html: str) -> dict[str, str]:
        """Return its attributes, names in lower case; ``html`` is the source that it was found in."""
        return attributes(html, self.start, self.stop) if self.start >= 0 else {}


_new_element = cast("Callable[[tuple[str, int, int]], Element]", partial(tuple.__new__, Element))


def is_closed(html: str, tag: Span, stop: int) -> bool:
    """Return whether what is passed over as a whole ends in an end tag of its own, or is empty."""
    if stop == tag.stop:
        return self_closing(html, tag)
    end = construct(html, html.rfind("<", tag.start, stop), stop)
    return end.kind == END and end.name == tag.name and end.stop == stop


class Walk:
    """A walk through a document from its start on, with the stack of open elements at ``at``."""

    __slots__ = (
        "_barriers",
        "_closed",
        "_counts",
        "_form",
        "_frames",
        "_quirky",
        "_steps",
        "_tail",
        "at",
        "blocked",
        "html",
        "is_amended",
        "revivers",
        "stack",
        "strays",
    )

    def __init__(self, html: str, *, in_body: bool = False) -> None:
        self.html = html
        self.at = 0
        """Where the walk is: in the data state."""
        self.stack: list[Element] = []
        """Outermost first; empty before the body begins."""
        self.strays = 0
        """Tags that a parser ignores or makes an element of its own of, and end tags that are missing."""
        self.blocked: list[tuple[Element, int, int]] = []
        """End tags that are ignored only because of one element inside theirs, with that element."""
        self.revivers: set[int] = set()
        """Where start tags of open ``p`` are that closed an earlier ``p``: without them it would go on."""
        self.is_amended = False
        """Whether another html or body tag was read: an open element has its attributes too."""
        # Open elements by name out to the last barrier, and those of the scopes outside it.
        self._counts: dict[str, int] = {}
        self._frames: list[dict[str, int]] = []
        self._barriers: list[int] = []
        self._closed = -1
        self._form: Element | None = None
        self._quirky: bool | None = None
        self._steps = 0
        self._tail = (-1, -1)
        if in_body:
            self.stack += [Element("html", -1, -1), Element("body", -1, -1)]
        else:
            self._begin()

    def _begin(self) -> None:
        match = prologue().match(self.html)
        assert match is not None
        doctype, _, _, body = match.groups()
        # Without one, a table leaves a paragraph open.
        self._quirky = doctype is None or is_quirky(doctype)
        self._tail = start, stop = match.span(2)
        if body is None:
            self.at = len(self.html[: match.end()].rstrip("\t\n\f\r "))
        else:
            self.at = at = match.end()
            self.stack = [_new_element(("html", start, stop)), _new_element(("body", at - len(body), at))]

    def copy(self) -> "Walk":
        """Return a walk that goes on from here by itself."""
        other = object.__new__(Walk)
        for name in Walk.__slots__:
            value = getattr(self, name)
            setattr(other, name, value.copy() if isinstance(value, (list, dict, set)) else value)
        other._frames = [frame.copy() for frame in self._frames]
        return other

    @property
    def is_in_scope(self) -> bool:
        """Whether a cell, a table or another element is open out of which no end tag reaches."""
        return bool(self._barriers)

    @property
    def top(self) -> str:
        """The name of the current node."""
        return self.stack[-1].name

    def is_settled(self, offset: int) -> bool:
        """Tell whether a parser at ``offset``, where the walk is, puts whatever comes next into the body."""
        if not self.stack:
            return False
        return self._closed < 0 or NO_CONTENT.fullmatch(self.html, self._closed, offset) is None

    def imply_body(self) -> None:
        """Begin the body if it has not begun."""
        if not self.stack:
            self.stack += [Element("html", *self._tail), Element("body", -1, -1)]

    def advance(self, offset: int, floor: int = 0) -> bool:
        """Walk on to ``offset``; return ``False`` if the character there is not in the data state.

        With a ``floor`` stops once no more than that many elements are open. Raises ``TooComplexError``.
        """
        html, stack = self.html, self.stack
        if self.at > offset:
            return False
        while (at := self.at) < offset:
            if not stack:
                if not self._advance_early(offset):
                    return False
                continue
            top = stack[-1][0]
            mode = _TABLE_MODES.get(top)
            if mode is None:
                counts = self._counts
                mode = IN_LINK if counts.get("a") else IN_P if counts.get("p") or top in HEADINGS else BODY
            match = run(mode if offset - at < _FAR else mode | FAR).match(html, at, offset)
            assert match is not None
            slash, name = match.group("slash", "name")
            stop = match.end()
            if name is None:
                if not self._advance_slowly(stop, offset):
                    return False
                continue
            start = match.start("slash") - 1
            self.at = stop
            if name not in KINDS and (not name.islower() or "\0" in name):
                name = construct(html, start, stop).name
            if slash:
                self.end(name, start, stop)
                if len(stack) <= floor:
                    return True
            else:
                self.at = self.start(name, start, stop)
        return self.at == offset

    def _advance_slowly(self, at: int, offset: int) -> bool:
        """Take in the construct at ``at``, where a run ended; ``False`` if it holds ``offset``."""
        self.at = at
        if at >= offset:
            return True
        html = self.html
        if html[at] != "<":
            raise TooComplexError("text stands in a table, but in none of its cells")
        span = construct(html, at, len(html))
        if span.stop > offset and span.kind != TEXT:
            return False
        self.at = min(span.stop, offset)
        if span.kind == START:
            self.at = self.start(*span[3:], *span[1:3])
        elif span.kind == END:
            self.end(span.name, span.start, span.stop)
        elif span.kind == TEXT and self.top in TABLE_PARTS:
            raise TooComplexError("text stands in a table, but in none of its cells")
        return True

    def _advance_early(self, offset: int) -> bool:
        """Take in a construct before the body's content."""
        html = self.html
        match = NO_CONTENT.match(html, self.at, offset)
        assert match is not None
        self.at = match.end()
        if self.at >= offset:
            return True
        span = construct(html, self.at, len(html)) if html[self.at] == "<" else None
        if span is None or span.kind == TEXT:
            self.imply_body()
            return True
        if span.stop > offset:
            return False
        self.at = span.stop
        if span.kind == START:
            self._start_early(span)
        elif span.kind == END and span.name in ("body", "html", "br"):
            self.imply_body()
            self.end(span.name, span.start, span.stop)
        return True

    def _start_early(self, tag: Span) -> None:
        name = tag.name
        if name == "html":
            self.is_amended = self._tail[0] >= 0
            if not self.is_amended:
                self._tail = (tag.start, tag.stop)
        elif name == "body":
            self.imply_body()
            self.stack[1] = Element("body", tag.start, tag.stop)
        elif name in RAW_IN_HEAD:
            self.at = self._behind_raw(tag)
        elif name in ("noscript", "template", "frameset"):
            raise TooComplexError(f"a {name} tag stands before the body")
        elif name not in IN_HEAD and name != "head":
            self.imply_body()
            self.at = self.start(name, tag.start, tag.stop)

    # Start tags.

    def start(self, name: str, start: int, stop: int) -> int:
        """Take in a start tag; return the offset behind it, or behind its content where that is no markup."""
        self._closed = -1
        kind = KINDS.get(name, 0)
        stack, counts = self.stack, self._counts
        if stack[-1][0] in TABLE_PARTS and kind not in (PART_TAG, IGNORED_TAG):
            return self._start_in_table(name, start, stop)
        if kind == BLOCK_TAG:
            if counts.get("p"):
                self._make_way(kind, name, start)
        elif kind == FORMATTING_TAG:
            if counts.get(name):
                self._check_formatting(name, start, stop)
        elif kind in BLOCK_KINDS:
            self._make_way(kind, name, start)
        elif kind:
            return self._start_other(kind, name, start, stop)
        # As ``_push`` does, but most tags come this way.
        stack.append(_new_element((name, start, stop)))
        counts[name] = counts.get(name, 0) + 1
        if len(stack) > DEEPEST:
            raise TooComplexError(_TOO_DEEP)
        return stop

    def _push(self, name: str, start: int, stop: int) -> None:
        stack, counts = self.stack, self._counts
        stack.append(_new_element((name, start, stop)))
        counts[name] = counts.get(name, 0) + 1
        if len(stack) > DEEPEST:
            raise TooComplexError(_TOO_DEEP)

    def _push_barrier(self, name: str, start: int, stop: int) -> None:
        self._barriers.append(len(self.stack))
        self._push(name, start, stop)
        self._frames.append(self._counts)
        self._counts = {}

    def _make_way(self, kind: int, name: str, start: int) -> None:
        """Close what the start tag of a block closes."""
        counts = self._counts
        if kind == ITEM_TAG:
            self._close_item(("li",) if name == "li" else ("dd", "dt"))
        elif kind == BUTTON_TAG:
            if counts.get("button"):
                raise TooComplexError("a button stands in a button")
            return
        if counts.get("p"):
            if name in ("dialog", "search"):
                raise TooComplexError(f"parsers do not agree whether {name} ends a paragraph")
            self._close_p()
            if name == "p" and not counts["p"]:
                self.revivers.add(start)
        if kind == HEADING_TAG and self.top in HEADINGS:
            self.strays += 1
            self._pop_to(len(self.stack) - 1)

    def _check_formatting(self, name: str, start: int, stop: int) -> None:
        """See whether formatting may stand in open elements of its name."""
        known = self._counts[name]
        if name in ("a", "nobr"):
            raise TooComplexError(f"an {name} element stands in another one")
        if known >= 2:
            # A parser forgets the first of four that are alike, a run passes over the fourth.
            # A copy of an element has no id, so that it is left out of account.
            mine = attributes(self.html, start, stop) | {"id": ""}
            self._spend(known)
            bottom = self._barriers[-1] if self._barriers else 0
            alike = [
                element
                for element in self.stack[bottom:]
                if element.name == name and element.attributes(self.html) | {"id": ""} == mine
            ]
            if len(alike) >= 2:
                raise TooComplexError(f"three {name} elements that are alike stand in each other")

    def _start_table(self, start: int, stop: int) -> None:
        if self._counts.get("p") and not self._quirky:
            if self._quirky is None:
                raise TooComplexError("its doctype leaves open whether a table ends a paragraph")
            self._close_p()
        self._push_barrier("table", start, stop)

    def _start_in_table(self, name: str, start: int, stop: int) -> int:
        """Take in a start tag directly in a table or a row of it."""
        if self.top == "colgroup":
            self._pop_to(len(self.stack) - 1)
        if name in ("style", "script"):
            return self._behind_raw(Span(START, start, stop, name))
        if name == "input" and attributes(self.html, start, stop).get("type", "").lower() == "hidden":
            return stop
        if name == "form":
            if self._form is None:
                self._form = Element(name, start, stop)
            return stop
        raise TooComplexError(f"a {name} tag stands in a table, but in none of its cells")

    def _start_part(self, name: str, start: int, stop: int) -> None:
        """Take in the start tag of a table's part."""
        if not self._to_table_level():
            self.strays += 1
            return
        top = self.top
        if name == "col":
            if top != "colgroup":
                self._pop_to(self._barriers[-1] + 1)
                self._push("colgroup", -1, -1)
        elif name in ("td", "th", "tr"):
            if top == "colgroup" or (top == "tr" and name == "tr"):
                self._pop_to(len(self.stack) - 1)
            if self.top == "table":
                self._push("tbody", -1, -1)
            if name == "tr":
                self._push(name, start, stop)
                return
            if self.top != "tr":
                self._push("tr", -1, -1)
            self._push_barrier(name, start, stop)
        else:
            self._pop_to(self._barriers[-1] + 1)
            if name == "caption":
                self._push_barrier(name, start, stop)
            else:
                self._push(name, start, stop)

    def _to_table_level(self) -> bool:
        """Close the cell or caption around; ``False`` if there is no table around."""
        if self.top in TABLE_PARTS:
            return True
        if not self._barriers:
            return False
        barrier = self.stack[self._barriers[-1]].name
        if barrier not in CELLS:
            raise TooComplexError(f"a part of a table stands in {barrier}")
        self._pop_barrier()
        return True

    def _start_other(self, kind: int, name: str, start: int, stop: int) -> int:
        if kind == VOID_TAG:
            if name == "hr":
                self._close_p()
            return stop
        if kind == PART_TAG:
            self._start_part(name, start, stop)
            return stop
        if kind == TABLE_TAG:
            self._start_table(start, stop)
            return stop
        if kind == RAW_TAG:
            if name == "xmp":
                self._close_p()
            return self._behind_raw(Span(START, start, stop, name))
        if kind == SUBTREE_TAG:
            return self._behind_subtree(Span(START, start, stop, name))
        if kind == BARRIER_TAG:
            formatting = not FORMATTING.isdisjoint(self._counts) and any(map(self._counts.get, FORMATTING))
            if name == "template" and (self._counts.get("p") or formatting):
                raise TooComplexError("a template stands in a paragraph or in formatting")
            self._push_barrier(name, start, stop)
        elif kind == FORM_TAG:
            if self._form is not None:
                raise TooComplexError("a form stands in a form")
            self._close_p()
            self._push(name, start, stop)
            self._form = self.stack[-1]
        elif kind == IGNORED_TAG:
            self.strays += 1
            self.is_amended |= name in ("html", "body")
        else:
            raise TooComplexError(f"parsers do not agree about the tag {name}")
        return stop

    def _behind_raw(self, tag: Span) -> int:
        """Return the offset behind the end tag of an element whose content is no markup."""
        content = raw_content(self.html, tag, len(self.html))
        if content.stop == len(self.html):
            return content.stop
        return construct(self.html, content.stop, len(self.html)).stop

    def _behind_subtree(self, tag: Span) -> int:
        held = subtree(self.html, tag)
        if held.kind == INERT and is_closed(self.html, tag, held.stop):
            return held.stop
        if tag.name == "select":
            match = HARMLESS_OPTIONS.match(self.html, tag.stop, held.stop)
            assert match is not None
            end = construct(self.html, match.end(), held.stop) if match.end() < held.stop else None
            if end is not None and end.kind == END and end.name == "select":
                return held.stop
        raise TooComplexError(f"only a full parser can read the {tag.name} element")

    # End tags.

    def end(self, name: str, start: int, stop: int) -> None:
        """Take in an end tag."""
        stack = self.stack
        top = stack[-1][0]
        kind = KINDS.get(name, 0)
        if top == name and kind < TABLE_TAG:
            self._closed = -1
            stack.pop()
            self._counts[name] -= 1
        elif kind in (TABLE_TAG, PART_TAG, IGNORED_TAG):
            self._end_part(kind, name, stop)
        elif kind == FORM_TAG:
            self._end_form()
        elif top in TABLE_PARTS:
            if name in ("p", "br"):
                raise TooComplexError(f"an end tag of {name} stands in a table, but in none of its cells")
            self.strays += 1
        else:
            self._closed = -1
            self._end_other(kind, name, start, stop)

    def _end_other(self, kind: int, name: str, start: int, stop: int) -> None:
        counts = self._counts
        if kind == BARRIER_TAG:
            if self._barriers and self.stack[self._barriers[-1]].name == name:
                if name == "template" and self.top != name:
                    raise TooComplexError("an element is left open at the end of a template")
                self._pop_barrier()
            else:
                self.strays += 1
        elif kind == HEADING_TAG:
            self.strays += 1
            if any(map(counts.get, HEADINGS)):
                self._pop_to(self._nearest(HEADINGS))
        elif not counts.get(name):
            self.strays += 1
        else:
            at = self._nearest((name,))
            above = [element.name for element in self.stack[at + 1 :]]
            if kind in (0, FORMATTING_TAG):
                disputed = not DISPUTED.isdisjoint(above)
                special = [element for element in self.stack[at + 1 :] if element.name in SPECIAL]
                if disputed or special:
                    if kind or disputed:
                        raise TooComplexError(f"a {name} element ends in a block that began inside it")
                    self.strays += 1
                    if len(special) == 1:
                        self.blocked.append((special[0], start, stop))
                    return
            if kind == ITEM_TAG and name == "li" and ("ol" in above or "ul" in above):
                self.strays += 1
                return
            self._pop_to(at)

    def _end_form(self) -> None:
        form, self._form = self._form, None
        if form in self.stack:
            while self.top in ("p", "li", "dd", "dt"):
                self._pop_to(len(self.stack) - 1)
        if form is not None and self.stack[-1] is form:
            self._pop_to(len(self.stack) - 1)
        elif form is not None and form in self.stack:
            raise TooComplexError("a form ends inside an element that began in it")
        else:
            self.strays += 1

    def _end_part(self, kind: int, name: str, stop: int) -> None:
        """Take in the end tag of a table, of a part of it, or of the body."""
        if kind == IGNORED_TAG:
            if not self._barriers and name in ("body", "html"):
                self._closed = stop
            self.strays += 1
            return
        if not self._barriers:
            self.strays += 1
            return
        stack, bottom = self.stack, self._barriers[-1]
        barrier = stack[bottom].name
        if barrier in CELLS:
            if name in CELLS:
                if name == barrier:
                    self._pop_barrier()
                else:
                    self.strays += 1
                return
            outer = self._barriers[-2]
            if name != "table" and (
                barrier == "caption" or name not in [item.name for item in stack[outer:bottom]]
            ):
                self.strays += 1
                return
            self._pop_barrier()
            bottom = outer
        elif barrier != "table":
            raise TooComplexError(f"an end tag of {name} stands in {barrier}")
        if name == "table":
            self._pop_barrier()
            return
        for at in range(len(stack) - 1, bottom, -1):
            if stack[at].name == name:
                self._pop_to(at)
                return
        self.strays += 1

    # Closing.

    def _nearest(self, wanted: Sequence[str] | frozenset[str]) -> int:
        stack = self.stack
        at = len(stack) - 1
        while stack[at].name not in wanted:
            at -= 1
        self._spend(len(stack) - at)
        return at

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > _MOST_STEPS:
            raise TooComplexError("its elements stand in each other too deep and too often")

    def _close_p(self) -> None:
        if self._counts.get("p"):
            at = self._nearest(("p", "button"))
            if self.stack[at].name == "p":
                self.revivers.discard(self.stack[at].start)
                self._pop_to(at)

    def _close_item(self, wanted: tuple[str, ...]) -> None:
        counts, stack = self._counts, self.stack
        if not any(map(counts.get, wanted)):
            return
        at = len(stack) - 1
        while True:
            name = stack[at].name
            if name in wanted:
                self._pop_to(at)
                return
            if name in DISPUTED:
                raise TooComplexError(f"parsers do not agree about items in {name}")
            if name in SPECIAL and name not in ("address", "div", "p"):
                return
            self._spend(1)
            at -= 1

    def _pop_to(self, at: int) -> None:
        """Close the element at that index and those inside it."""
        stack, counts = self.stack, self._counts
        for element in stack[at + 1 :]:
            if element.name in FORMATTING:
                raise TooComplexError(f"a {element.name} element is left open at the end of its block")
            if element.name not in ENDS_BY_ITSELF:
                self.strays += 1
        for element in stack[at:]:
            counts[element.name] -= 1
        del stack[at:]

    def _pop_barrier(self) -> None:
        at = self._barriers.pop()
        self._counts = self._frames.pop()
        self._counts[self.stack[at].name] -= 1
        self.strays += sum(element.name not in ENDS_BY_ITSELF for element in self.stack[at + 1 :])
        del self.stack[at:]
