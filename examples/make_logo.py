"""Draw examples/company/logo.png: a larch under a warm light, with the standard library alone.

python examples/make_logo.py examples/company/logo.png
"""

import struct
import sys
import zlib

SIZE = 144
"""Pixels; shown at half of that, so that it stays sharp on fine screens."""
FINE = 4
"""Samples across a pixel, for smooth edges."""

GREEN = (23, 64, 47)
LARCH = (126, 178, 132)
LARCH_DARK = (91, 148, 104)
LIGHT = (245, 190, 82)
GLOW = (58, 96, 62)
TRUNK = (196, 147, 92)


def inside_tile(x: float, y: float) -> bool:
    """Whether a point is in the rounded square; coordinates run from 0 to 1."""
    radius = 0.22
    dx = max(radius - x, x - (1 - radius), 0)
    dy = max(radius - y, y - (1 - radius), 0)
    return dx * dx + dy * dy <= radius * radius


def colour(x: float, y: float) -> tuple[int, int, int] | None:
    """Return the colour of a point; None outside the tile."""
    if not inside_tile(x, y):
        return None
    for top, bottom, half in ((0.20, 0.46, 0.15), (0.33, 0.62, 0.21), (0.48, 0.80, 0.27)):
        if top <= y <= bottom and abs(x - 0.44) <= half * (y - top) / (bottom - top):
            return LARCH if x < 0.44 else LARCH_DARK
    if 0.80 <= y <= 0.89 and abs(x - 0.44) <= 0.035:
        return TRUNK
    distance = ((x - 0.74) ** 2 + (y - 0.27) ** 2) ** 0.5
    if distance <= 0.095:
        return LIGHT
    return GLOW if 0.12 <= distance <= 0.145 or 0.17 <= distance <= 0.19 else GREEN


def pixel(column: int, row: int) -> bytes:
    """Return one pixel as red, green, blue and opacity."""
    samples = []
    for down in range(FINE):
        for across in range(FINE):
            x = (column + (across + 0.5) / FINE) / SIZE
            y = (row + (down + 0.5) / FINE) / SIZE
            samples.append(colour(x, y))
    seen = [sample for sample in samples if sample is not None]
    if not seen:
        return bytes(4)
    mean = [round(sum(sample[channel] for sample in seen) / len(seen)) for channel in range(3)]
    return bytes([*mean, round(255 * len(seen) / len(samples))])


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a PNG chunk: length, name, data and checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def main() -> None:
    """Write the picture to the file that the first argument names."""
    rows = [b"\0" + b"".join(pixel(column, row) for column in range(SIZE)) for row in range(SIZE)]
    head = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    png = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head)]
    png += [chunk(b"IDAT", zlib.compress(b"".join(rows), 9)), chunk(b"IEND", b"")]
    with open(sys.argv[1], "wb") as file:
        file.write(b"".join(png))


if __name__ == "__main__":
    main()
