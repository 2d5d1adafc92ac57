"""S20: questions by hour, minute and second. The expected hours follow from the instants at which
Berlin's clocks are moved: 30 March and 26 October 2025 at 01:00 UTC."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import kpidsl
from kpidsl.cli.tables import as_csv, as_json
from kpidsl.model.expr import Column, MeasureRef
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Window
from kpidsl.plan.query import Absent, Group, Query, Selection
from kpidsl.run.result import Result
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project p {{ currency: USD, timezone: "Europe/Berlin" }}
source visits {{
  files: "visits.csv"
  key: id
  time: seen_at {{ stored_as: "{stored}" }}
  dimensions: [page]
  measure visits: count() as visit
  measure visitors: count_distinct(visitor) as visitor
}}
source spend {{ files: "spend.csv", time: day, measure spent: sum(amount) as USD }}
metric with_costs: spent + 100 USD per day
"""
VISITS = """
id,seen_at,page,visitor
1,2025-10-25T22:00:00,home,a
2,2025-10-26T00:10:00,home,a
3,2025-10-26T00:59:59,shop,b
4,2025-10-26T01:00:00,home,a
5,2025-10-26T01:30:00,home,a
6,2025-10-26T02:00:00,home,c
"""
SPRING = """
id,seen_at,page,visitor
1,2025-03-30T00:59:59,home,a
2,2025-03-30T01:00:00,home,b
"""
SPEND = """
day,amount
2025-10-26,5.00
"""


def shop(folder: Path, visits: str = VISITS, stored: str = "UTC") -> kpidsl.Project:
    return project(folder, DEFINITIONS.format(stored=stored), visits=visits, spend=SPEND)


def hours(result: Result, name: str) -> dict[str, object]:
    """The values that are not zero, by the period as it is written."""
    periods = [period.isoformat(timespec="minutes") for period in result.values("period")]
    return {
        period[5:]: value
        for period, value in zip(periods, result.values(name), strict=True)
        if value
    }


def test_the_repeated_hour_is_two_keys_with_their_offsets(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        result = loaded.query("visits", "visitors", by=["hour"], period="2025-10-26")
    assert len(result.rows) == 25
    assert hours(result, "visits") == {
        "10-26T00:00+02:00": 1,
        "10-26T02:00+02:00": 2,
        "10-26T02:00+01:00": 2,
        "10-26T03:00+01:00": 1,
    }
    assert list(hours(result, "visitors").values()) == [1, 2, 1, 1]
    assert '"period": "2025-10-26T02:00:00+01:00"' in as_json(result)
    assert "2025-10-26 02:00:00+02:00,2,2" in as_csv(result)


def test_the_skipped_hour_does_not_exist(tmp_path: Path) -> None:
    with shop(tmp_path, SPRING) as loaded:
        result = loaded.query("visits", by=["hour"], period="2025-03-30")
    assert len(result.rows) == 23
    assert hours(result, "visits") == {"03-30T01:00+01:00": 1, "03-30T03:00+02:00": 1}


def test_hours_of_several_days_and_members_are_dense_and_add_up(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        result = loaded.query("visits", by=["hour", "page"], period="2025-10-25 .. 2025-10-27")
        whole = loaded.query("visits", period="2025-10-25 .. 2025-10-27")
    assert len(result.rows) == (24 + 25 + 24) * 2
    assert sum(value or 0 for value in result.values("visits")) == 6 == whole.values("visits")[0]
    # Known are the days from 26 October, the first of them by local time, to the last row's.
    first, second = ("home", None), ("home", 1)
    assert result.rows[0][1:] == first
    assert result.rows[24 * 2][1:] == second


def test_minutes_and_seconds(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        minutes = loaded.query("visits", by=["minute"], period="2025-10-26")
        seconds = loaded.query("visits", by=["second"], period="2025-10-26")
    assert (len(minutes.rows), len(seconds.rows)) == (25 * 60, 25 * 3600)
    assert list(hours(minutes, "visits"))[1:3] == ["10-26T02:10+02:00", "10-26T02:59+02:00"]
    busy = [row[0] for row in seconds.rows if row[1]]
    assert busy[2].isoformat() == "2025-10-26T02:59:59+02:00"  # type: ignore[union-attr]


def test_a_time_stored_without_an_offset_counts_in_the_later_of_two_hours(tmp_path: Path) -> None:
    """02:10 of that night is twice; which is meant can't be told from what is stored."""
    visits = "id,seen_at,page,visitor\n1,2025-10-26T02:10:00,home,a\n2,2025-10-26T03:10:00,home,a"
    with shop(tmp_path, visits, stored="Europe/Berlin") as loaded:
        result = loaded.query("visits", by=["hour"], period="2025-10-26")
    assert hours(result, "visits") == {"10-26T02:00+01:00": 1, "10-26T03:00+01:00": 1}


def test_zones_of_half_hours(tmp_path: Path) -> None:
    """18:30 UTC is midnight in India."""
    text = DEFINITIONS.format(stored="UTC").replace("Europe/Berlin", "Asia/Kolkata")
    visits = "id,seen_at,page,visitor\n1,2025-05-31T18:29:59,home,a\n2,2025-05-31T18:30:00,home,a"
    with project(tmp_path, text, visits=visits, spend=SPEND) as loaded:
        result = loaded.query("visits", by=["hour"], period="2025-06-01")
    assert hours(result, "visits") == {"06-01T00:00+05:30": 1}


def test_a_total_over_hours_is_recomputed_and_marked_by_its_window(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        visitors = Selection("visitors", MeasureRef("visits", "visitors"))
        window = Window(date(2025, 10, 26), date(2025, 10, 27))
        result, _ = loaded.runner.query(
            Query((visitors,), (), DayPart.HOUR, window, totals=(Group(),))
        )
    assert result is not None
    assert result.rows[-1] == (Absent.ALL, 3)
    assert not any(result.partial)


def test_hours_of_days_that_are_not_known_are_partial(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        result = loaded.query("visits", by=["hour"], period="2025-10-26 .. 2025-10-27")
    assert result.partial == (False,) * 25 + (True,) * 24


@pytest.mark.parametrize(
    ("metric", "asked", "code"),
    [
        ("visits", {"by": ["hour"]}, "K488"),
        ("visits", {"by": ["second"], "period": "2025"}, "K488"),  # 31,536,000 of them
        ("prior(visits, 1d)", {"by": ["hour"], "period": "2025-10-26"}, "K487"),
        ("with_costs", {"by": ["minute"], "period": "2025-10-26"}, "K487"),
        ("spent", {"by": ["hour"], "period": "2025-10-26"}, "K657"),
    ],
)
def test_what_hours_can_not_tell_is_refused(
    tmp_path: Path, metric: str, asked: dict[str, object], code: str
) -> None:
    with shop(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query(metric, **asked)  # type: ignore[arg-type]
    assert [item.code for item in refusal.value.diagnostics] == [code]


def test_the_clock_of_a_joined_source_is_local_as_it_is_within_that_source(tmp_path: Path) -> None:
    """2:00 UTC on 1 January is 21:00 of the day before in New York. Nobody is customer 3, and 4
    has no time: 5 USD and 3 USD are of those who signed up in no year."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD, timezone: "America/New_York" }
        source customers { files: "customers.csv", key: customer_id
          time: signed_up { stored_as: "UTC" } }
        source orders { files: "orders.csv", key: order_id, join customer: customers on customer_id
          dimension signed_up: customer.signed_up
          dimension signed_up_in: year(customer.signed_up)
          measure revenue: sum(amount) as USD
          measure of_new: sum(amount) where customer.signed_up >= 2026-01-01 as USD
          measure of_nobody: sum(amount) where customer.signed_up is unmapped as USD }
        source lines { files: "lines.csv", key: line_id, join of_order: orders on order_id
          measure lines: count() where of_order.customer.signed_up < 2026-01-01 as line }
        """,
        customers="customer_id,signed_up\n1,2026-01-01T02:00:00\n2,2026-01-05T12:00:00\n4,",
        orders="order_id,customer_id,amount\n1,1,100\n2,2,7\n3,3,5\n4,4,3",
        lines="line_id,order_id\n1,1\n2,1\n3,2\n4,3",
    ) as loaded:
        result = loaded.query("of_new", "of_nobody", "lines")
        assert result.rows == ((7, 5, 2),)
        assert rows(loaded.query("revenue", by=["signed_up_in"]), "signed_up_in", "revenue") == [
            (2025, 100),
            (2026, 7),
            (Absent.NONE, 8),
        ]
        found = dict(rows(loaded.query("revenue", by=["signed_up"]), "signed_up", "revenue"))
        assert found[Absent.UNMAPPED] == 5
        assert found[Absent.NONE] == 3
        asked = loaded.query("revenue", where="signed_up >= 2026-01-01")
        assert asked.values("revenue") == [7]


# --- the clock as a dimension ---------------------------------------------------------------


@pytest.mark.parametrize("declared", ["dimensions: [seen_at]", "dimension seen_at: seen_at"])
def test_a_dimension_of_the_clock_shows_local_times(tmp_path: Path, declared: str) -> None:
    """Visit 1 was at midnight of the 26th in Berlin, which is 22:00 of the 25th in UTC. What else
    names the clock means the same; the key means what is stored, since visits 2 and 4 were at
    02:10 and at 02:00 of two different hours."""
    text = DEFINITIONS.format(stored="UTC").replace(
        "  dimensions: [page]\n",
        f"  {declared}\n  dimension day: date(seen_at)\n",
    )
    with project(tmp_path, text.replace("key: id", "key: seen_at"), visits=VISITS) as loaded:
        by_day = loaded.query("visits", by=["visits.day"])
        early = loaded.query("visits", where="seen_at < 2025-10-26T02:00")
        assert loaded.model is not None
        source = loaded.model.sources["visits"]
    assert by_day.rows == ((date(2025, 10, 26), 6),)
    assert early.rows == ((1,),)
    assert source.key == (Column(("seen_at",)),)
    assert source.time is not None
    assert source.time.expr == Column(("seen_at",))


@pytest.mark.parametrize("member", ["booked_on", "first_booked"])
def test_a_clock_of_days_meets_the_days_of_another_source(tmp_path: Path, member: str) -> None:
    """The one visit of the 2nd was paid for with 5 USD, that of the 3rd with 7."""
    with project(
        tmp_path,
        f"""kpidsl 1
        project p {{ currency: USD }}
        source visits {{ files: "visits.csv", key: id, time: day
          dimension booked_on: day
          dimension first_booked: min(day) per id
          measure visits: count() as visit }}
        source spend {{ files: "spend.csv", key: id, time: paid, dimensions: [visited]
          measure spent: sum(amount) as USD }}
        dimension visited_on {{ of: [visits.{member}, spend.visited] }}
        """,
        visits="id,day\n1,2025-03-02\n2,2025-03-03",
        spend="id,paid,visited,amount\n1,2025-03-09,2025-03-02,5\n2,2025-03-09,2025-03-03,7",
    ) as loaded:
        both = loaded.query("spent", "visits", by=["visited_on"])
        paid = loaded.query("spent where visits per visited_on > 0")
        members = loaded.query(by=["visited_on"])
    assert [row[1:] for row in both.rows] == [(5, 1), (7, 1)]
    assert paid.rows == ((12,),)
    assert len(members.rows) == 2


def test_a_dimension_of_a_clock_of_days_shows_days(tmp_path: Path) -> None:
    with project(
        tmp_path,
        """kpidsl 1
        project p { timezone: "UTC" }
        source visits { files: "visits.csv", key: id, time: day, dimensions: [day]
          measure visits: count() as visit }
        """,
        visits="id,day\n1,2026-01-01\n2,2026-01-02",
    ) as loaded:
        found = loaded.query("visits", by=["visits.day"])
    assert [str(day) for day, _ in found.rows] == ["2026-01-01", "2026-01-02"]


def test_a_key_may_be_a_dimension_that_is_called_as_the_clock(tmp_path: Path) -> None:
    """The files have a column `paid` alone, of which the dimension is made, and the clock of it."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { timezone: "UTC" }
        source visits { files: "visits.csv", key: day, time: day { stored_as: "UTC" }
          dimension day: paid
          measure visits: count() as visit }
        """,
        visits="paid,n\n2026-01-01 00:00:00,1\n2026-02-02 00:00:00,2",
    ) as loaded:
        found = loaded.query("visits", by=["month"])
    assert found.rows == ((date(2026, 1, 1), 1), (date(2026, 2, 1), 1))
