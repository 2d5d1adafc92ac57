"""The checked model: readers and pages."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from kpidsl.model.definition import Definition, Part
from kpidsl.model.expr import QueryDimension
from kpidsl.model.periods import Grain
from kpidsl.model.purpose import Cadence
from kpidsl.text.source import Span


class Tier(StrEnum):
    EXECUTIVE = "executive"
    MANAGER = "manager"
    SPECIALIST = "specialist"


class Sight(Part):
    """One thing an audience may see: everything of a KPI, ROI, funnel, metric or `goals`,
    split by the listed dimensions at most."""

    item: str
    by: tuple[QueryDimension, ...] = ()


class Audience(Definition):
    tier: Tier
    cadence: Cadence | None = None
    sees: tuple[Sight, ...] = ()
    suppress_below: int | None = None
    sql_visible: bool = True


class SectionItem(Part):
    """One block of a section: `kind` is goals, show, table, roi, funnel, trend, breakdown or
    note; `names` are what it shows; `text` is a note's text."""

    kind: Literal["goals", "show", "table", "roi", "funnel", "trend", "breakdown", "note"]
    names: tuple[str, ...] = ()
    by: tuple[QueryDimension, ...] = ()
    text: str = ""
    span: Span | None = Field(default=None, exclude=True, repr=False)


class Section(Part):
    """A question and what answers it; `texts` are the question per language."""

    question: str
    texts: dict[str, str] = Field(default_factory=dict)
    items: tuple[SectionItem, ...]
    compare: tuple[Literal["plan", "prior_year", "prior_period"], ...] = ()


class Report(Definition):
    """`grain` is the period reported on: the last complete one before `now`."""

    audience: str
    grain: Grain
    columns: tuple[str, ...] = ()
    sections: tuple[Section, ...]
