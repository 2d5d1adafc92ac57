"""S17: every period for every member seen, up to a million cells; what time can't be asked of."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

import kpidsl
from tests.support import project

DEFINITIONS = """kpidsl 1
project p { currency: USD }
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2027-01-01
  dimensions: [buyer, channel]
  measure revenue: sum(amount) as USD
}
source customers { files: "customers.csv", key: id, measure customers: count() as customer }
"""
CUSTOMERS = "id\na\nb"
BUYERS = 1000


def sales() -> str:
    """A thousand buyers, each with one row of 1.00, on one of the first hundred days of 2024."""
    lines = [
        f"{place},{date(2024, 1, 1) + timedelta(days=place % 100)},b{place},c{place % 2},1.00"
        for place in range(BUYERS)
    ]
    return "\n".join(["id,day,buyer,channel,amount", *lines])


def shop(folder: Path, rows: str | None = None) -> kpidsl.Project:
    return project(folder, DEFINITIONS, sales=rows or sales(), customers=CUSTOMERS)


def test_more_than_a_million_cells_are_refused_with_their_number(tmp_path: Path) -> None:
    """2024 to 2026 have 366 + 365 + 365 = 1,096 days."""
    with shop(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query("revenue", by=["day", "buyer"], period="2024 .. 2026")
    (found,) = refusal.value.diagnostics
    assert found.code == "K490"
    assert found.message == (
        "the answer would have 1,096,000 cells: 1,096 days for each of 1,000 combinations of "
        "`buyer`"
    )


def test_a_sparse_answer_has_the_rows_of_the_data(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        asked = {"by": ["day", "buyer"], "period": "2024 .. 2026"}
        sparse = loaded.query("revenue", sparse=True, **asked)  # type: ignore[arg-type]
        top = loaded.query("revenue", top=2, rest=False, **asked)  # type: ignore[arg-type]
        dense = loaded.query("revenue", by=["month", "buyer"], period="2024 .. 2026")
    assert len(sparse.rows) == BUYERS
    assert set(sparse.values("revenue")) == {1}
    assert len(top.rows) == 2 * 1096
    assert len(dense.rows) == 36 * BUYERS
    assert sum(dense.values("revenue")) == BUYERS


def test_so_many_days_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query("revenue", by=["day"], period="1000 .. 9000")
    assert [item.code for item in refusal.value.diagnostics] == ["K488"]


def test_a_day_that_means_never_makes_no_answer_of_three_million_days(tmp_path: Path) -> None:
    rows = "id,day,buyer,channel,amount\n1,2024-01-01,a,x,1.00\n2,9999-12-31,a,x,1.00"
    with shop(tmp_path, rows) as loaded:
        with pytest.raises(kpidsl.KpidslError) as refusal:
            loaded.query("revenue", by=["day", "channel"])
        sparse = loaded.query("revenue", by=["day", "channel"], sparse=True)
    (found,) = refusal.value.diagnostics
    assert found.code == "K490"
    # 1 January 2024 to 31 December 9999: 1,460 days a leap cycle of four years, and so on.
    days = (date(9999, 12, 31) - date(2024, 1, 1)).days + 1
    assert f"{days:,} cells" in found.message
    assert len(sparse.rows) == 2


@pytest.mark.parametrize(
    ("metric", "asked", "code"),
    [
        ("customers", {"period": "2026"}, "K468"),  # a window, and no clock
        ("customers", {"by": ["month"]}, "K468"),
        ("revenue", {"by": ["hour"], "period": "2026-01-01"}, "K657"),  # finer than the source
        ("revenue", {"compare": ["prior_year"]}, "K469"),
    ],
)
def test_what_time_can_not_be_asked_of_is_refused(
    tmp_path: Path, metric: str, asked: dict[str, object], code: str
) -> None:
    with shop(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query(metric, **asked)  # type: ignore[arg-type]
    assert [item.code for item in refusal.value.diagnostics] == [code]


def test_a_source_without_rows_has_no_value_and_no_period(tmp_path: Path) -> None:
    """Nothing is known of any day, so a sum is no value, and marked; without a window there is no
    period at all."""
    header = "id,day,buyer,channel,amount"
    with shop(tmp_path, header) as loaded:
        window = loaded.query("revenue", by=["month"], period="2026-01 .. 2026-02")
        total = loaded.query("revenue", period="2026-01")
        split = loaded.query("revenue", by=["month", "channel"], period="2026-01")
        every = loaded.query("revenue", by=["month"])
        alone = loaded.query("revenue")
    assert window.rows == ((date(2026, 1, 1), None), (date(2026, 2, 1), None))
    assert window.partial == (True, True)
    assert (total.rows, total.partial) == (((None,),), (True,))
    assert split.rows == every.rows == ()
    assert alone.rows == ((0,),)


def test_a_look_back_beyond_the_first_day_has_no_value(tmp_path: Path) -> None:
    """S16: the year before is before the first row; a rolling value reaches back as far as there
    are rows, and says that it is partial."""
    with shop(tmp_path) as loaded:
        result = loaded.query(
            "revenue", "rolling(revenue, 28d)", by=["day"], period="2024-01-01 .. 2024-01-02"
        )
        prior = loaded.query("revenue", by=["month"], period="2024-01", compare=["prior_year"])
    assert result.values("rolling(revenue, 28d)") == [10, 20]
    assert result.partial == (True, True)
    assert prior.values("revenue prior_year") == [None]
