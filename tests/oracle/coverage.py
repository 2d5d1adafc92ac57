"""What a random case tries out, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kpidsl.model import expr as e
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import BY_ORDER, Aggregate, Measure, TimeSpec
from kpidsl.plan.query import Absent
from tests.oracle import currencies
from tests.oracle.asking import asked
from tests.oracle.bridging import crosses
from tests.oracle.days import FISCAL
from tests.oracle.generate import Case
from tests.oracle.identities import looks_up
from tests.oracle.leaves import Answer, entity_values, references
from tests.oracle.ordered import ATTRIBUTES
from tests.oracle.paths import Reach, ends
from tests.oracle.rows import Rows
from tests.oracle.traits import (
    counts_once,
    doubles,
    has_versions,
    moves_a_day,
    negates,
    plays_a_role,
    repeats,
)


def parts(model: Model, formula: e.MetricExpr) -> Iterator[e.MetricExpr]:
    """A formula and everything below it."""
    yield formula
    match formula:
        case e.MetricRef(name):
            yield from parts(model, model.metrics[name].expr)
        case e.MetricArithmetic(_, left, right):
            yield from parts(model, left)
            yield from parts(model, right)
        case e.Applied(operand):
            yield from parts(model, operand)
        case e.MetricCoalesce(items):
            for item in items:
                yield from parts(model, item)
        case e.FixedAmount(allocate_by=metric) if metric is not None:
            yield from parts(model, metric)


def several(case: Case, answer: Answer) -> bool:
    """Whether an answer tells something, and hangs on the rows of several sources."""
    return _tells(answer) and len(_leaves(case) | {end.owner for end in _grouped(case)}) > 1


def _tells(answer: Answer) -> bool:
    values = [value for row in answer.values() for value in row.values()]
    return any(value not in {None, 0} for value in values) or (bool(answer) and not values)


def _every(case: Case) -> list[e.MetricExpr]:
    return [part for each in case.query.select for part in parts(case.model, each.expr)]


def measures_of(case: Case) -> list[Measure]:
    """The measures that a case's query asks for, as often as it does."""
    return [
        case.model.sources[part.source].measures[part.measure]
        for part in _every(case)
        if isinstance(part, e.MeasureRef)
    ]


def _leaves(case: Case) -> set[str]:
    return {part.source for part in _every(case) if isinstance(part, e.MeasureRef)}


def _grouped(case: Case) -> list[Reach]:
    leaves = _leaves(case)
    return [end for each in case.query.by for end in ends(case.model, leaves, each)]


def rules(case: Case, answer: Answer) -> dict[str, bool]:
    """For each rule, whether this case's answer would show a breach.

    An answer that tells nothing, or rows to which a rule makes no difference, would not.
    """
    if not _tells(answer):
        return {}
    model, query = case.model, case.query
    rows = Rows(model, case.tables)
    every, leaves = _every(case), _leaves(case)
    measures = measures_of(case)
    filters = [part.predicate for part in every if isinstance(part, e.Filtered)]
    filters += [query.where] if query.where is not None else []
    named = [reference for filter_ in filters for reference in references(filter_)]
    ways = [(leaf, end) for leaf in leaves for by in query.by for end in ends(model, [leaf], by)]
    filtered = [(leaf, end) for leaf in leaves for by in named for end in ends(model, [leaf], by)]
    sides = [(leaf, end) for leaf, end in ways if end.reverse and doubles(rows, leaf, end)]
    members = {member for key in answer for member in key}
    values = [value for row in answer.values() for value in row.values()]
    kinds = {type(part) for part in every}
    overs = [part for part in every if isinstance(part, e.OverEntities)]
    looks_back = bool(kinds & {e.Prior, e.Rolling, e.Running, e.ToDate})
    dense = query.grain is not None and not query.sparse
    distinct = any(each.aggregate is Aggregate.COUNT_DISTINCT for each in measures)
    return {
        "S1 company": len(query.select) > 1,
        "S2 none": Absent.NONE in members,
        "S2 unmapped": Absent.UNMAPPED in members,
        "S2 text like a label": bool({"(none)", "(unmapped)"} & members),
        "S2 a filter that negates": any(map(negates, filters)),
        "S3 composite key": any(
            len(model.sources[leaf].joins[end.forward[0]].columns) > 1
            for leaf, end in ways
            if end.forward and not end.reverse
        ),
        "S3 repeated rows": any(repeats(rows, leaf) for leaf in leaves),
        "S4 fan-out": bool(sides),
        "S4 any of the many": any(
            doubles(rows, leaf, end) for leaf, end in filtered if end.reverse
        ),
        "S4 two sides": len({end.reverse[0] for _, end in sides}) > 1,
        "S5 chasm": len(leaves) > 1 and bool(query.by),
        "S5 absent members merge": len(leaves) > 1
        and bool({Absent.NONE, Absent.UNMAPPED} & members),
        "S6 two hops": any(len(end.reverse) + len(end.forward) > 1 for _, end in ways),
        "S6 chosen path": any(reference.joins for reference in (*query.by, *named)),
        "S6 role": any(plays_a_role(rows, leaf, end) for leaf, end in ways + filtered),
        "S8 validity": any(has_versions(rows, leaf, end) for leaf, end in ways + filtered),
        "S9 shared": any(reference.source is None for reference in query.by),
        "S9 fixed": e.FixedAmount in kinds,
        "S9 unallocated": Absent.UNALLOCATED in members,
        "S10 over entities": any(part.period is None for part in overs),
        "S10 over periods": any(part.period is not None for part in overs),
        "S10 rest": Absent.OTHER in members,
        "S10 top": query.top is not None and len(answer) > 1,
        "S10 total": e.Total in kinds and bool(query.by),
        "S10 totals recomputed": bool(query.totals) and len(answer) > 1,
        "S11 stock": any(measure.stock for measure in measures),
        "S11 rolling average": bool(kinds & {e.Rolling, e.ToDate})
        and any(each.stock is not None and each.stock.rolling == "average" for each in measures),
        "S12 ratio": any(isinstance(part, e.MetricArithmetic) and part.op == "/" for part in every),
        "S13 null": None in values,
        "S13 zero": 0 in values,
        "S14 filter": bool(filters),
        "S14 of entities": any(map(entity_values, filters)),
        "S14 own filter": any(measure.where is not None for measure in measures),
        "S15 two clocks": len(leaves) > 1 and query.grain is not None,
        "S16 lookback": looks_back and query.window is not None,
        "S16 window": query.window is not None,
        "S17 dense": dense and len(answer) > 1,
        "S17 dense with dimensions": dense and bool(query.by) and len(answer) > 1,
        "S17 sparse": query.grain is not None and query.sparse and len(answer) > 1,
        "S18 rolling": e.Rolling in kinds,
        "S18 rolling distinct": bool(kinds & {e.Rolling, e.Running, e.ToDate}) and distinct,
        "S18 running": e.Running in kinds,
        "S18 to date": e.ToDate in kinds,
        "S19 prior": e.Prior in kinds,
        "S20 fiscal": query.grain in FISCAL and model.settings.fiscal_year_starts > 1,
        "S19 event": any(isinstance(part, e.Prior) and part.event is not None for part in every),
        "S20 moved clock": isinstance(query.grain, DayPart)
        and len({member.utcoffset() for member in members if isinstance(member, datetime)}) > 1,
        "S20 part of a day": isinstance(query.grain, DayPart),
        "S20 week": query.grain is Grain.WEEK,
        "S20 years of weeks": query.grain in FISCAL and model.settings.week_years is not None,
        "S20 listed calendar": query.grain in FISCAL and model.settings.listed is not None,
        "S21 watermark of rows": any(
            isinstance(model.sources[leaf].watermark, TimeSpec) for leaf in leaves
        )
        and (query.grain is not None or query.window is not None),
        "S20 zone": (query.grain is not None or query.window is not None)
        and any(moves_a_day(rows, leaf) for leaf in leaves),
        "rank": e.Rank in kinds and len(answer) > 1,
        "once per": any(counts_once(rows, measure) for measure in measures),
        "first or last": any(measure.aggregate in BY_ORDER for measure in measures),
        "first or last of an entity": any(item.name in ATTRIBUTES for item in (*query.by, *named)),
        "S29 identity": looks_up(model, case.tables, leaves, [*query.by, *named], measures),
        "S7 bridge": crosses(model, leaves, [*query.by, *named]),
        **dict(currencies.rules(model, every)),
    } | asked(query, answer)
