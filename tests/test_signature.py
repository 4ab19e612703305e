"""The Signature: what it takes, what it refuses, what it derives and keeps."""

import base64
import pickle
from pathlib import Path
from typing import Any

import pytest

from xinksig.errors import SourceError, UsageError
from xinksig.model import Envelope, InlineImage, Kind, Trigger
from xinksig.signature import signature as module
from xinksig.signature.request import SignatureRequest
from xinksig.signature.signature import Signature

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 80
LOGO = InlineImage("logo.png", PNG, "image/png")


def test_halves_are_positional_and_by_name() -> None:
    assert Signature("<b>x</b>", "x", (), "me") == Signature(html="<b>x</b>", text="x", id="me")


def test_neither_half_is_refused() -> None:
    with pytest.raises(UsageError, match="html or text"):
        Signature()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"html": b"<b>x</b>"}, "decode it first"),
        ({"html": 7}, "must be a str, not int"),
        ({"text": bytearray(b"x")}, "Signature.text"),
        ({"html": "a\nb\ud83d"}, r"U\+D83D in line 2"),
        ({"text": "\0"}, r"U\+0000"),
        ({"text": "\x1b$B"}, r"U\+001B"),
        ({"html": "x", "id": None}, "Signature.id"),
        ({"html": "x", "id": "a\r\nBcc: b"}, "printable"),
        ({"html": "x", "images": (b"png",)}, "InlineImage"),
        ({"html": "x", "images": (LOGO, InlineImage("logo.png", b"2", "image/gif"))}, "two images"),
        ({"html": "x", "images": (InlineImage("a", bytearray(b"x"), "image/png"),)}, "as bytes"),  # type: ignore[arg-type]
    ],
)
def test_value_that_no_message_can_carry_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Signature(**arguments)


def test_signature_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Signature("x").html = "y"  # type: ignore[misc]


def test_equal_values_are_equal_and_hash_alike_whatever_was_derived() -> None:
    first, second = Signature("<b>x</b>", images=[LOGO]), Signature("<b>x</b>", images=(LOGO,))  # type: ignore[arg-type]
    assert first.plain == "x"
    assert first == second
    assert hash(first) == hash(second)
    assert first != Signature("<b>y</b>", images=(LOGO,))


def test_signature_survives_a_pickle() -> None:
    original = Signature("<b>x</b>", images=(LOGO,), id="me")
    assert original.problems
    copy = pickle.loads(pickle.dumps(original))
    assert copy == original
    assert copy.plain == "x"


def test_repr_tells_no_content() -> None:
    assert "Secret" not in repr(Signature("Secret", "Secret", (LOGO,), "me"))
    assert "me" in repr(Signature("x", id="me"))


def test_text_is_derived_from_html_and_has_no_tags() -> None:
    assert Signature("<p>Anna <b>Larch</b></p><br>T 1").plain == "Anna Larch\n\nT 1"


def test_html_is_derived_from_text() -> None:
    assert Signature(text="A & B\n  <c>").fragment.html == "A &amp; B<br>&nbsp;&nbsp;&lt;c&gt;"


def test_given_text_is_kept_but_for_its_line_endings() -> None:
    assert Signature("<b>x</b>", "a \r\nb\rc\n").plain == "a \nb\nc\n"


def test_empty_half_is_given_not_missing() -> None:
    signature = Signature("<b>x</b>", "")
    assert signature.plain == ""
    assert "the text is empty" in signature.problems


def test_derived_halves_are_made_once() -> None:
    signature = Signature("<b>x</b>")
    assert signature.fragment is signature.fragment
    assert signature.plain is signature.plain


def test_whole_document_is_reduced_and_broken_html_closed() -> None:
    html = Signature(
        "<!DOCTYPE html><html><head><title>t</title></head><body><p><b>x</body></html>"
    ).fragment.html
    assert "html" not in html
    assert "<title" not in html
    assert "</b>" in html


def test_references_are_found_once() -> None:
    signature = Signature('<img src="cid:logo.png">', images=(LOGO,))
    ((start, stop, name),) = signature.references
    assert signature.fragment.html[start:stop] == name == "logo.png"
    assert signature.references is signature.references
    assert Signature("cid").references == ()


def test_digest_tells_signatures_apart_and_is_stable() -> None:
    first = Signature("<b>x</b>", "x", (LOGO,))
    assert first.digest == Signature("<b>x</b>", "x", (LOGO,), id="other").digest
    assert len(first.digest) == 32
    others = [
        Signature("<b>x</b>", "y", (LOGO,)),
        Signature("<b>x</b>", "x"),
        Signature("<i>x</i>", "x", (LOGO,)),
    ]
    assert first.digest not in [other.digest for other in others]


def test_digest_is_the_same_in_every_process() -> None:
    assert Signature("a", "b").digest.hex().startswith("3c9d591045bc8876f9d0399bbfb05c6a")


def test_image_is_encoded_in_lines_of_76() -> None:
    signature = Signature("x", images=(LOGO,))
    for newline in (b"\r\n", b"\n"):
        encoded = signature.encoded_image(LOGO, newline)
        lines = encoded.split(newline)
        assert lines.pop() == b""
        assert {len(line) for line in lines[:-1]} == {76}
        assert base64.b64decode(encoded) == PNG


def test_image_is_encoded_once_for_a_thousand_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def count(data: bytes, *, newline: bool) -> bytes:
        calls.append(len(data))
        return base64.b64encode(data)

    monkeypatch.setattr(module, "b2a_base64", count)
    signature = Signature("x", images=(LOGO, InlineImage("b", PNG + b"x", "image/png")))
    for _ in range(1000):
        for image in signature.images:
            assert signature.encoded_image(image).endswith(b"\r\n")
    assert calls == [len(PNG), len(PNG) + 1]


def test_cid_without_image_and_image_without_cid_are_problems() -> None:
    signature = Signature('<img src="cid:other.png">', images=(LOGO,))
    assert [problem for problem in signature.problems if "other.png" in problem and "not given" in problem]
    assert [problem for problem in signature.problems if "logo.png" in problem and "not shown" in problem]


def test_signature_without_fault_has_no_problems() -> None:
    assert Signature('<img src="cid:logo.png" alt="L">', images=(LOGO,)).problems == ()


def test_style_sheet_and_overlong_line_are_problems() -> None:
    problems = Signature("<style>b{color:red}</style><b>x</b>", "ä" * 500).problems
    assert any("style sheets" in problem for problem in problems)
    assert any("1,000 octets" in problem for problem in problems)


def test_from_html_names_what_it_took_out() -> None:
    signature = Signature.from_html("<p>Anna</p><script>x()</script>")
    assert signature.html == "<p>Anna</p>"
    assert signature.problems == ("line 1: a script was taken out",)


def test_from_html_refuses_what_is_no_string() -> None:
    with pytest.raises(UsageError, match="decode it first"):
        Signature.from_html(b"<p>")  # type: ignore[arg-type]


def test_from_file_takes_images_beside_it(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    (tmp_path / "anna.html").write_text('<p>Anna <img src="logo.png" alt="L"></p>', "utf-8")
    signature = Signature.from_file(tmp_path / "anna.html")
    assert signature.html == '<p>Anna <img src="cid:logo.png" alt="L"></p>'
    assert signature.images == (LOGO,)
    assert signature.id == "anna.html"
    assert signature.problems == ()


def test_from_file_reads_plain_text_less_its_last_line_ending(tmp_path: Path) -> None:
    (tmp_path / "anna.txt").write_bytes(b"\xef\xbb\xbfAnna\r\n<Larch>\r\n")
    signature = Signature.from_file(str(tmp_path / "anna.txt"))
    assert signature.plain == "Anna\n<Larch>"
    assert signature.fragment.html == "Anna<br>&lt;Larch&gt;"


def test_from_file_reads_what_word_saves(tmp_path: Path) -> None:
    source = '<html><head><meta charset="windows-1252"></head><body><p>Jürgen – Büro</p></body></html>'
    (tmp_path / "word.htm").write_bytes(source.encode("cp1252"))
    signature = Signature.from_file(tmp_path / "word.htm")
    assert signature.plain == "Jürgen – Büro"
    assert any("windows-1252" in problem for problem in signature.problems)


def test_from_file_names_file_and_line_of_a_missing_image(tmp_path: Path) -> None:
    (tmp_path / "anna.html").write_text('<p>\n\n<img src="gone.png"></p>', "utf-8")
    with pytest.raises(SourceError, match=r"anna\.html:3: image 'gone\.png' does not exist"):
        Signature.from_file(tmp_path / "anna.html")


def test_from_file_that_is_missing_or_holds_nul_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.html: cannot be read"):
        Signature.from_file(tmp_path / "gone.html")
    (tmp_path / "nul.txt").write_bytes(b"a\0b")
    with pytest.raises(SourceError, match=r"nul\.txt: .*U\+0000"):
        Signature.from_file(tmp_path / "nul.txt")


def test_request_compares_by_what_it_asks() -> None:
    request = SignatureRequest("a@b.example", "a@b.example", Kind.REPLY, Trigger.PLACEHOLDER, "short")
    assert request == SignatureRequest(
        author="a@b.example", sender="a@b.example", kind=Kind.REPLY, name="short"
    )
    assert hash(request) != hash(SignatureRequest())
    assert request.headers.get("Subject") is None
    assert request.envelope == Envelope()
    with pytest.raises(AttributeError):
        request.name = "x"  # type: ignore[misc]
