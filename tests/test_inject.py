"""Signatures put into HTML: what clients write, exactly; and anything at all, judged by the trees."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import pytest

import dom_judge
from html_documents import Document, document
from injection_support import SIGNATURES, applied, choice, injected, judged, needs_block
from real_placements import html_bodies, placement
from xinksig.model import Trigger
from xinksig.text.html.fragment import Fragment, fragment
from xinksig.text.html.inject import Injection, inject
from xinksig.text.place import Place

BLOCK = "<div>S</div>"
INLINE = "S <i>s</i>"
LINK = '<p><a href="x">S</a></p>'
TABLE = "<table><tr><td>S</td></tr></table>"

_PIECE = re.compile(r"\{P\}|\[([^\]]*)\]")


def places(source: str) -> tuple[str, list[Place]]:
    """Return the source and its places: ``{P}``, or characters in brackets up to a ``}``."""
    pieces: list[str] = []
    found: list[Place] = []
    spans: list[tuple[int, int]] = []
    at = size = 0
    for match in _PIECE.finditer(source):
        text = match[0] if match[1] is None else match[1]
        pieces += (source[at : match.start()], text)
        at = match.end()
        size = sum(map(len, pieces))
        spans.append((size - len(text), size))
        if text.endswith("}"):
            found.append(Place(spans[0][0], size, tuple(spans)))
            spans = []
    return "".join((*pieces, source[at:])), found


def octets(text: str) -> int:
    return len(text.encode())


def put(
    source: str,
    *signatures: str | None,
    newline: str = "\n",
    width: Callable[[str], int] = octets,
) -> tuple[str, Injection]:
    html, found = places(source)
    chosen = signatures if len(signatures) == len(found) else signatures * len(found)
    changes: list[tuple[Place, Fragment | None]] = [
        (place, None if signature is None else fragment(signature))
        for place, signature in zip(found, chosen, strict=True)
    ]
    injection = inject(html, changes, newline=newline, width=width)
    return applied(html, injection), injection


def result(source: str, *signatures: str | None) -> str:
    written, injection = put(source, *signatures)
    assert not injection.refused
    return written


def refusal(source: str, *signatures: str | None) -> str:
    """Return the reason why the only place is refused; the source must be left as it is."""
    written, injection = put(source, *signatures)
    assert written == places(source)[0]
    assert list(injection.refused) == [0]
    return injection.refused[0]


# What clients write (research: the shapes of each client).


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
            '<body dir="auto">Hello<div><br></div><div>{P}</div><div><br></div></body></html>',
            '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
            f'<body dir="auto">Hello<div><br></div><div>{BLOCK}</div><div><br></div></body></html>',
            id="iOS Mail",
        ),
        pytest.param(
            '<body dir="auto">Hello<div><b>{P}</b></div><div dir="ltr">Sent from my iPhone</div></body>',
            f'<body dir="auto">Hello<div>{BLOCK}</div><div dir="ltr">Sent from my iPhone</div></body>',
            id="iOS Mail, bold",
        ),
        pytest.param(
            '<body dir="auto">Hello<div><b>[{EMAILSIG]</b><b>[NATURE}]</b></div></body>',
            f'<body dir="auto">Hello<div>{BLOCK}</div></body>',
            id="iOS Mail, bold split",
        ),
        pytest.param(
            '<body dir="auto">Regards<div><span style="font-weight: 700">Jane [{EMAILSIG]</span>'
            "<font>[NATURE}]</font> end</div></body>",
            '<body dir="auto">Regards<div><span style="font-weight: 700">Jane </span>'
            f"{BLOCK} end</div></body>",
            id="iOS Mail, pasted",
        ),
        pytest.param(
            '<html><body class="" style="word-wrap: break-word;">Hello<br class=""><b class="">{P}</b>'
            '<div class=""><br class=""></div></body></html>',
            f'<html><body class="" style="word-wrap: break-word;">Hello<br class="">{BLOCK}'
            '<div class=""><br class=""></div></body></html>',
            id="macOS Mail",
        ),
        pytest.param(
            '<div dir="ltr">Hello<div><br></div><div><b>{P}</b><br></div></div>',
            f'<div dir="ltr">Hello<div><br></div><div>{BLOCK}<br></div></div>',
            id="Gmail",
        ),
        pytest.param(
            '<div dir="auto">Hello<div dir="auto"><br></div><div dir="auto"><b>{P}</b></div></div>',
            f'<div dir="auto">Hello<div dir="auto"><br></div><div dir="auto">{BLOCK}</div></div>',
            id="Gmail app",
        ),
        pytest.param(
            "<body lang=EN-US link=\"#0563C1\" style='word-wrap:break-word'><div class=WordSection1>\r\n"
            "<p class=MsoNormal>Hello<o:p></o:p></p>\r\n<p class=MsoNormal><o:p>&nbsp;</o:p></p>\r\n"
            "<p class=MsoNormal><b><span lang=EN-US style='mso-fareast-language:EN-US'>{P}</span></b><b>"
            "<span lang=EN-US><o:p></o:p></span></b></p>\r\n</div></body>",
            "<body lang=EN-US link=\"#0563C1\" style='word-wrap:break-word'><div class=WordSection1>\r\n"
            "<p class=MsoNormal>Hello<o:p></o:p></p>\r\n<p class=MsoNormal><o:p>&nbsp;</o:p></p>\r\n"
            f"{BLOCK}<b><span lang=EN-US><o:p></o:p></span></b>\r\n</div></body>",
            id="Word, bold",
        ),
        pytest.param(
            '<p class="MsoNormal"><span style="color:red">[{]<span class="SpellE">[EMAILSIGNATURE]</span>'
            "[}]<o:p></o:p></span></p>\n",
            f"{BLOCK}<o:p></o:p>\n",
            id="Word, SpellE",
        ),
        pytest.param(
            '<p class="MsoNormal"><b>Jane <span class="GramE"><span class="SpellE">[{EMAILSIG]</span></span>'
            "[NATURE}]</b><o:p></o:p></p>",
            f'<p class="MsoNormal"><b>Jane </b></p>{BLOCK}<o:p></o:p>',
            id="Word, GramE",
        ),
        pytest.param(
            "<p class=MsoNormal><b><font size=2 face=Arial><span style='font-size:10.0pt;font-weight:bold'>"
            "{P}</span></font></b></p>",
            BLOCK,
            id="Word 2003",
        ),
        pytest.param(
            '<p class="gmail-m_1MsoNormal"><span lang="EN-US">{P}<u></u><u></u></span></p>',
            f"{BLOCK}<u></u><u></u>",
            id="Word after Gmail",
        ),
        pytest.param(
            '<div class="elementToProof" style="font-family:Calibri;font-size:12pt;color:rgb(0,0,0)">\r\n'
            '<b>{P}</b></div>\r\n<div id="appendonsend"></div>\r\n<hr style="display:inline-block">',
            '<div class="elementToProof" style="font-family:Calibri;font-size:12pt;color:rgb(0,0,0)">\r\n'
            f'{BLOCK}</div>\r\n<div id="appendonsend"></div>\r\n<hr style="display:inline-block">',
            id="Outlook on the web",
        ),
        pytest.param(
            '<div id="divtagdefaultwrapper" dir="ltr">\r\n<p>{P}<br>\r\n</p>\r\n</div>',
            f'<div id="divtagdefaultwrapper" dir="ltr">\r\n{BLOCK}<p><br>\r\n</p>\r\n</div>',
            id="Outlook on the web, old",
        ),
        pytest.param(
            '<div id="ms-outlook-mobile-body-separator-line" dir="auto"><br></div>'
            '<div id="ms-outlook-mobile-signature" dir="auto"><b>{P}</b></div>',
            '<div id="ms-outlook-mobile-body-separator-line" dir="auto"><br></div>'
            f'<div id="ms-outlook-mobile-signature" dir="auto">{BLOCK}</div>',
            id="Outlook mobile",
        ),
        pytest.param(
            '<div dir="auto"><b>{P}</b></div><div id="composer_signature"><div dir="auto" '
            'style="font-size:85%">Sent from my Galaxy</div></div>',
            f'<div dir="auto">{BLOCK}</div><div id="composer_signature"><div dir="auto" '
            'style="font-size:85%">Sent from my Galaxy</div></div>',
            id="Samsung",
        ),
        pytest.param(
            '<html>\n  <head>\n    <meta charset="UTF-8">\n  </head>\n  <body>\n    <p>Hello,</p>\n'
            "    <p><b>{P}</b><br>\n    </p>\n  </body>\n</html>\n",
            '<html>\n  <head>\n    <meta charset="UTF-8">\n  </head>\n  <body>\n    <p>Hello,</p>\n'
            f"    {BLOCK}<p><br>\n    </p>\n  </body>\n</html>\n",
            id="Thunderbird",
        ),
        pytest.param(
            '<body text="#000000"\n    bgcolor="#FFFFFF">\n    Hello<br>\n    <b>{P}</b><br>\n  </body>',
            f'<body text="#000000"\n    bgcolor="#FFFFFF">\n    Hello<br>\n    {BLOCK}<br>\n  </body>',
            id="Thunderbird, body text",
        ),
        pytest.param(
            '<div class="ydp1yahoo-style-wrap"><div dir="ltr" data-setdir="false"><b>{P}</b></div></div>',
            f'<div class="ydp1yahoo-style-wrap"><div dir="ltr" data-setdir="false">{BLOCK}</div></div>',
            id="Yahoo",
        ),
        pytest.param(
            '<div data-externalstyle="false" dir="ltr" style="font-family:\'Calibri\'"><div>Hello</div>'
            '<div><span style="font-weight:bold">{P}</span></div></div>',
            '<div data-externalstyle="false" dir="ltr" style="font-family:\'Calibri\'"><div>Hello</div>'
            f"<div>{BLOCK}</div></div>",
            id="Windows Mail",
        ),
    ],
)
def test_shapes_that_clients_write(source: str, expected: str) -> None:
    assert result(source, BLOCK) == expected


# Closing and opening.


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<div>a <b>b {P} c</b> d</div>", "<div>a <b>b </b>S<b> c</b> d</div>"),
        ("<div><b>{P} c</b></div>", "<div>S<b> c</b></div>"),
        ("<div><b>b {P}</b></div>", "<div><b>b </b>S</div>"),
        ("<div><b>{P}</b></div>", "<div>S</div>"),
        ("<p>a {P} b</p>", "<p>a </p>S<p> b</p>"),
        ("<p class=x>{P}</p>", "S"),
        ("<p>{P}<p>b", "S<p>b"),
        ("<p>a<p class=x>{P}<p>b", "<p>a</p>S<p>b"),
        ("<p><b>a<i>b{P}c</i></b></p>", "<p><b>a<i>b</i></b></p>S<p><b><i>c</i></b></p>"),
        ("<b><p>a {P}</p></b>", "<b><p>a </p></b>S"),
        ("<li>{P}", "<li>S"),
        ("<td><p>{P}</table>", "<td><p>{P}</table>"),
        ("<h1><b>{P}</b></h1>", "<h1>S</h1>"),
        ("<b><div>{P}</div></b>", "<b><div>S</div></b>"),
        ("<font><ul><li>{P}</ul></font>", "<font><ul><li>S</ul></font>"),
        ("<div><x-y>{P}</x-y></div>", "<div>S</div>"),
        ("<div><B ID=i>a{P}b</B></div>", "<div><B ID=i>a</B>S<B>b</B></div>"),
        ("<div><b>a</b> <b><!-- c -->{P}<br></b></div>", "<div><b>a</b> <!-- c -->S<b><br></b></div>"),
        ("<div><b>&nbsp;{P}&#160;\n</b></div>", "<div>&nbsp;S&#160;\n</div>"),
        ("<div><b>&amp;{P}</b></div>", "<div><b>&amp;</b>S</div>"),
        ("<div><b><img src=x>{P}</b></div>", "<div><b><img src=x></b>S</div>"),
        ("<div><span>a{P}</span></span></div>", "<div><span>a</span>S</span></div>"),
        ("<div><span>a{P}</div>b", "<div><span>a</span>S</div>b"),
        ("{P}", "S"),
        ("a<br>{P}", "a<br>S"),
        ("<body>a</body></html>\n{P}", "<body>a</body></html>\nS"),
        ("<p>{P}<span></p>b", "Sb"),
        ("<div><b>{P}</br></b></div>", "<div>S<b></br></b></div>"),
        ("<div><b></br>{P}</b></div>", "<div><b></br></b>S</div>"),
    ],
)
def test_wrappers_are_closed_before_and_opened_behind_a_block(source: str, expected: str) -> None:
    if source.startswith("<td"):
        source, expected = "<table><tr>" + source, "<table><tr><td>S</table>"
    assert result(source, BLOCK) == expected.replace("S", BLOCK)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a {P} b</p>", "<p>a S b</p>"),
        ("<p>a <b>{P}</b> b</p>", "<p>a S b</p>"),
        ("<p class=x><b>{P}</b></p>", "<p class=x>S</p>"),
        ("<p>a <b>b{P}c</b></p>", "<p>a <b>b</b>S<b>c</b></p>"),
        ("<b><p>a {P} b</p></b>", "<b><p>a </p></b>S<b><p> b</p></b>"),
        ("<div><a href=x>{P}</a></div>", "<div>S</div>"),
        ("<div>{P}</div>", "<div>S</div>"),
    ],
)
@pytest.mark.parametrize("signature", ["Signature", INLINE, "<span>S</span><br>"])
def test_inline_signature_stays_in_its_paragraph_but_in_no_formatting(
    source: str, expected: str, signature: str
) -> None:
    assert result(source, signature) == expected.replace("S", signature)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<div>a {P} b</div>", "<div>a  b</div>"),
        ("<div>a <b>{P}</b> b</div>", "<div>a  b</div>"),
        ("<div><b>a {P}</b></div>", "<div><b>a </b></div>"),
        ("<div>a</div><p class=x><b>{P}<o:p></o:p></b></p>", "<div>a</div><o:p></o:p>"),
        ("<p>a<p>{P}<p>b", "<p>a</p><p>b"),
        ("<p>{P}<p>{P}<p>b", "<p>b"),
        ("<b>[{]<i>[P}]</i></b>", ""),
        ("<head></head>{P}</p><style>p {}</style>", "<head></head><body></p><style>p {}</style>"),
        ("{P} <p>a", " <p>a"),
        ("<p><b>a</p><div><i>{P}</i></div>b", "<p><b>a</p><div></b></div><b>b"),
        ("<pre>{P}\na</pre>", "<pre>\n\na</pre>"),
        ("<PRE class=x><b>{P}</b>\r\na</PRE>", "<PRE class=x>\n\r\na</PRE>"),
        ("<pre>a{P}\nb</pre>", "<pre>a\nb</pre>"),
        ("<pre>\n{P}\nb</pre>", "<pre>\n\nb</pre>"),
        ("<p><b>a</p>{P}<div>b</b></div>", "<p><b>a</p></b><div><b>b</b></div>"),
        ("<p><b>a</p>{P}<div>b</div></b>", "<p><b>a</p></b><b><div>b</div></b>"),
    ],
)
def test_trigger_without_signature_is_taken_out_with_what_it_leaves_empty(source: str, expected: str) -> None:
    assert result(source, None) == expected


def test_several_places_in_one_wrapper_cut_it_into_segments() -> None:
    assert result("<b>a{P}b{P}c</b>", "S") == "<b>a</b>S<b>b</b>S<b>c</b>"
    assert result("<b>{P}b{P}</b>", "S") == "S<b>b</b>S"
    assert result("<b>{P} {P}</b>", "S") == "S S"
    assert result("<b>{P}<i>{P}x{P}</i>{P}</b>", "S") == "SS<b><i>x</i></b>SS"
    assert result("<p>{P}{P}</p>", BLOCK, "s") == f"{BLOCK}<p>s</p>"
    assert result("<p>a{P}<b>{P}b</b></p>", "s", BLOCK) == f"<p>as</p>{BLOCK}<p><b>b</b></p>"
    assert result("<b>a{P}b{P}c</b>", "S", None) == "<b>a</b>S<b>bc</b>"
    assert result("<span>{P}<div>{P}</div>x</span>", "S", None) == "S<span><div></div>x</span>"
    assert result("<span><div>{P}</div>x{P}</span>", BLOCK) == f"<span><div>{BLOCK}</div>x</span>{BLOCK}"
    assert result("<span><div>{P}</div>{P}</span>", "S") == "<span><div>S</div></span>S"
    assert result("<span><div>{P}</div>{P}</span>", None, "S") == "<div></div>S"
    assert (
        result("<span>x<div>a{P}</div><i>{P}</i>y</span>", "S")
        == "<span>x<div>aS</div></span>S<span>y</span>"
    )


def test_formatting_that_a_removed_trigger_opened_is_opened_for_a_later_place_too() -> None:
    source = "<div><b></div>{P}<div>{P}<br>"
    assert result(source, None, BLOCK) == f"<div><b></div></b><b><div>{BLOCK}<br>"
    html, found = places(source)
    check(Document(html, [place.pieces for place in found]), [None, "<div data-sig>Σ</div>"])


def test_copy_has_no_id_and_a_link_no_name() -> None:
    assert (
        result('<div><b id=x class="c">a{P}b</b></div>', "S")
        == '<div><b id=x class="c">a</b>S<b class="c">b</b></div>'
    )
    assert result("<div><a name='n' href=u ID=\"i\">a{P}b</a></div>", "S").endswith("S<a href=u>b</a></div>")
    assert result("<p id=x name=y>a{P}b{P}c", BLOCK).count("id=x") == 1
    assert result("<p id=x name=y>a{P}b{P}c", BLOCK).count("name=y") == 3


def test_element_that_only_moves_keeps_its_id() -> None:
    assert result("<div><b id=x>{P}b</b></div>", "S") == "<div>S<b id=x>b</b></div>"
    assert result("<div><b id=x>{P}b{P}c</b></div>", "S") == "<div>S<b id=x>b</b>S<b>c</b></div>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p><b>a{P}</p>b</b>", "<p><b>a</b></p>S<b>b</b>"),
        ("<p><b>{P}</p><div>b</b></div>", "S<div><b>b</b></div>"),
        ("<b><i>a{P}</b>b</i>", "<b><i>a</i></b>S<i>b</i>"),
        ("<b>{P}<p>a</b>b</p>", "S<p><b>a</b>b</p>"),
        ("<b>x<p>a{P}b</b>c</p>", "<b>x<p>a</b></p>S<p><b>b</b>c</p>"),
        ("<b>x<div>a{P}b</b>c</div>", "<b>x<div>a</b>S<b>b</b>c</div>"),
        ("<b>x</b><i><div>{P}</i>c</div>", "<b>x</b><div>Sc</div>"),
        ("<a href=1>a<a href=2>{P}</a>b", "<a href=1>a</a>Sb"),
        ("<p><font>a</p><div>{P}</div><p>b", "<p><font>a</p><div></font>S</div><p><font>b"),
        ("<table><td><p><b>x</p> {P}</table>", "<table><td><p><b>x</p></b> S</table>"),
        ("<table><td><p><b>x</p> <p>{P}b</table>", "<table><td><p><b>x</p></b> S<b><p>b</table>"),
        ("<table><caption><p><b>x</p> <i>{P}", "<table><caption><p><b>x</p></b> S"),
        ("<p><nobr>x</p><nobr>{P}", "<p><nobr>x</p></nobr><nobr></nobr>S"),
        ("<p><nobr>a{P}x</p><nobr>y", "<p><nobr>a</nobr></p>S<p><nobr>x</p><nobr>y"),
        ("<table><td><b><i><u><s><em><p>x</b></table>{P}b", "<table><td><b><i><u><s><em><p>x</b></table>Sb"),
        ("<p><b>x</p></body></html> b{P}", "<p><b>x</p></body></html> b</b>S"),
    ],
)
def test_wrong_nesting_is_read_as_a_parser_reads_it(source: str, expected: str) -> None:
    assert result(source, BLOCK) == expected.replace("S", BLOCK)
    html, found = places(source)
    check(Document(html, [place.pieces for place in found]), ["<div data-sig>Σ</div>"])


# Refused.


@pytest.mark.parametrize(
    ("source", "signature", "word"),
    [
        ("<table>{P}<tr><td>a</table>", BLOCK, "table"),
        ("<table><tr>{P}<td>a</table>", BLOCK, "table"),
        ("<table><div>{P}</div></table>", BLOCK, "table"),
        ("<plaintext>{P}", BLOCK, "plaintext"),
        ("<svg><text>{P}</text></svg>", BLOCK, ""),
        ("<math><mtext>{P}</mtext></math>", BLOCK, ""),
        ("<select><option>{P}</select>", BLOCK, ""),
        ("<template><div>{P}</div></template>", BLOCK, "template"),
        ("<frameset>{P}", BLOCK, ""),
        ("<a href=x><div>{P}</div></a>", LINK, "link"),
        ("<a href=x><table><tr><td>{P}</table></a>", LINK, "link"),
        ("<button>{P}</button>", "<button>x</button>", "button"),
        ("<form><div>{P}</div></form>", "<form>x</form>", "form"),
        ("<ul><li>{P}</ul>", "<li>x</li>", "li"),
        ("<h1>{P}</h1>", "<h2>x</h2>", "h1"),
        ("<b><b><b><div>{P}</div></b></b></b>", "<p><b>x</b></p>", "b"),
        ("<{P}b>", None, "tag"),
        ("a &{P}amp; b", None, "reference"),
        ("a <{P}", "b>c", "tag"),
        ("<!-- {P} -->", BLOCK, "text"),
        ("<title>{P}</title>", BLOCK, "text"),
        ("<img alt='{P}'>", BLOCK, "text"),
        ("<div>" * 300 + "{P}", BLOCK, "256"),
        ("<b>a<i><p>b{P}</b>c</i>", BLOCK, ""),
        ("[{S]<style>[IG}]</style>", BLOCK, "text"),
        ("<p><b>x</p>[{S]<style>[IG}]</style>", BLOCK, ""),
        ("<p><b>x</p></body> <p>{P}", BLOCK, "wrong"),
        ("<p><b>x</p></body></html> <p>{P}", BLOCK, "wrong"),
        ("<p><b>x{P}</p></body> <p>b", BLOCK, "wrong"),
        ("<table><td><b><i><u><s><em><p>x</b>{P}</table>", BLOCK, "wrong"),
        ("<b><b><b><b>x</b>{P}", BLOCK, "alike"),
        ("<nobr><table><nobr></table>{P} </p>y", BLOCK, "nobr"),
        ("<a><b><p><br><a><p>{P}y</b>", BLOCK, "wrong"),
        ("<nobr><b> <nobr><div><br><p></b>{P}</nobr>x", BLOCK, ""),
    ],
)
def test_place_that_is_not_sure_is_refused_with_a_reason(
    source: str, signature: str | None, word: str
) -> None:
    reason = refusal(source, signature)
    assert word in reason
    assert " " in reason


def test_link_directly_around_is_closed_for_a_signature_with_links() -> None:
    assert (
        result("<div><a href=x>a{P}b</a></div>", LINK) == f"<div><a href=x>a</a>{LINK}<a href=x>b</a></div>"
    )
    assert result("<a href=x><div>{P}</div></a>", BLOCK) == f"<a href=x><div>{BLOCK}</div></a>"


def test_refused_place_is_text_for_the_others() -> None:
    written, injection = put("<div><b>{P}</b><table><tr>{P}<td>{P}</table></div>", BLOCK)
    assert list(injection.refused) == [1]
    assert written == f"<div>{BLOCK}<table><tr>{{P}}<td>{BLOCK}</table></div>"
    written, injection = put("<p><a href=x>{P}<object><div>{P}</div></object></a></p>", BLOCK, LINK)
    assert list(injection.refused) == [1]
    assert written == f"{BLOCK}<p><a href=x><object><div>{{P}}</div></object></a></p>"


def test_nothing_to_do() -> None:
    assert inject("<p>", [], newline="\n", width=len) == Injection([], {})


def test_nothing_of_the_signature_is_expanded() -> None:
    signature = r"<p>\1 \g<0> {0} %s $1 {P}</p>"
    assert result("<div>{P}</div>", signature) == f"<div>{signature}</div>"


def test_signature_is_one_edit_with_the_same_string() -> None:
    source = "<div><b>a{P}b</b></div>"
    _, injection = put(source, BLOCK)
    assert sum(edit.text is fragment(BLOCK).html for edit in injection.edits) == 1
    assert [edit.why for edit in injection.edits] == ["wrapper", "signature", "wrapper"]


@pytest.mark.parametrize("source", ["<div><p><b>{P}</b></p></div>", "<div><p><b>{P}</b> </p></div>"])
def test_signature_is_one_edit_with_what_is_deleted_around_it(source: str) -> None:
    _, injection = put(source, BLOCK)
    assert [(edit.text, edit.why) for edit in injection.edits if edit.text] == [(BLOCK, "signature")]
    assert all(edit.stop < behind.start for edit, behind in pairwise(injection.edits))


@pytest.mark.parametrize("octets_each", [1, 2, 4])
def test_lines_are_short_in_any_charset(octets_each: int) -> None:
    source = f"<div>{'a' * 100} <b>{{P}}</b> {'b' * 100}</div>"
    for size in (20, 60, 300, 700, 900):
        signature = f"<i title={'t' * size}>S</i>"
        at = source.index("{P}")
        injection = inject(
            source,
            [(Place(at, at + 3, ((at, at + 3),)), fragment(signature))],
            newline="\n",
            width=lambda text: octets_each * len(text),
        )
        written = applied(source, injection)
        fits = octets_each * len(written) <= 998
        assert ("\n" not in written) == fits, (size, written)


# Appended.


def append(source: str, signature: str) -> str:
    """Return the source with the signature put at ``|``."""
    at = source.index("|")
    html = source.replace("|", "", 1)
    injection = inject(
        html, [(Place(at, at, (), Trigger.APPEND), fragment(signature))], newline="\n", width=octets
    )
    assert not injection.refused
    return applied(html, injection)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<body><p>a</p>|</body>", "<body><p>a</p>S</body>"),
        ("<body><p>a|</p></body>", "<body><p>a</p>S</body>"),
        ("<div><b>a|</b> </div>", "<div><b>a</b>S </div>"),
        ("|", "S"),
        ("<html><head></head>|</html>", "<html><head></head>S</html>"),
        ("<body>|<p>a</p>", "<body>S<p>a</p>"),
        ("<p><b>a</p>|<div>b</b></div>", "<p><b>a</p></b>S<div><b>b</b></div>"),
        ("a|<br>b", "aS<br>b"),
        ("<body><div>a</div></body>|</html>", "<body><div>a</div></body>S</html>"),
    ],
)
def test_appended_signature(source: str, expected: str) -> None:
    assert append(source, BLOCK) == expected.replace("S", BLOCK)


@pytest.mark.parametrize("signature", ["<style>p {}</style><p>S</p>", "<!-- c --><p>S</p>", "\n<p>S</p>"])
def test_signature_that_could_begin_in_the_head_begins_the_body(signature: str) -> None:
    assert append("<head><title>t</title></head>|", signature).endswith(f"</head><body>{signature}")
    assert result("{P}", signature) == f"<body>{signature}"
    assert result("<body>{P}", signature) == f"<body>{signature}"
    assert result("<body>a</body>{P}", signature) == f"<body>a</body><body>{signature}"


# Lines.


def lines(text: str) -> list[int]:
    return [len(line.encode()) for line in text.splitlines()]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_breaks_of_the_signature_become_those_of_the_part(newline: str) -> None:
    written, _ = put("<div>{P}</div>", "<p>a\r\nb\nc\rd</p>", newline=newline)
    assert written == f"<div><p>a{newline}b{newline}c{newline}d</p></div>"


@pytest.mark.parametrize(
    ("before", "behind"), [(0, 0), (900, 0), (0, 990), (990, 0), (500, 490), (3000, 0), (0, 3000)]
)
def test_lines_are_folded_inside_tags_and_the_tree_stays(before: int, behind: int) -> None:
    signature = "".join(f'<div class="c{n}" title="two words">Text {n}</div>' for n in range(100))
    written, _ = put("<div>" + "a" * before + "{P}" + "b" * behind + "</div>", signature)
    assert max(lines(written)) <= max(998, before + 10, behind + 10)
    unfolded = "<div>" + "a" * before + signature + "b" * behind + "</div>"
    assert shown(written) == shown(unfolded)
    assert re.sub(r"\s", "", written) == re.sub(r"\s", "", unfolded)


def shown(document: str) -> list[tuple[object, ...]]:
    return [unit[:3] for unit in dom_judge.page(document).units]


def test_line_that_was_too_long_already_is_left_as_it_is() -> None:
    source = "<p>" + "a" * 3000 + "{P}" + "b" * 3000 + "</p>"
    written, _ = put(source, BLOCK)
    assert re.sub(r"\s", "", written) == re.sub(r"\s", "", result(source, BLOCK))
    assert max(lines(written)) <= 3000 + 20


def test_line_is_broken_at_the_blank_before_a_first_tag_that_does_not_fit() -> None:
    written, _ = put("<div>" + "a" * 990 + " {P}</div>", BLOCK)
    assert max(lines(written)) <= 998
    assert re.sub(r"\s", "", written) == "<div>" + "a" * 990 + BLOCK + "</div>"
    assert written.startswith("<div>" + "a" * 990 + " \n")
    kept, _ = put("<pre>" + "a" * 990 + " {P}</pre>", BLOCK)
    assert " \n" not in kept


def test_text_is_folded_at_blanks_but_not_where_they_are_kept() -> None:
    signature = "word " * 400 + "end"
    written, _ = put("<div>{P}</div>", signature)
    assert max(lines(written)) <= 998
    assert written.replace("\n", " ") == f"<div>{signature}</div>"
    written, _ = put("<pre>{P}</pre>", signature)
    assert written == f"<pre>{signature}</pre>"


def test_long_word_stays() -> None:
    signature = "<p>" + "x" * 2000 + "</p>"
    written, injection = put("<div>{P}</div>", signature)
    assert not injection.refused
    assert "x" * 2000 in written


def test_reopened_tags_are_folded_too() -> None:
    style = "color:red;" * 40
    source = "<div>" + f'<span style="{style}" class="c">' * 3 + "a{P}b</span></span></span></div>"
    written, _ = put(source, BLOCK)
    assert max(lines(written)[1:]) <= 998
    assert shown(written) == shown(written.replace("\n", " "))


def test_end_tag_stays_before_what_has_to_follow_it_on_its_line() -> None:
    for size in range(960, 1000):
        written, _ = put("<div>" + "a" * size + "<b>b{P}</b></div>", "<i class=x>c</i>")
        assert max(lines(written)) <= max(998, size + 13)
        assert re.sub(r"\s", "", written) == "<div>" + "a" * size + "<b>b</b><iclass=x>c</i></div>"


def test_octets_of_the_charset_count() -> None:
    signature = "".join(f'<b class="c">{"é" * 90}</b>' for _ in range(12))
    written, _ = put("<div>{P}</div>", signature)
    assert max(lines(written)) <= 998
    assert len(lines(written)) > 1
    written, _ = put("<div>{P}</div>", "<b>" + "é" * 300 + "</b>")
    assert len(lines(written)) == 1
    written, _ = put("<div>{P}</div>", "<b a=x>" + "e" * 600 + "</b>", width=lambda text: 2 * len(text))
    assert "\n" in written


# Anything, judged.


def check(source: Document, signatures: Sequence[str | None]) -> int:
    """Judge the injection; return how many places were refused."""
    outcome = judged(source, signatures)
    assert not outcome.faults, (source.source, outcome.result, outcome.faults)
    return len(outcome.refused)


def test_well_nested_documents() -> None:
    seeds = range(200)
    refused = sum(check(document(seed, spoilt=False), choice(seed, _count(seed))) for seed in seeds)
    assert refused <= 6


def _count(seed: int, *, spoilt: bool = False) -> int:
    return len(document(seed, spoilt=spoilt).places)


def test_malformed_documents() -> None:
    seeds = range(200)
    refused = sum(
        check(document(seed, spoilt=True), choice(seed, _count(seed, spoilt=True))) for seed in seeds
    )
    assert refused <= 40


def test_well_nested_documents_have_no_stray_tags_after() -> None:
    for seed in range(1000, 1060):
        source = document(seed, spoilt=False)
        result, injection = injected(source, choice(seed, len(source.places)))
        if not injection.refused:
            assert dom_judge.strays(result) <= dom_judge.strays(source.source), seed


@pytest.mark.deep
@pytest.mark.parametrize("spoilt", [False, True])
def test_many_documents(spoilt: bool) -> None:
    refused = placed = 0
    for seed in range(200_000, 230_000):
        source = document(seed, spoilt=spoilt)
        refused += check(source, choice(seed, len(source.places)))
        placed += len(source.places)
    assert refused <= placed // 50


needs_bodies = pytest.mark.skipif(
    not html_bodies(), reason="the shared corpus is absent (set XINKSIG_CORPUS)"
)


def _check_real(seeds: range) -> int:
    return sum(check(placement(seed)[1], choice(seed, 1)) for seed in seeds)


@needs_bodies
def test_real_bodies() -> None:
    assert _check_real(range(10_000, 10_060)) <= 1


@needs_bodies
@pytest.mark.deep
def test_many_places_in_real_bodies() -> None:
    assert _check_real(range(3000)) <= 30


needs_chromium = pytest.mark.skipif(
    dom_judge.CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)"
)


@pytest.mark.deep
@needs_chromium
@pytest.mark.parametrize("spoilt", [False, True])
def test_chromium_agrees(spoilt: bool, tmp_path: Path) -> None:
    cases = list(islice(_cases(spoilt=spoilt), 3000))
    before = dom_judge.chromium_pages([source for source, _, _ in cases], tmp_path)
    after = dom_judge.chromium_pages([result for _, result, _ in cases], tmp_path)
    for (source, result, signatures), was, became in zip(cases, before, after, strict=True):
        found = dom_judge.faults(was, became, signatures, block=[needs_block(html) for html in signatures])
        assert not found, (source, result, found)


def _cases(*, spoilt: bool) -> Iterator[tuple[str, str, list[str | None]]]:
    for seed in range(300_000, 400_000):
        source = document(seed, spoilt=spoilt)
        signatures = choice(seed, len(source.places))
        result, injection = injected(source, signatures)
        kept = [number for number in range(len(signatures)) if number not in injection.refused]
        if kept:
            before = dom_judge.marked(source.source, [source.places[number] for number in kept])
            yield before, result, [signatures[number] for number in kept]


@pytest.mark.deep
@needs_chromium
@pytest.mark.parametrize("spoilt", [False, True])
def test_chromium_reads_as_the_judge_does(spoilt: bool, tmp_path: Path) -> None:
    """Browsers read white space behind the body in two ways, so none stands there.

    Nor do they agree about an end tag more than three elements away from the block that it stands in.
    """
    sources = [document(seed, spoilt=spoilt) for seed in range(400_000, 403_000)]
    marked = [dom_judge.marked(*source).removesuffix("\n") for source in sources]
    pages = dom_judge.chromium_pages(marked, tmp_path)
    others = [
        source
        for source, page in zip(marked, pages, strict=True)
        if _shown(page) != _shown(dom_judge.page(source))
    ]
    assert len(others) <= (15 if spoilt else 0), others[:3]


def _shown(page: dom_judge.Page) -> tuple[object, ...]:
    return [unit[:2] for unit in page.units], page.empty


@pytest.mark.parametrize(
    ("source", "around"),
    [
        ("<table><td><p><b>x</p> <p>", "table tbody tr td b p"),
        ("<table><caption><p><b>x</p> <p>", "table caption b p"),
        ("<table><div><p><i>x</p> <p>", "div i p"),
        ("<table> <b>x</table> <p>", "b p"),
    ],
)
def test_judge_reads_white_space_in_tables_as_browsers_do(source: str, around: str) -> None:
    assert dom_judge.names_around(source) == ["html", "body", *around.split()]


def test_signatures_are_of_every_kind() -> None:
    assert [needs_block(html) for html in SIGNATURES].count(True) >= 5
