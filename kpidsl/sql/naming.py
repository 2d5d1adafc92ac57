"""Groups by the keys of small tables, named when the rows have been added up.

A join of every row, and names to tell groups apart by, cost several times as much as a group by the
joining columns themselves; what has been added up is few rows. See `once` for what doesn't add up.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import Aggregate, Hop, Key
from kpidsl.sql import build
from kpidsl.sql.scope import Scope, joins_of


@dataclass(frozen=True, slots=True)
class LateNames:
    """The tables that name a node's groups, by the joins that lead to them: each with a scope over
    its rows, and the columns that it is joined by."""

    tables: dict[tuple[Hop, ...], tuple[Scope, tuple[str, ...]]]

    @staticmethod
    def of(node: Aggregate, scope: Scope, columns: Names, aliases: Names) -> LateNames:
        """Return the tables of a node's keys; `columns` and `aliases` are taken."""
        tables: dict[tuple[Hop, ...], tuple[Scope, tuple[str, ...]]] = {}
        for key in node.keys:
            hops = key.value.hops
            if hops not in tables:
                join = hops[-1].join
                far = scope.beside(join.target, aliases.unused(join.name))
                codes = tuple(columns.unused(f"{join.name}_key") for _ in join.columns)
                tables[hops] = far, codes
        return LateNames(tables)

    def codes(self, scope: Scope) -> list[exp.Expr]:
        """Return what the rows of a node are grouped by."""
        return [
            build.alias(scope.value(column, joins_of(hops[:-1])), code)
            for hops, (_, codes) in self.tables.items()
            for column, code in zip(hops[-1].join.columns, codes, strict=True)
        ]

    def member(self, key: Key) -> tuple[exp.Expr, exp.Expr]:
        """Return the value of a key, and why it is absent (S2)."""
        far, _ = self.tables[key.value.hops]
        partner = far.value(key.value.hops[-1].join.target_columns[0])
        state = build.case([(build.is_null(partner), exp.Literal.string("unmapped"))])
        return far.dimension(key.value.dimension, ()), state

    def apply(self, select: exp.Select, table: str) -> exp.Select:
        """Join the naming tables to groups by their codes, which are columns of `table`."""
        for hops, (far, codes) in self.tables.items():
            join = hops[-1].join
            same = [
                exp.EQ(this=build.column(code, table), expression=far.value(column))
                for code, column in zip(codes, join.target_columns, strict=True)
            ]
            select = far.join_itself(select, build.conjunction(same))
        return select
