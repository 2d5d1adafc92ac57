"""Encrypted connections: made where the certificate is that of the host, by an authority that is
trusted, and refused otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.asking import failure, meanwhile, opened, unconnected

if TYPE_CHECKING:
    from tests.servers.certificates import Certified
    from tests.servers.mysql import MySQLServer
    from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return made(tmp_path_factory, "localhost")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return made(tmp_path_factory, "db.example.com")


def made(folders: pytest.TempPathFactory, host: str) -> Certified:
    from tests.servers.certificates import certified  # noqa: PLC0415 -- of the extra `engines`

    return certified(folders.mktemp("certificates"), host)


# --- PostgreSQL ----------------------------------------------------------------------------
# That of PyPI is built without TLS: a proxy offers it for the server.


def verified(port: int, authority: Path) -> str:
    login = "postgresql://postgres:p%40ss%2Fw%25rd"
    return f"{login}@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={authority}"


@pytest.mark.postgres
def test_postgresql_with_a_certificate_that_is_trusted(
    postgres_server: PostgresServer, own: Certified
) -> None:
    from tests.servers.proxy import encrypting  # noqa: PLC0415 -- of the extra `engines`

    with encrypting(postgres_server.port, own) as line:
        with opened(verified(line.port, own.authority)) as engine:
            assert engine.run("SELECT 1").rows == [(1,)]
        assert line.encrypted == 1


@pytest.mark.postgres
def test_postgresql_with_a_certificate_of_another_authority(
    postgres_server: PostgresServer, own: Certified, foreign: Certified
) -> None:
    from tests.servers.proxy import encrypting  # noqa: PLC0415 -- of the extra `engines`

    with encrypting(postgres_server.port, own) as line:
        found = unconnected(verified(line.port, foreign.authority))
    assert found.code == "K934"
    assert "certificate verify failed" in found.message
    assert "TLS" in found.help


@pytest.mark.postgres
def test_postgresql_with_a_certificate_of_another_host(
    postgres_server: PostgresServer, foreign: Certified
) -> None:
    from tests.servers.proxy import encrypting  # noqa: PLC0415 -- of the extra `engines`

    with encrypting(postgres_server.port, foreign) as line:
        found = unconnected(verified(line.port, foreign.authority))
    assert found.code == "K934"
    assert '"db.example.com" does not match host name "localhost"' in found.message


@pytest.mark.postgres
def test_postgresql_without_tls(postgres_server: PostgresServer, own: Certified) -> None:
    found = unconnected(verified(postgres_server.port, own.authority))
    assert found.code == "K934"
    assert "server does not support SSL" in found.message


# --- MariaDB -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mariadb(own: Certified) -> Iterator[MySQLServer]:
    from tests.servers.mysql import mysql_server  # noqa: PLC0415 -- of the extra `engines`

    with mysql_server(own) as server:
        yield server


def secured(server: MySQLServer, authority: Path, host: str = "localhost") -> str:
    return f"{server.url()}?ssl_ca={authority}".replace("127.0.0.1", host)


@pytest.mark.mysql
def test_mariadb_with_a_certificate_that_is_trusted(mariadb: MySQLServer, own: Certified) -> None:
    with opened(secured(mariadb, own.authority)) as engine:
        [(cipher,)] = engine.run(
            "SELECT variable_value FROM information_schema.session_status "
            "WHERE variable_name = 'Ssl_cipher'"
        ).rows
    assert cipher


@pytest.mark.mysql
def test_mariadb_with_a_certificate_of_another_authority(
    mariadb: MySQLServer, foreign: Certified
) -> None:
    found = unconnected(secured(mariadb, foreign.authority))
    assert found.code == "K934"
    assert "CERTIFICATE_VERIFY_FAILED" in found.message
    assert "TLS" in found.help


@pytest.mark.mysql
def test_mariadb_with_a_certificate_of_another_host(mariadb: MySQLServer, own: Certified) -> None:
    found = unconnected(secured(mariadb, own.authority, "127.0.0.1"))
    assert found.code == "K934"
    assert "not valid for '127.0.0.1'" in found.message


@pytest.mark.mysql
def test_mariadb_without_tls(mysql_server: MySQLServer, own: Certified) -> None:
    found = unconnected(secured(mysql_server, own.authority, "127.0.0.1"))
    assert found.code == "K934"
    assert "SSL" in found.message


@pytest.mark.mysql
def test_a_statement_is_cancelled_over_tls(mariadb: MySQLServer, own: Certified) -> None:
    """The second connection, which cancels it, is encrypted as the first."""
    mariadb.run("ALTER USER kpi@127.0.0.1 REQUIRE SSL")
    with opened(secured(mariadb, own.authority), timeout=60) as engine:
        with meanwhile(engine.cancel, mariadb.asleep):
            told = failure(engine, "SELECT SLEEP(30) FROM information_schema.schemata")
        assert told[0] == "cancelled"
        assert engine.run("SELECT 1").rows == [(1,)]
