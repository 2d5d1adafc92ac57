"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProjectPath = Annotated[
    Path,
    typer.Option("--project", "-p", help="The project's folder, or one .kpi file."),
]
Profile = Annotated[
    str | None, typer.Option("--profile", help="A profile of kpidsl.toml to run on.")
]
Cache = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help="Whether an answer is kept, and not asked for again while nothing it comes from "
        "has changed.",
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Argument(
        help="Metrics, KPIs, or expressions such as 'revenue / orders'. Without any the answer is "
        "which members --by has."
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        help="Dimensions and grains: year,month,channel. Grains are second, minute, hour, "
        "day, week, month, quarter, year, fiscal_month, fiscal_quarter and fiscal_year.",
    ),
]
Where = Annotated[
    str | None,
    typer.Option("--where", help="Keep members: 'region != \"EU\"'; days: 'time = 2026-02'."),
]
Having = Annotated[
    str | None,
    typer.Option("--having", help="Keep the rows at which this holds of metrics: 'revenue > 100'."),
]
ReportPeriod = Annotated[
    str | None,
    typer.Option("--period", help="2026-06 or FIRST .. LAST; else the last complete period."),
]
Period = Annotated[
    str | None, typer.Option("--period", help="2026-Q2, 2026-06, or FIRST .. LAST; else all data.")
]
OrderBy = Annotated[
    str, typer.Option("--order", help="Columns, a leading - turns one round: period,-revenue.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", help="At most so many rows, or of each group --per.")
]
Per = Annotated[
    str, typer.Option("--per", help="Of which groups --limit keeps the first rows: region,month.")
]
Compare = Annotated[
    str,
    typer.Option(
        "--compare",
        help="prior_year, prior_quarter, prior_month, prior_week, prior_day, plan; by comma. With "
        ":difference or :change behind it, how far off each metric is.",
    ),
]
Dialect = Annotated[
    str | None,
    typer.Option(
        "--dialect",
        help="bigquery, clickhouse, databricks, duckdb, mysql, postgres, redshift, snowflake, "
        "spark, sqlite, trino or tsql; the profile's own where none is named.",
    ),
]

Totals = Annotated[
    bool,
    typer.Option("--totals", help="Add the totals over the last of --by, the last two, and all."),
]

TotalsBy = Annotated[
    str,
    typer.Option("--totals-by", help="Add these totals alone: region,month+channel,all."),
]

Top = Annotated[
    int | None,
    typer.Option(
        "--top",
        help="Only so many members of the last of --by, in each group of the others; the rest are "
        "one row. The first by --order, or the largest of the first metric.",
    ),
]
Rest = Annotated[
    bool, typer.Option("--rest/--no-rest", help="Whether --top adds a row for all others.")
]
Sparse = Annotated[
    bool,
    typer.Option(
        "--sparse", help="Leave out the periods in which a member has no rows, else values of none."
    ),
]


def words(text: str) -> list[str]:
    """Split a list given with commas."""
    return [item.strip() for item in text.split(",") if item.strip()]
