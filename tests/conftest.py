"""What all tests share: how many examples hypothesis draws, and where the open corpus is."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("XINKSIG_CORPUS") or ROOT.parent / "shared" / "corpus")

_SLOW_MACHINE = [HealthCheck.too_slow]

settings.register_profile(
    "default",
    max_examples=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=_SLOW_MACHINE,
)
settings.register_profile(
    "deep",
    max_examples=3000,
    derandomize=False,
    deadline=None,
    suppress_health_check=_SLOW_MACHINE,
)
settings.load_profile("default")


def _folder(name: str) -> Path:
    folder = CORPUS / name
    if not folder.is_dir():
        pytest.skip(
            f"no corpus: {folder} is no folder (set XINKSIG_CORPUS to the one that holds open/ and html/)"
        )
    return folder


@pytest.fixture(scope="session")
def open_corpus() -> Path:
    """The folder of real-shaped messages, ``*/*.eml``, with MANIFEST.tsv; skips where it is absent."""
    return _folder("open")


@pytest.fixture(scope="session")
def html_corpus() -> Path:
    """The folder of mail bodies in HTML and of the html5lib tokenizer tests; skips where it is absent."""
    return _folder("html")
