"""Profiles that name a Trino server, from the command line, on a stand-in for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import SHOP, UNSEEN, UNSURE, Shell

if TYPE_CHECKING:
    from tests.servers.trino_http import TrinoServer

pytestmark = [pytest.mark.trino, pytest.mark.usefixtures("at_once")]

TEST = ["profile", "test", "shop"]
PASSWORD = "p@ss/w%rd"  # noqa: S105 -- needs percent-encoding
LOGIN = "trino://ana:${SHOP_PASSWORD}@127.0.0.1:${SHOP_PORT}/memory/main"
OPEN = "?allow_insecure_auth=true"
SALES = (
    "CREATE TABLE sales (order_id INTEGER, day DATE, channel VARCHAR, amount DECIMAL(9, 2))",
    "INSERT INTO sales VALUES (1, '2026-01-31', 'ads', 100.10), (2, '2026-02-01', 'seo', 50)",
)


@pytest.fixture(scope="module")
def server() -> Iterator[TrinoServer]:
    from tests.servers.trino_http import trino_server  # noqa: PLC0415 -- the client is an extra's

    with trino_server(SALES, PASSWORD) as running:
        yield running


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, server: TrinoServer) -> None:
    """The password is in the environment as it is, with signs that a url can't hold."""
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    monkeypatch.setenv("SHOP_PORT", str(server.port))


def test_a_profile_that_leads_to_a_server(shop: Shell) -> None:
    shop.profile(LOGIN + OPEN)
    shop.write("shop.kpi", SHOP.replace('"UTC"', '"Asia/Taipei"'))
    facts = json.loads(shop.run(*TEST, "--format", "json").out)
    assert facts.pop("version")
    assert facts == {
        "profile": "shop",
        "engine": "Trino",
        "only_reads": None,
        "only_reads_note": UNSEEN,
        "timezone": "Asia/Taipei",
        "dialect": "trino",
        "support": "parsed only",
        "answers_kept": False,
        "answers_note": UNSURE,
    }


def test_a_question(shop: Shell) -> None:
    shop.profile(LOGIN + OPEN)
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    done = shop.run("query", "revenue", "--by", "channel", "--format", "csv")
    assert (done.code, done.err) == (0, "")
    assert done.out == "channel,revenue\nads,100.1\nseo,50\n"


def test_a_question_that_would_read_too_much(shop: Shell) -> None:
    shop.profile(LOGIN + OPEN, "max_scan_rows = 1\n")
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    shop.refused("query", "revenue", code=1, names=["K669", "more than 1"])


def test_the_cases_go_there_and_back(shop: Shell) -> None:
    """What comes of them says nothing of Trino."""
    shop.profile(LOGIN + OPEN)
    done = shop.run("certify", "--profile", "shop", "--format", "json")
    counts = json.loads(done.out)["counts"]
    assert (counts["differs"], counts["failed"], counts["refused"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("url", "code", "names"),
    [
        (LOGIN, "K934", ["TLS/SSL is required for authentication.\n"]),
        (LOGIN.replace("trino:", "trino+https:"), "K934", ["WRONG_VERSION_NUMBER"]),
        (f"{LOGIN}{OPEN}", "K933", ["guess", "Invalid credentials"]),
        (f"{LOGIN}{OPEN}&colour=red", "K936", ["no option `colour`"]),
        (f"{LOGIN}{OPEN}&legacy_primitive_types=true", "K936", ["no option"]),
        (f"{LOGIN}{OPEN}&verify=/own.pem", "K936", ["as in JSON, a text in double quotes"]),
        ("trino://ana@127.0.0.1:${SHOP_PORT}/memory", "K933", ["Invalid credentials"]),
        (f"{LOGIN}/more", "K936", ["memory/main/more"]),
        ("trino://ana@127.0.0.1:1/memory", "K932", ["`127.0.0.1:1`", "refused"]),
        ("trino://ana@db.invalid/memory", "K931", ["`db.invalid`"]),
    ],
)
def test_why_there_is_no_connection(
    shop: Shell, url: str, code: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "guess" in names:
        names = names[1:]
        monkeypatch.setenv("SHOP_PASSWORD", "hun/ter@2")
    shop.profile(url)
    text = shop.refused(*TEST, code=2, names=[code, "Trino at", *names])
    secrets = (PASSWORD, "p%40ss%2Fw%25rd", "hun/ter", "hun%2Fter")
    assert not any(secret in text for secret in secrets)
    assert "Max retries" not in text


def test_a_driver_that_is_not_installed(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kpidsl.api.connecting.find_spec", lambda name: None if name == "trino" else name
    )
    shop.profile(LOGIN)
    shop.refused(*TEST, code=2, names=["K930", "`trino`", "pip install 'kpidsl[trino]'"])
