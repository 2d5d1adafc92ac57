"""A PostgreSQL that is killed while it answers: by a signal that no program hears."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from kpidsl.engines.servers import Refusal
from kpidsl.engines.servers.postgres import Postgres
from tests.cli.conftest import SHOP, Shell
from tests.servers.asking import SECRETS, failure, meanwhile, opened

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.postgres

SLEEP = "SELECT pg_sleep(30)"
SALES = (
    "CREATE TABLE sales (order_id INTEGER, day DATE, channel TEXT, amount NUMERIC(9, 2))",
    "INSERT INTO sales VALUES (1, '2026-01-31', 'ads', 100.10), (2, '2026-02-01', 'mail', 50)",
)
SLOW = """
source slow {
  sql: "SELECT 1 AS id FROM pg_sleep(30)"
  key: id
  measure naps: count()
}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One that no other test needs."""
    from tests.servers.postgres import postgres_server  # noqa: PLC0415 -- of the extra `engines`

    with postgres_server() as running:
        running.run(running.url(), *SALES, "CHECKPOINT")  # a commit is not on the disk yet
        yield running


def asleep(server: PostgresServer) -> list[object]:
    return server.asleep(server.url())


def killed(server: PostgresServer) -> Callable[[], None]:
    """What kills the one process in which a statement sleeps: the server then starts anew."""

    def kill() -> None:
        [process] = asleep(server)
        server.kill(process)

    return kill


def test_a_server_that_is_killed_in_mid_question(
    server: PostgresServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with opened(server.url()) as engine:
        with meanwhile(server.kill, lambda: asleep(server)):
            kind, text = failure(engine, SLEEP)
        assert (kind, "\n" in text) == ("lost", False)
        kind, text = failure(engine, "SELECT 1")
        assert (kind, "refused" in text) == ("lost", True)
        assert not any(secret in text for secret in SECRETS)
        server.start()
        assert engine.run("SELECT COUNT(*) FROM sales").rows == [(2,)]
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_process_that_is_killed_takes_the_others_along(server: PostgresServer) -> None:
    """As one that takes too much memory: the server ends all connections, and starts anew."""
    with opened(server.url()) as engine, opened(server.url()) as neighbour:
        assert neighbour.run("SELECT 1").rows == [(1,)]
        with meanwhile(killed(server), lambda: asleep(server)):
            kind, text = failure(engine, SLEEP)
        assert (kind, "\n" in text) == ("lost", False)
        for each in (engine, neighbour):
            assert each.run("SELECT COUNT(*) FROM sales").rows == [(2,)]


@pytest.mark.parametrize("part", ["server", "process"])
def test_what_is_said_of_it(
    shop: Shell, server: PostgresServer, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setenv("SHOP_URL", server.url())
    shop.write("kpidsl.toml", 'default_profile = "shop"\n[profile.shop]\nurl = "${SHOP_URL}"\n')
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales") + SLOW)
    kill = server.kill if part == "server" else killed(server)
    with meanwhile(kill, lambda: asleep(server)):
        text = shop.refused("query", "naps", code=1, names=["error[K662]", "lost"])
    assert not any(secret in text for secret in SECRETS)
    if part == "server":
        text = shop.refused("query", "revenue", code=2, names=["error[K932]", "refused"])
        assert not any(secret in text for secret in SECRETS)
        server.start()
    asked = ("query", "revenue", "--format", "csv")
    done = shop.run(*asked)
    assert (done.code, done.out) == (0, "revenue\n150.1\n"), done.err


@pytest.mark.parametrize(
    "said",
    [
        "the database system is starting up",
        "the database system is not yet accepting connections DETAIL: Consistent recovery state…",
        "the database system is in recovery mode",
    ],
)
def test_a_server_that_starts_is_waited_for(said: str) -> None:
    """How far it is when somebody asks is a matter of hundredths of a second."""
    assert Postgres().may_pass(said)
    assert Postgres().refusal(said)[0] is Refusal.UNREACHABLE
