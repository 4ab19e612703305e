"""Text from HTML as a reader sees it, HTML from text."""

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig.signature.derive import html_from_text, link_address, text_from_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        (" \n ", ""),
        ("Anna  \n  Larch", "Anna Larch"),
        ("a&nbsp;&nbsp;b &amp; &lt;c&gt;", "a  b & <c>"),
        ("a<br>b<br/><br>c", "a\nb\n\nc"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p>a</p><p>&nbsp;</p><p></p><p>b</p>", "a\n\nb"),
        ("<div>a<div>b</div>c</div>", "a\nb\nc"),
        ("<b>A</b>nna <i> L</i>", "Anna L"),
        ("a<hr>b", "a\n--------------------\nb"),
        ("<pre>  a\n   b\tc</pre>", "  a\n   b    c"),
        ("x\u00ady\u200bz\ufeff", "xyz"),
        ("<h1>Big</h1>small", "Big\n\nsmall"),
        ("<p>never closed <b>x", "never closed x"),
    ],
)
def test_lines_and_blanks(html: str, text: str) -> None:
    assert text_from_html(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><td>T</td><td>+49 30</td></tr><tr><td>M<td>+49 171</table>", "T +49 30\nM +49 171"),
        ("<table><tr><td>L</td><td>A<br>B</td></tr></table>", "L\nA\nB"),
        ("<table><tr><td></td><td> </td><td>x</td></tr></table>", "x"),
        ("<table><tr><th>a</th></tr></table>after", "a\nafter"),
        (
            "a<table><tr><td><table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr></table>",
            "a\nb c d",
        ),
        ("<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>", "a b"),
        ("<td>a</td><td>b</td>", "a\nb"),
        ("<table><tr><td><ul><li>a</ul></table>", "- a"),
    ],
)
def test_tables(html: str, text: str) -> None:
    assert text_from_html(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>a</li><li>b<br>c</li></ul>", "- a\n- b\n  c"),
        ("<ol start=9><li>a<li>b</ol>", "9. a\n10. b"),
        ("<ol start=x><li>a</ol>", "1. a"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("x<ul><li>a</ul>y", "x\n\n- a\n\ny"),
        ("<li>stray</li>", "- stray"),
        ("<dl><dt>a<dd>b</dl>", "a\nb"),
    ],
)
def test_lists(html: str, text: str) -> None:
    assert text_from_html(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="https://a.example/x">shop</a>', "shop <https://a.example/x>"),
        ('see <a href="https://a.example/x">the shop </a>now', "see the shop <https://a.example/x> now"),
        ('<a href="https://www.a.example/">www.a.example</a>', "www.a.example"),
        ('<a href="https://www.a.example/">A.example</a>', "A.example"),
        ('<a href="mailto:anna@a.example?subject=Hi">anna@a.example</a>', "anna@a.example"),
        ('<a href="mailto:anna@a.example">Mail</a>', "Mail <anna@a.example>"),
        ('<a href="tel:+4930123">+49 (0)30 123</a>', "+49 (0)30 123"),
        ('<a href="tel:+4930123">Call me</a>', "Call me <+4930123>"),
        (
            '<a href="#top">up</a> <a href="javascript:x()">run</a> <a>none</a> <a href="/x">local</a>',
            "up run none local",
        ),
        ('<a href="https://a.example"><img src="l.png" alt="Logo"></a>', "Logo <https://a.example>"),
        ('<a href="https://a.example"><img src="l.png"></a>', "<https://a.example>"),
        ('<a href="https://a.example/a b"><div>x</div></a>y', "x <https://a.example/a%20b>\ny"),
        ('<a href="https://a.example"><table><tr><td>x</td></tr></table></a>', "x <https://a.example>"),
        ('<a href="https://a.example/&gt;x">y</a>', "y <https://a.example/%3Ex>"),
        ('<a href="java\nscript:x()">a</a>', "a"),
        ('<a href="HTTPS://a.example/\n x">a</a>', "a <HTTPS://a.example/%20x>"),
    ],
)
def test_links(html: str, text: str) -> None:
    assert text_from_html(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<img src=x alt="Larch &amp; Lumen">', "Larch & Lumen"),
        ('a<img src=x alt="">b<img src=y>', "ab"),
        ("a<!-- no --><style>b{}</style><script>x</script><title>t</title>b", "ab"),
        ("<!--[if mso]><p>word</p><![endif]-->a", "a"),
        (
            'a<b style="color:red;display: none">no</b><p hidden>no</p><div style="mso-hide:all">no</div>b',
            "ab",
        ),
        ('<div style="max-height:0;overflow:hidden">no</div>b', "b"),
        ("a<template><p>no</p></template><svg><text>no</text></svg>b", "ab"),
        ("<textarea>no</textarea>x<select><option>no</select>", "x"),
        ("<noscript>yes</noscript>", "yes"),
        ("<o:p>a</o:p>", "a"),
        ("<p>x</p tail", "x"),
    ],
)
def test_what_is_seen(html: str, text: str) -> None:
    assert text_from_html(html) == text


def test_layout_table_of_a_signature_reads_from_top_to_bottom() -> None:
    html = """<table><tr>
      <td rowspan="3"><a href="https://l.example"><img src="l.png" alt="Larch"></a></td>
      <td><b>Anna</b> | Design<br>Larch GmbH</td></tr>
      <tr><td>T</td><td><a href="tel:+4930">+49 30</a></td></tr></table>"""
    assert text_from_html(html) == "Larch <https://l.example>\nAnna | Design\nLarch GmbH\nT +49 30"


def test_deep_html_costs_no_recursion() -> None:
    assert text_from_html("<div>" * 200 + "x" + "</div>" * 200 + "y") == "x\ny"
    assert isinstance(text_from_html("<table><tr><td>" * 20_000 + "x"), str)


def test_large_html_takes_linear_work() -> None:
    html = '<tr><td><a href="https://a.example/x">y</a><ul><li>z</ul></td></tr>' * 5_000
    assert text_from_html(f"<table>{html}</table>").count("- z") == 5_000


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("Anna", "Anna"),
        ("a\r\nb\rc\n", "a<br>b<br>c"),
        ("a\n\nb", "a<br><br>b"),
        ("  a   b ", "&nbsp;&nbsp;a&nbsp;&nbsp; b"),
        ("\ta\tb", "&nbsp;" * 8 + "a&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; b"),
        ('<b>&amp;"', "&lt;b&gt;&amp;amp;&quot;"),
        ("see https://a.example", "see https://a.example"),
    ],
)
def test_html_from_text(text: str, html: str) -> None:
    assert html_from_text(text) == html


SIGN = st.text(alphabet="ab <>&\"'\n\t;-é—{}#x0", max_size=60)


@given(SIGN)
def test_text_survives_the_way_through_html(text: str) -> None:
    lines = [line.expandtabs(8).rstrip() for line in text.strip("\r\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    shown = text_from_html(html_from_text(text)).split("\n")
    assert [line for line in shown if line] == [line for line in lines if line]


PIECES = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<a href='https://x.example'>",
            "</a>",
            "<table>",
            "<tr>",
            "<td>",
            "</td>",
        ),
        *(
            "</table>",
            "<ul>",
            "<li>",
            "</ul>",
            "<br>",
            "word",
            " ",
            "&lt;i&gt;",
            "<!--c-->",
            "<style>",
            "</style>",
        ),
        *("<pre>", "\n", "<img alt=pic>", "<a", "<hr>", "<div hidden>", "</div>", "<h1>", "<svg>", "</svg>"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_tag_is_ever_in_the_text(html: str) -> None:
    text = text_from_html(html)
    for tag in (
        "<p>",
        "</p",
        "<b>",
        "</b",
        "<table",
        "<td",
        "<li",
        "<br",
        "<!--",
        "<style",
        "<img",
        "<h1",
        "href=",
    ):
        assert tag not in text
    visible = "".join(html5lib.parse(html, namespaceHTMLElements=False).itertext())
    assert text.count("&") == 0
    assert text.count("word") <= visible.count("word")


def test_link_address_needs_a_scheme_and_a_rest() -> None:
    assert link_address("https:", "x") == ""
    assert link_address("", "x") == ""
    assert link_address("mailto:", "x") == ""
    assert link_address("tel:", "x") == ""
