"""Aggregates of measures → sqlglot. One row an aggregate; `None` is a count of rows."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp


def _operand(value: exp.Expr | None) -> exp.Expr:
    assert value is not None
    return value


AGGREGATES: dict[str, Callable[[exp.Expr | None], exp.Expr]] = {
    "sum": lambda value: exp.Sum(this=_operand(value)),
    "count": lambda value: exp.Count(this=exp.Star() if value is None else value),
    "count_distinct": lambda value: exp.Count(this=exp.Distinct(expressions=[_operand(value)])),
    "avg": lambda value: exp.Avg(this=_operand(value)),
    "min": lambda value: exp.Min(this=_operand(value)),
    "max": lambda value: exp.Max(this=_operand(value)),
}
