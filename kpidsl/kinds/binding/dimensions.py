"""Names of dimensions in metrics, queries and reports (S9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kpidsl.kinds.binding.row_types import Metrics, RowValue
from kpidsl.kinds.binding.rows import RowBinder
from kpidsl.kinds.binding.scope import Scope
from kpidsl.model.expr import QueryDimension
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree
from kpidsl.text.source import Span
from kpidsl.text.suggest import Known


def find_dimension(
    ref: tree.Ref, scope: Scope, homes: frozenset[str] = frozenset(), words: Iterable[str] = ()
) -> QueryDimension | None:
    """Return the dimension that a name means outside of any source.

    A shared dimension goes before those of the sources; `homes` are the sources of the filtered
    measures, whose own dimension goes before that of a source with the same name elsewhere. `words`
    are others that may stand there, and be meant by a name that is unknown.
    """
    found = _named(ref, scope, homes, words)
    return found if found is not None and _stands(found, scope) else None


def _stands(dimension: QueryDimension, scope: Scope) -> bool:
    """Tell whether a declared dimension was bound; if not, its own finding says why."""
    if dimension.source is None:
        return dimension.name in scope.shared
    at = scope.sources.get(dimension.start or dimension.source)
    for name in dimension.joins:
        join = at.joins.get(name) if at is not None else None
        at = scope.sources.get(join.target) if join is not None else None
    return at is not None and dimension.name in at.dimensions


def _named(
    ref: tree.Ref, scope: Scope, homes: frozenset[str], words: Iterable[str]
) -> QueryDimension | None:
    catalog = scope.catalog
    if len(ref.parts) == 1:
        return _bare(ref.text, ref.span, scope, homes, words)
    start, *steps, last = ref.parts
    if start.text not in catalog.sources:
        if (full := _over_join(ref, scope)) is not None:
            message = f"`{start.text}` is a join, and not where a path begins"
            mend = f"begin with its source: `{full}`"
            scope.error("K214", message, start.span, label="a join", help=mend)
            return None
        scope.unknown("a source", start.text, start.span, catalog.sources)
        return None
    names = catalog.sources[start.text]
    for step in steps:
        if step.text not in names.joins:
            scope.unknown(f"a join of `{names.name}`", step.text, step.span, names.joins)
            return None
        target = names.joins[step.text]
        if target not in catalog.sources:
            return None
        names = catalog.sources[target]
    if last.text not in names.dimensions:
        scope.unknown(f"a dimension of `{names.name}`", last.text, last.span, names.dimensions)
        return None
    if steps:
        joins = tuple(step.text for step in steps)
        return QueryDimension(last.text, names.name, start.text, joins)
    return QueryDimension(last.text, names.name)


def _over_join(ref: tree.Ref, scope: Scope) -> str | None:
    """Return the whole path that a name beginning with a join leaves unsaid, if any has one."""
    join = ref.parts[0].text
    homes = [name for name, source in scope.catalog.sources.items() if join in source.joins]
    return f"{min(homes)}.{ref.text}" if homes else None


def _bare(
    name: str, span: Span, scope: Scope, homes: frozenset[str], words: Iterable[str]
) -> QueryDimension | None:
    catalog = scope.catalog
    if name in catalog.shared:
        return QueryDimension(name)
    found = catalog.dimension_homes.get(name, ())
    nearer = [source for source in found if source in homes]
    if len(nearer) == 1 and len(homes) == 1:
        return QueryDimension(name, nearer[0])
    if len(found) == 1:
        return QueryDimension(name, found[0])
    if not found:
        known = catalog.dimension_names
        scope.unknown("a dimension", name, span, Known([*known.names, *words]) if words else known)
        return None
    scope.ambiguous(
        name,
        span,
        {f"{source}.{name}": catalog.sources[source].dimensions[name] for source in found},
    )
    return None


@dataclass(frozen=True, slots=True)
class DimensionNames:
    """Resolves the names in a metric's or a query's filter."""

    scope: Scope
    homes: frozenset[str] = frozenset()

    def __call__(self, ref: tree.Ref) -> RowValue | None:
        if self._is_amount(ref.text):
            self._refuse_amount(ref)
            return None
        dimension = find_dimension(ref, self.scope, self.homes)
        if dimension is None:
            return None
        return RowValue(dimension, self._datatype(dimension), ref.span)

    def _is_amount(self, name: str) -> bool:
        catalog = self.scope.catalog
        return name in catalog.value_names.names and name not in catalog.dimension_names.names

    def _refuse_amount(self, ref: tree.Ref) -> None:
        catalog = self.scope.catalog
        sort = next(iter(catalog.sorts(ref.text)), "a measure")
        self.scope.error(
            "K214",
            f"`{ref.text}` is {sort}; a dimension is expected here",
            ref.span,
            label=sort,
            help=f"compare what each member has, as in `{ref.text} per {catalog.some_dimension}`, "
            "or keep rows of an answer by `having`",
        )

    def _datatype(self, dimension: QueryDimension) -> Datatype:
        types = self.scope.dimension_types
        if dimension.source is not None:
            return types[(dimension.source, dimension.name)]
        members = self.scope.shared[dimension.name].members.items()
        known = {types[member] for member in members if member in types} - {Datatype.UNKNOWN}
        return known.pop() if len(known) == 1 else Datatype.UNKNOWN


def dimension_binder(scope: Scope, homes: frozenset[str], metrics: Metrics) -> RowBinder:
    """Return a binder for filters over dimensions, and over metrics per entity."""
    return RowBinder(scope, DimensionNames(scope, homes), sql_allowed=False, metrics=metrics)
