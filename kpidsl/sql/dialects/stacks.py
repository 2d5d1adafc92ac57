"""Queries that are stacked: their unions nest as deep as there are queries."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from kpidsl.sql import build


def arms(union: exp.Union) -> Iterator[exp.Query]:
    """Yield what is stacked, in order; the left arms nest."""
    found: list[exp.Query] = []
    rest: exp.Expr = union
    while isinstance(rest, exp.Union) and not build.is_verbatim(rest):
        found.append(rest.expression)
        rest = rest.this
    assert isinstance(rest, exp.Query)
    yield rest
    yield from reversed(found)


def is_constant(query: exp.Query) -> bool:
    """Tell whether a query is one row that reads none."""
    own = isinstance(query, exp.Select) and not build.is_verbatim(query)
    return own and not any(query.args.get(part) for part in ("from_", "where", "with_"))
