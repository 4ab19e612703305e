"""HTML written from a tree, as WHATWG HTML 13.3 does it."""

from collections.abc import Iterator
from typing import Any

from xinksig.text.html.names import VOID
from xinksig.text.html.scanner import names

_VOID_TAGS = VOID - {"image"}
_LITERAL = names("style script xmp iframe noembed noframes")
_PREFIXES = {"{http://www.w3.org/1999/xlink": "xlink:", "{http://www.w3.org/XML/1998/namespace": "xml:"}


def serialised(body: Any) -> str:
    """Return the source of what an element of ``xml.etree`` holds, every element closed."""
    return "".join(_content(body))


def _content(body: Any) -> Iterator[str]:
    yield _escaped(body.text or "")
    todo: list[Any] = list(reversed(body))
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            yield node
            continue
        todo.append(_escaped(node.tail or ""))
        if not isinstance(node.tag, str):
            yield f"<!--{node.text or ''}-->"
            continue
        name = node.tag.rpartition("}")[2]
        if name == "plaintext":
            name = "pre"
        yield f"<{name}{''.join(_attributes(node))}>"
        if name in _VOID_TAGS and "}" not in node.tag:
            continue
        text = node.text or ""
        if name in ("pre", "listing", "textarea") and text.startswith("\n"):
            yield "\n"
        yield text if name in _LITERAL else _escaped(text)
        todo.append(f"</{name}>")
        todo.extend(reversed(node))


def _attributes(node: Any) -> Iterator[str]:
    for key, value in node.attrib.items():
        space, _, name = key.rpartition("}")
        quoted = value.replace("&", "&amp;").replace("\u00a0", "&nbsp;").replace('"', "&quot;")
        yield f' {_PREFIXES.get(space, "")}{name}="{quoted}"'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("\u00a0", "&nbsp;").replace("<", "&lt;").replace(">", "&gt;")
