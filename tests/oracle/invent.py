"""Random small models with rows: odd names, joins with orphans and NULL keys, and texts that look
like the labels of absent members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kpidsl.model import expr as e
from kpidsl.model.project import Model, Settings
from kpidsl.model.sources import (
    BY_ORDER,
    Aggregate,
    Dimension,
    Join,
    Measure,
    PerEntity,
    SharedDimension,
    Source,
    Stock,
    TableOrigin,
    TimeSpec,
    Validity,
)
from kpidsl.model.units import Datatype
from kpidsl.model.week_years import WeekYears
from tests.oracle import listed
from tests.oracle.draws import (
    DAYS,
    HELD,
    INTS,
    MONEY,
    TEXTS,
    TIMES,
    ZONES,
    Draw,
    Kind,
    chance,
    pick,
    predicate,
    some,
)
from tests.oracle.rows import Tables
from tests.oracle.sketch import Sketch, is_target, sketched

SOURCES = ("orders", "select", 'quo"ted', "Käufe", "訂單", "it's")
ORPHAN = 99


@dataclass(frozen=True)
class World:
    """A model, its rows, and the types of its columns by source."""

    model: Model
    tables: Tables
    columns: dict[str, dict[str, str]]
    kinds: dict[str, dict[str, Kind]]
    clocks: dict[str, str]
    """The column of each source's time, if it has one."""


def invent(draw: Draw) -> World:
    """A random model and its rows."""
    names = some(draw, SOURCES, len(SOURCES), len(SOURCES))
    sketches: list[Sketch] = []
    star = chance(draw, 40)  # all others join the first, so that it has several many sides
    for name in names[: pick(draw, (3, 3, 4) if star else (2, 3, 4))]:
        sketches.append(sketched(draw, name, sketches[:1] if star else sketches))
    sources = {sketch.name: _source(draw, sketch, sketches) for sketch in sketches}
    shared = {}
    if chance(draw, 60):
        members = some(draw, sketches, 1, len(sketches))
        shared["way"] = {sketch.name: "tag" for sketch in members}
        sources |= {sketch.name: _sharing(sources[sketch.name], "tag", "way") for sketch in members}
    week_starts = pick(draw, (0, 0, 6))
    own_years = pick(
        draw,
        (
            {},
            {"week_years": _week_years(draw, week_starts)},
            {"listed": listed.calendar(draw)},
        ),
    )
    settings = Settings(
        name="project",
        timezone=pick(draw, ZONES),
        week_starts=week_starts,
        fiscal_year_starts=pick(draw, (1, 3, 4, 10, 11)),
        **own_years,
    )
    model = Model(
        settings=settings,
        sources=sources,
        shared={
            name: SharedDimension(name=name, members=members) for name, members in shared.items()
        },
    )
    keys: dict[str, list[tuple[int, ...]]] = {}
    return World(
        model,
        {sketch.name: _table(draw, sketch, sketches, keys) for sketch in sketches},
        {sketch.name: sketch.columns for sketch in sketches},
        {sketch.name: sketch.kinds for sketch in sketches},
        {sketch.name: sketch.at for sketch in sketches if sketch.at is not None},
    )


def _sharing(source: Source, name: str, shared: str) -> Source:
    """Let a dimension know the shared one that it is a member of, as loading does."""
    member = source.dimensions[name].model_copy(update={"shared": shared})
    return source.model_copy(update={"dimensions": source.dimensions | {name: member}})


def _week_years(draw: Draw, week_starts: int) -> WeekYears:
    return WeekYears(
        pattern=pick(draw, ((4, 4, 5), (4, 5, 4), (5, 4, 4))),
        end_month=pick(draw, (1, 2, 6, 12)),
        nearest=pick(draw, (False, True)),
        named_by_start=pick(draw, (False, True)),
        week_starts=week_starts,
    )


# --- definitions ---------------------------------------------------------------------------


def _source(draw: Draw, sketch: Sketch, every: list[Sketch]) -> Source:
    joined = is_target(sketch, every)
    key: tuple[e.RowExpr, ...] | None = tuple(e.Column((part,)) for part in sketch.key)
    if chance(draw, 5 if joined else 25):
        key = pick(draw, (None, ()))
        sketch.repeats = not joined
    time_spec = None
    if sketch.at is not None:
        stored = pick(draw, ZONES) if sketch.at_type == "TIMESTAMP" else None
        time_spec = TimeSpec(expr=e.Column((sketch.at,)), stored_as=stored)
    return Source(
        name=sketch.name,
        origin=TableOrigin(path=(sketch.name,)),
        key=key,
        time=time_spec,
        watermark=pick(draw, (*DAYS, *DAYS[-3:] * 5, *[time_spec] * 10))
        if sketch.at is not None and chance(draw, 25)
        else None,
        exclude=_exclude(draw, sketch),
        joins={
            name: Join(
                name=name,
                source=sketch.name,
                target=target.name,
                columns=tuple(e.Column((part,)) for part in sketch.foreign(name, target)),
                target_columns=tuple(e.Column((part,)) for part in sketch.met(target)),
                validity=_validity(draw, target) if sketch.dated(target) else None,
            )
            for name, target in sketch.joins
        },
        dimensions=_dimensions(draw, sketch),
        measures=_measures(draw, sketch),
    )


def _validity(draw: Draw, target: Sketch) -> Validity:
    zone = None if target.turn is None else pick(draw, ZONES)
    return Validity(start=e.Column(("since",)), end=e.Column(("till",)), stored_as=zone)


def _exclude(draw: Draw, sketch: Sketch) -> e.RowExpr | None:
    options: list[e.RowExpr | None] = [
        *[None] * 6,
        e.Column((sketch.flag,)),
        e.Compare(">", e.Column((sketch.number,)), e.Literal(Decimal(2))),
        e.Compare("=", e.Column((sketch.text,)), e.Literal("EU")),
    ]
    found: e.RowExpr | None = pick(draw, options)
    return found


def _dimensions(draw: Draw, sketch: Sketch) -> dict[str, Dimension]:
    text, number = e.Column((sketch.text,)), e.Column((sketch.number,))
    found: dict[str, tuple[Kind, e.RowExpr | PerEntity]] = {
        "tag": ("text", text),
        "num ber": ("int", number),
        "level": ("text", e.Column(("info", "le vel"))),
        "case": (
            "text",
            e.CaseWhen(
                ((e.Compare("=", text, e.Literal("EU")), e.Literal("in")),), e.Literal("other")
            ),
        ),
        "constant": ("text", e.Literal("social")),
        "big": ("bool", e.Compare("!=", number, e.Literal(Decimal(1)))),
    }
    owner = pick(draw, (sketch.text, sketch.flag))
    found["attribute"] = (
        "int",
        PerEntity(
            aggregate=pick(draw, ("min", "max", "sum", "count", "count_distinct")),
            operand=number,
            entity=(e.Column((owner,)),),
        ),
    )
    for join, target in sketch.joins:
        found[f"far {join}"] = ("text", e.Column((target.text,), (join,)))
        found[f"ref {join}"] = ("text", e.DimensionRef("case", (join,)))
    sketch.kinds = {name: kind for name, (kind, _) in found.items()}
    types = {"text": Datatype.TEXT, "int": Datatype.NUMBER, "bool": Datatype.BOOLEAN}
    return {
        name: Dimension(
            name=name,
            source=sketch.name,
            expr=None if isinstance(value, PerEntity) else value,
            attribute=value if isinstance(value, PerEntity) else None,
            datatype=types[kind],
        )
        for name, (kind, value) in found.items()
    }


def _measures(draw: Draw, sketch: Sketch) -> dict[str, Measure]:
    number, money = e.Column((sketch.number,)), e.Column((sketch.money,))
    operands: list[e.RowExpr] = [
        number,
        money,
        e.Arithmetic("*", money, number),
        e.Arithmetic("-", money, number),
        e.Arithmetic("/", money, number),
        e.Function("coalesce", (number, e.Literal(Decimal(0)))),
        e.CaseWhen(((e.Column((sketch.flag,)), money),), None),
        e.DimensionRef("num ber"),
    ]
    operands += [e.Column((target.number,), (join,)) for join, target in sketch.joins]
    found = [Measure(name="rows", source=sketch.name, aggregate=Aggregate.COUNT)]
    others = {Aggregate.APPROX_COUNT_DISTINCT, *BY_ORDER}
    exact = [each for each in Aggregate if each not in others]
    for index in range(pick(draw, (2, 3))):
        aggregate = pick(draw, (*exact, Aggregate.COUNT_DISTINCT))
        fraction = pick(draw, (Decimal("0.9"), Decimal("0.25"), Decimal(1)))
        operand = pick(draw, operands)
        if aggregate is Aggregate.COUNT_DISTINCT:
            operand = pick(draw, (e.Column((sketch.text,)), number))
        once_per: tuple[e.RowExpr, ...] = ()
        if chance(draw, 25):
            # The number is in the key, and so has one value per key, as there must be (K652).
            once_per = (number, e.Column((pick(draw, (sketch.text, sketch.flag)),)))
            operand = number if chance(draw, 80) else operand
        stock = None
        if not once_per and sketch.at is not None and chance(draw, 30):
            entity = pick(draw, (sketch.text, sketch.number))
            stock = Stock(
                entity=(e.Column((entity,)),),
                stale_days=pick(draw, (None, 1, 30)),
                closed=own_predicate(draw, sketch) if chance(draw, 30) else None,
                rolling=pick(draw, (None, "last", "average", "average", "average")),
            )
        where = own_predicate(draw, sketch) if chance(draw, 30) else None
        found.append(
            Measure(
                name=f"m {index}",
                source=sketch.name,
                aggregate=aggregate,
                operand=operand,
                fraction=fraction if aggregate is Aggregate.PERCENTILE else None,
                where=where,
                once_per=once_per,
                stock=stock,
            )
        )
    return {measure.name: measure for measure in found}


def own_predicate(draw: Draw, sketch: Sketch) -> e.RowExpr:
    """A condition over a source's own columns, dimensions and joined columns."""
    options: list[tuple[Kind, e.RowExpr]] = [
        ("text", e.Column((sketch.text,))),
        ("int", e.Column((sketch.number,))),
        ("bool", e.Column((sketch.flag,))),
        *((kind, e.DimensionRef(name)) for name, kind in sketch.kinds.items()),
        *(("text", e.Column((target.text,), (join,))) for join, target in sketch.joins),
        *(("text", e.DimensionRef("tag", (join,))) for join, target in sketch.joins),
    ]
    return predicate(draw, options, timed=sketch.at is not None)


# --- rows ----------------------------------------------------------------------------------


def _table(
    draw: Draw, sketch: Sketch, every: list[Sketch], keys: dict[str, list[tuple[int, ...]]]
) -> list[dict[str, object]]:
    # Fewer of what others join, so that each has several that join it.
    sizes = (0, *(2, 3, 3, 4) * 5) if is_target(sketch, every) else (0, *(4, 5, 6, 7, 8) * 5)
    numbers = range(1, pick(draw, sizes) + 1)
    # Half of a composite key repeats; only the whole is one of a kind.
    keys[sketch.name] = [
        (number // 2, number) if sketch.composite else (number,) for number in numbers
    ]
    rows = [_row(draw, sketch, key, keys) for key in keys[sketch.name]]
    return rows + [dict(pick(draw, rows)) for _ in range(2)] if rows and sketch.repeats else rows


def _row(
    draw: Draw, sketch: Sketch, key: tuple[int, ...], keys: dict[str, list[tuple[int, ...]]]
) -> dict[str, object]:
    row: dict[str, object] = dict(zip(sketch.key, key, strict=True))
    for join, target in sketch.joins:
        width = len(sketch.met(target))
        options: list[tuple[int | None, ...]] = []
        options += [key[:width] for key in keys[target.name]] * 3
        options += [(ORPHAN,) * width, (None,) * width]
        if width == 2:
            options.append((1, None))
        row |= zip(sketch.foreign(join, target), pick(draw, options), strict=True)
    row[sketch.text] = pick(draw, (*TEXTS, None))
    row[sketch.number] = pick(draw, (*INTS, None))
    row[sketch.money] = pick(draw, (*MONEY, None))
    row[sketch.flag] = pick(draw, (False, False, True, None))
    row["info"] = pick(draw, (None, {"le vel": None}, {"le vel": "x"}, {"le vel": "y"}))
    if sketch.history:
        held = _held(draw, key)
        if sketch.turn is not None:
            held = {end: day and datetime.combine(day, sketch.turn) for end, day in held.items()}
        row |= held
    if sketch.at is not None:
        day = pick(draw, (*HELD, None))
        moment = pick(draw, TIMES) if sketch.at_type == "TIMESTAMP" else None
        row[sketch.at] = datetime.combine(day, moment) if day and moment is not None else day
    return row


def _held(draw: Draw, key: tuple[int, ...]) -> dict[str, date | None]:
    """From when until when a row holds; versions of one id, by the part, one after the other."""
    days = sorted(DAYS)
    if len(key) == 1:
        since, till = sorted((pick(draw, days), pick(draw, days)))
        return {"since": pick(draw, (since, None)), "till": pick(draw, (till, None))}
    # Two parts of one id follow each other, as in `_table`.
    if key[1] % 2 == 0:
        return {"since": pick(draw, (*days[:5], None)), "till": pick(draw, days[5:8])}
    return {"since": pick(draw, days[7:9]), "till": pick(draw, (*days[9:], None))}
