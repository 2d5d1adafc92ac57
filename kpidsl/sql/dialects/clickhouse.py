"""ClickHouse: a table of differences from the tree that is built for DuckDB.

ClickHouse has no naive time: what a column holds is an instant, and its type says in which zone it
shows. So all that computes with time is told the zone UTC, and a naive time is the instant at which
UTC shows it. In a statement

- a day is a `Date32`, a moment a `DateTime64(6, 'UTC')`;
- a column whose type names a zone holds instants; one whose type names none is read as UTC shows
  it, so it is naive, whatever the server's own zone is;
- what a join, a group or a window doesn't find is NULL by settings at the end of the statement, so
  that it says the same whoever runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.model.units import Datatype
from kpidsl.sql import build
from kpidsl.sql.dialects.base import Clock, Kind
from kpidsl.sql.dialects.clickhouse_calls import applied, array, function, variable
from kpidsl.sql.dialects.clickhouse_numbers import is_of
from kpidsl.sql.dialects.clickhouse_trees import adapted, keys_of
from kpidsl.sql.dialects.rewriting import call, text, whole, writer

_SETTINGS = {
    "aggregate_functions_null_for_empty": "1",
    "decimal_check_overflow": "1",
    "empty_result_for_aggregation_by_empty_set": "0",
    "enable_positional_arguments": "1",
    "join_use_nulls": "1",
    "least_greatest_legacy_null_behavior": "0",
    "prefer_column_name_to_alias": "1",
    "session_timezone": "'UTC'",
    "transform_null_in": "1",
    "use_variant_as_common_type": "0",
}
SETTINGS_TEXT = ", ".join(f"{name} = {value}" for name, value in _SETTINGS.items())
"""What each statement ends with."""
_KINDS = {
    "Date": Kind.DAY,
    "Date32": Kind.DAY,
    "String": Kind.TEXT,
    "FixedString": Kind.TEXT,
    "Enum8": Kind.TEXT,
    "Enum16": Kind.TEXT,
}
_NUMBERS = ("Int", "UInt", "Float", "BFloat", "Decimal")
_STEP = "step"
"""Made once: by its name it would be made anew for each tree."""


class ClickHouse:
    name = "clickhouse"
    is_typed = True
    has_booleans = True
    reads_loosely = True
    numbers_times = True

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        written = adapted(tree.copy() if copy else tree)
        sql = writer(self.name).generate(
            written, pretty=pretty, copy=False, normalize_functions=False
        )
        if not isinstance(written, exp.Query | exp.Create):
            return sql
        end = "\n" if pretty else " "
        return f"{sql}{end}SETTINGS {SETTINGS_TEXT}"

    def lacks(self, tree: exp.Query) -> list[str]:
        by_name = any(map(_is_by_name, tree.find_all(exp.Union)))
        others = any(keys_of(test) is None for test in tree.find_all(exp.Exists))
        found = ["union by the names of columns"] if by_name else []
        return [*found, "subquery whose rows meet the outer ones by a range"] if others else found

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = build.cast(value, "TIMESTAMP")
        if clock.stored_as is None:
            return _if_zoned(value, _shown(moment, clock.zone), moment.copy(), clock.zone)
        if clock.stored_as == clock.zone:
            return moment
        if clock.stored_as == "UTC":
            return _shown(moment, clock.zone)
        instant = _instant(moment, clock.stored_as)
        return applied(lambda value: _shown(value, clock.zone), instant)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        return end(this=self.local_time(value, clock))

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """What names its own zone is only comparable as local time."""
        return build.cast(value, "TIMESTAMP") if clock.stored_as else self.local_time(value, clock)

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = build.cast(value, "TIMESTAMP")
        if clock.stored_as is None:
            return _if_zoned(value, moment, _instant(moment.copy(), clock.zone), clock.zone)
        return _instant(moment, clock.stored_as)

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        length = build.number(int(part.length.total_seconds()) * 1_000_000)
        within = call("positiveModulo", call("toUnixTimestamp64Micro", local), length)
        return call("subtractMicroseconds", instant, within)

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        day = build.cast(value, "DATE")
        match grain:
            case Grain.DAY:
                return day
            case Grain.WEEK:
                # A weekday counts from Monday, 1; a week starts so many days after one.
                since = call("plus", call("toDayOfWeek", day), build.number(6 - week_starts))
                past = call("modulo", since, build.number(7))
                return call("subtractDays", day.copy(), past)
            case Grain.MONTH:
                month = call("toMonth", day)
            case Grain.QUARTER:
                month = call("minus", call("multiply", call("toQuarter", day), whole(3)), whole(2))
            case _:
                month = whole(1)
        return call("makeDate32", call("toYear", day.copy()), month, whole(1))

    def month_number(self, value: exp.Expr) -> exp.Expr:
        months = call("multiply", call("toYear", value), whole(12))
        return call("plus", months, call("minus", call("toMonth", value.copy()), whole(1)))

    def month_of(self, number: exp.Expr) -> exp.Expr:
        month = call("plus", call("modulo", number.copy(), whole(12)), whole(1))
        return call("makeDate32", call("intDiv", number, whole(12)), month, whole(1))

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        moved = value
        for count, move in ((months, "addMonths"), (days, "addDays")):
            if count:
                moved = call(move, moved, whole(count))
        return value if moved is value else build.cast(moved, "DATE")

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return call("addSeconds", moment, whole(seconds))

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        select = build.select(build.alias(_days(first, last, grain), name))
        return select if of is None else build.from_(select, build.table(of))

    def each_day(
        self, first: exp.Expr, last: exp.Expr, name: str, kept: tuple[str, ...], of: str
    ) -> exp.Select:
        days = build.alias(_days(first, last, Grain.DAY), name)
        return build.from_(build.select(*map(build.column, kept), days), build.table(of))

    def listed_days(self, names: Sequence[str], rows: Sequence[Sequence[date]]) -> exp.Query:
        """VALUES can't be given names that are quoted."""
        listed = [call("tuple", *(text(day.isoformat()) for day in row)) for row in rows]
        each = build.select(build.alias(call("arrayJoin", array(listed)), "listed"))
        columns = [
            build.alias(
                build.cast(call("tupleElement", build.column("listed"), whole(place)), "DATE"),
                name,
            )
            for place, name in enumerate(names, start=1)
        ]
        return build.from_(build.select(*columns), build.subquery(each, "days"))

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Expr:
            seconds = call("multiply", variable(_STEP), whole(int(run.part.length.total_seconds())))
            body = call("addSeconds", build.literal(run.first), seconds)
            return _each(body, whole(run.count))

        return build.union_all([build.select(build.alias(series(run), name)) for run in runs])

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        return exp.ParameterizedAgg(
            this="quantileExactInclusive",
            expressions=[exp.Var(this=format(fraction, "f"))],
            params=[build.cast(value, "DOUBLE")],
        )

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        known = [exp.Not(this=build.is_null(part.copy())) for part in (value, order[0])]
        place = exp.Tuple(expressions=list(order))
        both = exp.And(this=known[0], expression=known[1])
        return call("argMaxIf" if last else "argMinIf", value, place, both)

    def summand(self, value: exp.Expr) -> exp.Expr:
        """What is summed up is given room for all digits wherever it comes from."""
        return value

    def widened(self, value: exp.Expr) -> exp.Expr:
        """Decimals that meet all have as many places as the one with the most."""
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        return call("printf", text("%.15g"), build.cast(value, "DOUBLE"))

    def comparable(self, value: exp.Expr, datatype: Datatype) -> exp.Expr:
        del datatype
        return value

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return call("toTypeName", value)

    def kind_of(self, type_name: str) -> Kind:
        name = type_name
        for wrapper in ("LowCardinality(", "Nullable("):
            name = name.removeprefix(wrapper)
        if name.startswith("DateTime"):
            return Kind.ZONED if "'" in name else Kind.MOMENT
        if name.startswith(_NUMBERS):
            return Kind.NUMBER
        return _KINDS.get(name.partition("(")[0].rstrip(")"), Kind.OTHER)

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        return call("tupleElement", value, text(name))

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        star = exp.Star(except_=[build.identifier(alias)]) if hides else exp.Star()
        element = build.alias(call("arrayJoin", value), alias)
        return build.from_(build.select(element, star), rows)


def _is_by_name(union: exp.Union) -> bool:
    return bool(union.args.get("by_name")) and not build.is_verbatim(union)


def _offset(moment: exp.Expr, zone: str) -> exp.Expr:
    """Return by how many seconds a zone is before UTC."""
    return call("timezoneOffset", call("toTimeZone", moment, text(zone)))


def _shown(moment: exp.Expr, zone: str) -> exp.Expr:
    """Return what the clock of a zone shows at an instant."""
    if zone == "UTC":
        return moment
    return call("addSeconds", moment, _offset(moment.copy(), zone))


def _instant(moment: exp.Expr, zone: str) -> exp.Expr:
    """Return the instant at which the clock of a zone shows a moment: of two the later one, and in
    the hour that is skipped by the clock as it was before.

    A day off, the clock is before or after any change: with the later offset the instant is right
    if that is the one that holds then, and else with the earlier.
    """
    if zone == "UTC":
        return moment

    def instant(shown: exp.Expr) -> exp.Expr:
        def at(days: int) -> exp.Expr:
            return _offset(call("addDays", shown.copy(), whole(days)), zone)

        late, early = (call("subtractSeconds", shown.copy(), at(days)) for days in (1, -1))
        holds = exp.EQ(this=_offset(late.copy(), zone), expression=at(1))
        return call("if", holds, late, early)

    return applied(instant, moment)


def _if_zoned(value: exp.Expr, zoned: exp.Expr, naive: exp.Expr, zone: str) -> exp.Expr:
    """Choose by the type of a column, which is known before any row is read."""
    return naive if zone == "UTC" else call("if", is_of(value.copy(), "'"), zoned, naive)


def _days(first: exp.Expr, last: exp.Expr, grain: Grain) -> exp.Expr:
    """Return the starts of the periods from first to last, a row each."""
    unit, move, length = {
        Grain.DAY: ("day", "addDays", 1),
        Grain.WEEK: ("day", "addDays", 7),
        Grain.MONTH: ("month", "addMonths", 1),
        Grain.QUARTER: ("month", "addMonths", 3),
        Grain.YEAR: ("month", "addMonths", 12),
    }[grain]
    span = call("dateDiff", text(unit), first, last)
    count = call("plus", call("intDiv", span, whole(length)), whole(1))
    # None where the last is before the first, or where there is no day at all.
    some = exp.LTE(this=first.copy(), expression=last.copy())
    steps = call("multiply", variable(_STEP), whole(length))
    return _each(call(move, first.copy(), steps), call("if", some, count, whole(0)))


def _each(body: exp.Expr, count: exp.Expr) -> exp.Expr:
    steps = call("range", call("toUInt32", call("ifNull", count, whole(0))))
    return call("arrayJoin", call("arrayMap", function((_STEP,), body), steps))
