"""The state of tree construction at a place, judged by a parser that is run on its own; and its budget."""

import time
from collections.abc import Sequence

import html5lib
import pytest

from counting import calls_of
from dom_judge import names_around, page
from html_documents import document
from real_placements import html_bodies, placement
from xinksig.text.html import growth, tree
from xinksig.text.html.fragment import is_well_nested
from xinksig.text.html.wrappers import Around, Trace

P = "{P}"


def traced(source: str) -> Trace:
    """Return the trace of the places ``{P}``."""
    spans = []
    at = source.find(P)
    while at >= 0:
        spans.append([(at, at + 3)])
        at = source.find(P, at + 3)
    return tree.trace(source, spans)


def around(source: str) -> Around:
    return traced(source).places[0]


def names(place: Around) -> list[str]:
    return [*reversed(place.outer), *(wrapper.name for wrapper in reversed(place.chain))]


def reason(source: str) -> str:
    return around(source).reason


@pytest.mark.parametrize(
    "source",
    [
        "<p><b>a</p>{P}",
        "<p><b>a<i>b</p><p>{P}",
        "<b><p>a</b>b{P}",
        "<a href=1>a<a href=2>{P}",
        "<b><b><b><b>a</b></b></b></b>{P}",
        "<p><b id=1>a<p><b id=2>b<p>{P}",
        "<nobr>a<nobr>{P}",
        "<table><tr><td><b>a</td><td>{P}",
        "<svg><g></svg>{P}",
        "<svg><![CDATA[</svg>]]></svg>{P}",
        "<math><mi><p>{P}",
        "<svg><desc><b>x</desc></svg>{P}",
        "<svg><font color=red>{P}",
        "<select><p>a</select>{P}",
        "<select><style></select>{P}",
        "<textarea></textarea>{P}",
        "<title>a</title><p>{P}",
        "<pre>\n{P}",
        "<b>a</b>\r\n{P}",
        "<p>\r<b>x\r\n</p>\r{P}",
        "<p><b>a</p>&nbsp;{P}",
        "<p><b>a</p>&#32;{P}",
        "<p><b>a</p>\0{P}",
        "<div><b>a</div>&amp{P}",
        "<isindex prompt=x>{P}",
        "<html><body><b><p>x</b></body>{P}",
        "<ruby>a<rt>b<rp>{P}",
        "<option>a<option>{P}",
        "<!DOCTYPE html PUBLIC '-//W3C//DTD HTML 4.01//EN'><p><b>a<table></table>{P}",
        "<p><b>a<table></table>{P}",
        "<head><noscript><style></style></noscript><p>{P}",
        "<x><y><z></x>{P}",
        "<body><button><p>a<button>{P}",
        "<table><tr><td><p><b>a</p> <p>{P}",
        "<table><tr><td><p><b>a</p> <i>b</td><td>{P}",
        "<table><caption><p><b>a</p> <p>{P}",
        "<table><tr><td><pre>\n{P}",
        "<table><div><p><b>a</p> <p></table>{P}",
        "<table><b>a<tr> <td>b</table> <p>{P}",
    ],
)
def test_open_elements_are_those_of_the_parser(source: str) -> None:
    place = around(source)
    assert names(place) == names_around(source[: source.index(P)])


def _compare(seeds: Sequence[int], *, spoilt: bool) -> None:
    for seed in seeds:
        source, places = document(seed, spoilt=spoilt)
        found = tree.trace(source, places)
        for spans, place in zip(places, found.places, strict=True):
            if not place.reason:
                assert names(place) == names_around(source[: spans[0][0]]), (seed, source)


@pytest.mark.parametrize("spoilt", [False, True])
def test_generated_documents(spoilt: bool) -> None:
    _compare(range(700_000, 700_080), spoilt=spoilt)


@pytest.mark.deep
@pytest.mark.parametrize("spoilt", [False, True])
def test_many_generated_documents(spoilt: bool) -> None:
    _compare(range(800_000, 805_000), spoilt=spoilt)


@pytest.mark.skipif(not html_bodies(), reason="the shared corpus is absent (set XINKSIG_CORPUS)")
def test_real_bodies() -> None:
    for seed in range(60_000, 60_020):
        name, (source, places) = placement(seed)
        (place,) = tree.trace(source, places).places
        assert names(place) == names_around(source[: places[0][0][0]]), (seed, name)


def test_elements_know_where_their_start_tags_are() -> None:
    source = "<div><p><b class=x>a</p><p>b{P}c</p>"
    (place,) = traced(source).places
    bold, paragraph = place.chain
    assert (paragraph.start, paragraph.stop) == (source.index("<p>b"), source.index("b{"))
    assert bold.start == -1
    assert source[slice(*bold.source)] == "<b class=x>"
    assert bold.born == source.index("b{P}")


def test_what_a_wrapper_shows_is_known_for_each_gap() -> None:
    source = "<b><i>{P}</i>x{P}<u>{P}</u></b>y"
    found = traced(source)
    bold = found.places[0].chain[1]
    assert bold.name == "b"
    assert bold.seen == 0b0010
    assert bold.pieces == 0b111
    assert bold.end == (source.index("</b>"), source.index("y"))
    assert [wrapper.name for wrapper in found.places[2].chain] == ["u", "b"]


def test_formatting_that_ends_in_a_block_names_the_block() -> None:
    source = "<font>a<p>{P}</font>b</p>"
    (place,) = traced(source).places
    font = place.chain[1]
    assert [block.start for block in font.crossing] == [source.index("<p>")]
    assert not font.tangled


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("<table>{P}", "table"),
        ("<table><tr><b>{P}", "table"),
        ("<table><tr><div>{P}", "table"),
        ("<svg>{P}", "svg"),
        ("<math><mtext>{P}", "math"),
        ("<select>{P}", "select"),
        ("<template>{P}", "template"),
        ("<title>{P}", "text"),
        ("<!-- {P}", "text"),
        ("<p title='{P}", "text"),
        ("<b><i><u><s><p>x</b>{P}", "wrong"),
        ("<b id=1 class=x><b><b><b><b>x</b></b></b></b>{P}", "wrong"),
        ("<table><td><b><i><u><s><p>x</b>{P}", "wrong"),
        ("<p><b>a</p></body> <p>{P}", "wrong"),
        ("<p><b>a</p></body></html>\n \n<p>{P}", "wrong"),
    ],
)
def test_what_is_not_certain_has_a_reason(source: str, word: str) -> None:
    assert word in reason(source)


# The budget of contract 7.


def test_long_prefix_is_refused() -> None:
    assert not reason("<p><b>a</p>" + "x" * (tree.LARGEST - 20) + P)
    assert "far down" in reason("<p><b>a</p>" + "x" * tree.LARGEST + P)


def test_wrapper_that_ends_too_far_down_is_refused() -> None:
    assert "far down" in reason("<p><b>a</p><p>{P}" + "x" * tree.LARGEST + "</b>")


def test_depth_is_limited() -> None:
    assert not reason("<div>" * 253 + P)
    assert "256" in reason("<div>" * 255 + P)


def test_attributes_are_limited() -> None:
    assert not reason("<p " + " ".join(f"a{n}=x" for n in range(64)) + ">" + P)
    assert "64" in reason("<p " + " ".join(f"a{n}=x" for n in range(65)) + ">" + P)


def test_elements_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    assert growth.MOST_ELEMENTS == 20_000
    monkeypatch.setattr(growth, "MOST_ELEMENTS", 3_000)
    assert not reason("<br>" * 2_900 + P)
    assert "3000" in reason("<br>" * 3_001 + P)


def test_elements_that_are_opened_over_and_over_are_limited() -> None:
    assert growth.MANY_ELEMENTS == 2_000

    def document(size: int) -> str:
        return "".join(f"<p><b class={n}>{'x' * size}</p>" for n in range(80)) + P

    assert "2000" in reason(document(1))
    assert not reason(document(300))


def test_texts_moved_out_of_tables_are_limited() -> None:
    assert not reason("<table>" + "x<tr>" * 200 + "<td>" + P)
    assert "200" in reason("<table>" + "x<tr>" * 201 + "<td>" + P)


HOSTILE = [
    "<b>",
    "<b></p>",
    "<p><b>",
    "<a>",
    "<table>",
    "<table><td>",
    "<table>x",
    "<i><p></i>",
    "<!-- - -->",
    "<!--" + "-a" * 100,
    "&#x",
    "<svg>",
    "<select>",
    "</x>",
    "<x>",
    "<font a=1>",
    "<form>",
    "\0",
    "x\r",
    "<nobr>",
]


def _seconds(unit: str, size: int) -> float:
    source = (unit * (size // len(unit) + 1))[: size - 10] + P
    started = time.process_time()
    traced(source)
    return time.process_time() - started


@pytest.mark.parametrize("unit", HOSTILE)
def test_work_on_hostile_source_is_bounded(unit: str) -> None:
    size = 16 << 10
    source = (unit * (size // len(unit) + 1))[:size] + P
    assert calls_of(lambda: traced(source)) < 60 * size


@pytest.mark.deep
@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_source_ends_soon(unit: str) -> None:
    assert _seconds(unit, 32 << 10) < 2


@pytest.mark.deep
@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_source_of_the_largest_size_ends_soon(unit: str) -> None:
    assert _seconds(unit, tree.LARGEST) < 10


def test_any_exception_of_the_parser_means_not_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    from html5lib.html5parser import HTMLParser

    def fail(self: object) -> None:
        raise AssertionError

    monkeypatch.setattr(HTMLParser, "reset", fail)
    assert around("<p>" + P).reason


def test_reset_of_the_insertion_mode_that_html5lib_asserts_is_survived() -> None:
    for source in ("<select><table>{P}", "<table><select><tr>{P}", "<frameset><frame></frameset>{P}"):
        assert isinstance(reason(source), str)


# Closing what is broken.


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a", "<p>a</p>"),
        ("<b>a", "<b>a</b>"),
        ("<div><b>a</div>b", "<div><b>a</b></div><b>b</b>"),
        ("a</b></p>", "a<p></p>"),
        ("<p>a<table><tr><td>b", "<p>a</p><table><tbody><tr><td>b</td></tr></tbody></table>"),
        ("<br><img src=x>a &amp; b &lt;", '<br><img src="x">a &amp; b &lt;'),
        ("<a href='?a=1&b=\"2'>x", '<a href="?a=1&amp;b=&quot;2">x</a>'),
        ("a\u00a0b", "a&nbsp;b"),
        ("<style>a > b {}</style><p>", "<style>a > b {}</style><p></p>"),
        ("<pre>\n\nx", "<pre>\n\nx</pre>"),
        ("<!-- c --><p>", "<!-- c --><p></p>"),
        (
            "<table><td><p><b>a</p> <p>b",
            "<table><tbody><tr><td><p><b>a</b></p><b> <p>b</p></b></td></tr></tbody></table>",
        ),
        (
            "<svg viewBox='0 0 1 1'><path d=x /></svg><p>",
            '<svg viewBox="0 0 1 1"><path d="x"></path></svg><p></p>',
        ),
        ("<svg><a xlink:href=x>", '<svg><a xlink:href="x"></a></svg>'),
        ("&#" + "0" * 5000 + "65;<p>", "A<p></p>"),
        ("&#" + "9" * 5000 + ";<p>", "\ufffd<p></p>"),
        ("<plaintext>a</p>", "<pre>a&lt;/p&gt;</pre>"),
        ("", ""),
    ],
)
def test_broken_html_is_closed_as_a_parser_does(source: str, expected: str) -> None:
    assert tree.closed(source, is_document=False) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<html><head><title>t</title></head><body class=x><p>a</body></html>", "<p>a</p>"),
        ("<!DOCTYPE html><p>a<p>b", "<p>a</p><p>b</p>"),
        ("<frameset><frame>", ""),
        ("<body>a", "a"),
    ],
)
def test_document_is_reduced_to_its_body(source: str, expected: str) -> None:
    assert tree.closed(source, is_document=True) == expected


def test_what_is_closed_is_the_same_tree() -> None:
    stable = 0
    for seed in range(30):
        source = document(seed, spoilt=True).source
        closed = tree.closed(source, is_document=True)
        if is_well_nested(closed):
            stable += 1
            assert [unit[:2] for unit in page(f"<!DOCTYPE html><body>{closed}").units] == [
                (unit.shown, (*_plain(unit.chain[:2]), *unit.chain[2:])) for unit in page(source).units
            ], seed
    assert stable > 20


def _plain(chain: tuple[tuple[str, object], ...]) -> list[tuple[str, tuple[()]]]:
    return [(name, ()) for name, _ in chain]


def test_html5lib_is_the_version_that_the_module_knows() -> None:
    assert html5lib.__version__.startswith("1.1")
