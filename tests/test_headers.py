import email
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counting import assert_linear, calls_of
from xinksig.mime.fields import Field, split_fields
from xinksig.mime.headers import Headers
from xinksig.mime.section import Section


def read(section: bytes) -> Headers:
    return Headers(section, split_fields(section, 0, len(section)))


def test_first_of_several_and_all_of_them() -> None:
    headers = read(b"Received: one\r\nX: y\r\nRECEIVED : two\r\n\r\n")
    assert headers.get("Received") == "one"
    assert headers.get_all("rECEIVED") == ["one", "two"]


def test_absent_field() -> None:
    headers = read(b"Subject: x\n\n")
    assert headers.get("From") is None
    assert headers.get_all("From") == []
    assert read(b"").get("From") is None


def test_empty_value_is_not_absent() -> None:
    assert read(b"Subject:\r\nX: y\r\n").get("Subject") == ""
    assert read(b"Subject: \r\n \r\n").get_all("Subject") == [""]


@pytest.mark.parametrize("name", ["", " ", "é", "\ud800", "Sub ject", "Subject:", "ſubject", "a" * 10_000])
def test_strange_name_finds_nothing(name: str) -> None:
    headers = read(b"Subject: x\nno field\n orphan\n\xff: y\n")
    assert headers.get(name) is None
    assert headers.get_all(name) == []


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b" one\r\n\ttwo\r\n  three \r\n", "one\ttwo  three"),
        (b"one\n two\n", "one two"),
        (b" =?utf-8?q?caf=C3=A9?=\r\n =?utf-8?q?s?=\r\n", "cafés"),
        (b" caf\xc3\xa9\r\n", "café"),
        (b" caf\xe9\r\n", "café"),
        (b" =?nope?q?x?= =?utf-8?q?unclosed\r\n", "=?nope?q?x?= =?utf-8?q?unclosed"),
        (b" x =?utf-8?q?=20?=\r\n", "x"),
    ],
)
def test_value_is_unfolded_and_decoded(body: bytes, value: str) -> None:
    assert read(b"Subject:" + body).get("Subject") == value


@pytest.mark.parametrize("word", [b"=?utf-8?q?a=0D=0ABcc:_b?=", b"a\rBcc: b", b"=?utf-8?b?YQpiCmMN?="])
def test_value_holds_no_line_ending(word: bytes) -> None:
    value = read(b"Subject: " + word + b"\r\n").get("Subject")
    assert value is not None
    assert not set(value) & {"\r", "\n"}


def test_written_value_keeps_encoded_words() -> None:
    assert read(b"From: =?utf-8?q?a=2C?=\r\n =?utf-8?q?b?= <c@d>\r\n").written("from") == [
        "=?utf-8?q?a=2C?= =?utf-8?q?b?= <c@d>"
    ]


def test_fields_of_cr_lines() -> None:
    section = b"Subject: one\r two\rFrom: x\r\r"
    headers = Headers(section, split_fields(section, 0, len(section), cr_only=True))
    assert (headers.get("Subject"), headers.get("From")) == ("one two", "x")


NAMES = st.sampled_from([b"Subject", b"FROM", b"x-y", b"To"])
VALUES = st.lists(
    st.sampled_from([b"a", b" ", b"\r\n ", b"=?utf-8?q?x?=", b"\xff", b"\xc3\xa4", b"\r", b"=?"])
).map(b"".join)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_no_octets_raise(items: list[tuple[bytes, bytes]]) -> None:
    headers = read(b"".join(name + b":" + value + b"\r\n" for name, value in items))
    for name in ("subject", "from", "X-Y", "to", "cc"):
        values = headers.get_all(name)
        assert len(values) == sum(written.lower() == name.lower().encode() for written, _ in items)
        assert headers.get(name) == (values[0] if values else None)
        for value in values:
            value.encode("utf-8")
            assert value == value.strip(" \t")
            assert "\n" not in value
            assert "\r" not in value


def test_ascii_values_are_those_of_the_standard_library(open_corpus: Path) -> None:
    compared = 0
    for path in sorted(open_corpus.glob("*/*.eml")):
        data = path.read_bytes()
        stops = [found + len(end) for end in (b"\r\n\r\n", b"\n\n") if (found := data.find(end)) >= 0]
        section = data[: min(stops, default=len(data))]
        headers = read(section)
        for name in ("Message-ID", "In-Reply-To", "References", "Date", "MIME-Version", "Auto-Submitted"):
            theirs = [
                str(value).replace("\r", "").replace("\n", "").strip(" \t")
                for value in email.message_from_bytes(section).get_all(name, [])
            ]
            if theirs and all(value.isascii() and "=?" not in value for value in headers.written(name)):
                assert headers.get_all(name)[: len(theirs)] == theirs, (path.name, name)
                compared += 1
    assert compared > 1000


@pytest.mark.parametrize(
    "body",
    [
        b"=?" * 100_000,
        b"=?utf-8?q?" * 30_000,
        b"x\r\n " * 100_000,
        b"\xc3" * 300_000,
        b"=?utf-8?q?=0A?=" * 20_000,
    ],
    ids=lambda body: repr(body[:10]),
)
def test_large_values_are_read_in_linear_time(body: bytes) -> None:
    def work(size: int) -> None:
        data = b"Subject:" + body[:size]
        Headers(data, [Field(b"subject", 0, 8, len(data))]).get("subject")

    assert_linear(work, 20_000)


def test_many_fields_are_found_in_linear_time() -> None:
    headers = read(b"Name: value\r\n" * 100_000 + b"Subject: x\r\n")
    assert headers.get("Subject") == "x"
    assert calls_of(lambda: headers.get("Name")) < 50


@given(st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_section_gives_the_fields_when_they_are_asked_for(fields: list[tuple[bytes, bytes]]) -> None:
    octets = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
    section = Section(octets, cr_only=False, is_message=True, in_digest=False)
    late, known = Headers(octets, section), read(octets)
    for name in ("subject", "From", "X-Y", "to", ""):
        assert late.get(name) == known.get(name)
        assert late.get_all(name) == known.get_all(name)
        assert late.may_hold(b"a") or "a" not in (late.get(name) or "").lower()
