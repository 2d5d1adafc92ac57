"""Kinds of values that contradict what a definition says of them (S3, S20, S29)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import combinations

from kpidsl.model.expr import Column, DimensionRef, Resolved, RowExpr
from kpidsl.model.formula import row_text
from kpidsl.model.project import Model
from kpidsl.model.sources import (
    EXTREMES,
    Aggregate,
    Entity,
    Join,
    Measure,
    Source,
    TimeSpec,
)
from kpidsl.sql.dialects import Dialect, Kind
from kpidsl.text.diagnostic import Diagnostic, error

KindsOf = Callable[[Source, RowExpr], frozenset[Kind]]
"""Tells what a row expression of a source holds, as far as that is known."""


def clashing_clock(source: Source, kinds_of: KindsOf) -> list[Diagnostic]:
    """Return why the days of a source's times are unknown (S20)."""
    if source.time is None:
        return []
    mark = source.watermark
    if (
        isinstance(mark, TimeSpec)
        and mark.stored_as is None
        and Kind.MOMENT in kinds_of(source, mark.expr)
    ):
        return [_zoneless(source, "watermark", "max(loaded_at)")]
    found = kinds_of(source, source.time.expr)
    if source.time.stored_as is None:
        return [_zoneless(source, "time", "paid_at")] if Kind.MOMENT in found else []
    if not found & {Kind.DAY, Kind.ZONED}:
        return []
    holds = "holds days, which have no zone" if Kind.DAY in found else "names its own zone"
    return [
        error(
            "K648",
            f"the clock of `{source.name}` {holds}: it can't be `stored_as` "
            f"{source.time.stored_as}",
            source.span,
            help="take `stored_as` out",
        )
    ]


def _zoneless(source: Source, key: str, example: str) -> Diagnostic:
    """Times without a zone could be of any (S20)."""
    what = "times" if key == "time" else f"times of the {key}"
    return error(
        "K653",
        f"the {what} of `{source.name}` have no zone, so the day they belong to is unknown",
        source.span,
        help=f'say in which zone they are, as in `{key}: {example} {{ stored_as: "UTC" }}`',
    )


def clashing_ends(model: Model, join: Join, kinds_of: KindsOf) -> list[Diagnostic]:
    """Return why it is unknown when the rows of a joined source hold (S8, S20)."""
    if join.validity is None:
        return []
    target, zone = model.sources[join.target], join.validity.stored_as
    found = kinds_of(target, join.validity.start) | kinds_of(target, join.validity.end)
    if zone is None and Kind.MOMENT in found:
        return [
            error(
                "K653",
                f"the times from when until when rows of `{target.name}` hold have no zone, so "
                f"which of them join `{join.name}` meets is unknown",
                join.span,
                help='say in which zone they are, as in `stored_as: "UTC"` beside `valid_from`',
            )
        ]
    if zone is None or not found & {Kind.DAY, Kind.ZONED}:
        return []
    hold = "are days, which have no zone" if Kind.DAY in found else "name their own zone"
    return [
        error(
            "K648",
            f"the times from when until when rows of `{target.name}` hold {hold}: they can't be "
            f"`stored_as` {zone}",
            join.span,
            help="take `stored_as` out",
        )
    ]


def clashing_extreme(measure: Measure, source: Source, kinds_of: KindsOf) -> list[Diagnostic]:
    """Return that a measure looks for the least or the greatest of texts: `9` is above `10`, and
    which of two other texts is depends on the database."""
    column = _column(measure.operand, source)
    is_one = measure.aggregate in EXTREMES and measure.unit.currency is None  # money is cast
    if column is None or not is_one or Kind.TEXT not in kinds_of(source, column):
        return []
    which = "least" if measure.aggregate is Aggregate.MIN else "greatest"
    return [
        error(
            "K643",
            f"`{measure.name}` is the {which} of texts, of which `9` is above `10`",
            measure.span,
            label="texts",
            help="use `number(…)` or `date(…)` of it, which read texts",
        )
    ]


def _column(value: RowExpr | None, source: Source) -> Column | None:
    """Return the column that a value is: what is computed of one fails at values that a measure's
    own filter leaves out."""
    match value:
        case DimensionRef(name=name, joins=()):
            return _column(source.dimensions[name].expr, source)
        case Column(joins=()):
            return value
    return None


def clashing_join(
    model: Model, join: Join, kinds_of: KindsOf, dialect: Dialect
) -> list[Diagnostic]:
    """Return that the two sides of a join are not alike (S3)."""
    source, target = model.sources[join.source], model.sources[join.target]
    found = []
    for left, right in zip(join.columns, join.target_columns, strict=True):
        one, other = kinds_of(source, left), kinds_of(target, right)
        for kind, unlike, why in _unlike(dialect):
            if one | other >= {kind, unlike}:
                first = source if kind in one else target
                second = target if unlike in other else source
                found.append(
                    error(
                        "K649",
                        f"join `{join.name}` compares {kind} of `{first.name}` with {unlike} "
                        f"of `{second.name}`: {why}",
                        join.span,
                        help="make both the same in the data",
                    )
                )
    return found


def clashing_ids(
    model: Model, entity: Entity, sources: Collection[str], kinds_of: KindsOf, dialect: Dialect
) -> list[Diagnostic]:
    """Return that some ids of an entity are texts and others numbers, of those in `sources`
    (S29)."""
    assert entity.resolve is not None
    table = model.sources[entity.resolve.source]
    places = [(table, entity.resolve.ids), (table, entity.resolve.stands_for)]
    for name in [name for name in entity.members if name in sources]:
        member = entity.members[name]
        own = member.operand if isinstance(member, Resolved) else member
        places.append((model.sources[name], own))
    for kind, unlike, why in _unlike(dialect):
        first = next((at for at in places if kind in kinds_of(*at)), None)
        second = next((at for at in places if unlike in kinds_of(*at)), None)
        if first is not None and second is not None:
            one, other = (f"`{at[0].name}.{row_text(at[1])}`" for at in (first, second))
            return [
                error(
                    "K668",
                    f"ids of `{entity.name}` are {kind} in {one} and {unlike} in {other}: {why}",
                    entity.span,
                    help="make both the same: a dimension such as `text(customer_id)` can "
                    "stand in `in:`",
                )
            ]
    return []


def _unlike(dialect: Dialect) -> Iterator[tuple[Kind, Kind, str]]:
    """Yield the kinds of values that do not join, each pair with the reason."""
    yield Kind.TEXT, Kind.NUMBER, "`007` and `7` are two texts and one number"
    if not dialect.is_typed:
        for kind, unlike in combinations((Kind.DAY, Kind.MOMENT, Kind.ZONED), 2):
            yield kind, unlike, "the database holds them as texts, and those differ"
