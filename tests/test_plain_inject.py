import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plain_reader import Paragraph, apply, physical_lines, read
from xinksig.model import Trigger
from xinksig.text.pattern import pattern
from xinksig.text.place import CharEdit, Place
from xinksig.text.plain import Injection, find, inject

WORD = "{SIG}"
WORDS = pattern((WORD,), True)
CARD = "Jane Doe\nSales\n\n+49 30 1234"


def injected(
    text: str, signature: str | None, *, flowed: bool = False, delsp: bool = False, **more: object
) -> str:
    result = injection(text, signature, flowed=flowed, delsp=delsp, **more)
    assert not result.too_long
    return apply(text, result.edits)


def injection(
    text: str, signature: str | None, *, flowed: bool = False, delsp: bool = False, **more: object
) -> Injection:
    places = find(text, WORDS, flowed=flowed, delsp=delsp)
    assert places
    return inject(text, [(place, signature) for place in places], flowed=flowed, delsp=delsp, **more)  # type: ignore[arg-type]


class TestFixed:
    def test_line_endings_are_those_of_the_part(self) -> None:
        assert injected(f"a\r\n{WORD}\r\nb", CARD) == "a\r\nJane Doe\r\nSales\r\n\r\n+49 30 1234\r\nb"
        assert injected(f"a\n{WORD}\nb", "x\r\ny\rz", newline="\n") == "a\nx\ny\nz\nb"

    def test_among_other_text(self) -> None:
        assert injected(f"a {WORD} b", "x\ny") == "a x\r\ny b"

    def test_several_on_one_line(self) -> None:
        assert injected(f"{WORD}{WORD} {WORD}", "x\ny") == "x\r\nyx\r\ny x\r\ny"

    def test_only_the_last_line_break_is_trimmed(self) -> None:
        assert injected(f"{WORD}\r\nb", "\nx \n\n") == "\r\nx \r\n\r\nb"
        assert injected(WORD, "") == ""

    def test_control_characters_are_left_out(self) -> None:
        assert injected(WORD, "a\0b\x1b(B\x7f\x9b\tc\x0bd\u2028e") == "ab(B\tc\r\nd\r\ne"

    def test_placeholder_in_the_signature_is_text(self) -> None:
        assert injected(f"a {WORD}", f"{WORD} \\1 {{0}}") == f"a {WORD} \\1 {{0}}"

    def test_removed(self) -> None:
        assert injected(f"a\r\n{WORD}\r\nb", None) == "a\r\n\r\nb"
        assert injected(f"a {WORD} \r\nb", None) == "a  \r\nb"
        assert injected(f"*{WORD}* > b", None) == " > b"

    def test_edits_are_the_pieces(self) -> None:
        edits = injection(f"a *{WORD}*", "x").edits
        assert edits == [CharEdit(2, 9, "x", "signature")]
        edits = injection("*a {S*IG}", None).edits
        assert edits == [CharEdit(0, 1, "", "placeholder"), CharEdit(3, 9, "", "placeholder")]

    def test_nothing_to_do_is_no_edit(self) -> None:
        assert inject("text", []).edits == []

    @pytest.mark.parametrize("mark", ["> ", ">> ", "> > ", ">", ">\t"])
    def test_quote_marks_go_on(self, mark: str) -> None:
        expected = f"{mark}x\r\n{mark.rstrip()}\r\n{mark}y\r\nb"
        assert injected(f"{mark}{WORD}\r\nb", "x\n\ny") == expected

    def test_from_and_marks_are_left_alone(self) -> None:
        assert injected(WORD, "From here\n> x\n  y") == "From here\r\n> x\r\n  y"


class TestFixedLimit:
    words = " ".join(["word"] * 400)

    def test_long_line_is_broken_at_blanks(self) -> None:
        text = injected(f"a\r\n{WORD}\r\nb", self.words)
        lines = text.split("\r\n")
        assert max(map(len, lines)) <= 998
        assert text.replace("\r\n", " ") == f"a {self.words} b"
        assert len(lines) == 5

    def test_what_stands_on_the_line_counts(self) -> None:
        before, behind = "b" * 500 + " ", " " + "c" * 500
        text = injected(before + WORD + behind, self.words)
        assert max(map(len, text.split("\r\n"))) <= 998
        assert text.split("\r\n")[0].startswith(before + "word")
        assert text.split() == (before + self.words + behind).split()

    def test_break_before_and_behind_the_signature(self) -> None:
        text = injected("b" * 990 + f" {WORD}", "signature x")
        assert text == "b" * 990 + " \r\nsignature x"
        text = injected(f"{WORD} " + "b" * 990, "a signature")
        assert text == "a signature\r\n " + "b" * 990

    def test_long_word_is_reported(self) -> None:
        assert injection(WORD, "x" * 999).too_long
        assert not injection(WORD, "x" * 998).too_long
        assert injection("x" * 990 + WORD, "y" * 9).too_long
        assert not injection("x" * 990 + WORD, "y" * 8).too_long
        assert injection(WORD + "x" * 990, "a " + "y" * 9).too_long
        assert injection(f"a {WORD}", f"a {'x' * 999} b").too_long
        assert injection(f"> {WORD}", f"a\n{'x' * 997} b").too_long
        assert not injection(f"> {WORD}", f"a\n{'x' * 996} b").too_long

    def test_octets_are_what_counts(self) -> None:
        assert injection(WORD, "ü" * 500).too_long
        assert not injection(WORD, "ü" * 500, width=len).too_long
        assert injection(WORD, "x" * 300, width=lambda text: 4 * len(text)).too_long
        text = injected(WORD, "üü " * 300)
        assert max(len(line.encode()) for line in text.split("\r\n")) <= 998

    def test_line_that_was_longer_may_stay_so(self) -> None:
        for text in ("b" * 2000 + f" {WORD}", f"{WORD} " + "b" * 2000, "b" * 600 + f" {WORD} " + "b" * 600):
            assert injected(text, "a signature") == text.replace(WORD, "a signature")

    def test_lines_of_their_own_are_judged_alone(self) -> None:
        assert injection("b" * 2000 + WORD, "a\n" + "x" * 999).too_long

    def test_no_limit(self) -> None:
        text = "x" * 3000 + " " + self.words
        assert injected(f"a {WORD}", text, limit=None) == f"a {text}"

    def test_removal_is_never_too_long(self) -> None:
        assert not injection("x" * 2000 + WORD + "x" * 2000, None).too_long


class TestFlowed:
    def test_long_line_is_softly_broken(self) -> None:
        line = " ".join(["word"] * 40)
        text = injected(f"a\r\n{WORD}\r\nb", line, flowed=True)
        lines = text.split("\r\n")
        assert max(map(len, lines)) <= 78
        assert [line[-1] for line in lines] == ["a", " ", " ", "d", "b"]
        assert [part.text for part in read(text, flowed=True)] == ["a", line, "b"]

    def test_long_line_is_softly_broken_with_delsp(self) -> None:
        line = "  ".join(["word"] * 40)
        text = injected(f"a\r\n{WORD}\r\nb", line, flowed=True, delsp=True)
        assert max(map(len, text.split("\r\n"))) <= 78
        assert [part.text for part in read(text, flowed=True, delsp=True)] == ["a", line, "b"]

    def test_hard_lines_have_no_trailing_blank(self) -> None:
        assert injected(f"a {WORD}\r\n", "x  \n \n-- \ny ", flowed=True) == "a x\r\n\r\n-- \r\ny\r\n"

    def test_stuffed_where_needed(self) -> None:
        signature = "From a\n> b\n  c\nFrom: d\nFrom\n-- \n"
        expected = " From a\r\n > b\r\n   c\r\nFrom: d\r\n From\r\n-- \r\nb"
        assert injected(f"{WORD}\r\nb", signature, flowed=True) == expected

    def test_line_that_is_stuffed_already(self) -> None:
        assert injected(f" {WORD}\r\n", "> a\n> b", flowed=True) == " > a\r\n > b\r\n"

    def test_not_stuffed_within_a_line(self) -> None:
        assert injected(f"a{WORD}b", "> x\n y ", flowed=True) == "a> x\r\n  yb"

    @pytest.mark.parametrize("mark", [">", "> ", ">>", ">> "])
    def test_quote_depth_is_kept(self, mark: str) -> None:
        blank = " " if mark.endswith(" ") else ""
        depth = mark.strip()
        signature = "x\n\n> y\n-- \nz"
        expected = f"{mark}x\r\n{depth}\r\n{depth} > y\r\n{depth}{blank}-- \r\n{mark}z\r\nb"
        assert injected(f"{mark}{WORD}\r\nb", signature, flowed=True) == expected

    def test_soft_breaks_in_a_quote(self) -> None:
        line = " ".join(["word"] * 40)
        text = injected(f">> {WORD}\r\nb", line, flowed=True)
        assert max(map(len, text.split("\r\n"))) <= 78
        assert read(text, flowed=True)[0][:2] == (2, line)

    def test_removed_at_the_end_of_a_line(self) -> None:
        text = f"Best regards {WORD}\r\nnext"
        assert injected(text, None, flowed=True) == "Best regards\r\nnext"
        assert injected(text, "\nx", flowed=True) == "Best regards\r\nx\r\nnext"
        assert injection(text, None, flowed=True).edits[0] == CharEdit(12, 13, "", "trailing-blank")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f"a\r\n{WORD}\r\nb", "a\r\n\r\nb"),
            (f"a\r\n {WORD}\r\nb", "a\r\n\r\nb"),
            (f"a\r\n> {WORD}\r\nb", "a\r\n>\r\nb"),
            (f"a  {WORD} {WORD}\r\nb", "a\r\nb"),
            (f"a {WORD} \r\nb", "a  \r\nb"),
            (f"{WORD} a\r\nb", "  a\r\nb"),
            (f"{WORD}> a\r\nb", " > a\r\nb"),
            (f"{WORD}From a\r\nb", " From a\r\nb"),
            (f"{WORD} \r\nb", "  \r\nb"),
            (f"a {WORD}", "a "),
            (f"-- {WORD}\r\nb", "-- \r\nb"),
        ],
    )
    def test_removed_without_another_paragraph_changing(self, text: str, expected: str) -> None:
        assert injected(text, None, flowed=True) == expected

    def test_soft_break_inside_the_placeholder_goes(self) -> None:
        text = "> a {S \r\n> IG} b\r\nc"
        assert injected(text, "x\ny", flowed=True, delsp=True) == "> a x\r\n> y b\r\nc"

    def test_paragraph_goes_on_behind(self) -> None:
        text = injected(f"a \r\n{WORD} \r\nb", "x\ny", flowed=True)
        assert [part.text for part in read(text, flowed=True)] == ["a x", "y b"]

    @pytest.mark.parametrize("delsp", [False, True])
    def test_long_rest_of_the_line(self, delsp: bool) -> None:
        rest = " ".join(["rest"] * 14)
        for text in (f"{WORD} {rest}", f"{rest} {WORD}", f"{rest} {WORD} {rest}", f"{WORD}{rest}"):
            signature = "Jane Doe of the sales team"
            result = injected(text, signature, flowed=True, delsp=delsp)
            assert max(map(len, result.split("\r\n"))) <= 78
            assert [part.text for part in read(result, flowed=True, delsp=delsp)] == [
                text.replace(WORD, signature)
            ]

    def test_two_side_by_side_share_a_line(self) -> None:
        place, other = find(f"{WORD}{WORD}", WORDS)
        edits = inject(f"{WORD}{WORD}", [(place, "x\n"), (other, " stuffed\n-- ")], flowed=True).edits
        assert [edit.text for edit in edits] == ["x", " stuffed\r\n-- "]

    def test_separator_is_no_place_for_a_soft_break(self) -> None:
        signature = "-- " + "x" * 90
        assert injected(WORD, signature, flowed=True) == signature

    def test_separator_behind_other_text_is_a_line_like_any_other(self) -> None:
        assert injected(f"a {WORD}\r\n", "-- \nx", flowed=True) == "a --\r\nx\r\n"
        assert injected(f" {WORD}\r\n", "-- \nx", flowed=True) == " --\r\nx\r\n"

    def test_long_word(self) -> None:
        assert injected(WORD, "x" * 200, flowed=True) == "x" * 200
        assert injection(WORD, "a " + "x" * 999, flowed=True).too_long
        assert not injection(WORD, "a " + "x" * 998, flowed=True).too_long

    def test_long_word_can_be_broken_with_delsp(self) -> None:
        word = "x" * 2500
        text = injected(f"a {WORD} b", word, flowed=True, delsp=True)
        assert max(map(len, text.split("\r\n"))) <= 998
        assert [part.text for part in read(text, flowed=True, delsp=True)] == [f"a {word} b"]
        assert injected(WORD, "x" * 300, flowed=True, delsp=True) == "x" * 300

    def test_line_that_was_longer_may_stay_so(self) -> None:
        for text in ("b" * 2000 + f"{WORD}", WORD + "b" * 2000):
            assert injected(text, "signature", flowed=True) == text.replace(WORD, "signature")


class TestAppend:
    def append(self, text: str, at: int, *, flowed: bool = False) -> str:
        place = Place(at, at, (), Trigger.APPEND)
        return apply(text, inject(text, [(place, "x\ny")], flowed=flowed).edits)

    @pytest.mark.parametrize(
        ("before", "behind", "expected"),
        [
            ("", "", "x\r\ny"),
            ("a", "", "a\r\n\r\nx\r\ny"),
            ("a\r\n", "", "a\r\n\r\nx\r\ny\r\n"),
            ("a\r\n\r\n", "", "a\r\n\r\nx\r\ny\r\n"),
            ("a\r\n \r\n", "", "a\r\n \r\nx\r\ny\r\n"),
            ("a", "\r\n> b", "a\r\n\r\nx\r\ny\r\n\r\n> b"),
            ("a", "\r\n\r\n> b", "a\r\n\r\nx\r\ny\r\n\r\n> b"),
            ("a", "\r\n", "a\r\n\r\nx\r\ny\r\n"),
            ("a\r\n", "> b", "a\r\n\r\nx\r\ny\r\n\r\n> b"),
            ("a\r\n", "\r\n> b", "a\r\n\r\nx\r\ny\r\n\r\n> b"),
            ("", "> b", "x\r\ny\r\n\r\n> b"),
        ],
    )
    @pytest.mark.parametrize("flowed", [False, True])
    def test_with_an_empty_line_around(self, before: str, behind: str, expected: str, flowed: bool) -> None:
        if not (flowed and " \r\n" in before):
            assert self.append(before + behind, len(before), flowed=flowed) == expected

    def test_before_blanks_at_the_end_of_the_line(self) -> None:
        text = "a  \r\n> b"
        assert self.append(text, 1) == "a\r\n\r\nx\r\ny\r\n  \r\n> b"
        assert self.append(text, 1, flowed=True) == "a\r\n\r\nx\r\ny\r\n\r\n> b"

    def test_behind_a_flowed_line(self) -> None:
        for text in ("a \r\n", "a "):
            paragraphs = read(self.append(text, len(text), flowed=True), flowed=True)
            assert [part.text.rstrip() for part in paragraphs if part.text][:3] == ["a", "x", "y"]
            assert "" in [part.text for part in paragraphs[:-2]]

    @pytest.mark.parametrize("signature", ["", None])
    def test_nothing_is_no_edit(self, signature: str | None) -> None:
        assert inject("", [(Place(0, 0, (), Trigger.APPEND), signature)]).edits == []

    def test_two_at_one_place_keep_their_order(self) -> None:
        place = Place(1, 1, (), Trigger.APPEND)
        assert [edit.text.strip() for edit in inject("a", [(place, "z"), (place, "b")]).edits] == ["z", "b"]


def test_device_line_is_replaced() -> None:
    text = "a\r\n\r\nSent from my iPhone\r\n\r\n> b"
    place = Place(5, 24, ((5, 24),), Trigger.DEVICE_LINE)
    edits = inject(text, [(place, "x\ny")]).edits
    assert apply(text, edits) == "a\r\n\r\nx\r\ny\r\n\r\n> b"


TEXT = st.lists(
    st.sampled_from(
        [WORD, WORD, "a", "b", " ", " ", ">", "> ", "\n", " \n", "From", "From ", "--", "word" * 8 + " ", "*"]
    ),
    max_size=16,
).map("".join)
SIGNATURE = st.one_of(
    st.none(),
    st.lists(
        st.sampled_from(["x", "y ", " ", "\n", ">", "From ", "-- \nz", "word" * 5 + " ", "word " * 30]),
        max_size=8,
    ).map("".join),
)


@given(
    signature=SIGNATURE,
    before=st.sampled_from(["", "a\r\n", "a \r\n", "a\r", "> a\n"]),
    behind=st.sampled_from(["", "\r\nb", "\n", "\rb"]),
    flowed=st.booleans(),
    delsp=st.booleans(),
    limit=st.sampled_from([None, 40, 998]),
)
def test_place_by_itself_is_written_like_one_of_several(
    signature: str | None, before: str, behind: str, flowed: bool, delsp: bool, limit: int | None
) -> None:
    text = before + WORD + behind
    how: dict[str, Any] = {"flowed": flowed, "delsp": delsp, "limit": limit}
    change = (find(text, WORDS)[0], signature)
    nothing = (Place(len(text), len(text), ()), None)
    assert inject(text, [change], **how) == inject(text, [change, nothing], **how)


def expected_paragraphs(
    text: str, places: list[Place], signature: str | None, delsp: bool
) -> list[Paragraph]:
    """The reader's paragraphs before, with the signature in the place of each placeholder."""
    marked = apply(
        text,
        [
            CharEdit(*piece, "\ue000" if index == 0 else "", "")
            for place in places
            for index, piece in enumerate(place.pieces)
        ],
    )
    lines = [line.rstrip(" ") for line in (signature or "").removesuffix("\n").split("\n")]
    return [
        Paragraph(part.depth, line.rstrip(" "), ())
        for part in read(marked, flowed=True, delsp=delsp)
        for line in part.text.replace("\ue000", "\n".join(lines)).split("\n")
    ]


@given(text=TEXT, signature=SIGNATURE, delsp=st.booleans(), ending=st.sampled_from(["\r\n", "\n"]))
def test_reader_sees_the_signature_and_all_else_unchanged(
    text: str, signature: str | None, delsp: bool, ending: str
) -> None:
    text = text.replace("\n", ending)
    places = find(text, WORDS, flowed=True, delsp=delsp)
    # A separator line is made or lost where it is written in two parts; that is seen as it is written.
    assume("--" not in text and not (signature or "").startswith("-- "))
    result = inject(text, [(place, signature) for place in places], flowed=True, delsp=delsp, newline=ending)
    output = apply(text, result.edits)
    seen = [
        part._replace(text=part.text.rstrip(" "), offsets=())
        for part in read(output, flowed=True, delsp=delsp)
    ]
    assert seen == expected_paragraphs(text, places, signature, delsp)
    assert not result.too_long


@given(
    text=TEXT,
    signature=SIGNATURE,
    flowed=st.booleans(),
    delsp=st.booleans(),
    limit=st.sampled_from([None, 40, 998]),
)
def test_text_outside_the_pieces_stays(
    text: str, signature: str | None, flowed: bool, delsp: bool, limit: int | None
) -> None:
    places = find(text, WORDS, flowed=flowed, delsp=delsp)
    result = inject(
        text, [(place, signature) for place in places], flowed=flowed, delsp=delsp, newline="\n", limit=limit
    )
    pieces = [piece for place in places for piece in place.pieces]
    outside = [edit for edit in result.edits if edit[:2] not in pieces]
    assert all(edit.text == "" and text[edit.start : edit.stop].strip(" ") == "" for edit in outside)
    assert flowed or not outside
    if signature is None and not flowed:
        assert apply(text, result.edits) == apply(text, [CharEdit(*piece, "", "") for piece in pieces])


@given(text=TEXT, signature=SIGNATURE, flowed=st.booleans(), delsp=st.booleans())
def test_no_line_becomes_longer_than_the_limit_unnoticed(
    text: str, signature: str | None, flowed: bool, delsp: bool
) -> None:
    limit = 60
    assume(all(len(line) <= limit for _, line in physical_lines(text)))
    places = find(text, WORDS, flowed=flowed, delsp=delsp)
    result = inject(
        text, [(place, signature) for place in places], flowed=flowed, delsp=delsp, newline="\n", limit=limit
    )
    longest = max(len(line) for _, line in physical_lines(apply(text, result.edits)))
    soft = 78 if flowed else limit
    if not result.too_long:
        assert longest <= soft
    if longest <= limit:
        assert not result.too_long
    if signature is None:
        assert not result.too_long or re.search(r"[^ \n]{61}", apply(text, result.edits))
