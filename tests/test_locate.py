"""Placeholders in HTML: what a browser shows decides (research: html.md 4 and 5)."""

import pytest

from xinksig.model import Outcome
from xinksig.text.html import visible
from xinksig.text.html.locate import Search, find
from xinksig.text.html.spelling import spelling
from xinksig.text.pattern import Pattern, pattern
from xinksig.text.place import Place

TOKEN = "{EMAILSIGNATURE}"
PATTERN = pattern((TOKEN,), True)


def located(html: str, what: Pattern = PATTERN) -> list[str]:
    """Return the source of each place, in brackets with its outcome if it is refused."""
    return [
        f"[{html[place.start : place.stop]}]" if place.outcome else html[place.start : place.stop]
        for place in find(html, what)
    ]


FOUND = [
    "{EMAILSIGNATURE}",
    "{emailSignature}",
    "{EMAIL<b>SIGN</b>ATURE}",
    "{<span>E</span>MAILSIGNATURE}",
    "{EMAILSIGNATURE<span class=SpellE></span>}",
    "{<span class=SpellE>EMAILSIGNATURE</span>}",
    "{<span class=GramE>EMAIL</span><span class=SpellE>SIGNATURE</span>}",
    "&#123;EMAILSIGNATURE&#125;",
    "&#123EMAILSIGNATURE&#125",
    "&#x00007b;EMAILSIGNATURE&#x7D;",
    "&#X7b;EMAILSIGNATURE}",
    "&lbrace;EMAILSIGNATURE&rbrace;",
    "&lcub;EMAILSIGNATURE&rcub;",
    "{&#69;&#x4d;AILSIGNATURE}",
    "{EMAIL&shy;SIGNATURE}",
    "{EMAIL&shySIGNATURE}",
    "{EMAIL\u00adSIGNATURE}",
    "{EMAIL\u200bSIGNATURE}",
    "{EMAIL&zwnj;SIGNATURE}",
    "{EMAIL\ufeffSIGNATURE}",
    "{EMAIL&rlm;SIGNATURE}",
    "{EMAIL&#8203;SIGNATURE}",
    "{EMAIL<!-- a comment -->SIGNATURE}",
    "{EMAIL<!---->SIGNATURE}",
    "{EMAIL<o:p></o:p>SIGNATURE}",
    "{EMAIL<u></u>SIGNATURE}",
    "{EMAIL<sup></sup>SIGNATURE}",
    "{EMAIL<wbr>SIGNATURE}",
    "{EMAIL<st1:place w:st='on'>SIGN</st1:place>ATURE}",
    "{EMAIL</>SIGNATURE}",
    "{EMAIL<?x>SIGNATURE}",
    "{EMAIL<!x>SIGNATURE}",
    "{EMAIL\0SIGNATURE}",
    "{EMAIL<!--[if mso]>zzz<![endif]-->SIGNATURE}",
    "{EMAIL<a title='}' href=\"x>y\">SIGN</a>ATURE}",
    "{EMAIL<FONT COLOR=red>SIGN</FONT >ATURE}",
    '{EMAIL<b a = "x>y">SIGNATURE}',
    "{EMAIL\nSIGNATURE}",
    "{EMAIL\r\nSIGNATURE}",
    "{EMAIL \t\n  SIGNATURE}",
    "{EMAIL</b>\n<b>SIGNATURE}",
    "{EMAIL <b>\n</b> SIGNATURE}",
    "{EMAILSIGNATURE:short}",
    "{EMAILSIGNATURE<b>:sh</b>o&#114;t}",
    "{EMAILSIGNATURE&colon;a&period;b&#45;c_\n9}",
    "{EMAILSIGNATURE\u200b:\u200bshort\u200b}",
]


@pytest.mark.parametrize("source", FOUND)
def test_what_a_reader_sees_as_the_placeholder_is_found(source: str) -> None:
    html = f"<p>before {source} after</p>"
    assert located(html) == [source]


@pytest.mark.parametrize(
    "around",
    [
        "<!--[if mso]>x<![endif]-->{}",
        "<![if !mso]>{}<![endif]>",
        "<p>On Monday <jane@example.com> wrote: {}",
        "<noscript>{}</noscript>",
        "<span style='font-size:0'>{}</span>",
        "<button>{}</button>",
        "<h1>{}</h1>",
        "<table><tr><td>{}</td></tr></table>",
        "<table><caption>{}</caption></table>",
        "<table><tr><th><div>{}",
        "<table><tr><td><table><tr><td>x</td></tr></table>{}",
        "<td>{}</td>",
        "<option>{}",
        "a < b {} > c",
        "<!-- a --!>{}<!-- -->",
        "<!-->{}-->",
        "<title>x</title>{}",
        "<svg><text>x</text></svg>{}",
        "<svg><p>{}",
        "<a title='{{EMAIL'>{}",
        "<details open><p>{}</details>",
        "<details><summary>{}</summary></details>",
        "<p hidden>x<p>{}",
        "<div hidden>x</div>{}",
        "<div style='display:none'><div>x</div></div><p>{}",
        "<li style='display:none'>x<li>{}",
        "<input hidden>{}",
        "<img style='display:none'>{}",
        "<p style='display:none;display:block'>{}",
        "<p style='display:none !importent'>{}",
        "<p style='display:block !important;display:none'>{}",
        "<p style='max-height:0'>{}",
        "<p style='overflow:hidden'>{}",
        "<p style='overflow:hidden;max-height:1px'>{}",
        "<p style='text-decoration:none'>{}",
        "<p style='/*display:none*/'>{}",
        "<p style=\"background:url('x;display:none;')\">{}",
        "<p data-hidden title=hidden class='display:none'>{}",
        "<p title='<p hidden>'>{}",
        "<!-- <p hidden> -->{}",
        "<style><p hidden></style>{}",
        "<head hidden></head>{}",
        "<table><tr style='display:none'><td>x</td></tr><tr><td>{}",
        "<table><tr><td hidden>x<td>{}",
        "<table><tr><td><div hidden>x</td><td>{}",
        "<b hidden>x</b>{}",
        "<i><span hidden>x</span></i>{}",
        "<object>x</object>{}",
        "<div hidden><svg><style>x</style></svg><select></select></div>{}",
        "<div hidden><h1>a</h1><ul><li>b</ul></div>{}",
        "<div hidden><table><tbody><tr><td>x</td></tr></tbody></table></div>{}",
        "<div><p hidden>a<p>b</div>{}",
        "<details><details><summary>x</summary></details></details>{}",
        "<!-- display:none hidden -->display: none; hidden{}",
        "<title>hidden</title>none hid{}",
    ],
)
def test_the_placeholder_is_seen_there(around: str) -> None:
    assert located(around.format(TOKEN)) == [TOKEN]


@pytest.mark.parametrize(
    "html",
    [
        "<!-- {} -->",
        "<!--[if mso]>{}<![endif]-->",
        "<!-- {}",
        "<!-- --{}",
        "<!x {}>",
        "<?x {}",
        "</ {}>",
        "<!DOCTYPE html '{}'>",
        "<style>{}</style>",
        "<style>{}",
        "<STYLE>{}</STYLE>",
        "<script>{}</script>",
        "<script><!--<script></script>{}--></script>",
        "<title>{}</title>",
        "<textarea>{}</textarea>",
        "<textarea></textare>{}</textarea>",
        "<xmp>{}</xmp>",
        "<noembed>{}</noembed>",
        "<noframes>{}</noframes>",
        "<template>{}</template>",
        "<template><template></template><p>{}</template>",
        "<iframe>{}</iframe>",
        "<svg><text>{}</text></svg>",
        "<svg><title>{}</title></svg>",
        "<math><mi>{}</mi></math>",
        "<a title='{}'>",
        '<a title="{}',
        "<a title={}>",
        "<a {}>",
        "<b{}>",
        "<a title='x{}",
        "&amp;#123;EMAILSIGNATURE}}",
        "{{EMAIL SIGNATURE}}",
        "{{EMAIL&nbsp;SIGNATURE}}",
        "{{EMAIL&#10;SIGNATURE}}",
        "{{EMAIL\n\u00a0SIGNATURE}}",
        "{{EMAIL<br>SIGNATURE}}",
        "{{EMAIL<p>SIGNATURE}}",
        "{{EMAIL</p>SIGNATURE}}",
        "{{EMAIL<div></div>SIGNATURE}}",
        "<table><tr><td>{{EMAIL</td><td>SIGNATURE}}</td></table>",
        "{{EMAIL<img>SIGNATURE}}",
        "{{EMAIL<jane@example.com>SIGNATURE}}",
        "{{EMAIL<spanner>SIGNATURE}}",
        "{{EMAIL<style>SIGNATURE}}</style>",
        "{{EMAIL<!-- SIGNATURE}}",
        "{{EMAIL<b SIGNATURE}}",
        "{{EMAILxSIGNATURE}}",
        "{{EMAIL&lt;SIGNATURE}}",
        "{{EMAIL&SIGNATURE}}",
        "{{EMAIL<SIGNATURE}}",
        "{{EMAIL< SIGNATURE}}",
        "&lbraceEMAILSIGNATURE}}",
        "{{EMAILSIGNATURE:}}",
        "{{EMAILSIGNATURE:a b}}",
        "{{EMAILSIGNATURE:a&nbsp;b}}",
        "{{EMAILSIGNATURE:é}}",
        "{{EMAILSIGNATURE::a}}",
        "{{EMAILSIGNATURE:a:b}}",
        "{{EMAILSIGNATURE:" + "a" * 65 + "}}",
        "{{EMAILSIGNATURE:short",
        "{{EMAILSIGNATURE",
        "{{EMA\u0131LSIGNATURE}}",
        "{{EMAIL\u017fIGNATURE}}",
        "<p hidden>{}</p>",
        "<p hidden=false>{}</p>",
        "<P HIDDEN>{}",
        "<div hidden><p><b>{}</b></p></div>",
        "<div style='display:none'>{}</div>",
        "<div style='DISPLAY : NONE'>{}</div>",
        "<div style='color:red;display:none!important;'>{}</div>",
        "<div style='display:/**/none'>{}</div>",
        "<div style='d\\69splay:none'>{}</div>",
        "<div style='display&#58;none'>{}</div>",
        "<div style='display:none;display:nothing'>{}</div>",
        "<div style='visibility:hidden'>{}</div>",
        "<div style='mso-hide:all'>{}</div>",
        "<div style='max-height:0;overflow:hidden'>{}</div>",
        "<div style='max-height:0.0px;overflow: hidden'>{}</div>",
        "<object>{}</object>",
        "<audio>{}</audio>",
        "<video>{}</video>",
        "<canvas>{}</canvas>",
        "<datalist>{}</datalist>",
        "<details>{}</details>",
        "<details><summary><p hidden>{}</summary></details>",
        "<div hidden><table><tbody><tr><td>{}</table></div>",
        "<details><summary>x</summary><p>{}</details>",
        "<body style='display:none'>{}</body>",
        "<body style='display:none'><p>x</p></body>{}",
        "<span hidden><div></span>{}",
        "<table hidden><tr><td>{}",
        "<table><tr hidden><td>{}",
        "<p hidden>x<b>{}",
        "<div hidden><table><tr><td>x</table>{}",
        "{{EMAIL<span hidden>SIGN</span>ATURE}}",
        "{{EMAIL<i hidden><i></i>SIGN</i>ATURE}}",
    ],
)
def test_what_a_reader_does_not_see_is_left_out(html: str) -> None:
    assert located(html.format(TOKEN)) == []


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<table>{}</table>", "in none of its cells"),
        ("<table><tr>{}<td>x</table>", "in none of its cells"),
        ("<table><tbody><tr><td>x</td>{}</tr></table>", "in none of its cells"),
        ("<table><tr><td><table>{}</table></table>", "in none of its cells"),
        ("<table><tr><td>x</td></tr><b>{}</b></table>", "in none of its cells"),
        ("<table><colgroup>{}", "in none of its cells"),
        ("<table><tr><td>x</td><table><tr><td></table>{}", "in none of its cells"),
        ("<plaintext>{}", "plaintext"),
        ("<frameset>{}", "frameset"),
        ("<select><option>{}</select>", "select"),
        ("<svg><desc><b>{}", "svg"),
        ("<math><mi><b></b></mi></math>{}", "math"),
        ("<select><style><b></style></select>{}", "select"),
        ("<svg><g></svg>{}", "svg"),
        ("<div hidden><b><p></b>x</div><p>{}", "full parser"),
        ("<details>" * 40 + "</details>" * 39 + "<b><p></b>{}", "full parser"),
    ],
)
def test_where_not_even_the_tree_is_sure_it_is_refused(html: str, reason: str) -> None:
    places = find(html.format(TOKEN), PATTERN)
    assert [place.outcome for place in places] == [Outcome.UNCERTAIN]
    assert reason in places[0].reason
    assert "\n" not in places[0].reason


def test_refused_ones_do_not_hide_what_follows() -> None:
    html = f"<table>{TOKEN}<tr><td>{TOKEN}</table>{TOKEN}<select>{TOKEN}<!-- {TOKEN} --></select>{TOKEN}"
    assert located(html) == [f"[{TOKEN}]", TOKEN, TOKEN, f"[{TOKEN}]", TOKEN]


def test_in_plaintext_only_what_is_written_as_it_is_shown() -> None:
    assert located(f"<plaintext>&#123;EMAILSIGNATURE}} {TOKEN} {{EMAIL<b>SIGNATURE}}") == [f"[{TOKEN}]"]


def test_pieces_are_what_spells_it_without_the_tags_between() -> None:
    html = "a{EM\u00adAIL<b>SIGN</b>\n<!-- x -->AT&shy;URE&#125b"
    (place,) = find(html, PATTERN)
    assert [html[start:stop] for start, stop in place.pieces] == [
        "{EM\u00adAIL",
        "SIGN",
        "\n",
        "AT&shy;URE&#125",
    ]
    assert (place.start, place.stop) == (1, len(html) - 1)
    assert place.outcome is None


def test_a_name_is_returned_as_a_reader_sees_it() -> None:
    names = ["{EMAILSIGNATURE:short}", "{EMAILSIGNATURE:S\u00adh<b>o</b>r&#116;\n.9_-}", TOKEN]
    assert [place.name for place in find(" ".join(names), PATTERN)] == ["short", "Short.9_-", ""]


def test_several_placeholders_the_longest_first() -> None:
    what = pattern(("[sig]", "[sig", "sign", "signature", "[sig]x", "a b"), True)
    assert located("[sig] [SIG [sig]x signature signs [sig:n]x a\u00a0b", what) == [
        "[sig]",
        "[SIG",
        "[sig]x",
        "signature",
        "sign",
        "[sig:n]",
        "a\u00a0b",
    ]


def test_of_overlapping_ones_the_left_one() -> None:
    assert [place.start for place in find("aXaXaXa", pattern(("aXa",), False))] == [0, 4]


@pytest.mark.parametrize(
    "blank", [" ", "\t", "\n", "\r\n", "  \n ", "\u00a0", "&nbsp;", "&#32;", " <b> </b>", "\u00ad \u00ad"]
)
def test_white_space_in_a_placeholder_is_any_run(blank: str) -> None:
    what = pattern(("{my sig}",), True)
    assert located(f"x{{MY{blank}SIG}}y", what) == [f"{{MY{blank}SIG}}"]
    assert located(f"x{{MYSIG}} {{M{blank}Y SIG}} {{MY{blank}{blank}SI\nG}}", what) == []
    assert located(f"{{my{blank}sig:n}}", what) == [f"{{my{blank}sig:n}}"]
    assert located(f"{{my{blank}sig:\nn}}", what) == []


def test_case_matters_by_option() -> None:
    what = pattern(("{Sig}",), False)
    assert located("{sig} {SIG} {Sig}", what) == ["{Sig}"]


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("<<SIG>>", "&lt;&lt;sig&gt;&gt;"),
        ("<<SIG>>", "<&lt;sig>>"),
        ("R&D:SIG", "R&amp;D:sig"),
        ("R&D:SIG", "R&D:sig"),
        ("&SIG&", "&sig&"),
        ("&SIG&", "&amp;sig&#38;"),
        ("%SIG%", "%<b>sig</b>%"),
        ("€SIG€", "&#128;sig&euro;"),
        ("ÄRGER", "&auml;rger"),
        ("ÄRGER", "ärger"),
        ("signature", "S\u00adignature"),
        ("«SIG»", "&laquo;sig:x&raquo;"),
        ("【SIG】", "【sig】"),
        ("{}", "{\u00ad}"),
        ("§", "&sect"),
        ("a</", "a</"),
        ("x<", "x<"),
        ("x<", "x&lt"),
        ("{ SIG }", "{\n sig\u00a0}"),
        ("{ SIG }", "{<b> s</b>ig }"),
        ("{ SIG }", "{ sig :name}"),
        ("{SIG}", "{\n  s\nig}"),
        ("{SIG}", "{ \n&#115;ig}"),
    ],
)
def test_placeholders_of_any_characters(word: str, written: str) -> None:
    what = pattern((word,), True)
    assert located(f"<p>{written}", what) == [written]
    assert located(f"<!-- {written} -->", what) == []


def test_a_bracket_that_never_closes_ends_nothing() -> None:
    assert find("{EMAILSIGNATURE", pattern(("{EMAILSIGNATURE",), True))[0].stop == 15
    assert find("x", pattern(("x",), True)) == [Place(0, 1, ((0, 1),))]


def test_no_more_places_than_one_beyond_the_limit() -> None:
    assert len(find(TOKEN * 8_000, PATTERN, 16)) == 17
    assert len(find(TOKEN * 10, PATTERN, 10)) == 10
    assert len(find(f"<p hidden>{TOKEN * 100}</p>{TOKEN}", PATTERN, 1)) == 1
    assert len(find(("{E&shy;" * 5_000) + TOKEN * 20, PATTERN, 16)) == 17


def test_the_full_search_skips_subtrees_and_reads_plaintext_as_it_is() -> None:
    html = f"{TOKEN}<svg>{TOKEN}</svg>{TOKEN}<template>{TOKEN}</template>{TOKEN}<select>{TOKEN}</select>"
    html += f"<style>{TOKEN}</style><p>{TOKEN}<plaintext>{TOKEN} {{EMAIL<b>SIGNATURE}} &#123;EMAILSIGNATURE}}"
    places = list(visible.placeholders(html, spelling(PATTERN)))
    assert [html[:start].count(TOKEN) for start, _, _ in places] == [0, 2, 4, 5, 7, 8]
    costly = "{E&shy;" * 3_000
    search = Search(costly + html, spelling(PATTERN))
    found = search.places(0, spelling(PATTERN).anchors(costly + html))
    assert search.in_full
    assert [place.outcome for place in found] == [None, None, None, "uncertain", None, "uncertain"]
    assert [place.start - len(costly) for place in found] == [start for start, _, _ in places]
