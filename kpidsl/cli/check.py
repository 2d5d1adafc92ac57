"""`kpidsl check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import kpidsl
from kpidsl.api.errors import KpidslError
from kpidsl.cli import options
from kpidsl.cli.console import OK, DiagnosticFormat, exit_code, guarded, note, show
from kpidsl.cli.progress import working
from kpidsl.text.display import counted

if TYPE_CHECKING:
    from kpidsl.model.project import Model

HELP = """Check the definitions: names, types, units, joins, business sense.

Example: kpidsl check examples/toy_store --format concise

With --profile also whether the database has the tables and columns that the definitions name, with
types that can be what these say; no row is read. With --data also whether the data keep what the
definitions claim: unique keys, joins that find a partner, times with a zone.

Exit code 0: no errors; 1: errors (with --strict: any finding); 2: the call itself is wrong, or
there is no connection.
"""


@guarded
def run(
    path: Annotated[Path, typer.Argument(help="The project's folder, or one .kpi file.")] = Path(),
    form: Annotated[
        DiagnosticFormat, typer.Option("--format", help="How findings are printed.")
    ] = DiagnosticFormat.FULL,
    strict: Annotated[bool, typer.Option("--strict", help="Advice fails too.")] = False,
    data: Annotated[
        bool, typer.Option("--data", help="Test on the data what the definitions claim of them.")
    ] = False,
    profile: options.Profile = None,
) -> int:
    with kpidsl.load(path, profile=profile) as project, working("reading the data") as tell:
        proof, fit = None, None
        found = list(project.diagnostics)
        try:
            if project.model is not None and data:
                proof = project.prove(tell)
                found += proof.diagnostics
            elif project.model is not None and profile is not None:
                fit = project.fit()
                found += fit.diagnostics
        except KpidslError as refused:  # what is wrong with the definitions is so all the same
            found += refused.diagnostics
    strict = strict or project.config.project.strict
    show(found, form, err=False, strict=strict)
    code = exit_code(found, strict=strict)
    if code == OK and form is DiagnosticFormat.FULL and project.model is not None:
        note(_in_order(project.model))
        if fit is not None:
            note(
                f"in the database: {counted(fit.sources, 'source')} with "
                f"{counted(fit.columns, 'column')}"
            )
        if proof is not None:
            note(
                f"tested: {counted(proof.claims, 'claim')} on "
                f"{counted(proof.rows, 'row')} of {counted(proof.sources, 'source')}"
            )
    return code


def _in_order(model: Model) -> str:
    # Each KPI has a metric of its own name, and so has each figure of an ROI.
    metrics = [name for name in model.metrics if name not in model.kpis and "." not in name]
    return (
        f"in order: {counted(len(model.sources), 'source')}, {counted(len(metrics), 'metric')}, "
        f"{counted(len(model.kpis), 'KPI')}, {counted(len(model.goals), 'goal')}, "
        f"{counted(len(model.reports), 'report')}"
    )
