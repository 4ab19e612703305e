"""What the README shows works: its Python runs, its commands are understood, its links lead somewhere."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

import xinksig
from xinksig.cli.arguments import CommandLine

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "benchmarks/README.md"]
PAGES += [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]

RAW = (ROOT / "examples" / "messages" / "iphone-bold.eml").read_bytes()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_python_in_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples" / "company", "signatures")
    ada = xinksig.Signature(text="Ada")
    names: dict[str, object] = {"raw": RAW, "directory": {"mara.lindqvist@larchlumen.example": ada}}
    assert blocks("python")
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    report = names["report"]
    assert isinstance(report, xinksig.Report)
    assert report.outcome == "replaced"


def commands() -> list[str]:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ xinksig ")]


@pytest.mark.parametrize("command", commands())
def test_command_in_the_readme_is_understood(command: str) -> None:
    words = shlex.split(command.partition(" < ")[0].replace("$", "x"))
    assert CommandLine(words[1:]).parse().job in ("rewrite", "signature")


@pytest.mark.parametrize(
    "target", ["demo", "test", "check", "bench", "test-deep", "test-all", "clean", "help"]
)
def test_make_has_the_targets(target: str) -> None:
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_outcome_of_a_message_is_in_the_readme() -> None:
    of_parts = {"attachment", "attached-message"}
    shown = set(re.findall(r"`([a-z-]+)`", README))
    assert {str(outcome) for outcome in xinksig.Outcome} - of_parts <= shown


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    named = re.findall(r"`((?:tests|docs|examples|benchmarks)/[\w./-]+)`", (ROOT / page).read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []
