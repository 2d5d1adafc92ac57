"""Syntax trees in, checked model out: the one way from what a project says to what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from kpidsl.kinds import (
    audience,
    benchmark,
    calendar,
    dimension,
    entity,
    event,
    funnel,
    goal,
    kpi,
    metric,
    pack,
    project,
    report,
    roi,
)
from kpidsl.kinds.binding.depth import too_deep
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.formulas import FormulaBinder
from kpidsl.kinds.binding.graph import report_cycles, sort, value_refs
from kpidsl.kinds.binding.missing import missing_keys
from kpidsl.kinds.binding.packs import Requirement
from kpidsl.kinds.binding.prune import without_shared
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.substitution import with_origins
from kpidsl.kinds.binding.templates import as_model
from kpidsl.kinds.binding.units import say_unit
from kpidsl.kinds.checks import business_sense, on_sound_ground
from kpidsl.kinds.collect import Declarations, collect
from kpidsl.kinds.names import catalog_of
from kpidsl.kinds.registry import KINDS
from kpidsl.kinds.source_order import bind_sources
from kpidsl.model.listed_years import ListedCalendar
from kpidsl.model.project import Model, Settings
from kpidsl.model.purpose import Goal, Kpi, Roi
from kpidsl.model.week_years import WeekYears
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Label, Severity
from kpidsl.text.source import Span

D = TypeVar("D")


def check(
    files: Sequence[tree.File],
    packs: Sequence[tree.File] = (),
    *,
    malformed: Sequence[Diagnostic] = (),
    today: date | None = None,
    dialect: str = "duckdb",
) -> tuple[Model | None, list[Diagnostic]]:
    """Check a project and return its model with everything that was found, in order of place.

    A definition with an error is left out of the model, and so is what needs it. It is still
    known while mistakes are looked for: each is said in one run, and none that only follows from
    another. `packs` are libraries that `use` may take from; `malformed` are the parser's findings
    in the files; `today` is the day by which benchmarks expire; `dialect` is that of raw SQL. The
    model is None when nothing could be bound, or not the settings, which all numbers rest on.
    """
    diagnostics: list[Diagnostic] = []
    # Where the parser offers a fix, or only warns, it has read the text as it is meant.
    lost = [item for item in malformed if item.severity is Severity.ERROR and item.fix is None]
    torn = [item.span for item in lost if item.span is not None]
    found = collect(files, packs, torn, diagnostics)
    settings = Settings(name="project")
    for fields in found.of("project").values():
        settings = project.bind(fields, diagnostics)
    catalog = catalog_of(found, diagnostics)
    for fields in found.read:
        diagnostics.extend(missing_keys(fields, KINDS[fields.kind], catalog))
    model = _bind(found, Scope(catalog, settings, diagnostics, dialect, tolerant=True))
    advised = business_sense(model, today)
    errors = [item for item in diagnostics if item.severity is Severity.ERROR]
    diagnostics.extend(on_sound_ground(advised, [*errors, *lost], found.blocks()))
    if errors:
        model = _bind(found, Scope(catalog, settings, [], dialect))
    findings = sorted(with_origins(diagnostics, found.origins), key=lambda d: d.sort_key)
    is_usable = _are_settled(found, model.settings, errors, lost)
    return (model if is_usable and (model.sources or model.metrics) else None), findings


def _are_settled(
    found: Declarations,
    settings: Settings,
    errors: Sequence[Diagnostic],
    lost: Sequence[Diagnostic],
) -> bool:
    """Tell whether the settings are those that the project means, and not what holds without."""
    blocks = [fields for fields in found.read if fields.kind == project.KIND.name]
    if not blocks:  # unless it stands where nothing could be read
        return not lost
    places = [item.span for item in errors if item.span is not None]
    has_years = settings.week_years is not None or settings.listed is not None
    return all(
        not fields.torn
        and not any(fields.span.holds(place) for place in places)
        and (has_years or fields.get(project.CALENDAR) is None)
        for fields in blocks
    )


def _bind(found: Declarations, scope: Scope) -> Model:
    bind_sources(found, scope)
    scope.settings = _with_calendar(found, scope)
    scope.shared = _bound(found.of("dimension"), dimension.bind_shared, scope)
    scope.entities = _bound(found.of("entity"), entity.bind, scope)
    for name, bound in scope.entities.items():
        scope.shared.setdefault(name, entity.as_dimension(bound))
    scope.sources = without_shared(scope.sources, scope.shared)
    scope.benchmarks = _bound(found.of("benchmark"), benchmark.bind, scope)
    scope.events = _bound(found.of("event"), event.bind, scope)
    rois = _bind_values(found, scope)
    kpis, goals = _bind_purposes(found, scope)
    funnels = _bound(found.of("funnel"), funnel.bind, scope)
    audiences = _bound(found.of("audience"), audience.bind, scope)
    reports = _bound(
        found.of("report"),
        lambda fields, scope: report.bind(fields, audiences, set(rois), set(funnels), scope),
        scope,
    )
    return Model(
        settings=scope.settings,
        sources=scope.sources,
        shared=scope.shared,
        entities=scope.entities,
        metrics=scope.metrics,
        templates=as_model(found.templates),
        kpis=kpis,
        rois=rois,
        goals=goals,
        funnels=funnels,
        benchmarks=scope.benchmarks,
        events=scope.events,
        audiences=audiences,
        reports=reports,
        column_spans=scope.column_spans,
    )


def _bound(
    declared: dict[str, Fields], bind: Callable[[Fields, Scope], D | None], scope: Scope
) -> dict[str, D]:
    """Bind every declaration, so that all its mistakes are found, and keep the sound ones."""
    kept: dict[str, D] = {}
    for name, fields in declared.items():
        made = bind(fields, scope)
        if made is not None and (fields.ok or scope.tolerant):
            kept[name] = made
    return kept


def _with_calendar(found: Declarations, scope: Scope) -> Settings:
    """Return the settings with the calendar that the project names."""
    declared = found.of("calendar")
    calendars: dict[str, WeekYears | ListedCalendar] = _bound(declared, calendar.bind, scope)
    settings = scope.settings
    for fields in found.of("project").values():
        name = project.calendar_of(fields, declared, scope.diagnostics)
        if name is not None:
            settings = calendar.in_settings(settings, calendars.get(name))
    return settings


# --- metrics, KPIs, ROIs, goals ------------------------------------------------------------


def _bind_values(found: Declarations, scope: Scope) -> dict[str, Roi]:
    """Bind metrics, KPIs and ROIs, each after those that it names; return the ROIs."""
    formulas = {**found.of("metric"), **found.of("kpi")}
    returns = found.of("roi")
    needs: dict[str, list[Requirement]] = {}
    for expansion in found.expansions:
        needs.setdefault(expansion.block.path[-1].text, []).extend(expansion.requirements)
    edges = {
        **{
            name: list(
                _value_needs(name, [f.value, *(need.value for need in needs.get(name, ()))], scope)
            )
            for name, f in formulas.items()
        },
        **{name: list(_value_needs(name, _roi_exprs(f), scope)) for name, f in returns.items()},
    }
    order, cycles = sort(edges)
    report_cycles("metric", cycles, scope)
    values = {name: f.value for name, f in formulas.items() if f.value is not None}
    beyond = too_deep(values, order, edges, scope)
    rois: dict[str, Roi] = {}
    for name in order:
        if name in beyond:
            continue
        if name in formulas:
            fields = formulas[name]
            bound = metric.bind(fields, scope)
            sound = _meets_requirements(needs.get(name, []), scope) and fields.ok
            if bound is not None and not sound and not scope.tolerant:
                del scope.metrics[name]
        elif (made := roi.bind(returns[name], scope)) is not None:
            rois[name] = made
    return rois


def _roi_exprs(fields: Fields) -> list[tree.Expr | None]:
    cost = fields.child(roi.COST)
    lines = [entry.value for entry, _ in cost.free] if cost else []
    shares = [options.get(roi.ALLOCATE_BY) for _, options in cost.free] if cost else []
    return [fields.get(roi.GAIN), fields.get(roi.REVENUE), *lines, *shares]


def _value_needs(
    name: str, exprs: Sequence[tree.Expr | None], scope: Scope
) -> Iterator[tuple[str, Span]]:
    catalog = scope.catalog
    for expr in exprs:
        for ref in value_refs(expr):
            text, first = ref.text, ref.parts[0].text
            if text == name and text in catalog.measure_homes and text not in catalog.rois:
                continue
            if text in catalog.metrics and "." not in text:
                yield text, ref.span
            elif len(ref.parts) > 1 and first in catalog.rois and first not in catalog.sources:
                yield first, ref.span


def _meets_requirements(needs: list[Requirement], scope: Scope) -> bool:
    """Check the arguments of a `use` against what the pack requires (T2)."""
    met = True
    for need in needs:
        # What is wrong with the argument itself is said where the formula is bound.
        silent = replace(scope, diagnostics=[])
        bound = FormulaBinder(silent).bind(need.value)
        if bound is None or pack.satisfies(bound.unit, bound.percent, need.needed):
            continue
        wanted = pack.requirement_words(need.needed)
        given = say_unit(bound.unit, bound.percent)
        scope.error(
            "D102",
            f"`{need.parameter}` of `{need.entry}` is {wanted}; this is in {given}",
            need.value.span,
            label=given,
            labels=(Label(need.place, f"`{need.entry}` is used here"),),
            help=f"give it {wanted}",
        )
        met = False
    return met


def _bind_purposes(found: Declarations, scope: Scope) -> tuple[dict[str, Kpi], dict[str, Goal]]:
    kpis: dict[str, Kpi] = {}
    goals: dict[str, Goal] = {}
    for name, fields in found.of("kpi").items():
        bound = kpi.bind(fields, scope.metrics.get(name), scope)
        if bound is None or not (fields.ok or scope.tolerant):
            continue
        kpis[name] = bound
        made = goal.bind_inline(fields, bound, scope)
        if made is not None:
            goals[made.name] = made
    goals.update(_bound(found.of("goal"), goal.bind, scope))
    kept = {name: item for name, item in goals.items() if item.kpi in kpis}
    return kpis if scope.tolerant else _served(kpis, kept), kept


def _served(kpis: dict[str, Kpi], goals: dict[str, Goal]) -> dict[str, Kpi]:
    """Leave out goals that failed from what KPIs say they serve and drive."""
    return {
        name: item.model_copy(
            update={
                "serves": tuple(goal for goal in item.serves if goal in goals),
                "drives": tuple(other for other in item.drives if other in kpis),
            }
        )
        for name, item in kpis.items()
    }
