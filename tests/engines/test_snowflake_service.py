"""Snowflake as an engine: its connector against a service of the tests' own, which speaks its
protocol before DuckDB. How values, errors and settings travel is real, what Snowflake does is not
shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from kpidsl.conformance.proving import outcomes
from kpidsl.conformance.verdict import Verdict
from kpidsl.engines.base import EngineError, ForeignKey, Scan, TableFacts, TableKeys
from kpidsl.sql.dialects import DIALECTS, Kind
from tests.conformance.test_parsed import REFUSED, TYPED
from tests.servers.asking import ctrl_c, failure, known, meanwhile, unconnected
from tests.servers.snowflake_http import Service, snowflake_service

if TYPE_CHECKING:
    from kpidsl.engines.snowflake import SnowflakeEngine

pytestmark = pytest.mark.snowflake

TABLES = (
    "CREATE SCHEMA SALES",
    """CREATE TABLE SALES.ORDERS (
      ID INTEGER, AMOUNT DECIMAL(12, 2), "net price" DOUBLE, PAID_AT TIMESTAMPTZ, DAY DATE,
      CHANNEL VARCHAR
    )""",
    """INSERT INTO SALES.ORDERS VALUES
      (1, 10.10, 0.5, '2026-03-28 23:30+00', '2026-03-28', 'a'),
      (2, 20.00, 1.5, '2026-03-29 01:30+00', '2026-03-29', NULL)""",
)

KEYS: dict[tuple[str, str], list[tuple[Any, ...]]] = {
    ("PRIMARY", '"SALES"."ORDERS"'): [("LINE", "2"), ("ID", "1")],
    ("IMPORTED", '"SALES"."ORDERS"'): [
        ("SALES", "SHOPS", "OF", "REGION", "shop", "2"),
        ("SALES", "SHOPS", "ID", "SHOP", "shop", "1"),
    ],
}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with snowflake_service() as service:
        for statement in TABLES:
            service.con.execute(statement)
        service.keys = KEYS
        yield service


@contextmanager
def opened(url: str, **options: Any) -> Iterator[SnowflakeEngine]:
    from kpidsl.engines.snowflake import SnowflakeEngine  # noqa: PLC0415 -- SQLAlchemy is an extra

    settings: dict[str, Any] = {"timeout": 20, "rows": 1000, "tag": "kpidsl 1"} | options
    engine, found = SnowflakeEngine.open(known(url), "Europe/Berlin", **settings)
    assert isinstance(engine, SnowflakeEngine), found
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture(scope="module")
def engine(service: Service) -> Iterator[SnowflakeEngine]:
    with opened(service.url()) as engine:
        yield engine


def test_values_have_the_types_of_answers(engine: SnowflakeEngine) -> None:
    """Berlin is one hour before UTC until 01:00 of 29 March 2026, then two."""
    table = engine.run('SELECT * FROM "SALES"."ORDERS" ORDER BY "ID"')
    assert table.columns == ("ID", "AMOUNT", "net price", "PAID_AT", "DAY", "CHANNEL")
    assert table.rows == [
        (1, Decimal("10.10"), 0.5, datetime(2026, 3, 29, 0, 30), date(2026, 3, 28), "a"),  # noqa: DTZ001
        (2, Decimal("20.00"), 1.5, datetime(2026, 3, 29, 3, 30), date(2026, 3, 29), None),  # noqa: DTZ001
    ]


def test_digits_and_signs_are_kept(engine: SnowflakeEngine) -> None:
    sql = (
        "SELECT 9007199254740993 AS a, CAST('123456789012345678901234567890.12345678' AS "
        "DECIMAL(38, 8)) AS b, '50% off :x %s' AS c, 0.1 + 0.2 AS d, FALSE AS e, "
        "CAST('2026-01-02 03:04:05.678901' AS TIMESTAMP_NTZ) AS f"
    )
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901)  # noqa: DTZ001
    assert engine.run(sql).rows == [
        (
            *(9007199254740993, Decimal("123456789012345678901234567890.12345678")),
            *("50% off :x %s", Decimal("0.3"), False, moment),
        )
    ]


def test_every_case_holds_over_the_connection(
    monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    from kpidsl.engines.snowflake import SnowflakeEngine  # noqa: PLC0415 -- SQLAlchemy is an extra

    monkeypatch.setitem(DIALECTS, "snowflake", TYPED["snowflake"])
    engines: list[SnowflakeEngine] = []

    def connect(zone: str) -> SnowflakeEngine:
        address = known(service.url())
        engines.append(SnowflakeEngine(address, timezone=zone, timeout=20, rows=1000))
        return engines[-1]

    found = list(outcomes(connect, lambda _: None))
    for engine in engines:
        engine.close()
    wrong = [item for item in found if item.verdict in {Verdict.DIFFERS, Verdict.FAILED}]
    assert [(item.case.name, item.told, item.got) for item in wrong] == []
    refused = {item.case.name for item in found if item.verdict is Verdict.REFUSED}
    assert refused == REFUSED["snowflake"]


def test_what_a_session_is_told(service: Service, engine: SnowflakeEngine) -> None:
    assert engine.run("SELECT 1 AS one").rows == [(1,)]
    assert "/* kpidsl 1 */ SELECT 1 AS one\nLIMIT 1001" in service.asked
    assert service.parameters == {
        "TIMEZONE": "Europe/Berlin",
        "STATEMENT_TIMEOUT_IN_SECONDS": "20",
        "QUERY_TAG": "kpidsl",
        "MULTI_STATEMENT_COUNT": "1",
        "WEEK_START": "1",
        "DEFAULT_NULL_ORDERING": "LAST",
        "QUOTED_IDENTIFIERS_IGNORE_CASE": "FALSE",
        "ROWS_PER_RESULTSET": "0",
        "DATE_INPUT_FORMAT": "YYYY-MM-DD",
        "DATE_OUTPUT_FORMAT": "YYYY-MM-DD",
        "TIMESTAMP_INPUT_FORMAT": "AUTO",
    }
    assert service.login["CLIENT_ENVIRONMENT"]["APPLICATION"] == "kpidsl"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM SALES.ORDERS",
        "CREATE TABLE MORE AS SELECT 1 AS id",
        "/* SELECT */ INSERT INTO SALES.ORDERS (ID) SELECT 3",
        "-- SELECT\nCALL drop_all()",
        "SELECT 1; DROP TABLE SALES.ORDERS",
        "SELECT 3 AS ID ->> INSERT INTO SALES.ORDERS (ID) SELECT ID FROM $1",
        "WITH gone AS PROCEDURE () RETURNS INT LANGUAGE SQL AS 'DELETE FROM t' CALL gone()",
    ],
)
def test_only_select_is_run(service: Service, engine: SnowflakeEngine, sql: str) -> None:
    before = len(service.asked)
    assert failure(engine, sql)[0] == "writing"
    with pytest.raises(EngineError, match=r"only SELECT|one SELECT"):
        engine.estimate(sql)
    assert all(sql not in asked for asked in service.asked[before:])


def test_signs_within_texts_names_and_comments_are_read(engine: SnowflakeEngine) -> None:
    sql = r"""SELECT 'it''s ; \\' AS "a ->> b;" /* ; */ -- ;"""
    assert engine.run(sql).rows == [("it's ; \\",)]


def test_no_more_rows_than_allowed(service: Service) -> None:
    ordered = 'SELECT "ID" FROM "SALES"."ORDERS" ORDER BY "ID" DESC'
    with opened(service.url(), rows=1) as engine:
        assert engine.run(f"{ordered} LIMIT 1").rows == [(2,)]
        assert failure(engine, ordered)[0] == "too many rows"


@pytest.mark.parametrize(
    ("code", "state", "said", "kind", "told"),
    [
        (
            2003,
            "42S02",
            "SQL compilation error: Object X does not exist or not authorized.",
            "missing table",
            "SQL compilation error: Object X does not exist or not authorized.",
        ),
        (904, "42000", "invalid identifier X", "missing column", "invalid identifier X"),
        (3001, "42501", "Insufficient privileges", "permission", "Insufficient privileges"),
        (100051, "22012", "Division by zero", "division", "Division by zero"),
        (
            100046,
            "22003",
            "Number out of representable range",
            "overflow",
            "Number out of representable range",
        ),
        (
            100038,
            "22018",
            "Numeric value is not recognized",
            "value",
            "Numeric value is not recognized",
        ),
        (606, "57P03", "No active warehouse selected", "other", "No active warehouse selected"),
    ],
)
def test_failures_have_kinds(
    engine: SnowflakeEngine, code: int, state: str, said: str, kind: str, told: str
) -> None:
    found = failure(engine, f"SELECT SNOWFLAKE_ERROR({code}, '{state}', '{said}')")
    assert found == (kind, told)


def test_a_table_or_column_that_is_not_there(engine: SnowflakeEngine) -> None:
    assert failure(engine, 'SELECT * FROM "NOWHERE"')[0] == "missing table"
    assert failure(engine, 'SELECT "X" FROM "SALES"."ORDERS"') == (
        "missing column",
        'no such column: "X"',
    )


def test_a_statement_is_stopped_in_time(service: Service) -> None:
    with opened(service.url(), timeout=1) as engine:
        assert failure(engine, "SELECT SYSTEM$WAIT(30)") == ("timeout", "stopped after 1 s")
        assert engine.run("SELECT 1 AS one").rows == [(1,)]


def test_a_statement_is_cancelled_on_the_service(service: Service, engine: SnowflakeEngine) -> None:
    service.waiting.clear()
    with meanwhile(engine.cancel, service.waiting.is_set):
        assert failure(engine, "SELECT SYSTEM$WAIT(15)")[0] == "cancelled"
    assert service.cancelled.is_set()


def test_ctrl_c_cancels_on_the_service(service: Service, engine: SnowflakeEngine) -> None:
    service.waiting.clear()
    with pytest.raises(KeyboardInterrupt), meanwhile(ctrl_c(), service.waiting.is_set):
        engine.run("SELECT SYSTEM$WAIT(15)")
    assert service.cancelled.is_set()
    assert engine.run("SELECT 1 AS one").rows == [(1,)]


def test_the_catalogue_has_names_as_they_are(engine: SnowflakeEngine) -> None:
    assert engine.tables() == ["SALES.ORDERS"]
    assert engine.columns(("SALES", "ORDERS")) == {
        "ID": "NUMBER",
        "AMOUNT": "DECIMAL(12, 2)",
        "net price": "FLOAT",
        "PAID_AT": "TIMESTAMP_LTZ",
        "DAY": "DATE",
        "CHANNEL": "TEXT",
    }
    assert engine.facts(("SALES", "ORDERS")) == TableFacts(2, {"ID": 0, "AMOUNT": 2})
    assert engine.columns(("SALES", "NOWHERE")) == {}


def test_keys_as_they_are_declared(engine: SnowflakeEngine) -> None:
    """Snowflake tells of them by `SHOW`, in any order."""
    assert engine.keys(("SALES", "ORDERS")) == TableKeys(
        ("ID", "LINE"), (ForeignKey(("SHOP", "REGION"), ("SALES", "SHOPS"), ("ID", "OF")),)
    )


def test_places_and_sizes_are_told(engine: SnowflakeEngine) -> None:
    sql = 'SELECT "AMOUNT", "net price", "DAY" FROM "SALES"."ORDERS"'
    assert engine.decimals(sql) == {"AMOUNT": 2}
    assert engine.estimate(sql) == Scan(bytes=4096)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("s3cret%2Fof%40tests", "hunter2", "K933"),
        ("127.0.0.1", "nowhere.invalid", "K931"),
        (":{port}/", ":1/", "K932"),
        ("protocol=http", "protocol=https", "K934"),
        ("protocol=http", "protocol=gopher", "K936"),
        ("protocol=http", "host=example.com", "K936"),
        ("protocol=http", "protocol=http&colour=red", "K936"),
    ],
)
def test_why_it_is_not_connected_to(service: Service, old: str, new: str, code: str) -> None:
    from kpidsl.engines.snowflake import SnowflakeEngine  # noqa: PLC0415 -- SQLAlchemy is an extra

    url = service.url()
    assert old.format(port=service.port) in url
    found = unconnected(url.replace(old.format(port=service.port), new), kind=SnowflakeEngine)
    assert found.code == code, found.message
    assert "hunter2" not in found.message
    assert "s3cret" not in found.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DATE", Kind.DAY),
        ("TIMESTAMP_NTZ", Kind.MOMENT),
        ("TIMESTAMP_LTZ", Kind.ZONED),
        ("TIMESTAMP_TZ", Kind.ZONED),
        ("TEXT", Kind.TEXT),
        ("DECIMAL(12, 2)", Kind.NUMBER),
        ("NUMBER", Kind.NUMBER),
        ("FLOAT", Kind.NUMBER),
        ("BOOLEAN", Kind.OTHER),
    ],
)
def test_a_column_holds_what_snowflakes_type_says(name: str, kind: Kind) -> None:
    assert DIALECTS["snowflake"].kind_of(name) is kind


def test_a_session_that_has_ended_is_a_lost_connection(engine: SnowflakeEngine) -> None:
    with pytest.raises(EngineError) as failed:
        engine.run("SELECT SNOWFLAKE_ERROR(390111, '08001', 'Session no longer exists')")
    assert failed.value.kind == "lost"
