"""Questions to a PostgreSQL server that go wrong: what is said, where it points, and that it holds
no secret."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import kpidsl
from kpidsl.text.diagnostic import Diagnostic
from tests.processes import ended, hear_ctrl_c
from tests.servers.asking import SECRETS, meanwhile, until

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.postgres

DEFINITIONS = """\
kpidsl 1
project shop { currency: EUR, timezone: "Europe/Berlin" }

source sales {
  table: sales
  key: id
  time: paid_at
  dimensions: [id, channel]
  measure revenue: sum(amount) as EUR
}
source asleep {
  sql: "SELECT id, CAST(pg_sleep(30) AS TEXT) AS nap FROM sales"
  key: none
  measure naps: count(nap)
}
source written {
  sql: "SELECT id, nextval('runs') AS run FROM sales"
  key: none
  measure runs: sum(run)
}
source divided {
  sql: "SELECT 1 / (id - 1) AS part FROM sales"
  key: none
  measure parts: sum(part)
}
"""
TABLES = (
    """CREATE TABLE sales (
      id INTEGER PRIMARY KEY, paid_at TIMESTAMPTZ, channel TEXT, amount NUMERIC(12, 2)
    )""",
    "CREATE SEQUENCE runs",
    """INSERT INTO sales VALUES
      (1, '2026-01-31 22:59:59+00', 'ads', 10.10),
      (2, '2026-01-31 23:00:00+00', 'ads', 20.20),
      (3, '2026-02-28 12:00:00+00', NULL, 5.00)""",
)


@pytest.fixture
def shop(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres_server: PostgresServer,
    postgres_url: str,
) -> Path:
    """A folder of a project on a server."""
    postgres_server.run(postgres_url, *TABLES)
    monkeypatch.setenv("SHOP_URL", postgres_url)
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    profile(tmp_path)
    return tmp_path


def profile(folder: Path, *lines: str) -> None:
    text = 'default_profile = "shop"\n[profile.shop]\nurl = "${SHOP_URL}"\n' + "\n".join(lines)
    (folder / "kpidsl.toml").write_text(text, encoding="utf-8")


def refused(folder: Path, *metrics: str, by: tuple[str, ...] = ()) -> Diagnostic:
    with kpidsl.load(folder) as loaded, pytest.raises(kpidsl.KpidslError) as failed:
        loaded.query(*metrics, by=by)
    assert not any(secret in str(failed.value) for secret in SECRETS)
    [found] = failed.value.diagnostics
    return found


def test_months_begin_in_the_time_zone_of_the_project(shop: Path) -> None:
    """In Berlin the second sale, at 23:00 of UTC, is one of February."""
    with kpidsl.load(shop) as loaded:
        by_month = loaded.query("revenue", by=["month"], period="2026-01 .. 2026-02")
    assert by_month.values("revenue") == [Decimal("10.10"), Decimal("25.20")]


def test_a_table_that_is_missing(shop: Path, postgres_server: PostgresServer) -> None:
    postgres_server.run(os.environ["SHOP_URL"], "ALTER TABLE sales RENAME TO sale")
    found = refused(shop, "revenue")
    assert (found.code, found.help) == ("K641", "use `sale`")
    assert found.span is not None
    assert found.span.line == 4


def test_a_table_whose_columns_change_between_two_runs(
    shop: Path, postgres_server: PostgresServer
) -> None:
    with kpidsl.load(shop) as loaded:
        assert loaded.query("revenue").values("revenue") == [Decimal("35.30")]
        postgres_server.run(os.environ["SHOP_URL"], "ALTER TABLE sales RENAME amount TO amounts")
        with pytest.raises(kpidsl.KpidslError) as failed:
            loaded.query("revenue")
    [found] = failed.value.diagnostics
    assert (found.code, found.help) == ("K642", "use `amounts`")
    assert found.span is not None
    assert found.span.text == "amount"


def test_a_question_that_takes_too_long(shop: Path, postgres_server: PostgresServer) -> None:
    profile(shop, "timeout = 2")
    found = refused(shop, "naps")
    assert found.code == "K646"
    assert "stopped after 2 s" in found.message
    assert postgres_server.asleep(os.environ["SHOP_URL"]) == []


def test_sql_that_would_write(shop: Path, postgres_server: PostgresServer) -> None:
    found = refused(shop, "runs")
    assert found.code == "K664"
    assert "nextval" in found.message
    assert found.span is not None
    asked = "SELECT is_called FROM runs"
    assert postgres_server.run(os.environ["SHOP_URL"], asked) == [(False,)]


def test_sql_that_divides_by_zero(shop: Path) -> None:
    assert refused(shop, "parts").code == "K659"


def test_an_answer_with_too_many_rows(shop: Path) -> None:
    profile(shop, "max_rows = 2")
    found = refused(shop, "revenue", by=("id",))
    assert found.code == "K665"
    assert "more than 2" in found.message


def test_a_right_that_is_missing(
    shop: Path, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer
) -> None:
    url = os.environ["SHOP_URL"]
    user = f"reader_of_{url.rpartition('/')[2]}"
    postgres_server.run(url, f"CREATE ROLE {user} LOGIN PASSWORD 'hunter2'")
    try:
        monkeypatch.setenv("SHOP_URL", url.replace(url[13 : url.index("@")], f"{user}:hunter2"))
        found = refused(shop, "revenue")
        assert found.code == "K663"
        assert "permission denied for table sales" in found.message
    finally:
        postgres_server.run(url, f"DROP ROLE {user}")


def test_a_server_that_ends_in_mid_question(shop: Path, postgres_server: PostgresServer) -> None:
    url = os.environ["SHOP_URL"]
    with meanwhile(
        lambda: postgres_server.end_sleep(url), lambda: postgres_server.asleep(url), again=True
    ):
        found = refused(shop, "naps")
    assert found.code == "K662"
    assert "terminating connection" in found.message
    assert "terminating" not in found.on_pages


@pytest.mark.parametrize(
    ("number", "code", "called"), [(signal.SIGINT, 2, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")]
)
def test_a_signal_to_the_command_line(
    shop: Path, postgres_server: PostgresServer, number: signal.Signals, code: int, called: str
) -> None:
    url = os.environ["SHOP_URL"]
    command = [sys.executable, "-m", "kpidsl", "query", "naps"]
    with (
        subprocess.Popen(
            command,
            cwd=shop,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_ctrl_c,  # noqa: PLW1509 -- no other thread runs here
        ) as one,
        ended(one),
    ):
        until(lambda: postgres_server.asleep(url) or one.poll() is not None)
        was_asleep = postgres_server.asleep(url)
        one.send_signal(number)
        out, err = one.communicate(timeout=120)
    assert was_asleep
    assert (one.returncode, out) == (code, "")
    assert err.strip() == f"stopped by {called}; nothing was left half written"
    assert postgres_server.asleep(url) == []
