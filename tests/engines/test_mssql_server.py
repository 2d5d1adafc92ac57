"""Connecting to SQL Server as far as that can be tried without one: what is sent to it, what its
errors mean, which the driver's own classes hold, and why there is no connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import duckdb
import pytest
import sqlglot

from kpidsl.engines.base import EngineError
from kpidsl.engines.servers import Refusal
from kpidsl.engines.servers.address import refused
from kpidsl.engines.servers.mssql import MSSQL, _note
from kpidsl.sql.dialects import DIALECTS, Kind
from tests.servers.asking import known, unconnected

SERVER = MSSQL()
BESIDE = (
    "DB-Lib error message 20018, severity 14:\n"
    "General SQL Server error: Check messages from the SQL Server\n"
)
"""What DB-Library adds to the server's words."""

by_driver = pytest.mark.mssql
at_once = pytest.mark.usefixtures("at_once")


@pytest.fixture
def driver() -> ModuleType:
    import pymssql  # noqa: PLC0415 -- an extra brings it

    return pymssql


# --- one SELECT ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        ("SELECT 1 AS [x]", "SELECT TOP (5) 1 AS [x]"),
        ("SELECT TOP 3 * FROM [t]", "SELECT TOP (3) * FROM [t]"),
        ("select top (9) [a] from [t]", "SELECT TOP (5) [a] from [t]"),
        ("SELECT DISTINCT [a] FROM [t]", "SELECT DISTINCT TOP (5) [a] FROM [t]"),
        (
            "WITH [a] AS (SELECT 1 AS [x]) SELECT [x] FROM [a] ORDER BY (SELECT 1)",
            "WITH [a] AS (SELECT 1 AS [x]) SELECT TOP (5) [x] FROM [a] ORDER BY (SELECT 1)",
        ),
        ("SELECT '; DROP TABLE t' AS [x]", "SELECT TOP (5) '; DROP TABLE t' AS [x]"),
        ("SELECT [a;]] DELETE] FROM [into]", "SELECT TOP (5) [a;]] DELETE] FROM [into]"),
        ("/* SET */ SELECT N'it''s' AS [x] -- ;", "/* SET */ SELECT TOP (5) N'it''s' AS [x] -- ;"),
        (
            "SELECT [next] FROM [value] ORDER BY 1 OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY",
            "SELECT TOP (5) [next] FROM [value] ORDER BY 1 OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY",
        ),
        ("SELECT 1 AS [x] UNION ALL SELECT 2", "SELECT 1 AS [x] UNION ALL SELECT 2"),
    ],
)  # fmt: skip
def test_a_select_has_no_more_rows_than_are_allowed(sql: str, sent: str) -> None:
    assert SERVER.at_most(sql, 5) == sent


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "SELECT 1 DROP TABLE t",
        "SELECT 1 AS x COMMIT",
        "SELECT * INTO u FROM t",
        "WITH a AS (SELECT 1 AS x) DELETE FROM a",
        "SELECT * FROM OPENROWSET('SQLNCLI', 's', 'DELETE FROM t') AS x",
        "EXEC sp_who",
        "update t SET a = 1",
        "SELECT NEXT\nVALUE FOR s AS n",
        "",
    ],
)
def test_what_is_more_than_a_select_is_not_sent(sql: str) -> None:
    with pytest.raises(EngineError) as found:
        SERVER.at_most(sql, 5)
    assert found.value.kind == "writing"


def test_what_statements_rest_on_is_set_with_each() -> None:
    told = SERVER.settings("Europe/Berlin", 1.5)
    before, language, after = told.partition("LANGUAGE")
    assert before + language == (
        "SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, "
        "QUOTED_IDENTIFIER ON; SET XACT_ABORT ON; SET NUMERIC_ROUNDABORT OFF; SET LANGUAGE"
    )
    assert "DATEFORMAT ymd" in after  # a language has a format of its own
    assert "LOCK_TIMEOUT 1500" in after


@by_driver
def test_it_is_asked_as_one_who_only_reads() -> None:
    told = SERVER.arguments(10, 60)
    assert (told["read_only"], told["appname"], told["autocommit"]) == (True, "kpidsl", False)
    assert (told["login_timeout"], told["timeout"]) == (10, 60)


@pytest.mark.parametrize(
    ("securable", "right", "only_reads"),
    [
        ("shop", "SELECT", 1),
        ("shop", "INSERT", 0),
        ("shop", "CREATE TABLE", 0),
        ("[dbo].[sales]", "SELECT", 1),
        ("[dbo].[sales]", "UPDATE", 0),
        ("[dbo].[sales]", "DELETE", 0),
    ],
)
def test_a_right_on_one_table_is_found(securable: str, right: str, only_reads: int) -> None:
    """By DuckDB, with functions that take the place of SQL Server's."""
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA sys; CREATE TABLE sys.tables (schema_id INT, name VARCHAR)")
        con.execute("INSERT INTO sys.tables VALUES (1, 'customers'), (1, 'sales')")
        con.execute("CREATE MACRO DB_NAME() AS 'shop'")
        con.execute("CREATE MACRO SERVERPROPERTY(name) AS '16.0'")
        con.execute("CREATE MACRO NAME_OF(id) AS 'dbo'")
        con.execute("CREATE MACRO QUOTENAME(name) AS '[' || name || ']'")
        con.execute(
            "CREATE MACRO HAS_PERMS_BY_NAME(securable, kind, permission) AS "
            f"CAST(securable = '{securable}' AND permission = '{right}' AS INT)"
        )
        own = SERVER.at_most(SERVER.about, 1).replace("SCHEMA_NAME(", "NAME_OF(")
        [asked] = sqlglot.transpile(own.replace("+", "||"), "tsql", "duckdb")
        assert con.execute(asked).fetchall() == [("16.0", None, only_reads)]


# --- errors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "said", "kind", "told"),
    [
        (208, "Invalid object name 'dbo.sale'.", "missing table", "name 'dbo.sale'."),
        (207, "Invalid column name 'ammount'.", "missing column", 'no such column: "ammount"'),
        (
            4104,
            'The multi-part identifier "sales.ammount" could not be bound.',
            "missing column",
            'no such column: "ammount"',
        ),
        (8134, "Divide by zero error encountered.", "division", "Divide by zero"),
        (8115, "Arithmetic overflow error converting expression", "overflow", "Arithmetic"),
        (245, "Conversion failed when converting the varchar value 'n/a'", "value", "'n/a'"),
        (229, "The SELECT permission was denied on the object 'sales'", "permission", "'sales'"),
        (1222, "Lock request time out period exceeded.", "cancelled", "Lock request"),
        (3906, "Failed to update database because it is read-only.", "writing", "read-only"),
        (102, "Incorrect syntax near 'x'.", "other", "Incorrect syntax"),
    ],
)
@by_driver
def test_errors_of_the_server_have_kinds(
    driver: ModuleType, number: int, said: str, kind: str, told: str
) -> None:
    failure = driver.OperationalError(number, (said + BESIDE).encode())
    for raised in (failure, driver.ProgrammingError((number, (said + BESIDE).encode()))):
        found = SERVER.failed(raised, "")
        assert (found.kind, str(found).count("\n")) == (kind, 0)
        assert told in str(found)
        assert "DB-Lib" not in str(found)


@pytest.mark.parametrize(
    ("number", "kind"), [(20003, "cancelled"), (20006, "lost"), (20017, "lost"), (20047, "lost")]
)
@by_driver
def test_errors_of_the_driver_have_kinds(driver: ModuleType, number: int, kind: str) -> None:
    text = f"DB-Lib error message {number}, severity 6:\nConnection timed out (db)\n"
    found = SERVER.failed(driver.OperationalError(number, text.encode()), "")
    assert (found.kind, str(found)) == (kind, "Connection timed out (db)")


@pytest.mark.parametrize(
    ("number", "said", "why"),
    [
        (18456, "Login failed for user 'ssl'.", Refusal.LOGIN),
        (4060, 'Cannot open database "certificate" requested by the login.', Refusal.DATABASE),
        (40615, "Cannot open server 'x' requested by the login. Client is not allowed",
         Refusal.LOGIN),
        (20002, "DB-Lib error message 20002, severity 9:\nSSL handshake failed (db)\n",
         Refusal.ENCRYPTION),
        (20002, f"{BESIDE}TDS server connection failed (ssl.example.com)\n",
         Refusal.UNREACHABLE),
        (50000, "who knows", Refusal.OTHER),
    ],
)  # fmt: skip
@by_driver
def test_why_there_is_no_connection_by_its_number(
    driver: ModuleType, number: int, said: str, why: Refusal
) -> None:
    failure = driver.OperationalError((number, said.encode()))
    assert SERVER.refusal(" ".join(str(failure).split()))[0] is why


@by_driver
def test_what_may_pass(driver: ModuleType) -> None:
    busy = driver.OperationalError((40613, b"Database 'x' is not currently available."))
    wrong = driver.OperationalError((18456, b"Login failed for user 'refused'."))
    assert SERVER.may_pass(str(busy))
    assert not SERVER.may_pass(str(wrong))


# --- no server -----------------------------------------------------------------------------


LOGIN = "mssql://ana:p%40ss%2Fw%25rd"


@by_driver
@at_once
def test_a_host_that_nobody_knows() -> None:
    found = unconnected(f"{LOGIN}@db.invalid:1433/shop")
    assert (found.code, "SQL Server at `db.invalid:1433`" in found.message) == ("K931", True)


@by_driver
@at_once
def test_nothing_listens() -> None:
    found = unconnected(f"{LOGIN}@127.0.0.1:1/shop")
    assert (found.code, "refused" in found.message) == ("K932", True)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
@by_driver
@at_once
def test_what_listens_is_no_sql_server(answer: bytes) -> None:
    with listening(answer) as port:
        found = unconnected(f"{LOGIN}@127.0.0.1:{port}/shop")
    assert found.code == "K932"
    assert "DB-Lib" not in found.message


@by_driver
@at_once
def test_an_option_that_the_driver_does_not_know() -> None:
    found = unconnected(f"{LOGIN}@127.0.0.1:1/shop?encryption=perhaps")
    assert (found.code, "'encryption' option" in found.message) == ("K936", True)


@by_driver
def test_a_secret_among_the_options_is_hidden(driver: ModuleType) -> None:
    address = known(f"{LOGIN}@db/shop?token=hunter2")
    told = refused(address, str(driver.OperationalError((18456, b"no hunter2, no p@ss/w%rd"))))
    assert told.code == "K933"
    assert "hunter2" not in address.without_secrets(told.message)


@contextmanager
def listening(answer: bytes) -> Iterator[int]:
    """Listen, and answer every connection with a few bytes before it is closed."""
    with socket.create_server(("127.0.0.1", 0)) as line:

        def serve() -> None:
            while True:
                try:
                    accepted, _ = line.accept()
                except OSError:
                    return
                with accepted:
                    if answer:
                        accepted.recv(100)
                        accepted.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield line.getsockname()[1]
        finally:
            line.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_statement_is_stopped_by_hanging_up() -> None:
    """The driver tells of its socket in the thread in which it waits for a new connection."""
    one, other = socket.socketpair()
    with one, other:
        connection = object()
        _note(one.fileno())
        SERVER.mark(connection)
        SERVER.cancel(connection)
        assert other.recv(1) == b""


# --- types ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("date", Kind.DAY),
        ("DATETIME2(7)", Kind.MOMENT),
        ("DATETIMEOFFSET", Kind.ZONED),
        ('NVARCHAR(50) COLLATE "Latin1_General_CI_AS"', Kind.TEXT),
        ("DECIMAL(18, 2)", Kind.NUMBER),
        ("DOUBLE PRECISION", Kind.NUMBER),
        ("BIT", Kind.OTHER),
    ],
)
def test_types_of_the_catalogue_have_kinds(name: str, kind: Kind) -> None:
    assert DIALECTS["tsql"].kind_of(name) is kind
