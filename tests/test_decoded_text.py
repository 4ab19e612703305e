import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charset_support import (
    ALPHABETS,
    DRAWN,
    EACH,
    KINDS,
    NAMES,
    STATES,
    apply_octets,
    apply_text,
    as_read,
    charset_named,
    edited,
    edits_of,
    encoded,
    replaced,
    texts,
)
from xinksig.mime import charset as charsets


@EACH
@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data())
def test_characters_are_those_of_the_codec(name: str, data: st.DataObject) -> None:
    characters = data.draw(texts(name))
    octets = encoded(name, characters)
    text = charsets.read(charset_named(name), octets)
    assert text.characters.removeprefix("\ufeff") == octets.decode(charset_named(name).reader)
    assert text.certain
    assert text.sound


@EACH
@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data())
def test_every_character_is_where_the_map_says(name: str, data: st.DataObject) -> None:
    if KINDS[name] in STATES:
        return
    octets = encoded(name, data.draw(texts(name)))
    text = charsets.read(charset_named(name), octets)
    reader = text.charset.reader
    for index in data.draw(st.permutations(range(len(text.characters) + 1))):
        at = text.octet_offset(index)
        assert octets[:at].decode(reader) == text.characters[:index]
        assert octets[at:].decode(reader) == text.characters[index:]


@EACH
@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data())
def test_edited_octets_read_as_the_edited_text(name: str, data: st.DataObject) -> None:
    text = charsets.read(charset_named(name), encoded(name, data.draw(texts(name))))
    edits = data.draw(edits_of(name, text.characters))
    for _, _, new in edits:
        if charsets.encode(text, new) is None:
            # Not every state or doubt can be written; nothing is then.
            assert not new.isascii() or not text.charset.ascii_compatible
            return
    octets = edited(text, edits)
    assert as_read(text, octets) == apply_text(text.characters, edits)
    assert charsets.read(charset_named(name), octets).sound


@EACH
@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data())
def test_octets_outside_the_edits_stay(name: str, data: st.DataObject) -> None:
    if name == "utf-7":
        return
    text = charsets.read(charset_named(name), encoded(name, data.draw(texts(name)) + "{SIG}"))
    start = text.characters.index("{SIG}")
    first, last = text.octet_span(start, start + 5)
    [(begin, end, _)] = text.octet_edits([(start, start + 5, b"")]) or []
    assert (begin, end) == (first, last)
    assert "{SIG}".encode(text.charset.codec).endswith(text.octets[first:last])


@pytest.mark.parametrize("name", NAMES)
def test_placeholder_between_any_two_characters(name: str) -> None:
    alphabet = ALPHABETS[name] + "a "
    characters = "".join(
        f"{first}{{SIG}}{second}" for first, second in zip(alphabet, alphabet[::-1], strict=True)
    )
    text = charsets.read(charset_named(name), encoded(name, characters))
    assert text.characters.removeprefix("\ufeff") == characters
    places = [match.span() for match in re.finditer(re.escape("{SIG}"), text.characters)]
    octets = edited(text, [(start, stop, "R") for start, stop in places])
    assert as_read(text, octets).removeprefix("\ufeff") == characters.replace("{SIG}", "R")
    octets = edited(text, [(start, stop, "") for start, stop in places])
    assert as_read(text, octets).removeprefix("\ufeff") == characters.replace("{SIG}", "")


WILD = [bytes([code]) for code in range(256)] + [b"{SIG}", b"{SIG}", b"\x1b$B", b"~{", b"+A"]


@EACH
@pytest.mark.parametrize("name", DRAWN)
@given(octets=st.lists(st.sampled_from(WILD)).map(b"".join))
def test_any_octets_are_read_and_stay(name: str, octets: bytes) -> None:
    text = charsets.read(charset_named(name), octets)
    previous = 0
    for index in range(len(text.characters) + 1):
        at = text.octet_offset(index)
        assert previous <= at <= len(octets)
        previous = at
    if KINDS[name] not in STATES and text.certain:
        assert text.octet_offset(len(text.characters)) == len(octets)
    for match in re.finditer("{SIG}", text.characters):
        changes = text.octet_edits([(*match.span(), charsets.encode(text, "R") or b"")])
        if changes is not None and text.charset.kind not in STATES:
            again = charsets.read(charset_named(name), apply_octets(octets, changes))
            if again.charset == text.charset:
                assert (
                    again.characters
                    == text.characters[: match.start()] + "R" + text.characters[match.end() :]
                )


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("gb18030", b"\x81{SIG}"),
        ("shift_jis", b"\x81{SIG}"),
        ("big5", b"\xa4{SIG}"),
        ("euc-kr", b"\x81{SIG}"),
    ],
)
def test_brace_that_is_half_of_a_character_is_no_brace(name: str, octets: bytes) -> None:
    text = charsets.read(charset_named(name), octets)
    if text.certain and text.sound:
        assert "{SIG}" not in text.characters
        assert len(text.characters) == len(octets) - 1


def test_damaged_octet_does_not_join_what_is_written() -> None:
    # The lead octet 0xB0 with "{" is nothing in EUC-KR, with "R" it is a character.
    text = charsets.read(charset_named("euc-kr"), "안녕하세요".encode("euc-kr") + b"\xb0{SIG}\r\n")
    assert text.characters.startswith("안녕하세요\udcb0{SIG}")
    assert not text.sound
    assert text.octet_edits([(6, 11, b"Regards")]) is None
    assert text.octet_edits([(6, 11, b""), (11, 11, b"Regards")]) is None
    assert text.octet_edits([(6, 11, b"<b>")]) == [(11, 16, b"<b>")]
    assert text.octet_edits([(6, 11, b"")]) == [(11, 16, b"")]


def test_repeated_characters_with_two_spellings() -> None:
    # NEC and IBM rows of Shift_JIS hold the same characters; the map must not believe the encoder.
    octets = b"\x87\x90\x81\xe0\xed\x40\xfa\x5c\r\n{SIG}"
    text = charsets.read(charset_named("shift_jis"), octets)
    assert text.octet_offset(text.characters.index("{")) == octets.index(b"{")
    octets = b"\x8f\xa2\xb7~\xa1\xc1\r\n{SIG}\n"
    text = charsets.read(charset_named("euc-jp"), octets)
    assert text.octet_offset(text.characters.index("{")) == octets.index(b"{")


def test_character_that_is_read_but_not_written() -> None:
    octets = b"\xa4\xa2\x8f\xcd\xf7a\n\x8f\xcd\xf7b"
    text = charsets.read(charset_named("euc-jisx0213"), octets)
    assert text.characters == "あ瘦a\n瘦b"
    assert [text.octet_offset(index) for index in (6, 5, 4, 3, 2, 1, 0)] == [11, 10, 7, 6, 5, 2, 0]


def test_long_line_of_characters_with_two_spellings() -> None:
    octets = b"a" + b"\x88\x62" * 2000 + b"\xa4" * 3 + b"\x88\x62b"
    text = charsets.read(charset_named("big5-hkscs"), octets)
    assert text.characters == "a" + "Ê̄" * 2000 + "中\udca4Ê̄b"
    offsets = {4005: 4006, 4004: 4004, 4003: 4004, 4002: 4003, 4001: 4001, 4000: 3999, 2: 1, 1501: 1501}
    for index, octet in offsets.items():
        assert text.octet_offset(index) == octet


def test_two_characters_of_one_pair_of_octets() -> None:
    octets = b"a\x88\x62\x88\x66b\n\x88\x62{SIG}"
    text = charsets.read(charset_named("big5-hkscs"), octets)
    assert text.characters == "aÊ̄Êb\nÊ̄{SIG}"
    assert text.octet_offset(7) == 7
    assert text.octet_offset(6) == 7
    assert [text.octet_offset(index) for index in range(len(text.characters))] == [
        0, 1, 1, 3, 5, 6, 7, 7, 9, 10, 11, 12, 13,
    ]  # fmt: skip


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("width", ["16", "32"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_is_found_and_kept(order: str, width: str, mark: str) -> None:
    octets = (mark + "Hi {SIG} あ").encode(f"utf-{width}-{order}")
    text = charsets.read(charset_named(f"utf-{width}"), octets)
    assert text.characters == mark + "Hi {SIG} あ"
    assert replaced(text, "{SIG}", "Ä😀") == (mark + "Hi Ä😀 あ").encode(f"utf-{width}-{order}")


def test_mark_counts_more_than_the_label() -> None:
    text = charsets.read(charset_named("utf-16le"), "\ufeff{SIG}".encode("utf-16-be"))
    assert text.characters == "\ufeff{SIG}"


def test_half_a_surrogate_is_no_character() -> None:
    octets = b"\x3d\xd8" + "{SIG}".encode("utf-16-le") + b"\x00\xde" + b"x"
    text = charsets.read(charset_named("utf-16le"), octets)
    assert (text.certain, text.sound, text.strict) == (False, False, False)
    assert text.characters[1:6] == "{SIG}"
    assert text.octet_span(1, 6) == (2, 12)
    assert text.octet_edits([(1, 6, b"")]) is None
    assert charsets.encode(text, "ä") is None
    assert charsets.encode(text, "a") == b"a\0"


def test_long_text_is_mapped_from_the_last_place_asked_for() -> None:
    characters = "日本語のテキスト\r\n" * 20_000
    for name in ("utf-8", "shift_jis", "gb18030", "utf-16le"):
        octets = encoded(name, characters)
        text = charsets.read(charset_named(name), octets)
        for index in (10, 50_000, 50_001, 199_999, 3, len(characters)):
            assert text.octet_offset(index) == len(encoded(name, characters[:index]))


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("iso-2022-jp", b"\x1b(B"),
        ("iso-2022-jp", b'\x1b$B$"'),
        ("iso-2022-kr", b"\x0e\n"),
        ("hz-gb-2312", b"~{"),
        ("hz-gb-2312", b"~{~}~"),
        ("utf-7", b"+A"),
        ("utf-7", b"+"),
        ("gb18030", b"\x81"),
        ("big5-hkscs", b"\x88\x62"),
        ("utf-8", b"\xff"),
        ("us-ascii", b"a" * 70 + b"\xe9"),
    ],
)
def test_hostile_text_costs_linear_work(name: str, unit: bytes) -> None:
    octets = unit * (200_000 // len(unit))
    text = charsets.read(charset_named(name), octets)
    for index in (len(text.characters) // 2, len(text.characters)):
        assert 0 <= text.octet_offset(index) <= len(octets)
