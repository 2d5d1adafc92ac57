"""The blocks of a page: cards, tables, trends and notes, each with the figures that it shows."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from kpidsl.reports.values import (
    Bullet,
    Comparison,
    Delta,
    Figure,
    Gap,
    Mark,
    Plain,
    Point,
    Reference,
    Status,
    Text,
    Unit,
)

Id = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]*$")]


class Definition(Plain):
    """What a KPI means, opened on demand."""

    meaning: Text
    formula: Text
    numerator: str = ""
    denominator: str = ""
    filters: tuple[Text, ...] = ()
    basis: str = ""  # revenue or margin, what is deducted, attribution (T1, T3, D31)
    goal: str = ""  # which goal it serves and how (D2)
    sources: tuple[Text, ...] = ()
    location: str = ""  # file:line
    sql: str = ""  # empty where the audience may not see it


class KpiCard(Plain):
    """One KPI: its value or its gap, status, comparisons and history."""

    kind: Literal["kpi"] = "kpi"
    id: Id
    title: Text
    unit: Unit
    period: Text
    figure: Figure | None = None
    gap: Gap | None = None
    status: Status
    comparisons: tuple[Comparison, ...] = ()
    history: tuple[Point, ...] = ()
    bullet: Bullet | None = None
    marks: tuple[Mark, ...] = ()
    stages: tuple[Literal["awareness", "consideration", "conversion", "loyalty"], ...] = ()
    indicator: Literal["leading", "lagging"] | None = None
    owner: str = ""
    context_only: bool = False  # a vanity metric (D3)
    playbook: tuple[Text, ...] = ()  # what to do when red (D33)
    definition: Definition | None = None

    @model_validator(mode="after")
    def _value_or_gap(self) -> Self:
        if (self.figure is None) == (self.gap is None):
            raise ValueError("a card has either a figure or a gap")
        no_colour = self.gap is not None or any(mark.kind == "provisional" for mark in self.marks)
        if no_colour and self.status.level != "none":
            raise ValueError("a gap or a provisional figure has no status colour")
        if self.playbook and self.status.level != "red":
            raise ValueError("a playbook belongs to a red KPI")
        return self


class PlanCell(Plain):
    """Actual, plan and their difference in one span of time; no plan: all three None. An actual
    that is known in part is marked, and not compared with the whole plan (S21)."""

    actual: Figure
    plan: Figure | None = None
    difference: Delta | None = None
    relative: Delta | None = None
    marks: tuple[Mark, ...] = ()

    @model_validator(mode="after")
    def _marked_or_compared(self) -> Self:
        if self.marks and (self.difference is not None or self.relative is not None):
            raise ValueError("what is known in part is not compared with the whole plan")
        return self


class PlanRow(Plain):
    title: Text
    unit: Unit
    cells: tuple[PlanCell, ...]


class PlanTable(Plain):
    """Actual against plan: a row per KPI, a group of columns per span (month, year to date)."""

    kind: Literal["plan"] = "plan"
    id: Id
    title: Text
    spans: tuple[Text, ...]
    rows: tuple[PlanRow, ...]
    materiality: str = ""

    @model_validator(mode="after")
    def _rows_fill_the_spans(self) -> Self:
        if any(len(row.cells) != len(self.spans) for row in self.rows):
            raise ValueError("each row has one cell per span")
        return self


class GoalRow(Plain):
    """One goal: target for its whole span and to date, what was reached, and by whom.

    `is_limit`: less is better, so an attainment of 100 % keeps the target, and less exceeds it.
    """

    title: Text
    kpi: Text
    actual: Figure
    target_to_date: Figure
    target: Figure
    attainment: Figure
    status: Status
    bullet: Bullet
    is_limit: bool = False
    due: date
    owner: str = ""
    note: str = ""


class GoalRows(Plain):
    kind: Literal["goals"] = "goals"
    id: Id
    title: Text
    rows: tuple[GoalRow, ...]


class RoiRow(Plain):
    """ROI of one member. `per_one` sentences say gross or net (T5)."""

    label: Text
    gain: Figure
    cost: Figure
    net: Figure
    roi: Figure
    roas: Figure | None = None
    annualised: Figure | None = None
    verdict: Literal["keep", "watch", "stop"] | None = None
    per_one: str = ""
    marks: tuple[Mark, ...] = ()

    @model_validator(mode="after")
    def _gross_or_net(self) -> Self:
        if self.per_one and not ({"gross", "net"} & set(self.per_one.split())):
            raise ValueError("a sentence of what 1 brings says gross or net")
        return self


class RoiTable(Plain):
    """ROI by the members of a dimension; `unallocated` holds cost that no member bears (S9).

    `paid` is the subtotal of the members that cost something, where others gained for nothing:
    the total then judges no spending, and this does. `break_even` is that of the ROI, on all cost;
    `break_even_note` says which ROAS covers which cost.
    """

    kind: Literal["roi"] = "roi"
    id: Id
    title: Text
    dimension: Text
    rows: tuple[RoiRow, ...]
    paid: RoiRow | None = None
    unallocated: RoiRow | None = None
    total: RoiRow | None = None
    break_even: Reference
    break_even_note: str = ""
    benchmark: Reference | None = None
    rule: str = ""  # how keep, watch and stop are told apart
    convention: str = ""  # how annualised figures are made (T6)
    attribution: str = ""  # the model of D31


class FunnelStep(Plain):
    label: Text
    count: Figure
    from_previous: Figure | None = None
    from_first: Figure | None = None
    bottleneck: bool = False


class FunnelBlock(Plain):
    """Ordered steps (S22); `immature`, whose window is not over, stand apart from every rate."""

    kind: Literal["funnel"] = "funnel"
    id: Id
    title: Text
    entity: Text
    window: str = ""
    steps: tuple[FunnelStep, ...]
    immature: Figure | None = None

    @model_validator(mode="after")
    def _monotone(self) -> Self:
        counts = [step.count.value for step in self.steps if step.count.value is not None]
        if any(later > earlier for earlier, later in pairwise(counts)):
            raise ValueError("the counts of a funnel never rise")
        if sum(step.bottleneck for step in self.steps) > 1:
            raise ValueError("a funnel has at most one bottleneck")
        return self


class TrendPoint(Plain):
    """One period, from its `first` to its `last` day; `partial`: it was not complete (S21)."""

    label: Text
    first: date
    last: date
    actual: Figure
    plan: Figure | None = None
    delta: Delta | None = None
    partial: bool = False


class TrendBlock(Plain):
    """Periods of one measure: actual, plan and the difference to plan."""

    kind: Literal["trend"] = "trend"
    id: Id
    title: Text
    unit: Unit
    points: tuple[TrendPoint, ...]


class BreakdownRow(Plain):
    """A member's value; `note` says where a segment differs (D24); (none), (unmapped): S2."""

    label: Text
    figure: Figure
    parts: tuple[Figure, ...] = ()
    share: Figure | None = None
    note: str = ""
    special: Literal["none", "unmapped"] | None = None


class Part(Plain):
    """What a ratio divides, or divides by."""

    title: Text
    unit: Unit


class BreakdownBlock(Plain):
    """A figure by members; `parts` are a ratio's numerator and denominator, shown beside it."""

    kind: Literal["breakdown"] = "breakdown"
    id: Id
    title: Text
    dimension: Text
    unit: Unit
    parts: tuple[Part, ...] = ()
    rows: tuple[BreakdownRow, ...]
    reference: Reference | None = None
    marks: tuple[Mark, ...] = ()

    @model_validator(mode="after")
    def _rows_have_the_parts(self) -> Self:
        if any(len(row.parts) != len(self.parts) for row in self.rows):
            raise ValueError("each row has one figure per part")
        return self


class NoteBlock(Plain):
    """Authored text, dated and signed as its author did, apart from what was computed."""

    kind: Literal["note"] = "note"
    id: Id
    text: Text
    author: str = ""
    written: date | None = None


class GapBlock(Plain):
    """Why a whole block could not be made: stated in its place, never left out in silence."""

    kind: Literal["gap"] = "gap"
    id: Id
    title: Text
    gap: Gap


Block = Annotated[
    KpiCard
    | PlanTable
    | GoalRows
    | RoiTable
    | FunnelBlock
    | TrendBlock
    | BreakdownBlock
    | NoteBlock
    | GapBlock,
    Field(discriminator="kind"),
]
