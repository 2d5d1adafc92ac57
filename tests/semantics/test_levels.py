"""S11 on two accounts, worked out by hand.

a1: 100 in North on 10 January, 120 in South from 15 February on
a2:  50 in South on 20 January, closed with 70 on 5 March
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.plan.query import Absent
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
  measure mean: sum(amount) as EUR { stock: last per account { rolling: average } }
  measure ended: sum(amount) as EUR { stock: last per account { rolling: last } }
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


def on_days(bank: kpidsl.Project, metric: str, **asked: Any) -> list[object]:
    result = bank.query(metric, **asked)
    return result.values(metric)


def test_s11_a_rolling_level_is_the_average_of_the_days(bank: kpidsl.Project) -> None:
    """Of the seven days up to 16 February five end with 150, and two with 170; of February's 28
    fourteen each. Before the first row nothing is known, so up to 12 January three days count."""
    week = pytest.approx((5 * 150 + 2 * 170) / 7)
    for by in ([], ["day"]):
        assert on_days(bank, "rolling(mean, 7d)", by=by, period="2026-02-16") == [week]
        assert on_days(bank, "prior(rolling(mean, 7d), 1mo)", by=by, period="2026-03-16") == [week]
        assert on_days(bank, "rolling(mean, 7d)", by=by, period="2026-01-12") == [100]
    assert on_days(bank, "to_date(mean, month)", by=["month"], period="2026-02") == [160]
    assert on_days(bank, "mean", by=["month"], period="2026-02") == [170]  # as of its end
    # The same, said of any metric.
    asked = "rolling(avg(kept per day), 7d)"
    assert on_days(bank, asked, by=["day"], period="2026-02-16") == [week]


AVERAGES = ("rolling(mean, 7d)", "rolling(avg(kept per day), 7d)", "to_date(mean, week)")


@pytest.mark.parametrize("metric", AVERAGES)
def test_s13_beyond_what_is_known_there_is_no_average_of_the_days(
    bank: kpidsl.Project, metric: str
) -> None:
    """Both days of May are within the week, and within seven days, of some that are known; 30 April
    is the last of these, and had 190 on each day."""
    found = on_days(bank, metric, by=["day"], period="2026-04-30 .. 2026-05-02")
    assert found == [190, None, None]


@pytest.mark.parametrize("metric", AVERAGES)
def test_s21_an_average_of_days_that_are_known_in_part_is_marked(
    bank: kpidsl.Project, metric: str
) -> None:
    """Saturday, 10 January is the first day that is known. The week of 11 January begins on the
    5th, and that of the 16th on the 12th; the seven days up to the 16th begin on the 10th."""
    now = bank.query(metric, by=["day"], period="2026-01-11 .. 2026-01-16")
    since_monday = metric.startswith("to_date")
    part = [True, *[not since_monday] * 4, False]
    assert list(now.partial) == part
    # A month later they are all looked at again, and May's own days are not.
    before = bank.query(f"prior({metric}, 4mo)", by=["day"], period="2026-05-11 .. 2026-05-16")
    assert list(before.partial) == part


def test_s11_the_average_of_a_member_counts_the_days_without_it(bank: kpidsl.Project) -> None:
    """a1 is in North for five of the seven days, with 100, and then in South, where a2 is."""
    result = bank.query("rolling(mean, 7d)", by=["day", "branch"], period="2026-02-16", totals=True)
    rows = {row[:2]: row[2] for row in result.rows}
    day = date(2026, 2, 16)
    assert rows[day, "North"] == pytest.approx(500 / 7)
    assert rows[day, "South"] == pytest.approx((5 * 50 + 2 * 170) / 7)
    assert rows[day, Absent.ALL] == rows[Absent.ALL, Absent.ALL] == pytest.approx(1090 / 7)


def test_s11_or_the_level_of_the_last_day(bank: kpidsl.Project) -> None:
    for metric in ("rolling(ended, 7d)", "to_date(ended, month)"):
        found = on_days(bank, metric, by=["day"], period="2026-02-14 .. 2026-02-16")
        assert found == [150, 170, 170]


@pytest.mark.parametrize(
    "metric", ["running(mean)", "running(ended)", "rolling(kept, 7d)", "to_date(kept, month)"]
)
def test_s11_what_is_not_declared_is_refused(bank: kpidsl.Project, metric: str) -> None:
    with pytest.raises(kpidsl.KpidslError) as refused:
        bank.query(metric, by=["day"], period="2026-02")
    assert refused.value.diagnostics[0].code == "K475"


def test_s11_the_last_row_of_an_hour_that_the_clock_repeats(tmp_path: Path) -> None:
    """1:30 in New York came before the second 1:15, on 2 November 2025 at 6:15 in UTC."""
    definitions = DEFINITIONS.replace("{ currency: EUR }", '{ timezone: "America/New_York" }')
    definitions = definitions.replace("time: day", 'time: day { stored_as: "UTC" }')
    rows = "a1,2025-11-03T06:30:00,North,1,open\na1,2025-11-02T05:30:00,North,2,open"
    rows += "\na1,2025-11-02T06:15:00,North,4,open"
    table = f"account,day,branch,amount,status\n{rows}"
    with project(tmp_path, definitions, balances=table) as loaded:
        assert loaded.query("kept", period="2025-11-02").values("kept") == [4]
