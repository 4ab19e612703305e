"""Parameters of a structured field, with the spans of their values (RFC 2045, 5.1; RFC 2231).

Goals: every octet is looked at a bounded number of times, whatever the nesting of comments; nothing is
raised; each parameter says why another reader may see another value than this one.

``read_simply`` takes what nearly all mail has, with two regex runs; ``Scanner`` reads everything else.
"""

import re
from collections.abc import Iterable
from functools import cache

from xinksig.expressions import late
from xinksig.mime import words
from xinksig.records import NamedTuple

_TCHAR = r"[!#-'*+\-.0-9A-Z^-~]"
_PLAIN_NAME = r"[!#-&+\-.0-9A-Z^-~]"
_COMMENT_SIGN = late(r"[()\\]")
_QUOTE_SIGN = late(r'["\\]')
_BLANKS = re.compile(r"[ \t\r\n]*+")
_NAME = late(_TCHAR + "*+")
_UNQUOTED = late(r'[^ \t\r\n;"()\\]*+')
_TO_SIGN = late(r'[^;"(]*+')
_LINE_ENDING = late(r"\r?\n|\r")
_PAIR = late(r'\\(["\\])')
_MISLEADING = late(r'[;="\\]')
_STARRED = late(r"([^*]+)(?:\*([0-9]{1,4}))?(\*)?")
_PERCENT = late(rb"%([0-9A-Fa-f]{2})")
_LONE_CR = late(rb"\r(?=[^\n])")
_BLANK_LINE = late(rb"\n[ \t]++(?:\r?\n|\Z)")
_LONE_CR_IN_CR = late(rb"\r(?=[^ \t])")
_BLANK_LINE_IN_CR = late(rb"\r[ \t]++(?:\r|\Z)")

NO_PARAMETER = "it is no parameter"
COMMENT_INSIDE = "it has a comment inside"
COMMENT_BEHIND = "a comment follows it"
TEXT_BEHIND = "other text follows it without a semicolon"


class Parameter(NamedTuple):
    """One parameter as it stands; offsets are octets of the field's body."""

    name: str
    """In lower case, with the stars of RFC 2231; "" for text that is no parameter."""
    value: str
    """Unquoted, one character for an octet."""
    start: int
    """Where its value begins, the quotation mark included."""
    stop: int
    doubt: str
    """Why another reader may see another value, "" if there is no reason."""


def line_doubt(body: bytes) -> str:
    """Return what in a field's lines another reader may take for the end of the field, "" if nothing."""
    end = body.find(b"\n")
    lf = end >= 0
    if lf and end == len(body) - 1 and body.find(b"\r", 0, end - 1) < 0:
        return ""  # one line, as most fields
    if (_LONE_CR if lf else _LONE_CR_IN_CR).search(body):
        return "a lone CR"
    if (_BLANK_LINE if lf else _BLANK_LINE_IN_CR).search(body):
        return "a line of blanks only"
    return ""


@cache
def _ordinary() -> tuple[re.Pattern[str], re.Pattern[str]]:
    gap = r"[ \t]*+(?:\r?\n[ \t]++)?"
    quoted = r'"[^"\\\x00-\x1f\x7f-\xff]*+"'
    unquoted = r'[^"\\\x00-\x20\x7f-\xff;(),]++'
    parameter = rf"{gap};{gap}{_PLAIN_NAME}++=(?:{quoted}|{unquoted})"
    tail = r"(?:[ \t]*+;){0,2}[ \t]*+(?:\r?\n)?"
    whole = re.compile(rf"{gap}({_TCHAR}++(?:/{_TCHAR}++)?)((?:{parameter}){{0,32}}){tail}")
    each = re.compile(rf';[ \t\r\n]*+({_PLAIN_NAME}++)=(?:"([^"]*+)"|({unquoted}))')
    return whole, each


def read_simply(body: bytes) -> tuple[str, list[tuple[str, str]]] | None:
    """Return the first token and the parameters of a field that has nothing odd in it, else ``None``.

    All names are in lower case, and so is the token; values as they stand between the quotation marks.
    """
    whole, each = _ordinary()
    match = whole.fullmatch(body.decode("latin-1"))
    if match is None or b"=?" in body:
        return None
    found = each.findall(match[2])
    return match[1].lower(), [(name.lower(), quoted or unquoted) for name, quoted, unquoted in found]


class Scanner:
    """Reads a field's body from left to right; ``at`` is where it stands, in octets."""

    def __init__(self, body: bytes) -> None:
        self.text = body.decode("latin-1")
        self.at = 0
        self.problem = ""
        """Why the whole reading is doubtful: a comment or a quotation mark is not closed."""
        self.misleading = False
        """Whether a comment was passed that a reader without comments takes for more than that."""

    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.text)

    def skip(self) -> bool:
        """Pass blanks and comments; return whether there were comments (RFC 5322, 3.2.2)."""
        text = self.text
        commented = False
        while True:
            blanks = _BLANKS.match(text, self.at)
            assert blanks is not None
            self.at = blanks.end()
            if not text.startswith("(", self.at):
                return commented
            commented = True
            self._skip_comment()

    def _skip_comment(self) -> None:
        start, depth, at = self.at, 0, self.at
        while (sign := _COMMENT_SIGN.search(self.text, at)) is not None:
            at = sign.end()
            if sign[0] == "\\":
                at += 1
                continue
            depth += 1 if sign[0] == "(" else -1
            if not depth:
                self.at = at
                self.misleading |= _MISLEADING.search(self.text, start, at) is not None
                return
        self.at = len(self.text)
        self.problem = "a comment in it is not closed"

    def take(self, pattern: re.Pattern[str]) -> str:
        """Pass what the pattern matches here and return it, "" if it does not."""
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def skip_to_semicolon(self) -> None:
        """Pass everything up to the next semicolon outside quotation marks and comments."""
        while True:
            self.take(_TO_SIGN)
            if self.ended() or self.text[self.at] == ";":
                return
            if self.text[self.at] == "(":
                self._skip_comment()
            else:
                self._take_quoted()

    def _take_quoted(self) -> str:
        """Pass a quoted string and return its inside, as it stands."""
        start = at = self.at + 1
        while (sign := _QUOTE_SIGN.search(self.text, at)) is not None:
            at = sign.end()
            if sign[0] == '"':
                self.at = at
                return self.text[start : at - 1]
            at += 1
        self.at = len(self.text)
        self.problem = "a quotation mark in it is not closed"
        return self.text[start:]

    def parameters(self) -> list[Parameter]:
        """Read the parameters that stand here, with or without a semicolon before the first."""
        found = []
        while True:
            parameter = self._parameter()
            if parameter is not None:
                found.append(parameter)
            if self.ended():
                return found
            self.at += 1

    def _parameter(self) -> Parameter | None:
        """Read one parameter and stop at the semicolon behind it; ``None`` if there is nothing."""
        commented = self.skip()
        if self.ended() or self.text[self.at] == ";":
            return None
        start = self.at
        name = self.take(_NAME).lower()
        if self.skip():
            commented = True
        if not (name and self.text.startswith("=", self.at)):
            self.skip_to_semicolon()
            return Parameter("", "", start, self.at, NO_PARAMETER)
        self.at += 1
        start = stop = self.at
        if self.skip():
            commented = True
        value = doubt = ""
        if not self.ended() and self.text[self.at] != ";":
            start = self.at
            value, doubt = self._value()
            stop = self.at
        if self.skip():
            doubt = doubt or COMMENT_BEHIND
        if not self.ended() and self.text[self.at] != ";":
            doubt = TEXT_BEHIND
            self.skip_to_semicolon()
            if not self.text.startswith('"', start):
                value = self.text[start : self.at].rstrip(" \t\r\n")
                stop = start + len(value)
                value = _LINE_ENDING.sub("", value)
        return Parameter(name, value, start, stop, COMMENT_INSIDE if commented else doubt)

    def _value(self) -> tuple[str, str]:
        """Pass a value; return it without its quotation marks, and why it is doubtful."""
        if not self.text.startswith('"', self.at):
            value = self.take(_UNQUOTED)
            return value, "it has a comma but no quotation marks" if "," in value else ""
        value, doubt = self._take_quoted(), ""
        if "\n" in value or "\r" in value:
            doubt = "it is folded inside its quotation marks"
            value = _LINE_ENDING.sub("", value)
        if "\\" in value:
            doubt = "it has a backslash"
            value = _PAIR.sub(r"\1", value)
        return value, doubt


def readable(value: str) -> str:
    """Return a value for people: octets as UTF-8 if they are that, and encoded-words decoded."""
    if not value.isascii():
        try:
            value = value.encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            pass
    return words.decode(value) if "=?" in value else value


def assemble(parameters: Iterable[Parameter]) -> dict[str, str]:
    """Return the values by name; the pieces of RFC 2231 joined and decoded, and better than a plain value.

    Of several parameters of one name the first counts.
    """
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for parameter in parameters:
        match = _STARRED.fullmatch(parameter.name)
        if match is None:
            continue
        name, section, star = match.groups()
        if section is None and not star:
            plain.setdefault(name, readable(parameter.value))
        else:
            extended = star is not None
            pieces.setdefault(name, {}).setdefault(int(section or 0), (parameter.value, extended))
    joined = {name: _join(sections) for name, sections in pieces.items() if 0 in sections}
    return plain | joined


def _join(sections: dict[int, tuple[str, bool]]) -> str:
    """Join pieces 0, 1, … up to the first that is missing (RFC 2231, 3 and 4)."""
    value, extended = sections[0]
    label = ""
    if extended and value.count("'") >= 2:
        label, _, value = value.split("'", 2)
    octets = []
    number = 0
    while number in sections:
        if number:
            value, extended = sections[number]
        piece = value.encode("latin-1", "replace")
        octets.append(_PERCENT.sub(_octet, piece) if extended else piece)
        number += 1
    return words.decode_octets(b"".join(octets), label)


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),))
