"""The benchmarks' shop in MetricFlow; its model is in metricflow_shop.yaml."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantic_interfaces.parsing.dir_to_model import (
    parse_yaml_files_to_validation_ready_semantic_manifest,
)
from metricflow_semantic_interfaces.parsing.objects import YamlConfigFile
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
from protocol import Compile, Period, report

MODEL = Path(__file__).parent / "metricflow_shop.yaml"
TABLES = ("order_lines", "refunds", "spend", "channels", "customers", "regions")
SETUP = [
    *(f"CREATE VIEW memory.main.{name} AS FROM warehouse.main.{name}" for name in TABLES),
    # MetricFlow asks for a table of days; such tables go on into the future.
    """CREATE TABLE memory.main.calendar AS SELECT unnest(
      generate_series(DATE '2023-01-01', DATE '2026-12-31', INTERVAL 1 DAY))::DATE AS day""",
    "SET search_path = 'memory.main,warehouse.main'",
]


class Client:
    """What the engine asks of a client that only explains."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


def shop() -> MetricFlowEngine:
    file = YamlConfigFile(filepath=str(MODEL), contents=MODEL.read_text(encoding="utf-8"))
    manifest = parse_yaml_files_to_validation_ready_semantic_manifest([file]).semantic_manifest
    return MetricFlowEngine(SemanticManifestLookup(manifest), Client())


def main() -> None:
    started = time.perf_counter()
    engine = shop()

    def asking(
        metrics: list[str], by: list[str], days: Period | None = None, where: str | None = None
    ) -> Compile:
        def compile_(period: Period | None) -> str:
            chosen = period or days
            bounds = {}
            if chosen is not None:
                bounds = {
                    "time_constraint_start": datetime.fromisoformat(chosen.first),
                    "time_constraint_end": datetime.fromisoformat(chosen.last),
                }
            request = MetricFlowQueryRequest.create(
                metric_names=metrics,
                group_by_names=by,
                where_constraints=[where] if where is not None else None,
                **bounds,
            )
            sql: str = engine.explain(request).sql_statement.sql
            return sql

        return compile_

    channel = "channel__channel_name"
    year = Period("2025-01-01", "2025-11-30")
    weeks = Period("2024-12-30", "2025-11-30")
    month = ["metric_time__month"]
    questions: dict[str, Compile | None] = {
        "revenue_aov": asking(["revenue", "aov"], [*month, channel]),
        "revenue": asking(["revenue"], month),
        "roas": asking(["roas"], month),
        "running_revenue": asking(["running_revenue"], month),
        "credit": None,  # customers are on the one side of orders: their sums reach no channel
        "last_month": asking(["revenue", "revenue_last_month"], month, year),
        "rolling_buyers": asking(["rolling_buyers"], ["metric_time__day"], year),
        "year_over_year": asking(["revenue", "revenue_last_year"], ["metric_time__week"], weeks),
        "net_revenue": asking(["net_revenue"], ["customer__region__region_name"]),
        "two_facts_filtered": asking(
            ["revenue", "refunded"],
            [channel],
            where="{{ Dimension('channel__channel_name') }} = 'social'",
        ),
    }
    report("metricflow", questions, SETUP, started)


main()
