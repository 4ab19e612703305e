"""People and settings: three file forms, one check, faults that name their line."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinksig.signature.finding import Finding, FolderError
from xinksig.signature.people import (
    FaultError,
    Person,
    Settings,
    fallback_person,
    known_fields,
    read_people,
    read_settings,
)


def people(
    text: str, kind: str = "csv", settings: Settings | None = None
) -> tuple[list[Person], list[Finding]]:
    return read_people(f"people.{kind}", text.encode(), settings or Settings())


def one(text: str, kind: str = "csv", settings: Settings | None = None) -> Person:
    found, faults = people(text, kind, settings)
    assert faults == []
    (person,) = found
    return person


CSV = 'Address,aliases,Name,Job Title\nanna@a.example,"a@a.example; al@a.example",Anna Larch,Design\n'
TOML = """[[people]]
address = "anna@a.example"
aliases = ["a@a.example", "al@a.example"]
name = "Anna Larch"
"Job Title" = "Design"
"""
JSON = """[
  {"address": "anna@a.example", "aliases": ["a@a.example", "al@a.example"], "name": "Anna Larch",
   "job-title": "Design"}
]"""


@pytest.mark.parametrize(("text", "kind"), [(CSV, "csv"), (TOML, "toml"), (JSON, "json")])
def test_three_forms_of_the_same_person(text: str, kind: str) -> None:
    person = one(text, kind)
    assert person.address == person.key == "anna@a.example"
    assert person.aliases == ("a@a.example", "al@a.example")
    assert person.fields == {"address": "anna@a.example", "name": "Anna Larch", "job_title": "Design"}
    assert person.line == (1 if kind == "toml" else 2)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separator_is_what_the_first_line_has(separator: str) -> None:
    text = f"\ufeffaddress{separator}name\r\n\r\nanna@a.example{separator} Anna \r\n"
    person = one(text)
    assert person.fields["name"] == "Anna"
    assert person.line == 3


def test_cell_with_line_breaks_keeps_the_lines_counted() -> None:
    found, faults = people('address,street\n"a@a.example","Street 1\nBerlin"\nb@a.example,x\nbroken,y\n')
    assert [(person.line, person.fields["street"]) for person in found] == [(2, "Street 1\nBerlin"), (4, "x")]
    assert [(fault.line, fault.is_error) for fault in faults] == [(5, True)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "is empty"),
        ("\n\n", 1, "is empty"),
        ("name,title\nx,y\n", 1, "no column address"),
        ("address,name,Name\n", 1, "'name' is there twice"),
        ("address,kind\n", 1, "templates get it"),
        ("address,a b!\n", 1, "no field name"),
        ("address,\n", 1, "no field name"),
        ("address,name\na@a.example\n", 2, "1 cells, the first line has 2"),
        ("address,name\na@a.example,b,c\n", 2, "3 cells"),
        ('address,name\na@a.example,x\n"b@a.example"x,y\n', 3, "the row is broken"),
        ('address,name\na@a.example,"never closed\n', 2, "the row is broken"),
        ("address,name\n,x\n", 2, "the address is missing"),
        ("address,name\nanna,x\n", 2, "'anna' is no mail address"),
        ("address,name\nanna@a@b,x\n", 2, "no mail address"),
        ("address,name\nAnna <anna@a.example>,x\n", 2, "no mail address"),
        ("address,aliases\na@a.example,b\n", 2, "alias 'b' is no mail address"),
        ("address,aliases\na@a.example,\nb@a.example,A@A.example\n", 3, "a@a.example is already in line 2"),
        ("address,name\na@a.example,x\na@a.example,y\n", 3, "already in line 2"),
        ("address,name\n\na@a.example,x\x07\n", 3, "U\\+0007"),
        ("address,name\na@a.example," + "x" * 200_000 + "\n", 2, "the row is broken"),
    ],
)
def test_broken_csv_names_its_line(text: str, line: int, words: str) -> None:
    _, faults = people(text)
    assert len(faults) == 1
    assert (faults[0].file, faults[0].line, faults[0].is_error) == ("people.csv", line, True)
    with pytest.raises(FolderError, match=words):
        raise FolderError("folder", faults)


def test_file_that_is_not_utf8_names_its_line() -> None:
    _, faults = read_people("people.csv", "address,name\na@a.example,Jürgen\n".encode("cp1252"), Settings())
    assert [(fault.line, fault.text) for fault in faults] == [(2, "is not UTF-8: save the file as UTF-8")]
    _, faults = read_people("people.csv", "address,name\n".encode("utf-16"), Settings())
    assert len(faults) == 1


def test_good_rows_are_read_beside_broken_ones() -> None:
    found, faults = people("address,name\na@a.example,x\nbad\nb@a.example,y\nc,z\n")
    assert [person.address for person in found] == ["a@a.example", "b@a.example"]
    assert [fault.line for fault in faults] == [3, 5]


@pytest.mark.parametrize(
    ("kind", "text", "line", "words"),
    [
        ("toml", "[[people]]\naddress = \n", 2, "is no TOML"),
        ("toml", "[[people]]\naddress = 'a@a.example'\n[[people]]\nname = 'x'\n", 3, "address is missing"),
        ("toml", "x = 1\n", 1, r"must hold \[\[people\]\]"),
        ("toml", "people = 1\n", 1, "must hold"),
        ("toml", "people = [1]\n", 1, "table of fields"),
        ("toml", "[[people]]\naddress = 'a@a.example'\nname = '\\u0001'\n", 1, ""),
        ("toml", '[[people]]\naddress = "a@a.example"\nx.y = ["\\u0001"]\n', 1, r"U\+0001"),
        ("toml", "[[people]]\naddress = 'a@a.example'\nName = 1\nname = 2\n", 1, "there twice"),
        ("toml", "a = " + "[" * 5000, 1, "is no TOML"),
        ("json", "{}", 1, "must be a list"),
        ("json", "", 1, "must be a list"),
        ("json", '[\n{"address": "a@a.example"},\n]', 3, "is no JSON"),
        ("json", "[\n\n{'a': 1}]", 3, "is no JSON"),
        ("json", '[{"address": "a@a.example"}\n{"address": "b@a.example"}]', 2, "expecting , or"),
        ("json", '[{"address": "a@a.example"}]\nx', 2, "follows the list"),
        ("json", '[\n{"address": "a@a.example", "address": "b@a.example"}]', 2, "there twice"),
        ("json", '[\n"a@a.example"]', 2, "table of fields"),
        ("json", '[\n{"address": 7}]', 2, "no mail address"),
        ("json", '[\n{"address": "a@a.example", "aliases": [7]}]', 2, "no mail address"),
        ("json", '[\n{"address": "a@a.example", "aliases": 7}]', 2, "no mail address"),
        ("json", '[\n{"address": "a@a.example", "name": "\\ud800"}]', 2, r"U\+D800"),
        ("json", "[" * 100_000, 1, "is no JSON"),
    ],
)
def test_broken_toml_and_json_name_their_line(kind: str, text: str, line: int, words: str) -> None:
    _, faults = people(text, kind)
    if words == "":
        assert faults == []
        return
    assert [fault.line for fault in faults] == [line]
    with pytest.raises(FolderError, match=words):
        raise FolderError("folder", faults)


def test_structured_fields_and_null() -> None:
    person = one('[{"address": "a@a.example", "links": [{"url": "x"}], "floor": 3, "fax": null}]', "json")
    assert person.fields["links"] == [{"url": "x"}]
    assert person.fields["floor"] == 3
    assert person.fields["fax"] == ""


def test_empty_list_of_people_is_fine() -> None:
    assert people("[]", "json") == ([], [])
    assert people("", "toml") == ([], [])
    assert people("address,name\n") == ([], [])


SETTINGS = """
order = ["envelope", "author"]
unknown_name = "none"
[defaults]
company = "All"
phone = "0"
[domains."A.Example"]
fallback = "team"
phone = "1"
"Fax Number" = "2"
"""


def test_settings() -> None:
    settings = read_settings(SETTINGS.encode())
    assert settings.order == ("envelope", "author")
    assert settings.unknown_name == "none"
    assert settings.defaults == {"company": "All", "phone": "0"}
    assert settings.domains == {"a.example": {"phone": "1", "fax_number": "2"}}
    assert settings.fallbacks == {"a.example": "team"}
    assert read_settings(b"") == Settings()


def test_own_field_goes_before_the_domain_and_the_defaults() -> None:
    settings = read_settings(SETTINGS.encode())
    found, _ = people(
        "address,phone,title\nx@A.example,7,t\ny@a.example,,\nz@b.example,,\n", settings=settings
    )
    assert [person.fields["phone"] for person in found] == ["7", "1", "0"]
    assert [person.fields["fax_number"] for person in found] == ["2", "2", ""]
    assert found[1].fields["title"] == ""


def test_everybody_has_every_field_that_anybody_has() -> None:
    found, _ = people('[{"address": "a@a.example", "x": 1}, {"address": "b@a.example", "y": 2}]', "json")
    assert [set(person.fields) for person in found] == [{"address", "x", "y"}] * 2
    assert known_fields(found, Settings()) == {"address", "x", "y"}
    assert known_fields([], read_settings(SETTINGS.encode())) == {"address", "company", "phone", "fax_number"}


def test_fallback_has_the_fields_of_its_domain() -> None:
    settings = read_settings(SETTINGS.encode())
    person = fallback_person(
        "Info@a.example", "a.example", settings, frozenset({"address", "title", "phone"})
    )
    assert person.template == "team"
    assert person.fields == {
        "address": "Info@a.example",
        "title": "",
        "company": "All",
        "phone": "1",
        "fax_number": "2",
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a = \n", 1, "is no TOML"),
        ("\ncolour = 1\n", 2, "unknown setting 'colour'"),
        ("order = 'author'\n", 1, "order must be a list"),
        ("order = []\n", 1, "order must be a list"),
        ("order = ['author', 'author']\n", 1, "order must be a list"),
        ("\norder = ['reply-to']\n", 2, "not 'reply-to'"),
        ("unknown_name = 'x'\n", 1, "default or none"),
        ("defaults = 1\n", 1, "must be a table"),
        ("domains = 1\n", 1, "must hold a table"),
        ("# domains\n[domains]\nx = 1\n", 3, "is no domain with a table"),
        ("[domains.'a b']\nx = 1\n", 1, "is no domain"),
        ("\n[domains.'a.example']\nfallback = 1\n", 2, "fallback must be"),
        ("[defaults]\nvariant = 1\n", 1, "templates get it"),
        ('[defaults]\nx = "\\u0000"\n', 1, r"U\+0000"),
    ],
)
def test_broken_settings_name_their_line(text: str, line: int, words: str) -> None:
    with pytest.raises(FaultError, match=words) as caught:
        read_settings(text.encode())
    assert caught.value.line == line


VALUE: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.integers(), st.text(max_size=5), st.lists(st.text(max_size=3), max_size=2)
)


@given(st.binary(max_size=200), st.sampled_from(["csv", "toml", "json"]))
def test_any_octets_are_people_or_faults(octets: bytes, kind: str) -> None:
    found, faults = read_people(f"people.{kind}", octets, Settings())
    assert all(fault.line > 0 for fault in faults)
    assert found == [] or faults == [] or isinstance(found[0], Person)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["address", "aliases", "name", "x y"]), VALUE, max_size=4), max_size=4
    )
)
def test_any_json_rows_are_people_or_faults(rows: list[dict[str, Any]]) -> None:
    found, faults = people(json.dumps(rows), "json")
    assert len(found) + len(faults) == len(rows)
