"""Hostile HTML: a search costs no more than its text is long (research: html.md 5.3)."""

import sys
import time
import tracemalloc

import pytest

from xinksig.text.html.locate import Search, find
from xinksig.text.html.spelling import spelling
from xinksig.text.pattern import pattern

TOKEN = "{EMAILSIGNATURE}"
PATTERN = pattern((TOKEN,), True)
UNITS = """
{ <b> {<b> {E<b> <!-- {<!-- {<!--,x {E<!- {<a,b=" {E<a, {E< &#123; {& {&#0 {E&xxx {\u00ad {\n {E\u00ad
{E&shy; {EMAIL<b>SIGN</b> <style> <title></titl <script><!--<script> </ <? <![CDATA[ <div> <p> <a> <table>
<table><tr><td> <select> <svg> <svg><g> <template> <p,hidden> <div,hidden> <b,hidden> <details>
<details><summary> <td,hidden> <table,hidden> </div> </b> </table> <div><b></div> <li><p> <i><div></i>
<object> none hid display:none <a,style="display:none"> <p,style="display:none <table></table> <td>x</td>
<td><table></table> <textarea> <plaintext> {EMAILSIGNATURE: {EMAILSIGNATURE:a &lcub;E &lbrace; <b/>
<o:p></o:p> <br,hidden> {E<!--> {E<?x> {E</> {EMAIL</b, --> ]]> <svg></svg> <select></select> <math>
<!----,--> {E<o:p>
"""
SIZES = (2_000, 8_000)
DECOY = TOKEN + "a" * 44
HOSTILE = {
    **{f"{unit!r} over and over": (unit.replace(",", " "), "", "") for unit in UNITS.split()},
    "brackets at ends of lines": ("{\n", "", ""),
    "a comment of dashes": ("-", "<!--", ""),
    "a comment of dashes and blanks": ("- ", "<!--", "-->"),
    "less-than signs in a style": ("<", "<style>", ""),
    "open end tags in a title": ("</titl", "<title>", ""),
    "zeros in a number": ("0", "&#", ""),
    "zeros behind a bracket": ("0", "{&#", "69;"),
    "attributes": (" b", "<a", ">"),
    "attributes with values": (" b=c", "<a", ">"),
    "attributes in quotes": (' b="c"', "<a", ">"),
    "the same quote without end": ('"', "<a b=", ""),
    "equals signs": (" =", "<a", ">"),
    "quotes": ('"', "<a ", ">"),
    "blanks in a tag": (" ", "<a", ">"),
    "soft hyphens": ("&shy;", "{E", ""),
    "line breaks": ("\n", "{E", ""),
    "an attribute closed at the end": ('{<a b="', "", '">'),
    "unquoted values in open paragraphs": ("<p>" + f"<b x=y>{'<i x=y>1</i>' * 9}</b>" * 9 + "<q>", "", ""),
    "unquoted values in an open table": ("<b x=y>1</b>", "<p>x" * 2500 + "<table><td>", ""),
    "unquoted values in an open head": ("<meta x=y>", "<head>", "<p>"),
    "the placeholder": (TOKEN, "", ""),
    "the placeholder in attributes": (f'<a b="{TOKEN}">', "", ""),
    "the placeholder in comments": (f"<!--{TOKEN}-->", "", ""),
    "the placeholder in hidden elements": (f"<p hidden>{TOKEN}</p>", "", ""),
    "the placeholder in rows": (f"<tr>{TOKEN}", "<table>", ""),
    "the placeholder in cells": (f"<td>{TOKEN}", "<table><tr>", ""),
    "the placeholder in tables in a cell": (f"<table></table>{TOKEN}", "<table><td>", ""),
    "the placeholder in tables in tables": (f"<table><td>{TOKEN}", "", ""),
    "the placeholder behind closed tables": (f"<table><td></table>{TOKEN}", "<table><td>", ""),
    "the placeholder in misnested hidden elements": (f"<b hidden><p></b>{TOKEN}", "", ""),
    "the placeholder with tags in it": ("{EMAIL<b>SIGN</b>ATURE}", "", ""),
    "the placeholder in selects": (f"<select>{TOKEN}</select>", "", ""),
    "decoys in a comment": (DECOY, "<!--", "-->"),
    "decoys in an open comment": (DECOY, "<!--", ""),
    "decoys in an attribute": (DECOY, '<a b="', '">'),
    "decoys in an open attribute": (DECOY, '<a b="', ""),
    "decoys in a style": (DECOY, "<style>", "</style>"),
    "decoys in a script": (DECOY, "<script>", "</script>"),
    "decoys in a bogus comment": (DECOY, "<![CDATA[", ">"),
    "decoys as attributes": (f" {DECOY}", "<a", ">"),
    "decoys in a template": (DECOY, "<template>", "</template>"),
    "decoys in an svg": (DECOY, "<svg>", "</svg>"),
    "decoys in an open svg": (DECOY, "<svg>", ""),
    "decoys in a select": (DECOY, "<select>", "</select>"),
    "decoys in a plaintext": (DECOY, "<plaintext>", ""),
    "decoys in a hidden element": (DECOY, "<p hidden>", "</p>"),
    "decoys in an open hidden element": (f"<i>{DECOY}</i>", "<div hidden>", ""),
    "decoys in a closed details": (f"<p>{DECOY}", "<details>", ""),
}


def hostile(name: str, size: int, end: str) -> str:
    unit, before, after = HOSTILE[name]
    return before + unit * (size // len(unit)) + after + end


def work(html: str) -> int:
    """Return the characters looked at and the calls made, Python's and C's."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    spelled = spelling(PATTERN)
    find(html[:100], PATTERN)
    sys.setprofile(count)
    try:
        anchors = spelled.anchors(html)
        search = Search(html, spelled)
        search.places(next(anchors, -1), anchors)
    finally:
        sys.setprofile(None)
    return search.looked + 10 * calls


@pytest.mark.parametrize("end", ["", f"<p>{TOKEN}"], ids=["alone", "before a placeholder"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_cost_no_more_than_their_length(name: str, end: str) -> None:
    small, large = (work(hostile(name, size, end)) for size in SIZES)
    assert large < 300 * SIZES[1]
    assert large < 7 * small + 50_000


@pytest.mark.deep
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_time_and_memory_in_proportion(name: str) -> None:
    small, large = (hostile(name, size, f"<p>{TOKEN}") for size in (50_000, 200_000))
    find(small, PATTERN)
    assert best_of_three(large) < 8 * best_of_three(small) + 0.02
    tracemalloc.start()
    try:
        found = find(large, PATTERN, 16)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) <= 17
    assert peak <= 20 * sys.getsizeof(large)


def best_of_three(html: str) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        find(html, PATTERN)
        times.append(time.perf_counter() - start)
    return min(times)
