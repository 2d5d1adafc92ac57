"""Statements beside an answer that fail: what rests on a claim that can't be tested is refused,
whatever the test fails on; and what can't be told of an answer that is right, is told as that.

The shop claims a key that its rows contradict: customer 1 is of two regions. Taken for true, the
key would let her order of 100 count in both, 250 of 150 in all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.engines.base import EngineError, Table
from kpidsl.model.expr import MeasureRef, QueryDimension
from kpidsl.plan.query import Query, Selection
from kpidsl.text.diagnostic import Severity
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
    """Lets the statements fail that say something, such as the tests of keys, for a reason that
    lies in no row."""

    def __init__(
        self, loaded: kpidsl.Project, kind: str, said: str = "HAVING", times: int = 1_000
    ) -> None:
        engine = loaded.runner.engine
        plain = engine.run
        self.left = times

        def run(sql: str, *rest: Any, **named: Any) -> Table:
            if self.left and said.casefold() in sql.replace("`", '"').casefold():
                self.left -= 1
                raise EngineError(kind, "by chance")
            return plain(sql, *rest, **named)

        engine.run = run  # type: ignore[method-assign]
        super().__init__(engine)


def asked(loaded: kpidsl.Project) -> list[str]:
    with pytest.raises(kpidsl.KpidslError) as refused:
        loaded.query("revenue", by=["customers.region"])
    return [found.code for found in refused.value.diagnostics]


def test_a_claim_that_is_tested_is_found_wrong(shop: kpidsl.Project) -> None:
    assert asked(shop) == ["K651"]


def test_so_it_is_of_rows_of_a_select_however_others_are_called(tmp_path: Path) -> None:
    """A source that nobody asks for is called as the rows of the SELECT are in the statement."""
    text = DEFINITIONS.replace(
        'source customers { files: "customers.csv", key: customer_id, dimensions: [region] }',
        """source people { files: "people.csv" }
source customers { sql: "SELECT * FROM people", key: customer_id, dimensions: [region] }
source customers_rows { files: "people.csv" }""",
    )
    with project(tmp_path, text, orders=ORDERS, people=CUSTOMERS) as loaded:
        assert asked(loaded) == ["K651"]


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


# --- what stands beside an answer ------------------------------------------------------------

VISITS = """kpidsl 1
project shop { currency: EUR, timezone: "UTC" }
source visits {
  files: "visits.csv", key: id, time: day
  measure visits: count() as visit
  measure people: count_distinct(person) as person
}
source identities { files: "identities.csv", key: none }
entity person { in: [visits.visitor], resolve: identities(visitor, customer) }
funnel twice { entity: person, within: 7d, step first: visits, step again: visits }
"""


@pytest.fixture
def visits(tmp_path: Path) -> kpidsl.Project:
    rows = "id,visitor,day\n1,v1,2026-01-01\n2,v2,2026-02-03"
    return project(tmp_path, VISITS, visits=rows, identities="visitor,customer\nv1,c1\nv2,c1")


def test_which_days_are_known_can_not_be_told(visits: kpidsl.Project) -> None:
    """February is not over on its third day; who doesn't find that out has to say so."""
    failing = Failing(visits, "lost", '"last_day" FROM "visits"', times=1)
    lost = visits.query("visits", by=["month"])
    assert lost.values("visits") == [1, 1]
    [noticed] = lost.diagnostics
    assert (noticed.code, noticed.severity) == ("K680", Severity.WARNING)
    assert noticed.message.startswith("which days `visits` knows can't be told: the connection")
    assert failing.left == 0
    found = visits.query("visits", by=["month"])
    assert (found.diagnostics, found.partial) == ((), (False, True))


def test_which_ids_are_resolved_can_not_be_told(visits: kpidsl.Project) -> None:
    """Both visitors are one customer."""
    Failing(visits, "timeout", 'AS "ids"', times=1)
    lost = visits.query("people")
    assert (lost.values("people"), lost.identified) == ([1], ())
    assert [noticed.code for noticed in lost.diagnostics] == ["K680"]
    found = visits.query("people")
    assert [(item.ids, item.unresolved) for item in found.identified] == [(2, 0)]


@pytest.mark.never_on("mysql", "its catalogue tells the types, and no statement")
def test_a_funnel_whose_clock_can_not_be_looked_at_is_refused(visits: kpidsl.Project) -> None:
    """Of days alone it counts otherwise than of moments."""
    Failing(visits, "lost", "type", times=1)
    with pytest.raises(kpidsl.KpidslError) as refused:
        visits.funnel("twice")
    assert [found.code for found in refused.value.diagnostics] == ["K662"]
    assert visits.funnel("twice").steps == (("first", 1), ("again", 0))
