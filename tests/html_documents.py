"""Generated mail bodies with placeholders: well nested, and then with tags lost, doubled and exchanged."""

import random
from collections.abc import Iterator
from typing import NamedTuple

PLACEHOLDER = "{SIG}"

_INLINE = ["b", "i", "u", "span", "font", "a", "em", "strong", "small", "o:p", "code", "nobr", "label", "x-y"]
_ATTRIBUTES = [
    "",
    "",
    "",
    " id=i1",
    ' class="c d"',
    " style='color:red'",
    ' ID="x" title="a>b"',
    " name=n href=u",
]
_BLOCKS = ["div", "div", "div", "blockquote", "center", "h2", "pre", "section", "address"]
_WORDS = ["word", "A", "b c", "&amp;", "&nbsp;", "x&lt;y", "é", "\u200b", "1 < 2"]
_NOTHING = ["", "", " ", "\n", "<!-- c -->", "<o:p></o:p>", "&nbsp;", "<b></b>", "\u00ad"]
_HEADS = [
    "",
    "",
    "<!DOCTYPE html>",
    "<html><head><title>t</title></head><body>",
    '<html><head><meta charset="utf-8"><style>p {margin:0}</style></head><body dir="auto">',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/x.dtd"><html><body>',
]


class Token(NamedTuple):
    source: str
    place: int = -1
    """The placeholder that it is a piece of."""


class Document(NamedTuple):
    source: str
    places: list[tuple[tuple[int, int], ...]]


class _Generator:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.tokens: list[Token] = []
        self.places = 0
        self.wanted = 0
        self.open: list[str] = []

    def put(self, source: str) -> None:
        if source:
            self.tokens.append(Token(source))

    def flow(self, depth: int) -> None:
        for _ in range(self.chance.randint(1, 3)):
            roll = self.chance.random()
            if roll < 0.3 and depth:
                self.block(depth)
            elif roll < 0.5 and "p" not in self.open:
                self.paragraph(depth)
            elif roll < 0.6 and depth:
                self.list(depth)
            elif roll < 0.66 and depth:
                self.table(depth)
            else:
                self.inline(3, depth)
            self.put(self.chance.choice(["", "", "\n", "\r\n"]))

    def block(self, depth: int) -> None:
        name = self.chance.choice(_BLOCKS)
        if name == "h2" and "h2" in self.open:
            name = "div"
        self.element(name, lambda: self.flow(depth - 1))

    def paragraph(self, depth: int) -> None:
        omitted = self.chance.random() < 0.25
        self.element("p", lambda: self.inline(3, 0), end=not omitted)
        if omitted:
            # Whatever follows has to end it.
            self.element("div", lambda: self.inline(2, 0))

    def list(self, depth: int) -> None:
        def items() -> None:
            for _ in range(self.chance.randint(1, 3)):
                self.element("li", lambda: self.flow(depth - 1), end=self.chance.random() < 0.7)

        self.element(self.chance.choice(["ul", "ol"]), items)

    def table(self, depth: int) -> None:
        def rows() -> None:
            for _ in range(self.chance.randint(1, 2)):
                self.element("tr", cells, end=self.chance.random() < 0.8)

        def cells() -> None:
            for _ in range(self.chance.randint(1, 3)):
                name = self.chance.choice(["td", "td", "th"])
                self.element(name, lambda: self.flow(depth - 1), end=self.chance.random() < 0.8)

        self.element("table", rows)

    def element(self, name: str, content: object, *, end: bool = True) -> None:
        self.put(f"<{name}{self.chance.choice(_ATTRIBUTES)}>")
        self.open.append(name)
        content()  # type: ignore[operator]
        self.open.pop()
        if end:
            self.put(f"</{name}>")

    def inline(self, depth: int, blocks: int) -> None:
        for _ in range(self.chance.randint(1, 3)):
            roll = self.chance.random()
            if roll < 0.4 and depth:
                name = self.chance.choice(_INLINE)
                if name in ("a", "nobr") and name in self.open:
                    name = "b"
                if blocks and self.chance.random() < 0.08:
                    self.element(name, lambda: self.flow(blocks - 1))
                else:
                    self.element(name, lambda: self.inline(depth - 1, 0))
            elif roll < 0.6 and self.places < self.wanted:
                self.place()
            elif roll < 0.7:
                self.put(self.chance.choice(["<br>", "<img src=x>", "<br/>", "<wbr>"]))
            elif roll < 0.85:
                self.put(self.chance.choice(_NOTHING))
            else:
                self.put(self.chance.choice(_WORDS))

    def place(self) -> None:
        number, self.places = self.places, self.places + 1
        roll = self.chance.random()
        self.put(self.chance.choice(_NOTHING))
        if roll < 0.5:
            self.tokens.append(Token(PLACEHOLDER, number))
        else:
            self._split(number)
        self.put(self.chance.choice(_NOTHING))

    def _split(self, number: int) -> None:
        cuts = sorted(self.chance.sample(range(1, len(PLACEHOLDER)), self.chance.randint(1, 3)))
        pieces = [PLACEHOLDER[a:b] for a, b in zip([0, *cuts], [*cuts, len(PLACEHOLDER)], strict=True)]
        opened: list[str] = []
        for index, piece in enumerate(pieces):
            if index:
                roll = self.chance.random()
                if opened and roll < 0.5:
                    self.put(f"</{opened.pop()}>")
                elif roll < 0.6:
                    self.put(
                        self.chance.choice(["<!-- c -->", "<wbr>", "<o:p></o:p>", "</>", "<![if !mso]>"])
                    )
                else:
                    name = self.chance.choice(["b", "i", "span", "font", "u"])
                    self.put(f"<{name}{self.chance.choice(_ATTRIBUTES)}>")
                    opened.append(name)
            self.tokens.append(Token(piece, number))
        if opened and self.chance.random() < 0.4:
            self.put("tail")
        while opened:
            self.put(f"</{opened.pop()}>")


def _spoilt(tokens: list[Token], chance: random.Random) -> Iterator[Token]:
    """Yield the tokens with mistakes among the tags."""
    inside = _inside(tokens)
    tags = [token.source for token in tokens if token.source.startswith("<") and token.place < 0]
    ends = [tag for tag in tags if tag.startswith("</")]
    for index, token in enumerate(tokens):
        roll = chance.random()
        is_end = token.source.startswith("</")
        is_start = token.source.startswith("<") and not is_end and token.place < 0
        if index in inside or not (is_end or is_start):
            yield token
        elif is_end and roll < 0.12:
            continue
        elif is_end and roll < 0.16:
            yield token
            yield token
        elif is_end and roll < 0.24:
            yield Token(chance.choice(ends))
        elif is_start and roll < 0.03:
            continue
        elif is_start and roll < 0.05:
            yield Token(chance.choice(ends or ["</b>"]))
            yield token
        elif is_start and roll < 0.06:
            yield token
            yield token
        else:
            yield token


def _inside(tokens: list[Token]) -> set[int]:
    """Return the indices of the tokens inside placeholders."""
    found: set[int] = set()
    for number in {token.place for token in tokens if token.place >= 0}:
        at = [index for index, token in enumerate(tokens) if token.place == number]
        found.update(range(at[0], at[-1] + 1))
    return found


def document(seed: int, *, spoilt: bool) -> Document:
    """Return the document of that seed, with one to three placeholders."""
    chance = random.Random(seed)
    while True:
        generator = _Generator(chance)
        generator.wanted = chance.randint(1, 3)
        head = chance.choice(_HEADS)
        for _ in range(3):
            generator.flow(2)
            if generator.places:
                break
        if not generator.places:
            continue
        tokens = list(_spoilt(generator.tokens, chance)) if spoilt else generator.tokens
        tail = "</body></html>\n" if "<body" in head else ""
        return _assembled([Token(head), *tokens, Token(tail)])


def _assembled(tokens: list[Token]) -> Document:
    places: dict[int, list[tuple[int, int]]] = {}
    at = 0
    for token in tokens:
        if token.place >= 0:
            places.setdefault(token.place, []).append((at, at + len(token.source)))
        at += len(token.source)
    return Document("".join(token.source for token in tokens), [tuple(spans) for spans in places.values()])
