"""What the engine's catalogue says of the tables behind sources."""

from __future__ import annotations

from kpidsl.engines.base import Engine, TableFacts
from kpidsl.model.sources import FilesOrigin, Source, TableOrigin

_NOTHING = TableFacts()


class Catalogue:
    """The facts of one model's sources on one engine, each asked for once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, TableFacts] = {}

    def at_most(self, source: Source) -> int | None:
        return self._of(source).rows

    def decimal_places(self, source: Source, column: str) -> int | None:
        return self._of(source).decimals.get(column)

    def _of(self, source: Source) -> TableFacts:
        if source.name not in self._known:
            self._known[source.name] = self._asked(source)
        return self._known[source.name]

    def _asked(self, source: Source) -> TableFacts:
        if source.unnest is not None or source.unpivot is not None:
            return _NOTHING
        match source.origin:
            case TableOrigin(path=path):
                return self._engine.facts(path)
            case FilesOrigin():
                self._engine.prepare([source])  # what goes wrong is told when the rows are read
                return self._engine.facts((source.name,))
        return _NOTHING
