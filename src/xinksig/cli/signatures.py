"""``xinksig signature``: what a folder of signatures would put into mail, before it does."""

import os
from typing import TYPE_CHECKING

from xinksig import Kind, Signature
from xinksig.cli.failure import DATA, NO_INPUT, Failure
from xinksig.cli.streams import text_out
from xinksig.cli.terminal import Screen
from xinksig.folder import Finding, SignatureFolder
from xinksig.folder import check as check_folder

if TYPE_CHECKING:
    import argparse


def check(arguments: "argparse.Namespace") -> int:
    """Render everybody, list what is wrong; return 0, or 65 if the folder cannot be used like this."""
    _check_is_folder(arguments.folder)
    findings = check_folder(arguments.folder)
    errors = sum(finding.is_error for finding in findings)
    if errors:
        summary = f"{_count(errors, 'error')}: the folder cannot be used like this"
    else:
        folder = SignatureFolder(arguments.folder)
        notes = _count(len(findings), "note") if findings else "no problems"
        summary = f"{_count(len(folder.people), 'person', 'people')}; {', '.join(folder.names)}; {notes}"
    with text_out() as out:
        screen = Screen(out)
        screen.table(("", "where", "what", "for"), map(_row, findings))
        screen.line(summary, "bold red" if errors else "green")
    return DATA if errors else 0


def _row(finding: Finding) -> tuple[str, ...]:
    where = f"{finding.file}:{finding.line}" if finding.line else finding.file
    return ("error" if finding.is_error else "note", where, finding.text, finding.person)


def show(arguments: "argparse.Namespace") -> int:
    """Print the signature of one person; return 0, or 66 if nobody has the address or that variant."""
    _check_is_folder(arguments.folder)
    folder = SignatureFolder(arguments.folder)
    person = folder.find(arguments.address)
    if person is None:
        raise Failure(NO_INPUT, f"nobody in {arguments.folder} has the address {arguments.address}")
    signature = folder.render(person, arguments.name, Kind(arguments.kind))
    if signature is None:
        raise Failure(NO_INPUT, f"{arguments.address} has no signature of the name {arguments.name!r}")
    with text_out() as out:
        if arguments.part is None:
            _print(signature, Screen(out))
        else:
            half = signature.fragment.html if arguments.part == "html" else signature.plain
            out.write(half if half.endswith("\n") else half + "\n")
    return 0


def _print(signature: Signature, screen: Screen) -> None:
    if signature.id:
        screen.line(f"signature {signature.id}", "bold")
    screen.box("plain text", signature.plain)
    screen.box("HTML", signature.fragment.html)
    screen.table(
        ("image", "type", "octets"),
        [(image.name, image.media_type, f"{len(image.data):,}") for image in signature.images],
    )
    for problem in signature.problems:
        screen.line(f"note: {problem}", "yellow")


def _check_is_folder(path: str) -> None:
    if not os.path.isdir(path):
        raise Failure(NO_INPUT, f"{path} is no folder")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
