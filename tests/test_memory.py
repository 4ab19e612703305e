"""Memory: an attachment is never held, whatever its size (contract 7)."""

import subprocess
import sys

import pytest

_SCRIPT = """
import resource, sys
from xinksig import Signature, rewrite_iter

SIZE = int(sys.argv[1]) << 20
CHUNK = 64 << 10

def message():
    yield (b"From: jane@example.com\\r\\nContent-Type: multipart/mixed; boundary=b\\r\\n\\r\\n--b\\r\\n"
           b"Content-Type: text/html\\r\\n\\r\\n<p>{EMAILSIGNATURE}</p>\\r\\n--b\\r\\n"
           b"Content-Type: " + sys.argv[2].encode() + b"\\r\\nContent-Transfer-Encoding: base64\\r\\n\\r\\n")
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\\r\\n"
    block = (line * (CHUNK // len(line) + 1))[:CHUNK]
    for _ in range(SIZE // CHUNK):
        yield block
    yield b"\\r\\n--b--\\r\\n"

def peak():
    # Not ru_maxrss where it can be helped: a child inherits that of the process that started it.
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

jane = Signature(html="<p>Jane</p>")
warm = rewrite_iter([b"Content-Type: text/html\\r\\n\\r\\n<p>{EMAILSIGNATURE}</p>"], jane)
b"".join([bytes(piece) for piece in warm])
before = peak()
rewriting = rewrite_iter(message(), jane)
total = sum(len(piece) for piece in rewriting)
print(peak() - before, total, rewriting.report.outcome, rewriting.report.size_in)
"""


def grown(mebibytes: int, media_type: str) -> int:
    """Return by how many octets a process grows over a message of this size."""
    pytest.importorskip("resource", reason="peak memory is read with getrusage, which Windows lacks")
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(mebibytes), media_type],
        capture_output=True,
        text=True,
        check=True,
    )
    growth, total, outcome, size_in = done.stdout.split()
    assert outcome == "replaced"
    assert int(size_in) > mebibytes << 20
    assert int(total) > int(size_in)
    return int(growth)


@pytest.mark.parametrize("media_type", ["application/octet-stream", "text/plain; name=log.txt"])
def test_attachment_of_64_mebibytes_is_not_held(media_type: str) -> None:
    assert grown(64, media_type) < 16 << 20


@pytest.mark.deep
def test_attachment_of_a_gibibyte_is_not_held() -> None:
    assert grown(1024, "application/octet-stream") < 16 << 20


@pytest.mark.deep
def test_text_of_a_gibibyte_passes_once_it_is_over_the_limit() -> None:
    assert grown(1024, "text/plain") < 48 << 20
