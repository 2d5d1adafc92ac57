"""How long loading a project and compiling its questions take: `python benchmarks/compile.py`.

Each project has one source per 50 metrics, and one in ten metrics is a KPI with a target. No
question is asked twice: each has its own source, window and, where it has one, filter.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from time import process_time

import kpidsl
from kpidsl.api.project import Project
from kpidsl.text.diagnostic import Severity

SIZES = (10, 1_000, 10_000)
METRICS_PER_SOURCE = 50
QUESTIONS = 400
ROUNDS = 5
PAGES = 20
KPIS = 40
COMPARISONS = ("prior_month", "prior_quarter", "prior_year")

_CUSTOMERS = """kpidsl 1

source customers {
  table: shop.customers
  key: customer_id
  dimensions: [country, segment]
}

dimension channel { of: [%s] }

goal grow {
  kpi: kpi_0_9
  over: 2026-H2
  target: at least 1000
  relevant: "Growth pays for the range."
}
"""

_SOURCE = """kpidsl 1

source orders_{0} {{
  table: shop.orders_{0}
  key: order_id
  time: ordered_at
  join customer: customers on customer_id
  dimensions: [channel, region, device]
  dimension part: lower(device)
  measure revenue_{0}: sum(net) as USD
  measure orders_{0}: count_distinct(order_id) as order
{1}}}

metric aov_{0}: revenue_{0} / orders_{0}
{2}"""

_MEASURE = '  measure amount_{0}_{1}: sum(amount_{1}) where status != "refused" as USD\n'
_METRIC = """
/// What is left of revenue once amount {1} is paid.
metric share_{0}_{1}: (revenue_{0} - amount_{0}_{1}) / revenue_{0}
"""
_KPI = """
kpi kpi_{0}_{1}: share_{0}_{2} {{
  serves: grow
  better: higher
  stage: conversion
  indicator: lagging
  cadence: monthly
  owner: "shop@example.com"
  playbook: "Which amount grew?"
}}
"""


def write_project(folder: Path, metrics: int) -> int:
    """Write a project of about so many metrics, KPIs counted; return how many sources it has."""
    sources = -(-metrics // METRICS_PER_SOURCE)
    (folder / "kpidsl.toml").write_text("")
    definitions = folder / "definitions"
    definitions.mkdir()
    channels = ", ".join(f"orders_{number}.channel" for number in range(sources))
    (definitions / "customers.kpi").write_text(_CUSTOMERS % channels)
    for number in range(sources):
        own = min(METRICS_PER_SOURCE, metrics)
        plain = [item for item in range(1, own) if item % 10 != 9]
        measures = "".join(_MEASURE.format(number, item) for item in plain)
        made = "".join(
            _KPI.format(number, item, item - 1) if item % 10 == 9 else _METRIC.format(number, item)
            for item in range(1, own)
        )
        text = _SOURCE.format(number, measures, made)
        (definitions / f"orders_{number}.kpi").write_text(text)
    return sources


@dataclass(frozen=True, slots=True)
class Asked:
    """What differs between the questions: the source, the window, the filter."""

    source: int
    months: str
    days: str
    where: str


def questions(sources: int) -> Iterator[Asked]:
    """Yield questions, never two with the same window."""
    first = date(1900, 1, 1)
    for number in count():
        start = first + timedelta(days=number)
        year, month = divmod(number, 12)
        yield Asked(
            number * 7919 % sources,
            f"{1000 + year}-{month + 1:02} .. {1002 + year}-{month + 1:02}",
            f"{start} .. {start + timedelta(days=400 + number % 90)}",
            f'region = "R{number}" and country in ("A{number}", "B")',
        )


def compile_q1(project: Project, asked: Asked) -> str:
    metrics = (f"revenue_{asked.source}", f"aov_{asked.source}")
    return project.compile(*metrics, by=["month", "channel"], period=asked.months)


def compile_q1_days(project: Project, asked: Asked) -> str:
    """Part of the first month and of the last."""
    metrics = (f"revenue_{asked.source}", f"aov_{asked.source}")
    return project.compile(*metrics, by=["month", "channel"], period=asked.days)


def compile_q1_joined(project: Project, asked: Asked) -> str:
    """Split and filtered over a join, the dimensions in either order."""
    metrics = (f"revenue_{asked.source}", f"aov_{asked.source}")
    by = ["month", f"orders_{asked.source}.device", "segment"]
    by = by if asked.source % 2 else by[::-1]
    return project.compile(*metrics, by=by, period=asked.months, where=asked.where)


def compile_q2(project: Project, asked: Asked) -> str:
    return project.compile(f"revenue_{asked.source}", by=["month"], period=asked.months)


def compile_page(project: Project, kpis: list[str], number: int) -> str:
    """All KPIs of a page beside three comparisons, by segment."""
    month = f"{1500 + number}-06"
    return project.compile(*kpis, by=["segment"], period=month, compare=COMPARISONS)


QUERIES: dict[str, Callable[[Project, Asked], str]] = {
    "q1": compile_q1,
    "q1, odd days": compile_q1_days,
    "q1, joined": compile_q1_joined,
    "q2": compile_q2,
}


def measured(action: Callable[..., object], *arguments: object) -> float:
    """Return how many milliseconds of processor time an action takes: other work on the machine
    counts less than in time on the clock, and nothing here waits."""
    start = process_time()
    action(*arguments)
    return (process_time() - start) * 1000


def spread(times: list[float]) -> str:
    """Return the median and the quartiles."""
    low, middle, high = statistics.quantiles(times, n=4)
    return f"{middle:9.3f} ({low:.3f} .. {high:.3f})"


def say(*words: str) -> None:
    sys.stdout.write("  ".join(words) + "\n")
    sys.stdout.flush()


def run(metrics: int) -> None:
    """Measure one size of project and print what was found, in milliseconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = write_project(folder, metrics)
        loads: list[float] = []
        for _ in range(ROUNDS):
            gc.collect()
            loads.append(measured(kpidsl.load, folder))
        project = kpidsl.load(folder)
    mistakes = [item for item in project.diagnostics if item.severity is Severity.ERROR]
    if mistakes:
        raise SystemExit("\n".join(item.message for item in mistakes[:3]))
    per_thousand = [item * 1000 / metrics for item in loads]
    say(f"{metrics:6} metrics", f"{'load':17}", spread(loads))
    say(f"{metrics:6} metrics", f"{'load, per 1,000':17}", spread(per_thousand))
    asked = questions(sources)
    times: dict[str, list[float]] = {}
    for name, query in QUERIES.items():
        first = measured(query, project, next(asked))
        say(f"{metrics:6} metrics", f"{'first ' + name:17}", f"{first:9.3f}")
        times[name] = []
    for _ in range(QUESTIONS):
        for name, query in QUERIES.items():  # interleaved: noise falls on all alike
            times[name].append(measured(query, project, next(asked)))
    for name, own in times.items():
        say(f"{metrics:6} metrics", f"{name:17}", spread(own))
    assert project.model is not None
    kpis = list(project.model.metrics)[:KPIS]
    pages = [measured(compile_page, project, kpis, number) for number in range(PAGES)]
    name = f"page of {len(kpis)}"
    say(f"{metrics:6} metrics", f"{name:17}", spread(pages), f"least {min(pages):.3f}")


if __name__ == "__main__":
    for size in map(int, sys.argv[1:]) if sys.argv[1:] else SIZES:
        run(size)
