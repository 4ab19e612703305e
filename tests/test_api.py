"""Whole messages and streams: sources of every kind, failures, wrong use, chunks of every kind."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import pytest

from xinksig import (
    AmbiguousError,
    Options,
    Outcome,
    Signature,
    SignatureRequest,
    UsageError,
    rewrite,
    rewrite_aiter,
    rewrite_iter,
)

SIGNATURE = Signature(html="<b>Jane</b>", text="Jane", id="jane")
MARK = b"X-Xink-Handled: Yes\r\n"
PLAIN = b"From: jane@example.com\r\n\r\nHi {EMAILSIGNATURE}\r\n"
SIGNED = MARK + PLAIN.replace(b"{EMAILSIGNATURE}", b"Jane")
QUIET = b"From: jane@example.com\r\n\r\nHi\r\n"
MIXED = (
    b"From: jane@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\n{EMAILSIGNATURE}\r\n--b\r\nContent-Type: image/png\r\n\r\n"
    + b"pixels " * 500
    + b"\r\n--b\r\n\r\n{EMAILSIGNATURE:short}\r\n--b--\r\n"
)
PASS = Options(on_failure="pass")


class DirectoryDownError(Exception):
    pass


def down(request: SignatureRequest) -> Signature | None:
    raise DirectoryDownError("no answer from the directory")


async def async_down(request: SignatureRequest) -> Signature | None:
    await asyncio.sleep(0)
    raise DirectoryDownError("no answer from the directory")


async def async_jane(request: SignatureRequest) -> Signature | None:
    await asyncio.sleep(0)
    return SIGNATURE


async def trickle(message: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for at in range(0, len(message), size):
        await asyncio.sleep(0)
        yield message[at : at + size]


def in_chunks(message: bytes, size: int = 7) -> list[bytes]:
    return [message[at : at + size] for at in range(0, len(message), size)]


async def collect(chunks: Any, signature: Any, options: Options | None = None) -> tuple[bytes, Any]:
    rewriting = rewrite_aiter(chunks, signature, options)
    pieces = [bytes(piece) async for piece in rewriting]
    return b"".join(pieces), rewriting.report


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_message_may_be_any_buffer(kind: Any) -> None:
    result = rewrite(kind(PLAIN), SIGNATURE)
    assert result.message == SIGNED
    assert type(result.message) is bytes
    assert result.report.outcome is Outcome.REPLACED
    output, report = result
    assert (output, report) == result


@pytest.mark.parametrize("message", [b"", b"\r\n", b"\n", b"From: a@b.c", b"nonsense"])
def test_hardly_a_message_is_marked_and_comes_back(message: bytes) -> None:
    output, report = rewrite(message, SIGNATURE)
    assert output.replace(b"X-Xink-Handled: Yes", b"", 1).strip() == message.strip()
    assert report.apply(message) == output
    assert b"".join(rewrite_iter([message], SIGNATURE)) == output


def test_source_is_asked_once_for_equal_requests_and_never_without_a_trigger() -> None:
    asked = []

    def source(request: SignatureRequest) -> Signature | None:
        asked.append(request.name)
        return SIGNATURE

    assert rewrite(QUIET, source).message == MARK + QUIET
    assert asked == []
    rewrite(MIXED, source)
    assert asked == ["", "short"]
    rewrite(PLAIN + b"{EMAILSIGNATURE}\r\n{emailsignature}", source)
    assert asked == ["", "short", ""]


def test_callable_object_is_a_source() -> None:
    class Directory:
        def __call__(self, request: SignatureRequest) -> Signature | None:
            return SIGNATURE if request.author == "jane@example.com" else None

    assert rewrite(PLAIN, Directory()).message == SIGNED
    other = rewrite(PLAIN.replace(b"jane@", b"joe@"), Directory())
    assert other.report.outcome is Outcome.UNASSIGNED


@pytest.mark.parametrize("given", [None, lambda request: None])
def test_none_means_unassigned(given: Any) -> None:
    output, report = rewrite(PLAIN, given)
    assert output == MARK + PLAIN.replace(b"{EMAILSIGNATURE}", b"")
    assert report.outcome is Outcome.UNASSIGNED


def test_exception_of_the_source_reaches_the_caller() -> None:
    with pytest.raises(DirectoryDownError):
        rewrite(PLAIN, down)
    with pytest.raises(DirectoryDownError):
        list(rewrite_iter(in_chunks(PLAIN), down))
    for source in (down, async_down):
        with pytest.raises(DirectoryDownError):
            asyncio.run(collect(trickle(PLAIN), source))


def test_message_without_a_trigger_needs_no_working_source() -> None:
    assert rewrite(QUIET, down).message == MARK + QUIET


@pytest.mark.parametrize("message", [PLAIN, MIXED])
def test_message_passes_marked_and_untouched_when_the_source_fails(message: bytes) -> None:
    expected = MARK + message
    output, report = rewrite(message, down, PASS)
    assert output == expected
    assert report.outcome is Outcome.SOURCE_FAILED
    assert "DirectoryDownError: no answer from the directory" in report.reason
    assert report.left >= 1
    rewriting = rewrite_iter(in_chunks(message), down, PASS)
    assert b"".join(rewriting) == expected
    assert rewriting.report == report
    for source in (down, async_down):
        assert asyncio.run(collect(trickle(message), source, PASS)) == (expected, report)


def test_failure_of_the_second_request_leaves_what_was_sent() -> None:
    def source(request: SignatureRequest) -> Signature | None:
        if request.name:
            raise DirectoryDownError
        return SIGNATURE

    output, report = rewrite(MIXED, source, PASS)
    assert output == MARK + MIXED.replace(b"{EMAILSIGNATURE}", b"Jane")
    assert report.outcome is Outcome.SOURCE_FAILED
    assert "DirectoryDownError" in report.reason
    assert report.apply(MIXED) == output


def test_exceptions_that_end_a_program_are_never_passed() -> None:
    def interrupted(request: SignatureRequest) -> Signature | None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rewrite(PLAIN, interrupted, PASS)


def test_cancelled_source_is_never_passed() -> None:
    async def slow(request: SignatureRequest) -> Signature | None:
        await asyncio.sleep(60)
        return SIGNATURE

    async def main() -> None:
        await asyncio.wait_for(collect([PLAIN], slow, PASS), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def test_asynchronous_source_needs_rewrite_aiter() -> None:
    source: Any = async_jane
    with pytest.raises(UsageError, match=r"asynchronous: use rewrite_aiter\(\)"):
        rewrite(PLAIN, source)
    with pytest.raises(UsageError, match=r"use rewrite_aiter\(\)"):
        list(rewrite_iter([PLAIN], source))
    gc.collect()


@pytest.mark.parametrize("answer", ["<b>Jane</b>", b"x", 7, ("a", "b"), False])
def test_answer_of_a_wrong_type_says_what_to_return(answer: Any) -> None:
    text = f"returned {type(answer).__name__}: it must return a Signature or None"

    async def source(request: SignatureRequest) -> Any:
        return answer

    for options in (None, PASS):
        with pytest.raises(UsageError, match=text):
            rewrite(PLAIN, lambda request: answer, options)
        with pytest.raises(UsageError, match=text):
            asyncio.run(collect([PLAIN], source, options))


@pytest.mark.parametrize("wrong", ["<b>Jane</b>", b"x", 7, ()])
def test_signature_of_a_wrong_type_is_refused_at_once(wrong: Any) -> None:
    text = f"must be a Signature, a callable or None, not {type(wrong).__name__}"
    with pytest.raises(UsageError, match=text):
        rewrite(QUIET, wrong)
    with pytest.raises(UsageError, match=text):
        rewrite_iter([QUIET], wrong)
    with pytest.raises(UsageError, match=text):
        rewrite_aiter([QUIET], wrong)


@pytest.mark.parametrize("wrong", ["text", None, 7, [b"x"]])
def test_message_of_a_wrong_type_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match=f"not {type(wrong).__name__}"):
        rewrite(wrong, SIGNATURE)


@pytest.mark.parametrize("wrong", [PLAIN, bytearray(PLAIN), memoryview(PLAIN), "text"])
def test_one_buffer_as_chunks_is_refused(wrong: Any) -> None:
    for function in (rewrite_iter, rewrite_aiter):
        with pytest.raises(UsageError, match=r"use rewrite\(\), or \[message\]"):
            function(wrong, SIGNATURE)


@pytest.mark.parametrize("wrong", [None, 7])
def test_chunks_that_cannot_be_iterated_are_refused(wrong: Any) -> None:
    for function in (rewrite_iter, rewrite_aiter):
        with pytest.raises(UsageError, match="takes an iterable of chunks"):
            function(wrong, SIGNATURE)


def test_asynchronous_chunks_need_rewrite_aiter() -> None:
    chunks: Any = trickle(PLAIN)
    with pytest.raises(UsageError, match="takes an iterable of chunks, not async_generator"):
        rewrite_iter(chunks, SIGNATURE)


@pytest.mark.parametrize("wrong", ["text", None, 7])
def test_chunk_of_a_wrong_type_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match="takes bytes, bytearray or memoryview"):
        list(rewrite_iter([PLAIN, wrong], SIGNATURE))
    with pytest.raises(UsageError, match="takes bytes, bytearray or memoryview"):
        asyncio.run(collect([PLAIN, wrong], SIGNATURE))


@pytest.mark.parametrize("name", ["options", "envelope"])
def test_options_and_envelope_of_a_wrong_type_are_refused(name: str) -> None:
    wrong: Any = {"placeholder": "{X}"}
    more: Any = {"envelope": wrong} if name == "envelope" else {}
    options = wrong if name == "options" else None
    for call in (
        lambda: rewrite(PLAIN, SIGNATURE, options, **more),
        lambda: rewrite_iter([PLAIN], SIGNATURE, options, **more),
        lambda: rewrite_aiter([PLAIN], SIGNATURE, options, **more),
    ):
        with pytest.raises(UsageError, match=f"{name} must be an {name.capitalize()} object, not dict"):
            call()


def test_report_is_not_there_before_the_last_piece() -> None:
    rewriting = rewrite_iter(in_chunks(MIXED), SIGNATURE)
    with pytest.raises(UsageError):
        _ = rewriting.report
    next(rewriting)
    with pytest.raises(UsageError):
        _ = rewriting.report
    rest = list(rewriting)
    assert rest
    assert rewriting.report.outcome is Outcome.REPLACED
    assert list(rewriting) == []
    assert rewriting.report.outcome is Outcome.REPLACED


def test_asynchronous_report_is_not_there_before_the_last_piece() -> None:
    async def main() -> None:
        rewriting = rewrite_aiter(trickle(MIXED), SIGNATURE)
        await anext(rewriting)
        with pytest.raises(UsageError):
            _ = rewriting.report
        async for _ in rewriting:
            pass
        assert rewriting.report.outcome is Outcome.REPLACED
        with pytest.raises(StopAsyncIteration):
            await anext(rewriting)

    asyncio.run(main())


@pytest.mark.parametrize("message", [PLAIN, MIXED, QUIET])
@pytest.mark.parametrize("source", [SIGNATURE, lambda request: SIGNATURE, async_jane])
def test_every_way_gives_the_same(message: bytes, source: Any) -> None:
    expected = rewrite(message, SIGNATURE)
    for chunks in (trickle(message), in_chunks(message), iter(in_chunks(message, 1)), [b"", message, b""]):
        assert asyncio.run(collect(chunks, source)) == expected
    if source is not async_jane:
        for plain in (in_chunks(message), iter(in_chunks(message, 1)), (b"", message, b"")):
            rewriting = rewrite_iter(plain, source)
            assert b"".join(rewriting) == expected.message
            assert rewriting.report == expected.report


def test_awaitable_that_is_no_coroutine_is_awaited() -> None:
    async def main() -> bytes:
        loop = asyncio.get_running_loop()

        def source(request: SignatureRequest) -> Any:
            future: asyncio.Future[Signature] = loop.create_future()
            loop.call_soon(future.set_result, SIGNATURE)
            return future

        output, _ = await collect([PLAIN], source)
        assert isinstance(output, bytes)
        return output

    assert asyncio.run(main()) == SIGNED


@pytest.mark.parametrize("chunks", [[], (), iter(()), [b""], [b"", b""]])
def test_no_octets_at_all(chunks: Any) -> None:
    expected = rewrite(b"", SIGNATURE)
    rewriting = rewrite_iter(chunks, SIGNATURE)
    assert b"".join(rewriting) == expected.message
    assert rewriting.report == expected.report


def test_chunks_are_read_only_as_far_as_needed() -> None:
    read = 0

    def chunks() -> Iterator[bytes]:
        nonlocal read
        for chunk in in_chunks(MIXED, 50):
            read += 1
            yield chunk

    rewriting = rewrite_iter(chunks(), SIGNATURE)
    assert read == 0
    next(rewriting)
    assert 0 < read < len(MIXED) // 50 // 2


def test_iterator_may_be_left_early() -> None:
    closed = []

    def chunks() -> Iterator[bytes]:
        try:
            yield from in_chunks(MIXED)
        finally:
            closed.append(True)

    rewriting = rewrite_iter(chunks(), SIGNATURE)
    next(rewriting)
    del rewriting
    gc.collect()
    assert closed == [True]


def test_asynchronous_iterator_may_be_left_early() -> None:
    closed = []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            for chunk in in_chunks(MIXED):
                yield chunk
        finally:
            closed.append(True)

    async def main() -> None:
        source = chunks()
        async for _ in rewrite_aiter(source, SIGNATURE):
            break
        await source.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())
    assert closed == [True]


@pytest.mark.parametrize("size", [1, 16, 100])
def test_buffer_may_be_used_again_for_the_next_chunk(size: int) -> None:
    def chunks() -> Iterator[memoryview]:
        buffer = bytearray(size)
        for at in range(0, len(MIXED), size):
            piece = MIXED[at : at + size]
            buffer[: len(piece)] = piece
            yield memoryview(buffer)[: len(piece)]
            buffer[:] = b"#" * size

    rewriting = rewrite_iter(chunks(), SIGNATURE)
    assert b"".join(bytes(piece) for piece in rewriting) == rewrite(MIXED, SIGNATURE).message


def test_exception_of_the_chunks_reaches_the_caller() -> None:
    def broken() -> Iterator[bytes]:
        yield MIXED[:300]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        list(rewrite_iter(broken(), SIGNATURE))
    with pytest.raises(ConnectionResetError):
        asyncio.run(collect(broken(), SIGNATURE))


def test_strict_error_comes_from_the_iterator_with_what_is_held() -> None:
    message = (
        b"From: a@b.c\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\n{EMAILSIGNATURE}\r\n"
    )
    strict = Options(strict=True)
    with pytest.raises(AmbiguousError) as caught:
        rewrite(message, SIGNATURE, strict)
    assert caught.value.held == message
    taken: list[bytes] = []
    rewriting: Iterable[bytes | memoryview] = rewrite_iter(in_chunks(message), SIGNATURE, strict)
    with pytest.raises(AmbiguousError) as caught:
        taken.extend(bytes(piece) for piece in rewriting)
    assert message.startswith(b"".join(taken) + caught.value.held)
