"""From declarations to the names that they make."""

from __future__ import annotations

from kpidsl.kinds import dimension, entity, goal, join, kpi, measure, rates, roi, source
from kpidsl.kinds.binding.catalog import Catalog, SourceNames, roi_members
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.graph import refs
from kpidsl.kinds.collect import Declarations, declared_twice
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import Span


def catalog_of(found: Declarations, diagnostics: list[Diagnostic]) -> Catalog:
    """Return the names that the declarations make."""
    spans = {
        kind: {name: fields.name_span for name, fields in found.of(kind).items()}
        for kind in (
            *("entity", "metric", "kpi", "roi", "goal", "funnel", "benchmark", "audience"),
            "event",
        )
    }
    metrics: dict[str, Span | None] = {**found.failed_uses, **spans["metric"], **spans["kpi"]}
    for name, fields in found.of("roi").items():
        members = roi_members(name, roi.lines_of(fields), roi.has_roas(fields))
        metrics.update(dict.fromkeys(members, fields.name_span))
    goals: dict[str, Span | None] = dict(spans["goal"])
    for name, fields in found.of("kpi").items():
        if kpi.TARGET.name in fields.entries:
            made, span = goal.inline_name(name), fields.key_span(kpi.TARGET)
            first = goals.get(made)
            if first is not None:
                diagnostics.append(declared_twice(made, "a goal", first, span))
            goals.setdefault(made, span)
    sources = {
        name: _source_names(fields, diagnostics) for name, fields in found.of("source").items()
    }
    shared = {
        name: {
            ref.parts[0].text: ref.parts[1].text
            for ref in fields.get(dimension.OF) or ()
            if len(ref.parts) == 2
        }
        for name, fields in found.of("dimension").items()
    }
    for name, fields in found.of("entity").items():
        if name in shared:
            first = found.of("dimension")[name].name_span
            diagnostics.append(declared_twice(name, "a dimension", fields.name_span, first))
        members = [source for source in entity.members_of(fields) if source in sources]
        for source_name in members:
            own = sources[source_name].dimensions
            _add(own, name, fields.name_span, f"a dimension of `{source_name}`", diagnostics)
        shared.setdefault(name, dict.fromkeys(members, name))
    return Catalog(
        sources=sources,
        shared=shared,
        entities=dict(spans["entity"]),
        metrics=metrics,
        kpis={**found.failed_uses, **spans["kpi"]},
        rois=dict(spans["roi"]),
        goals=goals,
        funnels=dict(spans["funnel"]),
        benchmarks=dict(spans["benchmark"]),
        audiences=dict(spans["audience"]),
        events=dict(spans["event"]),
        templates={name: item.span for name, item in found.templates.items()},
        rates=_source_of_rates(found, diagnostics),
        lost=frozenset(found.lost.union(*(f.lost_words() for f in found.all()))),
    )


def _source_of_rates(found: Declarations, diagnostics: list[Diagnostic]) -> str | None:
    """Return the source of exchange rates: of two, one would be picked in silence."""
    quoted = [
        (name, part)
        for name, fields in found.of("source").items()
        for part in fields.children(rates.KIND)
    ]
    for name, part in quoted[1:]:
        diagnostics.append(
            error(
                "K210",
                f"`{name}` declares exchange rates, and `{quoted[0][0]}` does already",
                part.header_span,
                label="second declaration",
                labels=(Label(quoted[0][1].header_span, "first declaration"),),
                help="read the rates of both in one source, with `union` or `sql`",
            )
        )
    return quoted[0][0] if quoted else None


def _source_names(fields: Fields, diagnostics: list[Diagnostic]) -> SourceNames:
    clocked = not fields.lacks(source.TIME)
    key = fields.entries.get(source.KEY.name)
    keyed = not fields.lacks(source.KEY) and not (key is not None and join.is_none(key.value))
    names = SourceNames(
        fields.name,
        fields.name_span,
        clock=_clock(fields),
        shown=_shows_clock(fields),
        clocked=clocked,
        keyed=keyed,
    )
    for name in fields.get(source.DIMENSIONS) or ():
        _add(names.dimensions, name.text, name.span, "a dimension", diagnostics)
    for part in fields.children(dimension.OF_SOURCE):
        _add(names.dimensions, part.name, part.name_span, "a dimension", diagnostics)
    for part in fields.children(measure.KIND):
        _add(names.measures, part.name, part.name_span, "a measure", diagnostics)
    places: dict[str, Span | None] = {}
    for part in fields.children(join.KIND):
        _add(places, part.name, part.name_span, "a join", diagnostics)
        target = join.target_of(part)
        names.joins.setdefault(part.name, target.text if target else "")
        if not part.lacks(join.WEIGHT):
            names.bridges.add(part.name)
    return names


def _clock(fields: Fields) -> tuple[str, ...] | None:
    time = fields.get(source.TIME)
    return tuple(part.text for part in time.parts) if isinstance(time, tree.Ref) else None


def _shows_clock(fields: Fields) -> bool:
    """Tell whether a dimension of the clock's name is made of it, and not the clock of that."""
    clock = _clock(fields)
    shown = [(name.text,) for name in fields.get(source.DIMENSIONS) or ()]
    shown += [
        (part.name,)
        for part in fields.children(dimension.OF_SOURCE)
        if any(ref.text == part.name for ref in refs(part.value))
    ]
    return clock in shown


def _add(
    table: dict[str, Span | None], name: str, span: Span, what: str, diagnostics: list[Diagnostic]
) -> None:
    first = table.get(name)
    if first is not None:
        diagnostics.append(declared_twice(name, what, span, first))
    table.setdefault(name, span)
