"""Groups too small to show (D21): how many rows stand behind a member, and who is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kpidsl.model.expr import (
    Applied,
    Convert,
    DimensionRef,
    Filtered,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricRef,
    OverEntities,
    Prior,
    QueryDimension,
    Rolling,
    Running,
    ToDate,
)
from kpidsl.model.project import Model
from kpidsl.model.sources import Aggregate, Source, Stock
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
            return _counts_of(expr, model)
        case MetricArithmetic("/", left, right):
            return _counts(right, model) or _counts(left, model)
        case MetricArithmetic(_, left, right):
            return _counts(left, model) + _counts(right, model)
        case Convert(operand):
            return [_converted(item, expr) for item in _counts(operand, model)]
        case Rolling() | ToDate():
            counts = _counts(expr.operand, model)
            return [item if _runs(item) else replace(expr, operand=item) for item in counts]
        case Filtered() | Prior() | Running():
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


def _counts_of(ref: MeasureRef, model: Model) -> list[MetricExpr]:
    """Return the measure itself if it counts, of a level how many have one, else a plain count of
    its source's rows."""
    source = model.sources[ref.source]
    measure = source.measures[ref.measure]
    if measure.aggregate in _COUNTS:
        return [ref]
    counting = [(name, item) for name, item in source.measures.items() if item.aggregate in _COUNTS]
    entity = None if measure.stock is None else _told_by(measure.stock, source)
    if counting and entity is not None:
        return [OverEntities(ref, "count", entity)]
    plain = sorted(
        (_COUNTS.index(item.aggregate), name)
        for name, item in counting
        if item.where is None and not item.once_per and item.stock is None
    )
    if not plain:
        return []
    count: MetricExpr = MeasureRef(source.name, plain[0][1])
    if measure.where is not None:
        count = Filtered(count, measure.where)
    # A level may be older than the days asked for, which then hold no row of it (S11).
    return [count] if measure.stock is None else [count, Running(count)]


def _told_by(stock: Stock, source: Source) -> tuple[QueryDimension, ...] | None:
    """Return the dimensions that tell whose level it is, or None where some of it none tells."""
    names = {item.expr: name for name, item in source.dimensions.items()}
    found = [
        part.name if isinstance(part, DimensionRef) and not part.joins else names.get(part)
        for part in stock.entity
    ]
    if None in found:
        return None
    return tuple(QueryDimension(name, source.name) for name in found if name is not None)


def _runs(count: MetricExpr) -> bool:
    """Tell whether a count is of all rows up to the end of a period already."""
    return isinstance(count, Running) or (isinstance(count, Applied) and _runs(count.operand))


def _converted(count: MetricExpr, around: Convert) -> MetricExpr:
    """Return a count with the values of entities in it as they are converted: money of several
    currencies is no value (S26)."""
    match count:
        case OverEntities(operand):
            return replace(count, operand=replace(around, operand=operand))
        case Applied(operand):
            return replace(count, operand=_converted(operand, around))
    return count
