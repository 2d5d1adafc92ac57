"""What can be ranked, and what a rank is no part of: a row's place is its own (S1)."""

from __future__ import annotations

from collections.abc import Mapping

from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.values import Value
from kpidsl.model.expr import Constant, MetricExpr, Rank, Total
from kpidsl.model.leaves import parts_of
from kpidsl.model.purpose import Metric


def is_apart_from_ranks(value: Value, taker: str, scope: Scope) -> bool:
    """Tell whether a formula holds no rank, or say that the `taker` can't be of one."""
    if not _holds_rank(value.expr, scope.metrics):
        return True
    scope.error(
        "K320",
        f"{taker} is of amounts, and a rank is a place among rows: places make no sum, and have no "
        "places themselves",
        value.span,
        label="a rank stands here, or in what is named here",
        help="take the amount itself, without `rank`",
    )
    return False


def fits_rank(value: Value, scope: Scope) -> bool:
    """Tell whether the rows of an answer have values of their own to be ranked by, or say why
    not."""
    if _is_of_rows(value.expr, scope.metrics):
        return True
    scope.error(
        "K320",
        "`rank` compares amounts that rows have of their own, and a total is of many rows",
        value.span,
        label="only totals and numbers stand here",
        help="take the amount itself, as in `rank(revenue)`, and ask for it by the dimension alone "
        "whose members are to be ranked",
    )
    return False


def _holds_rank(expr: MetricExpr, metrics: Mapping[str, Metric]) -> bool:
    return isinstance(expr, Rank) or any(
        _holds_rank(part, metrics) for part in parts_of(expr, metrics)
    )


def _is_of_rows(expr: MetricExpr, metrics: Mapping[str, Metric]) -> bool:
    """Tell whether something in a formula is measured in each row's own group."""
    if isinstance(expr, Constant | Total):
        return False
    parts = parts_of(expr, metrics)
    return not parts or any(_is_of_rows(part, metrics) for part in parts)
