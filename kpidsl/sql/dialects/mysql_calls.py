"""Short ways to build MySQL's own functions."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.rewriting import call, text

NO_TEXT = "no text"
"""What marks a value that is no text."""


def no_text(value: exp.Expr) -> exp.Expr:
    """Return a value marked as one that is no text, whatever its operands are."""
    value.meta[NO_TEXT] = True
    return value


def moved(value: exp.Expr, count: exp.Expr, unit: str) -> exp.Expr:
    """Return a day or a moment that is moved by so many of a unit; after the last day of year 9999
    there is none, and the server has NULL."""
    return no_text(call("TIMESTAMPADD", exp.Var(this=unit), count, value))


def listed(rows: exp.Expr, columns: Mapping[str, tuple[str, str]], alias: str) -> exp.Table:
    """Return the elements of a JSON array as rows; each column has a type and a path."""
    definitions = [
        exp.JSONColumnDef(
            this=build.identifier(name),
            kind=exp.DataType.build(kind, dialect="mysql"),
            path=text(path),
        )
        for name, (kind, path) in columns.items()
    ]
    return _table(rows, definitions, alias)


def numbered(count: exp.Expr, name: str, alias: str) -> exp.Table:
    """Return a row for each number from 1 up to one more than a count, which isn't negative.

    A query that calls itself would stop after a thousand rows, with a warning that nobody sees.
    """
    zeros = call("REPEAT", text(",0"), count)
    rows = call("CONCAT", text("[0"), zeros, text("]"))
    return _table(rows, [exp.JSONColumnDef(this=build.identifier(name), ordinality=True)], alias)


def _table(rows: exp.Expr, columns: list[exp.JSONColumnDef], alias: str) -> exp.Table:
    table = exp.JSONTable(this=rows, path=text("$[*]"), schema=exp.JSONSchema(expressions=columns))
    return exp.Table(this=table, alias=exp.TableAlias(this=build.identifier(alias)))
