from email.header import Header, decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counting import assert_linear
from xinksig.mime.words import codec, decode, decode_octets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?UTF-8?Q?a_b=5Fc?=", "a b_c"),
        ("=?iso-8859-1?b?Y2Fm6Q==?=", "café"),
        ("=?utf-8?B?w6Q?=", "ä"),
        ("=?us-ascii*en-us?q?a?=", "a"),
        ("Re: =?utf-8?q?=C3=A4?= (x)", "Re: ä (x)"),
        ("x=?utf-8?q?=C3=A4?=y", "xäy"),
        # RFC 2047, 8
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-2?Q?b?=", "ab"),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A4?=", "ä"),
        ("=?utf-8?b?w6TD?= =?utf-8?b?tg==?=", "äö"),
        ("=?iso-2022-jp?B?GyRCJCIbKEI=?= =?iso-2022-jp?B?GyRCJCQbKEI=?=", "あい"),
        ("=?utf-8?q?what??=", "what?"),
        ("=?utf-8?q?why?or=3F?=", "why?or?"),
        ("=?utf-8?q?two words?=", "two words"),
        ("=?utf-8?q??=", ""),
        ("a =?utf-8?q?x=?= b", "a x= b"),
        ("=?utf-8?q?a==3D=ZZ=3?=", "a===ZZ=3"),
        ("=?us-ascii?q?=E4?=", "ä"),
        ("=?ascii?q?=C3=A4?=", "ä"),
        ("=?iso-8859-1?q?=93x=94?=", "“x”"),
        ("=?iso-8859-8-i?q?=F9?=", "ש"),
        ("=?gb2312?b?jMI=?=", "屄"),
        ("=?utf-7?q?Fr+APY-sche?=", "Frösche"),
        ("=?us-ascii?q?=C3=A4?=", "ä"),
        ("=?utf-8?q?=E4?=", "\ufffd"),
        ("=?iso-8859-1?q?=81=E4?=", "\x81ä"),
        ("=?iso-2022-jp?q?=1B$B=22!=1B=28B_x?=", "◆ x"),
    ],
)
def test_decoded(text: str, expected: str) -> None:
    assert decode(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?q?unclosed",
        "=?utf-8?x?abc?=",
        "=?utf-8?b?a?=",
        "=?utf-8?b?a*b?=",
        "=?utf-8?b?YW==Yg==?=",
        "=?no-such-charset?q?a?=",
        "=?idna?q?a?=",
        "=?punycode?q?a?=",
        "=?unicode_escape?q?=5Cu0041?=",
        "=?cp037?q?abc?=",
        "=?../x?q?a?=",
        "=?\x00?q?a?=",
        "=??q?a?=",
        "=?utf-8?q?ä?=",
        "=?utf-8?q?a\r\nb?=",
        "=? utf-8?q?a?=",
        "=?" + "a" * 76 + "?q?a?=",
        "=?=?=?",
        "a = b? c?=",
    ],
)
def test_invalid_ones_stay_as_they_stand(text: str) -> None:
    assert decode(text) == text


def test_invalid_one_between_valid_ones_stays() -> None:
    assert decode("=?utf-8?q?a?= =?nope?q?b?= =?utf-8?q?c?=") == "a =?nope?q?b?= c"


@pytest.mark.parametrize(
    ("octets", "label", "expected"),
    [
        (b"caf\xe9", "iso-8859-1", "café"),
        (b"caf\xc3\xa9", "", "café"),
        (b"caf\xe9", "", "café"),
        (b"caf\xc3\xa9", "nope", "café"),
        (b"\x1b$B\x7f\x1b(B", "iso-2022-jp", "\ufffd"),
        (b"abc", "nope", "abc"),
    ],
)
def test_octets(octets: bytes, label: str, expected: str) -> None:
    assert decode_octets(octets, label).replace("\ufffd\ufffd", "\ufffd") == expected


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "unicode_escape", "rot13", "zlib", "cp037", "undefined", "\x00", ""]
)
def test_dangerous_label_has_no_codec(label: str) -> None:
    assert codec(label) is None


@given(
    st.text('aä б_?=あ😀 ,"', max_size=60), st.sampled_from(["utf-8", "iso-8859-1", "iso-2022-jp", "koi8-r"])
)
def test_what_the_standard_library_writes_is_read_back(text: str, charset: str) -> None:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    written = Header(text, charset, maxlinelen=40).encode()
    assert decode(written.replace("\n", "")) == str(make_header(decode_header(written)))


PIECES = [
    "=?",
    "?=",
    "utf-8",
    "?q?",
    "?b?",
    "=C3",
    "=A4",
    "w6Q=",
    " ",
    "\r\n ",
    "iso-2022-jp",
    "=1B$B",
    "utf-7",
    "+2AA-",
    "ä",
    "x",
]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_no_text_raises_and_every_result_can_be_encoded(text: str) -> None:
    decode(text).encode("utf-8")


@given(
    st.binary(max_size=30),
    st.sampled_from(["utf-8", "utf-7", "utf-16", "iso-2022-jp", "gb18030", "koi8-r", "x"]),
)
def test_no_octets_raise_and_every_result_can_be_encoded(octets: bytes, label: str) -> None:
    decode_octets(octets, label).encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "=?" * 100_000,
        "=?utf-8?q?" * 30_000,
        "=?utf-8?q?" + "x" * 300_000,
        "=?utf-8?q?" + "?x" * 150_000,
        ("=?utf-8?q?" + "x" * 200) * 2_000,
        "=?" + "a" * 300_000,
        "=?utf-8?q?x?=" * 25_000,
        "=?utf-8?q?x?= " * 25_000,
        "=?utf-8?q?x?=y" * 25_000,
        "=?utf-8?q?x?=" + " " * 300_000 + "y",
        "=?utf-8?b?YQ==?= =?koi8-r?b?YQ==?= " * 8_000,
        "=?nope?q?x?= " * 25_000,
    ],
    ids=lambda text: text[:30],
)
def test_large_texts_are_read_in_linear_time(text: str) -> None:
    assert_linear(lambda size: decode(text[:size]), 20_000)
