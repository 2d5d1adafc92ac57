"""Profiles that name a ClickHouse server, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SHOP, UNSURE, Shell

if TYPE_CHECKING:
    from tests.servers.clickhouse import ClickHouseServer

pytestmark = [pytest.mark.clickhouse, pytest.mark.usefixtures("at_once")]

TEST = ["profile", "test", "shop"]
LOGIN = "clickhouse://default:${SHOP_PASSWORD}@127.0.0.1:${SHOP_PORT}"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, clickhouse_server: ClickHouseServer) -> None:
    """The password is in the environment as it is, with signs that a url can't hold."""
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss/w%rd")
    monkeypatch.setenv("SHOP_PORT", str(clickhouse_server.port))


def test_a_profile_that_leads_to_a_server(shop: Shell) -> None:
    """Days begin in the project's time zone by the SQL itself."""
    shop.profile(f"{LOGIN}/default")
    shop.write("shop.kpi", SHOP.replace('"UTC"', '"Asia/Taipei"'))
    facts = json.loads(shop.run(*TEST, "--format", "json").out)
    assert facts.pop("version").startswith("26.9")
    assert facts == {
        "profile": "shop",
        "engine": "ClickHouse",
        "only_reads": True,
        "only_reads_note": "",
        "timezone": "Asia/Taipei",
        "dialect": "clickhouse",
        "support": "executed",
        "answers_kept": False,
        "answers_note": UNSURE,
    }


def test_a_question(
    shop: Shell, clickhouse_server: ClickHouseServer, clickhouse_database: str
) -> None:
    clickhouse_server.run(
        f"CREATE TABLE {clickhouse_database}.sales "
        "(order_id Int32, day Date, channel String, amount Decimal(9, 2)) ENGINE = Memory",
        f"INSERT INTO {clickhouse_database}.sales VALUES "  # noqa: S608
        "(1, '2026-01-31', 'ads', 100.10), (2, '2026-02-01', 'seo', 50)",
        "SELECT 1",
    )
    shop.profile(f"{LOGIN}/{clickhouse_database}")
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    done = shop.run("query", "revenue", "--by", "channel", "--format", "csv")
    assert (done.code, done.err) == (0, "")
    assert done.out == "channel,revenue\nads,100.1\nseo,50\n"


@pytest.mark.parametrize(
    ("url", "code", "names"),
    [
        (f"{LOGIN}/shpo", "K935", ["`127.0.0.1:", "Database shpo does not exist"]),
        (f"{LOGIN}/default?secure=true", "K934", ["WRONG_VERSION_NUMBER"]),
        (f"{LOGIN}/default?no_such=1", "K936", ["no_such"]),
        (f"{LOGIN}/default?settings=1", "K936", ["settings"]),
        ("clickhouse://ana:guess${SHOP_PASSWORD}@127.0.0.1:${SHOP_PORT}", "K933", ["ana"]),
        ("clickhouse://ana:${SHOP_PASSWORD}@127.0.0.1:1/shop", "K932", ["`127.0.0.1:1`"]),
        ("clickhouse://ana:${SHOP_PASSWORD}@db.invalid/shop", "K931", ["`db.invalid`"]),
    ],
)
def test_why_there_is_no_connection(
    shop: Shell, url: str, code: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "guess" in url:
        url = url.replace("guess", "")
        monkeypatch.setenv("SHOP_PASSWORD", "hun/ter@2")
    shop.profile(url)
    text = shop.refused(*TEST, code=2, names=[code, "ClickHouse at", *names])
    secrets = ("p@ss/w%rd", "p%40ss%2Fw%25rd", "hun/ter", "hun%2Fter")
    assert not any(secret in text for secret in secrets)
    assert "max_query_size" not in text


def test_a_driver_that_is_not_installed(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kpidsl.api.connecting.find_spec",
        lambda name: None if name == "clickhouse_connect" else name,
    )
    shop.profile(f"{LOGIN}/default")
    names = ["K930", "`clickhouse_connect`", "pip install 'kpidsl[clickhouse]'"]
    shop.refused(*TEST, code=2, names=names)
