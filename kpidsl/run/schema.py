"""What a database has of what the definitions name: tables, columns and their types (S3, S20).

No row of a table is read for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kpidsl.engines.base import Engine, EngineError
from kpidsl.engines.guarded import peeked
from kpidsl.model.project import Model
from kpidsl.model.sources import Source, TableOrigin
from kpidsl.plan.excludes import Excludes
from kpidsl.run.clashes import (
    clashing_clock,
    clashing_ends,
    clashing_extreme,
    clashing_ids,
    clashing_join,
)
from kpidsl.run.computed import NO_NUMBERS, no_numbers
from kpidsl.run.failures import explain, missing_column, path_of, tables_of
from kpidsl.run.kinds import ColumnKinds
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.known import columns_of
from kpidsl.sql.lacking import Needs, lacking
from kpidsl.text.diagnostic import Diagnostic, has_errors


@dataclass(frozen=True, slots=True)
class Fit:
    """What of the definitions the database contradicts, and how much was looked at."""

    diagnostics: tuple[Diagnostic, ...]
    sources: int
    columns: int


class Schema:
    """Compares the sources of a model with the catalogue of one engine."""

    def __init__(self, model: Model, engine: Engine) -> None:
        self._model = model
        self._engine = engine
        self._dialect = DIALECTS[engine.dialect]
        self._excludes = Excludes(model)
        self._kinds_of = ColumnKinds(model, engine).of

    def fit(self) -> Fit:
        """Look at all sources; one that can't be read is told of once."""
        found: list[Diagnostic] = []
        sources = 0
        for source in self._model.sources.values():
            own = self.unreadable(source)
            sources += not has_errors(own)
            found += own or self.unfit(source)
        for entity in self._model.entities.values():
            if entity.resolve is not None:
                found += clashing_ids(
                    self._model, entity, self._model.sources, self._kinds_of, self._dialect
                )
        return Fit(tuple(dict.fromkeys(found)), sources, len(self._model.column_spans))

    def unreadable(self, source: Source) -> list[Diagnostic]:
        """Return what stands in the way of reading a source: files, tables, columns."""
        if source.name in self._excludes.circular:
            return []  # the definitions' own check has told
        tables = tables_of(source, self._model)
        found = self._engine.prepare(tables)
        if has_errors(found):
            return found
        tree = columns_of(self._model, source, self._engine.dialect)
        found += lacking(tree, self._dialect.name, Needs(self._model, [source]))
        if has_errors(found):
            return found
        try:
            columns = peeked(self._engine, self._dialect.text(tree, pretty=False)).columns
        except EngineError as failure:
            return [*found, explain(failure, [source], tables, self._model, self._engine)]
        known = {column.casefold() for column in (*columns, *self._unstarred(source))}
        missing = [
            missing_column(source, path[0], columns, span)
            for (owner, path), span in self._model.column_spans.items()
            if owner == source.name and path[0].casefold() not in known
        ]
        return [*found, *missing]

    def _unstarred(self, source: Source) -> Iterable[str]:
        """Return the columns of a source's table, of which `*` may leave out some: invisible ones
        of MariaDB, computed ones of ClickHouse. Rows that are reshaped have what `*` gave."""
        is_table = isinstance(source.origin, TableOrigin)
        if not is_table or source.unnest is not None or source.unpivot is not None:
            return ()
        return self._engine.columns(path_of(source))

    def unfit(self, source: Source) -> list[Diagnostic]:
        """Return which columns of a source can't be what the definitions take them for."""
        found = clashing_clock(source, self._kinds_of)
        for join in source.joins.values():
            found += clashing_join(self._model, join, self._kinds_of, self._dialect)
            found += clashing_ends(self._model, join, self._kinds_of)
        for measure in source.measures.values():
            found += clashing_extreme(measure, source, self._kinds_of)
        measures = source.measures.values()
        return [*found, *no_numbers(self._model, source, measures, self._kinds_of, NO_NUMBERS)]
