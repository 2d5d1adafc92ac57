"""`kpidsl query`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import kpidsl
from kpidsl.cli import options
from kpidsl.cli.console import OK, guarded, mention_errors, say, show
from kpidsl.cli.progress import working
from kpidsl.cli.tables import as_csv, as_json, as_table

HELP = """Ask for numbers.

Example: kpidsl query revenue conversion_rate --by month --period 2026-H1 --compare prior_year
-p examples/toy_store
"""


class ResultFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@guarded
def run(
    metrics: options.Metrics = None,
    by: options.By = "",
    where: options.Where = None,
    having: options.Having = None,
    period: options.Period = None,
    order: options.OrderBy = "",
    limit: options.Limit = None,
    per: options.Per = "",
    compare: options.Compare = "",
    totals: options.Totals = False,
    totals_by: options.TotalsBy = "",
    top: options.Top = None,
    rest: options.Rest = True,
    sparse: options.Sparse = False,
    form: Annotated[
        ResultFormat, typer.Option("--format", help="How the answer is printed.")
    ] = ResultFormat.TABLE,
    project: options.ProjectPath = Path(),
    profile: options.Profile = None,
    cache: options.Cache = True,
) -> int:
    with kpidsl.load(project, profile=profile, cache=cache) as loaded, working("asking"):
        mention_errors(loaded)
        result = loaded.query(
            *(metrics or ()),
            by=options.words(by),
            where=where,
            period=period,
            order=options.words(order),
            limit=limit,
            compare=options.words(compare),
            totals=options.words(totals_by) or totals,
            top=top,
            rest=rest,
            sparse=sparse,
            having=having,
            per=options.words(per),
        )
    show(result.diagnostics)
    match form:
        case ResultFormat.JSON:
            say(as_json(result))
        case ResultFormat.CSV:
            say(as_csv(result))
        case ResultFormat.TABLE:
            say(as_table(result))
    return OK
