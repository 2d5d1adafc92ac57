import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import kpidsl
from benchmarks.data import database, sizes
from benchmarks.queries import PROJECT, QUERIES, Query
from benchmarks.run import DATABASE, ask, main
from benchmarks.tables import difference
from kpidsl.engines.embedded import EmbeddedEngine

SCALE = 0.001
EXPRESSED = {query.name for query in QUERIES}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmarks")
    database(SCALE, folder)
    return folder


@pytest.fixture
def engine(cache: Path) -> Iterator[EmbeddedEngine]:
    engine, problems = EmbeddedEngine.open(PROJECT, database(SCALE, cache), "UTC")
    assert engine is not None, problems
    yield engine
    engine.close()


def test_every_query_is_right_or_says_why_it_is_not_asked(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DATABASE, "set again by the runner")
    out = cache / "figures.json"
    options = ["--scale", str(SCALE), "--pairs", "1", "--cache", str(cache), "--out", str(out)]
    status = main([*options, "--sizes", "10", "--questions", "2"])
    figures = json.loads(out.read_text(encoding="utf-8"))
    found = {item["name"]: item for item in figures["queries"]}
    assert {name: item["differs"] for name, item in found.items() if item["differs"]} == {}
    assert status == 0
    assert list(found) == [query.name for query in QUERIES]
    assert {name for name, item in found.items() if not item["not_expressed"]} >= EXPRESSED
    assert [item["query"] for item in figures["compile"]] == ["q1", "q2"]
    printed = capsys.readouterr().out
    assert all(f"| {query.name} |" in printed for query in QUERIES)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_hand_written_statements_agree(query: Query, engine: EmbeddedEngine) -> None:
    assert difference(engine.run(query.plain).rows, engine.run(query.best).rows) is None


@pytest.mark.parametrize(
    "query", [query for query in QUERIES if query.known], ids=lambda query: query.name
)
def test_of_data_that_begin_later_the_statements_that_know_are_right(
    query: Query, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders that begin on 10 March 2025 leave January unknown, and the best statements tell 0."""
    assert query.known is not None
    path = tmp_path / "later.duckdb"
    shutil.copy(database(SCALE, cache), path)
    with duckdb.connect(str(path)) as con:
        con.execute("DELETE FROM order_lines WHERE ordered_at < DATE '2025-03-10'")
    monkeypatch.setenv(DATABASE, str(path))
    with kpidsl.load(PROJECT) as project:
        ours = ask(project, query).rows
    engine, problems = EmbeddedEngine.open(PROJECT, path, "UTC")
    assert engine is not None, problems
    try:
        assert difference(ours, engine.run(query.known).rows) is None
        assert difference(ours, engine.run(query.best).rows) is not None
    finally:
        engine.close()


def test_the_data_hold_the_traps(engine: EmbeddedEngine) -> None:
    def one(sql: str) -> object:
        return engine.run(sql).rows[0][0]

    expected = sizes(SCALE)
    assert one("SELECT count(*) FROM customers") == expected["customers"] == 500
    assert one("SELECT count(DISTINCT order_id) FROM order_lines") == expected["orders"] == 4_000
    # 1,095 days, six channels, five campaigns.
    assert one("SELECT count(*) FROM spend") == 32_850
    assert one("SELECT count(*) FROM customers WHERE region_id IS NULL OR region_id = 99")
    assert one("SELECT count(*) FROM order_lines WHERE channel_id IS NULL")
    assert one("SELECT count(*) FROM order_lines ANTI JOIN customers USING (customer_id)")
    gave_back = (
        "SELECT count(*) FROM refunds JOIN customers USING (customer_id) WHERE region_id = 8"
    )
    assert one(gave_back) == 0
