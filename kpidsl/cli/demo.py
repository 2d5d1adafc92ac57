"""`kpidsl demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import kpidsl
from kpidsl.cli.console import FINDINGS, OK, guarded, note, say, show
from kpidsl.cli.progress import working
from kpidsl.text.diagnostic import has_errors

HELP = """Make the example shop's data and its three pages: executive, manager, specialist.

Example: kpidsl demo --out kpidsl-demo

The folder must be new, empty, or an earlier demo, whose files are written anew.
"""


@guarded
def run(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write to.")] = Path(
        "kpidsl-demo"
    ),
) -> int:
    with working("making two years of a shop's data and three pages"):
        written = kpidsl.demo(out)
    note(f"The example project is in {out}; its definitions are in {out / 'definitions'}.")
    note("Open these pages in a browser:")
    code = OK
    for path, diagnostics in written:
        if has_errors(diagnostics):
            code = FINDINGS
        show(diagnostics)
        say(str(path.resolve()))
    return code
