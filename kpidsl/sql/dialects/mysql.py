"""MySQL and MariaDB: a table of differences from the tree that is built for DuckDB.

- A moment has no zone. What is stored as `TIMESTAMP` shows in the zone of the session, which is to
  be UTC; in a statement no function is called that needs the server to know zones.
- Texts are compared by their bytes, whatever their collation.
- There is neither a series of days nor an aggregate by order: rows are numbered by lists of JSON,
  and by windows.
- A truth value is 0 or 1, and a struct or a list is one of JSON.

What doesn't fit its type is cut off with a warning, which is to be taken for an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.model.units import Datatype
from kpidsl.sql import build
from kpidsl.sql.dialects.base import Clock, Kind, MonthsByDay
from kpidsl.sql.dialects.last_day import movable
from kpidsl.sql.dialects.mysql_calls import listed, moved, no_text, numbered
from kpidsl.sql.dialects.mysql_named import too_many_named
from kpidsl.sql.dialects.mysql_texts import is_no_text
from kpidsl.sql.dialects.mysql_trees import adapted
from kpidsl.sql.dialects.mysql_zones import shown
from kpidsl.sql.dialects.numbered import picked, quantile
from kpidsl.sql.dialects.rewriting import call, text, writer

_STEPS = {
    Grain.DAY: (1, "DAY"),
    Grain.WEEK: (7, "DAY"),
    Grain.MONTH: (1, "MONTH"),
    Grain.QUARTER: (3, "MONTH"),
    Grain.YEAR: (12, "MONTH"),
}
_SHOWN = {
    Kind.DAY: r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    Kind.MOMENT: r"^[0-9]{4}-[0-9]{2}-[0-9]{2} ",
    Kind.NUMBER: r"^-?[0-9.]+(e-?[0-9]+)?$",
}
"""What values look like as texts."""
_VALUES = frozenset(Kind)
_NAME = re.compile(r"\w+")
_KINDS = {"DATE": Kind.DAY, "DATETIME": Kind.MOMENT, "TIMESTAMP": Kind.MOMENT}
_KINDS |= dict.fromkeys(
    ("CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM"), Kind.TEXT
)
_KINDS |= dict.fromkeys(
    ("TINYINT", "SMALLINT", "MEDIUMINT", "INTEGER", "INT", "BIGINT", "DECIMAL", "NUMERIC"),
    Kind.NUMBER,
)
_KINDS |= dict.fromkeys(("FLOAT", "DOUBLE", "REAL", "YEAR", "BOOL"), Kind.NUMBER)
_MONDAY = 2
"""The first day of the calendar that is a Monday, as `TO_DAYS` counts."""
_STEPS_TABLE, _STEP = "steps", "step"
_HIDES = "hides"
_DIGITS = 15
SETTINGS = "/*M! SET STATEMENT optimizer_switch = 'subquery_cache=off', time_zone = '+00:00' FOR */"
"""What MariaDB, to whom such a comment speaks, is told with each statement. It would remember what
a subquery gave for `EU`, and give the same for `eu`."""


class MySQL(MonthsByDay):
    name = "mysql"
    is_typed = True
    has_booleans = False
    reads_loosely = False
    numbers_times = True

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        written = adapted(tree.copy() if copy else tree)
        sql = writer(self.name).generate(written, pretty=pretty, copy=False)
        if not isinstance(written, exp.Query):
            return sql
        end = "\n" if pretty else " "
        return f"{SETTINGS}{end}{sql}"

    def lacks(self, tree: exp.Query) -> list[str]:
        unions = tree.find_all(exp.Union)
        by_name = any(union.args.get("by_name") for union in unions if not build.is_verbatim(union))
        zoned = any(cast.to.is_type(exp.DType.TIMESTAMPTZ) for cast in tree.find_all(exp.Cast))
        hides = any(select.meta.get(_HIDES) for select in tree.find_all(exp.Select))
        found = {
            "union by the names of columns": by_name,
            "column in the place of another of its name, as of a list that is unnested": hides,
            "time that names its own zone": zoned,
            "room for as many named queries as this question needs": too_many_named(tree),
        }
        return [what for what, is_there in found.items() if is_there]

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = build.cast(value, "TIMESTAMP")
        return moment if clock.stored_as is None else shown(moment, clock.stored_as, clock.zone)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        """The end of a column as it is stored is known from its index."""
        return self.local_time(end(this=value), clock)

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """An index is on the column as it is."""
        del clock
        return no_text(value)

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        return shown(build.cast(value, "TIMESTAMP"), clock.stored_as or clock.zone, "UTC")

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        length = exp.Literal.number(int(part.length.total_seconds()) * 1_000_000)
        midnight = build.cast(build.cast(local, "DATE"), "TIMESTAMP")
        since = call("TIMESTAMPDIFF", exp.Var(this="MICROSECOND"), midnight, local.copy())
        past = exp.Neg(this=exp.Paren(this=exp.Mod(this=since, expression=length)))
        return moved(instant, past, "MICROSECOND")

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        match grain:
            case Grain.DAY:
                return build.cast(value, "DATE")
            case Grain.WEEK:
                return _week_start(value, week_starts)
            case Grain.MONTH:
                return _first_day(value, "%Y-%m-01")
            case Grain.YEAR:
                return _first_day(value, "%Y-01-01")
        first = build.day(date.min)
        quarters = call("TIMESTAMPDIFF", exp.Var(this="QUARTER"), first, value)
        return build.cast(moved(first.copy(), quarters, "QUARTER"), "DATE")

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        """MySQL has NULL for what is after the last day."""
        if not (months or days):
            return value
        result = movable(value, months, days)
        for count, unit in ((months, "MONTH"), (days, "DAY")):
            if count:
                result = moved(result, build.number(count), unit)
        return build.cast(result, "DATE")

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return moved(moment, build.number(seconds), "SECOND")

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        return _each(first, last, grain, name, (), of)

    def each_day(
        self, first: exp.Expr, last: exp.Expr, name: str, kept: tuple[str, ...], of: str
    ) -> exp.Select:
        return _each(first, last, Grain.DAY, name, kept, of)

    def listed_days(self, names: Sequence[str], rows: Sequence[Sequence[date]]) -> exp.Query:
        days = [[day.isoformat() for day in row] for row in rows]
        columns = {name: ("DATE", f"$[{place}]") for place, name in enumerate(names)}
        table = listed(text(json.dumps(days, separators=(",", ":"))), columns, "listed")
        return build.from_(
            build.select(*(no_text(build.column(name, "listed")) for name in names)), table
        )

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Select:
            start = moved(build.literal(run.first), _past(), run.part.name)
            steps = numbered(build.number(run.count - 1), _STEP, _STEPS_TABLE)
            return build.from_(build.select(build.alias(start, name)), steps)

        return build.union_all([series(run) for run in runs])

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        return quantile(value, fraction)

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        return picked(value, order, last=last)

    def summand(self, value: exp.Expr) -> exp.Expr:
        """All floats are added up as doubles."""
        return value

    def widened(self, value: exp.Expr) -> exp.Expr:
        """Decimals that meet all have as many places as the one with the most."""
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        size = exp.Nullif(this=call("ABS", value.copy()), expression=build.number(0))
        magnitude = call("FLOOR", call("LOG10", size))
        places = exp.Sub(this=exp.Literal.number(_DIGITS - 1), expression=magnitude)
        kept = call("ROUND", value, call("LEAST", places, exp.Literal.number(38)))
        return build.coalesce(kept, value.copy())

    def comparable(self, value: exp.Expr, datatype: Datatype) -> exp.Expr:
        del datatype
        return value

    def type_of(self, value: exp.Expr) -> exp.Expr:
        """The server doesn't say; but a text is known to be one, and the others show."""
        shown_as = build.cast(value.copy(), "VARCHAR")
        branches: list[tuple[exp.Expr, exp.Expr]] = [
            (exp.Not(this=exp.Paren(this=is_no_text(value))), text(Kind.TEXT))
        ]
        branches += [
            (_looks_like(shown_as.copy(), pattern), text(kind)) for kind, pattern in _SHOWN.items()
        ]
        return build.case(branches, text(Kind.OTHER))

    def kind_of(self, type_name: str) -> Kind:
        if type_name in _VALUES:
            return Kind(type_name)
        name = _NAME.match(type_name)
        return Kind.OTHER if name is None else _KINDS.get(name[0].upper(), Kind.OTHER)

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        path = "$." + json.dumps(name, ensure_ascii=False)
        found = call("JSON_EXTRACT", value, text(path))
        is_none = exp.EQ(this=no_text(call("JSON_TYPE", found.copy())), expression=text("NULL"))
        return build.case([(is_none, exp.Null())], call("JSON_UNQUOTE", found))

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        elements = listed(value, {"element": ("LONGTEXT", "$")}, "elements")
        element = build.alias(build.column("element", "elements"), alias)
        others = build.all_of(rows.alias)
        select = build.cross_join(build.from_(build.select(element, others), rows), elements)
        select.meta[_HIDES] = hides
        return select


def _looks_like(value: exp.Expr, pattern: str) -> exp.Expr:
    place = no_text(call("REGEXP_INSTR", value, text(pattern)))
    return exp.GT(this=place, expression=build.number(0))


def _first_day(value: exp.Expr, form: str) -> exp.Expr:
    return build.cast(call("DATE_FORMAT", value, text(form)), "DATE")


def _week_start(value: exp.Expr, week_starts: int) -> exp.Expr:
    """Count the days from the calendar's first week on, in whole weeks."""
    first = exp.Literal.number(_MONDAY + week_starts)
    since = exp.Paren(this=exp.Sub(this=call("TO_DAYS", value), expression=first))
    weeks = exp.IntDiv(this=since, expression=exp.Literal.number(7))
    days = exp.Mul(this=weeks, expression=exp.Literal.number(7))
    return no_text(call("FROM_DAYS", exp.Add(this=days, expression=first.copy())))


def _past() -> exp.Expr:
    """Return how many steps are past at one of a series."""
    return exp.Sub(this=build.column(_STEP, _STEPS_TABLE), expression=build.number(1))


def _each(
    first: exp.Expr, last: exp.Expr, grain: Grain, name: str, kept: tuple[str, ...], of: str | None
) -> exp.Select:
    """Return the starts of the periods from first to last, after the columns `kept` of a table."""
    length, unit = _STEPS[grain]
    span = call("TIMESTAMPDIFF", exp.Var(this=unit), first, last)
    count: exp.Expr = span
    if length > 1:
        count = exp.IntDiv(this=span, expression=exp.Literal.number(length))
    steps = _past()
    if length > 1:
        steps = exp.Mul(this=exp.Paren(this=steps), expression=exp.Literal.number(length))
    start = build.cast(moved(first.copy(), steps, unit), "DATE")
    select = build.select(*(build.column(each, of) for each in kept), build.alias(start, name))
    table = numbered(count, _STEP, _STEPS_TABLE)
    if of is None:
        select = build.from_(select, table)
    else:
        select = build.cross_join(build.from_(select, build.table(of)), table)
    return build.where(select, exp.LTE(this=first.copy(), expression=last.copy()))
