"""What a body must hold to show a placeholder: where the search finds one, it may be there."""

import binascii
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig import Kind, Options, Outcome, Signature, rewrite
from xinksig.mime import transfer
from xinksig.text import plain
from xinksig.text.html import locate
from xinksig.text.needed import may_show
from xinksig.text.pattern import Pattern, pattern

PATTERNS = [
    pattern(("{EMAILSIGNATURE}",), True),
    pattern(("[sig]", "{SIGN}"), False),
    pattern(("%%SIG%%",), True),
    pattern(("«sig>",), True),
    pattern(("#sig-here#",), True),
]
ATOMS = """
{EMAILSIGNATURE} {emailsignature:short} {EMAIL SIGNATURE} [sig] {SIGN} %%SIG%% «sig> #sig-here#
{ } [ ] %% # > é « &#123; &#x7B; &#x7b; &lcub; &lbrace; &lbrack; &lsqb; &percnt; &num; &gt; &GT; &gt
&#62; &amp; &nbsp; & <b> </b> <p> <!-- --> EMAILSIGNATURE SIGN sig sig-here SIG * _ = =7B
""".split()  # noqa: SIM905
TEXTS = st.lists(st.sampled_from([*ATOMS, " ", "\n"]), max_size=12).map("".join)


def escaped(octets: bytes, seed: int) -> bytes:
    """Return octets in quoted-printable, with escapes and soft line breaks anywhere."""
    chance = random.Random(seed)
    pieces = []
    for octet in octets:
        if octet == 0x3D or octet > 126 or (chance.random() < 0.3 and octet != 0x0A):
            pieces.append(chance.choice((b"=%02X", b"=%02x")) % octet)
        else:
            pieces.append(bytes((octet,)))
        if chance.random() < 0.1:
            pieces.append(chance.choice((b"=\r\n", b"=\n")))
    body = b"".join(pieces)
    assert binascii.a2b_qp(body) == octets
    return body


@given(TEXTS, st.sampled_from(PATTERNS), st.integers(0, 1000), st.booleans())
def test_what_is_found_may_be_shown(text: str, words: Pattern, seed: int, html: bool) -> None:
    found = locate.find(text, words) if html else plain.find(text, words)
    octets = text.encode()
    body = escaped(octets, seed)
    if found:
        assert may_show(octets, words, quoted_printable=False, html=html)
        assert may_show(body, words, quoted_printable=True, html=html)
    # What cannot be shown in one encoding cannot be in another one.
    if not may_show(body, words, quoted_printable=True, html=html):
        assert not may_show(octets, words, quoted_printable=False, html=html)


@pytest.mark.parametrize(
    ("body", "html"),
    [
        (b"Hello, best regards", True),
        (b"<p style=3D'color:#777'>Gr=C3=BC=C3=9Fe&nbsp;&amp; &eacute;</p>", True),
        (b"&#123;EMAILSIGNATURE}", False),
    ],
)
def test_usual_text_can_not_show_it(body: bytes, html: bool) -> None:
    assert not may_show(body, PATTERNS[0], quoted_printable=True, html=html)


def test_letters_alone_are_everywhere() -> None:
    assert may_show(b"nothing", pattern(("SIGNATURE",), True), quoted_printable=False, html=False)


HEAD = b"From: a@example.com\r\nIn-Reply-To: <1@example.com>\r\nSubject: Re: x\r\nMIME-Version: 1.0\r\n"
REPLY = (
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n\r\nOn Mon, 4 Mar 2024, Joe wrote:\r\n> x\r\n"
)
JANE = Signature(text="Jane")


@pytest.mark.parametrize(
    ("options", "body", "decoded"),
    [
        (Options(), REPLY, 0),
        (Options(), REPLY.replace(b"Hello", b"{"), 1),
        (Options(), REPLY.replace(b"utf-8", b"utf-16"), 1),
        (Options(), REPLY.replace(b"; charset=utf-8", b""), 1),
        (Options(strict=True), REPLY, 1),
        (Options(opt_out="[no]"), REPLY, 1),
        (Options(device_lines=True), REPLY, 1),
        (Options(no_placeholder="append"), REPLY, 1),
    ],
)
def test_text_is_decoded_only_where_it_has_to_be(
    options: Options, body: bytes, decoded: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    decode = transfer.decode

    def counted(encoding: str, data: bytes) -> transfer.Decoded:
        calls.append(data)
        return decode(encoding, data)

    monkeypatch.setattr(transfer, "decode", counted)
    rewrite(HEAD + body, JANE, options)
    assert len(calls) == decoded


def test_kind_is_told_from_a_text_that_was_not_read() -> None:
    report = rewrite(HEAD + REPLY, JANE).report
    assert report.outcome is Outcome.NO_PLACEHOLDER
    assert report.kind is Kind.REPLY


@pytest.mark.parametrize(
    ("fields", "body", "placeholder"),
    [
        (b"text/html; charset=utf-8", "\ufeff<p>Hi</p>&#123;EMAILSIGNATURE&#125;".encode("utf-16-le"), ""),
        (b"text/html; charset=utf-8", "\ufeff<p>Hi</p>&#123;EMAILSIGNATURE&#125;".encode("utf-16-be"), ""),
        (b"text/html; charset=us-ascii", "\ufeff<p>Hi</p>&lcub;EMAILSIGNATURE}".encode("utf-32-le"), ""),
        (b"text/plain; charset=x-mac-arabic", b"Hi\n\xfbEMAILSIGNATURE\xfd\n", ""),
        (b"text/html; charset=x-mac-farsi", b"<p>\xa6\xa3123;EMAILSIGNATURE}</p>", ""),
        (b"text/plain; charset=euc-jp", b"Hi\n\x8f\xa2\xb7SIG\x8f\xa2\xb7\n", "~SIG~"),
    ],
)
def test_ascii_characters_from_other_octets_are_found(fields: bytes, body: bytes, placeholder: str) -> None:
    message = HEAD + b"Content-Type: " + fields + b"\r\nContent-Transfer-Encoding: binary\r\n\r\n" + body
    options = Options(placeholder=placeholder) if placeholder else Options()
    assert rewrite(message, Signature(html="<b>Jane</b>", text="Jane"), options).report.outcome == "replaced"


@pytest.mark.parametrize("mark", [b"-----BEGIN=20PGP SIGNED", b"-----BEGIN =\r\nPGP SIGNED"])
def test_protected_text_is_reported_though_it_was_not_read(mark: bytes) -> None:
    fields = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    report = rewrite(HEAD + fields + mark + b" MESSAGE-----\r\nHash\r\n", JANE).report
    assert report.outcome is Outcome.INLINE_PGP


def test_protected_text_too_large_to_keep_is_reported_too() -> None:
    body = b"-----BEGIN PGP MESSAGE-----\r\n" + b"x" * 75 + b"\r\n"
    fields = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    report = rewrite(HEAD + fields + body * 15_000, JANE).report
    assert report.outcome is Outcome.INLINE_PGP


def test_error_of_a_late_reading_is_told_and_costs_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    result = rewrite(HEAD + REPLY, JANE)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(transfer, "decode", fail)
    assert result.report.outcome is Outcome.INTERNAL_ERROR
    assert "ZeroDivisionError" in result.report.parts[0].reason
