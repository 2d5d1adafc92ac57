"""PostgreSQL: a table of differences from the tree that is built for DuckDB.

- A number that `EXTRACT` or `ROUND` gives is a `numeric` here, and so is a sum of whole numbers.
- A column of an inner query that is a bare NULL is a text to the outer one.
- Texts are compared by their bytes, as DuckDB compares them, whatever the database's collation.
- A field is one of JSON, and a list is an array.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import Run
from kpidsl.model.periods import Grain
from kpidsl.model.units import Datatype
from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.base import Kind, MonthsByDay
from kpidsl.sql.dialects.duckdb import STEPS, DuckDB, interval
from kpidsl.sql.dialects.postgres_trees import adapted, first_of
from kpidsl.sql.dialects.rewriting import writer

_KINDS = {
    "date": Kind.DAY,
    "timestamp": Kind.MOMENT,
    "timestamp without time zone": Kind.MOMENT,
    "timestamp with time zone": Kind.ZONED,
    "timestamptz": Kind.ZONED,
} | dict.fromkeys(("text", "varchar", "char", "character varying", "character"), Kind.TEXT)
_KINDS |= dict.fromkeys(
    ("smallint", "integer", "bigint", "numeric", "real", "double precision"), Kind.NUMBER
)
_COMPARED = {
    Datatype.NUMBER: "DECIMAL",
    Datatype.BOOLEAN: "BOOLEAN",
    Datatype.DATE: "TIMESTAMP",
    Datatype.TIMESTAMP: "TIMESTAMP",
}
_SIZES = re.compile(r"\(.*?\)")
_HIDES = "hides"
_FIELD = "JSONB_EXTRACT_PATH_TEXT"


class Postgres(MonthsByDay, DuckDB):
    name = "postgres"

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        return writer(self.name).generate(
            adapted(tree.copy() if copy else tree), pretty=pretty, copy=False
        )

    def lacks(self, tree: exp.Query) -> list[str]:
        unions = tree.find_all(exp.Union)
        by_name = any(union.args.get("by_name") for union in unions if not build.is_verbatim(union))
        hides = any(select.meta.get(_HIDES) for select in tree.find_all(exp.Select))
        found = {
            "union by the names of columns": by_name,
            "column in the place of another of its name, as of a list that is unnested": hides,
        }
        return [what for what, is_there in found.items() if is_there]

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        """As moments without a zone: of days PostgreSQL makes moments with one, which it counts on
        over the changes of a clock."""
        ends = [cast(first, "TIMESTAMP"), cast(last, "TIMESTAMP")]
        starts = cast(_series([*ends, interval(*STEPS[grain])]), "DATE")
        select = build.select(build.alias(starts, name))
        return select if of is None else build.from_(select, build.table(of))

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        def series(run: Run) -> exp.Expr:
            ends = [build.literal(run.first), build.literal(run.last)]
            return _series([*ends, interval(1, run.part.name)])

        return build.union_all([build.select(build.alias(series(run), name)) for run in runs])

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        share = exp.Literal.number(format(fraction, "f"))
        order = exp.Order(expressions=[exp.Ordered(this=cast(value, "DOUBLE"))])
        return exp.WithinGroup(this=exp.PercentileCont(this=share), expression=order)

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        terms = [exp.Ordered(this=term, desc=last, nulls_first=last) for term in order]
        known = [exp.Not(this=build.is_null(part.copy())) for part in (value, order[0])]
        return first_of(value, known, terms)

    def summand(self, value: exp.Expr) -> exp.Expr:
        """A sum of `real` is a `real`, which stops counting at 16,777,216; a whole number and a
        `real` make a `double precision`."""
        if isinstance(value, exp.Div | exp.Cast):
            return value
        return exp.Add(this=build.number(0), expression=build.wrapped(value))

    def widened(self, value: exp.Expr) -> exp.Expr:
        """A `numeric` without a declared number of decimals keeps each value's own."""
        return value

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        """The cast itself takes fifteen digits."""
        return cast(cast(value, "DOUBLE"), "DECIMAL")

    def comparable(self, value: exp.Expr, datatype: Datatype) -> exp.Expr:
        """A field of JSON is a text."""
        wanted = _COMPARED.get(datatype)
        return cast(value, wanted) if wanted and _is_field(value) else value

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return cast(exp.Anonymous(this="PG_TYPEOF", expressions=[value]), "TEXT")

    def kind_of(self, type_name: str) -> Kind:
        return _KINDS.get(_SIZES.sub("", type_name).lower(), Kind.OTHER)

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        key = exp.Literal.string(name)
        if isinstance(value, exp.Anonymous) and _is_field(value):
            value.append("expressions", key)
            return value
        rows = exp.Anonymous(this="TO_JSONB", expressions=[value])
        return exp.Anonymous(this=_FIELD, expressions=[rows, key])

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        element = build.alias(exp.Anonymous(this="UNNEST", expressions=[value]), alias)
        select = build.from_(build.select(element, exp.Star()), rows)
        select.meta[_HIDES] = hides
        return select


def _series(arguments: list[exp.Expr]) -> exp.Expr:
    return exp.Anonymous(this="GENERATE_SERIES", expressions=arguments)


def _is_field(value: exp.Expr) -> bool:
    return isinstance(value, exp.Anonymous) and value.name == _FIELD
