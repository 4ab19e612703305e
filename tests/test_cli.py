"""The command: exit statuses, whole output or none, one line of error."""

import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import xinksig.cli.rewrite
import xinksig.cli.terminal
from xinksig import Limits, MessageError, Options, Report, SourceError, __version__
from xinksig.cli import main
from xinksig.cli.arguments import CommandLine, options_of
from xinksig.cli.terminal import Screen, print_report

MESSAGE = (
    b"From: Ada <ada@example.com>\r\nTo: bob@example.org\r\nSubject: Hi\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello Bob\r\n\r\n{EMAILSIGNATURE}\r\n"
)
SIGNED = b"X-Xink-Handled: Yes\r\n" + MESSAGE.replace(b"{EMAILSIGNATURE}", b"Ada Example")
AMBIGUOUS = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n{EMAILSIGNATURE}\r\n"

Standard = Callable[[bytes], None]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder with a message and a signature, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mail.eml").write_bytes(MESSAGE)
    (tmp_path / "sig.txt").write_text("Ada Example\n")
    (tmp_path / "sig.html").write_text("<p><b>Ada</b> Example</p>\n")
    return tmp_path


@pytest.fixture
def stdin() -> Iterator[Standard]:
    """Puts octets at file descriptor 0, as a pipe that is closed behind them."""
    saved = os.dup(0)

    def put(octets: bytes) -> None:
        reader, writer = os.pipe()
        assert len(octets) < 60_000, "a pipe holds no more without a reader"
        os.write(writer, octets)
        os.close(writer)
        os.dup2(reader, 0)
        os.close(reader)

    yield put
    os.dup2(saved, 0)
    os.close(saved)


def run(*words: str, stdin: bytes | None = None, **settings: Any) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "xinksig", *words]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False, **settings)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def only_line(text: str) -> str:
    """Return the one line of error, which is no traceback."""
    assert text.startswith("xinksig: ")
    assert text.count("\n") == 1
    return text


def failing(error: BaseException) -> Callable[..., Any]:
    """Return an engine that fails half-way."""

    class Halfway:
        def __iter__(self) -> Iterator[bytes]:
            yield b"X-Xink-Handled: Yes\r\n"
            raise error

    return lambda *_, **__: Halfway()


# ---- what goes in and out


def test_file_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["rewrite", "mail.eml", "--text", "sig.txt"]) == 0
    assert capfdbinary.readouterr() == (SIGNED, b"")


@pytest.mark.parametrize("words", [[], ["-"]])
def test_standard_input_to_standard_output(
    words: list[str], stdin: Standard, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    stdin(MESSAGE)
    assert main(["rewrite", *words, "--text", "sig.txt"]) == 0
    assert capfdbinary.readouterr() == (SIGNED, b"")


def test_html_signature_goes_into_html(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    html = MESSAGE.replace(b"text/plain", b"text/html").replace(b"{EMAILS", b"<p>{EMAILS")
    (place / "mail.eml").write_bytes(html)
    assert main(["rewrite", "mail.eml", "--html", "sig.html", "--text", "sig.txt"]) == 0
    assert b"<p><b>Ada</b> Example</p>" in capfdbinary.readouterr().out


def test_image_beside_the_html_travels_along(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    gif = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
    (place / "logo.gif").write_bytes(gif)
    (place / "sig.html").write_text('<p><img src="logo.gif" alt="" width="1" height="1"></p>')
    (place / "mail.eml").write_bytes(MESSAGE.replace(b"text/plain", b"text/html"))
    assert main(["rewrite", "mail.eml", "--html", "sig.html"]) == 0
    out = capfdbinary.readouterr().out
    assert b"multipart/related" in out
    assert b"image/gif" in out


def test_html_signature_may_be_in_a_text_file(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (place / "sig.html").rename(place / "html.txt")
    (place / "mail.eml").write_bytes(MESSAGE.replace(b"text/plain", b"text/html"))
    assert main(["rewrite", "mail.eml", "--html", "html.txt"]) == 0
    assert b"<b>Ada</b>" in capfdbinary.readouterr().out


def test_problems_of_the_signature_are_shown_on_a_terminal(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "sig.html").write_text("<p>Ada<script>x</script></p>")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["rewrite", "mail.eml", "--html", "sig.html", "-o", "out.eml"]) == 0
    assert "script" in terminal.getvalue()


def test_image_that_is_missing_exits_75(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "sig.html").write_text('<p><img src="missing.png"></p>')
    assert main(["rewrite", "mail.eml", "--html", "sig.html"]) == 75
    assert "sig.html:1" in only_line(capfd.readouterr().err)


def test_options_reach_the_engine(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (place / "mail.eml").write_bytes(MESSAGE.replace(b"{EMAILSIGNATURE}", b"#sig#"))
    words = ["--placeholder", "#sig#", "--handled-header", "X-Done", "--handled-value", "1"]
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", *words]) == 0
    assert capfdbinary.readouterr().out.startswith(b"X-Done: 1\r\n")


def test_every_option_has_a_flag() -> None:
    words = {
        "placeholder": ["--placeholder", "#a#", "--placeholder", "#b#"],
        "ignore_case": ["--no-ignore-case"],
        "scope": ["--scope", "anywhere"],
        "matches": ["--matches", "first"],
        "unassigned": ["--unassigned", "leave"],
        "on_failure": ["--on-failure", "pass"],
        "no_placeholder": ["--no-placeholder", "append"],
        "device_lines": ["--device-lines"],
        "more_device_lines": ["--more-device-lines", "Sent by pigeon"],
        "more_separators": ["--more-separators", "Previously:"],
        "opt_out": ["--opt-out", "#nosig#"],
        "domains": ["--domains", "example.com", "--domains", "example.org"],
        "upgrade_plain": ["--upgrade-plain"],
        "handled_header": ["--handled-header", "X-Done"],
        "handled_value": ["--handled-value", "1"],
        "remove_fields": ["--remove-fields", "X-Secret"],
        "drop_dkim": ["--drop-dkim", "example.com"],
        "strict": ["--strict"],
        "limits": ["--limit", "depth=7", "--limit", "text-size=1000"],
    }
    expected = Options(
        placeholder=("#a#", "#b#"),
        ignore_case=False,
        scope="anywhere",
        matches="first",
        unassigned="leave",
        on_failure="pass",
        no_placeholder="append",
        device_lines=True,
        more_device_lines=("Sent by pigeon",),
        more_separators=("Previously:",),
        opt_out="#nosig#",
        domains=("example.com", "example.org"),
        upgrade_plain=True,
        handled_header="X-Done",
        handled_value="1",
        remove_fields=("X-Secret",),
        drop_dkim=("example.com",),
        strict=True,
        limits=Limits(depth=7, text_size=1000),
    )
    assert set(words) == {field.name for field in fields(Options)}
    flat = [word for group in words.values() for word in group]
    arguments = CommandLine(["rewrite", "mail.eml", "--text", "sig.txt", *flat]).parse()
    assert options_of(arguments) == expected
    assert options_of(CommandLine(["rewrite", "mail.eml", "--text", "sig.txt"]).parse()) == Options()


def test_envelope_reaches_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def engine(chunks: Any, signature: Any, options: Any, *, envelope: Any) -> Any:
        seen.append(envelope)
        raise SourceError("enough")

    monkeypatch.setattr(xinksig.cli.rewrite, "rewrite_iter", engine)
    main(["rewrite", "mail.eml", "--text", "sig.txt", "--from=", "--to", "a@x", "b@x", "--to", "c@x"])
    main(["rewrite", "mail.eml", "--text", "sig.txt"])
    assert [(envelope.sender, envelope.recipients) for envelope in seen] == [
        ("", ("a@x", "b@x", "c@x")),
        (None, ()),
    ]


def test_file_may_stand_behind_the_recipients(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["rewrite", "--text", "sig.txt", "--to", "bob@example.org", "mail.eml"]) == 0
    assert capfdbinary.readouterr().out == SIGNED


def test_output_leaves_before_the_input_ends() -> None:
    head = MESSAGE.replace(b"text/plain; charset=utf-8", b"application/pdf") + b"x" * 20_000
    command = [sys.executable, "-m", "xinksig", "rewrite", "--text", "sig.txt"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(head)
        process.stdin.flush()
        assert process.stdout.read(10_000).startswith(b"X-Xink-Handled: Yes\r\nFrom: Ada")
        process.stdin.close()
        rest = process.stdout.read()
    assert process.returncode == 0
    assert rest.endswith(b"x" * 100)


# ---- wrong usage


WRONG = [
    ["--bogus"],
    ["--text"],
    ["--scope", "everything", "--text", "sig.txt"],
    [],
    ["--signatures", "folder", "--html", "sig.html"],
    ["--text", "sig.txt", "--placeholder", ""],
    ["--text", "sig.txt", "--handled-header", "X: Y"],
    ["--text", "sig.txt", "--limit", "depth"],
    ["--text", "sig.txt", "--limit", "depth=many"],
    ["--text", "sig.txt", "--limit", "width=3"],
    ["--text", "sig.txt", "-o", "out", "--", "cat"],
    ["--text", "sig.txt", "--"],
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_with_a_file_exits_64(
    words: list[str], stdin: Standard, capfd: pytest.CaptureFixture[str]
) -> None:
    stdin(MESSAGE)
    assert main(["rewrite", "mail.eml", *words]) == 64
    out, err = capfd.readouterr()
    only_line(err)
    assert out == ""


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_with_standard_input_exits_75(
    words: list[str], stdin: Standard, capfd: pytest.CaptureFixture[str]
) -> None:
    stdin(MESSAGE)
    assert main(["rewrite", *words]) == 75
    out, err = capfd.readouterr()
    only_line(err)
    assert out == ""


def test_value_of_an_unknown_option_is_not_taken_for_a_file(stdin: Standard) -> None:
    stdin(MESSAGE)
    assert main(["rewrite", "--htlm", "sig.html"]) == 75
    assert main(["rewrite", "--htlm=sig.html"]) == 75
    assert main(["rewrite", "--htlm", "sig.html", "mail.eml"]) == 64
    assert main(["rewrite", "--htlm=sig.html", "mail.eml"]) == 64
    assert main(["rewrite", "-osig.html", "--to", "a@b", "c@d"]) == 75
    assert main(["rewrite", "-osig.html", "mail.eml"]) == 64


def test_word_behind_an_unknown_option_is_a_file_where_no_message_can_come_in() -> None:
    saved, null = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(null, 0)
        assert main(["rewrite", "--bogus", "mail.eml"]) == 64
        os.close(0)
        assert main(["rewrite", "--bogus", "mail.eml"]) == 64
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(null)


@pytest.mark.parametrize("words", [[], ["rewirte"], ["--bogus"]])
def test_unknown_job_keeps_the_message_of_a_pipe(
    words: list[str], stdin: Standard, capfd: pytest.CaptureFixture[str]
) -> None:
    stdin(MESSAGE)
    assert main(words) == 75
    only_line(capfd.readouterr().err)


def test_command_belongs_to_rewrite(stdin: Standard, capfd: pytest.CaptureFixture[str]) -> None:
    stdin(MESSAGE)
    assert main(["signature", "check", "folder", "--", "cat"]) == 64
    assert "rewrite" in only_line(capfd.readouterr().err)


def test_version_and_help_exit_0(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capfd.readouterr().out == f"xinksig {__version__}\n"
    assert main(["rewrite", "--help"]) == 0
    assert "Exit status" in capfd.readouterr().out


# ---- what fails


@pytest.mark.parametrize("path", ["missing.eml", "."])
def test_no_such_input_exits_66(path: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["rewrite", path, "--text", "sig.txt"]) == 66
    assert f"cannot read {path}: " in only_line(capfd.readouterr().err)


@pytest.mark.parametrize("flag", ["--text", "--html"])
def test_no_such_signature_exits_66_or_75(
    flag: str, stdin: Standard, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["rewrite", "mail.eml", flag, "missing"]) == 66
    assert "cannot read missing: no such file" in only_line(capfd.readouterr().err)
    stdin(MESSAGE)
    assert main(["rewrite", flag, "missing"]) == 75


def test_signature_that_is_not_utf8_exits_75(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "sig.txt").write_bytes(b"Caf\xe9")
    assert main(["rewrite", "mail.eml", "--text", "sig.txt"]) == 75
    assert "not UTF-8" in only_line(capfd.readouterr().err)


def test_strict_refuses_with_65_or_75(
    place: Path, stdin: Standard, capfd: pytest.CaptureFixture[str]
) -> None:
    (place / "mail.eml").write_bytes(AMBIGUOUS)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt"]) == 0
    capfd.readouterr()
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "--strict"]) == 65
    only_line(capfd.readouterr().err)
    stdin(AMBIGUOUS)
    assert main(["rewrite", "--text", "sig.txt", "--strict"]) == 75


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MessageError("odd", offset=3), 65),
        (SourceError("people.csv:3: no address"), 75),
        (RuntimeError("a bug\nover two lines"), 75),
        (OSError(5, "Input/output error"), 75),
        (MemoryError(), 75),
        (KeyboardInterrupt(), 75),
        (RecursionError("maximum recursion depth exceeded"), 75),
    ],
    ids=lambda value: type(value).__name__,
)
def test_failure_half_way(
    error: BaseException,
    status: int,
    place: Path,
    stdin: Standard,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(xinksig.cli.rewrite, "rewrite_iter", failing(error))
    (place / "out.eml").write_bytes(b"before")
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml"]) == status
    only_line(capfd.readouterr().err)
    assert (place / "out.eml").read_bytes() == b"before"
    assert not list(place.glob(".xinksig*"))
    stdin(MESSAGE)
    command = [sys.executable, "-c", "open('started', 'w')"]
    assert main(["rewrite", "--text", "sig.txt", "--", *command]) == 75
    assert not (place / "started").exists()


def test_full_disk_exits_75() -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "xinksig", "rewrite", "mail.eml", "--text", "sig.txt"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
        assert result.returncode == 75
        assert "no space left" in only_line(result.stderr.decode())
        result = subprocess.run([*command[:3], "--version"], stdout=full, stderr=subprocess.PIPE, check=False)
        assert result.returncode == 75
        only_line(result.stderr.decode())
    assert run("rewrite", "mail.eml", "--text", "sig.txt", "-o", "/dev/full").returncode == 75


def test_reader_that_goes_away_exits_75() -> None:
    Path("mail.eml").write_bytes(MESSAGE.replace(b"text/plain", b"application/pdf") + b"x" * 1_000_000)
    command = [sys.executable, "-m", "xinksig", "rewrite", "mail.eml", "--text", "sig.txt"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "went away" in only_line(process.stderr.read().decode())
    assert process.returncode == 75


@pytest.mark.parametrize(
    ("closed", "words", "named"),
    [
        (">&-", "mail.eml", "standard output is closed"),
        ("<&-", "", "standard input is closed"),
        ("2>&-", "mail.eml --report -", ""),
    ],
)
def test_closed_streams_exit_75(closed: str, words: str, named: str) -> None:
    line = f'exec "{sys.executable}" -m xinksig rewrite {words} --text sig.txt {closed}'
    result = subprocess.run(["sh", "-c", line], capture_output=True, check=False)
    assert result.returncode == 75
    assert named in result.stderr.decode()
    assert b"Traceback" not in result.stderr


def test_closed_standard_error_does_not_matter_without_report(tmp_path: Path) -> None:
    line = f'exec "{sys.executable}" -m xinksig rewrite mail.eml --text sig.txt 2>&-'
    result = subprocess.run(["sh", "-c", line], capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (0, SIGNED)
    line = f'exec "{sys.executable}" -m xinksig rewrite missing.eml --text sig.txt 2>&-'
    assert subprocess.run(["sh", "-c", line], check=False).returncode == 66


@pytest.fixture
def heeded(number: signal.Signals) -> Iterator[None]:
    """Signals that whoever started the tests ignores, as nohup does, are ignored by all they start."""
    before = signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    signal.signal(number, before)


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_leaves_nothing_behind(number: signal.Signals, place: Path) -> None:
    command = [sys.executable, "-m", "xinksig", "rewrite", "--text", "sig.txt", "-o", "out.eml"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(MESSAGE)
        process.stdin.flush()
        deadline = time.monotonic() + 20
        while not list(place.glob(".xinksig*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        only_line(process.stderr.read().decode())
    assert process.returncode == 75
    assert sorted(path.name for path in place.iterdir()) == ["mail.eml", "sig.html", "sig.txt"]


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_half_way_in_this_process(
    number: signal.Signals, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def engine(*_: object, **__: object) -> Iterator[bytes]:
        yield b"X-Xink-Handled: Yes\r\n"
        os.kill(os.getpid(), number)

    monkeypatch.setattr(xinksig.cli.rewrite, "rewrite_iter", engine)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml"]) == 75
    assert f"signal {number}" in only_line(capfd.readouterr().err)
    assert sorted(path.name for path in place.iterdir()) == ["mail.eml", "sig.html", "sig.txt"]
    assert signal.getsignal(number) is signal.SIG_DFL


class Broken(io.StringIO):
    """A standard stream that cannot be written."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("broken", "status"), [(Broken(), 75), (None, 75)])
def test_help_that_cannot_be_written_exits_75(
    broken: io.StringIO | None, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", broken)
    assert main(["rewrite", "--help"]) == status
    assert main(["--version"]) == status


@pytest.mark.parametrize("broken", [Broken(), None])
def test_report_to_a_broken_standard_error_exits_75(
    broken: io.StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", broken)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml", "--report", "-"]) == 75
    assert not Path("out.eml").exists()


@pytest.mark.parametrize(("name", "words"), [("stdin", []), ("stdout", ["mail.eml"])])
def test_closed_stream_in_this_process(
    name: str, words: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, name, None)
    assert main(["rewrite", *words, "--text", "sig.txt"]) == 75
    assert "is closed" in only_line(capfd.readouterr().err)


def test_input_that_fails_while_it_is_read_exits_75(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def read(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", read)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt"]) == 75
    assert "cannot read mail.eml: input/output error" in only_line(capfd.readouterr().err)


@pytest.mark.parametrize(
    "error", [BrokenPipeError(32, "Broken pipe"), OSError(28, "No space left on device")]
)
def test_output_that_fails_exits_75(
    error: OSError, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def write(*_: object) -> int:
        raise error

    monkeypatch.setattr(os, "write", write)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt"]) == 75
    assert "cannot write standard output: " in only_line(capfd.readouterr().err)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "--", "cat"]) == 75
    assert "the temporary file" in only_line(capfd.readouterr().err)


def test_no_room_for_temporary_files_exits_75(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", make)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "--", "cat"]) == 75


def test_rename_that_fails_exits_75(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def replace(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "replace", replace)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml"]) == 75
    assert sorted(path.name for path in place.iterdir()) == ["mail.eml", "sig.html", "sig.txt"]


def test_argparse_itself_may_print_the_help_elsewhere() -> None:
    stream = io.StringIO()
    CommandLine([])._parser.print_help(stream)
    assert "xinksig" in stream.getvalue()


# ---- -o


def test_output_may_be_the_input_and_keeps_its_mode(place: Path) -> None:
    mail = place / "mail.eml"
    mail.chmod(0o640)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "mail.eml"]) == 0
    assert mail.read_bytes() == SIGNED
    assert stat.S_IMODE(mail.stat().st_mode) == 0o640
    assert not list(place.glob(".xinksig*"))


def test_new_output_has_the_usual_mode(place: Path) -> None:
    before = os.umask(0o027)
    try:
        assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml"]) == 0
    finally:
        os.umask(before)
    assert (place / "out.eml").read_bytes() == SIGNED
    assert stat.S_IMODE((place / "out.eml").stat().st_mode) == 0o640


def test_output_that_is_a_link_stays_one(place: Path) -> None:
    (place / "real.eml").write_bytes(b"before")
    (place / "link.eml").symlink_to("real.eml")
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "link.eml"]) == 0
    assert (place / "link.eml").is_symlink()
    assert (place / "real.eml").read_bytes() == SIGNED


def test_output_may_be_a_device() -> None:
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "/dev/null"]) == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_output_dash_is_standard_output(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "-"]) == 0
    assert capfdbinary.readouterr().out == SIGNED
    assert not (place / "-").exists()


@pytest.mark.parametrize("out", ["missing/out.eml", "folder", ""])
def test_output_that_cannot_be_written_exits_75(
    out: str, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (place / "folder").mkdir()
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", out]) == 75
    assert "cannot write" in only_line(capfd.readouterr().err)


def test_write_protected_output_is_not_replaced(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "out.eml").write_bytes(b"before")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml"]) == 75
    assert (place / "out.eml").read_bytes() == b"before"


# ---- -- COMMAND


def python(code: str) -> list[str]:
    return ["--", sys.executable, "-c", code]


def test_command_gets_the_whole_message(place: Path) -> None:
    code = (
        "import sys; open('sent', 'wb').write(sys.stdin.buffer.read()); open('args', 'w').write(sys.argv[1])"
    )
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", *python(code), "--bogus"]) == 0
    assert (place / "sent").read_bytes() == SIGNED
    assert (place / "args").read_text() == "--bogus"


@pytest.mark.parametrize("status", [1, 67, 75])
def test_exit_status_of_the_command_is_passed_on(status: int, stdin: Standard) -> None:
    stdin(MESSAGE)
    assert main(["rewrite", "--text", "sig.txt", *python(f"raise SystemExit({status})")]) == status


def test_command_that_does_not_exist_exits_75(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "--", "no-such-program-xinksig"]) == 75
    assert "cannot start no-such-program-xinksig: no such file" in only_line(capfd.readouterr().err)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "--", "./mail.eml"]) == 75
    assert "permission denied" in only_line(capfd.readouterr().err)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "--", "a\0b"]) == 75


def test_command_ended_by_a_signal_exits_75(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", *python(code)]) == 75
    assert "signal 9" in only_line(capfd.readouterr().err)


def test_command_may_end_without_reading() -> None:
    Path("mail.eml").write_bytes(MESSAGE + b"x" * 1_000_000)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", *python("pass")]) == 0


def test_signal_is_handed_on_to_the_command(place: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "open('ready', 'w').close()\ntime.sleep(30)\n"
    )
    command = [sys.executable, "-m", "xinksig", "rewrite", "mail.eml", "--text", "sig.txt", *python(code)]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 20
        while not (place / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 7


# ---- reports


def test_report_as_a_file(place: Path) -> None:
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml", "--report", "report.json"]) == 0
    report = json.loads((place / "report.json").read_text())
    assert report["outcome"] == "replaced"
    assert report["size_out"] == len(SIGNED)
    assert "ada@example.com" not in json.dumps(report)


def test_report_on_standard_error_is_one_line_of_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml", "--report", "-"]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert json.loads(err)["signatures"] == ["sig.txt"]


def test_report_that_cannot_be_written_stops_the_mailer(place: Path) -> None:
    words = ["rewrite", "mail.eml", "--text", "sig.txt", "--report", "missing/report.json"]
    assert main([*words, *python("open('started', 'w')")]) == 75
    assert not (place / "started").exists()
    assert main([*words, "-o", "out.eml"]) == 75
    assert not (place / "out.eml").exists()


def report() -> Report:
    return xinksig.rewrite(MESSAGE, xinksig.Signature(text="Ada", id="ada/default")).report


def test_report_on_a_terminal_is_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["rewrite", "mail.eml", "--text", "sig.txt", "-o", "out.eml", "--report", "-"]) == 0
    assert "replaced" in terminal.getvalue()
    assert "text/plain" in terminal.getvalue()
    assert "{" not in terminal.getvalue().replace("{EMAILSIGNATURE}", "")


@pytest.mark.parametrize("rich", [True, False])
def test_report_with_and_without_rich(rich: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    terminal = Terminal()
    print_report(report(), terminal)
    shown = terminal.getvalue()
    for text in ("replaced", "text/plain", "ada/default", "octets in"):
        assert text in shown


def test_alarms_stand_in_the_report() -> None:
    stream = io.StringIO()
    quiet = report()
    loud = Report(
        outcome=quiet.outcome,
        reason=quiet.reason,
        left=2,
        broken_seals=("DKIM-Signature (example.com)",),
        parts=quiet.parts,
    )
    print_report(loud, stream)
    assert "2 placeholders stay visible" in stream.getvalue()
    assert "no longer valid: DKIM-Signature (example.com)" in stream.getvalue()


def test_mail_cannot_steer_the_terminal() -> None:
    for stream in (io.StringIO(), Terminal()):
        screen = Screen(stream)
        screen.line("charset \x1b[2J[bold]x[/bold]")
        screen.table(("a",), [("\x1b]0;title\x07",)])
        screen.box("t\x9b", "b\x1b[31m")
        shown = stream.getvalue()
        for steering in ("\x1b[2J", "\x1b]0", "\x9b", "\x07"):
            assert steering not in shown
        assert "[bold]x[/bold]" in shown


# ---- signature


@pytest.fixture
def folder(place: Path) -> Path:
    """A folder of signatures with two people and two variants."""
    path = place / "company"
    path.mkdir()
    (path / "people.csv").write_text(
        "address,name\nada@example.com,Ada Example\nbob@example.com,Bob Example\n"
    )
    (path / "default.html").write_text("<p><b>{{ name }}</b></p>\n")
    (path / "default.txt").write_text("{{ name }}\n")
    (path / "short.html").write_text("<p>{{ name }}, short</p>\n")
    (path / "short.txt").write_text("{{ name }}, short\n")
    return path


def test_folder_signs(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["rewrite", "mail.eml", "--signatures", "company"]) == 0
    assert capfdbinary.readouterr().out == SIGNED


def test_broken_folder_exits_75(folder: Path, stdin: Standard, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "default.html").write_text("<p>{{ name </p>\n")
    assert main(["rewrite", "mail.eml", "--signatures", "company"]) == 75
    assert "default.html:1" in only_line(capfd.readouterr().err)


def test_check_of_a_good_folder(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["signature", "check", "company"]) == 0
    assert "2 people" in capfd.readouterr().out


def test_check_lists_problems_with_file_and_line(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "people.csv").write_text("address,name\nada@example.com,Ada\nnobody,Bob\n")
    assert main(["signature", "check", "company"]) == 65
    out, err = capfd.readouterr()
    assert "people.csv:3" in out
    assert err == ""


def test_show_prints_both_halves(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["signature", "show", "ada@example.com", "--signatures", "company"]) == 0
    shown = capfd.readouterr().out
    assert "Ada Example" in shown
    assert "<p><b>Ada Example</b></p>" in shown


def test_show_one_half_of_a_variant(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["signature", "show", "bob@example.com", "--signatures", "company", "--name", "short"]
    assert main([*words, "--part", "text"]) == 0
    assert capfd.readouterr().out == "Bob Example, short\n"
    assert main([*words, "--part", "html"]) == 0
    assert capfd.readouterr().out == "<p>Bob Example, short</p>\n"


def test_show_names_images_and_problems(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gif = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
    (folder / "logo.gif").write_bytes(gif)
    (folder / "default.html").write_text('<p><img src="logo.gif" alt="Logo">{{ name }}<script>x</script></p>')
    assert main(["signature", "show", "ada@example.com", "--signatures", "company"]) == 0
    shown = capfd.readouterr().out
    assert "logo.gif" in shown
    assert "image/gif" in shown


def test_variant_that_is_not_assigned_exits_66(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "signatures.toml").write_text('unknown_name = "none"\n')
    words = ["signature", "show", "ada@example.com", "--signatures", "company", "--name", "gold"]
    assert main(words) == 66
    assert "gold" in only_line(capfd.readouterr().err)


@pytest.mark.parametrize(
    "words",
    [
        ["check", "missing"],
        ["show", "eve@example.org", "--signatures", "company"],
        ["show", "a@b", "--signatures", "x"],
    ],
)
def test_folder_or_person_that_does_not_exist_exits_66(
    words: list[str], folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["signature", *words]) == 66
    only_line(capfd.readouterr().err)


def test_wrong_usage_of_signature_exits_64(stdin: Standard) -> None:
    stdin(MESSAGE)
    assert main(["signature"]) == 64
    assert main(["signature", "show", "ada@example.com"]) == 64


def test_module_runs() -> None:
    result = run("rewrite", "--text", "sig.txt", stdin=MESSAGE)
    assert (result.returncode, result.stdout, result.stderr) == (0, SIGNED, b"")
