"""What metrics are of entities, as tables that rows are joined to (S14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from kpidsl.plan.nodes import Subtotal
from kpidsl.sql import build


@dataclass(frozen=True, slots=True)
class EntityTable:
    """A table of one row per entity: its key columns, and what the metric is of it. `nothing` is
    what the metric is of an entity that has no row in it (S13); None: no value."""

    name: str
    keys: tuple[str, ...]
    value: str
    nothing: exp.Expr | None = None

    def joined(self, alias: str, keys: list[exp.Expr]) -> tuple[exp.Expr, exp.Expr]:
        """Return the value for a row whose entity is told by `keys`, and the condition on which
        the table is joined as `alias`."""
        own = [build.column(key, alias) for key in self.keys]
        same = build.conjunction(
            [exp.EQ(this=left, expression=right) for left, right in zip(own, keys, strict=True)]
        )
        assert same is not None
        value: exp.Expr = build.column(self.value, alias)
        if self.nothing is None:
            return value, same
        found = exp.Not(this=build.is_null(build.column(self.keys[0], alias)))
        known = build.conjunction([exp.Not(this=build.is_null(key.copy())) for key in keys])
        assert known is not None
        return build.case([(found, value), (known, self.nothing.copy())]), same


Lower = Callable[[Subtotal], EntityTable]
"""Adds the table of an answer by entity to a statement, or finds it there."""
