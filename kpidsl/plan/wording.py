"""The parts of a plan in words that people read, with the rules that they follow."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import cast

from kpidsl.model.expr import Exchanged, Function, QueryDimension, RowExpr
from kpidsl.model.formula import number_text, row_text
from kpidsl.model.sources import (
    FilesOrigin,
    Measure,
    RowsOrigin,
    Source,
    SqlOrigin,
    TableOrigin,
    UnionOrigin,
)
from kpidsl.plan.formulas import (
    AccrualValue,
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
    Number,
    Operation,
    Over,
    Place,
    RegroupValue,
)
from kpidsl.plan.looks import Look
from kpidsl.plan.nodes import Aggregate, AnyRow, Frame, OfEntity, PlacedExpr, Reached
from kpidsl.plan.placing import rebuild


def formula_text(formula: Formula, frame: Frame, level: int = 0) -> str:
    """Return a formula over columns; `level` is how closely what is around it binds."""
    match formula:
        case LeafValue(column=column, over=over) | RegroupValue(column=column, over=over):
            return column if over is None else f"{column} {over_text(over, frame)}"
        case AccrualValue(column=column):
            return column
        case Number(value):
            return number_text(value)
        case Operation(op, left, right):
            own = 1 if op in "+-" else 2
            text = f"{formula_text(left, frame, own)} {op} {formula_text(right, frame, own + 1)}"
            return f"({text})" if own < level else text
        case Negation(operand):
            return f"-{formula_text(operand, frame, 3)}"
        case Place(operand):
            return f"rank({formula_text(operand, frame)})"
        case FirstKnown(items):
            return f"coalesce({', '.join(formula_text(item, frame) for item in items)})"


def over_text(over: Over, frame: Frame) -> str:
    """Return the groups that a total is over."""
    kept = [frame.keys[place].column for place in over.kept]
    return f"over all by {', '.join(kept)}" if kept else "over all"


def rules_of(formula: Formula) -> Iterator[str]:
    """Yield the rules by which a formula is computed."""
    match formula:
        case LeafValue(over=over) | RegroupValue(over=over):
            if over is not None:
                yield "S10"
        case AccrualValue():
            yield "S9"
        case Operation(op, left, right):
            if op == "/":
                yield "S12"
            yield from rules_of(left)
            yield from rules_of(right)
        case Negation(operand) | Place(operand):
            yield from rules_of(operand)
        case FirstKnown(items):
            for item in items:
                yield from rules_of(item)
        case Number():
            pass


def measure_text(measure: Measure) -> str:
    operand = "" if measure.operand is None else row_text(measure.operand)
    where = f" where {row_text(measure.where)}" if measure.where is not None else ""
    share = "" if measure.fraction is None else f", {percent_text(measure.fraction)}"
    return f"{measure.aggregate}({operand}{share}){where}"


def percent_text(fraction: Decimal) -> str:
    return f"{number_text(100 * fraction)}%"


def ways_of(node: Aggregate) -> Iterator[tuple[str, str]]:
    """Yield each thing that is special about how rows count, with its rule."""
    if node.stock is not None:
        yield "the last row of each entity", "S11"
    exchanged = [leaf.measure.operand for leaf in node.leaves]
    closing = {item.closing for item in exchanged if isinstance(item, Exchanged)}
    if closing:
        day = "the last day of the period" if True in closing else "each row's own day"
        yield f"converted at the rate of {day}", "S26"
    if node.bridge:
        yield f"each row split over `{node.bridge[-1].to}` in shares", "S7"
    if node.once_per:
        yield f"once per {', '.join(map(row_text, node.once_per))}", "S4"
    yield from looks_of(node.look)
    if node.named_late:
        yield "named when added up", "S10"
    if node.base is not None:
        yield f"by {node.base.grain} first, for all that is merged from it", "S10"


def looks_of(look: Look) -> Iterator[tuple[str, str]]:
    """Yield which days a value looks at, other than its own period's, with the rule."""
    if look.pairs is not None:
        yield "on the days that the calendar pairs with each period", "S19"
    elif look.shift:
        yield f"{_length(look.shift.months, look.shift.days)} earlier", "S19"
    if look.reach is None:
        return
    if look.reach.since is not None:
        yield f"from the first day of the {look.reach.since} on", "S18"
    elif look.reach.is_bounded:
        yield f"over {_length(look.reach.months, look.reach.days)}", "S18"
    else:
        yield "from the beginning on", "S18"


def _length(months: int, days: int) -> str:
    parts = [(months, "month"), (days, "day")]
    return " and ".join(f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n)


def rows_text(source: Source) -> str:
    """Return which rows are those of a source."""
    match source.origin:
        case TableOrigin(path=path):
            read = f"table {'.'.join(path)}"
        case FilesOrigin(files=files):
            read = f"files {', '.join(files.patterns)}"
        case SqlOrigin():
            read = "a SELECT of its own"
        case UnionOrigin(sources=members):
            read = f"the rows of {', '.join(members)}"
        case RowsOrigin():
            read = "rows of its own"
    if source.exclude is not None:
        read += f", less those where {row_text(source.exclude)}"
    return read


def condition_text(expr: PlacedExpr) -> str:
    """Return a placed condition in the words of the language."""
    return row_text(_unplaced(expr))


def _unplaced(expr: PlacedExpr) -> RowExpr:
    match expr:
        case Reached(dimension):
            return QueryDimension(dimension.name, dimension.source)
        case OfEntity(value):
            return value
        case AnyRow(hops, predicate):
            return Function(f"any {hops[-1].to}", (_unplaced(predicate),))
    return cast("RowExpr", rebuild(expr, _unplaced))
