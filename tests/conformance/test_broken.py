"""An engine or a dialect that is broken is found out: each of these makes some case differ."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from kpidsl.conformance.proving import outcomes
from kpidsl.conformance.verdict import Verdict
from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock
from kpidsl.sql.dialects.duckdb import DuckDB

SUNDAY = 6


def topics_that_differ(settings: str = "", timezone: str | None = None) -> set[str]:
    """Certify DuckDB, with settings that the dialect doesn't reckon with, or in one time zone."""

    def connect(wanted: str) -> EmbeddedEngine:
        engine = EmbeddedEngine(Path(), timezone=timezone or wanted)
        if settings:
            engine.keep(settings)
        return engine

    found = list(outcomes(connect, lambda _: None))
    assert {item.verdict for item in found} <= {Verdict.HOLDS, Verdict.DIFFERS}
    return {item.topic for item in found if item.verdict is Verdict.DIFFERS}


@pytest.mark.parametrize("settings", ["", "SET integer_division = true"])
def test_nothing_differs_on_a_sound_engine(settings: str) -> None:
    """An engine may divide whole numbers as it likes: the dialect sees to it."""
    assert topics_that_differ(settings) == set()


@pytest.mark.parametrize(
    ("settings", "topics"),
    [
        ("SET default_collation = 'NOCASE'", {"Groups", "Filters"}),
        ("SET default_collation = 'NOACCENT'", {"Texts of any script"}),
    ],
)
def test_an_engine_to_which_different_texts_are_the_same(settings: str, topics: set[str]) -> None:
    assert topics <= topics_that_differ(settings)


def test_sessions_in_another_time_zone() -> None:
    assert topics_that_differ(timezone="UTC") == {"Clocks"}


Changed = Callable[[exp.Expr], exp.Expr]


def replaced(change: Changed) -> type[DuckDB]:
    """A dialect that writes nodes otherwise."""

    class Broken(DuckDB):
        def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
            return super().text(tree.copy().transform(change), pretty=pretty, copy=copy)

    return Broken


def bare(node: exp.Expr) -> exp.Expr:
    """Divide values as they come."""
    if isinstance(node, exp.Div):
        for side in node.find_all(exp.Cast):
            side.replace(side.this)
    return node


def as_floats(node: exp.Expr) -> exp.Expr:
    """Add money up in floats."""
    if isinstance(node, exp.Sum):
        return exp.Sum(this=build.cast(node.this, "DOUBLE"))
    return node


def nulls_first(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Ordered):
        node.set("nulls_first", True)
    return node


def apart(node: exp.Expr) -> exp.Expr:
    """Let NULL meet no NULL."""
    if isinstance(node, exp.NullSafeEQ):
        return exp.EQ(this=node.this, expression=node.expression)
    return node


def trimmed(node: exp.Expr) -> exp.Expr:
    """Take no notice of blanks at the end of texts, as MySQL's and SQL Server's collations."""
    if isinstance(node, exp.Literal) and node.is_string:
        return exp.Literal.string(node.name.rstrip(" "))
    return node


def insensitive(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Like):
        return exp.ILike(this=node.this, expression=node.expression)
    return node


class FromSunday(DuckDB):
    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        del week_starts
        return super().period_start(value, grain, SUNDAY)


class WithoutZones(DuckDB):
    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        return super().local_time(value, Clock(clock.zone, clock.zone))


class OverTheEnd(DuckDB):
    """31 January and a month is 3 March, as in SQLite."""

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        return super().add(value, 0, days + 31 * months)


class Steps(DuckDB):
    """Quantiles are values of the data."""

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        found = super().quantile(value, fraction)
        return exp.Anonymous(this="QUANTILE_DISC", expressions=found.expressions)


class LastFirst(DuckDB):
    def picked(self, value: exp.Expr, order: Any, *, last: bool) -> exp.Expr:
        return super().picked(value, order, last=not last)


@pytest.mark.parametrize(
    ("dialect", "topic"),
    [
        (replaced(bare), "Division and rounding"),
        (replaced(as_floats), "Money"),
        (replaced(nulls_first), "Medians and spread"),
        (replaced(apart), "Shares, ranks and leaders"),
        (replaced(trimmed), "Groups"),
        (replaced(insensitive), "Filters"),
        (FromSunday, "Weeks"),
        (WithoutZones, "Clocks"),
        (OverTheEnd, "Months and years"),
        (Steps, "Medians and spread"),
        (LastFirst, "First and last"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_dialect_that_writes_something_else(
    monkeypatch: pytest.MonkeyPatch, dialect: type[DuckDB], topic: str
) -> None:
    monkeypatch.setitem(DIALECTS, "duckdb", dialect())
    assert topic in topics_that_differ("SET integer_division = true")
