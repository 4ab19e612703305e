"""Templates of a folder: Jinja2, sandboxed, HTML escaped, and every fault with its file and line.

The sources are read once and kept: what is rendered never depends on what a file holds meanwhile.
"""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple

from xinksig.errors import SourceError, UsageError
from xinksig.model import Kind

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNDEFINED = re.compile(r"'([^']+)' is undefined")


class TemplateError(SourceError):
    """A template that cannot be read or rendered."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class Variant(NamedTuple):
    """One signature design: a template for each half, or for one of them."""

    name: str
    """As the files are named, without ending."""
    html: str
    """The file; "" if there is none."""
    text: str


class Templates:
    """All templates of a folder, compiled. Raises ``UsageError`` when Jinja2 is not installed."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = dict(sources)
        self._environment = _environment(self.sources)
        self.variants: dict[str, Variant] = {}
        """By name in lower case."""
        self.partials: list[str] = []
        """The files that only other templates use."""
        self.faults: list[TemplateError] = []
        self._compiled: dict[str, Any] = {}
        self.depends_on_kind = any("kind" in source for source in self.sources.values())
        for file in sorted(self.sources):
            self._compile(file)
            stem, _, ending = file.rpartition(".")
            if "/" in file or stem.startswith("_"):
                self.partials.append(file)
            else:
                self._add_variant(stem, ending, file)

    def _compile(self, file: str) -> None:
        from jinja2 import TemplateSyntaxError

        try:
            self._compiled[file] = self._environment.get_template(file)
        except TemplateSyntaxError as error:
            self.faults.append(
                TemplateError(error.name or file, error.lineno, error.message or "syntax error")
            )

    def _add_variant(self, stem: str, ending: str, file: str) -> None:
        if not _NAME.fullmatch(stem):
            reason = f"{stem!r} is no name a placeholder can have: letters, digits and . _ -, at most 64"
            self.faults.append(TemplateError(file, 1, reason))
            return
        variant = self.variants.get(stem.lower(), Variant(stem, "", ""))
        if variant.name != stem or (variant.html if ending == "html" else variant.text):
            self.faults.append(TemplateError(file, 1, f"differs from {variant.name!r} only by case"))
            return
        changed = variant._replace(html=file) if ending == "html" else variant._replace(text=file)
        self.variants[stem.lower()] = changed

    def choose(self, name: str, kind: Kind) -> Variant | None:
        """Return the variant for a name ("": none was typed) and a kind of message.

        Without a name: ``reply`` or ``forward`` for those kinds if there is one, else ``default``. With one:
        ``NAME-reply`` or ``NAME-forward``, else ``NAME``. Case is ignored.
        """
        name = name.lower()
        if kind is not Kind.NEW:
            special = self.variants.get(f"{name}-{kind.value}" if name else kind.value)
            if special is not None:
                return special
        return self.variants.get(name or "default")

    def render(self, file: str, fields: Mapping[str, Any]) -> str:
        """Return what a template makes of the fields. Raises ``TemplateError``."""
        try:
            return str(self._compiled[file].render(fields))
        except Exception as error:
            place = _place(error.__traceback__, self.sources) or (file, 1)
            raise TemplateError(*place, _reason(error, fields)) from error

    def line_of(self, file: str, quote: str) -> tuple[str, int] | None:
        """Return the file and line that hold a quote: the template itself, or one it may include."""
        if not quote:
            return None
        for name in (file, *(other for other in self.sources if other != file)):
            at = self.sources[name].find(quote)
            if at >= 0:
                return name, self.sources[name].count("\n", 0, at) + 1
        return None


def _environment(sources: Mapping[str, str]) -> Any:
    try:
        from jinja2 import FunctionLoader, StrictUndefined
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise UsageError("templates need Jinja2: pip install 'xinksig[templates]'") from None

    def load(name: str) -> tuple[str, str, None] | None:
        source = sources.get(name)
        return None if source is None else (source, name, None)

    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(load),
        autoescape=lambda name: name is None or name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["tel"] = _tel
    return environment


def _tel(number: object) -> str:
    """Return a telephone number as a ``tel:`` link has it: digits and a leading plus."""
    digits = re.sub(r"\(0\)|[^0-9+]", "", str(number))
    return digits[:1] + digits[1:].replace("+", "")


def _place(trace: TracebackType | None, sources: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the innermost place in a template that a traceback goes through."""
    place = None
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file in sources:
            place = file, trace.tb_lineno
        trace = trace.tb_next
    return place


def _reason(error: Exception, fields: Mapping[str, Any]) -> str:
    from jinja2 import TemplateNotFound, UndefinedError

    if isinstance(error, TemplateNotFound):
        return f"template {error.name!r} does not exist"
    if isinstance(error, RecursionError):
        return "the template includes itself"
    found = _UNDEFINED.fullmatch(str(error)) if isinstance(error, UndefinedError) else None
    if found is None:
        return f"{type(error).__name__}: {error}"
    from difflib import get_close_matches

    close = get_close_matches(found[1], fields, 1)
    return f"unknown field {found[1]!r}" + (f": did you mean {close[0]!r}?" if close else "")
