"""Profiles that name a Spark Connect server, from the command line."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import SHOP, UNSEEN, UNSURE, Shell

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark_at_once")]

TEST = ["profile", "test", "shop"]
SERVER = "sc://localhost:${SPARK_PORT}"
LOGIN = "token=${SPARK_TOKEN}"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is in the environment as it is, with signs that a url can't hold."""
    from tests.servers.spark import TOKEN, server  # noqa: PLC0415 -- of the extra `engines`

    monkeypatch.setenv("SPARK_TOKEN", TOKEN)
    monkeypatch.setenv("SPARK_PORT", str(server().port))


def test_a_profile_that_leads_to_a_server(shop: Shell) -> None:
    shop.profile(f"{SERVER}/;{LOGIN}")
    shop.write("shop.kpi", SHOP.replace('"UTC"', '"Asia/Taipei"'))
    facts = json.loads(shop.run(*TEST, "--format", "json").out)
    assert facts.pop("version").startswith("4.")
    assert facts == {
        "profile": "shop",
        "engine": "Spark",
        "only_reads": None,
        "only_reads_note": UNSEEN,
        "timezone": "Asia/Taipei",
        "dialect": "spark",
        "support": "executed",
        "answers_kept": False,
        "answers_note": UNSURE,
    }


def test_a_question(shop: Shell) -> None:
    from tests.servers.spark import made_schema, run  # noqa: PLC0415 -- of the extra `engines`

    schema = made_schema()
    run(
        f"CREATE TABLE {schema}.sales (order_id INT, day DATE, channel STRING, "
        "amount DECIMAL(9, 2)) USING parquet",
        f"INSERT INTO {schema}.sales VALUES (1, DATE '2026-01-31', 'ads', 100.10), "  # noqa: S608
        "(2, DATE '2026-02-01', 'seo', 50)",
    )
    shop.profile(f"{SERVER}/{schema};{LOGIN}")
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    done = shop.run("query", "revenue", "--by", "channel", "--format", "csv")
    assert (done.code, done.err) == (0, "")
    assert done.out == "channel,revenue\nads,100.1\nseo,50\n"
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sale"))
    shop.refused("query", "revenue", code=1, names=["K641", "`sale`", "`sales`"])


@pytest.mark.parametrize(
    ("url", "code", "names"),
    [
        (f"{SERVER}/shpo;{LOGIN}", "K935", ["`localhost:", "shpo"]),
        (f"{SERVER}/;{LOGIN};use_ssl=true", "K934", ["handshake"]),
        (f"{SERVER}/;token=hun%2Fter", "K933", ["`localhost:"]),
        (f"sc://localhost:1/;{LOGIN}", "K932", ["`localhost:1`"]),
        ("sc://spark.invalid", "K931", ["`spark.invalid`"]),
    ],
)
def test_why_there_is_no_connection(
    shop: Shell, url: str, code: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "hun" in url:
        url = url.replace("hun%2Fter", "${SPARK_TOKEN}")
        monkeypatch.setenv("SPARK_TOKEN", "hun/ter")
    shop.profile(url)
    text = shop.refused(*TEST, code=2, names=[code, "Spark at", *names])
    assert not any(secret in text for secret in ("t/k=n;%", "t%2Fk", "hun/ter", "hun%2Fter"))


def test_a_client_that_is_not_installed(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kpidsl.api.connecting.find_spec", lambda name: None if name == "pyspark" else name
    )
    shop.profile(f"{SERVER}/;{LOGIN}")
    shop.refused(*TEST, code=2, names=["K930", "`pyspark`", "pip install 'kpidsl[spark]'"])
