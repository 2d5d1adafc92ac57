"""What leans on a definition that failed falls with it, in silence: its own finding says why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from kpidsl.model.expr import Column, DimensionRef, Resolved, RowExpr, TimeColumn
from kpidsl.model.sources import (
    Dimension,
    Join,
    Measure,
    SharedDimension,
    Source,
    TimeSpec,
    UnionOrigin,
)


def prune(sources: dict[str, Source]) -> dict[str, Source]:
    """Return the sources without anything that names a join, a dimension or a source that is not
    there. A source whose own key, clock, exclusion or union is hit goes as a whole."""
    while True:
        kept = {
            name: source.model_copy(
                update={
                    "joins": _whole(source.joins, source, sources),
                    "dimensions": _whole(source.dimensions, source, sources),
                    "measures": _whole(source.measures, source, sources),
                }
            )
            for name, source in sources.items()
            if _stands(source, sources)
        }
        if _size(kept) == _size(sources):
            return kept
        sources = kept


def without_shared(
    sources: dict[str, Source], shared: dict[str, SharedDimension]
) -> dict[str, Source]:
    """Return the sources with dimensions of their own where the shared one failed."""
    return {
        name: source.model_copy(
            update={
                "dimensions": {
                    key: item
                    if item.shared is None or item.shared in shared
                    else item.model_copy(update={"shared": None})
                    for key, item in source.dimensions.items()
                }
            }
        )
        for name, source in sources.items()
    }


def _stands(source: Source, sources: dict[str, Source]) -> bool:
    if isinstance(source.origin, UnionOrigin) and not sources.keys() >= set(source.origin.sources):
        return False
    own = [*(source.key or ()), source.exclude, source.time.expr if source.time else None]
    own += [source.watermark.expr] if isinstance(source.watermark, TimeSpec) else []
    if source.rates is not None:
        own += [source.rates.base, source.rates.quote, source.rates.rate]
    return _reaches_all(own, source, sources)


def _whole(items: dict[str, Any], source: Source, sources: dict[str, Source]) -> dict[str, Any]:
    return {
        name: item
        for name, item in items.items()
        if _reaches_all(_exprs(item), source, sources) and _target_stands(item, sources)
    }


def _target_stands(item: object, sources: dict[str, Source]) -> bool:
    if not isinstance(item, Join):
        return True
    target = sources.get(item.target)
    return target is not None and _reaches_all((*item.target_columns, item.weight), target, sources)


def _exprs(item: object) -> Iterator[RowExpr | None]:
    match item:
        case Join(columns=columns):
            yield from columns
        case Dimension(expr=expr, attribute=attribute):
            yield expr
            if attribute is not None:
                yield attribute.operand
                yield from attribute.entity
        case Measure(operand=operand, where=where, once_per=once_per, currency=currency):
            yield operand
            yield where
            yield currency
            yield from once_per


def _reaches(expr: RowExpr | None, source: Source, sources: dict[str, Source]) -> bool:
    stack: list[Any] = [expr]
    while stack:
        node = stack.pop()
        match node:
            case Column(joins=joins) | DimensionRef(joins=joins) | TimeColumn(joins=joins):
                end: Source | None = source
                for name in joins:
                    step = end.joins.get(name) if end is not None else None
                    end = sources.get(step.target) if step is not None else None
                if end is None:
                    return False
                if isinstance(node, DimensionRef) and node.name not in end.dimensions:
                    return False
            case Resolved(operand=operand, table=table, ids=ids, stands_for=stands_for):
                stack.append(operand)
                other = sources.get(table)
                if other is None or not _reaches_all((ids, stands_for), other, sources):
                    return False
            case tuple():
                stack.extend(node)
            case _ if is_dataclass(node):
                stack.extend(getattr(node, item.name) for item in fields(node))
    return True


def _reaches_all(
    exprs: Iterable[RowExpr | None], source: Source, sources: dict[str, Source]
) -> bool:
    return all(_reaches(expr, source, sources) for expr in exprs)


def _size(sources: dict[str, Source]) -> int:
    return sum(
        1 + len(source.joins) + len(source.dimensions) + len(source.measures)
        for source in sources.values()
    )
