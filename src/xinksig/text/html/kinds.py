"""What a parser does at the tag of an element, as one number for each name."""

from xinksig.text.html.names import CLOSES_P, FORMATTING, HEADINGS, RAW, VOID
from xinksig.text.html.scanner import names

VOID_TAG = 1
FORMATTING_TAG = 2
BLOCK_TAG = 3
ITEM_TAG = 4
HEADING_TAG = 5
TABLE_TAG = 6
PART_TAG = 7
RAW_TAG = 8
"""Its content is no markup."""
SUBTREE_TAG = 9
"""It is passed as a whole."""
BARRIER_TAG = 10
IGNORED_TAG = 11
FORM_TAG = 12
BUTTON_TAG = 13
HARD_TAG = 14
"""Only a full parser knows, or parsers do not agree."""

PARTS = names("caption col colgroup tbody tfoot thead tr td th")
KINDS = {
    **dict.fromkeys(CLOSES_P | {"dialog", "search"}, BLOCK_TAG),
    **dict.fromkeys(VOID, VOID_TAG),
    **dict.fromkeys(FORMATTING, FORMATTING_TAG),
    **dict.fromkeys(HEADINGS, HEADING_TAG),
    **dict.fromkeys(RAW - {"plaintext"}, RAW_TAG),
    **dict.fromkeys(("li", "dd", "dt"), ITEM_TAG),
    **dict.fromkeys(PARTS, PART_TAG),
    **dict.fromkeys(("svg", "math", "select"), SUBTREE_TAG),
    **dict.fromkeys(("applet", "marquee", "object", "template"), BARRIER_TAG),
    **dict.fromkeys(("html", "head", "body", "frame"), IGNORED_TAG),
    **dict.fromkeys(
        names("rt rp rb rtc option optgroup plaintext frameset isindex command menuitem"), HARD_TAG
    ),
    "table": TABLE_TAG,
    "form": FORM_TAG,
    "button": BUTTON_TAG,
}
BLOCK_KINDS = (BLOCK_TAG, HEADING_TAG, ITEM_TAG, BUTTON_TAG)
ENDS_BY_ITSELF = PARTS | names("p li dd dt")
"""Elements whose end tag may be left out."""
IN_HEAD = names("base basefont bgsound link meta")
"""Elements without content that stay in the head."""
RAW_IN_HEAD = names("style script title noframes")
"""Others that do."""
