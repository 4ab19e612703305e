"""Character references, against the standard library where that is right."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig.text.html.references import decoded, named, names_of, reference

ATOMS = [
    "&",
    "#",
    "x",
    "X",
    "0",
    "1",
    "7",
    "b",
    "B",
    ";",
    "amp",
    "lt",
    "not",
    "in",
    "lbrace",
    "=",
    "é",
    "&#123",
    "&#x7b;",
]
ATOMS += [
    "&shy",
    "&#128;",
    "&#55296;",
    "&#1114112;",
    "&nbsp;",
    "&fjlig;",
    "&NotEqualTilde;",
    " ",
    "notit;",
    "1f",
]


@given(st.lists(st.sampled_from(ATOMS), max_size=10).map("".join))
def test_text_is_decoded_as_the_standard_library_does(text: str) -> None:
    # It leaves out what HTML maps to a character that no text should hold; a browser keeps that.
    expected = html.unescape(text)
    if "\ufffd" not in expected and expected.isprintable():
        assert decoded(text) == expected


@pytest.mark.parametrize(
    ("text", "characters", "behind"),
    [
        ("&#123;", "{", 6),
        ("&#123x", "{", 5),
        ("&#x7B;", "{", 6),
        ("&#X00007bg", "{", 9),
        ("&lcub;", "{", 6),
        ("&lbrace;", "{", 8),
        ("&lbrace", "", 0),
        ("&amp;#123;", "&", 5),
        ("&ampx", "&", 4),
        ("&notit;", "¬", 4),
        ("&notin;", "∉", 7),
        ("&#0;", "\ufffd", 4),
        ("&#xD800;", "\ufffd", 8),
        ("&#x110000;", "\ufffd", 10),
        ("&#128;", "€", 6),
        ("&#129;", "\x81", 6),
        ("&#;", "", 0),
        ("&#x;", "", 0),
        ("&#xg", "", 0),
        ("&;", "", 0),
        ("&", "", 0),
        ("&NotEqualTilde;", "≂̸", 15),
    ],
)
def test_one_reference(text: str, characters: str, behind: int) -> None:
    assert reference(text, 0) == (characters, behind)


@pytest.mark.parametrize("digits", ["0" * 5_000 + "123", "1" * 5_000])
def test_thousands_of_digits_do_no_harm(digits: str) -> None:
    characters, behind = reference(f"&#{digits};", 0)
    assert characters == ("{" if digits[0] == "0" else "\ufffd")
    assert behind == len(digits) + 3


def test_in_an_attribute_an_open_name_that_goes_on_is_none() -> None:
    assert decoded("&copy=1 &copyx &copy &copy;=", in_attribute=True) == "&copy=1 &copyx © ©="
    assert decoded("&copy=1 &copyx", in_attribute=False) == "©=1 ©x"


def test_every_name_of_the_standard_is_decoded() -> None:
    for name, characters in named().items():
        assert reference(f"&{name}", 0) == (characters, len(name) + 1)


def test_a_reference_ends_with_the_text_it_is_looked_for_in() -> None:
    assert reference("&#1234;", 0, 5) == ("{", 5)
    assert reference("&lt;", 0, 3) == ("<", 3)
    assert reference("&l", 0, 1) == ("", 0)


@pytest.mark.parametrize("character", [*map(chr, range(33, 127)), "«", "j"])
def test_names_of_a_character_are_those_of_the_table(character: str) -> None:
    names = {name for name, characters in named().items() if character in characters}
    assert set(names_of(character)) == names
