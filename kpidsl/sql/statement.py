"""What surrounds the rows of an answer: its key columns, its order, its named queries."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from kpidsl.plan.nodes import PERIOD, Frame, KeyColumn, Plan
from kpidsl.sql import build
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.relations import Relations

ALL = "all"
"""The state of a key in a row that is a total over its members."""


def in_order(select: exp.Select, plan: Plan) -> exp.Select:
    """Put the rows in order: totals after what they are of, then as asked, then by the keys."""
    terms = [_is_total(key) for key in plan.frame.keys if plan.subtotals and key.state is not None]
    if plan.subtotals and plan.frame.grain is not None:
        terms.append(build.is_null(build.column(PERIOD)))
    ordered = [exp.Ordered(this=term, desc=False, nulls_first=False) for term in terms]
    for column, descending in plan.root.order:
        term = build.column(column)
        ordered.append(exp.Ordered(this=term, desc=descending, nulls_first=False))
    asked = {name for name, _ in plan.root.order}
    ordered += [
        exp.Ordered(this=build.column(column), desc=False, nulls_first=False)
        for column in key_columns(plan.frame)
        if column not in asked
    ]
    if ordered:
        select = build.order_by(select, *ordered)
    return select if plan.root.limit is None else build.limit(select, plan.root.limit)


def _is_total(key: KeyColumn) -> exp.Expr:
    assert key.state is not None
    state = build.coalesce(build.column(key.state), exp.Literal.string(""))
    return exp.EQ(this=state, expression=exp.Literal.string(ALL))


def key_columns(frame: Frame, kept: Iterable[int] | None = None) -> list[str]:
    """Return the columns that a row of the answer is known by, or those at some places."""
    found = [PERIOD] if frame.grain is not None else []
    for key in frame.keys if kept is None else (frame.keys[place] for place in kept):
        found.append(key.column)
        if key.state is not None:
            found.append(key.state)
    return found


class Statement:
    """The named queries of one statement, in the order in which they are read."""

    def __init__(self, frame: Frame, dialect: Dialect) -> None:
        self.dialect = dialect
        self.relations = Relations(frame, dialect)
        self._ctes: list[tuple[str, exp.Query]] = []

    def cte(self, wanted: str, query: exp.Query) -> str:
        """Add a query; return the name that it got."""
        name = self.relations.names.unused(wanted)
        self._ctes.append((name, query))
        return name

    def all_ctes(self) -> list[tuple[str, exp.Query]]:
        return [*self.relations.ctes, *self._ctes]
