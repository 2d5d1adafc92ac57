"""Drafting from and checking against databases of which there is none here: what stands in their
place has their catalogue, which their drivers and SQLAlchemy's own statements ask.

Databricks is tried where its connector is: `tests/engines/test_databricks_server.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Shell
from tests.cli.test_init_database import drafted, fits

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

PASSWORD = "p@ss/w%rd"  # noqa: S105 -- needs percent-encoding
ENCODED = "p%40ss%2Fw%25rd"
HEAD = 'kpidsl 1\nproject shop { currency: EUR, timezone: "UTC" }\n'
TABLES = (
    "CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, region VARCHAR(20), since DATE)",
    """CREATE TABLE orders (
      id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (customer_id),
      paid_at TIMESTAMP WITH TIME ZONE, channel VARCHAR(20), amount DECIMAL(9, 2), pieces INTEGER
    )""",
)
SOURCES = (
    """\
source customers {
  table: customers
  key: customer_id
  time: since
  dimensions: [region]
  measure rows: count()
}
""",
    """\
source orders {
  table: orders
  key: id
  time: paid_at
  join customer: customers on customer_id
  dimensions: [channel]
  measure rows: count()
  # Money? Then name its currency: sum(amount) as EUR.
  measure total_amount: sum(amount)
  measure total_pieces: sum(pieces)
}
""",
)
KEY = "  # By its name, no key is declared: check that it is unique.\n"
JOIN = "  # By the names of columns, no foreign key is declared: check that they are meant.\n"
SNOWFLAKE = (
    """\
source customers {
  table: CUSTOMERS
  key: CUSTOMER_ID
  time: SINCE
  dimensions: [REGION]
  measure rows: count()
}
""",
    """\
source orders {
  table: ORDERS
  key: ID
  time: PAID_AT
  join customer: customers on CUSTOMER_ID
  dimensions: [CHANNEL]
  measure rows: count()
  # Money? Then name its currency: sum(AMOUNT) as EUR.
  measure total_amount: sum(AMOUNT)
  measure total_pieces: sum(PIECES)
}
""",
)


@dataclass(frozen=True)
class Front:
    """A database, and what is drafted of its tables."""

    url: str
    sources: tuple[str, ...] = SOURCES
    password: str = PASSWORD
    encoded: str = ENCODED
    named: Callable[[str], str] = str


@pytest.fixture
def snowflake() -> Iterator[Front]:
    """Names that nobody quotes are in capitals; of keys is told what the service is told."""
    from tests.servers import snowflake_http as http  # noqa: PLC0415 -- DuckDB reads its catalogue

    with http.snowflake_service() as service:
        service.con.execute('CREATE SCHEMA "PUBLIC"')
        for statement in TABLES:
            plain = statement.replace(" REFERENCES customers (customer_id)", "")
            service.con.execute(plain.upper().replace("TABLE ", "TABLE PUBLIC."))
        service.con.execute('USE "PUBLIC"')
        service.keys = {
            ("PRIMARY", '"CUSTOMERS"'): [("CUSTOMER_ID", "1")],
            ("PRIMARY", '"ORDERS"'): [("ID", "1")],
            ("IMPORTED", '"ORDERS"'): [
                ("PUBLIC", "CUSTOMERS", "CUSTOMER_ID", "CUSTOMER_ID", "bought", "1")
            ],
        }
        encoded = "s3cret%2Fof%40tests"
        yield Front(service.url(), SNOWFLAKE, http.PASSWORD, encoded, str.upper)


@pytest.fixture
def trino() -> Iterator[Front]:
    """It knows no keys: the names of columns have to do."""
    from tests.servers.trino_http import trino_server  # noqa: PLC0415 -- the client is an extra's

    with trino_server(TABLES, PASSWORD) as server:
        login = f"trino://ana:{ENCODED}@127.0.0.1:{server.port}"
        customers, orders = (text.replace("  key:", f"{KEY}  key:") for text in SOURCES)
        by_name = (customers, orders.replace("  join", f"{JOIN}  join"))
        yield Front(f"{login}/memory/main?allow_insecure_auth=true", by_name)


@pytest.fixture
def redshift(postgres_server: PostgresServer, postgres_url: str) -> Iterator[Front]:
    from tests.servers import redshift_catalogue  # noqa: PLC0415 -- SQLAlchemy is an extra

    statements = (*TABLES, *redshift_catalogue.CATALOGUE, *redshift_catalogue.SETTINGS)
    postgres_server.run(postgres_url, *statements)
    with redshift_catalogue.asked_as_redshift():
        yield Front(f"redshift://{postgres_url.partition('://')[2]}?sslmode=disable")


@pytest.fixture
def mssql(monkeypatch: pytest.MonkeyPatch) -> Front:
    from tests.servers.mssql_driver import connecting  # noqa: PLC0415 -- the driver is an extra's

    monkeypatch.setattr("pymssql.connect", connecting(*TABLES))
    return Front(f"mssql://ana:{ENCODED}@db.example.com/shop")


@pytest.fixture(
    params=[
        pytest.param("mssql", marks=pytest.mark.mssql),
        pytest.param("redshift", marks=pytest.mark.postgres),
        pytest.param("snowflake", marks=pytest.mark.snowflake),
        pytest.param("trino", marks=pytest.mark.trino),
    ]
)
def front(request: pytest.FixtureRequest) -> Front:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Front)
    return found


def test_what_is_drafted_fits(shell: Shell, front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """The url's password is written nowhere: the settings name a variable."""
    assert f":{front.encoded}@" in front.url
    done = shell.run("init", "--from-database", front.url)
    assert done.code == 0, done.err
    for source in front.sources:
        assert source in drafted(shell)
    settings = (shell.folder / "kpidsl.toml").read_text(encoding="utf-8")
    assert ":${DATABASE_PASSWORD}@" in settings
    told = settings + drafted(shell) + done.out + done.err
    assert not any(secret in told for secret in (front.password, front.encoded))
    monkeypatch.setenv("DATABASE_PASSWORD", front.password)
    fits(shell)


def test_what_does_not_fit_is_told(
    shell: Shell, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", front.password)
    shell.profile(front.url.replace(front.encoded, "${SHOP_PASSWORD}"))
    customers, orders = front.sources
    amount, channel, table = map(front.named, ("amount", "channel", "orders"))
    for old, new, code, said in (
        (f"sum({amount})", f"sum({amount}s)", "K642", f"`{amount}s` doesn't exist"),
        (f"sum({amount})", f"sum({channel})", "K643", f"`{channel}`"),
        (f"table: {table}", f"table: {table}s", "K641", f"`{table}s` of source `orders`"),
    ):
        assert old in orders
        shell.write("shop.kpi", HEAD + customers + orders.replace(old, new))
        names = (f"error[{code}]", said)
        shell.refused("check", "--profile", "shop", code=1, names=names)
