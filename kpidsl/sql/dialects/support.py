"""How far kpidsl's SQL of a dialect is proved."""

from __future__ import annotations

from enum import StrEnum


class Support(StrEnum):
    """`executed`: the same questions are run on the engine itself as on DuckDB, and judged by the
    same answers; `executed on a reference evaluator`: they are run on the program by which the
    language is measured, and not on the engine; `parsed only`: no engine of it was at hand, and its
    SQL was read by a parser."""

    EXECUTED = "executed"
    EVALUATED = "executed on a reference evaluator"
    PARSED_ONLY = "parsed only"


SUPPORT = {
    "duckdb": Support.EXECUTED,
    "sqlite": Support.EXECUTED,
    "postgres": Support.EXECUTED,
    "clickhouse": Support.EXECUTED,
    "spark": Support.EXECUTED,
    "databricks": Support.PARSED_ONLY,
    "mysql": Support.EXECUTED,
    "bigquery": Support.EVALUATED,
    "redshift": Support.PARSED_ONLY,
    "snowflake": Support.PARSED_ONLY,
    "trino": Support.PARSED_ONLY,
    "tsql": Support.PARSED_ONLY,
}


def unproved(dialect: str) -> str:
    """Return what to say above SQL of a dialect that no engine has run; empty where one has."""
    level = SUPPORT[dialect]
    if level is Support.EXECUTED:
        return ""
    untried = "no engine of its own has run this SQL: compare its numbers"
    return f"{dialect}: {level}, {untried}"
