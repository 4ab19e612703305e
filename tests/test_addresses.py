from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counting import assert_linear
from xinksig.mime.addresses import author, mailbox_addresses, sender
from xinksig.mime.fields import Field, split_fields
from xinksig.mime.headers import Headers


def read(section: bytes) -> Headers:
    return Headers(section, split_fields(section, 0, len(section)))


def author_of(value: str) -> str:
    return author(read(b"From: " + value.encode() + b"\r\n"))


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("alice@example.org", "alice@example.org"),
        ("<alice@example.org>", "alice@example.org"),
        ("Alice <alice@example.org>", "alice@example.org"),
        ("Alice<Alice.Doe+x@Example.ORG> ", "Alice.Doe+x@Example.ORG"),
        ("Dr. Alice B. Doe <alice@example.org>", "alice@example.org"),
        ('"Doe, Alice" <alice@example.org>', "alice@example.org"),
        ('"bob@evil.org" <alice@example.org>', "alice@example.org"),
        ('"<bob@evil.org>, x" <alice@example.org>', "alice@example.org"),
        (r'"a \"<bob@evil.org>\" b" <alice@example.org>', "alice@example.org"),
        ('"Alice" Doe "x" <alice@example.org>', "alice@example.org"),
        ("=?utf-8?q?Doe=2C_Alice?= <alice@example.org>", "alice@example.org"),
        ("=?utf-8?q?=3Cbob=40evil=2Eorg=3E?= <alice@example.org>", "alice@example.org"),
        ("=?utf-8?b?PGJvYkBldmlsLm9yZz4=?= <alice@example.org>", "alice@example.org"),
        ("=?utf-8?q?alice@example.org?= <list@example.org>", "list@example.org"),
        ("Älice Dœ <alice@example.org>", "alice@example.org"),
        ("björn@münchen.example", "björn@münchen.example"),
        ("Björn <björn@münchen.example>", "björn@münchen.example"),
        ("alice@example.org (Alice)", "alice@example.org"),
        ("(<bob@evil.org>) alice@example.org", "alice@example.org"),
        ("(a (b \\) c)) Alice (d) < (e) alice@example.org (f) > (g)", "alice@example.org"),
        ("alice(comment)@example.org", "alice@example.org"),
        ("alice . doe @ example . org", "alice.doe@example.org"),
        ("< alice@example.org >", "alice@example.org"),
        ('"alice doe"@example.org', '"alice doe"@example.org'),
        ('<"a@b"@example.org>', '"a@b"@example.org'),
        ('a."b c".d@example.org', 'a."b c".d@example.org'),
        ("alice@[192.0.2.1]", "alice@[192.0.2.1]"),
        ("Alice <alice@[IPv6:2001:db8::1]>", "alice@[IPv6:2001:db8::1]"),
        ("alice..doe.@example.org", "alice..doe.@example.org"),
        ("alice@localhost", "alice@localhost"),
        # routes (RFC 5322, 4.4)
        ("<@relay.example:alice@example.org>", "alice@example.org"),
        ("Alice <@a.example,@b.example:alice@example.org>", "alice@example.org"),
        # lists and groups
        ("alice@example.org, bob@example.org", "alice@example.org"),
        ("Alice <alice@example.org>, Bob <bob@example.org>", "alice@example.org"),
        ("alice@example.org; bob@example.org", "alice@example.org"),
        (", , alice@example.org", "alice@example.org"),
        ("Team: alice@example.org, Bob <bob@example.org>;", "alice@example.org"),
        ("Nobody:;, alice@example.org", "alice@example.org"),
        ('"The: Team": alice@example.org', "alice@example.org"),
        ("alice@example.org, <broken", "alice@example.org"),
        # what people write
        ("Doe, Alice <alice@example.org>", "alice@example.org"),
        ("alice@example.org <Alice@Example.org>", "Alice@Example.org"),
        ("<alice@example.org", "alice@example.org"),
        ("Alice <alice@example.org", "alice@example.org"),
        ("alice@example.org>", "alice@example.org"),
        ("Alice <alice@example.org> via List", "alice@example.org"),
        ("mailto:alice@example.org", "alice@example.org"),
    ],
)
def test_author(value: str, address: str) -> None:
    assert author_of(value) == address


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "Alice",
        "<>",
        "Alice <>",
        "Alice <alice>",
        "Undisclosed:;",
        "@example.org",
        "alice@",
        "<alice@>",
        # CVE-2023-27043, CVE-2019-16056 and their like
        "alice@example.org)<bob@evil.org>",
        "alice@example.org(<bob@evil.org>",
        "alice@example.org]<bob@evil.org>",
        "alice@example.org<bob@evil.org>",
        "alice@example.org <bob@evil.org>",
        "alice@example.org\\<bob@evil.org>",
        "alice@example.org:<bob@evil.org>",
        "<alice@example.org><bob@evil.org>",
        "<alice@example.org> <bob@evil.org>",
        "<alice@example.org> bob@evil.org",
        "<<alice@example.org>",
        "<alice@example.org>>",
        "<alice@example.org, bob@evil.org>",
        "<alice@example.org:bob@evil.org>",
        "<@relay.example alice@example.org>",
        "alice@evil.org@example.org",
        "<alice@evil.org@example.org>",
        "alice@example.org@[evil.org]",
        "alice @example.org bob",
        "alice bob@example.org",
        "alice@example.org bob@evil.org",
        "alice@example org",
        "alice@example..org",
        "alice@.example.org",
        "alice@example.org.",
        'alice@"example.org"',
        '"alice"bob@example.org',
        "[alice]@example.org",
        "alice@[a[b]",
        "alice@[a",
        '"Alice <alice@example.org>',
        '"Alice\\" <alice@example.org>',
        "(Alice <alice@example.org>",
        "a: b: alice@example.org;",
        "alice@example.org: bob@evil.org;",
        "alice@exa\x00mple.org",
        "al\x01ice@example.org",
        "alice\x7f@example.org",
        "Al\x00ice <alice@example.org>",
        "alice@exam\u200bple.org",
        "alice@example.org\u202e",
        "alice\u00a0@example.org",
        "=?utf-8?q?a@b?=@example.org",
        "\\alice@example.org",
        "a" * 1000 + "@example.org",
        "alice@example.org, " * 5000,
    ],
)
def test_no_author_where_in_doubt(value: str) -> None:
    assert author_of(value) == ""


def test_doubt_about_the_first_mailbox_is_not_solved_by_the_next() -> None:
    assert author_of("alice@a@b, bob@evil.org") == ""
    assert mailbox_addresses("alice@a@b, bob@evil.org") == ["", "bob@evil.org"]


def test_first_of_several_from_fields_counts() -> None:
    assert author(read(b"From: a@example.org\r\nFrom: b@example.org\r\n")) == "a@example.org"
    assert author(read(b"From: nobody\r\nFrom: b@example.org\r\n")) == ""


def test_folded_from_field() -> None:
    assert author(read(b'From: "Doe,\r\n\tAlice"\r\n <alice@example.org>\r\n')) == "alice@example.org"


def test_display_name_in_a_legacy_charset() -> None:
    assert author(read(b"From: \x84\xe4\xce\x93 <alice@example.org>\r\n")) == "alice@example.org"


def test_line_break_cannot_be_smuggled_into_an_address() -> None:
    assert author(read(b'From: "a\rRCPT TO"@example.org\r\n')) == ""
    assert author(read(b"From: <alice@example.org\rBcc: x>\r\n")) == ""


@pytest.mark.parametrize(
    ("section", "envelope", "address"),
    [
        (b"From: a@example.org\r\nSender: S <s@example.org>\r\n", "e@example.org", "s@example.org"),
        (b"From: a@example.org\r\n", "e@example.org", "a@example.org"),
        (b"From: a@example.org\r\nReply-To: r@example.org\r\n", None, "a@example.org"),
        (b"From: a@example.org\r\nSender: ???\r\n", None, "a@example.org"),
        (b"Reply-To: r@example.org\r\n", "e@example.org", "e@example.org"),
        (b"Reply-To: r@example.org\r\n", " <e@example.org> ", "e@example.org"),
        (b"Subject: x\r\n", "<>", ""),
        (b"Subject: x\r\n", "", ""),
        (b"Subject: x\r\n", None, ""),
    ],
)
def test_sender(section: bytes, envelope: str | None, address: str) -> None:
    assert sender(read(section), envelope) == address


def test_all_mailboxes_of_a_list() -> None:
    value = 'Team: A <a@x.org>, b@x.org; , c@x.org (C), Doe, D <d@x.org>, "e,f"@x.org'
    assert mailbox_addresses(value) == ["a@x.org", "b@x.org", "c@x.org", "d@x.org", '"e,f"@x.org']


def test_addresses_of_the_corpus_are_those_of_the_standard_library(open_corpus: Path) -> None:
    compared, doubtful = 0, []
    for path in sorted(open_corpus.glob("*/*.eml")):
        data = path.read_bytes()
        stops = [found + len(end) for end in (b"\r\n\r\n", b"\n\n") if (found := data.find(end)) >= 0]
        headers = read(data[: min(stops, default=len(data))])
        for name in ("From", "Sender", "Reply-To"):
            for value in headers.written(name)[:1]:
                theirs = [address for _, address in getaddresses([value]) if "@" in address]
                mine = mailbox_addresses(value)
                if theirs and "" in mine:
                    doubtful.append(value)
                elif theirs:
                    assert mine == theirs, (path.name, value)
                    compared += 1
    assert compared > 500
    assert len(doubtful) <= 5, doubtful


WORD = st.text("abcXYZ019!#$%&'*+-/=?^_`{|}~äあ", min_size=1, max_size=6)
DOT_ATOM = st.lists(WORD, min_size=1, max_size=3).map(".".join)
DOMAIN = st.lists(st.text("abz09-", min_size=1, max_size=5), min_size=1, max_size=3).map(".".join)
QUOTED = st.text('ab @,;:<>()[].\\"', max_size=8).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
ADDRESS = st.tuples(DOT_ATOM | QUOTED, DOMAIN).map("@".join)
COMMENT = st.text("ab @,;:<>", max_size=5).map("({})".format)
SPACE = st.sampled_from(["", " ", "\t"]) | COMMENT
PHRASE = st.lists(WORD | QUOTED | st.just("A."), max_size=3).map(" ".join)


@st.composite
def mailbox(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a mailbox as RFC 5322 writes it, with its address."""
    address = draw(ADDRESS)
    if draw(st.booleans()):
        return draw(SPACE) + address + draw(SPACE), address
    inner = draw(SPACE) + address + draw(SPACE)
    return draw(SPACE) + draw(PHRASE) + draw(SPACE) + f"<{inner}>" + draw(SPACE), address


@given(st.lists(mailbox(), min_size=1, max_size=4))
def test_addresses_of_well_formed_lists_are_found(drawn: list[tuple[str, str]]) -> None:
    assert mailbox_addresses(",".join(text for text, _ in drawn)) == [address for _, address in drawn]


@given(st.lists(mailbox(), max_size=3), st.lists(mailbox(), min_size=1, max_size=2))
def test_addresses_of_groups_are_found(inside: list[tuple[str, str]], behind: list[tuple[str, str]]) -> None:
    text = "Group:" + ",".join(text for text, _ in inside) + ";," + ",".join(text for text, _ in behind)
    assert mailbox_addresses(text) == [address for _, address in inside + behind]


PIECES = [
    "alice@example.org", "bob@evil.org", "Bob", "<", ">", "(", ")", '"', "\\", ",", ";", ":", "@", ".", "[",
    "]", " ", "\t", "=?utf-8?q?", "?=", "ä", "\x00", "\r", "x",
]  # fmt: skip
VALUES = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(VALUES)
def test_author_is_the_first_mailbox_also_on_the_fast_way(value: str) -> None:
    """The fast way reads ordinary values by one regex; the list reader knows no such way."""
    value = value.replace("\r", "").strip(" \t")
    found = mailbox_addresses(value)
    assert author_of(value) == (found[0] if found else "")


@given(VALUES | st.text(max_size=30))
def test_no_text_raises_and_every_address_stands_in_the_open(value: str) -> None:
    open_text = "".join(value.split())
    for address in mailbox_addresses(value):
        assert address == "" or "@" in address
        assert address.isprintable()
        if "(" not in value and '"' not in value:
            assert "".join(address.split()) in open_text


@given(VALUES)
def test_unquoted_text_beside_an_address_never_hides_another_one(value: str) -> None:
    """Whoever reads the value by its last angle brackets finds the same address, or there is none."""
    if any(sign in value for sign in '"(),;:\\'):
        return
    first = author_of(value.replace("\r", ""))
    if first and "<" in value:
        last = value.rpartition("<")[2].partition(">")[0]
        assert "".join(last.split()) == first


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        ">",
        "(",
        ")",
        "()",
        '"',
        "\\",
        ",",
        ";",
        ":",
        "@",
        ".",
        "[",
        "a ",
        "a.",
        "a@b.c,",
        "=?",
        "=?a?q?",
        " ",
        '"a" ',
    ],
)
def test_large_values_are_read_in_linear_time(piece: str) -> None:
    def work(size: int) -> None:
        value = piece * (size // len(piece))
        data = b"From:" + value.encode() + b"<alice@example.org>"
        headers = Headers(data, [Field(b"from", 0, 5, len(data))])
        mailbox_addresses(value)
        author(headers)
        sender(headers, None)

    assert_linear(work, 4000)
