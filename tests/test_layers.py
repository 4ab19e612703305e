"""Imports go one way along the total order of the rooms, and nothing heavy is loaded before it is used."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"

# From the bottom up: a module imports from its own room and from rooms before it, never from a later one.
ROOMS = [
    "errors",
    "expressions",
    "characters",
    "records",
    "model",
    "mime",
    "text",
    "signature",
    "edits",
    "head",
    "compose",
    "policy",
    "declaration",
    "textpart",
    "situation",
    "related",
    "upgrade",
    "writer",
    "reporting",
    "decision",
    "rewriter",
    "api",
    "",  # the package itself: the public names
    "folder",
    "cli",
    "__main__",
]

HTML_PARSER_ROOM = "xinksig.text.html.tree"

HEAVY = [
    "html5lib",
    "bs4",
    "lxml",
    "chardet",
    "email",
    "html.parser",
    "tomllib",
    "hashlib",
    "asyncio",
    "jinja2",
    "rich",
    "css_inline",
    "argparse",
    "dataclasses",
    "inspect",
    "subprocess",
    "typing",
    "contextlib",
    "html.entities",
    "heapq",
    "importlib",
]


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imported_modules(module: str) -> set[str]:
    """Every module that ``module`` imports: also inside functions, and for types only."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                names.add(inner if inner in MODULES else base)
    return names


def own_imports(module: str) -> set[str]:
    return {name for name in imported_modules(module) if name in MODULES and name != module}


def test_modules_are_found() -> None:
    assert len(MODULES) > 10
    assert "xinksig.mime.structure" in MODULES


@pytest.mark.parametrize("module", MODULES)
def test_module_stands_in_a_known_room(module: str) -> None:
    assert room(module) in ROOMS


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module: str) -> None:
    rank = ROOMS.index(room(module))
    upwards = {name for name in own_imports(module) if ROOMS.index(room(name)) > rank}
    assert not upwards, f"{module} imports upwards: {sorted(upwards)}"


def test_imports_form_no_circle() -> None:
    graph = {module: own_imports(module) for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' → '.join(error.args[1])}")


def test_upward_import_inside_a_function_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "late.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from xinksig.api import rewrite\n"
        "def late():\n    from ..rewriter import Rewriter\n    import xinksig.cli\n"
    )
    monkeypatch.setitem(MODULES, "xinksig.mime.late", path)
    assert {"xinksig.api", "xinksig.rewriter", "xinksig.cli"} <= imported_modules("xinksig.mime.late")


@pytest.mark.parametrize("module", MODULES)
def test_only_the_tree_module_imports_html5lib(module: str) -> None:
    uses = {name.partition(".")[0] for name in imported_modules(module)}
    if module != HTML_PARSER_ROOM:
        assert "html5lib" not in uses


@pytest.mark.parametrize("module", MODULES)
def test_message_never_passes_lenient_readers(module: str) -> None:
    if room(module) in ("signature", "folder", "cli", "__main__"):
        return  # they read what the administrator wrote, not mail
    uses = imported_modules(module)
    assert not [
        name for name in uses if name in ("email", "html", "html.parser") or name.startswith("email.")
    ]


MESSAGE = b"From: ada@example.com\r\nContent-Type: text/html\r\n\r\n<p>Hi</p><p>{EMAILSIGNATURE}</p>\r\n"


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "[getattr(xinksig, name) for name in xinksig.__all__]",
        f"assert xinksig.rewrite({MESSAGE!r}, xinksig.Signature(html='<b>Ada</b>')).report.body_changed",
    ],
    ids=["import", "all names", "a simple message"],
)
def test_nothing_heavy_is_loaded_by(code: str) -> None:
    heavy = f"print([name for name in {HEAVY!r} if name in sys.modules])"
    script = f"import sys; sys.path[:0] = {sys.path!r}; import xinksig; {code}; {heavy}"
    command = [sys.executable, "-I", "-S", "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


SMALL_MESSAGE = (
    b"From: ada@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n\r\n{EMAILSIGNATURE}\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><body><p>Gr\xc3\xbc\xc3\x9fe &amp; Dank</p><p>{EMAILSIGNATURE}</p></body></html>\r\n--b--\r\n"
)


def test_first_message_compiles_little() -> None:
    """Compiling is most of what a process for one message does: about 2 ms for 1,000 characters."""
    code = (
        "import re._compiler as compiler; real = compiler.compile; seen = []\n"
        "compiler.compile = lambda pattern, flags=0: (seen.append(len(pattern)), real(pattern, flags))[1]\n"
        "import xinksig; signature = xinksig.Signature(html='<p><b>Ada</b></p>', text='Ada')\n"
        f"assert xinksig.rewrite({SMALL_MESSAGE!r}, signature).report.outcome == 'replaced'\n"
        "print(sum(seen))"
    )
    script = f"import sys; sys.path[:0] = {sys.path!r}\n{code}"
    command = [sys.executable, "-I", "-S", "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 0 < int(result.stdout) < 7_000
