"""The command line: what it may say, and what it says when it is wrong."""

import argparse
import os
import stat
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from xinksig import Limits, Options, UsageError, __version__
from xinksig.cli.failure import USAGE, Failure
from xinksig.cli.streams import text_out
from xinksig.model import CHOICES

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# The flags are those of Options, in its order, with its types and defaults; here is what they are for.
_HELP = {
    "placeholder": ("TEXT", "what asks for a signature"),
    "ignore_case": ("", "find it in any case"),
    "scope": ("", "whether quoted history is left alone"),
    "matches": ("", "which placeholders of a body are replaced"),
    "unassigned": ("", "the placeholder of somebody without signature"),
    "on_failure": ("", "if the signature source fails: exit with 75, or pass the message unsigned"),
    "no_placeholder": ("", "a message without placeholder"),
    "device_lines": ("", "replace lines like “Sent from my iPhone”, too"),
    "more_device_lines": ("TEXT", "one more such line"),
    "more_separators": ("TEXT", "one more line that begins quoted history"),
    "opt_out": ("WORD", "a word that stops the signature for one message and is removed"),
    "domains": ("DOMAIN", "sign for authors of this domain only"),
    "upgrade_plain": ("", "give a plain body a twin in HTML"),
    "handled_header": ("NAME", "the field that marks a message as handled"),
    "handled_value": ("VALUE", "its value"),
    "remove_fields": ("NAME", "take this field out of the header section"),
    "drop_dkim": ("DOMAIN", "take out this domain's DKIM-Signature where the body changes"),
    "strict": ("", "refuse a message that is damaged, ambiguous or over a limit"),
    "limits": ("NAME=NUMBER", "change a limit"),
}

_USAGE = """\
xinksig rewrite [FILE] [-o OUT] [--html FILE] [--text FILE] [OPTION …] [-- COMMAND …]
       xinksig rewrite [FILE] [-o OUT] --signatures FOLDER [OPTION …] [-- COMMAND …]"""

_EPILOG = f"""\
limits: {", ".join(Limits.__annotations__)}

Exit status: 0 done. With a FILE 64 for wrong usage, 65 for a message refused under --strict, 66 for no
such input, 75 for all else. A message from standard input that fails for any cause exits with 75, on
which a mail server keeps it and tries again. With -- COMMAND the exit status is that of COMMAND, which
is started only once the message is whole."""


class _Version(argparse.Action):
    """Prints the version and ends the run."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        with text_out() as out:
            out.write(f"xinksig {__version__}\n")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """A parser that fails in one line, and knows which of its arguments is a FILE."""

    def error(self, message: str) -> NoReturn:
        raise Failure(USAGE, f"{message} (see {self.prog} --help)")

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Write the help; argparse itself would keep quiet about a full disk."""
        if file is not None:
            super().print_help(file)
            return
        with text_out() as out:
            out.write(self.format_help())

    def surely_names_file(self, words: Sequence[str]) -> bool:
        """Return whether ``words``, right or wrong, name a FILE: then no message waits at standard input."""
        values, doubtful = 0, False
        for word in words:
            if word.startswith("-") and word != "-":
                values, doubtful = self._values_behind(word)
            elif values:
                values -= 1
            elif word != "-" and (not doubtful or _nothing_can_come_in()):
                return True
            else:
                doubtful = False
        return False

    def _values_behind(self, word: str) -> tuple[int, bool]:
        """Return how many words belong to the option ``word``, and whether that is not known."""
        name, equals, _ = word.partition("=")
        action = self._option_string_actions.get(name)
        if action is None:
            short = not word.startswith("--") and word[:2] in self._option_string_actions
            return 0, not (equals or short)
        if equals or action.nargs == 0:
            return 0, False
        return (1 if action.nargs is None else sys.maxsize), False


def _nothing_can_come_in() -> bool:
    """Return whether standard input is a terminal, the null device or closed: not a mail server's pipe."""
    try:
        return stat.S_ISCHR(os.fstat(0).st_mode)
    except OSError:
        return True


def _add_rewrite(commands: "argparse._SubParsersAction[_Parser]") -> _Parser:
    parser = commands.add_parser(
        "rewrite",
        help="put the signature into one message",
        description="Put the signature into one message, and leave every other octet as it was.",
        usage=_USAGE,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="the message; default and -: standard input")
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="write here, whole or not at all; may be FILE itself"
    )
    parser.add_argument(
        "--html", metavar="FILE", help="the signature for HTML; images it names come from beside it"
    )
    parser.add_argument("--text", metavar="FILE", help="the signature for plain text")
    parser.add_argument("--signatures", metavar="FOLDER", help="a folder with people, templates and images")
    parser.add_argument(
        "--from", dest="sender", metavar="ADDR", help='the envelope sender; "" for the null sender'
    )
    parser.add_argument(
        "--to", nargs="+", action="extend", default=[], metavar="ADDR", help="the envelope recipients"
    )
    parser.add_argument("--report", metavar="FILE", help="write the report as JSON; -: to standard error")
    group = parser.add_argument_group("what to sign, and how")
    defaults = Options()
    for name, kind in Options.__annotations__.items():
        flag = "limit" if name == "limits" else name.replace("_", "-")
        settings = _settings(name, kind, getattr(defaults, name))
        group.add_argument(f"--{flag}", dest=name, default=argparse.SUPPRESS, **settings)
    return parser


def _settings(name: str, kind: object, default: object) -> dict[str, Any]:
    """Return how argparse reads the flag of an option."""
    metavar, text = _HELP[name]
    settings: dict[str, Any] = {
        "help": f"{text} [{default}]" if default and isinstance(default, str) else text
    }
    if kind is bool:
        return settings | {"action": argparse.BooleanOptionalAction if default else "store_true"}
    if name in CHOICES:
        return settings | {"choices": CHOICES[name]}
    if kind is str or default is None:
        return settings | {"metavar": metavar}
    return {"help": f"{settings['help']}; may be repeated", "action": "append", "metavar": metavar}


def _add_signature(commands: "argparse._SubParsersAction[_Parser]") -> None:
    parser = commands.add_parser("signature", help="look at a folder of signatures", allow_abbrev=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="render everybody and list the problems", allow_abbrev=False)
    check.add_argument("folder", metavar="FOLDER")
    show = actions.add_parser("show", help="show the signature of one person", allow_abbrev=False)
    show.add_argument("address", metavar="ADDRESS")
    show.add_argument("--signatures", metavar="FOLDER", required=True, dest="folder")
    show.add_argument(
        "--kind", choices=("new", "reply", "forward"), default="new", help="of the message [new]"
    )
    show.add_argument("--name", default="", help="the variant, as in {EMAILSIGNATURE:name}")
    show.add_argument("--part", choices=("html", "text"), help="print this half only, as it is")


class CommandLine:
    """The words of one run, and what they mean."""

    def __init__(self, words: Sequence[str]) -> None:
        """Take the words behind the program's name; nothing is checked before ``parse``."""
        words = list(words)
        cut = words.index("--") if "--" in words else len(words)
        self._words = words[:cut]
        self._command = words[cut + 1 :] if cut < len(words) else None
        self._parser = _Parser(prog="xinksig", description="Puts signatures into mail.", allow_abbrev=False)
        self._parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
        commands = self._parser.add_subparsers(dest="job", metavar="COMMAND", required=True)
        self._rewrite = _add_rewrite(commands)
        _add_signature(commands)

    def may_read_stdin(self) -> bool:
        """Return whether a message may wait at standard input, for all that wrong words can tell."""
        job = next((word for word in self._words if not word.startswith("-")), "")
        if job == "rewrite":
            return not self._rewrite.surely_names_file(self._words[self._words.index(job) + 1 :])
        return job != "signature" and not _nothing_can_come_in()

    def parse(self) -> argparse.Namespace:
        """Return the arguments; raises ``Failure`` where they are wrong, ``SystemExit`` after --help."""
        arguments = self._parser.parse_args(self._words)
        arguments.command = self._command
        if arguments.job == "rewrite":
            _find_file_behind_recipients(arguments)
            self._check_rewrite(arguments)
        elif self._command is not None:
            self._parser.error("-- COMMAND belongs to rewrite")
        return arguments

    def _check_rewrite(self, arguments: argparse.Namespace) -> None:
        error = self._rewrite.error
        halves = arguments.html is not None or arguments.text is not None
        if arguments.command == []:
            error("nothing stands behind --: name the program that takes the message")
        if arguments.command is not None and arguments.output is not None:
            error("-o and -- COMMAND exclude each other: the message goes to one place")
        if arguments.signatures is not None and halves:
            error("--signatures excludes --html and --text")
        if arguments.signatures is None and not halves:
            error("no signature: give --html FILE, --text FILE or --signatures FOLDER")


def _find_file_behind_recipients(arguments: argparse.Namespace) -> None:
    """Take FILE back from ``--to``, which swallows all words up to the next option."""
    if arguments.file is None and arguments.to:
        last = arguments.to[-1]
        if "@" not in last and os.path.isfile(last):
            arguments.file = arguments.to.pop()


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the ``Options`` that the arguments ask for; raises ``UsageError`` like the class itself."""
    chosen: dict[str, Any] = {name: getattr(arguments, name) for name in _HELP if hasattr(arguments, name)}
    for name, value in chosen.items():
        if isinstance(value, list):
            chosen[name] = tuple(value)
    if "limits" in chosen:
        chosen["limits"] = Limits(**dict(map(_limit, chosen["limits"])))
    return Options(**chosen)


def _limit(word: str) -> tuple[str, int]:
    name, _, number = word.partition("=")
    name = name.strip().replace("-", "_")
    if name not in Limits.__annotations__:
        raise UsageError(f"--limit {word}: no such limit (see xinksig rewrite --help)")
    if not number.strip().isdecimal():
        raise UsageError(f"--limit {word}: write {name}=NUMBER")
    return name, int(number)
