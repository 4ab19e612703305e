"""The signature folder: who gets what, faults that name their place, changes without a restart."""

import binascii
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from xinksig.errors import SourceError, UsageError
from xinksig.folder import Finding, FolderError, SignatureFolder, check
from xinksig.model import Envelope, Kind
from xinksig.signature import folder as module
from xinksig.signature import signature as signature_module
from xinksig.signature import version as version_module
from xinksig.signature.people import FaultError
from xinksig.signature.request import SignatureRequest
from xinksig.signature.signature import Signature

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(300)
PEOPLE = """address,aliases,id,name,phone
anna@a.example,"info@a.example, sales@b.example",anna,Anna <Larch>,+49 1
bo@a.example,,,Bo,
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "signatures"
    folder.mkdir()
    files = {
        "people.csv": PEOPLE,
        "default.html": '<p><img src="logo.png" alt=""> {{ name }}{% if phone %}, {{ phone }}{% endif %}</p>',
        "default.txt": "{{ name }}\n",
        "reply.html": "<p>Re: {{ name }}</p>",
        "short.html": "<p>{{ name }}</p>",
        "short-reply.txt": "{{ name }}, shortly",
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "logo.png").write_bytes(PNG)
    return folder


def opened(root: Path) -> SignatureFolder:
    return SignatureFolder(root, check_every=0, settle=0)


def ask(folder: SignatureFolder, author: str, name: str = "", kind: Kind = Kind.NEW) -> Signature | None:
    return folder(SignatureRequest(author=author, sender=author, kind=kind, name=name))


def plain(folder: SignatureFolder, author: str, name: str = "", kind: Kind = Kind.NEW) -> str:
    signature = ask(folder, author, name, kind)
    assert signature is not None
    return signature.plain


def test_signature_has_both_halves_and_the_image(root: Path) -> None:
    signature = ask(opened(root), "anna@a.example")
    assert signature is not None
    assert signature.html == '<p><img src="cid:logo.png" alt=""> Anna &lt;Larch&gt;, +49 1</p>'
    assert signature.text == "Anna <Larch>"
    assert [image.data for image in signature.images] == [PNG]
    assert signature.id == "anna/default"
    assert signature.problems == ()


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("", Kind.NEW, "Bo"),
        ("", Kind.REPLY, "Re: Bo"),
        ("", Kind.FORWARD, "Bo"),
        ("short", Kind.NEW, "Bo"),
        ("Short", Kind.REPLY, "Bo, shortly"),
        ("gone", Kind.NEW, "Bo"),
        ("gone", Kind.REPLY, "Re: Bo"),
    ],
)
def test_variant_by_name_and_kind(root: Path, name: str, kind: Kind, text: str) -> None:
    assert plain(opened(root), "bo@a.example", name, kind) == text


def test_unknown_name_is_logged_once_or_unassigned_as_set(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = opened(root)
    for _ in range(3):
        ask(folder, "bo@a.example", "gone")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    (root / "signatures.toml").write_text('unknown_name = "none"')
    assert folder.reload()
    assert ask(folder, "bo@a.example", "gone") is None
    assert ask(folder, "bo@a.example", "short") is not None


def test_nobody_has_no_signature(root: Path) -> None:
    folder = opened(root)
    assert ask(folder, "nobody@a.example") is None
    assert ask(folder, "") is None
    assert folder(SignatureRequest(envelope=Envelope("<>"))) is None
    assert folder.find("nobody@a.example") is None


def test_address_and_alias_are_found_in_any_case(root: Path) -> None:
    folder = opened(root)
    assert plain(folder, "ANNA@A.Example") == plain(folder, "Sales@B.example") == "Anna <Larch>"
    assert folder.find("info@a.example") == folder.people[0]


REQUEST = SignatureRequest("bo@a.example", "anna@a.example", envelope=Envelope("cem@a.example"))


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (None, "Bo"),
        (["sender", "author"], "Anna <Larch>"),
        (["envelope", "sender"], "Cem"),
        (["author"], "Bo"),
    ],
)
def test_order_of_author_sender_and_envelope(root: Path, order: list[str] | None, text: str) -> None:
    (root / "people.csv").write_text(PEOPLE + "cem@a.example,,,Cem,\n")
    if order:
        (root / "signatures.toml").write_text(f"order = {order}")
    signature = opened(root)(REQUEST)
    assert signature is not None
    assert signature.plain == text


def test_order_leaves_out_what_it_does_not_name(root: Path) -> None:
    (root / "signatures.toml").write_text('order = ["envelope"]')
    assert opened(root)(SignatureRequest("bo@a.example", "bo@a.example")) is None


def test_domain_fallback_comes_after_every_person(root: Path) -> None:
    (root / "signatures.toml").write_text('[domains."a.example"]\nfallback = "Team"\nphone = "7"\n')
    (root / "team.txt").write_text("Team of {{ address }}, {{ phone }}{{ name }}")
    folder = opened(root)
    assert plain(folder, "Shop@A.example") == "Team of Shop@A.example, 7"
    assert plain(folder, "shop@a.example", "short", Kind.REPLY) == "Team of shop@a.example, 7"
    assert ask(folder, "shop@b.example") is None
    on_behalf = folder(SignatureRequest("shop@a.example", "bo@a.example"))
    assert on_behalf is not None
    assert on_behalf.plain == "Bo"
    signature = ask(folder, "shop@a.example")
    assert signature is not None
    assert signature.id == "a.example/team"
    assert folder.find("x@a.example") is not None


def test_folder_of_a_company_alone_needs_no_people(root: Path) -> None:
    for name in ("people.csv", "default.html", "default.txt"):
        (root / name).unlink()
    (root / "signatures.toml").write_text('[domains."a.example"]\nfallback = "team"\n')
    (root / "team.txt").write_text("We")
    (root / "short-reply.txt").unlink()
    (root / "short.html").unlink()
    (root / "reply.html").unlink()
    assert plain(opened(root), "x@a.example") == "We"


def test_kind_and_variant_are_known_to_templates(root: Path) -> None:
    (root / "default.html").unlink()
    (root / "default.txt").write_text("{{ kind }} {{ variant }}")
    folder = opened(root)
    assert plain(folder, "bo@a.example") == "new default"
    assert plain(folder, "bo@a.example", "default", Kind.FORWARD) == "forward default"


def test_signatures_are_kept_and_their_images_encoded_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = opened(root)
    calls = []

    def count(data: bytes, *, newline: bool) -> bytes:
        calls.append(1)
        return binascii.b2a_base64(data, newline=newline)

    monkeypatch.setattr(signature_module, "b2a_base64", count)
    first = ask(folder, "anna@a.example")
    assert first is ask(folder, "info@a.example")
    for author in ("anna@a.example", "bo@a.example"):
        signature = ask(folder, author)
        assert signature is not None
        signature.encoded_image(signature.images[0])
    assert calls == [1]


def test_kept_signatures_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_module, "_KEPT", 10)
    (root / "signatures.toml").write_text('[domains."a.example"]\nfallback = "default"\n')
    folder = opened(root)
    for number in range(50):
        assert ask(folder, f"x{number}@a.example") is not None
    assert len(folder._version._kept) <= 10


def test_id_is_no_address(root: Path) -> None:
    signature = ask(opened(root), "bo@a.example")
    assert signature is not None
    assert "bo" not in signature.id
    assert signature.id.endswith("/default")
    assert ask(opened(root), "bo@a.example") == signature


def test_render_and_names(root: Path) -> None:
    folder = opened(root)
    assert set(folder.names) == {"default", "reply", "short", "short-reply"}
    assert folder.render(folder.people[1], "short", Kind.REPLY) == ask(
        folder, "bo@a.example", "short", Kind.REPLY
    )


Change = Callable[[Path], object]


def write(name: str, text: str) -> Change:
    return lambda root: (root / name).write_text(text, "utf-8")


def remove(root: Path, *names: str) -> None:
    for name in names:
        (root / name).unlink()


BROKEN: dict[str, tuple[Change, str, int, str]] = {
    "template syntax": (write("default.html", "a\n{% if %}"), "default.html", 2, "Expected an expression"),
    "unknown field": (write("reply.html", "a\n\n{{ fone }}"), "reply.html", 3, "did you mean 'phone'?"),
    "unknown field for one person": (
        write("default.txt", "{% if not phone %}\n{{ x }}{% endif %}"),
        "default.txt",
        2,
        "unknown field 'x' (for bo@a.example)",
    ),
    "missing include": (
        write("short.html", "{% include '_gone.html' %}"),
        "short.html",
        1,
        "'_gone.html' does not",
    ),
    "missing image": (
        write("short.html", "\n<img src='gone.png'>"),
        "short.html",
        2,
        "'gone.png' does not exist",
    ),
    "image of a wrong type": (
        lambda root: (root / "logo.png").write_bytes(b"MZ"),
        "default.html",
        1,
        "is no PNG",
    ),
    "large image": (
        lambda root: (root / "logo.png").write_bytes(PNG + bytes(1 << 20)),
        "default.html",
        1,
        "at most",
    ),
    "image outside": (
        write("short.html", "<p>\n<img src='../x.png'>"),
        "short.html",
        2,
        "outside the folder",
    ),
    "image of the system": (
        write("short.html", "<img src='file:///etc/passwd'>"),
        "short.html",
        1,
        "outside the folder",
    ),
    "image that is a link to outside": (
        lambda root: os.symlink("/etc/hostname", root / "x.png"),
        "x.png",
        0,
        "a link to a place outside the folder",
    ),
    "template that is a link to outside": (
        lambda root: os.symlink("/etc/hostname", root / "x.html"),
        "x.html",
        0,
        "a link to a place outside the folder",
    ),
    "image of one person": (
        lambda root: (
            write("people.csv", PEOPLE.replace("phone", "photo").replace("+49 1", "anna.png"))(root),
            write("default.html", "{% if photo %}<img src='{{ photo }}'>{% endif %}")(root),
        ),
        "people.csv",
        2,
        "'anna.png' does not exist",
    ),
    "broken csv row": (write("people.csv", PEOPLE + "cem@a.example,x\n"), "people.csv", 4, "2 cells"),
    "bad address": (write("people.csv", PEOPLE + "cem,,,Cem,\n"), "people.csv", 4, "no mail address"),
    "two people files": (write("people.json", "[]"), "people.json", 0, "keep one"),
    "broken settings": (write("signatures.toml", "\norder = ["), "signatures.toml", 2, "no TOML"),
    "fallback without template": (
        write("signatures.toml", "[domains.'a.example']\nfallback = 'x'"),
        "signatures.toml",
        0,
        "there is no x.html",
    ),
    "template that is not utf-8": (
        lambda root: (root / "default.html").write_bytes(b"a\n\xff"),
        "default.html",
        2,
        "not UTF-8",
    ),
    "control character": (write("default.txt", "a\n\x1b"), "default.txt", 2, "U+001B"),
    "names that differ by case": (write("DEFAULT.html", "x"), "default.html", 1, "only by case"),
    "no people": (lambda root: (root / "people.csv").unlink(), "", 0, "holds no people.csv"),
    "no default": (
        lambda root: remove(root, "default.html", "default.txt"),
        "",
        0,
        "holds no default.html",
    ),
    "no template": (
        lambda root: remove(
            root, "default.html", "default.txt", "reply.html", "short.html", "short-reply.txt"
        ),
        "",
        0,
        "holds no template",
    ),
    "folder gone": (shutil.rmtree, "", 0, "cannot be read: No such file"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_fault_at_load_names_file_and_line(root: Path, case: str) -> None:
    change, file, line, words = BROKEN[case]
    change(root)
    with pytest.raises(SourceError) as caught:
        opened(root)
    where = f"{file}:{line}: " if line else (f"{file}: " if file else "")
    assert str(caught.value).startswith(f"{root}: {where}")
    assert words in str(caught.value)
    assert check(root) == list(caught.value.findings)  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", BROKEN)
def test_last_good_version_serves_when_a_change_has_a_fault(
    root: Path, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = opened(root)
    change, file, line, words = BROKEN[case]
    change(root)
    for _ in range(2):
        assert plain(folder, "anna@a.example") == "Anna <Larch>"
        assert plain(folder, "bo@a.example", "short", Kind.REPLY) == "Bo, shortly"
    assert (folder.errors[0].file, folder.errors[0].line) == (file, line)
    assert words in str(folder.errors[0])
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == len(folder.errors)
    assert not folder.reload()


def test_all_faults_are_found_at_once(root: Path) -> None:
    for case in ("template syntax", "broken csv row", "broken settings", "control character"):
        BROKEN[case][0](root)
    with pytest.raises(FolderError, match=r"\(and 3 more\)") as caught:
        opened(root)
    assert {finding.file for finding in caught.value.findings} == {
        "default.html",
        "people.csv",
        "signatures.toml",
        "default.txt",
    }


def test_repair_is_taken_and_clears_the_errors(root: Path) -> None:
    folder = opened(root)
    good = (root / "default.txt").read_text()
    (root / "default.txt").write_text("{{ nope }}")
    assert plain(folder, "bo@a.example") == "Bo"
    assert folder.errors
    (root / "default.txt").write_text("{{ name }}!")
    assert plain(folder, "bo@a.example") == "Bo!"
    assert folder.errors == ()
    (root / "default.txt").write_text(good)
    assert folder.reload()
    assert plain(folder, "bo@a.example") == "Bo"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (write("people.csv", PEOPLE.replace("Bo", "Bob")), "Bob"),
        (write("default.txt", "{{ name }} 2"), "Bo 2"),
        (write("default.txt", "{% include '_new.txt' %}"), "Bo"),
        (lambda root: (root / "default.txt").unlink(), "Bo"),
    ],
)
def test_change_shows_without_restart(root: Path, change: Change, text: str) -> None:
    (root / "_new.txt").write_text("{{ name }}")
    folder = opened(root)
    assert plain(folder, "bo@a.example") == "Bo"
    change(root)
    assert plain(folder, "bo@a.example").strip() == text


def test_changed_image_shows(root: Path) -> None:
    folder = opened(root)
    (root / "logo.png").write_bytes(PNG + b"2")
    signature = ask(folder, "bo@a.example")
    assert signature is not None
    assert signature.images[0].data == PNG + b"2"


def test_file_replaced_by_rename_with_an_old_time_shows(root: Path, tmp_path: Path) -> None:
    folder = opened(root)
    new = tmp_path / "new.txt"
    new.write_text("Xx" + (root / "default.txt").read_text()[2:])
    status = os.stat(root / "default.txt")
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert new.stat().st_size == status.st_size
    os.replace(new, root / "default.txt")
    assert plain(folder, "bo@a.example") == "Xx name }}"


class Clock:
    """The two clocks of the folder, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        wall, steady = time.time, time.monotonic
        monkeypatch.setattr(time, "time", lambda: wall() + self.ahead)
        monkeypatch.setattr(time, "monotonic", lambda: steady() + self.ahead)


def test_disk_is_looked_at_now_and_then_only(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    looks = []
    look = module._look

    def count(path: str) -> object:
        looks.append(1)
        return look(path)

    monkeypatch.setattr(module, "_look", count)
    folder = SignatureFolder(root, check_every=10)
    looks.clear()
    for _ in range(100):
        ask(folder, "bo@a.example")
    assert looks == []
    clock.ahead = 11
    for _ in range(100):
        ask(folder, "bo@a.example")
    assert looks == [1]


def test_file_that_is_being_written_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    folder = SignatureFolder(root, check_every=0, settle=5)
    (root / "default.txt").write_text("half of")
    assert plain(folder, "bo@a.example") == "Bo"
    clock.ahead = 4
    with open(root / "default.txt", "a") as file:
        file.write(" the rest")
    assert plain(folder, "bo@a.example") == "Bo"
    clock.ahead = 20
    assert plain(folder, "bo@a.example") == "half of the rest"


def test_time_in_the_future_is_settled_by_what_is_seen(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    folder = SignatureFolder(root, check_every=0, settle=5)
    (root / "default.txt").write_text("later")
    os.utime(root / "default.txt", (4e9, 4e9))
    assert plain(folder, "bo@a.example") == "Bo"
    clock.ahead = 6
    assert plain(folder, "bo@a.example") == "later"


def test_change_while_it_is_read_is_not_taken(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = opened(root)

    class Meddled(version_module.Version):
        def __init__(self, path: str, files: frozenset[str]) -> None:
            super().__init__(path, files)
            (root / "default.txt").write_text(f"written {len(changes)}")
            changes.append(1)

    changes: list[int] = []
    (root / "default.txt").write_text("torn")
    monkeypatch.setattr(module, "Version", Meddled)
    assert plain(folder, "bo@a.example") == "Bo"
    assert not folder.reload()
    monkeypatch.undo()
    assert plain(folder, "bo@a.example") == f"written {len(changes) - 1}"
    monkeypatch.setattr(module, "Version", Meddled)
    monkeypatch.setattr(module, "_FIRST_WAIT", 0)
    with pytest.raises(FolderError, match="changes all the time"):
        opened(root)


def test_our_own_bug_while_reading_keeps_the_last_good_version(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = opened(root)
    (root / "default.txt").write_text("new")
    monkeypatch.setattr(module, "Version", lambda *_: 1 / 0)
    assert plain(folder, "bo@a.example") == "Bo"
    assert "ZeroDivisionError" in str(folder.errors[0])


def test_source_that_fails_at_run_time_raises(root: Path) -> None:
    (root / "signatures.toml").write_text('[domains."a.example"]\nfallback = "team"\n')
    (root / "team.html").write_text("<img src='{{ address[:8] if address[:3] == 'img' else 'logo.png' }}'>")
    folder = opened(root)
    with pytest.raises(SourceError, match=r"team\.html:1: image 'img1@a\.e' does not exist"):
        ask(folder, "img1@a.example")


def test_threads_see_whole_versions_while_files_change(root: Path) -> None:
    folder = opened(root)
    seen: set[str] = set()
    faults: list[BaseException] = []
    done = threading.Event()

    def serve() -> None:
        try:
            while not done.is_set():
                signature = ask(folder, "bo@a.example")
                assert signature is not None
                seen.add(signature.plain + "|" + str(signature.html)[-8:])
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(15):
        new = root / ".next"
        new.write_text(f"version {number}")
        os.replace(new, root / "default.txt")
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert folder.reload()
    assert plain(folder, "bo@a.example") == "version 14"
    assert {item.partition("|")[2] for item in seen} == {'"> Bo</p>'[-8:]}


def test_hidden_and_other_files_do_not_matter(root: Path) -> None:
    (root / ".git").mkdir()
    (root / ".git" / "default.html").write_text("{% broken")
    (root / ".default.html.swp").write_bytes(b"\0\xff")
    (root / "README.md").write_bytes(b"\xff")
    assert opened(root).errors == ()


def test_links_inside_the_folder_are_followed(root: Path) -> None:
    (root / "..data").mkdir()
    (root / "people.csv").rename(root / "..data" / "people.csv")
    os.symlink("..data/people.csv", root / "people.csv")
    folder = opened(root)
    (root / "..data" / "people.csv").write_text(PEOPLE.replace("Bo", "Bob"))
    assert plain(folder, "bo@a.example") == "Bob"


def test_too_many_files_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ENTRIES", 3)
    with pytest.raises(FolderError, match="more than 3 files"):
        opened(root)


def test_large_template_and_unreadable_file_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_module, "_TEMPLATE_SIZE", 50)
    with pytest.raises(FolderError, match=r"default\.html: is larger than 50 octets"):
        opened(root)


def test_intervals_must_be_positive(root: Path) -> None:
    with pytest.raises(UsageError, match="seconds"):
        SignatureFolder(root, check_every=-1)


def test_check_names_what_readers_miss(root: Path) -> None:
    assert check(root) == []
    (root / "default.html").write_text(
        "<style>p:hover{x:y}</style>\n<link rel=stylesheet href='site.css'>\n"
        "<p>{{ name }} T {{ phone }}</p>\n"
        "<img src='logo.png'><img src='art.svg'>"
    )
    (root / "default.txt").write_text("{{ name }}\n{{ phone | upper }}" + "x" * 1000)
    (root / "logo.png").write_bytes(PNG + bytes(250_000))
    (root / "art.svg").write_bytes(b"<svg></svg>")
    found = check(str(root))
    assert not any(finding.is_error for finding in found)
    written = [(finding.file, finding.line, finding.text, finding.person) for finding in found]
    assert ("default.html", 3, "the field 'phone' is empty, but printed", "bo@a.example") in written
    for file, line, words in (
        ("default.html", 1, "p:hover"),
        ("default.html", 2, "'site.css' is not loaded"),
        ("default.html", 4, "octets, sent with every message"),
        ("default.html", 4, "SVG"),
        ("default.txt", 0, "a line of 1,0"),
    ):
        assert [item for item in written if item[:2] == (file, line) and words in item[2]], (words, written)
    assert opened(root).check() == found


def test_empty_field_printed_by_an_included_file_is_found_there(root: Path) -> None:
    (root / "parts").mkdir()
    (root / "parts" / "phone.html").write_text("\nT {{ phone }}")
    (root / "default.html").write_text("{% include 'parts/phone.html' %}")
    assert check(root) == [
        Finding(False, "parts/phone.html", 2, "the field 'phone' is empty, but printed", "bo@a.example")
    ]


def test_file_that_cannot_be_read_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = opened(root)
    for name in ("people.csv", "default.html", "signatures.toml"):
        (root / name).write_text("new")

    def refuse(self: object, file: str, limit: int) -> bytes:
        raise FaultError(0, "cannot be read: Permission denied")

    monkeypatch.setattr(version_module.Version, "_octets", refuse)
    assert plain(folder, "bo@a.example") == "Bo"
    assert {"people.csv", "default.html", "signatures.toml"} <= {finding.file for finding in folder.errors}


def test_field_that_is_only_asked_for_is_not_missed(root: Path) -> None:
    (root / "default.html").write_text("{% if phone %}{{ phone }}{% endif %}{{ phone or 'none' }}")
    (root / "default.txt").write_text("{{ name }}")
    assert check(root) == []


def test_finding_reads_like_a_compiler_message() -> None:
    assert str(Finding(True, "a.html", 3, "x", "b@c")) == "a.html:3: x (for b@c)"
    assert str(Finding(True, "a.html", 0, "x")) == "a.html: x"
    assert str(Finding(True, "", 0, "x")) == "x"


def test_a_thousand_people_are_read_in_time(root: Path) -> None:
    rows = "".join(f"p{number}@a.example,,,Person {number},{number}\n" for number in range(1000))
    (root / "people.csv").write_text(PEOPLE + rows)
    folder = opened(root)
    assert plain(folder, "p999@a.example") == "Person 999"
