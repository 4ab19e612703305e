"""Laws of meaning: what a reader of the result sees, judged by the standard library and html5lib."""

import base64
import quopri
import re

from hypothesis import given
from hypothesis import strategies as st

from corpus_support import check_laws, octets_of, part_of, shown, text_of, tree_of
from strategies import PLACEHOLDER, Drawn, Leaf, html, messages, octets, options
from xinksig import Options, Outcome, Signature, rewrite

JANE = Signature(html="<div>Jane Roe</div>", text="Jane Roe")
FOREIGN = Signature(html="<div>Zoë Žižek 田中 👋</div>", text="Zoë Žižek 田中 👋")
NOWHERE = "{no message holds this}"


@given(octets() | messages().map(lambda drawn: drawn.octets))
def test_without_a_trigger_the_input_comes_back_marked(message: bytes) -> None:
    result = rewrite(message, JANE, Options(placeholder=NOWHERE, handled_header="X-Nowhere"))
    (edit,) = result.report.edits
    assert edit.start == edit.stop
    ending = re.search(rb"\r\n|\n|\r(?!\n)", message)
    if ending is None or b"\n" not in ending[0]:
        assert edit.replacement.startswith(b"X-Nowhere: Yes")
    else:
        assert edit.replacement in (b"X-Nowhere: Yes" + ending[0], b"X-Nowhere: Yes" + 2 * ending[0])
    assert result.message == message[: edit.start] + edit.replacement + message[edit.start :]
    assert result.report.left == 0


@given(octets(), options(strict=False))
def test_handled_message_comes_back_as_it_is(message: bytes, chosen: Options) -> None:
    handled = b"X-Xink-Handled: Yes\r\n" + message
    result = rewrite(handled, JANE, chosen)
    if result.report.outcome is Outcome.ALREADY_HANDLED:
        assert result.message == handled
        assert not result.report.edits
    else:
        assert message[:1] in (b" ", b"\t"), "a continuation changes the value"


def _lines(leaf: Leaf) -> str:
    return leaf.text.replace("\r\n", "\n")


@given(messages(), st.sampled_from([JANE, FOREIGN]))
def test_every_shown_placeholder_becomes_the_signature_and_nothing_else_changes(
    drawn: Drawn, signature: Signature
) -> None:
    result = rewrite(drawn.octets, signature)
    check_laws(drawn.octets, result, Options())
    outcomes = {part.number: part.outcome for part in result.report.parts}
    assert set(outcomes) >= set(drawn.leaves)
    for number, leaf in drawn.leaves.items():
        before = text_of(drawn.octets, number, leaf.codec)
        outcome = outcomes[number]
        if outcome is Outcome.REPLACED and PLACEHOLDER in before:
            _check_written(result.message, number, leaf, before, signature)
        elif PLACEHOLDER not in before:
            assert outcome is Outcome.NO_PLACEHOLDER
            assert octets_of(result.message, number) == octets_of(drawn.octets, number)
        else:
            # Twice the signature of an alternative that shows fewer, or more than are allowed.
            assert outcome in (Outcome.PARTLY_REPLACED, Outcome.LIMIT, Outcome.QUOTED_ONLY), outcome


def _check_written(message: bytes, number: str, leaf: Leaf, before: str, signature: Signature) -> None:
    charset = str(part_of(message, number).get_content_charset())
    assert charset in (leaf.charset, "utf-8")
    codec = leaf.codec if charset == leaf.charset else charset
    after = text_of(message, number, codec)
    if leaf.kind == "html":
        assert charset == leaf.charset
        assert signature.html is not None
        # An alternative that shows fewer placeholders keeps its twin from showing more.
        assert tree_of(after) == tree_of(before.replace(PLACEHOLDER, signature.html))
    else:
        assert signature.text is not None
        count = after.count(signature.text)
        assert count
        assert after == before.replace(PLACEHOLDER, signature.text, count)


_LINES = st.lists(
    st.sampled_from(["short", "x" * 100, "Grüße", "a=b", "trailing ", "\t", "", "12 = 3 €"]), max_size=5
)


@given(_LINES, _LINES, st.integers(4, 90), st.booleans())
def test_quoted_printable_wrapped_at_any_width_keeps_every_untouched_line(
    above: list[str], below: list[str], width: int, escape: bool
) -> None:
    def wrapped(line: str) -> bytes:
        octets = quopri.encodestring(line.encode(), quotetabs=True).replace(b"=\n", b"")
        if escape:
            octets = b"".join(b"=%02x" % octet for octet in line.encode())
        tokens = re.findall(rb"=..|[^=]", octets)
        pieces, size = [b""], 0
        for token in tokens:
            if size + len(token) > width:
                pieces.append(b"")
                size = 0
            pieces[-1] += token
            size += len(token)
        return b"=\r\n".join(pieces)

    fields = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    before = b"".join(wrapped(line) + b"\r\n" for line in above)
    behind = b"".join(b"\r\n" + wrapped(line) for line in below)
    message = fields + before + wrapped(f"Hi {PLACEHOLDER} there") + behind
    result = rewrite(message, JANE)
    assert result.message.startswith(b"X-Xink-Handled: Yes\r\n" + fields + before)
    assert result.message.endswith(behind)
    expected = "\n".join([*above, "Hi Jane Roe there", *below])
    assert text_of(result.message, "") == expected
    touched = result.message[len(b"X-Xink-Handled: Yes\r\n" + fields + before) :]
    touched = touched[: len(touched) - len(behind)]
    assert max(len(line) for line in touched.split(b"\r\n")) <= max(76, width)


@given(
    st.text(st.sampled_from("ab {}Grüße\n"), max_size=120),
    st.text(st.sampled_from("ab {}€\n"), max_size=120),
    st.integers(1, 25).map(lambda groups: 4 * groups),
    st.sampled_from([b"\r\n", b"\n"]),
    st.booleans(),
)
def test_base64_of_any_width_keeps_everything_before_the_touched_group(
    before: str, behind: str, width: int, newline: bytes, ended: bool
) -> None:
    decoded = (before + PLACEHOLDER + behind).encode()
    digits = base64.b64encode(decoded)
    lines = [digits[at : at + width] for at in range(0, len(digits), width)]
    body = newline.join(lines) + (newline if ended else b"")
    fields = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    fields = fields.replace(b"\n", newline)
    result = rewrite(fields + body, JANE)
    assert result.report.outcome is Outcome.REPLACED
    start = decoded.lower().index(PLACEHOLDER.encode().lower()) // 3 * 4
    kept = start + (start - 1) // width * len(newline) if start else 0
    assert result.message.startswith(b"X-Xink-Handled: Yes" + newline + fields + body[:kept])
    assert octets_of(result.message, "") == (before + "Jane Roe" + behind).encode()
    written = result.message.partition(2 * newline)[2]
    assert written.endswith(newline) is ended
    widths = [len(line) for line in written.removesuffix(newline).split(newline)]
    if len(lines) > 1:
        assert set(widths[:-1]) <= {width}
        assert widths[-1] <= width


@given(html())
def test_hostile_html_keeps_all_other_text_and_closes_what_it_opens(source: str) -> None:
    fields = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    message = fields + source.encode()
    marker = Signature(html="<div>\u2603</div>", text="\u2603")
    result = rewrite(message, marker, Options(scope="anywhere"))
    check_laws(message, result, Options())
    count = result.message.decode().count("\u2603")
    if result.report.outcome in (Outcome.REPLACED, Outcome.PARTLY_REPLACED):
        assert count
        after = shown(text_of(result.message, ""))
        assert after.count("\u2603") == count
        assert _letters(after.replace("\u2603", "")) in _removals(_letters(shown(source)), count)
    else:
        assert not count
        assert result.message.endswith(message)


def _letters(text: str) -> str:
    return re.sub(r"[\s\u00a0\u200b]", "", text)


def _removals(text: str, count: int) -> set[str]:
    """Return the text without ``count`` placeholders, whichever they are."""
    found = {text}
    for _ in range(count):
        found = {
            one[: match.start()] + one[match.end() :]
            for one in found
            for match in re.finditer(re.escape(PLACEHOLDER), one)
        }
    return found
