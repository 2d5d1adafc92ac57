"""What the columns of an answer's statement hold, for engines whose values don't tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kpidsl.engines.base import Engine, ValueType
from kpidsl.model.expr import Arithmetic, Function
from kpidsl.model.expr import Column as ColumnRef
from kpidsl.model.sources import BY_ORDER, Dimension, Measure, RowsOrigin, Source, TableOrigin
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.model.units import Datatype
from kpidsl.plan.formulas import (
    AccrualValue,
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
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
_SMALLEST = {"BIT(1)", "TINYINT(1)"}
"""What holds a truth value in MySQL: the second is what it makes of BOOLEAN."""
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
    dialect = DIALECTS[engine.dialect]
    if dialect.is_typed and dialect.has_booleans:
        return None
    keys = {key.column: key for key in planned.frame.keys}
    merge = planned.root.input.input
    dimensions = {
        key.column: key.value.dimension
        for node in aggregates_of(_inputs(merge))
        for key in node.keys
    }
    read = dict(_columns(merge))
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
                else:
                    kind = _of_formula(formula, read)
                    is_money = column.unit.currency and kind is ValueType.EXACT
                    found.append(ValueType.MONEY if is_money else kind)
    return found


def _of_dimension(dimension: Dimension, sources: dict[str, Source], engine: Engine) -> ValueType:
    if dimension.expr is not None and _is_quotient(dimension.expr):
        return ValueType.FLOAT
    return _OF_DATATYPE.get(dimension.datatype) or _declared(dimension, sources, engine)


def _declared(dimension: Dimension, sources: dict[str, Source], engine: Engine) -> ValueType:
    """Return what the table says of a dimension that is a bare column of it."""
    if not isinstance(dimension.expr, ColumnRef):
        return ValueType.ANY
    if len(dimension.expr.path) > 1 or dimension.expr.joins:
        return ValueType.ANY
    match sources[dimension.source].origin:
        case TableOrigin(path=path):
            columns = engine.columns(path)
        case RowsOrigin(columns=written):
            columns = dict(written)
        case _:
            return ValueType.ANY
    declared = {name.casefold(): kind for name, kind in columns.items()}
    told = declared.get(dimension.expr.path[0].casefold(), "").upper()
    if told in _SMALLEST:
        return ValueType.BOOLEAN
    words = told.split("(")
    return _OF_DECLARED.get(words[0].strip(), ValueType.ANY)


def _inputs(merge: Merge) -> Iterator[Input]:
    yield from merge.inputs
    for total in merge.totals:
        yield from total.inputs


def _columns(merge: Merge) -> Iterator[tuple[str, ValueType]]:
    """Yield each column that formulas read, and what its values are."""
    for node in _inputs(merge):
        if isinstance(node, Aggregate):
            for leaf in node.leaves:
                yield leaf.column, _of_measure(leaf.measure)
            continue
        inner = dict(_columns(node.answer.input.input))
        (output,) = node.answer.input.outputs
        of_one = _of_formula(output.formula, inner)
        for column in node.columns:
            yield column.column, _aggregated(column.aggregate, of_one)


def _picked(merge: Merge) -> Iterator[str]:
    """Yield each column whose values are some of the data's, which may be texts."""
    for node in _inputs(merge):
        for leaf in node.leaves if isinstance(node, Aggregate) else ():
            measure = leaf.measure
            if measure.aggregate in BY_ORDER and _of_measure(measure) is ValueType.EXACT:
                yield leaf.column


def _of_measure(measure: Measure) -> ValueType:
    """Sums of money are decimals whatever they are sums of, quotients are floats (S12)."""
    if measure.operand is None:
        return ValueType.EXACT
    if measure.unit.currency:
        return _aggregated(measure.aggregate, ValueType.MONEY)
    is_float = _is_quotient(measure.operand)
    return _aggregated(measure.aggregate, ValueType.FLOAT if is_float else ValueType.EXACT)


def _aggregated(aggregate: Kind, values: ValueType) -> ValueType:
    return values if aggregate in _EXACT else ValueType.FLOAT


def _is_quotient(expr: PlacedExpr) -> bool:
    match expr:
        case Arithmetic(op="/"):
            return True
        case Function(name) if name in _LESS_EXACT:
            return True
    return any(map(_is_quotient, children(expr)))


def _of_formula(formula: Formula, columns: dict[str, ValueType]) -> ValueType:
    """What a formula of columns is: a float if any of them is, else of money if any is."""
    match formula:
        case LeafValue(column) | RegroupValue(column):
            return columns[column]
        case AccrualValue() | Operation("/"):
            return ValueType.FLOAT
        case Operation(_, left, right):
            return _of_all((left, right), columns)
        case Negation(operand):
            return _of_formula(operand, columns)
        case FirstKnown(items):
            return _of_all(items, columns)
    return ValueType.EXACT  # a number, or a place in an order


def _of_all(formulas: Iterable[Formula], columns: dict[str, ValueType]) -> ValueType:
    kinds = {_of_formula(formula, columns) for formula in formulas}
    for kind in (ValueType.FLOAT, ValueType.MONEY):
        if kind in kinds:
            return kind
    return ValueType.EXACT
