"""`kpidsl compile`."""

from __future__ import annotations

from pathlib import Path

import kpidsl
from kpidsl.cli import options
from kpidsl.cli.console import OK, guarded, mention_errors, say

HELP = """Print the SQL that answers a question, without running it.

Example: kpidsl compile revenue aov --by month,channel --period 2026 -p examples/toy_store
"""


@guarded
def run(
    metrics: options.Metrics,
    by: options.By = "",
    where: options.Where = None,
    period: options.Period = None,
    order: options.OrderBy = "",
    limit: options.Limit = None,
    compare: options.Compare = "",
    dialect: options.Dialect = None,
    project: options.ProjectPath = Path(),
) -> int:
    with kpidsl.load(project) as loaded:
        mention_errors(loaded)
        sql = loaded.compile(
            *metrics,
            by=options.words(by),
            where=where,
            period=period,
            order=options.words(order),
            limit=limit,
            compare=options.words(compare),
            dialect=dialect,
        )
    say(sql)
    return OK
