"""A limit of what a question may read, kept before a statement runs."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.engines.base import Engine, EngineError, Scan, Table, TableFacts, TableKeys, ValueType
from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic
from kpidsl.text.sizes import size_text


class GuardedEngine:
    """An engine that runs no statement by which it would read more than so much, as it estimates
    itself."""

    def __init__(self, engine: Engine, most: Scan) -> None:
        self.engine = engine
        self.dialect = engine.dialect
        self.keeps = engine.keeps
        self._most = most

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        return self.engine.prepare(sources)

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        self._weigh(sql, self._most)
        return self.engine.run(sql, types, most)

    def peek(self, sql: str) -> Table:
        """Run a SELECT of at most one row: rows are read until there is one, and what is paid for
        by the byte is read from end to end."""
        self._weigh(sql, Scan(bytes=self._most.bytes))
        return self.engine.run(sql)

    def keep(self, sql: str) -> None:
        self._weigh(sql, self._most)
        self.engine.keep(sql)

    def _weigh(self, sql: str, most: Scan) -> None:
        if most == Scan():
            return
        told = self.engine.estimate(sql)
        rows, size = told.rows or 0, told.bytes or 0
        if most.rows is not None and rows > most.rows:
            raise EngineError("too many rows to read", f"about {rows:,}, more than {most.rows:,}")
        if most.bytes is not None and size > most.bytes:
            text = f"about {size_text(size)}, more than {size_text(most.bytes)}"
            raise EngineError("too many bytes to read", text)

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

    def estimate(self, sql: str) -> Scan:
        return self.engine.estimate(sql)

    def cancel(self) -> None:
        self.engine.cancel()

    def close(self) -> None:
        self.engine.close()


def peeked(engine: Engine, sql: str) -> Table:
    """Run a SELECT of at most one row: an estimate takes no notice of where it stops."""
    return engine.peek(sql) if isinstance(engine, GuardedEngine) else engine.run(sql)
