import pytest
from hypothesis import given
from hypothesis import strategies as st

from counting import assert_linear
from xinksig.mime.parameters import Parameter, Scanner, assemble, line_doubt, read_simply


def scan(text: str) -> list[Parameter]:
    return Scanner(text.encode("latin-1")).parameters()


def values(text: str) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in scan(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("; a=b; c=d", {"a": "b", "c": "d"}),
        (";a=b;c=d;", {"a": "b", "c": "d"}),
        (";; a=b ;; ; c=d ;", {"a": "b", "c": "d"}),
        ("; A=b", {"a": "b"}),
        ('; a="b; c=d"; e=f', {"a": "b; c=d", "e": "f"}),
        ("; a = b", {"a": "b"}),
        (";\r\n\ta=b;\n c=d", {"a": "b", "c": "d"}),
        ("; a==?x?=; b=/:@<>[]?=", {"a": "=?x?=", "b": "/:@<>[]?="}),
        ('; a=""; b=', {"a": "", "b": ""}),
        (r'; a="b\"c\\d"', {"a": r'b"c\d'}),
        (r'; a="C:\TEMP\x.png"', {"a": r"C:\TEMP\x.png"}),
        (r"; a=C:\TEMP\x.png; b=c", {"a": r"C:\TEMP\x.png", "b": "c"}),
        ("; a=My file.pdf ; b=c", {"a": "My file.pdf", "b": "c"}),
        ("; a=one(1).pdf; b=c", {"a": "one(1).pdf", "b": "c"}),
        ('; a="b\r\n c"', {"a": "b c"}),
        ("; a=b (comment; with (more) signs)\n; c=d", {"a": "b", "c": "d"}),
        ("; a=(x) b", {"a": "b"}),
        ('; a="b', {"a": "b"}),
        ("; a=\xe4\xf6", {"a": "\xe4\xf6"}),
    ],
)
def test_values(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("; a=b; c=d", "b"),
        ('; a = "b c" ; c=d', '"b c"'),
        (r';a="b\"c"', r'"b\"c"'),
        ('; a="b\r\n c"', '"b\r\n c"'),
        ("; a=My file.pdf; c=d", "My file.pdf"),
        ("; a=My file.pdf \r\n", "My file.pdf"),
        ('; a="b"junk; c=d', '"b"'),
        ("; a=; c=d", ""),
        ("; a=\r\n; c=d", ""),
        ("; a=b (comment)", "b"),
    ],
)
def test_span_holds_the_value_as_it_stands(text: str, span: str) -> None:
    parameter = scan(text)[0]
    assert text[parameter.start : parameter.stop] == span


def test_empty_value_stands_right_behind_its_sign() -> None:
    assert scan("; a= \r\n") == [Parameter("a", "", 4, 4, "")]


@pytest.mark.parametrize(
    "text",
    ["; a", "; a b=c", "; =c", "; \xe4=c", '; "a"=c', "; a(x"],
)
def test_text_that_is_no_parameter_has_no_name(text: str) -> None:
    found = scan(text + "; z=1")
    assert found[0].name == ""
    assert found[0].doubt


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("; a=b", ""),
        ('; a="b c"', ""),
        ('; a="b"c', "other text follows it without a semicolon"),
        ("; a=b c", "other text follows it without a semicolon"),
        ("; a=b (c)", "a comment follows it"),
        ("; a(c)=b", "it has a comment inside"),
        ("; (c)a=b", "it has a comment inside"),
        ("; a=(c)b", "it has a comment inside"),
        ("; a=b,c", "it has a comma but no quotation marks"),
        ('; a="b,c"', ""),
        (r'; a="b\c"', "it has a backslash"),
        ('; a="b\n c"', "it is folded inside its quotation marks"),
    ],
)
def test_doubt(text: str, doubt: str) -> None:
    assert scan(text)[0].doubt == doubt


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("; a=b (c", "a comment in it is not closed"),
        ("; a=b (c(d)", "a comment in it is not closed"),
        (r"; a=b (c\)", "a comment in it is not closed"),
        ('; a="b', "a quotation mark in it is not closed"),
        (r'; a="b\"', "a quotation mark in it is not closed"),
        ('; a=b "c', "a quotation mark in it is not closed"),
        ("; a=b (c(d)) ", ""),
        (r'; a="b\"" (\))', ""),
    ],
)
def test_problem_of_what_is_not_closed(text: str, problem: str) -> None:
    scanner = Scanner(text.encode())
    scanner.parameters()
    assert scanner.problem == problem


@pytest.mark.parametrize(
    ("comment", "misleading"), [("(plain text)", False), ("(; a=b)", True), ('(")', True)]
)
def test_misleading_comment(comment: str, misleading: bool) -> None:
    scanner = Scanner(comment.encode())
    assert scanner.skip()
    assert scanner.misleading is misleading


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # RFC 2231, 3 and 4
        ("; URL*0=ftp://; URL*1=cs.utk.edu/x", {"url": "ftp://cs.utk.edu/x"}),
        ("; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", {"title": "This is ***fun***"}),
        (
            "; title*0*=us-ascii'en'It%20is%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
            {"title": "It is ***fun*** isn't it!"},
        ),
        ("; a*1=two; a*0=one", {"a": "onetwo"}),
        ("; a*0=one; a*2=three", {"a": "one"}),
        ("; a*1=two", {}),
        ("; a*=utf-8''%C3%A4; a=x", {"a": "ä"}),
        ("; a=x; a*=utf-8''%C3%A4", {"a": "ä"}),
        ("; a*0*=utf-8''%C3; a*1*=%A4", {"a": "ä"}),
        ("; a*=iso-8859-1''%E4", {"a": "ä"}),
        ("; a*=''x%20y", {"a": "x y"}),
        ("; a*=x%20y", {"a": "x y"}),
        ("; a*=no-such-charset''%C3%A4", {"a": "ä"}),
        ("; a*=utf-8''%E4", {"a": "\ufffd"}),
        ("; a*=utf-8''100%; b=%41", {"a": "100%", "b": "%41"}),
        ("; a*0=one; a*0=two", {"a": "one"}),
        ("; a*b=c; a**=d; *=e", {}),
        ("; a=first; a=second", {"a": "first"}),
        ("; a=c\xc3\xafv\xc3\xa9", {"a": "cïvé"}),
        ("; a=\xe4", {"a": "ä"}),
        ('; a="=?utf-8?q?=C3=A4?="', {"a": "ä"}),
        ("; a==?utf-8?q?=C3=A4?=", {"a": "ä"}),
        ('; a="=?utf-8?q?one?=\r\n =?utf-8?q?two?="', {"a": "onetwo"}),
    ],
)
def test_assembled_values(text: str, expected: dict[str, str]) -> None:
    assert assemble(scan(text)) == expected


@pytest.mark.parametrize(
    ("body", "head", "items"),
    [
        (b" text/plain\r\n", "text/plain", []),
        (b"Text/HTML;charset=UTF-8", "text/html", [("charset", "UTF-8")]),
        (
            b'\r\n multipart/mixed;\r\n\tBoundary="a b" ; x=y; ;\n',
            "multipart/mixed",
            [("boundary", "a b"), ("x", "y")],
        ),
        (b' attachment; filename="a;b=c.pdf"\r\n', "attachment", [("filename", "a;b=c.pdf")]),
        (b" a/b; c=----=_Part_1.2\r\n", "a/b", [("c", "----=_Part_1.2")]),
        (b' a/b; c=""\r\n', "a/b", [("c", "")]),
    ],
)
def test_ordinary_field_is_read_simply(body: bytes, head: str, items: list[tuple[str, str]]) -> None:
    assert read_simply(body) == (head, items)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" text/plain (comment)",
        b' text/plain; a="b\\"c"',
        b" text/plain; a*=utf-8''b",
        b' text/plain; a="=?utf-8?q?b?="',
        b" text/plain; a",
        b" text/plain; a=b c",
        b" text/plain; a=",
        b" text/plain; a=b,c",
        b' text/plain; a="b\r\n c"',
        b" text/plain; a=\xe4",
        b" text/plain;\r\n \r\n",
        b" text/plain\r\r\n",
        b" text/plain;\r a=b\r",
        b" text/ plain",
    ],
)
def test_odd_field_is_not_read_simply(body: bytes) -> None:
    assert read_simply(body) is None


PIECES = [
    "a",
    "B=",
    "=",
    ";",
    '"',
    "\\",
    "(",
    ")",
    " ",
    "\r\n ",
    "\n",
    "\r",
    "*0",
    "*",
    "'",
    "%41",
    "=?",
    "?=",
    ",",
    "\xe4",
    "/",
]
BODIES = st.lists(st.sampled_from(PIECES), max_size=30).map(lambda pieces: "".join(pieces).encode("latin-1"))


@given(BODIES)
def test_scan_never_raises_and_spans_are_in_order(body: bytes) -> None:
    at = 0
    for parameter in Scanner(body).parameters():
        assert at <= parameter.start <= parameter.stop <= len(body)
        at = parameter.stop
    assemble(Scanner(body).parameters())
    line_doubt(body)


@given(BODIES)
def test_what_is_read_simply_is_read_alike_by_the_scanner(body: bytes) -> None:
    simple = read_simply(body)
    if simple is not None:
        scanner = Scanner(body)
        scanner.skip()
        scanner.skip_to_semicolon()
        found = scanner.parameters()
        assert [(parameter.name, parameter.value) for parameter in found] == simple[1]
        assert not any(parameter.doubt for parameter in found)
        assert not scanner.problem
        assert line_doubt(body) == ""


TOKEN = st.text("abcXYZ019!#$&+-.^_`{|}~", min_size=1, max_size=8)
VALUE = st.text("abc XYZ()<>@,;:\\\"/[]?=%'*", max_size=12)


@given(st.lists(st.tuples(TOKEN, VALUE), max_size=5, unique_by=lambda item: item[0].lower()))
def test_quoted_values_come_back(items: list[tuple[str, str]]) -> None:
    body = "".join(
        f'; {name}="' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for name, value in items
    )
    assert values(body) == {name.lower(): value for name, value in items}


@pytest.mark.parametrize(
    "body",
    [
        b"(" * 300_000,
        b"()" * 150_000,
        b'"' * 300_000,
        b"\\" * 300_000,
        b";" * 300_000,
        b";a=" * 100_000,
        b";a=b" + b' "' * 100_000,
        b";a=b" + b" (x)y" * 60_000,
        b";a=" + b" \r\n" * 100_000,
        b";a*=" + b"'" * 300_000,
        b";a*=''" + b"%41" * 100_000,
        b"".join(b";a*%d=x" % number for number in range(30_000)),
        b';a="' + b"\\x" * 150_000,
    ],
    ids=lambda body: repr(body[:8]),
)
def test_large_fields_are_read_in_linear_time(body: bytes) -> None:
    def work(size: int) -> None:
        part = body[:size]
        assemble(Scanner(part).parameters())
        read_simply(b"text/plain" + part)
        line_doubt(part)

    assert_linear(work, 8000)
