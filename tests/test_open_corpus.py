"""Real-shaped messages, read in place: without a trigger, and with one of their own words as placeholder."""

import email
import random
import re
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from corpus_support import check_laws, check_second_pass, part_of, shown, text_leaves, text_of
from xinksig import Options, Outcome, Result, Signature, rewrite

NOWHERE = Options(placeholder="{no message of the corpus holds this}")
SIGNED = "XinksigWasHere"
SIGNATURES = [
    Signature(html=f"<b>{SIGNED}</b>", text=SIGNED),
    Signature(html=f"<div>{SIGNED}</div>", text=SIGNED),
    Signature(html=f"<table><tr><td>{SIGNED}</td></tr></table>", text=SIGNED),
]
_WORDS = re.compile(r"[A-Za-z]{6,30}"), re.compile(r"[^\W\d_]{3,30}")
"""Long words first; in short texts, and in other scripts, any."""
_MOST = 16


class Chosen(NamedTuple):
    """A word that a reader sees in a text part."""

    number: str
    word: str


def forms(message: bytes) -> set[bytes]:
    """Return the message as it is, with LF and with CRLF."""
    plain = message.replace(b"\r\n", b"\n")
    return {message, plain, plain.replace(b"\n", b"\r\n")}


def readable(message: bytes, number: str) -> str | None:
    """Return a part's text as the standard library decodes it strictly, ``None`` where it cannot."""
    encoding = str(part_of(message, number).get("Content-Transfer-Encoding", "7bit")).strip().lower()
    if encoding not in ("7bit", "8bit", "binary", "quoted-printable", "base64"):
        return None
    try:
        return text_of(message, number)
    except (LookupError, UnicodeError, AssertionError, ValueError):
        return None


def visible(message: bytes, number: str) -> str | None:
    """Return what a reader sees of a text part."""
    text = readable(message, number)
    if text is not None and part_of(message, number).get_content_subtype() == "html":
        return shown(text)
    return text


def choose(message: bytes, seed: str) -> Chosen | None:
    """Return a word of an inline text part, chosen by the seed."""
    texts = {number: visible(message, number) or "" for number in _inline(message)}
    for pattern in _WORDS:
        found = [
            Chosen(number, word)
            for number, text in texts.items()
            for word in sorted(set(pattern.findall(text)))
            if text.count(word) <= _MOST
        ]
        if found:
            return random.Random(zlib.crc32(seed.encode())).choice(found)
    return None


def _inline(message: bytes) -> Iterator[str]:
    for number in text_leaves(message):
        part = part_of(message, number)
        inline = part.get_content_disposition() != "attachment" and not part.get_filename()
        if inline and part.get_content_subtype() in ("plain", "html"):
            yield number


def same_but_for(word: str, before: str, after: str) -> bool:
    """Whether a text is the same but for signatures in the place of words, with the emphasis around them."""
    hit = re.compile("[*_]{0,3}" + r"[*_\u00ad\u200b]*".join(word))
    first, *others = (re.sub(r"\s+", "", piece) for piece in after.split(SIGNED))
    rest = re.sub(r"\s+", "", before)
    if not rest.startswith(first):
        return False
    rest = rest[len(first) :]
    for piece in others:
        match = hit.match(rest)
        if match is None:
            return False
        signs = re.compile("[*_]{0,3}?" + re.escape(piece[:50])).match(rest, match.end())
        start = signs.end() - len(piece[:50]) if signs else match.end()
        if not rest.startswith(piece, start):
            return False
        rest = rest[start + len(piece) :]
    return not rest


def check_identity(message: bytes, _: str) -> Outcome:
    result = rewrite(message, SIGNATURES[0], NOWHERE)
    check_laws(message, result, NOWHERE)
    (edit,) = result.report.edits
    assert edit.start == edit.stop
    ending = b"\r\n" if re.match(rb"[^\n]*\r\n|[^\n]*\Z", message) else b"\n"
    assert edit.replacement == b"X-Xink-Handled: Yes" + ending
    assert edit.start == 0 or message.startswith((b"From ", b" ", b"\t"))
    assert result.message == message[: edit.start] + edit.replacement + message[edit.start :]
    return result.report.outcome


def check_word(message: bytes, seed: str) -> Outcome | None:
    chosen = choose(message, seed)
    if chosen is None:
        return None
    signature = SIGNATURES[zlib.crc32(seed.encode()) % len(SIGNATURES)]
    options = Options(placeholder=chosen.word, ignore_case=False, scope="anywhere")
    result = rewrite(message, signature, options)
    check_laws(message, result, options)
    check_second_pass(result, options)
    check_parts(message, result, chosen)
    return result.report.outcome


def check_parts(message: bytes, result: Result, chosen: Chosen) -> None:
    """Check that each edited part says the same but for the word, and all others just the same."""
    structure = [part.get_content_type() for part in email.message_from_bytes(message).walk()]
    assert [part.get_content_type() for part in email.message_from_bytes(result.message).walk()] == structure
    edited = 0
    for number in text_leaves(message):
        before, after = readable(message, number), readable(result.message, number)
        if before is None:
            continue
        assert after is not None, f"part {number} does not decode strictly any more"
        if SIGNED not in after:
            assert before == after, number
            continue
        edited += 1
        if part_of(message, number).get_content_subtype() == "html":
            before, after = shown(before), shown(after)
        assert same_but_for(chosen.word, before, after), f"part {number} says something else"
    written = [part.outcome for part in result.report.parts].count(Outcome.REPLACED)
    assert edited or not written


def run(paths: list[Path], check: Callable[[bytes, str], Outcome | None]) -> Counter[Outcome | None]:
    """Check every form of these messages, name all that fail, and count the outcomes."""
    outcomes: Counter[Outcome | None] = Counter()
    failed = []
    for path, message in messages(paths):
        try:
            outcomes[check(message, path.name)] += 1
        except Exception as error:  # noqa: BLE001 - one message must not hide the others
            where = traceback.extract_tb(error.__traceback__)[-1]
            failed.append(f"{path.parent.name}/{path.name}: {where.name}: {error!r:.300}")
    assert not failed, "\n".join(failed)
    return outcomes


def messages(paths: list[Path]) -> Iterator[tuple[Path, bytes]]:
    for path in paths:
        for message in sorted(forms(path.read_bytes())):
            yield path, message


def corpus(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.eml"))


def test_sample_comes_back_marked_without_a_trigger(open_corpus: Path) -> None:
    outcomes = run(corpus(open_corpus)[::5], check_identity)
    assert outcomes[Outcome.NO_PLACEHOLDER] > 100


def test_sample_is_signed_at_a_word_of_its_own(open_corpus: Path) -> None:
    outcomes = run(corpus(open_corpus)[2::5], check_word)
    assert outcomes[Outcome.REPLACED] > 90


@pytest.mark.deep
def test_every_message_comes_back_marked_without_a_trigger(open_corpus: Path) -> None:
    outcomes = run(corpus(open_corpus), check_identity)
    assert outcomes[Outcome.NO_PLACEHOLDER] > 600


@pytest.mark.deep
@pytest.mark.parametrize("share", range(5))
def test_every_message_is_signed_at_a_word_of_its_own(open_corpus: Path, share: int) -> None:
    outcomes = run(corpus(open_corpus)[share::5], check_word)
    assert outcomes[Outcome.REPLACED] > 90
