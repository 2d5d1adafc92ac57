"""S8, S20: which row holds when another was, by clocks of several zones.

New York is five hours behind UTC in winter. On 2 November 2025 its clocks go back from 2:00 to 1:00
at 06:00 UTC, so 05:30 UTC is the first 1:30 there and 06:30 UTC the second.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import kpidsl
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project p {{ currency: USD, timezone: "America/New_York" }}
source plans {{ files: "plans.csv", dimensions: [plan] }}
source sales {{
  files: "sales.csv"
  key: id
  time: sold_at {clock}
  join plan: plans on customer {{ valid_from: since, valid_to: till {ends} }}
  measure revenue: sum(amount) as USD
}}
"""
UTC, BERLIN = '{ stored_as: "UTC" }', '{ stored_as: "Europe/Berlin" }'
ENDS_IN_UTC = ', stored_as: "UTC"'


def shop(folder: Path, change: str, sales: list[str], clock: str, ends: str) -> kpidsl.Project:
    """Somebody whose plan changes from basic to pro, and what is sold to them: 1, 10, 100 USD."""
    sold = [f"{place},{at},A,{10**place}" for place, at in enumerate(sales)]
    return project(
        folder,
        DEFINITIONS.format(clock=clock, ends=ends),
        plans=f"customer,plan,since,till\nA,basic,,{change}\nA,pro,{change},",
        sales="\n".join(["id,sold_at,customer,amount", *sold]),
    )


@pytest.mark.parametrize(
    ("change", "sales", "clock", "ends", "basic"),
    [
        # An hour before and an hour after; by the local clock both are before 02:00.
        ("2026-01-02T02:00:00", ["2026-01-02T01:00:00", "2026-01-02T03:00:00"], UTC, UTC, 1),
        # The change is at the second 1:15, the first sale at the first 1:30.
        ("2025-11-02T06:15:00", ["2025-11-02T05:30:00", "2025-11-02T06:30:00"], UTC, UTC, 1),
        # The same moments, of sales on the clock of Berlin, an hour ahead of UTC.
        ("2025-11-02T06:15:00", ["2025-11-02T06:30:00", "2025-11-02T07:30:00"], BERLIN, UTC, 1),
        # Both on that clock, which shows 06:30 before 07:15.
        ("2025-11-02T07:15:00", ["2025-11-02T06:30:00", "2025-11-02T07:30:00"], BERLIN, BERLIN, 1),
        # A day begins at midnight in New York, 05:00 UTC.
        ("2026-01-02", ["2026-01-02T04:59:59", "2026-01-02T05:00:00"], UTC, "", 1),
        ("2026-01-02", ["2026-01-01", "2026-01-02"], "", "", 1),
        # What is sold on a day is sold at its midnight.
        ("2026-01-02T05:00:00", ["2026-01-01", "2026-01-02"], "", UTC, 1),
        ("2026-01-02T05:00:01", ["2026-01-02", "2026-01-03"], "", UTC, 1),
        # An export's never.
        ("9999-12-31", ["2026-01-01", "2026-01-02"], "", "", 11),
        ("9999-12-31T23:59:59", ["2026-01-02T05:00:00", "2026-01-03T05:00:00"], UTC, UTC, 11),
    ],
)
def test_a_row_meets_the_one_that_held_when_it_was(
    tmp_path: Path, change: str, sales: list[str], clock: str, ends: str, basic: int
) -> None:
    said = ends and f", {ends.strip('{ }')}"
    with shop(tmp_path, change, sales, clock, said) as loaded:
        found = dict(rows(loaded.query("revenue", by=["plan"]), "plan", "revenue"))
    assert found == {"basic": basic} | ({"pro": 11 - basic} if basic < 11 else {})


@pytest.mark.parametrize(
    ("change", "ends", "expected"),
    [
        ("2026-01-02T02:00:00", "", "K653"),
        ("2026-01-02", ENDS_IN_UTC, "K648"),
    ],
)
def test_ends_whose_zone_is_unknown_or_said_twice_are_refused(
    tmp_path: Path, change: str, ends: str, expected: str
) -> None:
    with (
        shop(tmp_path, change, ["2026-01-02T01:00:00"], UTC, ends) as loaded,
        pytest.raises(kpidsl.KpidslError) as refusal,
    ):
        loaded.query("revenue", by=["plan"])
    (found,) = refusal.value.diagnostics
    assert found.code == expected
    assert "rows of `plans` hold" in found.message


@pytest.mark.parametrize(
    ("since", "overlaps"),
    [
        ("2025-11-02T06:15:00", False),  # the second 1:15, when basic ends
        ("2025-11-02T05:45:00", True),  # the first 1:45
        ("2025-11-02T06:45:00", False),
    ],
)
def test_whether_rows_hold_at_once_is_told_by_instants(
    tmp_path: Path, since: str, overlaps: bool
) -> None:
    with project(
        tmp_path,
        DEFINITIONS.format(clock=UTC, ends=ENDS_IN_UTC),
        plans=f"""
        customer,plan,since,till
        A,basic,2025-01-01T12:00:00,2025-11-02T06:15:00
        A,pro,{since},
        """,
        sales="id,sold_at,customer,amount\n0,2025-11-02T07:00:00,A,1",
    ) as loaded:
        if overlaps:
            with pytest.raises(kpidsl.KpidslError) as refusal:
                loaded.query("revenue", by=["plan"])
            assert [item.code for item in refusal.value.diagnostics] == ["K654"]
        else:
            result = loaded.query("revenue", by=["plan"])
            assert rows(result, "plan", "revenue") == [("pro", 1)]
