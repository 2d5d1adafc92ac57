"""`kpidsl verify`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import kpidsl
from kpidsl.cli import options
from kpidsl.cli.console import FINDINGS, exit_code, guarded, mention_errors, note, say, show
from kpidsl.cli.progress import working
from kpidsl.cli.tables import aligned, exact, plain
from kpidsl.text.display import counted, visible
from kpidsl.text.render import render

if TYPE_CHECKING:
    from kpidsl.run.result import Value
    from kpidsl.run.verdicts import Verification

HELP = """Run the invariants on the project's own data: parts against totals, alone or not.

Example: kpidsl verify --metric revenue --metric aov -p examples/toy_store

Exit code 0: all comparisons hold; 1: one fails, or a number can't be had.
"""


class VerdictFormat(StrEnum):
    TABLE = "table"
    JSON = "json"


@guarded
def run(
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", "-m", help="A metric, KPI or expression; again for more."),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", help="2026, or FIRST .. LAST; else the last three known years."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Begin no further metric after so many questions.")
    ] = 2000,
    form: Annotated[
        VerdictFormat, typer.Option("--format", help="How the comparisons are printed.")
    ] = VerdictFormat.TABLE,
    project: options.ProjectPath = Path(),
    profile: options.Profile = None,
) -> int:
    with kpidsl.load(project, profile=profile) as loaded, working("verifying") as tell:
        mention_errors(loaded)
        done = loaded.verify(*(metric or ()), period=period, limit=limit, tell=tell)
    if form is VerdictFormat.JSON:
        say(_as_json(done))
    else:
        if done.verdicts:
            say(_as_table(done))
        show(done.diagnostics)
        if done.unverified:
            note(f"not verified, since {done.questions:,} questions were asked: {_listed(done)}")
    failed = len(done.failed)
    total = len(done.verdicts)
    note(
        f"{total - failed:,} of {counted(total, 'comparison')} hold: "
        f"{counted(done.metrics, 'metric')}, {counted(done.questions, 'question')}"
    )
    return FINDINGS if failed else exit_code(done.diagnostics)


def _listed(done: Verification) -> str:
    return ", ".join(f"`{visible(name)}`" for name in done.unverified)


def _as_table(done: Verification) -> str:
    rows = [
        (
            item.rule,
            visible(item.metric),
            visible(item.compared),
            _text(item.expected),
            _text(item.got),
            "ok" if item.holds else "NOT OK",
        )
        for item in done.verdicts
    ]
    header = ("rule", "metric", "compared", "expected", "got", "result")
    columns = list(zip(header, *rows, strict=True))
    return "\n".join(aligned(columns, [False, False, False, True, True, False]))


def _text(value: Value) -> str:
    return "–" if value is None else visible(exact(value))


def _as_json(done: Verification) -> str:
    answer = {
        "verdicts": [
            {
                "rule": item.rule,
                "metric": item.metric,
                "compared": item.compared,
                "expected": plain(item.expected),
                "got": plain(item.got),
                "holds": item.holds,
            }
            for item in done.verdicts
        ],
        "metrics": done.metrics,
        "questions": done.questions,
        "unverified": list(done.unverified),
        "diagnostics": json.loads(render(done.diagnostics, "json")),
    }
    return json.dumps(answer, ensure_ascii=False, indent=2)
