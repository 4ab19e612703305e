"""A designer's HTML: out goes what clients block, images come along, the rest stays as it is written."""

import base64
import sys
from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig.signature.document import LARGE, LARGEST, Document, DocumentError, Problem, decode, read

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()


def texts(document: Document) -> str:
    return "\n".join(problem.text for problem in document.problems)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "img").mkdir()
    for name in ("logo.png", "img/logo.png", "bg.png"):
        (tmp_path / name).write_bytes(PNG + name.encode())
    (tmp_path / "note.txt").write_text("no image")
    return tmp_path


def test_markup_without_fault_stays_as_it_is_written() -> None:
    html = (
        "<TABLE border=0 Class='x'>\r\n<tr><td>A &amp; B&nbsp;<b>c</b><img src='https://a.example/?a=1&b'>"
        "</td></tr></TABLE>"
    )
    assert read(html, None) == Document(html, (), ())


def test_whole_document_becomes_its_body() -> None:
    html = (
        '\ufeff<?xml version="1.0"?><!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        "<title>a</b></title>"
        '<base href="https://a.example/"><link rel="icon" href="x.ico"></head>'
        '<body class="x">\n<p>Anna</p>\n</body></html>\n'
    )
    assert read(html, None) == Document("<p>Anna</p>", (), ())


def test_inherited_style_of_the_body_is_kept_by_a_wrapper() -> None:
    style = "margin:0; font-family: 'A', serif; COLOR: red !important; background: blue"
    kept = "color: #333; font-family: 'A', serif; COLOR: red !important"
    assert read(f'<body text="#333" style="{style}">x</body>', None).html == f'<div style="{kept}">x</div>'


def test_comments_go_and_conditional_ones_stay() -> None:
    kept = "<!--[if mso]><table><tr><td><![endif]-->b<!--[if !mso]><!-->c<!--<![endif]-->"
    assert read("<!-- designer's note -->" + kept, None).html == kept


def test_revealed_conditional_comments_get_the_form_that_survives_a_parser() -> None:
    assert read("<![if !mso]><p>x</p><![endif]>", None).html == "<!--[if !mso]><!--><p>x</p><!--<![endif]-->"


def test_scripts_and_handlers_go_and_are_named_with_their_line() -> None:
    html = (
        '<p onclick="a()" ONLOAD=b class="x&quot;y">a</p>\n'
        '<script>if (a < b) "</p>"</script>\n<a href=" Java\tScript:x">l</a>'
    )
    document = read(html, None)
    assert document.html == '<p class="x&quot;y">a</p>\n\n<a>l</a>'
    assert [problem.line for problem in document.problems] == [1, 1, 2, 3]
    assert "onclick" in texts(document)
    assert "script" in texts(document)


@pytest.mark.parametrize(
    "href", ["vbscript:x", "data:text/html,<b>", "&#106;avascript:x", "file:///x", "blob:x"]
)
def test_link_that_runs_something_is_taken_out(href: str) -> None:
    document = read(f'<a href="{href}" title="t">l</a>', None)
    assert document.html == '<a title="t">l</a>'
    assert "was taken out" in texts(document)


@pytest.mark.parametrize(
    "href", ["https://a.example/?a=1&amp;b=2", "mailto:a@b.example", "tel:+49", "#x", "cid:x", "x.html"]
)
def test_other_links_stay(href: str) -> None:
    html = f'<a href="{href}">l</a>'
    assert read(html, None).html == html


@pytest.mark.parametrize("name", ["iframe", "form", "video", "svg", "object"])
def test_what_clients_do_not_show_is_named(name: str) -> None:
    assert f"<{name}> is not shown" in texts(read(f"<p>a</p><{name}></{name}>", None))


def test_local_images_become_inline_images(base: Path) -> None:
    html = "<img alt=\"a > b\" src='logo.png' /><IMG SRC=img/logo.png><img src=\"./logo.png\"><img src='https://a.example/x.png'>"
    document = read(html, base)
    first, second = document.images
    assert (first.name, first.data) == ("logo.png", PNG + b"logo.png")
    assert second.data == PNG + b"img/logo.png"
    assert document.html == (
        f'<img alt="a > b" src="cid:logo.png" /><IMG src="cid:{second.name}">'
        "<img src=\"cid:logo.png\"><img src='https://a.example/x.png'>"
    )
    assert document.problems == ()


def test_data_image_used_twice_is_one_image() -> None:
    document = read(f'<img src="{DATA}"><img src="{DATA}">', None)
    (image,) = document.images
    assert image.data == PNG
    assert document.html == f'<img src="cid:{image.name}">' * 2


def test_backgrounds_are_images_too(base: Path) -> None:
    html = (
        '<table background="bg.png"><tr>'
        '<td style="x: y; background: url( &quot;bg.png&quot; ) no-repeat">a</td>'
        '<td style="background:URL(logo.png)">b</td><td style="background:url(\'https://a.example/x\')">'
        "c</td></tr></table>"
    )
    document = read(html, base)
    assert [image.name for image in document.images] == ["bg.png", "logo.png"]
    assert 'background="cid:bg.png"' in document.html
    assert "url(cid:bg.png) no-repeat" in document.html
    assert "url('https://a.example/x')" in document.html


@pytest.mark.parametrize(
    ("src", "words"),
    [
        ("gone.png", "does not exist"),
        ("../x.png", "outside the folder"),
        ("/etc/passwd", "outside the folder"),
        ("file:///C:/Users/anna/logo.png", "outside the folder"),
        ("note.txt", "is no PNG"),
        ("data:image/png;base64,####", "no valid base64"),
        ("data:text/html,x", "is no PNG"),
    ],
)
def test_image_that_cannot_come_along_names_its_line(base: Path, src: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as caught:
        read(f'<p>\r\n<b>\n<img src="{src}"></b></p>', base)
    assert caught.value.line == 3
    assert str(caught.value).startswith("line 3: ")
    assert caught.value.quote == src


@pytest.mark.parametrize(
    ("src", "words"),
    [
        ("logo.png", "no folder is given"),
        ("", "no address"),
        ("//a.example/x.png", "give https:"),
        ("blob:x", "give https:"),
    ],
)
def test_image_that_stays_is_named(src: str, words: str) -> None:
    html = f'<img src="{src}">'
    document = read(html, None)
    assert document.html == html
    assert words in texts(document)


def test_srcset_and_images_in_conditional_comments_are_named(base: Path) -> None:
    document = read(
        '<img src="logo.png" srcset="logo.png 2x"><!--[if mso]><v:fill src="bg.png"/><![endif]-->', base
    )
    assert "srcset" not in document.html
    assert "srcset was taken out" in texts(document)
    assert "conditional comment is not sent along" in texts(document)


STYLED = """<html><head><style type="text/css">
p { color: #123456; background: url(bg.png) }
a:hover { color: red }
@media (max-width: 600px) { p { color: blue } }
</style><style media="print">p { display: none }</style>
<link rel="stylesheet" href="more.css"></head><body><p>Anna</p></body></html>"""


def test_style_sheet_is_made_inline_and_the_rest_named(base: Path) -> None:
    pytest.importorskip("css_inline")
    document = read(STYLED, base)
    assert "<style" not in document.html
    assert "color: #123456" in document.html
    assert "url(cid:bg.png)" in document.html
    assert "none" not in document.html
    assert [image.name for image in document.images] == ["bg.png"]
    for words in ("@media", "a:hover", "'print'", "'more.css' is not loaded"):
        assert words in texts(document)


def test_style_sheet_without_css_inline_is_left_out_and_named(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "css_inline", None)
    document = read(STYLED, base)
    assert document.html == "<p>Anna</p>"
    assert document.images == ()
    assert "pip install 'xinksig[styles]'" in texts(document)


def test_sheet_with_nothing_to_inline_leaves_the_source_as_it_is() -> None:
    document = read("<style>@media print{p{x:y}}</style><P Class=x>a</P>", None)
    assert document.html == "<P Class=x>a</P>"


def test_body_rule_reaches_the_wrapper() -> None:
    pytest.importorskip("css_inline")
    document = read("<style>body{font-family:Arial;margin:0}</style><body><p>a</p></body>", None)
    assert document.html == '<div style="font-family: Arial"><p>a</p></div>'


@pytest.mark.parametrize("html", ["<p>a<script>b", "<p>a<style>b{c:d}", "<p>a<b c='"])
def test_what_is_not_closed_is_named(html: str) -> None:
    document = read(html, None)
    assert document.html.startswith("<p>a")
    assert "not closed" in texts(document)


def test_broken_html_is_closed_once_and_named() -> None:
    document = read("<table><tr><td><b>a</table>", None)
    assert "</b>" in document.html
    assert "was closed" in texts(document)
    assert read(document.html, None) == Document(document.html, (), ())


def test_html_that_a_parser_writes_in_another_way_is_not_called_broken() -> None:
    html = "<ul><li>a<ul><li>b</li></ul></li></ul><table><tr><td>c</td></tr></table>"
    assert read(html, None).problems == ()


def test_size_guard() -> None:
    assert "Gmail" in texts(read("<p>" + "a" * LARGE + "</p>", None))
    with pytest.raises(DocumentError, match="at most"):
        read("a" * (LARGEST + 1), None)


def test_large_image_is_named(base: Path) -> None:
    (base / "large.png").write_bytes(PNG + bytes(300_000))
    assert "300,016 octets" in texts(read('<img src="large.png">', base))


def test_decode_utf8_with_or_without_mark() -> None:
    assert decode("ä".encode()) == ("ä", ())
    assert decode(b"\xef\xbb\xbfa") == ("a", ())


def test_decode_names_a_guess() -> None:
    text, notes = decode('<meta charset="iso-8859-1">\n<p>Grüße'.encode("latin-1"))
    assert text.endswith("Grüße")
    assert notes[0].line == 2
    assert decode("<p>Grüße".encode("utf-16"))[0] == "<p>Grüße"


def test_octets_that_are_no_text_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import bs4.dammit

    class Helpless:
        unicode_markup = None
        contains_replacement_characters = False

        def __init__(self, octets: bytes, **options: object) -> None:
            pass

    monkeypatch.setattr(bs4.dammit, "UnicodeDammit", Helpless)
    with pytest.raises(DocumentError, match="line 2: the file is not UTF-8"):
        decode(b"a\n\xff\xfe\xfd")


@pytest.mark.parametrize(
    "html",
    [
        "<" * 50_000,
        "<a " * 50_000,
        "<!--" * 50_000,
        "<![if" * 40_000,
        "<a href='url(" * 20_000,
        "url(" * 50_000,
        "<p style='url(  " * 20_000,
        "<img src=x" * 20_000,
        "&" * 50_000,
        f'<p style="{"url(" * 50_000}">',
        f'<p style="{"url( " * 50_000}">',
        f"<p style='url({' ' * 100_000}'>",
        f"<!--{' ' * 100_000}-->",
        "<!" * 50_000 + "-->",
    ],
)
def test_reading_is_linear(html: str) -> None:
    read(html, None)


def test_problem_says_its_line() -> None:
    assert str(Problem(3, "x")) == "line 3: x"
    assert str(Problem(0, "x")) == "x"


def test_real_signatures_keep_their_tree(html_corpus: Path) -> None:
    paths = sorted((html_corpus / "html-signatures").glob("*.html"))
    assert len(paths) > 10
    for path in paths:
        source = path.read_text("utf-8")
        document = read(source, None)
        assert "<style" not in document.html
        assert "<body" not in document.html
        assert visible(document.html) == visible(source), path.name


def visible(html: str) -> list[str]:
    """Element names and words of the body, without the wrapper that carries its style."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    body = tree.find("body")
    assert body is not None
    found = []
    for element in body.iter():
        name = str(element.tag)
        is_element = not name.startswith("<")  # the tag of a comment is a function
        if is_element and name not in ("body", "script", "style"):
            found.append(name)
        found += (element.text or "").split() if is_element else []
        found += (element.tail or "").split()
    return found[1:] if found[:1] == ["div"] and "<body" not in html else found


PIECES = st.sampled_from(
    [
        *("<p>", "</p>", "<b>", "</b>", "<a href=javascript:x>", "</a>", "<table>", "<tr>", "<td onclick=x>"),
        *(
            "</table>",
            "<script>",
            "</script>",
            "<style>",
            "</style>",
            "b{c:d}",
            "<!--",
            "-->",
            "<html>",
            "<link>",
        ),
        *("<body style='color:red'>", f"<img src={DATA}>", "word", "<", "&amp;", "\n", "<title>", "</title>"),
        "<div style='x:url(data:,)'>",
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_nothing_active_is_left_whatever_is_given(html: str) -> None:
    try:
        document = read(html, None)
    except DocumentError:
        return
    tree = html5lib.parse(document.html, namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag != "script"
        assert not [name for name in element.attrib if str(name).startswith("on")]
        assert not element.get("href", "").startswith("javascript")
