"""What `init` drafts from the tables of a database fits that database, and names no secret."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from kpidsl.api.config import Profile, target_of
from kpidsl.api.drafting import shareable
from kpidsl.engines.servers.address import address_of
from tests.cli.conftest import Shell

if TYPE_CHECKING:
    from tests.servers.clickhouse import ClickHouseServer
    from tests.servers.mysql import MySQLServer
    from tests.servers.postgres import PostgresServer

TABLES = (
    """CREATE TABLE customers (
      customer_id INTEGER PRIMARY KEY, region VARCHAR(20), email VARCHAR(50), since DATE
    )""",
    "CREATE TABLE pairs (a INTEGER, b INTEGER, weight DOUBLE PRECISION, PRIMARY KEY (a, b))",
    """CREATE TABLE orders (
      id INTEGER PRIMARY KEY, buyer INTEGER REFERENCES customers, total_amount DECIMAL(12, 2),
      tax_rate DOUBLE PRECISION, pieces INTEGER, paid_at TIMESTAMP, shipped_at TIMESTAMP,
      channel VARCHAR(20), pair_a INTEGER, pair_b INTEGER,
      FOREIGN KEY (pair_a, pair_b) REFERENCES pairs (a, b)
    )""",
    'CREATE TABLE "Order Lines" (order_id INTEGER, "unit price" DECIMAL(9, 2))',
)
ORDERS = """\
source orders {
  table: orders
  key: id
  # The times have no zone: set the one that they were written in.
  # Or another time: shipped_at.
  time: paid_at { stored_as: "UTC" }
  join buyer: customers on buyer to customer_id
  join pairs: pairs on [pair_a, pair_b] to [a, b]
  dimensions: [channel]
  measure rows: count()
  # Money? Then name its currency: sum(total_amount) as EUR.
  measure total_amount: sum(total_amount)
  measure total_pieces: sum(pieces)
}
"""
CUSTOMERS = """\
source customers {
  table: customers
  key: customer_id
  time: since
  dimensions: [region]
  measure rows: count()
}
"""
LINES = """\
source order_lines {
  table: `Order Lines`
  # No key is declared: name the columns of which no two rows share the values, if any.
  key: none
  # By the names of columns, no foreign key is declared: check that they are meant.
  join order: orders on order_id to id
  measure rows: count()
  # Money? Then name its currency: sum(`unit price`) as EUR.
  measure total_unit_price: sum(`unit price`)
}
"""


VISITS = """\
source visits {
  table: visits
  key: id
  dimensions: [paying, source]
  measure rows: count()
  measure total_pages: sum(pages)
  # Money? Then name its currency: sum(spent) as EUR.
  measure total_spent: sum(spent)
}
"""
PAGES = """\
source pages {
  table: pages
  # By its name, no key is declared: check that it is unique.
  key: page_id
  dimensions: [source]
  measure rows: count()
  measure total_pages: sum(pages)
}
"""
SPARK = (
    """\
source customers {
  table: customers
  # By its name, no key is declared: check that it is unique.
  key: customer_id
  dimensions: [region, known]
  measure rows: count()
}
""",
    """\
source orders {
  table: orders
  # By its name, no key is declared: check that it is unique.
  key: id
  time: made_at
  # By the names of columns, no foreign key is declared: check that they are meant.
  join customer: customers on customer_id
  measure rows: count()
  # Money? Then name its currency: sum(amount) as EUR.
  measure total_amount: sum(amount)
  measure total_pieces: sum(pieces)
}
""",
    """\
source paid {
  table: paid
  # By its name, no key is declared: check that it is unique.
  key: paid_id
  measure rows: count()
  # Money? Then name its currency: sum(amount) as EUR.
  measure total_amount: sum(amount)
}
""",
)


def drafted(shell: Shell) -> str:
    return (shell.folder / "definitions/sources.kpi").read_text(encoding="utf-8")


def fits(shell: Shell, profile: str = "warehouse") -> None:
    done = shell.run("check", "--profile", profile)
    assert (done.code, done.out) == (0, ""), done.out
    assert "in the database: " in done.err


@pytest.fixture
def warehouse(shell: Shell) -> Shell:
    with duckdb.connect(shell.folder / "shop.duckdb") as con:
        con.execute(
            ";".join(TABLES).replace("REFERENCES customers,", "REFERENCES customers(customer_id),")
        )
    return shell


def test_from_duckdb(warehouse: Shell) -> None:
    done = warehouse.run("init", "--from-database", "duckdb:///shop.duckdb")
    assert done.code == 0, done.err
    assert done.out.splitlines() == ["definitions/sources.kpi", "kpidsl.toml"]
    assert "orders:\n  assumed: the times of paid_at are in UTC\n" in done.err
    for source in (ORDERS, CUSTOMERS, LINES):
        assert source in drafted(warehouse)
    fits(warehouse)
    assert warehouse.run("query", "orders.rows", "--format", "csv").out == "orders.rows\n0\n"


def test_from_sqlite(shell: Shell) -> None:
    """Its types only advise, and a foreign key may name its table alone."""
    with closing(sqlite3.connect(shell.folder / "shop.db")) as con:
        con.executescript(";".join(TABLES))
    assert shell.run("init", "--from-database", "sqlite:///shop.db").code == 0
    for source in (ORDERS, CUSTOMERS, LINES):
        assert source in drafted(shell)
    fits(shell)


def test_the_tables_of_sqlite_itself_are_none(shell: Shell) -> None:
    with closing(sqlite3.connect(shell.folder / "shop.db")) as con:
        con.executescript(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT);"
            "CREATE INDEX by_channel ON orders (channel);"
            "INSERT INTO orders (channel) VALUES ('web'); ANALYZE"
        )
        kept = {name for (name,) in con.execute("SELECT name FROM sqlite_master")}
    assert kept > {"sqlite_sequence", "sqlite_stat1"}
    assert shell.run("init", "--from-database", "sqlite:///shop.db").code == 0
    assert re.findall("^source .*", drafted(shell), re.MULTILINE) == ["source orders {"]


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
def test_what_no_definition_can_name_is_left_out(shell: Shell, scheme: str) -> None:
    tables = [
        'CREATE TABLE t ("i`d" INTEGER, n INTEGER, "a\nb" INTEGER, PRIMARY KEY ("i`d"))',
        'CREATE TABLE "u`v" (id INTEGER PRIMARY KEY)',
        "CREATE TABLE w (id INTEGER PRIMARY KEY)",
        'CREATE TABLE x (id INTEGER PRIMARY KEY, "of`w" INTEGER REFERENCES w (id))',
    ]
    file = shell.folder / "shop.db"
    with closing(duckdb.connect(file) if scheme == "duckdb" else sqlite3.connect(file)) as con:
        for statement in tables:
            con.execute(statement)
    done = shell.run("init", "--from-database", f"{scheme}:///shop.db")
    assert done.code == 0
    assert "the column `i`d` is left out" in done.err
    assert "the column `a\\x0ab` is left out" in done.err
    assert "u`v:\n  assumed: it is left out" in done.err
    assert "source t {\n  table: t\n" in drafted(shell)
    assert "  key: none\n  measure rows: count()\n" in drafted(shell)
    assert "  measure total_n: sum(n)\n}" in drafted(shell)
    assert "join" not in drafted(shell)
    fits(shell)


@pytest.mark.postgres
def test_from_postgresql(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    postgres_server: PostgresServer,
    postgres_url: str,
) -> None:
    """The url's password is written nowhere: the settings name a variable."""
    more = (
        "CREATE SCHEMA sales",
        """CREATE TABLE sales.refunds (
          id INTEGER PRIMARY KEY, made_at TIMESTAMP WITH TIME ZONE,
          customer INTEGER REFERENCES customers
        )""",
    )
    postgres_server.run(postgres_url, *TABLES, *more)
    done = shell.run("init", "--from-database", postgres_url)
    assert done.code == 0, done.err
    for source in (ORDERS, CUSTOMERS, LINES):
        assert source in drafted(shell)
    assert "  table: sales.refunds\n  key: id\n  time: made_at\n" in drafted(shell)
    assert "  join customer: customers on customer to customer_id\n" in drafted(shell)
    settings = (shell.folder / "kpidsl.toml").read_text(encoding="utf-8")
    assert "://postgres:${DATABASE_PASSWORD}@127.0.0.1" in settings
    assert "the password is in the variable `DATABASE_PASSWORD`" in done.err
    assert "p%40ss" not in settings + done.err + done.out
    monkeypatch.setenv("DATABASE_PASSWORD", "p@ss/w%rd")
    fits(shell)


@pytest.mark.clickhouse
def test_from_clickhouse(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    clickhouse_server: ClickHouseServer,
    clickhouse_database: str,
) -> None:
    """Its primary keys are not unique, and it has no foreign ones: names have to do."""
    for statement in (
        "customers (customer_id Int32, region String) ENGINE = MergeTree ORDER BY region",
        """orders (id Int32, customer_id Int32, made_at DateTime('UTC'), amount Decimal(9, 2),
        twice Decimal(9, 2) MATERIALIZED amount * 2) ENGINE = MergeTree ORDER BY made_at""",
        "`at :x` (id Int32) ENGINE = Memory",
    ):
        clickhouse_server.client.command(f"CREATE TABLE {clickhouse_database}.{statement}")
    monkeypatch.setenv("DATABASE_PASSWORD", "p@ss/w%rd")
    url = f"clickhouse://default:${{DATABASE_PASSWORD}}@127.0.0.1:{clickhouse_server.port}"
    done = shell.run("init", "--from-database", f"{url}/{clickhouse_database}")
    assert done.code == 0, done.err
    assert "  key: id\n" in drafted(shell)
    assert "  join customer: customers on customer_id\n" in drafted(shell)
    assert "  time: made_at\n" in drafted(shell)
    assert "customer_id is the key, by its name" in done.err
    assert "  measure total_twice: sum(twice)\n" in drafted(shell)  # which `*` leaves out
    fits(shell)


@pytest.mark.mysql
def test_from_mariadb(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    mysql_server: MySQLServer,
    mysql_database: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Its truth values are numbers of one digit, and each database is a schema of its own."""
    keyed = "REFERENCES customers (customer_id)"
    shop = (
        *(each.replace("REFERENCES customers", keyed).replace('"', "`") for each in TABLES),
        """CREATE TABLE visits (
          id BIGINT UNSIGNED PRIMARY KEY, paying TINYINT(1) NOT NULL, pages SMALLINT UNSIGNED,
          born YEAR, seen JSON, place POINT, source ENUM('ads', 'mail'),
          spent DECIMAL(9, 2) UNSIGNED
        )""",
        "CREATE VIEW pages AS SELECT id AS page_id, source, pages FROM visits",
        "CREATE TABLE parts (id INTEGER PRIMARY KEY, seen INTEGER, unseen INTEGER INVISIBLE)",
        "CREATE TABLE gone (id INTEGER)",
        "CREATE VIEW lost AS SELECT id FROM gone",
        "DROP TABLE gone",
    )
    mysql_server.run(*shop, database=mysql_database)
    with mysql_server.database() as other:
        mysql_server.run(
            "CREATE TABLE refunds (id INTEGER PRIMARY KEY, customer INTEGER, "
            f"FOREIGN KEY (customer) REFERENCES {mysql_database}.customers (customer_id))",
            database=other,
        )
        done = shell.run("init", "--from-database", mysql_server.url(mysql_database))
        assert done.code == 0, done.err
        assert "Warning" not in done.err + capfd.readouterr().err
        for source in (ORDERS, CUSTOMERS, LINES, VISITS, PAGES):
            assert source in drafted(shell)
        refunds = f"  table: {other}.refunds\n  key: id\n  join customer: customers on customer to"
        assert refunds in drafted(shell)
        assert "  measure total_unseen: sum(unseen)\n" in drafted(shell)
        assert "lost" not in drafted(shell)  # nothing can be read from it
        assert "p%40ss" not in (shell.folder / "kpidsl.toml").read_text(encoding="utf-8")
        monkeypatch.setenv("DATABASE_PASSWORD", "p@ss/w%rd")
        fits(shell)


@pytest.mark.spark
def test_from_spark(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows no keys: the names of columns have to do. A view is a table, too."""
    from tests.servers import spark  # noqa: PLC0415 -- of the extra `engines`

    schema = spark.made_schema()
    spark.run(
        f"CREATE TABLE {schema}.customers (customer_id INT, region STRING, known BOOLEAN)",
        f"CREATE TABLE {schema}.orders (id INT, customer_id INT, made_at TIMESTAMP, "
        "amount DECIMAL(9, 2), pieces INT, place STRUCT<x: DOUBLE>, tags ARRAY<STRING>)",
        f"CREATE VIEW {schema}.paid AS SELECT id AS paid_id, amount FROM {schema}.orders",  # noqa: S608
    )
    url, secret = spark.server().url(schema, "${TOKEN}"), spark.TOKEN
    monkeypatch.setenv("TOKEN", secret)
    shell.write("kpidsl.toml", f'[profile.lake]\nurl = "{url}"\n')
    done = shell.run("init", "--from-database", "lake")
    assert done.code == 0, done.err
    for source in SPARK:
        assert source in drafted(shell)
    assert "customer_id is the key, by its name" in done.err
    assert secret not in done.err + drafted(shell)
    fits(shell, "lake")


def test_by_a_profile_the_settings_stay_and_so_does_the_project(warehouse: Shell) -> None:
    settings = '[profile.dev]\nurl = "duckdb:///shop.duckdb"\n'
    warehouse.write("kpidsl.toml", settings)
    warehouse.write("shop.kpi", 'kpidsl 1\nproject shop { currency: EUR, timezone: "UTC" }\n')
    done = warehouse.run("init", "--from-database", "dev")
    assert (done.code, done.out) == (0, "definitions/sources.kpi\n"), done.err
    assert (warehouse.folder / "kpidsl.toml").read_text(encoding="utf-8") == settings
    assert "project" not in drafted(warehouse)
    fits(warehouse, "dev")


def test_what_cannot_be_drafted(shell: Shell) -> None:
    shell.write("kpidsl.toml", "[project]\n")
    shell.refused("init", "--from-database", "dev", code=2, names=["K921", "`dev`"])
    asked = ["init", "--from-database", "duckdb:///shop.duckdb"]
    shell.refused(*asked, code=2, names=["K927", "`kpidsl.toml` exists"])
    (shell.folder / "kpidsl.toml").unlink()
    shell.refused(*asked, code=1, names=["K645", "`shop.duckdb`"])
    duckdb.connect(shell.folder / "shop.duckdb").close()
    shell.refused(*asked, code=1, names=["K641", "no table"])
    shell.refused("init", code=2, names=["K924", "--from-database"])
    shell.refused(*asked, "sales.csv", code=2, names=["K924", "--from-database"])
    oracle = "oracle://ana:hunter2@db/shop"
    text = shell.refused("init", "--from-database", oracle, code=2, names=["K923"])
    assert "hunter2" not in text
    assert sorted(item.name for item in shell.folder.iterdir()) == ["shop.duckdb"]


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("duckdb:///shop.duckdb", "duckdb:///shop.duckdb"),
        ("postgresql://ana@db/shop", "postgresql://ana@db/shop"),
        ("postgresql://ana:${P}@db/shop", "postgresql://ana:${P}@db/shop"),
        ("postgresql://ana:ana@db/shop", "postgresql://ana:${DATABASE_PASSWORD}@db/shop"),
        (
            "postgresql://ana:x@db/shop?sslpassword=t0k&a=b",
            "postgresql://ana:${DATABASE_PASSWORD}@db/shop?sslpassword=${DATABASE_SSLPASSWORD}&a=b",
        ),
        (
            "postgresql://ana:x@db/shop?password=y",
            "postgresql://ana:${DATABASE_PASSWORD}@db/shop?password=${DATABASE_PASSWORD_2}",
        ),
        (
            "clickhouse://ana:${DATABASE_PASSWORD}@db/shop?password=y",
            "clickhouse://ana:${DATABASE_PASSWORD}@db/shop?password=${DATABASE_PASSWORD_2}",
        ),
        (
            "sc://lake/;use_ssl=true;authorization=Bearer%20abc;x-shop=7",
            "sc://lake/;use_ssl=true;authorization=${DATABASE_AUTHORIZATION};x-shop=${DATABASE_X_SHOP}",
        ),
        (
            "clickhouse://db/shop?https_proxy=http%3A%2F%2Fana%3Ax%40proxy&secure=true",
            "clickhouse://db/shop?https_proxy=${DATABASE_HTTPS_PROXY}&secure=true",
        ),
    ],
)
def test_a_url_that_may_be_shared(url: str, written: str) -> None:
    assert shareable(url)[0] == written


def test_a_drafted_profile_leads_where_the_url_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each secret has a variable of its own: with all of them set, the address is the same."""
    url = "snowflake://ana:p%40ss@shop/SHOP?passcode=123456&private_key_file_pwd=a%2Fb+c&role=R"
    secrets = {"PASSWORD": "p@ss", "PASSCODE": "123456", "PRIVATE_KEY_FILE_PWD": "a/b c"}
    for name, value in secrets.items():
        monkeypatch.setenv(f"DATABASE_{name}", value)
    shared, variables = shareable(url)
    assert variables == {
        "DATABASE_PASSWORD": "password",
        "DATABASE_PASSCODE": "option `passcode`",
        "DATABASE_PRIVATE_KEY_FILE_PWD": "option `private_key_file_pwd`",
    }
    led, found = target_of("w", Profile(url=shared), Path())
    assert (led, found) == (address_of(url), [])
