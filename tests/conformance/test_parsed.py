"""Dialects of which no engine is at hand: a parser reads the SQL of every case, as theirs and
without a complaint, and writes it for DuckDB, where the answers are the expected ones.

So what is tried is that functions are the dialect's and take their arguments in its order, as far
as the parser knows them. It is no proof of what the engine does.
"""

from __future__ import annotations

import pytest

from kpidsl.conformance.proving import outcomes
from kpidsl.conformance.verdict import Verdict
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.dialects.duckdb import DuckDB
from kpidsl.sql.dialects.snowflake import Snowflake
from kpidsl.sql.dialects.support import SUPPORT, Support
from tests.conformance.translated import Translated

REFUSED: dict[str, set[str]] = {
    "snowflake": {
        "the first and the last by the clock, ties by the key",
        "what each person came by first",
        "rows of two tables, one after the other, by the names of columns",
    },
    "trino": {"rows of two tables, one after the other, by the names of columns"},
}


class SnowflakeByDuckDB(Snowflake):
    """Types are those of the engine that it runs on."""

    type_of = DuckDB.type_of
    kind_of = DuckDB.kind_of


TYPED = {"snowflake": SnowflakeByDuckDB(), "trino": DIALECTS["trino"]}
"""What Trino calls types is what DuckDB does, in small letters."""


def test_each_dialect_that_is_parsed_only_is_tried() -> None:
    """What is written for Databricks is run by Spark: `tests/oracle/test_spark.py`."""
    parsed = {name for name, how in SUPPORT.items() if how is Support.PARSED_ONLY}
    assert parsed == {"databricks", *REFUSED}
    assert SUPPORT.keys() == DIALECTS.keys()


@pytest.mark.parametrize("dialect", REFUSED)
def test_every_case_means_the_same_to_a_parser(
    monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    monkeypatch.setitem(DIALECTS, dialect, TYPED[dialect])
    found = list(outcomes(lambda zone: Translated(dialect, zone), lambda _: None))
    wrong = {Verdict.DIFFERS, Verdict.FAILED}
    assert [(item.case.name, item.told, item.got) for item in found if item.verdict in wrong] == []
    refused = [item for item in found if item.verdict is Verdict.REFUSED]
    assert {item.case.name for item in refused} == REFUSED[dialect]
    assert all(item.told.startswith("K501 ") for item in refused)
