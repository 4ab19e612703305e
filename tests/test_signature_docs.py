"""docs/signatures.md does what it says: its sources run, its folder and its tables are right."""

import asyncio
import csv
import re
import sqlite3
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import pytest

from xinksig.folder import SignatureFolder, check
from xinksig.model import Kind
from xinksig.signature.images import LARGE, LARGEST
from xinksig.signature.people import read_settings
from xinksig.signature.request import SignatureRequest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "signatures.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
IMPORTS = "from xinksig import Signature, SignatureRequest\n"
REQUEST = SignatureRequest("Anna@a.example", "anna@a.example", name="short")


def block(word: str) -> str:
    found: list[str] = [code for code in PYTHON if word in code]
    assert len(found) == 1
    return found[0]


def names(code: str, **given: Any) -> dict[str, Any]:
    known: dict[str, Any] = {**given}
    exec(compile(code, "docs/signatures.md", "exec"), known)
    return known


@pytest.mark.parametrize("code", PYTHON)
def test_python_in_the_docs_compiles(code: str) -> None:
    compile(code, "docs/signatures.md", "exec")


def test_sql_source(monkeypatch: pytest.MonkeyPatch) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE signatures (address, variant, html, text)")
    database.execute("INSERT INTO signatures VALUES ('anna@a.example', 'short', '<b>A</b>', 'A')")
    monkeypatch.setattr(sqlite3, "connect", lambda *_, **__: database)
    source = names(block("sqlite3"))["from_sql"]
    assert source(REQUEST).plain == "A"
    assert source(SignatureRequest("anna@a.example", kind=Kind.REPLY)) is None
    database.close()


def test_ldap_source(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        entries: ClassVar[list[dict[str, str]]] = [{"cn": "Anna <L>", "title": "Design"}]

        def __init__(self, server: object, **options: object) -> None:
            assert options["receive_timeout"] == 2

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def search(self, base: str, wanted: str, attributes: list[str]) -> None:
            assert wanted == "(mail=(Anna@a.example))"

    conv = SimpleNamespace(escape_filter_chars=lambda text: f"({text})")
    fake = SimpleNamespace(
        Server=lambda *_, **__: None, Connection=Connection, utils=SimpleNamespace(conv=conv)
    )
    monkeypatch.setitem(sys.modules, "ldap3", fake)
    source = names(IMPORTS + block("ldap3"))["from_ldap"]
    signature = source(REQUEST)
    assert signature.html == "<p><b>Anna &lt;L&gt;</b><br>Design</p>"
    assert signature.plain == "Anna <L>\nDesign"
    Connection.entries = []
    assert source(REQUEST) is None


def test_http_source_and_its_limit_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        status, wait = 200, 0.0

        def __init__(self, base_url: str) -> None:
            pass

        async def get(self, path: str, params: dict[str, str]) -> SimpleNamespace:
            await asyncio.sleep(Client.wait)
            return SimpleNamespace(
                status_code=Client.status,
                raise_for_status=lambda: None,
                json=lambda: {"html": f"<b>{params['address']}</b>", "text": params["name"]},
            )

    monkeypatch.setitem(sys.modules, "httpx", SimpleNamespace(AsyncClient=Client))
    code = block("httpx").replace("timeout(2)", "timeout(0.05)")
    source = names(IMPORTS + code)["from_http"]
    assert asyncio.run(source(REQUEST)).plain == "short"
    Client.status = 404
    assert asyncio.run(source(REQUEST)) is None
    Client.wait = 5
    with pytest.raises(TimeoutError):
        asyncio.run(source(REQUEST))


def test_settings_and_people_in_the_docs_are_read() -> None:
    (toml,) = [code for language, code in BLOCKS if language == "toml"]
    settings = read_settings(toml.encode())
    assert settings.fallbacks == {"larchlumen.example": "team"}
    assert set(tomllib.loads(toml)) == {"order", "unknown_name", "defaults", "domains"}
    (people,) = [code for language, code in BLOCKS if language == "csv"]
    assert {len(row) for row in csv.reader(people.splitlines())} == {5}


def test_sizes_in_the_docs() -> None:
    assert LARGEST == 1 << 20
    assert LARGE == 200 << 10
    assert "1 MiB" in TEXT
    assert "200 KiB" in TEXT


def test_example_company_has_no_findings() -> None:
    pytest.importorskip("css_inline")
    assert check(ROOT / "examples" / "company") == []


def test_example_company_signs_two_people_and_the_team() -> None:
    folder = SignatureFolder(ROOT / "examples" / "company")
    assert len(folder.people) == 2
    assert {"default", "reply", "short", "team"} == set(folder.names)
    for person in folder.people:
        full, short = folder.render(person), folder.render(person, "short")
        assert full is not None
        assert short is not None
        assert full.problems == short.problems == ()
        assert [image.name for image in full.images] == ["logo.png"]
        assert len(short.plain) < len(full.plain)
        assert all(len(line) < 110 for line in full.plain.splitlines())
    team = folder.find("info@larchlumen.example")
    assert team is not None
    assert team.template == "team"


def test_logo_is_what_its_script_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (ROOT / "examples" / "make_logo.py").read_text("utf-8")
    known: dict[str, Any] = {"__name__": "make_logo"}
    exec(compile(script, "make_logo.py", "exec"), known)
    monkeypatch.setattr(sys, "argv", ["make_logo.py", str(tmp_path / "logo.png")])
    known["main"]()
    drawn = (tmp_path / "logo.png").read_bytes()
    kept = (ROOT / "examples" / "company" / "logo.png").read_bytes()
    assert pixels(drawn) == pixels(kept)


def pixels(png: bytes) -> bytes:
    import zlib

    start = png.index(b"IDAT")
    size = int.from_bytes(png[start - 4 : start], "big")
    return zlib.decompress(png[start + 4 : start + 4 + size])
