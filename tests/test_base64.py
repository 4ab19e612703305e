import base64
import re
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig.mime import transfer

Edits = list[tuple[int, int, bytes]]

DIGITS = re.compile(rb"[A-Za-z0-9+/]")


def apply(data: bytes, edits: Edits) -> bytes:
    pieces = []
    at = 0
    for start, stop, octets in edits:
        assert at <= start <= stop <= len(data)
        pieces += [data[at:start], octets]
        at = stop
    return b"".join([*pieces, data[at:]])


def spliced(data: bytes, edits: Edits, newline: bytes = b"\r\n") -> bytes:
    decoded = transfer.decode("base64", data)
    assert not decoded.problem
    result = transfer.splice("base64", data, decoded, edits, newline)
    assert len(result) <= 1
    return apply(data, result)


def wrapped(octets: bytes, width: int, newline: bytes = b"\r\n") -> bytes:
    digits = base64.b64encode(octets)
    return newline.join(digits[at : at + width] for at in range(0, len(digits), width))


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Draw a readable body: any line lengths, blanks and junk in it, its padding left out or not."""
    octets = draw(st.binary(max_size=60))
    digits = base64.b64encode(octets)
    if draw(st.booleans()):
        digits = digits.rstrip(b"=")
    junk = st.sampled_from([b"", b"", b"", b"\r\n", b"\n", b" ", b"!", b"\xff", b"\r\n\r\n"])
    body = b"".join(digits[at : at + 1] + draw(junk) for at in range(len(digits)))
    return draw(junk) + body


@st.composite
def edits_of(draw: st.DrawFn, octets: bytes) -> Edits:
    offsets = sorted(draw(st.integers(0, len(octets))) for _ in range(2 * draw(st.integers(1, 3))))
    replacements = st.sampled_from([b"", b"x", b"xy", b"xyz", b"long " * 40, b"\xff\x00"])
    return [
        (start, stop, draw(replacements)) for start, stop in zip(offsets[::2], offsets[1::2], strict=True)
    ]


@given(bodies())
def test_lenient_body_reads_as_the_standard_decoder_does(data: bytes) -> None:
    decoded = transfer.decode("base64", data)
    digits = b"".join(DIGITS.findall(data))
    assert decoded.octets == base64.b64decode(digits + b"=" * (-len(digits) % 4))
    assert decoded.problem == ""


@given(bodies())
def test_map_names_the_characters_that_hold_an_octet(data: bytes) -> None:
    decoded = transfer.decode("base64", data)
    places = [match.start() for match in DIGITS.finditer(data)]
    for index in range(len(decoded.octets)):
        first = index // 3 * 4 + index % 3
        assert decoded.encoded_offset(index) == places[first]
        assert decoded.encoded_span(index, index + 1) == (places[first], places[first + 1] + 1)
        assert decoded.encoded_span(index, index) == (places[first], places[first])
    assert decoded.encoded_offset(len(decoded.octets)) == len(data)


@given(bodies(), st.data())
def test_edited_body_decodes_to_the_edited_octets(data: bytes, draw: st.DataObject) -> None:
    decoded = transfer.decode("base64", data)
    edits = draw.draw(edits_of(decoded.octets))
    result = spliced(data, edits)
    assert transfer.decode("base64", result).octets == apply(decoded.octets, edits)
    group = edits[0][0] // 3 * 4
    places = [match.start() for match in DIGITS.finditer(data)]
    if group < len(places):
        before = data[: places[group]]
        assert result.startswith(
            before if apply(decoded.octets, edits)[group // 4 * 3 :] else before.rstrip()
        )
    last = max((match.end() for match in re.finditer(rb"[A-Za-z0-9+/=]", data)), default=0)
    assert result.endswith(data[last:])


@given(st.integers(20, 100), st.sampled_from([b"\r\n", b"\n"]), st.integers(200, 400), st.data())
def test_line_width_and_line_ending_are_kept(
    width: int, newline: bytes, size: int, draw: st.DataObject
) -> None:
    octets = bytes(range(256)) * 2
    octets = octets[:size]
    data = wrapped(octets, width, newline) + newline
    edits = draw.draw(edits_of(octets))
    # The line ending of the message plays no part where the body has its own.
    result = spliced(data, edits, b"\n" if newline == b"\r\n" else b"\r\n")
    edited = apply(octets, edits)
    assert base64.b64decode(result) == edited
    assert result == (wrapped(edited, width, newline) + newline if edited else newline)


def test_placeholder_at_any_alignment() -> None:
    for before in range(6):
        octets = b"x" * before + b"{SIG}" + b"end\r\n"
        result = spliced(wrapped(octets, 76), [(before, before + 5, b"Ann")])
        assert base64.b64decode(result) == b"x" * before + b"Annend\r\n"


def test_lines_before_the_group_stay_as_odd_as_they_are() -> None:
    data = b" SGVs\r\nbG8g e1NJ\r\nR30K\r\n\r\n"
    octets = base64.b64decode(data)
    assert octets == b"Hello {SIG}\n"
    result = spliced(data, [(6, 11, b"Ann")])
    assert result.startswith(b" SGVs\r\nbG8g ")
    assert result.endswith(b"\r\n\r\n")
    assert base64.b64decode(result) == b"Hello Ann\n"


def test_short_single_line_is_wrapped_at_76() -> None:
    result = spliced(base64.b64encode(b"Hi {SIG}"), [(3, 8, b"w" * 400)])
    assert max(map(len, result.split(b"\r\n"))) == 76
    assert base64.b64decode(result) == b"Hi " + b"w" * 400


def test_long_single_line_stays_one_line() -> None:
    for size in (300, 3000):
        octets = b"w" * size + b"{SIG}"
        result = spliced(base64.b64encode(octets), [(size, size + 5, b"Ann")])
        assert result == base64.b64encode(b"w" * size + b"Ann")


def test_single_line_that_would_outgrow_smtp_is_wrapped() -> None:
    octets = b"w" * 300 + b"{SIG}"
    result = spliced(base64.b64encode(octets) + b"\r\n", [(300, 305, b"v" * 900)])
    assert max(map(len, result.split(b"\r\n"))) <= 998
    assert result.startswith(base64.b64encode(b"w" * 300))
    assert base64.b64decode(result) == b"w" * 300 + b"v" * 900


def test_padding_is_left_out_where_it_was() -> None:
    assert spliced(b"SGk", [(2, 2, b"!!")]) == b"SGkhIQ"
    assert spliced(b"SGk=", [(2, 2, b"!!")]) == b"SGkhIQ=="


@pytest.mark.parametrize("newline", [b"\r\n", b"\n", b"\r"])
def test_no_empty_line_is_left_behind(newline: bytes) -> None:
    data = wrapped(b"w" * 60, 40, newline) + newline
    assert spliced(data, [(30, 60, b"")]) == wrapped(b"w" * 30, 40) + newline


def test_append_and_empty_body() -> None:
    assert spliced(b"SGkh\r\n", [(3, 3, b"you")]) == b"SGkheW91\r\n"
    assert spliced(b"\r\n", [(0, 0, b"you")]) == b"eW91\r\n"
    assert spliced(b"", []) == b""
    assert spliced(b"SGkh\r\n", [(0, 3, b"")]) == b"\r\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"aGVsbG8=aGVsbG8=", "padding"),
        (b"aGVsbG8=\r\n\r\naGVsbG8=\r\n", "padding"),
        (b"QQ==QQ==", "padding"),
        (b"QQ=Q", "padding"),
        (b"=QUJD", "padding"),
        (b"QUJDR", "within an octet"),
        (b"Q", "within an octet"),
        (b"QUJD-_-_", "URL-safe"),
        (b"QUJD\r\n-- \r\nlist footer\r\n", "URL-safe"),
    ],
)
def test_body_with_two_readings_is_refused(data: bytes, reason: str) -> None:
    decoded = transfer.decode("base64", data)
    assert reason in decoded.problem
    assert decoded.octets == b""


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"QQ", b"QUI", b"QQ==", b"QQ=\r\n=", b"QUJD=", b"Q!U\xffJ D", b"QQ===="]
)
def test_body_with_one_reading_is_no_problem(data: bytes) -> None:
    decoded = transfer.decode("base64", data)
    assert decoded.problem == ""
    assert decoded.octets == b"ABC"[: len(decoded.octets)]


@given(
    st.lists(st.sampled_from([b"Q", b"U", b"=", b"-", b"_", b"\r\n", b"!", b" "]), max_size=12).map(b"".join)
)
def test_no_octet_is_ever_lost_in_silence(data: bytes) -> None:
    decoded = transfer.decode("base64", data)
    digits = DIGITS.findall(data)
    if not decoded.problem:
        assert len(decoded.octets) == len(digits) * 3 // 4
    else:
        assert b"-" in data or b"_" in data or b"=" in data.rstrip(b"=!\r\n ") or len(digits) % 4 == 1


@given(st.binary(max_size=300), st.sampled_from([b"\r\n", b"\n"]))
def test_encoded_body_has_lines_of_76(octets: bytes, newline: bytes) -> None:
    assert transfer.encode("base64", octets, newline) == wrapped(octets, 76, newline)


def test_stdlib_mail_reader_sees_the_edited_text() -> None:
    octets = "Grüße\r\n{SIG}\r\n".encode() * 20
    data = wrapped(octets, 60) + b"\r\n"
    start = octets.index(b"{SIG}", 100)
    result = spliced(data, [(start, start + 5, "Ängström".encode())])
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert message_from_bytes(head + result).get_payload(decode=True) == apply(
        octets, [(start, start + 5, "Ängström".encode())]
    )


def test_junk_between_all_characters_costs_linear_work() -> None:
    data = b"".join(b"%c" % digit + b"!" * 500 for digit in base64.b64encode(b"x" * 1500 + b"{SIG}"))
    result = spliced(data, [(1500, 1505, b"Ann")])
    assert transfer.decode("base64", result).octets == b"x" * 1500 + b"Ann"
