"""Templates: sandboxed and escaped, chosen by name and kind, faults with file and line."""

import sys

import pytest

from xinksig.errors import UsageError
from xinksig.model import Kind
from xinksig.signature.templates import TemplateError, Templates, Variant

FIELDS = {"name": 'Anna "A" <Larch> & Co', "title": "", "phone": "+49 (0)30 12-3", "links": [{"url": "x"}]}


def rendered(source: str, file: str = "default.html", **others: str) -> str:
    return Templates(
        {file: source, **{name.replace("_dot_", "."): text for name, text in others.items()}}
    ).render(file, FIELDS)


def fault(source: str, file: str = "default.html", **others: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        rendered(source, file, **others)
    return caught.value


def test_html_is_escaped_and_text_is_not() -> None:
    assert rendered("{{ name }}") == "Anna &#34;A&#34; &lt;Larch&gt; &amp; Co"
    assert rendered("{{ name }}", "default.txt") == FIELDS["name"]
    assert rendered("<a title='{{ name }}'>") == "<a title='Anna &#34;A&#34; &lt;Larch&gt; &amp; Co'>"


def test_field_that_looks_like_a_template_is_not_expanded() -> None:
    templates = Templates({"default.txt": "{{ name }}"})
    assert (
        templates.render("default.txt", {"name": "{{ 7 * 7 }}{EMAILSIGNATURE}"})
        == "{{ 7 * 7 }}{EMAILSIGNATURE}"
    )


def test_line_with_an_empty_field_can_be_dropped() -> None:
    source = (
        "a\n{% if title %}\nT {{ title }}\n{% endif %}\n  {% if phone %}\nP {{ phone }}\n  {% endif %}\nb\n"
    )
    assert rendered(source, "default.txt") == "a\nP +49 (0)30 12-3\nb"


def test_tel_filter_gives_what_a_link_needs() -> None:
    assert rendered("{{ phone | tel }}") == "+4930123"
    assert rendered("{{ '030/12+3' | tel }}") == "030123"


def test_lists_and_includes() -> None:
    assert (
        rendered(
            "{% for link in links %}{% include '_link.html' %}{% endfor %}", _link_dot_html="[{{ link.url }}]"
        )
        == "[x]"
    )


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("a\n{{ titel }}", 2, "unknown field 'titel': did you mean 'title'?"),
        ("a\n\n{% if zzz %}x{% endif %}", 3, "unknown field 'zzz'"),
        (
            "{% for link in links %}\n{{ link.href }}{% endfor %}",
            2,
            "UndefinedError: 'dict object' has no attribute 'href'",
        ),
        ("\n{{ 1 // 0 }}", 2, "ZeroDivisionError"),
        ("\n{{ phone + 1 }}", 2, "TypeError"),
        ("\n{% include 'gone.html' %}", 2, "template 'gone.html' does not exist"),
        ("\n{% include '../secret.html' %}", 2, "does not exist"),
        ("\n{% include '/etc/passwd' %}", 2, "does not exist"),
        ("\n{% include 'default.html' %}", 2, "includes itself"),
        ("\n{{ ''.__class__.__mro__ }}", 2, "SecurityError"),
        ("\n{{ links.append(1) }}", 2, "SecurityError"),
        ("\n{{ range(10000000) | list }}", 2, "OverflowError"),
    ],
)
def test_fault_at_rendering_names_its_line(source: str, line: int, reason: str) -> None:
    error = fault(source)
    assert (error.file, error.line) == ("default.html", line)
    assert reason in error.reason
    assert str(error) == f"default.html:{line}: {error.reason}"


def test_fault_in_an_included_file_names_that_file() -> None:
    error = fault("a\n{% include '_x.html' %}", _x_dot_html="1\n2\n{{ nope }}")
    assert (error.file, error.line) == ("_x.html", 3)


@pytest.mark.parametrize(
    ("source", "line"),
    [("a\n{% if x %}", 2), ("{{ a\n\n}", 3), ("\n{% nonsense %}", 2), ("{{ x | nofilter }}", 1), ("{{", 1)],
)
def test_syntax_fault_names_its_line(source: str, line: int) -> None:
    (error,) = Templates({"default.html": source}).faults
    assert (error.file, error.line) == ("default.html", line)


def test_variants_are_the_top_files_without_underscore() -> None:
    templates = Templates(
        dict.fromkeys(("default.html", "default.txt", "_a.html", "sub/b.html", "Short.txt"), "x")
    )
    assert templates.variants == {
        "default": Variant("default", "default.html", "default.txt"),
        "short": Variant("Short", "", "Short.txt"),
    }
    assert templates.faults == []


def test_names_that_differ_by_case_or_cannot_be_typed_are_faults() -> None:
    assert [error.file for error in Templates({"A.html": "x", "a.html": "x"}).faults] == ["a.html"]
    assert [error.file for error in Templates({"A.html": "x", "a.txt": "x"}).faults] == ["a.txt"]
    assert [error.file for error in Templates({"a b.html": "x"}).faults] == ["a b.html"]
    assert [error.file for error in Templates({"x" * 65 + ".txt": "x"}).faults] == ["x" * 65 + ".txt"]


@pytest.mark.parametrize(
    ("name", "kind", "chosen"),
    [
        ("", Kind.NEW, "default"),
        ("", Kind.REPLY, "reply"),
        ("", Kind.FORWARD, "default"),
        ("short", Kind.NEW, "short"),
        ("SHORT", Kind.REPLY, "short-reply"),
        ("short", Kind.FORWARD, "short"),
        ("reply", Kind.NEW, "reply"),
        ("default", Kind.REPLY, "default"),
        ("gone", Kind.REPLY, None),
        ("_part", Kind.NEW, None),
        ("..", Kind.NEW, None),
    ],
)
def test_choice_by_name_and_kind(name: str, kind: Kind, chosen: str | None) -> None:
    files = ("default.html", "reply.html", "short.html", "short-reply.html", "_part.html")
    variant = Templates(dict.fromkeys(files, "x")).choose(name, kind)
    assert (variant and variant.name) == chosen


def test_line_of_a_quote_is_looked_up_in_the_template_first() -> None:
    templates = Templates({"a.html": "1\nlogo.png", "b.html": "logo.png\nother.png"})
    assert templates.line_of("a.html", "logo.png") == ("a.html", 2)
    assert templates.line_of("a.html", "other.png") == ("b.html", 2)
    assert templates.line_of("a.html", "gone.png") is None
    assert templates.line_of("a.html", "") is None


def test_missing_jinja_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(UsageError, match=r"pip install 'xinksig\[templates\]'"):
        Templates({"default.html": "x"})
