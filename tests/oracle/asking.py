"""What random questions say of the rows of their answers, and what each of them tries out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from kpidsl.model import expr as e
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Settings
from kpidsl.plan.query import Group, Order, Query, Selection
from tests.oracle.draws import Draw, chance, pick, some
from tests.oracle.leaves import Answer, entity_values

_LONGER = (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.YEAR, Grain.FISCAL_QUARTER)
_LONGER_THAN: dict[Grain, tuple[Grain, ...]] = {
    Grain.DAY: (Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.FISCAL_YEAR),
    Grain.MONTH: (Grain.QUARTER, Grain.YEAR),
    Grain.QUARTER: (Grain.YEAR,),
    Grain.FISCAL_MONTH: (Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR),
    Grain.FISCAL_QUARTER: (Grain.FISCAL_YEAR,),
}
"""In which periods those of a grain lie, whatever fiscal years are."""
_AMOUNTS = tuple(map(Decimal, (-1, 0, 1, 2, 3, 10)))


def with_longer_periods(draw: Draw, query: Query, settings: Settings) -> Query:
    """The question by longer periods too, and with chosen totals, or as it is."""
    coarser: tuple[Grain, ...] = ()
    if query.grain is not None and chance(draw, 35):
        longer = _longer_than(query.grain, settings)
        if chance(draw, 5):
            longer = tuple(grain for grain in Grain if grain is not query.grain)
        order = list(reversed(Grain))
        coarser = tuple(sorted(some(draw, longer, 1, 2), key=order.index)) if longer else ()
    query = replace(query, coarser=coarser)
    if not chance(draw, 70 if coarser else 30):
        return query
    times = [None, *coarser, *([] if query.grain is None else [query.grain])]
    every = tuple(range(len(query.by)))
    groups = [
        Group(tuple(place for place in every if chance(draw, 50)), pick(draw, times))
        for _ in range(pick(draw, (1, 2, 3)))
    ]
    own = Group(every, query.grain)
    return replace(query, totals=tuple(group for group in dict.fromkeys(groups) if group != own))


def _longer_than(grain: Grain | DayPart, settings: Settings) -> tuple[Grain, ...]:
    if isinstance(grain, DayPart):
        return _LONGER
    longer = _LONGER_THAN.get(grain, ())
    if grain is Grain.MONTH and settings.week_years is None and settings.listed is None:
        longer += (Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR)
    if grain is Grain.WEEK and settings.week_years is not None:
        longer += (Grain.FISCAL_MONTH, Grain.FISCAL_YEAR)
    return longer


def without_metrics(draw: Draw, query: Query) -> Query:
    """Hardly ever the question which members there are, in place of the one about metrics."""
    tested = query.where is not None and bool(entity_values(query.where))
    if not query.by or tested or not chance(draw, 6):
        return query
    return replace(query.values_alone(), select=(), grain=None, sparse=False)


def with_rows_left_out(draw: Draw, query: Query, exact: Sequence[e.MetricExpr]) -> Query:
    """The question with a condition on its rows, or about the first of them, or as it is; `exact`
    metrics are told from a whole number, and put in order, without a doubt."""
    if not query.select or query.top is not None or not exact or chance(draw, 40):
        return query
    if chance(draw, 50):
        query = replace(query, having=_condition(draw, exact))
    if (query.by or query.grain is not None) and chance(draw, 70):
        select = (*query.select, Selection("ordered", pick(draw, exact)))
        order = (Order("ordered", descending=chance(draw, 70)),)
        by = tuple(place for place in range(len(query.by)) if chance(draw, 40))
        per = Group(by, query.grain if chance(draw, 40) else None)
        count = pick(draw, (1, 2, 5, 9))
        query = replace(query, select=select, order=order, limit=count, per=per)
    return query


def _condition(draw: Draw, exact: Sequence[e.MetricExpr]) -> e.RowExpr:
    shape = pick(draw, ("test", "test", "not", "and", "or"))
    first = _test(draw, exact)
    match shape:
        case "not":
            return e.Not(first)
        case "and":
            return e.And((first, _test(draw, exact)))
        case "or":
            return e.Or((first, _test(draw, exact)))
    return first


def _test(draw: Draw, exact: Sequence[e.MetricExpr]) -> e.RowExpr:
    value = e.AnswerValue(pick(draw, exact))
    match pick(draw, ("amount", "amount", "amount", "metric", "in", "null")):
        case "null":
            return e.IsState(value, "null")
        case "in":
            return e.In(value, tuple(map(e.Literal, _AMOUNTS[:3])))
        case "metric":
            return e.Compare(pick(draw, ("=", "!=", ">")), value, e.AnswerValue(pick(draw, exact)))
    return e.Compare(
        pick(draw, ("<", ">=", "!=", ">", "=")), value, e.Literal(pick(draw, _AMOUNTS))
    )


def asked(query: Query, answer: Answer) -> dict[str, bool]:
    """For each thing that can be said of the rows of an answer, whether the case tries it out."""
    found = bool(answer)
    times = {group.grain for group in query.totals}
    return {
        "S17 longer periods": bool(query.coarser) and found,
        "S10 totals of longer periods": bool(times & set(query.coarser)) and found,
        "S10 chosen totals": any(group.by != tuple(range(len(group.by))) for group in query.totals)
        and found,
        "members without a metric": not query.select and found,
        "rows kept by a condition": query.having is not None and found,
        "first rows": query.limit is not None and found,
        "first rows of each group": query.limit is not None and query.per != Group() and found,
    }
