"""Whose ids a formula resolves, in whatever it rests on (S29)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from kpidsl.model.definition import Part
from kpidsl.model.expr import (
    DimensionRef,
    MeasureRef,
    MetricExpr,
    MetricRef,
    QueryDimension,
    Resolved,
    RowExpr,
)
from kpidsl.model.project import Model
from kpidsl.model.sources import Dimension, Measure

Member = tuple[str, str]
"""An entity, and the source in which its ids are looked up."""


def resolved_members(expr: MetricExpr | RowExpr, model: Model, source: str = "") -> set[Member]:
    """Return the entities that a formula is about, as far as a table resolves their ids; a row
    expression stands in `source`. Of a dimension that sources share all members are meant."""
    found: set[Member] = set()
    waiting: list[tuple[object, str]] = [(expr, source)]
    seen: set[Member] = set()
    while waiting:
        node, at = waiting.pop()
        match node:
            case Resolved(entity=entity):
                found.add((entity, at))
            case MetricRef(name):
                waiting.append((model.metrics[name].expr, ""))
            case MeasureRef(home, name):
                waiting.append((model.sources[home].measures[name], home))
            case QueryDimension() | DimensionRef():
                every = [place for place in _dimensions(node, at, model) if place not in seen]
                seen.update(every)
                waiting += [(model.sources[home].dimensions[name], home) for home, name in every]
            case tuple():
                waiting += [(part, at) for part in node]
            case Measure() | Dimension() | Part():
                waiting += [(part, at) for part in node.__dict__.values()]
            case _ if is_dataclass(node):
                waiting += [(getattr(node, item.name), at) for item in fields(node)]
    return found


def _dimensions(ref: QueryDimension | DimensionRef, at: str, model: Model) -> list[Member]:
    """Return the dimensions that a name may stand for, each with its source."""
    match ref:
        case QueryDimension(name, None):
            return list(model.shared[name].members.items())
        case QueryDimension(name, str(home)):
            return [(home, name)]
    for join in ref.joins:
        at = model.sources[at].joins[join].target
    return [(at, ref.name)]
