"""The grouping columns of a source: how it reaches them, and what can't be counted once there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kpidsl.model.expr import QueryDimension, RowExpr
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, AnyRow, FanOut, Hop, Key, PlacedExpr, Reached
from kpidsl.plan.paths import Paths, reference_joins
from kpidsl.plan.placing import children, split
from kpidsl.plan.query import Query
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error

Wanted = tuple[str, QueryDimension]
"""A key column, and the dimension whose members it holds."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Finds the keys of an aggregate as its source reaches them."""

    model: Model
    paths: Paths

    def of(
        self, source: Source, wanted: Iterable[Wanted]
    ) -> tuple[tuple[Key, ...], tuple[FanOut, ...]]:
        """Return the keys, and the many sides over which some of them lie (S4)."""
        keys: list[Key] = []
        sides: dict[tuple[Hop, ...], list[int]] = {}
        for column, dimension in wanted:
            back, key = self._key(source, column, dimension)
            if back:
                sides.setdefault(back, []).append(len(keys))
            keys.append(key)
        _check_sides(source, list(sides))
        return tuple(keys), tuple(FanOut(hops, tuple(at)) for hops, at in sides.items())

    def beyond(self, source: Source, wanted: Iterable[Wanted]) -> tuple[Key, ...]:
        """Return the keys by which a row is told from those of the leaders."""
        found = [self._key(source, column, dimension) for column, dimension in wanted]
        side = next((back for back, _ in found if back), None)
        if side is not None:
            raise Refused(
                error(
                    "K478",
                    f"a row of `{source.name}` can have rows of `{side[-1].to}` among the first "
                    "members and among the rest, so the rest is not told apart",
                    source.span,
                    help=f"use a measure of `{side[-1].to}`, or leave out the rest",
                )
            )
        return tuple(key for _, key in found)

    def _key(
        self, source: Source, column: str, wanted: QueryDimension
    ) -> tuple[tuple[Hop, ...], Key]:
        """Return one grouping column, and the reverse hops that lead to it."""
        path, dimension = self.paths.reach(source.name, wanted)
        back, forth = split(path)
        owner = self.model.sources[dimension.source]
        inner = reference_joins(dimension.expr, owner, self.model.sources)
        return back, Key(column, Reached(dimension, forth), bool(path or inner))


def check_fan_out(
    source: Source,
    fan_out: FanOut,
    once_per: tuple[RowExpr, ...],
    conditions: tuple[PlacedExpr, ...],
) -> None:
    """Refuse what can't be counted once per group (S3, S4)."""
    side = fan_out.hops[0].to
    if source.key == ():
        raise Refused(
            error(
                "K465",
                f"rows of `{source.name}` can't be told apart (`key: none`), so they can't be "
                f"split by `{side}`",
                source.span,
                label="no key",
                help="declare the source's `key`",
            )
        )
    if once_per:
        raise Refused(
            error(
                "K466",
                f"a measure counted `once per` a key can't also be split by `{side}`",
                source.span,
                help=f"ask without the dimensions of `{side}`",
            )
        )
    if any(_tests_side(condition, fan_out.hops[0]) for condition in conditions):
        raise Refused(
            error(
                "K467",
                f"`{source.name}` is both split and filtered by its many side `{side}`",
                source.span,
                help=f"use a measure of `{side}`, or drop the filter or the dimension",
            )
        )


def _check_sides(source: Source, sides: list[tuple[Hop, ...]]) -> None:
    """Refuse many sides of which one leads through another: a row there has a row here, and the
    groups of the two would be paired as they are not."""
    for position, one in enumerate(sides):
        for other in sides[:position]:
            if one[0] == other[0]:
                raise Refused(
                    error(
                        "K464",
                        f"`{source.name}` would be split by two many sides that share rows: "
                        f"`{other[-1].to}` and `{one[-1].to}`",
                        source.span,
                        help="ask for one of the two dimensions at a time",
                    )
                )


def _tests_side(condition: PlacedExpr, side: Hop) -> bool:
    """Tell whether a condition tests rows of the many side that a hop leads to."""
    if isinstance(condition, AnyRow):
        return condition.hops[0] == side
    return any(_tests_side(part, side) for part in children(condition))


def named_keys(query: Query) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the key columns, and those of what tells why a member is absent."""
    columns = key_names(query.by, query.grain)
    names = Names((PERIOD, *columns))
    return columns, tuple(names.unused(f"{column}__state") for column in columns)


def key_names(by: tuple[QueryDimension, ...], grain: Grain | DayPart | None) -> tuple[str, ...]:
    """Name the key columns by their dimensions, in full where two would be equal, or one would be
    taken for the period."""
    short = [item.name.casefold() for item in by]
    reserved = [] if grain is None else [PERIOD]
    names = Names(reserved)
    return tuple(
        names.unused(item.name if [*short, *reserved].count(own) == 1 else str(item))
        for item, own in zip(by, short, strict=True)
    )
