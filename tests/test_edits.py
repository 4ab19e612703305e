"""The ordered list of edits, and how it is cut into the stream."""

from hypothesis import given
from hypothesis import strategies as st

from xinksig.edits import Change, EditList, growth


def cut_all(data: bytes, changes: list[Change], stops: list[int]) -> tuple[bytes, EditList]:
    """Cut a message at these offsets, all changes known before."""
    edits = EditList()
    edits.add(changes)
    pieces: list[bytes | memoryview] = []
    start = 0
    for stop in stops:
        pieces += edits.cut(data, 0, start, stop)
        start = stop
    pieces += edits.cut(data, 0, start, len(data), last=True)
    return b"".join(pieces), edits


def test_replacement_insertion_and_removal() -> None:
    changes = [Change(0, 0, b"<", "a"), Change(2, 4, b"XX", "b"), Change(5, 6, b"", "c")]
    output, edits = cut_all(b"abcdef", changes, [])
    assert output == b"<abXXe"
    assert [(edit.start, edit.stop, edit.replacement) for edit in edits.report()] == [
        (0, 0, b"<"),
        (2, 4, b"XX"),
        (5, 6, b""),
    ]


def test_insertions_at_one_offset_keep_their_order_and_are_reported_as_one() -> None:
    changes = [Change(2, 2, b"1", "a"), Change(2, 2, b"2", "b"), Change(2, 3, b"3", "a")]
    output, edits = cut_all(b"abcd", changes, [2])
    assert output == b"ab123d"
    (edit,) = edits.report()
    assert (edit.start, edit.stop, edit.replacement, edit.why) == (2, 3, b"123", "a, b")


def test_insertion_at_the_end_of_a_cut_waits_for_what_follows() -> None:
    edits = EditList()
    edits.add([Change(2, 2, b"!", "a")])
    assert b"".join(edits.cut(b"ab", 0, 0, 2)) == b"ab"
    assert b"".join(edits.cut(b"", 2, 2, 2, last=True)) == b"!"


def test_growth_counts_what_is_added_and_taken_out() -> None:
    assert growth([Change(0, 3, b"", "a"), Change(5, 5, b"four", "b")]) == 1


@st.composite
def changes(draw: st.DrawFn) -> tuple[bytes, list[Change]]:
    data = draw(st.binary(max_size=40))
    offsets = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    spans = zip(offsets[::2], offsets[1::2], strict=False)
    return data, [Change(start, stop, draw(st.binary(max_size=3)), "x") for start, stop in spans]


@given(changes(), st.data())
def test_any_cutting_gives_the_same_octets_and_the_reported_edits_give_them_too(
    case: tuple[bytes, list[Change]], data: st.DataObject
) -> None:
    message, edits = case
    stops = sorted(
        stop
        for stop in data.draw(st.lists(st.integers(0, len(message)), max_size=6))
        if not any(edit.start < stop < edit.stop for edit in edits)
    )
    expected, _ = cut_all(message, edits, [])
    output, listed = cut_all(message, edits, stops)
    assert output == expected
    at, pieces = 0, []
    for edit in listed.report():
        assert at <= edit.start <= edit.stop
        pieces += [message[at : edit.start], edit.replacement]
        at = edit.stop
    assert b"".join(pieces) + message[at:] == output
