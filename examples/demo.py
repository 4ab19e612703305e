"""Signs a sample message as a relay would, and shows what changed and what did not.

Usage: python examples/demo.py [MESSAGE.eml]
"""

import base64
import json
import re
import sys
from email import message_from_bytes, policy
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

import xinksig
from xinksig.folder import SignatureFolder

HERE = Path(__file__).parent
OUT = HERE.parent / "demo-out"
SAMPLE = HERE / "messages" / "iphone-bold.eml"


def texts(message: bytes) -> list[tuple[str, str]]:
    """Return media type and decoded text of every inline text part, as the standard library reads it."""
    parsed = message_from_bytes(message, policy=policy.default)
    return [
        (part.get_content_type(), str(part.get_content()).replace("\r\n", "\n").strip("\n"))
        for part in parsed.walk()
        if part.get_content_maintype() == "text" and not part.is_attachment()
    ]


def page(message: bytes) -> str:
    """Return the HTML part with its images inside, for a look in a browser; "" if there is none."""
    parsed = message_from_bytes(message, policy=policy.default)
    html = next((text for kind, text in texts(message) if kind == "text/html"), "")
    for part in parsed.walk():
        name = str(part.get("Content-ID", "")).strip().strip("<>")
        if name and part.get_content_maintype() == "image":
            octets = base64.b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{octets}")
    return html


def panel(title: str, kind: str, text: str, placeholder: str) -> Panel:
    """Return a box with a part in it: HTML as coloured source, the placeholder marked."""
    body: Text | Syntax
    if kind == "text/html":
        body = Syntax(text, "html", word_wrap=True, background_color="default", theme="ansi_light")
    else:
        body = Text(text)
        body.highlight_words([placeholder], "bold reverse", case_sensitive=False)
    return Panel(body, title=f"{title}: {kind}", title_align="left", border_style="dim")


def show(console: Console, before: bytes, result: xinksig.Result) -> None:
    """Print the parts before and after, the new field, and what the report says."""
    report = result.report
    placeholder = xinksig.Options().placeholders[0]
    for (kind, old), (_, new) in zip(texts(before), texts(result.message), strict=False):
        console.print(panel("before", kind, old, placeholder))
        console.print(panel("after", kind, new, placeholder))
    first = result.message.split(b"\n", 1)[0].strip().decode()
    console.print(Text.assemble(("handled field: ", "dim"), (first, "bold")))
    console.print(
        Text.assemble(("outcome:       ", "dim"), (f"{report.outcome}", "bold green"), f" – {report.reason}")
    )
    table = Table("octets of the input", "become", "why", box=None, padding=(0, 3, 0, 0), header_style="dim")
    for edit in report.edits:
        span = f"{edit.start:,} to {edit.stop:,}" if edit.stop > edit.start else f"at {edit.start:,}"
        table.add_row(span, f"{len(edit.replacement):,} octets", edit.why)
    console.print(table)
    touched = sum(edit.stop - edit.start for edit in report.edits)
    console.print(
        f"{report.size_in:,} octets in, {report.size_out:,} out; "
        f"{report.size_in - touched:,} of the input are unchanged.",
        highlight=False,
    )
    if report.apply(before) == result.message:
        console.print("These edits, applied to the input, make the output.", style="dim")


def write(name: str, before: bytes, result: xinksig.Result) -> list[Path]:
    """Write the signed message, the report and pages for a browser; return where."""
    OUT.mkdir(exist_ok=True)
    files = {
        name: result.message,
        "report.json": json.dumps(result.report.to_dict(), indent=2).encode() + b"\n",
        "before.html": page(before).encode(),
        "after.html": page(result.message).encode(),
    }
    paths = []
    for file_name, octets in files.items():
        if octets:
            path = OUT / file_name
            path.write_bytes(octets)
            paths.append(path)
    return paths


def main() -> int:
    """Sign the message, show it, write it; return the exit status."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    before = path.read_bytes()
    result = xinksig.rewrite(before, SignatureFolder(HERE / "company"))
    console = Console()
    console.rule(f"[bold]xinksig {xinksig.__version__}[/bold]: {path.name}")
    show(console, before, result)
    for written in write(re.sub(r"\.eml$", "-signed.eml", path.name), before, result):
        console.print(f"written: {written}", style="dim", highlight=False, soft_wrap=True)
    return 0 if result.report.outcome is xinksig.Outcome.REPLACED else 1


if __name__ == "__main__":
    sys.exit(main())
