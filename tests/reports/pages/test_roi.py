"""Return on investment by channel. Every number worked out by hand from the rows of `kiosk.DATA`.

The page is of February 2026: today is 10 March, and the sources vouch for all days before 5 March.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.reports.blocks import RoiRow, RoiTable
from kpidsl.reports.html import render_html
from kpidsl.reports.model import ReportModel
from tests.reports.pages.looking import block, build, number, page_text


def roi_row(table: RoiTable, label: str) -> RoiRow:
    return next(row for row in table.rows if row.label == label)


def test_roi_by_channel(month: ReportModel) -> None:
    table = block(month, "ads_roi-by-channel", RoiTable)
    # Best first; those without an ROI by name; no channel last.
    assert [row.label for row in table.rows] == ["ads", "tv", "seo", "(none)"]
    ads = roi_row(table, "ads")
    # Gain (100 − 40) + (60 − 30) = 90 for 80: net 10, 12.5 %, below the panel's 20 %.
    assert (number(ads.gain), number(ads.cost), number(ads.net), number(ads.roi)) == (
        90, 80, 10, Decimal("0.125"),
    )  # fmt: skip
    assert (ads.verdict, ads.per_one) == ("watch", "1 USD → 0.13 USD net")
    # (1 + 0.125)^12 − 1 = 3.10989…: one month, whole months/12.
    assert ads.annualised is not None
    assert float(ads.annualised.value or 0) == pytest.approx(3.1098907, abs=1e-6)
    tv = roi_row(table, "tv")
    assert (number(tv.gain), number(tv.cost), number(tv.roi), tv.verdict) == (0, 20, -1, "stop")
    assert tv.annualised is not None
    assert number(tv.annualised) is None  # nothing is left to reinvest (T6)
    seo = roi_row(table, "seo")
    assert (number(seo.gain), number(seo.cost), number(seo.roi)) == (60, 0, None)
    assert seo.roi.missing == "nothing to divide by in Feb 2026"
    assert roi_row(table, "(none)").gain.value == 5


def test_roi_total_is_asked_for_and_a_fixed_cost_stands_apart(month: ReportModel) -> None:
    table = block(month, "ads_roi-by-channel", RoiTable)
    assert table.unallocated is not None
    assert number(table.unallocated.cost) == 28  # the whole of February's staff
    assert (table.unallocated.verdict, table.unallocated.per_one) == (None, "")  # nobody's
    assert table.total is not None
    # Gain 155 for 80 + 20 + 28 = 128: net 27, 21.09375 %.
    total = (number(table.total.gain), number(table.total.cost), number(table.total.net))
    assert total == (155, 128, 27)
    assert float(table.total.roi.value or 0) == pytest.approx(0.2109375)
    assert table.total.verdict is None  # seo's 60 and (none)'s 5 cost nothing
    assert table.benchmark is not None
    assert (number(table.benchmark.value), table.benchmark.stale) == (Decimal("0.2"), False)
    assert table.rule == (
        "keep: ROI at or above 20.0%; watch: at or above break-even; stop: below it; the total "
        "also holds gain that cost nothing, and so judges no spending; paid only: those that cost "
        "something, each with its own cost"
    )
    assert table.convention == "discrete compounding, reinvested; whole months/12"


ROAS = "revenue: revenue, ad_cost: [media]"


def test_paid_members_are_judged_by_a_subtotal(folder: Path) -> None:
    page, _ = build(folder, changed={"sales_cycle: 3d": ROAS})
    table = block(page, "ads_roi-by-channel", RoiTable)
    paid = table.paid
    assert paid is not None
    # ads gained 90 for 80, tv nothing for 20: 90 for 100, −10, −10 %; the staff's 28 is nobody's.
    amounts = (number(paid.gain), number(paid.cost), number(paid.net), number(paid.roi))
    assert amounts == (90, 100, -10, Decimal("-0.1"))
    assert (paid.label, paid.verdict) == ("Paid only", "stop")
    assert paid.per_one == "1 USD → −0.10 USD net"
    # Revenue of ads 100 + 60, of tv none, for 80 + 20 of media; the total has all of the 260.
    assert number(paid.roas) == Decimal("1.6")
    assert table.total is not None
    assert number(table.total.roas) == Decimal("2.6")
    # 0.9^2 = 0.81, ^4 = 0.6561, ^8 = 0.43046721; ^12 = 0.6561 × 0.43046721 = 0.28242954.
    assert paid.annualised is not None
    assert float(paid.annualised.value or 0) == pytest.approx(0.28242954 - 1, abs=1e-6)
    shown = render_html(page)
    assert shown.index("Paid only") < shown.index("(unallocated)") < shown.index(">Total<")


@pytest.mark.parametrize(
    "changed",
    [
        # With ads and tv together at 90, the two hidden groups would be known to be 155 − 90.
        {"shows_sql: false": "shows_sql: false\n  suppress_below: 2"},
        # The averages of two members add up to nothing.
        {
            "sum(amount) as USD\n  measure cogs": "avg(amount) as USD\n  measure cogs",
            "  plan: budget.planned\n": "",
        },
        # One paid member is its own subtotal.
        {"of: [sales.channel, spend.channel] }": "of: [sales.channel, spend.channel] }\n"
        'metric own: ad_spend where channel = "ads"', "media: ad_spend": "media: own"},
    ],
)  # fmt: skip
def test_no_subtotal_where_it_would_tell_too_much_or_nothing(
    folder: Path, changed: dict[str, str]
) -> None:
    table = block(build(folder, changed=changed)[0], "ads_roi-by-channel", RoiTable)
    assert table.paid is None
    assert table.total is not None
    assert table.total.verdict is None
    assert "paid only" not in table.rule


def test_no_subtotal_where_nothing_was_gained_for_nothing(folder: Path) -> None:
    changed = {"staff: 28 USD per month": "staff: 28 USD per month { allocate_by: orders }"}
    table = block(build(folder, changed=changed)[0], "ads_roi-by-channel", RoiTable)
    # Of four orders two are of ads, which so bears 80 + 14, one of seo and one of no channel.
    costs = {row.label: number(row.cost) for row in table.rows}
    assert costs == {"ads": 94, "tv": 20, "seo": 7, "(none)": 7}
    assert table.paid is None
    assert table.total is not None
    assert table.total.verdict == "keep"  # 21 %, above the panel's 20 %


def test_a_young_roi_is_provisional_and_advises_nothing(folder: Path) -> None:
    # The data reach four days beyond February, fewer than the cycle's thirty.
    page, _ = build(folder, changed={"sales_cycle: 3d": "sales_cycle: 30d"})
    row = roi_row(block(page, "ads_roi-by-channel", RoiTable), "ads")
    assert row.verdict is None
    assert [mark.note for mark in row.marks] == ["sales cycle 30 d, cohort 4 d"]
    # A cycle of four days has run.
    page, _ = build(folder, changed={"sales_cycle: 3d": "sales_cycle: 4d"})
    row = roi_row(block(page, "ads_roi-by-channel", RoiTable), "ads")
    assert (row.verdict, row.marks) == ("watch", ())


def test_a_cost_known_for_half_of_the_month_is_marked_and_advises_nothing(folder: Path) -> None:
    # Spending is known until 15 February; the page is of all of it, for sales are.
    ends = "\n  dimensions: [channel]\n  measure ad_spend"
    changed = {f"watermark: 2026-03-05{ends}": f"watermark: 2026-02-16{ends}"}
    changed["  sales_cycle: 3d\n"] = ""
    page, _ = build(folder, changed=changed)
    assert page.period.label == "Feb 2026"
    table = block(page, "ads_roi-by-channel", RoiTable)
    assert table.total is not None
    for row in (*table.rows, table.total):
        assert [(mark.kind, mark.note) for mark in row.marks] == [
            ("stale", "Spend: data until 15 Feb 2026")
        ]
        assert row.verdict is None
    assert number(roi_row(table, "ads").cost) == 80
    assert "stale: Spend: data until 15 Feb 2026" in page_text(page, "ads_roi-by-channel")


def test_a_benchmark_counts_until_it_expires(folder: Path) -> None:
    # Today is 10 March: the last day on which this one is not too old, as `check` says too.
    page, _ = build(folder, changed={"expires: 2026-06-01": "expires: 2026-03-10"})
    table = block(page, "ads_roi-by-channel", RoiTable)
    assert table.benchmark is not None
    assert not table.benchmark.stale
    assert roi_row(table, "ads").verdict == "watch"  # 12.5 % is below the panel's 20 %


def test_an_expired_benchmark_no_longer_counts(folder: Path) -> None:
    page, _ = build(folder, changed={"expires: 2026-06-01": "expires: 2026-03-09"})
    table = block(page, "ads_roi-by-channel", RoiTable)
    assert table.benchmark is not None
    assert table.benchmark.stale
    assert roi_row(table, "ads").verdict == "keep"  # 12.5 % is above break-even
    assert "20" not in table.rule


def test_the_break_even_point_of_a_margin(folder: Path) -> None:
    # Of each 1 of revenue 0.4 is kept: 2.5 of revenue pay for 1 of cost (V9).
    page, _ = build(folder, changed={"sales_cycle: 3d": "margin: 40%"})
    table = block(page, "ads_roi-by-channel", RoiTable)
    line = table.break_even
    assert (number(line.value), line.source) == (0, "the gain covers all cost: media, staff")
    assert table.break_even_note == "Revenue of 2.50× the cost covers it at a margin of 40.0%"


def test_a_break_even_roas_says_which_cost_it_covers(folder: Path) -> None:
    # 1 / 0.4 again, but a ROAS counts advertising alone, and the ROI on the same page all cost.
    changed = {"sales_cycle: 3d": f"{ROAS}, margin: 40%"}
    page, _ = build(folder, changed=changed)
    note = block(page, "ads_roi-by-channel", RoiTable).break_even_note
    assert note == "A ROAS of 2.50× covers media at a margin of 40.0%; the ROI also bears staff"
    assert note in render_html(page)
    page, _ = build(folder, changed=changed | {"ad_cost: [media]": "ad_cost: [media, staff]"})
    note = block(page, "ads_roi-by-channel", RoiTable).break_even_note
    assert note == "A ROAS of 2.50× covers media, staff at a margin of 40.0%"


def test_small_groups_lose_their_gain_and_keep_their_cost(folder: Path) -> None:
    # Orders: ads 2, seo 1, none 1, tv 0. With a limit of 2, seo and (none) lose what tells of
    # them, and are two together; tv has no buyer to protect.
    changed = {"  shows_sql: false": "  shows_sql: false\n  suppress_below: 2"}
    table = block(build(folder, changed=changed)[0], "ads_roi-by-channel", RoiTable)
    seo = roi_row(table, "seo")
    assert seo.gain.missing == seo.net.missing == "suppressed: fewer than 2"
    assert number(seo.cost) == 0
    assert number(roi_row(table, "ads").gain) == 90
    assert number(roi_row(table, "tv").roi) == -1
    assert table.total is not None


def test_small_groups_lose_a_cost_that_tells_their_size(folder: Path) -> None:
    # Of four orders ads had two, and bears 14 of the staff's 28: 7 would tell of seo's one order.
    changed = {
        "  shows_sql: false": "  shows_sql: false\n  suppress_below: 2",
        "staff: 28 USD per month": "staff: 28 USD per month { allocate_by: orders }",
    }
    table = block(build(folder, changed=changed)[0], "ads_roi-by-channel", RoiTable)
    costs = {row.label: (number(row.cost), row.cost.missing) for row in table.rows}
    assert costs["ads"] == (94, "")
    assert costs["tv"] == (20, "")
    assert costs["seo"] == costs["(none)"] == (None, "suppressed: fewer than 2")
