import codecs
import encodings.aliases

import pytest
import webencodings
from hypothesis import given
from hypothesis import strategies as st
from webencodings.labels import LABELS

from xinksig.mime import labels
from xinksig.mime.labels import lookup

# What browsers refuse to decode, and Python cannot.
REPLACED = {"replacement", "iso-2022-cn", "iso-2022-cn-ext"}
# Python's text codecs that are no charsets of mail.
NO_CHARSETS = {"cp037", "cp1026", "cp1140", "cp273", "cp424", "cp500", "mbcs", "utf_8_sig"}


@pytest.mark.parametrize("label", sorted(set(LABELS) - REPLACED))
def test_labels_of_the_encoding_standard(label: str) -> None:
    charset = lookup(label)
    assert charset is not None
    if charset.kind == "single" and label != "x-user-defined":
        octets = bytes(range(256))
        standard = webencodings.lookup(label)
        assert standard is not None
        theirs, _ = standard.codec_info.decode(octets, "replace")
        assert octets.decode(charset.reader, "replace") == theirs


@pytest.mark.parametrize("label", sorted(encodings.aliases.aliases))
def test_labels_of_python(label: str) -> None:
    codec = encodings.aliases.aliases[label]
    charset = lookup(label)
    try:
        is_text = codecs.lookup(codec)._is_text_encoding
    except LookupError:
        is_text = False
    if codec in NO_CHARSETS or not is_text:
        assert charset is None
    else:
        assert charset is not None


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("UTF-8", "utf-8"),
        (" utf8\r\n", "utf-8"),
        ("Latin1", "iso-8859-1"),
        ("ISO_8859-1:1987", "iso-8859-1"),
        ("ANSI_X3.4-1968", "us-ascii"),
        ("x-cp1251", "windows-1251"),
        ("ks_c_5601-1987", "euc-kr"),
        ("GB_2312-80", "gb2312"),
        ("Shift-JIS", "shift_jis"),
        ("windows-31j", "windows-31j"),
        ("csISO2022JP", "iso-2022-jp"),
        ("HZ-GB-2312", "hz-gb-2312"),
        ("unicode-1-1-utf-7", "utf-7"),
        ("UTF-32BE", "utf-32be"),
        ("iso-8859-8-i", "iso-8859-8"),
        ("TIS-620", "tis-620"),
    ],
)
def test_label_in_any_spelling(label: str, name: str) -> None:
    charset = lookup(label)
    assert charset is not None
    assert charset.name == name


@pytest.mark.parametrize(
    "label",
    [
        *[
            "punycode",
            "idna",
            "unicode_escape",
            "raw_unicode_escape",
            "charmap",
            "undefined",
            "base64",
            "zlib",
            "rot13",
            "mbcs",
            "oem",
        ],
        *[
            "cp037",
            "ibm1140",
            "ebcdic-cp-us",
            "../utf-8",
            "utf-8;x",
            "x-unknown",
            "utf-8-sig",
            "#",
            "replacement",
        ],
        *("", " ", "utf-8\0", "\0", "ｕｔｆ-8", "\u212aoi8-r", "utf-8" + " " * 1_000_000, "a" * 1_000_000),
    ],
    ids=lambda label: ascii(label[:20]),
)
def test_label_that_is_no_charset_of_mail(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "lookup", lambda _: pytest.fail("a label reached the codec registry"))
    assert lookup(label) is None


def test_no_label() -> None:
    assert lookup(None) is None


@given(st.text())
def test_any_string_may_be_asked_for(label: str) -> None:
    assert lookup(label) is None or label.isascii()


def test_common_labels_do_not_read_the_table() -> None:
    labels._table.cache_clear()
    for label in ("utf-8", "UTF-8", "us-ascii", "iso-8859-1", "Windows-1252"):
        assert lookup(label) is not None
    assert labels._table.cache_info().currsize == 0


def test_common_labels_are_as_in_the_table() -> None:
    for label, charset in labels._COMMON.items():
        assert labels._table()[label.translate(labels._IGNORED)] == charset


def test_codecs_of_the_table_exist_and_keep_ascii() -> None:
    octets = bytes(range(0x20, 0x7F)) + b"\r\n\t"
    for charset in set(labels._table().values()):
        for codec in {charset.codec, charset.reader}:
            codecs.lookup(codec)
            if charset.ascii_compatible:
                assert octets.decode(codec) == octets.decode("ascii")
            elif charset.kind == "multi" or charset.name == "cp864":
                wrong = {
                    a for a, b in zip(octets.decode("ascii"), octets.decode(codec), strict=True) if a != b
                }
                assert wrong <= set(charset.doubt)
