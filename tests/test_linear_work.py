"""Four times the message costs at most six times the work: calls in every run, instructions on demand."""

import os
import re
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.messages import HOSTILE, PLACEHOLDER, Builder, Message, hostile_message

from counting import calls_of
from xinksig import Signature, rewrite

SIGNATURE = Signature(html="<p>Ada</p>", text="Ada")


def parts(count: int) -> Message:
    """Return a message of many small attachments."""
    builder = Builder("parts")
    builder.open("mixed")
    for number in range(count):
        builder.part()
        builder.attachment("application/octet-stream", f"file-{number}.bin", 100)
    return builder.done()


def texts(count: int) -> Message:
    """Return a message of many texts that each show the placeholder."""
    builder = Builder("texts")
    builder.open("mixed")
    for _ in range(count):
        builder.part()
        builder.text("plain", builder.plain(200, PLACEHOLDER), "quoted-printable")
    return builder.done()


def fields(count: int) -> Message:
    """Return a message with many fields."""
    builder = Builder("fields")
    builder.write(*[b"Received: from a by b;\r\n\tTue, 3 Mar 2026" for _ in range(count)])
    builder.text("plain", PLACEHOLDER.encode(), "7bit")
    return builder.done()


def dashes(count: int) -> Message:
    """Return a message of many lines that begin like a delimiter."""
    builder = Builder("dashes")
    builder.open("mixed")
    builder.part()
    builder.text("plain", b"\r\n".join(b"--=_ %d" % number for number in range(count)), "7bit")
    return builder.done()


def escapes(count: int) -> Message:
    """Return a message of octets that are all escaped, the placeholder in the middle."""
    builder = Builder("escapes")
    octets = "é".encode() * (count // 2)
    builder.text("html", octets + PLACEHOLDER.encode() + octets, "quoted-printable")
    return builder.done()


STRUCTURES: dict[str, tuple[Callable[[int], Message], int]] = {
    "parts": (parts, 60),
    "texts": (texts, 15),
    "fields": (fields, 500),
    "dashes": (dashes, 2000),
    "escapes": (escapes, 5000),
}


def row(name: str, factor: float) -> bytes:
    """Return a row's message, ``factor`` times as long as the row is by itself."""
    if name in STRUCTURES:
        build, count = STRUCTURES[name]
        return build(int(count * factor)).data
    return hostile_message(name, factor / 50).data


def calls_once_warm(message: bytes) -> int:
    """Return how many functions are called, but those of loading and compiling at first use."""
    rewrite(message, SIGNATURE)
    return calls_of(lambda: rewrite(message, SIGNATURE))


@pytest.mark.parametrize("name", [*STRUCTURES, *HOSTILE])
def test_calls_are_linear(name: str) -> None:
    few, many = (calls_once_warm(row(name, factor)) for factor in (1, 4))
    assert many <= 6 * few + 200


@pytest.mark.parametrize("name", HOSTILE)
def test_memory_is_at_most_twenty_times_the_input(name: str) -> None:
    message = row(name, 50)
    rewrite(message, SIGNATURE)
    tracemalloc.start()
    try:
        rewrite(message, SIGNATURE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 20 * len(message)


_INSTRUCTIONS = re.compile(r"Collected : (\d+)")
_SCRIPT = """
import sys
from xinksig import Signature, rewrite
with open(sys.argv[1], "rb") as file:
    message = file.read()
rewrite(message, Signature(html="<p>Ada</p>", text="Ada"))
"""


def instructions(message: bytes, folder: Path) -> int:
    """Return how many instructions a process takes that rewrites a message, its start included."""
    path = folder / "message.eml"
    path.write_bytes(message)
    command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        sys.executable,
        "-c",
        _SCRIPT,
    ]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run([*command, str(path)], check=True, capture_output=True, text=True, env=environment)
    found = _INSTRUCTIONS.search(done.stderr)
    assert found is not None, done.stderr
    return int(found[1])


@pytest.mark.deep
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="instructions are counted by valgrind")
@pytest.mark.parametrize("name", [*STRUCTURES, *HOSTILE])
def test_instructions_are_linear(name: str, tmp_path: Path) -> None:
    start, few, many = (instructions(row(name, factor), tmp_path) for factor in (0.02, 10, 40))
    assert many - start <= 6 * (few - start)
