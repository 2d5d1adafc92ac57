"""SQLite: a table of differences from the tree that is built for DuckDB.

SQLite has texts, whole numbers and floats: no date, no decimal, no boolean, no time zone, and it
turns what isn't a number into 0 without a word. What these need is asked of functions called
`kpi_…`, which the engine registers (`kpidsl.engines.sqlite_functions`); the text of a statement
says which. In a statement

- a day is a text `2026-03-31`, a moment one `2026-03-31 12:30:00` with a fraction where it has one;
  so earlier is smaller, and a day is at most the moments in it;
- a decimal is the float nearest to it, which tells decimals of up to 15 digits apart and puts them
  in order; what computes with them works on the digits, so no sum collects what floats lose;
- a boolean is 0 or 1, and a struct or a list is a text of JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.model.units import Datatype
from kpidsl.sql import build
from kpidsl.sql.dialects.base import Clock, Kind, MonthsByDay
from kpidsl.sql.dialects.rewriting import call
from kpidsl.sql.dialects.sqlite_trees import adapted, native, part, text

OWN = "kpi_"
"""What the names of registered functions begin with."""
_STEPS = {
    Grain.DAY: "+1 day",
    Grain.WEEK: "+7 days",
    Grain.MONTH: "+1 month",
    Grain.QUARTER: "+3 months",
    Grain.YEAR: "+1 year",
}
_COMPARED = {
    Datatype.NUMBER: "kpi_number",
    Datatype.BOOLEAN: "kpi_boolean",
    Datatype.DATE: "kpi_moment",
    Datatype.TIMESTAMP: "kpi_moment",
    Datatype.UNKNOWN: "kpi_comparable",
}
_VALUES = frozenset(Kind)
_AFFINITIES = {
    "INT": Kind.NUMBER,
    **dict.fromkeys(("CHAR", "CLOB", "TEXT"), Kind.TEXT),
    **dict.fromkeys(("REAL", "FLOA", "DOUB"), Kind.NUMBER),
}
_LAST, _AFTER = "9999-12-31", "9999-12-32"
"""The calendar's last day, and a text that stands after it in order."""
_UNTIL = "until"
"""The column of a series that holds the last of what it counts up to."""


class SQLite(MonthsByDay):
    name = "sqlite"
    is_typed = False
    has_booleans = False
    reads_loosely = False
    numbers_times = False

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        written = adapted(tree.copy() if copy else tree)
        sql = written.sql(dialect=self.name, pretty=pretty, normalize_functions=False)
        used = sorted({node.name for node in written.find_all(exp.Anonymous)})
        own = ", ".join(name for name in used if name.startswith(OWN))
        if not pretty or not own:
            return sql
        return f"-- runs where kpidsl's functions are registered: {own}\n{sql}"

    def lacks(self, tree: exp.Query) -> list[str]:
        unions = tree.find_all(exp.Union)
        return ["union by the names of columns"] if any(map(_is_by_name, unions)) else []

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        return call("kpi_local", value, text(clock.stored_as), text(clock.zone))

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        return end(this=self.local_time(value, clock))

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """What names its own zone, or is a day, is only comparable as local time."""
        if clock.stored_as is None:
            return self.local_time(value, clock)
        return call("kpi_local", value, text(clock.stored_as), text(clock.stored_as))

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        return call("kpi_instant", value, text(clock.stored_as), text(clock.zone))

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        return call("kpi_part_start", instant, local, text(part.value))

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        match grain:
            case Grain.DAY:
                return _date(value)
            case Grain.WEEK:
                return _date(value, "-6 days", f"weekday {(week_starts + 1) % 7}")
            case Grain.MONTH:
                return _date(value, "start of month")
            case Grain.YEAR:
                return _date(value, "start of year")
        # The months of a quarter's three, counted from 0, lead back to its first.
        month = exp.Add(this=part("%m", value.copy()), expression=build.number(2))
        past = exp.Mod(this=exp.Paren(this=native(month)), expression=build.number(3))
        back = exp.DPipe(this=text("-"), expression=exp.Paren(this=past))
        months = exp.DPipe(this=back, expression=text(" months"))
        return call("DATE", value, text("start of month"), months)

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        moved = value
        if months:
            # SQLite's 31 January and a month is 2 or 3 March; the last day of February is meant.
            same_day = _date(value, f"{months:+d} months")
            last_day = _date(value.copy(), "start of month", f"{months + 1:+d} months", "-1 day")
            if months > 0:
                last_day = build.coalesce(last_day, text(_LAST))
            moved = call("MIN", same_day, last_day)
        if days:
            moved = _date(moved, f"{days:+d} days")
        if moved is value:
            return value
        # Exports write 9999-12-31 for "never", and SQLite has NULL for the days after it.
        after = _AFTER if max(months, days) > 0 else _before_year_10000(-months, -days)
        return build.coalesce(moved, text(after))

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return call("kpi_later", moment, build.number(seconds))

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        start, until = build.alias(first, name), build.alias(last, _UNTIL)
        base = build.select(start, until)
        if of is not None:
            base = build.from_(base, build.table(of))
        base = build.where(base, exp.LTE(this=first.copy(), expression=last.copy()))
        return _series([base], _date(build.column(name), _STEPS[grain]), name)

    def each_day(
        self, first: exp.Expr, last: exp.Expr, name: str, kept: tuple[str, ...], of: str
    ) -> exp.Select:
        columns = [*map(build.column, kept), build.alias(first, name), build.alias(last, _UNTIL)]
        base = build.from_(build.select(*columns), build.table(of))
        base = build.where(base, exp.LTE(this=first.copy(), expression=last.copy()))
        return _series([base], _date(build.column(name), _STEPS[Grain.DAY]), name, kept)

    def listed_days(self, names: Sequence[str], rows: Sequence[Sequence[date]]) -> exp.Query:
        """VALUES can't be given names here."""
        return build.union_all(
            [
                build.select(
                    *(
                        build.alias(build.day(day), name)
                        for name, day in zip(names, row, strict=True)
                    )
                )
                for row in rows
            ]
        )

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        bases = [
            build.select(
                build.alias(build.literal(run.first), name),
                build.alias(build.literal(run.last), _UNTIL),
            )
            for run in runs
        ]
        (part,) = {run.part for run in runs}
        return _series(bases, call("DATETIME", build.column(name), text(f"+1 {part}")), name)

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        return call("kpi_quantile", value, text(format(fraction, "f")))

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        return call("kpi_last" if last else "kpi_first", value, *order)

    def summand(self, value: exp.Expr) -> exp.Expr:
        return value

    def widened(self, value: exp.Expr) -> exp.Expr:
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        return call("kpi_certain_digits", value)

    def comparable(self, value: exp.Expr, datatype: Datatype) -> exp.Expr:
        """A column holds values of any type, and texts are larger than all numbers."""
        function = _COMPARED.get(datatype)
        if function is None or isinstance(value, exp.Null | exp.Boolean):
            return value
        if datatype is Datatype.NUMBER and isinstance(value, exp.Literal):
            return value
        if function == "kpi_moment":
            return build.cast(value, "TIMESTAMP")
        return call(function, value)

    def type_of(self, value: exp.Expr) -> exp.Expr:
        """SQLite tells numbers itself, which is quick."""
        held = call("TYPEOF", value)
        numbers = exp.In(this=held, expressions=[text("integer"), text("real")])
        return build.case([(numbers, text(Kind.NUMBER))], call("kpi_type", value.copy()))

    def kind_of(self, type_name: str) -> Kind:
        """A column's type says what becomes of most values, by some letters in its name: numbers
        that are kept in a column of texts are texts."""
        if type_name in _VALUES:
            return Kind(type_name)
        name = type_name.upper()
        return next((kind for mark, kind in _AFFINITIES.items() if mark in name), Kind.OTHER)

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        return call("kpi_field", value, text(name))

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        """The element stands first: of columns that share a name the first is read."""
        del hides
        element = build.alias(build.column("value", "element"), alias)
        others = exp.Column(this=exp.Star(), table=build.identifier(rows.alias))
        each = exp.Table(
            this=call("JSON_EACH", value),
            alias=exp.TableAlias(this=build.identifier("element")),
        )
        return build.cross_join(build.from_(build.select(element, others), rows), each)


def _before_year_10000(months: int, days: int) -> str:
    """Return the day so many months and days before the one that `_AFTER` stands for."""
    if not months:
        return (date.max - timedelta(days=days - 1)).isoformat()
    year, month = divmod(10_000 * 12 - months, 12)
    return (date(year, month + 1, 1) - timedelta(days=days)).isoformat()


def _series(
    bases: Sequence[exp.Select], following: exp.Expr, name: str, kept: tuple[str, ...] = ()
) -> exp.Select:
    """Return what follows from each base's first value, in the column `name`, up to its last; the
    columns `kept` stand before it."""
    goes_on = exp.LTE(this=following, expression=build.column(_UNTIL))
    step = build.select(*map(build.column, kept), following.copy(), build.column(_UNTIL))
    step = build.where(build.from_(step, build.table("series")), goes_on)
    columns = map(build.column, (*kept, name))
    select = build.from_(build.select(*columns), build.table("series"))
    select = build.with_ctes(select, [("series", build.union_all([*bases, step]))])
    select.args["with_"].set("recursive", True)
    return select


def _is_by_name(union: exp.Union) -> bool:
    return bool(union.args.get("by_name")) and not build.is_verbatim(union)


def _date(value: exp.Expr, *modifiers: str) -> exp.Expr:
    return call("DATE", value, *map(text, modifiers))
