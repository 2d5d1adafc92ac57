"""Compiled SQL beside hand-written SQL, and how long compiling takes: see README.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import kpidsl
from benchmarks.compiling import SIZES, Compiled, measure
from benchmarks.data import database
from benchmarks.queries import PROJECT, QUERIES, Query
from benchmarks.tables import Row, difference
from benchmarks.timing import Ratio, geometric_mean, interleaved, ratio
from kpidsl.engines.embedded import EmbeddedEngine

DATABASE = "KPIDSL_BENCH_DATABASE"
"""The environment variable that the benchmarks' project names its database by."""


@dataclass(frozen=True, slots=True)
class Answer:
    """kpidsl's SQL and table for a query; or, without SQL, why it can't be asked yet."""

    sql: str | None
    rows: Sequence[Row] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A query's outcome: `not_expressed` or `differs` say why there are no figures.

    `milliseconds` are medians, for orientation only: the figures are the ratios.
    """

    name: str
    title: str
    not_expressed: str | None = None
    differs: str | None = None
    ratios: dict[str, Ratio] = field(default_factory=dict)
    milliseconds: dict[str, float] = field(default_factory=dict)


def ask(project: kpidsl.Project, query: Query) -> Answer:
    """Return kpidsl's answer, or what it refuses the question with."""
    try:
        if query.funnel is not None:
            funnel = project.funnel(query.funnel, period=query.period)
            counts = [count for _, count in funnel.steps]
            return Answer(funnel.sql, [(*counts, funnel.immature)])
        result = project.query(
            *query.metrics, by=query.by, period=query.period, where=query.where, top=query.top
        )
    except kpidsl.KpidslError as refused:
        reasons = [f"{item.code}: {item.message}" for item in refused.diagnostics]
        return Answer(None, why_not="; ".join(reasons))
    return Answer(result.sql, result.rows)


def check(answer: Answer, query: Query, engine: EmbeddedEngine) -> str | None:
    """Return how the tables differ, or None when they are identical."""
    best = engine.run(query.best).rows
    others = {"plain": query.plain} | ({} if query.known is None else {"known": query.known})
    for name, sql in others.items():
        found = difference(engine.run(sql).rows, best)
        if found is not None:
            return f"the {name} statement differs from the best: {found}"
    return difference(answer.rows, best)


def compare(query: Query, answer: Answer, engine: EmbeddedEngine, args: Options) -> Measured:
    """Check a query's tables, then time its statements on one connection."""
    if answer.sql is None:
        return Measured(query.name, query.title, not_expressed=answer.why_not)
    differs = check(answer, query, engine)
    if differs is not None:
        return Measured(query.name, query.title, differs=differs)

    def running(sql: str) -> Callable[[], object]:
        return lambda: engine.run(sql)

    statements = {"ours": answer.sql, "best": query.best, "plain": query.plain}
    if query.known is not None:
        statements["known"] = query.known
    runs = interleaved(
        {name: running(sql) for name, sql in statements.items()}, args.pairs, args.budget
    )
    wall = {name: [run.wall for run in done] for name, done in runs.items()}
    cpu = {name: [run.cpu for run in done] for name, done in runs.items()}
    return Measured(
        query.name,
        query.title,
        ratios={
            **{name: ratio(wall["ours"], times) for name, times in wall.items() if name != "ours"},
            "best, processor": ratio(cpu["ours"], cpu["best"]),
        },
        milliseconds={name: statistics.median(times) * 1_000 for name, times in wall.items()},
    )


@dataclass(frozen=True, slots=True)
class Options:
    scale: float
    pairs: int
    budget: float
    only: tuple[str, ...]
    cache: Path | None
    sizes: tuple[int, ...]
    questions: int
    out: Path | None


def measure_queries(args: Options) -> list[Measured]:
    """Return the outcome of every query asked for, in order; none is left out."""
    path = database(args.scale, args.cache)
    os.environ[DATABASE] = str(path)
    engine, problems = EmbeddedEngine.open(PROJECT, path, "UTC")
    assert engine is not None, problems
    found = []
    try:
        with kpidsl.load(PROJECT) as project:
            for query in QUERIES:
                if not args.only or query.name in args.only:
                    found.append(compare(query, ask(project, query), engine, args))
                    print(line(found[-1]), flush=True)
    finally:
        engine.close()
    return found


_COLUMNS = (
    "query",
    "ours, ms",
    "best, ms",
    "ours / best",
    "ours / best that knows",
    "ours / plain",
    "ours / best, processor time",
)
HEADER = f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}"


def line(found: Measured) -> str:
    """Return a query's row of the Markdown table."""
    if found.not_expressed is not None:
        return f"| {found.name} | not yet expressed: {found.not_expressed} | | | | | |"
    if found.differs is not None:
        return f"| {found.name} | WRONG: {found.differs} | | | | | |"
    took, ratios = found.milliseconds, found.ratios
    plain = ratios["plain"]
    pairs = "" if plain.pairs == ratios["best"].pairs else f" ({plain.pairs} pairs)"
    return (
        f"| {found.name} | {took['ours']:.0f} | {took['best']:.0f} | {ratios['best']} "
        f"| {ratios.get('known', '')} | {plain}{pairs} | {ratios['best, processor']} |"
    )


def summary(found: Sequence[Measured]) -> str:
    """Return the geometric means over the queries that have figures."""
    timed = [item for item in found if item.ratios]
    if not timed:
        return "No query has figures."
    means = {
        name: geometric_mean([item.ratios[name].median for item in timed])
        for name in ("best", "plain")
    }
    return (
        f"Geometric mean over {len(timed)} of {len(found)} queries: {means['best']:.2f} of the "
        f"best hand-written SQL, {means['plain']:.2f} of the plain."
    )


def compile_line(found: Compiled) -> str:
    return (
        f"| {found.query} | {found.metrics:,} | {found.median:.2f} | {found.processor:.2f} "
        f"| {found.load:.0f} |"
    )


def versions() -> dict[str, str]:
    packages = ("kpidsl", "duckdb", "sqlglot")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 when a table differs from the hand-written one."""
    args = options(arguments)
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    print(f"\nScale {args.scale:g}, {args.pairs} pairs.\n\n{HEADER}", flush=True)
    found = measure_queries(args)
    print(f"\n{summary(found)}")
    compiled: list[Compiled] = []
    if args.sizes:
        print("\n| compile | metrics | ms | processor, ms | model loads in, ms |")
        print("|---|---|---|---|---|")
        compiled = measure(args.sizes, args.questions)
        for item in compiled:
            print(compile_line(item), flush=True)
    if args.out is not None:
        content = {
            "versions": versions(),
            "scale": args.scale,
            "queries": [asdict(item) for item in found],
            "compile": [item.to_json() for item in compiled],
        }
        args.out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 1 if any(item.differs for item in found) else 0


def options(arguments: Sequence[str] | None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--scale", type=float, default=1, help="1: 10 M order lines")
    parser.add_argument("--pairs", type=int, default=15, help="rounds of interleaved runs")
    parser.add_argument(
        "--budget", type=float, default=60, help="seconds that a statement's runs may take"
    )
    parser.add_argument("--only", nargs="*", default=(), metavar="QUERY", help="these queries")
    parser.add_argument("--cache", type=Path, help="where databases are kept")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=SIZES, help="metrics of the models compiled with"
    )
    parser.add_argument(
        "--questions", type=int, default=200, help="how many of each form are compiled"
    )
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.only) - {query.name for query in QUERIES})
    if unknown:
        parser.error(f"no such query: {', '.join(unknown)}")
    return Options(
        given.scale,
        given.pairs,
        given.budget,
        tuple(given.only),
        given.cache,
        tuple(given.sizes),
        given.questions,
        given.out,
    )


if __name__ == "__main__":
    sys.exit(main())
