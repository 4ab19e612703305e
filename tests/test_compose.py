"""MIME structure by edits: content fields that follow, parts around a leaf, parts behind a sibling."""

import email

import pytest

from xinksig import InlineImage, Limits, Options, Signature, rewrite
from xinksig.compose import (
    Extensions,
    Retype,
    Wrapper,
    content_fields,
    derive_id,
    fields_end,
    file_name,
    has_body,
    image_part,
    related_ancestor,
    retype_changes,
    wrap,
)
from xinksig.edits import Change
from xinksig.mime.part import Part
from xinksig.mime.structure import Event, Structure


def leaves(message: bytes) -> list[Part]:
    """Return the leaves of a message, its structure read to the end."""
    limits = Limits()
    structure = Structure(limits.header_size, limits.part_header_size, limits.parts)
    found = []
    while True:
        happening = structure.advance(message, 0, True)
        assert happening is not None
        if happening.event is Event.HEADER and not happening.part.header.is_multipart:
            happening.part.frozen = True
            found.append(happening.part)
        if happening.event is Event.END:
            return found


def applied(message: bytes, changes: list[Change]) -> bytes:
    """Return the message with changes that stand in the order of their offsets, as the kernel sorts them."""
    pieces = []
    at = 0
    for change in sorted(changes, key=lambda change: change[:2]):
        assert change.start >= at
        pieces += [message[at : change.start], change.octets]
        at = change.stop
    return b"".join([*pieces, message[at:]])


def test_derived_ids_depend_on_every_seed_and_on_where_it_ends() -> None:
    seeds = [(b"a", b"bc"), (b"ab", b"c"), (b"abc",), (b"a", b"bc", b""), ()]
    ids = [derive_id(*seed) for seed in seeds]
    assert len(set(ids)) == len(seeds)
    assert ids == [derive_id(*seed) for seed in seeds]
    assert all(len(each) == 32 for each in ids)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("logo.png", "image/png", "logo.png"),
        ("logo", "image/png", "logo.png"),
        ("logo", "image/jpeg", "logo.jpg"),
        ("logo", "image/svg+xml", "logo.svg"),
        ("logo", "image/x-icon", "logo.ico"),
        ("a.b.gif", "image/gif", "a.b.gif"),
        ("v1.2", "image/png", "v1.2.png"),
        ("logo.banner", "image/png", "logo.banner.png"),
        ("logo@example.com", "image/png", "logo.png"),
        ("@example.com", "image/png", "image.png"),
        (".png", "image/png", ".png.png"),
        ("l\u00f6go.png", "image/png", "l_go.png"),
    ],
)
def test_file_name_is_ascii_and_has_an_extension(name: str, kind: str, expected: str) -> None:
    assert file_name(InlineImage(name, b"x", kind)) == expected


def test_image_part_is_ascii_whatever_the_name() -> None:
    image = InlineImage("l\u00f6go.png", b"x", "image/png")
    octets = image_part(image, "id@xinksig", b"eA==\r\n", b"\r\n")
    assert octets.isascii()
    part = email.message_from_bytes(octets)
    assert part.get_filename() == "l_go.png"
    assert part["Content-ID"] == "<id@xinksig>"
    assert part.get_content_disposition() == "inline"
    assert part.get_payload(decode=True) == b"x"


def test_image_of_any_name_resolves_from_the_html() -> None:
    names = ("l\u00f6go.png", "a+b@x.com", "1")
    images = tuple(InlineImage(name, name.encode(), "image/png") for name in names)
    html = "<b>" + "".join(f'<img src="cid:{name}">' for name in names) + "</b>"
    message = b"From: a@b.c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{EMAILSIGNATURE}"
    output = rewrite(message, Signature(html=html, text="x", images=images)).message
    assert output.isascii()
    html_part, *parts = list(email.message_from_bytes(output).walk())[1:]
    shown = str(html_part).split("cid:")[1:]
    assert [part.get_payload(decode=True) for part in parts] == [name.encode() for name in names]
    for reference, part in zip(shown, parts, strict=True):
        assert reference.startswith(part["Content-ID"].strip("<>") + '"')


def test_only_content_fields_follow_and_only_those_that_have_to() -> None:
    (part,) = leaves(
        b"From: a\nContent-Type: text/plain; charset=us-ascii\nContent-Language: en\n"
        b"content-transfer-encoding:7bit\n\nx"
    )
    assert [octets for _, octets in content_fields(part, None, b"\n")] == [
        b"Content-Type: text/plain; charset=us-ascii\n",
        b"Content-Language: en\n",
        b"content-transfer-encoding:7bit\n",
    ]
    assert [octets for _, octets in content_fields(part, Retype("utf-8", "base64"), b"\n")] == [
        b"Content-Type: text/plain; charset=utf-8\n",
        b"Content-Language: en\n",
        b"content-transfer-encoding: base64\n",
    ]
    assert content_fields(part, Retype(None, None), b"\n") == content_fields(part, None, b"\n")


@pytest.mark.parametrize(
    ("message", "retype", "expected"),
    [
        (
            b"From: a\r\n\r\nx",
            Retype("utf-8", "8bit"),
            (
                b'From: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset="utf-8"\r\n'
                b"Content-Transfer-Encoding: 8bit\r\n\r\nx"
            ),
        ),
        (
            b"From: a\nMIME-Version: 1.0\nContent-Type: text/plain\n\nx",
            Retype("utf-8", None),
            b'From: a\nMIME-Version: 1.0\nContent-Type: text/plain; charset="utf-8"\n\nx',
        ),
        (
            b"From: a\rContent-Transfer-Encoding: 7bit\r\rx",
            Retype(None, "quoted-printable"),
            b"From: a\rContent-Transfer-Encoding: quoted-printable\rMIME-Version: 1.0\r\rx",
        ),
        (
            b"\r\nx",
            Retype(None, "quoted-printable"),
            b"MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx",
        ),
    ],
)
def test_fields_of_a_message_follow_in_place(message: bytes, retype: Retype, expected: bytes) -> None:
    (part,) = leaves(message)
    newline = b"\r\n" if b"\r\n" in message else b"\n" if b"\n" in message else b"\r"
    assert applied(message, retype_changes(part, retype, newline)) == expected


@pytest.mark.parametrize(
    ("message", "ends", "with_body"),
    [
        (b"From: a\r\n\r\nx", 9, True),
        (b"From: a\n\nx", 8, True),
        (b"From: a\r\rx", 8, True),
        (b"\r\nx", 0, True),
        (b"From: a\r\n", 9, False),
        (b"From: a", 7, False),
        (b"", 0, False),
    ],
)
def test_end_of_the_fields_and_whether_a_body_follows(message: bytes, ends: int, with_body: bool) -> None:
    (part,) = leaves(message)
    assert (fields_end(part), has_body(part)) == (ends, with_body)


WRAPPER = Wrapper(b'multipart/mixed; boundary="W"', b"W", b"Content-Type: image/png\r\n\r\ny\r\n")


def test_root_is_wrapped_around_changes_at_its_very_beginning_and_end() -> None:
    message = b"From: a\r\nContent-Type: text/html\r\nContent-Language: en\r\nTo: b\r\n\r\nbody"
    (part,) = leaves(message)
    inner = [
        Change(part.body, part.body, b"first ", "placeholder"),
        Change(part.stop, part.stop, b" last", "placeholder"),
    ]
    assert applied(message, wrap(part, WRAPPER, inner, None, b"\r\n")) == (
        b'From: a\r\nContent-Type: multipart/mixed; boundary="W"\r\nTo: b\r\nMIME-Version: 1.0\r\n\r\n'
        b"--W\r\nContent-Type: text/html\r\nContent-Language: en\r\n\r\nfirst body last\r\n"
        b"--W\r\nContent-Type: image/png\r\n\r\ny\r\n--W--\r\n"
    )


def test_part_is_wrapped_with_its_whole_header_section() -> None:
    message = (
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nX-Other: 1\r\nContent-Type: text/html\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\nbody\r\n--m--\r\n"
    )
    (part,) = leaves(message)
    inner = [Change(part.body, part.body, b"first ", "placeholder")]
    assert applied(message, wrap(part, WRAPPER, inner, Retype("utf-8", None), b"\r\n")) == (
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n"
        b'--m\r\nContent-Type: multipart/mixed; boundary="W"\r\n'
        b"Content-Transfer-Encoding: 8bit\r\n\r\n--W\r\nX-Other: 1\r\n"
        b'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\nfirst body\r\n'
        b"--W\r\nContent-Type: image/png\r\n\r\ny\r\n--W--\r\n--m--\r\n"
    )


def test_wrapped_root_that_becomes_quoted_printable_is_no_8bit_multipart() -> None:
    message = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\nbody"
    (part,) = leaves(message)
    output = applied(message, wrap(part, WRAPPER, [], Retype(None, "quoted-printable"), b"\r\n"))
    outer, _, inner = output.partition(b"--W\r\n")
    assert b"Transfer-Encoding" not in outer
    assert inner.startswith(
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nbody\r\n--W\r\n"
    )


def test_nearest_related_around_a_part_and_the_child_that_holds_it() -> None:
    message = (
        b"Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: multipart/related; boundary=s\n\n"
        b"--s\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nx\n--m--\n--s--\n--r\n\ny\n--r--\n"
    )
    deep, shallow = leaves(message)
    around = related_ancestor(deep)
    assert around is not None
    assert [part.number for part in around] == ["1", "1.1"]
    around = related_ancestor(shallow)
    assert around is not None
    assert [part.number for part in around] == ["", "2"]
    assert related_ancestor(leaves(b"\nx")[0]) is None


def test_extension_waits_until_the_child_has_ended() -> None:
    message = (
        b"Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: multipart/mixed; boundary=m\n\n"
        b"--m\n\nx\n--m\n\ny\n--m--\n--r\n\nz\n--r--\n"
    )
    limits = Limits()
    structure = Structure(limits.header_size, limits.part_header_size, limits.parts)
    extensions = Extensions()
    added = False
    changes: list[Change] = []
    while True:
        happening = structure.advance(message, 0, True)
        assert happening is not None
        if happening.event is Event.HEADER:
            part = happening.part
            part.frozen = not part.header.is_multipart
            if part.number == "1.1":
                assert part.parent is not None
                assert extensions.add(part.parent, b"--r\n\nNEW\n", b"\n") == []
                assert extensions.waiting == len(b"--r\n\nNEW\n") + 1
                added = True
        changes += extensions.due()
        assert bool(changes) == (added and extensions.waiting == 0)
        if happening.event is Event.END:
            break
    assert applied(message, changes) == message.replace(b"--m--\n", b"--m--\n--r\n\nNEW\n")


def test_extension_at_the_end_of_a_message_that_is_cut_off_begins_a_line() -> None:
    message = b"Content-Type: multipart/related; boundary=r\n\n--r\n\nx"
    (part,) = leaves(message)
    (change,) = Extensions().add(part, b"--r\n\nNEW\n", b"\n")
    assert applied(message, [change]) == message + b"\n--r\n\nNEW\n"


@pytest.mark.parametrize("extra", [0, 1])
def test_limit_of_growth_holds_for_what_is_made_around_a_part(extra: int) -> None:
    message = b"From: a@b.c\r\nContent-Type: text/html\r\n\r\n{EMAILSIGNATURE}"
    signature = Signature(
        html='<b><img src="cid:a"></b>', text="x", images=(InlineImage("a", b"x" * 300, "image/png"),)
    )
    report = rewrite(message, signature).report
    limits = Limits(growth=report.size_out - report.size_in - extra)
    again = rewrite(message, signature, Options(limits=limits)).report
    assert again.size_out <= again.size_in + limits.growth
    assert (again.outcome == report.outcome) == (extra == 0)
