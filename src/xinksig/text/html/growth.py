"""The elements that html5lib's tree construction handles, and what is noted of each while the tree grows."""

from typing import Any

from xinksig.text.html.names import VISIBLE
from xinksig.text.html.stack import TooComplexError
from xinksig.text.html.wrappers import Trace, Wrapper

MOST_ELEMENTS = 20_000
"""Elements made or made again."""
MANY_ELEMENTS = 2_000
"""From so many on, more than one for three characters come of formatting that is opened over and over."""
MOST_MOVED = 200
"""Texts moved out of a table."""

SEEN = "x"
"""Stands for text that a reader sees."""
UNSEEN = "\u00a0"
"""Stands for text that is no white space and shows nothing."""
PLACE = "\ufdd0"
"""Stands for a piece of a placeholder."""

_NOWHERE = (-1, -1)


class Attributes(dict[Any, str]):
    """The attributes of an element, with the span of the start tag that they come from."""

    source = _NOWHERE


class Now:
    """The token that is being taken in, and what has been done so far."""

    def __init__(self) -> None:
        self.trace = Trace()
        self.offset = 0
        self.attributes: dict[Any, str] | None = None
        self.ending = ""
        self.is_late = False
        """Whether it makes the parser read text that stands before it."""
        self.gap = 1
        self.place = 0
        self.made = 0
        self.moved = 0


class Node(Wrapper):
    """An element as html5lib handles it, without its text."""

    __slots__ = ("_attributes", "childNodes", "filled", "is_clone", "nameTuple", "namespace", "now", "parent")

    def __init__(self, now: Now, name: str, namespace: str | None) -> None:
        super().__init__(name, -1, -1)
        self.now = now
        self.namespace = namespace
        self.nameTuple = (namespace, name)
        self.parent: Node | None = None
        self.childNodes: dict[Node, None] = {}
        self.filled = False
        self.is_clone = False
        self._attributes: dict[Any, str] = {}
        self.born = now.offset
        self.adopted = now.is_late
        now.made += 1
        if now.made > MANY_ELEMENTS:
            most = min(MOST_ELEMENTS, max(MANY_ELEMENTS, now.offset // 3))
            if now.made > most:
                raise TooComplexError(f"a parser would make more than {most} elements of it")
        if name in VISIBLE:
            self.seen = now.gap

    @property
    def attributes(self) -> dict[Any, str]:
        """The attributes; setting them tells where the element comes from."""
        return self._attributes

    @attributes.setter
    def attributes(self, attributes: dict[Any, str]) -> None:
        self._attributes = attributes
        self.source = getattr(attributes, "source", _NOWHERE)
        if attributes is self.now.attributes:
            self.start, self.stop = self.source

    def show(self, seen: int, pieces: int) -> None:
        """Note what the element holds now, for it and for those around it."""
        node: Node | None = self
        while node is not None and (seen & ~node.seen or pieces & ~node.pieces):
            node.seen |= seen
            node.pieces |= pieces
            node = node.parent

    def appendChild(self, node: "Node | Leaf") -> None:  # noqa: N802
        """Take a node in; what it shows and holds is noted for those around it."""
        self.filled = True
        if isinstance(node, Node):
            if node.parent is not None:
                node.parent.childNodes.pop(node, None)
            elif node.source[0] >= 0 and not (node.is_clone and node.name == self.now.ending):
                self.now.trace.add(node)
            node.parent = self
            self.childNodes[node] = None
            self.show(node.seen, node.pieces)

    def insertBefore(self, node: "Node | Leaf", _: "Node") -> None:  # noqa: N802
        """Take a node in; where among the others does not matter."""
        self.appendChild(node)

    def insertText(self, data: str, insertBefore: "Node | None" = None) -> None:  # noqa: N802, N803
        """Note what the text stands for; with ``insertBefore`` it is moved out of a table."""
        self.filled = True
        if insertBefore is not None:
            self.now.moved += 1
            if self.now.moved > MOST_MOVED:
                raise TooComplexError(f"a parser would move more than {MOST_MOVED} texts of it out of tables")
        self.show(self.now.gap if SEEN in data else 0, self.now.place if PLACE in data else 0)

    def removeChild(self, node: "Node") -> None:  # noqa: N802
        """Let a node go that is appended elsewhere at once; its parent stays as a sign that it is known."""
        self.childNodes.pop(node, None)

    def reparentChildren(self, parent: "Node") -> None:  # noqa: N802
        """Give all nodes, and what they and the text show, to another element."""
        for child in list(self.childNodes):
            parent.appendChild(child)
        parent.show(self.seen, self.pieces)
        self.childNodes.clear()

    def cloneNode(self) -> "Node":  # noqa: N802
        """Return an empty element of the same source."""
        clone = Node(self.now, self.name, self.namespace)
        clone.seen = 0
        clone.adopted = clone.is_clone = True
        attributes = Attributes(self._attributes)
        attributes.source = self.source
        clone.attributes = attributes
        return clone

    def hasContent(self) -> bool:  # noqa: N802
        """Return whether it holds anything."""
        return self.filled


class Leaf:
    """A comment or a doctype, of which nothing needs to be known."""

    def __init__(self, *_: object) -> None:
        self.parent = None
