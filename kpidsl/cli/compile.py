"""`kpidsl compile`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import kpidsl
from kpidsl.cli import options
from kpidsl.cli.console import OK, guarded, mention_errors, say
from kpidsl.text.display import visible

if TYPE_CHECKING:
    from kpidsl.api.question import Asked
    from kpidsl.plan.outline import Outline

HELP = """Print the SQL that answers a question, without running it.

Example: kpidsl compile revenue aov --by month,channel --period 2026 -p examples/toy_store

With --explain, the logical plan instead: a tree of what is computed, each node with its sources
and the rules (S1, S2, ...) that made it.
"""


class CompileFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


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
    dialect: options.Dialect = None,
    totals: options.Totals = False,
    totals_by: options.TotalsBy = "",
    top: options.Top = None,
    rest: options.Rest = True,
    sparse: options.Sparse = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print the logical plan, with the rules that made it.")
    ] = False,
    form: Annotated[
        CompileFormat, typer.Option("--format", help="How the SQL or the plan is printed.")
    ] = CompileFormat.TEXT,
    project: options.ProjectPath = Path(),
) -> int:
    with kpidsl.load(project) as loaded:
        mention_errors(loaded)
        asked: Asked = {
            "by": options.words(by),
            "where": where,
            "period": period,
            "order": options.words(order),
            "limit": limit,
            "compare": options.words(compare),
            "totals": options.words(totals_by) or totals,
            "top": top,
            "rest": rest,
            "sparse": sparse,
            "having": having,
            "per": options.words(per),
        }
        if explain:
            plan = loaded.explain(*(metrics or ()), **asked)
            say(_as_json(asdict(plan)) if form is CompileFormat.JSON else "\n".join(_tree(plan)))
        else:
            sql = loaded.compile(*(metrics or ()), dialect=dialect, **asked)
            say(_as_json({"sql": sql}) if form is CompileFormat.JSON else sql)
    return OK


def _as_json(answer: dict[str, object]) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _tree(root: Outline) -> Iterator[str]:
    """Yield the lines of a tree: what each node does, its rules, and where it is declared."""
    yield _line(root)
    for place, child in enumerate(root.inputs, start=1):
        is_last = place == len(root.inputs)
        first, *others = _tree(child)
        yield f"{'└─' if is_last else '├─'} {first}"
        yield from (f"{'   ' if is_last else '│  '}{line}" for line in others)


def _line(node: Outline) -> str:
    rules = f"  [{' '.join(node.rules)}]" if node.rules else ""
    place = f"  {node.place}" if node.place else ""
    return visible(f"{node.node} {node.says}{rules}{place}")
