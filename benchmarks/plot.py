"""Draws time against size from the results, as an SVG that is readable on light and dark pages."""

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.contenders import FLOOR, GMIME_C, STANDARD_LIBRARY, XINKSIG
from benchmarks.messages import LADDER
from benchmarks.run import RESULTS

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 54, 46
_LABEL_HEIGHT = 17

_LINES = {
    STANDARD_LIBRARY.name: "other",
    GMIME_C.name: "second",
    XINKSIG.name: "own",
    FLOOR.name: "floor",
}
_STYLE = """
svg { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.quiet { fill: #59636e }
.title { font-size: 15px; font-weight: 600 }
path { fill: none; stroke-width: 2; stroke-linejoin: round }
path.own { stroke: #0969da; stroke-width: 3.5 } .own { fill: #0969da; font-weight: 600 }
path.second { stroke: #9a6700 } .second { fill: #9a6700 }
path.other { stroke: #cf222e } .other { fill: #cf222e }
path.floor { stroke: #59636e; stroke-dasharray: 5 4 } .floor { fill: #59636e }
path.own, path.second, path.other, path.floor { fill: none }
@media (prefers-color-scheme: dark) {
  svg { fill: #f0f6fc } .grid { stroke: #3d444d } .quiet { fill: #9198a1 }
  path.own { stroke: #4493f8 } .own { fill: #4493f8 }
  path.second { stroke: #d29922 } .second { fill: #d29922 }
  path.other { stroke: #f85149 } .other { fill: #f85149 }
  path.floor { stroke: #9198a1 } .floor { fill: #9198a1 }
  path.own, path.second, path.other, path.floor { fill: none }
}
"""


class Point(NamedTuple):
    """One measurement: octets and microseconds."""

    size: float
    time: float


def series(rows: Sequence[dict[str, Any]]) -> dict[str, list[Point]]:
    """Return the points of each contender over the five sizes; only times that count."""
    found: dict[str, list[Point]] = {}
    for row in rows:
        if row["message"] in LADDER and row["contender"] in _LINES and not row["fault"]:
            found.setdefault(row["contender"], []).append(Point(row["size"], row["median_us"]))
    return {name: sorted(points) for name, points in found.items() if len(points) > 1}


class Scales:
    """Turns octets and microseconds, both logarithmic, into places of the picture."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._first, self._last = (math.log10(f(point.size for point in points)) for f in (min, max))
        self.low = math.floor(math.log10(min(point.time for point in points)))
        self.high = math.ceil(math.log10(max(point.time for point in points)))

    def x(self, size: float) -> float:
        """Return the place from the left."""
        part = (math.log10(size) - self._first) / (self._last - self._first)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, time: float) -> float:
        """Return the place from the top."""
        part = (math.log10(time) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def _time(exponent: int) -> str:
    unit = {0: "µs", 1: "ms", 2: "s"}[exponent // 3]
    return f"{10 ** (exponent % 3)} {unit}"


def _label_places(ends: dict[str, float]) -> dict[str, float]:
    """Return where the labels go: at the ends of their lines, moved up where they would overlap."""
    places: dict[str, float] = {}
    above = float(HEIGHT)
    for name, end in sorted(ends.items(), key=lambda item: -item[1]):
        above = min(end, above - _LABEL_HEIGHT)
        places[name] = above
    return places


def _drawing(
    lines: dict[str, list[Point]], sizes: dict[str, int], environment: dict[str, str]
) -> Iterator[str]:
    scales = Scales([point for points in lines.values() for point in points])
    box = f"0 0 {WIDTH} {HEIGHT}"
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" aria-labelledby="t">'
    yield f"<style>{_STYLE}</style>"
    yield '<title id="t">Time to sign a message against its size, both logarithmic; lower is better</title>'
    yield f'<text class="title" x="{LEFT}" y="20">Time to sign one message (lower is better)</text>'
    note = f"medians, one process; {environment['python']}; {environment['machine']}"
    yield f'<text class="quiet" x="{LEFT}" y="38" font-size="11">{escape(note)}</text>'
    for exponent in range(scales.low, scales.high + 1):
        y = scales.y(10**exponent)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="quiet" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_time(exponent)}</text>'
    for name, size in sizes.items():
        x = scales.x(size)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        yield f'<text class="quiet" x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{name}</text>'
    places = _label_places({name: scales.y(points[-1].time) for name, points in lines.items()})
    for name, points in lines.items():
        way = "L".join(f"{scales.x(point.size):.1f} {scales.y(point.time):.1f}" for point in points)
        yield f'<path class="{_LINES[name]}" d="M{way}"/>'
        label = f'x="{WIDTH - RIGHT + 10}" y="{places[name] + 4:.1f}"'
        yield f'<text class="{_LINES[name]}" {label}>{escape(name)}</text>'
    yield "</svg>"


def main(words: Sequence[str] | None = None) -> int:
    """Read the results, write the picture; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plot", description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULTS, help=f"the results [{RESULTS}]")
    parser.add_argument("--svg", type=Path, help="the picture [speed.svg beside the results]")
    arguments = parser.parse_args(words)
    results = json.loads(arguments.json.read_text())
    lines = series(results["rows"])
    if not lines:
        print(f"{arguments.json} holds no sizes to draw: run benchmarks.run without --only")
        return 1
    sizes = {row["message"]: row["size"] for row in results["rows"] if row["message"] in LADDER}
    target = arguments.svg or arguments.json.with_name("speed.svg")
    target.write_text("\n".join(_drawing(lines, sizes, results["environment"])) + "\n")
    print(f"written: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
