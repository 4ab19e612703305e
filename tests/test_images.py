"""Images: read from a folder and from data: URLs, guarded by octets, size and place."""

import base64
import os
from pathlib import Path

import pytest

from xinksig.errors import SourceError
from xinksig.model import InlineImage
from xinksig.signature.images import (
    LARGE,
    LARGEST,
    from_data_url,
    from_file,
    media_type,
    problems,
    references,
    source,
)

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF"
GIF = b"GIF89a\1\0\1\0"
WEBP = b"RIFF\x24\0\0\0WEBPVP8 "
SVG = b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (b"GIF87a", "image/gif"),
        (WEBP, "image/webp"),
        (SVG, "image/svg+xml"),
        (b"  <svg>", "image/svg+xml"),
        (b"<!DOCTYPE svg><svg >", "image/svg+xml"),
        (b"<html><svg>", ""),
        (b"RIFF\0\0\0\0WAVE", ""),
        (b"MZ\x90", ""),
        (b"%PDF-1.7", ""),
        (b"BM", ""),
        (b"", ""),
    ],
)
def test_type_is_told_by_the_octets(data: bytes, expected: str) -> None:
    assert media_type(data) == expected


def test_svg_test_is_linear() -> None:
    for noise in (b" ", b"<!--", b"<?xml ", b"<!-- -->"):
        assert media_type(noise * 100_000) == ""


@pytest.mark.parametrize(
    ("src", "kind"),
    [
        ("logo.png", "local"),
        (" img/logo.png\n", "local"),
        ("../logo.png", "local"),
        ("/logo.png", "local"),
        ("C:\\logo.png", "local"),
        ("file:///logo.png", "local"),
        ("https://a.example/x.png", "remote"),
        ("HTTP://a.example/x.png", "remote"),
        ("cid:logo.png", "cid"),
        ("data:image/png;base64,AA==", "data"),
        ("//a.example/x.png", "other"),
        ("\\\\server\\x.png", "other"),
        ("blob:x", "other"),
        ("javascript:x", "other"),
        ("  ", "empty"),
    ],
)
def test_kind_of_a_source(src: str, kind: str) -> None:
    assert source(src).kind == kind


def test_references_are_spans_of_the_name() -> None:
    html = (
        '<img src="cid:a.png"><td background=\'CID:b@x\'><p style="x:url(cid:c)">acid:d <img src=cid:e%40f>'
    )
    found = references(html)
    assert [(reference.name, html[reference.start : reference.stop]) for reference in found] == [
        ("a.png", "a.png"),
        ("b@x", "b@x"),
        ("c", "c"),
        ("e@f", "e%40f"),
    ]


def test_image_beside_the_html(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    assert from_file(tmp_path, "logo.png") == InlineImage("logo.png", PNG, "image/png")
    assert from_file(str(tmp_path), "./logo.png?v=2#x").name == "logo.png"


def test_names_depend_on_the_path_alone(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Büro logo.png").write_bytes(PNG)
    first, second = from_file(tmp_path, "a/B%C3%BCro%20logo.png"), from_file(tmp_path, "b\\Büro logo.png")
    assert first.name.startswith("a-B-ro-logo-")
    assert first.name.endswith(".png")
    assert first.name.isascii()
    assert first.name != second.name
    assert first.name == from_file(tmp_path, "a/Büro logo.png").name
    (tmp_path / "my logo").write_bytes(PNG)
    assert from_file(tmp_path, "my logo").name.startswith("my-logo-")


@pytest.mark.parametrize(
    "src",
    [
        "../secret.png",
        "sub/../../secret.png",
        "%2e%2e/secret.png",
        "..\\secret.png",
        "/etc/passwd",
        "file:///etc/passwd",
        "C:\\secret.png",
        "link.png",
        "linked/secret.png",
        "a\0b.png",
        "a%00b.png",
        ".",
    ],
)
def test_image_outside_the_folder_is_refused(tmp_path: Path, src: str) -> None:
    base = tmp_path / "folder"
    (base / "sub").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(PNG)
    os.symlink(tmp_path / "secret.png", base / "link.png")
    os.symlink(tmp_path, base / "linked")
    with pytest.raises(SourceError, match="outside the folder"):
        from_file(base, src)


def test_folder_whose_name_begins_like_the_base_is_outside(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base2").mkdir()
    (tmp_path / "base2" / "x.png").write_bytes(PNG)
    with pytest.raises(SourceError, match="outside"):
        from_file(tmp_path / "base", "../base2/x.png")


def test_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "new.png").write_bytes(PNG)
    os.symlink("new.png", tmp_path / "logo.png")
    assert from_file(tmp_path, "logo.png").data == PNG


def test_missing_image_folder_or_pipe_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(SourceError, match=r"'gone\.png' does not exist in"):
        from_file(tmp_path, "gone.png")
    for src in ("sub", "pipe.png"):
        with pytest.raises(SourceError, match="is no file"):
            from_file(tmp_path, src)
    with pytest.raises(SourceError, match="cannot be read"):
        from_file(tmp_path, "x" * 5000)


def test_wrong_type_and_size_are_refused(tmp_path: Path) -> None:
    (tmp_path / "virus.png").write_bytes(b"MZ\x90")
    with pytest.raises(SourceError, match="is no PNG, JPEG, GIF or WebP"):
        from_file(tmp_path, "virus.png")
    (tmp_path / "huge.png").write_bytes(PNG + bytes(LARGEST))
    with pytest.raises(SourceError, match="at most 1,048,576"):
        from_file(tmp_path, "huge.png")


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "data:image/png;base64,%69VBORw0KGgoAAAAN\n SUhEUg",
        "data:image/jpeg;charset=x;BASE64," + base64.b64encode(PNG).decode().rstrip("="),
        "data:;base64," + base64.b64encode(PNG).decode(),
    ],
)
def test_data_url_becomes_an_image_named_by_its_octets(url: str) -> None:
    image = from_data_url(url)
    assert image.data == PNG
    assert image.media_type == "image/png"
    assert image.name.startswith("image-")
    assert image.name.endswith(".png")
    assert image == from_data_url(url)


def test_percent_encoded_data_url() -> None:
    image = from_data_url("data:image/svg+xml,%3Csvg%3E%3C/svg%3E")
    assert (image.data, image.media_type) == (b"<svg></svg>", "image/svg+xml")
    assert image.name.endswith(".svg")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:image/png;base64,###", "no valid base64"),
        ("data:image/png;base64,A", "no valid base64"),
        ("data:image/png;base64,ä", "no valid base64"),
        ("data:text/html,<b>", "is no PNG"),
        ("data:image/png;base64," + "A" * 1_500_000, "at most"),
    ],
)
def test_broken_data_url_is_refused(url: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        from_data_url(url)


def test_large_and_vector_images_are_named() -> None:
    assert problems(InlineImage("a", bytes(LARGE), "image/png")) == []
    assert "204,801 octets" in problems(InlineImage("a", bytes(LARGE + 1), "image/png"))[0]
    assert "SVG" in problems(InlineImage("a.svg", SVG, "image/svg+xml"))[0]
