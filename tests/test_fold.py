"""Lines of inserted HTML."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dom_judge
from xinksig.text.html.fold import LONGEST, bound, first_piece, folded, longest, with_newline

ATOMS = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            '<div class="a b" title=c>',
            "</div>",
            "<br/>",
            "<img src='x y' alt>",
            "word ",
            "word",
            "  ",
            "x" * 300,
            "é" * 200,
            "<pre>a b</pre>",
            '<a href="' + "u" * 400 + '">',
            "</a>",
            "\n",
            "<!-- a b -->",
            "<style>a b</style>",
            "&amp; ",
            "<svg><path d='M 1 2'/></svg>",
        ]
    ),
    max_size=30,
).map("".join)


def octets(text: str) -> int:
    return len(text.encode())


@given(ATOMS, st.integers(0, 1100), st.integers(0, 1100), st.booleans())
def test_folding_changes_no_tree(html: str, column: int, tail: int, blanks: bool) -> None:
    written = folded(html, "\n", octets, column=column, tail=tail, blanks=blanks)
    before, after = dom_judge.page(html), dom_judge.page(written)
    assert [unit[:3] for unit in before.units] == [unit[:3] for unit in after.units]
    assert re.sub(r"[ \n]", "", html) == re.sub(r"[ \n]", "", written)
    assert written.count(" ") <= html.count(" ")


@given(ATOMS)
def test_lines_are_short_where_words_are(html: str) -> None:
    written = folded(html, "\n", octets, column=0, tail=0)
    assert all(octets(line) <= LONGEST for line in written.split("\n") if not _is_unbroken(line))


def _is_unbroken(line: str) -> bool:
    """Return whether there is no place in the line where it could be broken."""
    plain = re.sub(r"<!--.*?-->|<style>.*?</style>|<pre>.*?</pre>", "", line)
    return not re.search(r"[^<]</?\w|. (?! )", plain)


def test_short_html_is_the_same() -> None:
    html = '<p class="a">b c</p>'
    assert folded(html, "\n", octets, column=0, tail=0) == html


def test_breaks_stand_inside_tags_as_late_as_possible() -> None:
    html = '<p a="1" b="2">' + "x" * 990 + '</p><p c="3">y</p>'
    assert (
        folded(html, "\n", octets, column=0, tail=0)
        == '<p a="1"\nb="2">' + "x" * 990 + '</p\n><p c="3">y</p>'
    )


def test_first_and_last_break_for_long_surroundings() -> None:
    assert folded("<p>text</p>", "\r\n", octets) == "<p\r\n>text</p\r\n>"
    assert folded('<p a="b">text</p>', "\n", octets) == '<p\na="b">text</p\n>'
    assert folded("two words", "\n", octets) == "two\nwords"
    assert folded("word", "\n", octets) == "word"


@pytest.mark.parametrize(
    "tag",
    [
        "<a b=\"c d\" e='f g' h=i>",
        "<br/>",
        "<img src=a/>",
        "<a b = 'c'>",
        '<a "b c">',
        "<a =b c>",
        "<a b='c'd='e'>",
    ],
)
def test_tags_read_the_same_after(tag: str) -> None:
    html = f"<div>x</div>{tag}y"
    written = folded(html, "\n", octets)
    shown = [[unit[:3] for unit in dom_judge.page(source).units] for source in (html, written)]
    assert shown[0] == shown[1]


def test_white_space_that_is_kept_is_not_touched() -> None:
    html = "<pre>" + "word " * 400 + "</pre>"
    assert folded(html, "\n", octets).replace("\n", "") == html
    assert "word word" in folded("<p>" + "word " * 400 + "</p>", "\n", octets, blanks=False)


def test_line_endings() -> None:
    assert with_newline("a\r\nb\rc\nd", "\r\n") == "a\r\nb\r\nc\r\nd"
    text = "a\nb"
    assert with_newline(text, "\n") is text
    assert with_newline("ab", "\r\n") == "ab"


def test_measures() -> None:
    assert bound("abc") == 3
    assert bound("é") == 10
    assert longest(["a", "abc", ""]) == 3
    assert longest([]) == 0
    assert first_piece('<p class="x">') == "<p"
    assert first_piece("text") == "text"
