"""Amounts to convert for which there is no rate (S26)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from kpidsl.model.expr import Exchanged, Literal
from kpidsl.plan.nodes import Aggregate
from kpidsl.sql import build
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.known import examples
from kpidsl.sql.money import CURRENCY, DAY, RATE_COLUMN, WANTED, is_same

LACKS = "lacks"
"""The column that is no NULL where a row lacks a rate. As a test of rows it would ask DuckDB 2.0 to
simplify outer joins, at which it fails beside a test of what exists."""


def unrated(grouping: Grouping, node: Aggregate, spans: str | None) -> Iterator[exp.Select]:
    """Yield SELECTs of the amounts that a node converts: the currency, the one wanted, the day, and
    whether a rate is lacking. Who is a leader doesn't matter: the others count in the rest."""
    for leaf in node.leaves:
        part = leaf.measure.operand
        while isinstance(part, Exchanged):
            yield _amounts(grouping, replace(node, leaves=(leaf,), beyond=()), part, spans)
            part = part.operand


def lacking(selects: list[exp.Select]) -> exp.Select:
    """Return the pairs and days of such amounts for which there is no rate."""
    names = (CURRENCY, WANTED, DAY)
    columns = [build.alias(build.column(name), name) for name in names]
    rows = build.subquery(build.union_all(selects), "amounts")
    some = exp.GT(this=exp.Count(this=build.column(LACKS)), expression=build.number(0))
    return examples(build.having(build.from_(build.select(*columns), rows), some), len(names))


def _amounts(grouping: Grouping, node: Aggregate, part: Exchanged, spans: str | None) -> exp.Select:
    scope = grouping.scope_of(node.input.source)
    (own,), wheres = grouping.conditions(scope, node, spans)
    scope.closing = grouping.closing(node, spans)
    day = scope.closing or build.cast(scope.time(), "DATE")
    currency, table = scope.rate(part)
    tests = [
        exp.Not(this=build.is_null(scope.value(part.operand))),
        build.is_null(build.column(RATE_COLUMN, table)),
    ]
    if not isinstance(part.currency, Literal):
        same = build.coalesce(is_same(part, currency), exp.Boolean(this=False))
        tests.append(exp.Not(this=same))
    lacks = build.conjunction(tests)
    assert lacks is not None
    columns: list[exp.Expr] = [
        build.alias(currency, CURRENCY),
        build.alias(exp.Literal.string(part.into), WANTED),
        build.alias(day.copy(), DAY),
        build.alias(build.case([(lacks, build.number(1))]), LACKS),
    ]
    return build.where(grouping.rows(scope, node, columns, spans), *wheres, *own)
