"""Decoded text of a charset: its characters, and where each of them stands in the octets."""

from collections.abc import Sequence

from xinksig.mime.labels import Charset

OctetEdits = list[tuple[int, int, bytes]]

_BLOCK = 512

ESCAPED = "".join(map(chr, range(0xDC80, 0xDD00)))
"""What damaged octets above 127 are read as (surrogateescape)."""


def decoded(octets: bytes, codec: str) -> str | None:
    """Return octets read by a codec, ``None`` if some of them stand for nothing."""
    try:
        return octets.decode(codec)
    except UnicodeDecodeError:
        return None


class Text:
    """Decoded octets, here of a charset in which every character is one octet."""

    __slots__ = ("_last", "certain", "characters", "charset", "octets", "sound")

    def __init__(
        self, characters: str, charset: Charset, octets: bytes, *, certain: bool = True, sound: bool = True
    ) -> None:
        self.characters = characters
        """The text; octets that stand for nothing are lone surrogates or U+FFFD."""
        self.charset = charset
        """How the octets were read, with the byte order if that matters."""
        self.octets = octets
        self.certain = certain
        """Whether the charset was declared and the octets fit; else only ASCII characters may be written."""
        self.sound = sound
        """Whether all octets stand for characters."""
        self._last = (0, 0)

    @property
    def strict(self) -> bool:
        """Whether every reader gets these characters: then they may be written in another charset."""
        if not (self.certain and self.sound):
            return False
        charset = self.charset
        if charset.ascii_compatible and self.octets.isascii():
            return True
        if charset.codec != charset.reader and decoded(self.octets, charset.codec) != self.characters:
            return False
        return not any(character in self.characters for character in charset.doubt)

    def octet_offset(self, index: int) -> int:
        """Return where character ``index`` begins."""
        return index

    def octet_span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the span of the octets of characters; escapes before and behind them are not in it."""
        return self.octet_offset(start), self.octet_offset(stop)

    def octet_edits(self, edits: Sequence[tuple[int, int, bytes]]) -> OctetEdits | None:
        """Turn edits ``(start, stop, octets)`` of characters into edits of octets.

        They ascend and do not overlap. The octets are those of ``encode`` or ``encode_html``; what is needed
        to bring a charset with states to ASCII and back is put around them. ``None``: the text cannot be
        edited, as damaged octets before an edit would become a character together with what follows.
        """
        result = []
        for start, stop, octets in edits:
            begin, end = self.octet_span(start, stop)
            result.append((begin, end, octets))
        if not self.sound:
            behind = b""
            follows = -1
            for (start, end, _), (_, stop, octets) in zip(reversed(edits), reversed(result), strict=True):
                behind = (octets + (behind if end == follows else self.octets[stop : stop + 4]))[:4]
                follows = start
                if self._would_join(start, behind):
                    return None
        return result

    def _would_join(self, index: int, behind: bytes) -> bool:
        """Whether damaged octets before character ``index`` and what comes behind them make a character."""
        damaged = self.characters[max(0, index - 3) : index]
        damaged = damaged[len(damaged.rstrip(ESCAPED)) :]
        if not damaged:
            return False
        before = damaged.encode("ascii", "surrogateescape")
        read = (before + behind).decode(self.charset.reader, "surrogateescape")
        return not read.startswith(damaged)


class Utf8Text(Text):
    """UTF-8 that is not all ASCII."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        """See ``Text``."""
        character, octet = self._last
        if index < character:
            character = octet = 0
        characters = self.characters
        if len(characters) - index < index - character:
            octet = len(self.octets) - len(characters[index:].encode("utf-8", "surrogateescape"))
        else:
            octet += len(characters[character:index].encode("utf-8", "surrogateescape"))
        self._last = (index, octet)
        return octet

    def octet_span(self, start: int, stop: int) -> tuple[int, int]:
        """See ``Text``."""
        begin = self.octet_offset(start)
        return begin, begin + len(self.characters[start:stop].encode("utf-8", "surrogateescape"))


class MultiText(Text):
    """A charset with characters of one to four octets, all ASCII octets among them."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        """See ``Text``."""
        if index < self._last[0]:
            self._last = (0, 0)
        character, octet = self._last
        reader = self.charset.reader
        between = self.characters[character:index]
        try:
            stop = octet + len(between.encode(reader, "surrogateescape"))
        except UnicodeEncodeError:
            return self._walk(index)
        # Two characters may be one pair of octets, or a character have two lengths: believe what reads back.
        if self.octets[octet:stop].decode(reader, "surrogateescape") != between:
            return self._walk(index)
        self._last = (index, stop)
        return stop

    def _walk(self, index: int) -> int:
        """Read block by block, and octet by octet in the last one, up to character ``index``."""
        from codecs import getincrementaldecoder

        decoder = getincrementaldecoder(self.charset.reader)("surrogateescape")
        character, octet = self._last
        stop = octet
        while stop + _BLOCK < len(self.octets):
            state = decoder.getstate()
            found = decoder.decode(self.octets[stop : stop + _BLOCK])
            if character + len(found) > index:
                decoder.setstate(state)
                break
            character += len(found)
            stop += _BLOCK
            octet = stop - len(decoder.getstate()[0])
        while character < index:
            stop += 1
            found = decoder.decode(self.octets[stop - 1 : stop], stop == len(self.octets))
            if character + len(found) > index:
                # Damaged octets come out together with what follows; each of them is one character.
                return octet + (index - character) * (found[:1] in ESCAPED)
            if found:
                character += len(found)
                octet = stop - len(decoder.getstate()[0])
        self._last = (character, octet)
        return octet


class WideText(Text):
    """UTF-16 or UTF-32."""

    __slots__ = ()

    def octet_offset(self, index: int) -> int:
        """See ``Text``."""
        character, octet = self._last
        if index < character:
            character = octet = 0
        octet += len(self.characters[character:index].encode(self.charset.codec, "surrogatepass"))
        self._last = (index, octet)
        return min(octet, len(self.octets))

    def _would_join(self, index: int, behind: bytes) -> bool:
        # A surrogate of its own was read as U+FFFD: it must not meet another one, nor a half unit anything.
        units = self.octets[self.octet_offset(max(0, index - 1)) : self.octet_offset(index)]
        return bool(behind) and decoded(units, self.charset.codec) is None
