import pytest
from hypothesis import given
from hypothesis import strategies as st

from plain_reader import physical_lines
from xinksig.text.flowed import (
    fill,
    is_soft,
    lead,
    line_start,
    line_stop,
    needs_stuffing,
    without_soft_breaks,
)


@given(text=st.text(st.sampled_from("ab>\r\n "), max_size=20), data=st.data())
def test_line_around_an_offset(text: str, data: st.DataObject) -> None:
    start, line = data.draw(st.sampled_from(physical_lines(text)))
    at = data.draw(st.integers(start, start + len(line)))
    assert line_start(text, at) == start
    assert line_stop(text, at, len(text)) == start + len(line)


def test_line_within_bounds() -> None:
    assert line_start("abc", 2, 1) == 1
    assert line_stop("abc\n", 0, 2) == 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", (0, 0)),
        ("a", (0, 0)),
        (" a", (0, 1)),
        ("  a", (0, 1)),
        (">>a", (2, 2)),
        ("> > a", (1, 2)),
        (" > a", (0, 1)),
    ],
)
def test_lead_of_a_line(line: str, expected: tuple[int, int]) -> None:
    assert lead(line, 0, len(line)) == expected


def test_lead_is_seen_only_up_to_the_stop() -> None:
    assert lead(">> a", 0, 1) == (1, 1)
    assert lead(">> a", 0, 2) == (2, 2)


@pytest.mark.parametrize("line", ["a ", "  ", "> a ", "a  ", "--  ", "a -- ", "> a -- "])
def test_soft_lines(line: str) -> None:
    assert is_soft(line, 0, len(line))


@pytest.mark.parametrize("line", ["", "a", " ", "> ", ">", "a\t", "a\u00a0", "-- ", "> -- ", ">-- ", " -- "])
def test_hard_lines(line: str) -> None:
    assert not is_soft(line, 0, len(line))


def test_span_without_its_soft_breaks() -> None:
    text = "> a b \r\n>  c \n> d"
    assert without_soft_breaks(text, 4, len(text), delsp=False) == "b  c d"
    assert without_soft_breaks(text, 4, len(text), delsp=True) == "b cd"
    assert without_soft_breaks("> a \r\n>> b", 2, 10, delsp=True) is None
    assert without_soft_breaks("a\r\nb", 0, 4, delsp=True) is None


@pytest.mark.parametrize("content", [" a", ">", "From a", "From"])
def test_content_that_needs_stuffing(content: str) -> None:
    assert needs_stuffing(content)


@pytest.mark.parametrize("content", ["", "a", "From:", "from a", "-- ", "\ta", "Fro"])
def test_content_that_needs_none(content: str) -> None:
    assert not needs_stuffing(content)


class TestFill:
    def test_breaks_behind_blanks(self) -> None:
        assert fill("aa bb  cc", used=0, tail=0, room=5, before_first=False) == ["aa bb  ", "cc"]

    def test_what_stands_there_and_what_follows_count(self) -> None:
        assert fill("aa bb", used=1, tail=0, room=5, before_first=False) == ["aa ", "bb"]
        assert fill("aa bb", used=0, tail=1, room=5, before_first=False) == ["aa ", "bb"]

    def test_break_before_the_first_word(self) -> None:
        assert fill("aa bb", used=9, tail=0, room=5, before_first=True) == ["", "aa bb"]
        assert fill("aa bb", used=9, tail=0, room=5, before_first=False) == ["aa ", "bb"]

    def test_no_break_that_would_not_flow(self) -> None:
        assert fill("-- aaaaaa bb", used=0, tail=0, room=5, before_first=False) == ["-- aaaaaa ", "bb"]
        assert fill("  aaaaaa", used=0, tail=0, room=5, before_first=False) == ["  aaaaaa"]

    def test_blanks_alone_and_nothing(self) -> None:
        assert fill("   ", used=0, tail=0, room=1, before_first=False) == ["   "]
        assert fill("", used=0, tail=0, room=1, before_first=False) == [""]

    def test_within_words(self) -> None:
        parts = fill("a " + "x" * 600, used=0, tail=0, room=76, before_first=False, within_words=True)
        assert [len(part) for part in parts] == [2, 240, 240, 120]

    @given(
        line=st.text(st.sampled_from("ab -"), max_size=60),
        used=st.integers(0, 20),
        tail=st.integers(0, 20),
        room=st.integers(1, 20),
        before_first=st.booleans(),
    )
    def test_pieces_are_the_line(
        self, line: str, used: int, tail: int, room: int, before_first: bool
    ) -> None:
        parts = fill(line, used=used, tail=tail, room=room, before_first=before_first)
        assert "".join(parts) == line
        assert all(part.endswith(" ") for part in parts[1:-1])
        for part in parts[1:]:
            words = part.split()
            assert len(part.rstrip(" ")) <= room or len(words) <= 1 or words[0] == "--"
