"""Newest text against history: words that begin with "new" were typed now, those in "old" are quoted."""

import email
import hashlib
import json
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from html5lib import HTMLParser
from hypothesis import assume, given
from hypothesis import strategies as st

from conftest import CORPUS
from xinksig.model import Trigger
from xinksig.text import data, history_plain
from xinksig.text.append import already_signed_html, contains_plain, html_append_place, plain_append_place
from xinksig.text.history import History, Origin
from xinksig.text.history_html import html_history
from xinksig.text.history_plain import plain_history
from xinksig.text.history_reader import HistoryReader
from xinksig.text.html.scanner import spans
from xinksig.text.mark import MARK, marked

DATA = Path(__file__).parent / "data" / "newest"
ESCAPE = re.compile(r"\\(?:[nrt]|u[0-9a-f]{4})")
WORD = re.compile(r"\b(new|old)\w*")


def rows(name: str) -> list[list[str]]:
    text = (DATA / name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def cases(name: str) -> dict[str, str]:
    table = {}
    for title, text in rows(name):
        table[title] = ESCAPE.sub(lambda match: str(json.loads(f'"{match[0]}"')), text)
    return table


def words_on_the_wrong_side(text: str, history: History) -> list[str]:
    assert WORD.search(text), "a case without words tests nothing"
    return [word[0] for word in WORD.finditer(text) if history.quoted(word.start()) != (word[1] == "old")]


# Plain text.

PLAIN = cases("plain.tsv")


@pytest.mark.parametrize("name", PLAIN)
def test_plain_text_is_told_from_history(name: str) -> None:
    text = PLAIN[name]
    assert words_on_the_wrong_side(text, plain_history(text)) == []


@pytest.mark.parametrize("name", PLAIN)
def test_plain_history_up_to_an_offset_is_the_same_there(name: str) -> None:
    text = PLAIN[name]
    for word in WORD.finditer(text):
        limited = plain_history(text, upto=word.start())
        assert limited.quoted(word.start()) == (word[1] == "old"), word[0]


ATTRIBUTIONS = """
On Mon, May 5, 2025 at 10:00 AM Jane Roe <jane@example.com> wrote:
On 05/05/2025 10:00, Jane Roe wrote:
Jane Roe wrote:
Am 05.05.2025 um 10:00 schrieb Jane Roe <jane@example.com>:
Am Mo., 5. Mai 2025 um 10:00 Uhr schrieb Jane Roe <jane@example.com>:
Jane Roe <jane@example.com> schrieb am Mo., 5. Mai 2025, 10:00:
Le lun. 5 mai 2025 à 10:00, Jane Roe <jane@example.com> a écrit :
El lun, 5 may 2025 a las 10:00, Jane Roe (<jane@example.com>) escribió:
Em seg., 5 de mai. de 2025 às 10:00, Jane Roe <jane@example.com> escreveu:
Il giorno lun 5 mag 2025 alle ore 10:00 Jane Roe <jane@example.com> ha scritto:
Op ma 5 mei 2025 om 10:00 schreef Jane Roe <jane@example.com>:
Op 5 mei 2025 om 10:00 heeft Jane Roe <jane@example.com> het volgende geschreven:
Den mån 5 maj 2025 kl 10:00 skrev Jane Roe <jane@example.com>:
man. 5. maj 2025 kl. 10.00 skrev Jane Roe <jane@example.com>:
ma 5. toukok. 2025 klo 10.00 Jane Roe (jane@example.com) kirjoitti:
pon., 5 maj 2025 o 10:00 Jane Roe <jane@example.com> napisał(a):
W dniu 5.05.2025 o 10:00, Jane Roe pisze:
Dne 5. 5. 2025 v 10:00 Jane Roe napsal(a):
Dňa 5. 5. 2025 o 10:00 Jane Roe napísal(a):
Jane Roe <jane@example.com> ezt írta (időpont: 2025. máj. 5., H, 10:00):
În lun., 5 mai 2025 la 10:00, Jane Roe <jane@example.com> a scris:
пн, 5 мая 2025 г. в 10:00, Jane Roe <jane@example.com>:
05.05.2025 10:00, Jane Roe пишет:
пн, 5 трав. 2025 р. о 10:00 Jane Roe <jane@example.com> пише:
Στις Δευ 5 Μαΐ 2025 στις 10:00 π.μ., ο χρήστης Jane Roe <jane@example.com> έγραψε:
Jane Roe <jane@example.com>, 5 May 2025 Pzt, 10:00 tarihinde şunu yazdı:
2025年5月5日(月) 10:00 Jane Roe <jane@example.com>:
Jane Roe <jane@example.com> 于2025年5月5日周一 10:00写道：
在 2025年5月5日，10:00，Jane Roe <jane@example.com> 写道：
Jane Roe <jane@example.com> 於 2025年5月5日 週一 上午10:00寫道：
2025년 5월 5일 (월) 오전 10:00, Jane Roe <jane@example.com>님이 작성:
בתאריך יום ב׳, 5 במאי 2025 ב-10:00 מאת Jane Roe <jane@example.com>:
في الاثنين، 5 مايو 2025 في 10:00 ص تمت كتابة ما يلي بواسطة Jane Roe <jane@example.com>:
Vào Th 2, 5 thg 5, 2025 vào lúc 10:00 Jane Roe <jane@example.com> đã viết:
ในวันที่ จ. 5 พ.ค. 2025 เวลา 10:00 Jane Roe <jane@example.com> เขียนว่า:
Pada Sen, 5 Mei 2025 pukul 10.00 Jane Roe <jane@example.com> menulis:
2025-05-05 10:00 GMT+02:00 Jane Roe <jane@example.com>:
Quoting Jane Roe <jane@example.com>:
In message <1@example.com>, Jane Roe writes:
--- On Mon, 5/5/25, Jane Roe <jane@example.com> wrote:
""".strip().splitlines()


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_attribution_above_a_quote_ends_the_newest_text(line: str) -> None:
    text = f"Hello,\n\nyes.\n\n{line}\n\n> Is it so?\n"
    history = plain_history(text)
    assert text[: history.end] == "Hello,\n\nyes."
    assert history.quoted(text.index(line))
    assert history.origin is Origin.REPLY


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_attribution_makes_the_blockquote_below_it_history(line: str) -> None:
    escaped = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    html = f"<p>new</p><p>{escaped}</p><blockquote>old</blockquote>"
    history = html_history(html)
    assert words_on_the_wrong_side(html, history) == []
    assert html[: history.end] == "<p>new"


BLOCKS = """
Von: Jane Roe|Gesendet: Montag, 5. Mai 2025 10:00|An: Bob|Betreff: Plan
De : Jane Roe|Envoyé : lundi 5 mai 2025 10:00|À : Bob|Objet : Plan
De: Jane Roe|Enviado el: lunes, 5 de mayo de 2025 10:00|Para: Bob|Asunto: Plan
De: Jane Roe|Enviada em: segunda-feira, 5 de maio de 2025 10:00|Para: Bob|Assunto: Plan
Da: Jane Roe|Inviato: lunedì 5 maggio 2025 10:00|A: Bob|Oggetto: Plan
Van: Jane Roe|Verzonden: maandag 5 mei 2025 10:00|Aan: Bob|Onderwerp: Plan
Från: Jane Roe|Skickat: den 5 maj 2025 10:00|Till: Bob|Ämne: Plan
Fra: Jane Roe|Sendt: 5. maj 2025 10:00|Til: Bob|Emne: Plan
Lähettäjä: Jane Roe|Lähetetty: maanantai 5. toukokuuta 2025 10.00|Vastaanottaja: Bob <b@x.fi>|Aihe: Plan
Od: Jane Roe|Wysłano: poniedziałek, 5 maja 2025 10:00|Do: Bob|Temat: Plan
Od: Jane Roe|Odesláno: pondělí 5. května 2025 10:00|Komu: Bob|Předmět: Plan
Od: Jane Roe|Odoslané: pondelok 5. mája 2025 10:00|Komu: Bob|Predmet: Plan
Feladó: Jane Roe|Elküldve: 2025. május 5., hétfő 10:00|Címzett: Bob|Tárgy: Plan
От: Jane Roe|Отправлено: понедельник, 5 мая 2025 г. 10:00|Кому: Bob|Тема: Plan
Від: Jane Roe|Надіслано: понеділок, 5 травня 2025 р. 10:00|Кому: Bob|Тема: Plan
Kimden: Jane Roe|Gönderildi: 5 Mayıs 2025 Pazartesi 10:00|Kime: Bob|Konu: Plan
差出人: Jane Roe|送信日時: 2025年5月5日 10:00|宛先: Bob|件名: Plan
发件人: Jane Roe|发送时间: 2025年5月5日 10:00|收件人: Bob|主题: Plan
寄件者: Jane Roe|寄件日期: 2025年5月5日 10:00|收件者: Bob|主旨: Plan
보낸 사람: Jane Roe|보낸 날짜: 2025년 5월 5일 10:00|받는 사람: Bob|제목: Plan
מאת: Jane Roe|נשלח: יום שני 5 מאי 2025 10:00|אל: Bob|נושא: Plan
""".strip().splitlines()


@pytest.mark.parametrize("block", BLOCKS)
def test_header_block_of_any_language_begins_history(block: str) -> None:
    lines = block.split("|")
    text = "new\n\n" + "\n".join(lines) + "\n\nold\n"
    history = plain_history(text)
    assert words_on_the_wrong_side(text, history) == []
    assert text[: history.end] == "new"
    bold = [re.sub(r"^(.*?[:：])", r"<b>\1</b>", line) for line in lines]
    html = f"<p class=MsoNormal>new</p><p class=MsoNormal>{'<br>'.join(bold)}</p><p class=MsoNormal>old</p>"
    assert words_on_the_wrong_side(html, html_history(html)) == []


def test_label_lines_of_a_memo_all_in_capitals_are_new_text() -> None:
    text = "new\n\nVON: Jane\nAN: Bob\nBETREFF: Plan\n\nnew2 a@b.de\n"
    assert plain_history(text).spans == ()


def test_extra_separators_of_an_administrator_begin_history() -> None:
    text = "new1\n=*= Ticket  old1 =*=\nold2\n"
    line = "=*= ticket old1 =*="
    assert words_on_the_wrong_side(text, plain_history(text, (line,))) == []
    assert plain_history(text).spans == ()
    html = "<p>new1</p><p>=*= Ticket <b>old1</b> =*=</p><p>old2</p>"
    assert words_on_the_wrong_side(html, html_history(html, (line,))) == []
    assert html_history(html, (line,), upto=html.index("old2")).quoted(html.index("old2"))
    assert not html_history(html, upto=html.index("old2")).quoted(html.index("old2"))


def test_blank_before_the_sign_is_a_typed_sign_in_flowed_text() -> None:
    text = "new1\n > new2\n> old1\n"
    assert words_on_the_wrong_side(text, plain_history(text, flowed=True)) == []
    assert plain_history(text).quoted(text.index("new2"))


@pytest.mark.parametrize(
    ("text", "newest"),
    [
        ("Yes.\n\nOn 5/5/25 10:00, Jane wrote:\n> so?\n", "Yes."),
        ("> so?\n\nYes.  \n\n", "> so?\n\nYes."),
        ("> so?\nYes.\n> and?\nNo.\n\n> well\n\n", "> so?\nYes.\n> and?\nNo."),
        ("Yes.\n\n> so?\n\n-- \nBob\n", "Yes."),
        ("> so?\n\nYes.\n\n-- \nBob\n", "> so?\n\nYes.\n\n-- \nBob"),
        ("> so?\n\n-- \nBob\n", "> so?\n\n-- \nBob"),
        ("-----Original Message-----\nFrom: x\n", ""),
        ("", ""),
        ("\n \n", ""),
    ],
)
def test_plain_place_is_below_the_newest_text_and_above_the_quote(text: str, newest: str) -> None:
    place = plain_append_place(text, plain_history(text))
    assert text[: place.start] == newest
    assert (place.stop, place.pieces, place.trigger) == (place.start, (), Trigger.APPEND)


# HTML.

HTML = cases("html.tsv")


@pytest.mark.parametrize("name", HTML)
def test_html_is_told_from_history(name: str) -> None:
    html = HTML[name]
    assert words_on_the_wrong_side(html, html_history(html)) == []


@pytest.mark.parametrize("name", HTML)
def test_html_history_up_to_an_offset_is_the_same_there(name: str) -> None:
    html = HTML[name]
    for word in WORD.finditer(html):
        if word[0] != "old1":  # often a part of the mark itself: the attribution, the labels
            limited = html_history(html, upto=word.start())
            assert limited.quoted(word.start()) == (word[1] == "old"), word[0]


@pytest.mark.parametrize("name", HTML)
def test_line_endings_do_not_matter(name: str) -> None:
    html = (
        HTML[name].replace(">", "\n>").replace("<br\n>", "<br\r\n>\r\n") if "pre" not in name else HTML[name]
    )
    html = html.replace("/\n>", "/>").replace("--\n>", "-->")
    assert words_on_the_wrong_side(html, html_history(html)) == []


@pytest.mark.parametrize(
    ("html", "origin"),
    [
        (HTML["gmail"], Origin.REPLY),
        (HTML["gmail forward"], Origin.FORWARD),
        (HTML["apple forward"], Origin.FORWARD),
        (HTML["thunderbird forward"], Origin.FORWARD),
        (HTML["word"], Origin.REPLY),
        (HTML["quoted lines"], Origin.NONE),
        (HTML["no history"], Origin.NONE),
    ],
)
def test_history_says_what_the_client_says(html: str, origin: Origin) -> None:
    assert html_history(html).origin is origin


# The place to append at, judged by html5lib.

PLACES = {
    "text in body": ("<body>new@", "<br><br></body>"),
    "nested blocks": (
        '<div dir="ltr">new<div><br></div><div>more</div></div>@',
        '<br><div class="gmail_quote"><blockquote class="gmail_quote">x</blockquote></div>',
    ),
    "paragraph of word": (
        "<div class=S><p class=M><b>new</b><o:p></o:p></p>@",
        "<p class=M><o:p>&nbsp;</o:p></p></div>",
    ),
    "list": ("<ul><li>new</li></ul>@", "</body></html>"),
    "table": ("<table><tr><td>new</td></tr></table>@", "\n</body>"),
    "above a sibling cell": (
        "<table><tr><td><p>new</p>@",
        '<blockquote type="cite">x</blockquote></td></tr></table>',
    ),
    "bold at the end": (
        "<div><b>new</b>@",
        '<blockquote type="cite">x</blockquote></div>',
    ),
    "comment between": ("<div>new</div>@", '<!-- x --><div><blockquote type="cite">x</blockquote></div>'),
    "image last": ("<div>new</div><div><img src=x></div>@", '<hr><div id="divRplyFwdMsg">x</div>'),
    "apple": (
        '<body dir="auto"><div dir="ltr">new</div>@',
        '<div dir="ltr"><br><blockquote type="cite">x</blockquote></div></body>',
    ),
    "typed inside the container": (
        '<div class="gmail_quote"><div dir="auto">new</div>@',
        '<blockquote class="gmail_quote">x</blockquote></div>',
    ),
    "below the quote": ('<blockquote type="cite">x</blockquote><div>new</div>@', "<br></body>"),
    "signature below the quote": (
        "<div>new</div>@",
        '<blockquote type="cite">x</blockquote><div>-- <br>Bob</div>',
    ),
    "no end tags": ("<html><body><p>new@", ""),
    "nothing new, body": (
        '<html><head><style>p{}</style></head><body class="x">@',
        '<div><blockquote type="cite">x</blockquote></div></body></html>',
    ),
    "nothing new, no body": ("<style>p{}</style><!-- x -->@", '<blockquote type="cite">x</blockquote>'),
    "empty": ("@", ""),
    "blank": ("<html><body>@", "<br>&nbsp;</body></html>"),
}


@pytest.mark.parametrize("name", PLACES)
def test_html_place_is_below_the_newest_text(name: str) -> None:
    above, below = PLACES[name]
    html = above.replace("@", "") + below
    place = html_append_place(html, html_history(html))
    assert html[: place.start] == above.replace("@", "")
    assert (place.stop, place.pieces, place.trigger) == (place.start, (), Trigger.APPEND)


def parents_of(html: str, mark: str) -> list[str]:
    tree = HTMLParser(namespaceHTMLElements=False).parse(html)
    found = [element for element in tree.iter() if element.get("id") == mark]
    assert len(found) == 1
    parents = {child: parent for parent in tree.iter() for child in parent}
    names, element = [], found[0]
    while element in parents:
        element = parents[element]
        names.append(str(element.tag))
    return names


@pytest.mark.parametrize("name", [name for name in PLACES if name != "no end tags"])
def test_marked_wrapper_stands_in_a_block_of_the_body(name: str) -> None:
    above, below = PLACES[name]
    html = above.replace("@", "") + below
    place = html_append_place(html, html_history(html))
    names = parents_of(html[: place.start] + marked("S") + html[place.start :], MARK)
    assert names[0] in ("body", "div", "td")
    assert "body" in names
    assert "blockquote" not in names


# One's own mark.


def test_own_mark_in_new_text_means_signed() -> None:
    html = f"<div>new</div>{marked('S')}<blockquote type=cite>old</blockquote>"
    assert already_signed_html(html, html_history(html))


@pytest.mark.parametrize(
    "html",
    [
        f"<div>new</div><blockquote type=cite>{marked('S')}</blockquote>",
        f"<div>new</div><!-- {marked('S')} -->",
        f"<div>new {MARK}</div>",
        f'<div>new</div><div id="x_{MARK}" class="x_{MARK}">S</div>',
        f'<div class="{MARK}-like">new</div>',
        "<div>new</div>",
    ],
)
def test_own_mark_elsewhere_does_not(html: str) -> None:
    assert not already_signed_html(html, html_history(html))


@pytest.mark.parametrize("mark", [f'id="{MARK}"', f"class='a {MARK} b'", f"CLASS={MARK}"])
def test_own_mark_survives_as_id_or_class(mark: str) -> None:
    html = f"<p>new</p><div {mark}>S</div>"
    assert already_signed_html(html, html_history(html))


def test_plain_signature_is_recognised_by_its_text() -> None:
    text = "Hello\n\nJane  Roe\r\nExample\tCorp.\n\n> Jane Roe\n"
    assert contains_plain(text, plain_history(text), "Jane Roe\nExample Corp.")
    assert not contains_plain(text, plain_history(text), "Jane Roe\nOther Corp.")
    assert not contains_plain(text, plain_history(text), "")
    quoted = "Hello\n\n> Jane Roe\n"
    assert not contains_plain(quoted, plain_history(quoted), "Jane Roe")


# Real messages.


class Truth(NamedTuple):
    file: str
    part: int
    type: str
    digest: str
    sort: str
    spans: tuple[tuple[int, int], ...]
    words: str
    remark: str


def truths() -> list[Truth]:
    table = []
    for file, part, kind, digest, sort, spans_, words, remark in rows("truth.tsv"):
        pairs = [span.split("-") for span in spans_.split()] if spans_ != "-" else []
        found = tuple((int(start), int(stop)) for start, stop in pairs)
        table.append(Truth(file, int(part), kind, digest, sort, found, words, remark))
    return table


@cache
def body_of(path: Path, part: int) -> str:
    data = path.read_bytes()
    if not part:
        return data.decode()
    texts = [
        text
        for text in email.message_from_bytes(data).walk()
        if text.get_content_type() in ("text/plain", "text/html")
    ]
    payload = texts[part - 1].get_payload(decode=True)
    assert isinstance(payload, bytes)
    try:
        return payload.decode(texts[part - 1].get_content_charset() or "latin-1")
    except (UnicodeDecodeError, LookupError):
        return payload.decode("latin-1")


UNSEEN = re.compile(r"(?is)<(style|script|title)\b.*?</\1\s*>|<!--.*?-->|<[!?/a-z][^>]*>|&nbsp;|\s")


class Tally(NamedTuple):
    right: int
    typed_as_quote: int
    missed: int


def tally(truth: Truth) -> Tally:
    text = body_of(CORPUS / truth.file, truth.part)
    html = truth.type == "html"
    history = html_history(text) if html else plain_history(text)
    unseen: set[int] = set()
    for match in UNSEEN.finditer(text) if html else re.finditer(r"\s", text):
        unseen.update(range(match.start(), match.end()))
    right = typed = missed = 0
    for at in range(len(text)):
        if at not in unseen:
            is_history = any(start <= at < stop for start, stop in truth.spans)
            found = history.quoted(at)
            right += is_history and found
            typed += found and not is_history
            missed += is_history and not found
    return Tally(right, typed, missed)


TRUTHS = truths()


def test_truth_table_is_about_the_corpus_at_hand(open_corpus: Path, html_corpus: Path) -> None:
    assert sum(truth.sort in ("reply", "forward") for truth in TRUTHS) >= 120
    for truth in TRUTHS:
        path = CORPUS / truth.file
        assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] == truth.digest, truth.file
        if truth.spans:
            seen = re.sub(r"<[^>]*>", " ", body_of(path, truth.part)[truth.spans[0][0] :][:200])
            assert " ".join(seen.split()).startswith(truth.words), truth


def test_no_typed_text_of_a_reply_or_forward_counts_as_quote(open_corpus: Path, html_corpus: Path) -> None:
    wrong = [truth.file for truth in TRUTHS if truth.sort != "other" and tally(truth).typed_as_quote]
    assert wrong == []


def test_precision_and_recall_on_the_truth_table(open_corpus: Path, html_corpus: Path) -> None:
    tallies = [tally(truth) for truth in TRUTHS]
    right = sum(item.right for item in tallies)
    typed = sum(item.typed_as_quote for item in tallies)
    missed = sum(item.missed for item in tallies)
    assert right / (right + typed) > 0.999
    assert right / (right + missed) > 0.99
    inexact = {
        truth.file for truth, item in zip(TRUTHS, tallies, strict=True) if item.typed_as_quote or item.missed
    }
    assert inexact <= {
        "open/flanker/bounce__broken-mime.eml",  # a header section copied into a bounce
        "open/flanker/torture-part.eml",  # "Excerpts from …": the attribution stays, the quote is found
        "open/ruby-mail/multipart_report_emails__report_422.eml",  # ">>> DATA" of a bounce
        "html/unquotemail/failing__talon_12.html",  # two labels on one line, as no client writes them
    }


# Work.

FLOODS = [
    "> a\nb\n",
    ">\n",
    ">From a\nb\n",
    "On 5 a:\n",
    "On Mon, May 5, 2025 at 10:00 AM Jane Roe <j@x.com> wrote:\n",
    "a wrote:\n> b\n",
    "a:\n\n>\n",
    "From: a@b\n",
    "From: a\nTo: b\n\n",
    "-----\nFrom: a@b\n",
    "---\n",
    "Begin forwarded message:\n> a\n",
    "\n",
    " ",
]
HTML_FLOODS = [
    "<blockquote>",
    "<blockquote type=cite>",
    "<div class=gmail_quote>",
    '<div id="mail-editor-reference-message-container">',
    "<div style=border-top:solid>a: b<br>",
    "<div class=moz-cite-prefix>x:</div>",
    "&gt; a<br>",
    "<div>From: a@b</div>",
    "<hr>From: a@b<br>",
    "On 5 a:<br>",
    "<p>On Mon, May 5, 2025 at 10:00 AM Jane Roe &lt;j@x.com&gt; wrote:</p>",
    "<i><div></b>",
    "<p><a>",
    "<table><td>",
    "<td><div></p>",
    "</div>",
    "&nbsp;",
    "<br>&nbsp;",
    "<pre>\n",
    "<x y='",
    "<!--",
]


def seconds(function: Callable[[str], object], text: str) -> float:
    best = 1e9
    for _ in range(3):
        start = time.perf_counter()
        function(text)
        best = min(best, time.perf_counter() - start)
    return best


@pytest.mark.deep
@pytest.mark.parametrize("unit", FLOODS)
def test_plain_work_is_linear(unit: str) -> None:
    assert seconds(plain_history, unit * 16000) < 8 * seconds(plain_history, unit * 4000) + 0.01


@pytest.mark.deep
@pytest.mark.parametrize("unit", HTML_FLOODS)
def test_html_work_is_linear(unit: str) -> None:
    def work(html: str) -> None:
        html_append_place(html, html_history(html))
        html_history(html, upto=len(html))

    assert seconds(work, unit * 8000) < 8 * seconds(work, unit * 2000) + 0.01


@pytest.mark.parametrize("unit", FLOODS)
def test_plain_flood_is_read(unit: str) -> None:
    text = unit * 2000
    history = plain_history(text)
    assert 0 <= history.end <= len(text)
    assert list(history.spans) == sorted(history.spans)


@pytest.mark.parametrize("unit", HTML_FLOODS)
def test_html_flood_is_read(unit: str) -> None:
    html = unit * 1000
    history = html_history(html)
    assert 0 <= html_append_place(html, history).start <= len(html)


ATOMS = [
    "<blockquote type=cite>",
    "</blockquote>",
    "<div class=gmail_quote>",
    "<div class=gmail_attr>",
    "</div>",
    "<div>",
    "<hr>",
    "<br>",
    "<p>",
    "</p>",
    "new ",
    "On 5/5/2025 10:00 a@b.c wrote:",
    "From: a@b.c",
    "Sent: 10:00",
    "To: b",
    "Subject: x",
    "-----Original Message-----",
    "&gt; x",
    "<div id=divRplyFwdMsg>",
    "<div style='border-top:solid'>",
    "<table><tr><td>",
    "</td></tr></table>",
    "<!-- x -->",
    "<b>",
    "</b>",
    "<pre>",
    "\n",
    "<img src=x>",
    "&nbsp;",
    "-- <br>",
    "<div class=moz-forward-container>",
    "<div id=mail-editor-reference-message-container>",
    "Sent from my iPhone",
]
LINES = [
    "> a",
    "new",
    "",
    "On 5/5/2025 10:00, J wrote:",
    "From: a@b",
    "To: b",
    "Subject: c",
    "-- ",
    ">From x",
]


@given(st.lists(st.sampled_from(ATOMS), max_size=25).map("".join))
def test_any_html_gives_spans_in_order_and_a_place_outside_them(html: str) -> None:
    history = html_history(html)
    stops = [-1]
    for start, stop in history.spans:
        assert stops[-1] < start < stop <= len(html)
        stops.append(stop)
    place = html_append_place(html, history)
    assert not history.quoted(place.start) or place.start in {start for start, _ in history.spans}
    assert all(not span.start < place.start < span.stop or span.kind in (0, 4, 5, 6) for span in spans(html))


@given(st.lists(st.sampled_from(LINES), max_size=20))
def test_any_plain_text_gives_spans_in_order(lines: list[str]) -> None:
    text = "\n".join(lines)
    history = plain_history(text)
    for (_, stop), (start, _) in zip(history.spans, history.spans[1:], strict=False):
        assert stop < start
    assert not history.quoted(history.end - 1) or history.end == 0
    assert text[history.end - 1 : history.end].strip() or history.end == 0


def read_whole(html: str) -> History:
    reader = HistoryReader(html)
    reader.read()
    return reader.history()


@given(st.lists(st.sampled_from(ATOMS), max_size=25).map("".join))
def test_quick_refusal_is_right(html: str) -> None:
    padded = html + "<div>x</div>\n" * 100 + html
    for body in (html, padded):
        quick, whole = html_history(body), read_whole(body)
        assert (quick.spans, quick.end) == (whole.spans, whole.end)


def test_quick_refusal_is_right_about_real_bodies(open_corpus: Path, html_corpus: Path) -> None:
    bodies = [path.read_text("utf-8", "replace") for path in sorted(html_corpus.glob("*/*.html"))]
    bodies += [body_of(CORPUS / truth.file, truth.part) for truth in TRUTHS if truth.type == "html"]
    for body in bodies:
        quick, whole = html_history(body), read_whole(body)
        assert (quick.spans, quick.end) == (whole.spans, whole.end)
        assert html_append_place(body, quick) == html_append_place(body, whole)


@pytest.mark.parametrize(
    "html",
    ["\0", "<p>\0</p>", "a\0", "&nb<b>sp;</b>", "&#160<b>;</b>", "\u3000", "&#173;", "<p>&#0;</p>", "\x1c"],
)
def test_text_that_nobody_sees_is_no_line(html: str) -> None:
    for body in (html, f"<blockquote type=cite>x</blockquote>{html}"):
        history = html_history(body)
        assert 0 <= html_append_place(body, history).start <= len(body)
        assert all(line.text for line in history.lines)


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    for body in (
        text,
        f"<p>{text}</p>&gt; {text}<br>From: {text}",
        f"On 5/5/2025 10:00 a@b.c {text} wrote:\n> {text}",
    ):
        assert html_history(body).end <= len(body)
        assert plain_history(body).end <= len(body)


_SIGNLESS = st.lists(
    st.sampled_from(
        [
            *(text.replace(":", "").replace("：", "") for _, _, text, *_ in data.rows("separators.tsv")),
            *(
                "On 3 March 2026 Ada <ada@example.com",
                "-",
                "_",
                "- -",
                "ada@example.com",
                "",
                " ",
                "\ufeff",
                "*From*",
            ),
        ]
    ),
    max_size=8,
)


@given(_SIGNLESS, st.sampled_from(["\n", "\r\n", " "]))
def test_text_without_a_sign_of_history_has_none(lines: list[str], between: str) -> None:
    text = between.join(lines)
    assume(not history_plain._may_part_off(text))
    quick = plain_history(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_plain, "_may_part_off", lambda _: True)
        assert plain_history(text) == quick
    assert not quick.spans
