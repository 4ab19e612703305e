"""What needs an interpreter of its own: memory and start-up time."""

import ctypes
import gc
import json
import statistics
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from benchmarks import contenders
from benchmarks.messages import HTML_SIGNATURE, TEXT_SIGNATURE, message, streamed

_MIB = 1 << 20
_M_MMAP_THRESHOLD = -3
_LARGE = 128 << 10
_STREAMED = "xinksig, streamed"
_SIZES = {"25 MB": 25_000_000, "1 GiB": 1 << 30}
_MEMORY = (
    (contenders.FLOOR.name, "25 MB"),
    (contenders.XINKSIG.name, "25 MB"),
    (_STREAMED, "25 MB"),
    (_STREAMED, "1 GiB"),
    (contenders.STANDARD_LIBRARY.name, "25 MB"),
    (contenders.GMIME.name, "25 MB"),
    (contenders.GMIME_C.name, "25 MB"),
)
_FIRST = """
import xinksig
with open({path!r}, 'rb') as file:
    data = file.read()
assert b'<i>Ada</i>' in xinksig.rewrite(data, xinksig.Signature(html='<p><i>Ada</i></p>', text='Ada')).message
"""
_START = {
    "import xinksig": "import xinksig",
    "from xinksig import rewrite, Signature": "from xinksig import rewrite, Signature",
    "import xinksig and sign 5 KB": _FIRST,
    "import email.parser, email.generator": "import email.parser, email.generator",
    "import bs4, lxml": "import bs4, lxml.etree",
}


def memory() -> list[dict[str, Any]]:
    """Return for each contender how many octets one message makes its process grow, at the peak."""
    rows = []
    names = {contender.name for contender in contenders.available()} | {_STREAMED}
    for contender, name in _MEMORY:
        if contender in names:
            command = [sys.executable, "-m", "benchmarks.process", contender, name]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            rows.append({"contender": contender, "message": name, **json.loads(output)})
    return rows


def memory_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row of ``memory``."""
    if row["extra"] is None:
        return (row["contender"], row["message"], "not measured", "")
    extra = row["extra"] / _MIB
    return (row["contender"], row["message"], f"{extra:.1f}", f"{row['extra'] / row['size']:.2f}")


def start(rounds: int = 21) -> list[dict[str, Any]]:
    """Return what starting costs over bare Python, in milliseconds, taken in turn: medians and lowest."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "message.eml"
        path.write_bytes(message("5 KB").data)
        codes = {"": "pass"} | {name: code.format(path=str(path)) for name, code in _START.items()}
        times: dict[str, list[float]] = {name: [] for name in codes}
        for _ in range(rounds + 1):
            for name, code in codes.items():
                begin = perf_counter_ns()
                subprocess.run([sys.executable, "-I", "-c", code], check=True)
                times[name].append((perf_counter_ns() - begin) / 1e6)
    over = {
        # The first of each fills caches.
        name: [value - bare for value, bare in zip(times[name][1:], times[""][1:], strict=True)]
        for name in _START
    }
    return [
        {"what": name, "median_ms": statistics.median(values), "lowest_ms": min(times[name]) - min(times[""])}
        for name, values in over.items()
    ]


def start_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row of ``start``."""
    return (row["what"], f"{row['median_ms']:.1f}", f"{row['lowest_ms']:.1f}")


def _status(name: str) -> int | None:
    """Return a size of this process from the kernel, in octets; ``None`` where it does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":")), None)


def _keep_large_blocks_apart() -> None:
    """Let the allocator return large blocks when they are freed: what lands in a hole would not count."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _forget_peak() -> bool:
    """Let the kernel count the peak anew; return whether it does."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _job(contender: str, name: str) -> tuple[Callable[[], object], int]:
    if contender != _STREAMED:
        subject = message(name)
        one = next(one for one in contenders.ALL if one.name == contender)
        one.prepare(message("5 KB"))()  # imports and caches are not the message's memory
        return one.prepare(subject), len(subject.data)
    from xinksig import Signature, rewrite_iter

    signature = Signature(html=HTML_SIGNATURE, text=TEXT_SIGNATURE)
    contenders.CHUNKED.prepare(message("5 KB"))()
    chunks = streamed(_SIZES[name], contenders.CHUNK_SIZE)
    return lambda: deque(rewrite_iter(chunks, signature), maxlen=0), _SIZES[name]


def main(words: Sequence[str]) -> int:
    """Measure one contender on one message in this process; print the result."""
    _keep_large_blocks_apart()
    job, size = _job(*words)
    gc.collect()
    known = _forget_peak()
    before = _status("VmRSS")
    result = job()
    after = _status("VmHWM")
    extra = after - before if known and before is not None and after is not None else None
    print(json.dumps({"size": size, "extra": extra, "kept": result is not None}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
