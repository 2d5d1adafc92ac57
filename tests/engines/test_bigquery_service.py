"""BigQuery as an engine: what it reads and refuses, and how jobs end.

Its SQL is run by Google's reference evaluator; `tests.servers.bigquery_http` says what of the
service is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from kpidsl.engines.base import EngineError, ForeignKey, Scan, TableFacts, TableKeys, ValueType
from tests.servers.asking import ctrl_c, failure, keeps_nothing, known, meanwhile

if TYPE_CHECKING:
    from kpidsl.engines.bigquery import BigQueryEngine
    from tests.servers.bigquery_http import Service

pytestmark = pytest.mark.googlesql

URL = "bigquery://shop-project/shop?location=EU"
FOREVER = "SELECT x FROM FOREVER"
TYPES = {
    "id": "INT64",
    "amount": "NUMERIC",
    "fine": "BIGNUMERIC",
    "weight": "DOUBLE",
    "paid_at": "TIMESTAMP",
    "stored": "DATETIME",
    "day": "DATE",
    "channel": "STRING",
    "is_open": "BOOL",
}
ROWS = [
    (
        *(1, Decimal("10.10"), Decimal("0." + "0" * 37 + "1"), 0.5),
        *(datetime(2026, 3, 28, 23, 30, 0, 123456, UTC), datetime(2026, 3, 28, 23, 30)),  # noqa: DTZ001
        *(date(2026, 3, 28), "a", True),
    ),
    (
        *(9007199254740993, Decimal("99999999999999999999999999999.999999999"), Decimal(2), 1.5),
        *(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30)),  # noqa: DTZ001
        *(date(2026, 3, 29), None, False),
    ),
]
KEYS = {
    "tableConstraints": {
        "primaryKey": {"columns": ["id"]},
        "foreignKeys": [
            {
                "name": "fk",
                "referencedTable": {
                    "projectId": "shop-project",
                    "datasetId": "shop",
                    "tableId": "channels",
                },
                "columnReferences": [
                    {"referencingColumn": "channel", "referencedColumn": "name"},
                ],
            }
        ],
    }
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    from tests.oracle.googlesql_worker import Given  # noqa: PLC0415 -- of the extra `googlesql`
    from tests.servers.bigquery import bigquery_service  # noqa: PLC0415 -- its client is an extra

    tables = (Given("sales", TYPES, ROWS), Given("channels", {"name": "STRING"}, []))
    with (
        pytest.MonkeyPatch.context() as patch,
        bigquery_service(
            tmp_path_factory.mktemp("account"), patch, *tables, descriptions={"sales": KEYS}
        ) as found,
    ):
        yield found


@contextmanager
def opened(url: str = URL, **options: Any) -> Iterator[BigQueryEngine]:
    from kpidsl.engines.bigquery import BigQueryEngine  # noqa: PLC0415 -- its client is an extra

    settings: dict[str, Any] = {"timeout": 20, "rows": 1000, "billed": None, "tag": "kpidsl 1.0"}
    engine, found = BigQueryEngine.open(known(url), "Europe/Berlin", **settings | options)
    assert engine is not None, found
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture
def engine(service: Service) -> Iterator[BigQueryEngine]:
    service.jobs.clear()
    with opened() as engine:
        yield engine


# --- values --------------------------------------------------------------------------------


def test_values_have_the_types_of_answers(engine: BigQueryEngine) -> None:
    """Berlin is one hour before UTC until 01:00 of 29 March 2026, then two; no digit is lost."""
    table = engine.run("SELECT * FROM sales ORDER BY id")
    assert table.columns == tuple(TYPES)
    assert (
        table.rows
        == [
            (
                *ROWS[0][:4],
                *(datetime(2026, 3, 29, 0, 30, 0, 123456), datetime(2026, 3, 28, 23, 30)),  # noqa: DTZ001
                *ROWS[0][6:],
            ),
            (
                *ROWS[1][:4],
                *(datetime(2026, 3, 29, 3, 30), datetime(2026, 3, 29, 1, 30)),  # noqa: DTZ001
                *ROWS[1][6:],
            ),
        ]
    )


def test_values_have_the_types_that_are_asked_for(engine: BigQueryEngine) -> None:
    sql = "SELECT SUM(CAST(id AS BIGNUMERIC)), SUM(id), AVG(weight), COUNT(*), SUM(fine) FROM sales"
    types = [
        *(ValueType.EXACT, ValueType.MONEY, ValueType.FLOAT, ValueType.FLOAT, ValueType.EXACT),
    ]
    [row] = engine.run(sql, types).rows
    expected = (
        *(9007199254740994, Decimal(9007199254740994), 1.0, 2.0),
        Decimal("2." + "0" * 37 + "1"),
    )
    assert [(type(value), value) for value in row] == [(type(item), item) for item in expected]


def test_signs_of_parameters_are_text(engine: BigQueryEngine) -> None:
    assert engine.run("SELECT '50% off :x @y ? %s %%', MOD(7, 4)").rows == [
        ("50% off :x @y ? %s %%", 3)
    ]


def test_an_answer_without_rows_has_columns(engine: BigQueryEngine) -> None:
    table = engine.run("SELECT id, day FROM sales WHERE id = 3")
    assert (table.columns, table.rows) == (("id", "day"), [])


def test_rows_of_several_pages_keep_their_order(engine: BigQueryEngine) -> None:
    sql = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 1000)) AS n ORDER BY n DESC"
    assert engine.run(sql).rows == [(number,) for number in range(1000, 0, -1)]


# --- reading only --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (id INT64)",
        "INSERT INTO sales (id) VALUES (3)",
        "DROP TABLE sales",
        "SELECT 1; DROP TABLE sales",
    ],
)
def test_nothing_is_written(service: Service, engine: BigQueryEngine, statement: str) -> None:
    """What a dry run calls no SELECT never becomes a job."""
    kind, text = failure(engine, statement)
    assert kind == "writing"
    assert "no SELECT" in text
    assert service.ran == []
    with pytest.raises(EngineError):
        engine.decimals(statement)


def test_nothing_is_kept(engine: BigQueryEngine) -> None:
    assert keeps_nothing(engine)


# --- what fails ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT * FROM sale", "missing table", "shop-project:shop.sale"),
        ("SELECT ammount FROM sales", "missing column", 'no such column: "ammount"'),
        ("SELECT s.ammount FROM sales AS s", "missing column", 'no such column: "ammount"'),
        ("SELECT CAST(channel AS INT64) FROM sales", "value", "Bad int64 value: a"),
        ("SELECT CAST(channel AS DATE) FROM sales", "value", "'a'"),
        ("SELECT SUM(channel) FROM sales", "value", "SUM"),
        ("SELECT 9223372036854775807 + id FROM sales", "overflow", "int64 overflow"),
        ("SELECT SUM(amount) * 10 FROM sales", "overflow", "numeric overflow"),
        ("SELECT 1 / (id - 1) FROM sales", "division", "division by zero"),
        ("SELECT nosuch(id) FROM sales", "other", "nosuch"),
        ("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 1001)) AS n", "too many rows", "1,000"),
        ("SELECT SERVICE_ERROR('accessDenied', 'Access Denied: Table t')", "permission", "Table t"),
        ("SELECT SERVICE_ERROR('quotaExceeded', 'Custom quota exceeded')", "quota", "Custom quota"),
        (
            "SELECT SERVICE_ERROR('bytesBilledLimitExceeded', 'Query exceeded limit')",
            "too many bytes to read",
            "exceeded limit",
        ),
        ("SELECT SERVICE_ERROR('resourcesExceeded', 'Resources exceeded')", "other", "Resources"),
        ("SELECT SERVICE_ERROR('backendError', 'Try again')", "lost", "Try again"),
    ],
)
def test_failures_have_kinds(
    engine: BigQueryEngine, capfd: pytest.CaptureFixture[str], sql: str, kind: str, said: str
) -> None:
    found, text = failure(engine, sql)
    assert found == kind
    assert said in text
    assert "\n" not in text
    assert "http" not in text
    assert capfd.readouterr() == ("", "")


# --- stopping ------------------------------------------------------------------------------


def stopped(service: Service) -> bool:
    [job] = service.jobs.values()
    return job.cancelled.is_set() and not job.runs


def test_a_job_is_cancelled_in_time(service: Service) -> None:
    service.jobs.clear()
    with opened(timeout=3) as engine:
        assert failure(engine, FOREVER) == ("timeout", "stopped after 3 s")
        assert stopped(service)


def test_a_job_is_cancelled(service: Service, engine: BigQueryEngine) -> None:
    with meanwhile(engine.cancel, lambda: service.jobs, again=True):
        assert failure(engine, FOREVER)[0] == "cancelled"
    assert stopped(service)
    assert engine.run("SELECT 1").rows == [(1,)]


def test_ctrl_c_cancels_the_job(service: Service, engine: BigQueryEngine) -> None:
    with pytest.raises(KeyboardInterrupt), meanwhile(ctrl_c(), lambda: service.jobs):
        engine.run(FOREVER)
    assert stopped(service)


def test_several_questions_at_once(engine: BigQueryEngine) -> None:
    def asked(number: int) -> object:
        return engine.run(f"SELECT {number}").rows[0][0]

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(asked, range(5))) == list(range(5))


# --- jobs ----------------------------------------------------------------------------------


def test_what_the_service_is_told_of_a_job(service: Service) -> None:
    service.jobs.clear()
    with opened(billed=10**9, timeout=60) as engine:
        engine.run("SELECT 1")
    [job] = service.jobs.values()
    query = job.settings["query"]
    assert job.asked["jobReference"]["location"] == "EU"
    assert job.settings["labels"] == {"made_by": "kpidsl-1-0"}
    assert job.settings["jobTimeoutMs"] == "70000"
    assert query["maximumBytesBilled"] == "1000000000"
    assert query["defaultDataset"] == {"projectId": "shop-project", "datasetId": "shop"}
    assert query["useLegacySql"] is False


def test_a_dry_run_tells_what_would_be_read(service: Service, engine: BigQueryEngine) -> None:
    """Two rows of nine columns, by the count of the tests' service; it is asked once for a job."""
    assert engine.estimate("SELECT 1") == Scan(bytes=0)
    assert engine.estimate("SELECT id FROM sales") == Scan(bytes=144)
    assert service.ran == []
    service.dry.clear()
    engine.run("SELECT id FROM sales")
    assert service.dry == []
    engine.run("SELECT id FROM sales")
    assert len(service.dry) == 1


def test_what_asks_for_no_row_is_no_job(service: Service, engine: BigQueryEngine) -> None:
    """The service would read, and bill, all rows."""
    sql = "SELECT * FROM sales LIMIT 0"
    table = engine.run(sql)
    assert (table.columns, table.rows) == (tuple(TYPES), [])
    assert engine.estimate(sql) == Scan(bytes=0)
    assert service.ran == []


def test_what_changes_nothing_is_tried_again(service: Service, engine: BigQueryEngine) -> None:
    service.unready = 1
    assert engine.run("SELECT 1").rows == [(1,)]
    assert service.unready == 0


# --- the catalogue -------------------------------------------------------------------------


def test_tables_columns_and_sizes(engine: BigQueryEngine) -> None:
    assert engine.tables() == ["sales", "channels"]
    types = engine.columns(["sales"])
    assert types == TYPES | {"weight": "FLOAT64"}
    assert engine.columns(["shop", "sales"]) == types
    assert engine.columns(["shop-project", "shop", "sales"]) == types
    assert engine.columns(["sale"]) == {}
    assert engine.columns(["it's", "a `table`"]) == {}
    assert engine.facts(["sales"]) == TableFacts(2, {"amount": 9, "fine": 38})
    assert engine.facts(["sale"]) == TableFacts()
    foreign = ForeignKey(("channel",), ("shop", "channels"), ("name",))
    assert engine.keys(["sales"]) == TableKeys(("id",), (foreign,))
    assert engine.keys(["channels"]) == TableKeys()


def test_decimals_of_a_statement(engine: BigQueryEngine) -> None:
    sql = "SELECT amount, fine, id, amount + fine AS both FROM sales"
    assert engine.decimals(sql) == {"amount": 9, "fine": 38, "both": 38}
    with pytest.raises(EngineError):
        engine.decimals("SELECT nothing FROM sales")


@pytest.mark.usefixtures("service")
def test_without_a_data_set_tables_are_named_with_theirs() -> None:
    with opened("bigquery://shop-project") as engine:
        assert engine.tables() == ["shop.sales", "shop.channels"]
        assert engine.columns(["shop", "channels"]) == {"name": "STRING"}
        assert engine.columns(["channels"]) == {}
