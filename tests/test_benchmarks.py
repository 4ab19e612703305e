"""The benchmarks measure what they say: the same messages everywhere, and no time for a wrong result."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import clock, contenders, plot, readme, run
from benchmarks import html as html_half
from benchmarks.check import fault, keeps_the_rest
from benchmarks.messages import (
    HOSTILE,
    HOSTILE_PREFIX,
    NAMES,
    Message,
    hostile_html,
    hostile_message,
    message,
    streamed,
)
from benchmarks.table import table


def test_messages_are_the_same_octets_everywhere() -> None:
    digest = hashlib.sha256(message("5 KB").data + message("Word 80 KB").data).hexdigest()
    assert digest[:16] == "36c83a384e1727b4"


@pytest.mark.parametrize("name", [name for name in NAMES if "MB" not in name and "hostile" not in name])
def test_spans_are_the_bodies_that_show_the_placeholder(name: str) -> None:
    subject = message(name)
    assert len(subject.spans) == 2
    for span in subject.spans:
        assert subject.data[: span.start].endswith(b"\r\n\r\n")
        assert subject.data[span.stop :].startswith(b"\r\n--")


@pytest.mark.parametrize("row", HOSTILE)
def test_hostile_rows_grow_with_their_factor(row: str) -> None:
    assert 1.9 < len(hostile_html(row, 0.2)) / len(hostile_html(row, 0.1)) < 2.1


def test_streamed_message_has_the_size_and_is_never_whole() -> None:
    chunks = list(streamed(3_000_000, 65536))
    assert max(map(len, chunks)) <= 65536
    assert abs(sum(map(len, chunks)) - 3_000_000) < 100_000


def test_documents_of_the_html_half_are_the_same_everywhere() -> None:
    texts = "".join(map(html_half.document, html_half.DOCUMENTS))
    assert hashlib.sha256(texts.encode()).hexdigest()[:16] == "e52f029c687a3563"
    assert [len(html_half.document(name)) // 1000 for name in html_half.DOCUMENTS] == [498, 78, 20]


def test_sources_go_where_they_are_meant_to() -> None:
    html = f"a{html_half.MARK}week{html_half.MARK}b"
    assert html_half.at_top(html, "X{") == "aX{weekb"
    assert html_half.at_end(html, "X{") == "aweekX{b"
    assert html_half.scattered(html, "X{") == "aX{weekb"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two contenders and short samples: what is tested is not the time."""
    monkeypatch.setattr(clock, "SAMPLE_NS", 1)
    monkeypatch.setattr(clock, "LEAST_NS", 0)
    monkeypatch.setattr(contenders, "available", lambda: [contenders.FLOOR, contenders.XINKSIG])


@pytest.fixture(scope="module")
def signed() -> bytes:
    """What the standard library makes of a message."""
    return bytes(contenders.STANDARD_LIBRARY.prepare(message("50 KB"))())


def test_a_right_result_passes(signed: bytes) -> None:
    assert fault(message("50 KB"), signed) == ""
    assert keeps_the_rest(message("50 KB"), signed)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (b"X-Xink-Handled: Yes\r\n", b"", True),
        (b"X-Xink-Handled: Yes\r\n", b"X-Xink-Handled: No\r\n", False),
        (b"Ada Example\r\n", b"{EMAILSIGNATURE}\r\n", True),
        (b"Best regards\r\n", b"Best regard\r\n", True),
        (b"Best regards</p>", b"Best regards</p>x", True),
        (b"image/png", b"image/gif", False),
        (b"Content-Disposition: attachment", b"Content-Disposition: inline", False),
    ],
)
def test_a_wrong_result_is_seen(old: bytes, new: bytes, kept: bool, signed: bytes) -> None:
    subject = message("50 KB")
    wrong = signed.replace(old, new, 1)
    assert wrong != signed
    assert fault(subject, wrong) != "" or not keeps_the_rest(subject, wrong)
    assert keeps_the_rest(subject, wrong) is kept


def test_a_flipped_octet_in_an_attachment_is_seen(signed: bytes) -> None:
    at = signed.rindex(b"\r\n--") - 40
    wrong = signed[:at] + (b"B" if signed[at : at + 1] == b"A" else b"A") + signed[at + 1 :]
    assert fault(message("50 KB"), wrong)
    assert not keeps_the_rest(message("50 KB"), wrong)
    assert not keeps_the_rest(message("50 KB"), signed[:-1])


def test_a_contender_that_is_wrong_gets_no_time(quick: None) -> None:
    lazy = contenders.Contender("lazy", lambda subject: lambda: subject.data)
    rows = run.measure(message("5 KB"), [contenders.FLOOR, contenders.COPY, lazy], 1)
    assert [bool(row.fault) for row in rows] == [False, False, True]
    assert rows[2].median_us == 0
    assert rows[0].ratio == 1


@pytest.mark.parametrize("name", ["5 KB", "50 KB, no placeholder", "Word 80 KB", "base64 text", "depth 100"])
def test_floor_puts_the_signature_into_both_texts(name: str) -> None:
    subject = message(name)
    output = bytes(contenders.FLOOR.prepare(subject)())
    assert keeps_the_rest(Message(subject.name, subject.data, subject.spans), output)
    assert (output != subject.data) is subject.signed


@pytest.mark.parametrize("contender", [contenders.XINKSIG, contenders.CHUNKED], ids=lambda one: one.name)
@pytest.mark.parametrize(
    "subject",
    [
        *[message(name) for name in NAMES if "MB" not in name and not name.startswith(HOSTILE_PREFIX)],
        *[hostile_message(row, 0.05) for row in HOSTILE],
    ],
    ids=lambda subject: subject.name,
)
def test_xinksig_does_the_job_on_every_message(contender: contenders.Contender, subject: Message) -> None:
    output = bytes(contender.prepare(subject)())
    assert fault(subject, output) == ""
    assert keeps_the_rest(subject, output)


def test_table_is_markdown() -> None:
    assert table(("", "a"), [("x", "1"), ("yy", "22")]) == (
        "|    |  a |\n| -- | -: |\n| x  |  1 |\n| yy | 22 |"
    )


def test_plot_is_drawn_from_the_results(
    tmp_path: Path, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "bench.json"
    names = ["--only", "5 KB", "--only", "50 KB", "--only", "open comments"]
    assert run.main([*names, "--rounds", "1", "--no-processes", "--json", str(results)]) == 0
    shown = capsys.readouterr().out
    assert "| floor splice |" in shown
    assert "open comments (200,256 octets)" in shown
    assert plot.main(["--json", str(results)]) == 0
    svg = (tmp_path / "speed.svg").read_text()
    assert svg.count("<path") == 2
    assert "prefers-color-scheme: dark" in svg


def test_figures_go_into_the_page(tmp_path: Path) -> None:
    row = {
        "message": "5 KB",
        "size": 5179,
        "contender": contenders.FLOOR.name,
        "median_us": 100.4,
        "ratio": 1.0,
        "fault": "",
    }
    results = {
        "environment": {"machine": "a machine", "python": "CPython 3.14"},
        "rounds": 9,
        "rows": [row, row | {"contender": contenders.XINKSIG.name, "median_us": 2_000_000, "ratio": 2.5}],
        "memory": [{"contender": "xinksig", "message": "1 GiB", "size": 1 << 30, "extra": 1 << 20}],
        "start": [{"what": "import xinksig", "median_ms": 20.04, "lowest_ms": 19.04}],
    }
    (tmp_path / "bench.json").write_text(json.dumps(results))
    (tmp_path / "speed.svg").write_text("<svg/>")
    (tmp_path / "docs").mkdir()
    page = tmp_path / "README.md"
    page.write_text(f"before\n{readme.BEGIN}as it was\n{readme.END}after\n")
    words = ["--json", str(tmp_path / "bench.json"), "--page", str(page)]
    assert readme.main(words) == 0
    once = page.read_text()
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert "as it was" not in once
    for shown in ("100 µs · 1.0 ×", "2 s · 2.5 ×", "a machine", "1.0", "20.0", "19.0", "9 rounds"):
        assert shown in once
    assert readme.main(words) == 0
    assert page.read_text() == once
    assert (tmp_path / "docs" / "speed.svg").exists()
    page.write_text("no marks")
    assert readme.main(words) == 1


def test_folder_of_messages_is_measured(
    tmp_path: Path, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main([str(tmp_path)]) == 1
    (tmp_path / "a.eml").write_bytes(message("5 KB, no placeholder").data)
    assert run.main([str(tmp_path), "--rounds", "1"]) == 0
    assert "1 messages, 5," in capsys.readouterr().out


def test_memory_is_measured_in_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "benchmarks.process", contenders.FLOOR.name, "500 KB"]
    result = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
    )
    measured = json.loads(result.stdout)
    assert measured["size"] == len(message("500 KB").data)
    assert measured["extra"] is None or 400_000 < measured["extra"] < 4_000_000
