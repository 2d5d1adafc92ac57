"""Amounts to convert for which there is no rate (S26)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from kpidsl.model.expr import Exchanged, Literal
from kpidsl.plan.nodes import Aggregate
from kpidsl.sql import build
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.money import CURRENCY, DAY, RATE_COLUMN, WANTED, is_same


def unrated(grouping: Grouping, node: Aggregate, spans: str | None) -> Iterator[exp.Select]:
    """Yield SELECTs of what lacks a rate among the amounts that a node converts: the currency, the
    one wanted, and the day."""
    for leaf in node.leaves:
        part = leaf.measure.operand
        while isinstance(part, Exchanged):
            yield _lacking(grouping, replace(node, leaves=(leaf,)), part, spans)
            part = part.operand


def _lacking(grouping: Grouping, node: Aggregate, part: Exchanged, spans: str | None) -> exp.Select:
    scope = grouping.scope_of(node.input.source)
    (own,), wheres = grouping.conditions(scope, node, spans)
    scope.closing = grouping.closing(node, spans)
    day = scope.closing or build.cast(scope.time(), "DATE")
    currency, table = scope.rate(part)
    lacks = [
        exp.Not(this=build.is_null(scope.value(part.operand))),
        build.is_null(build.column(RATE_COLUMN, table)),
    ]
    if not isinstance(part.currency, Literal):
        same = build.coalesce(is_same(part, currency), exp.Boolean(this=False))
        lacks.append(exp.Not(this=same))
    columns: list[exp.Expr] = [
        build.alias(currency, CURRENCY),
        build.alias(exp.Literal.string(part.into), WANTED),
        build.alias(day.copy(), DAY),
    ]
    return build.where(grouping.rows(scope, node, columns, spans), *wheres, *own, *lacks)
