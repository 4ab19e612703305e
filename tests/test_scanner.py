"""Spans of HTML source, against html5lib's tokenizer and its conformance tests."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from html5_support import XHTML, bodies, draw, merged, normalised, token_events, tree_events
from xinksig.text.html.references import decoded
from xinksig.text.html.scanner import (
    COMMENT,
    DROPPED,
    END,
    INERT,
    PLAINTEXT,
    RAW,
    RCDATA,
    START,
    TEXT,
    UNSURE,
    Span,
    attributes,
    data_state,
    raw_content,
    self_closing,
    spans,
)

KINDS = {TEXT: "text", START: "start", END: "end", RAW: "raw", RCDATA: "raw", PLAINTEXT: "raw"}

WORDS = """
< </ <a <b> </b> <p> > /> " ' = / a x - -- --> --!> <!-- <!--> <!---> <!- <! <? <!DOCTYPE <![CDATA[ ]]> </>
<style> </style> </style <title> </title> <textarea> <script> </script> <script </script <xmp> </xmp> <iframe>
</iframe/> <noembed> </noembed> <noframes> </noframes> <plaintext> <noscript> &amp; &#123 &lt &notit; é <br/>
<a="b>c" <A\u212a> href= =" =' ! & { } <o:p> <jane@example.com> \u212a \u017f <\u017fcript> </\u017ftyle> \0
"""
SPACED = [" ", "\n", "\t", "\f", "\r", "\r\n", "</textarea ", "<STYLE x>", '<img src="x>y">', "<a href=x>"]
SPACED += ["<A HREF='q'>", '<a b = "c>d" e>', "<a b=c/>", "<!-- a -->", "<a b=\"c\"d='e'f>"]
ATOMS = WORDS.split() + SPACED


def read(html: str) -> list[tuple[str, int, int, str]]:
    found = list(spans(html))
    assert [span.start for span in found] == [0, *(span.stop for span in found)][: len(found)]
    assert not found or found[-1].stop == len(html)
    return merged(
        (KINDS.get(kind, "nothing"), start, stop, name if kind in (START, END) else "")
        for kind, start, stop, name in found
    )


def judged(html: str) -> list[tuple[str, int, int, str]]:
    return merged(
        (event.kind, event.start, event.stop, event.name) for event in token_events(normalised(html))
    )


def is_artefact(html: str) -> bool:
    """Return whether html5lib reads the source otherwise than the standard.

    It stays in the comment start state at a NUL, so that a following ``>`` ends the comment.
    """
    return re.search(r"<!---?\0", html) is not None


@given(st.lists(st.sampled_from(ATOMS), max_size=16).map("".join))
def test_spans_are_those_of_the_html5lib_tokenizer(html: str) -> None:
    if not is_artefact(html):
        assert read(html) == judged(html)


@pytest.mark.deep
def test_spans_of_120000_hostile_texts_are_those_of_the_html5lib_tokenizer() -> None:
    source = random.Random(20240611)
    different = []
    for _ in range(120_000):
        html = draw(source, ATOMS, 14)
        if not is_artefact(html) and read(html) != judged(html):
            different.append(html)
    assert different == []


# The conformance tests of html5lib.

LEFT_OUT = {
    "CDATA section state": "entered in svg and math only, which are taken as wholes",
}
STATES = {
    "PLAINTEXT state": PLAINTEXT,
    "RCDATA state": RCDATA,
    "RAWTEXT state": RAW,
    "Script data state": RAW,
}


def unescaped(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda match: chr(int(match[1], 16)), value)
    if isinstance(value, list):
        return [unescaped(item) for item in value]
    if isinstance(value, dict):
        return {unescaped(key): unescaped(item) for key, item in value.items()}
    return value


def joined(tokens: list[list[Any]]) -> list[list[Any]]:
    """Neighbouring characters as one token; of a doctype only that it is one."""
    found: list[list[Any]] = []
    for token in tokens:
        if token[0] == "Character" and found and found[-1][0] == "Character":
            found[-1] = ["Character", found[-1][1] + token[1]]
        else:
            found.append(token[:1] if token[0] == "DOCTYPE" else list(token))
    return found


def tokens_of(html: str, first: Span | None) -> Iterator[list[Any]]:
    found = [first] if first else []
    found += spans(html, first.stop if first else 0)
    for span in found:
        source = html[span.start : span.stop]
        if span.kind == TEXT:
            yield ["Character", decoded(source)]
        elif span.kind == RCDATA:
            yield ["Character", decoded(source.replace("\0", "\ufffd"))]
        elif span.kind in (RAW, PLAINTEXT):
            yield ["Character", source.replace("\0", "\ufffd")]
        elif span.kind == START:
            token = ["StartTag", span.name, attributes(html, span.start, span.stop)]
            yield [*token, True] if self_closing(html, span) else token
        elif span.kind == END:
            yield ["EndTag", span.name]
        elif span.kind == COMMENT:
            yield from comment(source)


def comment(source: str) -> Iterator[list[Any]]:
    if source[2:9].lower() == "doctype":
        yield ["DOCTYPE"]
    elif source.startswith("<!--"):
        data = "" if source in ("<!-->", "<!--->") else source[4:]
        for end in ("--!>", "-->", "--!", "--", "-"):
            # At the end of the text a comment may lack its end, or have a part of it.
            if data.endswith(end):
                data = data[: -len(end)]
                break
        yield ["Comment", data.replace("\0", "\ufffd")]
    elif source != "</>":
        begin = 1 if source[1] == "?" else 2
        yield ["Comment", source[begin:].removesuffix(">").replace("\0", "\ufffd")]


def conformance_tests(corpus: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((corpus / "html5lib-tests" / "tokenizer").glob("*.test")):
        for test in json.loads(path.read_text("utf-8")).get("tests", ()):
            yield path.name, unescaped(test) if test.get("doubleEscaped") else test


def test_every_html5lib_tokenizer_test_passes(html_corpus: Path) -> None:
    """All but the file of XML violations, which is about a conversion that this scanner does not make."""
    passed, failed, left_out = 0, [], 0
    for name, test in conformance_tests(html_corpus):
        html = test["input"]
        expected = joined(test["output"])
        for state in test.get("initialStates", ["Data state"]):
            if state in LEFT_OUT:
                left_out += 1
                continue
            first = None
            if state != "Data state":
                # Without a start tag before it no end tag closes it.
                kind, last = STATES[state], test.get("lastStartTag", "")
                first = Span(kind, 0, len(html), last)
                if last:
                    first = first._replace(stop=raw_content(html, Span(START, 0, 0, last), len(html)).stop)
            got = [token for token in joined(list(tokens_of(html, first))) if token != ["Character", ""]]
            if normalised_lines(got) == normalised_lines(expected):
                passed += 1
            else:
                failed.append((name, test["description"], state, got, expected))
    assert failed == []
    assert (passed, left_out) == (6_976, 56)


def normalised_lines(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, list):
        return [normalised_lines(item) for item in value]
    if isinstance(value, dict):
        return {key: normalised_lines(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("kind", ["token", "tree"])
def test_real_bodies_are_read_as_html5lib_reads_them(html_corpus: Path, kind: str) -> None:
    events = {"token": token_events, "tree": tree_events}[kind]
    found = bodies(html_corpus)
    assert len(found) == 188
    for name, html in found:
        judge = [event for event in events(normalised(html)) if event.start < event.stop]
        assert read(html) == merged((event.kind, event.start, event.stop, event.name) for event in judge), (
            name
        )


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ('<a HREF="x" href=y>', {"href": "x"}),
        ("<a b c=>", {"b": "", "c": ""}),
        ("<a b = 'c>d' =e=f>", {"b": "c>d", "=e": "f"}),
        ('<a b="&amp;&lt;&#123;&copy=1&copyx&copy;" c=&gt>', {"b": "&<{&copy=1&copyx©", "c": ">"}),
        ("<a b=c/>", {"b": "c/"}),
        ("<a/b/c>", {"b": "", "c": ""}),
        ("<a b=\"1\"c='2'd>", {"b": "1", "c": "2", "d": ""}),
        ("<a \0=\0 \u212a=1>", {"\ufffd": "\ufffd", "\u212a": "1"}),
        ("<a\r\nb\r\n=\r\nc>", {"b": "c"}),
        ("<a>", {}),
        ("</a>", {}),
    ],
)
def test_attributes_of_a_tag(tag: str, expected: dict[str, str]) -> None:
    assert attributes(tag, 0, len(tag)) == expected


def test_attributes_in_the_middle_of_a_text_end_with_the_tag() -> None:
    html = "x<a b=1>c=2 d=3>"
    assert attributes(html, 1, 8) == {"b": "1"}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<a/>", True),
        ("<a b/>", True),
        ("<a b=c/>", False),
        ("<a b='c'/>", True),
        ("<a b= />", False),
        ("<a>", False),
    ],
)
def test_self_closing_tags(tag: str, expected: bool) -> None:
    assert self_closing(tag, next(spans(tag))) is expected


def test_spans_of_a_slice_are_read_as_if_the_text_ended_there() -> None:
    html = "abc<b>def</b>"
    assert [(span.kind, span.start, span.stop) for span in spans(html, 1, 5)] == [
        (TEXT, 1, 3),
        (DROPPED, 3, 5),
    ]
    assert [(span.kind, span.start, span.stop) for span in spans(html, 3, 8)] == [(START, 3, 6), (TEXT, 6, 8)]
    assert list(spans(html, 4, 4)) == []


def test_names_are_lower_case_and_carry_the_name_of_their_element_into_raw_text() -> None:
    found = list(spans("<STYLE>a</Style><O:P>"))
    assert [(span.kind, span.name) for span in found] == [
        (START, "style"),
        (RAW, "style"),
        (END, "style"),
        (START, "o:p"),
    ]


# The bulk run, and the subtrees that only a tree reads.

TREE_WORDS = """
<svg> </svg> <svg/> <math> </math> <mi> </mi> <title> </title> <desc> </desc> <foreignObject>
</foreignObject> <g> </g> <path/> <style> </style> <p> </p> <div> </div> <b> </b> <font> <![CDATA[ ]]>
<!-- --> <select> </select> <option> </option> <textarea> </textarea> <input> <script> </script> <table>
</table> <tr> <td> </td> <frameset> <plaintext> x &amp; < > y <annotation-xml> </annotation-xml> <span>
</span> <br> <iframe>x</iframe> <noframes> </noframes> </style> </textarea> </title> </script>
"""
TREE_ATOMS = [*TREE_WORDS.split(), "xyz", "xyz", " ", "<font color=red>", "<path d=x/>", "<svg>x</svg>"]
TREE_ATOMS += ["<style>a<b></style>", "<p>x", "x</p>", "<svg><title>x</title></svg>", "<svg><p>x"]
PLAIN_TREE_ATOMS = [atom for atom in TREE_ATOMS if atom not in ("<frameset>", "<plaintext>")]


def disagreement(html: str) -> str:
    """Return where ``data_state`` is sure of something that html5lib's tree does not bear out."""
    for event in tree_events(html):
        if event.kind not in ("text", "raw") or html[event.start] == "\0":
            continue
        held = data_state(html, 0, event.start)
        foreign = any(element.namespace != XHTML for element in event.open_elements)
        names = {element.name for element in event.open_elements}
        if held is None:
            agreed = event.kind == "text" and not foreign and names.isdisjoint({"select", "frameset"})
        elif held.kind == INERT:
            agreed = foreign
        elif held.kind in (RAW, RCDATA, PLAINTEXT):
            agreed = event.kind == "raw"
        else:
            agreed = held.kind == UNSURE
        if not agreed:
            return f"{html!r} at {event.start}: {held}, by the tree {event}"
    return ""


@given(st.lists(st.sampled_from(PLAIN_TREE_ATOMS), max_size=14).map("".join))
def test_a_sure_data_state_is_borne_out_by_the_tree(html: str) -> None:
    assert disagreement(html) == ""


@pytest.mark.deep
def test_a_sure_data_state_is_borne_out_by_the_tree_in_30000_texts() -> None:
    source = random.Random(31)
    assert [found for _ in range(30_000) if (found := disagreement(draw(source, TREE_ATOMS, 12)))] == []


def expected_hold(html: str, offset: int) -> tuple[int, int, int] | None:
    """Return what holds the offset by the spans alone: ``None`` for text and for where a construct begins."""
    for span in spans(html):
        if span.start <= offset < span.stop:
            begins = span.start == offset and span.kind not in (RAW, RCDATA, PLAINTEXT)
            return None if begins or span.kind == TEXT else (span.kind, span.start, span.stop)
    return None


@given(st.lists(st.sampled_from(ATOMS), max_size=16).map("".join), st.data())
def test_data_state_is_what_the_spans_say(html: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, max(0, len(html) - 1)))
    held = data_state(html, 0, offset)
    assert (held and held[:3]) == expected_hold(html, offset)


@pytest.mark.deep
def test_data_state_is_what_the_spans_say_at_50000_offsets() -> None:
    source = random.Random(5)
    for _ in range(50_000):
        html = draw(source, ATOMS, 20) + "x"
        offset = source.randrange(len(html))
        held = data_state(html, 0, offset)
        assert (held and held[:3]) == expected_hold(html, offset), (html, offset)


@pytest.mark.parametrize(
    ("html", "kind", "rest"),
    [
        ("<svg><style>a{}</style>@</svg>x", INERT, "x"),
        ("<svg><title>t</title><path/>@</svg>x", INERT, "x"),
        ("<svg><![CDATA[</svg>@]]></svg>x", INERT, "x"),
        ("<svg><g>@</g><p>x", INERT, "<p>x"),
        ("<svg>@", INERT, ""),
        ("<svg><g>@</svg>x", UNSURE, ""),
        ("<svg><desc><b>@</b></desc></svg>x", UNSURE, ""),
        ("<math><mi>@</mi></math>x", INERT, "x"),
        ("<template><template></template>@</template>x", INERT, "x"),
        ("<template><svg><style/></svg><style></template></style>@</template>x", INERT, "x"),
        ("<template>@", INERT, ""),
        ("<select><option>@</select>x", UNSURE, "x"),
        ("<select>@<select>x", UNSURE, "x"),
        ("<select>@<input>x", UNSURE, "<input>x"),
        ("<select>@<style>a<b></style></select>x", UNSURE, ""),
        ("<select>@<style>ab</style></select>x", UNSURE, "x"),
        ("<select>@<textarea>", UNSURE, "<textarea>"),
        ("<select>@<plaintext>", UNSURE, ""),
        ("<frameset>@</frameset>x", UNSURE, ""),
    ],
)
def test_subtrees_are_taken_as_wholes(html: str, kind: int, rest: str) -> None:
    held = data_state(html, 0, html.index("@"))
    assert held is not None
    assert (held.kind, held.start, html[held.stop :]) == (kind, 0, rest)


def test_behind_a_subtree_is_the_data_state_again() -> None:
    html = "<svg/>a<svg><g/></svg>b<template></template>c<select></select>d<math></math>e"
    assert [
        data_state(html, 0, html.index(letter + "<") if letter != "e" else len(html) - 1) for letter in "bcde"
    ] == [None] * 4
