"""Dialects that move days by `DATEADD`, count between them by `DATEDIFF`, and have no series: rows
are counted, and each row's number moves the first day."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import date

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.base import MonthsByDay
from kpidsl.sql.dialects.duckdb import STEPS, DuckDB
from kpidsl.sql.dialects.rewriting import call, text, word


class ByDateadd(MonthsByDay, DuckDB, ABC):
    @abstractmethod
    def numbered(
        self, start: Callable[[exp.Expr], exp.Expr], count: exp.Expr, name: str, of: str | None
    ) -> exp.Select:
        """Return a row for each whole number from 0 on that is less than `count`, in a column
        `name` what `start` makes of it; beside the one row of the table `of`, if one is named."""

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        """Clocks differ by whole seconds."""
        start = call("DATE_TRUNC", text(part.name), local)
        within = call("DATEDIFF", word("SECOND"), start, local.copy())
        second = call("DATE_TRUNC", text("SECOND"), instant)
        return call("DATEADD", word("SECOND"), exp.Neg(this=within), second)

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        moved = value
        for count, unit in ((months, "MONTH"), (days, "DAY")):
            if count:
                moved = call("DATEADD", word(unit), build.number(count), moved)
        return value if moved is value else cast(moved, "DATE")

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return call("DATEADD", word("SECOND"), build.number(seconds), moment)

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        size, unit = STEPS[grain]

        def start(number: exp.Expr) -> exp.Expr:
            steps = number
            if size > 1:
                steps = exp.Mul(this=build.wrapped(number), expression=build.number(size))
            return cast(call("DATEADD", word(unit), steps, first.copy()), "DATE")

        return self.numbered(start, _count(first, last, grain), name, of)

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Select:
            def start(number: exp.Expr) -> exp.Expr:
                return call("DATEADD", word(run.part.name), number, build.literal(run.first))

            return self.numbered(start, build.number(run.count), name, None)

        return build.union_all([series(run) for run in runs])


def _count(first: exp.Expr, last: exp.Expr, grain: Grain) -> exp.Expr:
    """Return how many periods begin from the first day to the last."""
    one, other = _day(first), _day(last)
    if one is not None and other is not None:
        months = (other.year - one.year) * 12 + other.month - one.month
        passed = months // grain.months if grain.months else (other - one).days // grain.days
        return build.number(max(0, passed + 1))
    size, unit = STEPS[grain]
    steps = call("DATEDIFF", word(unit), first, last)
    if size > 1:
        steps = call("FLOOR", exp.Div(this=steps, expression=build.number(size)))
    return exp.Add(this=steps, expression=build.number(1))


def _day(value: exp.Expr) -> date | None:
    """Return a day that is known while compiling."""
    is_known = isinstance(value, exp.Cast) and value.is_type("DATE") and value.this.is_string
    return date.fromisoformat(value.this.name) if is_known else None
