"""How far kpidsl's SQL of a dialect is proved."""

from __future__ import annotations

from enum import StrEnum


class Support(StrEnum):
    """`executed`: the same questions are run on the engine itself as on DuckDB, and judged by the
    same answers; `executed on MariaDB`, `executed on Spark`: on an engine of the same language, and
    not on the one that is meant; `executed on a reference evaluator`: on the program by which the
    language is measured, and not on the engine; `parsed only`: no engine of it was at hand, and its
    SQL was read by a parser."""

    EXECUTED = "executed"
    ON_MARIADB = "executed on MariaDB"
    ON_SPARK = "executed on Spark"
    EVALUATED = "executed on a reference evaluator"
    PARSED_ONLY = "parsed only"


SUPPORT = {
    "duckdb": Support.EXECUTED,
    "sqlite": Support.EXECUTED,
    "postgres": Support.EXECUTED,
    "clickhouse": Support.EXECUTED,
    "spark": Support.EXECUTED,
    "databricks": Support.ON_SPARK,
    "mysql": Support.ON_MARIADB,
    "bigquery": Support.EVALUATED,
    "redshift": Support.PARSED_ONLY,
    "snowflake": Support.PARSED_ONLY,
    "trino": Support.PARSED_ONLY,
    "tsql": Support.PARSED_ONLY,
}


def support_of(dialect: str, version: str) -> Support:
    """Return the level of an engine that tells its version, by which MariaDB is known."""
    level = SUPPORT[dialect]
    is_proved = level is Support.ON_MARIADB and "mariadb" in version.casefold()
    return Support.EXECUTED if is_proved else level


def unproved(dialect: str) -> str:
    """Return what to say above SQL of a dialect that no engine has run, or not every one of its;
    empty where one has."""
    level = SUPPORT[dialect]
    if level is Support.EXECUTED:
        return ""
    which, where = ("MySQL", " there") if level is Support.ON_MARIADB else ("engine of its own", "")
    return f"{dialect}: {level}, no {which} has run this SQL: compare its numbers{where}"
