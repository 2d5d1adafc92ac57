"""S13, S21: a row that stands for a part of its period only is marked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import kpidsl
from kpidsl.model.expr import MeasureRef
from kpidsl.model.periods import GREGORIAN, Grain, Window
from kpidsl.plan.query import Absent, Group, Query, Selection
from kpidsl.run.partial import is_partial
from kpidsl.run.result import Known
from tests.support import project

SHOP = """kpidsl 1
project p {{ currency: USD, week_starts: {week} }}
source sales {{
  files: "sales.csv"
  key: id
  time: day
  {watermark}
  dimensions: [channel]
  measure orders: count() as order
}}
source visits {{
  files: "visits.csv"
  key: id
  time: day
  watermark: 2026-04-01
  measure visits: count() as visit
}}
"""
SALES = "id,day,channel\n1,2026-01-10,ads\n2,2026-02-05,seo\n3,2026-03-02,ads"
VISITS = "id,day\n1,2026-01-01\n2,2026-03-31"


def shop(
    folder: Path, watermark: str = "watermark: 2026-03-21", week: str = "monday"
) -> kpidsl.Project:
    definitions = SHOP.format(watermark=watermark, week=week)
    return project(folder, definitions, sales=SALES, visits=VISITS)


@pytest.mark.parametrize(
    ("period", "by", "partial"),
    [
        # Known are 10 January, of the first sale, to 20 March, the last day before the watermark.
        (None, ["month"], (True, False, True)),
        ("2026-01 .. 2026-03", ["month"], (True, False, True)),
        ("2026-02 .. 2026-04", ["month"], (False, True, True)),  # nothing is known of April
        ("2026-02-03 .. 2026-03-10", ["month"], (True, True)),  # cut by the question
        ("2026-02-28 .. 2026-03-01", ["day"], (False, False)),
        ("2026-03-19 .. 2026-03-22", ["day"], (False, False, True, True)),
        (None, ["quarter"], (True,)),
        ("2026-02 .. 2026-03", ["channel", "month"], (False, False, True, True)),
        # Without a grain a row stands for the period asked for, or for all there is.
        ("2026-02", ["channel"], (False,)),
        ("2026-03", ["channel"], (True,)),
        ("2026-02-03 .. 2026-02-04", [], (False,)),
        (None, ["channel"], (False, False)),
    ],
)
def test_the_question_and_the_source_cut_periods(
    tmp_path: Path, period: str | None, by: list[str], partial: tuple[bool, ...]
) -> None:
    with shop(tmp_path) as loaded:
        assert loaded.query("orders", by=by, period=period).partial == partial


def test_a_later_watermark_completes_the_last_period(tmp_path: Path) -> None:
    with shop(tmp_path, watermark="watermark: 2026-04-01") as loaded:
        result = loaded.query("orders", by=["month"])
    assert result.partial == (True, False, False)
    days = Window(date(2026, 1, 10), date(2026, 4, 1))
    assert result.known == (Known("sales", days, guessed=False),)


def test_without_a_watermark_the_last_row_is_a_guess_and_called_one(tmp_path: Path) -> None:
    with shop(tmp_path, watermark="") as loaded:
        result = loaded.query("orders", by=["month"])
    assert result.partial == (True, False, True)  # the last sale is of 2 March
    days = Window(date(2026, 1, 10), date(2026, 3, 3))
    assert result.known == (Known("sales", days, guessed=True),)


def test_a_question_about_no_time_asks_for_no_known_days(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        assert loaded.query("orders", by=["channel"]).known == ()


def test_a_filter_by_a_metric_rests_on_the_whole_window(tmp_path: Path) -> None:
    """Who passes in the quarter can change until its end, and with it the months before."""
    where = "orders per channel > 0"
    with shop(tmp_path) as loaded:
        quarter = loaded.query("orders", by=["month"], period="2026-02 .. 2026-03", where=where)
        month = loaded.query("orders", by=["month"], period="2026-02", where=where)
    assert (quarter.partial, month.partial) == ((True, True), (False,))


def test_values_of_entities_are_as_partial_as_their_metric(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        result = loaded.query("max(orders per channel)", by=["month"], period="2026-02 .. 2026-03")
    assert result.partial == (False, True)
    assert [item.source for item in result.known] == ["sales"]


def test_every_source_of_the_question_counts(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:  # the visits are known from 1 January to 31 March
        assert loaded.query("visits", by=["month"]).partial == (False, False, False)
        both = loaded.query("visits / orders", by=["month"])
    assert both.partial == (True, False, True)
    assert [item.source for item in both.known] == ["visits", "sales"]


def test_a_comparison_with_a_part_of_a_period_is_marked(tmp_path: Path) -> None:
    """S19: February's predecessor is known from 10 January on; March's is known whole, and so is
    January, whose predecessor has no value at all, as the visits show."""
    with shop(tmp_path, watermark="watermark: 2026-04-01") as loaded:
        asked = {"by": ["month"], "period": "2026-Q1", "compare": ["prior_month"]}
        orders = loaded.query("orders", **asked)  # type: ignore[arg-type]
        visits = loaded.query("visits", **asked)  # type: ignore[arg-type]
    assert orders.partial == (True, True, False)
    assert visits.values("visits prior_month") == [None, 1, 0]
    assert visits.partial == (False, False, False)


@pytest.mark.parametrize(
    ("week", "partial"),
    [
        ("sunday", (False, False)),  # 1 March 2026 is a Sunday: 1 to 7 and 8 to 14
        ("monday", (True, False, True)),  # 1, 2 to 8, and 9 to 14
    ],
)
def test_weeks_begin_where_the_project_says(
    tmp_path: Path, week: str, partial: tuple[bool, ...]
) -> None:
    with shop(tmp_path, week=week) as loaded:
        result = loaded.query("orders", by=["week"], period="2026-03-01 .. 2026-03-14")
    assert result.partial == partial


def test_a_day_that_means_never_ends_no_question(tmp_path: Path) -> None:
    with project(
        tmp_path,
        SHOP.format(watermark="", week="monday"),
        sales=f"{SALES}\n4,9999-12-31,ads",
        visits=VISITS,
    ) as loaded:
        result = loaded.query("orders", by=["year"], order=["-period"], limit=1)
    assert result.rows == ((date(9999, 1, 1), 1),)


FEBRUARY = Window(date(2026, 2, 1), date(2026, 3, 1))


@pytest.mark.parametrize(
    ("window", "known", "partial"),
    [
        (FEBRUARY, [FEBRUARY], False),
        (FEBRUARY, [], False),  # fixed amounts rest on no source
        (FEBRUARY, [FEBRUARY, Window(date(2026, 1, 1), date(2026, 2, 28))], True),
        (FEBRUARY, [Window(date(2026, 2, 2), date(2026, 3, 1))], True),
        (FEBRUARY, [None], True),
        (Window(date(2026, 2, 1), date(2026, 2, 28)), [FEBRUARY], True),
        (Window(date(2026, 2, 1), date(2026, 4, 1)), [Window(date(2026, 1, 1), date.max)], True),
    ],
)
def test_a_window_is_whole_when_it_is_a_period_that_all_know(
    window: Window, known: list[Window | None], partial: bool
) -> None:
    assert is_partial(window, Grain.MONTH, GREGORIAN, known) == partial


def test_a_total_over_time_stands_for_the_whole_window(tmp_path: Path) -> None:
    """Known are 10 January to 20 March; a total is no period, so 11 January to 20 March, which are
    no whole months, are whole, and all of the quarter is not."""
    with shop(tmp_path) as loaded:
        orders = Selection("orders", MeasureRef("sales", "orders"))
        runner = loaded.runner
        for window, partial in (
            (Window(date(2026, 1, 11), date(2026, 3, 21)), (True, False, True, False)),
            (Window(date(2026, 1, 1), date(2026, 4, 1)), (True, False, True, True)),
        ):
            query = Query((orders,), grain=Grain.MONTH, window=window, totals=(Group(),))
            result, _ = runner.query(query)
            assert result is not None
            assert result.rows[-1][0] is Absent.ALL
            assert result.partial == partial
