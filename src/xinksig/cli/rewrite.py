"""``xinksig rewrite``: one message in, the signed message out."""

import os
import sys
from typing import TYPE_CHECKING

from xinksig import Envelope, Report, Signature, SignatureSource, SourceError, rewrite_iter
from xinksig.cli.arguments import options_of
from xinksig.cli.failure import NO_INPUT, TEMPORARY, Failure, explain
from xinksig.cli.streams import (
    Program,
    Sink,
    Source,
    StandardOutput,
    WholeFile,
    read_file,
)

if TYPE_CHECKING:
    import argparse


def rewrite(arguments: "argparse.Namespace") -> int:
    """Rewrite one message as the arguments say; return the exit status. Raises ``Failure`` and the like."""
    options = options_of(arguments)
    envelope = Envelope(arguments.sender, tuple(arguments.to))
    signature = _signature(arguments)
    path = None if arguments.file == "-" else arguments.file
    with Source(path) as chunks, _sink(arguments) as sink:
        rewriting = rewrite_iter(chunks, signature, options, envelope=envelope)
        for piece in rewriting:
            sink.write(piece)
        # The report comes first: once a mailer has the message, nothing may fail any more.
        if arguments.report is not None:
            _write_report(rewriting.report, arguments.report)
        return sink.commit()


def _sink(arguments: "argparse.Namespace") -> Sink:
    if arguments.command is not None:
        return Program(arguments.command)
    if arguments.output is not None and arguments.output != "-":
        return WholeFile(arguments.output)
    return StandardOutput()


def _signature(arguments: "argparse.Namespace") -> Signature | SignatureSource:
    if arguments.signatures is not None:
        from xinksig.folder import SignatureFolder

        return SignatureFolder(arguments.signatures)
    text = None if arguments.text is None else _read_text(arguments.text)
    if arguments.html is None:
        return Signature(text=text, id=os.path.basename(arguments.text))
    html = _read_html(arguments.html)
    if sys.stderr is not None and sys.stderr.isatty():
        for problem in html.problems:
            sys.stderr.write(f"xinksig: {arguments.html}: {problem}\n")
    return Signature(html=html.html, text=text, images=html.images, id=html.id)


def _read_html(path: str) -> Signature:
    if path.lower().endswith(".txt"):  # which from_file would take for text
        return Signature.from_html(_read_text(path), base=os.path.dirname(path))
    try:
        return Signature.from_file(path)
    except SourceError as error:
        if isinstance(error.__cause__, OSError):
            raise Failure(NO_INPUT, f"cannot read {path}: {explain(error.__cause__)}") from error
        raise


def _read_text(path: str) -> str:
    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure(TEMPORARY, f"{path} is not UTF-8 (octet {error.start}): save it as UTF-8") from error
    return text.removesuffix("\n").removesuffix("\r")


def _write_report(report: Report, target: str) -> None:
    import json

    if target != "-":
        with WholeFile(target) as file:
            file.write(json.dumps(report.to_dict(), indent=2).encode() + b"\n")
            file.commit()
        return
    if sys.stderr is None:
        raise Failure(TEMPORARY, "standard error is closed: nowhere to write the report")
    try:
        if sys.stderr.isatty():
            from xinksig.cli.terminal import print_report

            print_report(report, sys.stderr)
        else:
            sys.stderr.write(json.dumps(report.to_dict()) + "\n")
        sys.stderr.flush()
    except OSError as error:
        raise Failure(TEMPORARY, f"cannot write the report: {explain(error)}") from error
