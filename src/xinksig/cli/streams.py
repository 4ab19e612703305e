"""Where a message comes from and goes: standard streams, files that are replaced whole, a program."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from xinksig.cli.failure import NO_INPUT, TEMPORARY, Failure, Stopped, explain

if TYPE_CHECKING:
    from subprocess import Popen

CHUNK_SIZE = 64 << 10


class Sink(Protocol):
    """Takes the pieces of a message; nobody sees a part of it as a whole one."""

    def write(self, piece: bytes | memoryview, /) -> None:
        """Take one piece."""

    def commit(self) -> int:
        """End the message, which is whole; return the exit status."""

    def __enter__(self) -> Self:
        """Begin; leaving the block without ``commit`` throws away what can be thrown away."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the block."""


def read_file(path: str) -> bytes:
    """Return the octets of a file the command line names; raises ``Failure``."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Failure(NO_INPUT, f"cannot read {path}: {explain(error)}") from error


class Source:
    """The chunks of a message: of a file, which is opened at once, or of standard input."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        if path is None:
            if sys.stdin is None:
                raise Failure(TEMPORARY, "standard input is closed: no message to read")
            self._descriptor = 0
            return
        try:
            self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            if stat.S_ISDIR(os.fstat(self._descriptor).st_mode):
                os.close(self._descriptor)
                raise IsADirectoryError(None, "it is a folder")
        except OSError as error:
            raise Failure(NO_INPUT, f"cannot read {path}: {explain(error)}") from error

    def __iter__(self) -> Iterator[bytes]:
        """Yield the chunks as they come."""
        try:
            while chunk := os.read(self._descriptor, CHUNK_SIZE):
                yield chunk
        except OSError as error:
            name = self._path or "standard input"
            raise Failure(TEMPORARY, f"cannot read {name}: {explain(error)}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            os.close(self._descriptor)


def write_all(descriptor: int, piece: bytes | memoryview, name: str) -> None:
    """Write all octets of ``piece``; raises ``Failure`` that calls the target ``name``."""
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BrokenPipeError as error:
        raise Failure(TEMPORARY, f"cannot write {name}: its reader went away") from error
    except OSError as error:
        raise Failure(TEMPORARY, f"cannot write {name}: {explain(error)}") from error


@contextmanager
def text_out() -> Iterator[TextIO]:
    """Give standard output for text that people read; raises ``Failure`` where it cannot be written."""
    if sys.stdout is None:
        raise Failure(TEMPORARY, "standard output is closed")
    try:
        yield sys.stdout
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would be tried again, and complained of, when the process ends.
        with suppress(OSError):
            sys.stdout.close()
        raise Failure(TEMPORARY, f"cannot write standard output: {explain(error)}") from error


class StandardOutput:
    """Lets the pieces go at once, past Python's buffers: a failed write is seen where it happens."""

    def __init__(self) -> None:
        if sys.stdout is None:
            raise Failure(TEMPORARY, "standard output is closed: nowhere to write the message")

    def write(self, piece: bytes | memoryview, /) -> None:
        """Write the piece."""
        write_all(1, piece, "standard output")

    def commit(self) -> int:
        """Return 0: all is written."""
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class WholeFile:
    """A file that holds the whole new content, or what it held before.

    The content goes to a temporary file beside it, which takes its place in one step; mode and, where
    permitted, owner are kept, and a link stays a link. What is no regular file, such as a device, is
    written once all is there.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._target = os.path.realpath(path)
        self._file = -1
        self._temporary = ""

    def __enter__(self) -> Self:
        try:
            self._open()
        except OSError as error:
            self._clear()
            raise self._failure(error) from error
        except BaseException:
            # A signal may come as soon as the file is there.
            self._clear()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def _open(self) -> None:
        self._before = self._state()
        if self._before is None or stat.S_ISREG(self._before.st_mode):
            name = f".xinksig-{os.getpid()}-{os.urandom(8).hex()}"
            # The name is known before the file is, so that nothing can leave it behind.
            self._temporary = os.path.join(os.path.dirname(self._target), name)
            flags = (
                os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
            )
            self._file = os.open(self._temporary, flags, 0o600)
        else:
            import tempfile

            with tempfile.TemporaryFile() as spool:
                self._file = os.dup(spool.fileno())

    def _clear(self) -> None:
        """Let the temporary file go, if there is one."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if self._temporary:
            with suppress(OSError):
                os.unlink(self._temporary)
            self._temporary = ""

    def _failure(self, error: OSError) -> Failure:
        return Failure(TEMPORARY, f"cannot write {self._path}: {explain(error)}")

    def _state(self) -> os.stat_result | None:
        try:
            state = os.stat(self._target)
        except FileNotFoundError:
            return None
        if stat.S_ISDIR(state.st_mode):
            raise IsADirectoryError(None, "it is a folder")
        if not os.access(self._target, os.W_OK):
            raise PermissionError(None, "it is write-protected")
        return state

    def write(self, piece: bytes | memoryview, /) -> None:
        """Write the piece to the temporary file."""
        write_all(self._file, piece, self._path)

    def commit(self) -> int:
        """Put the new content in place, durably; return 0."""
        try:
            if self._temporary:
                self._replace()
            else:
                self._copy()
        except OSError as error:
            raise self._failure(error) from error
        return 0

    def _replace(self) -> None:
        if self._before is None:
            mode = 0o666 & ~_umask()
        else:
            mode = stat.S_IMODE(self._before.st_mode)
            with suppress(PermissionError):
                os.chown(self._temporary, self._before.st_uid, self._before.st_gid)
        os.chmod(self._temporary, mode)
        os.fsync(self._file)
        os.replace(self._temporary, self._target)
        self._temporary = ""
        # The name is durable only once its folder is; not every file system can say so.
        with suppress(OSError):
            folder = os.open(os.path.dirname(self._target), os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _copy(self) -> None:
        os.lseek(self._file, 0, os.SEEK_SET)
        with open(self._target, "wb", buffering=0) as target:
            while chunk := os.read(self._file, CHUNK_SIZE):
                write_all(target.fileno(), chunk, self._path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _wait(process: "Popen[bytes]") -> int:
    while True:
        try:
            return process.wait()
        except Stopped as error:
            process.send_signal(error.number)
        except KeyboardInterrupt:
            pass  # the terminal tells the program, too: its exit status counts


class Program:
    """Starts a program with the message as its standard input, once the message is whole."""

    def __init__(self, command: list[str]) -> None:
        import tempfile

        self._command = command
        try:
            self._spool = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        except OSError as error:
            raise Failure(TEMPORARY, f"cannot make a temporary file: {explain(error)}") from error

    def write(self, piece: bytes | memoryview, /) -> None:
        """Keep the piece."""
        write_all(self._spool.fileno(), piece, "the temporary file")

    def commit(self) -> int:
        """Run the program; return its exit status."""
        from subprocess import Popen

        self._spool.seek(0)
        try:
            process = Popen(self._command, stdin=self._spool)  # noqa: S603
        except (OSError, ValueError) as error:
            reason = explain(error) if isinstance(error, OSError) else str(error)
            raise Failure(TEMPORARY, f"cannot start {self._command[0]}: {reason}") from error
        status = _wait(process)
        if status < 0:
            raise Failure(TEMPORARY, f"{self._command[0]} was ended by signal {-status}")
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()
