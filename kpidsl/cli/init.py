"""`kpidsl init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import kpidsl
from kpidsl.cli.console import USAGE, exit_code, guarded, note, say, show
from kpidsl.text.diagnostic import error
from kpidsl.text.display import visible

HELP = """Draft a project from data files or from a database, and say what was assumed about each.

Example: kpidsl init data/*.csv

With --from-database the tables, keys and foreign keys of a database become sources and joins; no
row is read. A password in the url is not written: the settings name a variable in its place.

Nothing that exists is overwritten. Review what was written before trusting a number.
"""


@guarded
def run(
    files: Annotated[
        list[Path] | None, typer.Argument(help="CSV, Parquet, JSON or XLSX files.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--from-database", help="A database's url, or a profile of the folder's kpidsl.toml."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The project's folder.")] = Path(),
) -> int:
    if bool(files) == (database is not None):
        mend = "name data files, or a database by `--from-database`"
        show([error("K924", "a project is drafted from files or from a database", help=mend)])
        return USAGE
    drafted = (
        kpidsl.draft(files or (), out) if database is None else kpidsl.draft_database(database, out)
    )
    show(drafted.diagnostics)
    for name, assumptions in drafted.assumptions:
        note(f"{visible(name)}:")
        for assumption in assumptions:
            note(f"  assumed: {visible(assumption)}")
    for path in drafted.written:
        say(str(path))
    return exit_code(drafted.diagnostics)
