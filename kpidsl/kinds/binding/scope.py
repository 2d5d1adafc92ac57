"""What the binders share: the names, what is bound so far, and the findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kpidsl.kinds.binding.catalog import Catalog, catalog_of
from kpidsl.model.events import Event
from kpidsl.model.project import Model, Settings
from kpidsl.model.purpose import Benchmark, Metric
from kpidsl.model.sources import Entity, SharedDimension, Source
from kpidsl.model.units import Datatype
from kpidsl.text.diagnostic import Diagnostic, Label, error, has_errors
from kpidsl.text.source import Span
from kpidsl.text.suggest import Known, either, mend_name


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
    failed, and whatever needs it fails in silence.

    A `tolerant` scope keeps a definition with a mistake as far as it is known, so that what needs
    it is checked too: good for finding mistakes, never for numbers.
    """

    catalog: Catalog
    settings: Settings
    diagnostics: list[Diagnostic] = field(default_factory=list)
    dialect: str = "duckdb"
    tolerant: bool = False
    sources: dict[str, Source] = field(default_factory=dict)
    dimension_types: dict[tuple[str, str], Datatype] = field(default_factory=dict)
    shared: dict[str, SharedDimension] = field(default_factory=dict)
    shared_of: dict[tuple[str, str], str] = field(default_factory=dict)
    shared_spans: dict[str, Span] = field(default_factory=dict)
    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    amounts: dict[str, Amounts] = field(default_factory=dict)
    column_spans: dict[tuple[str, tuple[str, ...]], Span] = field(default_factory=dict)

    def mark(self) -> int:
        """Return a mark for `failed_since`."""
        return len(self.diagnostics)

    def failed_since(self, mark: int) -> bool:
        """Tell whether an error was found since the mark."""
        return has_errors(self.diagnostics[mark:])

    def drops(self, mark: int) -> bool:
        """Tell whether an error since the mark takes the definition out."""
        return self.failed_since(mark) and not self.tolerant

    def error(self, code: str, message: str, span: Span | None, **details: object) -> None:
        self.diagnostics.append(error(code, message, span, **details))

    def unknown(self, what: str, name: str, span: Span, candidates: Known | Iterable[str]) -> None:
        """Say that nothing has this name, and what is nearest; but not of a name that stands in a
        part that could not be read, which has been said."""
        if not self.catalog.lost.isdisjoint(name.split(".")):
            return
        sorts = self.catalog.sorts(name)
        known = candidates if isinstance(candidates, Known) else sorted(set(candidates))
        if sorts:
            self.error(
                "K214",
                f"`{name}` is {sorts[0]}; {what} is expected here",
                span,
                label=sorts[0],
                help=mend_name(name, known, f"declare {what}, and name it here"),
            )
            return
        self.error(
            "K211",
            f"no {_without_article(what)} is called `{name}`",
            span,
            label="unknown name",
            help=mend_name(name, known, f"declare {what} of this name"),
        )

    def ambiguous(self, name: str, span: Span, candidates: Mapping[str, Span | None]) -> None:
        """Say that a name has several meanings, and list them with their qualified names."""
        listed = sorted(candidates)
        self.error(
            "K212",
            f"`{name}` may be {either(listed)}",
            span,
            label="ambiguous name",
            labels=tuple(
                Label(place, f"this is `{qualified}`")
                for qualified, place in sorted(candidates.items())
                if place is not None
            ),
            help=f"write one of them in full, such as `{listed[0]}`",
        )


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
        events=dict(model.events),
        amounts={
            name: Amounts(
                frozenset((name, *metric.leaves)), dict.fromkeys(metric.net_of, metric.span)
            )
            for name, metric in model.metrics.items()
        },
    )


def _without_article(what: str) -> str:
    return re.sub(r"\b(a|an) ", "", what)
