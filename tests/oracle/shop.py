"""A small shop, and how its tests ask: the rows are few enough to count by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kpidsl.model.expr import (
    CaseWhen,
    Compare,
    DimensionRef,
    MetricArithmetic,
    QueryDimension,
    RowExpr,
)
from kpidsl.model.project import Model
from kpidsl.model.sources import PerEntity
from kpidsl.plan.query import Absent, Query
from tests.oracle.build import column, compare, literal, model, of, source
from tests.oracle.evaluate import evaluate
from tests.oracle.rows import Refused, Tables

D = Decimal
NONE, UNMAPPED, UNALLOCATED = Absent.NONE, Absent.UNMAPPED, Absent.UNALLOCATED
NAMED = QueryDimension("region", "customers")


def table(names: str, *rows: Sequence[Any]) -> list[dict[str, object]]:
    return [dict(zip(names.split(), row, strict=True)) for row in rows]


def shop() -> Model:
    return model(
        source(
            "customers",
            key=("id",),
            dimensions={
                "region": column("region"),
                "band": CaseWhen(
                    ((compare(column("region"), "=", "EU"), literal("in")),), literal("out")
                ),
            },
            measures={"customers": ("count",)},
        ),
        source(
            "orders",
            key=("id",),
            time="day",
            joins={"customer": ("customer_id", "customers", "id")},
            exclude=column("test"),
            dimensions={
                "channel": column("channel"),
                "first": PerEntity(
                    aggregate="min", operand=column("day"), entity=(column("customer_id"),)
                ),
            },
            measures={
                "orders": ("count",),
                "revenue": ("sum", column("amount")),
                "least": ("min", column("amount")),
                "mean": ("avg", column("amount")),
                "kinds": ("count_distinct", column("channel")),
                "new": ("count", None, compare_columns("day", "first")),
            },
        ),
        source(
            "lines",
            key=("order_id", "line"),
            time="day",
            joins={"order": ("order_id", "orders", "id")},
            dimensions={"sku": column("sku"), "size": column("size")},
            measures={
                "lines": ("count",),
                "shipping": ("sum", column("shipping"), None, (column("order_id"),)),
            },
        ),
        shared={"way": {"orders": "channel"}},
        metrics={"aov": MetricArithmetic("/", of("orders.revenue"), of("orders.orders"))},
    )


def compare_columns(left: str, dimension: str) -> RowExpr:
    return Compare("=", column(left), DimensionRef(dimension))


JAN, FEB, MAR = date(2024, 1, 10), date(2024, 2, 29), date(2024, 3, 5)

SHOP: Tables = {
    "customers": table("id region", (1, "EU"), (2, None), (3, "(none)"), (4, "EU")),
    "orders": table(
        "id customer_id amount day channel test",
        (1, 1, D("10.00"), JAN, "web", False),
        (2, 2, D("20.00"), FEB, None, None),
        (3, 9, D("40.00"), FEB, "web", False),  # an orphan
        (4, None, D("80.00"), MAR, "shop", False),  # no key
        (5, 3, D("160.00"), MAR, "shop", False),
        (6, 1, None, MAR, "web", False),
        (7, 1, D("999.00"), MAR, "test", True),  # excluded
    ),
    "lines": table(
        "order_id line sku size shipping day",
        (1, 1, "a", 1, D("3.00"), JAN),
        (1, 2, "a", 2, D("3.00"), JAN),
        (1, 3, "b", 1, D("3.00"), JAN),
        (2, 1, "b", 2, D("5.00"), FEB),
        (3, 1, None, 1, None, FEB),
        (8, 1, "a", 1, D("7.00"), MAR),  # of no order
    ),
}


def answer(
    query: Query, tables: Tables | None = None, of_model: Model | None = None
) -> dict[Any, Any]:
    """Rows by key; one entry in place of a tuple of one, one value in place of a dict of one."""
    found = evaluate(of_model or shop(), query, SHOP if tables is None else tables)
    return {
        key[0] if len(key) == 1 else key: row["a"] if list(row) == ["a"] else tuple(row.values())
        for key, row in found.items()
    }


def refused(query: Query, of_model: Model | None = None) -> None:
    with pytest.raises(Refused):
        evaluate(of_model or shop(), query, SHOP)
