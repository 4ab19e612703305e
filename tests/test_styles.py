"""Style sheets: what has an inline form, and what has none."""

import sys

import pytest

from xinksig.signature import styles


@pytest.mark.parametrize(
    ("css", "plain", "at_rules", "dynamic"),
    [
        ("", False, (), ()),
        ("a{color:red}", True, (), ()),
        ("/* a{color:red} */", False, (), ()),
        ("<!-- p.x{margin:0} -->", True, (), ()),
        ("@media print{a{color:red}} b{x:y}", True, ("@media",), ()),
        ("@MEDIA(max-width:1px){a{b:c}a:hover{d:e}}", False, ("@media",), ()),
        ("@import url(x.css); @charset 'utf-8';", False, ("@import",), ()),
        ("@font-face\n{font-family:x}@font-face{y:z}", False, ("@font-face",), ()),
        ("a:hover,a{color:red}", True, (), ("a:hover",)),
        ("a:hover{x:y} .b::before{content:'}'} p:first-child{m:0}", True, (), ("a:hover", ".b::before")),
        ("a:visited{x:y}", False, (), ("a:visited",)),
        ("a{background:url('x;y{z')}b:focus{c:d}", True, (), ("b:focus",)),
        ("}}}{{{", True, (), ()),
        ("a{b:c", True, (), ()),
        ("/* never closed a:hover{b:c}", False, (), ()),
    ],
)
def test_what_a_sheet_holds(
    css: str, plain: bool, at_rules: tuple[str, ...], dynamic: tuple[str, ...]
) -> None:
    assert styles.read(css) == (plain, at_rules, dynamic)


@pytest.mark.parametrize(
    "noise", ["{", "}", "'", '"', "/*", "@media", ";", "a,", "\\'", "'\"", "<!--", ":hover{"]
)
def test_reading_is_linear(noise: str) -> None:
    styles.read(noise * 40_000)


def test_rules_are_made_inline_and_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("css_inline")
    html = (
        '<html><head><link rel="stylesheet" href="file:///etc/passwd">'
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">'
        '<style>.a{color:red}</style></head><body><p class="a">x</p></body></html>'
    )
    done, problem = styles.inline(html)
    assert problem == ""
    assert 'style="color: red' in done
    assert "<style" not in done


def test_sheet_that_css_inline_refuses_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    css_inline = pytest.importorskip("css_inline")

    class Refusing:
        def __init__(self, **options: object) -> None:
            assert options == {"load_remote_stylesheets": False}

        def inline(self, html: str) -> str:
            raise css_inline.InlineError("too odd")

    monkeypatch.setattr(css_inline, "CSSInliner", Refusing)
    assert styles.inline("<b>") == ("<b>", "its style sheet is left out: too odd")


def test_missing_css_inline_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "css_inline", None)
    html = "<style>a{b:c}</style><a>x</a>"
    done, problem = styles.inline(html)
    assert done == html
    assert "pip install 'xinksig[styles]'" in problem
