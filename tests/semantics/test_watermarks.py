"""S13, S21: how far the data of a source go, as a column of its rows tells. Rows of this shop were
loaded until 3 March 2026, 02:30 UTC, which is 2 March, 21:30, in New York: 2 March is not complete.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import kpidsl
from kpidsl.model.periods import Window
from kpidsl.run.result import Known
from tests.support import load, project

DEFINITIONS = """kpidsl 1
project p { currency: USD, timezone: "America/New_York" }
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: max(loaded_at) { stored_as: "UTC" }
  exclude: is_test
  dimensions: [buyer]
  measure revenue: sum(amount) as USD
}
source visits {
  files: "visits.csv"
  key: id
  time: day
  watermark: max(day)
  dimension buyer: visitor
  measure visits: count() as visit
}
entity person { in: [sales.buyer, visits.visitor] }
funnel buying {
  entity: person
  within: 2d
  step visit: visits
  step order: sales
}
"""
SALES = """
id,day,amount,buyer,loaded_at,is_test
1,2026-02-01,10.00,a,2026-02-02T01:00:00,false
2,2026-02-20,20.00,b,2026-03-03T02:30:00,false
3,2026-02-21,40.00,b,,false
4,2026-02-22,80.00,b,2026-05-01T00:00:00,true
"""
VISITS = """
id,day,visitor
1,2026-02-01,a
2,2026-02-27,b
3,2026-02-28,c
"""


def shop(folder: Path, definitions: str = DEFINITIONS, sales: str = SALES) -> kpidsl.Project:
    return project(folder, definitions, sales=sales, visits=VISITS)


def test_the_day_of_the_latest_load_is_not_complete(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        days = loaded.query("revenue", by=["day"], period="2026-02-28 .. 2026-03-03")
        months = loaded.query("revenue", by=["month"], period="2026-02 .. 2026-03")
    # Nothing was sold on 28 February and 1 March, and of 2 and 3 March nothing is known.
    assert days.values("revenue") == [0, 0, None, None]
    assert days.partial == (False, False, True, True)
    assert months.values("revenue") == [70, 0]
    assert months.partial == (False, True)
    known = Window(date(2026, 2, 1), date(2026, 3, 2))
    assert months.known == (Known("sales", known, guessed=False),)


def test_a_total_that_crosses_the_end_of_what_is_known_is_marked(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        whole = loaded.query("revenue", period="2026-02-01 .. 2026-03-01")
        beyond = loaded.query("revenue", period="2026-02-01 .. 2026-03-02")
        outside = loaded.query("revenue", period="2026-04")
        stacked = loaded.query("revenue", by=["buyer"], period="2026-02 .. 2026-03", totals=True)
    assert (whole.rows, whole.partial) == (((70,),), (False,))
    assert (beyond.rows, beyond.partial) == (((70,),), (True,))
    assert (outside.rows, outside.partial) == (((None,),), (True,))
    assert stacked.values("revenue") == [10, 60, 70]
    assert stacked.partial == (True, True, True)


def test_so_is_one_over_periods_of_no_window(tmp_path: Path) -> None:
    """Buyer c's 5 of 4 April are in the total and in no period that anything is known of."""
    more = SALES + "9,2026-04-04,5.00,c,2026-03-03T06:00:00,false\n"
    with shop(tmp_path, sales=more) as loaded:
        result = loaded.query("revenue", by=["month"], totals=True)
    assert result.values("revenue") == [70, 0, None, 75]
    assert result.partial == (False, True, True, True)


def test_so_it_is_from_the_first_day_that_is_not_known(tmp_path: Path) -> None:
    """Nothing is known of 2 March, of which the last row is."""
    with shop(tmp_path, sales=SALES + "9,2026-03-02,5.00,c,,false\n") as loaded:
        result = loaded.query("revenue", by=["day"], totals=True, sparse=True)
    assert result.values("revenue") == [10, 20, 40, None, 75]
    assert result.partial == (False, False, False, True, True)


def test_so_it_is_where_one_of_two_sources_knows_less(tmp_path: Path) -> None:
    """Visits are known until 28 February, of which one is; sales until 2 March."""
    with shop(tmp_path) as loaded:
        result = loaded.query("revenue", "visits", by=["day"], totals=True, sparse=True)
    assert result.values("visits") == [1, 0, 0, 1, None, 3]
    assert result.partial == (False, False, False, False, True, True)


def test_one_over_periods_of_which_all_is_known_is_not(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        result = loaded.query("revenue", by=["month"], totals=True)
    assert result.values("revenue") == [70, 70]
    assert result.partial == (False, False)


def test_without_a_window_periods_end_with_the_rows(tmp_path: Path) -> None:
    """The last row of a visit is of 28 February, a day that is not complete."""
    with shop(tmp_path) as loaded:
        result = loaded.query("visits", by=["month"])
        days = loaded.query("visits", by=["day"], period="2026-02-27 .. 2026-02-28")
    assert result.rows == ((date(2026, 2, 1), 3),)
    assert result.partial == (True,)
    assert days.values("visits") == [1, None]


def test_attempts_that_are_not_over_when_the_day_begins_are_immature(tmp_path: Path) -> None:
    """Visits are known until 28 February, so the attempts of 27 and 28 February are open."""
    with shop(tmp_path) as loaded:
        result = loaded.funnel("buying")
    assert result.steps == (("visit", 1), ("order", 1))
    assert result.immature == 2


def test_a_source_none_of_whose_rows_tells_vouches_for_no_day(tmp_path: Path) -> None:
    sales = "id,day,amount,buyer,loaded_at,is_test\n1,2026-02-01,10.00,a,,false"
    sales += "\n2,2026-02-01,10.00,a,2026-05-01T00:00:00,true"
    with shop(tmp_path, sales=sales) as loaded:
        result = loaded.query("revenue", by=["month"], period="2026-02")
    assert result.rows == ((date(2026, 2, 1), None),)
    assert result.partial == (True,)


def test_times_without_a_zone_are_refused(tmp_path: Path) -> None:
    text = DEFINITIONS.replace(' { stored_as: "UTC" }\n  exclude', "\n  exclude")
    with shop(tmp_path, text) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query("revenue", period="2026-02")
    (found,) = refusal.value.diagnostics
    assert found.code == "K653"
    assert "watermark" in found.message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (('max(loaded_at) { stored_as: "UTC" }', '2026-03-01 { stored_as: "UTC" }'), "K205"),
        (("watermark: max(day)", "watermark: min(day)"), "K205"),
        (('max(loaded_at) { stored_as: "UTC" }', 'max(loaded_at) { stored_as: "UTX" }'), "K211"),
    ],
)
def test_mistakes_in_a_watermark(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    loaded = load(tmp_path, DEFINITIONS.replace(*change), sales=SALES, visits=VISITS)
    assert [item.code for item in loaded.diagnostics] == [code]
