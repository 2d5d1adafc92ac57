"""Names inside a source: a dimension, a path over joins, the clock, or a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kpidsl.kinds.binding.catalog import Catalog
from kpidsl.kinds.binding.row_types import RowValue
from kpidsl.kinds.binding.rows import RowBinder
from kpidsl.kinds.binding.scope import Scope
from kpidsl.model.expr import Column, DimensionRef, RowExpr, TimeColumn
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name leads: `path` in `source`, reached over `joins`; `source` is None when a
    join's target does not exist."""

    sort: Literal["dimension", "clock", "column"]
    source: str | None
    path: tuple[str, ...]
    joins: tuple[str, ...]


def locate(
    parts: tuple[str, ...], source: str, catalog: Catalog, own: str | None = None, raw: bool = False
) -> Place:
    """Find what a name means in a source; `own` is the dimension being defined, whose name means
    the column in its own definition. In `raw` values so does that of a dimension that shows the
    clock."""
    names = catalog.sources[source]
    if len(parts) > 1 and parts[0] == source and parts[0] not in names.joins:
        parts = parts[1:]
    joins: tuple[str, ...] = ()
    while len(parts) > 1 and parts[0] in names.joins:
        target = names.joins[parts[0]]
        joins, parts = (*joins, parts[0]), parts[1:]
        if target not in catalog.sources:
            return Place("column", None, parts, joins)
        names = catalog.sources[target]
    means_column = (not joins and parts[0] == own) or (raw and names.shown and names.clock == parts)
    if len(parts) == 1 and parts[0] in names.dimensions and not means_column:
        return Place("dimension", names.name, parts, joins)
    if names.clock == parts:
        return Place("clock", names.name, parts, joins)
    return Place("column", names.name, parts, joins)


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """Resolves the names of one source.

    `raw` keeps the clock as the stored column, as identity needs it (keys, joins, entities):
    two instants may share one local time. `cells` is for tests on a file's raw cells, before
    any dimension exists.
    """

    scope: Scope
    source: str
    own: str | None = None
    raw: bool = False
    cells: bool = False

    def __call__(self, ref: tree.Ref) -> RowValue | None:
        parts = tuple(part.text for part in ref.parts)
        if self.cells:
            return self._column(ref, self.source, parts, ())
        place = locate(parts, self.source, self.scope.catalog, self.own, self.raw)
        if self._crosses_bridge(ref, place) or place.source is None:
            return None
        if place.sort == "dimension":
            datatype = self.scope.dimension_types.get((place.source, place.path[0]))
            if datatype is None:
                return None
            return RowValue(DimensionRef(place.path[0], place.joins), datatype, ref.span)
        if place.sort == "clock" and not self.raw:
            return RowValue(TimeColumn(place.joins), Datatype.TIMESTAMP, ref.span)
        if self._misses_join(ref, place):
            return None
        return self._column(ref, place.source, place.path, place.joins)

    def _column(
        self, ref: tree.Ref, source: str, path: tuple[str, ...], joins: tuple[str, ...]
    ) -> RowValue:
        # Which columns exist is known only when the data are opened; the place is kept for then.
        self.scope.column_spans.setdefault((source, path), ref.span)
        return RowValue(Column(path, joins), Datatype.UNKNOWN, ref.span)

    def _crosses_bridge(self, ref: tree.Ref, place: Place) -> bool:
        """Tell whether a name is that of something of which a row has many (S7)."""
        names = self.scope.catalog.sources[self.source]
        for join in place.joins:
            if join in names.bridges:
                self.scope.error(
                    "K411",
                    f"a row of `{names.name}` has many rows of `{names.joins[join]}`, and so no "
                    "one value of this",
                    ref.span,
                    label="behind a bridge",
                    help="use it where metrics are split or filtered: there each row has its share",
                )
                return True
            if names.joins[join] not in self.scope.catalog.sources:
                return False
            names = self.scope.catalog.sources[names.joins[join]]
        return False

    def _misses_join(self, ref: tree.Ref, place: Place) -> bool:
        """Tell whether a name was meant for another source that is not joined."""
        catalog = self.scope.catalog
        first, *rest = (part.text for part in ref.parts)
        here = catalog.sources[self.source]
        if place.joins or len(rest) != 1 or first not in catalog.sources:
            return False
        other = catalog.sources[first]
        if rest[0] not in other.dimensions and rest[0] not in other.measures:
            return False
        paths = [name for name, target in here.joins.items() if target == first]
        self.scope.error(
            "K211",
            f"`{self.source}` has no join called `{first}`",
            ref.parts[0].span,
            label="this is another source",
            help=f"write `{paths[0]}.{rest[0]}`"
            if paths
            else f"declare `join {first}: {first} on …` in `{self.source}`",
        )
        return True


def column_binder(
    scope: Scope, source: str, own: str | None = None, *, raw: bool = False, cells: bool = False
) -> RowBinder:
    """Return a binder for the row expressions of a source."""
    return RowBinder(scope, ColumnNames(scope, source, own, raw, cells))


def identities(
    exprs: tuple[tree.Expr, ...], scope: Scope, source: str, own: str | None = None
) -> tuple[RowExpr, ...] | None:
    """Bind the columns that say which row or entity is meant: keys, joins, `once per`; `own` is the
    entity being defined."""
    binder = column_binder(scope, source, own, raw=True)
    bound = [binder.value(expr) for expr in exprs]
    values = tuple(value.expr for value in bound if value is not None)
    return values if len(values) == len(bound) else None


def listed(expr: tree.Expr) -> tuple[tree.Expr, ...]:
    """Return the items of a list, or the one expression that stands in its place."""
    return expr.items if isinstance(expr, tree.ListLiteral) else (expr,)
