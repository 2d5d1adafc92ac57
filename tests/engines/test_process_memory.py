"""Of many rows on a server only the answers come into the process that asks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.postgres

MEGABYTE = 1_000_000
ROWS = 2_000_000
SALES = f"""CREATE TABLE sales AS
  SELECT n AS id, DATE '2026-01-01' + n % 59 AS day, n % 7 AS channel, n % 100000 AS buyer,
    CAST(n % 100 AS NUMERIC(9, 2)) AS amount
  FROM generate_series(0, {ROWS - 1}) AS t(n)"""  # noqa: S608
SHOP = """kpidsl 1
project shop "Shop" { currency: USD, timezone: "UTC" }
source sales {
  table: sales
  key: id
  time: day
  dimensions: [channel]
  measure revenue: sum(amount) as USD
  measure orders: count() as order
  measure buyers: count_distinct(buyer) as customer
  measure middle: median(amount) as number
}
"""
ASKING = """
import pathlib, re, sys
import kpidsl
with kpidsl.load(sys.argv[1]) as shop:
    [(*values,)] = shop.query("revenue", "orders", "buyers", "middle").rows
    months = shop.query("revenue", by=["channel", "month"]).rows
# What the operating system tells of a process by other ways holds for the one that started it, too.
status = pathlib.Path("/proc/self/status").read_text()
print(*values, len(months), re.search(r"VmHWM:\\s*(\\d+)", status)[1])
"""


def test_a_process_stays_small(
    tmp_path: Path,
    postgres_server: PostgresServer,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each hundred of rows sums up to 0 + 1 + … + 99 = 4,950; January and February have seven
    channels each. The rows themselves, as Python keeps them, would be more than 300 MB."""
    postgres_server.run(postgres_url, SALES)
    monkeypatch.setenv("SHOP_URL", postgres_url)
    profile = 'default_profile = "w"\n[profile.w]\nurl = "${SHOP_URL}"\n'
    (tmp_path / "kpidsl.toml").write_text(profile, encoding="utf-8")
    (tmp_path / "shop.kpi").write_text(SHOP, encoding="utf-8")
    asking = [sys.executable, "-c", ASKING, str(tmp_path)]
    done = subprocess.run(asking, capture_output=True, text=True, check=True)
    *answers, kibibytes = done.stdout.split()
    revenue = 4950 * ROWS // 100
    assert answers == [f"{revenue}.00", str(ROWS), "100000", "49.5", "14"]
    assert int(kibibytes) * 1024 < 300 * MEGABYTE
