"""A reader of plain text for tests: RFC 3676 line by line, written apart from the code under test."""

from typing import NamedTuple

from xinksig.text.place import CharEdit


class Paragraph(NamedTuple):
    depth: int
    text: str
    offsets: tuple[int, ...]
    """Where each character of it stands in the source."""


def physical_lines(text: str) -> list[tuple[int, str]]:
    lines = []
    start = at = 0
    while at < len(text):
        if text[at] in "\r\n":
            lines.append((start, text[start:at]))
            at += 2 if text[at : at + 2] == "\r\n" else 1
            start = at
        else:
            at += 1
    lines.append((start, text[start:]))
    return lines


def read(text: str, *, flowed: bool, delsp: bool = False) -> list[Paragraph]:
    if not flowed:
        return [
            Paragraph(0, line, tuple(range(start, start + len(line)))) for start, line in physical_lines(text)
        ]
    paragraphs: list[Paragraph] = []
    is_open = False
    for start, line in physical_lines(text):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:]
        first = start + depth
        if content[:1] == " ":
            content = content[1:]
            first += 1
        is_separator = content == "-- "
        is_flowed = content[-1:] == " " and not is_separator
        if is_flowed and delsp:
            content = content[:-1]
        offsets = tuple(range(first, first + len(content)))
        if is_open and not is_separator and paragraphs[-1].depth == depth:
            last = paragraphs[-1]
            paragraphs[-1] = Paragraph(depth, last.text + content, last.offsets + offsets)
        else:
            paragraphs.append(Paragraph(depth, content, offsets))
        is_open = is_flowed
    return paragraphs


def apply(text: str, edits: list[CharEdit]) -> str:
    pieces: list[str] = []
    at = 0
    for edit in edits:
        assert at <= edit.start <= edit.stop <= len(text), "edits overlap or are not in order"
        pieces += (text[at : edit.start], edit.text)
        at = edit.stop
    return "".join((*pieces, text[at:]))
