"""`compile --explain`: the plan as a tree. The trees are written by hand from the rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from kpidsl.model.expr import (
    MeasureRef,
    MetricArithmetic,
    MetricExpr,
    Prior,
    QueryDimension,
    Rolling,
    Running,
    ToDate,
    Total,
)
from kpidsl.model.periods import Grain, Window
from kpidsl.plan.grains import rollup
from kpidsl.plan.outline import Outline, outline
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query, Selection
from tests.semantics.conftest import SHOP
from tests.support import project


def nodes(root: Outline) -> Iterator[Outline]:
    yield root
    for child in root.inputs:
        yield from nodes(child)


def named(root: Outline, node: str) -> list[Outline]:
    return [item for item in nodes(root) if item.node == node]


def explained(folder: Path, *metrics: str, by: list[str] | None = None, **rest: str) -> Outline:
    with project(folder, SHOP) as loaded:
        return loaded.explain(*metrics, by=by or [], **rest)  # type: ignore[arg-type]


def test_a_sum_of_one_source_is_one_line_of_nodes(tmp_path: Path) -> None:
    root = explained(tmp_path, "revenue", by=["channel"])
    chain = list(nodes(root))
    assert [item.node for item in chain] == ["sort", "compute", "aggregate", "scan"]
    assert [item.says for item in chain] == [
        "by channel",
        "revenue = revenue",
        "revenue = sum(amount); by channel",
        "`orders`: files orders.csv, less those where is_test",
    ]
    assert chain[2].rules == ("S1",)
    assert chain[2].sources == ("orders",)


def test_places_are_those_of_the_definitions(tmp_path: Path) -> None:
    root = explained(tmp_path, "revenue")
    lines = SHOP.splitlines()
    measured = 1 + lines.index("  measure revenue: sum(amount) as USD")
    declared = 1 + lines.index("source orders {")
    assert named(root, "aggregate")[0].place == f"project.kpi:{measured}"
    assert named(root, "scan")[0].place == f"project.kpi:{declared}"


def test_sources_are_merged_and_periods_filled(tmp_path: Path) -> None:
    """Two sources meet (S5) on every month of the window (S17), each by its own clock (S15) within
    the window (S16); a quotient of sums (S12), none outside what is known (S13)."""
    root = explained(tmp_path, "roas", by=["channel", "month"], period="2026-Q1")
    (compute,), (merge,) = named(root, "compute"), named(root, "merge")
    assert (compute.says, compute.rules) == ("roas = revenue / ad_spend", ("S12", "S13"))
    assert merge.rules == ("S5", "S17")
    assert [item.sources for item in merge.inputs] == [("orders",), ("spend",)]
    assert {item.rules for item in merge.inputs} == {("S1", "S15")}
    assert {item.rules for item in named(root, "filter")} == {("S16",)}
    assert {item.says for item in named(root, "filter")} == {"the days of 2026-01-01 .. 2026-03-31"}


def test_the_many_side_is_deduplicated(tmp_path: Path) -> None:
    root = explained(tmp_path, "revenue", by=["sku"])
    (dedupe,) = named(root, "dedupe")
    assert (dedupe.says, dedupe.rules) == ("each row once per sku of `lines`", ("S4",))
    assert [item.sources for item in dedupe.inputs] == [("orders",), ("lines",)]
    assert "S4" in named(root, "compute")[0].rules  # and so the rows overlap


def test_joins_and_filters_show_what_they_rest_on(tmp_path: Path) -> None:
    root = explained(
        tmp_path,
        "ads_revenue",
        by=["month"],
        period="2026",
        where='region != "North" and sku = "a"',
    )
    (join,) = named(root, "join")
    assert join.says == "customer: `orders` to `customers` on customer_id; unmatched rows stay"
    assert join.rules == ("S2", "S3", "S6")
    outer, inner = named(root, "filter")
    assert outer.rules == ("S14",)
    assert outer.says == (
        'customers.region != "North" and any lines(lines.sku = "a"); '
        'orders.channel = "ads" (for revenue)'
    )
    assert inner.rules == ("S16",)


def test_leaders_show_their_ranking_and_the_rest(tmp_path: Path) -> None:
    """By month the leaders are those of the whole window, and the rest is counted anew (S10)."""
    with project(tmp_path, SHOP) as loaded:
        root = loaded.explain("revenue", by=["month", "region"], period="2026-Q1", top=2)
    (leaders,) = named(root, "leaders")
    assert leaders.says == (
        "the first 2 of region by revenue, descending; ranked over the whole window; "
        "the rest as one row, computed anew"
    )
    assert leaders.rules == ("S10",)
    assert [item.node for item in leaders.inputs] == ["compute"] * 3


REVENUE = MeasureRef("orders", "revenue")


def asked(folder: Path, expr: MetricExpr, **rest: Any) -> Outline:
    """Explain an expression by month of the first quarter, or as `rest` says."""
    with project(folder, SHOP) as loaded:
        assert loaded.model is not None
        window = Window(date(2026, 1, 1), date(2026, 4, 1))
        given: dict[str, Any] = {"grain": Grain.MONTH, "window": window} | rest
        planned, _ = plan(loaded.model, Query((Selection("x", expr),), **given))
    assert planned is not None
    return outline(planned)


def test_how_far_a_value_looks_is_told(tmp_path: Path) -> None:
    """28 days before 1 February, the end of the first month, is 4 January."""
    looks: list[tuple[MetricExpr, str, str, str]] = [
        (Rolling(REVENUE, 0, 28), "over 28 days", "S18", "of 2026-01-04 .. 2026-03-31"),
        (Running(REVENUE), "from the beginning on", "S18", "up to 2026-03-31"),
        (
            ToDate(REVENUE, Grain.YEAR),
            "from the first day of the year on",
            "S18",
            "of 2026-01-01 .. 2026-03-31",
        ),
        (Prior(REVENUE, 12, 0), "12 months earlier", "S19", "of 2025-01-01 .. 2025-03-31"),
    ]
    for expr, says, rule, days in looks:
        node, *base = named(asked(tmp_path, expr), "aggregate")
        assert says in node.says
        assert rule in node.rules
        # What counts in other periods than its own, or in several, is merged from days (S10).
        assert ["by day first" in item.says for item in base] == [True]
        (kept,) = named(asked(tmp_path, expr), "filter")
        assert kept.says == f"the days {days}"


def test_what_is_merged_reads_no_rows(tmp_path: Path) -> None:
    """The leaders are ranked, and the rest is added up, from the values of the rows; the leaders
    come first by their place."""
    with project(tmp_path, SHOP) as loaded:
        root = loaded.explain("revenue", by=["month", "region"], period="2026-Q1", top=2)
    assert root.says == "by period; revenue, descending; region"
    assert len(named(root, "scan")) == 2
    _, ranking, rest = named(root, "aggregate")
    assert ranking.says.endswith("by region; merged from the values by period, region")
    assert rest.says.endswith("by period; merged from the values by period, region")


def test_every_period_has_members_only_where_they_are_asked_for(tmp_path: Path) -> None:
    (merge,) = named(explained(tmp_path, "revenue", by=["month"], period="2026-Q1"), "merge")
    assert merge.says == "on period; every month of the window"
    (merge,) = named(explained(tmp_path, "revenue", by=["month"]), "merge")
    assert merge.says == "on period; every month of the data"


MANY_SIDE = """kpidsl 1
source customers {
  table: customers
  key: id
  join region: regions on region_id
  measure credit: sum(credit) as USD
}
source regions {
  table: regions
  key: id
  dimensions: [region]
}
source orders {
  table: orders
  key: id
  join customer: customers on customer_id
  join product: products on product_id
}
source products {
  table: products
  key: id
  dimensions: [category]
}
"""


def test_joins_of_the_many_side_stand_on_its_side(tmp_path: Path) -> None:
    """Categories are of the products of orders, regions of the customers themselves."""
    with project(tmp_path, MANY_SIDE) as loaded:
        root = loaded.explain("credit", by=["category", "region"])
    (dedupe,) = named(root, "dedupe")
    near, far = dedupe.inputs
    assert [item.sources for item in near.inputs] == [("customers",), ("regions",)]
    assert [item.sources for item in far.inputs] == [("orders",), ("products",)]


def test_what_counts_once_says_so(tmp_path: Path) -> None:
    (node,) = named(explained(tmp_path, "shipping"), "aggregate")
    assert "once per order_id" in node.says


def test_fixed_amounts_and_totals_have_nodes_of_their_own(tmp_path: Path) -> None:
    (accrual,) = named(explained(tmp_path, "cost", period="2026"), "accrual")
    assert accrual.rules == ("S9",)
    share = MetricArithmetic("/", REVENUE, Total(REVENUE))
    root = asked(tmp_path, share, by=(QueryDimension("channel"),), grain=None)
    (totals,) = named(root, "totals")
    assert (totals.says, totals.rules) == ("over all", ("S10",))
    assert named(root, "compute")[0].says == "x = revenue / revenue_total over all"


def test_levels_of_totals_stand_side_by_side(tmp_path: Path) -> None:
    """By channel and month: the rows, those without a channel, and those without a month too."""
    by = (QueryDimension("channel"),)
    (levels,) = named(asked(tmp_path, REVENUE, by=by, totals=rollup(1, [Grain.MONTH])), "levels")
    assert levels.rules == ("S10",)
    assert [item.node for item in levels.inputs] == ["compute"] * 3


def test_a_metric_as_a_filter_is_looked_up_in_an_answer_by_entity(tmp_path: Path) -> None:
    """The answer by entity is for the whole quarter, whatever the grain around it (S14)."""
    where = "net per region > 60"
    root = explained(tmp_path, "orders", by=["month"], period="2026-Q1", where=where)
    (kept,) = (item for item in named(root, "filter") if item.rules == ("S14",))
    assert kept.says == "net per customers.region > 60"
    (lookup,) = named(root, "lookup")
    assert lookup.says == "net per customers.region, as of each row's own; none without an entity"
    assert lookup.rules == ("S14",)
    rows, answer = lookup.inputs
    assert rows.node == "join"
    assert answer.says == "net = revenue - refunded"
    assert [item.sources for item in answer.inputs[0].inputs] == [("orders",), ("refunds",)]


def test_a_percentile_and_one_level_of_totals_are_told_whole(tmp_path: Path) -> None:
    definitions = """kpidsl 1
source s {
  files: "s.csv"
  key: id
  dimensions: [kind, who]
  measure high: percentile(x, 99.9%)
}
metric tall: percentile(high per who, 25%)
"""
    with project(tmp_path, definitions) as loaded:
        root = loaded.explain("high", by=["kind"], totals=True)
        assert named(root, "levels")[0].says.startswith("the rows, and 1 level of totals, ")
        assert named(root, "aggregate")[0].says == "high = percentile(x, 99.9%); by kind"
        over = named(loaded.explain("tall"), "regroup")[0].says
    assert over == "percentile_of_entities = 25% percentile; over each who"


def test_an_aggregate_over_entities_regroups_an_answer(tmp_path: Path) -> None:
    root = explained(tmp_path, "avg(net per region)", "max(net per region)", by=["channel"])
    (node,) = named(root, "regroup")
    assert node.says == (
        "avg_of_entities = avg; max_of_entities = max; over each region by channel"
    )
    assert node.rules == ("S10",)
    (answer,) = node.inputs
    assert answer.says == "net = revenue - refunded"
    assert {item.rules for item in named(answer, "aggregate")} == {("S1",)}


def test_two_projects_give_the_same_tree(tmp_path: Path) -> None:
    def tree(folder: Path) -> Outline:
        folder.mkdir()
        return explained(folder, "roas", "net", "cost", by=["month"], period="2026-Q1")

    assert tree(tmp_path / "one") == tree(tmp_path / "other")
