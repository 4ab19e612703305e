"""Every message of the hand-written corpus: as it is, with LF and with CRLF; whole, by octets and split.

``corpus/<group>/<fault>.toml`` says what is expected of ``<fault>.eml``, and why: ``why`` begins with the
number of the guarantee.
"""

from collections import Counter
from pathlib import Path

import pytest

from corpus_support import (
    FOLDER,
    Case,
    cases,
    check_expectations,
    check_laws,
    check_second_pass,
    check_strict,
    fed,
    feedings,
    rewritten,
)

CASES = cases()
FORMS = [(case, form) for case in CASES for form in case.forms()]
FEWEST = {
    "header": 45,
    "handled": 25,
    "mime": 55,
    "transfer": 45,
    "charset": 70,
    "text": 45,
    "html": 75,
    "quoted": 20,
    "policy": 65,
    "clients": 20,
}
each = pytest.mark.parametrize(("case", "form"), FORMS, ids=[f"{case.name}-{form}" for case, form in FORMS])


def test_no_group_has_lost_cases() -> None:
    found = Counter(case.name.partition("/")[0] for case in CASES)
    assert set(found) == set(FEWEST)
    for group, least in FEWEST.items():
        assert found[group] >= least, group


def test_every_message_has_its_expectations() -> None:
    assert {case.name for case in CASES} == {
        str(path.relative_to(path.parents[1]).with_suffix("")) for path in sorted(_messages())
    }


def _messages() -> list[Path]:
    return list(FOLDER.glob("*/*.eml"))


@each
def test_message_of_the_corpus(case: Case, form: str) -> None:
    message = case.forms()[form]
    result = rewritten(case, message)
    check_expectations(case, message, result)
    check_laws(message, result, case.options)
    check_second_pass(result, case.options)
    check_strict(case, message, result)
    for chunks in feedings(message, 4, case.name):
        assert fed(case, chunks) == result


@pytest.mark.deep
@each
def test_message_of_the_corpus_split_everywhere(case: Case, form: str) -> None:
    message = case.forms()[form]
    result = rewritten(case, message)
    for chunks in feedings(message, 512, case.name):
        assert fed(case, chunks) == result
