"""The marked escape `sql"…"`: one expression in the project's dialect, nothing else."""

from __future__ import annotations

import re

from kpidsl.kinds.binding.scope import Scope
from kpidsl.syntax.tree import SqlLiteral
from kpidsl.text.source import Span

_ONE_EXPRESSION = "write one expression over the source's columns, or a view as the source's table"
_ONE_SELECT = "write one SELECT, or name a view as the source's `table:`"


def check_sql(expr: SqlLiteral, scope: Scope) -> bool:
    """Tell whether the text is a single SQL expression: no statement, no sub-select, no comment."""
    # Loaded when used: most projects hold no raw SQL, and sqlglot takes a tenth of a second.
    import sqlglot  # noqa: PLC0415
    from sqlglot import errors, exp  # noqa: PLC0415

    try:
        trees = sqlglot.parse(f"SELECT {expr.text}", read=scope.dialect)
    except errors.SqlglotError as problem:
        return _refuse(scope, expr.body_span, f"this SQL cannot be read: {_first_words(problem)}")
    if len(trees) != 1 or not isinstance(trees[0], exp.Select):
        return _refuse(scope, expr.body_span, "this SQL is more than one expression")
    select = trees[0]
    if len(select.expressions) != 1 or any(
        value for key, value in select.args.items() if key != "expressions" and value
    ):
        return _refuse(scope, expr.body_span, "this SQL is more than one expression")
    for node in select.expressions[0].walk():
        if node.comments:
            return _refuse(scope, expr.body_span, "this SQL holds a comment")
        if isinstance(node, exp.AggFunc | exp.Window):
            return _refuse(scope, expr.body_span, "this SQL adds up rows, as only a measure does")
        if isinstance(node, exp.Query | exp.Command | exp.DDL | exp.DML | exp.Alias | exp.Star):
            return _refuse(scope, expr.body_span, "this SQL is more than one expression")
    return True


def check_select(text: str, span: Span, scope: Scope) -> tuple[str, ...] | None:
    """Return the names of the tables that a source's `sql:` reads; None unless it is one SELECT."""
    import sqlglot  # noqa: PLC0415
    from sqlglot import errors, exp  # noqa: PLC0415

    try:
        trees = sqlglot.parse(text, read=scope.dialect)
    except errors.SqlglotError as problem:
        _refuse(scope, span, f"this SQL cannot be read: {_first_words(problem)}", _ONE_SELECT)
        return None
    if len(trees) == 1 and isinstance(trees[0], exp.Query):
        writes = trees[0].find(exp.Command, exp.DDL, exp.DML, exp.Into)
        # Any statement is read where a query is named; some engines name an expression there.
        reads = exp.Query | exp.Condition | exp.Pivot | exp.Describe | exp.Summarize
        named = [item.this for item in trees[0].find_all(exp.CTE)]
        if writes is None and all(isinstance(item, reads) for item in named):
            return tuple(sorted({table.name for table in trees[0].find_all(exp.Table)}))
    _refuse(scope, span, "`sql` of a source is one SELECT", _ONE_SELECT)
    return None


def _refuse(scope: Scope, span: Span, message: str, mend: str = _ONE_EXPRESSION) -> bool:
    scope.error("K315", message, span, label="read as SQL", help=mend)
    return False


def _first_words(problem: Exception) -> str:
    """Return what the parser says, without the names of its own classes."""
    said = str(problem).split("\n", 1)[0].split(". Line", 1)[0]
    return re.sub(r" for <class '[\w.]+'>", "", said)[:120]
