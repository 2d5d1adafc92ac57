"""What columns hold by their types in the catalogue of a database."""

from __future__ import annotations

from kpidsl.engines.base import Engine
from kpidsl.model.expr import Column, DimensionRef, RowExpr
from kpidsl.model.project import Model
from kpidsl.model.sources import Source, SqlOrigin, UnionOrigin
from kpidsl.run.failures import path_of
from kpidsl.sql.dialects import DIALECTS, Kind


class ColumnKinds:
    """What columns of the sources of a model hold; each table is looked up once."""

    def __init__(self, model: Model, engine: Engine) -> None:
        self._model = model
        self._engine = engine
        self._dialect = DIALECTS[engine.dialect]
        self._types: dict[tuple[str, ...], dict[str, str]] = {}

    def of(self, source: Source, value: RowExpr) -> frozenset[Kind]:
        """Return what a column holds by its type; nothing is known of what is computed."""
        match value:
            case DimensionRef(name=name, joins=()):
                own = source.dimensions[name].expr
                return frozenset() if own is None else self.of(source, own)
            case Column(path=(name,), joins=()):
                return self._kinds_of_column(source, name)
        return frozenset()

    def _kinds_of_column(self, source: Source, name: str) -> frozenset[Kind]:
        match source.origin:
            case _ if source.unnest is not None or source.unpivot is not None:
                return frozenset()
            case SqlOrigin():
                return frozenset()
            case UnionOrigin(sources=members):
                each = (self._kinds_of_column(self._model.sources[item], name) for item in members)
                return frozenset().union(*each)
        type_name = self._types_of(source).get(name.casefold())
        return frozenset() if type_name is None else frozenset({self._dialect.kind_of(type_name)})

    def _types_of(self, source: Source) -> dict[str, str]:
        path = path_of(source)
        if path not in self._types:
            known = self._engine.columns(path)
            self._types[path] = {name.casefold(): kind for name, kind in known.items()}
        return self._types[path]
