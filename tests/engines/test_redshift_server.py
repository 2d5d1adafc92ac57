"""Connecting as to Redshift, to a PostgreSQL: the protocol and its driver are the same, and so are
logins, time limits, and how statements are stopped. Redshift's catalogue is not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from kpidsl.engines.base import EngineError, Scan, TableFacts, TableKeys
from kpidsl.engines.servers.redshift import Redshift
from tests.servers.asking import failure, meanwhile, opened, unconnected

if TYPE_CHECKING:
    from kpidsl.engines.attended import Stoppable
    from kpidsl.engines.server import ServerEngine
    from tests.servers.postgres import PostgresServer

SLEEP = "SELECT pg_sleep(30)"


def as_redshift(url: str) -> str:
    return f"redshift://{url.partition('://')[2]}?sslmode=disable"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_url: str) -> str:
    from tests.servers.redshift_catalogue import SETTINGS  # noqa: PLC0415 -- SQLAlchemy is an extra

    postgres_server.run(postgres_url, *SETTINGS)
    return postgres_url


@pytest.fixture
def url(postgres_url: str) -> str:
    return as_redshift(postgres_url)


@pytest.fixture
def engine(url: str) -> Iterator[ServerEngine]:
    with opened(url) as engine:
        yield engine


@pytest.mark.postgres
def test_values_and_settings(engine: ServerEngine) -> None:
    """Berlin is one hour before UTC until 01:00 of 29 March 2026, then two."""
    table = engine.run(
        "SELECT CAST(10.10 AS DECIMAL(12, 2)) AS amount, CAST(0.1 AS DOUBLE PRECISION) AS float, "
        "CAST('2026-03-29 01:30+00' AS TIMESTAMPTZ) AS at, CAST('2026-03-28' AS DATE) AS day, "
        "'50% off :x ::y %s' AS text, CAST(9007199254740993 AS BIGINT) AS whole, 7 % 4 AS rest"
    )
    moment = datetime(2026, 3, 29, 3, 30)  # noqa: DTZ001
    assert table.rows == [
        (
            *(Decimal("10.10"), 0.1, moment, date(2026, 3, 28)),
            *("50% off :x ::y %s", 9007199254740993, 3),
        )
    ]
    asked = "SELECT current_setting('timezone'), current_setting('transaction_read_only')"
    assert engine.run(asked).rows == [("Europe/Berlin", "on")]
    assert engine.run("SELECT current_setting('application_name')").rows == [("kpidsl",)]
    assert engine.run("SELECT current_setting('redshift.rounding')").rows == [("on",)]


@pytest.mark.postgres
def test_rows_stay_in_order_and_are_no_more_than_allowed(url: str) -> None:
    ordered = "SELECT n FROM generate_series(1, 9) AS t(n) ORDER BY n DESC"
    with opened(url, rows=3) as engine:
        assert engine.run(f"{ordered} LIMIT 3").rows == [(9,), (8,), (7,)]
        assert failure(engine, ordered)[0] == "too many rows"
        assert failure(engine, f"{ordered} LIMIT 4")[0] == "too many rows"


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("WITH gone AS (DELETE FROM sales RETURNING id) SELECT * FROM gone", "writing"),
        ("SELECT 1 INTO more", "writing"),
        ("SELECT * FROM nowhere", "missing table"),
        ("SELECT nothing FROM sales", "missing column"),
        ("SELECT 1 / 0", "division"),
        ("SELECT CAST('x' AS INTEGER)", "value"),
        ("SELECT CAST(3000000000 AS INTEGER)", "overflow"),
    ],
)
def test_failures_have_kinds(
    postgres_server: PostgresServer, postgres_url: str, sql: str, kind: str
) -> None:
    postgres_server.run(postgres_url, "CREATE TABLE sales (id INTEGER)")
    with opened(as_redshift(postgres_url)) as engine:
        assert failure(engine, sql)[0] == kind


@pytest.mark.postgres
def test_no_second_statement_ends_the_transaction(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    sql = "SELECT 1; COMMIT; CREATE TABLE more (id INTEGER); SELECT 1"
    with opened(as_redshift(postgres_url)) as engine:
        assert failure(engine, sql)[0] == "writing"
        for asked in (engine.estimate, engine.decimals):
            with pytest.raises(EngineError, match="more than one SELECT"):
                asked(sql)
        assert engine.run("SELECT 'it''s;' AS \"a;\" /* ; */ -- ;").rows == [("it's;",)]
    assert postgres_server.run(postgres_url, "SELECT to_regclass('more')") == [(None,)]


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["x'; COMMIT; CREATE TABLE more (id INTEGER); --", "a:b", "a\\"])
def test_a_name_is_not_written_into_a_statement_as_it_is(engine: ServerEngine, name: str) -> None:
    """SQLAlchemy's dialect would do so, to look it up."""
    import sqlalchemy  # noqa: PLC0415 -- an extra brings it

    sent: list[str] = []

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
    def note(_con: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    try:
        for path in ([name], [name, "sales"], ["shop", name]):
            assert engine.columns(path) == {}
            assert engine.keys(path) == TableKeys()
            assert engine.facts(path) == TableFacts()
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", note)
    assert not any(name in statement for statement in sent)


@pytest.mark.postgres
def test_the_server_stops_a_statement_in_time(
    postgres_server: PostgresServer, postgres_url: str, stopped_by_us: list[Stoppable]
) -> None:
    with opened(as_redshift(postgres_url), timeout=2) as engine:
        assert failure(engine, SLEEP) == ("timeout", "stopped after 2 s")
        assert stopped_by_us == []
        assert postgres_server.asleep(postgres_url) == []
        assert engine.run("SELECT 1").rows == [(1,)]


@pytest.mark.postgres
def test_a_statement_is_cancelled_on_the_server(
    postgres_server: PostgresServer, postgres_url: str, engine: ServerEngine
) -> None:
    with meanwhile(engine.cancel, lambda: postgres_server.asleep(postgres_url)):
        assert failure(engine, SLEEP)[0] == "cancelled"
    assert postgres_server.asleep(postgres_url) == []


@pytest.mark.postgres
def test_a_connection_that_is_lost(
    postgres_server: PostgresServer, postgres_url: str, engine: ServerEngine
) -> None:
    with meanwhile(
        lambda: postgres_server.end_sleep(postgres_url),
        lambda: postgres_server.asleep(postgres_url),
    ):
        assert failure(engine, SLEEP)[0] == "lost"
    assert engine.run("SELECT 1").rows == [(1,)]


@pytest.mark.postgres
@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"password": "hunter2"}, "K933", "password authentication failed"),
        ({"database": "nowhere"}, "K935", '"nowhere" does not exist'),
        ({"host": "nowhere.invalid"}, "K931", "could not translate host name"),
        ({"port": "1"}, "K932", "refused"),
        ({"options": "?sslmode=require"}, "K934", "SSL"),
        ({"options": ""}, "K934", "SSL"),  # certificates are checked unless the url says otherwise
        ({"options": "?sslmod=x"}, "K936", "sslmod"),
    ],
)
def test_why_it_is_not_connected_to(
    postgres_server: PostgresServer, change: dict[str, str], code: str, said: str
) -> None:
    parts = {
        "password": "p%40ss%2Fw%25rd",
        "host": "127.0.0.1",
        "port": str(postgres_server.port),
        "database": "postgres",
        "options": "?sslmode=disable",
    } | change
    found = unconnected(
        "redshift://postgres:{password}@{host}:{port}/{database}{options}".format(**parts)
    )
    assert found.code == code
    assert said in found.message
    assert "hunter2" not in found.message


@pytest.mark.postgres
def test_the_rows_of_a_table_by_its_statistics(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    """Redshift keeps them where PostgreSQL does, and its plans name what is read as PostgreSQL's
    do in words."""
    postgres_server.run(
        postgres_url,
        "CREATE TABLE sales AS SELECT n FROM generate_series(1, 500) AS t(n)",
        "ANALYZE sales",
    )
    with opened(as_redshift(postgres_url)) as engine:
        [[rows]] = engine.run(Redshift().rows(("public", "sales"))).rows
        assert rows == 500
        assert engine.run(Redshift().rows(("sales",))).rows == [(500,)]
        assert engine.estimate("SELECT COUNT(*) FROM sales WHERE n < 10").rows == 500


PLAN = (
    ("XN Hash Join DS_DIST_NONE  (cost=2.00..9.00 rows=7 width=4)",),
    ("  ->  XN Seq Scan on orders o  (cost=0.00..8.00 rows=800 width=4)",),
    ("  ->  XN Hash  (cost=1.00..1.00 rows=30 width=4)",),
    ("        ->  XN Seq Scan on shops  (cost=0.00..1.00 rows=30 width=4)",),
    ("              Filter: (kind = 'x'::text)",),
)


def test_a_plan_tells_the_rows_of_what_is_scanned() -> None:
    found = Redshift().scanned(PLAN, lambda path: 90 if path == ("shops",) else None)
    assert found == Scan(rows=800 + 90)


class ComputeNodeError(Exception):
    pgcode = "XX000"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Numeric data overflow (addition)", "overflow"),
        ("Divide by zero", "division"),
        ("Assert", "other"),
    ],
)
def test_what_nodes_that_compute_say(said: str, kind: str) -> None:
    found = Redshift().failed(ComputeNodeError(said), "SELECT 1")
    assert (found.kind, str(found)) == (kind, said)
