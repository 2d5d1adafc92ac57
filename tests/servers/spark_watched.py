"""An engine on Spark whose sessions, and whether work is done in one, a test can look at."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

from kpidsl.engines.spark import SparkEngine

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession


T = TypeVar("T")


class Watched(SparkEngine):
    def __init__(self, *told: Any, **options: Any) -> None:
        super().__init__(*told, **options)
        self.sessions: list[SparkSession] = []
        self.works = Event()

    def _ask(self, work: Callable[[SparkSession], T]) -> T:
        def noted(session: SparkSession) -> T:
            self.works.set()
            try:
                return work(session)
            finally:
                self.works.clear()

        return super()._ask(noted)

    def _made(self) -> SparkSession:
        session = super()._made()
        self.sessions.append(session)
        return session
