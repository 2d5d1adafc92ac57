"""Many-to-many: rows that are split over the rows of a bridge, in shares (S7)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from kpidsl.model.expr import EntityValue, QueryDimension, RowExpr
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.model.sources import Measure
from kpidsl.plan.nodes import Hop
from kpidsl.plan.paths import NoPath, Path, Paths, describe
from kpidsl.plan.placing import children
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error

SPLIT = frozenset({Kind.SUM, Kind.COUNT})
"""What adds up, so that shares of it do."""


@dataclass(frozen=True, slots=True)
class Bridges:
    """Finds the bridge that the dimensions around a measure lie behind."""

    paths: Paths

    def of(self, source: str, dimensions: Iterable[QueryDimension]) -> Path:
        """Return the path to the bridge and into it, or none. A dimension without a path, or with
        several, is refused where it is used."""
        found: dict[Path, Path] = {}
        back: Path | None = None
        for dimension in dimensions:
            with suppress(NoPath):
                path, _ = self.paths.reach(source, dimension)
                bridge = into_bridge(path)
                if bridge:
                    found.setdefault(bridge, path)
                if path and path[0].reverse:
                    back = path
        if len(found) > 1:
            one, other = list(found)[:2]
            _refuse_two(source, one, other)
        bridge = next(iter(found), ())
        if bridge and back is not None:
            _refuse_two(source, bridge, back)
        return bridge


def into_bridge(path: Path) -> Path:
    """Return a path up to its first bridge, or none."""
    for place, hop in enumerate(path, start=1):
        if hop.join.weight is not None:
            return path[:place]
    return ()


def references(exprs: Iterable[RowExpr]) -> Iterable[QueryDimension]:
    """Yield the dimensions in conditions that are on no path yet."""
    for expr in exprs:
        match expr:
            case QueryDimension():
                yield expr
            case EntityValue(entity=entity):
                yield from entity
            case _:
                yield from references(children(expr))  # type: ignore[arg-type]


def check_measure(measure: Measure, bridge: tuple[Hop, ...]) -> None:
    """Refuse what has no shares."""
    if measure.aggregate in SPLIT and not measure.once_per:
        return
    what = "`once per`" if measure.once_per else f"`{measure.aggregate}`"
    mends = {
        Kind.AVG: "divide a sum by a count: both have shares",
        Kind.COUNT_DISTINCT: "count rows with `count`, or ask without the dimension",
    }
    raise Refused(
        error(
            "K495",
            f"nothing has a share of what {what} gives, so `{measure.name}` isn't split over "
            f"`{bridge[-1].to}`",
            measure.span,
            label="does not add up",
            help=mends.get(measure.aggregate, "use a sum or a count, or leave the dimension out"),
        )
    )


def _refuse_two(source: str, one: Path, other: Path) -> None:
    raise Refused(
        error(
            "K496",
            f"a row of `{source}` would be split by shares over `{one[-1].to}`, and over several "
            f"rows on another way: {describe(source, one)} and {describe(source, other)}",
            help="ask for the dimensions of one of them at a time",
        )
    )
