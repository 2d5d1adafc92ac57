"""Databricks as an engine: what it reads and refuses, and how sessions begin and statements end.

Spark runs the SQL; `tests.servers.databricks_http` says what of Databricks is not shown.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

import kpidsl
from kpidsl.conformance.verdict import Verdict
from kpidsl.engines.base import EngineError, Scan, TableFacts, TableKeys
from kpidsl.engines.servers.databricks import Databricks
from tests.cli.conftest import Shell, shell
from tests.cli.test_init_database import drafted, fits
from tests.servers.asking import ctrl_c, failure, meanwhile, opened, unconnected, until
from tests.servers.spark_sales import (
    BUSY,
    COLUMNS,
    ROWS,
    TABLES,
    WRITING,
    assert_types_that_are_asked_for,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kpidsl.engines.server import ServerEngine
    from tests.servers.databricks_http import Front

__all__ = ["shell"]

# The connector leaves lines open to be collected, in whichever test that happens.
pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    """Without TLS the connector goes where it is told only."""
    from databricks import sql  # noqa: PLC0415 -- of the extra `engines`

    from tests.servers.databricks_http import TOKEN, databricks_server  # noqa: PLC0415

    arguments = Databricks.arguments
    with databricks_server() as front, pytest.MonkeyPatch.context() as patch:

        def here(self: Databricks, patience: int, timeout: float) -> dict[str, object]:
            local = {"_connection_uri": front.uri, "_retry_stop_after_attempts_count": 1}
            return arguments(self, patience, timeout) | local

        patch.setattr(Databricks, "arguments", here)
        with (
            sql.connect("-", "-", TOKEN, _connection_uri=front.uri, enable_telemetry=False) as con,
            con.cursor() as cursor,
        ):
            for statement in ("CREATE SCHEMA shop", *TABLES):
                cursor.execute(statement.replace("{}", "shop"))
        yield front
    with warnings.catch_warnings():  # the last ones, which would else be told of when pytest ends
        warnings.simplefilter("ignore")
        gc.collect()


def url(more: str = "", token: str = "") -> str:
    from tests.servers.databricks_http import TOKEN  # noqa: PLC0415 -- of the extra `engines`

    login = quote(token or TOKEN, safe="")
    return f"databricks://token:{login}@dbc-1.example.com?http_path=/sql/1.0/warehouses/1{more}"


@pytest.fixture
def engine(front: Front) -> Iterator[ServerEngine]:
    front.cancelled = 0
    with opened(url("&schema=shop"), timeout=60) as engine:
        yield engine


# --- values --------------------------------------------------------------------------------


def test_values_have_the_types_of_answers(engine: ServerEngine) -> None:
    table = engine.run("SELECT * FROM sales ORDER BY id")
    assert (table.columns, table.rows) == (COLUMNS, ROWS)


def test_values_have_the_types_that_are_asked_for(engine: ServerEngine) -> None:
    assert_types_that_are_asked_for(engine)


def test_signs_of_parameters_are_text(engine: ServerEngine) -> None:
    assert engine.run("SELECT '50% off :x ? %s %%', 7 % 4").rows == [("50% off :x ? %s %%", 3)]


def test_many_rows_keep_their_order(engine: ServerEngine) -> None:
    numbers = engine.run("SELECT id FROM RANGE(1000) ORDER BY id DESC").rows
    assert numbers == [(number,) for number in range(999, -1, -1)]


# --- sessions ------------------------------------------------------------------------------


def test_a_session_computes_as_sql_rests_on(engine: ServerEngine) -> None:
    """The server's own settings would give NULL, six decimals, and another day."""
    assert failure(engine, "SELECT CAST('n/a' AS INT)")[0] == "value"
    product = "CAST(1 AS DECIMAL(38, 9)) * CAST(0.000000000001 AS DECIMAL(38, 12))"
    assert engine.run(f"SELECT {product}").rows == [(Decimal("1E-12"),)]
    assert engine.run("SELECT CURRENT_TIMEZONE()").rows == [("Europe/Berlin",)]


def test_a_session_that_would_give_other_numbers_is_refused(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warehouse lets no session change Spark's settings; that decimals are rounded there has to
    be accepted, and that what can't be read is NULL can't be."""
    monkeypatch.setattr(front, "is_warehouse", True)
    told = unconnected(url())
    assert told.code == "K936"
    assert "ANSI mode is off" in told.message
    monkeypatch.setattr("kpidsl.engines.servers.databricks_driver._STRICT", "SELECT nothing")
    assert "`wide_decimals=rounded`" in unconnected(url()).message
    with opened(url("&wide_decimals=rounded")) as engine:
        assert engine.run("SELECT 1").rows == [(1,)]


def test_the_server_knows_the_limit_and_who_asks(front: Front) -> None:
    front.statements.clear()
    with opened(url(), timeout=7) as other:
        other.run("SELECT 1")
    assert "SET STATEMENT_TIMEOUT = 7" in front.statements
    assert front.statements[-1].startswith("/* kpidsl 1 */ SELECT * FROM (\nSELECT 1")


@pytest.mark.usefixtures("front")
@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        (("", "hunter/2"), "K933", "token"),
        (("&colour=red", ""), "K936", "no option `colour`"),
    ],
)
def test_why_there_is_no_connection(address: tuple[str, str], code: str, said: str) -> None:
    told = unconnected(url(*address))
    assert told.code == code
    assert said in told.message
    assert "hunter" not in told.message
    assert "Databricks at `dbc-1.example.com`" in told.message


@pytest.mark.usefixtures("front")
def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = Databricks.arguments
    for uri, code in (("http://127.0.0.1:1/", "K932"), ("http://dbc.invalid/", "K931")):

        def there(
            self: Databricks, patience: int, timeout: float, uri: str = uri
        ) -> dict[str, object]:
            return arguments(self, patience, timeout) | {"_connection_uri": uri}

        with monkeypatch.context() as patch:
            patch.setattr(Databricks, "arguments", there)
            assert unconnected(url()).code == code


@pytest.mark.usefixtures("at_once")
def test_what_the_connector_has_tried_again_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlalchemy  # noqa: PLC0415 -- an extra brings it

    tried: list[object] = []

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "do_connect")
    def note(*told: object) -> None:
        tried.append(told)

    arguments = Databricks.arguments
    local = {"_connection_uri": "http://127.0.0.1:1/", "_retry_stop_after_attempts_count": 1}
    monkeypatch.setattr(Databricks, "arguments", lambda *given: arguments(*given) | local)
    try:
        told = unconnected("databricks://token:a@127.0.0.1:1?http_path=/sql/1.0/warehouses/1")
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "do_connect", note)
    assert (told.code, len(tried)) == ("K932", 1)


@pytest.mark.usefixtures("at_once")
def test_a_server_that_is_gone(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(url()) as engine:
        assert engine.run("SELECT 1").rows == [(1,)]
        monkeypatch.setattr(front, "is_gone", True)
        kind, text = failure(engine, "SELECT 1")
        assert kind == "lost"
        assert "http" not in text
        monkeypatch.setattr(front, "is_gone", False)
        assert engine.run("SELECT 1").rows == [(1,)]


def test_a_session_that_ended_meanwhile_is_made_anew(front: Front) -> None:
    with opened(url()) as engine:
        assert engine.run("SELECT 1").rows == [(1,)]
        front.forget()
        opened_before = len(front.sessions)
        assert engine.run("SELECT CURRENT_TIMEZONE()").rows == [("Europe/Berlin",)]
        assert len(front.sessions) == opened_before + 1


# --- reading only, and what fails ----------------------------------------------------------


@pytest.mark.parametrize("statement", WRITING)
def test_nothing_is_written(engine: ServerEngine, statement: str) -> None:
    assert failure(engine, statement)[0] == "other"
    assert [name for name in engine.tables() if "." not in name] == ["days", "sales"]
    assert engine.run("SELECT COUNT(*) FROM sales").rows == [(2,)]
    with pytest.raises(EngineError):
        engine.decimals(statement)


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT * FROM sale", "missing table", "`sale`"),
        ("SELECT * FROM nowhere.sales", "missing table", "`nowhere`.`sales`"),
        ("SELECT ammount FROM sales", "missing column", 'no such column: "ammount"'),
        ("SELECT s.ammount FROM sales AS s", "missing column", 'no such column: "ammount"'),
        ("SELECT CAST(channel AS INT) FROM sales", "value", "'a'"),
        ("SELECT 9223372036854775807 + pieces FROM sales", "overflow", "overflow"),
        ("SELECT 1 / (id - 1) FROM sales", "division", "ivision by zero"),
        ("SELECT nosuch(id) FROM sales", "other", "nosuch"),
        ("SELECT EXPLODE(SEQUENCE(1, 1001))", "too many rows", "1,000"),
    ],
)
def test_failures_have_kinds(
    engine: ServerEngine, capfd: pytest.CaptureFixture[str], sql: str, kind: str, said: str
) -> None:
    found, text = failure(engine, sql)
    assert found == kind
    assert said in text
    assert "\n" not in text
    assert "apache" not in text
    assert "ansi.enabled" not in text  # what Spark advises would make wrong numbers
    assert capfd.readouterr() == ("", "")


# --- stopping ------------------------------------------------------------------------------


def test_a_statement_is_stopped_in_time(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl.engines.server._GRACE", 0)
    front.cancelled = 0
    with opened(url(), timeout=3) as engine:
        assert failure(engine, BUSY) == ("timeout", "stopped after 3 s")
        assert front.cancelled
        assert engine.run("SELECT 1").rows == [(1,)]


def running(front: Front) -> bool:
    return any("RANGE(1000000)" in each for each in front.statements)


def test_a_statement_is_cancelled_on_the_server(front: Front, engine: ServerEngine) -> None:
    front.statements.clear()
    with meanwhile(engine.cancel, lambda: running(front), again=True):
        assert failure(engine, BUSY)[0] == "cancelled"
    assert front.cancelled
    assert engine.run("SELECT 1").rows == [(1,)]


def test_ctrl_c_cancels_on_the_server(front: Front, engine: ServerEngine) -> None:
    front.statements.clear()
    with pytest.raises(KeyboardInterrupt), meanwhile(ctrl_c(), lambda: running(front)):
        engine.run(BUSY)
    assert until(lambda: front.cancelled)
    assert engine.run("SELECT 1").rows == [(1,)]


# --- the catalogue -------------------------------------------------------------------------


def test_tables_columns_and_sizes(engine: ServerEngine) -> None:
    types = engine.columns(["sales"])
    assert types["day"].casefold() == "date"
    assert engine.columns(["shop", "days"]).keys() == {"day"}
    assert engine.columns(["sale"]) == {}
    assert engine.facts(["sales"]) == TableFacts(None, {"amount": 2, "net price": 9})
    assert engine.decimals("SELECT amount, id FROM sales") == {"amount": 2}
    assert engine.estimate("SELECT 1") == Scan()


@pytest.mark.usefixtures("front")
def test_a_name_that_would_be_another_statement_is_not_looked_up(engine: ServerEngine) -> None:
    for name in ("50%", "sales` --"):
        assert engine.columns([name]) == {}
        assert engine.keys([name]) == TableKeys()


def test_a_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", url("&schema=shop"))
    (tmp_path / "kpidsl.toml").write_text(
        'default_profile = "w"\n[profile.w]\nurl = "${SHOP_URL}"\n', encoding="utf-8"
    )
    (tmp_path / "shop.kpi").write_text(
        """kpidsl 1
project shop { currency: EUR, timezone: "Europe/Berlin" }
source sales {
  table: sales
  key: id
  time: paid_at
  measure revenue: sum(amount) as EUR
}
""",
        encoding="utf-8",
    )
    with kpidsl.load(tmp_path) as loaded:
        assert loaded.fit().diagnostics == ()
        answer = loaded.query("revenue", by=["day"])
        assert answer.values("revenue") == [Decimal("30.10")]
    facts = kpidsl.profile_facts("w", tmp_path)
    assert (facts.engine, facts.support, facts.only_reads) == (
        "Databricks",
        "executed on Spark",
        None,
    )


SALES = """\
source sales {
  table: sales
  # By its name, no key is declared: check that it is unique.
  key: id
  # Or another time: stored, day.
  time: paid_at
  dimensions: [channel]
"""


@pytest.mark.usefixtures("front")
def test_definitions_are_drafted_and_checked(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The url's token is written nowhere: the settings name a variable."""
    from tests.servers.databricks_http import TOKEN  # noqa: PLC0415 -- of the extra `engines`

    own = url("&schema=shop")
    done = shell.run("init", "--from-database", own)
    assert done.code == 0, done.err
    assert SALES in drafted(shell)
    settings = (shell.folder / "kpidsl.toml").read_text(encoding="utf-8")
    told = settings + drafted(shell) + done.out + done.err
    assert not any(secret in told for secret in (TOKEN, quote(TOKEN, safe="")))
    monkeypatch.setenv("DATABASE_PASSWORD", TOKEN)
    fits(shell)
    plain = drafted(shell)
    for old, new, code in (
        ("sum(amount)", "sum(amounts)", "K642"),
        ("sum(amount)", "sum(channel)", "K643"),
        ("table: sales", "table: sale", "K641"),
    ):
        shell.write("definitions/sources.kpi", plain.replace(old, new))
        shell.refused("check", "--profile", "warehouse", code=1, names=[f"error[{code}]"])


@pytest.mark.usefixtures("front")
def test_every_case_holds_or_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark computes them; what Databricks computes only a certificate of its own tells."""
    monkeypatch.setenv("SHOP_URL", url())
    (tmp_path / "kpidsl.toml").write_text('[profile.w]\nurl = "${SHOP_URL}"\n', encoding="utf-8")
    found = kpidsl.certify("w", tmp_path)
    others = [item for item in found.outcomes if item.verdict is not Verdict.HOLDS]
    assert [item.told.partition(" ")[0] for item in others] == ["K501"]  # a union by names
    assert (found.engine, found.dialect) == ("Databricks", "databricks")
