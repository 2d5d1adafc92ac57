"""Dialects by name. A dialect is data and small builders; what it lacks is refused."""

from __future__ import annotations

from kpidsl.sql.dialects.base import Clock, Dialect, Kind
from kpidsl.sql.dialects.bigquery import BigQuery
from kpidsl.sql.dialects.clickhouse import ClickHouse
from kpidsl.sql.dialects.duckdb import DuckDB
from kpidsl.sql.dialects.mysql import MySQL
from kpidsl.sql.dialects.postgres import Postgres
from kpidsl.sql.dialects.redshift import Redshift
from kpidsl.sql.dialects.snowflake import Snowflake
from kpidsl.sql.dialects.spark import Databricks, Spark
from kpidsl.sql.dialects.sqlite import SQLite
from kpidsl.sql.dialects.trino import Trino
from kpidsl.sql.dialects.tsql import TSQL

DIALECTS: dict[str, Dialect] = {
    "bigquery": BigQuery(),
    "clickhouse": ClickHouse(),
    "databricks": Databricks(),
    "duckdb": DuckDB(),
    "mysql": MySQL(),
    "postgres": Postgres(),
    "redshift": Redshift(),
    "snowflake": Snowflake(),
    "spark": Spark(),
    "sqlite": SQLite(),
    "trino": Trino(),
    "tsql": TSQL(),
}

__all__ = ["DIALECTS", "Clock", "Dialect", "Kind"]
