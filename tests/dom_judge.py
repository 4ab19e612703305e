"""Judges of an injection: the tree before and after, by html5lib and by Chromium, whole documents each time.

The source before, in which a placeholder is one private character and its signature nothing, must show the
same characters in the same elements as the result without the signatures; each signature must stand
where its placeholder stood, whole, in no inline element and no paragraph it must not stand in; and
no element may have become empty.
"""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from html5lib.html5parser import HTMLParser


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


MARKS = [chr(0xE000 + number) for number in range(32)]
"""Stand for the placeholders in the source before."""
SIGNED = "data-sig"
"""Each element of a signature has this attribute; its text is of Greek capitals."""
_SIGNATURE_TEXT = re.compile(r"[\u0391-\u03a9]")
_VOID = {"area", "br", "embed", "hr", "img", "input"}
_NOTHING = {"wbr"}
_OBJECTS = _set(
    "audio canvas frameset iframe math noembed noframes optgroup option plaintext select svg textarea"
    " video xmp"
)
_STOPS = _set(
    "address applet article aside blockquote body button caption center dd details dialog dir div dl dt"
    " fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup html li listing main marquee"
    " menu nav object ol pre search section summary table tbody td tfoot th thead tr ul"
)
_HEADED = {"head", "script", "style", "title", "template"}
_BLANK = set("\t\n\f\r \u00a0")
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00\ufe01\ufe0e\ufe0f\ufeff\0]"
)


class Unit(NamedTuple):
    """A visible character or void element, and the elements around it, outermost first."""

    shown: str
    chain: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    signed: int
    """How many elements of the chain are outside the signature; -1: it belongs to no signature."""
    holder: int
    """Identity of the innermost element outside the signature."""


class Page(NamedTuple):
    """What a document shows, and its inline elements and paragraphs without text and blocks, by name."""

    units: list[Unit]
    empty: Counter[str]


class StandardParser(HTMLParser):
    """html5lib's parser with the white space of a table read as the standard has it and all browsers do.

    In a cell, a caption, and an element that stands in a table but in no cell, white space opens formatting
    again as any text does. ``test_chromium_reads_as_the_judge_does`` compares the two.
    """

    def __init__(self) -> None:
        super().__init__(namespaceHTMLElements=False)
        for name in ("inCell", "inCaption", "inTable"):
            phase = type(self.phases[name])
            self.phases[name] = type(name, (_TableSpace, phase), {"__slots__": ()})(self, self.tree)


class _TableSpace:
    __slots__ = ()

    def processSpaceCharacters(self, token: dict[str, Any]) -> None:  # noqa: N802
        parser: Any = self.parser  # type: ignore[attr-defined]
        current = parser.tree.openElements[-1].name
        if parser.phase is parser.phases["inCell"] or parser.phase is parser.phases["inCaption"]:
            parser.phases["inBody"].processSpaceCharacters(token)
        elif current in ("table", "tbody", "tfoot", "thead", "tr"):
            super().processSpaceCharacters(token)  # type: ignore[misc]
        else:
            parser.tree.reconstructActiveFormattingElements()
            parser.tree.openElements[-1].insertText(token["data"])


def page(document: str) -> Page:
    """Return what an HTML5 parser makes of the document."""
    return _page(StandardParser().parse(document))


def _page(root: Any) -> Page:
    reader = _Reader()
    # Nodes to enter or to leave and texts that are still to come.
    todo: list[Any] = [("enter", root, (), -1, 0)]
    while todo:
        step, node, *place = todo.pop()
        if step == "text":
            reader.text(node, *place)
        elif step == "leave":
            reader.leave(node, *place)
        elif isinstance(node.tag, str):
            todo += reader.enter(node, *place)
    return Page(reader.units, reader.empty)


class _Reader:
    """Reads a tree from its first node to its last."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.empty: Counter[str] = Counter()
        self.blocks = 0

    def text(self, text: str, chain: tuple[Any, ...], signed: int, holder: int) -> None:
        for character in text:
            if character not in _BLANK and not _IGNORABLE.match(character):
                inside = len(chain) if signed < 0 and _SIGNATURE_TEXT.match(character) else signed
                self.units.append(Unit(character, chain, inside, holder))

    def leave(self, node: Any, before: int) -> None:
        name = node.tag.rpartition("}")[2]
        is_content = name in _STOPS or name in _OBJECTS
        self.blocks += is_content
        if len(self.units) + self.blocks == before and not is_content:
            self.empty[name] += 1

    def enter(self, node: Any, chain: tuple[Any, ...], signed: int, holder: int) -> list[Any]:
        name, attributes = node.tag, dict(node.attrib)
        if name in _NOTHING:
            return []
        if name in _HEADED:
            self.blocks += 1
            return []
        attributes.pop("id", None)
        if name == "a":
            attributes.pop("name", None)
        if signed < 0 and SIGNED in attributes:
            signed = len(chain)
        inner = (*chain, (name, tuple(sorted((str(key), value) for key, value in attributes.items()))))
        if signed < 0:
            holder = id(node)
        if name in _VOID:
            self.units.append(Unit(f"<{name}>", inner, signed, holder))
            return []
        todo: list[Any] = [("leave", node, len(self.units) + self.blocks)]
        for child in reversed(node):
            todo.append(("text", child.tail or "", inner, signed, holder))
            todo.append(("enter", child, inner, signed, holder))
        todo.append(("text", node.text or "", inner, signed, holder))
        return todo


def marked(source: str, places: Iterable[Sequence[tuple[int, int]]]) -> str:
    """Return the source with a private character of its own for each place."""
    pieces: list[str] = []
    at = 0
    for mark, spans in zip(MARKS, places, strict=False):
        for number, (start, stop) in enumerate(spans):
            pieces += (source[at:start], "" if number else mark)
            at = stop
    return "".join((*pieces, source[at:]))


def faults(
    before: Page, after: Page, signatures: Sequence[str | None], *, block: Sequence[bool]
) -> list[str]:
    """Return what is wrong with the page ``after``, of which ``before`` has a mark for each signature.

    ``None``: nothing is put there. ``block``: whether a signature must not stand in a paragraph.
    """
    found: list[str] = []
    alone = [None if html is None else page(f"<!DOCTYPE html><body>{html}") for html in signatures]
    expected = [unit[:2] for unit in before.units if unit.shown not in MARKS]
    kept = [unit[:2] for unit in after.units if unit.signed < 0]
    if kept != expected:
        at = next(
            (n for n, pair in enumerate(zip(kept, expected, strict=False)) if pair[0] != pair[1]),
            min(len(kept), len(expected)),
        )
        found.append(f"unit {at} is {kept[at : at + 1]} instead of {expected[at : at + 1]}")
    # A parser may move what stands in a table: the order is that of the tree.
    marks: list[tuple[int, int]] = []
    passed = 0
    for unit in before.units:
        if unit.shown in MARKS:
            marks.append((passed, MARKS.index(unit.shown)))
        else:
            passed += 1
    if sorted(number for _, number in marks) != list(range(len(signatures))):
        return [*found, f"marks {marks} for {len(signatures)} signatures"]
    todo = list(after.units)
    passed = 0
    for mark, number in marks:
        while passed < mark and todo:
            passed += todo.pop(0).signed < 0
        sole = alone[number]
        if sole is not None:
            mine, todo = todo[: len(sole.units)], todo[len(sole.units) :]
            found += _signature_faults(mine, sole, is_block=block[number])
    if any(unit.signed >= 0 for unit in todo):
        found.append("a signature stands where none should")
    allowed = Counter(before.empty)
    for sole in alone:
        if sole is not None:
            allowed.update(sole.empty)
    emptied = after.empty - allowed
    if emptied:
        found.append(f"became empty: {dict(emptied)}")
    return found


def _signature_faults(mine: Sequence[Unit], alone: Page, *, is_block: bool) -> list[str]:
    found: list[str] = []
    if [(unit.shown, unit.chain[unit.signed :] if unit.signed >= 0 else None) for unit in mine] != [
        (unit.shown, unit.chain[unit.signed :]) for unit in alone.units
    ]:
        found.append(f"the signature is not whole: {''.join(unit.shown for unit in mine)}")
        return found
    if len({unit.holder for unit in mine}) > 1:
        found.append("the signature stands in more than one element")
    for unit in mine[:1]:
        wrappers: list[str] = []
        for name, _ in reversed(unit.chain[: unit.signed]):
            if name in _STOPS:
                break
            wrappers.append(name)
        if wrappers and (is_block or wrappers != ["p"]):
            found.append(f"the signature stands in {wrappers}")
    return found


def strays(document: str) -> int:
    """Return how many tags of the document an HTML5 parser complains of."""
    parser = StandardParser()
    parser.parse(document)
    return sum("end-tag" in code or "closing" in code or "adoption" in code for _, code, _ in parser.errors)


# Chromium.

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_SCRIPT = """
const documents = JSON.parse(decodeURIComponent(escape(atob(INPUT))));
const pages = documents.map(source => {
  const events = [];
  const enter = node => {
    if (node.nodeType === 3) { events.push([node.data]); return null; }
    if (node.nodeType !== 1) return null;
    const attributes = {};
    for (const attribute of node.attributes) attributes[attribute.name] = attribute.value;
    events.push([node.localName, attributes]);
    return node;
  };
  const root = new DOMParser().parseFromString(source, "text/html").documentElement;
  let node = enter(root);
  while (node) {
    let next = node.firstChild;
    if (node.nodeType !== 1 || !next) {
      while (node && !next) {
        if (node.nodeType === 1) events.push([]);
        if (node === root) { node = null; break; }
        next = node.nextSibling;
        node = node.parentNode;
      }
    }
    if (!node) break;
    node = next;
    enter(node);
  }
  return events;
});
document.body.textContent = "BEGIN" + btoa(unescape(encodeURIComponent(JSON.stringify(pages)))) + "END";
"""


def chromium_pages(documents: Sequence[str], folder: Path) -> list[Page]:
    """Return what Chromium makes of the documents; ``folder`` is for files of its own."""
    import base64
    from xml.etree.ElementTree import TreeBuilder

    found: list[Page] = []
    for first in range(0, len(documents), 200):
        data = base64.b64encode(json.dumps(documents[first : first + 200]).encode()).decode()
        path = folder / "pages.html"
        path.write_text(
            f"<meta charset=utf-8><body><script>const INPUT = '{data}';{_SCRIPT}</script>", "utf-8"
        )
        assert CHROMIUM is not None
        run = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={folder / 'profile'}", "--dump-dom", path.as_uri()],
            capture_output=True, text=True, check=True, timeout=300,
        )  # fmt: skip
        match = re.search(r"<body>BEGIN([A-Za-z0-9+/=]*)END</body>", run.stdout)
        assert match is not None, run.stderr[-2000:]
        for events in json.loads(base64.b64decode(match[1])):
            builder = TreeBuilder()
            names: list[str] = []
            for event in events:
                if len(event) == 2:
                    names.append(event[0])
                    builder.start(event[0], event[1])
                elif event:
                    builder.data(event[0])
                else:
                    builder.end(names.pop())
            found.append(_page(builder.close()))
    return found


def names_around(source: str) -> list[str]:
    """Return the names of the elements into which a parser puts a character behind the source."""
    tree = StandardParser().parse(source + MARKS[0])
    parents = {child: parent for parent in tree.iter() for child in parent}
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        if MARKS[0] in (node.text or "") or any(MARKS[0] in (child.tail or "") for child in node):
            found = [node.tag]
            while (parent := parents.get(node)) is not None:
                node = parent
                found.append(node.tag)
            return [name.rpartition("}")[2] for name in reversed(found)]
    return []
