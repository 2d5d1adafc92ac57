"""The benchmarks' shop in boring-semantic-layer."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import ibis
from boring_semantic_layer import to_semantic_table
from protocol import Compile, Period, report


def shop(con: Any) -> dict[str, Any]:
    def table(name: str) -> Any:
        return to_semantic_table(con.table(name), name=name)

    channels = table("channels").with_dimensions(channel=lambda t: t.channel)
    regions = table("regions").with_dimensions(region=lambda t: t.region)
    customers = table("customers").with_measures(credit=lambda t: t.credit_limit.sum())
    lines = (
        table("order_lines")
        .with_dimensions(
            month=lambda t: t.ordered_at.truncate("M"),
            ordered_at={
                "expr": lambda t: t.ordered_at,
                "is_time_dimension": True,
                "smallest_time_grain": "TIME_GRAIN_SECOND",
            },
        )
        .with_measures(revenue=lambda t: t.amount.sum(), orders=lambda t: t.order_id.nunique())
        .with_measures(aov=lambda t: t.revenue / t.orders)
    )
    refunds = table("refunds").with_measures(refunded=lambda t: t.amount.sum())
    spend = table("spend").with_measures(ad_spend=lambda t: t.cost.sum())
    by_channel = lines.join_one(
        channels, on=lambda left, right: left.channel_id == right.channel_id
    )
    buyers = customers.join_many(
        by_channel, on=lambda left, right: left.customer_id == right.customer_id
    )
    given_back = customers.join_many(
        lines, on=lambda left, right: left.customer_id == right.customer_id
    ).join_many(refunds, on=lambda left, right: left.customer_id == right.customer_id)
    by_region = given_back.join_one(
        regions, on=lambda left, right: left.region_id == right.region_id
    ).with_measures(net_revenue=lambda t: t["order_lines.revenue"] - t["refunds.refunded"])
    both = (
        channels.join_many(lines, on=lambda left, right: left.channel_id == right.channel_id)
        .join_many(refunds, on=lambda left, right: left.channel_id == right.channel_id)
        .join_many(spend, on=lambda left, right: left.channel_id == right.channel_id)
    )
    return {
        "lines": lines,
        "by_channel": by_channel,
        "buyers": buyers,
        "by_region": by_region,
        "both": both,
    }


def main() -> None:
    con = ibis.duckdb.connect(sys.argv[1], read_only=True)
    started = time.perf_counter()
    models = shop(con)

    def asking(
        model: str, by: list[str], measures: list[str], keep: Callable[[Any], Any] | None = None
    ) -> Compile:
        def compile_(period: Period | None) -> str:
            table = models[model]
            if keep is not None:
                table = table.filter(keep)
            if period is not None:
                first, last = period.first, period.last
                table = table.filter(lambda t: (t.ordered_at >= first) & (t.ordered_at < last))
            query = table.query(dimensions=by, measures=measures)
            return str(ibis.to_sql(query.to_untagged(), dialect="duckdb"))

        return compile_

    questions: dict[str, Compile | None] = {
        "revenue_aov": asking(
            "by_channel",
            ["order_lines.month", "channels.channel"],
            ["order_lines.revenue", "order_lines.aov"],
        ),
        "revenue": asking("lines", ["month"], ["revenue"]),
        "roas": None,  # two facts with clocks of their own share no dimension
        "running_revenue": None,
        "credit": asking(
            "buyers", ["channels.channel"], ["order_lines.revenue", "customers.credit"]
        ),
        "last_month": None,
        "rolling_buyers": None,
        "year_over_year": None,
        "net_revenue": asking("by_region", ["regions.region"], ["net_revenue"]),
        "two_facts_filtered": asking(
            "both",
            ["channels.channel"],
            ["order_lines.revenue", "refunds.refunded"],
            lambda t: t.channels.channel == "social",
        ),
    }
    report("boring-semantic-layer", questions, [], started)


main()
