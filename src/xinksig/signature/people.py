"""Who has a signature: ``people.csv``, ``people.toml`` or ``people.json``, and ``signatures.toml`` for all.

Each reader gives rows of (line, fields); they are checked in one place, and each fault names its line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from xinksig.signature.finding import Finding
from xinksig.signature.signature import FORBIDDEN

PEOPLE_FILES: Final = ("people.csv", "people.toml", "people.json")
SETTINGS_FILE: Final = "signatures.toml"
ORDER: Final = ("author", "sender", "envelope")
RESERVED: Final = ("kind", "variant")
"""Names that a template gets from the request, so no field can have them."""

_ADDRESS = re.compile(r"""[^\s<>",;:@]{1,64}@[^\s<>",;:@]{1,255}""")
_FIELD = re.compile(r"[a-z_][a-z0-9_]{0,63}")
_DOMAIN = re.compile(r"[^\s@,;<>]{1,255}")

Row = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a signature, or a domain's fallback for everybody else."""

    address: str
    """As written in the file."""
    aliases: tuple[str, ...]
    fields: MappingProxyType[str, Any] = field(repr=False, compare=False)
    """What templates use, address included; every field that anybody has is there, perhaps as ""."""
    line: int
    template: str = ""
    """The template of a domain's fallback; "" for a person."""

    @property
    def key(self) -> str:
        """The address in lower case."""
        return self.address.lower()


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``signatures.toml`` says."""

    order: tuple[str, ...] = ORDER
    """Whose address is looked up, in this order: ``author``, ``sender``, ``envelope``."""
    unknown_name: str = "default"
    """For a name that no template has: ``default``, the signature without a name, or ``none``."""
    defaults: dict[str, Any] = field(default_factory=dict)
    domains: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Fields by domain, in lower case."""
    fallbacks: dict[str, str] = field(default_factory=dict)
    """The template by domain for an address that is not among the people."""


class FaultError(Exception):
    """A fault of one file; becomes a ``Finding``."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


def decode(octets: bytes) -> str:
    """Return a file's characters. Raises ``FaultError`` if it is not UTF-8 (a byte order mark is fine)."""
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise FaultError(line, "is not UTF-8: save the file as UTF-8") from None
    found = FORBIDDEN.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise FaultError(line, f"contains U+{ord(found[0]):04X}: no message can carry this character")
    return text


def read_settings(octets: bytes) -> Settings:
    """Return what ``signatures.toml`` says. Raises ``FaultError``."""
    text = decode(octets)
    values = _toml(text)
    known = ("order", "unknown_name", "defaults", "domains")
    for key in values:
        if key not in known:
            raise FaultError(_line_of(text, key), f"unknown setting {key!r}: there are {', '.join(known)}")
    order = values.get("order", list(ORDER))
    if not isinstance(order, list) or not order or len(set(map(str, order))) != len(order):
        raise FaultError(_line_of(text, "order"), f"order must be a list of some of {', '.join(ORDER)}")
    for item in order:
        if item not in ORDER:
            raise FaultError(_line_of(text, "order"), f"order knows {', '.join(ORDER)}, not {item!r}")
    unknown = values.get("unknown_name", "default")
    if unknown not in ("default", "none"):
        raise FaultError(_line_of(text, "unknown_name"), f"unknown_name is default or none, not {unknown!r}")
    defaults = _fields(values.get("defaults", {}), _line_of(text, "[defaults]"), "defaults")
    domains: dict[str, dict[str, Any]] = {}
    fallbacks: dict[str, str] = {}
    tables = values.get("domains", {})
    if not isinstance(tables, dict):
        raise FaultError(_line_of(text, "domains"), "domains must hold a table for each domain")
    for name, table in tables.items():
        line = _line_of(text, name)
        domain = name.strip().lstrip("@").lower()
        if not _DOMAIN.fullmatch(domain) or not isinstance(table, dict):
            raise FaultError(line, f'{name!r} is no domain with a table: write [domains."example.com"]')
        fallback = table.pop("fallback", "")
        if not isinstance(fallback, str):
            raise FaultError(line, "fallback must be the name of a template")
        domains[domain] = _fields(table, line, f"domain {domain}")
        if fallback:
            fallbacks[domain] = fallback
    return Settings(tuple(order), unknown, defaults, domains, fallbacks)


def read_people(name: str, octets: bytes, settings: Settings) -> tuple[list[Person], list[Finding]]:
    """Return everybody in a people file, and its faults: those that are fine are read all the same."""
    faults: list[Finding] = []
    rows: list[Row] = []
    try:
        text = decode(octets)
        reader = {"csv": _csv_rows, "toml": _toml_rows, "json": _json_rows}[name.rpartition(".")[2]]
        for item in reader(text):
            if isinstance(item, FaultError):
                faults.append(Finding(True, name, item.line, item.text))
            else:
                rows.append(item)
    except FaultError as error:
        faults.append(Finding(True, name, error.line, error.text))
    known: set[str] = {"address"}.union(
        settings.defaults, *settings.domains.values(), *(row for _, row in rows)
    )
    known.discard("aliases")
    people: list[Person] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        try:
            people.append(_person(line, row, known, settings, seen))
        except FaultError as error:
            faults.append(Finding(True, name, error.line, error.text))
    return people, sorted(faults)


def fallback_person(address: str, domain: str, settings: Settings, known: frozenset[str]) -> Person:
    """Return who stands in for an address of a domain that has a fallback."""
    fields = dict.fromkeys(known, "") | settings.defaults | settings.domains[domain] | {"address": address}
    return Person(address, (), MappingProxyType(fields), 0, settings.fallbacks[domain])


def known_fields(people: list[Person], settings: Settings) -> frozenset[str]:
    """Return the names of all fields that a template may use."""
    names = {"address"}.union(settings.defaults, *settings.domains.values())
    return frozenset(names.union(people[0].fields) if people else names)


def _person(
    line: int, row: dict[str, Any], known: set[str], settings: Settings, seen: dict[str, int]
) -> Person:
    address = row.get("address", "")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address.strip()):
        raise FaultError(line, f"{address!r} is no mail address" if address else "the address is missing")
    address = address.strip()
    aliases = row.get("aliases", "")
    if isinstance(aliases, str):
        aliases = [alias for alias in re.split(r"[\s,;]+", aliases) if alias]
    for alias in aliases if isinstance(aliases, list) else [aliases]:
        if not isinstance(alias, str) or not _ADDRESS.fullmatch(alias):
            raise FaultError(line, f"alias {alias!r} is no mail address")
    for name in dict.fromkeys(item.lower() for item in (address, *aliases)):
        if name in seen:
            raise FaultError(line, f"{name} is already in line {seen[name]}: an address has one owner")
    for name in (address, *aliases):
        seen[name.lower()] = line
    domain = settings.domains.get(address.rpartition("@")[2].lower(), {})
    own = {key: value for key, value in row.items() if key != "aliases" and value != ""}
    fields = dict.fromkeys(known, "") | settings.defaults | domain | own | {"address": address}
    return Person(address, tuple(aliases), MappingProxyType(fields), line)


def _check_characters(row: dict[str, Any], line: int) -> None:
    values: list[Any] = [row]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values += value.values()
        elif isinstance(value, list):
            values += value
        elif isinstance(value, str):
            found = FORBIDDEN.search(value)
            if found:
                raise FaultError(line, f"contains U+{ord(found[0]):04X}: no message can carry this character")


def _field_name(written: str, line: int) -> str:
    name = re.sub(r"[\s-]+", "_", written.strip().lower())
    if not _FIELD.fullmatch(name):
        raise FaultError(line, f"{written!r} is no field name: letters, digits and _, as in job_title")
    if name in RESERVED:
        raise FaultError(line, f"a field cannot be named {name!r}: templates get it from the message")
    return name


def _fields(table: object, line: int, what: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise FaultError(line, f"{what} must be a table of fields")
    fields: dict[str, Any] = {}
    for written, value in table.items():
        name = _field_name(str(written), line)
        if name in fields:
            raise FaultError(line, f"field {name!r} is there twice")
        fields[name] = "" if value is None else value
    _check_characters(fields, line)
    return fields


def _csv_rows(text: str) -> Iterator[Row | FaultError]:
    """Yield the rows; the separator is what the first line has most of: comma, semicolon or tab."""
    import csv
    import io

    head = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names: list[str] = []
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [_field_name(cell, line) for cell in cells]
                twice = sorted({name for name in names if names.count(name) > 1})
                if twice:
                    raise FaultError(line, f"column {twice[0]!r} is there twice")
                if "address" not in names:
                    raise FaultError(line, f"there is no column address, but {', '.join(names)}")
            elif len(cells) != len(names):
                yield FaultError(line, f"the row has {len(cells)} cells, the first line has {len(names)}")
            else:
                yield line, {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
    except csv.Error as error:
        raise FaultError(start, f"the row is broken: {error}") from None
    if not names:
        raise FaultError(1, "is empty: the first line names the columns, address among them")


def _toml_rows(text: str) -> Iterator[Row | FaultError]:
    values = _toml(text)
    people = values.pop("people", [])
    if values or not isinstance(people, list):
        raise FaultError(1, "must hold [[people]] tables and nothing else")
    lines = [
        text.count("\n", 0, found.start()) + 1 for found in re.finditer(r"(?m)^[ \t]*\[\[\s*people", text)
    ]
    for at, table in enumerate(people):
        line = lines[at] if at < len(lines) else 1
        try:
            yield line, _fields(table, line, "a person")
        except FaultError as error:
            yield error


def _json_rows(text: str) -> Iterator[Row | FaultError]:
    """Yield the objects of the list, read one by one so that each knows its line."""
    import json

    decoder = json.JSONDecoder(object_pairs_hook=_without_duplicates)
    blank = re.compile(r"[ \t\r\n]*")

    def skip(at: int) -> int:
        found = blank.match(text, at)
        return found.end() if found else at

    at = skip(0)
    if text[at : at + 1] != "[":
        raise FaultError(1, "must be a list of objects, one for each person")
    at = skip(at + 1)
    first = True
    while text[at : at + 1] != "]" or not first:
        line = text.count("\n", 0, at) + 1
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise FaultError(error.lineno, f"is no JSON: {error.msg}") from None
        except (ValueError, RecursionError) as error:
            raise FaultError(line, f"is no JSON: {error}") from None
        try:
            yield line, _fields(value, line, "a person")
        except FaultError as error:
            yield error
        at, first = skip(at), False
        if text[at : at + 1] == "]":
            break
        if text[at : at + 1] != ",":
            raise FaultError(text.count("\n", 0, at) + 1, "is no JSON: expecting , or ]")
        at = skip(at + 1)
    rest = skip(at + 1)
    if rest < len(text):
        raise FaultError(text.count("\n", 0, rest) + 1, "is no JSON: something follows the list")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name is there twice in one object")
    return values


def _toml(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line ([0-9]+), column [0-9]+\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        reason = re.sub(r" \(at [^)]*\)\Z", "", str(error))
        raise FaultError(line, f"is no TOML: {reason}") from None
    except RecursionError:
        raise FaultError(1, "is no TOML: nested too deep") from None


def _line_of(text: str, key: str) -> int:
    """Return the first line that begins with a key or is a table's head with it; 1 if none is."""
    found = re.search(rf"""(?m)^[ \t]*(?:\[[^\n]*?)?["']?{re.escape(key)}""", text)
    return text.count("\n", 0, found.end()) + 1 if found else 1
