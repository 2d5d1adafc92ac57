"""The shop that the benchmarks ask about: seeded, made inside DuckDB, one database file."""

from __future__ import annotations

import os
from pathlib import Path
from string import Template

import duckdb

LINES = 10_000_000
"""Order lines at scale 1; customers, orders and events grow with them."""
DAYS = 1_095
FIRST_DAY = "2023-01-01"
VERSION = 1
"""Part of the file's name: a changed generator never reads an old file."""

_MACROS = (
    # A uniform integer in [0, n) from a row number and a salt: the same on every run.
    "CREATE TEMP MACRO pick(i, salt, n) AS (hash(i, salt) % n)::BIGINT",
    "CREATE TEMP MACRO unit(i, salt) AS (hash(i, salt) % 1000000) / 1000000.0",
)

_TABLES = {
    "regions": """
        SELECT i + 1 AS region_id,
               ['North', 'South', 'East', 'West', 'Centre', 'Islands', 'Coast', 'Border'][i + 1]
                 AS region
        FROM range(8) AS r(i)""",
    "channels": """
        SELECT i + 1 AS channel_id,
               ['search', 'social', 'email', 'direct', 'referral', 'display'][i + 1] AS channel
        FROM range(6) AS r(i)""",
    "products": """
        SELECT i + 1 AS product_id,
               'Product ' || lpad((i + 1)::VARCHAR, 4, '0') AS product,
               'Category ' || chr((65 + i % 20)::INTEGER) AS category,
               (5 + pick(i, 'price', 20000) / 100.0)::DECIMAL(12, 2) AS list_price
        FROM range($products) AS r(i)""",
    # One in a hundred has no region, one in two hundred a region that the table doesn't hold.
    "customers": """
        SELECT i + 1 AS customer_id,
               CASE WHEN pick(i, 'none', 100) = 0 THEN NULL
                    WHEN pick(i, 'orphan', 200) = 0 THEN 99
                    ELSE 1 + pick(i, 'region', 8) END AS region_id,
               ['consumer', 'business', 'school'][1 + pick(i, 'segment', 3)] AS segment,
               (100 * (1 + pick(i, 'credit', 50)))::DECIMAL(12, 2) AS credit_limit
        FROM range($customers) AS r(i)""",
    # A quarter of the customers buys half of the orders; one order in two hundred belongs to an
    # erased customer and one in five hundred has no channel. Orders are stored as they came in.
    "order_lines": """
        WITH orders AS (
          SELECT i AS order_id,
                 CASE WHEN pick(i, 'erased', 200) = 0 THEN $customers + 1 + pick(i, 'lost', 1000)
                      WHEN pick(i, 'loyal', 2) = 0
                        THEN 1 + pick(i, 'customer', ($customers / 4)::BIGINT)
                      ELSE 1 + pick(i, 'customer', $customers) END AS customer_id,
                 CASE WHEN pick(i, 'lost channel', 500) > 0 THEN 1 + pick(i, 'channel', 6) END
                   AS channel_id,
                 TIMESTAMP '$first_day' + to_seconds(i::DOUBLE * $seconds / $orders) AS ordered_at,
                 1 + pick(i, 'lines', 4) AS lines
          FROM range($orders) AS r(i))
        SELECT order_id, line, customer_id,
               1 + (unit(order_id * 4 + line, 'product') ** 2 * $products)::BIGINT % $products
                 AS product_id,
               channel_id,
               date_trunc('second', ordered_at) AS ordered_at,
               1 + pick(order_id * 4 + line, 'quantity', 3) AS quantity,
               (1 + pick(order_id * 4 + line, 'amount', 20000) / 100.0)::DECIMAL(12, 2) AS amount
        FROM (SELECT *, unnest(range(1, lines + 1)) AS line FROM orders)""",
    # Nobody of region 8 gives anything back.
    "refunds": """
        SELECT row_number() OVER (ORDER BY order_id) AS refund_id,
               order_id, customer_id, channel_id,
               ordered_at + to_days((1 + pick(order_id, 'back', 30))::INTEGER) AS refunded_at,
               amount
        FROM order_lines LEFT JOIN customers USING (customer_id)
        WHERE line = 1 AND pick(order_id, 'refund', 50) = 0 AND region_id IS DISTINCT FROM 8
          AND ordered_at < DATE '$first_day' + $days - 31""",
    "spend": """
        SELECT DATE '$first_day' + d::INTEGER AS day, c + 1 AS channel_id,
               'Campaign ' || (k + 1) AS campaign,
               (20 + pick(d * 100 + c * 10 + k, 'spend', 30000) / 100.0)::DECIMAL(12, 2) AS cost
        FROM range($days) AS a(d), range(6) AS b(c), range(5) AS e(k)""",
    # The last quarter's events. Each visitor has one to nine; most only look.
    "events": """
        WITH visitors AS (
          SELECT i AS visitor_id, 1 + pick(i, 'events', 9) AS events FROM range($visitors) AS r(i))
        SELECT row_number() OVER (ORDER BY seen_at, visitor_id, nth) AS event_id,
               visitor_id, seen_at, kind
        FROM (
          SELECT visitor_id, nth,
                 TIMESTAMP '2025-10-01' + to_seconds(
                   pick(visitor_id, 'start', 80 * 86400) + pick(visitor_id * 16 + nth, 'at', 777600)
                 ) AS seen_at,
                 CASE WHEN unit(visitor_id * 16 + nth, 'kind') < 0.62 THEN 'view'
                      WHEN unit(visitor_id * 16 + nth, 'kind') < 0.82 THEN 'cart'
                      WHEN unit(visitor_id * 16 + nth, 'kind') < 0.93 THEN 'checkout'
                      ELSE 'purchase' END AS kind
          FROM (SELECT *, unnest(range(1, events + 1)) AS nth FROM visitors))
        ORDER BY event_id""",
}


def sizes(scale: float) -> dict[str, int]:
    """Return how many of what there are at a scale."""
    return {
        "products": max(40, round(2_000 * min(1.0, scale * 10))),
        "customers": max(100, round(500_000 * scale)),
        "orders": max(200, round(LINES / 2.5 * scale)),
        "visitors": max(100, round(1_000_000 * scale)),
        "days": DAYS,
        "seconds": DAYS * 86_400,
    }


def cache_folder() -> Path:
    """Return where databases are kept: `$KPIDSL_BENCH_DIR`, else the user's cache."""
    named = os.environ.get("KPIDSL_BENCH_DIR")
    base = os.environ.get("XDG_CACHE_HOME")
    cache = Path(base) if base else Path.home() / ".cache"
    return Path(named) if named else cache / "kpidsl-benchmarks"


def database(scale: float, folder: Path | None = None) -> Path:
    """Return the database file of a scale, made if it is not there yet."""
    folder = folder or cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"shop-v{VERSION}-{scale:g}.duckdb"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        _generate(unfinished, scale)
        unfinished.rename(path)
    return path


def _generate(path: Path, scale: float) -> None:
    values = {**sizes(scale), "first_day": FIRST_DAY}
    with duckdb.connect(str(path)) as con:
        con.execute("SET enable_progress_bar = false")
        for statement in _MACROS:
            con.execute(statement)
        for table, select in _TABLES.items():
            con.execute(f"CREATE TABLE {table} AS {Template(select).substitute(values)}")
        con.execute("CHECKPOINT")
