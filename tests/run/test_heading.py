"""The comments above SQL: whence it is, and nothing that could end them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot

import kpidsl
from kpidsl.model.definition import Definition
from kpidsl.run.heading import heading
from kpidsl.sql.dialects.support import unproved
from kpidsl.text.source import SourceFile, Span
from tests.semantics.conftest import CUSTOMERS, LINES, ORDERS, REFUNDS, SHOP, SPEND
from tests.support import Running, project

FUNNEL = """
funnel bought {
  entity: customer
  step order: orders
  step again: orders
}
entity customer { in: [orders.customer_id] }
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    tables = {"customers": CUSTOMERS, "orders": ORDERS, "lines": LINES}
    with project(tmp_path, SHOP + FUNNEL, **tables, refunds=REFUNDS, spend=SPEND) as loaded:
        yield loaded


def without_level(sql: str) -> str:
    """Leave out the line that tells where SQL of a dialect was tried, which `compile` writes."""
    told = unproved(Running.engine)
    return sql.replace(f"-- {told}\n", "") if told else sql


def comments(sql: str) -> list[str]:
    """Return the heading's own; after it SQLite's text says which functions it calls."""
    lines = without_level(sql).splitlines()
    return [line for line in lines if re.match("--(?! runs where)", line)]


def line_of(text: str) -> int:
    return 1 + [line.strip() for line in SHOP.splitlines()].index(text)


def test_each_metric_and_measure_is_named_with_its_place(tmp_path: Path) -> None:
    with project(tmp_path, SHOP) as loaded:
        sql = loaded.compile("roas", "revenue", by=["month"], period="2026-Q1")
        assert comments(sql) == [
            f"-- kpidsl {kpidsl.__version__}, definitions {loaded.definition_hash}",
            f"-- roas: project.kpi:{line_of('metric roas: revenue / ad_spend')}",
            f"-- orders.revenue: project.kpi:{line_of('measure revenue: sum(amount) as USD')}",
            f"-- spend.ad_spend: project.kpi:{line_of('measure ad_spend: sum(amount) as USD')}",
        ]
        assert sql.startswith("-- kpidsl ")


def test_an_expression_names_what_is_in_it_and_none_of_its_text(tmp_path: Path) -> None:
    with project(tmp_path, SHOP) as loaded:
        sql = loaded.compile('(revenue where channel = "*/ secret") / orders')
    assert [line.split(":")[0] for line in comments(sql)[1:]] == [
        "-- orders.revenue",
        "-- orders.orders",
    ]
    assert not any("secret" in line for line in comments(sql))


def test_an_answer_shows_the_sql_of_the_compiler(shop: kpidsl.Project) -> None:
    assert shop.query("orders").sql == without_level(shop.compile("orders"))


def test_a_funnel_is_named(shop: kpidsl.Project) -> None:
    sql = shop.funnel("bought").sql
    assert comments(sql)[1].startswith("-- bought: project.kpi:")


@pytest.mark.never_on("clickhouse", "sqlglot doesn't read its `CAST` to a type that is computed")
def test_the_engine_gets_the_statement_alone(shop: kpidsl.Project) -> None:
    """What stands below the comments is one statement, which parses to what the comments leave."""
    sql = shop.compile("revenue", by=["channel"])
    bare = "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
    (statement,) = sqlglot.parse(bare, dialect=Running.engine)
    (commented,) = sqlglot.parse(sql, dialect=Running.engine)
    assert statement == commented


def test_no_name_and_no_place_ends_its_comment() -> None:
    """A line break, however it is written, is shown, and stays on the line."""
    breaks = "\n\r\u2028\u2029\x0b\x0c\x85"
    file = SourceFile(f"a{breaks}DROP TABLE t; */.kpi", "metric m: x")
    item = Definition(name="m", span=Span(file, 0, 6))
    text = heading([(f"m{breaks}; DROP TABLE t; --", item)], f"kpidsl{breaks}1")
    assert len(text.splitlines()) == 2
    assert all(line.startswith("-- ") for line in text.splitlines())
    assert not sqlglot.parse_one(f"{text}SELECT 1").find(sqlglot.exp.Drop)


def test_the_text_is_the_same_to_the_byte(tmp_path: Path) -> None:
    def text(folder: Path) -> str:
        folder.mkdir()
        with project(folder, SHOP) as loaded:
            return loaded.compile("roas", "net", "cost", by=["month"], period="2026-Q1")

    assert text(tmp_path / "one") == text(tmp_path / "other")
