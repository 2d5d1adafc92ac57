"""`kpidsl report`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import kpidsl
from kpidsl.cli import options
from kpidsl.cli.console import FINDINGS, exit_code, guarded, mention_errors, note, say, show
from kpidsl.cli.progress import working
from kpidsl.text.diagnostic import has_errors

HELP = """Write each audience's page: one self-contained HTML file per report.

Example: kpidsl report executive_monthly --out pages -p examples/toy_store

A KPI that fails is a stated gap on its page, and the exit code is 1.
"""


@guarded
def run(
    name: Annotated[str | None, typer.Argument(help="One report; without it, all.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write to.")] = Path(
        "reports"
    ),
    period: options.ReportPeriod = None,
    now: Annotated[
        datetime | None,
        typer.Option(
            "--now", help="The moment that decides which period is the last complete one."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write the page's model beside it.")] = False,
    project: options.ProjectPath = Path(),
    profile: options.Profile = None,
    cache: options.Cache = True,
) -> int:
    moment = None if now is None else now.replace(tzinfo=now.tzinfo or UTC)
    with kpidsl.load(project, profile=profile, cache=cache) as loaded, working("making pages"):
        mention_errors(loaded)
        written = loaded.reports(name, out=out, now=moment, period=period, json=json)
    code = exit_code(loaded.diagnostics)
    for path, diagnostics in written:
        if has_errors(diagnostics):
            note(f"{path}: some figures are missing")
            code = FINDINGS
        show(diagnostics)
        say(str(path))
    return code
