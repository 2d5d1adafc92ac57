"""Members of dimensions without a metric: whose rows tell them (S1, S9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kpidsl.model.expr import QueryDimension, RowExpr
from kpidsl.model.project import Model
from kpidsl.plan.entities import EntityAnswers
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.keys import Keys, Wanted
from kpidsl.plan.looks import Shift
from kpidsl.plan.nodes import Aggregate, Scan
from kpidsl.plan.paths import NoPath, Paths
from kpidsl.plan.placing import Placing, children
from kpidsl.plan.query import Query
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import Diagnostic, error


def needs_metric(what: str) -> Diagnostic:
    """Return that something is asked for that members alone don't have."""
    return error("K924", f"{what} is about metrics, and none is named", help="name a metric")


def check_members(query: Query) -> None:
    """Refuse what is asked for without a metric and is about metrics."""
    if not query.by:
        mend = "name at least one metric, or dimensions whose members are asked for"
        raise Refused(error("K924", "no metric is asked for", help=mend))
    needed = {
        "a grain of time": query.grain is not None,
        "`totals`": bool(query.totals),
        "`top`": query.top is not None,
        "`having`": query.having is not None,
    }
    for what, is_asked in needed.items():
        if is_asked:
            raise Refused(needs_metric(what))


def member_nodes(
    query: Query,
    model: Model,
    ground: Groundwork,
    wanted: tuple[Wanted, ...],
    answers: EntityAnswers,
) -> tuple[Aggregate, ...]:
    """Return what groups the rows of each of these sources by the members of the key columns
    `wanted`, and makes nothing else of them; `answers` are those that the filter tests."""
    nodes: list[Aggregate] = []
    for name in _homes(query, model, ground.paths):
        source = model.sources[name]
        if source.time is None and query.window is not None:
            raise Refused(
                error(
                    "K468",
                    f"the rows of `{name}` have no time: it declares none",
                    source.span,
                    label="no `time`",
                    help="ask for the members of all rows, without a period",
                )
            )
        circular = ground.excludes.in_reach(source)
        if circular is not None:
            raise Refused(circular)
        placing = Placing(ground.paths, name, lambda value: answers.of(value, Shift()))
        where = () if query.where is None else (placing.place(query.where),)
        keys, _ = Keys(model, ground.paths).of(source, wanted)
        windowed = query.window is not None
        nodes.append(Aggregate(Scan(source), (), keys, where=where, windowed=windowed))
    return tuple(nodes)


def _homes(query: Query, model: Model, paths: Paths) -> tuple[str, ...]:
    """Return the sources whose rows tell the members that are asked for: of the sources that have
    one of the dimensions as their own, those that have them all, as their own or over joins, and
    those of the filter too; where none has, of the sources of the filter's dimensions."""
    filtered = list(_named(query.where)) if query.where is not None else []
    named = [*query.by, *filtered]
    found: tuple[str, ...] = ()
    for wanted in (query.by, filtered):
        own = dict.fromkeys(source for dimension in wanted for source in _own(dimension, model))
        found = found or tuple(
            source for source in own if all(_has(source, dimension, paths) for dimension in named)
        )
    if not found:
        listed = ", ".join(f"`{item}`" for item in dict.fromkeys(named))
        raise Refused(
            error(
                "K484",
                f"no source has all of {listed}, so no rows tell which members belong together",
                help="name a metric whose rows have them all, or ask for one dimension at a time",
            )
        )
    return found


def _own(dimension: QueryDimension, model: Model) -> list[str]:
    if dimension.source is None:
        return list(model.shared[dimension.name].members)
    return [dimension.start or dimension.source]


def _has(source: str, dimension: QueryDimension, paths: Paths) -> bool:
    """Tell whether each row of a source has at most one member of a dimension."""
    try:
        path, _ = paths.reach(source, dimension)
    except NoPath:
        return False
    return not any(hop.reverse for hop in path)


def _named(expr: RowExpr) -> Iterator[QueryDimension]:
    if isinstance(expr, QueryDimension):
        yield expr
    for part in children(expr):
        yield from _named(cast("RowExpr", part))
