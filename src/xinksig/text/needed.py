"""What a body must hold, encoded as it is, to show a placeholder: most mail without one is never decoded."""

import re
from functools import lru_cache

from xinksig.records import NamedTuple
from xinksig.text.html.references import names_of
from xinksig.text.pattern import Pattern, rarest

_AMPERSAND = ord("&")


class Needed(NamedTuple):
    """Octets and expressions, at least one of which is found wherever a placeholder can be shown."""

    octets: tuple[int, ...]
    escapes: re.Pattern[bytes] | None
    """What else may stand for those octets in quoted-printable."""
    references: re.Pattern[bytes] | None
    """What may begin a character reference for one of them in HTML."""


def may_show(body: bytes, pattern: Pattern, *, quoted_printable: bool, html: bool) -> bool:
    """Tell whether a body may show one of the placeholders; ``False`` is certain.

    ``body`` is in quoted-printable or in an identity encoding, of a charset in which ASCII characters and
    ASCII octets stand for each other alone. Linear, one pass for each expression; never raises.
    """
    needed = _needed(pattern, quoted_printable, html)
    if needed is None:
        return True
    # As numbers, they are looked for at once.
    for octet in needed.octets:
        if octet in body:
            return True
    if 0 in body:
        # It may be UTF-16, whatever it says.
        return True
    if needed.references is not None and _AMPERSAND in body and needed.references.search(body) is not None:
        return True
    return needed.escapes is not None and needed.escapes.search(body) is not None


@lru_cache(maxsize=64)
def _needed(pattern: Pattern, quoted_printable: bool, html: bool) -> Needed | None:
    """Return what is needed; ``None`` where a placeholder has no ASCII character of one spelling alone."""
    characters = {rarest(word, pattern.ignore_case) for word in pattern.words}
    if not all(character and character.isascii() for character in characters):
        return None
    octets = tuple(sorted(map(ord, characters)))
    references = None
    if html:
        firsts = {name[0] for character in characters for name in names_of(character)}
        following = re.escape("".join(sorted(firsts))).encode("ascii")
        # In quoted-printable a soft line break or an escape may follow the ampersand.
        references = re.compile(b"&[#" + following + (b"=]" if quoted_printable else b"]"))
    escapes = None
    if quoted_printable:
        escaped = (*octets, _AMPERSAND) if html else octets
        codes = "|".join(f"{octet:02X}" for octet in escaped)
        escapes = re.compile(f"=(?i:{codes})".encode("ascii"))
    return Needed(octets, escapes, references)
