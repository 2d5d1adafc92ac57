"""One day of a merchandise shop's web sessions with nested hits.

The expected figures are those stated with the data set.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import kpidsl

pytestmark = pytest.mark.real_data

DEFINITIONS = """
source sessions {{
  files: "{path}"
  key: [fullVisitorId, visitId]
  dimension device: device.deviceCategory
  dimension medium: trafficSource.medium
  measure visits: count() as visit
  measure visitors: count_distinct(fullVisitorId) as visitor
  measure page_views: sum(totals.pageviews) as page
  measure bounces: sum(totals.bounces) as visit
  measure transactions: sum(totals.transactions) as order
  measure buying_visits: count() where totals.transactions > 0 as visit
  measure revenue: sum(totals.totalTransactionRevenue / 1_000_000) as USD
  measure item_revenue: sum(totals.transactionRevenue / 1_000_000) as USD
}}
source hits {{
  files: "{path}"
  unnest: hits {{ as: hit }}
  key: [fullVisitorId, visitId, hit.hitNumber]
  join session: sessions on [fullVisitorId, visitId]
  dimension visit_key: concat(fullVisitorId, "-", text(visitId))
  dimension kind: hit.type
  dimension action: hit.eCommerceAction.action_type
  measure hit_count: count() as hit
  measure sessions_with_hits: count_distinct(visit_key) as visit
}}
metric bounce_rate: bounces / visits as percent
funnel shopping "Product to purchase" {{
  entity: visit_key
  order_by: hit.hitNumber
  step product: hits where hit.eCommerceAction.action_type = "2"
  step cart: hits where hit.eCommerceAction.action_type = "3"
  step checkout: hits where hit.eCommerceAction.action_type = "5"
  step purchase: hits where hit.eCommerceAction.action_type = "6"
}}
funnel shopping_any_order {{
  entity: visit_key
  sequence: any
  order_by: hit.hitNumber
  step product: hits where hit.eCommerceAction.action_type = "2"
  step cart: hits where hit.eCommerceAction.action_type = "3"
  step checkout: hits where hit.eCommerceAction.action_type = "5"
  step purchase: hits where hit.eCommerceAction.action_type = "6"
}}
"""


@pytest.fixture
def web(project_of: Callable[..., kpidsl.Project], shared_data: Path) -> kpidsl.Project:
    path = shared_data / "ga_sample" / "ga_sample.parquet"
    return project_of(DEFINITIONS.format(path=path.as_posix()))


def test_totals(web: kpidsl.Project) -> None:
    record = web.query(
        "visits",
        "visitors",
        "page_views",
        "bounces",
        "transactions",
        "buying_visits",
        "revenue",
        "item_revenue",
        "bounce_rate",
    ).records()[0]
    assert record["visits"] == 2_556
    assert record["visitors"] == 2_293
    assert record["page_views"] == 10_939
    assert record["bounces"] == 1_238
    assert record["transactions"] == 45
    assert record["buying_visits"] == 43
    assert record["revenue"] == Decimal("8890.00")
    assert record["item_revenue"] == Decimal("8304.94")
    assert record["bounce_rate"] == pytest.approx(1_238 / 2_556)


def test_page_views_keep_their_total_beside_hits(web: kpidsl.Project) -> None:
    """S1, S5: joining the 13,233 hits would count a session's page views once per hit."""
    record = web.query("page_views", "hit_count").records()[0]
    assert (record["page_views"], record["hit_count"]) == (10_939, 13_233)
    by_device = web.query("page_views", "hit_count", by=["device"])
    assert sum(by_device.values("page_views")) == 10_939
    assert sum(by_device.values("hit_count")) == 13_233


def test_page_views_split_by_kind_of_hit_count_each_session_once_per_kind(
    web: kpidsl.Project, shared_data: Path
) -> None:
    """S4: per kind, the page views of the sessions that have such a hit, read row by row."""
    import duckdb  # noqa: PLC0415

    path = shared_data / "ga_sample" / "ga_sample.parquet"
    rows = duckdb.connect().execute(
        "SELECT totals.pageviews, list_transform(hits, lambda h: h.type) FROM read_parquet(?)",
        [str(path)],
    )
    expected: dict[str, int] = {}
    for views, kinds in rows.fetchall():
        for kind in set(kinds):
            expected[kind] = expected.get(kind, 0) + (views or 0)
    result = web.query("page_views", by=["kind"])
    assert dict(zip(result.values("kind"), result.values("page_views"), strict=True)) == expected
    assert result.columns[1].overlapping


@pytest.mark.parametrize(("action", "sessions"), [("2", 430), ("3", 176), ("5", 100), ("6", 43)])
def test_sessions_with_each_action(web: kpidsl.Project, action: str, sessions: int) -> None:
    result = web.query("visits", where=f'hits.action = "{action}"')
    assert result.values("visits") == [sessions]
    result = web.query("sessions_with_hits", where=f'action = "{action}"')
    assert result.values("sessions_with_hits") == [sessions]


def test_the_ordered_funnel(web: kpidsl.Project) -> None:
    assert [count for _, count in web.funnel("shopping").steps] == [430, 145, 71, 29]


def test_the_funnel_in_any_order(web: kpidsl.Project) -> None:
    assert [count for _, count in web.funnel("shopping_any_order").steps] == [430, 152, 73, 30]
