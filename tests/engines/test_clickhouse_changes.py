"""A table of ClickHouse that is not the same at the next run."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import kpidsl
from kpidsl.text.diagnostic import has_errors

if TYPE_CHECKING:
    from tests.servers.clickhouse import ClickHouseServer

pytestmark = pytest.mark.clickhouse

SHOP = """kpidsl 1
project shop "Shop" { currency: USD, timezone: "UTC" }
source sales {
  table: sales
  key: id
  dimensions: [channel]
  measure revenue: sum(amount) as USD
}
"""
SALES = """CREATE TABLE sales (id Int32, channel String, amount Decimal(9, 2))
  ENGINE = MergeTree ORDER BY id"""


@pytest.fixture
def shop(
    tmp_path: Path,
    clickhouse_server: ClickHouseServer,
    clickhouse_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[kpidsl.Project]:
    change(clickhouse_server, clickhouse_database, SALES)
    change(
        clickhouse_server,
        clickhouse_database,
        "INSERT INTO sales VALUES (1, 'ads', 10.10), (2, 'mail', 20)",
    )
    monkeypatch.setenv("SHOP_URL", clickhouse_server.url(clickhouse_database))
    profile = 'default_profile = "w"\n[profile.w]\nurl = "${SHOP_URL}"\n'
    (tmp_path / "kpidsl.toml").write_text(profile, encoding="utf-8")
    (tmp_path / "shop.kpi").write_text(SHOP, encoding="utf-8")
    with kpidsl.load(tmp_path) as loaded:
        assert not has_errors(loaded.diagnostics)
        yield loaded


def change(server: ClickHouseServer, database: str, *statements: str) -> None:
    for statement in statements:
        server.client.command(statement, settings={"database": database})


def code(shop: kpidsl.Project, *by: str) -> str:
    """Why revenue isn't told."""
    with pytest.raises(kpidsl.KpidslError) as raised:
        shop.query("revenue", by=by)
    [found] = raised.value.diagnostics
    return found.code


def test_a_table_that_changes_between_two_runs(
    shop: kpidsl.Project, clickhouse_server: ClickHouseServer, clickhouse_database: str
) -> None:
    def now(*statements: str) -> None:
        change(clickhouse_server, clickhouse_database, *statements)

    sums = [Decimal("10.10"), Decimal("20.00")]
    assert shop.query("revenue", by=["channel"]).values("revenue") == sums
    now(
        "ALTER TABLE sales ADD COLUMN more Int32 FIRST, MODIFY COLUMN amount Decimal(20, 4)",
        "INSERT INTO sales (more, id, channel, amount) VALUES (7, 3, 'tv', 0.0001)",
    )
    assert shop.query("revenue").values("revenue") == [Decimal("30.1001")]
    now("ALTER TABLE sales RENAME COLUMN channel TO way")
    assert code(shop, "channel") == "K642"
    assert shop.query("revenue").values("revenue") == [Decimal("30.1001")]
    now("ALTER TABLE sales MODIFY COLUMN amount String")
    assert code(shop) == "K643"
    now("DROP TABLE sales")
    assert code(shop) == "K641"
    now(SALES)
    assert shop.query("revenue", by=["channel"]).rows == ()
