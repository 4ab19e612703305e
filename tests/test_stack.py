"""The stack of open elements, judged by where html5lib puts a character at the same offset."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from dom_judge import names_around
from html_documents import document
from real_placements import html_bodies, placement
from xinksig.text.html.names import TABLE_PARTS
from xinksig.text.html.runs import BODY, FAR, run
from xinksig.text.html.stack import DEEPEST, Element, TooComplexError, Walk


def open_elements(html: str, offsets: Sequence[int]) -> list[list[Element]] | None:
    """Return the elements that are open at each of the ascending offsets, outermost first.

    One walk for all of them, which ends at the last one. The list of an offset that is not in the data
    state is empty. ``None``: too complex for one stack.
    """
    walk = Walk(html)
    found = []
    try:
        for offset in offsets:
            in_text = walk.advance(offset)
            if in_text:
                walk.imply_body()
            found.append(list(walk.stack) if in_text else [])
    except TooComplexError:
        return None
    return found


def names(html: str, offset: int) -> list[str] | None:
    found = open_elements(html, [offset])
    return None if found is None else [element.name for element in found[0]]


def here(html: str) -> list[str] | None:
    """Return the elements that are open at the end of the source."""
    return names(html, len(html))


@pytest.mark.parametrize(
    "source",
    [
        "",
        "text",
        "<p>",
        "<p>one<p>two",
        "<p>one<div>two",
        "<p>one</div>two",
        "<div><span>x</div>",
        "<span><div>x</span>",
        "<ul><li>a<li>b",
        "<ul><li><ul><li>a</ul>",
        "<ul><li><div><li>",
        "<ol><li></ul>",
        "<dl><dt>a<dd>b<dt>",
        "<h1>a<h2>b",
        "<h1>a</h2>b",
        "<table><td>",
        "<table><tr><td>a<td>b",
        "<table><tr><th>a<tr><td>",
        "<table><tbody><tr><td></table>",
        "<table><caption>a<td>b",
        "<table><col><tr><td>b",
        "<table><colgroup><col></colgroup><tr><td>b",
        "<table><tr><td><table><tr><td></table>x",
        "<table><tr><td></tr></table><p>",
        "<table><tr><td><b>x</td><td>",
        "<table><form><tr><td></form>x",
        "<table> <style>x</style><tr><td>",
        "<table><tr><td></tbody></tbody></table>x",
        "<p>x<table><tr><td></table>quirks: still in p",
        "<!DOCTYPE html><p>x<table><tr><td></table>not in p",
        "<b>x</b>y",
        "<b><span>x</b>y",
        "<b></i>x",
        "<p></b>x</p></p>y",
        "<button><p>x<div>",
        "<p><button><div></button>x",
        "<form><p>x</form>",
        "<object><p></object>x",
        "<svg><path/></svg>x",
        "<math><mi>x</mi></math>x",
        "<select><option>a<option>b</select>x",
        "<div><template><p>x</p></template>y",
        "<textarea><p></textarea>x",
        "<script><p></script>x",
        "<p><xmp></xmp>x",
        "<p>x<hr>y",
        "</body>x",
        "</html>x",
        "<head><title>t</title></head><div>x",
        "<html lang=en><head><style>p > b {}</style><body class=x><div>",
        "<body><body class=y><p>",
        "<html><link><meta><div>",
        "<!-- c --><!DOCTYPE html><!-- d --> <p>",
        "<P>upper <SPAN>case",
        "<p title='a>b'>x<span title=\"c>\">",
        "<a href=x>y</a><a href=z>",
        "<br><img src=x><input><wbr>x",
        "</br>x",
        "<o:p>x<x-y>z",
        "<jane@example.com> wrote",
        "<image>x",
        "<p>a < b <",
        "<div/>x",
        "<li>x<p>y<li>z",
        "<center><font><u>x",
        "<table><colgroup><col><style></style><tr><td>x",
        "<table><input type=hidden><tr><td>x",
        "<table><form><form></form><tr><td>x",
        "<table><colgroup><tbody><tr><td>x",
        "<div></object>x",
        "</h1>x",
        "<ul><li><ul></li>x",
        "<table><tr><td></th>x",
        "<table><caption></tr>x",
        "<table><tr><td></thead>x",
        "<table></tr></td><tr><td>x",
        "<object><b>x</object>y",
        "<p>a<!x>b<?y>c</>d",
        "<ul><li>a</ul></li><ol><dd>x",
        "<a href='x>y' title=\"z\">x",
    ],
)
def test_elements_are_those_that_a_parser_puts_text_into(source: str) -> None:
    assert here(source) == names_around(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p><b>x</p>",
        "<b><p>x</b>",
        "<div><i>x</div>",
        "<b><i>x</b>",
        "<a>x<a>y",
        "<nobr><nobr>",
        "<table>x",
        "<table><div>",
        "<table><b>",
        "<table></p>",
        "<button><button>",
        "<form><form>",
        "<select><p>",
        "<svg><desc><p>",
        "<plaintext>",
        "<frameset>",
        "<p><template>",
        "<template>",
        "<ruby><rt>",
        "<b><b><b><b>",
        "<form><div></form>",
        "<object><td>",
        "<noscript><frameset>",
        "<!DOCTYPE unknown><p><table>",
        "<p><dialog>",
        "<div>" * DEEPEST,
        "<summary><b><summary></b>",
        "<ul><li><details><li>",
        "<object></td>",
        "<table><tr><td><object></tr>",
        "<table><<tr>",
        "<table>&nbsp;",
    ],
)
def test_what_one_stack_cannot_follow_is_left_to_a_parser(source: str) -> None:
    assert here(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "<p title='",
        "<p",
        "<!-- ",
        "<style>",
        "<style></styl",
        "<title>",
        "<textarea>",
        "<div><script>",
        "<head><!-- ",
    ],
)
def test_offset_outside_the_text_has_no_elements(source: str) -> None:
    assert names(source + "x", len(source)) == []
    source = "<!DOCTYPE html><body>" + source
    assert names(source + "x", len(source)) == []


def test_all_offsets_are_answered_in_one_walk() -> None:
    source = "<div>1<p>2<!-- 3 -->4</p></div>5"
    offsets = [source.index(digit) for digit in "12345"]
    found = open_elements(source, offsets)
    assert found is not None
    inner = [[element.name for element in elements][2:] for elements in found]
    assert inner == [["div"], ["div", "p"], [], ["div", "p"], []]
    assert found[2] == []


def test_element_knows_its_start_tag_and_attributes() -> None:
    source = "<html><body dir=rtl><p ID=a class='b c'>x"
    found = open_elements(source, [len(source)])
    assert found is not None
    body, paragraph = found[0][1:]
    assert source[body.start : body.stop] == "<body dir=rtl>"
    assert paragraph.attributes(source) == {"id": "a", "class": "b c"}
    assert Element("tbody", -1, -1).attributes(source) == {}


def test_walk_goes_on_from_where_it_stopped() -> None:
    source = "<div><p>one</p><b>two</b>three"
    walk = Walk(source)
    assert walk.advance(source.index("two"))
    assert walk.top == "b"
    assert walk.advance(source.index("three"))
    assert walk.top == "div"
    assert not walk.advance(source.index("one"))


def test_walk_stops_once_an_element_has_ended() -> None:
    source = "<div><font>one<b>two</b></font>three</div>" + "<p>" * 1000
    walk = Walk(source)
    assert walk.advance(source.index("one"))
    walk.advance(len(source), 3)
    assert walk.at == source.index("three")


def test_body_is_known_to_have_begun() -> None:
    def settled(source: str) -> bool:
        walk = Walk(source)
        walk.advance(len(source))
        return walk.is_settled(len(source))

    assert settled("<body>")
    assert settled("<body></body>x")
    assert settled("<p>")
    assert not settled("")
    assert not settled("<head></head>\n")
    assert not settled("<body></body>\n<!-- c -->")
    assert not settled("<body><p>x</p></body></html>")


def test_paragraph_that_closed_another_one_is_noted() -> None:
    source = "<p>one<p>two</p><p>three<div>x"
    walk = Walk(source)
    for word in ("two", "three", "x"):
        assert walk.advance(source.index(word))
    assert walk.revivers == {source.index("<p>two")}


def test_stray_and_missing_tags_are_counted() -> None:
    def strays(source: str) -> int:
        walk = Walk(source, in_body=True)
        walk.advance(len(source))
        return walk.strays

    assert strays("<p>a<p>b</p><ul><li>c<li>d</ul><table><tr><td>e</table>") == 0
    assert strays("</b>") == 1
    assert strays("</p>") == 1
    assert strays("<tr>") == 1
    assert strays("<body>") == 1
    assert strays("<div><span></div>") == 1
    assert strays("<table><td><span></table>") == 1


@pytest.mark.parametrize("spoilt", [False, True])
def test_generated_documents(spoilt: bool, examples: int) -> None:
    _compare_generated(range(examples), spoilt=spoilt)


@pytest.mark.deep
@pytest.mark.parametrize("spoilt", [False, True])
def test_many_generated_documents(spoilt: bool) -> None:
    _compare_generated(range(100_000, 110_000), spoilt=spoilt)


@pytest.fixture
def examples() -> int:
    return 250


def _compare_generated(seeds: range, *, spoilt: bool) -> None:
    followed = 0
    for seed in seeds:
        source, places = document(seed, spoilt=spoilt)
        for (start, _), *_ in places:
            found = names(source, start)
            if found is not None:
                if found[-1] in TABLE_PARTS:
                    # What stands there is moved before the table.
                    del found[-1 - found[::-1].index("table") :]
                assert found == names_around(source[:start]), (seed, source[:start])
                followed += 1
    assert followed > len(seeds) // 2


def _compare_real(seeds: range) -> int:
    followed = 0
    for seed in seeds:
        name, (source, places) = placement(seed)
        start = places[0][0][0]
        found = names(source, start)
        if found is not None:
            assert found == names_around(source[:start]), (seed, name)
            followed += 1
    return followed


@pytest.mark.skipif(not html_bodies(), reason="the shared corpus is absent (set XINKSIG_CORPUS)")
def test_real_bodies() -> None:
    assert _compare_real(range(60)) > 40


@pytest.mark.deep
@pytest.mark.skipif(not html_bodies(), reason="the shared corpus is absent (set XINKSIG_CORPUS)")
def test_many_places_in_real_bodies() -> None:
    assert _compare_real(range(5000, 7000)) > 1600


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<b></b>",
        "<p>",
        "<span></div>",
        "<table><td>",
        "<li>",
        "<td>",
        "</p>",
        "<div></span>",
        "<p><b>x</b>",
        "<p><span>x",
        "<!-- - -->",
        "<a href='x'></a>",
        "<div>x<p>y</p>",
        "<p><i><u>x</u></i",
    ],
)
def test_work_is_linear(unit: str) -> None:
    def matches(count: int) -> int:
        """Return how many tags were taken in one by one."""
        taken = 0

        class Counting(Walk):
            def start(self, *arguments: Any) -> int:
                nonlocal taken
                taken += 1
                return super().start(*arguments)

            def end(self, *arguments: Any) -> None:
                nonlocal taken
                taken += 1
                super().end(*arguments)

        source = unit * count
        with suppress(TooComplexError):
            Counting(source).advance(len(source))
        return taken

    assert matches(4000) <= 4 * matches(1000) + 300


@pytest.mark.parametrize(
    ("html", "passed"),
    [
        ("<a href=x>1<b>2<i>3<u>4</u></i></b></a>", True),
        ("<p>1<a href=x>2<b>3</b></a><a>4</a></p>", True),
        ("<a>1<a>2</a></a>", False),
        ("<a>1<b>2<a>3</a></b></a>", False),
        ("<p><a>1<b><a>2</a></b></a></p>", False),
    ],
)
@pytest.mark.parametrize("mode", [BODY, BODY | FAR])
def test_run_passes_links_but_none_in_a_link(html: str, passed: bool, mode: int) -> None:
    match = run(mode).match(html + "<hr>")
    assert match is not None
    assert (match[match.re.groups] == "hr") is passed
