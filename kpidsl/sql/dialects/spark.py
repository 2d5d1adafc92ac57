"""Spark SQL, and Databricks' of it: a table of differences from the tree that is built for DuckDB.

- A `TIMESTAMP_NTZ` is a naive time, a `TIMESTAMP` an instant that the session's zone shows. Of two
  instants that a zone shows alike Spark takes the first.
- Decimals keep their digits, and what is too large is an error, by the session's settings.
- Rows are made of an array by `EXPLODE`, which stands alone in its column.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.base import Clock, Kind, MonthsByDay
from kpidsl.sql.dialects.duckdb import STEPS, DuckDB, interval
from kpidsl.sql.dialects.rewriting import call, whole, writer
from kpidsl.sql.dialects.spark_trees import adapted, exploded, type_name
from kpidsl.sql.dialects.zones import instant_of, local_of

_KINDS = {
    "date": Kind.DAY,
    "timestamp": Kind.ZONED,
    "timestamp_ntz": Kind.MOMENT,
} | dict.fromkeys(("string", "varchar", "char"), Kind.TEXT)
_KINDS |= dict.fromkeys(
    ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal"), Kind.NUMBER
)
_EPOCH = "1970-01-01 00:00:00"


class Spark(MonthsByDay, DuckDB):
    name = "spark"

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        written = adapted(tree.copy() if copy else tree)
        return writer(self.name).generate(written, pretty=pretty, copy=False)

    def lacks(self, tree: exp.Query) -> list[str]:
        unions = tree.find_all(exp.Union)
        by_name = any(union.args.get("by_name") for union in unions if not build.is_verbatim(union))
        return ["union by the names of columns"] if by_name else []

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """A column without a zone of its own is cast as it is, an instant as the session shows it,
        which the engine sets to the project's zone."""
        return local_of(cast(value, "TIMESTAMP"), clock)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        return local_of(end(this=cast(value, "TIMESTAMP")), clock)

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = cast(value, "TIMESTAMP")
        if clock.stored_as is not None:
            return instant_of(moment, clock.stored_as)
        if clock.zone == "UTC":
            return moment
        micros = call("UNIX_MICROS", cast(value.copy(), "TIMESTAMPTZ"))
        epoch = cast(exp.Literal.string(_EPOCH), "TIMESTAMP")
        exact = call("TIMESTAMPADD", exp.Var(this="MICROSECOND"), micros, epoch)
        zoned = exp.EQ(this=type_name(value), expression=exp.Literal.string("timestamp"))
        return build.case([(zoned, exact)], instant_of(moment, clock.zone))

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        """A full hour of the local clock: the instant's own may be a half one."""
        minutes, seconds = (
            exp.Extract(this=exp.Var(this=unit), expression=local.copy())
            for unit in ("MINUTE", "SECOND")
        )
        past = exp.Add(this=exp.Mul(this=minutes, expression=whole(60)), expression=seconds)
        length = whole(int(part.length.total_seconds()))
        within = exp.Mod(this=exp.Paren(this=past), expression=length)
        step = call("MAKE_DT_INTERVAL", whole(0), whole(0), whole(0), within)
        return exp.Sub(this=instant, expression=step)

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        day: exp.Expr = cast(value, "DATE")
        if grain is Grain.DAY:
            return day
        offset = week_starts if grain is Grain.WEEK else 0
        moved = self.add(day, 0, -offset)
        start = call("TRUNC", moved, exp.Literal.string(grain.value.upper()))
        return self.add(start, 0, offset)

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        moved = value
        for count, move in ((months, "ADD_MONTHS"), (days, "DATE_ADD")):
            if count:
                moved = call(move, moved, whole(count))
        return moved

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        """A sequence whose end is before its beginning is an error."""
        starts = call("SEQUENCE", first, last, interval(*STEPS[grain]))
        some = exp.LTE(this=first.copy(), expression=last.copy())
        select = build.select(build.alias(exploded(build.case([(some, starts)])), name))
        return select if of is None else build.from_(select, build.table(of))

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Expr:
            ends = [build.literal(run.first), build.literal(run.last)]
            return exploded(call("SEQUENCE", *ends, interval(1, run.part.name)))

        return build.union_all([build.select(build.alias(series(run), name)) for run in runs])

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        share = exp.Literal.number(format(fraction, "f"))
        return call("PERCENTILE", cast(value, "DOUBLE"), share)

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        known = [exp.Not(this=build.is_null(part.copy())) for part in (value, order[0])]
        both = exp.And(this=known[0], expression=known[1])
        place = build.case([(both, call("STRUCT", *order))])
        return call("MAX_BY" if last else "MIN_BY", value, place)

    def widened(self, value: exp.Expr) -> exp.Expr:
        """Decimals that meet all have as many places as the one with the most."""
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        digits = call("FORMAT_STRING", exp.Literal.string("%.15g"), cast(value, "DOUBLE"))
        return exp.Nullif(this=digits, expression=exp.Literal.string("null"))

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return type_name(value)

    def kind_of(self, type_name: str) -> Kind:
        """Spark's own names are in small letters, those by SQLAlchemy in capital ones."""
        return _KINDS.get(type_name.partition("(")[0].partition(" ")[0].lower(), Kind.OTHER)

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        star = exp.Star(except_=[build.identifier(alias)]) if hides else exp.Star()
        return build.from_(build.select(build.alias(exploded(value), alias), star), rows)


class Databricks(Spark):
    """Spark's SQL as Databricks writes it."""

    name = "databricks"
