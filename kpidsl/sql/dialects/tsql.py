"""SQL Server 2022 and Azure SQL: a table of differences from the tree that is built for DuckDB.

No SQL Server has run this SQL: a parser has read it, and the semantics are those of Microsoft's
documentation. What is not certain from there is refused.

- There are tests and bits instead of truth values.
- Texts are compared by their bytes, whatever their collation.
- Neither `DATEFIRST` nor `DATEFORMAT` of a session changes anything: weeks are computed, and days
  are written as `2026-03-31`. Nor has a session a zone.
- Medians, and first and last values, are read from rows that are numbered.
- Of decimals that would need more than 38 digits some are left off; where they meet, as in a union,
  nobody is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.base import NAMED, Clock, Kind, MonthsByDay
from kpidsl.sql.dialects.duckdb import DuckDB
from kpidsl.sql.dialects.mysql_calls import no_text
from kpidsl.sql.dialects.numbered import picked, quantile
from kpidsl.sql.dialects.rewriting import call, lacked, lacking, text, whole, word, writer
from kpidsl.sql.dialects.tsql_clocks import moved, shown
from kpidsl.sql.dialects.tsql_texts import kept_as
from kpidsl.sql.dialects.tsql_trees import SUMMAND, adapted, weekday
from kpidsl.sql.dialects.tsql_truths import is_truth

_KINDS = {"date": Kind.DAY, "datetimeoffset": Kind.ZONED}
_KINDS |= dict.fromkeys(("datetime", "datetime2", "smalldatetime"), Kind.MOMENT)
_KINDS |= dict.fromkeys(("char", "nchar", "ntext", "nvarchar", "text", "varchar"), Kind.TEXT)
_KINDS |= dict.fromkeys(
    ("bigint", "decimal", "float", "int", "money", "numeric", "real", "smallint", "smallmoney"),
    Kind.NUMBER,
)
_KINDS |= dict.fromkeys(("double", "integer", "tinyint"), Kind.NUMBER)
_STEPS = {
    Grain.DAY: (1, "DAY"),
    Grain.WEEK: (7, "DAY"),
    Grain.MONTH: (1, "MONTH"),
    Grain.QUARTER: (3, "MONTH"),
    Grain.YEAR: (12, "MONTH"),
}
_SERIES, _STEP = "series", "value"
_LONGEST = 128
"""So many characters a name may have."""
_LAST_DAY = "9999-12-31"


class TSQL(MonthsByDay, DuckDB):
    name = "tsql"

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        written = adapted(tree.copy() if copy else tree)
        return writer(self.name).generate(written, pretty=pretty, copy=False)

    def lacks(self, tree: exp.Query) -> list[str]:
        verbatim = [node for node in tree.walk() if build.is_verbatim(node)]
        named = any(node.find(exp.With) for node in verbatim)
        casts = [node for node in tree.find_all(exp.Cast) if node.is_type("VARCHAR")]
        found = {
            "named queries within others, as in the SQL of a source": named,
            "certain text of a float": any(map(_is_float, casts)),
            "text of a truth value": any(is_truth(node.this) for node in casts),
        }
        names = dict.fromkeys(f"{NAMED}`{name}`" for name in _refused_names(tree))
        return [*lacked(tree), *(what for what, is_there in found.items() if is_there), *names]

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = cast(value, "TIMESTAMP")
        if clock.stored_as is not None:
            return shown(moment, clock.stored_as, clock.zone)
        return _if_zoned(value, shown(_in_utc(value), "UTC", clock.zone), moment)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        return end(this=self.local_time(value, clock))

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """An index is on the column as it is."""
        return self.local_time(value, clock) if clock.stored_as is None else no_text(value)

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = cast(value, "TIMESTAMP")
        if clock.stored_as is not None:
            return shown(moment, clock.stored_as, "UTC")
        return _if_zoned(value, _in_utc(value), shown(moment, clock.zone, "UTC"))

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        midnight = cast(cast(local, "DATE"), "TIMESTAMP")
        since = call("DATEDIFF", word("SECOND"), midnight, local.copy())
        past = exp.Mod(this=since, expression=whole(int(part.length.total_seconds())))
        second = call("DATETRUNC", word("SECOND"), instant)
        return moved(second, exp.Neg(this=exp.Paren(this=past)), "SECOND")

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        day = cast(value, "DATE")
        if grain is Grain.DAY:
            return day
        if grain is not Grain.WEEK:
            return cast(call("DATETRUNC", word(grain.name), day), "DATE")
        since = exp.Add(this=weekday(value.copy()), expression=whole(7 - week_starts))
        past = exp.Mod(this=exp.Paren(this=since), expression=whole(7))
        return cast(moved(day, exp.Neg(this=exp.Paren(this=past)), "DAY"), "DATE")

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        """Exports write 9999-12-31 for "never", and after it there is no day: what is moved there
        stays at it."""
        result = value
        for count, unit in ((months, "MONTH"), (days, "DAY")):
            if count:
                result = _moved_day(result, count, unit)
        return result

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return moved(moment, whole(seconds), "SECOND")

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        return _each(first, last, grain, name, (), of)

    def each_day(
        self, first: exp.Expr, last: exp.Expr, name: str, kept: tuple[str, ...], of: str
    ) -> exp.Select:
        return _each(first, last, Grain.DAY, name, kept, of)

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Select:
            length = whole(int(run.part.length.total_seconds()))
            seconds = exp.Mul(this=build.column(_STEP, _SERIES), expression=length)
            start = moved(build.literal(run.first), seconds, "SECOND")
            select = build.select(build.alias(start, name))
            return build.from_(select, _numbers(whole(run.count - 1), 1))

        return build.union_all([series(run) for run in runs])

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        return quantile(value, fraction)

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        return picked(value, order, last=last)

    def summand(self, value: exp.Expr) -> exp.Expr:
        """A sum of `int` is an `int`, and an error from two billion on."""
        zero = cast(build.number(0), "BIGINT")
        added = exp.Add(this=zero, expression=build.wrapped(value))
        added.meta[SUMMAND] = True
        return added

    def widened(self, value: exp.Expr) -> exp.Expr:
        return lacking(value, "certain number of decimals where numbers meet in one column")

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        return lacking(cast(value, "DECIMAL"), "number of the first fifteen digits of a float")

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return _base_type(value)

    def kind_of(self, type_name: str) -> Kind:
        """The catalogue's name is followed by sizes and a collation: `NVARCHAR(50) COLLATE …`."""
        return _KINDS.get(re.split(r"\W", type_name, maxsplit=1)[0].lower(), Kind.OTHER)

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        return lacking(call("JSON_VALUE", value, text(name)), "field of a struct that has a type")

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        found = super().unnested(rows, value, alias, hides)
        lacking(found, "row for each element of a list, of the type of the elements")
        return found


def _base_type(value: exp.Expr) -> exp.Expr:
    """Return the name of a type as a text: a `sql_variant` meets one by their collations first."""
    return kept_as(call("SQL_VARIANT_PROPERTY", value.copy(), text("BaseType")), "NVARCHAR(128)")


def _if_zoned(value: exp.Expr, zoned: exp.Expr, naive: exp.Expr) -> exp.Expr:
    """Choose by the type of a column."""
    is_zoned = exp.EQ(this=no_text(_base_type(value)), expression=text("datetimeoffset"))
    return build.case([(is_zoned, zoned)], naive)


def _in_utc(value: exp.Expr) -> exp.Expr:
    zoned = cast(value.copy(), "TIMESTAMPTZ")
    return cast(call("SWITCHOFFSET", zoned, text("+00:00")), "TIMESTAMP")


def _moved_day(day: exp.Expr, count: int, unit: str) -> exp.Expr:
    result = cast(moved(day, whole(count), unit), "DATE")
    if count < 0:
        return result
    latest = moved(kept_as(text(_LAST_DAY), "DATE"), whole(-count), unit)
    beyond = exp.GT(this=day.copy(), expression=no_text(latest))
    return build.case([(beyond, cast(text(_LAST_DAY), "DATE"))], result)


def _numbers(last: exp.Expr, step: int) -> exp.Expr:
    """Return the rows of numbers from 0 on; none, if the last is below."""
    series = call("GENERATE_SERIES", whole(0), last, whole(step))
    return exp.Table(this=series, alias=exp.TableAlias(this=build.identifier(_SERIES)))


def _each(
    first: exp.Expr, last: exp.Expr, grain: Grain, name: str, kept: tuple[str, ...], of: str | None
) -> exp.Select:
    """Return the starts of the periods from first to last, after the columns `kept` of a table."""
    size, unit = _STEPS[grain]
    start = cast(moved(first.copy(), build.column(_STEP, _SERIES), unit), "DATE")
    select = build.select(*(build.column(each, of) for each in kept), build.alias(start, name))
    numbers = _numbers(call("DATEDIFF", word(unit), first, last), size)
    if of is None:
        select = build.from_(select, numbers)
    else:
        beside = exp.Lateral(this=numbers.this, alias=numbers.args["alias"], cross_apply=True)
        select = build.from_(select, build.table(of)).join(exp.Join(this=beside), copy=False)
    return build.where(select, exp.LTE(this=first.copy(), expression=last.copy()))


def _is_float(written: exp.Cast) -> bool:
    value = written.this.unnest()
    return isinstance(value, exp.Div) or (isinstance(value, exp.Cast) and value.is_type("DOUBLE"))


def _refused_names(tree: exp.Query) -> Iterator[str]:
    """Yield the names that are too long, and those of two columns or queries that are told apart by
    capital letters alone."""
    lists = [select.named_selects for select in tree.find_all(exp.Select) if not select.is_star]
    for names in (*lists, [cte.alias for cte in tree.ctes]):
        seen: set[str] = set()
        for name in names:
            small = name.casefold()
            if len(name.encode("utf-16-le")) > 2 * _LONGEST or small in seen:
                yield name
            seen.add(small)
