"""What the columns of an answer's statement hold, for engines whose values don't tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpidsl.engines.base import Engine, ValueType
from kpidsl.model.expr import Arithmetic, Function
from kpidsl.model.expr import Column as ColumnRef
from kpidsl.model.sources import BY_ORDER, Dimension, Measure, Source, TableOrigin
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.model.units import Datatype
from kpidsl.plan.formulas import (
    AccrualValue,
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
    Number,
    Operation,
    RegroupValue,
)
from kpidsl.plan.nodes import Aggregate, Input, Merge, PlacedExpr, Plan
from kpidsl.plan.placing import children
from kpidsl.plan.within import aggregates_of
from kpidsl.run.result import Column, Role
from kpidsl.sql.dialects import DIALECTS

_OF_DATATYPE = {
    Datatype.BOOLEAN: ValueType.BOOLEAN,
    Datatype.DATE: ValueType.MOMENT,
    Datatype.NUMBER: ValueType.EXACT,
    Datatype.TEXT: ValueType.TEXT,
    Datatype.TIMESTAMP: ValueType.MOMENT,
}
_OF_DECLARED = {
    "BOOL": ValueType.BOOLEAN,
    "BOOLEAN": ValueType.BOOLEAN,
    "DATE": ValueType.MOMENT,
    "DATETIME": ValueType.MOMENT,
    "TIMESTAMP": ValueType.MOMENT,
    "DECIMAL": ValueType.EXACT,
    "NUMERIC": ValueType.EXACT,
}
_EXACT = {
    Kind.SUM,
    Kind.COUNT,
    Kind.COUNT_DISTINCT,
    Kind.APPROX_COUNT_DISTINCT,
    Kind.MIN,
    Kind.MAX,
    *BY_ORDER,
}
_LESS_EXACT = {"number"}
"""Functions whose results are floats."""


def value_types(planned: Plan, columns: Sequence[Column], engine: Engine) -> list[ValueType] | None:
    """Return the types of the columns of a plan's statement, of which `columns` are the answer;
    None where the engine's values tell."""
    if DIALECTS[engine.dialect].is_typed:
        return None
    keys = {key.column: key for key in planned.frame.keys}
    merge = planned.root.input.input
    dimensions = {
        key.column: key.value.dimension
        for node in aggregates_of(_inputs(merge))
        for key in node.keys
    }
    exact = dict(_exact_columns(merge))
    picked = set(_picked(merge))
    outputs = iter(planned.root.input.outputs)
    found: list[ValueType] = []
    for column in columns:
        match column.role:
            case Role.PERIOD:
                found.append(ValueType.MOMENT)
            case Role.DIMENSION:
                dimension = dimensions.get(column.name)
                found.append(
                    ValueType.ANY
                    if dimension is None
                    else _of_dimension(dimension, planned.frame.sources, engine)
                )
                found += [ValueType.TEXT] * (keys[column.name].state is not None)
            case Role.METRIC:
                formula = next(outputs).formula
                if isinstance(formula, LeafValue) and formula.column in picked:
                    found.append(ValueType.HELD)
                elif not _stays_exact(formula, exact):
                    found.append(ValueType.FLOAT)
                else:
                    found.append(ValueType.MONEY if column.unit.currency else ValueType.EXACT)
    return found


def _of_dimension(dimension: Dimension, sources: dict[str, Source], engine: Engine) -> ValueType:
    if dimension.expr is not None and _is_quotient(dimension.expr):
        return ValueType.FLOAT
    return _OF_DATATYPE.get(dimension.datatype) or _declared(dimension, sources, engine)


def _declared(dimension: Dimension, sources: dict[str, Source], engine: Engine) -> ValueType:
    """Return what the table says of a dimension that is a bare column of it."""
    origin = sources[dimension.source].origin
    if not isinstance(origin, TableOrigin) or not isinstance(dimension.expr, ColumnRef):
        return ValueType.ANY
    if len(dimension.expr.path) > 1 or dimension.expr.joins:
        return ValueType.ANY
    declared = {name.casefold(): kind for name, kind in engine.columns(origin.path).items()}
    words = declared.get(dimension.expr.path[0].casefold(), "").upper().split("(")
    return _OF_DECLARED.get(words[0].strip(), ValueType.ANY)


def _inputs(merge: Merge) -> Iterator[Input]:
    yield from merge.inputs
    for total in merge.totals:
        yield from total.inputs


def _exact_columns(merge: Merge) -> Iterator[tuple[str, bool]]:
    """Yield each column that formulas read, and whether its values are whole or decimal."""
    for node in _inputs(merge):
        if isinstance(node, Aggregate):
            for leaf in node.leaves:
                yield leaf.column, _is_exact(leaf.measure)
            continue
        inner = dict(_exact_columns(node.answer.input.input))
        (output,) = node.answer.input.outputs
        for column in node.columns:
            exact = column.aggregate in _EXACT and _stays_exact(output.formula, inner)
            yield column.column, exact


def _picked(merge: Merge) -> Iterator[str]:
    """Yield each column whose values are some of the data's, which may be texts."""
    for node in _inputs(merge):
        for leaf in node.leaves if isinstance(node, Aggregate) else ():
            measure = leaf.measure
            if measure.aggregate in BY_ORDER and not measure.unit.currency and _is_exact(measure):
                yield leaf.column


def _is_exact(measure: Measure) -> bool:
    """Sums of money are decimals whatever they are sums of, quotients are floats (S12)."""
    if measure.aggregate not in _EXACT:
        return False
    if measure.operand is None or measure.unit.currency:
        return True
    return not _is_quotient(measure.operand)


def _is_quotient(expr: PlacedExpr) -> bool:
    match expr:
        case Arithmetic(op="/"):
            return True
        case Function(name) if name in _LESS_EXACT:
            return True
    return any(map(_is_quotient, children(expr)))


def _stays_exact(formula: Formula, exact: dict[str, bool]) -> bool:
    match formula:
        case LeafValue(column) | RegroupValue(column):
            return exact[column]
        case AccrualValue() | Operation("/"):
            return False
        case Operation(_, left, right):
            return _stays_exact(left, exact) and _stays_exact(right, exact)
        case Negation(operand):
            return _stays_exact(operand, exact)
        case FirstKnown(items):
            return all(_stays_exact(item, exact) for item in items)
        case Number():
            return True
    return True  # a place in an order
