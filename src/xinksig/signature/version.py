"""One reading of a folder: people, templates and images that fit together, and what is wrong with them.

A version is read as a whole and rendered for everybody before it serves; what is on disk meanwhile does not
matter to it.
"""

import os
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from xinksig.model import InlineImage, Kind
from xinksig.signature import images as image_files
from xinksig.signature import people as people_files
from xinksig.signature.document import Document, DocumentError, Problem, read
from xinksig.signature.finding import Finding, FolderError
from xinksig.signature.people import FaultError, Person, Settings
from xinksig.signature.signature import Signature, noted
from xinksig.signature.templates import TemplateError, Templates, Variant

_TEMPLATE_SIZE = 1 << 20
_PEOPLE_SIZE = 64 << 20
_KEPT = 10_000
"""Signatures kept rendered; more are those of a fallback that many addresses share."""
_IMAGE_SOURCE = re.compile(r"""(?:src|background)\s*=\s*["']?([^"'>]+)|url\(([^)]*)\)""", re.IGNORECASE)


class _Empty(str):
    """An empty field that remembers that it was printed, not only asked for."""

    __slots__ = ("_key", "_printed")
    _key: str
    _printed: set[str]

    def __str__(self) -> str:
        self._printed.add(self._key)
        return ""

    def __html__(self) -> str:
        return str(self)


def _watched(fields: Mapping[str, Any], printed: set[str]) -> dict[str, Any]:
    """Return the fields with empty ones that put their name into ``printed`` when a template prints them."""
    watched = dict(fields)
    for key, value in fields.items():
        if value == "":
            empty = _Empty()
            empty._key, empty._printed = key, printed  # noqa: SLF001
            watched[key] = empty
    return watched


class Version:
    """One reading of a folder; fixed but for what it keeps rendered. Raises ``FolderError``.

    ``files`` are the paths below ``root`` that belong to it.
    """

    def __init__(self, root: str, files: AbstractSet[str]) -> None:
        self._root = root
        self._images: dict[str, InlineImage] = {}
        self._encoded: dict[tuple[bytes, bytes], bytes] = {}
        self._kept: dict[tuple[str, str, Kind], Signature] = {}
        self.findings: list[Finding] = []
        self.settings = self._read_settings(files)
        self.people = self._read_people(files)
        self._owners: dict[str, Person] = {}
        for person in self.people:
            self._owners |= dict.fromkeys((person.key, *map(str.lower, person.aliases)), person)
        self._known = people_files.known_fields(self.people, self.settings)
        self.templates = self._read_templates(files)
        self._check_fallbacks()
        self._raise_errors()
        self._check_all()
        self._raise_errors()

    def _raise_errors(self) -> None:
        if any(finding.is_error for finding in self.findings):
            raise FolderError(self._root, self.findings)

    def _fault(self, file: str, line: int, text: str, person: str = "") -> None:
        self.findings.append(Finding(True, file, line, text, person))

    def _octets(self, file: str, limit: int) -> bytes:
        try:
            with open(os.path.join(self._root, file), "rb") as opened:
                octets = opened.read(limit + 1)
        except OSError as error:
            raise FaultError(0, f"cannot be read: {error.strerror}") from error
        if len(octets) > limit:
            raise FaultError(0, f"is larger than {limit:,} octets")
        return octets

    def _read_settings(self, files: AbstractSet[str]) -> Settings:
        name = people_files.SETTINGS_FILE
        if name in files:
            try:
                return people_files.read_settings(self._octets(name, _TEMPLATE_SIZE))
            except FaultError as error:
                self._fault(name, error.line, error.text)
        return Settings()

    def _read_people(self, files: AbstractSet[str]) -> list[Person]:
        names = [name for name in people_files.PEOPLE_FILES if name in files]
        self.people_file = names[0] if names else ""
        if len(names) > 1:
            self._fault(names[1], 0, f"people are in {names[0]} already: keep one of the files")
        if not names:
            if not self.settings.fallbacks:
                self._fault("", 0, f"holds no {', '.join(people_files.PEOPLE_FILES)}")
            return []
        try:
            octets = self._octets(names[0], _PEOPLE_SIZE)
        except FaultError as error:
            self._fault(names[0], error.line, error.text)
            return []
        people, faults = people_files.read_people(names[0], octets, self.settings)
        self.findings += faults
        return people

    def _read_templates(self, files: AbstractSet[str]) -> Templates:
        sources: dict[str, str] = {}
        for file in sorted(files):
            if file.endswith((".html", ".txt")):
                try:
                    sources[file] = people_files.decode(self._octets(file, _TEMPLATE_SIZE))
                except FaultError as error:
                    self._fault(file, error.line, error.text)
        templates = Templates(sources)
        for fault in templates.faults:
            self._fault(fault.file, fault.line, fault.reason)
        if not templates.variants:
            self._fault("", 0, "holds no template: write default.html")
        elif "default" not in templates.variants and self.people:
            self._fault("", 0, "holds no default.html or default.txt")
        return templates

    def _check_fallbacks(self) -> None:
        for domain, name in self.settings.fallbacks.items():
            if name.lower() not in self.templates.variants:
                reason = f"the fallback of {domain} is {name!r}, but there is no {name}.html or {name}.txt"
                self._fault(people_files.SETTINGS_FILE, 0, reason)

    def _subjects(self) -> Iterator[Person]:
        yield from self.people
        strangers = (self.fallback(f"somebody@{domain}") for domain in self.settings.fallbacks)
        yield from filter(None, strangers)

    def owner(self, address: str) -> Person | None:
        """Return who has an address, or an alias; case is ignored."""
        return self._owners.get(address.lower())

    def fallback(self, address: str) -> Person | None:
        """Return who stands in for an address, if its domain has a fallback."""
        domain = address.rpartition("@")[2].lower()
        if domain not in self.settings.fallbacks:
            return None
        return people_files.fallback_person(address, domain, self.settings, self._known)

    def pairs(self, person: Person) -> list[tuple[Variant, Kind]]:
        """Return every variant and kind that a message can ask of a person, each once."""
        names = [""] if person.template else ["", *self.templates.variants]
        found: dict[tuple[str, Kind], Variant] = {}
        for name in names:
            for kind in Kind:
                variant = self.choose(person, name, kind)
                if variant is not None:
                    found[variant.name, self._kind(kind)] = variant
        return [(variant, kind) for (_, kind), variant in found.items()]

    def _kind(self, kind: Kind) -> Kind:
        return kind if self.templates.depends_on_kind else Kind.NEW

    def choose(self, person: Person, name: str, kind: Kind) -> Variant | None:
        """Return the variant for a request; ``None``: none is assigned. A fallback has no named ones."""
        if person.template:
            return self.templates.choose(person.template, kind)
        variant = self.templates.choose(name, kind)
        if variant is None and name and self.settings.unknown_name == "default":
            variant = self.templates.choose("", kind)
        return variant

    def _check_all(self) -> None:
        """Render everything for everybody; read the HTML once for each set of images that shows up."""
        faults: dict[tuple[str, int, str], str] = {}
        seen: set[tuple[str, str]] = set()
        for person in self._subjects():
            for variant, kind in self.pairs(person):
                try:
                    html, _ = self._rendered(variant, kind, person.fields)
                    sources = {(variant.html, found[0]) for found in _IMAGE_SOURCE.finditer(html or "")}
                    sources.add((variant.html, ""))
                    if html is not None and not sources <= seen:
                        self._document(person, variant, html)
                        seen |= sources
                except TemplateError as error:
                    faults.setdefault((error.file, error.line, error.reason), person.address)
        for (file, line, reason), address in faults.items():
            self._fault(file, line, reason, address)

    def _rendered(
        self, variant: Variant, kind: Kind, fields: Mapping[str, Any]
    ) -> tuple[str | None, str | None]:
        """Return both halves as the templates make them. Raises ``TemplateError``."""
        context = {**fields, "kind": kind.value, "variant": variant.name}
        html = self.templates.render(variant.html, context) if variant.html else None
        text = self.templates.render(variant.text, context) if variant.text else None
        return html, text

    def _document(self, person: Person, variant: Variant, html: str) -> Document:
        """Read rendered HTML. Raises ``TemplateError`` that names the line of the template or the person."""
        try:
            return read(html, self._root, self._image)
        except DocumentError as error:
            place = self._place(person, variant.html, error.quote) or (variant.html, error.line)
            raise TemplateError(*place, error.reason) from error

    def _place(self, person: Person, file: str, quote: str) -> tuple[str, int] | None:
        """Return the file and line from which something that was rendered comes: a template or a field."""
        if quote and person.line and quote in map(str, person.fields.values()):
            return self.people_file, person.line
        return self.templates.line_of(file, quote)

    def _image(self, src: str) -> InlineImage:
        image = self._images.get(src)
        if image is None:
            image = self._images[src] = image_files.from_file(self._root, src)
        return image

    def signature(self, person: Person, name: str, kind: Kind) -> Signature | None:
        """Return what a person's message gets, rendered once; ``None``: nothing is assigned."""
        variant = self.choose(person, name, kind)
        if variant is None:
            return None
        key = person.address, variant.name, self._kind(kind)
        signature = self._kept.get(key)
        if signature is None:
            signature, _ = self.made(person, variant, kind, person.fields)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = signature
        return signature

    def made(
        self, person: Person, variant: Variant, kind: Kind, fields: Mapping[str, Any]
    ) -> tuple[Signature, tuple[Problem, ...]]:
        """Render a signature. Raises ``TemplateError``."""
        html, text = self._rendered(variant, kind, fields)
        identity = _identity(person, variant)
        if html is None:
            return Signature(text=text, id=identity), ()
        document = self._document(person, variant, html)
        signature = Signature(document.html, text, document.images, identity)
        return noted(signature, document.problems, self._encoded), document.problems

    def warnings(self) -> Iterator[Finding]:
        """Yield what readers would miss: empty fields for each person, everything else once."""
        seen: set[tuple[str, int, str]] = set()
        for person in self._subjects():
            empty: set[Finding] = set()
            for variant, kind in self.pairs(person):
                printed: set[str] = set()
                signature, problems = self.made(person, variant, kind, _watched(person.fields, printed))
                for key in printed:
                    empty.add(Finding(False, *_missing(self.templates, variant, key), person.address))
                found = [self._placed(person, variant, problem) for problem in problems]
                written = {str(problem) for problem in problems}
                found += [
                    (variant.text or variant.html, 0, text)
                    for text in signature.problems
                    if text not in written
                ]
                for item in found:
                    if item not in seen:
                        seen.add(item)
                        yield Finding(False, *item, person.address)
            yield from sorted(empty)

    def _placed(self, person: Person, variant: Variant, problem: Problem) -> tuple[str, int, str]:
        place = self._place(person, variant.html, problem.quote) or (variant.html, problem.line)
        return *place, problem.text


def _missing(templates: Templates, variant: Variant, key: str) -> tuple[str, int, str]:
    text = f"the field {key!r} is empty, but printed"
    for file in (variant.html, variant.text, *templates.partials):
        found = re.search(r"\{\{-?\s*" + key + r"\b", templates.sources.get(file, ""))
        if found:
            return *(templates.line_of(file, found[0]) or (file, 0)), text
    return variant.html or variant.text, 0, text


def _identity(person: Person, variant: Variant) -> str:
    """Name a signature for the report without an address: by a field ``id``, the domain, or a short hash."""
    if person.template:
        return f"{person.key.rpartition('@')[2]}/{variant.name}"
    own = str(person.fields.get("id") or "")
    if not own or not own.isprintable():
        from hashlib import sha256

        own = sha256(person.key.encode("utf-8", "replace")).hexdigest()[:10]
    return f"{own}/{variant.name}"
