import random
import re
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counting import calls_of
from plain_reader import read
from xinksig.characters import IGNORABLE
from xinksig.text.pattern import Pattern, pattern
from xinksig.text.place import Place
from xinksig.text.plain import find

WORD = "{EMAILSIGNATURE}"
ONE = pattern((WORD,), True)


def spans(text: str, words: Pattern = ONE, **options: Any) -> list[tuple[int, int]]:
    return [(place.start, place.stop) for place in find(text, words, **options)]


def written(text: str, words: Pattern = ONE, **options: Any) -> list[str]:
    return [text[start:stop] for start, stop in spans(text, words, **options)]


def left_over(text: str, words: Pattern = ONE, **options: Any) -> str:
    """What remains when all pieces are gone."""
    gone = {
        at
        for place in find(text, words, **options)
        for start, stop in place.pieces
        for at in range(start, stop)
    }
    return "".join(character for at, character in enumerate(text) if at not in gone)


def only(places: list[Place]) -> Place:
    (place,) = places
    return place


@pytest.mark.parametrize(
    "text",
    [WORD, WORD.lower(), "{EmailSignature}", f"before {WORD} behind", f"a\r\n{WORD}\r\nb", f"> {WORD}"],
)
def test_found_wherever_it_stands(text: str) -> None:
    place = only(find(text, ONE))
    assert text[place.start : place.stop].upper() == WORD
    assert place.pieces == ((place.start, place.stop),)
    assert (place.name, place.outcome, place.trigger) == ("", None, "placeholder")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{EMAILSIGNATURE",
        "EMAILSIGNATURE}",
        "{EMAIL SIGNATURE}",
        "{EMAIL\u00a0SIGNATURE}",
        "{EMAIL\r\nSIGNATURE}",
        "{EMAIL\nSIGNATURE}",
        "{EMAIL\rSIGNATURE}",
        "{EMAIL \r\nSIGNATURE}",
        "{EMAIL-SIGNATURE}",
        "{E\u0301MAILSIGNATURE}",
        "｛EMAILSIGNATURE｝",
        "{{EMAILSIGNATUR}}",
    ],
)
def test_something_else_is_not_found(text: str) -> None:
    assert not find(text, ONE)


def test_case_counts_when_it_is_not_ignored() -> None:
    words = pattern((WORD,), False)
    assert written(f"{WORD} {WORD.lower()}", words) == [WORD]


def test_letters_of_which_upper_case_is_longer_keep_offsets_right() -> None:
    assert spans("İİİßßŉ" + WORD.lower()) == [(6, 22)]


@pytest.mark.parametrize("spelled", ["{\u212aey}", "{\u017fig}", "{\u0130d}", "{\u0131d}"])
def test_letter_outside_ascii_is_no_case_of_one_inside(spelled: str) -> None:
    assert not find(spelled, pattern(("{key}", "{sig}", "{id}"), True))


@pytest.mark.parametrize("spelled", ["Ключ", "ключ", "КЛЮЧ", "Öl", "öL"])
def test_letters_of_any_script_have_cases(spelled: str) -> None:
    assert written(f"x{spelled}x", pattern(("ключ", "ÖL"), True)) == [spelled]


@pytest.mark.parametrize("spelled", ["straße", "STRAßE", "Straße"])
def test_letter_without_single_upper_case_is_found(spelled: str) -> None:
    assert written(f"x {spelled} x", pattern(("Straße",), True)) == [spelled]


@pytest.mark.parametrize("character", IGNORABLE)
def test_ignorable_inside_goes_with_it(character: str) -> None:
    inner = character.join(WORD)
    place = only(find(f"x{character}{inner}{character}y", ONE))
    assert place.pieces == ((2, 2 + len(inner)),)


def test_long_run_of_ignorables_inside() -> None:
    text = "{EMAIL" + "\u200b" * 5000 + "SIGNATURE}"
    assert spans(text) == [(0, len(text))]


class TestNamedForm:
    @pytest.mark.parametrize("name", ["short", "S", "a.b-c_d", "9", "x" * 64, "_", "__"])
    def test_name_is_read(self, name: str) -> None:
        place = only(find(f"x {{EMAILSIGNATURE:{name}}} y", ONE))
        assert place.name == name
        assert place.pieces == ((2, 19 + len(name)),)

    @pytest.mark.parametrize("name", ["", "x" * 65, "a b", "a:b", "ä", "\u017f", "a}", "\u200b"])
    def test_other_names_are_none(self, name: str) -> None:
        if name == "a}":
            assert only(find(f"{{EMAILSIGNATURE:{name}}}", ONE)).name == "a"
        else:
            assert not find(f"{{EMAILSIGNATURE:{name}}}", ONE)

    def test_case_of_the_name_is_kept(self) -> None:
        assert only(find("{emailsignature:Short}", ONE)).name == "Short"

    def test_ignorables_around_and_in_the_name(self) -> None:
        assert only(find("{EMAILSIGNATURE\u200b:\u00ad\u200bsh\u200bort\ufeff}", ONE)).name == "short"

    def test_placeholder_without_bracket_has_none(self) -> None:
        words = pattern(("%SIG%",), True)
        assert written("%SIG:a% %SIG%:a%", words) == ["%SIG%"]

    def test_other_brackets(self) -> None:
        words = pattern(("[[sig]]", "<<sig>>", "«sig»"), True)
        names = [place.name for place in find("[[SIG]:one] [[sig]] <<sig>:two> «Sig:three»", words)]
        assert names == ["one", "", "two", "three"]


class TestBlanks:
    words = pattern(("{EMAIL SIGNATURE}",), True)

    @pytest.mark.parametrize("blank", [" ", "\u00a0", "\t", "  ", " \u00a0\u200b ", "\u200b ", " \u200b"])
    def test_blank_matches_any_run_of_blanks(self, blank: str) -> None:
        text = f"{{EMAIL{blank}SIGNATURE}}"
        assert spans(text, self.words) == [(0, len(text))]

    @pytest.mark.parametrize("blank", ["", "\u200b", "\r\n", " \r\n", "\n ", "_", "\u2003"])
    def test_blank_matches_nothing_else(self, blank: str) -> None:
        assert not find(f"{{EMAIL{blank}SIGNATURE}}", self.words)

    def test_run_of_blanks_in_the_placeholder(self) -> None:
        assert spans("a  b a b", pattern(("a \u00a0b",), True)) == [(0, 4), (5, 8)]

    def test_blank_before_the_bracket(self) -> None:
        words = pattern(("{ SIG }",), True)
        assert [place.name for place in find("{ SIG } { SIG :a} { SIG}", words)] == ["", "a"]


class TestSeveralPlaceholders:
    words = pattern(("{SIG}", "{SIGNATURE}", "[sig]"), True)

    def test_in_their_order(self) -> None:
        assert written("[sig]{signature}{sig}[sig", self.words) == ["[sig]", "{signature}", "{sig}"]

    def test_longer_one_first(self) -> None:
        words = pattern(("#sig", "#signature"), True)
        assert written("#signature #sig #signatur", words) == ["#signature", "#sig", "#sig"]

    def test_shorter_one_where_the_longer_is_refused(self) -> None:
        words = pattern(("#sig", "#sig nature"), True)
        assert written("#sig* nature", words) == ["#sig"]

    def test_do_not_overlap(self) -> None:
        assert spans("aXaXa", pattern(("aXa",), False)) == [(0, 3)]

    def test_rare_character_without_its_first_one(self) -> None:
        words = pattern(("-sig]", "#sig]"), True)
        assert not find("sig]", words)
        assert written("[sig] -sig]", words) == ["-sig]"]

    def test_sign_of_another_placeholder_is_taken_once(self) -> None:
        words = pattern(("{sig}", "**nature**"), True)
        pieces = sorted(piece for place in find("{s*ig} a*, **nature**", words) for piece in place.pieces)
        assert pieces == [(0, 6), (8, 9), (11, 21)]
        assert written("{s*ig}**nature**", words) == ["{s*ig}"]

    def test_limit(self) -> None:
        assert len(find(WORD * 9, ONE, limit=4)) == 4

    def test_letters_alone(self) -> None:
        words = pattern(("signature",), True)
        assert written("A Signature, sig\u00adnature; *sig*nature", words) == [
            "Signature",
            "sig\u00adnature",
            "sig*nature",
        ]
        assert written("a sig*nature* b", words) == ["sig*nature"]
        assert not find("nothing of the kind", words)


class TestFlowed:
    def test_soft_break_vanishes_with_delsp(self) -> None:
        for ending in ("\r\n", "\n", "\r"):
            text = f"a {{EMAIL {ending}SIGNATURE}} b"
            assert written(text, flowed=True, delsp=True) == [text[2:-2]]

    @pytest.mark.parametrize("flowed", [False, True])
    def test_soft_break_is_a_blank_without_delsp(self, flowed: bool) -> None:
        assert not find("{EMAIL \r\nSIGNATURE}", ONE, flowed=flowed, delsp=False)

    def test_delsp_counts_only_where_the_text_is_flowed(self) -> None:
        assert not find("{EMAIL \r\nSIGNATURE}", ONE, flowed=False, delsp=True)

    def test_several_soft_breaks(self) -> None:
        text = " \n".join(WORD)
        assert spans(text, flowed=True, delsp=True) == [(0, len(text))]

    def test_stuffed_and_quoted(self) -> None:
        for text in ("{EMAIL \r\n SIGNATURE}", ">> {EMAIL \r\n>> SIGNATURE}", ">{EMAIL \r\n>SIGNATURE}"):
            assert left_over(text, flowed=True, delsp=True).strip("> ") == ""

    @pytest.mark.parametrize(
        "text",
        [
            "{EMAIL\r\nSIGNATURE}",
            "{EMAIL\t\r\nSIGNATURE}",
            "{EMAIL\u00a0\r\nSIGNATURE}",
            "{EMAIL \u200b\r\nSIGNATURE}",
            "> {EMAIL \r\nSIGNATURE}",
            "{EMAIL \r\n> SIGNATURE}",
            "> {EMAIL \r\n>> SIGNATURE}",
            "{EMAIL \r\n  SIGNATURE}",
            "{EMAIL \r\n \r\nSIGNATURE}",
            "{EMAIL \r\n\r\nSIGNATURE}",
            "{EMAIL \r\r\nSIGNATURE}",
            "{EMAIL  \r\nSIGNATURE}",
        ],
    )
    def test_not_through_a_hard_break(self, text: str) -> None:
        assert not find(text, ONE, flowed=True, delsp=True)

    def test_signature_separator_is_not_flowed(self) -> None:
        words = pattern(("-- sig",), True)
        assert not find("-- \r\nsig", words, flowed=True)
        assert not find(" -- \r\nsig", words, flowed=True)
        assert spans("a -- \r\nsig", words, flowed=True) == [(2, 10)]

    @pytest.mark.parametrize(
        ("text", "seen", "seen_with_delsp"),
        [
            ("{EMAIL \r\nSIGNATURE}", True, False),
            ("{EMAIL  \r\nSIGNATURE}", True, True),
            ("{EMAIL \r\n  SIGNATURE}", True, True),
            ("{EMAIL \r\n SIGNATURE}", True, False),
            ("{EMAIL\r\n  SIGNATURE}", False, False),
            ("{EMAIL \u00a0 \r\nSIGNATURE}", True, True),
            ("> {EMAIL \r\n> SIGNATURE}", True, False),
            ("{EMAIL\t\r\nSIGNATURE}", False, False),
        ],
    )
    def test_placeholder_with_a_blank(self, text: str, seen: bool, seen_with_delsp: bool) -> None:
        words = pattern(("{EMAIL SIGNATURE}",), True)
        assert bool(find(text, words, flowed=True)) is seen
        assert bool(find(text, words, flowed=True, delsp=True)) is seen_with_delsp

    def test_in_the_name(self) -> None:
        place = only(find("{EMAILSIGNATURE:sh \r\nort}", ONE, flowed=True, delsp=True))
        assert place.name == "short"


class TestEmphasis:
    @pytest.mark.parametrize(
        "text",
        [
            f"*{WORD}*",
            f"_{WORD}_",
            f"**{WORD}**",
            f"__{WORD}__",
            f"*_{WORD}_*",
            f"***{WORD}***",
            f"*\u200b{WORD}\ufeff*",
            "{EMAIL*SIGNATURE}*",
            "*{EMAIL*SIGNATURE}",
            "{EMAIL_SIGNATURE}_",
            "**{EMAIL**SIGNATURE}",
            "{EMAIL**SIGNATURE}**",
            "*{EMAIL**SIGNATURE}*",
            "*{EMAIL*SIG*NATURE}*",
            "{EMAIL*SIG*NATURE}",
            "*_{EMAIL_*SIGNATURE}",
            "{EMAIL*_SIGNATURE}_*",
            "*_{EMAIL_SIGNATURE}*",
            "***{EMAIL***SIGNATURE}",
            "{EMAILSIGNATURE*:short}*",
            "*{EMAILSIGNATURE:short*}",
            "{EMAILSIGNATURE:*short*}",
            "{*EMAILSIGNATURE}*",
            "*{EMAILSIGNATURE*}",
            "{\u200b*EMAILSIGNATURE}\u200b*",
        ],
    )
    def test_pairs_go_with_it(self, text: str) -> None:
        assert left_over(text) == ""
        assert left_over(f"a {text} b") == "a  b"

    @pytest.mark.parametrize(
        ("text", "rest"),
        [
            (f"*{WORD}", "*"),
            (f"{WORD}*", "*"),
            (f"**{WORD}*", "*"),
            (f"*{WORD}_", "*_"),
            (f"_*{WORD}_*", "_*_*"),
            (f"* {WORD} *", "*  *"),
            (f"*{WORD} and more*", "* and more*"),
            (f"*{WORD}*{WORD}*", "*"),
            (f"*{WORD}{WORD}*", "**"),
            ("*{EMAIL*SIGNATURE}*", "*"),
            (f"/{WORD}/", "//"),
        ],
    )
    def test_signs_without_a_partner_stay(self, text: str, rest: str) -> None:
        assert left_over(text) == rest

    @pytest.mark.parametrize(
        ("text", "rest"),
        [
            ("*all of this {EMAIL*SIGNATURE} b", "all of this  b"),
            ("a {EMAIL*SIGNATURE} and so on*.", "a  and so on."),
            ("*over\r\nlines {EMAIL*SIGNATURE} b", "over\r\nlines  b"),
            ("*one* {EMAIL*SIGNATURE} two*", "*one*  two"),
        ],
    )
    def test_partner_further_off(self, text: str, rest: str) -> None:
        assert left_over(text) == rest

    @pytest.mark.parametrize(
        "text",
        [
            "{EMAIL*SIGNATURE}",
            "{EMAIL_SIGNATURE}",
            "{EMAIL*SIGNATURE}_",
            "* item {EMAIL*SIGNATURE}",
            "*one* {EMAIL*SIGNATURE} *two*",
            "*other paragraph\r\n\r\n{EMAIL*SIGNATURE} b",
            "a {EMAIL*SIGNATURE}\n \nother*",
            "a*b {EMAIL*SIGNATURE}",
            "*" + "a" * 2100 + "{EMAIL*SIGNATURE}",
            "{EMAIL*S_I*GNATURE}",
        ],
    )
    def test_sign_inside_without_partner_is_text(self, text: str) -> None:
        assert not find(text, ONE)

    def test_place_is_that_of_the_placeholder_itself(self) -> None:
        place = only(find(f"a *{WORD}* b", ONE))
        assert (place.start, place.stop, place.pieces) == (3, 19, ((2, 20),))

    def test_pieces_of_a_far_partner(self) -> None:
        assert only(find("*a {EMAIL*SIGNATURE}", ONE)).pieces == ((0, 1), (3, 20))

    def test_sign_that_the_placeholder_has_itself(self) -> None:
        words = pattern(("{EMAIL_SIG}", "**sig**"), True)
        assert left_over("_{EMAIL_SIG}_ *{EMAIL_*SIG} {EMAIL_S_IG}", words) == "  {EMAIL_S_IG}"
        assert written("**sig** **s*ig**", words) == ["**sig**"]

    def test_pieces_of_two_places_do_not_overlap(self) -> None:
        for text in ("{EMAIL*SIGNATURE} {EMAILSIGNATURE*}", "*{EMAIL*SIGNATURE}*{EMAIL*SIGNATURE}*"):
            pieces = sorted(piece for place in find(text, ONE) for piece in place.pieces)
            assert all(one[1] <= other[0] for one, other in pairwise(pieces))


def visible_matches(text: str, word: str, *, flowed: bool, delsp: bool) -> list[tuple[int, int]]:
    """Where a reader who sees whole paragraphs finds the word: the judge."""
    found: list[tuple[int, int]] = []
    expression = re.compile(re.sub(r"\\ ", r"[ \\t\\u00a0]+", re.escape(word)), re.IGNORECASE)
    for paragraph in read(text, flowed=flowed, delsp=delsp):
        seen = [
            (character, offset)
            for character, offset in zip(paragraph.text, paragraph.offsets, strict=True)
            if character not in IGNORABLE
        ]
        matches = expression.finditer("".join(character for character, _ in seen))
        found += [(seen[match.start()][1], seen[match.end() - 1][1] + 1) for match in matches]
    return found


@pytest.mark.parametrize("word", ["{AB}", "{A B}", "AB", "-- A", "{{A}"])
@pytest.mark.parametrize("delsp", [False, True])
@given(
    pieces=st.lists(
        st.sampled_from(
            ["{", "{A", "B}", "a", "b", "}", " ", " \n", "\n", ">", "> ", "\u200b", "\u00ad", "\t", "-- "]
        ),
        max_size=25,
    ),
    ending=st.sampled_from(["\r\n", "\n", "\r"]),
    flowed=st.booleans(),
)
def test_finds_what_a_reader_sees(
    word: str, delsp: bool, pieces: list[str], ending: str, flowed: bool
) -> None:
    text = "".join(pieces).replace("\n", ending)
    delsp = delsp and flowed
    expected = visible_matches(text, word, flowed=flowed, delsp=delsp)
    assert spans(text, pattern((word,), True), flowed=flowed, delsp=delsp) == expected


SMALL = st.text(st.sampled_from("{}EMAILSIGNTURemail*_:> \u00a0\u200b\r\n-"), max_size=60)
PARTS = st.lists(
    st.one_of(
        SMALL,
        st.sampled_from(
            [WORD, "{EMAIL", "SIGNATURE}", "*", "_", "**", " \r\n", "\r\n", ":x}", "> ", "\u200b"]
        ),
    ),
    max_size=12,
).map("".join)


@given(text=PARTS, flowed=st.booleans(), delsp=st.booleans())
def test_places_are_in_order_and_apart(text: str, flowed: bool, delsp: bool) -> None:
    words = pattern((WORD, "{EMAIL SIG}", "email"), True)
    places = find(text, words, flowed=flowed, delsp=delsp)
    assert all(one.stop <= other.start for one, other in pairwise(places))
    pieces = sorted(piece for place in places for piece in place.pieces)
    assert all(start < stop for start, stop in pieces)
    assert all(one[1] <= other[0] for one, other in pairwise(pieces))
    for place in places:
        assert list(place.pieces) == sorted(place.pieces)
        assert any(start <= place.start and place.stop <= stop for start, stop in place.pieces)


@given(text=st.text(max_size=60), flowed=st.booleans(), delsp=st.booleans())
def test_any_text_is_read(text: str, flowed: bool, delsp: bool) -> None:
    assert len(find(f"{text}\n{WORD}\n{text}", ONE, flowed=flowed, delsp=delsp)) >= 1


FLOODS = [
    "{",
    "{E",
    "{E{E",
    "{EMAILSIGNATUR",
    "{\u200b",
    "{EMAIL\u200b",
    "*",
    "{*",
    "*{",
    "{*E*M*",
    "{EMAIL*SIGNATURE}",
    "{EMAIL*SIGNATURE} *",
    "*{EMAIL*SIGNATURE}*",
    "{EMAIL \n",
    "{EMAIL \n> ",
    ">{EMAIL \n>",
    " \n",
    ">",
    "{EMAILSIGNATURE:",
    "{EMAILSIGNATURE:*",
    "{EMAIL SIGNATURE ",
    "\u200b",
]


@pytest.mark.parametrize("flood", FLOODS)
def test_calls_grow_no_faster_than_the_text(flood: str) -> None:
    words = pattern((WORD, "{EMAIL SIGNATURE}", "**E"), True)
    short, long = ((flood * size)[:size] for size in (2000, 8000))
    few = calls_of(lambda: find(short, words, flowed=True, delsp=True))
    many = calls_of(lambda: find(long, words, flowed=True, delsp=True))
    assert many <= 4.5 * few + 100


@pytest.mark.deep
@pytest.mark.parametrize("flood", FLOODS)
def test_time_grows_no_faster_than_the_text(flood: str) -> None:
    words = pattern((WORD, "{EMAIL SIGNATURE}", "**E"), True)

    def best(size: int) -> float:
        text = (flood * size)[:size]
        times = []
        for _ in range(3):
            start = time.process_time()
            find(text, words, flowed=True, delsp=True)
            times.append(time.process_time() - start)
        return min(times)

    assert best(400_000) <= 9 * best(100_000) + 0.02


def test_random_case_and_ignorables() -> None:
    chance = random.Random(7)
    for _ in range(200):
        spelled = "".join(
            chance.choice((character.lower(), character.upper()))
            + chance.choice(("", "", "\u200b", "\u00ad\u200d"))
            for character in WORD
        ).rstrip(IGNORABLE)
        assert written(f"x {spelled} y") == [spelled]
