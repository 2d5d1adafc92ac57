"""Claims whose test fails: what rests on them is refused, whatever the test fails on.

The shop claims a key that its rows contradict: customer 1 is of two regions. Taken for true, the
key would let her order of 100 count in both, 250 of 150 in all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import kpidsl
from kpidsl.engines.base import EngineError, Table
from kpidsl.model.expr import MeasureRef, QueryDimension
from kpidsl.plan.query import Query, Selection
from tests.scans import Listening
from tests.support import project

DEFINITIONS = """kpidsl 1
project shop { currency: EUR, timezone: "UTC" }
source orders {
  files: "orders.csv"
  key: order_id
  join customer: customers on customer_id
  measure revenue: sum(amount) as EUR
}
source customers { files: "customers.csv", key: customer_id, dimensions: [region] }
"""
ORDERS = "order_id,customer_id,amount\n1,1,100\n2,2,50"
CUSTOMERS = "customer_id,region\n1,North\n1,South\n2,North"


@pytest.fixture
def shop(tmp_path: Path) -> kpidsl.Project:
    return project(tmp_path, DEFINITIONS, orders=ORDERS, customers=CUSTOMERS)


class Failing(Listening):
    """Lets the tests of keys fail for a reason that lies in no row."""

    def __init__(self, loaded: kpidsl.Project, kind: str) -> None:
        engine = loaded.runner.engine
        plain = engine.run

        def run(sql: str, *rest: object) -> Table:
            if "HAVING" in sql:
                raise EngineError(kind, "by chance")
            return plain(sql, *rest)  # type: ignore[arg-type]

        engine.run = run  # type: ignore[method-assign, assignment]
        super().__init__(engine)


def asked(loaded: kpidsl.Project) -> list[str]:
    with pytest.raises(kpidsl.KpidslError) as refused:
        loaded.query("revenue", by=["customers.region"])
    return [found.code for found in refused.value.diagnostics]


def test_a_claim_that_is_tested_is_found_wrong(shop: kpidsl.Project) -> None:
    assert asked(shop) == ["K651"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("cancelled", "K647"),
        ("disk", "K676"),
        ("division", "K659"),
        ("lost", "K662"),
        ("memory", "K670"),
        ("other", "K640"),
        ("permission", "K663"),
        ("quota", "K679"),
        ("timeout", "K646"),
        ("value", "K643"),
    ],
)
def test_a_claim_that_can_not_be_tested_is_not_taken_for_true(
    shop: kpidsl.Project, kind: str, code: str
) -> None:
    failing = Failing(shop, kind)
    assert asked(shop) == [code]
    # Nor was the question asked; of which types its columns are may be.
    assert not [sql for sql in failing.statements if "revenue" in sql and "DESCRIBE" not in sql]


def test_questions_together_are_refused_as_one_alone_is(shop: kpidsl.Project) -> None:
    Failing(shop, "lost")
    revenue = Selection("revenue", MeasureRef("orders", "revenue"))
    one = Query((revenue,), by=(QueryDimension("region", source="customers"),))
    outcomes = shop.runner.queries([one, one])
    assert [result for result, _ in outcomes] == [None, None]
    assert {found.code for _, noticed in outcomes for found in noticed} == {"K662"}
