"""Sources with all that is in them, each part after those that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.kinds import dimension, entity, measure, source
from kpidsl.kinds.binding.columns import locate
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.graph import refs, report_cycles, sort
from kpidsl.kinds.binding.prune import prune
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.collect import Declarations
from kpidsl.model.sources import Dimension, Measure
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree
from kpidsl.text.source import Span


def bind_sources(found: Declarations, scope: Scope) -> None:
    """Bind the sources of a project into the scope, and what their dimensions are of."""
    declared = found.of("source")
    _share_dimensions(found, scope)
    dimensions = _bind_dimensions(declared, found.of("entity"), scope)
    keys = source.keys_of(declared)
    _, cycles = sort(
        {
            name: [(part.text, part.span) for part in fields.get(source.UNION) or ()]
            for name, fields in declared.items()
        }
    )
    report_cycles("source", cycles, scope)
    circular = {name for cycle in cycles for name, _ in cycle}
    for name, fields in declared.items():
        bound = source.bind(fields, keys, scope)
        measures = _bind_measures(fields, scope)
        sound = fields.ok and name not in circular
        if bound is not None and (sound or scope.tolerant):
            scope.sources[name] = bound.model_copy(
                update={"dimensions": dimensions.get(name, {}), "measures": measures}
            )
    for fields in found.of("entity").values():
        table = entity.table_of(fields, scope)
        if table is not None:
            scope.sources.setdefault(table.name, table)
    if not scope.tolerant:
        scope.sources = prune(scope.sources)
    scope.dimension_types = {
        (name, item): bound.datatype
        for name, kept in scope.sources.items()
        for item, bound in kept.dimensions.items()
    }


def _share_dimensions(found: Declarations, scope: Scope) -> None:
    for name, fields in {**found.of("entity"), **found.of("dimension")}.items():
        scope.shared_spans[name] = fields.name_span
        for member in scope.catalog.shared[name].items():
            scope.shared_of.setdefault(member, name)


def _bind_dimensions(
    declared: dict[str, Fields], entities: dict[str, Fields], scope: Scope
) -> dict[str, dict[str, Dimension]]:
    """Bind all dimensions of all sources, each after those that it names."""
    parts: dict[tuple[str, str], Fields] = {}
    columns: dict[tuple[str, str], tree.Name] = {}
    for name, fields in declared.items():
        for column in fields.get(source.DIMENSIONS) or ():
            columns.setdefault((name, column.text), column)
        for part in fields.children(dimension.OF_SOURCE):
            parts.setdefault((name, part.name), part)
    edges = {
        node: list(_dimension_needs(node, part, scope)) if node not in columns else []
        for node, part in {**dict.fromkeys(columns), **parts}.items()
    }
    told = {
        (source, name): fields
        for name, fields in entities.items()
        for source in entity.members_of(fields)
        if source in declared and (source, name) not in edges
    }
    for (source_name, name), fields in told.items():
        edges[source_name, name] = list(entity.needs(fields, source_name, scope))
    order, cycles = sort(edges)
    report_cycles("dimension", cycles, scope)
    bound: dict[str, dict[str, Dimension]] = {}
    for node in order:
        name, item = node
        shared = scope.shared_of.get(node)
        made: Dimension | None
        if node in told:
            made = entity.bind_member(told[node], name, scope)
            if scope.tolerant:
                made = made or Dimension(name=item, source=name, shared=shared)
        elif node in columns:
            is_clock = source.shows_clock(declared[name], item)
            made = dimension.named_after_column(
                columns[node], name, shared, scope, is_clock=is_clock
            )
        else:
            part = parts[node]
            made = dimension.bind_of_source(part, name, shared, scope)
            if scope.tolerant:
                made = made or Dimension(name=item, source=name, shared=shared)
            elif not part.ok:
                made = None
        if made is not None:
            bound.setdefault(name, {})[item] = made
            scope.dimension_types[node] = made.datatype
    _share_moments(bound)
    return bound


def _share_moments(bound: dict[str, dict[str, Dimension]]) -> None:
    """Let all members of a shared dimension be moments where one is, so that a day in one source
    meets its first moment in another."""
    every = [item for dimensions in bound.values() for item in dimensions.values()]
    moments = {item.shared for item in every if item.datatype is Datatype.TIMESTAMP} - {None}
    for item in every:
        if item.shared in moments and item.datatype is not Datatype.TIMESTAMP:
            of_moments = item.model_copy(update={"datatype": Datatype.TIMESTAMP})
            bound[item.source][item.name] = of_moments


def _dimension_needs(
    node: tuple[str, str], part: Fields | None, scope: Scope
) -> Iterator[tuple[tuple[str, str], Span]]:
    if part is None:
        return
    for ref in refs(part.value):
        names = tuple(name.text for name in ref.parts)
        place = locate(names, node[0], scope.catalog, own=node[1])
        if place.sort == "dimension" and place.source is not None:
            yield (place.source, place.path[0]), ref.span


def _bind_measures(fields: Fields, scope: Scope) -> dict[str, Measure]:
    measures: dict[str, Measure] = {}
    for part in fields.children(measure.KIND):
        bound = measure.bind(part, fields.name, scope)
        if bound is not None and (part.ok or scope.tolerant):
            measures.setdefault(part.name, bound)
    return measures
