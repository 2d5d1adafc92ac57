"""Random queries over random models (I10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from kpidsl.model import expr as e
from kpidsl.model.leaves import leaf_sources
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model, Settings
from kpidsl.model.sources import Source
from kpidsl.plan.grains import rollup
from kpidsl.plan.query import Query, Selection, Top
from tests.oracle.asking import with_longer_periods, with_rows_left_out, without_metrics
from tests.oracle.bridges import has_shares
from tests.oracle.bridging import crosses, with_bridge
from tests.oracle.currencies import with_currencies
from tests.oracle.days import FISCAL, day_of
from tests.oracle.draws import DAYS, MOVED, MOVING, Draw, chance, pick, some
from tests.oracle.events import drawn
from tests.oracle.formulas import Days, Formulas, Months, Typed
from tests.oracle.identities import with_identities
from tests.oracle.invent import World, invent
from tests.oracle.ordered import with_order
from tests.oracle.paths import ends
from tests.oracle.rows import Tables

SHIFTS: dict[Grain | None, tuple[tuple[Months, Days], ...]] = {
    None: ((1, 0), (12, 0), (0, 1), (0, 364)),
    Grain.DAY: ((0, 1), (0, 7), (0, 366), (1, 0), (12, 0)),
    Grain.WEEK: ((0, 7), (0, 364), (0, 3), (1, 0), (12, 0), (12, 7)),
    Grain.MONTH: ((1, 0), (12, 0), (0, 10)),
    Grain.QUARTER: ((3, 0), (12, 0), (1, 0)),
    Grain.YEAR: ((12, 0), (3, 0), (0, 364)),
    Grain.FISCAL_MONTH: ((1, 0), (12, 0), (0, 364), (1, 7)),
    Grain.FISCAL_QUARTER: ((3, 0), (12, 0), (1, 0)),
    Grain.FISCAL_YEAR: ((12, 0), (3, 0), (0, 364)),
}
"""How far a query looks back: whole periods of its own, other days, and both, one in the other."""


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
        told += [f"event {each.days} for {each.lasts}" for each in self.model.events.values()]
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


def cases() -> st.SearchStrategy[Case]:
    """Cases that Hypothesis draws, and makes smaller where they fail."""
    return st.randoms(use_true_random=False).map(random_case)


def case_of(seed: int) -> Case:
    """The same case at each run."""
    return random_case(Random(seed))


def random_case(draw: Draw) -> Case:
    """A random model with rows, and a query for it."""
    world = _world(draw)
    asked = _asked(draw, world)
    careless = chance(draw, 10)  # and so refused more often
    dimensions = _dimensions(draw, world, asked)
    split = [(kind, each) for kind, each in dimensions if crosses(world.model, asked, [each])]
    shared = bool(split) and chance(draw, 60)
    if not careless and not shared:
        dimensions = [typed for typed in dimensions if typed not in split]
    by = _by(draw, world.model, asked, dimensions)
    times = _times(draw, world, asked, careless)
    maker = Formulas(draw, world, asked, dimensions, times.shifts, by, times.ended)
    events = drawn(draw, times.window) if chance(draw, 50) else {}
    maker.events = tuple(events)
    fans_out = any(end.reverse for _, each in by for end in ends(world.model, asked, each))
    leads = bool(by) and chance(draw, 45)
    if not careless:
        settings, grain = world.model.settings, times.grain
        maker.periods = _periods(grain, settings, sparse=times.sparse)
        maker.conditions = _apart(world.model, asked, dimensions, by)
        maker.fixed = bool(times.shifts) and not leads
        told_apart = [name for name in asked if times.ended and world.model.sources[name].key]
        maker.leave_out(lambda each: each.stock and each.source not in told_apart)
        maker.leave_out(lambda each: fans_out and each.once_per)
        maker.leave_out(lambda each: shared and not has_shares(each))
    select = tuple(
        Selection(f"c{index} ü", maker.formula(2)) for index in range(pick(draw, (1, 2, 3, 3)))
    )
    select += _beside(draw, maker, select)
    rolled = rollup(len(by), [] if times.grain is None else [times.grain])
    query = Query(
        select,
        by=tuple(dimension for _, dimension in by),
        grain=times.grain,
        window=times.window,
        where=maker.condition(timed=False) if maker.conditions and chance(draw, 25) else None,
        sparse=times.sparse,
        totals=rolled if chance(draw, 20) else (),
        top=_top(draw, select, rest=not fans_out or careless) if leads else None,
        compared_by=Grain.WEEK if _is_of_weeks(times) else None,
    )
    query = without_metrics(draw, with_longer_periods(draw, query, world.model.settings))
    query = with_rows_left_out(draw, query, maker.exact())
    model = world.model.model_copy(update={"metrics": maker.metrics, "events": events})
    case = Case(model, query, world.tables, world.columns, has_catalogue=chance(draw, 70))
    return with_currencies(draw, case)


def _world(draw: Draw) -> World:
    world = invent(draw)
    if chance(draw, 20):
        world = with_identities(draw, world)
    if chance(draw, 30):
        world = with_order(draw, world)
    if chance(draw, 40):
        world = with_bridge(draw, world)
    return world


def _asked(draw: Draw, world: World) -> list[str]:
    """The sources whose measures are asked for: two, or now and then one that others join, that
    has several many sides, or that joins another in two roles."""
    measured = [name for name, source in world.model.sources.items() if source.measures]
    size = pick(draw, (1, *(2,) * 9))
    asked = some(draw, measured, size, size)
    joined = next(iter(world.model.sources))
    hubs = [name for name in measured if _has_many_sides(world.model, name)]
    if hubs and chance(draw, 45):
        return [pick(draw, hubs)]
    if chance(draw, 10):
        return [joined]
    doubled = [name for name in measured if _plays_roles(world.model.sources[name])]
    if doubled and chance(draw, 12):
        return [pick(draw, doubled)]
    if chance(draw, 30):
        asked[0] = joined
    return list(dict.fromkeys(asked))


@dataclass(frozen=True)
class _Times:
    """How a query is about time; `ended`: its periods are of whole days, and end."""

    grain: Grain | DayPart | None
    window: Window | None
    shifts: tuple[tuple[Months, Days], ...]
    ended: bool
    sparse: bool


def _times(draw: Draw, world: World, asked: list[str], careless: bool) -> _Times:
    if not all(world.model.sources[name].time for name in asked) or chance(draw, 20):
        return _Times(None, None, (), ended=False, sparse=chance(draw, 40))
    moves = world.model.settings.timezone == MOVING
    if chance(draw, 65 if moves else 20) and all(_knows_hours(world, name) for name in asked):
        part = pick(draw, (DayPart.HOUR, DayPart.HOUR, DayPart.HOUR, *DayPart))
        sparse = part is not DayPart.HOUR or chance(draw, 10)
        return _Times(part, _short(draw, world, asked), (), ended=False, sparse=sparse)
    grain = pick(draw, (None, Grain.WEEK, *Grain))
    window = _window(draw, world, pick(draw, asked)) if chance(draw, 85) else None
    if _has_own_years(world.model.settings):
        if chance(draw, 40):
            grain = pick(draw, sorted(FISCAL))
        if not careless and window is None and grain in FISCAL:
            grain = Grain.MONTH
    shifts = SHIFTS[grain] if window is not None else ()
    ended = window is not None or grain is not None
    return _Times(grain, window, shifts, ended=ended, sparse=chance(draw, 40))


def _is_of_weeks(times: _Times) -> bool:
    """Whether a whole window is written in weeks, as about half of them are."""
    return times.grain is None and times.window is not None and times.window.start.day % 2 == 0


def _beside(draw: Draw, maker: Formulas, select: tuple[Selection, ...]) -> tuple[Selection, ...]:
    """A measure of a source that is asked for and not among the metrics yet, if there is one."""
    named = [leaf_sources(item.expr, maker.metrics) for item in select]
    missing = [ref for ref in maker.measures if not any(ref.source in each for each in named)]
    return (Selection("beside", pick(draw, missing)),) if missing else ()


def _by(draw: Draw, model: Model, asked: list[str], dimensions: list[Typed]) -> list[Typed]:
    """What to group by: up to two dimensions, those of two many sides rather than others."""
    sides = _many_sides(model, asked, dimensions)
    if len(sides) > 1 and chance(draw, 90):
        return [pick(draw, typed) for typed in sides[:2]]
    if chance(draw, 55):  # leave the many sides to the filters
        far = [typed for side in sides for typed in side]
        dimensions = [typed for typed in dimensions if typed not in far]
    size = pick(draw, (0, 1, 1, 2, 2))
    return list(dict.fromkeys(some(draw, dimensions, size, size)))


def _top(draw: Draw, select: tuple[Selection, ...], *, rest: bool) -> Top:
    column = pick(draw, [item.name for item in select])
    return Top(pick(draw, (1, 1, 2)), column, chance(draw, 70), rest=rest and chance(draw, 90))


def _window(draw: Draw, world: World, source: str) -> Window:
    """Some days, more often than not such as hold rows of a source."""
    days = (_held(world, source) if chance(draw, 90) else ()) or DAYS
    length = pick(draw, (1, 10, 31, 60, *(366, 500) * 4))
    start = pick(draw, days) - timedelta(days=pick(draw, (0, length // 2, length - 1, length)))
    return Window(start, start + timedelta(days=length))


def _held(world: World, source: str) -> tuple[date, ...]:
    """The days on which a source has rows, about: they are stored in some time zone."""
    found = (row[world.clocks[source]] for row in world.tables[source])
    return tuple(day_of(at) for at in found if isinstance(at, date))


def _periods(
    grain: Grain | DayPart | None, settings: Settings, *, sparse: bool
) -> tuple[Grain, ...]:
    """The periods that can be put together by a grain."""
    listed = FISCAL if _has_own_years(settings) else ()
    if grain is None:
        return tuple(each for each in Grain if each not in listed)
    if sparse or isinstance(grain, DayPart):
        return ()
    if grain in listed:
        return (grain,)
    months = () if grain in {Grain.DAY, Grain.WEEK} else (Grain.MONTH,)
    return (Grain.DAY, *months, grain)


def _has_own_years(settings: Settings) -> bool:
    return settings.week_years is not None or settings.listed is not None


def _apart(model: Model, asked: list[str], dimensions: list[Typed], by: list[Typed]) -> list[Typed]:
    """The dimensions that no many side is grouped by: those can't be filtered by it, too."""
    grouped = {hop for _, each in by for end in ends(model, asked, each) for hop in end.reverse}
    return [
        (kind, dimension)
        for kind, dimension in dimensions
        if not any(grouped & set(end.reverse) for end in ends(model, asked, dimension))
    ]


def _knows_hours(world: World, source: str) -> bool:
    return "TIMESTAMP" in world.columns[source].values()


def _short(draw: Draw, world: World, sources: list[str]) -> Window | None:
    """A few days, those of moved clocks more often; hardly ever no window, which is refused."""
    if chance(draw, 5):
        return None
    held = tuple(day for source in sources for day in _held(world, source))
    start = pick(draw, tuple(day for day in held if day in MOVED) or held or MOVED)
    return Window(start, start + timedelta(days=pick(draw, (1, 2, 2))))


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
        for _ in range(10 if _has_roles(world.model, source, join.target) else 1)
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


def _plays_roles(source: Source) -> bool:
    targets = [join.target for join in source.joins.values()]
    return len(set(targets)) < len(targets)


def _has_many_sides(model: Model, name: str) -> bool:
    """Whether several sources join this one, each in one way that leads back (S4)."""
    joins = [
        [join for join in source.joins.values() if join.target == name]
        for source in model.sources.values()
    ]
    return sum(len(each) == 1 and each[0].validity is None for each in joins) > 1


def _has_roles(model: Model, source: str, target: str) -> bool:
    return sum(join.target == target for join in model.sources[source].joins.values()) > 1


def _many_sides(model: Model, asked: list[str], dimensions: list[Typed]) -> list[list[Typed]]:
    """The dimensions over each many side of the sources asked for, by its first hop."""
    sides: dict[object, list[Typed]] = {}
    for kind, dimension in dimensions:
        for end in ends(model, asked, dimension):
            if end.reverse:
                sides.setdefault(end.reverse[0], []).append((kind, dimension))
    return list(sides.values())


def _weight(model: Model, asked: list[str], dimension: e.QueryDimension) -> int:
    found = ends(model, asked, dimension)
    if len(found) < len(asked):
        return 0
    if any("in clubs" in end.forward for end in found):
        return 40
    return 7 if any(end.reverse for end in found) else 1
