"""A page of forty KPIs asked for at once, beside one question per number: see README.md."""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import sqlglot
from sqlglot import exp

import kpidsl
from benchmarks.data import database
from benchmarks.queries import PROJECT
from benchmarks.run import DATABASE, versions
from benchmarks.tables import difference
from benchmarks.timing import Ratio, interleaved, ratio, timed
from kpidsl.api.question import Question, ask
from kpidsl.model.expr import Compare, Literal, Prior, QueryDimension
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query, Selection
from kpidsl.plan.sharing import share
from kpidsl.run.result import Result
from kpidsl.run.runner import Outcome, Runner
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.trees import rows_tree, to_tree

KPIS = 40
SOURCES = ("order_lines", "refunds", "spend")
CHANNEL = QueryDimension("channel", "channels")
SEGMENTS = ("search", "social", "email", "direct", "referral")
_MONTH = Window(date(2025, 6, 1), date(2025, 7, 1))
_HISTORY = Window(date(2024, 6, 1), _MONTH.end)
"""Thirteen months, of which the first is the month a year before."""
_CHANNELS = (*SEGMENTS, "display")
_SUMS = ("revenue", "refunded", "net_revenue", "ad_spend", "roas")
MIXES = {
    "sums and their quotients": (_SUMS, (*(f'= "{name}"' for name in _CHANNELS), '!= "search"')),
    "distinct counts among them": (
        (*_SUMS, "orders", "buyers", "aov"),
        tuple(f'= "{name}"' for name in SEGMENTS[:4]),
    ),
}
"""Metrics, each also where the channel is one or another: forty in all."""
_BACK = {"": 0, " a month before": 1, " a year before": 12}


@dataclass(frozen=True, slots=True)
class Measured:
    """How a page compares with one question per number: how many questions those are, the passes
    over the rows of each source, the ratios, and what compiling takes, in milliseconds of processor
    time with garbage collection off, as `timeit` measures."""

    mix: str
    questions: int
    passes: dict[str, int]
    passes_apart: dict[str, int]
    wall: Ratio
    processor: Ratio
    milliseconds: dict[str, float]
    compile_page: float
    compile_segments: float


def kpis(model: Model, mix: str) -> list[Selection]:
    """Return the forty formulas of a mix, over three sources."""
    forms, tests = MIXES[mix]
    texts = [*forms, *(f"{form} where channels.channel {test}" for test in tests for form in forms)]
    query, found = ask(Question(tuple(texts)), model)
    assert query is not None, found
    assert len(query.select) == KPIS
    return [Selection(f"kpi {n}", item.expr) for n, item in enumerate(query.select)]


def beside(item: Selection) -> list[Selection]:
    """Return a figure with those of the month and of the year before."""
    return [
        Selection(f"{item.name}{what}", Prior(item.expr, months, 0) if months else item.expr)
        for what, months in _BACK.items()
    ]


def page(wanted: Sequence[Selection]) -> list[Query]:
    """Return the questions of a page: its cards, their histories, and a breakdown of each."""
    cards = tuple(figure for item in wanted for figure in beside(item))
    found = [Query(cards, window=_MONTH), Query(tuple(wanted), grain=Grain.MONTH, window=_HISTORY)]
    return found + [Query((item,), by=(CHANNEL,), window=_MONTH) for item in wanted]


def one_by_one(wanted: Sequence[Selection]) -> list[Query]:
    """Return one question for each number of the same page, and for each history and breakdown."""
    return [
        Query((item,), query.by, query.grain, query.window)
        for query in page(wanted)
        for item in query.select
    ]


def segments(wanted: Sequence[Selection]) -> list[Query]:
    """Return the questions for all figures of five segments, with those beside them."""
    cards = tuple(figure for item in wanted for figure in beside(item))
    return [
        Query(cards, window=_MONTH, where=Compare("=", CHANNEL, Literal(name))) for name in SEGMENTS
    ]


def compiling(runner: Runner, queries: Sequence[Query]) -> Callable[[], None]:
    """Return what turns questions into the statements of a batch, and runs none of them."""

    def compiled() -> None:
        dialect = DIALECTS[runner.engine.dialect]
        plans = [plan(runner.model, query, runner.ground)[0] for query in queries]
        batch = share([item for item in plans if item is not None], runner.ground)
        trees = [rows_tree(item.node, item.frame, dialect.name) for item in batch.shared]
        trees += [to_tree(item.plan, dialect.name) for item in batch.plans]
        for tree in trees:
            dialect.text(tree, pretty=True, copy=False)

    return compiled


def differing(together: Sequence[Outcome], apart: Sequence[Outcome]) -> str | None:
    """Return how a page's figures differ from those that are asked for one by one."""
    alone = iter(_answered(apart))
    for result in _answered(together):
        keys = [place for place, column in enumerate(result.columns) if column.role != "metric"]
        for place in range(len(keys), len(result.columns)):
            rows = [(*(row[key] for key in keys), row[place]) for row in result.rows]
            told = difference(rows, next(alone).rows)
            if told is not None:
                return f"{result.columns[place].name}: {told}"
    return None


def _answered(outcomes: Sequence[Outcome]) -> Iterator[Result]:
    for result, found in outcomes:
        assert result is not None, found
        yield result


@contextmanager
def heard(runner: Runner) -> Iterator[list[str]]:
    """Listen to the statements that are run."""
    engine, statements = runner.engine, list[str]()
    own = {name: getattr(engine, name) for name in ("run", "keep")}

    def hearing(work: Callable[..., object]) -> Callable[..., object]:
        def hear(sql: str, *rest: object, **named: object) -> object:
            statements.append(sql)
            return work(sql, *rest, **named)

        return hear

    for name, work in own.items():
        setattr(engine, name, hearing(work))
    try:
        yield statements
    finally:
        for name, work in own.items():
            setattr(engine, name, work)


def passes(statements: Sequence[str]) -> dict[str, int]:
    """Count how often each source's rows are read, looks at its first and last day left out."""
    counts = dict.fromkeys(SOURCES, 0)
    for sql in statements:
        for table in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Table):
            if table.name in counts and not _is_a_look(table.find_ancestor(exp.Select)):
                counts[table.name] += 1
    return counts


def _is_a_look(select: exp.Select | None) -> bool:
    """Tell whether a SELECT asks for a few rows of a table, or for its least and greatest values
    alone."""
    if select is None or select.args.get("limit"):
        return select is not None
    ends = all(column.find(exp.Min, exp.Max) for column in select.expressions)
    return ends and not select.args.get("group")


def measure(runner: Runner, mix: str, rounds: int, budget: float) -> Measured | str:
    """Return the figures, or how the two ways differ."""
    wanted = kpis(runner.model, mix)
    at_once, apart = page(wanted), one_by_one(wanted)
    with heard(runner) as statements:
        together = runner.queries(at_once)
        read = passes(statements)
        statements.clear()
        alone = [runner.query(query) for query in apart]
        read_apart = passes(statements)
    differs = differing(together, alone)
    if differs is not None:
        return differs

    def one_after_the_other() -> None:
        for query in apart:
            runner.query(query)

    runs = interleaved(
        {"page": lambda: runner.queries(at_once), "apart": one_after_the_other}, rounds, budget
    )
    wall = {name: [run.wall for run in done] for name, done in runs.items()}
    cpu = {name: [run.cpu for run in done] for name, done in runs.items()}
    return Measured(
        mix,
        len(apart),
        read,
        read_apart,
        ratio(wall["page"], wall["apart"]),
        ratio(cpu["page"], cpu["apart"]),
        {name: statistics.median(times) * 1_000 for name, times in wall.items()},
        _milliseconds(compiling(runner, at_once)),
        _milliseconds(compiling(runner, segments(wanted))),
    )


def _milliseconds(work: Callable[[], object]) -> float:
    """Return the median of processor time of some runs, after one that is not counted."""
    work()
    gc.collect()
    gc.disable()
    try:
        return statistics.median(timed(work).cpu for _ in range(7)) * 1_000
    finally:
        gc.enable()


def told(found: Measured) -> str:
    """Return the Markdown table of the figures."""

    def counts(numbers: dict[str, int]) -> str:
        return ", ".join(f"{name} {count}" for name, count in numbers.items())

    numbers = KPIS * len(_BACK) * len(SEGMENTS)
    return "\n".join(
        [
            f"| {found.mix} | at once | {found.questions} one by one |",
            "|---|---|---|",
            f"| passes over the rows | {counts(found.passes)} | {counts(found.passes_apart)} |",
            f"| ms | {found.milliseconds['page']:.0f} | {found.milliseconds['apart']:.0f} |",
            f"| ratio, wall | {found.wall} | 1 |",
            f"| ratio, processor time | {found.processor} | 1 |",
            f"| compile the page, processor ms | {found.compile_page:.0f} | |",
            f"| compile {numbers} numbers, processor ms | {found.compile_segments:.0f} | |",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 when a number of the page is another than the number alone."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--scale", type=float, default=1, help="1: 10 M order lines")
    parser.add_argument("--pairs", type=int, default=5, help="rounds of interleaved runs")
    parser.add_argument("--budget", type=float, default=600, help="seconds for each way")
    parser.add_argument("--cache", type=Path, help="where databases are kept")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    args = parser.parse_args(arguments)
    os.environ[DATABASE] = str(database(args.scale, args.cache))
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    print(f"\nScale {args.scale:g}, {args.pairs} pairs.", flush=True)
    figures = []
    with kpidsl.load(PROJECT) as project:
        for mix in MIXES:
            found = measure(project.runner, mix, args.pairs, args.budget)
            if isinstance(found, str):
                print(f"WRONG: {found}")
                return 1
            print(f"\n{told(found)}", flush=True)
            figures.append(asdict(found))
    if args.out is not None:
        content = {"versions": versions(), "scale": args.scale, "report": figures}
        args.out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
