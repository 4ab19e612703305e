"""DKIM and ARC: what an edit breaks, what may be taken out; dkimpy signs and verifies (contract 3, 4)."""

import base64
import random
from functools import cache
from math import gcd

import dkim  # type: ignore[import-untyped]
import pytest

from xinksig import InlineImage, Options, Outcome, Report, Rewriter, Signature, rewrite

SIGNATURE = Signature(html="<p>Jane Roe</p>", text="Jane Roe", id="jane")
MARK = b"X-Xink-Handled: Yes\r\n"
LETTER = (
    b"From: Jane Roe <jane@example.com>\r\nTo: joe@example.net\r\nSubject:  Figures \r\n of  March\r\n"
    b"Date: Mon, 4 Mar 2024 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Hello  Joe, \r\n\r\n%s\r\n\r\n\r\n"
)
PLAIN = LETTER % b"the figures"
ASKING = LETTER % b"{EMAILSIGNATURE}"
CANONICAL = [(b"simple", b"simple"), (b"relaxed", b"relaxed"), (b"relaxed", b"simple")]
SIGNED = (b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type")


# A key pair made from a fixed seed: nothing secret is kept here.


def _prime(bits: int, source: random.Random) -> int:
    while True:
        number = source.getrandbits(bits) | 1 | 3 << (bits - 2)
        if all(number % small for small in (3, 5, 7, 11, 13, 17, 19, 23, 29)) and all(
            pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)
        ):
            return number


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _sequence(*numbers: int) -> bytes:
    return _der(0x30, b"".join(_der(2, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in numbers))


@cache
def keys() -> tuple[bytes, bytes]:
    """Return a private RSA key as PEM and the DNS record of the public one."""
    source = random.Random(6376)
    exponent = 65537
    p, q = _prime(512, source), _prime(512, source)
    while gcd(exponent, (p - 1) * (q - 1)) != 1 or p == q:
        q = _prime(512, source)
    d = pow(exponent, -1, (p - 1) * (q - 1))
    private = _sequence(0, p * q, exponent, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    algorithm = _der(0x30, _der(6, bytes.fromhex("2a864886f70d010101")) + _der(5, b""))
    public = _der(0x30, algorithm + _der(3, b"\0" + _sequence(p * q, exponent)))
    label = b"RSA PRIVATE KEY"
    pem = b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, base64.encodebytes(private), label)
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def lookup(name: bytes, timeout: float = 5) -> bytes:
    """Answer for the DNS."""
    assert b"._domainkey." in name
    return keys()[1]


def sealed(
    message: bytes, canonical: tuple[bytes, bytes] = CANONICAL[1], domain: bytes = b"example.com"
) -> bytes:
    """Return the message with a DKIM-Signature of this domain on top."""
    seal = dkim.sign(message, b"sel", domain, keys()[0], canonicalize=canonical, include_headers=list(SIGNED))
    return bytes(seal) + message


def holds(message: bytes) -> bool:
    """Whether the first DKIM-Signature verifies."""
    return bool(dkim.verify(message, dnsfunc=lookup))


def done(message: bytes, **options: object) -> tuple[bytes, Report]:
    result = rewrite(message, SIGNATURE, Options(**options))  # type: ignore[arg-type]
    assert result.report.apply(message) == result.message
    return result


@pytest.mark.parametrize("canonical", CANONICAL)
def test_message_without_a_trigger_still_verifies(canonical: tuple[bytes, bytes]) -> None:
    message = sealed(PLAIN, canonical)
    assert holds(message)
    output, report = done(message, drop_dkim="example.com")
    assert output == MARK + message
    assert holds(output)
    assert report.broken_seals == ()
    assert not report.body_changed


@pytest.mark.parametrize("canonical", CANONICAL)
def test_replacement_breaks_the_seal_and_says_which(canonical: tuple[bytes, bytes]) -> None:
    message = sealed(ASKING, canonical)
    output, report = done(message)
    assert report.outcome is Outcome.REPLACED
    assert not holds(output)
    assert report.broken_seals == ("DKIM-Signature d=example.com s=sel",)
    assert report.body_changed


@pytest.mark.parametrize("canonical", CANONICAL)
def test_message_in_chunks_still_verifies(canonical: tuple[bytes, bytes]) -> None:
    message = sealed(PLAIN, canonical)
    rewriter = Rewriter(Options(drop_dkim=("example.com",)))
    pieces = [b"".join(rewriter.feed(message[at : at + 7])) for at in range(0, len(message), 7)]
    assert holds(b"".join(pieces) + b"".join(rewriter.close()))


def test_handled_field_with_another_value_in_the_seal_is_named() -> None:
    message = b"X-Xink-Handled: No\r\n" + PLAIN
    seal = dkim.sign(message, b"sel", b"example.com", keys()[0], include_headers=[*SIGNED, b"x-xink-handled"])
    output, report = done(bytes(seal) + message)
    assert b"X-Xink-Handled: Yes" in output
    assert not holds(output)
    assert report.broken_seals == ("DKIM-Signature d=example.com s=sel",)


def test_seal_over_the_absent_handled_field_is_broken_by_it() -> None:
    seal = dkim.sign(PLAIN, b"sel", b"example.com", keys()[0], include_headers=[*SIGNED, b"x-xink-handled"])
    output, report = done(bytes(seal) + PLAIN)
    assert not holds(output)
    assert report.broken_seals == ("DKIM-Signature d=example.com s=sel",)


def test_field_above_those_that_a_seal_covers_does_not_break_it() -> None:
    message = sealed(b"X-Secret: hunter2\r\n" + PLAIN)
    output, report = done(message, remove_fields="X-Secret")
    assert b"hunter2" not in output
    assert holds(output)
    assert report.broken_seals == ()


def test_removed_field_that_a_seal_covers_breaks_it() -> None:
    message = b"X-Secret: hunter2\r\n" + PLAIN
    seal = dkim.sign(message, b"sel", b"example.com", keys()[0], include_headers=[*SIGNED, b"x-secret"])
    output, report = done(bytes(seal) + message, remove_fields="x-secret")
    assert not holds(output)
    assert report.broken_seals == ("DKIM-Signature d=example.com s=sel",)


def test_opt_out_word_taken_out_of_the_subject_breaks_a_seal_over_it() -> None:
    message = sealed(PLAIN.replace(b"Figures", b"[nosig] Figures"))
    output, report = done(message, opt_out="[nosig]")
    assert b"nosig" not in output
    assert not holds(output)
    assert not report.body_changed
    assert report.broken_seals == ("DKIM-Signature d=example.com s=sel",)


def test_own_seals_go_and_others_stay() -> None:
    foreign = sealed(ASKING, domain=b"example.org")
    message = sealed(sealed(foreign, domain=b"example.com"), domain=b"mail.example.com")
    output, report = done(message, drop_dkim=("Example.COM", "example.net"))
    assert b"d=example.com;" not in output
    assert output.count(b"DKIM-Signature:") == 2
    assert report.broken_seals == (
        "DKIM-Signature d=mail.example.com s=sel",
        "DKIM-Signature d=example.org s=sel",
    )
    assert [(c.action, c.name, c.index) for c in report.field_changes] == [
        ("insert", "X-Xink-Handled", 0),
        ("remove", "DKIM-Signature", 2),
    ]


def test_own_seals_stay_when_the_body_is_not_changed() -> None:
    for message in (sealed(PLAIN), sealed(ASKING)):
        result = rewrite(message, None, Options(drop_dkim=("example.com",), unassigned="leave"))
        assert result.message == MARK + message
        assert holds(result.message)
        assert result.report.broken_seals == ()


def test_own_seals_go_with_a_placeholder_that_is_only_taken_out() -> None:
    result = rewrite(sealed(ASKING), None, Options(drop_dkim=("example.com",)))
    assert result.message == MARK + ASKING.replace(b"{EMAILSIGNATURE}", b"")
    assert result.report.broken_seals == ()


def test_own_seals_go_whatever_way_the_domain_is_written() -> None:
    message = (
        b"DKIM-Signature: v=1; a=rsa-sha256;\r\n\td = Example.\r\n Com. ; s=x; h=From; bh=; b=\r\n" + ASKING
    )
    output, _ = done(message, drop_dkim="example.com")
    assert output == MARK + ASKING.replace(b"{EMAILSIGNATURE}", b"Jane Roe")


def test_own_seals_go_from_a_multipart_in_a_stream() -> None:
    head = PLAIN.partition(b"Content-Type")[0] + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    text = b"--b\r\nContent-Type: text/plain\r\n\r\n{EMAILSIGNATURE}\r\n"
    image = b"--b\r\nContent-Type: image/png\r\n\r\nxx\r\n"
    message = sealed(head + text + image + b"--b--\r\n")
    outputs = set()
    for size in (1, 50, len(message)):
        rewriter = Rewriter(Options(drop_dkim=("example.com",)))
        rewriter.answer_all(SIGNATURE)
        pieces = [b"".join(rewriter.feed(message[at : at + size])) for at in range(0, len(message), size)]
        outputs.add(b"".join(pieces) + b"".join(rewriter.close()))
        assert rewriter.report.broken_seals == ()
    assert outputs == {MARK + (head + text + image + b"--b--\r\n").replace(b"{EMAILSIGNATURE}", b"Jane Roe")}


@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_seal_of_a_header_section_that_is_no_longer_held_is_named(size: int) -> None:
    head = PLAIN.partition(b"Content-Type")[0] + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    text = b"--b\r\nContent-Type: text/plain\r\n\r\n{EMAILSIGNATURE}\r\n"
    image = b"--b\r\nContent-Type: image/png\r\n\r\nxx\r\n"
    message = sealed(head + image + text + b"--b--\r\n")
    rewriter = Rewriter(Options(drop_dkim=("example.com",)))
    rewriter.answer_all(SIGNATURE)
    pieces = [b"".join(rewriter.feed(message[at : at + size])) for at in range(0, len(message), size)]
    output = b"".join(pieces) + b"".join(rewriter.close())
    assert output == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")
    assert rewriter.report.broken_seals == ("DKIM-Signature d=example.com s=sel",)


def test_image_that_comes_with_a_signature_breaks_the_seal() -> None:
    image = InlineImage("logo", b"\x89PNG", "image/png")
    signature = Signature(html='<img src="cid:logo">', text="Jane", images=(image,))
    head = PLAIN.partition(b"Content-Type")[0]
    message = sealed(head + b"Content-Type: text/html\r\n\r\n<p>{EMAILSIGNATURE}</p>\r\n")
    result = rewrite(message, signature)
    assert not holds(result.message)
    assert result.report.broken_seals == ("DKIM-Signature d=example.com s=sel",)
    dropped = rewrite(message, signature, Options(drop_dkim=("example.com",)))
    assert dropped.message == result.message.replace(message[: message.find(b"From:")], b"")


ARC = (
    b"ARC-Seal: i=2; a=rsa-sha256; cv=pass; d=lists.example.org; s=arc; b=x\r\n"
    b"ARC-Message-Signature: i=2; a=rsa-sha256; d=lists.example.org; s=arc; h=from:subject; bh=x; b=x\r\n"
    b"ARC-Authentication-Results: i=2; lists.example.org; dkim=pass\r\n"
)


def test_seals_of_arc_are_named_with_their_instance_and_never_dropped() -> None:
    output, report = done(ARC + ASKING, drop_dkim="lists.example.org")
    assert output == MARK + ARC + ASKING.replace(b"{EMAILSIGNATURE}", b"Jane Roe")
    assert report.broken_seals == (
        "ARC-Seal i=2 d=lists.example.org s=arc",
        "ARC-Message-Signature i=2 d=lists.example.org s=arc",
    )


def test_seals_of_arc_hold_when_only_the_handled_field_is_added() -> None:
    assert done(ARC + PLAIN)[1].broken_seals == ()


@pytest.mark.parametrize("seal", [b"", b"v=1", b";;;", b"d", b"d=", b"=example.com", b"\xff; d=\xff"])
def test_damaged_seal_is_named_and_stays(seal: bytes) -> None:
    message = b"DKIM-Signature: " + seal + b"\r\n" + ASKING
    output, report = done(message, drop_dkim="example.com")
    assert output == MARK + message.replace(b"{EMAILSIGNATURE}", b"Jane Roe")
    (named,) = report.broken_seals
    assert named.startswith("DKIM-Signature")
