import binascii
import quopri
import re
from email import message_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinksig.mime import quoted_printable, transfer

QP = "quoted-printable"
TOKEN = re.compile(rb"=([0-9A-Fa-f]{2})|(=[ \t]*(?:\r*\n|\r|\Z))|(.)", re.DOTALL)
UNSAFE = re.compile(rb"\.\Z|From |--")

Edits = list[tuple[int, int, bytes]]


def read(data: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """The slow reading that the fast one must agree with: octets, and the span of each."""
    octets = bytearray()
    spans = []
    for match in TOKEN.finditer(data):
        if match[2] is None:
            octets += bytes([int(match[1], 16)]) if match[1] else match[3]
            spans.append(match.span())
    return bytes(octets), spans


def apply(data: bytes, edits: Edits) -> bytes:
    pieces = []
    at = 0
    for start, stop, octets in edits:
        assert at <= start <= stop <= len(data)
        pieces += [data[at:start], octets]
        at = stop
    return b"".join([*pieces, data[at:]])


def spliced(data: bytes, edits: Edits, newline: bytes = b"\r\n", *, text: bool = True) -> bytes:
    decoded = transfer.decode(QP, data)
    return apply(data, transfer.splice(QP, data, decoded, edits, newline, text=text))


def replaced(data: bytes, old: bytes, new: bytes, newline: bytes = b"\r\n") -> bytes:
    octets = transfer.decode(QP, data).octets
    start = octets.index(old)
    result = spliced(data, [(start, start + len(old), new)], newline)
    assert read(result)[0] == octets.replace(old, new, 1)
    return result


HOSTILE = [b"=", b"\r", b"\n", b" ", b"\t", b"4", b"1", b"a", b"F", b"\xe9", b"=\r\n", b"=\n", b"=3D", b"=c3"]
HOSTILE += [b"\r\n", b"x", b"-", b".", b"From ", b"z" * 30, b"y" * 70, b"= \r\n", b"=\r"]

hostile_body = st.lists(st.sampled_from(HOSTILE), max_size=30).map(b"".join)

pieces = st.sampled_from(
    [b"a", b" ", b"=3D", b"=c3", b"=41", b"\n", b"word", b".", b"--", b"From ", b"F", b"x" * 20, b"\t"]
)


@st.composite
def wrapped_bodies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Draw a well-formed body, wrapped at any width and with needless escapes, and its line ending."""
    newline = draw(st.sampled_from([b"\r\n", b"\n"]))
    width = draw(st.integers(20, 76))
    lines = [b""]
    for piece in draw(st.lists(pieces, max_size=60)):
        if piece == b"\n":
            lines[-1] = _without_last_blank(lines[-1])
            lines.append(b"")
            continue
        if len(lines[-1]) + len(piece) > max(width, 23) - 3:
            lines[-1] += b"="
            lines.append(b"")
        lines[-1] += piece
    lines[-1] = _without_last_blank(lines[-1])
    return newline.join(lines), newline


def _without_last_blank(line: bytes) -> bytes:
    return line[:-1] + b"=%02X" % line[-1] if line.endswith((b" ", b"\t")) else line


@st.composite
def edits_of(draw: st.DrawFn, octets: bytes, newline: bytes) -> Edits:
    words = [
        b"",
        b"",
        b"x",
        b"hello ",
        b".",
        b"From me" + newline,
        newline,
        newline + b"-- " + newline + b"me",
    ]
    words += [b"--b", "é".encode() * 30, b"long" * 40, b" ", b"41", b"\r", b"\n", b"a " * 50 + newline + b"."]
    replacements = st.sampled_from(words)
    offsets = [draw(st.integers(0, len(octets))) for _ in range(2 * draw(st.integers(1, 3)))]
    # The halves of a line ending stay together, as characters of a text do.
    offsets = sorted(at - (octets[at - 1 : at + 1] == b"\r\n") for at in offsets)
    return [
        (start, stop, draw(replacements)) for start, stop in zip(offsets[::2], offsets[1::2], strict=True)
    ]


@given(hostile_body)
def test_every_octet_is_where_the_map_says(data: bytes) -> None:
    decoded = transfer.decode(QP, data)
    octets, spans = read(data)
    assert decoded.octets == octets
    assert decoded.encoded_offset(len(octets)) == len(data)
    for index, (start, stop) in enumerate(spans):
        assert decoded.encoded_offset(index) == start
        assert decoded.encoded_span(index, index + 1) == (start, stop)
        between = data[start : decoded.encoded_offset(index + 1)]
        # A bare CR is no soft line break in front of an LF that is cut off: read it with what follows.
        assert transfer.decode(QP, between + b"x").octets[:1] == octets[index : index + 1]


@given(hostile_body, st.data())
def test_offsets_do_not_depend_on_the_order_of_asking(data: bytes, draw: st.DataObject) -> None:
    octets, spans = read(data)
    decoded = transfer.decode(QP, data)
    for index in draw.draw(st.permutations(range(len(octets)))):
        assert decoded.encoded_offset(index) == spans[index][0]


@given(hostile_body, st.sampled_from([b"\r\n", b"\n", b"\r"]), st.booleans(), st.data())
def test_hostile_body_decodes_to_the_edited_octets(
    data: bytes, newline: bytes, text: bool, draw: st.DataObject
) -> None:
    octets = read(data)[0]
    edits = draw.draw(edits_of(octets, newline))
    assert read(spliced(data, edits, newline, text=text))[0] == apply(octets, edits)


@settings(max_examples=300)
@given(wrapped_bodies(), st.data())
def test_well_formed_body_stays_well_formed(body: tuple[bytes, bytes], draw: st.DataObject) -> None:
    data, newline = body
    octets = transfer.decode(QP, data).octets
    assert octets == binascii.a2b_qp(data) == quopri.decodestring(data)
    edits = draw.draw(edits_of(octets, newline))
    result = spliced(data, edits, newline)
    assert binascii.a2b_qp(result) == apply(octets, edits)
    original = data.split(newline)
    for line in result.split(newline):
        if line not in original:
            assert len(line) <= 76
            assert not line.endswith((b" ", b"\t"))
            unsafe = UNSAFE.match(line)
            assert unsafe is None or any(old.startswith(unsafe[0]) for old in original)


@given(wrapped_bodies(), st.data())
def test_only_touched_lines_change(body: tuple[bytes, bytes], draw: st.DataObject) -> None:
    data, newline = body
    decoded = transfer.decode(QP, data)
    edits = draw.draw(edits_of(decoded.octets, newline))
    lines: set[int] = set()
    for start, stop, _ in edits:
        first, last = decoded.encoded_span(start, stop)
        lines.update(range(data.count(b"\n", 0, first), data.count(b"\n", 0, last) + 1))
    for start, stop, _ in transfer.splice(QP, data, decoded, edits, newline):
        assert data.count(b"\n", 0, start) in lines
        assert data.count(b"\n", 0, max(start, stop - 1)) in lines


@given(
    st.lists(
        st.sampled_from([b"a", b" ", b"=", b".", b"\r", b"\n", b"\r\n", b"--", b"From ", b"\xff", b"w" * 37])
    )
)
def test_encoded_body_is_safe_and_exact(parts: list[bytes]) -> None:
    octets = b"".join(parts)
    for newline in (b"\r\n", b"\n"):
        for text in (True, False):
            encoded = transfer.encode(QP, octets, newline, text=text)
            assert binascii.a2b_qp(encoded) == octets
            for line in encoded.split(newline):
                assert len(line) <= 76
                assert not line.endswith((b" ", b"\t"))
                assert not re.match(rb"\.|From |--", line)
            if text and newline == b"\n" and b"\r" not in octets:
                hard = [line for line in encoded.split(b"\n") if not line.endswith(b"=")]
                assert len(hard) == octets.count(b"\n") + 1


def test_soft_line_break_inside_placeholder() -> None:
    data = b"<p>Kind regards</p><p>{EMAILSIG=\r\nNATURE}</p>=\r\n<p>=C3=A4</p>\r\n"
    assert replaced(data, b"{EMAILSIGNATURE}", b"<b>Ann</b>") == (
        b"<p>Kind regards</p><p><b>Ann</b></p>=\r\n<p>=C3=A4</p>\r\n"
    )


def test_escaped_letters_inside_placeholder() -> None:
    data = b"a =7bEMAIL=53IGNATURE=7D b=c3=a9=41\r\nlast\r\n"
    assert replaced(data, b"{EMAILSIGNATURE}", b"Ann") == b"a Ann b=c3=a9=41\r\nlast\r\n"


def test_untouched_characters_keep_their_spelling() -> None:
    data = b"=e4=41_x{SIG}=c3=A9=42\r\n"
    assert replaced(data, b"{SIG}", b"=") == b"=e4=41_x=3D=c3=A9=42\r\n"


def test_long_replacement_stands_between_soft_line_breaks() -> None:
    data = b"one\r\nbefore {SIG} behind\r\nlast\r\n"
    result = replaced(data, b"{SIG}", b"w" * 100)
    assert result == b"one\r\nbefore =\r\n" + b"w" * 75 + b"=\r\n" + b"w" * 25 + b" behind\r\nlast\r\n"


def test_encoded_replacement_is_the_same_wherever_it_stands() -> None:
    signature = b"<table>" + b"<tr><td>Ann</td></tr>\r\n" * 40 + b"</table>"
    block = transfer.encode(QP, signature, b"\r\n")
    for width in range(1, 70):
        assert block in replaced(b"x" * width + b"{SIG}rest\r\n", b"{SIG}", signature)


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"Regards {SIG}\r\n", b"Regards=20\r\n"),
        (b"Regards\t{SIG}", b"Regards=09"),
        (b"Regards {SIG}=\r\n\r\n", b"Regards =\r\n\r\n"),
        (b"x" * 74 + b" =\r\n{SIG}\r\n", b"x" * 74 + b" =\r\n\r\n"),
        (b"{SIG}.\r\n", b"=2E\r\n"),
        (b"{SIG}From here\r\n", b"=46rom here\r\n"),
        (b"{SIG}--boundary\r\n", b"=2D-boundary\r\n"),
        (b".{SIG}\r\n", b".=\r\n\r\n"),
        (b"F{SIG}rom me\r\n", b"F=\r\nrom me\r\n"),
        (b"-{SIG}-b\r\n", b"-=\r\n-b\r\n"),
        (b"a={SIG}41\r\n", b"a=3D41\r\n"),
        (b"a=4{SIG}1\r\n", b"a=3D41\r\n"),
        (b"a= {SIG}\r\n", b"a=3D=20\r\n"),
        (b"a={SIG}\r\n", b"a=3D\r\n"),
        (b"{SIG}", b""),
        (b"one {SIG} two  \r\n", b"one  two  \r\n"),
    ],
)
def test_deletion(data: bytes, result: bytes) -> None:
    assert replaced(data, b"{SIG}", b"") == result


def test_deletion_in_a_line_of_any_length_makes_no_new_break() -> None:
    data = b"x" * 300 + b"{SIG}" + b"y" * 300 + b"\r\n"
    assert replaced(data, b"{SIG}", b"") == b"x" * 300 + b"y" * 300 + b"\r\n"


def test_deletion_over_soft_line_breaks_breaks_again_where_needed() -> None:
    data = b"x" * 70 + b"{SI=\r\nG}" + b"y" * 70 + b"\r\n"
    assert replaced(data, b"{SIG}", b"") == b"x" * 70 + b"=\r\n" + b"y" * 70 + b"\r\n"


def test_replacement_behind_a_full_line_takes_its_last_character_along() -> None:
    data = b"x" * 73 + b"=C3"
    assert spliced(data, [(74, 74, b"!")]) == b"x" * 73 + b"=\r\n=C3!"


@pytest.mark.parametrize(
    ("data", "new", "result"),
    [
        (b"x" * 76 + b"{SIG}", b"w" * 100, b"x" * 75 + b"=\r\nx=\r\n" + b"w" * 75 + b"=\r\n" + b"w" * 25),
        (b"x" * 76 + b"{S=\r\nIG}" + b"y" * 76, b"", b"x" * 75 + b"=\r\nx=\r\n" + b"y" * 76),
        (b"x" * 76 + b"{S=\r\nIG}" + b"y" * 60, b"", b"x" * 75 + b"=\r\nx" + b"y" * 60),
        (b"{SIG}--" + b"y" * 74, b"", b"=2D=\r\n-" + b"y" * 74),
        (b"x" * 75 + b" {SIG}", b"", b"x" * 75 + b"=\r\n=20"),
        (b"x" * 74 + b"={SIG}4", b"", b"x" * 74 + b"=\r\n=3D4"),
        (b"x" * 80 + b" {SIG}", b"", b"x" * 80 + b"=20"),
    ],
)
def test_line_without_room_is_broken_before_its_last_character(
    data: bytes, new: bytes, result: bytes
) -> None:
    assert replaced(data, b"{SIG}", new) == result


def test_very_large_replacement() -> None:
    new = b"<p>long</p>\r\n" * 20_000
    assert replaced(b"a {SIG} b", b"{SIG}", new) == b"a <p>long</p>\r\n" + new[13:] + b" b"


def test_blank_before_a_replacement_that_begins_with_a_line_break() -> None:
    assert replaced(b"Hi {SIG}\r\n", b"{SIG}", b"\r\n-- \r\nAnn") == b"Hi=20\r\n=2D-=20\r\nAnn\r\n"


def test_line_breaks_of_the_replacement_are_the_bodys_own() -> None:
    assert replaced(b"Hi {SIG}\n", b"{SIG}", b"Ann\nBo\r", b"\n") == b"Hi Ann\nBo=0D\n"
    assert replaced(b"Hi {SIG}\r\n", b"{SIG}", b"Ann\r\nBo\n") == b"Hi Ann\r\nBo=0A\r\n"
    assert replaced(b"Hi\r{SIG}\r", b"{SIG}", b"Ann\rBo", b"\r") == b"Hi\rAnn\rBo\r"


def test_utf_16_halves_are_never_line_breaks() -> None:
    octets = "a\r\n{SIG}\r\n".encode("utf-16-le")
    data = transfer.encode(QP, octets, b"\r\n", text=False)
    new = "ഊ\r\n".encode("utf-16-le")
    result = spliced(data, [(6, 16, new)], text=False)
    assert transfer.decode(QP, result).octets == octets[:6] + new + octets[16:]
    assert binascii.a2b_qp(result) == octets[:6] + new + octets[16:]
    assert not re.search(rb"(?<!=)\r\n", result)


def test_several_edits_on_one_line() -> None:
    data = b"a{1}b{2}c{3} \r\n".replace(b" \r", b"=20\r")
    octets = transfer.decode(QP, data).octets
    edits = [(1, 4, b"x"), (5, 8, b""), (9, 12, b"y" * 80)]
    result = spliced(data, edits)
    assert result == b"axbc=\r\n" + b"y" * 75 + b"=\r\n" + b"y" * 5 + b"=20\r\n"
    assert read(result)[0] == apply(octets, edits)


@pytest.mark.parametrize("before", [b"", b"a\r\n", b"a\n", b"a\r", b"a=\r\n", b"a"])
@pytest.mark.parametrize("behind", [b"", b"\r\nb", b"\nb", b"\rb", b"=\r\nb", b" \r\n", b"b"])
@pytest.mark.parametrize("newline", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("new", [b"", b"Ann", b"Ann ", b".", b"--\nAnn\n"])
def test_edit_by_itself_is_written_like_one_of_several(
    before: bytes, behind: bytes, newline: bytes, new: bytes
) -> None:
    new = new.replace(b"\n", newline)
    data = before + b"{SIG}" + behind + newline + newline + b"{SIG}"
    first = transfer.decode(QP, data).octets.index(b"{SIG}")
    last = len(transfer.decode(QP, data).octets) - len(b"{SIG}")
    by_itself = spliced(data, [(first, first + 5, new)], newline)
    assert spliced(data, [(first, first + 5, new), (last, last, b"")], newline) == by_itself
    assert transfer.decode(QP, by_itself).octets.count(b"{SIG}") == 1


def test_insertions_at_one_place_keep_their_order() -> None:
    result = spliced(b"ab\r\n", [(1, 1, b"</b>"), (1, 1, b"SIG"), (1, 1, b"<b>")])
    assert result == b"a</b>SIG<b>b\r\n"


def test_append_before_a_last_soft_line_break() -> None:
    assert spliced(b"text=", [(4, 4, b"!")]) == b"text!="
    assert spliced(b"text=\r\n", [(4, 4, b"!")]) == b"text!=\r\n"
    assert spliced(b"", [(0, 0, b"new")]) == b"new"


@pytest.mark.parametrize(
    ("data", "octets"),
    [
        (b"a=ZZb", b"a=ZZb"),
        (b"a==41", b"a=A"),
        (b"a= \t\r\nb", b"ab"),
        (b"a=\rb\nc", b"ab\nc"),
        (b"a=\r\r\nb", b"ab"),
        (b"a=", b"a"),
        (b"a= ", b"a"),
        (b"a=4", b"a=4"),
        (b"==", b"="),
        (b"= =", b"= "),
        (b"=3D a", b"= a"),
        (b"=3D a= \r\nb", b"= ab"),
        (b"=3D a=\rb\nc", b"= ab\nc"),
        (b"a\rb=\r\nc", b"a\rbc"),
        (b"a  \r\nb", b"a  \r\nb"),
        (b"a_b=e9\xe9\x00", b"a_b\xe9\xe9\x00"),
        (b"=\n=\r\n=3d=0D=0a", b"=\r\n"),
    ],
)
def test_reading_of_what_the_standard_leaves_open(data: bytes, octets: bytes) -> None:
    assert transfer.decode(QP, data).octets == octets == read(data)[0]


def test_stdlib_mail_reader_sees_the_edited_text() -> None:
    body = transfer.encode(QP, "Grüße\r\n{SIG}\r\nEnde — äöü\r\n".encode() * 5, b"\r\n")
    octets = transfer.decode(QP, body).octets
    start = octets.index(b"{SIG}", 60)
    result = spliced(body, [(start, start + 5, "Ängström, Örebro\r\nTel. 1".encode())])
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    payload = message_from_bytes(head + result).get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().count("Ängström, Örebro\r\nTel. 1") == 1
    assert payload == apply(octets, [(start, start + 5, "Ängström, Örebro\r\nTel. 1".encode())])


@pytest.mark.parametrize(
    "unit", [b"=\n", b"=", b"==", b"=\r", b"= ", b"a=\n=\n=\n", b"=41", b"\r", b"-", b"=\r\r", b"= \n"]
)
def test_hostile_megabyte_is_read_and_edited_in_linear_work(unit: bytes) -> None:
    data = unit * (200_000 // len(unit)) + b"{SIG}" + unit * (200_000 // len(unit))
    octets = read(data)[0]
    start = octets.index(b"{SIG}")
    edits = [(0, 0, b"x"), (start, start + 5, b""), (len(octets), len(octets), b"y")]
    assert read(spliced(data, edits))[0] == apply(octets, edits)


def test_span_at_the_end_does_not_hang_on_what_was_asked_before() -> None:
    body = b"x" * 300 + b"=\n"
    for asked in ([], [299], [0, 150]):
        _, offsets = quoted_printable.decode(body)
        for index in asked:
            offsets.start(index)
        assert offsets.span(300, 300) == (300, 300)
