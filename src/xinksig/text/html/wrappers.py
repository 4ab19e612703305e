"""What stands around places: elements that may have to be closed before a signature and opened behind it."""

from collections.abc import Sequence

from xinksig.characters import BLANK, IGNORABLE_CLASS
from xinksig.expressions import late
from xinksig.text.html.names import BLOCKS, TABLE_PARTS, UNSURE, VISIBLE
from xinksig.text.html.references import reference
from xinksig.text.html.scanner import END, START, TEXT, Span, spans

TYPE_CHECKING = False  # true for type checkers; typing itself is loaded later

if TYPE_CHECKING:
    from typing import Protocol

    class Named(Protocol):
        """What has a name."""

        @property
        def name(self) -> str:
            """The element's name."""


NOT_TEXT = "its place in the HTML is not text that a reader sees"
IN_TABLE = "it stands in a table but in none of its cells, so that browsers show it before the table"

Pieces = Sequence[tuple[int, int]]
"""The spans of what spells a placeholder; a place without any of its own is one zero-wide span."""

_MAYBE_VISIBLE = late(f"[^{BLANK}{IGNORABLE_CLASS}]")
_INVISIBLE = late(f"[{BLANK}{IGNORABLE_CLASS}]*+")


class Wrapper:
    """An inline element or ``p`` that is open around a place, or that holds a character of one.

    The document is divided by its places: gap 0 is what stands before the first one, gap 1 what stands
    between that and the second, and so on.
    """

    # What is the same for most of them is an attribute of the class.
    seen = 0
    """Bit n: it shows something in gap n."""
    pieces = 0
    """Bit n: it holds a character of place n, or the place itself."""
    left = -1
    """Where the token is with which it ended, if that is known."""
    block: "Wrapper | None" = None
    """The block at whose beginning it has to end so that a parser does not build it inside."""
    end: tuple[int, int] | None = None
    """Its end tag, where that closes this element and no other one."""
    closed = ""
    """The name of the outermost element that its start tag has closed, such as an earlier ``p``."""
    crossing: tuple["Wrapper", ...] = ()
    """The blocks inside it in which its end tag stands, the outer one first.

    A parser ends it before each of them, and builds it again around what the block holds.
    """
    tangled = False
    """Whether those blocks are not directly inside it and each other."""
    adopted = False
    """Whether a parser made it to undo wrong nesting: no tag stands for its beginning."""
    serial = 0
    """Of those that begin at one offset, the outer one has the smaller number."""

    def __init__(self, name: str, start: int, stop: int) -> None:
        self.name = name
        self.start = start
        """Where its start tag is; -1: a parser opened it again without one."""
        self.stop = stop
        self.source = (start, stop)
        """The start tag that it has its attributes from; elements of one source are of one family."""
        self.born = start
        """Where it begins: at its start tag, or at the token that made a parser open it again."""
        self.ignored: list[tuple[int, int]] = []
        """End tags of elements around it that a parser ignores only because it is open."""
        self.dropped: list[Wrapper] = []
        """Elements that show nothing and have no end tag of their own: they end where it does."""


class Around:
    """What stands around one place."""

    block = -1
    """Where the start tag of the nearest block is."""
    settled = True
    """Whether a parser puts whatever comes next into the body."""
    reason = ""
    """Why nothing may be put there."""

    def __init__(self, outer: Sequence[str]) -> None:
        self.chain: list[Wrapper] = []
        """What is open at its first character, innermost first, up to the nearest block."""
        self.beyond: list[Wrapper] = []
        """Formatting outside the nearest block, innermost first: it may end inside that all the same."""
        self.inside: list[Wrapper] = []
        """What else holds characters of it: it begins between two of them."""
        self.outer = outer
        """The names of the elements further out, the nearest block first."""


class Trace:
    """The wrappers of all places of a document."""

    __slots__ = ("_made", "families", "has_copies", "places")

    def __init__(self, *, has_copies: bool = True) -> None:
        self.has_copies = has_copies
        """Whether a parser may make several elements of one start tag: never so where one stack is enough."""
        self._made = 0
        self.places: list[Around] = []
        self.families: dict[tuple[int, int], list[Wrapper]] = {}
        """The elements of each source, in the order in which they begin."""

    def add(self, wrapper: Wrapper) -> Wrapper:
        """Take in a wrapper, each once."""
        self.families.setdefault(wrapper.source, []).append(wrapper)
        self._made = wrapper.serial = self._made + 1
        return wrapper


def refusal(outer: Sequence[str]) -> str:
    """Return why nothing may be put into open elements of these names, the innermost first; or ""."""
    if outer and outer[0] in TABLE_PARTS:
        return IN_TABLE
    if UNSURE.isdisjoint(outer):
        return ""
    name = next(name for name in outer if name in UNSURE)
    return f"it stands in an element that parsers read in different ways: {name}"


def nearest_block(elements: "Sequence[Named]") -> int:
    """Return how many of the open elements, outermost first, there are out to the nearest block."""
    at = len(elements)
    while at and elements[at - 1].name not in BLOCKS:
        at -= 1
    return at


def is_visible_text(html: str, start: int, stop: int) -> bool:
    """Return whether a reader sees anything of the text ``html[start:stop]`` but blanks."""
    match = _MAYBE_VISIBLE.search(html, start, stop)
    while match is not None:
        at = match.start()
        if html[at] != "&":
            return True
        characters, behind = reference(html, at, stop)
        if behind == at or _INVISIBLE.fullmatch(characters) is None:
            return True
        match = _MAYBE_VISIBLE.search(html, behind, stop)
    return False


def is_visible(html: str, start: int, stop: int) -> bool:
    """Return whether ``html[start:stop]``, which begins in the data state, shows anything but blanks.

    Tags of inline elements, ``p`` and ``div`` alone show nothing.
    """
    for span in spans(html, start, stop):
        if span.kind == TEXT:
            if is_visible_text(html, span.start, span.stop):
                return True
        elif is_visible_tag(span):
            return True
    return False


def is_visible_tag(span: Span) -> bool:
    """Return whether a span is a tag that makes something to see; a ``br`` end tag is read as a start tag."""
    return span.name in VISIBLE if span.kind == START else span.kind == END and span.name == "br"
