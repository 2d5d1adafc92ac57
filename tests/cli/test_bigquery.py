"""Profiles that name a project of BigQuery, from the command line; see `bigquery_http`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.cli.conftest import SHOP, UNSEEN, UNSURE, Shell

if TYPE_CHECKING:
    from tests.servers.bigquery_http import Service

pytestmark = pytest.mark.googlesql

TEST = ["profile", "test", "shop"]
URL = "bigquery://shop-project/shop"
ROWS = [
    (1, date(2026, 1, 31), "ads", Decimal("100.10")),
    (2, date(2026, 2, 1), "seo", Decimal(50)),
]


@pytest.fixture
def service(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service that keeps two sales."""
    from tests.oracle.googlesql_worker import Given  # noqa: PLC0415 -- of the extra `googlesql`
    from tests.servers.bigquery import bigquery_service  # noqa: PLC0415 -- its client is an extra

    types = {"order_id": "INT64", "day": "DATE", "channel": "STRING", "amount": "NUMERIC"}
    with bigquery_service(shell.folder, monkeypatch, Given("sales", types, ROWS)) as service:
        shell.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
        yield service


@pytest.mark.usefixtures("service")
def test_a_profile_that_leads_to_a_project(shell: Shell) -> None:
    shell.profile(URL)
    shell.write("shop.kpi", SHOP.replace('"UTC"', '"Asia/Taipei"'))
    assert json.loads(shell.run(*TEST, "--format", "json").out) == {
        "profile": "shop",
        "engine": "BigQuery",
        "version": "GoogleSQL",
        "only_reads": None,
        "only_reads_note": UNSEEN,
        "timezone": "Asia/Taipei",
        "dialect": "bigquery",
        "support": "executed on a reference evaluator",
        "answers_kept": False,
        "answers_note": UNSURE,
    }


def test_a_question(shell: Shell, service: Service) -> None:
    shell.profile(URL)
    done = shell.run("query", "revenue", "--by", "channel", "--format", "csv")
    assert (done.code, done.err) == (0, "")
    assert done.out == "channel,revenue\nads,100.1\nseo,50\n"
    labels = {job.settings["labels"]["made_by"][:7] for job in service.jobs.values()}
    assert labels == {"kpidsl-"}
    shell.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sale"))
    shell.refused("query", "revenue", code=1, names=["K641", "`sale`", "`sales`"])
    shell.write(
        "shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales").replace("(am", "(na")
    )
    shell.refused("query", "revenue", code=1, names=["K642", "`naount`", "`amount`"])


@pytest.mark.usefixtures("service")
def test_definitions_are_checked_and_drafted(shell: Shell) -> None:
    shell.profile(URL)
    done = shell.run("check", "--profile", "shop")
    assert done.code == 0, done.out + done.err
    (shell.folder / "shop.kpi").unlink()
    (shell.folder / "kpidsl.toml").unlink()
    done = shell.run("init", "--from-database", URL)
    assert done.code == 0, done.err
    drafted = (shell.folder / "definitions" / "sources.kpi").read_text(encoding="utf-8")
    assert "  table: sales\n" in drafted
    assert "  time: day\n" in drafted


@pytest.mark.parametrize(
    ("url", "code", "names"),
    [
        ("bigquery://shpo-project/shop", "K933", ["`shpo-project`", "bigquery.jobs.create"]),
        ("bigquery://shop-project/shpo", "K935", ["`shop-project`", "Dataset shop-project:shpo"]),
        (f"{URL}?credentials_path=nowhere.json", "K933", ["nowhere.json"]),
        (f"{URL}?credentials_path=kpidsl.toml", "K933", ["file of the credentials"]),
        (f"{URL}?credentials_path=other.json", "K933", ["invalid_grant"]),
        (f"{URL}?destination=a.b.c", "K936", ["no option `destination`"]),
        ("bigquery:///shop", "K936", ["names no project"]),
    ],
)
def test_why_there_is_no_connection(
    shell: Shell, service: Service, url: str, code: str, names: list[str]
) -> None:
    from tests.servers.bigquery import write_account  # noqa: PLC0415 -- its client is an extra

    write_account(shell.folder / "other.json", service.port, "ana@other.example")
    shell.profile(url)
    text = shell.refused(*TEST, code=2, names=[code, "BigQuery at", *names])
    assert "PRIVATE KEY" not in text


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [("http://127.0.0.1:1", "K932"), ("http://bigquery.invalid", "K931")],
)
@pytest.mark.usefixtures("service")
def test_a_service_that_is_not_there(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, endpoint: str, code: str
) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", endpoint)
    shell.profile(URL)
    text = shell.refused(*TEST, code=2, names=[code, "BigQuery at `shop-project`"])
    assert "http" not in text


@pytest.mark.usefixtures("service")
def test_credentials_that_are_not_there(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "nowhere.json")
    shell.profile(URL)
    shell.refused(*TEST, code=2, names=["K933", "nowhere.json"])


def test_credentials_of_a_file(
    shell: Shell, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path is no secret, and may stand in the settings."""
    from tests.servers.bigquery import write_account  # noqa: PLC0415 -- its client is an extra

    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "nowhere.json")
    write_account(shell.folder / "own.json", service.port)
    shell.profile(f"{URL}?credentials_path=own.json")
    assert shell.run(*TEST).code == 0


@pytest.mark.usefixtures("service")
def test_a_client_that_is_not_installed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of Google's may be there, or not even one."""
    shell.profile(URL)
    names = ["K930", "`google.cloud.bigquery`", "pip install 'kpidsl[bigquery]'"]
    monkeypatch.setattr("kpidsl.api.connecting.find_spec", lambda _: None)
    shell.refused(*TEST, code=2, names=names)

    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("kpidsl.api.connecting.find_spec", missing)
    shell.refused(*TEST, code=2, names=names)


def test_a_question_that_would_read_too_many_bytes(shell: Shell, service: Service) -> None:
    """Two rows of four columns are 64 bytes, by the count of the tests' service; more may be
    billed, which the service is told as well."""
    shell.profile(URL, "max_scan_bytes = 63")
    shell.refused(
        *("query", "revenue"),
        code=1,
        names=[
            "error[K669]: the question would read too many bytes: about 64 bytes, more than 63",
            "= help: ask for a shorter period, or raise the profile's `max_scan_bytes`",
        ],
    )
    assert service.ran == []
    shell.profile(URL, 'max_scan_bytes = "0.1 KB"')
    assert shell.run("query", "revenue", "--format", "csv").out == "revenue\n150.1\n"
    limits = {job.settings["query"]["maximumBytesBilled"] for job in service.jobs.values()}
    assert limits == {"100"}


@pytest.mark.usefixtures("service")
def test_a_limit_that_is_not_kept(shell: Shell) -> None:
    shell.profile(URL, "max_scan_rows = 100")
    names = ["K920", "`profile.shop.max_scan_rows`: bigquery doesn't estimate rows"]
    shell.refused("query", "revenue", code=2, names=names)
    with duckdb.connect(shell.folder / "shop.duckdb") as con:
        con.execute("CREATE TABLE sales (order_id INTEGER)")
    shell.profile("duckdb:///shop.duckdb", "max_scan_bytes = 100")
    names = ["K920", "`profile.shop.max_scan_bytes`: duckdb doesn't estimate bytes"]
    shell.refused("query", "revenue", code=2, names=names)


@pytest.mark.usefixtures("service")
def test_to_certify(shell: Shell) -> None:
    """That proves the way there: the answers are the evaluator's."""
    shell.profile(URL)
    done = shell.run("certify", "--profile", "shop")
    assert done.code == 0, done.out + done.err
    assert done.out.startswith("BigQuery GoogleSQL, dialect bigquery (executed on a reference")
    assert " cases hold on BigQuery GoogleSQL" in done.err
