"""What is left alone and why (contract 4), as an administrator reads it in the report."""

import pytest

from xinksig import Envelope, Options, Outcome, Report, Signature, rewrite

SIGNATURE = Signature(html="<p>Jane Roe</p>", text="Jane Roe", id="jane")
APPEND = Options(no_placeholder="append", device_lines=True, upgrade_plain=True)
MARK = b"X-Xink-Handled: Yes\r\n"
FIELDS = b"From: Jane Roe <jane@example.com>\r\nTo: joe@example.net\r\nSubject: Figures\r\n"


def message(*fields: bytes, body: bytes = b"Hello {EMAILSIGNATURE}\r\n") -> bytes:
    """Return a message with these fields beside the usual ones."""
    return FIELDS + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def multipart(subtype: bytes, *parts: bytes, boundary: bytes = b"b1") -> bytes:
    """Return the Content-Type field, an empty line and the body parts of a multipart."""
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (subtype, boundary)
    return (
        head + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--%s--" % boundary
    )


TEXT = b"Content-Type: text/plain\r\n\r\nHello {EMAILSIGNATURE}"
HTML = b"Content-Type: text/html\r\n\r\n<p>Hello {EMAILSIGNATURE}</p>"
IMAGE = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="


def whole(entity: bytes) -> bytes:
    return FIELDS + b"MIME-Version: 1.0\r\n" + entity + b"\r\n"


def untouched(original: bytes, options: Options | None = None, envelope: Envelope | None = None) -> Report:
    """Return the report on a message that gets the handled field and nothing else, by any options."""
    report = None
    for chosen in (options, APPEND) if options is None else (options,):
        result = rewrite(original, SIGNATURE, chosen, envelope=envelope)
        assert result.message == MARK + original
        assert result.report.signatures == ()
        report = report or result.report
    assert report is not None
    return report


# Automatic and system mail


@pytest.mark.parametrize("sender", ["", "<>", " <> "])
def test_null_envelope_sender_is_automatic(sender: str) -> None:
    report = untouched(message(), envelope=Envelope(sender))
    assert report.outcome is Outcome.AUTOMATIC
    assert report.reason == "the envelope sender is empty: it is an automatic message; left as it was"


@pytest.mark.parametrize("envelope", [None, Envelope(), Envelope("jane@example.com")])
def test_known_or_unknown_envelope_sender_is_signed(envelope: Envelope | None) -> None:
    assert rewrite(message(), SIGNATURE, envelope=envelope).report.outcome is Outcome.REPLACED


@pytest.mark.parametrize(
    "value",
    [
        b"auto-replied",
        b"auto-generated",
        b'Auto-Notified; owner-email="joe@example.net"',
        b"(out of office) auto-replied",
        b"yes",
        b"no-reply",
        b"nope",
        b"\r\n auto-replied",
    ],
)
def test_automatic_reply_is_left_alone(value: bytes) -> None:
    report = untouched(message(b"Auto-Submitted: " + value))
    assert report.outcome is Outcome.AUTOMATIC
    assert report.reason.startswith("it is an automatic message (Auto-Submitted")
    assert "@" not in report.reason


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"Auto-Replied", ": auto-replied"),
        (b'auto-notified; owner-email="joe@example.net"', ": auto-notified"),
        (b"joe@example.net", " is not no"),
    ],
)
def test_reason_names_the_keyword_and_no_address(value: bytes, said: str) -> None:
    report = untouched(message(b"Auto-Submitted: " + value))
    assert report.reason == f"it is an automatic message (Auto-Submitted{said}); left as it was"


@pytest.mark.parametrize("value", [b"no", b"No", b" no ", b"no; x=y", b"no (by hand)", b"(typed) no", b""])
def test_message_that_says_it_is_not_automatic_is_signed(value: bytes) -> None:
    result = rewrite(message(b"Auto-Submitted:" + value), SIGNATURE)
    assert result.report.outcome is Outcome.REPLACED


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (b"X-MS-Journal-Report:", "it is a journal report; left as it was"),
        (b"Subject: O365ConnectorValidation 12ab", "it is a connector test; left as it was"),
        (b"Subject: Test email for connector validation", "it is a connector test; left as it was"),
        (
            b"From: <O365ConnectorValidation@contoso.onmicrosoft.com>",
            "it is a connector test; left as it was",
        ),
    ],
)
def test_system_mail_is_left_alone(field: bytes, reason: str) -> None:
    name = field.partition(b":")[0]
    lines = [line for line in FIELDS.splitlines(keepends=True) if not line.startswith(name + b":")]
    original = b"".join(lines) + field + b"\r\n\r\nHello {EMAILSIGNATURE}\r\n"
    report = untouched(original)
    assert (report.outcome, report.reason) == (Outcome.SYSTEM, reason)


def test_mail_that_talks_about_connector_tests_is_signed() -> None:
    original = message().replace(b"Figures", b"Re: Test email for connector validation failed")
    assert rewrite(original, SIGNATURE).report.outcome is Outcome.REPLACED


# Signed, encrypted, rights-managed, TNEF, calendar, reports (features 81 to 91)

SMIME = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIB"
PROTECTED = [
    (
        multipart(b'signed; protocol="application/pkcs7-signature"; micalg=sha-256', TEXT, SMIME),
        Outcome.CRYPTO_SIGNED,
        "it is signed (multipart/signed)",
    ),
    (
        multipart(b'encrypted; protocol="application/pgp-encrypted"', b"Content-Type: a/b\r\n\r\nx", TEXT),
        Outcome.ENCRYPTED,
        "it is encrypted (multipart/encrypted)",
    ),
    (
        multipart(
            b"report; report-type=delivery-status", TEXT, b"Content-Type: message/delivery-status\r\n\r\n"
        ),
        Outcome.DELIVERY_REPORT,
        "it is a report (multipart/report)",
    ),
    (
        multipart(b"report; report-type=disposition-notification", TEXT, HTML),
        Outcome.DELIVERY_REPORT,
        "it is a report (multipart/report)",
    ),
    (
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\r\nMIIB",
        Outcome.ENCRYPTED,
        "it is signed or encrypted as a whole (S/MIME)",
    ),
    (
        b"Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\n\r\nMIIB",
        Outcome.ENCRYPTED,
        "it is signed or encrypted as a whole (S/MIME)",
    ),
    (
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\nMIIB",
        Outcome.CRYPTO_SIGNED,
        "it is signed (S/MIME)",
    ),
    (
        (
            b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQ {EMAILSIGNATURE}\r\n"
            b"-----END PGP MESSAGE-----"
        ),
        Outcome.INLINE_PGP,
        "it is signed or encrypted (inline PGP)",
    ),
    (
        (
            b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n"
            b"Hello {EMAILSIGNATURE}\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\ni\r\n-----END PGP SIGNATURE-----"
        ),
        Outcome.INLINE_PGP,
        "it is signed or encrypted (inline PGP)",
    ),
    (
        b"Sig: t=p; b=abc\r\n" + multipart(b"mixed", TEXT),
        Outcome.CRYPTO_SIGNED,
        "it is signed (Sig field)",
    ),
    (
        multipart(b"mixed", b"Sig: t=p; b=abc\r\n" + TEXT),
        Outcome.CRYPTO_SIGNED,
        "it is signed (Sig field)",
    ),
    (
        b"Content-Type: application/x-microsoft-rpmsg-message\r\n\r\nx",
        Outcome.RIGHTS_MANAGED,
        "it is rights-managed",
    ),
    (
        multipart(b"mixed", HTML, b"Content-Type: application/octet-stream; name=message.rpmsg\r\n\r\nx"),
        Outcome.RIGHTS_MANAGED,
        "it is rights-managed",
    ),
    (
        multipart(b"mixed", TEXT, b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx"),
        Outcome.TNEF,
        "it is TNEF",
    ),
    (
        multipart(
            b"mixed",
            TEXT,
            b"Content-Type: application/octet-stream\r\n"
            b"Content-Disposition: attachment; filename=WINMAIL.DAT\r\n\r\nx",
        ),
        Outcome.TNEF,
        "it is TNEF",
    ),
    (
        multipart(b"alternative", TEXT, HTML, b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN"),
        Outcome.CALENDAR,
        "it is an invitation",
    ),
    (
        multipart(b"mixed", TEXT, b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR"),
        Outcome.CALENDAR,
        "it is an invitation",
    ),
    (
        b"Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR {EMAILSIGNATURE}",
        Outcome.CALENDAR,
        "it is an invitation",
    ),
    (
        b"Content-Class: urn:content-classes:calendarmessage\r\n" + TEXT,
        Outcome.CALENDAR,
        "it is an invitation (Content-Class says so)",
    ),
    (
        b"X-MS-TNEF-Correlator: <0001@example.com>\r\n" + TEXT,
        Outcome.TNEF,
        "its text is inside TNEF (X-MS-TNEF-Correlator is set)",
    ),
]


@pytest.mark.parametrize(("entity", "outcome", "reason"), PROTECTED)
def test_protected_mail_is_left_alone(entity: bytes, outcome: Outcome, reason: str) -> None:
    report = untouched(whole(entity))
    assert report.outcome is outcome
    assert report.reason.endswith(f"{reason}; left as it was")


@pytest.mark.parametrize(
    ("entity", "outcome"),
    [case[:2] for case in PROTECTED if not case[0].startswith((b"Content-Class", b"X-MS-TNEF"))],
)
def test_protected_part_is_left_alone_at_any_depth(entity: bytes, outcome: Outcome) -> None:
    inner = multipart(b"related", entity, boundary=b"c2")
    report = untouched(whole(multipart(b"mixed", inner, boundary=b"d3")))
    assert report.outcome is outcome


def test_other_content_class_is_signed() -> None:
    report = rewrite(whole(b"Content-Class: urn:content-classes:message\r\n" + TEXT), SIGNATURE).report
    assert report.outcome is Outcome.REPLACED


def test_empty_tnef_correlator_is_signed() -> None:
    report = rewrite(whole(b"X-MS-TNEF-Correlator:\r\n" + TEXT), SIGNATURE).report
    assert report.outcome is Outcome.REPLACED


def test_text_beside_a_signed_part_is_edited() -> None:
    signed = multipart(b"signed", TEXT, SMIME, boundary=b"s")
    original = whole(multipart(b"mixed", TEXT, signed))
    result = rewrite(original, SIGNATURE)
    assert result.message == MARK + original.replace(b"{EMAILSIGNATURE}", b"Jane Roe", 1)
    assert result.report.outcome is Outcome.REPLACED
    assert [(part.number, part.outcome) for part in result.report.parts] == [
        ("1", Outcome.REPLACED),
        ("2", Outcome.CRYPTO_SIGNED),
    ]


def test_calendar_file_attached_by_hand_does_not_stop_the_signature() -> None:
    file = b"Content-Type: text/calendar\r\nContent-Disposition: attachment; filename=a.ics\r\n\r\nBEGIN"
    assert rewrite(whole(multipart(b"mixed", TEXT, file)), SIGNATURE).report.outcome is Outcome.REPLACED


def test_invitation_in_another_multipart_does_not_stop_the_signature() -> None:
    calendar = b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN"
    inner = multipart(b"alternative", TEXT, calendar, boundary=b"c2")
    report = rewrite(whole(multipart(b"mixed", TEXT, inner)), SIGNATURE).report
    assert report.outcome is Outcome.REPLACED
    assert [part.outcome for part in report.parts] == [
        Outcome.REPLACED,
        Outcome.CALENDAR,
        Outcome.CALENDAR,
    ]


@pytest.mark.parametrize("first", [True, False])
def test_text_beside_an_invitation_says_why_it_is_left(first: bool) -> None:
    calendar = b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN"
    parts = (calendar, TEXT) if first else (TEXT, calendar)
    report = untouched(whole(multipart(b"alternative", *parts)))
    (text,) = (part for part in report.parts if part.media_type == "text/plain")
    assert text.outcome is Outcome.CALENDAR
    assert text.reason == "beside it stands a part of which it is an invitation"


# Attachments and attached messages


@pytest.mark.parametrize(
    "field",
    [
        b"Content-Disposition: attachment",
        b"Content-Disposition: attachment; filename=notes.txt",
        b"Content-Disposition: inline; filename=notes.txt",
        b"Content-Disposition: inline; filename*=utf-8''n%C3%B6tes.txt",
    ],
)
def test_attached_text_is_not_edited(field: bytes) -> None:
    original = whole(multipart(b"mixed", IMAGE, field + b"\r\n" + TEXT))
    report = rewrite(original, SIGNATURE).report
    assert report.outcome is Outcome.NO_PLACEHOLDER
    assert [(part.number, part.outcome) for part in report.parts] == [("2", Outcome.ATTACHMENT)]
    assert report.left == 0


def test_text_with_a_name_in_its_content_type_is_an_attachment() -> None:
    text = b"Content-Type: text/plain; name=notes.txt\r\n\r\n{EMAILSIGNATURE}"
    report = rewrite(whole(multipart(b"mixed", text)), SIGNATURE).report
    assert [part.outcome for part in report.parts] == [Outcome.ATTACHMENT]


@pytest.mark.parametrize(
    "subtype", [b"rfc822", b"global", b"partial; id=1; number=1; total=2", b"external-body"]
)
def test_attached_message_is_not_edited(subtype: bytes) -> None:
    attached = b"Content-Type: message/" + subtype + b"\r\n\r\nSubject: x\r\n\r\n{EMAILSIGNATURE}"
    original = whole(multipart(b"mixed", TEXT, attached))
    result = rewrite(original, SIGNATURE)
    assert result.message == MARK + original.replace(b"{EMAILSIGNATURE}", b"Jane Roe", 1)
    assert [part.outcome for part in result.report.parts] == [Outcome.REPLACED, Outcome.ATTACHED_MESSAGE]


def test_message_in_a_digest_is_not_edited() -> None:
    digest = multipart(b"digest", b"\r\nSubject: x\r\n\r\n{EMAILSIGNATURE}", boundary=b"d")
    report = rewrite(whole(digest), SIGNATURE).report
    assert [part.outcome for part in report.parts] == [Outcome.ATTACHED_MESSAGE]


@pytest.mark.parametrize("subtype", [b"delivery-status", b"disposition-notification", b"feedback-report"])
def test_report_part_outside_a_report_is_named(subtype: bytes) -> None:
    part = b"Content-Type: message/" + subtype + b"\r\n\r\nFinal-Recipient: rfc822; {EMAILSIGNATURE}"
    report = untouched(whole(multipart(b"mixed", part)))
    assert report.outcome is Outcome.DELIVERY_REPORT
    assert report.reason == f"part 1: it is a report (message/{subtype.decode()}); left as it was"


@pytest.mark.parametrize("subtype", [b"x-amp-html", b"enriched", b"richtext", b"markdown"])
def test_other_text_is_named_in_the_report(subtype: bytes) -> None:
    other = b"Content-Type: text/" + subtype + b"\r\n\r\n{EMAILSIGNATURE}"
    original = whole(multipart(b"alternative", TEXT, other))
    result = rewrite(original, SIGNATURE)
    assert result.message == MARK + original.replace(b"{EMAILSIGNATURE}", b"Jane Roe", 1)
    assert result.report.parts[1].reason == f"text/{subtype.decode()} is not edited"
    assert result.report.parts[1].outcome is Outcome.NO_PLACEHOLDER


# Author domains


@pytest.mark.parametrize(
    ("domains", "outcome"),
    [
        ((), Outcome.REPLACED),
        (("example.com",), Outcome.REPLACED),
        (("@Example.COM",), Outcome.REPLACED),
        (("example.net", "example.com"), Outcome.REPLACED),
        (("example.net",), Outcome.FOREIGN_SENDER),
        (("ample.com",), Outcome.FOREIGN_SENDER),
        (("com",), Outcome.FOREIGN_SENDER),
    ],
)
def test_only_authors_of_the_own_domains_are_signed(domains: tuple[str, ...], outcome: Outcome) -> None:
    result = rewrite(message(), SIGNATURE, Options(domains=domains))
    assert result.report.outcome is outcome
    if outcome is Outcome.FOREIGN_SENDER:
        assert result.message == MARK + message()
        assert result.report.reason == "the author's domain is not one to sign for; left as it was"


def test_message_without_an_author_is_foreign_when_domains_are_given() -> None:
    original = b"Subject: x\r\n\r\n{EMAILSIGNATURE}"
    assert (
        rewrite(original, SIGNATURE, Options(domains=("example.com",))).report.outcome
        is Outcome.FOREIGN_SENDER
    )
    assert rewrite(original, SIGNATURE).report.outcome is Outcome.REPLACED


def test_sender_and_envelope_do_not_make_an_author_one_of_ours() -> None:
    original = message(b"Sender: boss@example.net")
    options = Options(domains=("example.net",))
    report = untouched(original, options, Envelope("boss@example.net"))
    assert report.outcome is Outcome.FOREIGN_SENDER


# Patches, list mail, machine mail: nothing appended, no upgrade, but placeholders replaced

MACHINE_FIELDS = [
    b"List-Id: <dev.example.org>",
    b"List-Post: <mailto:dev@example.org>",
    b"List-Unsubscribe: <https://example.org/u>",
    b"Mailing-List: contact dev-help@example.org",
    b"Precedence: bulk",
    b"Precedence: LIST",
    b"Precedence: junk",
    b"X-Mailer: git-send-email 2.43.0",
    b"User-Agent: git-send-email",
]
PATCH_SUBJECTS = [
    b"[PATCH] mm: fix it",
    b"[PATCH v3 02/17] mm: fix it",
    b"[RFC PATCH net-next] x",
    b"[RFC/PATCH] x",
    b"[linux-next patch v2] x",
    b"Re: [PATCH 1/2] mm: fix it",
    b"[GIT PULL] trees for 6.9",
]
DIFFS = [
    b"Fix.\r\n\r\ndiff --git a/x.c b/x.c\r\nindex 1..2 100644\r\n",
    b"See\r\n--- a/x.c\r\n+++ b/x.c\r\n",
    b"--- /dev/null\r\n+++ b/x.c\r\n",
    b"Index: x.c\r\n=========\r\n",
    b"@@ -1,7 +1,7 @@ int main\r\n-a\r\n+b\r\n",
]


def _patches() -> list[bytes]:
    plain = b"Thank you.\r\n"
    return [
        *(message(field, body=plain) for field in MACHINE_FIELDS),
        *(message(body=plain).replace(b"Figures", subject) for subject in PATCH_SUBJECTS),
        *(message(body=body) for body in DIFFS),
    ]


@pytest.mark.parametrize("original", _patches())
def test_nothing_is_appended_to_patches_list_and_machine_mail(original: bytes) -> None:
    report = untouched(original, Options(no_placeholder="append"))
    assert report.outcome is Outcome.PATCH
    assert report.reason == "it is a patch, list mail or machine mail: nothing is appended; left as it was"
    assert report.left == 0


@pytest.mark.parametrize(
    "original",
    [
        message(body=b"Thank you for the [PATCH].\r\n"),
        message(body=b"Thanks.\r\n").replace(b"Figures", b"Patching the roof"),
        message(body=b"Thanks.\r\n").replace(b"Figures", b"Re: dispatch [2]"),
        message(b"Precedence: normal", body=b"Thanks.\r\n"),
        message(b"X-Mailer: Apple Mail (2.3)", body=b"Thanks.\r\n"),
        message(body=b"Thanks.\r\n--- a note\r\n"),
    ],
)
def test_ordinary_mail_that_only_resembles_a_patch_is_appended_to(original: bytes) -> None:
    report = rewrite(original, SIGNATURE, Options(no_placeholder="append")).report
    assert report.outcome is Outcome.APPENDED


def test_patch_that_quotes_a_placeholder_is_a_patch() -> None:
    original = message(MACHINE_FIELDS[0], body=b"Thank you.\r\n> {EMAILSIGNATURE}\r\n")
    assert untouched(original, Options(no_placeholder="append")).outcome is Outcome.PATCH
    assert untouched(original, Options()).outcome is Outcome.QUOTED_ONLY


@pytest.mark.parametrize("original", _patches())
def test_placeholder_typed_into_a_patch_is_replaced_but_not_upgraded(original: bytes) -> None:
    head, _, body = original.partition(b"\r\n\r\n")
    original = head + b"\r\n\r\n{EMAILSIGNATURE}\r\n" + body
    result = rewrite(original, SIGNATURE, Options(upgrade_plain=True))
    assert result.message == MARK + original.replace(b"{EMAILSIGNATURE}", b"Jane Roe")


# Multiparts that cannot be read in one way


@pytest.mark.parametrize(
    ("entity", "outcome", "reason"),
    [
        (
            b"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\n",
            Outcome.MALFORMED,
            "a multipart without a boundary",
        ),
        (
            multipart(b"mixed", TEXT).replace(
                b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1
            ),
            Outcome.AMBIGUOUS,
            "a multipart has the transfer encoding 'base64'",
        ),
        (
            multipart(b"mixed", TEXT).replace(
                b"\r\n\r\n",
                b"\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                1,
            ),
            Outcome.AMBIGUOUS,
            "it has two different Content-Transfer-Encoding fields",
        ),
        (
            multipart(b"mixed", TEXT).replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain\r\n\r\n", 1),
            Outcome.AMBIGUOUS,
            "it has two different Content-Type fields",
        ),
        (
            multipart(b"mixed", b"Content-Type: text/plain\r\nno field\r\n\r\n{EMAILSIGNATURE}"),
            Outcome.AMBIGUOUS,
            "its header section has a line that is no field",
        ),
        (
            multipart(b"mixed", TEXT.replace(b"\r\n\r\n", b"\nX: y\r\n\r\n")),
            Outcome.AMBIGUOUS,
            "its header section has line endings of two kinds",
        ),
        (
            multipart(b"mixed", TEXT.replace(b"Content-Type:", b"Content-Type :")),
            Outcome.AMBIGUOUS,
            "a blank stands before the colon of a Content-* field",
        ),
    ],
)
def test_unclear_multipart_is_left_alone(entity: bytes, outcome: Outcome, reason: str) -> None:
    report = untouched(whole(entity))
    assert report.outcome is outcome
    assert reason in report.reason


def test_postmark_line_does_not_make_a_header_section_unclear() -> None:
    original = b"From jane@example.com Mon Jan  1 00:00:00 2024\r\n" + message()
    assert rewrite(original, SIGNATURE).report.outcome is Outcome.REPLACED
