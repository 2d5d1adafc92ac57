"""The checked model: a whole project. Frozen, serialisable, free of syntax."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

from kpidsl.model.definition import Definition
from kpidsl.model.events import Event
from kpidsl.model.listed_years import ListedCalendar
from kpidsl.model.pages import Audience, Report
from kpidsl.model.periods import Calendar
from kpidsl.model.purpose import Benchmark, Funnel, Goal, Kpi, Metric, Parameterised, Roi
from kpidsl.model.sources import Entity, SharedDimension, Source
from kpidsl.model.week_years import WeekYears
from kpidsl.text.source import Span


class Settings(Definition):
    """The `project` block. A difference below `materiality` (a share) or `materiality_amount`
    (in `currency`) is not coloured. Fiscal years that are no calendar months are `week_years`, or
    those of a calendar `listed` by a source."""

    currency: str = "USD"
    timezone: str = "UTC"
    week_starts: int = 0
    fiscal_year_starts: int = 1
    week_years: WeekYears | None = None
    listed: ListedCalendar | None = None
    languages: tuple[str, ...] = ("en",)
    materiality: Decimal | None = None
    materiality_amount: Decimal | None = None

    @cached_property
    def calendar(self) -> Calendar:
        """How days make periods."""
        own = self.week_years if self.listed is None else self.listed.years
        return Calendar(self.week_starts, self.fiscal_year_starts, own)


class Model(BaseModel):
    """A whole checked project; the names of KPIs, metrics and ROI members are one namespace.

    `column_spans` tells where a column of a source was first named, for the message when the
    data turn out to lack it.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    settings: Settings
    sources: dict[str, Source] = {}
    shared: dict[str, SharedDimension] = {}
    entities: dict[str, Entity] = {}
    metrics: dict[str, Metric] = {}
    templates: dict[str, Parameterised] = {}
    kpis: dict[str, Kpi] = {}
    rois: dict[str, Roi] = {}
    goals: dict[str, Goal] = {}
    funnels: dict[str, Funnel] = {}
    benchmarks: dict[str, Benchmark] = {}
    events: dict[str, Event] = {}
    audiences: dict[str, Audience] = {}
    reports: dict[str, Report] = {}
    column_spans: dict[tuple[str, tuple[str, ...]], Span] = Field(
        default={}, exclude=True, repr=False
    )
