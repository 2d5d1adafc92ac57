"""Numbers that no type of DuckDB holds are refused (S12), whichever of its errors says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import kpidsl
from kpidsl.reports.build.asking import gap_of
from kpidsl.text.diagnostic import Diagnostic
from tests.support import refusal

DEFINITIONS = """kpidsl 1
project shop { currency: EUR }
source sales {
  table: sales
  key: id
  measure whole: sum(whole) as number
  measure squares: sum(whole * whole) as number
  measure huge: sum(huge) as number
  measure turned: sum(-huge) as number
  measure half_more: sum(whole + 0.5) as number
  measure floats: sum(float) as number
  measure noted: sum(number(note)) as number
}
source fees {
  table: fees
  key: id
  measure pieces: sum(pieces) as number
  measure fees: sum(fee) as number
}
"""
TABLES = """
CREATE TABLE sales (id INT, whole DECIMAL(38, 0), huge HUGEINT, float DOUBLE, note VARCHAR);
INSERT INTO sales VALUES
  (1, '99999999999999999999999999999999999999', '-170141183460469231731687303715884105728', 1e308,
   'ann@shop.example'),
  (2, 0, 0, 1e308, '1');
CREATE TABLE fees (id INT, pieces INT, fee DECIMAL(18, 3));
INSERT INTO fees VALUES (1, 5, 0.5);
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute(TABLES)
    (tmp_path / "kpidsl.toml").write_text(
        'default_profile = "p"\n[profile.p]\nurl = "duckdb:///shop.duckdb"\n', encoding="utf-8"
    )
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    with kpidsl.load(tmp_path) as loaded:
        yield loaded


def places(problem: Diagnostic) -> list[str]:
    """Return the first words of what is marked."""
    spans = [problem.span, *(label.span for label in problem.labels)]
    return [" ".join(span.text.split()[:2]).rstrip(":") for span in spans if span is not None]


@pytest.mark.parametrize(
    ("metric", "marked"),
    [
        ("squares", ["measure squares"]),
        ("turned", ["measure turned"]),
        ("whole * whole", ["measure whole"]),
        ("whole * pieces", ["measure whole", "measure pieces"]),
        # Decimals of 38 digits have none left for those of the other.
        ("whole + fees", ["measure whole", "measure fees"]),
        ("huge + fees", ["measure huge", "measure fees"]),
        ("coalesce(whole, fees)", ["measure whole", "measure fees"]),
        ("half_more", ["whole"]),
        # Twice 1e308 is more than the largest float, 1.8e308.
        ("floats", ["measure floats"]),
    ],
)
def test_what_is_too_large_is_marked(shop: kpidsl.Project, metric: str, marked: list[str]) -> None:
    problem = refusal(shop, metric)
    assert problem.code == "K644"
    assert "larger than the engine can hold" in problem.message
    assert "Error" not in problem.message
    assert places(problem) == marked


def test_what_is_as_large_as_can_be_is_answered(shop: kpidsl.Project) -> None:
    assert shop.query("whole").values("whole") == [10**38 - 1]
    assert shop.query("huge").values("huge") == [-(2**127)]


def test_too_many_decimals_are_no_large_values(shop: kpidsl.Project) -> None:
    """Thirteen factors of three decimals need 39."""
    problem = refusal(shop, " * ".join(["fees"] * 13))
    assert problem.code == "K644"
    assert "more decimals than the engine can hold" in problem.message
    assert "round" in problem.help


def test_a_page_does_not_show_the_value_of_a_row(shop: kpidsl.Project) -> None:
    problem = refusal(shop, "noted")
    assert problem.code == "K643"
    assert "'ann@shop.example'" in problem.message
    assert gap_of([problem]).message == "a value doesn't fit its type"
