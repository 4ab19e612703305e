import pytest

from charset_support import charset_named, edited, replaced
from xinksig.mime import charset as charsets


@pytest.mark.parametrize(
    ("name", "octets", "result"),
    [
        ("iso-2022-jp", b'\x1b$B$"\x1b(B{SIG}\x1b$B$$\x1b(B', b'\x1b$B$"\x1b(BR\x1b$B$$\x1b(B'),
        ("iso-2022-jp", b"{S\x1b(BIG\x1b(B}", b"R"),
        ("iso-2022-jp", b"\x1b(Ja{SIG}b\x1b(B", b"\x1b(Ja\x1b(BR\x1b(Jb\x1b(B"),
        ("iso-2022-jp", b"a{S\x1b(JIG}b\x1b(B", b"aR\x1b(Jb\x1b(B"),
        ("iso-2022-jp", b"\x1b(Ja{S\x1b(BIG}b", b"\x1b(Ja\x1b(BRb"),
        ("iso-2022-jp-2", b"\x1b.A{S\x1bNiIG}\x1bNi".replace(b"\x1bNi", b"", 1), b"\x1b.AR\x1bNi"),
        ("iso-2022-kr", b"\x1b$)C\x0e0!\x0f{SIG}\x0e0!\x0f", b"\x1b$)C\x0e0!\x0fR\x0e0!\x0f"),
        ("hz-gb-2312", b"~{VP~}{SIG}~~~{ND~}", b"~{VP~}R~~~{ND~}"),
        ("utf-7", b"+AOQ{SIG}", b"+AOQ-R"),
        ("utf-7", b"+AOQ-{SIG}b", b"+AOQ-Rb"),
        ("utf-7", b"+AHs-SIG+AH0-", b"R"),
        ("utf-7", b"+AHsAUwBJAEcAfQ-", b"R"),
        ("utf-7", b"+AOQAew-SIG+AH0A5A-", b"+AOQ-R+AOQ-"),
        ("utf-7", b"a +- {SIG} +-", b"a +- R +-"),
    ],
)
def test_states_are_left_as_they_were(name: str, octets: bytes, result: bytes) -> None:
    text = charsets.read(charset_named(name), octets)
    assert text.sound
    assert replaced(text, "{SIG}", "R") == result
    assert result.decode(charset_named(name).codec) == text.characters.replace("{SIG}", "R")


def test_deletion_changes_no_state() -> None:
    text = charsets.read(charset_named("iso-2022-jp"), b'\x1b$B$"\x1b(B{SIG}\x1b$B$$\x1b(B')
    assert replaced(text, "{SIG}", "") == b'\x1b$B$"\x1b(B\x1b$B$$\x1b(B'
    text = charsets.read(charset_named("utf-7"), b"+AOQ{SIG}b")
    assert replaced(text, "{SIG}", "") == b"+AOQ-b"


def test_several_edits_at_the_end_of_open_base64() -> None:
    text = charsets.read(charset_named("utf-7"), b"x+AOQ{SIG}b")
    assert edited(text, [(1, 2, ""), (2, 7, ""), (7, 7, "R")]) == b"xRb"
    assert edited(text, [(2, 7, ""), (7, 7, "R")]) == b"x+AOQ-Rb"
    text = charsets.read(charset_named("utf-7"), b"+AHsAUwBJAEcAfQBhAHsAUwBJAEcAfQ-")
    assert edited(text, [(0, 5, "R"), (6, 11, "S")]) == b"RaS"


def test_non_ascii_text_returns_to_ascii() -> None:
    text = charsets.read(charset_named("iso-2022-jp"), b"Hi {SIG} Bye")
    assert replaced(text, "{SIG}", "山田") == "Hi 山田 Bye".encode("iso2022_jp")
    text = charsets.read(charset_named("hz-gb-2312"), b"Hi {SIG} Bye")
    assert replaced(text, "{SIG}", "中~") == b"Hi ~{VP~}~~ Bye"
    text = charsets.read(charset_named("utf-7"), b"Hi {SIG}-Bye")
    assert replaced(text, "{SIG}", "ä+b&") == b"Hi +AOQAKw-b&-Bye"


def test_korean_needs_its_header_at_the_top() -> None:
    with_header = charsets.read(charset_named("iso-2022-kr"), b"\x1b$)C\r\nHi {SIG}")
    assert replaced(with_header, "{SIG}", "가") == b"\x1b$)C\r\nHi \x0e0!\x0f"
    nothing_else = charsets.read(charset_named("iso-2022-kr"), b"\x1b$)C")
    assert nothing_else.octet_edits([(0, 0, b"\x0e0!\x0f")]) == [(4, 4, b"\x0e0!\x0f")]
    too_late = charsets.read(charset_named("iso-2022-kr"), b"\r\n\x1b$)C\x0e0!\x0f")
    assert charsets.encode(too_late, "가") is None
    without = charsets.read(charset_named("iso-2022-kr"), b"Hi {SIG}")
    assert charsets.encode(without, "가") is None
    assert charsets.encode_html(without, "가") == b"&#44032;"


@pytest.mark.parametrize(
    ("name", "octets", "characters"),
    [
        ("hz-gb-2312", b"~{VP\nab~}c", "中\nab~}c"),
        ("hz-gb-2312", b"~{V~}~}{SIG}", None),
        ("iso-2022-jp", b'\x1b$B$" $$\x1b(B', "あ い"),
        ("iso-2022-jp", b'\x1b$B$"$', "あ\ufffd"),
        ("iso-2022-jp", b"\x1b(Z{SIG}\x1b(B", None),
        ("iso-2022-jp", b"a\x1b[31m\xe9", "a\x1b[31m\udce9"),
        ("iso-2022-kr", b"\x1b$)C\x0e0!\n0!", "가\n0!"),
        ("utf-7", b"a+!", "a+!"),
        ("utf-7", b"+AO", None),
    ],
)
def test_damaged_states(name: str, octets: bytes, characters: str | None) -> None:
    text = charsets.read(charset_named(name), octets)
    assert characters in (None, text.characters)
    assert text.strict is (name == "iso-2022-kr")


def test_insertion_between_two_states_is_made_in_ascii() -> None:
    octets = b'a\x1b$B$"\x1b(Bb\x1b$B$$\x1b(B'
    text = charsets.read(charset_named("iso-2022-jp"), octets)
    assert text.characters == "aあbい"
    assert [text.octet_span(index, index)[0] for index in range(5)] == [0, 1, 9, 10, 15]
    assert edited(text, [(4, 4, "!")]) == b'a\x1b$B$"\x1b(Bb\x1b$B$$\x1b(B!\x1b$B\x1b(B'
    assert [text.octet_offset(index) for index in range(5)] == [0, 4, 9, 13, len(octets)]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("iso-2022-jp", b'\x1b$B$"\x1b(B'),
        ("iso-2022-kr", b"\x0e\x0f"),
        ("hz-gb-2312", b"~~"),
        ("utf-7", b"+AOQ-"),
    ],
)
def test_text_with_too_many_states_can_be_read_but_not_edited(name: str, unit: bytes) -> None:
    text = charsets.read(charset_named(name), unit * 50_001 + b"{SIG}")
    start = text.characters.index("{SIG}")
    assert text.octet_edits([(start, start + 5, b"")]) is None
    assert text.octet_span(0, len(text.characters)) == (0, len(text.octets))
    assert not text.strict
