"""Trino: a table of differences from the tree that is built for DuckDB.

No Trino has run this SQL: a parser has read it, and the semantics are those of Trino's
documentation and source. What is not certain from there is refused.

- A `TIMESTAMP` without a precision keeps milliseconds only: all moments have microseconds.
- A value with a zone shows its own clock where it is cast: it is moved to the project's first, and
  the session's zone changes nothing.
- What `with_timezone` makes of an hour that a clock repeats depends on the side of Greenwich: it is
  asked a day off only.
- A sequence has at most 10,000 elements: rows are counted by two.
- There are no exact percentiles: they are read from an array of the values in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.base import NAMED, Clock, Kind, MonthsByDay
from kpidsl.sql.dialects.duckdb import STEPS, DuckDB
from kpidsl.sql.dialects.rewriting import call, lacked, lacking, text, whole, writer
from kpidsl.sql.dialects.trino_trees import adapted, by_type

_KINDS = {"date": Kind.DAY} | dict.fromkeys(("varchar", "char"), Kind.TEXT)
_KINDS |= dict.fromkeys(
    ("tinyint", "smallint", "integer", "bigint", "real", "double", "decimal"), Kind.NUMBER
)
_PERCENTILES = (exp.Median, exp.PercentileCont, exp.PercentileDisc, exp.Quantile)
"""What the writer of SQL would make approximate, without a word."""
_CHUNK = 1000
_CHUNKS, _IN_CHUNK = "number of chunk", "number in chunk"


class Trino(MonthsByDay, DuckDB):
    name = "trino"

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        written = adapted(tree.copy() if copy else tree)
        return writer(self.name).generate(
            written, pretty=pretty, copy=False, normalize_functions=False
        )

    def lacks(self, tree: exp.Query) -> list[str]:
        found = {
            "percentile that is exact": tree.find(*_PERCENTILES) is not None,
            "test for `TRUE` by `IS`": any(map(_tests_truth, tree.find_all(exp.Is))),
        }
        names = dict.fromkeys(f"{NAMED}`{name}`" for name in _names_twice(tree))
        return [*lacked(tree), *(what for what, is_there in found.items() if is_there), *names]

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        if clock.stored_as is None:
            return _shown_by_type(value, clock.zone, cast(value, "TIMESTAMP"))
        return _local(value, clock.stored_as, clock.zone)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        if clock.stored_as is None:
            return end(this=self.local_time(value, clock))
        return _local(end(this=cast(value, "TIMESTAMP")), clock.stored_as, clock.zone)

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """What has a zone of its own is only comparable as local time."""
        return cast(value, "TIMESTAMP") if clock.stored_as else self.local_time(value, clock)

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        moment = cast(value, "TIMESTAMP")
        if clock.stored_as is None:
            return _shown_by_type(value, "UTC", _in_utc(moment, clock.zone))
        return _in_utc(moment, clock.stored_as)

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        """A full hour of the local clock: the instant's own may be a half one. Clocks are set by
        whole seconds."""
        start = call("DATE_TRUNC", text(part.value), local)
        within = call("DATE_DIFF", text("second"), start, local.copy())
        return _later(call("DATE_TRUNC", text("second"), instant), exp.Neg(this=within), "second")

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return _later(moment, whole(seconds), "second")

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        size, unit = STEPS[grain]
        start = cast(_later(first, _numbered(size), unit.lower()), "DATE")
        steps = call("DATE_DIFF", text(unit.lower()), first.copy(), last)
        select = build.select(build.alias(start, name))
        rows = select if of is None else build.from_(select, build.table(of))
        return _counted(rows, steps, exp.LTE(this=start.copy(), expression=last.copy()))

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Select:
            start = _later(build.literal(run.first), _numbered(1), run.part.value)
            select = build.select(build.alias(start, name))
            is_in = exp.LTE(this=start.copy(), expression=build.literal(run.last))
            return _counted(select, whole(run.count), is_in)

        return build.union_all([series(run) for run in runs])

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        """Between the two values next to the place where the share ends; no aggregate does it."""
        number = cast(value, "DOUBLE")
        last = exp.Sub(this=exp.Count(this=number.copy()), expression=whole(1))
        share = exp.Literal.number(format(fraction, "f"))
        place = exp.Mul(this=share, expression=call("GREATEST", last, whole(0)))
        known = exp.Where(this=exp.Not(this=build.is_null(number.copy())))
        all_values = exp.Filter(this=exp.ArrayAgg(this=number), expression=known)
        in_order = call("ARRAY_SORT", all_values)

        def at(side: str) -> exp.Expr:
            index = exp.Add(this=cast(call(side, place.copy()), "BIGINT"), expression=whole(1))
            return call("ELEMENT_AT", in_order.copy(), index)

        past = cast(exp.Sub(this=place.copy(), expression=call("FLOOR", place.copy())), "DOUBLE")
        gap = exp.Paren(this=exp.Sub(this=at("CEIL"), expression=at("FLOOR")))
        part = exp.Mul(this=gap, expression=past)
        return exp.Paren(this=exp.Add(this=at("FLOOR"), expression=part))

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        """Of rows with a part of the order that is NULL Trino refuses to compare two."""
        known = [exp.Not(this=build.is_null(part.copy())) for part in (value, order[0])]
        place = build.case([(exp.And(this=known[0], expression=known[1]), call("ROW", *order))])
        return call("MAX_BY" if last else "MIN_BY", value, place)

    def widened(self, value: exp.Expr) -> exp.Expr:
        """Decimals that meet all have as many places as the one with the most."""
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        digits = call("FORMAT", text("%.15g"), cast(value, "DOUBLE"))
        return exp.Nullif(this=digits, expression=text("null"))

    def kind_of(self, type_name: str) -> Kind:
        name = type_name.lower()
        if name.startswith("timestamp"):
            return Kind.ZONED if name.endswith("with time zone") else Kind.MOMENT
        return _KINDS.get(name.partition("(")[0], Kind.OTHER)

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        """Of an element that has fields columns would be made: it is put into a row of its own."""
        name = f"element of {alias}"
        element = build.identifier("element")
        inside = exp.Lambda(this=call("ROW", element), expressions=[element.copy()])
        each = _rows_of(call("TRANSFORM", value, inside), name)
        select = build.select(build.alias(build.column(name), alias), build.all_of(rows.alias))
        found = build.cross_join(build.from_(select, rows), each)
        if hides:
            lacking(found, "column in the place of another of its name, as of a list")
        return found


def _tests_truth(test: exp.Is) -> bool:
    """Tell whether the writer of SQL would make `x` of `x IS TRUE`, and of its contrary `NOT x`."""
    return isinstance(test.expression, exp.Boolean)


def _names_twice(tree: exp.Query) -> Iterator[str]:
    """Yield the names of columns that are beside one that differs by case alone."""
    for select in tree.find_all(exp.Select):
        seen: dict[str, str] = {}
        for name in select.named_selects:
            if seen.setdefault(name.casefold(), name) != name:
                yield name


def _later(moment: exp.Expr, count: exp.Expr, unit: str) -> exp.Expr:
    return call("DATE_ADD", text(unit), count, moment)


def _with_zone(moment: exp.Expr, zone: str) -> exp.Expr:
    return call("WITH_TIMEZONE", moment, text(zone))


def _shown(instant: exp.Expr, zone: str) -> exp.Expr:
    """Return what the clock of a zone shows at a moment that has a zone."""
    return cast(call("AT_TIMEZONE", instant, text(zone)), "TIMESTAMP")


def _shown_by_type(value: exp.Expr, zone: str, naive: exp.Expr) -> exp.Expr:
    return by_type(value, _shown(cast(value.copy(), "TIMESTAMPTZ"), zone), naive)


def _local(value: exp.Expr, stored_as: str, zone: str) -> exp.Expr:
    moment = cast(value, "TIMESTAMP")
    if stored_as == zone:
        return moment
    return _shown(_with_zone(_in_utc(moment, stored_as), "UTC"), zone)


def _in_utc(moment: exp.Expr, zone: str) -> exp.Expr:
    """Return the time of UTC at which the clock of a zone shows a moment: of two the later one, and
    in the hour that is skipped by the clock as it was before.

    A day on, the clock is after any change: with its offset then the instant is right if that one
    holds already, and else with the one of a day before.
    """
    if zone == "UTC":
        return moment

    def by(days: int) -> exp.Expr:
        near = _later(moment.copy(), whole(days), "day")
        return _later(_shown(_with_zone(near, zone), "UTC"), whole(-days), "day")

    shown = _shown(_with_zone(by(1), "UTC"), zone)
    return build.case([(exp.EQ(this=shown, expression=moment.copy()), by(1))], by(-1))


def _numbered(size: int) -> exp.Expr:
    """Return the number of a row, from 0, or a multiple of it."""
    before = exp.Mul(this=build.column(_CHUNKS), expression=whole(_CHUNK))
    number = exp.Add(this=before, expression=build.column(_IN_CHUNK))
    return number if size == 1 else exp.Mul(this=exp.Paren(this=number), expression=whole(size))


def _counted(select: exp.Select, most: exp.Expr, is_in: exp.Expr) -> exp.Select:
    """Select from the numbers from 0 to at least `most`, beside the rows of a table, where a number
    is in."""
    chunks = exp.Div(this=most, expression=whole(_CHUNK), typed=True)
    ends = {_CHUNKS: call("GREATEST", chunks, whole(0)), _IN_CHUNK: whole(_CHUNK - 1)}
    for name, end in ends.items():
        numbers = _rows_of(call("SEQUENCE", whole(0), end, whole(1)), name)
        if select.args.get("from_") is None:
            build.from_(select, numbers)
        else:
            build.cross_join(select, numbers)
    return build.where(select, is_in)


def _rows_of(array: exp.Expr, name: str) -> exp.Expr:
    """Return the rows of an array, in one column."""
    named = exp.TableAlias(this=build.identifier(name), columns=[build.identifier(name)])
    return exp.Unnest(expressions=[array], alias=named)
