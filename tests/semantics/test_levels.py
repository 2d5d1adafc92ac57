"""S11 on two accounts, worked out by hand.

a1: 100 in North on 10 January, 120 in South from 15 February on
a2:  50 in South on 20 January, closed with 70 on 5 March
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import kpidsl
from tests.support import project

DEFINITIONS = """kpidsl 1
project bank { currency: EUR }

source balances {
  files: "balances.csv"
  key: [account, day]
  time: day
  watermark: 2026-05-01
  dimensions: [branch]
  measure balance: sum(amount) as EUR {
    stock: last per account { stale_after: 60d, closed: status = "closed" }
  }
  measure kept: sum(amount) as EUR { stock: last per account }
  measure accounts: count() as account { stock: last per account { closed: status = "closed" } }
  measure moved: sum(amount) as EUR
}
"""
BALANCES = """
account,day,branch,amount,status
a1,2026-01-10,North,100,open
a2,2026-01-20,South,50,open
a1,2026-02-15,South,120,open
a2,2026-03-05,South,70,closed
"""
MONTHS = [date(2026, month, 1) for month in (1, 2, 3, 4)]


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, DEFINITIONS, balances=BALANCES) as loaded:
        yield loaded


def by_month(bank: kpidsl.Project, metric: str) -> list[object]:
    result = bank.query(metric, by=["month"], period="2026-01 .. 2026-04")
    assert result.values("period") == MONTHS
    return result.values(metric)


def test_s11_the_last_row_before_the_end_counts(bank: kpidsl.Project) -> None:
    assert by_month(bank, "kept") == [150, 170, 190, 190]


def test_s11_what_is_closed_or_too_old_drops_out(bank: kpidsl.Project) -> None:
    """30 April is 74 days after a1's last row. No account is left then, and that is 0 (S13)."""
    assert by_month(bank, "balance") == [150, 170, 120, 0]
    assert by_month(bank, "accounts") == [2, 2, 1, 1]


def test_s11_who_moved_counts_where_the_last_row_says(bank: kpidsl.Project) -> None:
    result = bank.query("balance", by=["month", "branch"], period="2026-01 .. 2026-02")
    keys = zip(result.values("period"), result.values("branch"), strict=True)
    values = dict(zip(keys, result.values("balance"), strict=True))
    assert values == {
        (MONTHS[0], "North"): 100,
        (MONTHS[0], "South"): 50,
        (MONTHS[1], "North"): 0,
        (MONTHS[1], "South"): 170,
    }
    north = bank.query("balance", where='branch = "North"', period="2026-02")
    assert north.values("balance") == [0]


def test_s11_levels_are_not_added_up_over_time(bank: kpidsl.Project) -> None:
    quarter = bank.query("kept", "moved", by=["quarter"], period="2026-Q1")
    assert quarter.values("kept") == [190]
    assert quarter.values("moved") == [340]  # the same column, summed: no level
    with pytest.raises(kpidsl.KpidslError) as refused:
        bank.query("running(balance)", by=["month"], period="2026-Q1")
    assert refused.value.diagnostics[0].code == "K475"
