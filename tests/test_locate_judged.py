"""The search for placeholders against html5lib: its tokens, its tree, and real bodies."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from html5_support import (
    XHTML,
    Element,
    Event,
    bodies,
    draw,
    normalised,
    placeholders,
    token_events,
    tree_events,
)
from xinksig.text.html import visible
from xinksig.text.html.locate import find
from xinksig.text.html.spelling import spelling
from xinksig.text.pattern import Pattern, pattern

TOKEN = "{EMAILSIGNATURE}"
PATTERN = pattern((TOKEN,), True)


# Against what html5lib reads.

WORDS = """
{EMAILSIGNATURE} {EMAILSIGNATURE} {EMAIL SIGNATURE} {E MAIL EMAIL SIGN ATURE} { } : : short S I G &#123;
&#x7b; &lcub; &lbrace; &rcub; &#125 &shy; &shy &zwnj; &nbsp; &amp; & < > &#83;IGN &#69 <b> </b> <span>
</span> <o:p> </o:p> <wbr> <!-- --> <!--x--> <!> </> <?x> <p> </p> <br> <img> <div> <a <i a=b> <i =b>
<title> </title> <style> </style> <textarea> </textarea> <script> </script> <plaintext> <jane@x> " ' =
EMAILSIGN EMAILSIGNATURE {EMAIL AIL URE} \u00ad \u200b \0 1
"""
ATOMS = [
    *WORDS.split(),
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u00a0",
    '<i title="',
    '">',
    "<b class='x>y'>",
    "{EMAIL<b>",
]
ATOMS += [
    "\n ",
    "SIGN</b>ATURE}",
    "<!-- {EMAILSIGNATURE} -->",
    "{EMAILSIGNATURE:short}",
    "<i title='{EMAIL'>",
]
PATTERNS = [
    PATTERN,
    PATTERN,
    PATTERN,
    pattern(("{EMAIL SIGNATURE}", "{EMAIL"), True),
    pattern(("{ SIGN }", "{EMAIL SIGN }", ": }"), True),
    pattern(("EMAILSIGN", "{EMAILSIGNATURE}", "SIGN"), False),
]


def by_judge(html: str, events: Sequence[Event], what: Pattern) -> list[tuple[int, int, str]]:
    words = [word.text for word in what.words]
    found = placeholders(html, events, words, ignore_case=what.ignore_case)
    return [(one.start, one.stop, one.name) for one in found]


def check_against_tokens(html: str, what: Pattern) -> int:
    """Compare the search from anchors, the one in full, and html5lib; return how many there were."""
    source = normalised(html)
    if re.search(r"<!---?\0", html):  # html5lib ends that comment at the next ">"
        return 0
    events = token_events(source)
    # What follows a plaintext tag is refused and asked about elsewhere.
    end = min(
        (event.start for event in events if (event.kind, event.name) == ("start", "plaintext")),
        default=len(html),
    )
    expected = [one for one in by_judge(source, events, what) if one[0] < end]
    got = find(html, what)
    assert [(place.start, place.stop, place.name) for place in got if place.outcome is None] == expected, html
    in_full = [one for one in visible.placeholders(html, spelling(what)) if one[0] < end]
    assert in_full == expected, html
    return len(expected)


@given(st.lists(st.sampled_from(ATOMS), max_size=14).map("".join), st.sampled_from(PATTERNS))
def test_anchors_find_what_the_full_search_and_html5lib_find(html: str, what: Pattern) -> None:
    check_against_tokens(html, what)


@pytest.mark.deep
def test_anchors_find_what_the_full_search_and_html5lib_find_in_150000_texts() -> None:
    source = random.Random(53)
    hits = 0
    for _ in range(150_000):
        hits += check_against_tokens(draw(source, ATOMS, 12), source.choice(PATTERNS)) > 0
    assert hits > 10_000


# Against the tree: what is hidden, what stands beside the cells of a table.

CONTEXT_WORDS = """
<div> </div> <p> </p> <b> </b> <span> </span> <div,hidden> <p,hidden> <span,hidden> <b,hidden> <li>
<li,hidden> </li> <ul> </ul> <table> </table> <tr> <tr,hidden> </tr> <td> <td,hidden> </td> <th> <tbody>
</tbody> <caption> </caption> <div,style="display:none"> <span,style='mso-hide:all'>
<a,style="visibility:hidden"> <a> </a> <h1> </h1> <h2,hidden> <object> </object> <details> </details>
<details,open> <summary> </summary> <br> <hr> <form> </form> <td,title="hidden">
<p,style="text-decoration:none"> <blockquote> </blockquote> <body,hidden> <svg> </svg> <center> </center>
<dl> <dt,hidden> <dd> </dl> <img,hidden> <table,hidden> <select> </select> <o:p,hidden> </o:p> <col>
</body>
"""
CONTEXT_ATOMS = [word.replace(",", " ") for word in CONTEXT_WORDS.split()]
CONTEXT_ATOMS += [TOKEN] * 14 + [
    "<table><tr><td>",
    "</td></tr></table>",
    "</td><td>",
    "</td></tr><tr><td>",
    "x",
    "<p>x</p>",
]
CONTEXT_ATOMS += [
    "<table><tr><td>x</td></tr></table>",
    "<div hidden>x</div>",
    "{EMAIL<b hidden>SIGN</b>ATURE}",
]


def is_hidden(element: Element) -> bool:
    style = element.attributes.get("style", "")
    return (
        "hidden" in element.attributes
        or element.name in ("object", "audio", "video", "canvas", "datalist")
        or re.search(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", style) is not None
        or (
            re.search(r"max-height\s*:\s*0", style) is not None
            and "overflow:hidden" in style.replace(" ", "")
        )
    )


def is_unseen(around: Sequence[Element]) -> bool:
    for element, inner in zip(around, [*around[1:], None], strict=True):
        closed = element.name == "details" and "open" not in element.attributes
        if (
            is_hidden(element)
            or element.namespace != XHTML
            or (closed and (inner is None or inner.name != "summary"))
        ):
            return True
    return False


def is_misplaced(around: Sequence[Element]) -> bool:
    names = [element.name for element in around]
    if "select" in names:
        return True
    within = max((index for index, name in enumerate(names) if name == "table"), default=-1)
    return within >= 0 and not {"td", "th", "caption"}.intersection(names[within:])


def check_against_tree(html: str) -> tuple[int, int, int]:
    """Compare with html5lib's open elements; return how many were seen, refused, and refused for nothing."""
    events = tree_events(html)
    judged = {one.start: one for one in placeholders(html, events, [TOKEN])}
    places = {place.start: place for place in find(html, PATTERN)}
    assert places.keys() <= judged.keys(), html
    seen = refused = needless = 0
    for start, one in judged.items():
        unseen = any(map(is_unseen, one.open_elements))
        misplaced = any(map(is_misplaced, one.open_elements))
        place = places.get(start)
        if place is None:
            assert unseen, f"{html} at {start} is seen"
        elif place.outcome is None:
            assert not unseen, f"{html} at {start} is not seen"
            assert not misplaced, f"{html} at {start} is beside the cells"
            seen += 1
        else:
            refused += 1
            needless += not misplaced and not unseen
    return seen, refused, needless


@given(st.lists(st.sampled_from(CONTEXT_ATOMS), max_size=12).map("".join))
def test_what_is_replaced_is_seen_and_in_its_place_by_the_tree(html: str) -> None:
    check_against_tree(html)


@pytest.mark.deep
def test_what_is_replaced_is_seen_and_in_its_place_by_the_tree_in_40000_texts() -> None:
    source = random.Random(77)
    seen = refused = needless = 0
    for _ in range(40_000):
        counts = check_against_tree(draw(source, CONTEXT_ATOMS, 14))
        seen, refused, needless = seen + counts[0], refused + counts[1], needless + counts[2]
    assert seen > 20_000
    assert needless < refused


# Real bodies.

SPELLINGS = [
    TOKEN,
    TOKEN,
    "{emailsignature}",
    "{EMAIL<b>SIGN</b>ATURE}",
    "<span class=SpellE>{EMAILSIGNATURE</span>}",
    "&#123;EMAIL&shy;SIGNATURE&rcub;",
    "{EMAIL\r\nSIGNATURE}",
    "{EMAIL<!-- --><o:p></o:p>SIGNATURE:short}",
    "<b>{</b><i>EMAILSIGNATURE</i><b>}</b>",
]


def placed(html: str, events: Sequence[Event], source: random.Random) -> tuple[str, int] | None:
    """Return the body with a placeholder somewhere in its visible text, and how it is judged there."""
    texts = [event for event in events if event.kind == "text" and event.text.strip()]
    if not texts:
        return None
    event = source.choice(texts)
    offset = event.start if "&" in html[event.start : event.stop] else source.randint(event.start, event.stop)
    spelling_of_it = source.choice(SPELLINGS)
    return html[:offset] + spelling_of_it + html[offset:], offset


def check_placement(name: str, html: str) -> str:
    """Return what became of the placeholder, after comparing it with what the tree says."""
    events = tree_events(normalised(html))
    judged = placeholders(normalised(html), events, [TOKEN])
    places = find(html, PATTERN)
    assert len(judged) == 1, name
    unseen = any(map(is_unseen, judged[0].open_elements))
    misplaced = any(map(is_misplaced, judged[0].open_elements))
    if not places:
        assert unseen, name
        return "unseen"
    assert (places[0].start, places[0].stop, places[0].name) == judged[0][:3], name
    if places[0].outcome is None:
        assert not unseen, name
        assert not misplaced, name
        return "placed"
    return "misplaced" if misplaced else "refused"


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.deep)])
def test_placeholders_in_real_bodies_are_found(html_corpus: Path, rounds: int) -> None:
    source = random.Random(188)
    found = dict.fromkeys(("placed", "misplaced", "refused", "unseen"), 0)
    for name, html in bodies(html_corpus):
        if len(html) > 12_000 and rounds == 1:
            continue  # html5lib takes long
        events = tree_events(normalised(html))
        for _ in range(rounds):
            made = placed(html, events, source)
            if made:
                found[check_placement(f"{name} at {made[1]}", made[0])] += 1
    assert found["placed"] > 90 * rounds
    assert found["refused"] <= found["placed"] // 100
