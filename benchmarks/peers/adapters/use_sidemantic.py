"""The benchmarks' shop in Sidemantic."""

from __future__ import annotations

import time

from protocol import Compile, Period, report
from sidemantic import Dimension, Metric, Model, Relationship, SemanticLayer

CALENDAR = (
    "SELECT unnest(generate_series(DATE '2023-01-01', DATE '2025-12-30', INTERVAL 1 DAY))::DATE"
    " AS day"
)
MONTH = "order_lines.ordered_at__month"


def to_one(target: str, key: str, its_key: str | None = None) -> Relationship:
    return Relationship(name=target, type="many_to_one", foreign_key=key, primary_key=its_key)


def measure(name: str, agg: str, column: str) -> Metric:
    return Metric(name=name, agg=agg, sql=column)


def clock(name: str, granularity: str = "second") -> Dimension:
    return Dimension(name=name, type="time", granularity=granularity, sql=name)


def category(name: str) -> Dimension:
    return Dimension(name=name, type="categorical", sql=name)


def shop() -> SemanticLayer:
    layer = SemanticLayer()
    models = [
        Model(
            name="channels",
            table="channels",
            primary_key="channel_id",
            dimensions=[category("channel")],
        ),
        Model(
            name="regions",
            table="regions",
            primary_key="region_id",
            dimensions=[category("region")],
        ),
        Model(
            name="calendar",
            sql=CALENDAR,
            primary_key="day",
            dimensions=[clock("day", "day")],
        ),
        Model(
            name="customers",
            table="customers",
            primary_key="customer_id",
            relationships=[to_one("regions", "region_id")],
            dimensions=[category("segment")],
            metrics=[measure("credit", "sum", "credit_limit")],
        ),
        Model(
            name="order_lines",
            sql="SELECT *, ordered_at::DATE AS ordered_on FROM order_lines",
            primary_key=["order_id", "line"],
            relationships=[
                to_one("channels", "channel_id"),
                to_one("customers", "customer_id"),
                to_one("calendar", "ordered_on", "day"),
            ],
            dimensions=[clock("ordered_at")],
            metrics=[
                measure("revenue", "sum", "amount"),
                measure("orders", "count_distinct", "order_id"),
                measure("buyers", "count_distinct", "customer_id"),
            ],
        ),
        Model(
            name="refunds",
            table="refunds",
            primary_key="refund_id",
            relationships=[to_one("channels", "channel_id"), to_one("customers", "customer_id")],
            dimensions=[clock("refunded_at")],
            metrics=[measure("refunded", "sum", "amount")],
        ),
        Model(
            name="spend",
            table="spend",
            primary_key=["day", "channel_id", "campaign"],
            relationships=[to_one("channels", "channel_id"), to_one("calendar", "day", "day")],
            dimensions=[clock("day", "day")],
            metrics=[measure("ad_spend", "sum", "cost")],
        ),
    ]
    for model in models:
        layer.add_model(model)
    revenue = "order_lines.revenue"
    metrics = [
        Metric(name="aov", type="ratio", numerator=revenue, denominator="order_lines.orders"),
        Metric(name="roas", type="ratio", numerator=revenue, denominator="spend.ad_spend"),
        Metric(name="net_revenue", type="derived", sql=f"{revenue} - refunds.refunded"),
        Metric(name="running_revenue", type="cumulative", sql=revenue),
        Metric(
            name="rolling_buyers", type="cumulative", sql="order_lines.buyers", window="27 days"
        ),
        *(
            Metric(
                name=f"change_{comparison}",
                type="time_comparison",
                base_metric=revenue,
                comparison_type=comparison,
                calculation="difference",
            )
            for comparison in ("mom", "yoy")
        ),
    ]
    for metric in metrics:
        layer.add_metric(metric)
    return layer


def main() -> None:
    started = time.perf_counter()
    layer = shop()

    def asking(
        metrics: list[str], by: list[str], *filters: str, columns: str | None = None
    ) -> Compile:
        def compile_(period: Period | None) -> str:
            more = []
            if period is not None:
                more = [
                    f"order_lines.ordered_at >= '{period.first}'",
                    f"order_lines.ordered_at < DATE '{period.last}' + 1",
                ]
            sql: str = layer.compile(metrics=metrics, dimensions=by, filters=[*filters, *more])
            return sql if columns is None else f"SELECT {columns} FROM ({sql})"

        return compile_

    since, until = "order_lines.ordered_at >= '2025-01-01'", "order_lines.ordered_at < '2025-12-01'"
    weeks = "order_lines.ordered_at >= '2024-12-30'"
    revenue = "order_lines.revenue"
    # A cumulative metric brings its base along, and a comparison is given as a change.
    before = "{0}, revenue, revenue - change_{1}"
    questions: dict[str, Compile | None] = {
        "revenue_aov": asking([revenue, "aov"], [MONTH, "channels.channel"]),
        "revenue": asking([revenue], [MONTH]),
        "roas": asking(["roas"], ["calendar.day__month"]),
        "running_revenue": asking(
            ["running_revenue"], [MONTH], columns="ordered_at__month, running_revenue"
        ),
        "credit": asking([revenue, "customers.credit"], ["channels.channel"]),
        "last_month": asking(
            [revenue, "change_mom"],
            [MONTH],
            since,
            until,
            columns=before.format("ordered_at__month", "mom"),
        ),
        "rolling_buyers": asking(
            ["rolling_buyers"],
            ["order_lines.ordered_at__day"],
            since,
            until,
            columns="ordered_at__day, rolling_buyers",
        ),
        "year_over_year": asking(
            [revenue, "change_yoy"],
            ["order_lines.ordered_at__week"],
            weeks,
            until,
            columns=before.format("ordered_at__week", "yoy"),
        ),
        "net_revenue": asking(["net_revenue"], ["regions.region"]),
        "two_facts_filtered": asking(
            [revenue, "refunds.refunded"], ["channels.channel"], "channels.channel = 'social'"
        ),
    }
    report("sidemantic", questions, [], started)


main()
