"""Rows that are grouped by what lies on their many side (S4)."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import FanOut, Key
from kpidsl.sql import build
from kpidsl.sql.scope import Scope


class FanOutJoin:
    """Distinct (group, key) on the many side, joined to the scanned rows (S4)."""

    def __init__(self, scope: Scope, fan_out: FanOut, keys: tuple[Key, ...], names: Names) -> None:
        self._alias = names.unused(f"{fan_out.hops[-1].to}_groups")
        self._positions = fan_out.positions
        join = fan_out.hops[0].join
        inner, link = scope.many_side(fan_out.hops)
        foreign = [inner.value(part, link) for part in join.columns]
        self._links = [f"key_{number}" for number in range(1, len(foreign) + 1)]
        columns = [
            build.alias(value, name) for name, value in zip(self._links, foreign, strict=True)
        ]
        for position in fan_out.positions:
            columns.append(build.alias(inner.value(keys[position].value), f"value_{position}"))
            columns.append(build.alias(key_state(inner, keys[position]), f"state_{position}"))
        select = inner.apply_joins(build.select(*columns))
        known = [exp.Not(this=build.is_null(value.copy())) for value in foreign]
        self._select = build.distinct(build.where(select, *known))
        self._matches = [
            exp.EQ(this=build.column(name, self._alias), expression=scope.value(part))
            for name, part in zip(self._links, join.target_columns, strict=True)
        ]

    def holds(self, position: int) -> bool:
        return position in self._positions

    def value(self, position: int) -> exp.Expr:
        return build.column(f"value_{position}", self._alias)

    def state(self, position: int) -> exp.Expr:
        unmatched = build.is_null(build.column(self._links[0], self._alias))
        found = build.column(f"state_{position}", self._alias)
        return build.case([(unmatched, exp.Literal.string("unmapped"))], found)

    def apply(self, select: exp.Select) -> exp.Select:
        rows = build.subquery(self._select, self._alias)
        return build.left_join(select, rows, build.conjunction(self._matches))


def key_state(scope: Scope, key: Key) -> exp.Expr:
    """Return 'unmapped' where a join on the way found no partner, otherwise NULL."""
    end = scope.end(key.value)
    if not end:
        return build.cast(exp.Null(), "VARCHAR")
    unmatched = build.is_null(scope.matched(end))
    return build.case([(unmatched, exp.Literal.string("unmapped"))])
