"""A reading answers as the context does, and what it has found out serves the injection."""

import random

import pytest

from html_documents import PLACEHOLDER, document
from real_placements import html_bodies, placement
from xinksig.text.html.context import Context
from xinksig.text.html.fragment import Fragment, fragment
from xinksig.text.html.inject import Injection, inject
from xinksig.text.html.locate import find
from xinksig.text.html.reading import Reading
from xinksig.text.html.scanner import PLAINTEXT
from xinksig.text.html.stack import TooComplexError, Walk
from xinksig.text.pattern import pattern

PATTERN = pattern((PLACEHOLDER,), ignore_case=False)
FRAGMENT = fragment("<table><tr><td><a href=x>Ada</a></td></tr></table>")
UNITS = """
x x x <b> </b> <p> </p> <div> </div> <table> <tr> <td> </td> </th> </tr> </tbody> </table> <caption> <col>
<select> </select> <option> <svg> </svg> <template> </template> <object> </object> <canvas> <details>
<summary> </summary> </details> <p,hidden> <div,style='display:none'> <div,style='border:none'> <td,hidden>
<b,hidden> <body,hidden> <html,hidden> <body> </body> <span,style='display:n\\6fne'> <style> </style> <title>
</title> <!--,--> <!-- <li> <ul> </ul> <a> </a> <h1> </h1> <form> </form> <plaintext> <frameset> <textarea>
</textarea> <a,title=' <br> <img,a=b>
"""


def answers(reading: Reading | Context, html: str, offsets: list[int]) -> list[object]:
    """Return what holds the ascending offsets, or why the text there may not be replaced."""
    found: list[object] = []
    behind = 0
    for offset in offsets:
        if offset < behind or html[offset] in " \n<>":
            continue
        held = reading.holds(offset)
        found.append(held or reading.refusal(offset, []))
        if held and held.kind != PLAINTEXT:
            behind = held.stop
    return found


def compare(html: str, chance: random.Random) -> int:
    """Compare with the context; return how many answers there were."""
    offsets = sorted(chance.randrange(len(html)) for _ in range(chance.choice((1, 3, 20))))
    known = answers(Context(html), html, offsets)
    assert answers(Reading(html), html, offsets) == known, (html, offsets)
    return len(known)


@pytest.mark.parametrize("seeds", [range(1500), pytest.param(range(1500, 30_000), marks=pytest.mark.deep)])
def test_a_reading_answers_as_the_context_does(seeds: range) -> None:
    chance = random.Random(seeds.start)
    known = UNITS.split()
    count = 0
    for _ in seeds:
        units = chance.sample(known, chance.choice((4, 12, len(known))))
        html = "".join(chance.choice(units).replace(",", " ") + chance.choice("x ") for _ in range(40))
        count += compare(html, chance)
    assert count > len(seeds)


def test_a_reading_answers_so_in_mail_bodies() -> None:
    chance = random.Random("bodies")
    sources = [document(seed, spoilt=seed % 2 > 0)[0] for seed in range(400)]
    if html_bodies():
        sources += [placement(seed)[1].source for seed in range(40)]
    assert sum(compare(html, chance) for html in sources) > 1000


def test_what_was_read_serves_the_injection() -> None:
    handed = 0
    for seed in range(400):
        html, _ = document(seed, spoilt=seed % 4 == 0)
        reading = Reading(html)
        places = find(html, PATTERN, reading=reading)
        changes = [(place, FRAGMENT) for place in places if place.outcome is None]
        handed += bool(changes) and reading._kept is not None
        known = inject(html, changes, newline="\n", width=len)
        assert inject(html, changes, newline="\n", width=len, reading=reading) == known
        assert inject(html, changes[1:], newline="\n", width=len, reading=reading) == inject(
            html, changes[1:], newline="\n", width=len
        )
    assert handed > 300


def test_the_source_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    html = f"<body><div>{'<p>x</p>' * 50}<p>{PLACEHOLDER}</p></div>"
    begin, begun = Walk._begin, 0

    def counted(walk: Walk) -> None:
        nonlocal begun
        begun += 1
        begin(walk)

    monkeypatch.setattr(Walk, "_begin", counted)
    reading = Reading(html)
    (place,) = find(html, PATTERN, reading=reading)
    assert inject(html, [(place, FRAGMENT)], newline="\n", width=len, reading=reading).edits
    assert begun == 1
    assert reading._context is None


def both_ways(source: str, signature: Fragment) -> tuple[Injection, Injection]:
    """Return the injection by what the search has found out, and the one without that."""
    html = source.replace("{P}", PLACEHOLDER)
    reading = Reading(html)
    (place,) = find(html, PATTERN, reading=reading)
    changes = [(place, signature)]
    by_itself = inject(html, changes, newline="\n", width=len)
    return inject(html, changes, newline="\n", width=len, reading=reading), by_itself


@pytest.mark.parametrize(
    "source",
    [
        "<body>{P}",
        "<body><div>a<br>{P}<br>b</div>",
        "<div>a<p>{P}</p></div>",
        "<body><div><p class=a><b><i>{P}</i></b></p>a",
        f"<body>{'a' * 990}<p>{{P}}</p>{'b' * 990}",
    ],
)
def test_a_place_alone_in_its_wrappers_is_not_traced(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    injection, by_itself = both_ways(source, FRAGMENT)
    assert injection == by_itself
    assert injection.edits
    monkeypatch.setattr("xinksig.text.html.planned.planned", None)
    html = source.replace("{P}", PLACEHOLDER)
    reading = Reading(html)
    (place,) = find(html, PATTERN, reading=reading)
    assert inject(html, [(place, FRAGMENT)], newline="\n", width=len, reading=reading) == injection


@pytest.mark.parametrize(
    ("source", "signature"),
    [
        ("<body><p>a{P}</p>", FRAGMENT),
        ("<body><p>{P} a</p>", FRAGMENT),
        ("<body><p>{P}</P>", FRAGMENT),
        ("<body><p>{P}", FRAGMENT),
        ("<body><p>a<p>{P}</p>", FRAGMENT),
        ("<body><p>{P}<o:p></o:p></p>", FRAGMENT),
        ("<body><b><div>{P}</div></b>", FRAGMENT),
        ("<body><pre>{P}\n</pre>", FRAGMENT),
        ("<body><a><div>{P}</div></a>", FRAGMENT),
        ("<body><h1>{P}</h1>", fragment("<h1>a</h1>")),
        ("<body><p>{P}</p>", fragment("<b>a</b>")),
        ("<body></body>{P}", fragment("<style>a</style>b")),
        ("<body>&am{P}", fragment("p;")),
    ],
)
def test_another_place_is_traced_with_the_walk_at_hand(source: str, signature: Fragment) -> None:
    injection, by_itself = both_ways(source, signature)
    assert injection == by_itself
    assert injection.edits or injection.refused


def test_no_walk_is_begun_that_cannot_get_there() -> None:
    html = f"<body>x<b><div></b>{PLACEHOLDER}</div>"
    reading = Reading(html)
    (place,) = find(html, PATTERN, reading=reading)
    with pytest.raises(TooComplexError):
        reading.walk_before(place.start)
    assert reading.walk_before(7).at == 6


def test_a_copied_walk_goes_its_own_way() -> None:
    html = "<body><table><tr><td>one<p>two</td></tr></table>three"
    walk = Walk(html)
    walk.advance(html.index("one"))
    other = walk.copy()
    before = list(walk.stack)
    assert other.advance(html.index("three"))
    assert walk.stack == before
    assert walk.advance(html.index("two"))
    assert walk.top == "p"
    assert walk.advance(html.index("three"))
    assert walk.stack == other.stack
