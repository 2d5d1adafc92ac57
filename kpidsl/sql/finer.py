"""Values of an aggregate, merged from those of another with more or finer groups (S10, S18)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlglot import exp

from kpidsl.model.periods import Grain, period_start
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.plan.looks import Look
from kpidsl.plan.nodes import PERIOD, Aggregate, Leaf
from kpidsl.sql import build
from kpidsl.sql.aggregates import whole_values
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.grouping import Grouping, counted_by, grouped
from kpidsl.sql.merging import Again
from kpidsl.sql.periods import period_start as first_day_of
from kpidsl.sql.spans import within


def from_finer(
    node: Aggregate,
    finer: Aggregate,
    table: str,
    grouping: Grouping,
    spans: str | None,
    *,
    by_period: bool,
) -> exp.Select:
    """Merge the values of a node from the `table` of a finer one. `spans` names the days that count
    towards each period, where those are not its own. `by_period`: only rows of the answer's periods
    are read, so that others need no test: DuckDB would make it of each row of the source."""
    keys = [_period(node, finer, table, grouping, spans)] if node.timed else []
    keys += [build.column(name, table) for name in grouping.key_names(node)]
    picked = Kind.MAX if node.picked else None
    values = whole_values(
        node.leaves, finer.leaves, table, grouping.dialect, picked, exact=bool(node.bridge)
    )
    select = build.from_(build.select(*keys, *values), build.table(table))
    day = build.column(PERIOD, table)
    tests: list[exp.Expr] = []
    if spans is not None:
        select = build.inner_join(select, build.table(spans), within(day, spans, node.look))
    elif finer.base is not None:
        tests += _days(node, finer, day, grouping, by_period=by_period)
    if node.present is not None:
        rows = build.column(node.present, table)
        tests.append(exp.GT(this=rows, expression=build.number(0)))
    if grouping.leaders is not None and node.beyond:
        tests.append(grouping.leaders.hold_none(grouping.leaders.columns(table)))
    select = build.where(select, *tests)
    return grouped(select, len(keys))


def looks_back_at(node: Aggregate, other: Aggregate, grouping: Grouping) -> bool:
    """Tell whether a node looks back by whole periods at those of another one of the same base."""
    base, grain, moves = node.merged_from, grouping.frame.grain, node.look.moves
    if base is None or base is not other.merged_from or not isinstance(grain, Grain):
        return False
    if grouping.frame.settings.calendar.own_years(grain) is not None or other.look != Look():
        return False
    if grain.months:
        in_step = not moves.days and moves.months % grain.months == 0
    else:
        in_step = not moves.months and moves.days % grain.days == 0
    same = replace(other, look=node.look, leaves=node.leaves) == node
    has_all = all(_column_of(leaf, other) for leaf in node.leaves)
    day = build.column(PERIOD)
    tests = [_days(each, base, day, grouping, by_period=True) for each in (node, other)]
    return in_step and same and has_all and tests == [[], []]


def _column_of(leaf: Leaf, node: Aggregate) -> str:
    """Return the column in which a node counts the same as a leaf; empty where none does."""
    same = (
        own.column for own in node.leaves if own.measure is leaf.measure and own.where == leaf.where
    )
    return next(same, "")


def again(node: Aggregate, other: Aggregate, table: str, dialect: Dialect) -> Again:
    """Read the `table` of a node again, for one that looks back at its periods."""
    moves = node.look.moves
    return Again(
        table,
        {leaf.column: _column_of(leaf, other) for leaf in node.leaves},
        lambda period: dialect.add(period, -moves.months, -moves.days),
    )


def _period(
    node: Aggregate, finer: Aggregate, table: str, grouping: Grouping, spans: str | None
) -> exp.Expr:
    """Return the period of a node that the finer one's belongs to."""
    period = build.column(PERIOD, spans or table)
    if finer.base is None or spans is not None:
        return period
    grain, calendar = grouping.frame.grain, grouping.frame.settings.calendar
    assert isinstance(grain, Grain)
    start: exp.Expr = period
    if finer.base.grain is not grain:
        start = first_day_of(grouping.dialect, period, grain, calendar)
    moved = grouping.dialect.add(start, node.look.moves.months, node.look.moves.days)
    return moved if moved is period else build.alias(moved, PERIOD)


def _days(
    node: Aggregate, finer: Aggregate, day: exp.Expr, grouping: Grouping, *, by_period: bool
) -> list[exp.Expr]:
    """Return the tests that a period of a base counts towards a node."""
    own = counted_by(node, grouping.frame) if node.windowed else None
    all_days = counted_by(finer, grouping.frame)
    if own is None or all_days is None:
        return []
    (first, end), tests = own, list[exp.Expr]()
    if first not in {None, all_days[0]} and not (by_period and _parts(first, node, grouping)):
        tests.append(exp.GTE(this=day.copy(), expression=build.day(first)))
    if end != all_days[1] and not (by_period and _parts(end, node, grouping)):
        tests.append(exp.LT(this=day.copy(), expression=build.day(end)))
    return tests


def _parts(day: date | None, node: Aggregate, grouping: Grouping) -> bool:
    """Tell whether a period begins on a day that a node looks at, so that no period of the answer
    has days before and after; moved by months, days of a month can meet on its last one."""
    grain, shift = grouping.frame.grain, node.look.moves
    if day is None or not isinstance(grain, Grain):
        return False
    in_step = not (shift.days if grain.months else shift.months)
    return in_step and period_start(day, grain, grouping.frame.settings.calendar) == day
