"""Style sheets made inline: mail clients drop ``<style>``, and inside a message it would restyle the mail.

css-inline does the work (the extra ``styles``). What it cannot do is named: a rule that depends on a screen
or on the mouse has no inline form.
"""

import re

from xinksig.records import NamedTuple

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_TOKEN = re.compile(r"""\\.|[{};]|"(?:[^"\\]|\\.){0,2000}"|'(?:[^'\\]|\\.){0,2000}'""", re.DOTALL)
_DYNAMIC = re.compile(
    r"::|:(?:hover|active|focus|visited|link|before|after|first-line|first-letter|target|checked|disabled|enabled"
    r"|selection|placeholder|root)\b",
    re.IGNORECASE,
)


class Sheet(NamedTuple):
    """What a style sheet holds: whether rules that have an inline form, and those that have none."""

    plain: bool
    at_rules: tuple[str, ...]
    """Their names, ``@media``, each once."""
    dynamic: tuple[str, ...]
    """Selectors such as ``a:hover``."""


def read(css: str) -> Sheet:
    """Return what is in a style sheet; linear, never raises."""
    css = _COMMENT.sub(" ", css)
    plain = False
    at_rules: list[str] = []
    dynamic: list[str] = []
    depth, start, skipping = 0, 0, False
    for token in _TOKEN.finditer(css):
        sign = token[0]
        if sign == "{":
            if depth == 0:
                head = " ".join(css[start : token.start()].split())
                skipping = head.startswith("@")
                if skipping:
                    at_rules.append(head.partition(" ")[0].partition("(")[0].lower())
                else:
                    selectors = [selector.strip() for selector in head.split(",")]
                    dynamic += [selector for selector in selectors if _DYNAMIC.search(selector)]
                    plain = plain or any(not _DYNAMIC.search(selector) for selector in selectors)
            depth += 1
        elif sign == "}":
            depth = max(depth - 1, 0)
            start = token.end() if depth == 0 else start
        elif sign == ";" and depth == 0:
            head = css[start : token.start()].strip()
            if head.startswith("@"):
                at_rules.append(head.partition(" ")[0].lower())
            start = token.end()
    ignored = ("@charset",)
    return Sheet(
        plain,
        tuple(dict.fromkeys(name for name in at_rules if name not in ignored)),
        tuple(dict.fromkeys(dynamic)),
    )


def inline(html: str) -> tuple[str, str]:
    """Return the document with its ``style`` elements made inline, and a problem ("" if there is none).

    Nothing is loaded, whatever the document links to.
    """
    try:
        import css_inline
    except ImportError:
        return html, "its style sheet is left out: pip install 'xinksig[styles]' makes it inline"
    try:
        inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
        return inliner.inline(html), ""
    except css_inline.InlineError as error:
        return html, f"its style sheet is left out: {error}"
