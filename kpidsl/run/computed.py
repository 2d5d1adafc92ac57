"""Columns that measures compute with, and that hold no numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from sqlglot import exp

from kpidsl.model.expr import Arithmetic, Column, DimensionRef, Negate, RowExpr
from kpidsl.model.project import Model
from kpidsl.model.sources import COUNTS, Aggregate, Measure, Source
from kpidsl.run.clashes import KindsOf
from kpidsl.run.failures import computed_with
from kpidsl.sql.dialects import Kind
from kpidsl.text.diagnostic import Diagnostic, error

_OF_NUMBERS = {
    Aggregate.SUM,
    Aggregate.AVG,
    Aggregate.MEDIAN,
    Aggregate.PERCENTILE,
    Aggregate.STDDEV,
}
TIMES = frozenset({Kind.DAY, Kind.MOMENT, Kind.ZONED})
NO_NUMBERS = TIMES | {Kind.TEXT}


def no_numbers(
    model: Model,
    source: Source,
    measures: Iterable[Measure],
    kinds_of: KindsOf,
    kinds: Set[Kind],
) -> Iterator[Diagnostic]:
    """Yield which columns of a source hold some of `kinds`, and measures compute with them."""
    users: dict[str, list[str]] = {}
    for measure in measures:
        for name in _computed_with(measure, source):
            users.setdefault(name, []).append(f"`{measure.name}`")
    for name, each in users.items():
        for kind in kinds_of(source, Column((name,))) & kinds:
            then = f"{', '.join(each)} {'computes' if len(each) == 1 else 'compute'} with it"
            yield _no_number(model, source, name, kind, then)


def times_in(tree: exp.Query, model: Model, kinds_of: KindsOf) -> Iterator[Diagnostic]:
    """Yield which columns of the sources of a statement hold times, and are computed with in it,
    in a filter say."""
    operands = (
        side.unnest()
        for node in tree.find_all(exp.Add, exp.Sub, exp.Mul)
        for side in (node.this, node.expression)
    )
    columns = [each for each in operands if isinstance(each, exp.Column)]
    places = {(each.table, each.name) for each in columns if each.table in model.sources}
    for table, name in sorted(places):
        source = model.sources[table]
        for kind in kinds_of(source, Column((name,))) & TIMES:
            yield _no_number(model, source, name, kind, "the question computes with it")


def _no_number(model: Model, source: Source, name: str, kind: Kind, then: str) -> Diagnostic:
    return error(
        "K643",
        f"`{name}` of `{source.name}` holds {kind}, and {then}",
        model.column_spans.get((source.name, (name,)), source.span),
        label=f"holds {kind}",
        help="clean the column in the source, or turn it into numbers by `number(…)`"
        if kind is Kind.TEXT
        else "name a column of numbers, or count days by `days_between(…)`",
    )


def _computed_with(measure: Measure, source: Source) -> list[str]:
    """Return the columns that have to hold numbers for a measure."""
    operand = None if measure.operand is None else _of_columns(measure.operand, source)
    takes_numbers = measure.aggregate in _OF_NUMBERS or (
        measure.aggregate not in COUNTS and measure.unit.currency is not None
    )
    if operand is None or (isinstance(operand, Column) and not takes_numbers):
        return []
    return list(dict.fromkeys(computed_with(operand)))


def _of_columns(expr: RowExpr, source: Source) -> RowExpr:
    """Return an expression that names columns where it named dimensions of the source which are
    these."""
    match expr:
        case DimensionRef(name=name, joins=()):
            own = source.dimensions[name].expr
            return own if isinstance(own, Column) else expr
        case Arithmetic(left=left, right=right):
            return replace(expr, left=_of_columns(left, source), right=_of_columns(right, source))
        case Negate(operand=operand):
            return replace(expr, operand=_of_columns(operand, source))
    return expr
