"""What an engine makes of the values in one table, beside DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kpidsl.model.expr import Arithmetic, Function, RowExpr
from kpidsl.plan.query import Query
from tests.oracle.build import ask, column, literal, model, of, source
from tests.oracle.engine import run_on
from tests.oracle.generate import Case
from tests.support import EngineName


def answers(
    engine: EngineName,
    held: Sequence[dict[str, object]],
    columns: dict[str, str],
    query: Query,
    **told: Any,
) -> list[tuple[Any, Any]]:
    """What a query over one table `t` gives, as key and value in order; DuckDB gives the same."""
    made = model(source("t", key=("id",), **told))
    case = Case(made, query, {"t": list(held)}, {"t": {"id": "INTEGER"} | columns})
    found = run_on(engine, case)
    assert list(found.items()) == list(run_on("duckdb", case).items())
    return [(key[0] if key else (), row["a"]) for key, row in found.items()]


def of_rows(
    engine: EngineName,
    held: Sequence[object],
    kind: str,
    operand: RowExpr,
    aggregate: str = "max",
) -> Any:
    """An aggregate of what is computed of some values in a column `x`."""
    table = [{"id": place, "x": value} for place, value in enumerate(held)]
    measures = {"m": (aggregate, operand)}
    ((_, found),) = answers(engine, table, {"x": kind}, ask(of("t.m")), measures=measures)
    return found


def called(name: str, *arguments: object) -> RowExpr:
    """A function of the column `x`."""
    return Function(name, (column("x"), *map(literal, arguments)))


def times(factor: object) -> RowExpr:
    return Arithmetic("*", column("x"), literal(factor))
