"""Is an element still open further on? Answered from its start tag on, without what is around it."""

from xinksig.text.html.scanner import END, START, SUBTREES, UNSURE, Span, names, spans, subtree

VOID = names(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr"
)
"""Elements without content."""
TABLE_RANKS = {
    **dict.fromkeys(("caption", "colgroup", "tbody", "tfoot", "thead"), 1),
    "tr": 2,
    "td": 3,
    "th": 3,
}
"""Of the parts of a table: a start tag closes the open parts of its own rank and of higher ones."""

_FORMATTING = names("a b big code em font i nobr s small strike strong tt u")
_SPECIAL = names(
    "address applet article aside blockquote body button caption center colgroup dd details dir div dl dt"
    " fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup html iframe li"
    " listing main marquee menu nav noembed noframes noscript object ol p plaintext pre script search section"
    " select style summary table tbody td template textarea tfoot th thead title tr ul xmp"
)
_HEADINGS = names("h1 h2 h3 h4 h5 h6")
_CLOSES_P = names(
    "address article aside blockquote center details dialog dir div dl dd dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p plaintext pre search"
    " section summary ul xmp"
)
_BARRIERS = names("applet caption html marquee object table td template th")
"""Elements out of which an end tag does not reach."""
_IGNORED = names("body frameset head html")
_DEEPEST = 256


class Tracker:
    """Follows an element from its start tag on, as an HTML5 parser would close it."""

    def __init__(self, html: str, tag: Span, *, in_table: bool) -> None:
        self.tag = tag
        self.sure = True
        """``False`` once what is around the element decides whether it is still open."""
        self._html = html
        self._in_table = in_table
        self._at = tag.stop
        self._open = [tag.name]

    def is_open(self, offset: int) -> bool:
        """Return whether the element is open at ``offset``, which must be in the data state and ascend.

        Takes an element that it is not sure of to be open.
        """
        while self._open and self.sure and self._at < offset:
            for span in spans(self._html, self._at, offset):
                self._at = span.stop
                if span.kind == START:
                    if span.name in SUBTREES:
                        held = subtree(self._html, span)
                        self.sure = held.kind != UNSURE
                        self._at = held.stop
                        break
                    self._start(span.name)
                elif span.kind == END:
                    self._end(span.name)
                if not self._open or not self.sure:
                    break
        return bool(self._open)

    @property
    def inner(self) -> list[str]:
        """The names of the open elements, the tracked one first."""
        return self._open

    def _start(self, name: str) -> None:
        if name in _CLOSES_P:
            self._close_p()
        if not self._open or name in VOID or name in _IGNORED:
            return
        if name in TABLE_RANKS:
            if not self._make_room(name):
                return
        elif name in ("li", "dd", "dt"):
            self._close_item(("li",) if name == "li" else ("dd", "dt"))
        elif name in _HEADINGS and self._open[-1] in _HEADINGS:
            self._open.pop()
        elif name == "button" and name in self._open:
            del self._open[self._open.index(name) :]
        elif name in ("a", "nobr") and name in self._open:
            self._end(name)
        if self._open:
            self._open.append(name)
            self.sure = self.sure and len(self._open) <= _DEEPEST

    def _close_p(self) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index] in _BARRIERS or self._open[index] == "button":
                return
            if self._open[index] == "p":
                del self._open[index:]
                return

    def _close_item(self, items: tuple[str, ...]) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            name = self._open[index]
            if name in items:
                del self._open[index:]
                return
            if name in _SPECIAL and name not in ("address", "div", "p"):
                return

    def _make_room(self, name: str) -> bool:
        """Close the parts of the table that a part of this name ends; ``False`` if it is ignored itself."""
        within = max((index for index, known in enumerate(self._open) if known == "table"), default=-1)
        rank = TABLE_RANKS[name]
        for index in range(within + 1, len(self._open)):
            if TABLE_RANKS.get(self._open[index], 0) >= rank:
                del self._open[index:]
                return True
        if within < 0 and self._in_table:
            # A cell around the element ends here, unless its own part of the table goes on.
            if self._open[0] not in TABLE_RANKS:
                self._open.clear()
            return True
        return within >= 0

    def _end(self, name: str) -> None:
        if name in _IGNORED:
            return
        if name not in self._open:
            self._foreign_end(name)
            return
        formatting = name in _FORMATTING
        for index in range(len(self._open) - 1, -1, -1):
            known = self._open[index]
            if known == name:
                above = self._open[index + 1 :]
                if formatting and not _SPECIAL.isdisjoint(above):
                    del self._open[index]
                else:
                    del self._open[index:]
                return
            if name in _SPECIAL:
                if known in _BARRIERS and (name not in TABLE_RANKS or known == "table") and name != "table":
                    return
            elif known in _SPECIAL and not formatting:
                return

    def _foreign_end(self, name: str) -> None:
        """Take in an end tag of an element outside the tracked one, if it is one at all."""
        base = self._open[0]
        if name in TABLE_RANKS or name == "table":
            if self._in_table and "table" not in self._open:
                self._open.clear()
        elif name in VOID or not _BARRIERS.isdisjoint(self._open):
            return
        elif name in _SPECIAL or base not in _SPECIAL:
            self.sure = False
