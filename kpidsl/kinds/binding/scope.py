"""What the binders share: the names, what is bound so far, and the findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from kpidsl.kinds.binding.catalog import Catalog, catalog_of
from kpidsl.model.project import Model, Settings
from kpidsl.model.purpose import Benchmark, Metric
from kpidsl.model.sources import Entity, SharedDimension, Source
from kpidsl.model.units import Datatype, Unit
from kpidsl.text.diagnostic import Diagnostic, Label, error, has_errors
from kpidsl.text.source import Span
from kpidsl.text.suggest import nearest


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an amount is made of, for T1: `counted` are the amounts that it adds, `deducted`
    those already taken off, each with the place where that was said."""

    counted: frozenset[str] = frozenset()
    deducted: Mapping[str, Span | None] = field(default_factory=dict)


NOTHING = Amounts()


@dataclass
class Scope:
    """The state of one check. A name that the catalogue knows and the bound tables lack has
    failed, and whatever needs it fails in silence."""

    catalog: Catalog
    settings: Settings
    diagnostics: list[Diagnostic] = field(default_factory=list)
    today: date | None = None
    dialect: str = "duckdb"
    sources: dict[str, Source] = field(default_factory=dict)
    dimension_types: dict[tuple[str, str], Datatype] = field(default_factory=dict)
    shared: dict[str, SharedDimension] = field(default_factory=dict)
    shared_of: dict[tuple[str, str], str] = field(default_factory=dict)
    shared_spans: dict[str, Span] = field(default_factory=dict)
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    amounts: dict[str, Amounts] = field(default_factory=dict)
    column_spans: dict[tuple[str, tuple[str, ...]], Span] = field(default_factory=dict)

    def mark(self) -> int:
        """Return a mark for `failed_since`."""
        return len(self.diagnostics)

    def failed_since(self, mark: int) -> bool:
        """Tell whether an error was found since the mark."""
        return has_errors(self.diagnostics[mark:])

    def error(self, code: str, message: str, span: Span | None, **details: object) -> None:
        self.diagnostics.append(error(code, message, span, **details))

    def unknown(self, what: str, name: str, span: Span, candidates: Iterable[str]) -> None:
        """Say that nothing has this name, and what is nearest."""
        sorts = self.catalog.sorts(name)
        known = sorted(set(candidates))
        guesses = nearest(name, known, 3)
        if sorts:
            self.error(
                "K214",
                f"`{name}` is {sorts[0]}; {what} is expected here",
                span,
                label=sorts[0],
                help=perhaps(guesses) or f"name {what}",
            )
            return
        listed = ", ".join(f"`{item}`" for item in known[:8])
        self.error(
            "K211",
            f"no {_without_article(what)} is called `{name}`",
            span,
            label="unknown name",
            help=perhaps(guesses) or (f"known: {listed}" if listed else f"declare {what}"),
        )

    def ambiguous(self, name: str, span: Span, candidates: Mapping[str, Span | None]) -> None:
        """Say that a name has several meanings, and list them with their qualified names."""
        listed = sorted(candidates)
        self.error(
            "K212",
            f"`{name}` may be {_or(listed)}",
            span,
            label="ambiguous name",
            labels=tuple(
                Label(place, f"this is `{qualified}`")
                for qualified, place in sorted(candidates.items())
                if place is not None
            ),
            help=f"write one of them in full, such as `{listed[0]}`",
        )

    def measure_unit(self, source: str, measure: str) -> Unit:
        return self.sources[source].measures[measure].unit


def scope_of(model: Model) -> Scope:
    """Return a scope over a checked model, for expressions of the command line."""
    return Scope(
        catalog=catalog_of(model),
        settings=model.settings,
        sources=dict(model.sources),
        shared=dict(model.shared),
        dimension_types={
            (source.name, name): dimension.datatype
            for source in model.sources.values()
            for name, dimension in source.dimensions.items()
        },
        metrics=dict(model.metrics),
        amounts={
            name: Amounts(
                frozenset((name, *metric.leaves)), dict.fromkeys(metric.net_of, metric.span)
            )
            for name, metric in model.metrics.items()
        },
    )


def perhaps(guesses: list[str]) -> str:
    """Return the help for a misspelt name, or nothing when no name is near."""
    return f"perhaps {_or(guesses)} is meant" if guesses else ""


def _or(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _without_article(what: str) -> str:
    return re.sub(r"\b(a|an) ", "", what)
