"""Random worlds in which the rows of a source belong to several clubs, in shares (S7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from kpidsl.model import expr as e
from kpidsl.model.project import Model
from kpidsl.model.sources import Aggregate, Dimension, Join, Measure, Source, TableOrigin
from kpidsl.model.units import Datatype
from tests.oracle.draws import TEXTS, Draw, chance, pick
from tests.oracle.invent import World
from tests.oracle.paths import ends

BRIDGE, CLUBS = "mem bers", "club's"
SHARES = tuple(
    tuple(map(Decimal, row))
    for row in (
        (),
        ("1",),
        ("0.5", "0.5"),
        ("0.25", "0.75"),
        ("0.2", "0.3", "0.5"),
        ("0.333333333", "0.333333333", "0.333333334"),
        ("0", "1"),
    )
)


def with_bridge(draw: Draw, world: World) -> World:
    """A world in which rows that have a key of one column are split over clubs."""
    keyed = [name for name, kinds in world.kinds.items() if kinds and _has_ids(world, name)]
    if not keyed:
        return world
    owner = pick(draw, (*keyed[:1] * 2, *keyed))  # the first is one that others join
    bridged = Join(
        name="in clubs",
        source=owner,
        target=BRIDGE,
        columns=(e.Column(("id",)),),
        target_columns=(e.Column(("of",)),),
        weight=e.Column(("share",)),
    )
    splits = {name: _splitting(draw, each) for name, each in world.model.sources.items()}
    source = splits[owner]
    sources = {
        **splits,
        owner: source.model_copy(update={"joins": {**source.joins, "in clubs": bridged}}),
        BRIDGE: _members(draw, owner),
        CLUBS: Source(
            name=CLUBS,
            origin=TableOrigin(path=(CLUBS,)),
            key=(e.Column(("club",)),),
            dimensions={
                "title": Dimension(
                    name="title",
                    source=CLUBS,
                    expr=e.Column(("title",)),
                    datatype=Datatype.TEXT,
                )
            },
        ),
    }
    clubs = range(1, pick(draw, (1, 2, 3)) + 1)
    members = [
        {"of": row["id"], "club": pick(draw, (*clubs, *clubs, 99, None)), "share": share}
        for row in world.tables[owner]
        for share in pick(draw, SHARES)
    ]
    members += [{"of": 77, "club": 1, "share": Decimal(1)}] * chance(draw, 20)
    return replace(
        world,
        model=world.model.model_copy(update={"sources": sources}),
        tables={
            **world.tables,
            BRIDGE: members,
            CLUBS: [{"club": club, "title": pick(draw, (*TEXTS, None))} for club in clubs],
        },
        columns={
            **world.columns,
            BRIDGE: {"of": "INTEGER", "club": "INTEGER", "share": "DECIMAL(12, 9)"},
            CLUBS: {"club": "INTEGER", "title": "VARCHAR"},
        },
        kinds={**world.kinds, BRIDGE: {}, CLUBS: {"title": "text"}},
    )


def _has_ids(world: World, name: str) -> bool:
    ids = [row.get("id") for row in world.tables[name]]
    return "part" not in world.columns[name] and len({*ids, None}) > len(ids)


def _splitting(draw: Draw, source: Source) -> Source:
    """The source, with more measures of which there are shares."""
    measures: dict[str, Measure] = {}
    for name, measure in source.measures.items():
        measures[name] = measure
        if measure.aggregate not in {Aggregate.SUM, Aggregate.COUNT} and chance(draw, 80):
            distinct = measure.aggregate is Aggregate.COUNT_DISTINCT
            kind = Aggregate.COUNT if distinct else Aggregate.SUM
            changed = {"aggregate": kind, "fraction": None}
            measures[name] = measure.model_copy(update=changed)
    return source.model_copy(update={"measures": measures})


def _members(draw: Draw, owner: str) -> Source:
    """The bridge; now and then it also joins what is split, which is no other way to the clubs."""
    joins = {
        "its club": Join(
            name="its club",
            source=BRIDGE,
            target=CLUBS,
            columns=(e.Column(("club",)),),
            target_columns=(e.Column(("club",)),),
        )
    }
    if chance(draw, 50):
        joins["its owner"] = Join(
            name="its owner",
            source=BRIDGE,
            target=owner,
            columns=(e.Column(("of",)),),
            target_columns=(e.Column(("id",)),),
        )
    return Source(
        name=BRIDGE,
        origin=TableOrigin(path=(BRIDGE,)),
        joins=joins,
        measures={"rows": Measure(name="rows", source=BRIDGE, aggregate=Aggregate.COUNT)},
    )


def crosses(model: Model, leaves: Iterable[str], named: Iterable[e.QueryDimension]) -> bool:
    """Whether some leaf's rows are split over a bridge."""
    sources = list(leaves)
    for reference in named:
        for end in ends(model, sources, reference):
            if "in clubs" in end.forward:
                return True
    return False
