"""Charsets for tests: text that each can hold, and edits of it."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from xinksig.mime import charset as charsets
from xinksig.mime import labels

Edits = list[tuple[int, int, str]]

CHARSETS = sorted(set(labels._table().values()))
KINDS = {charset.name: charset.kind for charset in CHARSETS}
STATES = ("iso-2022", "hz", "utf-7")
NAMES = list(KINDS)
# One or two of each kind, and those with something of their own; the others are drawn for in the deep run.
QUICK = [
    "utf-8",
    "us-ascii",
    "iso-8859-1",
    "koi8-u",
    "gb2312",
    "gb18030",
    "big5",
    "shift_jis",
    "shift_jis-2004",
    "euc-jp",
    "euc-kr",
    "utf-16",
    "utf-32be",
    "utf-7",
    "iso-2022-jp",
    "iso-2022-kr",
    "hz-gb-2312",
    "cp864",
]
DRAWN = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.deep) for name in NAMES]
# There are many charsets: a deep run draws fewer examples for each.
EACH = settings(max_examples=min(settings().max_examples, 200))
POOL = "éüñßÄ€žčіђяЖαβאבعسกขŞığ文字中漢あいアｱ가나①～〜￥表十ソ能申暴噂＋－±✓😀‐…“”§"


def alphabet_of(charset: charsets.Charset) -> str:
    """Characters that the codec of a charset writes and reads, those with ASCII trail octets among them."""
    candidates = set(POOL)
    if charset.kind == "single":
        candidates.update(bytes(range(128, 256)).decode(charset.codec, "ignore"))
    if charset.kind == "multi":
        for trail in (0x31, 0x40, 0x5B, 0x5C, 0x7B, 0x7C, 0x7D, 0x7E, 0xA1, 0xFE):
            for lead in (0x81, 0x89, 0x95, 0xA4, 0xB0, 0xE0, 0xF0):
                candidates.update(bytes([lead, trail]).decode(charset.reader, "ignore"))
    fitting = []
    for character in sorted(candidates):
        try:
            octets = character.encode(charset.codec)
            if octets.decode(charset.codec) == octets.decode(charset.reader) == character:
                fitting.append(character)
        except UnicodeError:
            continue
    return "".join(fitting)


ALPHABETS = {charset.name: alphabet_of(charset) for charset in CHARSETS}
ASCII = "ab{}E<>&;#+-/.,\n \t0123"


def charset_named(name: str) -> charsets.Charset:
    charset = charsets.lookup(name)
    assert charset is not None
    return charset


def as_read(text: charsets.Text, octets: bytes) -> str:
    """Read octets with Python's own codec: that of the byte order, or of the label."""
    charset = text.charset if text.charset.kind in ("utf-16", "utf-32") else charset_named(text.charset.name)
    return octets.decode(charset.codec)


def apply_text(characters: str, edits: Edits) -> str:
    pieces = []
    at = 0
    for start, stop, new in edits:
        pieces += [characters[at:start], new]
        at = stop
    return "".join([*pieces, characters[at:]])


def apply_octets(octets: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    pieces = []
    at = 0
    for start, stop, new in edits:
        assert at <= start <= stop <= len(octets)
        pieces += [octets[at:start], new]
        at = stop
    return b"".join([*pieces, octets[at:]])


def edited(text: charsets.Text, edits: Edits) -> bytes:
    octet_edits = []
    for start, stop, new in edits:
        octets = charsets.encode(text, new)
        assert octets is not None
        octet_edits.append((start, stop, octets))
    result = text.octet_edits(octet_edits)
    assert result is not None
    return apply_octets(text.octets, result)


def replaced(text: charsets.Text, old: str, new: str) -> bytes:
    start = text.characters.index(old)
    return edited(text, [(start, start + len(old), new)])


def texts(name: str, *, most: int = 12) -> st.SearchStrategy[str]:
    charset = charset_named(name)
    plain = ASCII if charset.ascii_compatible or charset.kind not in ("single", "multi") else "ab{}<E \n"
    foreign = ALPHABETS[name] or "a"
    part = st.one_of(
        st.sampled_from(plain), st.sampled_from(foreign), st.just("{SIG}"), st.sampled_from(foreign)
    )
    return st.lists(part, max_size=most).map("".join)


def encoded(name: str, characters: str) -> bytes:
    return characters.encode(charset_named(name).codec)


@st.composite
def edits_of(draw: st.DrawFn, name: str, characters: str) -> Edits:
    offsets = sorted(draw(st.integers(0, len(characters))) for _ in range(2 * draw(st.integers(1, 3))))
    pairs = zip(offsets[::2], offsets[1::2], strict=True)
    return [(start, stop, draw(texts(name, most=3))) for start, stop in pairs]
