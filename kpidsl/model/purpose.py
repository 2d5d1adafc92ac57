"""The checked model: metrics, and what they are for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field

from kpidsl.model.definition import Definition, Part
from kpidsl.model.expr import MetricExpr, RowExpr
from kpidsl.model.periods import Window
from kpidsl.model.units import Unit
from kpidsl.text.source import Span


class Metric(Definition):
    """A formula over measures and metrics. `net_of` is inferred (T1), `leaves` are all leaf
    measures below. `percent`: shown as a percentage. `basis` says of an amount of money what it
    counts and what has been deducted (T3)."""

    expr: MetricExpr
    unit: Unit = Unit()
    percent: bool = False
    net_of: frozenset[str] = frozenset()
    leaves: tuple[str, ...] = ()
    formula: str = ""
    basis: str = ""


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class Stage(StrEnum):
    AWARENESS = "awareness"
    CONSIDERATION = "consideration"
    CONVERSION = "conversion"
    LOYALTY = "loyalty"


class Cadence(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class Target(Part):
    """`sense` exact: reach it in the KPI's better direction; at_most / at_least: a bound.

    Absolute: `value`. Relative: `change` (0.20 for +20 %) from `baseline`'s value.
    """

    sense: Literal["reach", "at_most", "at_least"] = "reach"
    value: Decimal | None = None
    change: Decimal | None = None
    baseline: Window | None = None
    baseline_label: str = ""


class Parameterised(Definition):
    """A metric with parameters, as written: the default of each, or None, and the formula."""

    params: dict[str, str | None]
    formula: str


class Kpi(Definition):
    """A metric and its purpose (D1). The metric has the KPI's own name.

    `per` is what pages print after "per" where the formula scales the metric, as cost per
    thousand impressions does.
    """

    metric: str
    serves: tuple[str, ...] = ()
    purpose: str = ""
    better: Better | None = None
    stages: tuple[Stage, ...] = ()
    indicator: Literal["leading", "lagging"] | None = None
    cadence: Cadence | None = None
    owner: str = ""
    benchmark: str | None = None
    drives: tuple[str, ...] = ()
    playbook: str = ""
    per: str = ""
    plan: str | None = None
    vanity: bool = False
    state: Literal["draft", "active", "auxiliary", "deprecated", "retired"] = "active"
    version: str = ""


class CostLine(Part):
    name: str
    expr: MetricExpr
    span: Span | None = Field(default=None, exclude=True, repr=False)


class Roi(Definition):
    """Members are metrics named `name.gain`, `.cost`, `.net`, `.roi`, `.roas`, and
    `name.cost.LINE` for each cost line.

    `.roas` is `revenue` over the cost lines in `ad_lines`, and absent when either is.
    `basis` says what the gain is (revenue, gross profit…) and is printed with it (T1);
    `not_covered` are the usual costs that no line mentions.
    """

    gain: MetricExpr
    revenue: MetricExpr | None = None
    cost: tuple[CostLine, ...]
    ad_lines: tuple[str, ...] = ()
    basis: str = ""
    sales_cycle_days: int | None = None
    attribution: str = "recorded"
    benchmark: str | None = None
    margin: Decimal | None = None
    owner: str = ""
    not_covered: tuple[str, ...] = ()


class Bands(Part):
    """Amber reaches down to `amber_within` (a fraction) of the target."""

    amber_within: Decimal = Decimal("0.10")


class Goal(Definition):
    """A target for a KPI over a period (a total) or at a date (a level)."""

    kpi: str
    over: Window | None = None
    over_label: str = ""
    at: date | None = None
    target: Target
    curve: Literal["linear", "seasonal"] = "linear"
    bands: Bands = Bands()
    review: Cadence | None = None
    relevant: str = ""
    rationale: str = ""
    owner: str = ""
    where: RowExpr | None = None


class FunnelStep(Definition):
    """Events of `source` that satisfy `where`. `event` names what is one event (several rows
    with equal `event` are one, at their earliest time)."""

    source: str
    where: RowExpr | None = None
    event: tuple[RowExpr, ...] = ()
    entity: RowExpr
    within_seconds: int | None = None
    stage: Stage | None = None


class Funnel(Definition):
    """Counts entities through ordered steps (S22). `order_by` replaces time as the order of
    events when all steps are of one source."""

    entity: str
    steps: tuple[FunnelStep, ...]
    within_seconds: int | None = None
    sequence: Literal["ordered", "any"] = "ordered"
    order_by: RowExpr | None = None


class Benchmark(Definition):
    value: Decimal
    unit: Unit = Unit()
    percent: bool = False
    published_in: str
    as_of: date
    expires: date | None = None
