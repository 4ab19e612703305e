"""The fields of a header section as a caller reads them."""

from collections.abc import Sequence

from xinksig.mime import words
from xinksig.mime.fields import Place, unfold
from xinksig.mime.section import Section

_BLANK = b" \t\r\n"


class Headers:
    """Fields by name: read-only, case-blind, unfolded and decoded (RFC 5322, 2.2.3; RFC 2047).

    Octets beyond ASCII are read as UTF-8, else as latin-1; what is no valid encoded-word stays as it stands.
    Values hold no line ending and no outer blanks. Nothing is raised.
    """

    __slots__ = ("_data", "_source")

    def __init__(self, data: bytes, source: Sequence[Place] | Section) -> None:
        """``source`` are the fields, or the section of ``data`` that reads them when they are asked for."""
        self._data = data
        self._source = source

    def get(self, name: str) -> str | None:
        """Return the value of the first field of this name, ``None`` if there is none."""
        key = _key(name)
        source = self._source
        if isinstance(source, Section):
            field = source.first.get(key) if source.has(key) else None
        else:
            field = next((field for field in source if field[0] == key), None)
        return self._value(field) if field is not None and key else None

    def get_all(self, name: str) -> list[str]:
        """Return the values of all fields of this name, in order."""
        return [self._value(field) for field in self._find(name)]

    def written(self, name: str) -> list[str]:
        """Return the same values with their encoded-words as they stand: for syntax, such as addresses."""
        return [self._written(field) for field in self._find(name)]

    def may_hold(self, word: bytes) -> bool:
        """Tell from the octets as they stand whether a value may hold a word of lower-case letters.

        ``False`` is certain, for the word in any case.
        """
        return word in self._data.lower() or b"=?" in self._data

    def _find(self, name: str) -> list[Place]:
        key = _key(name)
        fields = self._source.places if isinstance(self._source, Section) else self._source
        return [field for field in fields if field[0] == key] if key else []

    def _value(self, field: Place) -> str:
        text = self._written(field)
        if "=?" in text:
            text = words.decode(text)
        if "\n" in text or "\r" in text:
            text = text.replace("\r", " ").replace("\n", " ")
        return text.strip(" \t")

    def _written(self, field: Place) -> str:
        _, _, body, stop = field
        octets = self._data[body:stop].strip(_BLANK)
        if b"\n" in octets or b"\r" in octets:
            octets = unfold(self._data[body:stop]).strip(_BLANK)
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            return octets.decode("latin-1")


def _key(name: str) -> bytes:
    return name.encode("utf-8", "replace").lower()
