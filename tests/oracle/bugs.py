"""Bugs of a planner, as others have them, to be planted in ours: the random pairs must show each.

Each is small, and makes SQL that runs; what it breaks is told by its name and by its rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from sqlglot import exp

from kpidsl.model import expr as e
from kpidsl.model.sources import Aggregate
from kpidsl.plan import additivity, looking
from kpidsl.plan.query import Group, Selection
from kpidsl.sql import (
    aggregates,
    build,
    cells,
    conditions,
    fan_outs,
    finer,
    grouping,
    lower,
    merging,
    scope,
)
from kpidsl.sql.dialects import Clock
from kpidsl.sql.leaders import LeaderTables
from tests.oracle.coverage import measures_of
from tests.oracle.days import day_of
from tests.oracle.generate import Case

_FAN_OUT = fan_outs.FanOutJoin
_LOWERING = lower.Lowering

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """A bug, how it gets into the planner, and the rule of `coverage` that those pairs try out
    which could show it; `where`: what else they must be like. `asked` puts the question of a pair
    otherwise, for a bug that hardly any random one shows; None: this one can't."""

    name: str
    rule: str
    plant: Plant
    where: Callable[[Case], bool] = lambda _: True
    asked: Callable[[Case], Case | None] | None = None


def _around(owner: Any, name: str, change: Callable[..., Any]) -> Plant:
    """Replace a function by one that is given the one that was there, too."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)
        patch.setattr(owner, name, lambda *args, **named: change(original, *args, **named))

    return plant


def _both(*plants: Plant) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        for each in plants:
            each(patch)

    return plant


def _merged_by(kind: Aggregate, how: Aggregate) -> Plant:
    return lambda patch: patch.setitem(additivity._MERGED_BY, kind, how)  # noqa: SLF001


def _aggregated_as(kind: Aggregate, how: type[exp.AggFunc]) -> Plant:
    return lambda patch: patch.setitem(
        aggregates._SIMPLE,  # noqa: SLF001
        kind,
        lambda value: how(this=value),
    )


def _inner(original: Any, *args: Any) -> Any:
    select = original(*args)
    for join in select.args.get("joins") or []:
        join.set("side", None)
        join.set("kind", "INNER")
    return select


def _repeated(original: Any, fan: Any, select: exp.Select) -> Any:
    fan._select.set("distinct", None)  # noqa: SLF001
    return original(fan, select)


def _with_fewer_keys(original: Any, self: Any, scope: Any, node: Any, *rest: Any) -> Any:
    return original(self, scope, replace(node, once_per=node.once_per[1:]), *rest)


def _plain_equality(original: Any, *args: Any) -> Any:
    select = original(*args)
    for same in list(select.find_all(exp.NullSafeEQ)):
        same.replace(exp.EQ(this=same.this, expression=same.expression))
    return select


def _without_absent(original: Any, parts: Any, keys: list[str], *rest: Any) -> Any:
    known = [exp.Not(this=build.is_null(build.column(key))) for key in keys if "state" not in key]
    return build.where(original(parts, keys, *rest), *known)


def _window_alone(original: Any, node: Any, frame: Any) -> Any:
    if frame.window is None or node.base is not None:
        return original(node, frame)
    return frame.window.start, frame.window.end


def _end_included(original: Any, self: Any, operator: Any, *rest: Any) -> Any:
    return original(self, exp.LTE if operator is exp.LT else operator, *rest)


def _stored_clock(original: Any, *args: Any) -> Clock:
    clock = original(*args)
    assert isinstance(clock, Clock)
    return clock if clock.stored_as is None else replace(clock, zone=clock.stored_as)


def _difference(_: Any, rows: Any, left: Any, right: Any, at: Any) -> exp.Expr:
    one, other = conditions._alike(rows, (left, right), at)  # noqa: SLF001
    return exp.NEQ(this=build.wrapped(one), expression=build.wrapped(other))


def _without_link(original: Any, *args: Any) -> exp.Exists:
    found = original(*args)
    tests = list(found.this.args["where"].this.flatten())
    hops = args[1].hops[0].join.columns
    kept = build.conjunction(tests[len(hops) :])
    found.this.set("where", None if kept is None else exp.Where(this=kept))
    return found  # type: ignore[no-any-return]


def _of_monday(original: Any, dialect: Any, value: Any, grain: Any, calendar: Any) -> Any:
    return original(dialect, value, grain, replace(calendar, week_starts=0))


def _with(aggregate: Aggregate) -> Callable[[Case], bool]:
    """Whether the query asks for such an aggregate."""
    return lambda case: any(measure.aggregate is aggregate for measure in measures_of(case))


def _averages_and_their_totals(case: Case) -> Case | None:
    """The same groups of an average alone, and their total."""
    averages = (
        e.MeasureRef(source.name, measure.name)
        for source in case.model.sources.values()
        for measure in source.measures.values()
        if measure.aggregate is Aggregate.AVG
    )
    average = next(averages, None)
    if average is None or not case.query.by:
        return None
    plain = replace(case.query.values_alone(), select=(Selection("average", average),))
    return replace(case, query=replace(plain, totals=(Group((), None),)))


def _ends_with_rows(case: Case) -> bool:
    """Whether there are rows on the day after the window, and no periods that leave them out."""
    window = case.query.window
    if window is None or case.query.grain is not None:
        return False
    cells = (value for rows in case.tables.values() for row in rows for value in row.values())
    return any(isinstance(cell, date) and day_of(cell) == window.end for cell in cells)


BUGS = (
    Bug(
        "groups of the many side are joined as often as they are there",
        "S4 fan-out",
        _around(_FAN_OUT, "apply", _repeated),
    ),
    Bug(
        "a key is dropped from what tells one value from the next",
        "once per",
        _around(grouping.Grouping, "_once_per", _with_fewer_keys),
    ),
    Bug(
        "rows without a partner are dropped by an inner join",
        "S2 unmapped",
        _around(scope.Scope, "join_to", _inner),
    ),
    Bug(
        "rows without a many side are dropped by an inner join",
        "S4 fan-out",
        _around(_FAN_OUT, "apply", _inner),
    ),
    Bug(
        "any row of the many side will do, whosoever it is",
        "S4 any of the many",
        _around(conditions, "_exists", _without_link),
    ),
    Bug(
        "NULL keys do not meet NULL keys where totals are joined",
        "S10 total",
        _around(_LOWERING, "_join_on_keys", _plain_equality),
    ),
    Bug(
        "absent members are lost where sources are merged",
        "S5 absent members merge",
        _both(
            _around(lower, "folded", _without_absent),
            _around(merging, "folded", _without_absent),
        ),
    ),
    Bug(
        "the window cuts the rows before values look back",
        "S16 lookback",
        _both(
            _around(grouping, "counted_by", _window_alone),
            _around(finer, "counted_by", _window_alone),
        ),
    ),
    Bug(
        "distinct counts are added up",
        "S10 totals recomputed",
        _merged_by(Aggregate.COUNT_DISTINCT, Aggregate.SUM),
        _with(Aggregate.COUNT_DISTINCT),
    ),
    Bug(
        "averages are averaged",
        "S10 totals recomputed",
        _merged_by(Aggregate.AVG, Aggregate.AVG),
        asked=_averages_and_their_totals,
    ),
    Bug("a ratio is of averages", "S12 ratio", _aggregated_as(Aggregate.SUM, exp.Avg)),
    Bug(
        "a quotient of whole numbers is a whole number",
        "S12 ratio",
        _around(
            build,
            "quotient",
            lambda original, *args: build.cast(build.cast(original(*args), "BIGINT"), "DOUBLE"),
        ),
    ),
    Bug(
        "what no row has is zero, minima too",
        "S13 null",
        _around(
            cells.Cells,
            "_of_rows",
            lambda original, *args: build.coalesce(original(*args), build.number(0)),
        ),
    ),
    Bug(
        "outside its known range a source has zeros",
        "S13 null",
        _around(cells.Cells, "_tests_of", lambda *_: []),
    ),
    Bug(
        "a watermark before the end of a question is not looked at",
        "S13 null",
        _around(cells.Cells, "_ends_by", lambda *_: True),
    ),
    Bug(
        "what other metrics add to an answer is ranked",
        "rank",
        _around(cells.Cells, "_counted", lambda *_: []),
    ),
    Bug(
        "a filter of a formula is left out",
        "S14 filter",
        _around(
            grouping.Grouping,
            "_leaf_conditions",
            lambda original, self, scope, leaf: original(self, scope, replace(leaf, where=())),
        ),
    ),
    Bug(
        "`!=` is not true of what is absent",
        "S2 a filter that negates",
        _around(conditions, "_differs", _difference),
    ),
    Bug(
        "the day after the window counts",
        "S16 window",
        _around(grouping.Grouping, "_compared", _end_included),
        _ends_with_rows,
    ),
    Bug(
        "days are those of the stored time",
        "S20 zone",
        _around(scope.Scope, "clock", _stored_clock),
    ),
    Bug(
        "every version of a row holds",
        "S8 validity",
        _around(scope.Scope, "_holds", lambda *_: []),
    ),
    Bug(
        "periods without rows are left out",
        "S17 dense",
        _around(
            _LOWERING,
            "_merge",
            lambda original, self, merge: original(self, replace(merge, dense=False)),
        ),
    ),
    Bug(
        "a prior value is of the whole periods that lie there",
        "S19 prior",
        _around(looking, "_aligned", lambda *_: True),
    ),
    Bug(
        "a level is all rows before the end",
        "S11 stock",
        _around(grouping.Grouping, "_last", lambda *_: []),
    ),
    Bug(
        "weeks start on Monday, whatever the project says",
        "S20 week",
        _around(grouping, "period_start", _of_monday),
        lambda case: case.model.settings.week_starts != 0,
    ),
    Bug(
        "the rest of a top list is all of it",
        "S10 rest",
        _around(LeaderTables, "hold_none", lambda *_: exp.Boolean(this=True)),
    ),
)
