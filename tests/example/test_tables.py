"""Keys are unique, tables agree with each other, and the odd formats are as odd as promised."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from python_calamine import load_workbook

from examples.toy_store import generate as toy

Rows = list[dict[str, str]]
RowsOf = Callable[[str], Rows]

KEYS = {
    "sessions": ["session_id"],
    "orders": ["order_id"],
    "lines": ["order_id", "line"],
    "refunds": ["refund_id"],
    "customers": ["customer_id"],
    "identities": ["visitor_id"],
    "ad_spend": ["day", "channel", "campaign"],
    "leads": ["lead_id"],
    "emails": ["mailing_id", "segment"],
}


@pytest.mark.parametrize("table", KEYS)
def test_key_is_unique_and_whole(table: str, rows_of: RowsOf) -> None:
    keys = [tuple(row[column] for column in KEYS[table]) for row in rows_of(table)]
    assert all(all(key) for key in keys)
    assert len(set(keys)) == len(keys)


def test_every_table_has_its_documented_key() -> None:
    assert KEYS.keys() | {"page_views"} == toy.COLUMNS.keys()


def test_readme_tells_the_numbers_of_rows(rows_of: RowsOf) -> None:
    readme = Path(toy.__file__).with_name("README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)\.csv` \| ([\d,]+) \|", readme, re.MULTILINE))
    assert told.keys() == KEYS.keys()
    for table, count in told.items():
        assert len(rows_of(table)) == pytest.approx(int(count.replace(",", "")), rel=0.01), table


def test_order_totals_are_the_sums_of_their_lines(rows_of: RowsOf) -> None:
    price: defaultdict[str, Decimal] = defaultdict(Decimal)
    discount: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in rows_of("lines"):
        price[line["order_id"]] += Decimal(line["price"])
        discount[line["order_id"]] += Decimal(line["discount"])
    orders = rows_of("orders")
    assert {row["order_id"]: Decimal(row["items_total"]) for row in orders} == price
    assert {row["order_id"]: Decimal(row["discount_total"]) for row in orders} == discount


def test_lines_repeat_what_their_order_says(rows_of: RowsOf) -> None:
    shared = ["session_id", "customer_id", "paid_at", "channel", "campaign", "device"]
    orders = {row["order_id"]: row for row in rows_of("orders")}
    for line in rows_of("lines"):
        order = orders[line["order_id"]]
        assert [line[column] for column in shared] == [order[column] for column in shared]
        assert line["order_shipping"] == order["shipping"]


def test_refunds_follow_their_orders_and_never_exceed_them(rows_of: RowsOf) -> None:
    orders = {row["order_id"]: row for row in rows_of("orders")}
    for refund in rows_of("refunds"):
        order = orders[refund["order_id"]]
        assert refund["refunded_at"] > order["paid_at"]
        assert 0 < Decimal(refund["amount"]) <= Decimal(order["items_total"])
        assert refund["channel"] == order["channel"]


def test_page_views_belong_to_sessions_and_lead_to_orders(toy_data: Path, rows_of: RowsOf) -> None:
    with duckdb.connect() as connection:
        views = connection.execute(
            "select session_id, view, strftime(viewed_at, '%Y-%m-%d %H:%M:%S'), kind"
            " from read_parquet(?)",
            [str(toy_data / "page_views.parquet")],
        ).fetchall()
    assert len({view[:2] for view in views}) == len(views)
    sessions = {row["session_id"]: row for row in rows_of("sessions")}
    counts = Counter(view[0] for view in views)
    assert counts == {name: int(row["page_views"]) for name, row in sessions.items()}
    assert all((row["bounced"] == "1") == (row["page_views"] == "1") for row in sessions.values())
    seen: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for session, _, at, kind in sorted(views):
        seen[session].append((at, kind))
    bought = [row for row in rows_of("orders") if row["session_id"]]
    assert len(bought) > 5000
    for order in bought:
        last = seen[order["session_id"]][-3:]
        assert [kind for _, kind in last] == ["product", "cart", "checkout"]
        assert seen[order["session_id"]][0][0] > sessions[order["session_id"]]["started_at"]
        assert last[-1][0] < order["paid_at"]


def export(path: Path) -> tuple[list[str], dict[tuple[str, str], list[str]], list[str]]:
    """The header, the rows by (date, campaign) and the totals of one Taiwanese export."""
    lines = list(csv.reader(path.read_bytes().decode("big5").splitlines()))
    assert [len(line) for line in lines[:4]] == [1, 2, 2, 6]  # three lines above the header
    rows = {(line[0], line[1]): line[2:] for line in lines[4:-1]}
    assert len(rows) == len(lines) - 5
    return lines[3], rows, lines[-1]


def test_taiwanese_exports_are_messy_and_overlap(toy_data: Path) -> None:
    older, newer = (export(toy_data / f"tw_ads_{day}.csv") for day in ("2026-09-15", "2026-11-16"))
    for header, rows, totals in (older, newer):
        assert header[0] == "日期"
        assert header[-1] == "花費金額 (TWD)"
        assert totals[:2] == ["總計", ""]
        cells = [[int(cell.replace(",", "")) for cell in row] for row in rows.values()]
        assert [int(cell.replace(",", "")) for cell in totals[2:]] == [
            sum(column) for column in zip(*cells, strict=True)
        ]
        assert all(day.startswith("115/") for day, _ in rows)
        assert any("," in cell for row in rows.values() for cell in row)
    common = older[1].keys() & newer[1].keys()
    restated = {day for day, name in common if older[1][day, name] != newer[1][day, name]}
    assert min(common)[0] == "115/09/01"
    assert restated == {"115/09/13", "115/09/14", "115/09/15"}


def test_budget_is_a_workbook_with_dates_and_a_row_per_month_and_channel(toy_data: Path) -> None:
    header, *rows = load_workbook(toy_data / "budget.xlsx").get_sheet_by_name("Plan").to_python()
    assert header == ["month", "channel", "revenue", "spend"]
    months = {row[0] for row in rows}
    # November 2024 to December 2026
    assert months == {date(2024, 11, 1), date(2024, 12, 1)} | {
        date(year, month, 1) for year in (2025, 2026) for month in range(1, 13)
    }
    assert {(row[0], row[1]) for row in rows} == {(m, c) for m in months for c in toy.PLAN}
    assert len(rows) == 26 * 7
