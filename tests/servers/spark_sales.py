"""Tables of sales in Spark's SQL, and what is read of them, whichever way leads there."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from kpidsl.engines.base import Engine, ValueType

TABLES = (
    """CREATE TABLE {}.sales (
      id INT, amount DECIMAL(12, 2), weight DOUBLE, paid_at TIMESTAMP, stored TIMESTAMP_NTZ,
      day DATE, channel STRING, `net price` DECIMAL(38, 9), pieces BIGINT
    ) USING parquet""",
    """INSERT INTO {}.sales VALUES
      (1, 10.10, 0.5, TIMESTAMP '2026-03-28 23:30:00Z', TIMESTAMP_NTZ '2026-03-28 23:30:00',
       DATE '2026-03-28', 'a', 1.5, 9007199254740993),
      (2, 20.00, 1.5, TIMESTAMP '2026-03-29 01:30:00Z', TIMESTAMP_NTZ '2026-03-29 01:30:00',
       DATE '2026-03-29', NULL, 2, 1)""",
    "CREATE VIEW {}.days AS SELECT day FROM {}.sales",
    "ANALYZE TABLE {}.sales COMPUTE STATISTICS",
)
COLUMNS = ("id", "amount", "weight", "paid_at", "stored", "day", "channel", "net price", "pieces")
ROWS = [
    (
        *(1, Decimal("10.10"), 0.5),
        *(datetime(2026, 3, 29, 0, 30), datetime(2026, 3, 28, 23, 30)),  # noqa: DTZ001
        *(date(2026, 3, 28), "a", Decimal("1.500000000"), 9007199254740993),
    ),
    (
        *(2, Decimal("20.00"), 1.5),
        *(datetime(2026, 3, 29, 3, 30), datetime(2026, 3, 29, 1, 30)),  # noqa: DTZ001
        *(date(2026, 3, 29), None, Decimal("2.000000000"), 1),
    ),
]
"""In Berlin, which is one hour before UTC until 01:00 of 29 March 2026, then two."""
BUSY = "SELECT SUM(SIN(a.id) * COS(b.id)) FROM RANGE(1000000) AS a CROSS JOIN RANGE(1000000) AS b"
"""A statement of some hours."""
WRITING = (
    "CREATE TABLE more (id INT)",
    "INSERT INTO sales (id) VALUES (3)",
    "DROP TABLE sales",
    "FROM sales INSERT INTO sales SELECT *",
    "SELECT 1; CREATE TABLE more (id INT)",
    "SELECT 1) AS x; CREATE TABLE more (id INT); SELECT * FROM (SELECT 1",
    "SET spark.sql.ansi.enabled = false",
)


def assert_types_that_are_asked_for(engine: Engine) -> None:
    sql = "SELECT SUM(pieces), SUM(pieces), AVG(id), COUNT(*), SUM(amount) FROM sales"
    types = [
        *(ValueType.EXACT, ValueType.MONEY, ValueType.FLOAT, ValueType.FLOAT, ValueType.EXACT),
    ]
    [row] = engine.run(sql, types).rows
    expected = (9007199254740994, Decimal(9007199254740994), 1.5, 2.0, Decimal("30.10"))
    assert [(type(value), value) for value in row] == [(type(item), item) for item in expected]
