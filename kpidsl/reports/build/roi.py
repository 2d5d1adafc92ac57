"""ROI by the members of a dimension, with total, break-even, benchmark and advice (V1-V9, D30)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kpidsl.analysis.finance import Annualised, annualised, break_even, net, roas
from kpidsl.analysis.finance import roi as roi_of
from kpidsl.analysis.quantities import Number, total_of
from kpidsl.model.expr import FixedAmount, MetricExpr, MetricRef, QueryDimension
from kpidsl.model.formula import metric_text
from kpidsl.model.growth import adds_up
from kpidsl.model.periods import year_fraction
from kpidsl.model.purpose import Roi
from kpidsl.plan.query import Absent, Selection
from kpidsl.reports.blocks import GapBlock, RoiRow, RoiTable
from kpidsl.reports.build.asking import Answer, Key
from kpidsl.reports.build.breakdown import member_label, suppressed
from kpidsl.reports.build.cards import young
from kpidsl.reports.build.figures import page_unit
from kpidsl.reports.build.groups import Hidden, counted, too_small, uncounted
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.subject import Subject, ratio_parts
from kpidsl.reports.format import MULTIPLE, PERCENT, figure
from kpidsl.reports.sentences import per_one, roi_rule, roi_verdict
from kpidsl.reports.values import Figure, Gap, Mark, Reference

_NEEDED = ("gain", "cost", "net", "roi")
_PLAUSIBLE = 10
"""A return of more than 1,000 % a year is not printed: nobody can reinvest it that often."""

_ALL_LOST = -0.9995
"""From here on a loss would be printed as −100.0 %, which it is not."""


def roi_table(
    subject: Subject, roi: Roi, by: tuple[QueryDimension, ...], page: Page
) -> Callable[[], RoiTable | GapBlock]:
    """Ask for the table's rows, and apart for its total, which is never added up from them (S10);
    return what makes it of the answers.

    Small groups lose every figure that tells their gain, and their cost unless it is nobody's, as
    what an ad platform takes by the day.
    Where some gain cost nothing, the total judges no spending, and the paid members are judged by
    a subtotal of their own.
    """
    selections = _selections(roi, page)
    whole = page.ask(selections)
    parts = page.ask(selections, by) if by else whole
    return lambda: _table(subject, roi, by, whole.answers, parts.answers, page)


def _table(
    subject: Subject,
    roi: Roi,
    by: tuple[QueryDimension, ...],
    whole: Mapping[str, Answer],
    parts: Mapping[str, Answer],
    page: Page,
) -> RoiTable | GapBlock:
    dimension = page.dimension_title(by) if by else roi.title
    title = PHRASES.by.format(title=roi.title, dimension=dimension.lower()) if by else roi.title
    block_id = page.ids.take("-by-".join((roi.name, *(item.name for item in by))))
    gap = _gap(parts)
    if gap is not None:
        return GapBlock(id=block_id, title=title, gap=gap)
    benchmark = page.benchmark(roi.benchmark)
    # An expired benchmark no longer counts (D25).
    bar = benchmark[0].value if benchmark and not benchmark[1].stale else None
    hidden = too_small(parts, page.audience.suppress_below)
    marks = young(subject, page) + page.known_in_part(subject.sources, page.span.window)
    made = _Rows(subject, roi, page, marks, hidden, bar)
    rows = {
        key: made.row(member_label(key), _values(parts, key), key) for key in parts["roi"].values
    }
    rule = roi_rule("" if bar is None else figure(bar, PERCENT).exact)
    total = paid = None
    if by and _gap(whole) is None and not hidden.total:
        total = made.row(PHRASES.total, _values(whole))
        costs = parts["cost"].values
        if any(gain and not costs.get(key) for key, gain in parts["gain"].values.items()):
            total = total.model_copy(update={"verdict": None})
            paid = _paid(made, parts, by)
            rule = "; ".join((rule, PHRASES.free_gain, *([PHRASES.paid_rule] if paid else [])))
    borne_by_none = rows.pop((Absent.UNALLOCATED,) * len(by), None) if by else None
    return _whole_columns(
        RoiTable(
            id=block_id,
            title=title,
            dimension=dimension,
            rows=tuple(row for _, row in sorted(rows.items(), key=_order)),
            paid=paid,
            unallocated=borne_by_none and _unallocated(borne_by_none),
            total=total,
            break_even=_break_even(roi),
            break_even_note=_break_even_note(roi),
            benchmark=benchmark[1] if benchmark else None,
            rule=rule,
            convention=made.convention,
            attribution="; ".join((roi.attribution, *_allocations(roi))),
        )
    )


def _values(answers: Mapping[str, Answer], key: Key = ()) -> dict[str, Number | None]:
    """Return the values of one row, by what they are of."""
    return {name: answer.values.get(key) for name, answer in answers.items()}


def _paid(
    made: _Rows, parts: Mapping[str, Answer], by: tuple[QueryDimension, ...]
) -> RoiRow | None:
    """Return the subtotal of the members that cost something, without what no member bears.

    It is added up, and so only where gain and cost are sums that no two members share (S10), and
    where no small group could be had from it by subtraction (D21). A single one needs no subtotal.
    """
    apart = (Absent.UNALLOCATED,) * len(by)
    paid = [key for key, cost in parts["cost"].values.items() if cost and key != apart]
    if made.hidden.members or len(paid) < 2:
        return None
    sums: dict[str, Number | None] = {}
    for item in _amounts(made.roi, made.page):
        answer = parts[item.name]
        if answer.overlapping or not adds_up(item.expr, made.page.model):
            return None
        sums[item.name] = total_of(answer.values.get(key) for key in paid)
    gain, cost = sums["gain"], sums["cost"]
    rates = {
        "net": net(gain, cost),
        "roi": roi_of(gain, cost),
        "roas": roas(sums.get("ad revenue"), sums.get("ad cost")),
    }
    return made.row(PHRASES.paid, sums | rates)


def _whole_columns(table: RoiTable) -> RoiTable:
    """Leave out annualised figures where none has a value."""
    shown = [*table.rows, *(row for row in (table.paid, table.total) if row)]
    if any(row.annualised and row.annualised.value is not None for row in shown):
        return table

    def bare(row: RoiRow) -> RoiRow:
        return row.model_copy(update={"annualised": None})

    return table.model_copy(
        update={
            "rows": tuple(map(bare, table.rows)),
            "paid": table.paid and bare(table.paid),
            "total": table.total and bare(table.total),
        }
    )


@dataclass(slots=True)
class _Rows:
    """Makes the rows of one table. `bar` is the benchmark that advice counts with, if any; nothing
    is advised of a provisional ROI, nor of one known in part (D30, S21)."""

    subject: Subject
    roi: Roi
    page: Page
    marks: tuple[Mark, ...]
    hidden: Hidden
    bar: Decimal | None
    convention: str = ""

    @property
    def cost_tells(self) -> bool:
        """Whether a member's cost tells how many rows stand behind it, as its part of an amount
        allocated by orders does."""
        return bool(counted([_cost(self.roi)], self.page.model))

    def row(self, label: str, values: Mapping[str, Number | None], key: Key = ()) -> RoiRow:
        """Return the row of some values; those of a hidden member `key` are left out."""
        model, span = self.page.model, self.page.span
        why = ""
        if key in self.hidden.members:
            why = suppressed(self.hidden.members[key], self.page.audience.suppress_below)

        def shown(member: str) -> Figure:
            metric = model.metrics[f"{self.roi.name}.{member}"]
            unit = MULTIPLE if member == "roas" else page_unit(metric.unit, percent=metric.percent)
            if why and (member != "cost" or self.cost_tells):
                return figure(None, unit, missing=why)
            return self.page.figure(
                values.get(member), unit, metric.expr, self.subject.sources, span.window
            )

        cost, roi = shown("cost"), shown("roi")
        currency = cost.unit.currency or model.settings.currency
        return RoiRow(
            label=label,
            gain=shown("gain"),
            cost=cost,
            net=shown("net"),
            roi=roi,
            roas=shown("roas") if f"{self.roi.name}.roas" in model.metrics else None,
            annualised=self._annualised(values["roi"], why),
            verdict=None if self.marks else roi_verdict(roi.value, self.bar),
            per_one="" if roi.value is None else per_one(roi.value, currency, "net"),
            marks=self.marks,
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


def _unallocated(row: RoiRow) -> RoiRow:
    """A cost that no member bears has no return to judge (S9)."""
    none = figure(None, row.roi.unit, missing=PHRASES.unallocated)
    return row.model_copy(
        update={"roi": none, "roas": None, "annualised": None, "verdict": None, "per_one": ""}
    )


def _break_even(roi: Roi) -> Reference:
    """ROI 0, and the cost that the gain then covers (V9)."""
    said = PHRASES.covers_cost.format(lines=_listed(line.name for line in roi.cost))
    return Reference(label=PHRASES.break_even, value=figure(0, PERCENT), source=said)


def _break_even_note(roi: Roi) -> str:
    """Say which revenue covers which cost at the declared margin (V9): a ROAS covers advertising
    only, and the ROI bears all cost."""
    point = break_even(1, roi.margin) if roi.margin is not None else None
    if point is None:
        return ""
    phrase = PHRASES.roas_covers if roi.ad_lines else PHRASES.revenue_covers
    lines = roi.ad_lines or [line.name for line in roi.cost]
    said = phrase.format(
        multiple=figure(point.roas, MULTIPLE).exact,
        margin=figure(roi.margin, PERCENT).exact,
        lines=_listed(lines),
    )
    others = _listed(line.name for line in roi.cost if line.name not in lines)
    return f"{said}; {PHRASES.roi_bears.format(lines=others)}" if others else said


def _listed(lines: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in lines)


def _amounts(roi: Roi, page: Page) -> list[Selection]:
    """Return the amounts that the other figures of a row are worked out from."""
    found = [Selection(name, MetricRef(f"{roi.name}.{name}")) for name in ("gain", "cost")]
    if f"{roi.name}.roas" in page.model.metrics:
        parts = ratio_parts(MetricRef(f"{roi.name}.roas"), page.model)
        assert parts is not None  # ROAS is revenue ÷ advertising cost
        found += map(Selection, ("ad revenue", "ad cost"), parts)
    return found


def _selections(roi: Roi, page: Page) -> list[Selection]:
    model = page.model
    found = _amounts(roi, page) + [
        Selection(member, MetricRef(f"{roi.name}.{member}"))
        for member in ("net", "roi", "roas")
        if f"{roi.name}.{member}" in model.metrics
    ]
    if page.audience.suppress_below is not None:
        found += counted([roi.gain, _cost(roi)], model)
    return found


def _cost(roi: Roi) -> MetricExpr:
    return MetricRef(f"{roi.name}.cost")


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
