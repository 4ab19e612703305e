import binascii
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig.mime import transfer


@pytest.mark.parametrize("encoding", transfer.IDENTITY)
def test_identity_body_is_its_own_octets(encoding: str) -> None:
    data = b"a=41\r\n\x00\xff{SIG}\r\n"
    decoded = transfer.decode(encoding, data)
    assert decoded.octets is data
    assert decoded.problem == ""
    assert [decoded.encoded_offset(index) for index in range(len(data) + 1)] == list(range(len(data) + 1))
    assert decoded.encoded_span(3, 7) == (3, 7)


@pytest.mark.parametrize("encoding", transfer.IDENTITY)
def test_identity_edits_change_their_spans_only(encoding: str) -> None:
    data = b"one {SIG} two {SIG}"
    edits = [(4, 9, b"Ann\n"), (14, 14, b"x"), (14, 19, b"")]
    assert transfer.splice(encoding, data, transfer.decode(encoding, data), edits, b"\r\n") == edits


@pytest.mark.parametrize("encoding", transfer.ENCODINGS)
@given(octets=st.binary(max_size=200))
def test_encoded_body_decodes_to_itself(encoding: str, octets: bytes) -> None:
    for newline in (b"\r\n", b"\n"):
        assert transfer.decode(encoding, transfer.encode(encoding, octets, newline)).octets == octets


@pytest.mark.parametrize("encoding", transfer.ENCODINGS)
def test_no_edits_change_nothing(encoding: str) -> None:
    data = transfer.encode(encoding, b"text", b"\r\n")
    assert transfer.splice(encoding, data, transfer.decode(encoding, data), [], b"\r\n") == []


@pytest.mark.parametrize("encoding", transfer.ENCODINGS)
def test_whole_body_can_be_replaced(encoding: str) -> None:
    data = transfer.encode(encoding, b"some text\r\n", b"\r\n")
    decoded = transfer.decode(encoding, data)
    [(start, stop, octets)] = transfer.splice(encoding, data, decoded, [(0, 11, b"other")], b"\r\n")
    assert transfer.decode(encoding, data[:start] + octets + data[stop:]).octets == b"other"


def bodies(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the encoding and the body of every text part that the standard library finds in real mail."""
    for path in sorted(folder.glob("*/*.eml")):
        for part in message_from_bytes(path.read_bytes()).walk():
            encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
            payload = part.get_payload()
            if encoding in ("quoted-printable", "base64") and isinstance(payload, str):
                yield encoding, payload.encode("utf-8", "surrogateescape")


def standard(encoding: str, data: bytes) -> bytes:
    return binascii.a2b_base64(data) if encoding == "base64" else binascii.a2b_qp(data)


def test_real_bodies_are_read_and_edited_as_the_standard_library_reads_them(open_corpus: Path) -> None:
    counted = 0
    for encoding, data in bodies(open_corpus):
        decoded = transfer.decode(encoding, data)
        try:
            octets = standard(encoding, data)
        except binascii.Error:
            continue
        if decoded.problem or octets != decoded.octets:
            continue
        counted += 1
        newline = b"\r\n" if b"\r\n" in data else b"\n"
        for place in (0, len(octets) // 3, len(octets) // 2, len(octets)):
            place -= octets[place - 1 : place + 1] == b"\r\n"
            edits = [(place, min(place + 5, len(octets)), b"<b>Ann \xc3\xa4</b>" + newline)]
            if octets[edits[0][1] - 1 : edits[0][1] + 1] == b"\r\n":
                continue
            pieces, at = [], 0
            for start, stop, written in transfer.splice(encoding, data, decoded, edits, newline):
                pieces += [data[at:start], written]
                at = stop
            edited = octets[:place] + edits[0][2] + octets[edits[0][1] :]
            assert standard(encoding, b"".join([*pieces, data[at:]])) == edited
    assert counted > 100
