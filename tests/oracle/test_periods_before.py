"""Whole periods beside those before, of random sources: their values may be read from one table
twice, which random questions seldom ask for."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from kpidsl.model.expr import MeasureRef, Prior
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.plan.query import Query, Selection
from kpidsl.sql.statement import Statement
from tests.oracle.generate import case_of
from tests.oracle.test_against_engine import compared

_GRAINS = (Grain.MONTH, Grain.QUARTER, Grain.YEAR, Grain.FISCAL_QUARTER, Grain.WEEK, Grain.DAY)
_SEEDS = range(20_000, 20_250)
_ENOUGH = 10


def test_periods_before_are_those_of_the_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes, again = Counter[str](), list[str]()
    plain = Statement.read_again

    def heard(statement: Statement, wanted: str, table: object) -> str:
        again.append(wanted)
        return plain(statement, wanted, table)  # type: ignore[arg-type]

    monkeypatch.setattr(Statement, "read_again", heard)
    for seed in _SEEDS:
        case = case_of(seed)
        query = _looking_back(case.model, random.Random(seed))
        if query is not None:
            outcome, told = compared(replace(case, query=query), "duckdb")
            assert told == [], (seed, query, told)
            outcomes[outcome] += 1
    assert outcomes["answered"] > len(_SEEDS) / 4
    assert len(again) > _ENOUGH


def _looking_back(model: Model, chance: random.Random) -> Query | None:
    """Return a question about measures of one source beside those of periods before, mostly over
    whole periods; None where no source has a time."""
    timed = [item for item in model.sources.values() if item.time is not None and item.measures]
    if not timed:
        return None
    source, grain = chance.choice(timed), chance.choice(_GRAINS)
    select: list[Selection] = []
    for name in chance.sample(sorted(source.measures), min(2, len(source.measures))):
        measure = MeasureRef(source.name, name)
        if grain.months:
            before = Prior(measure, chance.choice((1, 3, 6, 12, 24)), 0)
        else:
            before = Prior(measure, 0, chance.choice((1, 7, 14, 364)))
        select += [Selection(name, measure), Selection(f"{name} before", before)]
    return Query(tuple(select), (), grain, _window(grain, model, chance))


def _window(grain: Grain, model: Model, chance: random.Random) -> Window | None:
    start = date(2023, 1, 1) + timedelta(days=chance.randrange(900))
    if chance.random() < 0.3:
        return chance.choice((None, Window(start, start + timedelta(days=100))))
    if grain is Grain.WEEK:
        start -= timedelta(days=(start.weekday() - model.settings.week_starts) % 7)
        return Window(start, start + timedelta(days=7 * chance.randrange(1, 60)))
    start = start.replace(day=1)
    return Window(start, (start + timedelta(days=chance.choice((31, 92, 366)))).replace(day=1))
