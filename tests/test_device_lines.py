"""Device lines: found where the newest text ends, in every shape that clients write; look-alikes are left."""

import email
import json
import re
from pathlib import Path

import pytest

from counting import assert_linear
from xinksig.model import Trigger
from xinksig.text.data import rows
from xinksig.text.device_lines import find_html_device_line, find_plain_device_line, is_device_line
from xinksig.text.history_html import html_history
from xinksig.text.history_plain import plain_history

DATA = Path(__file__).parent / "data" / "newest"
DEVICE_WORDS = re.compile(rb"sent|iphone|outlook|c2vud|u2vud|base64")
ESCAPE = re.compile(r"\\(?:[nrt]|u[0-9a-f]{4})")


def lines_of(name: str) -> list[str]:
    text = (DATA / name).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def shapes(kind: str) -> list[str]:
    pairs = [line.split("\t") for line in lines_of("device_shapes.tsv")]
    return [
        ESCAPE.sub(lambda match: str(json.loads(f'"{match[0]}"')), text)
        for name, text in pairs
        if name == kind
    ]


LINES = lines_of("device_lines.txt")
PLAIN_SHAPES = shapes("plain")
HTML_SHAPES = shapes("html")
LOOK_ALIKES = [
    "Sent from my desk, is much easier then my mobile phone.",
    "The notification was sent from my iPhone app to all users.",
    "Sent from my iPhone this morning, worked fine.",
    "El informe fue enviado desde mi oficina a Samsung",
    "Enviado a Samsung",
    "I sent from my iPhone",
    "Sent from my desk",
    "Sent from my",
    "Sent from my iPhone?",
    "Sent from my iPhone, please excuse any typos",
    "Sent from my iPhone to the office",
    "Get Outlook for everybody",
    "Get Outlook for iOS now, please",
    "Sent with love",
    "Sent via courier",
    "Sent from Paris",
    "Von meinem Chef gesendet",
    "Gesendet von Anna",
    "Envoyé de mon bureau",
    "Inviato da Roma",
    "Verzonden vanaf mijn kantoor",
    "Отправлено с курьером",
    "Wysłano z Warszawy",
    "从我的办公室发送",
    "https://aka.ms/o0ukef",
    "-- ",
    "(",
    "",
]


def found_in_plain(text: str, more: tuple[str, ...] = ()) -> str | None:
    place = find_plain_device_line(text, plain_history(text), more)
    if place is None:
        return None
    assert place.trigger is Trigger.DEVICE_LINE
    assert place.pieces == ((place.start, place.stop),)
    return text[place.start : place.stop]


def found_in_html(html: str, more: tuple[str, ...] = ()) -> str | None:
    place = find_html_device_line(html, html_history(html), more)
    if place is None:
        return None
    assert place.trigger is Trigger.DEVICE_LINE
    assert (place.start, place.stop) == (place.pieces[0][0], place.pieces[-1][1])
    return "".join(html[start:stop] for start, stop in place.pieces)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("line", LINES)
def test_device_line_is_found_in_plain_text_in_any_shape(line: str) -> None:
    for shape in PLAIN_SHAPES:
        found = found_in_plain(shape.replace("{}", line))
        assert found is not None, shape
        assert found.strip("*") == line, shape


@pytest.mark.parametrize("line", LINES)
def test_device_line_is_found_in_html_in_any_shape(line: str) -> None:
    for shape in HTML_SHAPES:
        assert found_in_html(shape.replace("{}", escaped(line))) == escaped(line), shape


@pytest.mark.parametrize("line", [line for line in LINES if " " in line])
def test_device_line_is_found_through_inline_tags(line: str) -> None:
    first, _, rest = escaped(line).partition(" ")
    html = f"<p>Hello.</p><p>{first}\n<a href='https://example.com'><b>{rest[:2]}</b>{rest[2:]}</a></p>"
    assert found_in_html(html) == f"{first}\n{rest}"
    dense = f"<p>Hello.</p><p>{first}&nbsp;{rest}</p>"
    assert found_in_html(dense) == f"{first}&nbsp;{rest}"


@pytest.mark.parametrize("line", LOOK_ALIKES)
def test_look_alike_is_left_alone(line: str) -> None:
    for shape in PLAIN_SHAPES[:9]:
        assert found_in_plain(shape.replace("{}", line)) is None, shape
    for shape in HTML_SHAPES:
        if "old" not in shape:
            assert found_in_html(shape.replace("{}", escaped(line))) is None, shape


@pytest.mark.parametrize(
    "line",
    [
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Get Outlook for iOS <https://aka.ms/o0ukef>",
        "Get Outlook for iOShttps://aka.ms/o0ukef",
        "Get Outlook<https://aka.ms/qtex0l> for Android",
        "Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows 10",
        "Sent from Mailhttps://go.microsoft.com/fwlink/?LinkId=550986 for Windows",
        "Outlook voor Android<https://aka.ms/AAb9ysg> downloaden",
        "Sent with Sparrow (http://www.sparrowmailapp.com/?sig)",
        "Sent with [Proton Mail](https://proton.me/) secure email.".replace("[", "").replace("]", ""),
        "(sent from a phone)",
        "(Sent from mobile device)",
        "<<sent by galaxy>>",
        "_Sent from my iPhone_",
        "Sent from my iPad…",
    ],
)
def test_links_and_brackets_around_the_words_belong_to_the_line(line: str) -> None:
    text = f"Hello.\n\n{line}\n"
    assert found_in_plain(text) == line
    html = f"<p>Hello.</p><div>{escaped(line)}</div>"
    assert found_in_html(html) == escaped(line)


def test_line_wrapped_before_its_link_is_found_as_a_whole() -> None:
    line = (
        "Sent from Yahoo Mail on Android\n<https://go.onelink.me/107872968?pid=InProduct&c=Global_Internal>"
    )
    assert found_in_plain(f"Hello.\n\n{line}\n") == line


def test_line_that_is_softly_broken_is_found_as_a_whole() -> None:
    line = "Diese Nachricht wurde von meinem Android-Mobiltelefon mit K-9 Mail \r\ngesendet."
    assert found_in_plain(f"Hello.\r\n-- \r\n{line}\r\n") == line


@pytest.mark.parametrize(
    "text",
    [
        "Sent from my iPhone\n\nP. S. One more thing.\n",
        "Hello.\n\nSent from my iPhone\n\n-- \nJane Roe\nExample Corp.\n",
        "Hello.\n\n> Sent from my iPhone\n",
        "Hello.\n\n-----Original Message-----\nSent from my iPhone\n",
        "",
        "\n",
    ],
)
def test_device_line_that_does_not_end_the_newest_text_is_left(text: str) -> None:
    assert found_in_plain(text) is None


@pytest.mark.parametrize(
    "html",
    [
        "<div>Sent from my iPhone</div><div>P. S. One more thing.</div>",
        "<div>Sent from my iPhone</div><img src=x>",
        '<div>Hello.</div><blockquote type="cite"><div>Sent from my iPhone</div></blockquote>',
        "<div>Hello. Sent from my iPhone</div>",
        "<div>Hello.</div><!-- Sent from my iPhone -->",
        "<title>Sent from my iPhone</title><div>Hello.</div>",
        "",
    ],
)
def test_device_line_in_html_that_does_not_end_the_newest_text_is_left(html: str) -> None:
    assert found_in_html(html) is None


def test_end_of_a_wrapped_sentence_is_none_but_a_small_letter_alone_does_not_matter() -> None:
    wrapped = "I noticed that all the photos of yesterday were\nsent from my iPhone"
    assert found_in_plain(f"Hello.\n\n{wrapped}\n") is None
    assert found_in_html(f"<p>Hello.</p><p>{wrapped.replace(chr(10), '<br>')}</p>") is None
    assert found_in_plain("Hello\n\nsent from my iPhone\n") == "sent from my iPhone"
    assert found_in_plain("Hello.\nsent from my iPhone\n") == "sent from my iPhone"
    assert found_in_html("<p>Hello.</p><p>sent from my iPhone</p>") == "sent from my iPhone"


def test_only_the_last_of_two_device_lines_is_the_trigger() -> None:
    text = "Hello.\n\nSent from my iPhone\nGet Outlook for iOS\n"
    assert found_in_plain(text) == "Get Outlook for iOS"


def test_own_lines_of_an_administrator_are_taken_literally() -> None:
    more = ("Sent from my Fairphone (please excuse typos)", "a+b")
    assert found_in_plain("Hello.\n\nSent from my  Fairphone (please excuse typos)\n", more)
    assert found_in_html("<p>Hello.</p><p>Sent from my <b>Fairphone</b> (please excuse typos)</p>", more)
    assert found_in_plain("Hello.\n\nA+B\n", more)
    assert found_in_plain("Hello.\n\naab\n", more) is None
    assert found_in_plain("Hello.\n\nSent from my Fairphone\n", more) is None


def test_every_row_of_the_data_file_says_where_it_was_seen_and_matches_itself() -> None:
    lists = {}
    for first, *rest in rows("device_lines.tsv"):
        if first.startswith("="):
            lists[first[1:]] = [word.removesuffix("+") for word in rest]
            continue
        text, evidence = rest
        assert evidence[0] in "MFLV"
        names = re.findall(r"\{(.*?)\}", text)
        for name in names or [""]:
            for word in lists.get(name, [""]):
                line = text.replace(f"{{{name}}}", word) if name else text
                assert is_device_line(line), line


def test_every_hit_on_the_open_corpus_is_one(open_corpus: Path) -> None:
    hits = set()
    for path in sorted(open_corpus.glob("*/*.eml")):
        data = path.read_bytes()
        if DEVICE_WORDS.search(data.lower()) is None:
            continue
        for part in email.message_from_bytes(data).walk():
            payload = part.get_payload(decode=True)
            if part.get_content_type() in ("text/plain", "text/html") and isinstance(payload, bytes):
                text = payload.decode("latin-1")
                found = found_in_html(text) if part.get_content_subtype() == "html" else found_in_plain(text)
                if found is not None:
                    hits.add((f"{path.parent.name}/{path.name}", found))
    assert hits == {
        ("gluon/imap__testdata__envelope.eml", "Sent with ProtonMail Secure Email."),
        ("php-mime/issue163.eml", "-- sent from my phone."),
        ("php-mime/m0018.eml", "sent from my iPhone"),
        ("php-mime/m0026.eml", "sent from my iPhone"),
        ("spamscope/mail_malformed_1.eml", "--Sent from my iPhone"),
        ("talon/standard_replies__iphone.eml", "Sent from my iPhone"),
        ("talon/standard_replies__sparrow.eml", "Sent with Sparrow (http://www.sparrowmailapp.com/?sig)"),
        ("talon/standard_replies__sparrow.eml", "Sent with Sparrow"),
    }


@pytest.mark.parametrize("unit", ["Sent from my ", "-- \n", "\n", "(", "Sent from my iPhone\n"])
def test_long_lines_and_floods_cost_little(unit: str) -> None:
    def work(size: int) -> None:
        text = unit * size
        find_plain_device_line(text, plain_history(text))

    assert_linear(work, 2000)
