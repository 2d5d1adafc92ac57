"""Profiles that name a PostgreSQL server, from the command line."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SHOP, UNSURE, Shell
from tests.servers.proxy import Proxy, proxy

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("at_once")]

TEST = ["profile", "test", "shop"]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer) -> None:
    """The password is in the environment as it is, with signs that a url can't hold."""
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss/w%rd")
    monkeypatch.setenv("SHOP_PORT", str(postgres_server.port))


LOGIN = "postgresql://postgres:${SHOP_PASSWORD}@127.0.0.1:${SHOP_PORT}"


def test_a_profile_that_leads_to_a_server(shop: Shell) -> None:
    shop.profile(f"{LOGIN}/postgres")
    done = shop.run(*TEST)
    assert (done.code, done.err) == (0, "")
    assert [line.split(maxsplit=1) for line in done.out.splitlines()][1:] == [
        ["engine", "PostgreSQL 18.4"],
        ["only", "reads  yes"],
        ["time", "zone   UTC"],
        ["dialect", "postgres (executed)"],
        ["answers", f"asked for each time: {UNSURE}"],
    ]


class Cut(Proxy):
    """A line that is cut for good once so many bytes have gone over it."""

    left = 100_000

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source:
            while (data := source.recv(65536)) and self.left > 0:
                self.left -= len(data)
                sink.sendall(data)
            self.close()
            sink.shutdown(socket.SHUT_RDWR)


def test_to_certify_without_a_connection_is_to_find_nothing(
    shop: Shell, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer
) -> None:
    """On the way as before it: what is told is the connection, and no case."""
    monkeypatch.setenv("SHOP_PORT", str(Cut(postgres_server.port).port))
    shop.profile(f"{LOGIN}/postgres")
    text = shop.refused("certify", "--profile", "shop", code=2, names=["K662"])
    assert "hold" not in text


def test_answers_about_tables_are_kept(
    shop: Shell, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, postgres_url: str
) -> None:
    """Of a view PostgreSQL doesn't tell whether its rows are the same."""
    postgres_server.run(
        postgres_url, "CREATE TABLE sales (id INT)", "CREATE VIEW late AS SELECT * FROM sales"
    )
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    shop.profile("${DATABASE_URL}")
    tables = SHOP.replace('files: "sales.csv"', "table: sales")
    shop.write("shop.kpi", tables)
    assert "answers     kept between runs\n" in shop.run(*TEST).out
    shop.write("shop.kpi", f"{tables}\nsource late {{ table: late, key: id }}\n")
    facts = json.loads(shop.run(*TEST, "--format", "json").out)
    assert (facts["answers_kept"], facts["answers_note"]) == (True, f"not about `late`: {UNSURE}")
    shop.write("kpidsl.toml", f'[cache]\nmegabytes = 0\n[profile.shop]\nurl = "{LOGIN}/postgres"\n')
    assert "answers     asked for each time: the settings keep none" in shop.run(*TEST).out


def test_days_begin_in_the_time_zone_of_the_project(shop: Shell) -> None:
    shop.profile(f"{LOGIN}/postgres")
    shop.write("shop.kpi", SHOP.replace('"UTC"', '"Asia/Taipei"'))
    facts = json.loads(shop.run(*TEST, "--format", "json").out)
    assert facts["timezone"] == "Asia/Taipei"
    assert facts["only_reads"] is True
    assert (facts["dialect"], facts["support"]) == ("postgres", "executed")


def test_the_whole_url_may_come_from_the_environment(
    shop: Shell, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    shop.profile("${DATABASE_URL}")
    assert shop.run(*TEST).code == 0
    monkeypatch.setenv("DATABASE_URL", "postgresql://ana:hunter2/x@db/shop")
    assert "hunter2" not in shop.refused(*TEST, code=2, names=["K923", "`%2F`"])


@pytest.mark.parametrize(
    ("url", "code", "names"),
    [
        (f"{LOGIN}/shpo", "K935", ["`127.0.0.1:", 'database "shpo" does not exist']),
        (f"{LOGIN}/postgres?sslmode=require", "K934", ["SSL was required"]),
        (f"{LOGIN}/postgres?sslmod=require", "K936", ["sslmod"]),
        ("postgresql://ana:${SHOP_PASSWORD}@127.0.0.1:${SHOP_PORT}/shop", "K933", ['"ana"']),
        ("postgresql://ana:${SHOP_PASSWORD}@127.0.0.1:1/shop", "K932", ["`127.0.0.1:1`"]),
        ("postgresql://ana:${SHOP_PASSWORD}@db.invalid/shop", "K931", ["`db.invalid`"]),
    ],
)
def test_why_there_is_no_connection(shop: Shell, url: str, code: str, names: list[str]) -> None:
    shop.profile(url)
    text = shop.refused(*TEST, code=2, names=[code, "PostgreSQL at", *names])
    assert not any(secret in text for secret in ("p@ss/w%rd", "p%40ss%2Fw%25rd"))


def test_a_wrong_password_is_not_repeated(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hun/ter@2")
    shop.profile(f"{LOGIN}/postgres")
    text = shop.refused(*TEST, code=2, names=["K933", "password authentication failed"])
    assert "hun" not in text


def test_what_a_driver_repeats_of_a_secret_is_hidden(
    shop: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libpq quotes a mode of TLS that it doesn't know."""
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    shop.profile(f"{LOGIN}/postgres?sslmode=hunter2")
    assert "hunter2" not in shop.refused(*TEST, code=2, names=["invalid sslmode", "***"])


def test_a_driver_that_is_not_installed(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kpidsl.api.connecting.find_spec", lambda name: None if name == "psycopg" else name
    )
    shop.profile(f"{LOGIN}/postgres")
    shop.refused(*TEST, code=2, names=["K930", "`psycopg`", "pip install 'kpidsl[postgres]'"])


def test_a_server_that_is_there_at_the_second_try(
    shop: Shell, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer
) -> None:
    with proxy(postgres_server.port, dropped=1) as line:
        monkeypatch.setenv("SHOP_PORT", str(line.port))
        shop.profile(f"{LOGIN}/postgres")
        assert shop.run(*TEST).code == 0
