import email
import email.policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counting import assert_linear
from xinksig.mime.fields import Field, content_doubt, split_fields, unfold


def fields_in(data: bytes, start: int, stop: int, *, cr_only: bool = False) -> list[Field]:
    return [Field(*place) for place in split_fields(data, start, stop, cr_only=cr_only)]


def names(section: bytes, *, cr_only: bool = False) -> list[bytes]:
    return [field.name for field in fields_in(section, 0, len(section), cr_only=cr_only)]


def bodies(section: bytes, *, cr_only: bool = False) -> list[bytes]:
    fields = fields_in(section, 0, len(section), cr_only=cr_only)
    return [section[field.body : field.stop] for field in fields]


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_fields_with_folding(newline: bytes) -> None:
    section = newline.join([b"Subject: one", b"\ttwo", b" three", b"FROM:a@example.org", b"", b""])
    assert names(section) == [b"subject", b"from"]
    assert bodies(section) == [
        newline.join([b" one", b"\ttwo", b" three", b""]),
        b"a@example.org" + newline,
    ]


def test_mixed_line_endings() -> None:
    section = b"A: 1\r\nB: 2\n C\r\n\tD\nE: 3\r\n\r\n"
    assert names(section) == [b"a", b"b", b"e"]
    assert bodies(section) == [b" 1\r\n", b" 2\n C\r\n\tD\n", b" 3\r\n"]


def test_lone_cr_is_an_octet_like_any_other() -> None:
    assert bodies(b"A: 1\rB: 2\r\nC: 3\r\n") == [b" 1\rB: 2\r\n", b" 3\r\n"]


def test_lone_cr_ends_a_field_when_the_caller_says_so() -> None:
    section = b"A: 1\r\tx\rB: 2\r\r"
    assert names(section, cr_only=True) == [b"a", b"b"]
    assert bodies(section, cr_only=True) == [b" 1\r\tx\r", b" 2\r"]


def test_offsets_count_from_the_start_of_the_data() -> None:
    data = b"junk\nA: 1\nB : 2\n\nbody: no field"
    assert fields_in(data, 5, 17) == [Field(b"a", 5, 7, 10), Field(b"b", 10, 13, 16)]


def test_section_without_a_last_line_ending() -> None:
    assert fields_in(b"A: 1\r\nB: 2", 0, 10) == [Field(b"a", 0, 2, 6), Field(b"b", 6, 8, 10)]


@pytest.mark.parametrize("section", [b"", b"\n", b"\r\n"])
def test_section_without_fields(section: bytes) -> None:
    assert fields_in(section, 0, len(section)) == []


def test_empty_line_at_the_end_belongs_to_no_field() -> None:
    assert fields_in(b"A: 1\n\n", 0, 6)[-1].stop == 5
    assert fields_in(b"A: 1\r\n\r\n", 0, 8)[-1].stop == 6


def test_line_of_blanks_only_continues_the_field() -> None:
    section = b"A: 1\r\n \r\n\t\r\nB: 2\r\n"
    assert bodies(section) == [b" 1\r\n \r\n\t\r\n", b" 2\r\n"]


def test_blank_before_the_colon_is_no_part_of_the_name() -> None:
    section = b"Subject \t: x\nA: b\n"
    assert fields_in(section, 0, len(section)) == [Field(b"subject", 0, 10, 13), Field(b"a", 13, 15, 18)]


def test_name_with_octets_beyond_ascii_is_kept() -> None:
    assert names(b"\xc3\x9cber-\xff: x\n\x00\x01: y\n") == [b"\xc3\x9cber-\xff", b"\x00\x01"]


def test_line_without_a_colon_has_no_name() -> None:
    section = b"A: 1\nno field here\n but: folded\nB: 2\n"
    assert names(section) == [b"a", b"", b"b"]
    assert fields_in(section, 0, len(section))[1] == Field(b"", 5, 5, 32)


@pytest.mark.parametrize(
    "line", [b"From a@example.org  Sun Jun 16 17:00:00 2019", b": x", b"two words: x", b"\r"]
)
def test_line_that_is_no_field_has_no_name(line: bytes) -> None:
    section = line + b"\nA: 1\n"
    assert fields_in(section, 0, len(section))[0] == Field(b"", 0, 0, len(line) + 1)
    assert names(section) == [b"", b"a"]


def test_continuation_without_a_field_has_no_name() -> None:
    section = b" orphan: x\n more\nA: 1\n"
    assert fields_in(section, 0, len(section)) == [Field(b"", 0, 0, 17), Field(b"a", 17, 19, 22)]
    assert fields_in(b"\tonly", 0, 5) == [Field(b"", 0, 0, 5)]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b" a\r\n b\r\n", b" a b"),
        (b" a\n\tb\n", b" a\tb"),
        (b" a\r b\r", b" a b"),
        (b" a\rb", b" a\rb"),
        (b" a\rb\r\n c\r\n", b" a\rb c"),
        (b"\r\n a", b" a"),
        (b" a", b" a"),
    ],
)
def test_unfold(body: bytes, line: bytes) -> None:
    assert unfold(body) == line


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        (b"Content-Type : text/plain\r\n", "a blank stands before the colon of a Content-* field"),
        (b"\xef\xbb\xbfContent-Type: text/plain\r\n", "a byte order mark stands before its Content-* field"),
        (b"Content-Type: text/plain;\r\n \r\n charset=x\r\n", "a Content-* field has a line of blanks only"),
        (b"Content-Type: text/plain\r\n\t\r\n", "a Content-* field has a line of blanks only"),
        (b"Content-Type: text/plain\n \nA: b\n", "a Content-* field has a line of blanks only"),
        (b"Content-Transfer-Encoding: 7bit\rA: b\r\n", "a Content-* field has a lone CR"),
        (b"Content-Type: text/plain\r\r\n", "a Content-* field has a lone CR"),
    ],
)
def test_content_field_that_two_readers_may_see_differently(section: bytes, reason: str) -> None:
    assert content_doubt(section, fields_in(section, 0, len(section))) == reason


@pytest.mark.parametrize(
    "section",
    [
        b"Subject : x\r\nContent-Type:\r\n text/plain;\r\n\tcharset=utf-8\r\n\r\n",
        b"Subject: x\r\n \r\nContent-Type: text/plain\r\n\r\n",
        b"Subject: x\ry\r\nContent-Type:text/plain\r\n\r\n",
        b"Content-Type: text/plain",
    ],
)
def test_content_field_that_all_readers_see_alike(section: bytes) -> None:
    assert content_doubt(section, fields_in(section, 0, len(section))) == ""


def test_content_field_of_cr_lines_is_clear() -> None:
    section = b"Content-Type: text/plain;\r charset=x\rA: b\r\r"
    fields = fields_in(section, 0, len(section), cr_only=True)
    assert content_doubt(section, fields) == ""
    section = section.replace(b"charset", b"\r charset")
    assert "blanks" in content_doubt(section, fields_in(section, 0, len(section), cr_only=True))


PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b"A",
        b"content-type",
        b"\xff",
        b"\x00",
        b"x y",
        b"\r\n\r\n",
        b"",
    ]
)
SECTIONS = st.lists(PIECES, max_size=25).map(b"".join)


@given(SECTIONS, st.booleans())
def test_fields_cover_the_section(section: bytes, cr_only: bool) -> None:
    data = b"before" + section + b"after"
    stop = 6 + len(section)
    at = 6
    for field in fields_in(data, 6, stop, cr_only=cr_only):
        assert field.start == at
        assert field.start < field.stop
        assert field.start <= field.body <= field.stop
        if field.name:
            assert data[field.start : field.body].lower().rstrip(b": \t") == field.name
        at = field.stop
    assert data[at:stop] in ((b"", b"\r", b"\n") if cr_only else (b"", b"\n", b"\r\n"))


@given(SECTIONS)
def test_offsets_do_not_depend_on_where_the_section_stands(section: bytes) -> None:
    here = fields_in(section, 0, len(section))
    there = fields_in(b"xyz" + section, 3, 3 + len(section))
    assert [(name, start + 3, body + 3, stop + 3) for name, start, body, stop in here] == there


@given(SECTIONS)
def test_unfolded_body_has_no_line_feed(section: bytes) -> None:
    for body in bodies(section):
        assert b"\n" not in unfold(body)


NAME = st.text("abcXYZ-09", min_size=1, max_size=8).map(lambda text: text.encode())
LINE = st.text("abc :;,=\"'<>@()", max_size=12).map(lambda text: text.strip().encode())
FOLDED = st.lists(LINE.filter(bool), min_size=1, max_size=3)


@given(st.lists(st.tuples(NAME, FOLDED), min_size=1, max_size=6), st.sampled_from([b"\r\n", b"\n"]))
def test_well_formed_section_is_read_as_by_the_standard_library(
    written: list[tuple[bytes, list[bytes]]], newline: bytes
) -> None:
    section = b"".join(name + b": " + (newline + b" ").join(lines) + newline for name, lines in written)
    section += newline
    theirs = email.message_from_bytes(section, policy=email.policy.compat32)
    assert names(section) == [name.lower().encode() for name in theirs]
    assert [unfold(body).strip() for body in bodies(section)] == [
        value.replace("\r\n", "").replace("\n", "").strip().encode() for value in theirs.values()
    ]


@pytest.mark.parametrize(
    "section",
    [
        b"Name: " + b"x" * 10_000_000,
        b"x" * 10_000_000,
        b"Name: " + b"x\r\n " * 2_500_000,
        b"Name: value\r\n" * 100_000,
        b"Name" + b" " * 1_000_000,
        (b"a" + b" " * 1000 + b"\n") * 1000,
    ],
    ids=["long body", "long name", "many folds", "many fields", "blanks", "blanks and no colon"],
)
def test_large_sections_are_split_in_linear_time(section: bytes) -> None:
    fields = fields_in(section, 0, len(section))
    assert fields[-1].stop == len(section)
    assert_linear(lambda size: fields_in(section, 0, size), 100_000)


def test_corpus_sections_are_covered_and_named_as_by_the_standard_library(open_corpus: Path) -> None:
    compared = 0
    for path in sorted(open_corpus.glob("*/*.eml")):
        data = path.read_bytes()
        stops = [found + len(end) for end in (b"\r\n\r\n", b"\n\n") if (found := data.find(end)) >= 0]
        section = data[: min(stops, default=len(data))]
        fields = fields_in(section, 0, len(section))
        at = 0
        for field in fields:
            assert field.start == at, path.name
            at = field.stop
        assert section[at:] in (b"", b"\n", b"\r\n"), path.name
        theirs = [
            name.lower().encode("utf-8", "surrogateescape") for name in email.message_from_bytes(section)
        ]
        stops_early = any(
            not field.name or field.body != field.start + len(field.name) + 1 for field in fields[1:]
        )
        if not stops_early and b"\n \n" not in section and fields[0].body == len(fields[0].name) + 1:
            assert [field.name for field in fields if field.name] == theirs, path.name
            compared += 1
    assert compared > 500
