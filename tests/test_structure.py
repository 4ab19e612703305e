"""The structure parser: the same events for any chunking, judged by the standard library."""

import email
import email.policy
import re
from collections.abc import Sequence
from email.message import Message
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig.mime import structure
from xinksig.mime.part import Part
from xinksig.mime.structure import Event, Structure

MIXED = (
    b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nfirst\r\n"
    b"--b\r\n\r\nsecond\r\n--b--\r\nepilogue\r\n"
)


def read(message: bytes, chunks: list[int] | None = None, /, **limits: int) -> list[tuple[Any, ...]]:
    """Return the events of a message as plain values, fed as told and trimmed as the kernel does.

    A delimiter that is passed together with the header section behind it is an event of its own here.
    """
    structure = Structure(
        limits.get("header_size", 1 << 20), limits.get("part_header_size", 1 << 18), limits.get("parts", 1000)
    )
    events: list[tuple[Any, ...]] = []
    data, base, at = b"", 0, 0
    for stop in [*(chunks or []), len(message)]:
        data += message[at:stop]
        at = stop
        final = stop == len(message)
        while (happening := structure.advance(data, base, final)) is not None:
            part, offset, ended = happening.part, happening.offset, happening.ended
            body = None if ended is None else (ended.number, ended.body, ended.stop)
            if happening.event is not Event.HEADER:
                events.append((happening.event.name, part.number, offset, body, happening.closing))
                continue
            if offset < part.start:
                assert part.parent is not None
                events.append(("DELIMITER", part.parent.number, offset, body, False))
            part.frozen = part.header.is_multipart and not part.boundary
            events.append(("header", part.number, part.start, part.body, part.content_type.type))
        keep = max(base, structure.needed)
        data, base = data[keep - base :], keep
    return events


def leaves(message: bytes) -> list[tuple[str, bytes]]:
    """Return number and body of each leaf."""
    return [
        (number, message[body:stop])
        for event in read(message)
        if event[0] != "header" and event[3] is not None
        for number, body, stop in [event[3]]
    ]


def test_parts_preamble_and_epilogue_of_a_multipart() -> None:
    assert leaves(MIXED) == [("1", b"first"), ("2", b"second")]


def test_line_feed_only_message() -> None:
    assert leaves(MIXED.replace(b"\r\n", b"\n")) == [("1", b"first"), ("2", b"second")]


def test_carriage_return_only_message() -> None:
    message = MIXED.replace(b"\r\n", b"\r")
    assert leaves(message) == [("1", b"first"), ("2", b"second")]


def test_transport_padding_behind_a_delimiter_is_no_text() -> None:
    assert leaves(MIXED.replace(b"--b\r\n", b"--b \t \r\n")) == [("1", b"first"), ("2", b"second")]


def test_missing_close_delimiter_ends_with_the_message() -> None:
    assert leaves(MIXED.partition(b"--b--")[0]) == [("1", b"first"), ("2", b"second\r\n")]


def test_header_section_that_ends_at_a_delimiter() -> None:
    message = MIXED.replace(b"Content-Type: text/plain\r\n\r\nfirst\r\n", b"X-Only: field\r\n")
    assert leaves(message) == [("1", b""), ("2", b"second")]


def test_outer_delimiter_closes_an_inner_multipart() -> None:
    message = (
        b"Content-Type: multipart/mixed; boundary=outer\n\n--outer\n"
        b"Content-Type: multipart/alternative; boundary=inner\n\n--inner\n\none\n--outer\n\ntwo\n--outer--\n"
    )
    assert leaves(message) == [("1.1", b"one"), ("2", b"two")]


def test_delimiter_must_stand_at_the_start_of_a_line() -> None:
    assert leaves(MIXED.replace(b"first", b"x --b\r\nfirst"))[0] == ("1", b"x --b\r\nfirst")


@pytest.mark.parametrize("line", [b"--bc", b"--b x", b"--b-", b"--b--x"])
def test_line_that_begins_like_a_delimiter_is_ambiguous(line: bytes) -> None:
    events = read(MIXED.replace(b"first", b"one\r\n" + line + b"\r\nmore"))
    assert events[-1][0] == "AMBIGUOUS"
    assert events[-1][3] == ("1", 100, 103)


def test_bare_line_feed_at_a_delimiter_of_a_crlf_message_is_ambiguous() -> None:
    assert read(MIXED.replace(b"--b\r\n\r\nsecond", b"--b\n\r\nsecond"))[-1][0] == "AMBIGUOUS"


def test_limit_of_parts() -> None:
    assert read(MIXED, parts=1)[-1][0] == "TOO_MANY"


def test_oversized_header_section_of_a_part() -> None:
    message = MIXED.replace(b"text/plain", b"text/plain; x=" + b"y" * 100)
    events = read(message, part_header_size=50)
    assert ("header", "1", 72, 72, "text/plain") in events
    assert leaves(message)[1] == ("2", b"second")


@pytest.mark.parametrize("newline", [b"\r\n", b"\n", b"\r"])
def test_every_split_gives_the_same_events(newline: bytes) -> None:
    message = MIXED.replace(b"\r\n", newline)
    expected = read(message)
    for split in range(len(message) + 1):
        assert read(message, [split]) == expected
    assert read(message, list(range(len(message)))) == expected


PIECES = [
    *(b"--a", b"--ab", b"--", b"-", b"\r\n", b"\n", b"\r", b" ", b"\t", b"text", b"a", b"b", b":", b"X: y"),
    b"Content-Type: multipart/mixed; boundary=a\n\n",
    b"Content-Type: multipart/related; boundary=ab\r\n\r\n",
    b"Content-Type: multipart/x; boundary=c\n\n",
    *(b"\n--c\n", b"\n--c--\n", b"\n--a--\n"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.data())
def test_any_chunking_of_hostile_octets_gives_the_same_events(
    pieces: list[bytes], data: st.DataObject
) -> None:
    message = b"Content-Type: multipart/mixed; boundary=a\n\n" + b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(message)), max_size=8)))
    limits: dict[str, int] = data.draw(
        st.sampled_from([{}, {"parts": 2}, {"part_header_size": 20}, {"header_size": 30}])
    )
    expected = read(message, **limits)
    assert read(message, cuts, **limits) == expected
    assert read(message, list(range(len(message))), **limits) == expected


def standard_leaves(message: Message, number: str = "") -> list[tuple[str, str]]:
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        result = []
        for index, child in enumerate(message.get_payload(), 1):
            assert isinstance(child, Message)
            result += standard_leaves(child, f"{number}.{index}" if number else str(index))
        return result
    return [(number, message.get_content_type())]


BODIES = st.lists(st.sampled_from([b"text", b"-- ", b"--", b"--x", b"", b"--outer", b"boundary"]), max_size=5)


@st.composite
def multiparts(draw: st.DrawFn, depth: int = 0) -> bytes:
    newline = b"\r\n"
    boundary = b"%d-limit" % depth
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        if depth < 3 and draw(st.booleans()):
            parts.append(draw(multiparts(depth + 1)))
        else:
            kind = draw(st.sampled_from([b"text/plain", b"text/html", b"image/png"]))
            parts.append(b"Content-Type: " + kind + newline * 2 + newline.join(draw(BODIES)))
    head = b"Content-Type: multipart/mixed; boundary=" + boundary + newline * 2
    return (
        head
        + b"".join(b"--" + boundary + newline + part + newline for part in parts)
        + b"--"
        + boundary
        + b"--"
    )


@given(multiparts())
def test_standard_library_sees_the_same_leaves(message: bytes) -> None:
    expected = standard_leaves(email.message_from_bytes(message, policy=email.policy.default))
    seen = [
        (event[1], event[4])
        for event in read(message)
        if event[0] == "header" and not str(event[4]).startswith("multipart/")
    ]
    assert seen == expected


@pytest.mark.parametrize("size", [0, 100, 3000])
@pytest.mark.parametrize("newline", [b"\r\n", b"\n", b"\r"])
def test_header_section_of_any_size_ends_at_its_empty_line_or_a_delimiter(size: int, newline: bytes) -> None:
    field = b"X: " + b"y" * size + newline
    head = b"Content-Type: multipart/mixed; boundary=b" + newline * 2 + b"--b" + newline
    behind = b"first" + newline + b"--b" + newline * 2 + b"second" + newline + b"--b--"
    message = head + field + newline + behind
    assert leaves(message) == [("1", b"first"), ("2", b"second")]
    cut_off = head + field + b"--b" + newline + field + newline + b"second" + newline + b"--b--"
    assert leaves(cut_off) == [("1", b""), ("2", b"second")]
    odd = head + field + b"--x" + newline + newline + behind
    assert leaves(odd) == [("1", b"first"), ("2", b"second")]


def test_line_feeds_end_no_header_section_where_lines_end_in_carriage_return() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\r--b\r"
    message = head + b"X: one\n\ntwo\r\rfirst\r--b--\r"
    header = next(event for event in read(message, header_size=len(head)) if event[:2] == ("header", "1"))
    assert message[: header[3]].endswith(b"two\r\r")


@pytest.mark.parametrize("length", [1, 300])
@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_delimiter_of_any_outer_multipart_is_found_before_that_of_the_innermost(
    length: int, missing: int
) -> None:
    text = b"x" * length
    heads = [b"Content-Type: multipart/mixed; boundary=n%d.\n\n--n%d.\n" % (n, n) for n in range(4)]
    ends = [b"\n--n%d.--\n" % n for n in range(4)]
    message = b"".join(heads) + b"\n" + text + ends[3 - missing] + b"\n--n3.\n\nno part" + ends[0]
    assert leaves(message)[0] == ("1.1.1.1", text)
    seen = [event[1] for event in read(message) if event[0] == "DELIMITER" and event[4]]
    assert seen[0] == ".".join(["1"] * (3 - missing))


def test_deep_nesting_needs_no_recursion() -> None:
    message = b"".join(
        b"Content-Type: multipart/mixed; boundary=n%d.\n\n--n%d.\n" % (level, level) for level in range(600)
    )
    assert len([event for event in read(message, parts=5000) if event[0] == "header"]) == 601


@pytest.mark.parametrize("end", [b"\n--outer", b"\n--outer--", b"\n--outer  ", b"\n--outer\n\n", b""])
@pytest.mark.parametrize("chunk", [1 << 20, 1 << 16])
def test_each_octet_is_looked_at_once_for_each_open_multipart(
    end: bytes, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = b"Content-Type: multipart/mixed; boundary=%s\n\n\n--%s\n"
    part = b"\n--inner\nContent-Type: image/png\n\n" + b"A" * 400
    message = head % (b"outer", b"outer") + head % (b"inner", b"inner") + part * 900 + end
    looked = 0

    def counted(data: bytes, needle: bytes, start: int, stop: int) -> int:
        nonlocal looked
        found = data.find(needle, start, stop)
        looked += (min(stop, len(data)) if found < 0 else found) - start
        return found

    monkeypatch.setattr(structure, "_find", counted)
    reader = Structure(1 << 20, 1 << 18, 1000)
    data, base = b"", 0
    for at in range(0, len(message), chunk):
        data += message[at : at + chunk]
        while reader.advance(data, base, final=False) is not None:
            pass
        keep = max(base, reader.needed)
        data, base = data[keep - base :], keep
    assert len(message) < looked < 2.1 * len(message)


WINDOW = 16384  # octets behind a hyphen that are searched in one go


@pytest.mark.parametrize(
    "hyphens", [(), (0,), (1,), (WINDOW - 2,), (0, WINDOW), (3, 70_000), range(0, 90_000, 7)]
)
@pytest.mark.parametrize("size", [WINDOW - 40, WINDOW, WINDOW + 9, 3 * WINDOW - 1, 100_000])
def test_delimiter_behind_a_large_body_is_found(size: int, hyphens: Sequence[int]) -> None:
    body = bytearray(b"x" * size)
    for at in hyphens:
        body[at : at + 1] = b"-" if at < size else b""
    head = b"Content-Type: multipart/mixed; boundary=far\r\n\r\n--far\r\n\r\n"
    message = head + body + b"\r\n--far\r\n\r\nlast\r\n--far--\r\n"
    assert leaves(message) == [("1", bytes(body)), ("2", b"last")]
    assert read(message, [size // 2, size + 60]) == read(message)


@pytest.mark.parametrize("shift", range(-3, 30))
def test_delimiter_at_the_end_of_a_window_is_found(shift: int) -> None:
    head = b"Content-Type: multipart/mixed; boundary=window\n\n--window\n\n-"
    body = b"x" * (WINDOW - 9 - shift)
    assert leaves(head + body + b"\n--window\n\nlast" + b"y" * WINDOW) == [
        ("1", b"-" + body),
        ("2", b"last" + b"y" * WINDOW),
    ]


@pytest.mark.parametrize(
    ("chunk", "passes"),
    [
        (b"QUJD" * 30, True),
        (b"QUJD\r\n" * 30 + b"Q", True),
        (b"-" * 100 + b"\nx", True),
        (b"\n--other\r\nx", True),
        (b"QUJD\r", False),
        (b"QUJD\r\n", False),
        (b"QUJD\n--pa", False),
        (b"x\n--pass", False),
        (b"x\n--pass\r\n\r\nnext", False),
        (b"x" * 40_000 + b"\n--pass--\r\n" + b"x" * 400, False),
    ],
)
def test_chunk_of_an_attachment_is_passed_by_unless_a_delimiter_may_be_in_it(
    chunk: bytes, passes: bool
) -> None:
    head = b"Content-Type: multipart/mixed; boundary=pass\r\n\r\n--pass\r\n\r\nbody"
    structure = Structure(1 << 20, 1 << 18, 1000)
    assert not structure.pass_by(head, 0)
    while structure.advance(head, 0, False) is not None:
        pass
    assert structure.needed == len(head)
    assert structure.pass_by(chunk, len(head)) == passes
    rest = chunk + b"\r\n--pass--\r\n"
    known = len(chunk) if passes else 0
    happening = structure.advance(rest[known:], len(head) + known, False)
    assert happening is not None
    assert happening.ended is not None
    delimiter = re.search(rb"\r?\n--pass(?:--)?\r\n", rest)
    assert delimiter is not None
    assert happening.ended.stop == len(head) + delimiter.start()


def test_part_number_counts_as_imap_does() -> None:
    root = Part(None, 0)
    child = Part(root, 0)
    child.index = 2
    grandchild = Part(child, 0)
    grandchild.index = 1
    assert (root.number, child.number, grandchild.number) == ("", "2", "2.1")
