"""The errors: what they say, and that they survive a way to another process."""

import pickle

import pytest

from xinksig import AmbiguousError, Envelope, InlineImage, MessageError, Signature, UsageError, XinksigError


def test_message_error_names_part_and_offset_once() -> None:
    error = AmbiguousError("two readings", offset=5, part="1.2", held=b"rest")
    assert str(error) == "two readings (part 1.2, offset 5)"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is AmbiguousError
    assert (str(again), again.offset, again.part, again.held) == (str(error), 5, "1.2", b"rest")


def test_message_itself_has_no_part_number() -> None:
    assert str(MessageError("broken", offset=7)) == "broken (offset 7)"


def test_usage_error_is_a_value_error() -> None:
    assert issubclass(UsageError, ValueError)
    assert issubclass(UsageError, XinksigError)


@pytest.mark.parametrize("sender", [5, "a@b\r\nX: y"])
def test_envelope_takes_an_address_on_one_line(sender: str) -> None:
    with pytest.raises(UsageError, match=r"Envelope\.sender"):
        Envelope(sender)


def test_images_must_be_images() -> None:
    with pytest.raises(UsageError, match="images"):
        Signature(html="x", images=5)  # type: ignore[arg-type]
    assert Signature(html="x", images=(InlineImage("a", b"x", "image/png"),)).images[0].name == "a"
