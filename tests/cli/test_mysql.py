"""Profiles that name a MySQL or MariaDB server, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SHOP, UNSURE, Shell

if TYPE_CHECKING:
    from tests.servers.mysql import MySQLServer

pytestmark = [pytest.mark.mysql, pytest.mark.usefixtures("at_once")]

TEST = ["profile", "test", "shop"]
LOGIN = "mysql://kpi:${SHOP_PASSWORD}@127.0.0.1:${SHOP_PORT}"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, mysql_server: MySQLServer) -> None:
    """The password is in the environment as it is, with signs that a url can't hold."""
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss/w%rd")
    monkeypatch.setenv("SHOP_PORT", str(mysql_server.port))


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_a_profile_that_leads_to_a_server(shop: Shell, mysql_database: str, scheme: str) -> None:
    shop.profile(f"{LOGIN}/{mysql_database}".replace("mysql:", f"{scheme}:"))
    facts = json.loads(shop.run(*TEST, "--format", "json").out)
    assert "MariaDB" in facts.pop("version")
    assert facts == {
        "profile": "shop",
        "engine": "MySQL",
        "only_reads": True,
        "only_reads_note": "",
        "timezone": "UTC",
        "dialect": "mysql",
        "support": "executed",
        "answers_kept": False,
        "answers_note": UNSURE,
    }


def test_a_question(shop: Shell, mysql_server: MySQLServer, mysql_database: str) -> None:
    mysql_server.run(
        "CREATE TABLE sales (order_id INT, day DATE, channel VARCHAR(9), amount DECIMAL(9, 2))",
        "INSERT INTO sales VALUES (1, '2026-01-31', 'ads', 100.10), (2, '2026-02-01', 'Ads', 50)",
        database=mysql_database,
    )
    shop.profile(f"{LOGIN}/{mysql_database}")
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    done = shop.run("query", "revenue", "--by", "channel", "--format", "csv")
    assert (done.code, done.err) == (0, "")
    assert done.out == "channel,revenue\nAds,50\nads,100.1\n"


def test_a_column_of_texts_that_is_computed_with(
    shop: Shell, mysql_server: MySQLServer, mysql_database: str
) -> None:
    """MySQL reads `12 EUR` as 12."""
    mysql_server.run(
        "CREATE TABLE sales (order_id INT, day DATE, channel VARCHAR(9), amount VARCHAR(9))",
        "INSERT INTO sales VALUES (1, '2026-01-31', 'ads', '12 EUR')",
        database=mysql_database,
    )
    shop.profile(f"{LOGIN}/{mysql_database}")
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    shop.refused("query", "revenue", code=1, names=["K643", "12 EUR"])


def test_definitions_are_drafted_from_the_catalogue(
    shell: Shell, mysql_server: MySQLServer, mysql_database: str
) -> None:
    # What other tests have left on the server is drafted, too: none of it is called so.
    mysql_server.run(
        "CREATE TABLE clients (id INT PRIMARY KEY, region VARCHAR(9))",
        """CREATE TABLE deals (id INT PRIMARY KEY, client INT, made_at DATETIME,
        amount DECIMAL(9, 2), FOREIGN KEY (client) REFERENCES clients (id))""",
        database=mysql_database,
    )
    done = shell.run("init", "--from-database", f"{LOGIN}/{mysql_database}")
    assert done.code == 0, done.err
    drafted = (shell.folder / "definitions" / "sources.kpi").read_text(encoding="utf-8")
    assert "  table: deals\n  key: id\n" in drafted
    assert "  join client: clients on client to id\n" in drafted
    assert "stored_as" in drafted
    checked = shell.run("check", "--profile", "warehouse")
    assert checked.code == 0, checked.err + checked.out


@pytest.mark.parametrize(
    ("url", "code", "names"),
    [
        (f"{LOGIN}/shpo", "K935", ["`127.0.0.1:", "Unknown database 'shpo'"]),
        (f"{LOGIN}/?ssl_verify_cert=true", "K934", ["SSL"]),
        (f"{LOGIN}/?no_such=1", "K936", ["no_such"]),
        ("mysql://ana:guess${SHOP_PASSWORD}@127.0.0.1:${SHOP_PORT}", "K933", ["ana"]),
        ("mysql://ana:${SHOP_PASSWORD}@127.0.0.1:1/shop", "K932", ["`127.0.0.1:1`"]),
        ("mysql://ana:${SHOP_PASSWORD}@db.invalid/shop", "K931", ["`db.invalid`"]),
    ],
)
def test_why_there_is_no_connection(
    shop: Shell, url: str, code: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "guess" in url:
        url = url.replace("guess", "")
        monkeypatch.setenv("SHOP_PASSWORD", "hun/ter@2")
    shop.profile(url)
    text = shop.refused(*TEST, code=2, names=[code, "MySQL at", *names])
    secrets = ("p@ss/w%rd", "p%40ss%2Fw%25rd", "hun/ter", "hun%2Fter")
    assert not any(secret in text for secret in secrets)


def test_a_driver_that_is_not_installed(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kpidsl.api.connecting.find_spec", lambda name: None if name == "pymysql" else name
    )
    shop.profile(LOGIN)
    names = ["K930", "`pymysql`", "pip install 'kpidsl[mysql]'"]
    shop.refused(*TEST, code=2, names=names)
