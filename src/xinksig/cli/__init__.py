"""The command ``xinksig``: a filter for mail servers, and tools for the administrator who sets it up."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from xinksig.cli.arguments import CommandLine
from xinksig.cli.failure import DATA, TEMPORARY, USAGE, Failure, Stopped, explain
from xinksig.errors import MessageError, UsageError, XinksigError

if TYPE_CHECKING:
    import argparse
    from types import FrameType


def main(words: Sequence[str] | None = None) -> int:
    """Run the command with these words, by default those of the process; return the exit status."""
    line = CommandLine(sys.argv[1:] if words is None else words)
    from_stdin = False
    try:
        with _signals():
            try:
                arguments = line.parse()
            except Failure:
                from_stdin = line.may_read_stdin()
                raise
            from_stdin = arguments.job == "rewrite" and arguments.file in (None, "-")
            return _run(arguments)
    except SystemExit as error:  # --help and --version
        return int(error.code or 0)
    except KeyboardInterrupt as error:
        return _complain(Failure(TEMPORARY, str(error) or "interrupted"), TEMPORARY)
    except Failure as error:
        return _complain(error, TEMPORARY if from_stdin else error.status)


def _run(arguments: "argparse.Namespace") -> int:
    """Do the job; whatever goes wrong is a ``Failure``."""
    try:
        if arguments.job == "rewrite":
            from xinksig.cli.rewrite import rewrite

            return rewrite(arguments)
        from xinksig.cli.signatures import check, show

        return (check if arguments.action == "check" else show)(arguments)
    except Failure:
        raise
    except UsageError as error:
        raise Failure(USAGE, str(error)) from error
    except MessageError as error:
        raise Failure(DATA, str(error)) from error
    except XinksigError as error:
        raise Failure(TEMPORARY, str(error)) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Failure(TEMPORARY, where + explain(error)) from error
    except MemoryError as error:
        raise Failure(TEMPORARY, "out of memory") from error
    except Exception as error:
        # A bug of ours, or of a signature source, must not become a bounce of somebody's mail.
        raise Failure(
            TEMPORARY, f"internal error, please report it: {type(error).__name__}: {error}"
        ) from error


@contextmanager
def _signals() -> Iterator[None]:
    """Let a signal that ends the process end it in order: temporary files go, the status says try again."""

    def stop(number: int, _frame: "FrameType | None") -> None:
        raise Stopped(number)

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            with suppress(ValueError):  # not in the main thread
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _complain(error: Failure, status: int) -> int:
    """Say what went wrong in one line; return ``status`` also where nobody can be told."""
    line = " ".join(str(error).split())
    with suppress(OSError, AttributeError):
        sys.stderr.write(f"xinksig: {line}\n")
        sys.stderr.flush()
    return status
