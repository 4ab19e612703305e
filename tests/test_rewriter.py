"""The kernel: what is held and for how long, what is wanted, and how it may be used."""

from collections.abc import Callable

import pytest

from xinksig import (
    Envelope,
    Kind,
    LimitError,
    Limits,
    MessageError,
    Options,
    Outcome,
    Rewriter,
    Signature,
    SignatureRequest,
    Trigger,
    UsageError,
)

SIGNATURE = Signature(html="<b>Jane</b>", text="Jane", id="jane")
PLAIN = b"Subject: x\r\nFrom: Jane <jane@example.com>\r\n\r\nHello {EMAILSIGNATURE}\r\n"
HEAD = b"From: jane@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
TEXT = b"--b\r\nContent-Type: text/plain\r\n\r\nHello {EMAILSIGNATURE}\r\n"
IMAGE = b"--b\r\nContent-Type: image/png\r\n\r\n"
MARK = b"X-Xink-Handled: Yes\r\n"


def joined(pieces: list[bytes | memoryview]) -> bytes:
    return b"".join(pieces)


def run(
    message: bytes, options: Options | None = None, answer: Signature | None = SIGNATURE, size: int = 0
) -> tuple[bytes, Rewriter, list[SignatureRequest]]:
    """Feed a message in chunks of ``size`` (0: whole) and answer everything that is wanted."""
    rewriter = Rewriter(options)
    output: list[bytes] = []
    requests = []

    def take(pieces: list[bytes | memoryview]) -> None:
        output.append(joined(pieces))
        while rewriter.wanted is not None:
            requests.append(rewriter.wanted)
            output.append(joined(rewriter.provide(answer)))

    for at in range(0, len(message), size or len(message) or 1):
        take(rewriter.feed(message[at : at + (size or len(message))]))
    take(rewriter.close())
    return b"".join(output), rewriter, requests


def test_single_part_is_decided_by_close_and_done_by_provide() -> None:
    rewriter = Rewriter()
    assert rewriter.feed(PLAIN) == []
    assert rewriter.wanted is None
    assert rewriter.close() == []
    assert rewriter.wanted is not None
    assert not rewriter.done
    assert joined(rewriter.provide(SIGNATURE)) == MARK + PLAIN.replace(b"{EMAILSIGNATURE}", b"Jane")
    assert rewriter.done
    assert rewriter.report.outcome is Outcome.REPLACED
    assert rewriter.report.signatures == ("jane",)


def test_request_says_who_asks_for_what() -> None:
    message = PLAIN.replace(b"Subject: x", b"Sender: Boss <boss@example.com>\r\nSubject: Re: x").replace(
        b"SIGNATURE}", b"SIGNATURE:short}"
    )
    _, _, (request,) = run(message)
    assert (request.author, request.sender) == ("jane@example.com", "boss@example.com")
    assert (request.kind, request.trigger, request.name) == (Kind.REPLY, Trigger.PLACEHOLDER, "short")
    assert request.headers.get("subject") == "Re: x"


def test_equal_requests_are_asked_once_and_different_ones_each() -> None:
    message = (
        HEAD
        + TEXT
        + TEXT.replace(b"SIGNATURE}", b"SIGNATURE:a}")
        + TEXT
        + IMAGE
        + b"x\r\n"
        + TEXT
        + b"--b--\r\n"
    )
    _, rewriter, requests = run(message)
    assert [request.name for request in requests] == ["", "a"]
    assert rewriter.report.outcome is Outcome.REPLACED


def test_source_is_not_asked_without_a_trigger() -> None:
    assert run(PLAIN.replace(b"{EMAIL", b"{MAIL"))[2] == []


def test_header_section_of_a_multipart_goes_out_at_once() -> None:
    rewriter = Rewriter()
    assert joined(rewriter.feed(HEAD)) == MARK + HEAD
    assert rewriter.headers is not None
    assert rewriter.headers.get("From") == "jane@example.com"


def test_text_is_held_until_the_header_section_of_another_leaf() -> None:
    rewriter = Rewriter()
    rewriter.feed(HEAD)
    assert joined(rewriter.feed(TEXT)) == b"--b\r\n"
    assert (
        joined(rewriter.feed(b"--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n")) == b""
    )
    rewriter.feed(b"Content-Type: text/html\r\n\r\n<p>{EMAILSIGNATURE}</p>\r\n--c--\r\n--b\r\n")
    assert rewriter.wanted is None
    rewriter.feed(b"Content-Type: image/png\r\n\r\n")
    assert rewriter.wanted is not None
    assert b"Hello Jane" in joined(rewriter.provide(SIGNATURE))
    assert joined(rewriter.feed(b"attachment")) == b"attachment"


def test_attachment_is_not_held() -> None:
    rewriter = Rewriter()
    rewriter.feed(HEAD + IMAGE)
    for _ in range(10):
        assert len(joined(rewriter.feed(b"A" * 65536))) == 65536
    assert len(rewriter._data) < 100


def test_immutable_chunks_are_not_copied() -> None:
    rewriter = Rewriter()
    rewriter.feed(HEAD + IMAGE + b"A")
    chunk = b"A" * 1000
    (piece,) = rewriter.feed(chunk)
    assert piece is chunk
    chunk = b"A" * 1000 + b"\r"
    (piece,) = rewriter.feed(chunk)
    assert isinstance(piece, memoryview)
    assert piece.obj is chunk


def test_mutable_chunk_may_be_changed_after_the_call() -> None:
    rewriter = Rewriter()
    buffer = bytearray(PLAIN)
    rewriter.feed(memoryview(buffer))
    buffer[:] = b"\0" * len(buffer)
    rewriter.close()
    assert b"Hello Jane" in joined(rewriter.provide(SIGNATURE))


def test_text_over_the_limit_passes_and_finished_text_is_decided() -> None:
    message = HEAD + TEXT + TEXT.replace(b"Hello", b"H" * 500) + b"--b--\r\n"
    for size in (0, 1, 7, 100):
        output, rewriter, _ = run(message, Options(limits=Limits(text_size=100)), size=size)
        assert output.count(b"Jane") == 1
        assert [part.outcome for part in rewriter.report.parts] == [Outcome.LIMIT, Outcome.REPLACED] or [
            part.outcome for part in rewriter.report.parts
        ] == [Outcome.REPLACED, Outcome.LIMIT]


def test_text_exactly_at_the_limit_is_decided_whatever_the_chunks() -> None:
    message = HEAD + TEXT + b"--b--\r\n"
    size = len(b"Hello {EMAILSIGNATURE}")
    for chunk in (0, 1, 3):
        assert (
            run(message, Options(limits=Limits(text_size=size)), size=chunk)[1].report.outcome
            is Outcome.REPLACED
        )
        assert (
            run(message, Options(limits=Limits(text_size=size - 1)), size=chunk)[1].report.outcome
            is Outcome.LIMIT
        )


def test_unassigned_placeholder_is_removed_or_left() -> None:
    output, rewriter, _ = run(PLAIN, answer=None)
    assert output == MARK + PLAIN.replace(b"{EMAILSIGNATURE}", b"")
    assert (rewriter.report.outcome, rewriter.report.left) == (Outcome.UNASSIGNED, 0)
    output, rewriter, _ = run(PLAIN, Options(unassigned="leave"), answer=None)
    assert output == MARK + PLAIN
    assert (rewriter.report.outcome, rewriter.report.left) == (Outcome.UNASSIGNED, 1)


def test_giving_up_lets_the_rest_out_untouched() -> None:
    message = HEAD + TEXT + b"--b--\r\n"
    rewriter = Rewriter()
    output = joined(rewriter.feed(message))
    assert rewriter.wanted is not None
    output += joined(rewriter.give_up("the directory is down"))
    output += joined(rewriter.close())
    assert output == MARK + message
    assert rewriter.report.outcome is Outcome.SOURCE_FAILED
    assert "the directory is down" in rewriter.report.reason
    assert rewriter.report.left == 1


@pytest.mark.parametrize(
    "message", [b"", PLAIN, HEAD + TEXT + IMAGE + b"iVBORw0KGgo=\r\n--b--\r\n", HEAD + TEXT]
)
def test_last_octets_may_come_with_close(message: bytes) -> None:
    expected, whole, _ = run(message)
    for split in (0, len(message) // 2, len(message)):
        rewriter = Rewriter()
        rewriter.answer_all(SIGNATURE)
        pieces = rewriter.feed(message[:split])
        pieces += rewriter.close(bytearray(message[split:]))
        assert rewriter.done
        assert joined(pieces) == expected
        assert rewriter.report.to_dict(full=True) == whole.report.to_dict(full=True)


def test_close_takes_octets_only() -> None:
    with pytest.raises(UsageError, match=r"close\(\) takes bytes, bytearray or memoryview, not str"):
        Rewriter().close("text")  # type: ignore[arg-type]


def test_giving_up_after_close() -> None:
    rewriter = Rewriter()
    rewriter.feed(PLAIN)
    rewriter.close()
    assert joined(rewriter.give_up("down")) == MARK + PLAIN
    assert rewriter.done


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (lambda rewriter: rewriter.feed("text"), "takes bytes"),
        (lambda rewriter: rewriter.report, "call close"),
        (lambda rewriter: rewriter.provide(None), "only while wanted"),
        (lambda rewriter: (rewriter.close(), rewriter.feed(b"")), "after close"),
        (lambda rewriter: (rewriter.close(), rewriter.close()), "after close"),
        (lambda rewriter: (rewriter.close(), rewriter.give_up("x")), "nothing to give up"),
        (lambda rewriter: (rewriter.feed(HEAD + TEXT + IMAGE), rewriter.feed(b"x")), "wanted"),
        (lambda rewriter: (rewriter.feed(HEAD + TEXT + IMAGE), rewriter.close()), "wanted"),
        (
            lambda rewriter: (rewriter.feed(HEAD + TEXT + IMAGE), rewriter.provide("Jane")),
            "Signature or None",
        ),
        (lambda _: Rewriter("options"), "Options object"),  # type: ignore[arg-type]
        (lambda _: Rewriter(envelope="a@b"), "Envelope object"),  # type: ignore[arg-type]
    ],
)
def test_wrong_use_says_what_to_do(use: Callable[[Rewriter], object], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        use(Rewriter())


def test_strict_error_holds_every_octet_that_was_not_returned() -> None:
    message = HEAD + TEXT + IMAGE + b"x\r\n--bb\r\nmore\r\n--b--\r\n"
    for size in (1, 10, len(message)):
        rewriter = Rewriter(Options(strict=True))
        output = b""
        with pytest.raises(MessageError) as caught:  # noqa: PT012
            for at in range(0, len(message), size):
                taken = at + size
                output += joined(rewriter.feed(message[at:taken]))
                while rewriter.wanted is not None:
                    output += joined(rewriter.provide(None))
        assert caught.value.part == "2"
        assert output.removeprefix(MARK).replace(
            b"Hello ", b"Hello {EMAILSIGNATURE}"
        ) + caught.value.held in (
            message[:taken],
            message,
        )
        with pytest.raises(UsageError, match="new one"):
            rewriter.close()


def test_limit_of_header_size_raises_in_strict_mode() -> None:
    rewriter = Rewriter(Options(strict=True, limits=Limits(header_size=10)))
    with pytest.raises(LimitError):
        rewriter.feed(b"Subject: long\r\n\r\n")


def test_growth_is_limited() -> None:
    output, rewriter, _ = run(PLAIN, Options(limits=Limits(growth=30)), Signature(text="J" * 40))
    assert output == MARK + PLAIN
    assert rewriter.report.outcome is Outcome.LIMIT


def test_null_sender_is_an_automatic_message() -> None:
    rewriter = Rewriter(envelope=Envelope(sender="<>"))
    rewriter.feed(PLAIN)
    assert joined(rewriter.close()) == b""
    assert rewriter.report.outcome is Outcome.AUTOMATIC


def test_our_own_bug_lets_the_message_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("xinksig.textpart.TextPart.search", fail)
    message = HEAD + TEXT + IMAGE + b"x\r\n--b--\r\n"
    output, rewriter, _ = run(message)
    assert output == MARK + message
    assert rewriter.report.outcome is Outcome.INTERNAL_ERROR
    assert "ZeroDivisionError at test_rewriter.py" in rewriter.report.reason
