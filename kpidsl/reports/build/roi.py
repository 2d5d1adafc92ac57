"""ROI by the members of a dimension, with total, break-even, benchmark and advice (V1-V9, D30)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from kpidsl.analysis.finance import Annualised, annualised, break_even
from kpidsl.analysis.quantities import Number
from kpidsl.model.expr import FixedAmount, MetricExpr, MetricRef, QueryDimension
from kpidsl.model.formula import metric_text
from kpidsl.model.periods import year_fraction
from kpidsl.model.purpose import Roi
from kpidsl.plan.query import Absent, Selection
from kpidsl.reports.build.asking import NOTHING, Answer, Key, ask
from kpidsl.reports.build.breakdown import member_label, suppressed
from kpidsl.reports.build.cards import young
from kpidsl.reports.build.figures import page_unit
from kpidsl.reports.build.groups import Hidden, counted, too_small, uncounted
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.subject import Subject
from kpidsl.reports.format import MULTIPLE, PERCENT, figure
from kpidsl.reports.model import GapBlock, Reference, RoiRow, RoiTable
from kpidsl.reports.sentences import per_one_net, roi_rule, roi_verdict
from kpidsl.reports.values import Figure, Gap, Mark

_NEEDED = ("gain", "cost", "net", "roi")
_BREAK_EVEN = Decimal(0)
_PLAUSIBLE = 10
"""A return of more than 1,000 % a year is not printed: nobody can reinvest it that often."""

_ALL_LOST = -0.9995
"""From here on a loss would be printed as −100.0 %, which it is not."""


def roi_table(
    subject: Subject, roi: Roi, by: tuple[QueryDimension, ...], page: Page
) -> RoiTable | GapBlock:
    """Return the table; its total is asked for apart, never added up from the rows (S10).

    Small groups lose every figure that tells their gain and keep their cost, which is nobody's.
    """
    dimension = page.dimension_title(by) if by else roi.title
    title = PHRASES.by.format(title=roi.title, dimension=dimension.lower()) if by else roi.title
    block_id = page.ids.take("-by-".join((roi.name, *(item.name for item in by))))
    selections = _selections(roi, page)
    whole = ask(page.runner, selections, window=page.span.window, failures=page.diagnostics)
    parts = (
        ask(page.runner, selections, window=page.span.window, by=by, failures=page.diagnostics)
        if by
        else whole
    )
    gap = _gap(parts)
    if gap is not None:
        return GapBlock(id=block_id, title=title, gap=gap)
    made = _Rows(subject, roi, page, young(subject, page))
    rows = made.rows(parts)
    tells = made.hidden.total
    total = made.rows(whole)[0][1] if by and _gap(whole) is None and not tells else None
    apart = (Absent.UNALLOCATED,) * len(by)
    shown = [row for _, row in rows] + ([total] if total else [])
    if not any(row.annualised and row.annualised.value is not None for row in shown):
        rows = [(key, row.model_copy(update={"annualised": None})) for key, row in rows]
        total = total and total.model_copy(update={"annualised": None})
    rule = roi_rule("" if made.bar is None else figure(made.bar, PERCENT).exact)
    if total is not None and any(row.roi.value is None and row.gain.value for _, row in rows):
        # What cost nothing lifts the total, which then judges no spending.
        total = total.model_copy(update={"verdict": None})
        rule = f"{rule}; {PHRASES.free_gain}"
    benchmark = page.benchmark(roi.benchmark)
    return RoiTable(
        id=block_id,
        title=title,
        dimension=dimension,
        rows=tuple(row for key, row in sorted(rows, key=_order) if not by or key != apart),
        unallocated=next((_borne_by_none(row) for key, row in rows if by and key == apart), None),
        total=total,
        break_even=_break_even(roi),
        benchmark=benchmark[1] if benchmark else None,
        rule=rule,
        convention=made.convention,
        attribution="; ".join((roi.attribution, *_allocations(roi))),
    )


@dataclass(slots=True)
class _Rows:
    """Makes the rows of one table. `bar` is the benchmark that advice counts with, if any."""

    subject: Subject
    roi: Roi
    page: Page
    young: tuple[Mark, ...]
    hidden: Hidden = field(default_factory=Hidden)
    bar: Decimal | None = None
    convention: str = ""

    def __post_init__(self) -> None:
        found = self.page.benchmark(self.roi.benchmark)
        if found is not None and not found[1].stale:  # an expired one no longer counts (D25)
            self.bar = found[0].value

    def rows(self, answers: Mapping[str, Answer]) -> list[tuple[Key, RoiRow]]:
        self.hidden = too_small(answers, self.page.audience.suppress_below)
        return [(key, self._row(key, answers)) for key in answers["roi"].values]

    def _row(self, key: Key, answers: Mapping[str, Answer]) -> RoiRow:
        why = ""
        if key in self.hidden.members:
            why = suppressed(self.hidden.members[key], self.page.audience.suppress_below)

        def shown(member: str) -> Figure:
            value = answers[member].values.get(key)
            metric = self.page.model.metrics[f"{self.roi.name}.{member}"]
            unit = MULTIPLE if member == "roas" else page_unit(metric.unit, percent=metric.percent)
            if why and member != "cost":
                return figure(None, unit, missing=why)
            span, sources = self.page.span, self.subject.sources
            return self.page.figure(value, unit, metric.expr, sources, span.window)

        cost, roi = shown("cost"), shown("roi")
        currency = cost.unit.currency or self.page.model.settings.currency
        has_roas = answers.get("roas", NOTHING).values
        return RoiRow(
            label=member_label(key),
            gain=shown("gain"),
            cost=cost,
            net=shown("net"),
            roi=roi,
            roas=shown("roas") if has_roas else None,
            annualised=self._annualised(answers["roi"].values.get(key), why),
            verdict=None if self.young else roi_verdict(roi.value, _BREAK_EVEN, self.bar),
            per_one="" if roi.value is None else per_one_net(roi.value, currency),
            marks=self.young,
        )

    def _annualised(self, roi: Number | None, why: str) -> Figure | None:
        """Return the annualised ROI with its convention kept (V2, T6); none under a month."""
        length = year_fraction(self.page.span.window)
        if length.years < 1 / 12:
            self.convention = PHRASES.convention_short
            return None
        if roi is None or why:
            return figure(None, PERCENT, missing=why or PHRASES.no_roi)
        found, notes = annualised(float(roi), length, self.roi.span)
        match found:
            case None:
                return figure(None, PERCENT, missing=notes[0].message)
            case Annualised(value) if value > _PLAUSIBLE:
                limit = figure(_PLAUSIBLE, PERCENT).short
                missing = PHRASES.not_annualised.format(limit=limit)
                return figure(None, PERCENT, missing=missing)
            case Annualised(value) if value < _ALL_LOST:
                return figure(None, PERCENT, missing=PHRASES.all_lost)
        self.convention = found.convention
        return figure(found.value, PERCENT)


def _borne_by_none(row: RoiRow) -> RoiRow:
    """A cost that no member bears has no return to judge (S9)."""
    none = figure(None, row.roi.unit, missing=PHRASES.unallocated)
    return row.model_copy(
        update={"roi": none, "roas": None, "annualised": None, "verdict": None, "per_one": ""}
    )


def _break_even(roi: Roi) -> Reference:
    """ROI 0, and the ROAS at which a gain of the declared margin reaches it (V9)."""
    point = break_even(1, roi.margin) if roi.margin is not None else None
    at = ""
    if point is not None:
        at = PHRASES.break_even_roas.format(
            roas=figure(point.roas, MULTIPLE).exact, margin=figure(roi.margin, PERCENT).exact
        )
    return Reference(label=PHRASES.break_even, value=figure(_BREAK_EVEN, PERCENT), source=at)


def _selections(roi: Roi, page: Page) -> list[Selection]:
    model = page.model
    found = [
        Selection(member, MetricRef(f"{roi.name}.{member}"))
        for member in (*_NEEDED, "roas")
        if f"{roi.name}.{member}" in model.metrics
    ]
    if page.audience.suppress_below is not None:
        found += counted(roi.gain, model)
    return found


def _gap(answers: Mapping[str, Answer]) -> Gap | None:
    gaps = (answers[name].gap for name in _NEEDED)
    return next(filter(None, gaps), None) or uncounted(answers)


def _allocations(roi: Roi) -> list[str]:
    """Say which cost lines were split by something else than what was recorded (S9)."""
    return [
        PHRASES.allocated.format(line=line.name, by=metric_text(by))
        for line in roi.cost
        if (by := _allocated_by(line.expr)) is not None
    ]


def _allocated_by(expr: MetricExpr) -> MetricExpr | None:
    return expr.allocate_by if isinstance(expr, FixedAmount) else None


def _order(item: tuple[Key, RoiRow]) -> tuple[bool, bool, Decimal, str]:
    """Best first; without an ROI by name; (none) and (unmapped) last."""
    key, row = item
    value = row.roi.value
    absent = any(isinstance(member, Absent) for member in key)
    return absent, value is None, -(value or Decimal(0)), row.label
