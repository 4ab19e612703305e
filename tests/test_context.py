"""What holds an offset, from tags alone: judged elsewhere by html5lib; here what it must not cost."""

from xinksig.text.html.context import Context


def test_tags_that_no_end_follows_are_read_once() -> None:
    # Each of these tags could once be matched in two ways, all together in 2 to the power of 250.
    html = "<div><table><tr><td>" + "<b x=y>1</b>" * 250 + "<p>abc" * 3000
    assert Context(html).holds(len(html) - 1) is None


def test_words_that_could_hide_an_element_hide_nothing_in_text() -> None:
    html = "<p>they hid it, display: none left<p title=hidden>hidden x"
    context = Context(html)
    assert context.holds(len(html) - 1) is None
    assert context.refusal(len(html) - 1, []) == ""
    assert Context("hid").holds(2) is None
