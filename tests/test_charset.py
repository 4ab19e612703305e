from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charset_support import DRAWN, EACH, NAMES, as_read, charset_named, encoded, replaced
from xinksig.mime import charset as charsets


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_as_nothing(name: str) -> None:
    text = charsets.read(charset_named(name), encoded(name, "{SIG}"))
    assert charsets.encode(text, "") == charsets.encode_html(text, "") == b""


@EACH
@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data())
def test_html_is_written_without_loss(name: str, data: st.DataObject) -> None:
    text = charsets.read(charset_named(name), encoded(name, "{SIG}"))
    html = data.draw(st.text(st.sampled_from("ab<>\\~%+- é€文あ가Ж✓😀¥‾〜"), max_size=12))
    octets = charsets.encode_html(text, html)
    assert unescape(as_read(text, octets)) == html
    assert charsets.encode_html(text, html, seven_bit=True).isascii()


@pytest.mark.parametrize(
    ("name", "octets", "strict"),
    [
        ("iso-8859-1", b"Gr\xfc\xdfe", True),
        ("iso-8859-1", b"\x93quote\x94", False),
        ("windows-1252", b"\x93quote\x94", True),
        ("windows-1252", b"\x81", False),
        ("iso-8859-9", b"\x80", False),
        ("utf-8", "ü".encode(), True),
        ("utf-8", b"\xfc", False),
        ("us-ascii", b"plain", True),
        ("us-ascii", b"\xfc", False),
        ("gb2312", "中文".encode("gb2312"), True),
        ("gb2312", b"\xa1\xaa", False),
        ("gb2312", "镕".encode("gbk"), False),
        ("shift_jis", "日本".encode("shift_jis"), True),
        ("shift_jis", b"\x81\x60", False),
        ("shift_jis", b"\x87\x40", False),
        ("euc-jp", b"\xa1\xc1", False),
        ("koi8-u", b"\xae", False),
        ("koi8-u", b"\xa4", True),
        ("big5", b"\xa1\x45", False),
        ("euc-kr", "가".encode("euc-kr"), True),
        ("euc-kr", b"\x81\x41", False),
        ("iso-2022-jp", "日本".encode("iso2022_jp"), True),
        ("iso-2022-jp", b"\x1b(I12\x1b(B", False),
        ("utf-7", b"+2D0-", False),
        ("shift_jis-2004", b"\\", False),
    ],
)
def test_strict_means_that_all_readers_agree(name: str, octets: bytes, strict: bool) -> None:
    assert charsets.read(charset_named(name), octets).strict is strict


@pytest.mark.parametrize(
    ("name", "characters"),
    [
        ("iso-8859-1", "€"),
        ("iso-8859-1", "\x80"),
        ("shift_jis", "¥"),
        ("shift_jis", "〜"),
        ("euc-jp", "¥"),
        ("euc-jp", "−"),
        ("gb2312", "—"),
        ("big5", "•"),
        ("us-ascii", "é"),
        ("cp864", "%"),
        ("shift_jis-2004", "\\"),
        ("utf-8", "\ud800"),
        ("iso-2022-jp", "ｱ"),
        ("x-mac-arabic", "ع"),
    ],
)
def test_what_readers_read_in_two_ways_is_not_written(name: str, characters: str) -> None:
    text = charsets.read(charset_named(name), b"{SIG}")
    assert charsets.encode(text, characters) is None
    html = charsets.encode_html(text, f"<b>{characters}</b>")
    if characters in "\x80\ud800":
        assert html == b"<b></b>"
    else:
        assert html == f"<b>&#{ord(characters)};</b>".encode()


def test_style_sheet_gets_escapes_instead_of_references() -> None:
    text = charsets.read(charset_named("iso-8859-1"), b"")
    html = '<STYLE>q::before{content:"→ é"}</style><p title="→">→</p><style>→</style>'
    assert charsets.encode_html(text, html) == (
        '<STYLE>q::before{content:"\\002192 é"}</style><p title="&#8594;">&#8594;</p><style>\\002192</style>'
    ).encode("latin-1")


def test_seven_bit_body_gets_references_for_all_but_ascii() -> None:
    text = charsets.read(charset_named("utf-8"), b"{SIG}")
    assert charsets.encode_html(text, "é") == "é".encode()
    assert charsets.encode_html(text, "é&amp;", seven_bit=True) == b"&#233;&amp;"
    text = charsets.read(charset_named("iso-2022-jp"), b"{SIG}")
    assert charsets.encode_html(text, "山é", seven_bit=True) == "山&#233;".encode("iso2022_jp")


GERMAN = "Grüße aus Zürich, schöne Tage {SIG}"
RUSSIAN = "Привет, как дела? С уважением {SIG}"


@pytest.mark.parametrize(
    ("octets", "characters", "certain"),
    [
        (b"plain {SIG}", "plain {SIG}", True),
        ("Grüße {SIG}".encode(), "Grüße {SIG}", False),
        (
            "Grüße aus Zürich, schöne Tage {SIG}".encode("cp1252"),
            "Grüße aus Zürich, schöne Tage {SIG}",
            False,
        ),
        (
            "Привет, как дела? С уважением {SIG}".encode("koi8_r"),
            "Привет, как дела? С уважением {SIG}",
            False,
        ),
        ("您好，附件請查收。謝謝{SIG}".encode("big5"), "您好，附件請查收。謝謝{SIG}", False),
        (b"\x1b$B$3$s$K$A$O\x1b(B {SIG}", "こんにちは {SIG}", False),
        ("\ufeffHi {SIG}".encode("utf-16-le"), "\ufeffHi {SIG}", False),
        (b"\xe9{SIG}", None, False),
        (b"\xff\xfe\xfd{SIG}\x81", None, False),
    ],
)
def test_undeclared_charset(octets: bytes, characters: str | None, certain: bool) -> None:
    text = charsets.read(None, octets, declared=False)
    assert text.certain is certain
    assert text.strict is certain
    assert "{SIG}" in text.characters
    if characters is not None:
        assert text.characters == characters
    start = text.characters.index("{SIG}")
    assert text.octets[slice(*text.octet_span(start, start + 5))].replace(b"\0", b"") == b"{SIG}"
    if not certain:
        assert charsets.encode(text, "é") is None
        assert charsets.encode_html(text, "é").replace(b"\0", b"") == b"&#233;"


@pytest.mark.parametrize(
    ("name", "octets", "certain"),
    [
        ("us-ascii", "schöne Grüße {SIG}".encode(), False),
        ("us-ascii", "schöne Grüße {SIG}".encode("cp1252"), False),
        ("utf-8", "schöne Grüße {SIG}".encode("cp1252"), False),
        ("utf-8", "schöne Grüße aus Zürich {SIG}".encode() + b"\xfc", True),
        ("utf-8", b"\xc1\xbb{SIG}", False),
        ("euc-kr", "schöne Grüße {SIG}".encode("cp1252"), False),
        ("windows-1253", b"\xff\xd2{SIG}", True),
    ],
)
def test_wrong_charset_is_read_and_written_with_care(name: str, octets: bytes, certain: bool) -> None:
    text = charsets.read(charset_named(name), octets)
    assert text.certain is certain
    assert not text.strict
    assert replaced(text, "{SIG}", "Ann") == octets.replace(b"{SIG}", b"Ann")


@pytest.mark.parametrize("name", ["utf-8", "us-ascii", "euc-kr", "big5"])
def test_guess_that_does_not_fit_is_dropped(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guesses = [{"encoding": guess} for guess in ("utf-8", "ascii", None, "EUC-KR", "cp037", "punycode")]
    monkeypatch.setattr("chardet.detect_all", lambda _: guesses)
    text = charsets.read(charset_named(name), b"\xff\xfe {SIG}\xff")
    assert not text.certain
    assert "{SIG}" in text.characters


def test_overlong_utf_8_is_no_brace() -> None:
    text = charsets.read(charset_named("utf-8"), "äöü".encode() + b"\xc1\xbbSIG}")
    assert "{" not in text.characters
