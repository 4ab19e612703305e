"""What stands around the places of a document that one stack cannot follow: by html5lib's own list.

html5lib builds the tree; its tokenizer is not used. The scanner's spans are its tokens, which makes their
offsets exact, leaves nothing to normalise, and avoids the tokenizer's quadratic cliffs. The tree holds no
text: a letter stands for what a reader sees, a noncharacter for a placeholder. Of each element it is noted
in which gaps it shows something, while it grows.

The only module that imports html5lib, frozen at 1.1; whatever it raises means that nothing is certain.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from xinksig.text.html.growth import PLACE, SEEN, UNSEEN, Attributes, Leaf, Node, Now
from xinksig.text.html.names import BARRIERS, CELLS, FORMATTING, SPECIAL, TABLE_PARTS
from xinksig.text.html.names import RAW as RAW_ELEMENTS
from xinksig.text.html.references import decoded
from xinksig.text.html.scanner import (
    COMMENT,
    DROPPED,
    END,
    INERT,
    PLAINTEXT,
    RCDATA,
    START,
    TEXT,
    UNSURE,
    Span,
    attributes,
    data_state,
    names,
    self_closing,
    spans,
)
from xinksig.text.html.serialise import serialised
from xinksig.text.html.stack import DEEPEST, TooComplexError
from xinksig.text.html.wrappers import (
    IN_TABLE,
    NOT_TEXT,
    Around,
    Pieces,
    Trace,
    Wrapper,
    is_visible_text,
    nearest_block,
    refusal,
)

LARGEST = 512 << 10
"""Characters read at most."""
MOST_ATTRIBUTES = 64
"""Attributes of a tag."""

_SPACE = "\t\n\f\r "
_MOST_ROUNDS = 8
"""How many times a parser builds formatting anew at one end tag."""
_BIG_TAG = 2 * MOST_ATTRIBUTES
_READ_ATTRIBUTES = FORMATTING | {"input", "annotation-xml"}
_LONG_NUMBER = re.compile(r"&#0*+([0-9]{8,})|&#[xX]0*+([0-9A-Fa-f]{7,})|&#0{8,}|&#[xX]0{8,}")
_UNSETTLED = names("initial beforeHtml beforeHead inHead inHeadNoscript afterHead afterBody afterAfterBody")
_TABLE_PHASES = ("inTable", "inTableText", "inColumnGroup", "inTableBody", "inRow")
_TOO_LARGE = "it stands too far down in a document that only a full parser can read"
_FOREIGN = "it stands in an image or a formula of svg or math"
_FAILED = "the parser failed at the document"
_DIVERGED = "tags before it are nested so wrongly that parsers build different trees"
_SOLE = "it stands in a {0} element in another {0} element, which only wrong nesting can make"
_FORGOTTEN = "more than three elements that are alike stand in each other"
_UNDECIDED = "formatting around it ends too far down to be sure of it"


def trace(html: str, places: Sequence[Pieces]) -> Trace:
    """Return what stands around each of the ascending places; where it is not sure, why. Never raises."""
    try:
        return _Grower(html, places).run()
    except TooComplexError as error:
        reason = str(error)
    except Exception:  # noqa: BLE001 - html5lib raises what it likes, and the message must go on
        reason = _FAILED
    refused = Trace()
    for _ in places:
        around = Around(())
        around.reason = reason
        refused.places.append(around)
    return refused


class _Stream:
    charEncoding = (None, "certain")  # noqa: N815

    def position(self) -> tuple[int, int]:
        return (0, 0)


class _Tokenizer:
    """The states that html5lib's parser sets, so that it can be seen how it wants the source to be read."""

    dataState = "data"  # noqa: N815
    rcdataState = rawtextState = scriptDataState = plaintextState = "content"  # noqa: N815

    def __init__(self) -> None:
        self.state = self.dataState
        self.stream = _Stream()


@cache
def _parser_class() -> Any:
    """Return html5lib's parser, corrected where the standard and all browsers do something else."""
    from html5lib.html5parser import HTMLParser, getPhases

    phases = {name: _with_blanks(getPhases(False)[name]) for name in ("inCell", "inCaption", "inTable")}

    class Parser(HTMLParser):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.phases.update((name, phase(self, self.tree)) for name, phase in phases.items())

        def parseError(self, *_: object, **__: object) -> None:  # noqa: N802
            pass

    return Parser


def _with_blanks(phase: Any) -> Any:
    """Return a phase in which white space is read as in the body (HTML 13.2.6.4.9, .11, .15).

    There it opens formatting again, but not directly in a part of a table.
    """

    class WithBlanks(phase):  # type: ignore[misc]
        __slots__ = ()

        def processSpaceCharacters(self, token: dict[str, Any]) -> None:  # noqa: N802
            tree, phases = self.tree, self.parser.phases
            is_table = self is phases["inTable"]
            if is_table and tree.openElements[-1].name in TABLE_PARTS:
                super().processSpaceCharacters(token)
                return
            tree.insertFromTable = is_table
            phases["inBody"].processSpaceCharacters(token)
            tree.insertFromTable = False

    return WithBlanks


@cache
def _token_types() -> dict[str, int]:
    from html5lib.constants import tokenTypes

    return dict(tokenTypes)


def _new_parser(now: Now) -> Any:
    """Return a parser of html5lib whose tree is made of our nodes."""
    from html5lib.treebuilders.base import TreeBuilder

    class Builder(TreeBuilder):
        commentClass = doctypeClass = Leaf  # noqa: N815

        def documentClass(self) -> Node:  # noqa: N802
            return Node(now, "#document", None)

        def elementClass(self, name: str, namespace: str | None) -> Node:  # noqa: N802
            return Node(now, name, namespace)

    parser = _parser_class()(Builder)
    parser.innerHTMLMode = False
    parser.scripting = False
    parser.tokenizer = _Tokenizer()
    parser.reset()
    return parser


class _Grower:
    """Grows the tree of a document up to its last place, and behind it until its wrappers are known."""

    def __init__(self, html: str, places: Sequence[Pieces]) -> None:
        self._html = html
        self._places = places
        self._now = Now()
        self._parser = _new_parser(self._now)
        self._tree = self._parser.tree
        self._types = _token_types()
        self._live: dict[Wrapper, None] = {}
        self._chained: set[Wrapper] = set()
        self._reborn: set[Wrapper] = set()
        self._forgotten: set[str] = set()
        self._blocks: dict[Wrapper, list[Node]] = {}
        self._before: list[Node] = []
        self._last_phases = [self._parser.phases[name] for name in ("afterBody", "afterAfterBody")]
        self._table_phases = [self._parser.phases[name] for name in _TABLE_PHASES]
        self._doubtful: set[Node | None] = set()
        self._undecided = False

    def run(self) -> Trace:
        """Return the trace; to be called once."""
        at = 0
        for number, pieces in enumerate(self._places):
            first = pieces[0][0]
            if first > LARGEST:
                raise TooComplexError(_TOO_LARGE)
            is_text = self._is_text(at, first)
            at = self._read(at, first)
            if at != first or not is_text:
                around = Around(())
                around.reason = NOT_TEXT
                self._now.trace.places.append(around)
                continue
            at = self._take(number, pieces)
        self._read(at, min(len(self._html), LARGEST), behind=True)
        if self._parser.phase is self._parser.phases["inTableText"]:
            # What has been read waits for a token behind it.
            self._feed({"type": self._types["Comment"], "data": ""})
            self._watch(None)
        is_cut = len(self._html) > LARGEST
        for around in self._now.trace.places:
            wrappers = (*around.chain, *around.inside)
            if is_cut and not self._live.keys().isdisjoint(wrappers):
                around.reason = around.reason or _UNDECIDED
            if any(wrapper.name in self._forgotten for wrapper in wrappers):
                around.reason = around.reason or _FORGOTTEN
        return self._now.trace

    def _is_text(self, at: int, offset: int) -> bool:
        """Tell whether ``offset`` is text, or in a subtree of which the parser knows more."""
        held = data_state(self._html, at, offset)
        return held is None or held.kind in (INERT, UNSURE, PLAINTEXT)

    def _take(self, number: int, pieces: Pieces) -> int:
        """Take in a place; return the offset behind it."""
        now, tree = self._now, self._tree
        phase = self._parser.phase
        settled = not any(phase is self._parser.phases[name] for name in _UNSETTLED)
        now.place = 1 << number
        around: Around | None = None
        at = pieces[0][0]
        for start, stop in pieces:
            if not self._is_text(at, start) or self._read(at, start) != start:
                raise TooComplexError(NOT_TEXT)
            at = stop
            now.offset = start
            if stop > start:
                self._undecided = False
                self._feed({"type": self._types["Characters"], "data": PLACE})
            nodes = tree.openElements
            block = nearest_block(nodes)
            if around is None:
                around = self._around(nodes, block)
                around.settled = settled
                if start == stop:
                    around.chain[:0] = self._pending(now)
                self._live.update(dict.fromkeys((*around.chain, *around.beyond)))
                self._chained.update(around.chain)
                for wrapper in around.beyond:
                    self._blocks.setdefault(wrapper, []).append(nodes[block - 1])
                now.trace.places.append(around)
                now.gap = 2 << number
            else:
                for node in nodes[block:]:
                    if node not in self._live and node not in around.chain:
                        around.inside.append(node)
                        self._live[node] = None
            for node in nodes[block:]:
                node.show(0, now.place)
        now.place = 0
        return at

    def _around(self, nodes: list[Node], block: int) -> Around:
        around = Around([node.name for node in nodes[:block]][::-1])
        around.chain = list(nodes[block:][::-1])
        if block:
            around.block = nodes[block - 1].start
        for node in reversed(nodes[: max(block - 1, 0)]):
            if node.name in BARRIERS:
                break
            if node.name in FORMATTING:
                around.beyond.append(node)
        if None in self._doubtful or not self._doubtful.isdisjoint(nodes):
            around.reason = _DIVERGED
        elif self._parser.phase in self._table_phases:
            around.reason = IN_TABLE
        elif any(node.namespace != self._tree.defaultNamespace for node in nodes):
            around.reason = _FOREIGN
        elif sole := self._nested_sole():
            around.reason = _SOLE.format(sole)
        else:
            around.reason = refusal([node.name for node in reversed(nodes)])
        return around

    def _nested_sole(self) -> str:
        """Return the name of formatting that is there twice although its start tag ends the first, or ""."""
        names: list[str] = []
        for node in reversed(self._tree.activeFormattingElements):
            if node is None:
                break
            names.append(node.name)
        return next((name for name in ("a", "nobr") if names.count(name) > 1), "")

    def _pending(self, now: Now) -> list[Wrapper]:
        """Return wrappers for the formatting that would be opened again here, innermost first."""
        found: list[Wrapper] = []
        for node in reversed(self._tree.activeFormattingElements):
            if node is None or node in self._tree.openElements:
                break
            wrapper = Wrapper(node.name, -1, -1)
            wrapper.source = node.source
            wrapper.born = now.offset
            wrapper.pieces = now.place
            found.append(now.trace.add(wrapper))
        return found

    def _read(self, at: int, stop: int, *, behind: bool = False) -> int:
        """Take in the source up to ``stop``; ``behind`` the last place, until no wrapper is live any more."""
        now, tokenizer = self._now, self._parser.tokenizer
        while at < stop:
            for span in spans(self._html, at, stop):
                if behind and not self._live:
                    return at
                now.offset = span.start
                at = self._read_span(span)
                if span.kind == START and span.name in RAW_ELEMENTS:
                    if tokenizer.state == _Tokenizer.dataState:
                        break  # Here the content is markup all the same.
                    tokenizer.state = _Tokenizer.dataState
                if at != span.stop:
                    break
        return at

    def _read_span(self, span: Span) -> int:
        """Take in a construct; return the offset where the source goes on."""
        kind, start, stop, _ = span
        if kind == TEXT:
            self._read_text(start, stop)
        elif kind == START:
            self._read_start(span)
        elif kind == END:
            self._read_end(span)
        elif kind == COMMENT:
            return self._read_comment(start, stop)
        elif kind != DROPPED:
            self._read_text(start, stop, literal=kind != RCDATA)
            for node in self._tree.openElements:
                # No tag can be put there that would be one.
                node.adopted = node.adopted or (node.born == start and node.start < 0)
        return stop

    def _read_text(self, start: int, stop: int, *, literal: bool = False) -> None:
        text = self._html[start:stop]
        if "&" in text and not literal:
            text = decoded(text)
        if "\0" in text:
            text = text.replace("\0", "")
        rest = text.lstrip(_SPACE)
        if len(rest) < len(text):
            self._undecided = self._undecided or self._is_pending_behind()
            blanks = text[: len(text) - len(rest)].replace("\r\n", "\n").replace("\r", "\n")
            self._feed({"type": self._types["SpaceCharacters"], "data": blanks})
        if rest:
            self._undecided = False
            shows = is_visible_text(self._html, start, stop)
            self._feed({"type": self._types["Characters"], "data": SEEN if shows else UNSEEN})
        self._watch(None)

    def _is_pending_behind(self) -> bool:
        """Tell whether formatting is going to be opened again behind the body.

        For blanks there some browsers do it, some only for text: it matters to what begins between the two.
        """
        formatting = self._tree.activeFormattingElements
        return (
            self._parser.phase in self._last_phases
            and bool(formatting)
            and formatting[-1] is not None
            and formatting[-1] not in self._tree.openElements
        )

    def _check_alike(self, name: str, found: dict[Any, str]) -> None:
        """Note that the first of four that are alike is forgotten: a copy more would change which one."""
        alike = 0
        for node in reversed(self._tree.activeFormattingElements):
            if node is None:
                break
            if node.name == name and _without_id(node.attributes) == _without_id(found):
                alike += 1
        if alike >= 3:
            self._forgotten.add(name)

    def _doubt(self) -> None:
        """Note that nothing is certain from here on, or up to the end of the cell in which this happens."""
        nodes = self._tree.openElements
        self._doubtful.add(next((node for node in reversed(nodes) if node.name in CELLS), None))
        for around in self._now.trace.places:
            if not self._live.keys().isdisjoint((*around.chain, *around.inside)):
                around.reason = around.reason or _DIVERGED

    def _read_start(self, tag: Span) -> None:
        html, now, nodes = self._html, self._now, self._tree.openElements
        _, start, stop, name = tag
        found = Attributes()
        foreign = bool(nodes) and nodes[-1].namespace != self._tree.defaultNamespace
        if foreign or name in _READ_ATTRIBUTES or stop - start > _BIG_TAG:
            found.update(attributes(html, start, stop))
            if len(found) > MOST_ATTRIBUTES:
                raise TooComplexError(f"a tag has more than {MOST_ATTRIBUTES} attributes")
        found.source = (start, stop)
        now.attributes = found
        before = list(nodes)
        if self._undecided:
            self._doubt()
        closing = html[stop - 2] == "/" and self_closing(html, tag)
        is_sole = name in ("a", "nobr")
        crossing = self._crossing(name) if is_sole else None
        if name in FORMATTING and not is_sole:
            self._check_alike(name, found)
        ends_other = is_sole and self._tree.elementInActiveFormattingElements(name)
        now.ending = name
        self._before = before
        self._feed(
            {
                "type": self._types["StartTag"],
                "name": name,
                "data": found,
                "selfClosing": closing,
                "selfClosingAcknowledged": False,
            }
        )
        now.attributes = None
        if len(nodes) > DEEPEST:
            raise TooComplexError(f"more than {DEEPEST} elements stand in each other")
        first = next((index for index, node in enumerate(before) if nodes[index : index + 1] != [node]), None)
        closed = "" if first is None else before[first].name
        if ends_other or closed:
            # What such a tag opens again cannot be opened before it.
            for node in nodes[first:]:
                node.adopted = node.adopted or (node.born == start and node.start < 0)
        if nodes and nodes[-1].start == start:
            nodes[-1].closed = closed or (name if ends_other else "")
        self._watch(tag, crossing)

    def _read_end(self, tag: Span) -> None:
        tree, name = self._tree, tag.name
        nodes = tree.openElements
        crossing = None
        if name in FORMATTING and self._is_forgotten(name):
            self._doubt()
        if nodes and nodes[-1].name != name:
            if name in FORMATTING:
                crossing = self._crossing(name)
            elif name not in SPECIAL:
                self._note_ignored(tag)
        self._now.ending = name
        self._before = list(nodes) if self._live else []
        before = list(nodes) if name == "form" else []
        self._feed({"type": self._types["EndTag"], "name": name, "data": {}, "selfClosing": False})
        if before and any(node not in nodes for node in before) and before[: len(nodes)] != nodes:
            # It was taken out from among the open elements.
            self._doubt()
        self._watch(tag, crossing)

    def _is_forgotten(self, name: str) -> bool:
        """Tell whether an end tag stands for the current node in some parsers, for one around it in others.

        The current node is the first of four that are alike, and one that is not like them is around it.
        """
        nodes, formatting = self._tree.openElements, self._tree.activeFormattingElements
        return (
            bool(nodes)
            and nodes[-1].name == name
            and nodes[-1] not in formatting
            and bool(self._tree.elementInActiveFormattingElements(name))
        )

    def _note_ignored(self, tag: Span) -> None:
        """Note of an element if only for it the end tag of one around it is ignored."""
        special: list[Node] = []
        for node in reversed(self._tree.openElements):
            if node.name == tag.name:
                if len(special) == 1:
                    special[0].ignored.append((tag.start, tag.stop))
                return
            if node.name in SPECIAL:
                special.append(node)

    def _crossing(self, name: str) -> "tuple[Node, list[Node]] | None":
        """Return the formatting that ends here and the blocks in it around which it is built anew."""
        tree = self._tree
        nodes = tree.openElements
        element = tree.elementInActiveFormattingElements(name)
        if not element or element not in nodes or not tree.elementInScope(name):
            return None
        at = nodes.index(element)
        blocks = [node for node in nodes[at + 1 :] if node.name in SPECIAL]
        if not blocks:
            return None
        # html5lib takes three elements between the two, newer parsers all.
        if nodes.index(blocks[0]) - at > 3:
            self._doubt()
        return element, blocks

    def _read_comment(self, start: int, stop: int) -> int:
        """Take in a comment, a doctype or what only looks like one; return the offset behind it."""
        html, tree = self._html, self._tree
        if html.startswith("<![CDATA[", start):
            nodes = tree.openElements
            if nodes and nodes[-1].namespace != tree.defaultNamespace:
                behind = html.find("]]>", start)
                self._read_text(start + 9, behind if behind >= 0 else len(html), literal=True)
                return behind + 3 if behind >= 0 else len(html)
        if html[start : start + 9].lower() == "<!doctype":
            self._feed(self._doctype(html[start:stop]))
        else:
            self._feed({"type": self._types["Comment"], "data": ""})
        return stop

    def _doctype(self, source: str) -> dict[str, Any]:
        from html5lib._tokenizer import HTMLTokenizer

        wanted = self._types["Doctype"]
        return next(dict(token) for token in HTMLTokenizer(source) if token["type"] == wanted)

    def _feed(self, token: dict[str, Any] | None) -> None:
        """Hand a token to the phases of html5lib's parser, as its main loop does."""
        parser, tree, types = self._parser, self._tree, self._types
        if parser.phase is parser.phases["inTableText"]:
            self._now.is_late = True
        while token is not None:
            kind = token["type"]
            phase = parser.phase
            if tree.openElements and tree.openElements[-1].namespace != tree.defaultNamespace:
                phase = self._foreign_phase(kind, token)
            if kind == types["Characters"]:
                token = phase.processCharacters(token)
            elif kind == types["SpaceCharacters"]:
                token = phase.processSpaceCharacters(token)
            elif kind == types["StartTag"]:
                token = phase.processStartTag(token)
            elif kind == types["EndTag"]:
                token = phase.processEndTag(token)
            elif kind == types["Comment"]:
                token = phase.processComment(token)
            else:
                token = phase.processDoctype(token)
        self._now.is_late = False

    def _foreign_phase(self, kind: int, token: dict[str, Any]) -> Any:
        """Return the phase for a token inside svg or math."""
        parser, types = self._parser, self._types
        node = self._tree.openElements[-1]
        name = token.get("name")
        is_text = kind in (types["Characters"], types["SpaceCharacters"])
        is_start = kind == types["StartTag"]
        if parser.isMathMLTextIntegrationPoint(node):
            ordinary = is_text or (is_start and name not in ("mglyph", "malignmark"))
        else:
            ordinary = parser.isHTMLIntegrationPoint(node) and (is_start or is_text)
        if node.name == "annotation-xml" and is_start and name == "svg":
            ordinary = True
        return parser.phase if ordinary else parser.phases["inForeignContent"]

    def _watch(self, tag: Span | None, crossing: "tuple[Node, list[Node]] | None" = None) -> None:
        """Drop the wrappers of which all is known behind the token that was taken in last."""
        live, nodes = self._live, self._tree.openElements
        if crossing is not None and crossing[0] in live:
            element, blocks = crossing
            element.crossing = tuple(blocks)
            at = self._before.index(element) + 1
            adjacent = self._before[at : at + len(blocks)] == blocks and len(blocks) < _MOST_ROUNDS
            # A block without a start tag, or one that stood there before the element did.
            element.tangled = not adjacent or any(block.start < element.born for block in blocks)
        followed = set(live)
        for wrapper in list(live):
            if wrapper in nodes:
                if self._is_done(wrapper):
                    del live[wrapper]
                continue
            if wrapper in self._before:
                wrapper.left = self._now.offset
                if wrapper.crossing or not wrapper.seen & self._now.gap:
                    self._note_dropped(wrapper, followed)
            if wrapper.name in FORMATTING and self._is_pending(wrapper):
                continue
            del live[wrapper]
            incarnations = self._now.trace.families[wrapper.source]
            latest = incarnations[-1]
            if latest is not wrapper and latest in nodes and not wrapper.seen & self._now.gap:
                # Whether that shows anything decides whether it is needed.
                wrapper.dropped.append(latest)
                self._reborn.add(latest)
                live[latest] = None
            if (
                tag is not None
                and tag.kind == END
                and tag.name == wrapper.name
                and incarnations[-1] is wrapper
            ):
                wrapper.end = (tag.start, tag.stop)

    def _is_done(self, wrapper: Wrapper) -> bool:
        """Tell whether it does not matter how an open wrapper ends."""
        if wrapper.name not in FORMATTING:
            return bool(wrapper.seen & self._now.gap)
        # Formatting outside the nearest block may end as long as that is open.
        if wrapper in self._chained:
            return False
        if wrapper not in self._blocks:
            return wrapper in self._reborn and bool(wrapper.seen)
        return all(block not in self._tree.openElements for block in self._blocks[wrapper])

    def _note_dropped(self, wrapper: Wrapper, followed: set[Wrapper]) -> None:
        """Note which elements have just ended only because the wrapper around them did."""
        before, nodes = self._before, self._tree.openElements
        at = next(index for index, node in enumerate(before) if node is wrapper)
        is_outermost = all(node in nodes for node in before[:at])
        for node in before[at + 1 :]:
            if node in nodes or node in followed or node.source[0] < 0:
                continue
            if node.name in FORMATTING:
                # A parser will open both again, in this order.
                wrapper.dropped.append(node)
                self._live[node] = None
            elif is_outermost:
                wrapper.dropped.append(node)

    def _is_pending(self, wrapper: Wrapper) -> bool:
        """Tell whether the parser is going to open an element of its family again."""
        tree = self._tree
        for node in tree.activeFormattingElements:
            if node is not None and node.source == wrapper.source:
                return node not in tree.openElements
        return False


def _without_id(attributes: dict[Any, str]) -> dict[Any, str]:
    return {key: value for key, value in attributes.items() if key != "id"}


def closed(html: str, *, is_document: bool) -> str:
    """Return the content of the body that an HTML5 parser makes of ``html``, with every element closed.

    A document is read as it is, anything else as the content of a body.
    """
    from html5lib.treebuilders import getTreeBuilder

    source = _LONG_NUMBER.sub(lambda match: "&#1114112" if match[1] or match[2] else match[0][:3], html)
    if not is_document:
        source = f"<!DOCTYPE html><body>{source}"
    body = _parser_class()(getTreeBuilder("etree"), namespaceHTMLElements=False).parse(source).find("body")
    return "" if body is None else serialised(body)
