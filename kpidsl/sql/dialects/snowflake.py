"""Snowflake: a table of differences from the tree that is built for DuckDB.

No Snowflake has run this SQL: a parser has read it, and the semantics are those of Snowflake's
documentation. What is not certain from there is refused.

- A session's `WEEK_START` and `TIMESTAMP_TYPE_MAPPING` change nothing: weeks are computed, and
  types say whether they name a zone. Its `TIMEZONE` must be the project's, as values that name a
  zone of their own, and values of days, become local by it.
- Tests whether other rows exist become joins: within CASE, or beside OR, Snowflake takes none.
- There are no series: an array of numbers is flattened to rows, from which days are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.base import Clock, Kind
from kpidsl.sql.dialects.dateadd import ByDateadd
from kpidsl.sql.dialects.rewriting import (
    Rules,
    call,
    lacked,
    lacking,
    rewritten,
    text,
    word,
    writer,
)
from kpidsl.sql.dialects.semijoins import as_joins, unjoinable
from kpidsl.sql.dialects.shared_rules import as_floats, short, substring
from kpidsl.sql.dialects.tsql_trees import places_of
from kpidsl.sql.dialects.zones import instant_of, local_of

_KINDS = {
    "DATE": Kind.DAY,
    "TIMESTAMP_NTZ": Kind.MOMENT,
    "TIMESTAMP_LTZ": Kind.ZONED,
    "TIMESTAMP_TZ": Kind.ZONED,
    "VARCHAR": Kind.TEXT,
    "TEXT": Kind.TEXT,
} | dict.fromkeys(("NUMBER", "DECIMAL", "FLOAT", "REAL", "DOUBLE", "DECFLOAT"), Kind.NUMBER)
_NAIVE, _BY_SESSION = "TIMESTAMP_NTZ", "TIMESTAMP_LTZ"
_MOMENTS = {
    exp.DataType.Type.TIMESTAMP: _NAIVE,
    exp.DataType.Type.TIMESTAMPNTZ: _NAIVE,
    exp.DataType.Type.TIMESTAMPLTZ: _BY_SESSION,
    exp.DataType.Type.TIMESTAMPTZ: "TIMESTAMP_TZ",
}
_NUMBERS = "numbers"
_LONGEST = 255
"""A name has no more characters, and so may have as many bytes."""
_RATE_PLACES = 12
"""So many decimals has a rate, and the share that a row of a bridge has."""


class Snowflake(ByDateadd):
    name = "snowflake"

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        written = rewritten(tree.copy() if copy else tree, _RULES, _statement)
        return writer(self.name).generate(
            written, pretty=pretty, copy=False, normalize_functions=False
        )

    def lacks(self, tree: exp.Query) -> list[str]:
        return lacked(tree) + unjoinable(tree)

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        if clock.stored_as is None:
            return _local(value)
        return local_of(cast(value, _NAIVE), clock)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        if clock.stored_as is None:
            return end(this=_local(value))
        return local_of(end(this=cast(value, _NAIVE)), clock)

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        return _local(value) if clock.stored_as is None else cast(value, _NAIVE)

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        if clock.stored_as is None:
            return cast(call("CONVERT_TIMEZONE", text("UTC"), cast(value, _BY_SESSION)), _NAIVE)
        return instant_of(cast(value, _NAIVE), clock.stored_as)

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        day = cast(value, "DATE")
        if grain is Grain.DAY:
            return day
        if grain is not Grain.WEEK:
            return cast(call("DATE_TRUNC", text(grain.name), day), "DATE")
        # A weekday counts from Monday, 1; a week starts so many days after one.
        since = exp.Add(this=_weekday(day), expression=build.number(6 - week_starts))
        past = call("MOD", since, build.number(7))
        return call("DATEADD", word("DAY"), exp.Neg(this=past), day.copy())

    def numbered(
        self, start: Callable[[exp.Expr], exp.Expr], count: exp.Expr, name: str, of: str | None
    ) -> exp.Select:
        listed = call("ARRAY_GENERATE_RANGE", build.number(0), cast(count, "INT"))
        flat = call("FLATTEN", exp.Kwarg(this=word("INPUT"), expression=listed))
        alias = exp.TableAlias(this=build.identifier(_NUMBERS))
        number = cast(build.column("VALUE", _NUMBERS), "BIGINT")
        select = build.select(build.alias(start(number), name))
        if of is None:
            return build.from_(select, exp.TableFromRows(this=flat, alias=alias))
        beside = exp.Lateral(this=flat, alias=alias)
        return build.from_(select, build.table(of)).join(exp.Join(this=beside), copy=False)

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        share = exp.Literal.number(format(fraction, "f"))
        order = exp.Order(expressions=[exp.Ordered(this=cast(value, "DOUBLE"))])
        return exp.WithinGroup(this=exp.PercentileCont(this=share), expression=order)

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        found = call("MAX_BY" if last else "MIN_BY", value, *order)
        return lacking(found, "first or last value in an order of several columns")

    def widened(self, value: exp.Expr) -> exp.Expr:
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        return lacking(cast(value, "DECIMAL"), "number of the first fifteen digits of a float")

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return call("SYSTEM$TYPEOF", value)

    def kind_of(self, type_name: str) -> Kind:
        """The name is followed by sizes, and by how a value is kept: `NUMBER(38,0)[SB1]`."""
        return _KINDS.get(type_name.partition("[")[0].partition("(")[0], Kind.OTHER)

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        return lacking(call("GET", value, text(name)), "field of a struct that has a type")

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        found = super().unnested(rows, value, alias, hides)
        lacking(found, "row for each element of a list, of the type of the elements")
        return found


def _local(value: exp.Expr) -> exp.Expr:
    """Return a value that names a zone, or a day, as the session's clocks show it."""
    return cast(cast(value, _BY_SESSION), _NAIVE)


def _weekday(value: exp.Expr) -> exp.Expr:
    return call("DAYOFWEEKISO", value)


def _moment(node: exp.Cast) -> exp.Expr:
    """Say whether a moment names a zone, whatever the session takes `TIMESTAMP` for."""
    kind = _MOMENTS.get(node.to.this)
    if kind is not None:
        node.set("to", exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=kind))
    return node


def _part(node: exp.Extract) -> exp.Expr:
    return _weekday(node.expression) if node.name == "ISODOW" else node


def _product(node: exp.Mul) -> exp.Expr:
    """Of a product twelve decimals are kept, or as many as the finer number has: so one that is to
    be exact is made with a number that has room for those of both."""
    if build.is_exact(node):
        places = places_of(node.this) + _RATE_PLACES
        node.set("expression", cast(node.expression, f"DECIMAL(38, {places})"))
    return node


def _largest(node: exp.Max) -> exp.Expr:
    """Truth values have no largest one, and of what is held there is but one."""
    return call("MODE", node.this) if build.is_held(node) else node


def _statement(tree: exp.Expr) -> None:
    if isinstance(tree, exp.Select):
        as_joins(tree)


_RULES: Rules = {
    exp.Avg: as_floats,
    exp.Cast: _moment,
    exp.Extract: _part,
    exp.Greatest: lambda node: call("GREATEST_IGNORE_NULLS", node.this, *node.expressions),
    exp.Identifier: lambda node: short(node, _LONGEST),
    exp.Least: lambda node: call("LEAST_IGNORE_NULLS", node.this, *node.expressions),
    exp.Max: _largest,
    exp.Mul: _product,
    exp.Substring: substring,
}
