"""`kpidsl init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import kpidsl
from kpidsl.cli.console import exit_code, guarded, note, say, show

HELP = """Draft a project from data files, and say what was assumed about each.

Example: kpidsl init data/*.csv

Nothing that exists is overwritten. Review what was written before trusting a number.
"""


@guarded
def run(
    files: Annotated[list[Path], typer.Argument(help="CSV, Parquet, JSON or XLSX files.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The project's folder.")] = Path(),
) -> int:
    drafted = kpidsl.draft(files, out)
    show(drafted.diagnostics)
    for name, assumptions in drafted.assumptions:
        note(f"{name}:")
        for assumption in assumptions:
            note(f"  assumed: {assumption}")
    for path in drafted.written:
        say(str(path))
    return exit_code(drafted.diagnostics)
