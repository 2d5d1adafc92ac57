"""Profiles that name a PostgreSQL server, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SHOP, Shell
from tests.servers.proxy import proxy

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
    ]


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
