"""The public names are exactly these, and they are called as the contract says."""

import inspect
from pathlib import Path

import pytest

import xinksig

NAMES = {
    "AmbiguousError",
    "AsyncRewriting",
    "AsyncSignatureSource",
    "Buffer",
    "CharsetError",
    "Edit",
    "Envelope",
    "FieldChange",
    "Headers",
    "InlineImage",
    "Kind",
    "LimitError",
    "Limits",
    "MalformedError",
    "Match",
    "MessageError",
    "Options",
    "Outcome",
    "PartReport",
    "Report",
    "Result",
    "Rewriter",
    "Rewriting",
    "Signature",
    "SignatureRequest",
    "SignatureSource",
    "SourceError",
    "TransferError",
    "Trigger",
    "UsageError",
    "XinksigError",
    "rewrite",
    "rewrite_aiter",
    "rewrite_iter",
}


def test_public_names_are_exactly_these() -> None:
    assert set(xinksig.__all__) - {"__version__"} == NAMES


def test_nothing_else_is_listed() -> None:
    assert set(dir(xinksig)) - {"__version__"} == NAMES


def test_every_public_name_is_loaded_when_it_is_used() -> None:
    assert all(getattr(xinksig, name) is not None for name in NAMES)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = xinksig.nothing


def test_package_is_typed() -> None:
    assert (Path(xinksig.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize("name", ["rewrite", "rewrite_iter", "rewrite_aiter"])
def test_functions_are_called_as_the_contract_says(name: str) -> None:
    parameters = list(inspect.signature(getattr(xinksig, name)).parameters.values())
    kinds = [parameter.kind for parameter in parameters]
    assert kinds == [
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    ]
    assert [parameter.name for parameter in parameters[2:]] == ["options", "envelope"]
    assert [parameter.default for parameter in parameters[2:]] == [None, None]


def test_rewriter_has_the_members_of_the_contract() -> None:
    rewriter = xinksig.Rewriter()
    for name in ("feed", "close", "provide", "give_up"):
        assert callable(getattr(rewriter, name))
    assert rewriter.wanted is None
    assert rewriter.headers is None
    assert rewriter.done is False
    with pytest.raises(xinksig.UsageError):
        _ = rewriter.report


@pytest.mark.parametrize(
    "name", ["Options", "Limits", "Report", "PartReport", "Match", "Edit", "FieldChange"]
)
def test_values_are_keyword_only_and_frozen(name: str) -> None:
    kind = getattr(xinksig, name)
    parameters = inspect.signature(kind).parameters.values()
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    assert kind.__dataclass_params__.frozen
