"""Laws of feeding: any chunking gives the same, nothing raises, strict mode gives everything back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_support import check_laws, check_second_pass, check_strict_result, run_strict, strict_outcomes
from strategies import Drawn, chunkings, messages, octets, options, signatures
from xinksig import Limits, Options, Outcome, Rewriter, Signature, rewrite, rewrite_iter

JANE = Signature(html="<div>Jane Roe</div>", text="Jane Roe")


def fed(chunks: list[bytes], signature: Signature | None, chosen: Options) -> tuple[bytes, object]:
    rewriting = rewrite_iter(chunks, signature, chosen)
    return b"".join([bytes(piece) for piece in rewriting]), rewriting.report


@given(octets(), options(), signatures() | st.none(), st.data())
def test_any_octets_come_out_the_same_from_any_chunking(
    message: bytes, chosen: Options, signature: Signature | None, data: st.DataObject
) -> None:
    result = rewrite(message, signature, chosen)
    assert fed(data.draw(chunkings(message)), signature, chosen) == result
    assert fed([message[at : at + 1] for at in range(len(message))], signature, chosen) == result


@given(messages(), options(), signatures() | st.none(), st.data())
def test_well_formed_messages_come_out_the_same_from_any_chunking(
    drawn: Drawn, chosen: Options, signature: Signature | None, data: st.DataObject
) -> None:
    result = rewrite(drawn.octets, signature, chosen)
    assert fed(data.draw(chunkings(drawn.octets)), signature, chosen) == result


@given(octets() | messages().map(lambda drawn: drawn.octets), options(), signatures() | st.none())
def test_no_message_raises_and_the_output_is_the_input_plus_edits(
    message: bytes, chosen: Options, signature: Signature | None
) -> None:
    result = rewrite(message, signature, chosen)
    check_laws(message, result, chosen)
    check_second_pass(result, chosen)


@given(st.data(), messages())
def test_damaged_message_does_not_raise(data: st.DataObject, drawn: Drawn) -> None:
    message = drawn.octets
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(message)))
        stop = min(len(message), at + data.draw(st.integers(0, 12)))
        message = message[:at] + data.draw(octets()) + message[stop:]
    result = rewrite(message, JANE)
    check_laws(message, result, Options())
    check_second_pass(result, Options())
    assert fed(data.draw(chunkings(message)), JANE, Options()) == result


@given(octets() | messages().map(lambda drawn: drawn.octets), options(), st.integers(1, 40))
def test_strict_mode_raises_message_errors_only_and_gives_everything_back(
    message: bytes, chosen: Options, size: int
) -> None:
    lax = rewrite(message, JANE, chosen)
    check_strict_result(message, lax, run_strict(message, JANE, replace(chosen, strict=True), size))


@given(messages(), options())
def test_a_message_cut_anywhere_begins_like_the_whole_one(drawn: Drawn, chosen: Options) -> None:
    message = drawn.octets
    for stop in range(0, len(message), max(1, len(message) // 7)):
        check_laws(message[:stop], rewrite(message[:stop], JANE, chosen), chosen)


@given(messages(), st.integers(0, 200))
def test_source_that_fails_costs_no_octet(drawn: Drawn, size: int) -> None:
    message = drawn.octets
    kernel = Rewriter()
    output = b""
    chunk = size or len(message) or 1
    for at in range(0, len(message), chunk):
        output += b"".join(kernel.feed(message[at : at + chunk]))
        if kernel.wanted is not None:
            output += b"".join(kernel.give_up("the directory is down"))
    output += b"".join(kernel.close())
    if kernel.wanted is not None:
        output += b"".join(kernel.give_up("the directory is down"))
    assert kernel.done
    unsigned = rewrite(message, None, Options(unassigned="leave"))
    assert output == unsigned.message
    if unsigned.report.outcome is Outcome.UNASSIGNED:
        assert kernel.report.outcome is Outcome.SOURCE_FAILED


@pytest.mark.parametrize("outcome", list(Outcome))
def test_message_errors_have_outcomes_of_their_own(outcome: Outcome) -> None:
    report = rewrite(b"", None).report
    causes = strict_outcomes(replace(report, outcome=outcome))
    assert causes == ({outcome} if outcome.name in _RAISED else set())


_RAISED = {"AMBIGUOUS", "MALFORMED", "LIMIT", "UNSUPPORTED_CHARSET", "UNSUPPORTED_ENCODING", "UNENCODABLE"}


MIXED = b'From: a@b.c\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="xyz"\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "chosen"),
    [
        pytest.param(
            b"--xyz\r\nContent-Type: image/png\r\n\r\ndata\n--xyz\r\n\r\n{EMAILSIGNATURE}\r\n--xyz--\r\n",
            Options(),
            id="a delimiter behind a bare line feed",
        ),
        pytest.param(b"\n--xyz--", Options(), id="a bare line feed and no line ending at the end"),
        pytest.param(
            b"--xyz\r\n\r\n{EMAILSIGNATURE}\r\n--xyz\r\nContent-Type: application/ms-tnef\r\n--xyz"
            + b" " * 60
            + b"\r\nContent-Type: image/png\r\n\r\nx\r\n--xyz--\r\n",
            Options(limits=Limits(part_header_size=50)),
            id="a padded delimiter at the limit of a header section",
        ),
        pytest.param(
            b"--xyz\r\nX: " + b"y" * 45 + b"\r\n--xyz\r\n\r\n{EMAILSIGNATURE}\r\n--xyz--\r\n",
            Options(limits=Limits(part_header_size=50)),
            id="a delimiter directly behind a header section as long as its limit",
        ),
        pytest.param(
            b"--xyz\r\n\r\n" + b"t" * 40 + b"\r\n--xyzq\r\n",
            Options(limits=Limits(text_size=10)),
            id="a text over the limit that ends at a doubtful line",
        ),
    ],
)
def test_message_comes_out_the_same_wherever_it_is_cut(body: bytes, chosen: Options) -> None:
    message = MIXED + body
    result = rewrite(message, JANE, chosen)
    for at in range(1, len(message)):
        assert fed([message[:at], message[at:]], JANE, chosen) == result, at
    assert fed([message[at : at + 1] for at in range(len(message))], JANE, chosen) == result
