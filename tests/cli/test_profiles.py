"""`kpidsl.toml` and the databases that its profiles name."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from kpidsl.api.profiles import engine_facts
from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.engines.sqlite import SQLiteEngine
from kpidsl.sql.dialects.support import support_of
from tests.cli.conftest import SHOP, UNSEEN, UNSURE, Shell

SECRET = "hunter2"  # noqa: S105  (what must not be printed)
SETTINGS = """\
default_profile = "dev"

[project]
name = "shop"

[profile.dev]
url = "duckdb:///shop.duckdb"

[profile.test]
url = "duckdb:///${SHOP_DB}"
"""


@pytest.fixture
def warehouse(shop: Shell) -> Shell:
    """The shop over a table of a DuckDB file."""
    with duckdb.connect(shop.folder / "shop.duckdb") as con:
        con.execute("CREATE TABLE sales AS FROM 'sales.csv'")
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    shop.write("kpidsl.toml", SETTINGS)
    return shop


def revenue(shell: Shell, *words: str) -> str:
    return shell.run("query", "revenue", "--format", "csv", *words).out


def test_the_default_profile_and_a_named_one(
    warehouse: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert revenue(warehouse) == "revenue\n260.1\n"
    monkeypatch.setenv("SHOP_DB", "shop.duckdb")
    assert revenue(warehouse, "--profile", "test") == "revenue\n260.1\n"


def test_an_unknown_profile(warehouse: Shell) -> None:
    warehouse.refused(
        "query", "revenue", "--profile", "tset", code=2, names=["K921", "`tset`", "use `test`"]
    )


def test_a_name_that_an_unset_variable_gave_is_none(warehouse: Shell) -> None:
    """As in `--profile "$PROFILE"`: the default profile may lead to another database."""
    for words in (["query", "revenue", "--profile", ""], ["profile", "test", ""]):
        warehouse.refused(*words, code=2, names=["K921", "profile `` doesn't exist"])


def test_an_unknown_default_profile_is_found_by_check(warehouse: Shell) -> None:
    warehouse.write("kpidsl.toml", SETTINGS.replace('"dev"', '"dve"'))
    warehouse.refused("check", code=2, names=["K921", "`dve`", "use `dev`"])


@pytest.mark.parametrize(
    ("settings", "words", "code"),
    [
        ("", ["--profile", "{}"], "K921"),
        ("", ["-p", "{}"], "K926"),
        ('default_profile = "{}"', [], "K921"),
        ('[profile."{}"]\nurll = "x"', [], "K920"),
        ('[project]\npacks = ["{}"]', [], "K920"),
    ],
)
def test_a_url_where_a_name_belongs_is_shown_without_its_password(
    warehouse: Shell, settings: str, words: list[str], code: str
) -> None:
    """As in `--profile "$DATABASE_URL"`, whose output a CI service keeps."""
    url = f"postgresql://ana:{SECRET}@db.example.com/shop"
    warehouse.write("kpidsl.toml", settings.format(url))
    words = [word.format(url) for word in words]
    text = warehouse.refused("query", "revenue", *words, code=2, names=[code, "ana:***@db"])
    assert SECRET not in text


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable(
    warehouse: Shell, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("SHOP_DB", raising=False)
    if value is not None:
        monkeypatch.setenv("SHOP_DB", value)
    warehouse.refused(
        "query", "revenue", "--profile", "test", code=2, names=["K922", "set `SHOP_DB`"]
    )


@pytest.mark.parametrize(
    "url",
    [
        "oracle://shop:${SHOP_DB}@db/shop",
        "${SHOP_DB}",
        "duckdb:///md:shop?motherduck_token=${SHOP_DB}",
    ],
)
def test_the_value_of_a_variable_is_not_printed(
    warehouse: Shell, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SHOP_DB", SECRET)
    warehouse.write("kpidsl.toml", f'[profile.test]\nurl = "{url}"\n')
    text = warehouse.refused(
        "query",
        "revenue",
        "--profile",
        "test",
        code=2,
        names=["K923", "`duckdb:///`, `sqlite:///`, `postgresql://`"],
    )
    assert SECRET not in text


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://shop:{SECRET}@db/shop",
        f"postgresql://shop:${{SHOP_DB}}{SECRET}@db/shop",
        f"postgresql://:{SECRET}@db/shop",
        f"shop:{SECRET}@db",
        f"duckdb:///md:shop?motherduck_token={SECRET}",
        f"sc://h:15002/;authorization=Bearer%20{SECRET}",
        f"sc://h:15002/;use_ssl=true;x-shop={SECRET}",
        f"trino+https://ana@h/lake?http_headers={{'Authorization': 'Bearer {SECRET}'}}",
        f"trino+https://ana@h/lake?http_headers=%7B%22X-Key%22%3A%22{SECRET}%22%7D",
        f"trino+https://ana@h/lake?extra_credential=[['key', '{SECRET}']]",
        f"snowflake://ana:${{SHOP_DB}}@shop/SHOP?passcode={SECRET}",
        f"clickhouse://h/shop?jwt={SECRET}",
        f"clickhouse://h/shop?http_proxy=ana:{SECRET}@proxy:3128",
        f"clickhouse://h/shop?https_proxy=http%3A%2F%2Fana%3A{SECRET}%40proxy",
        f"postgresql://ana@h/shop?scram_client_key={SECRET}",
        f"mysql://ana@h/shop?ssl_key_pass%77ord={SECRET}",
    ],
)
@pytest.mark.parametrize("verb", [["check"], ["query", "revenue"]])
def test_a_secret_in_the_settings_is_refused_and_not_repeated(
    warehouse: Shell, url: str, verb: list[str]
) -> None:
    warehouse.write("kpidsl.toml", f'[profile.test]\nurl = "{url}"\n')
    text = warehouse.refused(*verb, code=2, names=["K929", "profile `test`", "${SHOP_PASSWORD}"])
    assert SECRET not in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:${SHOP_DB}@db/shop",
        "postgresql://shop@db:5432/shop",
        "postgresql://db:5432/shop@home",
        "snowflake://ana@shop/SHOP?private_key_file=/key.p8&private_key_file_pwd=${SHOP_DB}",
        "snowflake://ana@shop/SHOP?token_file_path=/token",
        "snowflake://ana:${SHOP_DB}@shop/SHOP?passcode_in_password=true&jwt_timeout=30",
        "snowflake://ana@shop/SHOP?oauth_token_request_url=https://idp/token",
        "sc://h:15002/shop;use_ssl=true;user_id=ana;token=${SHOP_DB}",
        "sc://h:15002/;authorization=Bearer%20${SHOP_DB};x-databricks-cluster-id=1-2-3",
        "trino+https://ana@h/lake?http_headers=${SHOP_DB}",
        "clickhouse://h/shop?https_proxy=http://ana:${SHOP_DB}@proxy:3128",
        "clickhouse://h/shop?http_headers_progress_interval_ms=500",
        "duckdb:///C:/data/shop@home.duckdb",
    ],
)
def test_urls_without_a_secret_are_fine(warehouse: Shell, url: str) -> None:
    warehouse.write("kpidsl.toml", f'[profile.test]\nurl = "{url}"\n')
    assert warehouse.run("check").code == 0


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ("[project]\nname = shop\n", ["line 2"]),
        ("[project]\nnmae = 'shop'\n", ["`project.nmae`", "use `name`"]),
        ("[project]\nedition = 2\n", ["`project.edition`", "should be 1"]),
        ("[profil.dev]\nurl = 'x'\n", ["`profil`", "use `profile`"]),
        ("[profile.dev]\nurll = 'x'\n", ["`profile.dev.urll`", "use `url`"]),
        ("[profile.dev]\nurl = 'x'\ntimeout = 'long'\n", ["`profile.dev.timeout`"]),
        ("[profile.dev]\nurl = 'x'\ntimeout = 0\n", ["`profile.dev.timeout`"]),
        ("[profile.dev]\nurl = 'x'\ntimeout = inf\n", ["`profile.dev.timeout`", "1000000"]),
        ("[profile.dev]\nurl = 'x'\ntimeout = 1e10\n", ["`profile.dev.timeout`", "1000000"]),
        ("[profile.dev]\nurl = 'x'\nmax_rows = 2147483647\n", ["`profile.dev.max_rows`", "10000"]),
        (f"[profile.dev]\nurl = 'x'\nmax_rows = {'9' * 4400}\n", ["thousands of digits"]),
        (f"x = {'[' * 3000}{']' * 3000}\n", ["lists in lists"]),
        ("[profile.dev]\nurl = 'x'\nmemory_limit = '4 gb'\n", ["a size", 'memory_limit = "4 GB"']),
        ("[profile.dev]\nurl = 'x'\nmax_scan_bytes = 'lots'\n", ['max_scan_bytes = "10 GB"']),
        ("[profile.dev]\ntimeout = 5\n", ["`profile.dev.url`: it is missing", "`url = "]),
        ("[profile]\nurl = 'x'\n", ["`profile.url`", "`[profile.production]`"]),
        ("profile = 'x'\n", ["`profile`: it should be a section", "`[profile.production]`"]),
        ("cache = 5\n", ["`cache`: it should be a section", "`[cache]`"]),
        ("[project]\ndefinitions = 'kpi'\n", ["a list", '`definitions = ["definitions"]`']),
        ("[project]\npacks = [3]\n", ["`project.packs.0`", '`packs = ["marketing"]`']),
        ("[project]\ndefault_profile = 'x'\n", ["`project.default_profile`", "top of the file"]),
        ("[project]\npacks = ['marketting']\n", ["pack `marketting`", "use `marketing`"]),
    ],
)
@pytest.mark.parametrize("verb", [["check"], ["query", "revenue"]])
def test_bad_settings(shop: Shell, settings: str, names: list[str], verb: list[str]) -> None:
    shop.write("kpidsl.toml", settings)
    shop.refused(*verb, code=2, names=["K920", "`kpidsl.toml`", *names])


def test_a_syntax_error_in_the_settings_does_not_repeat_the_line(shop: Shell) -> None:
    shop.write("kpidsl.toml", f'[profile.dev]\nurl = "postgresql://shop:{SECRET}@db\n')
    assert SECRET not in shop.refused("check", code=2, names=["K920", "line 2"])


def test_settings_that_are_no_text(shop: Shell) -> None:
    shop.write("kpidsl.toml", "[project]\n".encode("utf-16"))
    shop.refused("check", code=1, names=["K905", "`kpidsl.toml`"])


def test_a_missing_table_that_is_asked_by_the_hour(warehouse: Shell) -> None:
    with duckdb.connect(warehouse.folder / "shop.duckdb") as con:
        con.execute("ALTER TABLE sales RENAME TO sale")
    asked = ("query", "revenue", "--by", "hour", "--period", "2026-01-04")
    warehouse.refused(*asked, code=1, names=["K641", "`sales`", "use `sale`"])


@pytest.mark.parametrize("verb", [["query", "revenue"], ["query", "aov", "--by", "month"]])
class TestDatabases:
    def test_a_missing_file_is_not_created(self, warehouse: Shell, verb: list[str]) -> None:
        warehouse.write("kpidsl.toml", SETTINGS.replace("shop.duckdb", "shpo.duckdb"))
        warehouse.refused(*verb, code=1, names=["K645", "`shpo.duckdb`", "use `shop.duckdb`"])
        assert not (warehouse.folder / "shpo.duckdb").exists()

    @pytest.mark.parametrize("content", [b"", b"order_id,day\n" * 1000])
    def test_no_duckdb_file(self, warehouse: Shell, verb: list[str], content: bytes) -> None:
        warehouse.write("shop.duckdb", content)
        warehouse.refused(*verb, code=1, names=["K645", "`shop.duckdb`", "DuckDB database"])
        assert (warehouse.folder / "shop.duckdb").read_bytes() == content

    def test_a_missing_table_names_the_nearest(self, warehouse: Shell, verb: list[str]) -> None:
        with duckdb.connect(warehouse.folder / "shop.duckdb") as con:
            con.execute("ALTER TABLE sales RENAME TO sale")
        warehouse.refused(*verb, code=1, names=["K641", "`sales`", "use `sale`", "shop.kpi:8:1"])

    def test_a_missing_column_names_the_nearest(self, warehouse: Shell, verb: list[str]) -> None:
        with duckdb.connect(warehouse.folder / "shop.duckdb") as con:
            con.execute("ALTER TABLE sales RENAME amount TO amounts")
        warehouse.refused(*verb, code=1, names=["K642", "use `amounts`", "shop.kpi:13:24"])

    def test_a_file_locked_by_another_program(self, warehouse: Shell, verb: list[str]) -> None:
        hold = "import duckdb, sys; c = duckdb.connect('shop.duckdb'); print(flush=True); input()"
        with subprocess.Popen(
            [sys.executable, "-c", hold],
            cwd=warehouse.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other:
            assert other.stdout is not None
            other.stdout.readline()  # it has the file open now
            warehouse.refused(*verb, code=1, names=["K645", "no other program has it open"])
            other.communicate(b"\n")


def test_the_time_limit_of_a_profile_holds(warehouse: Shell) -> None:
    rows = "SELECT a.range AS x FROM range(1000000) a, range(1000000) b WHERE a.range * 7 % 9 = 3"
    source = f'source big {{ sql: "{rows}"\n  key: none\n  measure total: sum(x) }}\n'
    warehouse.write("shop.kpi", SHOP + source)
    warehouse.write(
        "kpidsl.toml", SETTINGS.replace("[profile.test]", "timeout = 0.2\n[profile.test]")
    )
    warehouse.refused("query", "total", code=1, names=["K646", "0.2 s"])


class TestCheck:
    """With a profile the definitions are compared with its database, and else with nothing."""

    def test_what_fits(self, warehouse: Shell) -> None:
        done = warehouse.run("check", "--profile", "dev")
        assert (done.code, done.out) == (0, "")
        assert done.err.splitlines()[-1] == "in the database: 1 source with 4 columns"
        assert "in the database" not in warehouse.run("check").err

    def test_what_does_not(self, warehouse: Shell) -> None:
        with duckdb.connect(warehouse.folder / "shop.duckdb") as con:
            con.execute("ALTER TABLE sales RENAME amount TO amounts")
            con.execute("ALTER TABLE sales ALTER day TYPE TIMESTAMP")
        named = ["K642", "use `amounts`", "shop.kpi:13:24"]
        warehouse.refused("check", "--profile", "dev", code=1, names=named)
        assert warehouse.run("check").code == 0
        with duckdb.connect(warehouse.folder / "shop.duckdb") as con:
            con.execute("ALTER TABLE sales RENAME amounts TO amount")
            con.execute("ALTER TABLE sales ALTER amount TYPE VARCHAR")
        for more in ([], ["--data"]):
            text = warehouse.refused(
                "check", "--profile", "dev", *more, code=1, names=["K643", "K653", "2 errors"]
            )
            assert "shop.kpi:13:24" in text

    @pytest.mark.parametrize("more", [[], ["--data"]])
    def test_what_is_wrong_is_told_without_a_connection(
        self, warehouse: Shell, more: list[str]
    ) -> None:
        warehouse.write("kpidsl.toml", SETTINGS.replace("shop.duckdb", "shpo.duckdb"))
        warehouse.write("more.kpi", "kpidsl 1\nmetric odd: revenue + orders\n")
        done = warehouse.run("check", "--profile", "dev", *more, "--format", "json")
        codes = [item["code"] for item in json.loads(done.out)]
        # No connection, and money is added to a count.
        assert (done.code, codes, done.err) == (1, ["K645", "K301"], "")

    def test_without_a_connection(self, warehouse: Shell) -> None:
        warehouse.write("kpidsl.toml", SETTINGS.replace("shop.duckdb", "shpo.duckdb"))
        named = ["K645", "use `shop.duckdb`"]
        warehouse.refused("check", "--profile", "dev", code=1, names=named)
        warehouse.refused("check", "--profile", "tset", code=2, names=["K921"])


def test_a_profile_over_a_file_can_be_tried(warehouse: Shell) -> None:
    done = warehouse.run("profile", "test", "dev")
    assert done.code == 0
    assert f"DuckDB {duckdb.__version__}" in done.out
    assert "duckdb (executed)" in done.out
    warehouse.refused("profile", "test", "tset", code=2, names=["K921", "use `test`"])
    warehouse.write("kpidsl.toml", SETTINGS.replace("shop.duckdb", "shpo.duckdb"))
    warehouse.refused("profile", "test", "dev", code=1, names=["K645", "use `shop.duckdb`"])


def test_a_profile_over_a_sqlite_file_can_be_tried(shop: Shell) -> None:
    with closing(sqlite3.connect(shop.folder / "shop.sqlite")) as con:
        con.execute('CREATE TABLE "a ""table""" (id INTEGER)')
    shop.write("kpidsl.toml", '[profile.w]\nurl = "sqlite:///shop.sqlite"\n')
    facts = json.loads(shop.run("profile", "test", "w", "--format", "json").out)
    assert facts == {
        "profile": "w",
        "engine": "SQLite",
        "version": sqlite3.sqlite_version,
        "only_reads": True,
        "only_reads_note": "",
        "timezone": "UTC",
        "dialect": "sqlite",
        "support": "executed",
        "answers_kept": False,
        "answers_note": UNSURE,
    }


class TestWhetherSomethingCouldBeWritten:
    def test_to_a_duckdb_file(self, tmp_path: Path) -> None:
        file = tmp_path / "shop.duckdb"
        duckdb.connect(file).close()
        with closing(EmbeddedEngine(tmp_path, database=file)) as engine:
            assert engine_facts(engine).only_reads is True
            engine.keep(f"ATTACH '{tmp_path / 'other.duckdb'}' AS other")
            assert engine_facts(engine).only_reads is False

    def test_to_a_sqlite_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "shop.sqlite"
        sqlite3.connect(file).close()
        with closing(SQLiteEngine(file)) as engine:
            assert engine_facts(engine).only_reads is None  # there is nothing to write to
        with closing(sqlite3.connect(file)) as con:
            con.execute("CREATE TABLE sales AS SELECT 1 AS id")
        with closing(SQLiteEngine(file)) as engine:
            assert engine_facts(engine).only_reads is True
            monkeypatch.setattr(engine, "_con", sqlite3.connect(file, check_same_thread=False))
            assert engine_facts(engine).only_reads is False
        with closing(sqlite3.connect(file)) as con:
            assert con.execute("SELECT count(*) FROM sales").fetchone() == (1,)

    def test_nothing_is_claimed_that_was_not_seen(self, shop: Shell) -> None:
        """An account whose rights nobody looked at may be asked; one that could write is told."""
        sqlite3.connect(shop.folder / "shop.sqlite").close()
        shop.write("kpidsl.toml", '[profile.w]\nurl = "sqlite:///shop.sqlite"\n')
        done = shop.run("profile", "test", "w")
        assert done.code == 0
        assert f"only reads  not known: {UNSEEN}\n" in done.out


@pytest.mark.parametrize(
    ("dialect", "version", "level"),
    [
        ("mysql", "10.11.19-MariaDB-0+deb12u1", "executed"),
        ("mysql", "8.4.6", "executed on MariaDB"),
        ("postgres", "18.4", "executed"),
        ("databricks", "4.1.0", "executed on Spark"),
    ],
)
def test_how_far_an_engine_of_a_version_is_proved(dialect: str, version: str, level: str) -> None:
    assert support_of(dialect, version) == level


@pytest.mark.parametrize("scheme", ["spark", "tsql", "postgres+file"])
def test_a_dialect_is_no_kind_of_file(shop: Shell, scheme: str) -> None:
    shop.write("kpidsl.toml", f'[profile.dev]\nurl = "{scheme}:///shop.db"\n')
    shop.refused("profile", "test", "dev", code=2, names=["K923", "`sqlite:///`"])
