"""Options, limits, images and envelopes refuse what cannot work; reports apply and turn into JSON."""

import dataclasses
import json
import pickle
from typing import Any

import pytest

from xinksig import (
    Edit,
    Envelope,
    InlineImage,
    Kind,
    Limits,
    Options,
    Outcome,
    Report,
    Signature,
    UsageError,
    XinksigError,
    rewrite,
)
from xinksig.model import OUTCOME_RANK


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"placeholder": ""}, "placeholder is empty"),
        ({"placeholder": ()}, "placeholder is empty"),
        ({"placeholder": ("{A}", "")}, "placeholder is empty"),
        ({"placeholder": "{" + "x" * 200 + "}"}, "longer than 200"),
        ({"placeholder": "{A\nB}"}, "line break"),
        ({"placeholder": "{A\r\nB}"}, "line break"),
        ({"placeholder": "{A}\n"}, "line break"),
        ({"placeholder": "{A\u2028B}"}, "line break"),
        ({"placeholder": " {A}"}, "begins or ends with a blank"),
        ({"placeholder": "{A}\u00a0"}, "begins or ends with a blank"),
        ({"placeholder": "\t{A}"}, "begins or ends with a blank"),
        ({"placeholder": "{A\u200bB}"}, "U+200B"),
        ({"placeholder": "{A\u00adB\ufeff}"}, "U+00AD, U+FEFF"),
        ({"placeholder": ("{A}", 7)}, "must be a string or a tuple of strings"),
        ({"opt_out": ""}, "opt_out is empty"),
        ({"opt_out": " no"}, "begins or ends with a blank"),
        ({"scope": "all"}, "'newest', 'anywhere'"),
        ({"matches": "last"}, "'all', 'first'"),
        ({"unassigned": "keep"}, "'remove', 'leave'"),
        ({"on_failure": "ignore"}, "'raise', 'pass'"),
        ({"no_placeholder": "prepend"}, "'leave', 'append'"),
        ({"domains": ("",)}, "Options.domains contains an empty string"),
        ({"domains": ("a.org", " ")}, "Options.domains contains an empty string"),
        ({"drop_dkim": [b"a.org"]}, "Options.drop_dkim must be a string or a tuple of strings"),
        ({"more_device_lines": ("",)}, "Options.more_device_lines contains an empty string"),
        ({"more_separators": ("",)}, "Options.more_separators contains an empty string"),
        ({"remove_fields": ("",)}, "Options.remove_fields contains an empty string"),
        ({"remove_fields": ("X Secret",)}, "'X Secret' is no field name"),
        ({"remove_fields": ("X:",)}, "is no field name"),
        ({"handled_header": ""}, "is no field name"),
        ({"handled_header": "X-H\u00e4"}, "is no field name"),
        ({"handled_header": "X\r\nBcc"}, "is no field name"),
        ({"handled_header": "X" * 201}, "at most 200"),
        ({"handled_value": ""}, "printable ASCII"),
        ({"handled_value": " yes"}, "printable ASCII"),
        ({"handled_value": "yes\r\nBcc: x"}, "printable ASCII"),
        ({"handled_value": "yes\n"}, "printable ASCII"),
        ({"handled_value": "\u00e4"}, "printable ASCII"),
        ({"handled_value": "y" * 201}, "at most 200"),
        ({"remove_fields": ("x-xink-handled",)}, "cannot be in remove_fields"),
        ({"limits": {"parts": 1}}, "must be a Limits object, not dict"),
    ],
)
def test_wrong_option_says_what_is_wrong(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Options(**wrong)
    assert text in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, XinksigError)


def test_options_are_taken_in_all_their_forms() -> None:
    options = Options(
        placeholder=("{A}", "[B C]"),
        domains=["@Example.ORG.", " b.org"],  # type: ignore[arg-type]
        drop_dkim="Example.org",  # type: ignore[arg-type]
        remove_fields=["X-Secret"],  # type: ignore[arg-type]
        handled_value="a b~",
        handled_header="!#$%&'*+-./09;<=>?@AZ[\\]^_`az{|}~",
    )
    assert options.placeholders == ("{A}", "[B C]")
    assert options.domains == ("example.org", "b.org")
    assert options.drop_dkim == ("example.org",)
    assert options.remove_fields == ("X-Secret",)
    assert Options(placeholder="{X}").placeholders == ("{X}",)
    assert Options() == Options()
    assert hash(Options()) == hash(Options())


def test_defaults_are_those_of_the_contract() -> None:
    options = Options()
    assert dataclasses.asdict(options) == {
        "placeholder": "{EMAILSIGNATURE}",
        "ignore_case": True,
        "scope": "newest",
        "matches": "all",
        "unassigned": "remove",
        "on_failure": "raise",
        "no_placeholder": "leave",
        "device_lines": False,
        "more_device_lines": (),
        "more_separators": (),
        "opt_out": None,
        "domains": (),
        "upgrade_plain": False,
        "handled_header": "X-Xink-Handled",
        "handled_value": "Yes",
        "remove_fields": (),
        "drop_dkim": (),
        "strict": False,
        "limits": {
            "header_size": 2**20,
            "part_header_size": 2**18,
            "depth": 100,
            "parts": 10_000,
            "text_size": 2**23,
            "matches": 16,
            "growth": 2**23,
        },
    }


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, 1.5, "7", None, True])
def test_limit_must_be_a_whole_number_above_zero(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"Limits.{name} must be a whole number above 0"):
        Limits(**{name: value})


def test_values_are_frozen_and_keyword_only() -> None:
    for value, name in ((Options(), "scope"), (Limits(), "parts"), (Envelope(), "sender")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, "x")
    kinds: tuple[Any, ...] = (Options, Limits, Edit)
    for kind in kinds:
        with pytest.raises(TypeError):
            kind("x")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a\n", '"', "<x>", "a" * 129])
def test_image_name_must_fit_into_a_content_id(name: str) -> None:
    with pytest.raises(UsageError, match="must be 1 to 128"):
        InlineImage(name, b"x", "image/png")


@pytest.mark.parametrize(
    "kind", ["", "png", "text/html", "image/", "image/a b", "image/png\r\nX: y", "IMAGE"]
)
def test_image_must_be_of_an_image_type(kind: str) -> None:
    with pytest.raises(UsageError, match="must be image/"):
        InlineImage("logo", b"x", kind)


def test_image_does_not_print_its_octets() -> None:
    assert "secret" not in repr(InlineImage("logo", b"secret" * 99, "image/png"))


def test_envelope_takes_one_recipient_or_several() -> None:
    assert Envelope("a@b", "c@d").recipients == ("c@d",)  # type: ignore[arg-type]
    assert Envelope("a@b", ["c@d", "e@f"]).recipients == ("c@d", "e@f")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="recipients must be a string or a tuple of strings"):
        Envelope("a@b", [b"c@d"])  # type: ignore[arg-type]


def test_outcomes_are_ranked_in_the_order_of_the_contract() -> None:
    names = [
        "ALREADY_HANDLED",
        "INTERNAL_ERROR",
        "SOURCE_FAILED",
        "PARTLY_REPLACED",
        "REPLACED",
        "APPENDED",
        "UNASSIGNED",
        "OPTED_OUT",
        "AMBIGUOUS",
        "MALFORMED",
        "LIMIT",
        "UNSUPPORTED_CHARSET",
        "UNSUPPORTED_ENCODING",
        "UNENCODABLE",
        "UNCERTAIN",
        "CRYPTO_SIGNED",
        "ENCRYPTED",
        "INLINE_PGP",
        "RIGHTS_MANAGED",
        "CALENDAR",
        "TNEF",
        "DELIVERY_REPORT",
        "AUTOMATIC",
        "SYSTEM",
        "PATCH",
        "FOREIGN_SENDER",
        "ALREADY_SIGNED",
        "QUOTED_ONLY",
        "NO_PLACEHOLDER",
        "ATTACHMENT",
        "ATTACHED_MESSAGE",
    ]
    assert [outcome.name for outcome in sorted(Outcome, key=OUTCOME_RANK.__getitem__)] == names
    assert all(outcome.value == outcome.name.lower().replace("_", "-") for outcome in Outcome)


REPORT = Report(
    outcome=Outcome.REPLACED,
    reason="x",
    size_in=5,
    size_out=8,
    edits=(
        Edit(start=0, stop=0, replacement=b"AB", why="a"),
        Edit(start=1, stop=3, replacement=b"xyz", why="b"),
    ),
)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_report_applies_its_edits(kind: Any) -> None:
    assert REPORT.apply(kind(b"01234")) == b"AB0xyz34"


def test_report_applies_to_a_view_of_other_items() -> None:
    report = dataclasses.replace(REPORT, size_in=8, edits=())
    assert report.apply(memoryview(b"01234567").cast("I")) == b"01234567"


@pytest.mark.parametrize("message", [b"", b"0123", b"012345"])
def test_report_of_another_message_is_not_applied(message: bytes) -> None:
    with pytest.raises(UsageError, match=f"has {len(message)} octets, the report is about one of 5"):
        REPORT.apply(message)


MESSAGE = (
    b"From: jane@example.com\r\nMessage-ID: <1@x>\r\nX-Xink-Handled: maybe\r\nX-Secret: s3cret\r\n"
    b"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\n\r\nHi {EMAILSIGNATURE}\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>{EMAILSIGNATURE}</p>\r\n--b--\r\n"
)
OPTIONS = Options(remove_fields=("X-Secret",))
SIGNATURE = Signature(html="<b>J\u00e4ne</b>", text="J\u00e4ne", id="jane")


def test_dictionary_is_json_without_addresses_and_replacements() -> None:
    report = rewrite(MESSAGE, SIGNATURE, OPTIONS).report
    result = json.loads(json.dumps(report.to_dict()))
    assert set(result) == {field.name for field in dataclasses.fields(Report)}
    assert result["outcome"] == "replaced"
    assert result["kind"] == "new"
    assert result["signatures"] == ["jane"]
    assert [part["number"] for part in result["parts"]] == ["1", "2"]
    assert result["parts"][0]["matches"][0]["written"] == "{EMAILSIGNATURE}"
    assert all(set(edit) == {"start", "stop", "why", "size"} for edit in result["edits"])
    assert all("value" not in change for change in result["field_changes"])
    text = json.dumps(result)
    for secret in ("jane@example.com", "s3cret", "<b>", "J\\u00e4ne", "Yes"):
        assert secret not in text


def test_full_dictionary_holds_all_that_the_report_does() -> None:
    report = rewrite(MESSAGE, SIGNATURE, OPTIONS).report
    result = json.loads(json.dumps(report.to_dict(full=True)))
    rebuilt = tuple(
        Edit(
            start=edit["start"],
            stop=edit["stop"],
            replacement=edit["replacement"].encode("latin-1"),
            why=edit["why"],
        )
        for edit in result["edits"]
    )
    assert rebuilt == report.edits
    assert [edit["size"] for edit in result["edits"]] == [len(edit.replacement) for edit in rebuilt]
    assert {change["value"] for change in result["field_changes"]} >= {"Yes"}


def test_lazy_report_is_made_once_and_when_it_is_read() -> None:
    made = []

    def make() -> Report:
        made.append(1)
        return REPORT

    report = Report.lazy(make)
    assert made == []
    assert report.kind is Kind.NEW
    assert report.edits == REPORT.edits
    assert report == REPORT
    assert made == [1]
    assert Report.lazy(lambda: REPORT).to_dict() == REPORT.to_dict()
    assert dataclasses.replace(Report.lazy(lambda: REPORT), left=3).left == 3
    assert repr(Report.lazy(lambda: REPORT)) == repr(REPORT)
    with pytest.raises(AttributeError):
        _ = report.nothing


def test_report_can_be_sent_to_another_process() -> None:
    report = rewrite(MESSAGE, SIGNATURE, OPTIONS).report
    assert pickle.loads(pickle.dumps(report)) == rewrite(MESSAGE, SIGNATURE, OPTIONS).report
    unread = rewrite(MESSAGE, SIGNATURE, OPTIONS).report
    assert pickle.loads(pickle.dumps(unread)) == report
