"""Queries that are stacked: their unions nest as deep as there are queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

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


def each_adapted(
    union: exp.Union, queries: Sequence[exp.Query], adapted: Callable[[exp.Expr], exp.Expr]
) -> exp.Union:
    """Rewrite all that is stacked, one after the other: by itself it would nest too deep."""
    for query in queries:
        above, key = query.parent, str(query.arg_key)
        assert above is not None
        above.set(key, adapted(query))
    return union


def with_rows(
    union: exp.Union,
    adapted: Callable[[exp.Expr], exp.Expr],
    rows: Callable[[Sequence[exp.Query]], exp.Expr],
    spread: str,
) -> exp.Expr:
    """Stack rows of constants by `rows`, and anything else one by one. A query that calls `spread`
    makes a row of each element of an array, and is not the one row that it looks like."""
    queries = list(arms(union))
    constant = not union.args.get("distinct") and all(
        is_constant(query)
        and not any(call.name == spread for call in query.find_all(exp.Anonymous))
        for query in queries
    )
    return rows(queries) if constant else each_adapted(union, queries, adapted)


def values_of(queries: Sequence[exp.Query], adapted: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Return rows of constants, one to each query, as those of one VALUES."""
    rows = [
        exp.Tuple(expressions=[adapted(value.unalias()) for value in query.selects])
        for query in queries
    ]
    columns = [build.identifier(name) for name in queries[0].named_selects]
    header = exp.TableAlias(this=build.identifier("listed"), columns=columns)
    return build.from_(build.select(exp.Star()), exp.Values(expressions=rows, alias=header))
