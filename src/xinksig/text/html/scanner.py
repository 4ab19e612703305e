"""Exact spans of HTML source: the tokenizer of WHATWG HTML 13.2.5, as offsets.

All offsets count characters of the decoded text, in which nothing is normalised: CR, LF and CRLF are white
space alike. The tokenizer alone does not know svg, math, select or frameset, where a tree decides how
the source is read on; ``data_state`` takes those subtrees as wholes.

Every repeat of a group is bounded, because the matching engine keeps a context for each round, and only
single character classes are possessive, because Python before 3.11.5 mis-matches other ones (gh-106052).
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, partial

from xinksig.expressions import late
from xinksig.records import NamedTuple, cast
from xinksig.text.html.references import decoded

TEXT = 0
START = 1
"""A start tag."""
END = 2
"""An end tag."""
COMMENT = 3
"""A comment, bogus comment, doctype or ``</>``: nothing to see."""
RAW = 4
"""The content of style, xmp, iframe, noembed, noframes and script."""
RCDATA = 5
"""The content of title and textarea."""
PLAINTEXT = 6
"""What follows ``<plaintext>``."""
DROPPED = 7
"""A tag that is not closed at the end of the text: a parser drops it."""
INERT = 8
"""Only from ``data_state``: a template, svg or math with all it holds."""
UNSURE = 9
"""Only from ``data_state``: select, frameset and whatever follows a construct that only a tree can read."""


class Span(NamedTuple):
    """One construct of the source, ``html[start:stop]``."""

    kind: int
    start: int
    stop: int
    name: str
    """Of a start or end tag, in lower case; of raw text, the name of its element; else ""."""


_new_span = cast("Callable[[tuple[int, int, int, str]], Span]", partial(tuple.__new__, Span))

_WS = r"\t\n\f\r "
_QUOTED_ATTRIBUTES = (
    rf"""(?:[^"'>=]*+(?<![{_WS}/"'])=(?:"[^"]*+"|'[^']*+'|[^{_WS}>"'][^{_WS}>]*+)){{1,64}}[^"'>=]*+>"""
)
"""The ordinary attributes behind a tag's name; what it does not match goes to ``_tag_stop``."""
TAG_REST = rf"""(?:[^"'>]*+>|(?![^"'>]*+>){_QUOTED_ATTRIBUTES})"""
"""What follows a tag's name; in one way only, so that many tags can not be tried in many ways."""
_NAME = late(rf"</?([a-zA-Z][^{_WS}/>]*+)")
_ATTRIBUTE_NAME = late(rf"[{_WS}/]*+(?:(>)|[^{_WS}/>][^{_WS}/>=]*+)")
_EQUALS = late(rf"[{_WS}]*+=[{_WS}]*+")
_UNQUOTED = late(rf"[^{_WS}>]*+")
_ATTRIBUTE = late(
    rf"""([^{_WS}/>][^{_WS}/>=]*+)(?:[{_WS}]*+=[{_WS}]*+(?:"([^"]*+)"|'([^']*+)'|([^{_WS}>"'][^{_WS}>]*+))?)?"""
)
_SCRIPT = late(r"<!--|-->|<(/?)script(?=[\t\n\f\r />])", re.ASCII | re.IGNORECASE)


def names(text: str) -> frozenset[str]:
    """Return the names that the text lists."""
    return frozenset(text.split())


_CONTENT = {
    **dict.fromkeys(("style", "xmp", "iframe", "noembed", "noframes", "script"), RAW),
    **dict.fromkeys(("title", "textarea"), RCDATA),
    "plaintext": PLAINTEXT,
}
"""How the text behind a start tag is read, where not as markup."""
_USUAL_NAMES = {
    name: name
    for name in names(
        "a b blockquote body br center div em font h1 h2 h3 head hr html i img li link meta o:p p pre small"
        " span strong table tbody td th tr u ul"
    )
}
_LOWER = {**{upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}, 0: 0xFFFD}


def _lowered(name: str) -> str:
    return name.lower() if name.isascii() and "\0" not in name else name.translate(_LOWER)


def spans(html: str, start: int = 0, stop: int | None = None) -> Iterator[Span]:
    """Yield the spans that tile ``html[start:stop]``, read as if the text ended at ``stop``.

    ``start`` must be in the data state. Neighbouring spans may both be TEXT (a ``<`` that opens nothing
    is one of its own). Never raises.
    """
    end = len(html) if stop is None else stop
    token, usual = _token(), _USUAL_NAMES
    while start < end:
        for match in token.finditer(html, start, end):
            group = match.lastindex
            start, behind = match.span()
            at = match.end(1)
            if at > start:
                yield _new_span((TEXT, start, at, ""))
            start = behind
            if group == 1:
                continue
            if group == 4:
                span = _unusual_construct(html, at, end)
                start = span.stop
            else:
                name = match[group or 2]
                span = _new_span(
                    (START if group == 2 else END, at, behind, usual.get(name) or _lowered(name))
                )
            yield span
            if span.kind == START and span.name in _CONTENT:
                content = raw_content(html, span, end)
                start = content.stop
                if content.start < start:
                    yield content
                break
            if group == 4:
                break


def construct(html: str, start: int, stop: int) -> Span:
    """Return the one construct that the ``<`` at ``start`` opens: a tag, a comment, or TEXT."""
    match = _token().match(html, start, stop)
    assert match is not None
    group = match.lastindex
    if group == 4 or group is None:
        return _unusual_construct(html, start, stop)
    name = match[group]
    return _new_span(
        (START if group == 2 else END, start, match.end(), _USUAL_NAMES.get(name) or _lowered(name))
    )


def _unusual_construct(html: str, start: int, stop: int) -> Span:
    """Return a construct that the token's pattern does not match."""
    second = html[start + 1 : min(start + 2, stop)]
    if second == "!":
        return _new_span((COMMENT, start, _declaration_stop(html, start, stop), ""))
    if second == "/":
        third = html[start + 2 : min(start + 3, stop)]
        if not third:
            return _new_span((TEXT, start, stop, ""))
        kind = END if third.isascii() and third.isalpha() else COMMENT
    elif second == "?":
        kind = COMMENT
    elif second.isascii() and second.isalpha():
        kind = START
    else:
        return _new_span((TEXT, start, start + 1, ""))
    if kind == COMMENT:
        return _new_span((COMMENT, start, _behind(html, ">", start, stop), ""))
    match = _NAME.match(html, start, stop)
    assert match is not None
    behind = _tag_stop(html, match.end(), stop)
    if behind < 0:
        return _new_span((DROPPED, start, stop, ""))
    return _new_span((kind, start, behind, _lowered(match[1])))


def raw_content(html: str, tag: Span, stop: int) -> Span:
    """Return the content, possibly empty, of the raw text, RCDATA or plaintext element that ``tag`` opens."""
    kind, name, start = _CONTENT[tag.name], tag.name, tag.stop
    if kind == PLAINTEXT:
        return _new_span((kind, start, stop, name))
    if name == "script":
        return _new_span((kind, start, _script_stop(html, start, stop), name))
    at = html.find("</", start, stop)
    while at >= 0:
        behind = at + 2 + len(name)
        if behind < stop and html[behind] in "\t\n\f\r />" and _lowered(html[at + 2 : behind]) == name:
            return _new_span((kind, start, at, name))
        at = html.find("</", at + 2, stop)
    return _new_span((kind, start, stop, name))


def _behind(html: str, needle: str, start: int, stop: int) -> int:
    at = html.find(needle, start, stop)
    return stop if at < 0 else at + len(needle)


def _declaration_stop(html: str, start: int, stop: int) -> int:
    """Return where the comment, doctype or bogus comment that begins with ``<!`` ends."""
    if not html.startswith("--", start + 2, stop):
        return _behind(html, ">", start, stop)
    for abrupt in ("<!-->", "<!--->"):
        if html.startswith(abrupt, start, stop):
            return start + len(abrupt)
    behind = _behind(html, "-->", start + 4, stop)
    return _behind(html, "--!>", start + 4, behind)


def _script_stop(html: str, start: int, stop: int) -> int:
    """Return where a script's content ends; its states are plain, escaped and double escaped."""
    state = 0
    at = start
    while match := _SCRIPT.search(html, at, stop):
        at = match.end()
        closing = match[1]
        if closing is None:
            if match[0] == "-->":
                state = 0
            elif state == 0:
                state = 1
                at -= 2
            else:
                at -= 2
        elif not closing:
            state = 2 if state else 0
        elif state == 2:
            state = 1
        else:
            return match.start()
    return stop


def _tag_stop(html: str, start: int, stop: int) -> int:
    """Return the offset behind the ``>`` of a tag whose name ends at ``start``; -1: not closed."""
    while match := _ATTRIBUTE_NAME.match(html, start, stop):
        if match[1]:
            return match.end()
        start = match.end()
        equals = _EQUALS.match(html, start, stop)
        if equals is None:
            continue
        start = equals.end()
        quote = html[start : min(start + 1, stop)]
        if quote in ("'", '"'):
            start = html.find(quote, start + 1, stop) + 1
            if not start:
                return -1
        elif unquoted := _UNQUOTED.match(html, start, stop):
            start = unquoted.end()
    return -1


def attributes(html: str, start: int, stop: int) -> dict[str, str]:
    """Return the attributes of the start tag ``html[start:stop]``: the first one of a name wins.

    Names are in lower case, values have their character references decoded.
    """
    found: dict[str, str] = {}
    name = _NAME.match(html, start, stop)
    if name is None:
        return found
    for match in _ATTRIBUTE.finditer(html, name.end(), stop - 1):
        key = _lowered(match[1])
        if key not in found:
            value = match[2] or match[3] or match[4] or ""
            found[key] = decoded(value.replace("\0", "\ufffd"), in_attribute=True)
    return found


def self_closing(html: str, tag: Span) -> bool:
    """Return whether the start tag ends in ``/>`` with the slash outside its attributes' values."""
    if html[tag.stop - 2] != "/":
        return False
    last = 0
    for match in _ATTRIBUTE.finditer(html, tag.start + 1 + len(tag.name), tag.stop - 1):
        last = match.end()
    return last < tag.stop - 1


# Bulk reading: is an offset in the data state? And the subtrees that only a tree reads as a parser does.

SUBTREES = frozenset(("svg", "math", "template", "select", "frameset"))
"""Elements that ``subtree`` takes as wholes."""
SPECIAL = SUBTREES.union(_CONTENT)
"""Elements behind whose start tag the source is not read on as before."""
_BREAKOUT = names(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing"
    " menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
)
"""Start tags that end an svg or math around them."""
_INTEGRATION = names("foreignobject desc title annotation-xml mi mo mn ms mtext")
"""Elements of svg and math in which markup is HTML again."""


@cache
def _token() -> re.Pattern[str]:
    return re.compile(
        rf"([^<]*+)(?:<([a-zA-Z][^{_WS}/>]*+){TAG_REST}|</([a-zA-Z][^{_WS}/>]*+)[^\"'>]*+>|(<)|)"
    )


@cache
def bulk_run(
    stop_at: frozenset[str] = SPECIAL, stop_at_ends: str = "", *, pass_balanced: bool = False
) -> re.Pattern[str]:
    """Return what matches a run of text and constructs up to a start tag of one of the names.

    A match with an end position that reaches it says that it is in the data state; one that does not stops
    where a construct begins that is not usual, or not finished there. Also stops at the end tags of one
    name, but with ``pass_balanced`` passes a small element of that name without another one in it.
    """
    name = rf"(?ai:{stop_at_ends})"
    end = r"""[a-zA-Z][^"'>]*+>"""
    if stop_at_ends:
        end = rf"(?!{name}[{_WS}/>]){end}"
    start = rf"{_none_of(stop_at)}[a-zA-Z][^{_WS}/>]*+{TAG_REST}"
    comment = "!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+){0,64}--!?>"
    usual = rf"/{end}|{start}|{comment}|(?=[^a-zA-Z/!?])"
    if pass_balanced:
        inner = rf"(?:[^<]*+<(?:{usual})){{0,200}}[^<]*+"
        usual += rf"|{name}(?=[{_WS}/>]){TAG_REST}{inner}</{name}[{_WS}]*+>"
    return re.compile(rf"(?:[^<]*+<(?:{usual})){{0,400}}[^<]*+")


def _none_of(stop_at: frozenset[str]) -> str:
    """Return the look-ahead that refuses the names; by first letter, which the engine tells apart fast."""
    rests: dict[str, list[str]] = {}
    for name in sorted(stop_at):
        rests.setdefault(name[0], []).append(name[1:])
    tests = [f"[{first}{first.upper()}](?ai:{'|'.join(rest)})" for first, rest in rests.items()]
    return rf"(?!(?:{'|'.join(tests)})[{_WS}/>])" if tests else ""


def data_state(html: str, start: int, stop: int) -> Span | None:
    """Return ``None`` if the character at ``stop`` is in the data state, else the construct that holds it.

    ``start`` must be in the data state. A template, svg or math is one construct of kind INERT, a select one
    of kind UNSURE; so is all that follows a frameset or what only a tree can read. The caller goes
    on behind the construct's ``stop``, which keeps any number of questions linear.
    """
    run = bulk_run()
    while start < stop:
        match = run.match(html, start, stop)
        assert match is not None
        if match.end() > start:
            start = match.end()
            continue
        held = construct(html, start, len(html))
        if held.stop <= stop and held.kind == START and held.name in SPECIAL:
            held = subtree(html, held)
        if held.start <= stop < held.stop and held.kind != TEXT:
            return held
        start = held.stop
    return None


def subtree(html: str, tag: Span) -> Span:
    """Return what the start tag of a special element holds, as one construct."""
    if tag.name in _CONTENT:
        return raw_content(html, tag, len(html))
    if tag.name == "template":
        return _template(html, tag)
    if tag.name == "select":
        return _select(html, tag)
    if tag.name == "frameset":
        return _unsure(html, tag)
    return _foreign(html, tag)


def _unsure(html: str, tag: Span) -> Span:
    return _new_span((UNSURE, tag.start, len(html), tag.name))


def _template(html: str, tag: Span) -> Span:
    depth, at = 1, tag.stop
    while at < len(html):
        for span in spans(html, at):
            at = span.stop
            if span.name == "template":
                depth += 1 if span.kind == START else -1
                if not depth:
                    return _new_span((INERT, tag.start, at, tag.name))
            elif span.kind == START and span.name in ("svg", "math"):
                inner = _foreign(html, span)
                if inner.kind == UNSURE:
                    return _unsure(html, tag)
                at = inner.stop
                break
    return _new_span((INERT, tag.start, len(html), tag.name))


def _select(html: str, tag: Span) -> Span:
    """Return the select: old parsers ignore the tags in it, new ones do not."""
    for span in spans(html, tag.stop):
        if span.kind in (RAW, RCDATA) and span.name not in ("script", "textarea"):
            if span.stop == len(html) or html.find("<", span.start, span.stop) >= 0:
                return _unsure(html, tag)
        elif span.kind == PLAINTEXT:
            return _unsure(html, tag)
        elif span.name == "select":
            return _new_span((UNSURE, tag.start, span.stop, tag.name))
        elif span.kind == START and span.name in ("input", "keygen", "textarea"):
            return _new_span((UNSURE, tag.start, span.start, tag.name))
    return _unsure(html, tag)


def _foreign(html: str, tag: Span) -> Span:
    """Return the svg or math; UNSURE if it is not well-nested or holds markup where HTML is read again."""
    if self_closing(html, tag):
        return _new_span((INERT, tag.start, tag.stop, tag.name))
    names = [tag.name]
    at = html.find("<", tag.stop)
    while at >= 0:
        if html.startswith("<![CDATA[", at):
            behind = _behind(html, "]]>", at, len(html))
        else:
            span = construct(html, at, len(html))
            behind = span.stop
            if span.kind == START:
                if names[-1] in _INTEGRATION or span.name == "font":
                    return _unsure(html, tag)
                if span.name in _BREAKOUT:
                    return _new_span((INERT, tag.start, at, tag.name))
                if not self_closing(html, span):
                    names.append(span.name)
            elif span.kind == END:
                if span.name != names.pop():
                    return _unsure(html, tag)
                if not names:
                    return _new_span((INERT, tag.start, behind, tag.name))
        at = html.find("<", behind)
    return _new_span((INERT, tag.start, len(html), tag.name))
