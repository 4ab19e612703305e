"""The hand-written corpus: its cases, how a message is fed, and what is checked of a result.

The judges are the standard library's ``email`` for structure, transfer encoding and charset, and html5lib for
HTML; an expectation never comes from the code under test.
"""

import base64
import email
import json
import random
import re
import tomllib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from email.message import Message
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import html5lib

import plain_reader
from xinksig import (
    AmbiguousError,
    CharsetError,
    Envelope,
    InlineImage,
    LimitError,
    Limits,
    MalformedError,
    MessageError,
    Options,
    Outcome,
    Report,
    Result,
    Rewriter,
    Signature,
    SignatureRequest,
    TransferError,
    rewrite,
    rewrite_iter,
)

FOLDER = Path(__file__).parent / "corpus"
NEWLINES = {"lf": b"\n", "crlf": b"\r\n"}
Source = Signature | Callable[[SignatureRequest], Signature | None] | None
STRICT_ERRORS: dict[Outcome, type[MessageError]] = {
    Outcome.AMBIGUOUS: AmbiguousError,
    Outcome.MALFORMED: MalformedError,
    Outcome.LIMIT: LimitError,
    Outcome.UNSUPPORTED_CHARSET: CharsetError,
    Outcome.UNENCODABLE: CharsetError,
    Outcome.UNSUPPORTED_ENCODING: TransferError,
}
"""What strict mode raises for what it finds; nothing else, and never for policy."""
WRITTEN = {Outcome.PARTLY_REPLACED, Outcome.REPLACED, Outcome.APPENDED, Outcome.UNASSIGNED, Outcome.OPTED_OUT}
EDITS = re.compile(
    r"(?:handled-field|removed-field|dropped-seal|placeholder|device-line|append|opt-out|content-type|"
    r"content-transfer-encoding|content-fields|wrapper|inline-image|content-[a-z-]+)(?:, |\Z)"
)
"""What an edit may be for (contract 2.3)."""


@dataclass(frozen=True)
class Case:
    """One message of the corpus, with what is expected of it."""

    name: str
    message: bytes
    why: str
    newlines: tuple[str, ...]
    options: Options
    source: Source
    envelope: Envelope | None
    expect: Mapping[str, Any]

    def forms(self) -> dict[str, bytes]:
        """Return the message as it is, with LF and with CRLF, each different one once."""
        plain = self.message.replace(b"\r\n", b"\n")
        found = {"as-is": self.message, "lf": plain, "crlf": plain.replace(b"\n", b"\r\n")}
        if found["lf"] == self.message:
            del found["lf"]
        if found["crlf"] == self.message:
            del found["crlf"]
        return {name: form for name, form in found.items() if name in self.newlines}


def cases() -> list[Case]:
    """Return every case, sorted by name."""
    return [_case(path) for path in sorted(FOLDER.glob("*/*.toml"))]


def _case(path: Path) -> Case:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    options = dict(table.pop("options", {}))
    if "limits" in options:
        options["limits"] = Limits(**options["limits"])
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    envelope = table.pop("envelope", None)
    case = Case(
        name=str(path.relative_to(FOLDER).with_suffix("")).replace("\\", "/"),
        message=path.with_suffix(".eml").read_bytes(),
        why=table.pop("why"),
        newlines=tuple(table.pop("newlines", ("as-is", "lf", "crlf"))),
        options=Options(**options),
        source=_source(table.pop("signature", None), table.pop("signatures", None)),
        envelope=None
        if envelope is None
        else Envelope(envelope["sender"], tuple(envelope.get("recipients", ()))),
        expect=table.pop("expect"),
    )
    assert not table, f"{path}: unknown keys {sorted(table)}"
    unknown = set(case.expect) - set(CHECKS) - {"codec"}
    assert not unknown, f"{path}: unknown expectations {sorted(unknown)}"
    return case


def _source(signature: Any, signatures: Any) -> Source:
    if signatures is not None:
        named = {name: _signature(table) for name, table in signatures.items()}
        return lambda request: named.get(request.name)
    if signature is None:
        return Signature(html="<div>Jane Roe</div>", text="Jane Roe", id="jane")
    return _signature(signature) if signature else None


def _signature(table: dict[str, Any]) -> Signature:
    images = tuple(
        InlineImage(image["name"], base64.b64decode(image["data"]), image["media_type"])
        for image in table.get("images", ())
    )
    return Signature(html=table.get("html"), text=table.get("text"), images=images, id="jane")


def rewritten(case: Case, message: bytes, options: Options | None = None) -> Result:
    """Return the message rewritten as the case says."""
    return rewrite(message, case.source, options or case.options, envelope=case.envelope)


def fed(case: Case, chunks: list[bytes], options: Options | None = None) -> Result:
    """Return the message rewritten from these chunks."""
    rewriting = rewrite_iter(chunks, case.source, options or case.options, envelope=case.envelope)
    output = b"".join([bytes(piece) for piece in rewriting])
    return Result(output, rewriting.report)


def feedings(message: bytes, most: int, seed: str) -> Iterator[list[bytes]]:
    """Yield one octet at a time, then splits in two: every one up to ``most``, else that many seeded ones."""
    yield [message[at : at + 1] for at in range(len(message))]
    places: Any = range(1, len(message))
    if len(message) > most:
        drawn = random.Random(zlib.crc32(seed.encode()))
        places = sorted(drawn.sample(range(1, len(message)), min(64, most, len(message) - 1)))
    for at in places:
        yield [message[:at], message[at:]]


# The laws that hold for every message.


def check_laws(message: bytes, result: Result, options: Options) -> None:
    """Check what holds for any message: the output is the input plus edits that are told (contract 2)."""
    report = result.report
    edits = report.edits
    assert report.outcome is not Outcome.INTERNAL_ERROR, report.reason
    assert report.apply(message) == result.message
    for edit in edits:
        assert 0 <= edit.start <= edit.stop <= len(message)
        assert EDITS.match(edit.why), edit.why
    for edit, following in pairwise(edits):
        assert edit.stop <= following.start
        assert (edit.start, edit.stop) != (following.start, following.stop)
    assert (report.size_in, report.size_out) == (len(message), len(result.message))
    assert len(result.message) <= len(message) + options.limits.growth
    numbers = [part.number for part in report.parts]
    assert len(numbers) == len(set(numbers)), numbers
    for part in report.parts:
        assert part.reason
        for match in part.matches:
            assert 0 <= match.start <= match.stop <= len(message)
    assert report.reason
    json.dumps(report.to_dict())
    json.dumps(report.to_dict(full=True))


def check_second_pass(result: Result, options: Options) -> None:
    """Check that a second pass changes nothing (contract 2.5)."""

    def never(_: SignatureRequest) -> Signature | None:
        raise AssertionError("a signature is wanted on the second pass")

    again = rewrite(result.message, never, options)
    assert again.message == result.message
    assert again.report.outcome is Outcome.ALREADY_HANDLED
    assert again.report.edits == ()


def strict_outcomes(report: Report) -> set[Outcome]:
    """Return what of a report strict mode raises for."""
    return {report.outcome, *(part.outcome for part in report.parts)} & set(STRICT_ERRORS)


class Strict(NamedTuple):
    """What strict mode did: what came out, how many octets were taken, what was raised."""

    output: bytes
    taken: int
    error: MessageError | None


def check_strict(case: Case, message: bytes, lax: Result) -> None:
    """Check strict mode: an error for the causes that have one, else the very same result."""
    options = replace(case.options, strict=True)
    check_strict_result(message, lax, run_strict(message, case.source, options, 7, case.envelope))


def check_strict_result(message: bytes, lax: Result, strict: Strict) -> None:
    """Check that strict mode raised for a cause that has an error, and that no octet is lost."""
    causes = strict_outcomes(lax.report)
    error = strict.error
    if error is None:
        assert not causes, causes
        assert strict.output == lax.message
        return
    assert type(error) in {STRICT_ERRORS[cause] for cause in causes}, error
    assert 0 <= error.offset <= len(message)
    assert str(error)
    held = strict.taken - len(error.held)
    assert message[held : strict.taken] == error.held
    assert strict.output == _output_up_to(message, lax.report, held)


def run_strict(
    message: bytes, source: Source, options: Options, size: int, envelope: Envelope | None = None
) -> Strict:
    """Feed a message in chunks of ``size`` octets until it ends or is refused."""
    kernel = Rewriter(options, envelope=envelope)
    output = b""
    taken = 0
    try:
        for at in range(0, len(message) + size, size):
            chunk = message[at : at + size]
            taken += len(chunk)
            output += b"".join(kernel.feed(chunk) if chunk else kernel.close())
            while kernel.wanted is not None:
                answer = source(kernel.wanted) if callable(source) else source
                output += b"".join(kernel.provide(answer))
            if not chunk:
                break
    except MessageError as error:
        return Strict(output, taken, error)
    assert kernel.done
    return Strict(output, taken, None)


def _output_up_to(message: bytes, report: Report, stop: int) -> bytes:
    """Return the output for the first ``stop`` octets of the message."""
    pieces = []
    at = 0
    for edit in report.edits:
        if edit.start < stop:
            assert edit.stop <= stop
            pieces += [message[at : edit.start], edit.replacement]
            at = edit.stop
    return b"".join([*pieces, message[at:stop]])


# What the standard library and html5lib see.


def part_of(message: bytes, number: str) -> Message:
    """Return a part by its IMAP number, as the standard library sees it."""
    part: Any = email.message_from_bytes(message)
    for index in number.split(".") if number else ():
        payload = part.get_payload()
        assert isinstance(payload, list), f"no part {number}"
        part = payload[int(index) - 1]
    assert isinstance(part, Message)
    return part


def octets_of(message: bytes, number: str) -> bytes:
    """Return a leaf's decoded octets, as the standard library sees them."""
    octets = part_of(message, number).get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets


def text_of(message: bytes, number: str, codec: str = "") -> str:
    """Return a leaf's text, decoded strictly, with LF line endings."""
    charset = codec or str(part_of(message, number).get_content_charset() or "us-ascii")
    return octets_of(message, number).decode(charset).replace("\r\n", "\n")


def text_leaves(message: bytes) -> Iterator[str]:
    stack: list[tuple[str, Any]] = [("", email.message_from_bytes(message))]
    while stack:
        number, part = stack.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            prefix = f"{number}." if number else ""
            children = [(f"{prefix}{index}", child) for index, child in enumerate(part.get_payload(), 1)]
            stack += reversed(children)
        elif part.get_content_maintype() == "text":
            yield number


Tree = tuple[Any, ...]


def tree_of(html: str) -> Tree:
    """Return the tree that html5lib builds: names, attributes, text and comments."""
    root = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    return _tree(root)


def _tree(element: Any) -> Tree:
    if not isinstance(element.tag, str):
        return ("!--", element.text)
    children: list[Any] = [element.text] if element.text else []
    for child in element:
        children.append(_tree(child))
        if child.tail:
            children.append(child.tail)
    return (element.tag, tuple(sorted(element.attrib.items())), *children)


def _folded(tree: Any) -> Any:
    if isinstance(tree, str):
        return re.sub(r"\s+", " ", tree)
    return tuple(_folded(child) for child in tree)


def shown(html: str) -> str:
    """Return the text of a document's body, without what no reader sees."""
    pieces: list[str] = []
    stack: list[Any] = [tree_of(html)]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node[0] not in ("!--", "head", "style", "script", "template", "title"):
            stack += reversed(node[2:])
    return "".join(pieces).strip("\n")


def _ancestors(tree: Any, text: str, above: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    above = (*above, tree[0])
    for child in tree[2:]:
        if isinstance(child, str):
            if text in child:
                return above
        elif child[0] != "!--":
            found = _ancestors(child, text, above)
            if found:
                return found
    return None


# The expectations of a case, by their key.


class Checked:
    """A result beside the message it came from."""

    def __init__(self, case: Case, message: bytes, result: Result) -> None:
        self.case = case
        self.before = message
        self.after = result.message
        self.report = result.report

    def text(self, number: str) -> str:
        return text_of(self.after, number, self.case.expect.get("codec", {}).get(number, ""))

    def texts(self) -> str:
        return "\n".join(self.text(number) for number in text_leaves(self.after))

    def as_octets(self, text: str) -> bytes:
        """Return expected output in octets, with the line endings of the message where it names none."""
        octets = text.encode("utf-8")
        if b"\r\n" in self.before and b"\r" not in octets:
            octets = octets.replace(b"\n", b"\r\n")
        return octets


def _outcome(of: Checked, expected: str | list[str]) -> None:
    assert of.report.outcome in ([expected] if isinstance(expected, str) else expected), of.report.reason


def _left(of: Checked, expected: int) -> None:
    assert of.report.left == expected


def _edits(of: Checked, expected: int) -> None:
    assert len(of.report.edits) == expected, of.report.edits


def _output(of: Checked, expected: str) -> None:
    assert of.after == of.as_octets(expected)


def _output_pattern(of: Checked, expected: str) -> None:
    assert re.fullmatch(expected, of.after.decode().replace("\r\n", "\n"))


def _output_lacks(of: Checked, expected: list[str]) -> None:
    for text in expected:
        assert text.encode() not in of.after


def _parts(of: Checked, expected: dict[str, str]) -> None:
    outcomes = {part.number: part.outcome for part in of.report.parts}
    assert {number: outcomes.get(number) for number in expected} == expected


def _named(of: Checked, expected: list[str]) -> None:
    assert set(expected) <= {part.number for part in of.report.parts}


def _text(of: Checked, expected: dict[str, str | list[str]]) -> None:
    for number, text in expected.items():
        assert of.text(number) in ([text] if isinstance(text, str) else text)


def _text_ends(of: Checked, expected: dict[str, str]) -> None:
    for number, text in expected.items():
        assert of.text(number).endswith(text)


def _text_has(of: Checked, expected: list[str]) -> None:
    for text in expected:
        assert text in of.texts()


def _text_lacks(of: Checked, expected: list[str]) -> None:
    for text in expected:
        assert text not in of.texts()


def _text_once(of: Checked, expected: str) -> None:
    assert of.texts().count(expected) == 1


def _order(of: Checked, expected: dict[str, list[str]]) -> None:
    for number, texts in expected.items():
        places = [of.text(number).index(text) for text in texts]
        assert places == sorted(places)


def _flowed_text(of: Checked, expected: dict[str, str]) -> None:
    for number, text in expected.items():
        delsp = str(part_of(of.after, number).get_param("delsp")).lower() == "yes"
        paragraphs = plain_reader.read(of.text(number), flowed=True, delsp=delsp)
        assert "\n".join(paragraph.text for paragraph in paragraphs) == text


def _decoded_octets(of: Checked, expected: dict[str, str]) -> None:
    for number, text in expected.items():
        assert octets_of(of.after, number) == text.encode()


def _html(of: Checked, expected: dict[str, str]) -> None:
    for number, html in expected.items():
        assert tree_of(of.text(number)) == tree_of(html)


def _blank_equal_html(of: Checked, expected: dict[str, str]) -> None:
    for number, html in expected.items():
        assert _folded(tree_of(of.text(number))) == _folded(tree_of(html))


def _visible(of: Checked, expected: dict[str, str]) -> None:
    for number, text in expected.items():
        assert shown(of.text(number)) == text


def _visible_has(of: Checked, expected: dict[str, list[str]]) -> None:
    for number, texts in expected.items():
        for text in texts:
            assert text in shown(of.text(number))


def _chain(of: Checked, expected: dict[str, dict[str, list[str]]]) -> None:
    for number, chains in expected.items():
        for text, names in chains.items():
            assert _ancestors(tree_of(of.text(number)), text) == tuple(names)


def _charset(of: Checked, expected: dict[str, str]) -> None:
    for number, charset in expected.items():
        part = part_of(of.after, number)
        assert part.get_content_charset() == charset
        # A part may have moved into a wrapper: its parameters are those of the message then.
        before = part_of(of.before, number if part_of(of.before, "").is_multipart() else "")
        for name, value in before.get_params(failobj=[])[1:]:
            if name.lower() != "charset":
                assert part.get_param(name) == value


def _encoding(of: Checked, expected: dict[str, str]) -> None:
    for number, encoding in expected.items():
        assert str(part_of(of.after, number).get("Content-Transfer-Encoding")).strip().lower() == encoding


def _types(of: Checked, expected: dict[str, str]) -> None:
    for number, media_type in expected.items():
        assert part_of(of.after, number).get_content_type() == media_type


def _keeps(of: Checked, expected: list[str]) -> None:
    for text in expected:
        assert of.as_octets(text) in of.before, "the case expects what it does not hold"
        assert of.as_octets(text) in of.after


def _octets_kept(of: Checked, expected: bool) -> None:
    assert expected
    before, after = octets_of(of.before, ""), octets_of(of.after, "")
    start = before.index(b"{EMAILSIGNATURE}")
    assert after.startswith(before[:start])
    assert after.endswith(before[start + len(b"{EMAILSIGNATURE}") :])
    assert len(after) > start


def _ascii_only(of: Checked, expected: bool) -> None:
    assert of.after.isascii() is expected


def _inserted_ascii(of: Checked, expected: bool) -> None:
    assert all(edit.replacement.isascii() for edit in of.report.edits) is expected
    assert any(edit.why != "handled-field" for edit in of.report.edits)


def _longest_line(of: Checked, expected: int) -> None:
    body = of.after.partition(b"\r\n\r\n")[2] if b"\r\n\r\n" in of.after else of.after.partition(b"\n\n")[2]
    assert max(len(line) for line in re.split(rb"\r?\n", body)) <= expected


def _line_width(of: Checked, expected: int) -> None:
    lines = re.split(rb"\r?\n\r?\n", of.after, maxsplit=1)[1].split()
    assert {len(line) for line in lines[:-1]} == {expected}
    assert len(lines[-1]) <= expected


def _no_blank_at_line_end(of: Checked, expected: bool) -> None:
    body = re.split(rb"\r?\n\r?\n", of.after, maxsplit=1)[1]
    assert (re.search(rb"[ \t](?:\r?\n|\Z)", body) is None) is expected


def _final_line_ending(of: Checked, expected: bool) -> None:
    assert of.after.endswith(b"\n") is expected


def _has_field(of: Checked, expected: list[str]) -> None:
    fields = email.message_from_bytes(of.after)
    for name in expected:
        assert len(fields.get_all(name, [])) == 1, name


def _images(of: Checked, expected: int) -> None:
    message = email.message_from_bytes(of.after)
    added = [
        part
        for part in message.walk()
        if part.get_content_maintype() == "image" and part.get_payload(decode=True) == b"\x89PNG\r\n\x1a\n"
    ]
    assert len(added) == expected
    texts = of.texts()
    for part in added:
        assert part.get_content_disposition() == "inline"
        content_id = str(part["Content-ID"]).strip("<>")
        assert f"cid:{content_id}" in texts
    identifiers = [str(part["Content-ID"]) for part in message.walk() if part["Content-ID"]]
    assert len(identifiers) == len(set(identifiers))


def _broken_seals(of: Checked, expected: int) -> None:
    assert len(of.report.broken_seals) == expected


CHECKS: dict[str, Callable[[Checked, Any], None]] = {
    "outcome": _outcome,
    "left": _left,
    "edits": _edits,
    "output": _output,
    "output_pattern": _output_pattern,
    "output_lacks": _output_lacks,
    "parts": _parts,
    "named": _named,
    "text": _text,
    "text_ends": _text_ends,
    "text_has": _text_has,
    "text_lacks": _text_lacks,
    "text_once": _text_once,
    "order": _order,
    "flowed_text": _flowed_text,
    "decoded_octets": _decoded_octets,
    "html": _html,
    "blank_equal_html": _blank_equal_html,
    "visible": _visible,
    "visible_has": _visible_has,
    "chain": _chain,
    "charset": _charset,
    "encoding": _encoding,
    "types": _types,
    "keeps": _keeps,
    "octets_kept": _octets_kept,
    "ascii_only": _ascii_only,
    "inserted_ascii": _inserted_ascii,
    "longest_line": _longest_line,
    "line_width": _line_width,
    "no_blank_at_line_end": _no_blank_at_line_end,
    "final_line_ending": _final_line_ending,
    "has_field": _has_field,
    "images": _images,
    "broken_seals": _broken_seals,
}


def check_expectations(case: Case, message: bytes, result: Result) -> None:
    """Check what the case says of the result."""
    checked = Checked(case, message, result)
    for key, expected in case.expect.items():
        if key != "codec":
            CHECKS[key](checked, expected)
    if result.report.outcome not in WRITTEN:
        _check_untouched(case, message, result)


def _check_untouched(case: Case, message: bytes, result: Result) -> None:
    """Check that a message that gets no signature is the input plus the handled field (contract 2.4)."""
    if result.report.outcome is Outcome.ALREADY_HANDLED:
        assert result.message == message
    elif not {"output", "output_pattern"} & set(case.expect):
        ending = re.search(rb"\r?\n|\Z", message)
        assert ending is not None
        field = f"{case.options.handled_header}: {case.options.handled_value}".encode()
        assert result.message == field + (ending[0] or b"\r\n") + message
