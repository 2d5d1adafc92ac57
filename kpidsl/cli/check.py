"""`kpidsl check`."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path
from typing import Annotated

import typer

import kpidsl
from kpidsl.cli.console import OK, DiagnosticFormat, exit_code, guarded, note, show

HELP = """Check the definitions: names, types, units, joins, business sense.

Example: kpidsl check examples/toy_store --format concise

Exit code 0: no errors; 1: errors (with --strict: any finding); 2: the call itself is wrong.
"""


@guarded
def run(
    path: Annotated[Path, typer.Argument(help="The project's folder, or one .kpi file.")] = Path(),
    form: Annotated[
        DiagnosticFormat, typer.Option("--format", help="How findings are printed.")
    ] = DiagnosticFormat.FULL,
    strict: Annotated[bool, typer.Option("--strict", help="Advice fails too.")] = False,
) -> int:
    project = kpidsl.load(path)
    show(project.diagnostics, form, err=False)
    code = exit_code(project.diagnostics, strict=strict or project.config.project.strict)
    if code == OK and form is DiagnosticFormat.FULL and project.model is not None:
        model = project.model
        # Each KPI has a metric of its own name, and so has each figure of an ROI.
        metrics = [name for name in model.metrics if name not in model.kpis and "." not in name]
        note(
            f"in order: {_count(model.sources, 'source')}, {_count(metrics, 'metric')}, "
            f"{_count(model.kpis, 'KPI')}, {_count(model.goals, 'goal')}, "
            f"{_count(model.reports, 'report')}"
        )
    return code


def _count(items: Sized, name: str) -> str:
    return f"{len(items)} {name}{'' if len(items) == 1 else 's'}"
