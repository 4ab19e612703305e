"""The mark of an appended signature: one ``div`` whose id and class say that it is xinksig's.

Word keeps the id of a ``div`` and drops unknown classes and ``data-`` attributes; Gmail, Thunderbird and
Apple Mail keep both. Clients that quote (Outlook on the web, Gmail, Yahoo) put a prefix before both,
``x_xinksig``: a marked element without one is new text.
"""

MARK = "xinksig"
"""The id and the class of the wrapper element."""

OPENING = f'<div id="{MARK}" class="{MARK}">'
CLOSING = "</div>"


def marked(html: str) -> str:
    """Return the fragment inside the wrapper element that shows it was appended."""
    return f"{OPENING}{html}{CLOSING}"
