"""Amazon Redshift: a table of differences from the tree that is built for DuckDB.

No Redshift has run this SQL: a parser has read it, and the semantics are those of Amazon's
documentation. What is not certain from there is refused. Redshift began as PostgreSQL 8, and has
neither its later functions nor arrays.

- Series are functions of the leader node, which can't stand beside tables: days are counted by the
  digits of whole numbers.
- Tests whether other rows exist become joins: of several patterns Redshift says that it doesn't
  support them.
- No function names a value's type: the catalogue does, that of a column.
- Texts are compared by their bytes, but for blanks at the end, which don't count.
- A session's `timezone` must be the project's, as values that name a zone of their own, and values
  of days, become local by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.base import Clock
from kpidsl.sql.dialects.dateadd import ByDateadd
from kpidsl.sql.dialects.postgres import Postgres
from kpidsl.sql.dialects.redshift_trees import adapted, lacks
from kpidsl.sql.dialects.rewriting import call, lacking, writer
from kpidsl.sql.dialects.zones import instant_of, local_of

_DIGITS = "digits"
_MOST_DIGITS = 7
"""Days from year 1 to year 9999 are counted by so many."""


class Redshift(ByDateadd):
    name = "redshift"

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        return writer(self.name).generate(
            adapted(tree.copy() if copy else tree), pretty=pretty, copy=False
        )

    def lacks(self, tree: exp.Query) -> list[str]:
        return lacks(tree)

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        return local_of(cast(value, "TIMESTAMP"), clock)

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        return local_of(end(this=cast(value, "TIMESTAMP")), clock)

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        if clock.stored_as is None:
            return super().instant(value, clock)
        return instant_of(cast(value, "TIMESTAMP"), clock.stored_as)

    def numbered(
        self, start: Callable[[exp.Expr], exp.Expr], count: exp.Expr, name: str, of: str | None
    ) -> exp.Select:
        """A digit that makes the number too large is left out before others are put beside it."""
        known = isinstance(count, exp.Literal)
        most = len(str(int(count.name) - 1)) if known else _MOST_DIGITS
        tables = [f"{_DIGITS} of {10**place}" for place in reversed(range(most))]
        parts: list[exp.Expr] = []
        for place, table in zip(reversed(range(most)), tables, strict=True):
            size = build.number(10**place)
            parts.append(exp.Mul(this=build.column("digit", table), expression=size))
        number = parts[0]
        for part in parts[1:]:
            number = exp.Add(this=number, expression=part.copy())
        select = build.select(build.alias(start(exp.Paren(this=number)), name))
        first, *others = [build.table(_DIGITS, table) for table in tables]
        if of is not None:
            first, others = build.table(of), [first, *others]
        build.from_(select, first)
        for rows in others:
            build.cross_join(select, rows)
        tests = [exp.LT(this=part.copy(), expression=count.copy()) for part in parts[:-1]]
        build.where(select, *tests, exp.LT(this=number.copy(), expression=count))
        digits = [build.select(build.alias(build.number(each), "digit")) for each in range(10)]
        return build.with_ctes(select, [(_DIGITS, build.union_all(digits))])

    def listed_days(self, names: Sequence[str], rows: Sequence[Sequence[date]]) -> exp.Query:
        return build.rows([(name, "DATE") for name in names], rows)

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        del order, last
        return lacking(call("ANY_VALUE", value), "first or last value in an order")

    def widened(self, value: exp.Expr) -> exp.Expr:
        """Decimals that meet all have as many places as the one with the most."""
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        return lacking(cast(value, "DECIMAL"), "number of the first fifteen digits of a float")

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return lacking(super().type_of(value), "function that names the type of a value")

    kind_of = Postgres.kind_of
    quantile = Postgres.quantile

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        return lacking(super().field(value, name), "field of a struct that has a type")

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        found = super().unnested(rows, value, alias, hides)
        lacking(found, "row for each element of a list, of the type of the elements")
        return found
