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
