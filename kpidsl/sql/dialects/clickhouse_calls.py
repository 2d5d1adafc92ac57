"""Short ways to build calls of ClickHouse's functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from kpidsl.sql.dialects.rewriting import call, whole


def variable(name: str) -> exp.Expr:
    return exp.Column(this=exp.Identifier(this=name))


def array(items: Sequence[exp.Expr]) -> exp.Expr:
    """Brackets are read again and again where they are nested, until the server gives up."""
    return call("array", *items)


def function(names: Sequence[str], body: exp.Expr) -> exp.Expr:
    return exp.Lambda(this=body, expressions=[exp.Identifier(this=name) for name in names])


def applied(formula: Callable[..., exp.Expr], *values: exp.Expr) -> exp.Expr:
    """Return what a formula makes of values, each of which it may name often: only a column is
    written as often, what is longer once."""
    longer = {
        f"_{place}": value
        for place, value in enumerate(values, start=1)
        if not isinstance(value, exp.Column)
    }
    names = [
        value if isinstance(value, exp.Column) else variable(f"_{place}")
        for place, value in enumerate(values, start=1)
    ]
    made = formula(*names)
    if not longer:
        return made
    mapped = call("arrayMap", function(list(longer), made), *(array([v]) for v in longer.values()))
    return call("arrayElement", mapped, whole(1))
