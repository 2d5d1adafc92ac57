"""Groups too small to show (D21): how many rows stand behind a member, and who is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kpidsl.model.expr import (
    Applied,
    Filtered,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricRef,
    OverEntities,
    Prior,
    Rolling,
    Running,
    ToDate,
)
from kpidsl.model.project import Model
from kpidsl.model.sources import Aggregate
from kpidsl.plan.query import Selection
from kpidsl.reports.build.asking import Answer, Key
from kpidsl.reports.values import Gap

_COUNTS = (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)
_PREFIX = "count behind "


def counted(exprs: Iterable[MetricExpr], model: Model) -> tuple[Selection, ...]:
    """Return what to ask beside figures to know how large their groups are.

    Of a quotient the denominator is counted, of anything else each of its measures: by itself
    when it counts, else by a count over the same rows of its source. Sources that count nothing
    (an ad platform's daily spend) are of no one, and give nothing to count.
    """
    found = dict.fromkeys(count for expr in exprs for count in _counts(expr, model))
    return tuple(Selection(f"{_PREFIX}{n}", item) for n, item in enumerate(found))


@dataclass(frozen=True, slots=True)
class Hidden:
    """Members left out: True for a group below the limit, False for one that goes with it.
    `total`: the total would tell them, and is left out too."""

    members: Mapping[Key, bool] = field(default_factory=dict)
    total: bool = False


def too_small(answers: Mapping[str, Answer], limit: int | None) -> Hidden:
    """Return whom to leave out, so that no group of fewer than `limit` is shown, nor had by
    subtraction.

    What is left out can be had together: total less all that is shown. So while those together
    are fewer than `limit`, the next smallest group goes with them, and when nobody is left, the
    total. A group's size is the smallest count behind it that is not zero. Empty groups hold nobody
    and are shown.
    """
    if limit is None:
        return Hidden()
    sizes: dict[Key, float] = {}
    for name, answer in answers.items():
        if name.startswith(_PREFIX):
            for key, value in answer.values.items():
                if value:
                    sizes[key] = min(float(value), sizes.get(key, float("inf")))
    found: dict[Key, bool] = {}
    together = 0.0
    for size, _, key in sorted((size, str(key), key) for key, size in sizes.items()):
        if size >= limit and (not found or together >= limit):
            break
        found[key] = size < limit
        together += size
    return Hidden(found, total=0 < together < limit)


def uncounted(answers: Mapping[str, Answer]) -> Gap | None:
    """Return why groups could not be counted: then none of them may be shown."""
    gaps = (answer.gap for name, answer in answers.items() if name.startswith(_PREFIX))
    return next((gap for gap in gaps if gap is not None), None)


def _counts(expr: MetricExpr, model: Model) -> list[MetricExpr]:
    match expr:
        case MetricRef(name):
            return _counts(model.metrics[name].expr, model)
        case MeasureRef():
            count = _count_of(expr, model)
            return [] if count is None else [count]
        case MetricArithmetic("/", left, right):
            return _counts(right, model) or _counts(left, model)
        case MetricArithmetic(_, left, right):
            return _counts(left, model) + _counts(right, model)
        case Filtered() | Prior() | Rolling() | Running() | ToDate():
            return [replace(expr, operand=item) for item in _counts(expr.operand, model)]
        case OverEntities(period=None):
            return [replace(expr, aggregate="count", fraction=None)]
        case Applied(operand):
            return _counts(operand, model)
        case FixedAmount(allocate_by=weight) if weight is not None:
            return _counts(weight, model)  # a member's share of the amount is its share of these
        case MetricCoalesce(items):
            return [count for item in items for count in _counts(item, model)]
    return []


def _count_of(ref: MeasureRef, model: Model) -> MetricExpr | None:
    """Return the measure itself if it counts, else a plain count of its source's rows."""
    measures = model.sources[ref.source].measures
    measure = measures[ref.measure]
    if measure.aggregate in _COUNTS:
        return ref
    plain = sorted(
        (_COUNTS.index(item.aggregate), name)
        for name, item in measures.items()
        if item.aggregate in _COUNTS and item.where is None and not item.once_per
    )
    if not plain:
        return None
    count = MeasureRef(ref.source, plain[0][1])
    return count if measure.where is None else Filtered(count, measure.where)
