"""How a text part says it is to be read."""

import pytest

from xinksig.declaration import Declaration, declaration
from xinksig.mime.section import Section
from xinksig.model import Outcome


def declared(*fields: bytes) -> Declaration:
    octets = b"".join(field + b"\r\n" for field in fields) + b"\r\n"
    return declaration(Section(octets, cr_only=False, is_message=False, in_digest=False))


def test_text_without_fields_is_legible_once_its_charset_is_declared() -> None:
    assert not declared().is_legible  # it may be in any charset
    assert declared(b"Content-Type: text/plain; charset=us-ascii").is_legible
    plain = declared()
    assert (plain.html, plain.encoding, plain.charset, plain.is_labelled, plain.problem) == (
        False,
        "7bit",
        None,
        False,
        None,
    )


def test_flow_counts_where_it_is_declared() -> None:
    flowed = declared(b"Content-Type: text/plain; format=Flowed; delsp=YES")
    assert (flowed.flowed, flowed.delsp) == (True, True)
    fixed = declared(b"Content-Type: text/plain; delsp=yes")
    assert (fixed.flowed, fixed.delsp) == (False, False)


@pytest.mark.parametrize(
    ("field", "outcome"),
    [
        (b"Content-Type: text/html; charset=x; charset=y", Outcome.AMBIGUOUS),
        (b"Content-Type: text/enriched", Outcome.NO_PLACEHOLDER),
        (b"Content-Transfer-Encoding: x-uuencode", Outcome.UNSUPPORTED_ENCODING),
        (b"Content-Type: text/plain; charset=klingon", Outcome.UNSUPPORTED_CHARSET),
    ],
)
def test_text_that_cannot_be_read_has_a_problem_and_is_not_legible(field: bytes, outcome: Outcome) -> None:
    text = declared(field)
    assert text.problem is not None
    assert text.problem.outcome is outcome
    assert not text.is_legible


@pytest.mark.parametrize(
    ("fields", "legible"),
    [
        ((b"Content-Type: text/html; charset=utf-8", b"Content-Transfer-Encoding: quoted-printable"), True),
        ((b"Content-Type: text/html; charset=utf-8", b"Content-Transfer-Encoding: base64"), False),
        ((b"Content-Type: text/html; charset=shift_jis",), False),
        ((b"Content-Type: text/html; charset=utf-16",), False),
    ],
)
def test_body_is_legible_where_ascii_stands_for_itself(fields: tuple[bytes, ...], legible: bool) -> None:
    assert declared(*fields).is_legible == legible


def test_equal_section_is_asked_once() -> None:
    section = Section(b"\r\n", cr_only=False, is_message=False, in_digest=False)
    assert declaration(section) is declaration(section)
