"""A signature's HTML as it goes into a message."""

import pickle

import pytest

import dom_judge
from html_documents import document
from real_placements import html_bodies
from xinksig.text.html.fragment import Fragment, fragment, is_well_nested

WELL_NESTED = [
    "",
    "text",
    "a &amp; b",
    "<p>a</p><p>b</p>",
    "<p>a<p>b</p>",
    "<div><b>a</b><br><img src='x'></div>",
    "<table><tr><td>a</td></tr></table>",
    "<table><tr><td>a<td>b</table>",
    "<ul><li>a<li>b</ul>",
    "<dl><dt>a<dd>b</dl>",
    "<!-- c --><p>a</p>",
    "<!--[if mso]><table><tr><td><![endif]--><p>a</p><!--[if mso]></td></tr></table><![endif]-->",
    "<style>p > b {}</style><p>a</p>",
    "<svg viewBox='0 0 1 1'><path d='x'/></svg>",
    "<o:p></o:p>",
    "<select><option>a<option>b</select>",
    "<a href=x><img src=y></a>",
    "<P CLASS=x>upper</P>",
    "a < b",
    "<h1>a</h1><h2>b</h2>",
    "<template><p>x</p></template>",
]
BROKEN = [
    "<p>a",
    "<b>",
    "a</b>",
    "<p>a</div>",
    "</p>",
    "<div><b>a</div></b>",
    "<b><p>a</b></p>",
    "<td>a</td>",
    "<tr><td>a</td></tr>",
    "<table>a</table>",
    "<table><tr>a<td>b</table>",
    "<p><table></table></p>",
    "<p>a<div>b</div></p>",
    "<div><span>a</div>",
    "<table><tr><td><b>a</table>",
    "<a href=x>a<a href=y>b</a></a>",
    "<h1>a</h2>",
    "<h1>a<h2>b</h2></h1>",
    "<!-- a",
    "<![if mso",
    "<p title='",
    "<style>p {}",
    "<script>a</script",
    "<title>a",
    "<textarea>a",
    "<svg><path>",
    "<svg><p>a</p>",
    "<html><body><p>a</p></body></html>",
    "<!DOCTYPE html><p>a</p>",
    "<body>a",
    "a</body>",
    "<plaintext>a",
    "a\0b",
    "a <",
    "a </",
    "a &am",
    "a &#12",
    "<form><form></form></form>",
    "<div/>",
    "<o:p/>",
    "<frameset>",
    "</br>",
]


@pytest.mark.parametrize("html", WELL_NESTED)
def test_what_is_well_nested_stays_as_it_is(html: str) -> None:
    assert is_well_nested(html)
    assert fragment(html).html is html


@pytest.mark.parametrize("html", BROKEN)
def test_what_is_broken_is_closed(html: str) -> None:
    assert not is_well_nested(html)
    assert is_well_nested(fragment(html).html)


@pytest.mark.parametrize("html", [*WELL_NESTED, *BROKEN])
@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("<body>", ""),
        ("<!DOCTYPE html><body><div>b", "a</div>c"),
        ("<table><tr><td>", "<td>b</table>"),
        ("<b><i><div>", "</div></i></b>x"),
        ("<body><div>b", "a;b#c=<p>d"),
    ],
)
def test_fragment_is_the_same_tree_everywhere_and_leaves_the_rest_alone(
    html: str, before: str, behind: str
) -> None:
    written = fragment(html).html
    alone = dom_judge.page(f"<!DOCTYPE html><body>{written}").units
    around = dom_judge.page(f"{before}{behind}").units
    inside = dom_judge.page(f"{before}<p data-sig></p>{written}<p data-sig></p>{behind}").units
    first = dom_judge.page(f"{before}<hr>").units[:-1]
    count = len(first)
    assert [unit[:2] for unit in inside[:count]] == [unit[:2] for unit in around[:count]]
    mine = inside[count : count + len(alone)]
    assert [unit.shown for unit in mine] == [unit.shown for unit in alone]
    depth = len(mine[0].chain) - len(alone[0].chain) if mine else 0
    assert [unit.chain[depth + 2 :] for unit in mine] == [unit.chain[2:] for unit in alone]
    assert [unit[:2] for unit in inside[count + len(alone) :]] == [unit[:2] for unit in around[count:]]


def test_generated_signatures_are_closed_for_good() -> None:
    for seed in range(40):
        source = document(seed + 5000, spoilt=True).source
        written = fragment(source).html
        assert is_well_nested(written), seed
        assert fragment(written).html is written


@pytest.mark.skipif(not html_bodies(), reason="the shared corpus is absent (set XINKSIG_CORPUS)")
def test_real_signatures() -> None:
    for path in html_bodies():
        if "signature" in str(path.parent):
            written = fragment(path.read_text("utf-8")).html
            assert is_well_nested(written)
            assert "<body" not in written


def test_document_is_reduced_to_its_content() -> None:
    html = "<html><head><title>t</title><style>p {}</style></head><body class=x><p>a</p></body></html>"
    assert fragment(html).html == "<p>a</p>"
    assert fragment("<!DOCTYPE html><b>a</b>").html == "<b>a</b>"


def test_what_has_to_be_known() -> None:
    inline = fragment("a <b>b</b><br>")
    assert not inline.has_block
    assert not inline.has_link
    assert inline.formatting == {"b"}
    assert fragment("<p>a</p>").has_block
    assert fragment("<span><div>a</div></span>").has_block
    assert fragment("a<hr>").has_block
    table = fragment("<table><tr><td><a href=x>a</a></table>")
    assert table.has_block
    assert table.has_link
    assert table.sole == {"a"}
    assert fragment("<ul><li>a</ul><form></form>").sole == {"form"}
    assert fragment("<div><li>a</li></div>").sole == {"li"}
    assert fragment("<h2>a</h2>").sole == {"h2"}
    assert fragment("<section><h2>a</h2></section>").sole == set()


@pytest.mark.parametrize(
    ("html", "begins"),
    [
        ("a", True),
        ("<p>a</p>", True),
        ("<img src=x>", True),
        ("", True),
        (" a", False),
        ("\n<p>a</p>", False),
        ("<!-- c -->a", False),
        ("<style></style>a", False),
        ("<link href=x>a", False),
        ("<title></title>a", False),
    ],
)
def test_whether_it_begins_in_the_body(html: str, begins: bool) -> None:
    assert fragment(html).begins_in_body is begins


def test_line_endings_are_written_once() -> None:
    html = "<p>a</p>\n<p>b</p>"
    found = fragment(html)
    assert found.written("\n") is html
    assert found.written("\r\n") == "<p>a</p>\r\n<p>b</p>"
    assert found.written("\r\n") is found.written("\r\n")
    assert fragment("<p>a\r\nb\rc\n</p>").written("\n") == "<p>a\nb\nc\n</p>"


def test_folded_form_is_made_once_and_has_short_ends() -> None:
    found = fragment('<div class="c">' + "<b>bold text</b> " * 200 + "</div>")
    folded = found.folded("\r\n", blanks=True)
    lines = folded.split("\r\n")
    assert lines[0] == "<div"
    assert lines[-1] == ">"
    assert max(map(len, lines)) <= 998
    assert found.folded("\r\n", blanks=True) is folded


def test_same_html_is_one_fragment() -> None:
    assert fragment("<p>once</p>") is fragment("<p>once</p>")


def test_other_values_in_attributes() -> None:
    found = fragment('<p><img src="cid:a"></p>')
    other = found.with_html('<p><img src="cid:' + "b" * 100 + '"></p>')
    assert other.html.endswith('b"></p>')
    assert other.has_block
    assert other.longest_line > found.longest_line
    assert other.written("\n") is other.html
    assert found.html == '<p><img src="cid:a"></p>'


def test_longest_line_is_an_upper_bound_of_octets() -> None:
    for html in ("abc\nd", "é" * 10, "\U0010fffd" * 3, "a\u20ac"):
        octets = max(len(line.encode("ascii", "xmlcharrefreplace")) for line in html.splitlines())
        assert fragment(html).longest_line >= octets
    assert fragment("abc\nd").longest_line == 3


def test_fragment_can_be_copied_to_another_process() -> None:
    found = pickle.loads(pickle.dumps(fragment("<p>a</p>")))
    assert isinstance(found, Fragment)
    assert found.html == "<p>a</p>"


def test_fragment_is_shown_with_its_html() -> None:
    assert repr(fragment("<p>a</p>")) == "Fragment('<p>a</p>')"


def test_hostile_signature_ends_soon() -> None:
    for unit in ("<b>", "<table>", "<a>", "</p>", "&", "<", "<p><b>", "<!--"):
        fragment(unit * 300)
