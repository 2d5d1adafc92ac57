"""S19, S20: fiscal quarters and years of a year from April on. FY2026 is April 2025 to March
2026; its second quarter is July to September 2025."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import kpidsl
from kpidsl.model.expr import MeasureRef, ToDate
from kpidsl.model.periods import Grain, Window
from kpidsl.plan.query import Query, Selection
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project p { currency: USD, fiscal_year_starts: april }
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2026-07-01
  measure revenue: sum(amount) as USD
  measure buyers: count_distinct(buyer) as buyer
}
"""
SALES = """
id,day,amount,buyer
1,2024-04-01,1.00,a
2,2025-03-31,2.00,a
3,2025-04-01,4.00,a
4,2025-06-30,8.00,b
5,2025-07-31,16.00,b
6,2026-03-31,32.00,b
7,2026-04-01,64.00,c
"""


def shop(folder: Path) -> kpidsl.Project:
    return project(folder, DEFINITIONS, sales=SALES)


def test_by_fiscal_year(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        result = loaded.query("revenue", "buyers", by=["fiscal_year"])
    # FY2025: 1 + 2 of a; FY2026: 4 + 8 + 16 + 32 of a and b; FY2027 has begun.
    assert result.rows == (
        (date(2024, 4, 1), 3, 1),
        (date(2025, 4, 1), 60, 2),
        (date(2026, 4, 1), 64, 1),
    )
    assert result.partial == (False, False, True)


def test_by_fiscal_quarter_of_a_fiscal_year(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        asked = {"by": ["fiscal_quarter"], "period": "FY2026", "compare": ["prior_year"]}
        result = loaded.query("revenue", **asked)  # type: ignore[arg-type]
    assert rows(result, "period", "revenue", "revenue prior_year") == [
        (date(2025, 4, 1), 12, 1),
        (date(2025, 7, 1), 16, 0),
        (date(2025, 10, 1), 0, 0),
        (date(2026, 1, 1), 32, 2),
    ]


@pytest.mark.parametrize(
    ("grain", "values"),
    [
        # Up to the ends of March and April 2026.
        (Grain.FISCAL_YEAR, [60, 64]),
        (Grain.FISCAL_QUARTER, [32, 64]),
        (Grain.YEAR, [32, 96]),
    ],
)
def test_to_date_of_the_fiscal_year(tmp_path: Path, grain: Grain, values: list[int]) -> None:
    with shop(tmp_path) as loaded:
        so_far = Selection("so far", ToDate(MeasureRef("sales", "revenue"), grain))
        window = Window(date(2026, 3, 1), date(2026, 5, 1))
        result, _ = loaded.runner.query(Query((so_far,), (), Grain.MONTH, window))
    assert result is not None
    assert result.values("so far") == values
