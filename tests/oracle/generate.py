"""Random queries over random models (I10), and what each of them tries out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from kpidsl.model import expr as e
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.model.purpose import Metric
from kpidsl.model.sources import Aggregate
from kpidsl.plan.query import Absent, Query, Selection, Top
from tests.oracle.days import FISCAL
from tests.oracle.evaluate import Answer
from tests.oracle.identities import looks_up, with_identities
from tests.oracle.invent import DAYS, MOVED, Draw, Kind, World, chance, pick, predicate, worlds
from tests.oracle.leaves import entity_values, references
from tests.oracle.paths import Reach, reach
from tests.oracle.rows import Refused, Tables

Typed = tuple[Kind, e.QueryDimension]
Months = int
Days = int

SHIFTS: dict[Grain | None, tuple[tuple[Months, Days], ...]] = {
    None: ((1, 0), (12, 0), (0, 1), (0, 364)),
    Grain.DAY: ((0, 1), (0, 7), (0, 366), (1, 0), (12, 0)),
    Grain.WEEK: ((0, 7), (0, 364), (0, 3), (1, 0), (12, 0)),
    Grain.MONTH: ((1, 0), (12, 0), (0, 10)),
    Grain.QUARTER: ((3, 0), (12, 0), (1, 0)),
    Grain.YEAR: ((12, 0), (3, 0), (0, 364)),
    Grain.FISCAL_MONTH: ((1, 0), (12, 0), (0, 364)),
    Grain.FISCAL_QUARTER: ((3, 0), (12, 0), (1, 0)),
    Grain.FISCAL_YEAR: ((12, 0), (3, 0), (0, 364)),
}
"""How far a query looks back: whole periods of its own, and other days."""
ROLLS: tuple[tuple[Months, Days], ...] = (
    (0, 1),
    (0, 7),
    (0, 28),
    (0, 365),
    (1, 0),
    (3, 0),
    (12, 0),
)
"""How long a rolling window is."""


EXACT = {
    Aggregate.SUM,
    Aggregate.COUNT,
    Aggregate.COUNT_DISTINCT,
    Aggregate.MIN,
    Aggregate.MAX,
}
"""What makes no fraction of whole numbers."""
OVER_ENTITIES = ("avg", "avg", "median", "percentile", "min", "max", "sum", "count", "stddev")


@dataclass(frozen=True, repr=False)
class Case:
    """A model, a query, raw rows by source, and each source's columns with DuckDB's types.
    `has_catalogue`: the plan may rest on how large the tables are."""

    model: Model
    query: Query
    tables: Tables
    columns: dict[str, dict[str, str]]
    has_catalogue: bool = True

    def __repr__(self) -> str:
        """What a person needs to see why a case fails: only what is not at its default."""
        told = [str(self.query), str(self.model.settings.model_dump(exclude_defaults=True))]
        told += [f"metric {name} = {metric.expr}" for name, metric in self.model.metrics.items()]
        told += [f"shared {each.members}" for each in self.model.shared.values()]
        for name, source in self.model.sources.items():
            facts = (source.key, source.time, source.watermark, source.exclude)
            told.append(f"source {name!r}: key, time, watermark, exclude = {facts}")
            told += [f"  join {join.name!r} → {join.target!r}" for join in source.joins.values()]
            told += [
                f"  dimension {each.name!r} = {each.expr or each.attribute}"
                for each in source.dimensions.values()
            ]
            told += [
                f"  measure {each.name!r} = {each.aggregate}({each.operand})"
                f" where {each.where} once per {each.once_per}"
                for each in source.measures.values()
            ]
            told += [f"  {row}" for row in self.tables[name]]
        return "\n".join(told)

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(repr(self))


@st.composite
def cases(draw: Draw) -> Case:
    world = draw(worlds())
    if chance(draw, 20):
        world = with_identities(draw, world)
    measured = [name for name, source in world.model.sources.items() if source.measures]
    names = st.sampled_from(measured)
    size = pick(draw, (1, 2))
    asked = draw(st.lists(names, min_size=size, max_size=size, unique=True))
    if chance(draw, 25):
        asked[0] = next(iter(world.model.sources))  # the one that others join
        asked = list(dict.fromkeys(asked))
    timed = chance(draw, 75) and all(world.model.sources[name].time for name in asked)
    dimensions = _dimensions(draw, world, asked)
    by: list[Typed] = []
    sides = _many_sides(world.model, asked, dimensions)
    if len(sides) > 1 and chance(draw, 80):
        by = [pick(draw, typed) for typed in sides[:2]]
    elif dimensions:
        size = pick(draw, (0, 1, 1, 2, 2))
        by = draw(st.lists(st.sampled_from(dimensions), min_size=size, max_size=size, unique=True))
    window = _window(draw) if timed and chance(draw, 75) else None
    days: Grain | None = draw(st.sampled_from((None, *Grain))) if timed else None
    shifts = SHIFTS[days] if window is not None else ()
    ended = window is not None or days is not None
    grain: Grain | DayPart | None = days
    if timed and chance(draw, 40) and all(_knows_hours(world, name) for name in asked):
        grain = pick(draw, (DayPart.HOUR, DayPart.HOUR, DayPart.HOUR, *DayPart))
        window, shifts, ended = _short(draw), (), False
    maker = _Formulas(draw, world, asked, dimensions, shifts, by, ended)
    sparse = chance(draw, 10 if grain is DayPart.HOUR else 40)
    sparse = sparse or grain in {DayPart.MINUTE, DayPart.SECOND}
    if chance(draw, 95):
        maker.periods = _periods(grain, sparse=sparse)
    if isinstance(grain, DayPart) and not chance(draw, 5):
        maker.leave_out_levels()
    select = tuple(
        Selection(f"c{index} ü", maker.formula(2)) for index in range(draw(st.integers(1, 3)))
    )
    query = Query(
        select,
        by=tuple(dimension for _, dimension in by),
        grain=grain,
        window=window,
        where=maker.condition(timed=False) if dimensions and chance(draw, 35) else None,
        sparse=sparse,
        totals=chance(draw, 20),
        top=_top(draw, select) if by and chance(draw, 60) else None,
    )
    model = world.model.model_copy(update={"metrics": maker.metrics})
    return Case(model, query, world.tables, world.columns, has_catalogue=chance(draw, 70))


def _top(draw: Draw, select: tuple[Selection, ...]) -> Top:
    column = pick(draw, [item.name for item in select])
    return Top(pick(draw, (1, 1, 2)), column, chance(draw, 70), rest=chance(draw, 90))


def _window(draw: Draw) -> Window:
    start = pick(draw, DAYS)
    return Window(start, start + timedelta(days=pick(draw, (1, 2, 10, 31, 60, 366))))


def _periods(grain: Grain | DayPart | None, *, sparse: bool) -> tuple[Grain, ...]:
    """The periods that can be put together by a grain."""
    if grain is None:
        return tuple(Grain)
    if sparse or isinstance(grain, DayPart):
        return ()
    months = () if grain in {Grain.DAY, Grain.WEEK} else (Grain.MONTH,)
    return (Grain.DAY, *months, grain)


def _knows_hours(world: World, source: str) -> bool:
    return "TIMESTAMP" in world.columns[source].values()


def _short(draw: Draw) -> Window | None:
    """A few days, those of moved clocks more often; hardly ever no window, which is refused."""
    if chance(draw, 5):
        return None
    start = pick(draw, MOVED if chance(draw, 90) else DAYS)
    return Window(start, start + timedelta(days=pick(draw, (1, 1, 2))))


def _dimensions(draw: Draw, world: World, asked: list[str]) -> list[Typed]:
    """Dimensions that all leaves reach, and now and then any at all: those are refused."""
    found: list[Typed] = [
        (kind, e.QueryDimension(name, source))
        for source, kinds in world.kinds.items()
        for name, kind in kinds.items()
    ]
    found += [
        (kind, e.QueryDimension(name, join.target, source, (join.name,)))
        for source in asked
        for join in world.model.sources[source].joins.values()
        for name, kind in world.kinds[join.target].items()
    ]
    found += [
        (world.kinds[source][member], e.QueryDimension(name))
        for name, shared in world.model.shared.items()
        for source, member in list(shared.members.items())[:1]
    ] * 6
    if chance(draw, 5):
        return found
    # Those over the many side come up more often than they would by themselves.
    return [
        (kind, dimension)
        for kind, dimension in found
        for _ in range(_weight(world.model, asked, dimension))
    ]


def _many_sides(model: Model, asked: list[str], dimensions: list[Typed]) -> list[list[Typed]]:
    """The dimensions over each many side of the sources asked for, by its first hop."""
    sides: dict[object, list[Typed]] = {}
    for kind, dimension in dimensions:
        for end in _ends(model, asked, dimension):
            if end.reverse:
                sides.setdefault(end.reverse[0], []).append((kind, dimension))
    return list(sides.values())


def _weight(model: Model, asked: list[str], dimension: e.QueryDimension) -> int:
    ends = _ends(model, asked, dimension)
    if len(ends) < len(asked):
        return 0
    return 7 if any(end.reverse for end in ends) else 1


def _ends(model: Model, sources: Iterable[str], dimension: e.QueryDimension) -> list[Reach]:
    """How each source that can reaches a dimension."""
    found = []
    for source in sources:
        with suppress(Refused):
            found.append(reach(model, source, dimension))
    return found


class _Formulas:
    """Draws formulas over the measures of the sources asked for."""

    def __init__(
        self,
        draw: Draw,
        world: World,
        asked: list[str],
        dimensions: list[Typed],
        shifts: tuple[tuple[Months, Days], ...],
        by: list[Typed],
        ended: bool,
    ) -> None:
        self.draw = draw
        self.dimensions = dimensions
        self.shifts = shifts
        self.by = by
        self.ended = ended
        self.sources = world.model.sources
        self.timed = all(world.model.sources[name].time for name in asked)
        self.measures = [
            e.MeasureRef(source, measure)
            for source in asked
            for measure in world.model.sources[source].measures
        ]
        self.metrics: dict[str, Metric] = {}
        self.periods: tuple[Grain, ...] = tuple(Grain)

    def leave_out_levels(self) -> None:
        """Parts of days have none."""
        self.measures = [ref for ref in self.measures if not self._is_level(ref)]

    def _is_level(self, ref: e.MeasureRef) -> bool:
        return self.sources[ref.source].measures[ref.measure].stock is not None

    def _exact(self, ref: e.MeasureRef) -> bool:
        return self.sources[ref.source].measures[ref.measure].aggregate is Aggregate.COUNT

    def condition(self, *, timed: bool) -> e.RowExpr:
        """A filter over dimensions, and now and then over what a metric is of each entity."""
        options: list[tuple[Kind, e.RowExpr]] = list(self.dimensions)
        exact = [ref for ref in self.measures if self._is_exact(ref)]
        if exact and chance(self.draw, 30):
            options = [("int", self._entity_value(exact)), pick(self.draw, options)]
        return predicate(self.draw, options, timed=timed)

    def _entity_value(self, exact: list[e.MeasureRef]) -> e.EntityValue:
        metric: e.MetricExpr = pick(self.draw, exact)
        match pick(self.draw, ("measure", "measure", "sum", "filtered", "prior")):
            case "sum":
                metric = e.MetricArithmetic(pick(self.draw, "+-"), metric, pick(self.draw, exact))
            case "filtered":
                condition = predicate(self.draw, self.dimensions, timed=False)
                metric = e.Filtered(metric, condition)
            case "prior" if self.shifts:
                metric = e.Prior(metric, *pick(self.draw, self.shifts))
        return e.EntityValue(metric, self._entity())

    def _over_entities(self, depth: int) -> e.OverEntities:
        aggregate = pick(self.draw, OVER_ENTITIES)
        share = Decimal("0.9") if aggregate == "percentile" else None
        if not self.dimensions or (self.timed and self.periods and depth > 1):
            period = pick(self.draw, self.periods or (Grain.DAY,))
            return e.OverEntities(self._of_one(), aggregate, (), share, period)
        return e.OverEntities(self._of_one(), aggregate, self._entity(), share)

    def _of_one(self) -> e.MetricExpr:
        """What a single entity has a value of."""
        kinds = ("measure", "measure", "arithmetic", "filtered", "prior", "reach")
        match pick(self.draw, kinds):
            case "arithmetic":
                left, right = pick(self.draw, self.measures), pick(self.draw, self.measures)
                return e.MetricArithmetic(pick(self.draw, "+-/"), left, right)
            case "filtered" if self.dimensions:
                condition = self.condition(timed=self.timed)
                return e.Filtered(pick(self.draw, self.measures), condition)
            case "prior" if self.shifts:
                return e.Prior(pick(self.draw, self.measures), *pick(self.draw, self.shifts))
            case "reach" if self.ended:
                return self._reaching(pick(self.draw, self.measures))
        measure: e.MeasureRef = pick(self.draw, self.measures)
        return measure

    def _entity(self) -> tuple[e.QueryDimension, ...]:
        named = list(dict.fromkeys(dimension for _, dimension in self.dimensions))
        size = pick(self.draw, (1, 1, 1, 2))
        found = self.draw(
            st.lists(st.sampled_from(named), min_size=size, max_size=size, unique=False)
        )
        return tuple(dict.fromkeys(found))

    def _is_exact(self, ref: e.MeasureRef) -> bool:
        """Whether a measure is told from a whole number without a doubt."""
        measure = self.sources[ref.source].measures[ref.measure]
        divides = isinstance(measure.operand, e.Arithmetic) and measure.operand.op == "/"
        return measure.aggregate in EXACT and not divides

    def _reaching(self, inner: e.MetricExpr) -> e.MetricExpr:
        match pick(self.draw, ("rolling", "rolling", "running", "to_date")):
            case "rolling":
                return e.Rolling(inner, *pick(self.draw, ROLLS))
            case "running":
                return e.Running(inner)
        return e.ToDate(inner, pick(self.draw, tuple(Grain)))

    def formula(  # noqa: C901 -- a case a kind
        self, depth: int
    ) -> e.MetricExpr:
        kinds = ["measure"] * 4
        if depth:
            kinds += ["arithmetic"] * 3 + ["negate", "coalesce", "metric"]
            kinds += ["filtered"] * 2 * bool(self.dimensions) + ["prior"] * 2 * bool(self.shifts)
            kinds += ["fixed"] * 2 * bool(self.shifts) + ["reach"] * 3 * self.ended
            kinds += ["total"] * 2 + ["rank"]
            kinds += ["over entities"] * 4 * bool(self.dimensions or self.timed)
        match pick(self.draw, kinds):
            case "arithmetic":
                op = pick(self.draw, "+-*//")
                right = self.formula(depth - 1)
                if chance(self.draw, 20):
                    right = e.Constant(pick(self.draw, (Decimal(0), Decimal("2.5"))))
                return e.MetricArithmetic(op, self.formula(depth - 1), right)
            case "negate":
                return e.MetricNegate(self.formula(depth - 1))
            case "coalesce":
                return e.MetricCoalesce((self.formula(depth - 1), e.Constant(Decimal(7))))
            case "metric":
                inner = self.formula(depth - 1)
                name = f"metric {len(self.metrics)}"
                self.metrics[name] = Metric(name=name, expr=inner)
                return e.MetricRef(name)
            case "filtered":
                condition = self.condition(timed=self.timed)
                return e.Filtered(self.formula(depth - 1), condition)
            case "prior":
                months, days = pick(self.draw, self.shifts)
                return e.Prior(self.formula(depth - 1), months, days)
            case "reach":
                return self._reaching(self.formula(depth - 1))
            case "total":
                named = [dimension for _, dimension in self.by]
                of = pick(self.draw, (None, *((each,) for each in named)))
                return e.Total(self.formula(depth - 1), of)
            case "rank":
                return e.Rank(pick(self.draw, [ref for ref in self.measures if self._exact(ref)]))
            case "over entities":
                return self._over_entities(depth)
            case "fixed":
                per = pick(self.draw, ("day", "week", "month", "quarter", "year"))
                by = pick(self.draw, self.measures) if chance(self.draw, 40) else None
                return e.FixedAmount(Decimal("1200.50"), "USD", per, by)
        reference: e.MeasureRef = pick(self.draw, self.measures)
        return reference


# --- what a case tries out -----------------------------------------------------------------


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
    grouped = [end for reference in query.by for end in _ends(model, leaves, reference)]
    filtered = [end for reference in named for end in _ends(model, leaves, reference)]
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
            for end in _ends(model, [source], reference)
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
        "S20 zone": any(clock and clock.stored_as not in {None, zone} for clock in clocks)
        and (query.grain is not None or query.window is not None),
        "S20 part of a day": isinstance(query.grain, DayPart) and bool(answer),
        "S20 moved clock": isinstance(query.grain, DayPart)
        and len({member.utcoffset() for member in members if isinstance(member, datetime)}) > 1,
        "S20 fiscal": query.grain in FISCAL and model.settings.fiscal_year_starts > 1,
        "S20 years of weeks": query.grain in FISCAL and model.settings.week_years is not None,
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
        "S29 identity": looks_up(model, case.tables, leaves, [*query.by, *named], measures),
    }
