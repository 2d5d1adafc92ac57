"""A limit of the rows that a question may read, kept before a statement runs."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.engines.base import Engine, EngineError, Table, TableFacts, TableKeys, ValueType
from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic


class GuardedEngine:
    """An engine that runs no statement by which it would read more rows than so many, as it
    estimates itself."""

    def __init__(self, engine: Engine, rows: int) -> None:
        self.engine = engine
        self.dialect = engine.dialect
        self.keeps = engine.keeps
        self._rows = rows

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        return self.engine.prepare(sources)

    def run(self, sql: str, types: Sequence[ValueType] | None = None) -> Table:
        self._weigh(sql)
        return self.engine.run(sql, types)

    def keep(self, sql: str) -> None:
        self._weigh(sql)
        self.engine.keep(sql)

    def _weigh(self, sql: str) -> None:
        rows = self.engine.estimate(sql) or 0
        if rows > self._rows:
            raise EngineError("too much to read", f"about {rows:,}, more than {self._rows:,}")

    def tables(self) -> list[str]:
        return self.engine.tables()

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        return self.engine.columns(path)

    def decimals(self, sql: str) -> dict[str, int]:
        return self.engine.decimals(sql)

    def facts(self, path: Sequence[str]) -> TableFacts:
        return self.engine.facts(path)

    def state(self, source: Source) -> str | None:
        return self.engine.state(source)

    def keys(self, path: Sequence[str]) -> TableKeys:
        return self.engine.keys(path)

    def estimate(self, sql: str) -> int | None:
        return self.engine.estimate(sql)

    def cancel(self) -> None:
        self.engine.cancel()

    def close(self) -> None:
        self.engine.close()


def peeked(engine: Engine, sql: str) -> Table:
    """Run a SELECT of at most one row: an estimate takes no notice of where it stops."""
    return (engine.engine if isinstance(engine, GuardedEngine) else engine).run(sql)
