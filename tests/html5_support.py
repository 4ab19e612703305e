"""Outside judges for HTML: html5lib with the offsets of its tokens, and what a reader sees by it.

Source must be LF-normalised (see ``normalised``), so that the offsets are those of the text itself.
"""

import random
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from html5lib import HTMLParser, _inputstream, _tokenizer, constants

RAW_STATES = {
    **dict.fromkeys(("style", "xmp", "iframe", "noembed", "noframes"), "rawtextState"),
    "script": "scriptDataState",
    "title": "rcdataState",
    "textarea": "rcdataState",
    "plaintext": "plaintextState",
}
XHTML = constants.namespaces["html"]


class Element(NamedTuple):
    """An open element of the tree."""

    namespace: str
    name: str
    attributes: dict[str, str]


class Event(NamedTuple):
    """A token with the span of its source; text as the tokenizer emits it, references one by one."""

    kind: str
    """One of start, end, text, raw and nothing."""
    start: int
    stop: int
    name: str
    text: str
    open_elements: tuple[Element, ...]
    """Of text, where a tree was built: the elements around it, outermost first."""


class _Stream(_inputstream.HTMLUnicodeInputStream):
    _defaultChunkSize = 1 << 40  # noqa: N815

    base = 0

    def readChunk(self, chunkSize: int | None = None) -> bool:  # noqa: N802, N803
        self.base += self.chunkSize
        return bool(super().readChunk(chunkSize))

    def unget(self, char: str | None) -> None:
        if char is not None and self.chunkOffset == 0:
            self.base -= 1
        super().unget(char)

    @property
    def offset(self) -> int:
        return int(self.base + self.chunkOffset)


class _Tokenizer(_tokenizer.HTMLTokenizer):
    """Records each token with its span; without a parser switches its states as one does."""

    def __init__(self, source: str, parser: HTMLParser | None = None) -> None:
        super().__init__(source, parser=parser)
        self.recorded = _Stream(source)
        self.stream = self.recorded
        self.size = len(source)
        self.events: list[Event] = []

    def __iter__(self) -> Iterator[Any]:
        names = {number: name for name, number in constants.tokenTypes.items()}
        self.tokenQueue = deque()
        done, text_kind, more = 0, "text", True
        while more:
            more = self.state()
            self.stream.errors.clear()
            stop = min(self.recorded.offset, self.size)
            emitted = False
            while self.tokenQueue:
                token = self.tokenQueue.popleft()
                kind = names[token["type"]]
                if kind == "ParseError":
                    continue
                emitted = True
                is_text = kind in ("Characters", "SpaceCharacters")
                text = str(token["data"]) if is_text else ""
                yield token
                name = str(token["name"]) if kind in ("StartTag", "EndTag", "EmptyTag") else ""
                known = {"StartTag": "start", "EndTag": "end"}
                kind = text_kind if is_text else known.get(kind, "nothing")
                around = self._open_elements() if is_text else ()
                self.events.append(Event(kind, done, stop, name, text, around))
                done = stop
                if kind == "start":
                    if self.parser is None and name in RAW_STATES:
                        self.state = getattr(self, RAW_STATES[name])
                    if self.state != self.dataState:
                        text_kind = "raw"
                elif kind == "end":
                    text_kind = "text"
            if not emitted and self.state == self.dataState and stop > done:
                self.events.append(Event("nothing", done, stop, "", "", ()))
                done = stop
        if done < self.size:
            self.events.append(Event("nothing", done, self.size, "", "", ()))

    def _open_elements(self) -> tuple[Element, ...]:
        if self.parser is None:
            return ()
        return tuple(
            Element(node.namespace or XHTML, node.name, dict(node.attributes))
            for node in self.parser.tree.openElements
        )


class _Parser(HTMLParser):
    def _parse(self, stream: str, *args: object, **kwargs: object) -> None:
        self.innerHTMLMode = False
        self.container = ""
        self.scripting = False
        self.recorder = _Tokenizer(stream, self)
        self.tokenizer = self.recorder
        self.reset()
        self.mainLoop()


def token_events(html: str) -> list[Event]:
    """Return the tokens of the source by the tokenizer alone."""
    tokenizer = _Tokenizer(html)
    deque(tokenizer, 0)
    return tokenizer.events


def tree_events(html: str) -> list[Event]:
    """Return the tokens of the source as they are read while a tree is built, with what is around text."""
    parser = _Parser()
    parser.parse(html)
    return parser.recorder.events


def merged(spans: Iterable[tuple[str, int, int, str]]) -> list[tuple[str, int, int, str]]:
    """Return the spans (kind, start, stop, name) with neighbouring text of one kind as one span."""
    found: list[tuple[str, int, int, str]] = []
    for kind, start, stop, name in spans:
        if start == stop:
            continue
        if kind in ("text", "raw") and found and found[-1][0] == kind:
            found[-1] = (kind, found[-1][1], stop, "")
        else:
            found.append((kind, start, stop, name))
    return found


def normalised(html: str) -> str:
    """Return the source as html5lib sees it, at the same offsets: CRLF becomes blank and LF."""
    return html.replace("\r\n", " \n").replace("\r", "\n")


# What a reader sees, character by character.

_IGNORED = {
    0x00,
    0xAD,
    0x34F,
    0x61C,
    0x115F,
    0x1160,
    0x17B4,
    0x17B5,
    0x180E,
    0xFE00,
    0xFE01,
    0xFE0E,
    0xFE0F,
    0xFEFF,
}
_IGNORED |= {*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A)}
_INLINE = """
a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q s samp small span strike
strong sub sup tt u var wbr time data"""


class Seen(NamedTuple):
    """A visible character; white space that a browser shows as one blank is one of them."""

    character: str
    """A line break for white space that only folds a line."""
    start: int
    stop: int
    open_elements: tuple[Element, ...]


class Found(NamedTuple):
    """A placeholder as a reader sees it."""

    start: int
    stop: int
    name: str
    open_elements: tuple[tuple[Element, ...], ...]
    """For each visible character of it, the elements around."""


def paragraphs(html: str, events: Sequence[Event]) -> Iterator[list[Seen]]:
    """Yield the visible text between boundaries."""
    seen: list[Seen] = []
    for event in events:
        if event.kind == "text":
            for character, start, stop in _characters(html, event):
                _see(seen, character, start, stop, html, event.open_elements)
        elif event.kind == "nothing":
            continue
        elif event.kind == "raw" or not (
            event.name in _INLINE.split() or event.name.startswith(("o:", "w:", "st1:"))
        ):
            yield seen
            seen = []
    yield seen


def _characters(html: str, event: Event) -> Iterator[tuple[str, int, int]]:
    source = html[event.start : event.stop]
    if source == event.text or "&" not in source:
        for index, character in enumerate(source):
            yield character, event.start + index, event.start + index + 1
    else:
        yield event.text, event.start, event.stop


def _see(
    seen: list[Seen], character: str, start: int, stop: int, html: str, around: tuple[Element, ...]
) -> None:
    if all(ord(part) in _IGNORED for part in character):
        return
    if character not in ("\t", "\n", "\f", "\r", " ", "\u00a0"):
        seen.append(Seen(character, start, stop, around))
        return
    written = html[start:stop]
    kind = "\n" if written in ("\n", "\r") else " " if written in ("\t", "\f", " ") else "\u00a0"
    if seen and seen[-1].character in ("\n", " ", "\u00a0"):
        last = seen[-1]
        kinds = {last.character, kind}
        kind = "\u00a0" if "\u00a0" in kinds else "\n" if "\n" in kinds else " "
        seen[-1] = Seen(kind, last.start, stop, last.open_elements)
    else:
        seen.append(Seen(kind, start, stop, around))


def placeholders(
    html: str, events: Sequence[Event], words: Sequence[str], *, ignore_case: bool = True
) -> list[Found]:
    """Return the placeholders in visible text, by comparing character for character at each of them."""
    found = []
    for seen in paragraphs(html, events):
        at = 0
        while at < len(seen):
            for word in sorted(words, key=len, reverse=True):
                match = _match(seen, at, word, ignore_case)
                if match:
                    behind, name = match
                    around = tuple(character.open_elements for character in seen[at:behind])
                    found.append(Found(seen[at].start, seen[behind - 1].stop, name, around))
                    at = behind
                    break
            else:
                at += 1
    return found


def _match(seen: list[Seen], at: int, word: str, ignore_case: bool) -> tuple[int, str] | None:
    blanks = any(character.isspace() for character in word)
    closing = word[-1] if len(word) > 1 and word[-1] in "}])>»』】」" else ""
    for position, character in enumerate(re.sub(r"\s+", " ", word[: len(word) - len(closing)])):
        if position and not blanks and at < len(seen) and seen[at].character == "\n":
            at += 1  # a folded line
        if at == len(seen) or not _same(seen[at].character, character, ignore_case):
            return None
        at += 1
    if not closing:
        return at, ""
    rest = [
        (index, one.character)
        for index, one in enumerate(seen[at : at + 200], at)
        if blanks or one.character != "\n"
    ]
    name = ""
    for position, (index, character) in enumerate(rest):
        if character == closing and (position == 0 or name):
            return index + 1, name
        if position == 0:
            if character != ":":
                return None
        elif len(name) == 64 or not (character.isascii() and (character.isalnum() or character in "._-")):
            return None
        else:
            name += character
    return None


def _same(seen: str, wanted: str, ignore_case: bool) -> bool:
    if wanted == " ":
        return seen in ("\n", " ", "\u00a0")
    if seen == wanted:
        return True
    return ignore_case and seen.isascii() == wanted.isascii() and seen.lower() == wanted.lower()


def bodies(corpus: Path) -> list[tuple[str, str]]:
    """Return name and text of the real mail bodies under ``corpus``."""
    paths = sorted(path for path in corpus.rglob("*.html") if "html5lib-tests" not in path.parts)
    return [(str(path.relative_to(corpus)), path.read_bytes().decode("utf-8", "replace")) for path in paths]


def draw(random_source: random.Random, atoms: Sequence[str], most: int) -> str:
    """Return a document of up to ``most`` atoms."""
    return "".join(random_source.choice(atoms) for _ in range(random_source.randint(1, most)))
