"""Conditions on the raw texts of files, before any column has a type (D40)."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.model.expr import RowExpr
from kpidsl.model.sources import Source
from kpidsl.sql import build
from kpidsl.sql.carried import Attributes
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.scope import Scope


def raw_condition(condition: RowExpr, source: Source, dialect: Dialect) -> exp.Expr:
    """Return a condition over the bare column names of a file."""

    def no_joins(_: object, __: Attributes) -> exp.Table:
        return build.table(source.name)

    scope = Scope(source, {source.name: source}, dialect, "UTC", no_joins)
    tree = scope.condition(condition)
    for column in tree.find_all(exp.Column):
        column.set("table", None)
    return tree
