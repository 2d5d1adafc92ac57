"""What a random case tries out, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kpidsl.model import expr as e
from kpidsl.model.moments import DayPart
from kpidsl.model.project import Model
from kpidsl.model.sources import BY_ORDER, Aggregate
from kpidsl.plan.query import Absent
from tests.oracle import currencies
from tests.oracle.asking import asked
from tests.oracle.bridging import crosses
from tests.oracle.days import FISCAL
from tests.oracle.generate import Case
from tests.oracle.identities import looks_up
from tests.oracle.leaves import Answer, entity_values, references
from tests.oracle.ordered import ATTRIBUTES
from tests.oracle.paths import ends


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


def rules(case: Case, answer: Answer) -> dict[str, bool]:
    """For each rule, whether this case's answer would show a breach."""
    model, query = case.model, case.query
    every = [part for each in query.select for part in parts(model, each.expr)]
    leaves = {part.source for part in every if isinstance(part, e.MeasureRef)}
    measures = [
        model.sources[part.source].measures[part.measure]
        for part in every
        if isinstance(part, e.MeasureRef)
    ]
    filters = [part.predicate for part in every if isinstance(part, e.Filtered)]
    filters += [query.where] if query.where is not None else []
    named = [reference for filter_ in filters for reference in references(filter_)]
    grouped = [end for reference in query.by for end in ends(model, leaves, reference)]
    filtered = [end for reference in named for end in ends(model, leaves, reference)]
    members = {member for key in answer for member in key}
    values = [value for row in answer.values() for value in row.values()]
    clocks = [model.sources[leaf].time for leaf in leaves]
    zone = model.settings.timezone
    rolling = [part for part in every if isinstance(part, e.Rolling)]
    reaching = [part for part in every if isinstance(part, e.Running | e.ToDate)]
    distinct = any(each.aggregate is Aggregate.COUNT_DISTINCT for each in measures)
    prior = any(isinstance(part, e.Prior) for part in every)
    return {
        "S1 company": len(query.select) > 1 and bool(values),
        "S2 none": Absent.NONE in members,
        "S2 unmapped": Absent.UNMAPPED in members,
        "S2 text like a label": bool({"(none)", "(unmapped)"} & members),
        "S4 fan-out": any(end.reverse for end in grouped),
        "S4 any of the many": any(end.reverse for end in filtered),
        "S5 chasm": len(leaves) > 1 and bool(query.by),
        "S6 two hops": any(len(end.reverse) + len(end.forward) > 1 for end in grouped),
        "S6 chosen path": any(reference.joins for reference in (*query.by, *named)),
        "S4 two sides": len({end.reverse[0] for end in grouped if end.reverse}) > 1,
        "S8 validity": any(
            model.sources[source].joins[join].validity is not None
            for source in leaves
            for reference in query.by
            for end in ends(model, [source], reference)
            for join in end.forward[:1]
            if not end.reverse
        ),
        "S9 shared": any(reference.source is None for reference in query.by),
        "S9 fixed": any(isinstance(part, e.FixedAmount) for part in every),
        "S9 unallocated": Absent.UNALLOCATED in members,
        "S12 ratio": any(isinstance(part, e.MetricArithmetic) and part.op == "/" for part in every),
        "S13 zero": 0 in values,
        "S13 null": None in values,
        "S14 filter": bool(filters),
        "S14 of entities": any(map(entity_values, filters)),
        "S14 own filter": any(measure.where is not None for measure in measures),
        "S15 two clocks": len(leaves) > 1 and query.grain is not None,
        "S16 lookback": prior and query.window is not None,
        "S17 dense": query.grain is not None and not query.sparse and len(answer) > 1,
        "S17 sparse": query.grain is not None and query.sparse and len(answer) > 1,
        "S10 total": any(isinstance(part, e.Total) for part in every) and bool(query.by),
        "S18 rolling": bool(rolling),
        "S18 running or to date": bool(reaching),
        "S18 rolling distinct": bool(rolling or reaching) and distinct,
        "rank": any(isinstance(part, e.Rank) for part in every) and len(answer) > 1,
        "S19 prior": prior,
        "S19 event": any(isinstance(part, e.Prior) and part.event is not None for part in every),
        "S20 zone": any(clock and clock.stored_as not in {None, zone} for clock in clocks)
        and (query.grain is not None or query.window is not None),
        "S20 part of a day": isinstance(query.grain, DayPart) and bool(answer),
        "S20 moved clock": isinstance(query.grain, DayPart)
        and len({member.utcoffset() for member in members if isinstance(member, datetime)}) > 1,
        "S20 fiscal": query.grain in FISCAL and model.settings.fiscal_year_starts > 1,
        "S20 years of weeks": query.grain in FISCAL and model.settings.week_years is not None,
        "S20 listed calendar": query.grain in FISCAL and model.settings.listed is not None,
        "S10 over entities": any(
            isinstance(part, e.OverEntities) and part.period is None for part in every
        )
        and any(values),
        "S10 over periods": any(
            isinstance(part, e.OverEntities) and part.period is not None for part in every
        )
        and any(values),
        "S10 top": query.top is not None and len(answer) > 1,
        "S10 rest": Absent.OTHER in members,
        "S10 totals recomputed": query.totals and len(answer) > 1,
        "S11 stock": any(measure.stock for measure in measures),
        "once per": any(measure.once_per for measure in measures),
        "first or last": any(measure.aggregate in BY_ORDER for measure in measures),
        "first or last of an entity": any(item.name in ATTRIBUTES for item in (*query.by, *named)),
        "S29 identity": looks_up(model, case.tables, leaves, [*query.by, *named], measures),
        "S7 bridge": crosses(model, leaves, [*query.by, *named]),
        **dict(currencies.rules(model, every)),
    } | asked(query, answer)
