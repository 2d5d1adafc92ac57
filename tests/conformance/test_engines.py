"""Every case holds on every engine, but for what the engine can't: that is refused, by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

import kpidsl
from kpidsl.conformance.proving import Outcome, Verdict, outcomes
from tests.oracle.generate import case_of

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

UNIONS = "rows of two tables, one after the other, by the names of columns"
REFUSED: dict[str, dict[str, str]] = {
    "duckdb": {},
    "sqlite": {
        "sums of money of eighteen digits": "K644",
        "formulas of money of eighteen digits": "K644",
        "sums of nine decimals": "K644",
        UNIONS: "K501",
    },
    "postgres": {UNIONS: "K501"},
    "clickhouse": {UNIONS: "K501"},
}
"""What an engine can't do, with the code by which it says so."""


def by_profile(folder: Path, url: str, dialect: str) -> Iterable[Outcome]:
    """Certify as a user does."""
    (folder / "kpidsl.toml").write_text(f'[profile.w]\nurl = "{url}"\n', encoding="utf-8")
    found = kpidsl.certify("w", folder)
    assert found.dialect == dialect
    assert found.holds
    return found.outcomes


def on_duckdb(folder: Path, _: pytest.FixtureRequest) -> Iterable[Outcome]:
    duckdb.connect(folder / "shop.duckdb").close()
    return by_profile(folder, "duckdb:///shop.duckdb", "duckdb")


def on_sqlite(folder: Path, _: pytest.FixtureRequest) -> Iterable[Outcome]:
    with closing(sqlite3.connect(folder / "shop.sqlite")) as con:
        con.execute("CREATE TABLE other (id INTEGER)")
    return by_profile(folder, "sqlite:///shop.sqlite", "sqlite")


def on_postgres(folder: Path, request: pytest.FixtureRequest) -> Iterable[Outcome]:
    """A user that has no right on any table."""
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url: str = request.getfixturevalue("postgres_url")
    server.run(
        url,
        "CREATE TABLE public.orders (order_id INTEGER)",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "DROP ROLE IF EXISTS nobody",
        "CREATE ROLE nobody LOGIN PASSWORD 'certified'",
    )
    patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    patch.setenv("CERTIFIED", "certified")
    place = url.partition("@")[2]
    return by_profile(folder, f"postgresql://nobody:${{CERTIFIED}}@{place}", "postgres")


def on_clickhouse(_folder: Path, _: pytest.FixtureRequest) -> Iterable[Outcome]:
    from tests.oracle.clickhouse import ProcessEngine, client  # noqa: PLC0415 -- of an extra

    return outcomes(lambda _: ProcessEngine(case_of(0), client()), lambda _: None)


@pytest.mark.parametrize(
    ("engine", "certified"),
    [
        ("duckdb", on_duckdb),
        ("sqlite", on_sqlite),
        pytest.param("postgres", on_postgres, marks=pytest.mark.postgres),
        pytest.param("clickhouse", on_clickhouse, marks=pytest.mark.clickhouse),
    ],
)
def test_every_case_holds_or_is_refused(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    engine: str,
    certified: Callable[[Path, pytest.FixtureRequest], Iterable[Outcome]],
) -> None:
    told = {item.case.name: item for item in certified(tmp_path, request)}
    assert [
        (name, item.got, item.told)
        for name, item in told.items()
        if item.verdict in {Verdict.DIFFERS, Verdict.FAILED}
    ] == []
    refused = {
        name: item.told.partition(" ")[0]
        for name, item in told.items()
        if item.verdict is Verdict.REFUSED
    }
    assert refused == REFUSED[engine]
