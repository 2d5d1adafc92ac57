"""Entities over random sources, whose ids a table resolves (S29)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kpidsl.model import expr as e
from kpidsl.model.project import Model
from kpidsl.model.sources import (
    Aggregate,
    Dimension,
    Entity,
    Measure,
    PerEntity,
    Resolution,
    SharedDimension,
    Source,
    Stock,
    TableOrigin,
)
from kpidsl.model.units import Datatype
from tests.oracle.draws import INTS, TEXTS, Draw, Kind, chance, pick, some
from tests.oracle.invent import World
from tests.oracle.rows import Tables

ENTITY = "per son"
TABLE = "who's who"
_TYPES: dict[Kind, str] = {"int": "INTEGER", "text": "VARCHAR"}
_VALUES: dict[Kind, Sequence[object]] = {"int": INTS, "text": TEXTS}
_DATATYPES = {"int": Datatype.NUMBER, "text": Datatype.TEXT}


def with_identities(draw: Draw, world: World) -> World:
    """A world in which some sources share an entity, by a column of each: a dimension of them all,
    what measures count, and what attributes and levels are of."""
    kind: Kind = pick(draw, ("int", "text", "text"))
    names = list(world.model.sources)
    asked = some(draw, names, 2, len(names))
    table = Resolution(source=TABLE, ids=e.Column(("id",)), stands_for=e.Column(("of",)))
    members = {name: _told(draw, world, name, kind, table) for name in asked}
    sources = {
        name: _extended(draw, source, members[name], kind) if name in members else source
        for name, source in world.model.sources.items()
    }
    excludes = chance(draw, 30)
    sources[TABLE] = Source(
        name=TABLE,
        origin=TableOrigin(path=(TABLE,)),
        exclude=e.Column(("wrong",)) if excludes else None,
    )
    entity = Entity(name=ENTITY, members=members, resolve=table)
    shared = SharedDimension(name=ENTITY, members=dict.fromkeys(members, ENTITY))
    model = world.model.model_copy(
        update={
            "sources": sources,
            "shared": {**world.model.shared, ENTITY: shared},
            "entities": {ENTITY: entity},
        }
    )
    kinds = {
        name: {**own, ENTITY: kind, "of person": "int"} if name in members else own
        for name, own in world.kinds.items()
    }
    columns = {"id": _TYPES[kind], "of": _TYPES[kind], "wrong": "BOOLEAN"}
    return replace(
        world,
        model=model,
        tables={**world.tables, TABLE: _rows(draw, kind, excludes=excludes)},
        columns={**world.columns, TABLE: columns},
        kinds={**kinds, TABLE: {}},
    )


def _told(draw: Draw, world: World, source: str, kind: Kind, table: Resolution) -> e.RowExpr:
    """What tells the entity in a source: a column, looked up more often than not."""
    columns = [name for name, held in world.columns[source].items() if held == _TYPES[kind]]
    column = e.Column((pick(draw, columns),))
    return table.of(ENTITY, column) if chance(draw, 75) else column


def _extended(draw: Draw, source: Source, member: e.RowExpr, kind: Kind) -> Source:
    person = e.DimensionRef(ENTITY)
    number = source.dimensions["num ber"].expr
    dimensions = {
        ENTITY: Dimension(
            name=ENTITY,
            source=source.name,
            expr=member,
            datatype=_DATATYPES[kind],
            shared=ENTITY,
        ),
        "of person": Dimension(
            name="of person",
            source=source.name,
            attribute=PerEntity(
                aggregate=pick(draw, ("min", "max", "sum", "count")),
                operand=number,
                entity=(person,),
            ),
            datatype=Datatype.NUMBER,
        ),
    }
    counted = Measure(
        name="people", source=source.name, aggregate=Aggregate.COUNT_DISTINCT, operand=person
    )
    measures = {"people": counted}
    if source.time is not None and chance(draw, 50):
        held = {"name": "held", "source": source.name, "aggregate": Aggregate.SUM}
        measures["held"] = Measure(**held, operand=number, stock=Stock(entity=(person,)))
    return source.model_copy(
        update={
            "dimensions": {**source.dimensions, **dimensions},
            "measures": {**source.measures, **measures},
        }
    )


def _rows(draw: Draw, kind: Kind, *, excludes: bool) -> list[dict[str, object]]:
    """Ids and the ones that they stand for, now and then such as contradict each other; rows may
    repeat, be left out, and say nothing."""
    values = some(draw, _VALUES[kind], len(_VALUES[kind]), len(_VALUES[kind]))
    count = pick(draw, (1, 2, 3))
    ids, others = values[:count], values[count:]
    pairs: list[tuple[object, object]] = [(own, pick(draw, others)) for own in ids]
    pairs += [(pairs[0][1], pairs[0][1])] if chance(draw, 30) else []
    pairs += pairs[:1] if chance(draw, 50) else []
    pairs += [(None, others[0]), (others[-1], None)] if chance(draw, 50) else []
    if chance(draw, 8):
        pairs.append(pick(draw, ((ids[0], values[-1]), (others[0], ids[0]))))
    rows: list[dict[str, object]] = [
        {"id": own, "of": other, "wrong": False} for own, other in pairs
    ]
    return [*rows, {"id": others[0], "of": ids[0], "wrong": True}] if excludes else rows


def looks_up(
    model: Model,
    tables: Tables,
    leaves: Iterable[str],
    named: Iterable[e.QueryDimension],
    measures: Iterable[Measure],
) -> bool:
    """Whether an id that stands for another comes up where a query asks about the entity."""
    if ENTITY not in model.entities:
        return False
    asked = any(item.name in {ENTITY, "of person"} for item in named)
    asked = asked or any(measure.name in {"people", "held"} for measure in measures)
    moved = {row["id"] for row in tables[TABLE] if row["of"] not in {None, row["id"]}}
    members = model.entities[ENTITY].resolved
    return asked and any(
        row[member.operand.path[0]] in moved
        for name in leaves
        if (member := members.get(name)) is not None and isinstance(member.operand, e.Column)
        for row in tables[name]
    )
