"""Figures by members of a dimension, worked out by hand from the rows of `kiosk.DATA`.

The page is of February 2026: today is 10 March, and the sources vouch for all days before 5 March.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.model.expr import Column
from kpidsl.model.periods import Window
from kpidsl.reports.blocks import BreakdownBlock, GapBlock
from kpidsl.reports.build import build_report
from kpidsl.reports.model import ReportModel, to_json
from kpidsl.reports.sentences import breakdown_message
from tests.reports.pages import kiosk
from tests.reports.pages.looking import block, build, number, page_text


def test_a_breakdown_of_what_adds_up_shows_shares(month: ReportModel) -> None:
    made = block(month, "turnover-by-channel", BreakdownBlock)
    rows = [(row.label, number(row.figure), row.special) for row in made.rows]
    assert rows == [("ads", 160, None), ("seo", 90, None), ("(none)", 10, "none")]
    assert made.reference is not None
    assert number(made.reference.value) == 260
    shares = [float(row.share.value or 0) for row in made.rows if row.share]
    assert shares == pytest.approx([160 / 260, 90 / 260, 10 / 260])


def test_a_level_adds_up_over_members(folder: Path) -> None:
    changed = kiosk.TILL | {"breakdown: [turnover": "breakdown: [in_till by channel, turnover"}
    made = block(build(folder, changed=changed)[0], "in_till-by-channel", BreakdownBlock)
    shares = {row.label: row.share and float(row.share.value or 0) for row in made.rows}
    assert shares == {"seo": 90 / 160, "ads": 60 / 160, "(none)": 10 / 160}
    assert not any(row.note for row in made.rows)


def test_what_several_members_have_is_no_share(folder: Path) -> None:
    # Nobody's order is a test: there is one answer to that, and each channel has it.
    changed = {
        "measure orders: count() as order": "measure orders: count_distinct(test) as order",
        "order_count, answered": "order_count by channel, answered",
        "breakdown: [turnover": "breakdown: [order_count by channel, turnover",
    }
    made = block(build(folder, changed=changed)[0], "order_count-by-channel", BreakdownBlock)
    rows = [(row.label, number(row.figure), row.share) for row in made.rows]
    assert sorted(rows) == [("(none)", 1, None), ("ads", 1, None), ("seo", 1, None)]


def test_less_than_nothing_is_no_share(folder: Path) -> None:
    # ads 160 − 154, seo 90 − 66, without a channel 10 − 11: 6 + 24 − 1 = 29.
    changed = {
        "sees: [goals, turnover": "sees: [goals, left by channel, turnover",
        "breakdown: [turnover": "breakdown: [left by channel, turnover",
        "metric gross_profit": 'metric left "Left": revenue - 2.2 * cogs\nmetric gross_profit',
    }
    made = block(build(folder, changed=changed)[0], "left-by-channel", BreakdownBlock)
    shares = {row.label: row.share and float(row.share.value or 0) for row in made.rows}
    assert shares == {"seo": pytest.approx(24 / 29), "ads": pytest.approx(6 / 29), "(none)": None}


def test_a_breakdown_of_a_rate_notes_who_differs(month: ReportModel) -> None:
    made = block(month, "basket-by-channel", BreakdownBlock)
    rows = [(row.label, number(row.figure), row.note) for row in made.rows]
    # Overall 65: seo 90 is 38.5% above; ads 160 / 2 = 80 is 23% above, under a quarter;
    # orders without a channel are no segment.
    assert rows == [("seo", 90, "38.5% above overall"), ("ads", 80, ""), ("(none)", 10, "")]
    assert all(row.share is None for row in made.rows)


def test_a_note_stands_by_all_that_are_as_far_from_overall(folder: Path) -> None:
    changed = {
        "dimensions: [channel]\n  measure revenue": "dimensions: [channel, id]\n  measure revenue",
        "sees: [goals, turnover": "sees: [goals, unit_cost by id, turnover",
        "breakdown: [turnover": "breakdown: [unit_cost by id, turnover",
        "benchmark basket_trade": 'kpi unit_cost "Unit cost": cogs / orders { serves: fill }\n\n'
        "benchmark basket_trade",
    }
    period = Window(date(2025, 1, 1), date(2026, 2, 1))
    made = block(
        build(folder, changed=changed, period=period)[0], "unit_cost-by-id", BreakdownBlock
    )
    # 5 + 10 + 20 + 10 + 50 + 30 = 125 over six orders: 20.83. Order 3 is 140 % above it, order 0
    # 76 % below, then 1 and 10 alike 52 % below. Order 4, 44 % above, is the fifth; 2 is near.
    assert [(row.label, number(row.figure), row.note) for row in made.rows] == [
        ("3", 50, "140% above overall"),
        ("4", 30, ""),
        ("2", 20, ""),
        ("1", 10, "52% below overall"),
        ("10", 10, "52% below overall"),
        ("0", 5, "76% below overall"),
    ]
    assert breakdown_message(made) == (
        "3 is highest at USD 50; 1, 10: 52% below overall; 0: 76% below overall"
    )


def test_a_ratio_stands_beside_its_parts_where_the_audience_sees_both(folder: Path) -> None:
    # The owner sees turnover by channel, and orders only whole.
    made = block(build(folder)[0], "basket-by-channel", BreakdownBlock)
    assert (made.parts, {row.parts for row in made.rows}) == ((), {()})
    page, _ = build(folder, changed={"order_count, answered": "order_count by channel, answered"})
    made = block(page, "basket-by-channel", BreakdownBlock)
    parts = [(part.title, part.unit.label) for part in made.parts]
    assert parts == [("Turnover", "USD"), ("Orders", "order")]
    # One order of 90; 100 + 60 in two; one of 10 without a channel.
    assert [(row.label, *map(number, row.parts)) for row in made.rows] == [
        ("seo", 90, 1),
        ("ads", 160, 2),
        ("(none)", 10, 1),
    ]
    table = page_text(page, "basket-by-channel")
    assert "Channel Value Turnover USD Orders Note seo 90.00 " in table
    assert "90.00 1 38.5% above overall" in table


def test_the_parts_of_a_scaled_ratio_are_unscaled(folder: Path) -> None:
    changed = {
        "order_count, answered": "order_count by channel, answered",
        'kpi basket "Basket": revenue / orders {': 'kpi basket "Basket": 1000 * revenue / orders {',
    }
    made = block(build(folder, changed=changed)[0], "basket-by-channel", BreakdownBlock)
    seo = made.rows[0]
    assert (number(seo.figure), *map(number, seo.parts)) == (90_000, 90, 1)


LARGE = {
    "  measure orders:": "  measure large: count() where amount >= 90 as order\n  measure orders:",
    "metric gross_profit": 'metric large_orders "Large orders": large\n'
    'metric large_share "Large": large / orders as percent\n\nmetric gross_profit',
    "sees: [wages by person": "sees: [large_share by channel, wages by person",
    "breakdown: turnover by channel }\n  section": "breakdown: large_share by channel }\n  section",
}


def test_a_small_part_hides_the_whole_group(folder: Path) -> None:
    # Of two orders over ads one was of 90 or more. Its share may be told of two orders; with the
    # one order in its own column, this is a group of one.
    made = block(
        build(folder, "detail", changed=LARGE)[0], "large_share-by-channel", BreakdownBlock
    )
    assert made.parts == ()
    assert {row.label: number(row.figure) for row in made.rows}["ads"] == Decimal("0.5")
    sees = "sees: [large_orders by channel, large_share by channel, wages by person"
    seen = {"sees: [wages by person": sees}
    made = block(
        build(folder, "detail", changed=LARGE | seen)[0], "large_share-by-channel", BreakdownBlock
    )
    assert [part.title for part in made.parts] == ["Large orders", "Orders"]
    for row in made.rows:
        assert {number(row.figure), *map(number, row.parts)} == {None}
        assert "suppressed" in row.figure.missing


def test_small_groups_are_not_shown(detail: ReportModel) -> None:
    # Orders in February: ads 2, seo 1, none 1. The clerk sees no group of fewer than two.
    made = block(detail, "turnover-by-channel", BreakdownBlock)
    shown = {
        row.label: (number(row.figure), row.figure.missing, row.share is None) for row in made.rows
    }
    assert shown["ads"] == (160, "", False)
    assert shown["seo"] == (None, "suppressed: fewer than 2", True)
    assert shown["(none)"] == (None, "suppressed: fewer than 2", True)
    assert made.reference is not None
    assert '"90' not in to_json(detail)


@pytest.mark.parametrize(
    "formula",
    [
        "ads_roi.cost.staff",  # allocated by orders
        "-revenue",
        'revenue where amount_band = "some"',
        "coalesce(revenue, 0)",
        "prior(revenue, 1mo)",
        "max(revenue per amount_band)",
        "max(revenue per day)",
    ],
)
def test_small_groups_are_found_behind_any_formula(folder: Path, formula: str) -> None:
    """One order of seo and one of no channel in February, and one of each channel in January."""
    changed = {
        "shows_sql: false": "suppress_below: 2",
        "staff: 28 USD per month": "staff: 28 USD per month { allocate_by: orders }",
        "dimensions: [channel]\n  measure revenue": "dimensions: [channel]\n"
        '  dimension amount_band: "some"\n  measure revenue',
        "sees: [goals, turnover": "sees: [goals, shown by channel, turnover",
        "breakdown: [turnover": "breakdown: [shown by channel, turnover",
        "metric gross_profit": f'metric shown "Shown": {formula}\nmetric gross_profit',
    }
    made = block(build(folder, changed=changed)[0], "shown-by-channel", BreakdownBlock)
    hidden = {row.label for row in made.rows if row.figure.missing == "suppressed: fewer than 2"}
    assert "seo" in hidden


LEVELS = """
source shelves {
  files: "shelves.csv"
  key: [shelf, day]
  time: day
  dimensions: [wall, shelf]
  measure stocked: sum(amount) as USD { stock: last per shelf }
  measure held: sum(amount) as USD { stock: last per shelf { rolling: average } }
  measure foreign: sum(amount) {
    currency: "EUR"
    stock: last per shelf
  }
  measure notes: count() as note
}

source fx {
  files: "fx.csv"
  time: day
  rates { from: "EUR", to: "USD", rate: rate, stale_after: 90d }
}
"""
SHELVES = """shelf,day,wall,amount
1,2026-01-05,north,100
2,2026-01-06,south,10
3,2026-01-06,south,10
4,2026-02-06,south,10
5,2026-03-01,east,10
"""


@pytest.mark.parametrize("dimensions", ["wall, shelf", "wall"])
@pytest.mark.parametrize(
    "formula",
    [
        "stocked",
        'stocked where shelves.wall != "none"',
        "rolling(held, 7d)",
        "held + held",
        "convert(foreign, USD)",
    ],
)
def test_the_group_of_a_level_is_counted_by_levels_however_old_they_are(
    folder: Path, formula: str, dimensions: str
) -> None:
    """The one shelf of the north was last counted in January, as were two of the three of the
    south: February has one row in all."""
    (folder / "shelves.csv").write_text(SHELVES, encoding="utf-8")
    (folder / "fx.csv").write_text("day,rate\n2026-01-01,1.5\n", encoding="utf-8")
    changed = {
        "shows_sql: false": "suppress_below: 2",
        "sees: [goals, turnover": "sees: [goals, shown by wall, turnover",
        "breakdown: [turnover": "breakdown: [shown by wall, turnover",
        "metric gross_profit": LEVELS.replace("wall, shelf", dimensions)
        + f'metric shown "Shown": {formula}\nmetric gross_profit',
    }
    made = block(build(folder, changed=changed)[0], "shown-by-wall", BreakdownBlock)
    hidden = {row.label for row in made.rows if row.figure.missing == "suppressed: fewer than 2"}
    assert "north" in hidden


def test_groups_that_could_not_be_counted_are_not_shown(folder: Path) -> None:
    # Turnover could be had, but not the count of orders behind each channel.
    model, runner = kiosk.load(folder)
    sales = model.sources["sales"]
    broken = sales.measures["orders"].model_copy(update={"operand": Column(("no_such_column",))})
    measures = {**sales.measures, "orders": broken}
    sources = {**model.sources, "sales": sales.model_copy(update={"measures": measures})}
    runner = runner.over(model.model_copy(update={"sources": sources}))
    page, _ = build_report(model.reports["detail"], runner.model, runner, now=kiosk.NOW)
    assert block(page, "turnover-by-channel", GapBlock).gap.code
