"""Which attributes and inline styles hide an element."""

import pytest

from xinksig.text.html.hidden import is_hidden


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY: NONE",
        " display : none ; color : red",
        "display:none !important",
        "display:none!IMPORTANT;display:block",
        "display:none;display:rubbish",
        "display:none;display:",
        "color:red;;display:none",
        "display:/* no */none",
        "/* ; */display:none/*",
        "d\\69splay:none",
        "display:\\6e one",
        "display:\\00006eone",
        "content:'\\';';display:none",
        'content:"\';";display:none',
        "background:url(a;b);display:none",
        "x:[;({;})];display:none",
        "x:};display:none",
        "visibility:hidden",
        "mso-hide:all",
        "max-height:0;overflow:hidden",
        "overflow:hidden;max-height:0px",
        "overflow:hidden;max-height:.0em",
        "overflow:hidden;max-height:-0.00pt",
    ],
)
def test_styles_that_hide(style: str) -> None:
    assert is_hidden("p", {"style": style})


@pytest.mark.parametrize(
    "style",
    [
        "",
        "display",
        "display:block",
        "display:none;display:block",
        "display:block!important;display:none",
        "display:none important",
        "display:none!important;display:block!important",
        "text-decoration:none",
        "display:'none'",
        "display:url(none)",
        "/*display:none*/",
        "/*display:none",
        "content:';display:none;'",
        "content:';display:none;",
        "background:url(;display:none;)",
        "x:{;display:none",
        "\\",
        "display:\\",
        "display:\\110000 ",
        "visibility:visible",
        "visibility:collapse",
        "mso-hide:none",
        "max-height:0",
        "max-height:1px;overflow:hidden",
        "max-height:0%;overflow:hidden",
        "max-height:none;overflow:hidden",
        "max-height:0;overflow:visible",
        "height:0;overflow:hidden",
    ],
)
def test_styles_that_do_not_hide(style: str) -> None:
    assert not is_hidden("p", {"style": style})


def test_elements_and_attributes_that_hide() -> None:
    assert is_hidden("p", {"hidden": ""})
    assert is_hidden("p", {"hidden": "until-found"})
    assert is_hidden("details", {})
    assert not is_hidden("details", {"open": ""})
    assert all(is_hidden(name, {}) for name in ("object", "audio", "video", "canvas", "datalist"))
    assert not is_hidden("p", {"title": "hidden", "class": "display:none"})


@pytest.mark.parametrize("unit", ["(", "/*", "'", "\\", ";", "a:b;", "*", "/", "!important", " "])
def test_long_styles_are_read_to_their_end(unit: str) -> None:
    assert not is_hidden("p", {"style": f"display:{unit * 20_000}x"})
    assert not is_hidden("p", {"style": unit * 20_000})
