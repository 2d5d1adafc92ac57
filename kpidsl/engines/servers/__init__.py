"""Servers by the schemes of their urls."""

from __future__ import annotations

from kpidsl.engines.servers.base import Refusal, Server
from kpidsl.engines.servers.bigquery import BigQuery
from kpidsl.engines.servers.clickhouse import ClickHouse
from kpidsl.engines.servers.databricks import Databricks
from kpidsl.engines.servers.mssql import MSSQL
from kpidsl.engines.servers.mysql import MySQL
from kpidsl.engines.servers.postgres import Postgres
from kpidsl.engines.servers.redshift import Redshift
from kpidsl.engines.servers.snowflake import Snowflake
from kpidsl.engines.servers.spark import Spark
from kpidsl.engines.servers.trino import SecureTrino, Trino

AnyServer = Server | BigQuery | Spark
"""BigQuery and Spark have clients of their own, the others are reached by SQLAlchemy."""
_ALL: tuple[AnyServer, ...] = (
    *(Postgres(), ClickHouse(), MySQL(), MSSQL(), Redshift(), Snowflake(), Databricks()),
    *(Spark(), BigQuery(), Trino(), SecureTrino()),
)
SERVERS = {scheme: server for server in _ALL for scheme in server.schemes}

__all__ = ["SERVERS", "AnyServer", "BigQuery", "Refusal", "Server", "Snowflake", "Spark"]
