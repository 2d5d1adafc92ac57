"""DuckDB: the embedded engine, and the tree from which the others differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlglot import Dialect, exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.model.units import Datatype
from kpidsl.sql import build
from kpidsl.sql.build import cast, identifier, literal
from kpidsl.sql.dialects.base import Clock, Kind

STEPS = {
    Grain.DAY: (1, "DAY"),
    Grain.WEEK: (7, "DAY"),
    Grain.MONTH: (1, "MONTH"),
    Grain.QUARTER: (3, "MONTH"),
    Grain.YEAR: (1, "YEAR"),
}
_NUMBERS = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    *("FLOAT", "DOUBLE", "DECIMAL"),
)
_KINDS = {"DATE": Kind.DAY, "VARCHAR": Kind.TEXT} | dict.fromkeys(_NUMBERS, Kind.NUMBER)

_FINE = "DECIMAL(13, 12)"
"""The type of a number with as many decimals as are kept, and no more digits."""


_WRITER = Dialect.get_or_raise("duckdb")
"""Made once: by its name it would be made anew for each tree."""


class DuckDB:
    name = "duckdb"
    is_typed = True
    has_booleans = True
    reads_loosely = False
    numbers_times = False

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        return _WRITER.generate(tree, pretty=pretty, copy=copy)

    def lacks(self, tree: exp.Query) -> list[str]:
        del tree
        return []

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """A zone-less cast of TIMESTAMPTZ follows the session's zone, which the engine sets to
        the project's; so does a DATE, which has no zone to convert from."""
        return _local(cast(value, "TIMESTAMP"), clock)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        """The end of a column as it is stored is known from what is kept of each block of rows."""
        return _local(end(this=cast(value, "TIMESTAMP")), clock)

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        del clock
        return cast(value, "TIMESTAMP")

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        utc = exp.Literal.string("UTC")
        if clock.stored_as is None:  # the value has a zone of its own
            return exp.AtTimeZone(this=cast(value, "TIMESTAMPTZ"), zone=utc)
        stamp = cast(value, "TIMESTAMP")
        if clock.stored_as == "UTC":
            return stamp
        moment = exp.AtTimeZone(this=stamp, zone=exp.Literal.string(clock.stored_as))
        return exp.AtTimeZone(this=moment, zone=utc)

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        unit = exp.Literal.string(part.value)
        start = exp.Anonymous(this="DATE_TRUNC", expressions=[unit, local])
        within = exp.Paren(this=exp.Sub(this=local.copy(), expression=start))
        return exp.Sub(this=instant, expression=within)

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        if grain is Grain.DAY:
            return cast(value, "DATE")
        offset = week_starts if grain is Grain.WEEK else 0
        moved = self.add(value, 0, -offset) if offset else value
        unit = exp.Literal.string(grain.value)
        start = cast(exp.Anonymous(this="DATE_TRUNC", expressions=[unit, moved]), "DATE")
        return self.add(start, 0, offset) if offset else start

    def month_number(self, value: exp.Expr) -> exp.Expr:
        """DATE_TRUNC takes three times as long."""
        months = exp.Mul(this=exp.Year(this=value), expression=build.number(12))
        month = exp.Add(this=months, expression=exp.Month(this=value.copy()))
        return exp.Sub(this=month, expression=build.number(1))

    def month_of(self, number: exp.Expr) -> exp.Expr:
        year = exp.IntDiv(this=number, expression=build.number(12))
        month = exp.Add(
            this=exp.Mod(this=number.copy(), expression=build.number(12)),
            expression=build.number(1),
        )
        parts = [year, month, build.number(1)]
        return exp.Anonymous(this="MAKE_DATE", expressions=parts)

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        moved = value
        for count, unit in ((months, "MONTH"), (days, "DAY")):
            if count:
                direction = exp.Add if count > 0 else exp.Sub
                moved = direction(this=moved, expression=interval(abs(count), unit))
        return value if moved is value else cast(exp.Paren(this=moved), "DATE")

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return exp.Add(this=moment, expression=interval(seconds, "SECOND"))

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        step = interval(*STEPS[grain])
        series = exp.Anonymous(this="GENERATE_SERIES", expressions=[first, last, step])
        starts = cast(exp.Anonymous(this="UNNEST", expressions=[series]), "DATE")
        select = build.select(build.alias(starts, name))
        return select if of is None else build.from_(select, build.table(of))

    def each_day(
        self, first: exp.Expr, last: exp.Expr, name: str, kept: tuple[str, ...], of: str
    ) -> exp.Select:
        days = self.date_series(first, last, Grain.DAY, name, of)
        days.set("expressions", [*map(build.column, kept), *days.expressions])
        return days

    def listed_days(self, names: Sequence[str], rows: Sequence[Sequence[date]]) -> exp.Query:
        """A SELECT for each row would take ten times as long to plan, and a cast in each twice."""
        tuples = [
            exp.Tuple(expressions=[exp.Literal.string(day.isoformat()) for day in row])
            for row in rows
        ]
        header = exp.TableAlias(this=identifier("listed"), columns=[*map(identifier, names)])
        columns = [build.alias(cast(build.column(name), "DATE"), name) for name in names]
        return build.from_(build.select(*columns), exp.Values(expressions=tuples, alias=header))

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Expr:
            ends = [literal(run.first), literal(run.last), interval(1, run.part.name)]
            found = exp.Anonymous(this="GENERATE_SERIES", expressions=ends)
            return exp.Anonymous(this="UNNEST", expressions=[found])

        return build.union_all([build.select(build.alias(series(run), name)) for run in runs])

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        share = exp.Literal.number(format(fraction, "f"))
        return exp.Anonymous(this="QUANTILE_CONT", expressions=[cast(value, "DOUBLE"), share])

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        place = exp.Anonymous(this="ROW", expressions=list(order))
        known = exp.Not(this=build.is_null(order[0].copy()))
        name = "ARG_MAX" if last else "ARG_MIN"
        return exp.Anonymous(this=name, expressions=[value, build.case([(known, place)])])

    def summand(self, value: exp.Expr) -> exp.Expr:
        return value

    def widened(self, value: exp.Expr) -> exp.Expr:
        """Of decimals of 38 digits that meet, all are rounded to the decimals of the one with the
        fewest; a sum has as many as the one with the most."""
        return exp.Add(this=build.wrapped(value), expression=cast(build.number(0), _FINE))

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="PRINTF", expressions=[exp.Literal.string("%.15g"), value])

    def comparable(self, value: exp.Expr, datatype: Datatype) -> exp.Expr:
        del datatype
        return value

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="TYPEOF", expressions=[value])

    def kind_of(self, type_name: str) -> Kind:
        name = type_name.partition("(")[0]
        if name.startswith("TIMESTAMP"):
            return Kind.ZONED if name.endswith("TIME ZONE") else Kind.MOMENT
        return _KINDS.get(name, Kind.OTHER)

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        return exp.Dot(this=value, expression=identifier(name))

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        """The element stands first: of columns that share a name the first is read."""
        star = exp.Star(except_=[identifier(alias)]) if hides else exp.Star()
        element = exp.Anonymous(this="UNNEST", expressions=[value])
        return build.from_(build.select(build.alias(element, alias), star), rows)


def _local(stamp: exp.Expr, clock: Clock) -> exp.Expr:
    if clock.stored_as is None or clock.stored_as == clock.zone:
        return stamp
    moment = exp.AtTimeZone(this=stamp, zone=exp.Literal.string(clock.stored_as))
    return exp.AtTimeZone(this=moment, zone=exp.Literal.string(clock.zone))


def interval(count: int, unit: str) -> exp.Expr:
    return exp.Interval(this=exp.Literal.string(str(count)), unit=exp.Var(this=unit))
