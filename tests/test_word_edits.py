"""Taking the opt-out word out of a subject."""

import pytest

from xinksig.mime.word_edits import without


def left(body: bytes, word: str = "[nosig]", *, ignore_case: bool = True) -> bytes:
    at, pieces = 0, []
    for start, stop, octets in without(body, word, ignore_case=ignore_case):
        pieces += [body[at:start], octets]
        at = stop
    return b"".join(pieces) + body[at:]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b" Hello\r\n", b" Hello\r\n"),
        (b" [nosig] Hello\r\n", b" Hello\r\n"),
        (b" Hello [nosig]\r\n", b" Hello\r\n"),
        (b" Hello [NoSig] world\r\n", b" Hello world\r\n"),
        (b" [nosig]\r\n", b" \r\n"),
        (b" a[nosig]b [nosig] c\r\n", b" ab c\r\n"),
        (b" folded\r\n [nosig] on\r\n", b" folded\r\n on\r\n"),
        (b" =?utf-8?Q?Gr=C3=BC=C3=9Fe_[nosig]?= x\r\n", b" =?utf-8?Q?Gr=C3=BC=C3=9Fe?= x\r\n"),
        (b" =?utf-8?B?R3LDvMOfZSBbbm9zaWdd?=\r\n", b" =?utf-8?B?R3LDvMOfZQ==?=\r\n"),
        (b" =?iso-8859-1?q?[nosig]_=FC?=\r\n", b" =?iso-8859-1?q?=FC?=\r\n"),
        (b" =?utf-8?q?other?= =?utf-8?q?[nosig]?=\r\n", b" =?utf-8?q?other?= \r\n"),
        (b" =?unknown?q?[nosig]=FC?= x\r\n", b" =?unknown?q?[nosig]=FC?= x\r\n"),
    ],
)
def test_word_goes_with_a_blank_beside_it(body: bytes, expected: bytes) -> None:
    assert left(body) == expected


def test_case_counts_where_it_is_asked_for() -> None:
    assert left(b" [NOSIG] x", ignore_case=False) == b" [NOSIG] x"


def test_word_that_is_not_ascii() -> None:
    assert left(" Grüße [ohne] x".encode(), "Grüße") == b" [ohne] x"
