"""Metrics that name metrics that name metrics, deeper than anybody reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kinds.checking import checked, errors
from tests.support import project

ORDERS = "id,day,channel,amount\n1,2026-01-05,web,10"
SHOP = """\
kpidsl 1
project shop "Shop" { currency: USD, timezone: "UTC" }
source orders {
  files: "orders.csv"
  key: id
  time: day
  dimensions: [channel]
  measure revenue: sum(amount) as USD
}
"""


def chain(formula: str, length: int) -> str:
    links = [f"metric m{n}: {formula.format(f'm{n + 1}')}" for n in range(length)]
    return SHOP + "\n".join([*links, f"metric m{length}: revenue"]) + "\n"


@pytest.mark.parametrize(
    "formula",
    [
        "{}",
        "{} + 1 USD",
        "coalesce({}, revenue)",
        '{} where channel = "web"',
        "revenue where {} per channel > 1 USD",
        "prior({}, 1mo)",
    ],
)
def test_a_chain_without_end_is_refused_once(formula: str) -> None:
    """Python's own limit would end it where it is asked about."""
    _, findings = checked(chain(formula, 2_000))
    assert [error[:4] for error in errors(findings)] == ["K111"]


@pytest.mark.parametrize("links", [20, 33])
def test_what_is_checked_can_be_asked(tmp_path: Path, links: int) -> None:
    """Each link of a filter by an entity counts six levels: 33 of them are just below the limit."""
    formula = "revenue where {} per channel > 1 USD"
    with project(tmp_path, chain(formula, links), orders=ORDERS) as loaded:
        assert loaded.query("m0").rows == ((10,),)


def test_a_chain_below_the_limit_has_its_value(tmp_path: Path) -> None:
    """10 and 95 times 1; each link has two levels."""
    with project(tmp_path, chain("{} + 1 USD", 95), orders=ORDERS) as loaded:
        assert loaded.query("m0").rows == ((105,),)
