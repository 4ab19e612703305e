"""Whole messages and streams: short loops around the kernel."""

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Coroutine, Iterable, Iterator

from xinksig.errors import UsageError
from xinksig.model import Buffer, Envelope, Options, Report
from xinksig.records import NamedTuple
from xinksig.rewriter import Rewriter
from xinksig.signature.request import AsyncSignatureSource, SignatureSource
from xinksig.signature.signature import Signature

Piece = bytes | memoryview


class Result(NamedTuple):
    """The rewritten message and what happened to it."""

    message: bytes
    report: Report


def rewrite(
    message: Buffer,
    signature: Signature | SignatureSource | None,
    /,
    options: Options | None = None,
    *,
    envelope: Envelope | None = None,
) -> Result:
    """Return the message with its signature put in, and the report.

    ``signature`` is one for every request, or a callable that is asked once for each distinct one. Raises
    what the callable raises (unless ``on_failure="pass"``), ``UsageError`` on wrong use, and a
    ``MessageError`` in strict mode.
    """
    if not isinstance(message, (bytes, bytearray, memoryview)):
        raise UsageError(
            f"rewrite() takes the message as bytes, bytearray or memoryview, not {_kind(message)}"
        )
    rewriter = _rewriter(signature, options, envelope)
    pieces = rewriter.close(message)
    if rewriter.wanted is not None:
        pieces += _answer(rewriter, signature, options)
    return Result(b"".join(pieces), rewriter.report)


class Rewriting(Iterator[Piece]):
    """The pieces of a message that is rewritten while it is read; ``report`` after the last one."""

    def __init__(
        self,
        chunks: Iterable[Buffer],
        signature: Signature | SignatureSource | None,
        options: Options | None,
        envelope: Envelope | None,
    ) -> None:
        self._chunks = iter(chunks)
        self._signature = signature
        self._options = options
        self._rewriter = _rewriter(signature, options, envelope)
        self._pieces: deque[Piece] = deque()
        self._ended = False

    def __iter__(self) -> "Rewriting":
        return self

    def __next__(self) -> Piece:
        """Return the next piece, valid until the next call."""
        while not self._pieces:
            if self._ended:
                raise StopIteration
            try:
                chunk = next(self._chunks)
            except StopIteration:
                self._ended = True
                self._pieces += self._rewriter.close()
            else:
                self._pieces += self._rewriter.feed(chunk)
            if self._rewriter.wanted is not None:
                self._pieces += _answer(self._rewriter, self._signature, self._options)
        return self._pieces.popleft()

    @property
    def report(self) -> Report:
        """What happened to the message. Raises ``UsageError`` until the last piece was taken."""
        return self._rewriter.report


def rewrite_iter(
    chunks: Iterable[Buffer],
    signature: Signature | SignatureSource | None,
    /,
    options: Options | None = None,
    *,
    envelope: Envelope | None = None,
) -> Rewriting:
    """Return an iterator of the rewritten message's pieces that reads ``chunks`` as it goes.

    Raises as ``rewrite`` does, from the iterator. A piece may be a view of the chunk just read.
    """
    _check_chunks(chunks, "rewrite_iter")
    if not isinstance(chunks, Iterable):
        raise UsageError(f"rewrite_iter() takes an iterable of chunks, not {_kind(chunks)}")
    return Rewriting(chunks, signature, options, envelope)


class AsyncRewriting(AsyncIterator[Piece]):
    """The pieces of a message that is rewritten while it is read; ``report`` after the last one."""

    def __init__(
        self,
        chunks: AsyncIterable[Buffer] | Iterable[Buffer],
        signature: Signature | SignatureSource | AsyncSignatureSource | None,
        options: Options | None,
        envelope: Envelope | None,
    ) -> None:
        self._chunks = aiter(chunks) if isinstance(chunks, AsyncIterable) else _as_async(chunks)
        self._signature = signature
        self._options = options
        self._rewriter = _rewriter(signature, options, envelope)
        self._pieces: deque[Piece] = deque()
        self._ended = False

    def __aiter__(self) -> "AsyncRewriting":
        return self

    async def __anext__(self) -> Piece:
        """Return the next piece, valid until the next call."""
        while not self._pieces:
            if self._ended:
                raise StopAsyncIteration
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                self._ended = True
                self._pieces += self._rewriter.close()
            else:
                self._pieces += self._rewriter.feed(chunk)
            self._pieces += await self._answer()
        return self._pieces.popleft()

    async def _answer(self) -> list[Piece]:
        pieces: list[Piece] = []
        rewriter = self._rewriter
        while (request := rewriter.wanted) is not None:
            signature = self._signature
            answer: object = signature
            if callable(signature):
                try:
                    answer = signature(request)
                    if isinstance(answer, Awaitable):
                        answer = await answer
                except Exception as error:
                    if not _passes(self._options):
                        raise
                    pieces += rewriter.give_up(_describe(error))
                    continue
            pieces += rewriter.provide(_signature(answer))
        return pieces

    @property
    def report(self) -> Report:
        """What happened to the message. Raises ``UsageError`` until the last piece was taken."""
        return self._rewriter.report


def rewrite_aiter(
    chunks: AsyncIterable[Buffer] | Iterable[Buffer],
    signature: Signature | SignatureSource | AsyncSignatureSource | None,
    /,
    options: Options | None = None,
    *,
    envelope: Envelope | None = None,
) -> AsyncRewriting:
    """Return an asynchronous iterator of the rewritten message's pieces; uses no event loop of its own.

    Raises as ``rewrite`` does, from the iterator. A piece may be a view of the chunk just read.
    """
    _check_chunks(chunks, "rewrite_aiter")
    if not isinstance(chunks, (AsyncIterable, Iterable)):
        raise UsageError(f"rewrite_aiter() takes an iterable of chunks, not {_kind(chunks)}")
    return AsyncRewriting(chunks, signature, options, envelope)


async def _as_async(chunks: Iterable[Buffer]) -> AsyncIterator[Buffer]:
    for chunk in chunks:
        yield chunk


def _rewriter(signature: object, options: Options | None, envelope: Envelope | None) -> Rewriter:
    """Return a kernel that asks only where there is somebody to ask."""
    rewriter = Rewriter(options, envelope=envelope)
    if signature is None or isinstance(signature, Signature):
        rewriter.answer_all(signature)
    elif not callable(signature):
        raise UsageError(f"the signature must be a Signature, a callable or None, not {_kind(signature)}")
    return rewriter


def _answer(
    rewriter: Rewriter, signature: Signature | SignatureSource | None, options: Options | None
) -> list[Piece]:
    """Answer what the kernel wants, as often as it wants something."""
    pieces: list[Piece] = []
    while (request := rewriter.wanted) is not None:
        answer: object = signature
        if callable(signature):
            try:
                answer = signature(request)
            except Exception as error:
                if not _passes(options):
                    raise
                pieces += rewriter.give_up(_describe(error))
                continue
        pieces += rewriter.provide(_signature(answer))
    return pieces


def _signature(answer: object) -> Signature | None:
    """Return what a source answered, if it is an answer."""
    if answer is None or isinstance(answer, Signature):
        return answer
    if isinstance(answer, Coroutine):
        answer.close()
        raise UsageError("the signature source is asynchronous: use rewrite_aiter()")
    raise UsageError(f"the signature source returned {_kind(answer)}: it must return a Signature or None")


def _passes(options: Options | None) -> bool:
    return options is not None and options.on_failure == "pass"


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200] if str(error) else type(error).__name__


def _check_chunks(chunks: object, name: str) -> None:
    if isinstance(chunks, (bytes, bytearray, memoryview, str)):
        raise UsageError(
            f"{name}() takes an iterable of chunks, not {_kind(chunks)}: use rewrite(), or [message]"
        )


def _kind(value: object) -> str:
    return f"{type(value).__name__}"
