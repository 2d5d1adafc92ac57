"""What comes first and last in random sources: measures, and attributes of entities."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from kpidsl.model import expr as e
from kpidsl.model.sources import Aggregate, Dimension, Measure, PerEntity, Source
from kpidsl.model.units import Datatype
from tests.oracle.draws import Draw, chance, pick
from tests.oracle.invent import World

ATTRIBUTES = ("first text", "last number")


def with_order(draw: Draw, world: World) -> World:
    """A world whose sources with a clock and a key pick values by them."""
    kinds = dict(world.kinds)
    sources = dict(world.model.sources)
    for name, source in sources.items():
        if source.time is not None and source.key and source.measures:
            sources[name] = _ordered(draw, source, world.columns[name])
            kinds[name] = {**kinds[name], "first text": "text", "last number": "int"}
    model = world.model.model_copy(update={"sources": sources})
    return replace(world, model=model, kinds=kinds)


def _ordered(draw: Draw, source: Source, columns: dict[str, str]) -> Source:
    text, number = source.dimensions["tag"].expr, source.dimensions["num ber"].expr
    assert number is not None
    amount = next(name for name, held in columns.items() if held.startswith("DECIMAL"))
    measures = {
        kind.value: Measure(
            name=kind.value,
            source=source.name,
            aggregate=kind,
            operand=pick(draw, (number, e.Column((amount,)))),
            where=e.Compare("<", number, e.Literal(Decimal(2))) if chance(draw, 30) else None,
        )
        for kind in (Aggregate.FIRST, Aggregate.LAST)
    }
    owner = pick(draw, [name for name, held in columns.items() if held in {"VARCHAR", "BOOLEAN"}])
    attributes = {
        "first text": PerEntity(aggregate="first", operand=text, entity=(e.Column((owner,)),)),
        "last number": PerEntity(aggregate="last", operand=number, entity=(e.Column((owner,)),)),
    }
    types = {"first text": Datatype.TEXT, "last number": Datatype.NUMBER}
    dimensions = {
        name: Dimension(name=name, source=source.name, attribute=item, datatype=types[name])
        for name, item in attributes.items()
    }
    return source.model_copy(
        update={
            "measures": {**source.measures, **measures},
            "dimensions": {**source.dimensions, **dimensions},
        }
    )
