"""Who wrote a message: addresses of the mailboxes in From and Sender (RFC 5322, 3.4; RFC 6532).

A signature is chosen by the author's address, and a wrong address is worse than none. Goals: where a mail
server or a mail client could take another address than this module, there is none; nothing is raised;
linear. Encoded-words are not decoded here: an address is what stands there in the open.
"""

import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from itertools import pairwise

from xinksig.expressions import late
from xinksig.mime.headers import Headers
from xinksig.records import NamedTuple

_BLANK = late(r"[ \t]*+")
_ATOM = late(r'[^ \t<>:;,@.()"\[\]\\\x00-\x1f\x7f]++')
_ENCODED_WORD = late(r"=\?[\w*-]{1,75}\?[bBqQ]\?[^ \t?<>:;,()\"\[\]\\\x00-\x1f\x7f]*+\?=")
_QUOTE_SIGN = late(r'["\\]')
_COMMENT_SIGN = late(r"[()\\]")
_LITERAL = late(r"\[[^\[\]\\\x00-\x1f\x7f]*+\]")
_LONGEST = 998
_LARGEST = 65536
"""Characters of a field that are read: nobody writes larger ones, and each may cost 3 µs."""
_SIMPLE = r"[\w!#$%&'*+/=?^`{|}~-][\w!#$%&'*+/=?^`{|}~.-]{0,63}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,9}"


class _Kind(Enum):
    WORD = 1
    """An atom or a quoted string."""
    LITERAL = 2
    """A domain in brackets."""
    SIGN = 3
    """One of ``< > : ; , @ .``."""
    WRONG = 4
    """Text that cannot stand there; empty: something that is opened and never closed."""


class _Lexeme(NamedTuple):
    kind: _Kind
    text: str


_UNCLOSED = _Lexeme(_Kind.WRONG, "")
_BARE = ((_ENCODED_WORD, _Kind.WORD), (_ATOM, _Kind.WORD), (_LITERAL, _Kind.LITERAL))
_OPENING, _CLOSING, _COLON, _AT = (_Lexeme(_Kind.SIGN, sign) for sign in "<>:@")


@cache
def _ordinary() -> re.Pattern[str]:
    """Match one mailbox as nearly all mail has it; group 1 or 2 is the address."""
    return re.compile(
        r'[ \t]*+(?:(?:"[^"\\\x00-\x1f\x7f]*+"|[^"<>()@,:;\\\[\]\x00-\x1f\x7f]*+)[ \t]*+'
        rf"<({_SIMPLE})>|({_SIMPLE}))[ \t]*+",
        re.ASCII,
    )


def author(headers: Headers) -> str:
    """Return the address of the first mailbox of the first From field, "" if there is none for sure."""
    return _first(headers, "From")


def sender(headers: Headers, envelope_sender: str | None) -> str:
    """Return the address of Sender, else the author's, else the envelope's, "" if there is none."""
    return _first(headers, "Sender") or author(headers) or _bare(envelope_sender or "")


def _first(headers: Headers, name: str) -> str:
    values = headers.written(name)
    if not values or len(values[0]) > _LARGEST:
        return ""
    ordinary = _ordinary().fullmatch(values[0])
    if ordinary is not None:
        return ordinary[1] or ordinary[2]
    return next(_addresses(values[0]), "")


def _bare(path: str) -> str:
    path = path.strip()
    return path[1:-1].strip() if path.startswith("<") and path.endswith(">") else path


def mailbox_addresses(value: str) -> list[str]:
    """Return the address of each mailbox of an unfolded address list, "" for one that is not clear.

    Encoded-words have to stand in the value undecoded.
    """
    return list(_addresses(value))


def _addresses(value: str) -> Iterator[str]:
    entry: list[_Lexeme] = []
    in_angle = in_group = False
    for lexeme in _lexemes(value):
        sign = lexeme.text if lexeme.kind is _Kind.SIGN else ""
        if lexeme is _UNCLOSED or (in_angle and sign == "<"):
            yield ""
            return
        if in_angle or sign not in (":", ";", ","):
            entry.append(lexeme)
            if sign in ("<", ">"):
                in_angle = sign == "<"
        elif sign == ":":
            if in_group or not all(_is_phrase(item) for item in entry):
                yield ""
                return
            in_group = True
            entry.clear()
        else:
            yield from _mailbox(entry)
            entry.clear()
            in_group = in_group and sign == ","
    yield from _mailbox(entry)


def _lexemes(value: str) -> Iterator[_Lexeme]:
    """Yield the lexemes without blanks and comments; nothing follows one that is never closed."""
    at = 0
    while True:
        blank = _BLANK.match(value, at)
        at = blank.end() if blank else at
        if at == len(value):
            return
        first, start = value[at], at
        if first == "(":
            at = _behind_comment(value, at)
        elif first == '"':
            at = _behind_quoted(value, at)
        if at < 0:
            yield _UNCLOSED
            return
        if at > start:
            if first == '"':
                yield _Lexeme(_Kind.WORD, value[start:at])
        elif first in "<>:;,@.":
            yield _Lexeme(_Kind.SIGN, first)
            at += 1
        else:
            lexeme = _bare_lexeme(value, at)
            yield lexeme
            at += len(lexeme.text)


def _bare_lexeme(value: str, at: int) -> _Lexeme:
    """Return the lexeme that begins here, where no blank, comment, sign or quoted string does.

    An encoded-word may hold ``@`` and ``.``, which many mailers do not encode in it.
    """
    for pattern, kind in _BARE:
        match = pattern.match(value, at)
        if match is not None:
            return _Lexeme(kind, match[0])
    return _Lexeme(_Kind.WRONG, value[at])


def _behind_quoted(value: str, at: int) -> int:
    """Return where a quoted string ends, -1 if it does not."""
    at += 1
    while (sign := _QUOTE_SIGN.search(value, at)) is not None:
        at = sign.end()
        if sign[0] == '"':
            return at
        at += 1
    return -1


def _behind_comment(value: str, at: int) -> int:
    """Return where a comment ends, with those inside it, -1 if it does not."""
    depth = 0
    while (sign := _COMMENT_SIGN.search(value, at)) is not None:
        at = sign.end()
        if sign[0] == "\\":
            at += 1
            continue
        depth += 1 if sign[0] == "(" else -1
        if not depth:
            return at
    return -1


def _is_phrase(lexeme: _Lexeme) -> bool:
    """Whether a lexeme can stand in a display name; real ones have dots in it (RFC 5322, 4.1)."""
    return lexeme.kind is _Kind.WORD or lexeme.text == "."


def _mailbox(entry: list[_Lexeme]) -> list[str]:
    """Return the address of one mailbox in a list, nothing if no mailbox stands there.

    Words alone are none: many write ``Doe, Alice <alice@…>`` without quotation marks.
    """
    if _OPENING not in entry:
        if entry and entry[-1] == _CLOSING:
            entry = entry[:-1]
        address = _address(entry)
        return [] if not address and all(_is_phrase(item) for item in entry) else [address]
    start = entry.index(_OPENING)
    stop = entry.index(_CLOSING) if _CLOSING in entry else len(entry)
    before, inside, behind = entry[:start], entry[start + 1 : stop], entry[stop + 1 :]
    address = _address(_without_route(inside))
    if not all(_is_phrase(item) for item in before) and _address(before).lower() != address.lower():
        return [""]
    return [address if all(_is_phrase(item) for item in behind) else ""]


def _without_route(inside: list[_Lexeme]) -> list[_Lexeme]:
    """Return what follows an obsolete route, as in ``<@relay.example:alice@example.org>``."""
    if not inside or inside[0] != _AT or _COLON not in inside:
        return inside
    index = inside.index(_COLON)
    is_route = all(item.kind is not _Kind.WRONG and item != _CLOSING for item in inside[:index])
    return inside[index + 1 :] if is_route else []


def _address(lexemes: list[_Lexeme]) -> str:
    """Return the lexemes as an address, "" if they are none for sure (RFC 5322, 3.4.1).

    Dots in a row or at an end of the local part are let through, as mail servers do.
    """
    at = lexemes.index(_AT) if _AT in lexemes else 0
    local, domain = lexemes[:at], lexemes[at + 1 :]
    is_literal = len(domain) == 1 and domain[0].kind is _Kind.LITERAL
    if not _is_local_part(local) or not (is_literal or _is_domain(domain)):
        return ""
    if any(item.kind is _Kind.WORD and "@" in item.text and item.text[0] != '"' for item in lexemes):
        return ""
    address = "".join(item.text for item in lexemes)
    return address if len(address) <= _LONGEST and address.isprintable() else ""


def _is_local_part(lexemes: list[_Lexeme]) -> bool:
    words = [item.kind is _Kind.WORD for item in lexemes]
    in_a_row = any(first and second for first, second in pairwise(words))
    return any(words) and not in_a_row and all(_is_phrase(item) for item in lexemes)


def _is_domain(lexemes: list[_Lexeme]) -> bool:
    names, dots = lexemes[::2], lexemes[1::2]
    return (
        len(names) == len(dots) + 1
        and all(item.kind is _Kind.WORD and item.text[0] != '"' for item in names)
        and all(item.text == "." for item in dots)
    )
