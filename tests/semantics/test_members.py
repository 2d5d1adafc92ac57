"""Which members there are, without a metric; worked out by hand from these rows:

orders   1 web Ann, 2 shop Bob, 3 web nobody known, 4 (none) Ann, 5 fax Ann (a test, excluded)
visits   web, mail
Ann is of the North, Bob of no region, Cem, who never bought, of the West
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.model.expr import QueryDimension
from kpidsl.model.periods import Grain
from kpidsl.plan.query import Absent, Group, Query, Top
from tests.support import project

DEFINITIONS = """kpidsl 1
project shop { currency: USD }

source orders {
  files: "orders.csv"
  key: id
  time: day
  exclude: is_test
  join customer: customers on customer
  join sender: customers on sender to customer
  dimensions: [channel]
  measure orders: count() as order
}
source visits {
  files: "visits.csv"
  key: id
  time: day
  dimensions: [channel, page]
  measure visits: count() as visit
}
source customers {
  files: "customers.csv"
  key: customer
  dimensions: [region]
}
dimension sold { of: [orders.channel, visits.channel], values: ["web", "shop"] }
"""
ORDERS = """
id,day,channel,customer,sender,is_test
1,2026-01-05,web,Ann,Bob,false
2,2026-02-05,shop,Bob,Bob,false
3,2026-02-06,web,Dan,Bob,false
4,2026-02-07,,Ann,Bob,false
5,2026-02-08,fax,Ann,Bob,true
"""
VISITS = "id,day,channel,page\n1,2026-01-01,web,home\n2,2026-02-01,mail,home"
CUSTOMERS = "customer,region\nAnn,North\nBob,\nCem,West"
NONE, UNMAPPED = Absent.NONE, Absent.UNMAPPED
SOLD = QueryDimension("sold")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    tables = {"orders": ORDERS, "visits": VISITS, "customers": CUSTOMERS}
    with project(tmp_path, DEFINITIONS, **tables) as loaded:
        yield loaded


@pytest.mark.parametrize(
    ("asked", "members"),
    [
        # A source's own dimension is told by its own rows, of those who never bought too.
        ({"by": ["customers.region"]}, [("North",), ("West",), (NONE,)]),
        # A shared one by the rows of all its sources, in its declared order (S9).
        ({"by": ["sold"]}, [("web",), ("shop",), ("mail",), (NONE,)]),
        ({"by": ["sold"], "period": "2026-01"}, [("web",)]),
        ({"by": ["sold"], "order": ["-sold"], "limit": 2}, [("shop",), ("web",)]),
        # Over a join by the rows that join: Cem is in none, and Dan is no customer (S2).
        ({"by": ["orders.customer.region"]}, [("North",), (NONE,), (UNMAPPED,)]),
        (
            {"by": ["orders.channel", "orders.customer.region"]},
            [("shop", NONE), ("web", "North"), ("web", UNMAPPED), (NONE, "North")],
        ),
        # Only visits have a page.
        ({"by": ["sold"], "where": 'page = "home"'}, [("web",), ("mail",)]),
        ({"by": ["sold"], "where": "time = 2026-02"}, [("web",), ("shop",), ("mail",), (NONE,)]),
        ({"by": ["sold"], "where": 'sold = "no such"'}, []),
    ],
)
def test_members_are_those_of_rows(
    shop: kpidsl.Project, asked: dict[str, Any], members: list[tuple[object, ...]]
) -> None:
    found = shop.query(**asked).rows
    assert sorted(map(str, found)) == sorted(map(str, members))
    if "orders." not in str(asked):
        assert list(found) == members


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({}, "K924"),
        ({"by": ["month"]}, "K924"),
        ({"by": ["sold", "month"]}, "K924"),
        ({"by": ["sold"], "totals": True}, "K924"),
        ({"by": ["sold"], "top": 1}, "K924"),
        ({"by": ["sold"], "having": "visits > 1"}, "K924"),
        ({"by": ["sold"], "compare": ["prior_year"]}, "K924"),
        ({"by": ["customers.region", "page"]}, "K484"),
        # An order has two customers, and which is meant is not said (S6).
        ({"by": ["orders.channel", "customers.region"]}, "K484"),
        ({"by": ["customers.region"], "period": "2026"}, "K468"),
    ],
)
def test_members_that_no_rows_tell(
    shop: kpidsl.Project, asked: dict[str, Any], refusal: str
) -> None:
    with pytest.raises(kpidsl.KpidslError) as refused:
        shop.query(**asked)
    assert [item.code for item in refused.value.diagnostics] == [refusal]


@pytest.mark.parametrize(
    "query",
    [
        Query(()),
        Query((), grain=Grain.MONTH),
        Query((), by=(SOLD,), grain=Grain.MONTH),
        Query((), by=(SOLD,), totals=(Group(),)),
        Query((), by=(SOLD,), top=Top(1, "sold")),
    ],
)
def test_a_query_without_a_metric_is_about_members_alone(
    shop: kpidsl.Project, query: Query
) -> None:
    """Also one that is built and not asked in words."""
    for outcome in (shop.runner.query(query), shop.runner.compile(query)):
        assert outcome[0] is None
        assert [item.code for item in outcome[1]] == ["K924"]
    ((result, _),) = shop.runner.queries([Query((), by=(SOLD,))])
    assert result is not None
    assert result.rows == (("web",), ("shop",), ("mail",), (NONE,))


def test_members_in_the_rows_that_a_filter_of_another_source_keeps(tmp_path: Path) -> None:
    """Customers know no channel. Of the orders by web one is Ann's, and one nobody's known."""
    alone = DEFINITIONS.replace("  join sender: customers on sender to customer\n", "")
    tables = {"orders": ORDERS, "visits": VISITS, "customers": CUSTOMERS}
    with project(tmp_path, alone, **tables) as loaded:
        found = loaded.query(by=["customers.region"], where='orders.channel = "web"').rows
    assert found == (("North",), (UNMAPPED,))
