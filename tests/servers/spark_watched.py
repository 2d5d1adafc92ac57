"""An engine on Spark whose sessions a test can look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kpidsl.engines.spark import SparkEngine

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession


class Watched(SparkEngine):
    def __init__(self, *told: Any, **options: Any) -> None:
        super().__init__(*told, **options)
        self.sessions: list[SparkSession] = []

    def _made(self) -> SparkSession:
        session = super()._made()
        self.sessions.append(session)
        return session
