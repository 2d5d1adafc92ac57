"""An answer is kept for as long as all that it comes from stays the same, and no longer.

Whether a question was asked again is told by the data: they are written over by others of the same
length, and the file's time is set back, which nothing but reading them would notice.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import duckdb
import pytest

import kpidsl
from kpidsl.api.loading import load
from tests.servers.asking import until

if TYPE_CHECKING:
    from tests.servers.mysql import MySQLServer
    from tests.servers.postgres import PostgresServer

EARLIER = 1_700_000_000_000_000_000
"""A time of files, in nanoseconds: long before any test."""
DEFINITIONS = """kpidsl 1
project p { currency: USD }
source sales {
  %s
  key: id
  time: day
  dimensions: [region]
  measure revenue: sum(amount) as USD
  measure odd: sum(sql"amount") as USD
}
entity buyer { in: [sales.region] }
funnel path { entity: buyer, within: 1d, step one: sales, step two: sales where region = "EU" }
"""
FILES = 'files: "sales.csv"'
ROWS = "id,day,region,amount\n1,2026-01-01,EU,1.00\n2,2026-02-01,US,2.00\n"


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches" / "kpidsl" / "answers.sqlite"


def shop(folder: Path, rows: str = ROWS, definitions: str = DEFINITIONS % FILES) -> Path:
    (folder / "shop.kpi").write_text(definitions)
    write(folder / "sales.csv", rows)
    return folder


def write(file: Path, text: str, time: int = EARLIER) -> None:
    file.write_text(text)
    os.utime(file, ns=(time, time))


def revenue(folder: Path, metric: str = "revenue", *, cache: bool = True) -> object:
    with load(folder, cache=cache) as project:
        return project.query(metric).values(metric)[0]


def test_an_answer_is_recalled_while_the_files_are_the_same(tmp_path: Path) -> None:
    assert revenue(shop(tmp_path)) == 3
    write(tmp_path / "sales.csv", ROWS.replace("2.00", "9.00"))
    assert revenue(tmp_path) == 3
    assert revenue(tmp_path, cache=False) == 10


@pytest.mark.parametrize(
    ("rows", "time", "expected"),
    [
        (ROWS.replace("2.00", "9.00"), EARLIER + 1, 10),  # as long, at another time
        (ROWS + "3,2026-03-01,US,4.00\n", EARLIER, 7),  # at the same time, and longer
    ],
)
def test_files_that_differ_are_read(tmp_path: Path, rows: str, time: int, expected: int) -> None:
    assert revenue(shop(tmp_path)) == 3
    write(tmp_path / "sales.csv", rows, time)
    assert revenue(tmp_path) == expected


def test_another_file_at_the_same_place_is_read(tmp_path: Path) -> None:
    assert revenue(shop(tmp_path)) == 3
    write(tmp_path / "new.csv", ROWS.replace("2.00", "9.00"))
    (tmp_path / "new.csv").replace(tmp_path / "sales.csv")
    assert revenue(tmp_path) == 10


def test_a_further_file_of_a_pattern_is_read(tmp_path: Path) -> None:
    definitions = DEFINITIONS % 'files: "sales*.csv"'
    assert revenue(shop(tmp_path, definitions=definitions)) == 3
    write(tmp_path / "sales_2.csv", "id,day,region,amount\n3,2026-03-01,US,4.00\n")
    assert revenue(tmp_path) == 7


def test_a_file_that_has_just_been_written_is_not_trusted(tmp_path: Path, caches: Path) -> None:
    shop(tmp_path)
    (tmp_path / "sales.csv").write_text(ROWS)
    assert revenue(tmp_path) == 3
    assert stored(caches) == 0


def test_how_a_file_is_read_is_part_of_the_question(tmp_path: Path) -> None:
    """The thousands of 1,500 are a decimal comma elsewhere; the SQL is the same."""
    rows = 'id,day,region,amount\n1,2026-01-01,EU,"1,500"\n'
    reading = 'files: "sales.csv"\n  read { decimal: "%s" }'
    shop(tmp_path, rows, DEFINITIONS % (reading % "."))
    assert revenue(tmp_path) == 1500
    shop(tmp_path, rows, DEFINITIONS % (reading % ","))
    assert float(str(revenue(tmp_path))) == 1.5


def test_another_definition_leaves_answers_alone(tmp_path: Path) -> None:
    assert revenue(shop(tmp_path)) == 3
    (tmp_path / "more.kpi").write_text("kpidsl 1\nmetric more: revenue * 2\n")
    write(tmp_path / "sales.csv", ROWS.replace("2.00", "9.00"))
    assert revenue(tmp_path) == 3
    assert revenue(tmp_path, "more") == 20  # which was never asked for


def test_what_sql_of_their_own_reads_nobody_knows(tmp_path: Path, caches: Path) -> None:
    assert revenue(shop(tmp_path), "odd") == 3
    assert stored(caches) == 0


def test_what_was_noticed_is_noticed_again(tmp_path: Path, caches: Path) -> None:
    """One row stands in two files, and no key tells whether it was exported twice."""
    keyless = DEFINITIONS.replace("key: id", "").partition("entity")[0]
    shop(tmp_path, definitions=keyless % 'files: "sales*.csv"')
    write(tmp_path / "sales_2.csv", ROWS.partition("\n2")[0] + "\n")
    for _ in range(2):
        with load(tmp_path, cache=True) as project:
            result = project.query("revenue")
        assert result.values("revenue") == [4]
        assert [item.code for item in result.diagnostics] == ["K615"]
    assert stored(caches) == 0


def test_a_whole_result_is_recalled(tmp_path: Path) -> None:
    """A result is more than its rows: what is known of its source, and which rows are partial."""
    shop(tmp_path)
    found = []
    for _ in range(2):
        with load(tmp_path, cache=True) as project:
            months = project.query(
                "revenue",
                by=["month", "region"],
                compare=["prior_month"],
                period="2026-01 .. 2026-03",
            )
            found.append((months, project.funnel("path")))
    assert found[0] == found[1]
    assert found[0][0].known


def test_a_session_goes_on_with_what_it_has_read(tmp_path: Path) -> None:
    """It has read the file before it changed: its answers are no others' answers."""
    shop(tmp_path)
    with load(tmp_path, cache=True) as project:
        assert project.query("revenue").values("revenue") == [3]
        write(tmp_path / "sales.csv", ROWS.replace("2.00", "9.00"), EARLIER + 1)
        assert project.query("revenue", by=["region"]).values("revenue") == [1, 2]
    with load(tmp_path, cache=True) as project:
        assert project.query("revenue", by=["region"]).values("revenue") == [1, 9]


def of_database(folder: Path, engine: str, *statements: str) -> Path:
    """Write a project on a database file, and return the file."""
    shop(folder, definitions=DEFINITIONS % "table: sales")
    (folder / "kpidsl.toml").write_text(
        f'default_profile = "w"\n[profile.w]\nurl = "{engine}:///shop.db"\n'
    )
    for statement in statements:
        run(engine, folder / "shop.db", statement)
    os.utime(folder / "shop.db", ns=(EARLIER, EARLIER))
    return folder / "shop.db"


def sale(engine: str, amount: int) -> str:
    day = "DATE '2026-01-01'" if engine == "duckdb" else "'2026-01-01'"
    return f"SELECT 1 AS id, {day} AS day, 'EU' AS region, {amount} AS amount"


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_the_file_of_a_database_tells_as_much(tmp_path: Path, engine: str) -> None:
    database = of_database(tmp_path, engine, f"CREATE TABLE sales AS {sale(engine, 3)}")
    assert revenue(tmp_path) == 3
    run(engine, database, "UPDATE sales SET amount = 5")
    os.utime(database, ns=(EARLIER, EARLIER))
    assert revenue(tmp_path) == 3
    os.utime(database, ns=(EARLIER + 1, EARLIER + 1))
    assert revenue(tmp_path) == 5


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_session_goes_on_with_the_database_that_it_has_opened(
    tmp_path: Path, engine: str
) -> None:
    """Another is put in its place, as a nightly build does: what is read of the first is not kept
    as an answer of the second."""
    database = of_database(tmp_path, engine, f"CREATE TABLE sales AS {sale(engine, 3)}")
    with load(tmp_path, cache=True) as project:
        assert project.query("revenue").values("revenue") == [3]
        run(engine, tmp_path / "new.db", f"CREATE TABLE sales AS {sale(engine, 9)}")
        os.utime(tmp_path / "new.db", ns=(EARLIER + 1, EARLIER + 1))
        (tmp_path / "new.db").replace(database)
        assert project.query("revenue", by=["region"]).values("revenue") == [3]
    with load(tmp_path, cache=True) as project:
        assert project.query("revenue", by=["region"]).values("revenue") == [9]


def test_a_log_that_reading_makes_tells_nothing(tmp_path: Path, caches: Path) -> None:
    statements = ("PRAGMA journal_mode = WAL", f"CREATE TABLE sales AS {sale('sqlite', 3)}")
    of_database(tmp_path, "sqlite", *statements)
    assert revenue(tmp_path) == 3
    assert (tmp_path / "shop.db-wal").stat().st_size == 0
    assert stored(caches) > 0


@pytest.mark.parametrize(
    ("engine", "statements"),
    [
        ("sqlite", [f"CREATE VIEW Sales AS {sale('sqlite', 3)}"]),
        ("duckdb", [f"CREATE VIEW Sales AS {sale('duckdb', 3)}"]),
        (
            "duckdb",
            [
                (
                    "CREATE TABLE sales (id INTEGER, day DATE, region VARCHAR, amount BIGINT "
                    "GENERATED ALWAYS AS (year(today()) - year(today()) + 3))"
                ),
                "INSERT INTO sales VALUES (1, DATE '2026-01-01', 'EU')",
            ],
        ),
    ],
)
def test_what_is_computed_may_hold_more_than_the_file(
    tmp_path: Path, caches: Path, engine: str, statements: list[str]
) -> None:
    of_database(tmp_path, engine, *statements)
    assert revenue(tmp_path) == 3
    assert stored(caches) == 0


def run(engine: str, database: Path, statement: str) -> None:
    if engine == "duckdb":
        with duckdb.connect(str(database)) as con:
            con.execute(statement)
        return
    with closing(sqlite3.connect(database)) as file, file:
        file.execute(statement)


def test_no_room_is_no_cache(tmp_path: Path, caches: Path) -> None:
    (tmp_path / "kpidsl.toml").write_text("[cache]\nmegabytes = 0\n")
    assert revenue(shop(tmp_path)) == 3
    assert not caches.exists()


def test_python_keeps_nothing_unless_told(tmp_path: Path, caches: Path) -> None:
    with kpidsl.load(shop(tmp_path)) as project:
        assert project.query("revenue").values("revenue") == [3]
    assert not caches.exists()


def stored(caches: Path) -> int:
    """Count the answers that are kept."""
    if not caches.exists():
        return 0
    with closing(sqlite3.connect(caches)) as file:
        (count,) = file.execute("SELECT count(*) FROM answers").fetchone()
    return int(count)


Served = Callable[[str], None]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Writes a project on a server; its url is in the environment, for it holds a password."""
    profile = 'default_profile = "w"\n[profile.w]\nurl = "${CACHED_SHOP}"\n'
    (shop(tmp_path, definitions=DEFINITIONS % "table: sales") / "kpidsl.toml").write_text(profile)
    return lambda url: monkeypatch.setenv("CACHED_SHOP", url)


@pytest.mark.postgres
def test_a_table_of_a_server_is_asked_again_once_anything_is_written(
    tmp_path: Path, served: Served, caches: Path, postgres_server: PostgresServer, postgres_url: str
) -> None:
    served(postgres_url)
    postgres_server.run(postgres_url, *table("public", 3))
    assert revenue(tmp_path) == 3
    assert stored(caches) > 0
    postgres_server.run(postgres_url, "UPDATE sales SET amount = 5")
    assert revenue(tmp_path) == 5


@pytest.mark.postgres
def test_no_change_of_a_table_is_missed(
    tmp_path: Path, served: Served, postgres_server: PostgresServer, postgres_url: str
) -> None:
    served(postgres_url)
    postgres_server.run(postgres_url, *table("public", 3))
    assert revenue(tmp_path) == 3
    more = "INSERT INTO sales VALUES (2, DATE '2026-01-02', 'EU', 4)"
    for changes, expected in (
        ([more], 7),
        (["UPDATE sales SET amount = 1 WHERE id = 2"], 4),
        (["DELETE FROM sales WHERE id = 1"], 1),
        (["ALTER TABLE sales ALTER amount TYPE INTEGER USING amount + 1"], 2),
        (["TRUNCATE sales"], 0),
        (["DROP TABLE sales", *table("public", 9)], 9),
        (["BEGIN", more, "ROLLBACK"], 9),
    ):
        postgres_server.run(postgres_url, *changes)
        assert [revenue(tmp_path), revenue(tmp_path)] == [expected] * 2


@pytest.mark.postgres
def test_an_open_transaction_of_another_session(
    tmp_path: Path, served: Served, postgres_server: PostgresServer, postgres_url: str
) -> None:
    import psycopg  # noqa: PLC0415 -- an extra brings it

    served(postgres_url)
    postgres_server.run(postgres_url, *table("public", 3))
    with psycopg.connect(postgres_url) as other:
        other.execute("UPDATE sales SET amount = 5")
        assert [revenue(tmp_path), revenue(tmp_path)] == [3, 3]
        other.commit()
        assert revenue(tmp_path) == 5


@pytest.mark.postgres
def test_a_transaction_that_is_written_down_and_not_yet_seen(
    tmp_path: Path, served: Served, postgres_server: PostgresServer, postgres_url: str
) -> None:
    """Its end stands in the log while the server waits for a replica, and others see its rows only
    afterwards: nothing more is written for that."""
    reload = "SELECT pg_reload_conf()"
    served(postgres_url)
    postgres_server.run(postgres_url, *table("public", 3))
    postgres_server.run(
        postgres_url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", reload
    )
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    change = ("SET synchronous_commit = on", "UPDATE sales SET amount = 5")
    other = Thread(target=postgres_server.run, args=(postgres_url, *change))
    try:
        other.start()
        assert until(lambda: postgres_server.run(postgres_url, waiting))
        assert [revenue(tmp_path), revenue(tmp_path)] == [3, 3]
    finally:
        postgres_server.run(postgres_url, "ALTER SYSTEM RESET synchronous_standby_names", reload)
        other.join()
    assert revenue(tmp_path) == 5


@pytest.mark.mysql
def test_of_a_table_that_nobody_vouches_for_nothing_is_kept(
    tmp_path: Path, served: Served, caches: Path, mysql_server: MySQLServer, mysql_database: str
) -> None:
    """MariaDB forgets with a restart when a table was last written to."""
    served(mysql_server.url(mysql_database))
    mysql_server.run(table("", 3)[0].replace(".", ""), database=mysql_database)
    assert revenue(tmp_path) == 3
    assert stored(caches) == 0
    mysql_server.run("UPDATE sales SET amount = 5", database=mysql_database)
    assert revenue(tmp_path) == 5


@pytest.mark.postgres
def test_a_schema_that_the_url_names_tells_tables_apart(
    tmp_path: Path, served: Served, postgres_server: PostgresServer, postgres_url: str
) -> None:
    postgres_server.run(
        postgres_url, "CREATE SCHEMA other", *table("public", 3), *table("other", 7)
    )
    served(postgres_url)
    assert revenue(tmp_path) == 3
    served(f"{postgres_url}?options=-csearch_path%3Dother")
    assert revenue(tmp_path) == 7


@pytest.mark.postgres
def test_a_schema_that_the_environment_names_tells_tables_apart(
    tmp_path: Path,
    served: Served,
    caches: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres_server: PostgresServer,
    postgres_url: str,
) -> None:
    """The driver's library takes what the url doesn't say from variables of its own."""
    postgres_server.run(
        postgres_url, "CREATE SCHEMA other", *table("public", 3), *table("other", 7)
    )
    served(postgres_url)
    assert revenue(tmp_path) == 3
    assert stored(caches) > 0
    monkeypatch.setenv("PGOPTIONS", "-csearch_path=other")
    assert revenue(tmp_path) == 7


@pytest.mark.postgres
def test_a_database_that_the_environment_names_tells_tables_apart(
    tmp_path: Path,
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    postgres_server: PostgresServer,
    postgres_url: str,
) -> None:
    with postgres_server.database() as other_url:
        names = [url.rpartition("/")[2] for url in (postgres_url, other_url)]
        postgres_server.run(postgres_url, *table("public", 3))
        postgres_server.run(other_url, *table("public", 7))
        served(postgres_url.removesuffix(names[0]))
        monkeypatch.setenv("PGDATABASE", names[0])
        assert revenue(tmp_path) == 3
        monkeypatch.setenv("PGDATABASE", names[1])
        assert revenue(tmp_path) == 7


def table(schema: str, amount: int) -> tuple[str, str]:
    rows = f"SELECT 1 AS id, DATE '2026-01-01' AS day, 'EU' AS region, {amount} AS amount"
    return f"CREATE TABLE {schema}.sales AS {rows}", f"ANALYZE {schema}.sales"
