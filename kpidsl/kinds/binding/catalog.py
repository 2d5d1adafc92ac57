"""Who is declared: the names of a project, before anything is bound.

Names resolve against the catalogue alone, so the order of declarations changes nothing (I3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from kpidsl.model.expr import Column
from kpidsl.model.project import Model
from kpidsl.text.source import Span
from kpidsl.text.suggest import Known

ROI_MEMBERS = ("gain", "cost", "net", "roi", "roas")
ROI_ANALYSED = ("annualised", "break_even")
"""Computed from the members by the analysis; a report may show them, a formula may not."""
ROI_LATER = ("npv", "irr", "payback")


@dataclass(frozen=True, slots=True)
class SourceNames:
    """The names inside one source. `joins` maps a join to its target source; `clock` is the
    time column when it is a plain column, and `shown` tells whether a dimension of its name is made
    of it; `clocked` tells whether it has a time at all, and `keyed` whether it has a key; `bridges`
    are the joins with many partners (S7)."""

    name: str
    span: Span | None = None
    dimensions: dict[str, Span | None] = field(default_factory=dict)
    joins: dict[str, str] = field(default_factory=dict)
    measures: dict[str, Span | None] = field(default_factory=dict)
    clock: tuple[str, ...] | None = None
    shown: bool = False
    clocked: bool = False
    bridges: set[str] = field(default_factory=set)
    keyed: bool = False


@dataclass
class Catalog:
    """The namespaces of a project: each maps a name to the place of its declaration.

    `metrics` holds metrics, KPIs and ROI members; `templates` the metrics with parameters; `shared`
    maps a shared dimension to its members; `rates` is the source of exchange rates; `lost` are
    names that may be declared where the text could not be read.
    """

    sources: dict[str, SourceNames] = field(default_factory=dict)
    shared: dict[str, dict[str, str]] = field(default_factory=dict)
    entities: dict[str, Span | None] = field(default_factory=dict)
    metrics: dict[str, Span | None] = field(default_factory=dict)
    kpis: dict[str, Span | None] = field(default_factory=dict)
    rois: dict[str, Span | None] = field(default_factory=dict)
    goals: dict[str, Span | None] = field(default_factory=dict)
    funnels: dict[str, Span | None] = field(default_factory=dict)
    benchmarks: dict[str, Span | None] = field(default_factory=dict)
    audiences: dict[str, Span | None] = field(default_factory=dict)
    events: dict[str, Span | None] = field(default_factory=dict)
    templates: dict[str, Span | None] = field(default_factory=dict)
    rates: str | None = None
    lost: frozenset[str] = frozenset()

    @cached_property
    def measure_homes(self) -> dict[str, tuple[str, ...]]:
        """For each measure name, the sources that declare it."""
        return _homes((source.name, source.measures) for source in self.sources.values())

    @cached_property
    def dimension_homes(self) -> dict[str, tuple[str, ...]]:
        """For each dimension name, the sources that declare it."""
        return _homes((source.name, source.dimensions) for source in self.sources.values())

    def dimensions_called(self, name: str) -> list[str]:
        """Return the dimensions of sources that have a name, in full."""
        return [f"{source}.{name}" for source in self.dimension_homes.get(name, ())]

    @cached_property
    def value_names(self) -> Known:
        """Every name that a formula may use, qualified measures included."""
        qualified = [f"{s.name}.{name}" for s in self.sources.values() for name in s.measures]
        return Known(sorted({*self.metrics, *self.measure_homes, *qualified}))

    @cached_property
    def dimension_names(self) -> Known:
        """Every name that a filter or a split may use."""
        qualified = [f"{s.name}.{name}" for s in self.sources.values() for name in s.dimensions]
        return Known(sorted({*self.shared, *self.dimension_homes, *qualified}))

    @property
    def some_dimension(self) -> str:
        """A dimension for examples in messages, of all sources where there is one."""
        return next(iter((*self.shared, *self.dimension_homes)), "channel")

    def sorts(self, name: str) -> list[str]:
        """What else a name is, in words, for "`x` is a dimension, not a metric"."""
        homes = (
            ("a metric", self.metrics),
            ("a measure", self.measure_homes),
            ("a KPI", self.kpis),
            ("an ROI", self.rois),
            ("a source", self.sources),
            ("a dimension", self.shared),
            ("a dimension", self.dimension_homes),
            ("a goal", self.goals),
            ("a funnel", self.funnels),
            ("an entity", self.entities),
            ("a benchmark", self.benchmarks),
            ("an audience", self.audiences),
            ("an event", self.events),
        )
        return [words for words, names in homes if name in names]


def _homes(declared: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    homes: dict[str, list[str]] = {}
    for source, names in declared:
        for name in names:
            homes.setdefault(name, []).append(source)
    return {name: tuple(sources) for name, sources in homes.items()}


def roi_members(name: str, lines: tuple[str, ...], roas: bool) -> list[str]:
    """Return the metric names of an ROI; `.roas` exists only with a revenue and ad lines."""
    members = [f"{name}.{member}" for member in ROI_MEMBERS if roas or member != "roas"]
    return [*members, *(f"{name}.cost.{line}" for line in lines)]


def catalog_of(model: Model) -> Catalog:
    """Return the names of a checked model."""
    return Catalog(
        sources={
            source.name: SourceNames(
                source.name,
                source.span,
                {name: item.span for name, item in source.dimensions.items()},
                {name: join.target for name, join in source.joins.items()},
                {name: item.span for name, item in source.measures.items()},
                clock := _clock(source.time.expr if source.time else None),
                clock is not None and clock[0] in source.dimensions,
            )
            for source in model.sources.values()
        },
        shared={name: dict(item.members) for name, item in model.shared.items()},
        entities={name: item.span for name, item in model.entities.items()},
        metrics={name: item.span for name, item in model.metrics.items()},
        templates={name: item.span for name, item in model.templates.items()},
        kpis={name: item.span for name, item in model.kpis.items()},
        rois={name: item.span for name, item in model.rois.items()},
        goals={name: item.span for name, item in model.goals.items()},
        funnels={name: item.span for name, item in model.funnels.items()},
        benchmarks={name: item.span for name, item in model.benchmarks.items()},
        audiences={name: item.span for name, item in model.audiences.items()},
        events={name: item.span for name, item in model.events.items()},
        rates=next((name for name, item in model.sources.items() if item.rates), None),
    )


def _clock(expr: object) -> tuple[str, ...] | None:
    return expr.path if isinstance(expr, Column) and not expr.joins else None
