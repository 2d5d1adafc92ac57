"""S19: comparisons by a moving event, and what is uneven in comparisons. The lunar new year was on
29 January 2025 and 17 February 2026, 384 days apart."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

import kpidsl
from kpidsl.cli.tables import as_csv, as_json, as_table
from kpidsl.run.result import Mark, Sign
from tests.support import load, project, rows

DEFINITIONS = """kpidsl 1
project p { currency: USD }
event cny: [2026-02-17, 2025-01-29] { lasts: 3d, affects: [revenue] }
event easter: [2024-03-31, 2025-04-20]
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2027-01-01
  measure revenue: sum(amount) as USD
  measure orders: count() as order
}
metric by_event: prior(revenue, 1y, align: cny)
metric growth: change(revenue, 1y, align: cny)
metric smooth_before: prior(rolling(revenue, 2d), 1y, align: cny)
"""
SALES = """
id,day,amount
1,2024-02-28,1.00
2,2024-02-29,2.00
3,2025-01-01,0.50
4,2025-01-28,4.00
5,2025-01-29,8.00
6,2025-02-01,16.00
7,2025-02-28,32.00
8,2026-02-16,64.00
9,2026-02-17,128.00
10,2026-02-20,256.00
"""
NONE: tuple[Mark, ...] = ()
CNY = Mark(Sign.ONE_SIDED, "cny")
SHORTER = Mark(Sign.SHORTER_MONTH)


def shop(folder: Path, definitions: str = DEFINITIONS, sales: str = SALES) -> kpidsl.Project:
    return project(folder, definitions, sales=sales)


def test_days_around_the_event_look_at_those_around_the_one_before(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        days = loaded.query(
            "revenue", "by_event", by=["day"], period="2026-02-16 .. 2026-02-20", order=["period"]
        )
        week = loaded.query("by_event", "growth", period="2026-02-16 .. 2026-02-20")
        month = loaded.query("by_event", by=["month"], period="2026-02")
        rolling = loaded.query("smooth_before", by=["day"], period="2026-02-17")
    # 384 days before 16, 17 and 20 February 2026 are 28 and 29 January and 1 February 2025.
    assert days.values("by_event") == [4, 8, 0, 0, 16]
    assert set(days.marks) == {NONE}
    assert week.values("by_event") == [28]
    assert week.values("growth") == [420 / 28]
    # 1 to 28 February 2026 look at 13 January to 9 February 2025.
    assert month.values("by_event") == [28]
    assert rolling.values("smooth_before") == [12]  # 28 and 29 January


def test_a_day_of_the_event_after_its_first_is_enough(tmp_path: Path) -> None:
    """It lasts from 17 to 19 February."""
    with shop(tmp_path) as loaded:
        result = loaded.query("by_event", by=["day"], period="2026-02-19 .. 2026-02-20")
    assert result.values("by_event") == [0, 16]


@pytest.mark.parametrize(
    ("period", "told"),
    [
        ("2026-02-20 .. 2026-02-28", "no day of it: 2025-01-29, 2026-02-17"),
        ("2025-01 .. 2026-02", "2 times of it: 2025-01-29, 2026-02-17"),
        ("2025-01", "of 2025-01-29 has nothing to be compared with"),
    ],
)
def test_periods_without_the_event_are_refused(tmp_path: Path, period: str, told: str) -> None:
    with shop(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query("by_event", period=period)
    (found,) = refusal.value.diagnostics
    assert found.code == "K491"
    assert told in found.message


def test_without_a_window_it_is_refused(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query("by_event", by=["month"])
    assert [item.code for item in refusal.value.diagnostics] == ["K469"]


def test_an_event_on_one_side_only_is_marked(tmp_path: Path) -> None:
    """In January 2026 there is none of the event of January 2025, and in February the other way
    round; orders are not moved by it, and Easter, which moves all, is in April 2025 alone."""
    asked = {"by": ["month"], "period": "2026-01 .. 2026-04", "compare": ["prior_year"]}
    with shop(tmp_path) as loaded:
        revenue = loaded.query("revenue", **asked)  # type: ignore[arg-type]
        orders = loaded.query("orders", **asked)  # type: ignore[arg-type]
        alone = loaded.query("revenue", by=["month"], period="2026-01")
        quarter = loaded.query("revenue", period="2026-Q1", compare=["prior_year"])
    easter = (Mark(Sign.ONE_SIDED, "easter"),)
    assert revenue.marks == ((CNY,), (CNY,), NONE, easter)
    assert orders.marks == (NONE, NONE, NONE, easter)
    assert alone.marks == ()
    assert quarter.marks == (NONE,)  # it is in both


def test_the_days_of_a_rolling_value_can_hold_the_event(tmp_path: Path) -> None:
    """The 28 days to 20 February 2026 hold it, those to 20 February 2025 do too: 24 January on; the
    28 days to 28 February 2025 begin on 1 February, and it ended on 31 January."""
    with shop(tmp_path) as loaded:
        result = loaded.query(
            "prior(rolling(revenue, 28d), 1y)",
            by=["day"],
            period="2026-02-20 .. 2026-02-28",
        )
    assert result.marks[0] == NONE
    assert result.marks[-1] == (CNY,)


def test_29_february_is_compared_with_28_february_and_marked(tmp_path: Path) -> None:
    sales = SALES + "11,2023-02-28,7.00\n"
    asked = {"by": ["day"], "period": "2024-02-28 .. 2024-02-29", "compare": ["prior_year"]}
    with shop(tmp_path, sales=sales) as loaded:
        days = loaded.query("orders", "revenue", **asked)  # type: ignore[arg-type]
        window = loaded.query("revenue", period="2024-02-10 .. 2024-02-29", compare=["prior_year"])
        month = loaded.query("revenue", by=["month"], period="2024-02", compare=["prior_year"])
    assert days.values("revenue prior_year") == [7, 7]
    assert days.marks == (NONE, (SHORTER,))
    assert window.marks == ((SHORTER,),)
    assert month.marks == (NONE,)  # a whole month beside a whole one


def test_a_week_53_has_no_partner_and_is_marked(tmp_path: Path) -> None:
    """28 December 2026 to 3 January 2027 is week 53; 2025 has 52 weeks."""
    sales = SALES + "11,2026-12-28,7.00\n"
    asked = {"by": ["week"], "period": "2026-12-21 .. 2027-01-03", "compare": ["prior_year"]}
    text = DEFINITIONS.replace("watermark: 2027-01-01", "watermark: 2027-02-01")
    with shop(tmp_path, text, sales) as loaded:
        result = loaded.query("revenue", **asked)  # type: ignore[arg-type]
    assert rows(result, "period", "revenue", "revenue prior_year") == [
        (date(2026, 12, 21), 0, 0),
        (date(2026, 12, 28), 7, None),
    ]
    assert result.marks == (NONE, (Mark(Sign.NO_PARTNER),))


@pytest.mark.parametrize(
    ("period", "pairs", "lengths", "evenly"),
    [
        # W01 and W02 of 2026 begin on 29 December and 5 January, those of 2025 52 weeks before.
        ("2026-W01 .. 2026-W02", ["2024-12-30", "2025-01-06"], [7, 7], True),
        # The days asked for cut both weeks: Wednesday to Sunday, Monday and Tuesday.
        ("2025-12-31 .. 2026-01-06", ["2025-01-01", "2025-01-06"], [5, 2], True),
        # 2026 has 53 weeks: between W01 of 2027 and of 2026 they are 53.
        ("2026-W52 .. 2027-W01", ["2025-12-22", None, "2025-12-29"], [7, 7, 7], False),
        ("2027-W01 .. 2027-W02", ["2025-12-29", "2026-01-05"], [7, 7], True),
    ],
)
def test_a_week_is_compared_with_that_of_the_same_number(
    tmp_path: Path, period: str, pairs: list[str | None], lengths: list[int], evenly: bool
) -> None:
    """Each day sells one more than the day before: a week's revenue tells its days."""
    first = date(2024, 12, 23)
    days = [first + timedelta(days=number) for number in range(800)]
    sold = {day: number + 1 for number, day in enumerate(days)}
    sales = "id,day,amount\n" + "\n".join(f"{sold[day]},{day},{sold[day]}" for day in days)
    text = DEFINITIONS.replace("watermark: 2027-01-01", "watermark: 2027-02-01")
    with shop(tmp_path, text, sales) as loaded:
        result = loaded.query("revenue", by=["week"], period=period, compare=["prior_year"])
    expected = [
        pair
        and sum(sold[date.fromisoformat(pair) + timedelta(days=number)] for number in range(length))
        for pair, length in zip(pairs, lengths, strict=True)
    ]
    assert result.values("revenue prior_year") == expected
    lists_days = any(word in result.sql for word in ("VALUES", "listed"))
    assert lists_days != evenly


@pytest.mark.parametrize(
    ("period", "first", "length", "marks"),
    [
        ("2026-W10 .. 2026-W11", "2025-03-03", 14, NONE),
        # Wednesday of week 10 to Tuesday of week 11.
        ("2026-03-04 .. 2026-03-10", "2025-03-05", 7, NONE),
        # W52 of 2025 and W01 of 2026: between them in 2026 is W53, which has no partner.
        ("2026-W52 .. 2027-W01", "2025-12-22", 14, (Mark(Sign.NO_PARTNER),)),
        # W52 of 2026 to W01 of 2027: W53 between them is no partner of any.
        ("2027-W52 .. 2028-W01", "2026-12-21", 21, (Mark(Sign.NO_PARTNER),)),
        ("2026-W53", None, 0, (Mark(Sign.NO_PARTNER),)),
    ],
)
def test_weeks_in_all_are_compared_from_the_first_partner_to_the_last(
    tmp_path: Path, period: str, first: str | None, length: int, marks: tuple[Mark, ...]
) -> None:
    """Each day sells one more than the day before: the sum of some days tells which."""
    start = date(2024, 12, 23)
    sold = {start + timedelta(days=number): number + 1 for number in range(800)}
    sales = "id,day,amount\n" + "\n".join(f"{sold[day]},{day},{sold[day]}" for day in sold)
    text = DEFINITIONS.replace("watermark: 2027-01-01", "watermark: 2027-03-01")
    with shop(tmp_path, text, sales) as loaded:
        asked = {"period": period, "compare": ["prior_year"]}
        weeks = loaded.query("orders", "revenue", by=["week"], totals=True, **asked)  # type: ignore[arg-type]
        whole = loaded.query("orders", "revenue", **asked)  # type: ignore[arg-type]
    expected = first and sum(
        sold[date.fromisoformat(first) + timedelta(days=number)] for number in range(length)
    )
    assert weeks.values("revenue prior_year")[-1] == expected
    assert weeks.marks[-1] == marks
    if "W" in period:  # written in weeks, and so compared as these are
        assert whole.values("revenue prior_year") == [expected]
        assert whole.marks == (marks,)


def test_days_that_are_not_written_in_weeks_are_compared_by_their_dates(tmp_path: Path) -> None:
    """2 to 8 March 2026 are week 10; the order of 9 March 2025 is in week 10 of that year."""
    sales = SALES + "11,2025-03-02,3.00\n12,2025-03-09,7.00\n"
    with shop(tmp_path, sales=sales) as loaded:
        days = loaded.query("revenue", period="2026-03-02 .. 2026-03-08", compare=["prior_year"])
        week = loaded.query("revenue", period="2026-W10", compare=["prior_year"])
        mixed = loaded.query("revenue", period="2026-W10 .. 2026-03-08", compare=["prior_year"])
    before = [each.values("revenue prior_year") for each in (days, week, mixed)]
    assert before == [[3], [7], [3]]


def test_a_week_that_is_a_total_over_days_is_compared_by_their_dates(tmp_path: Path) -> None:
    """2 to 8 March 2026, week 10, are compared with 2 to 8 March 2025, as each day is; week 10 of
    2025 has the 9th. 26 February to 3 March 2024 are compared with six days, to 3 March 2023: with
    5 and 11, of which 8 is the median, that can't be put together of days."""
    sales = SALES + "11,2025-03-02,3.00\n12,2025-03-09,7.00\n13,2023-02-28,5.00\n"
    sales += "14,2023-03-03,11.00\n15,2023-03-04,13.00\n"
    asked = {"by": ["week", "day"], "compare": ["prior_year"], "totals": ["week", "all"]}
    text = DEFINITIONS.replace(
        "  measure revenue", "  measure typical: median(amount) as USD\n  measure revenue"
    )
    with shop(tmp_path, text, sales=sales) as loaded:
        march = loaded.query("revenue", period="2026-W10", **asked)  # type: ignore[arg-type]
        leap = loaded.query("revenue", period="2024-W09", **asked)  # type: ignore[arg-type]
        typical = loaded.query("typical", period="2024-W09", **asked)  # type: ignore[arg-type]
    assert march.values("revenue prior_year")[-2:] == [3, 3]
    assert leap.values("revenue prior_year")[-2:] == [5 + 11, 5 + 11]
    assert typical.values("typical prior_year")[-2:] == [8, 8]


def test_a_partial_period_is_compared_with_the_same_part_capped_at_its_end(tmp_path: Path) -> None:
    """1 to 30 March is compared with the whole of February, of 28 days; 1 to 20 with 20 days."""
    text = DEFINITIONS.replace("watermark: 2027-01-01", "watermark: 2025-03-31")
    with shop(tmp_path, text) as loaded:
        long = loaded.query(
            "revenue", by=["month"], period="2025-03-01 .. 2025-03-30", compare=["prior_month"]
        )
        short = loaded.query(
            "revenue", by=["month"], period="2025-03-01 .. 2025-03-20", compare=["prior_month"]
        )
    assert long.values("revenue prior_month") == [48]
    assert short.values("revenue prior_month") == [16]
    assert long.partial == short.partial == (True,)
    assert (long.marks, short.marks) == (((SHORTER,),), (NONE,))


def test_marks_reach_every_way_of_printing(tmp_path: Path) -> None:
    asked = {"by": ["month"], "period": "2026-02 .. 2026-03", "compare": ["prior_year"]}
    with shop(tmp_path) as loaded:
        result = loaded.query("revenue", **asked)  # type: ignore[arg-type]
        plain = loaded.query("revenue", by=["month"], period="2026-02")
    lines = as_table(result).splitlines()
    assert lines[2].startswith("2026-02-01‡ ")
    assert lines[3].startswith("2026-03-01  ")
    assert lines[4:] == [
        "‡ uneven: not all is compared with its like",
        "  the event `cny` is on one side only: 2026-02-01",
    ]
    told = [row["period__marks"] for row in json.loads(as_json(result))["rows"]]
    assert told == [["one_sided: cny"], []]
    assert as_csv(result).splitlines() == [
        "period,revenue,revenue prior_year,period__partial,period__marks",
        "2026-02-01,448,48,false,one_sided: cny",
        "2026-03-01,0,0,false,",
    ]
    assert "period__marks" not in as_json(plain)
    assert as_csv(plain).splitlines() == ["period,revenue,period__partial", "2026-02-01,448,false"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("align: cny)\nmetric growth", "align: cyn)\nmetric growth"), "K211"),
        (("prior(revenue, 1y, align: cny)", "prior(revenue, 1mo, align: cny)"), "K308"),
        (("lasts: 3d", "lasts: 0d"), "K313"),
        (("affects: [revenue]", "affects: [revenu]"), "K211"),
        (("[2026-02-17, 2025-01-29]", "revenue"), "K205"),
        (("event easter", "event cny"), "K210"),
    ],
)
def test_mistakes_about_events(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    loaded = load(tmp_path, DEFINITIONS.replace(*change), sales=SALES)
    assert [item.code for item in loaded.diagnostics] == [code]


def test_a_last_day_beside_several_of_a_longer_month_is_marked(tmp_path: Path) -> None:
    """28 February 2025 looks at 28 and 29 February 2024, so that the days make up the month; of the
    27th nothing is known."""
    with shop(tmp_path) as loaded:
        result = loaded.query(
            "revenue", by=["day"], period="2025-02-27 .. 2025-02-28", compare=["prior_year"]
        )
        month = loaded.query("revenue", by=["month"], period="2025-02", compare=["prior_year"])
    assert result.values("revenue prior_year") == [None, 3]
    assert result.marks == (NONE, (Mark(Sign.LONGER_MONTH),))
    assert month.marks == (NONE,)
