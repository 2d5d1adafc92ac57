"""Texts of ClickHouse that are read as numbers and as times: to its casts what is none is NULL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import kpidsl
from kpidsl.text.diagnostic import has_errors
from kpidsl.text.render import render

if TYPE_CHECKING:
    from tests.servers.clickhouse import ClickHouseServer

pytestmark = pytest.mark.clickhouse
Shop = Callable[..., kpidsl.Project]

DEFINITIONS = """kpidsl 1
project shop "Shop" { currency: USD, timezone: "UTC" }
source sales {
  table: sales
  key: id
  time: paid_at { stored_as: "UTC" }
  dimension born: date(born_on)
  join plan: plans on plan { valid_from: since, valid_to: till, stored_as: "UTC" }
  dimension level: plan.level
  measure rows: count()
  measure pieces: sum(number(replace(pieces, ",", ".")))
  measure mean: avg(pieces)
  measure each: sum(rate / 2)
  measure middle: median(rate)
}
source plans {
  table: plans
  key: [plan, since]
}
"""
SALES = (
    "(id Int32, paid_at String, born_on String, pieces Nullable(String), rate String, plan String)"
)
GOOD = (
    "(1, '2026-01-01 10:00:00', '2001-02-28', '1,5', '1', 'a')",
    "(2, '2026-01-02T11:00:00', '2001-03-01', NULL, '2', 'a')",
)
PLANS = "(plan String, since String, till Nullable(String), level Int32)"


@pytest.fixture
def shop(
    tmp_path: Path,
    clickhouse_server: ClickHouseServer,
    clickhouse_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:
    def filled(*more: str, plan: str = "('a', '2025-01-01 00:00:00', NULL, 7)") -> kpidsl.Project:
        for statement in (
            f"CREATE TABLE sales {SALES} ENGINE = Memory",
            f"INSERT INTO sales VALUES {', '.join((*GOOD, *more))}",  # noqa: S608
            f"CREATE TABLE plans {PLANS} ENGINE = Memory",
            f"INSERT INTO plans VALUES {plan}",  # noqa: S608
        ):
            clickhouse_server.client.command(statement, settings={"database": clickhouse_database})
        loaded = kpidsl.load(tmp_path)
        stack.enter_context(loaded)
        assert not has_errors(loaded.diagnostics), render(loaded.diagnostics, "full")
        return loaded

    monkeypatch.setenv("SHOP_URL", clickhouse_server.url(clickhouse_database))
    profile = 'default_profile = "w"\n[profile.w]\nurl = "${SHOP_URL}"\n'
    (tmp_path / "kpidsl.toml").write_text(profile, encoding="utf-8")
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    with ExitStack() as stack:
        yield filled


def refused(loaded: kpidsl.Project, metric: str, **question: Any) -> str:
    with pytest.raises(kpidsl.KpidslError) as failed:
        loaded.query(metric, **question)
    [found] = failed.value.diagnostics
    assert found.code == "K643"
    return found.message


def test_texts_that_are_numbers_and_times_are_read(shop: Shop) -> None:
    loaded = shop()
    by_day = loaded.query("rows", "pieces", by=["day"], period="2026-01-01 .. 2026-01-02")
    assert [row[1:] for row in by_day.rows] == [(1, 1.5), (1, 0)]
    born = loaded.query("rows", by=["born"])
    assert born.rows == ((date(2001, 2, 28), 1), (date(2001, 3, 1), 1))
    assert loaded.query("rows", by=["level"]).rows == ((7, 2),)


@pytest.mark.parametrize("pieces", ["n/a", "", "12 apples"])
def test_a_text_that_is_no_number_is_not_left_out(shop: Shop, pieces: str) -> None:
    loaded = shop(f"(3, '2026-01-03 10:00:00', '2001-03-01', '{pieces}', '3', 'a')")
    refused(loaded, "pieces")


@pytest.mark.parametrize("metric", ["mean", "each", "middle"])
def test_texts_are_computed_with_as_numbers_only_where_they_are_read_as_such(
    shop: Shop, metric: str
) -> None:
    """A cast would leave out what is none."""
    refused(shop("(3, '2026-01-03 10:00:00', '2001-03-01', '3', 'n/a', 'a')"), metric)


@pytest.mark.parametrize("born", ["n/a", "2001-02-29", "2001-13-45"])
def test_a_text_that_is_no_day_is_no_other_one(shop: Shop, born: str) -> None:
    loaded = shop(f"(3, '2026-01-03 10:00:00', '{born}', '1', '3', 'a')")
    refused(loaded, "rows", by=["born"])


@pytest.mark.parametrize("paid", ["n/a", "2026-02-30 10:00:00", "03.01.2026 10:00", "10:00:00"])
def test_a_row_whose_time_is_none_is_not_left_out(shop: Shop, paid: str) -> None:
    loaded = shop(f"(3, '{paid}', '2001-03-01', '1', '3', 'a')")
    assert f"`{paid}` is no time" in refused(loaded, "rows", by=["month"], period="2026-01")


def test_a_row_that_ends_at_no_time_does_not_hold_for_ever(shop: Shop) -> None:
    loaded = shop(plan="('a', '2025-01-01 00:00:00', 'open', 7)")
    assert "`open` is no time" in refused(loaded, "rows", by=["level"])
