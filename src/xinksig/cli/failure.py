"""How the command fails: one clear line, and the exit status a mail server understands (sysexits.h)."""

USAGE = 64
DATA = 65
NO_INPUT = 66
TEMPORARY = 75
"""Try again later: a mail server's pipe keeps the message. Most other numbers make it bounce."""


class Failure(Exception):  # noqa: N818
    """The end of a run; its text is the line the user reads, ``status`` the exit status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Stopped(KeyboardInterrupt):
    """A signal asks the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by signal {number}")
        self.number = number


def explain(error: OSError) -> str:
    """Return what the system says of ``error``, such as ``no space left on device``."""
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]
