"""The benchmarks' shop as metrics of SQLMesh."""

from __future__ import annotations

import time

from protocol import Compile, Period, report
from sqlmesh.core import dialect
from sqlmesh.core.metric.definition import expand_metrics, load_metric_ddl
from sqlmesh.core.metric.rewriter import rewrite
from sqlmesh.core.model import load_sql_based_model
from sqlmesh.core.reference import ReferenceGraph
from sqlmesh.utils import UniqueKeyDict

# Grains and references are those of the tables; a metric query groups by columns, so that the
# months are columns.
MODELS = {
    "order_lines": (
        "grain (order_id, line), references (channel_id, customer_id)",
        """order_id::BIGINT, line::BIGINT, customer_id::BIGINT, channel_id::BIGINT,
        ordered_at::TIMESTAMP, date_trunc('month', ordered_at)::DATE AS month,
        amount::DECIMAL(12, 2)""",
    ),
    "refunds": (
        "grain refund_id, references (channel_id, customer_id)",
        "refund_id::BIGINT, customer_id::BIGINT, channel_id::BIGINT, amount::DECIMAL(12, 2)",
    ),
    "spend": (
        "grain (day, channel_id, campaign), references channel_id",
        """day::DATE, date_trunc('month', day)::DATE AS month, channel_id::BIGINT,
        campaign::TEXT, cost::DECIMAL(12, 2)""",
    ),
    "channels": ("grain channel_id", "channel_id::BIGINT, channel::TEXT"),
    "customers": (
        "grain customer_id, references region_id",
        "customer_id::BIGINT, region_id::BIGINT, credit_limit::DECIMAL(12, 2)",
    ),
    "regions": ("grain region_id", "region_id::BIGINT, region::TEXT"),
}
METRICS = {
    "revenue": "SUM(shop.order_lines.amount)",
    "orders": "COUNT(DISTINCT shop.order_lines.order_id)",
    "aov": "revenue / orders",
    "refunded": "SUM(shop.refunds.amount)",
    "ad_spend": "SUM(shop.spend.cost)",
    "roas": "revenue / ad_spend",
    "net_revenue": "revenue - refunded",
    "credit": "SUM(shop.customers.credit_limit)",
}
CLOCKS = {"order_lines": "ordered_at", "spend": "day"}
SETUP = [
    "CREATE SCHEMA memory.shop",
    *(f"CREATE VIEW memory.shop.{name} AS FROM warehouse.main.{name}" for name in MODELS),
    *(
        f"CREATE OR REPLACE VIEW memory.shop.{name} AS SELECT *, date_trunc('month', {clock})::DATE"
        f" AS month FROM warehouse.main.{name}"
        for name, clock in CLOCKS.items()
    ),
    "SET search_path = 'memory.main,warehouse.main'",
]


def main() -> None:
    started = time.perf_counter()
    graph = ReferenceGraph(
        [
            load_sql_based_model(
                dialect.parse(
                    f"MODEL (name shop.{name}, {about}); SELECT {columns} FROM warehouse.{name}",
                    default_dialect="duckdb",
                ),
                dialect="duckdb",
            )
            for name, (about, columns) in MODELS.items()
        ]
    )
    given = UniqueKeyDict("metrics")
    for name, expression in METRICS.items():
        text = f"METRIC (name {name}, expression {expression})"
        (parsed,) = dialect.parse(text, default_dialect="duckdb")
        given[name] = load_metric_ddl(parsed, dialect="duckdb")
    metrics = expand_metrics(given)

    def asking(by: list[str], names: list[str], where: str = "") -> Compile:
        def compile_(period: Period | None) -> str:
            selected = ", ".join([*by, *(f"METRIC({name})" for name in names)])
            keep = where
            if period is not None:
                keep = f"WHERE ordered_at >= '{period.first}' AND ordered_at <= '{period.last}'"
            sql = f"SELECT {selected} FROM __semantic.__table {keep} GROUP BY {', '.join(by)}"
            return rewrite(sql, graph, metrics, dialect="duckdb").sql("duckdb")

        return compile_

    questions: dict[str, Compile | None] = {
        "revenue_aov": asking(["month", "channel"], ["revenue", "aov"]),
        "revenue": asking(["month"], ["revenue"]),
        "roas": asking(["month"], ["roas"]),
        "running_revenue": None,
        "credit": asking(["channel"], ["revenue", "credit"]),
        "last_month": None,
        "rolling_buyers": None,
        "year_over_year": None,
        "net_revenue": asking(["region"], ["net_revenue"]),
        "two_facts_filtered": asking(
            ["channel"], ["revenue", "refunded"], "WHERE channel = 'social'"
        ),
    }
    report("sqlmesh", questions, SETUP, started)


main()
