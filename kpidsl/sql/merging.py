"""Values that were grouped apart, merged on the keys of the answer (S5, S17)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from kpidsl.plan.nodes import PERIOD
from kpidsl.sql import build

Part = tuple[str, list[str]]
"""A table with at most one row per key of the answer, and the columns of values that it has."""


@dataclass(frozen=True, slots=True)
class Again:
    """A part that is another one's table, read again with the rows of periods before: `columns`
    are what its columns are called there, `before` gives the period that is looked back at."""

    table: str
    columns: Mapping[str, str]
    before: Callable[[exp.Expr], exp.Expr]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of cells, one per key: those of a table, which has the keys and all columns but
    those of parts that stand `beside` it, each with at most one row per period. Some of these are
    others that are read `again`."""

    table: str
    columns: list[str]
    beside: Sequence[Part] = ()
    again: Mapping[str, Again] = field(default_factory=dict)

    @property
    def homes(self) -> dict[str, exp.Column]:
        """The columns that the table itself doesn't have, by what they are called."""
        return {
            column: build.column(
                self.again[table].columns[column] if table in self.again else column, table
            )
            for table, own in self.beside
            for column in own
        }

    def under(self, select: exp.Select, cells: str) -> exp.Select:
        """Select from the rows, which are called `cells`."""
        select = build.from_(select, build.table(self.table, cells))
        for table, _ in self.beside:
            rows, period = build.table(table), build.column(PERIOD, cells)
            same = exp.EQ(this=build.column(PERIOD, table), expression=period)
            if table in self.again:
                other = self.again[table]
                rows = build.table(other.table, table)
                same.set("expression", other.before(period))
            select = build.left_join(select, rows, same)
        return select


def columns_of(parts: Iterable[Part]) -> list[str]:
    """Return the columns of values of all parts."""
    return [column for _, own in parts for column in own]


def folded(parts: Sequence[Part], keys: list[str], held: Collection[str]) -> exp.Select:
    """Stack the parts, and fold their rows into one per key; each column has at most one value to
    fold, in those `held` one of the data. NULL keys merge with NULL keys."""
    columns = columns_of(parts)
    stacked = build.union_all([_padded(part, keys, columns) for part in parts])
    values: list[exp.Expr] = []
    for name in columns:
        value = exp.Max(this=build.column(name))
        values.append(build.alias(build.as_held(value) if name in held else value, name))
    select = build.select(*map(build.column, keys), *values)
    select = build.from_(select, build.subquery(stacked, "parts"))
    places = range(1, len(keys) + 1)
    return build.group_by(select, *map(build.number, places)) if keys else select


def skeleton(
    tables: Sequence[str], keys: list[str], periods: str, most: int | None = None
) -> exp.Select:
    """Return every period with every combination of members that some table has, at `most` so many:
    an answer of more is none (S17)."""
    select = build.from_(build.select(*map(build.column, keys)), build.table(periods))
    select = build.cross_join(select, build.subquery(_seen(tables, keys), "members"))
    return select if most is None else build.limit(select, most)


def counts(tables: Sequence[str], keys: list[str], periods: str) -> exp.Select:
    """Return in one row how many periods there are, and how many combinations of members."""
    every = build.from_(build.select(exp.Count(this=exp.Star())), build.table(periods))
    members: exp.Expr = build.number(1)
    if keys != [PERIOD]:
        seen = build.subquery(_seen(tables, keys), "members")
        counted = build.from_(build.select(exp.Count(this=exp.Star())), seen)
        members = exp.Subquery(this=counted)
    return build.select(
        build.alias(exp.Subquery(this=every), "periods"), build.alias(members, "combinations")
    )


def _seen(tables: Sequence[str], keys: list[str]) -> exp.Query:
    members = [key for key in keys if key != PERIOD]
    seen: exp.Query | None = None
    for table in tables:
        one = build.from_(build.select(*map(build.column, members)), build.table(table))
        seen = one if seen is None else exp.Union(this=seen, expression=one, distinct=True)
    if isinstance(seen, exp.Select):
        seen = build.distinct(seen)
    assert seen is not None
    return seen


def _padded(part: Part, keys: list[str], columns: list[str]) -> exp.Select:
    """Select a part with bare NULLs for the columns of the others, which take any type."""
    table, own = part
    values: list[exp.Expr] = [
        build.column(name) if name in own else build.alias(exp.Null(), name) for name in columns
    ]
    return build.from_(build.select(*map(build.column, keys), *values), build.table(table))
