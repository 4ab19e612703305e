"""What sort of message: from the subject's prefix, the references, the body, in this order."""

import pytest

from xinksig.model import Kind
from xinksig.text.data import rows
from xinksig.text.history import Origin
from xinksig.text.history_html import html_history
from xinksig.text.history_plain import plain_history
from xinksig.text.kind import kind, subject_kind


def unasked() -> Origin:
    raise AssertionError("the body must not be read")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: plan", Kind.REPLY),
        ("RE: plan", Kind.REPLY),
        ("re:plan", Kind.REPLY),
        ("Re[2]: plan", Kind.REPLY),
        ("RE(3): plan", Kind.REPLY),
        ("Re^2: plan", Kind.REPLY),
        ("RE : plan", Kind.REPLY),
        ("RE\u00a0: plan", Kind.REPLY),
        ("AW: Plan", Kind.REPLY),
        ("Antw: plan", Kind.REPLY),
        ("SV: plan", Kind.REPLY),
        ("Odp: plan", Kind.REPLY),
        ("RES: plano", Kind.REPLY),
        ("YNT: plan", Kind.REPLY),
        ("回复: 计划", Kind.REPLY),
        ("回复：计划", Kind.REPLY),
        ("答复: 计划", Kind.REPLY),
        ("Re: Fwd: plan", Kind.REPLY),
        ("[EXTERNAL] Re: plan", Kind.REPLY),
        ("[list] [EXT]Re: plan", Kind.REPLY),
        ("Fwd: plan", Kind.FORWARD),
        ("FW: plan", Kind.FORWARD),
        ("Fw: Re: plan", Kind.FORWARD),
        ("WG: Plan", Kind.FORWARD),
        ("TR : plan", Kind.FORWARD),
        ("RV: plan", Kind.FORWARD),
        ("VB: plan", Kind.FORWARD),
        ("Doorst: plan", Kind.FORWARD),
        ("ENC: plano", Kind.FORWARD),
        ("İLT: plan", Kind.FORWARD),
        ("转发: 计划", Kind.FORWARD),
        ("[Fwd: plan]", Kind.FORWARD),
        ("[list] [Fwd: [Fwd: plan]]", Kind.FORWARD),
        ("轉寄: 計畫", Kind.FORWARD),
    ],
)
def test_prefix_of_the_subject_decides_without_the_body(subject: str, expected: Kind) -> None:
    assert kind(subject, "", "", unasked) is expected
    assert kind(subject, "<1@x>", "<1@x>", unasked) is expected


@pytest.mark.parametrize(
    "subject",
    ["plan", "", "Regarding: plan", "Re-organisation: plan", "Report 3: plan", "Forward planning: x",
     "R: drive", "I: x", "About re: x", "(Re: x)", ": x", "Reply", "CT: results"],
)  # fmt: skip
def test_other_subjects_say_nothing(subject: str) -> None:
    assert kind(subject, "", "") is Kind.NEW
    assert subject_kind(subject, refers=False) is None


def test_references_make_a_reply_of_a_message_without_prefix() -> None:
    assert kind("plan", "<1@x>", "") is Kind.REPLY
    assert kind("plan", "", "<1@x> <2@x>") is Kind.REPLY
    assert kind("plan", " ", "\t") is Kind.NEW


@pytest.mark.parametrize(("subject", "expected"), [("R: piano", Kind.REPLY), ("I: piano", Kind.FORWARD)])
def test_one_letter_counts_when_the_message_refers_to_another(subject: str, expected: Kind) -> None:
    assert kind(subject, "<1@x>", "", unasked) is expected
    assert kind(subject, "", "") is Kind.NEW


def test_prefix_of_two_languages_is_a_reply_when_the_message_refers_to_another() -> None:
    assert kind("VS: suunnitelma", "<1@x>", "", unasked) is Kind.REPLY
    assert kind("VS: plan", "", "", unasked) is Kind.FORWARD


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FYI\n\nBegin forwarded message:\n\n> From: Jane\n", Kind.FORWARD),
        ("FYI\n\n---------- Forwarded message ---------\nFrom: Jane\n", Kind.FORWARD),
        ("FYI\n\n-------- Weitergeleitete Nachricht --------\nVon: Jane\n", Kind.FORWARD),
        ("Yes\n\n-----Original Message-----\nFrom: Jane\n", Kind.REPLY),
        ("Yes\n\nOn 5/5/2025 10:00, Jane wrote:\n> so?\n", Kind.REPLY),
        ("> only a line that begins so\n", Kind.NEW),
        ("Hello\n", Kind.NEW),
    ],
)
def test_body_decides_when_the_header_does_not(text: str, expected: Kind) -> None:
    assert kind("plan", "", "", lambda: plain_history(text).origin) is expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p>FYI</p><div class="moz-forward-container"><table></table>x</div>', Kind.FORWARD),
        ('<div class="gmail_quote">---------- Forwarded message ----------<br>x</div>', Kind.FORWARD),
        ('<blockquote type="cite"><div>Begin forwarded message:</div>x</blockquote>', Kind.FORWARD),
        ('<p>Yes</p><blockquote type="cite">x</blockquote>', Kind.REPLY),
        ('<p>Yes</p><div id="divRplyFwdMsg">x</div>', Kind.REPLY),
        ("<p>Yes</p><blockquote>typed</blockquote>", Kind.NEW),
    ],
)
def test_html_body_decides_when_the_header_does_not(html: str, expected: Kind) -> None:
    assert kind("plan", "", "", lambda: html_history(html).origin) is expected


def test_a_forwarded_message_in_the_body_comes_before_references() -> None:
    assert kind("plan", "<1@x>", "", lambda: Origin.FORWARD) is Kind.FORWARD


def test_every_prefix_of_the_data_file_is_read() -> None:
    for name, _, prefix, evidence in rows("subject_prefixes.tsv"):
        assert evidence[0] in "VFL"
        found = {subject_kind(f"{prefix}: plan", refers=refers) for refers in (False, True)}
        assert Kind(name.removeprefix("weak-")) in found, prefix
