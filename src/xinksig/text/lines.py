"""HTML as a reader sees it, line by line, with the elements around each line; offsets into the source."""

from xinksig.characters import BLANK, IGNORABLE, IGNORABLE_CLASS
from xinksig.expressions import late
from xinksig.records import NamedTuple
from xinksig.text.html.names import VOID
from xinksig.text.html.references import decoded, reference
from xinksig.text.html.scanner import END, START, TEXT, names, spans

BLOCK = names(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing"
    " main menu nav ol optgroup option p plaintext pre search section select summary table tbody td tfoot th"
    " thead tr ul xmp"
)
"""Elements before and behind which a line ends; all others, unknown ones too, stand in a line."""
_SCOPE = names("td th caption table template object applet marquee")
_TABLE_PARTS = names("table tbody thead tfoot tr td th caption colgroup")
_IMPLIED = {
    "li": (names("li"), names("ul ol table td th")),
    "dt": (names("dt dd"), names("dl table td th")),
    "dd": (names("dt dd"), names("dl table td th")),
    "tr": (names("tr"), names("table")),
    "td": (names("td th"), names("table tr")),
    "th": (names("td th"), names("table tr")),
    "tbody": (names("tbody thead tfoot"), names("table")),
    "thead": (names("tbody thead tfoot"), names("table")),
    "tfoot": (names("tbody thead tfoot"), names("table")),
}
"""Start tags that close an open element without its end tag, and what they do not reach beyond."""
_NEAR = 256
"""Open elements that an end tag looks through: no input costs more than its length times this."""
_IGNORABLES = late(f"[{IGNORABLE_CLASS}]+")
_INVISIBLE = BLANK + "\u202f" + IGNORABLE
_LONGEST_REFERENCE = 34


class Element:
    """An open element; ``parent`` is the one around it."""

    __slots__ = ("name", "parent", "role", "start")

    def __init__(self, name: str, start: int, parent: "Element | None") -> None:
        self.name = name
        self.start = start
        self.parent = parent
        self.role = ""


class Line(NamedTuple):
    """One line that a reader sees."""

    text: str
    """Decoded; one blank for each run of white space, nothing invisible."""
    pieces: tuple[tuple[int, int], ...]
    """The source spans of its characters, from the first visible one to the last."""
    element: Element
    """The innermost element that is open behind it."""

    @property
    def start(self) -> int:
        """Its first visible character."""
        return self.pieces[0][0]

    @property
    def stop(self) -> int:
        """Behind its last visible character."""
        return self.pieces[-1][1]


class Reader:
    """Walks over HTML once; subclasses are told of elements, lines and images."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.top = Element("", 0, None)
        self.upto = len(html)
        """Where reading ends unless ``proceed`` says otherwise."""
        self.muted = False
        """Text is not gathered."""
        self.stopped = False
        """Read no further."""
        self.body_start = -1
        """Behind the body's start tag."""
        self._pieces: list[tuple[int, int]] = []
        self._open: dict[str, int] = {}
        self._pre = 0

    def opened(self, element: Element, stop: int) -> None:
        """Take note of an element whose start tag is ``html[element.start:stop]``."""

    def closed(self, element: Element, stop: int) -> None:
        """Take note that an element ends before ``stop``, behind its end tag if it has one."""

    def image(self, start: int, stop: int) -> None:
        """Take note of an image."""

    def rule(self, start: int, stop: int) -> None:
        """Take note of a horizontal rule."""

    def line(self, line: Line) -> None:
        """Take note of a visible line."""

    def proceed(self, _: int) -> bool:
        """Tell whether to read on at this offset, one behind ``upto``."""
        return False

    def read(self, start: int = 0, stop: int | None = None) -> None:
        """Read from ``start``, which must be in the data state."""
        upto = self.upto
        for kind, at, behind, name in spans(self.html, start, stop):
            if self.stopped or (at > upto and not self.proceed(at)):
                break
            if kind == TEXT:
                if not self.muted:
                    self._text(at, behind)
            elif kind == START:
                self._start(name, at, behind)
            elif kind == END:
                self._end(name, at, behind)
        self.end_line()

    def _text(self, at: int, behind: int) -> None:
        if not self._pre:
            self._pieces.append((at, behind))
            return
        html = self.html
        while at < behind:
            stop = html.find("\n", at, behind)
            stop = behind if stop < 0 else stop + 1
            self._pieces.append((at, stop))
            if html[stop - 1] == "\n":
                self.end_line()
            at = stop

    def end_line(self) -> None:
        """End the line that is being gathered."""
        if not self._pieces:
            return
        html, pieces = self.html, self._pieces
        self._pieces = []
        texts = [html[start:stop] for start, stop in pieces]
        text = "".join(texts)
        if "&" in text:
            text = "".join(map(decoded, texts))
        if not text.isascii() or "\0" in text:
            text = _IGNORABLES.sub("", text).replace("\u00a0", " ")
        text = " ".join(text.split())
        if text:
            self.line(Line(text, trimmed(html, pieces), self.top))

    def _start(self, name: str, at: int, behind: int) -> None:
        if name not in BLOCK:
            if name == "img":
                self.image(at, behind)
            elif name not in VOID:
                self._push(name, at, behind)
            return
        self.end_line()
        if name == "hr":
            self.rule(at, behind)
        elif name == "br":
            pass
        elif name in ("html", "head", "body"):
            if name == "body":
                self.body_start = behind
        else:
            if self._open.get("p") and name not in _TABLE_PARTS:
                self._close_p(at)
            if name in _IMPLIED:
                self._close_implied(*_IMPLIED[name], at)
            self._push(name, at, behind)

    def _push(self, name: str, at: int, behind: int) -> None:
        element = self.top = Element(name, at, self.top)
        self._open[name] = self._open.get(name, 0) + 1
        if name == "pre":
            self._pre += 1
        self.opened(element, behind)

    def _pop(self, stop: int) -> None:
        element = self.top
        assert element.parent is not None
        self.top = element.parent
        self._open[element.name] -= 1
        if element.name == "pre":
            self._pre -= 1
        self.closed(element, stop)

    def _close_p(self, at: int) -> None:
        """Close the paragraph that a block's start tag ends."""
        element: Element | None = self.top
        for _ in range(_NEAR):
            if element is None or element.name in _SCOPE:
                return
            if element.name == "p":
                self._pop_through(element, at, at)
                return
            element = element.parent

    def _close_implied(self, group: frozenset[str], limits: frozenset[str], at: int) -> None:
        element: Element | None = self.top
        for _ in range(_NEAR):
            if element is None or element.name in limits:
                return
            if element.name in group:
                self._pop_through(element, at, at)
                return
            element = element.parent

    def _pop_through(self, element: Element, at: int, stop: int) -> None:
        while self.top is not element:
            self._pop(at)
        self._pop(stop)

    def _end(self, name: str, at: int, behind: int) -> None:
        if name in BLOCK:
            self.end_line()
        if not self._open.get(name):
            return
        if self.top.name == name:
            self._pop(behind)
            return
        table = name in _TABLE_PARTS
        element: Element | None = self.top
        for _ in range(_NEAR):
            if element is None:
                return
            if element.name == name:
                self._pop_through(element, at, behind)
                return
            if element.name == "table" if table else element.name in _SCOPE:
                return
            element = element.parent


class LineReader(Reader):
    """Gathers the visible lines; an image is one without text."""

    def __init__(self, html: str) -> None:
        super().__init__(html)
        self.lines: list[Line] = []

    def line(self, line: Line) -> None:
        """Gather the line."""
        self.lines.append(line)

    def image(self, start: int, stop: int) -> None:
        """Gather the image."""
        self.lines.append(Line("", ((start, stop),), self.top))


def trimmed(html: str, pieces: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the pieces without what nobody sees at their ends; something visible must be in them."""
    first, last = 0, len(pieces) - 1
    while (start := first_visible(html, *pieces[first])) == pieces[first][1]:
        first += 1
    while (stop := _last_visible(html, *pieces[last])) == pieces[last][0]:
        last -= 1
    if first == last:
        return ((start, stop),)
    return ((start, pieces[first][1]), *pieces[first + 1 : last], (pieces[last][0], stop))


def first_visible(html: str, start: int, stop: int) -> int:
    """Return the first character of the text that a reader sees, ``stop`` if there is none."""
    while start < stop:
        start = stop - len(html[start:stop].lstrip(_INVISIBLE))
        if start == stop or html[start] != "&":
            break
        characters, behind = reference(html, start, stop)
        if not characters or characters.strip(_INVISIBLE):
            break
        start = behind
    return start


def _last_visible(html: str, start: int, stop: int) -> int:
    while start < stop:
        stop = start + len(html[start:stop].rstrip(_INVISIBLE))
        at = html.rfind("&", max(start, stop - _LONGEST_REFERENCE), stop)
        if at < 0:
            break
        characters, behind = reference(html, at, stop)
        if behind != stop or not characters or characters.strip(_INVISIBLE):
            break
        stop = at
    return stop
