"""How far kpidsl's SQL of a dialect is proved."""

from __future__ import annotations

from enum import StrEnum


class Support(StrEnum):
    """`executed`: the same questions are run on the engine itself as on DuckDB, and judged by the
    same answers; `parsed only`: no engine of it was at hand, and its SQL was read by a parser."""

    EXECUTED = "executed"
    PARSED_ONLY = "parsed only"


SUPPORT = {
    "duckdb": Support.EXECUTED,
    "sqlite": Support.EXECUTED,
    "postgres": Support.EXECUTED,
    "clickhouse": Support.EXECUTED,
    "spark": Support.EXECUTED,
    "databricks": Support.PARSED_ONLY,
    "mysql": Support.EXECUTED,
}
