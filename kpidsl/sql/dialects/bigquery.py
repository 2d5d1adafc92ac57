"""BigQuery: a table of differences from the tree that is built for DuckDB.

- A naive moment is a `DATETIME`, an instant a `TIMESTAMP`; a cast between them is one of UTC.
- A decimal is a `BIGNUMERIC`: it has 38 digits on both sides of its point.
- What an aggregate lacks, such as a percentile, is read from an array of its values in order.
- The names of columns are the same in upper and lower case, and not all characters may stand in
  those of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.base import NAMED, Clock, Kind, MonthsByDay
from kpidsl.sql.dialects.bigquery_trees import adapted, element, in_order
from kpidsl.sql.dialects.clickhouse_trees import keys_of
from kpidsl.sql.dialects.duckdb import STEPS, DuckDB
from kpidsl.sql.dialects.last_day import movable
from kpidsl.sql.dialects.rewriting import call, whole, writer

_KINDS = {
    "DATE": Kind.DAY,
    "DATETIME": Kind.MOMENT,
    "TIMESTAMP": Kind.ZONED,
    "STRING": Kind.TEXT,
} | dict.fromkeys(("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"), Kind.NUMBER)
_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_REFUSED = re.compile(r'[!"$()*,./;?@\[\\\]^`{}~\x00-\x1f\x7f]')
_RESERVED = ("_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier")
_LONGEST = 300
"""So many characters a column of an answer may have."""
_STEP = "step"
"""Made once: by its name it would be made anew for each tree."""


class BigQuery(MonthsByDay, DuckDB):
    name = "bigquery"

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        return writer(self.name).generate(
            adapted(tree.copy() if copy else tree), pretty=pretty, copy=False
        )

    def lacks(self, tree: exp.Query) -> list[str]:
        unions = tree.find_all(exp.Union)
        by_name = any(union.args.get("by_name") for union in unions if not build.is_verbatim(union))
        others = any(keys_of(test) is None for test in tree.find_all(exp.Exists))
        found = {
            "union by the names of columns": by_name,
            "subquery whose rows meet the outer ones by a range": others,
        }
        refused = dict.fromkeys(f"{NAMED}`{name}`" for name in _refused_names(tree))
        return [*(what for what, is_there in found.items() if is_there), *refused]

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = cast(value, "TIMESTAMP")
        if clock.stored_as == clock.zone:
            return moment
        if clock.stored_as is None:
            zoned = _shown(cast(value.copy(), "TIMESTAMPTZ"), clock.zone)
            return _if_zoned(value, zoned, moment, clock.zone)
        if clock.stored_as == "UTC":
            return _shown(call("TIMESTAMP", moment, _text("UTC")), clock.zone)
        return _shown(call("TIMESTAMP", self.instant(value, clock), _text("UTC")), clock.zone)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        return end(this=self.local_time(value, clock))

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """What has a zone of its own is only comparable as local time."""
        return cast(value, "TIMESTAMP") if clock.stored_as else self.local_time(value, clock)

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = cast(value, "TIMESTAMP")
        if clock.stored_as is None:
            zoned = _shown(cast(value.copy(), "TIMESTAMPTZ"), "UTC")
            return _if_zoned(value, zoned, _instant(moment, clock.zone), clock.zone)
        return _instant(moment, clock.stored_as)

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        start = call("DATETIME_TRUNC", local, exp.Var(this=part.name))
        within = call("DATETIME_DIFF", local.copy(), start, exp.Var(this="MICROSECOND"))
        return _moved("DATETIME_SUB", instant, within, "MICROSECOND")

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        day = cast(value, "DATE")
        if grain is Grain.DAY:
            return day
        unit = grain.name if grain is not Grain.WEEK else f"WEEK({_WEEKDAYS[week_starts]})"
        return call("DATE_TRUNC", day, exp.Var(this=unit))

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        """What is after the last day is an error."""
        moved = movable(value, months, days)
        for count, unit in ((months, "MONTH"), (days, "DAY")):
            if count:
                moved = _moved("DATE_ADD", moved, whole(count), unit)
        return moved

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return _moved("DATETIME_ADD", moment, whole(seconds), "SECOND")

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        return self._days(first, last, grain, build.select(build.column(name)), of)

    def each_day(
        self, first: exp.Expr, last: exp.Expr, name: str, kept: tuple[str, ...], of: str
    ) -> exp.Select:
        columns = [build.column(each, of) for each in kept]
        select = build.select(*columns, build.column(name))
        return self._days(first, last, Grain.DAY, select, of)

    def _days(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, select: exp.Select, of: str | None
    ) -> exp.Select:
        count, unit = STEPS[grain]
        step = exp.Interval(this=whole(count), unit=exp.Var(this=unit))
        days = _each(call("GENERATE_DATE_ARRAY", first, last, step), select.selects[-1].name)
        if of is None:
            return build.from_(select, days)
        return build.cross_join(build.from_(select, build.table(of)), days)

    def listed_days(self, names: Sequence[str], rows: Sequence[Sequence[date]]) -> exp.Query:
        listed = [
            call(
                "STRUCT",
                *(build.alias(build.day(day), name) for name, day in zip(names, row, strict=True)),
            )
            for row in rows
        ]
        each = _each(exp.Array(expressions=listed), "listed")
        columns = [build.alias(self.field(build.column("listed"), name), name) for name in names]
        return build.from_(build.select(*columns), each)

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Select:
            length = whole(int(run.part.length.total_seconds()))
            seconds = exp.Mul(this=build.column(_STEP), expression=length)
            start = _moved("DATETIME_ADD", build.literal(run.first), seconds, "SECOND")
            steps = _each(call("GENERATE_ARRAY", whole(0), whole(run.count - 1)), _STEP)
            return build.from_(build.select(build.alias(start, name)), steps)

        return build.union_all([series(run) for run in runs])

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        """Between the two values next to the place where the share ends; no aggregate does it."""
        number = cast(value, "DOUBLE")
        last = exp.Sub(this=exp.Count(this=number), expression=whole(1))
        share = exp.Literal.number(format(fraction, "f"))
        place = exp.Mul(this=share, expression=exp.Paren(this=last))
        low, high = (
            element(number.copy(), [_rising(number)], at=call(side, place.copy()))
            for side in ("FLOOR", "CEIL")
        )
        past = exp.Sub(this=place.copy(), expression=call("FLOOR", place.copy()))
        gap = exp.Paren(this=exp.Sub(this=high, expression=low.copy()))
        part = exp.Mul(this=gap, expression=exp.Paren(this=past))
        return exp.Paren(this=exp.Add(this=low, expression=part))

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        known = exp.Not(this=build.is_null(order[0].copy()))
        terms = [exp.Ordered(this=term, desc=last, nulls_first=last) for term in order]
        return element(build.case([(known, value)]), [*in_order(terms)])

    def widened(self, value: exp.Expr) -> exp.Expr:
        """All decimals have as many places."""
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        return call("FORMAT", _text("%.15g"), cast(value, "DOUBLE"))

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return call("TYPEOF", value)

    def kind_of(self, type_name: str) -> Kind:
        return _KINDS.get(type_name, Kind.OTHER)

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        name = f"element of {alias}"
        star = exp.Star(except_=[build.identifier(alias)]) if hides else exp.Star()
        kept = exp.Column(this=star, table=build.identifier(rows.alias))
        select = build.select(build.alias(build.column(name), alias), kept)
        return build.cross_join(build.from_(select, rows), _each(value, name))


def _rising(value: exp.Expr) -> exp.Expr:
    return exp.Ordered(this=value.copy(), desc=False, nulls_first=True)


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def _each(array: exp.Expr, name: str) -> exp.Expr:
    """Return the rows of an array, in one column."""
    return exp.Unnest(expressions=[array], alias=exp.TableAlias(columns=[build.identifier(name)]))


def _moved(function: str, moment: exp.Expr, count: exp.Expr, unit: str) -> exp.Expr:
    return call(function, moment, exp.Interval(this=count, unit=exp.Var(this=unit)))


def _shown(instant: exp.Expr, zone: str) -> exp.Expr:
    """Return what the clock of a zone shows at an instant."""
    return call("DATETIME", instant, _text(zone))


def _instant(moment: exp.Expr, zone: str) -> exp.Expr:
    """Return the time of UTC at which the clock of a zone shows a moment: of two the later one, and
    in the hour that is skipped by the clock as it was before.

    BigQuery takes the earlier of two; a day off, the clock is after the change.
    """
    if zone == "UTC":
        return moment

    def in_utc(shown: exp.Expr) -> exp.Expr:
        return _shown(call("TIMESTAMP", shown, _text(zone)), "UTC")

    next_day = _moved("DATETIME_ADD", moment.copy(), whole(1), "DAY")
    late = _moved("DATETIME_SUB", in_utc(next_day), whole(1), "DAY")
    holds = exp.EQ(
        this=_shown(call("TIMESTAMP", late, _text("UTC")), zone), expression=moment.copy()
    )
    return build.case([(holds, late.copy())], in_utc(moment))


def _if_zoned(value: exp.Expr, zoned: exp.Expr, naive: exp.Expr, zone: str) -> exp.Expr:
    """Choose by the type of a column, which stands in front of a value written as a constant."""
    if zone == "UTC":
        return naive
    is_zoned = call("STARTS_WITH", call("FORMAT", _text("%T"), value.copy()), _text("TIMESTAMP"))
    return build.case([(is_zoned, zoned)], naive)


def _refused_names(tree: exp.Query) -> Iterator[str]:
    """Yield the columns of an answer that BigQuery gives to nobody."""
    seen: set[str] = set()
    for name in _names(tree, {cte.alias: cte.this for cte in tree.ctes}):
        small = name.casefold()
        is_reserved = small.startswith(_RESERVED)
        if _REFUSED.search(name) or is_reserved or len(name) > _LONGEST or small in seen:
            yield name
        seen.add(small)


def _names(query: exp.Query, named: dict[str, exp.Query]) -> Iterator[str]:
    """Yield the names of the columns of a query, also of those that a star stands for."""
    while isinstance(query, exp.Union):
        query = query.left
    select = query.unnest()
    assert isinstance(select, exp.Select)
    parts = [select.args.get("from_"), *select.args.get("joins", ())]
    sources = {part.this.alias_or_name: part.this for part in parts if part is not None}
    for column in select.selects:
        if not column.is_star:
            yield column.alias_or_name
            continue
        star = column.this if isinstance(column, exp.Column) else column
        left_out = {each.name for each in star.args.get("except_") or ()}
        read = [sources[column.table]] if isinstance(column, exp.Column) else sources.values()
        for rows in read:
            inner = named.get(rows.name) if isinstance(rows, exp.Table) else rows.this
            found = _names(inner, named) if isinstance(inner, exp.Query) else ()
            yield from (name for name in found if name not in left_out)
