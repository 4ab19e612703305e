"""Names of elements, sorted by what an HTML5 parser does at them (WHATWG HTML 13.2.4 and 13.2.6)."""

from xinksig.text.html.scanner import names

VOID = names(
    "area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr"
)
"""Elements without content, and ``image``, which is read as ``img``."""

FORMATTING = names("a b big code em font i nobr s small strike strong tt u")
"""Elements that a parser opens again behind the block in which they were left open."""

HEADINGS = names("h1 h2 h3 h4 h5 h6")

CLOSES_P = HEADINGS | names(
    "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form header hgroup hr li listing main menu nav ol p plaintext pre search section summary ul xmp"
)
"""Start tags that close an open ``p``."""

TABLE_PARTS = names("table tbody thead tfoot tr colgroup")
"""Elements of a table that hold no text: a parser moves it out."""

ROW_GROUPS = names("tbody thead tfoot")

CELLS = names("td th caption")

BARRIERS = CELLS | names("applet marquee object template")
"""Elements out of which no end tag and no formatting reaches."""

BLOCKS = (CLOSES_P - {"p", "hr", "plaintext", "xmp"}) | BARRIERS | TABLE_PARTS | names("body button html")
"""Where the way up from a placeholder ends: inline elements and ``p`` on it are closed and opened again.

No ``p`` is open around one of them in such a way that a block inside would close it.
"""

SPECIAL = BLOCKS | names(
    "area base basefont bgsound br col embed frame frameset head hr iframe img input keygen link meta noembed"
    " noframes noscript p param plaintext script select source style textarea title track wbr xmp"
)
"""Elements that an end tag of another name does not close in passing."""

DISPUTED = names("details dialog figcaption hgroup main search summary")
"""Elements that parsers of different age do not agree about."""

RAW = names("iframe noembed noframes plaintext script style textarea title xmp")
"""Elements whose content is no markup."""

UNSURE = names("select option optgroup svg math frameset plaintext template")
"""Elements in which parsers differ."""

VISIBLE = (
    (BLOCKS - CELLS - TABLE_PARTS - {"p", "div", "body", "html"})
    | {"table"}
    | (VOID - {"wbr", "col", "frame"})
    | RAW
    | (UNSURE - {"frameset"})
    | names("audio canvas meter progress video")
)
"""Elements of which a reader may see something though they hold no text; parts of a table stand in one."""
