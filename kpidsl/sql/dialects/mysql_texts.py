"""Texts by their bytes, in MySQL's SQL.

By a column's own collation `a` is `A`, `é` is `e` and, in most, `a` with a space behind it is `a`.
Only the server knows which columns hold texts. So what may be one is told apart by its bytes beside
its value: equal bytes are equal texts in any collation, and thus an index on the value still helps.
`COERCIBILITY` tells before any row is read whether a value is a text, and the test is gone then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.by_bytes import placed
from kpidsl.sql.dialects.mysql_calls import NO_TEXT, no_text
from kpidsl.sql.dialects.rewriting import call
from kpidsl.sql.dialects.stacks import arms

Columns = list[tuple[str, bool]] | None
"""The columns of rows, each with whether it holds no text; None where the data tell."""
Known = Mapping[str, Columns]
"""What is known of rows, by their name."""

_UNICODE = exp.DataType(this=exp.DType.CHARACTER_SET, kind=exp.Var(this="utf8mb4"))
_STATES = {"", "unmapped", "unallocated", "all", "other"}
"""Texts that statements themselves tell rows by, as they are written here."""
_TYPES = {
    exp.DType.BIGINT,
    exp.DType.BOOLEAN,
    exp.DType.DATE,
    exp.DType.DECIMAL,
    exp.DType.DOUBLE,
    exp.DType.TIMESTAMP,
}
_NUMBERS = (
    *(exp.Abs, exp.Add, exp.ApproxDistinct, exp.Avg, exp.Ceil, exp.Count, exp.DateDiff, exp.Div),
    *(exp.Extract, exp.Floor, exp.Length, exp.Mul, exp.Neg, exp.Rank, exp.Round, exp.RowNumber),
    *(exp.StddevSamp, exp.Sub, exp.Sum),
)
_TRUTHS = (exp.Predicate, exp.And, exp.Or, exp.Not, exp.Boolean, exp.Null)
_WRITTEN = (exp.Concat, exp.Lower, exp.Replace, exp.Substring, exp.Trim, exp.Upper)
"""What makes texts of anything."""


def holds_no_text(value: exp.Expr) -> bool:
    """Tell whether values of which some are equal are the same: numbers, times, truth values, and
    the few texts that statements write themselves."""
    if value.meta.get(NO_TEXT) or isinstance(value, (*_NUMBERS, *_TRUTHS)):
        return True
    match value:
        case exp.Literal():
            return not value.is_string or value.name in _STATES
        case exp.Cast():
            return value.to.this in _TYPES or isinstance(value.this, exp.Null)
        case exp.Case() | exp.Coalesce():
            return all(map(holds_no_text, build.choices(value)))
        case exp.Greatest() | exp.Least():
            return all(map(holds_no_text, (value.this, *value.expressions)))
        case exp.Alias() | exp.Lead() | exp.Max() | exp.Min() | exp.Nullif() | exp.Paren():
            return holds_no_text(value.this)
        case exp.Window():
            return holds_no_text(value.this)
        case exp.Subquery(this=exp.Select(expressions=[one])):
            return holds_no_text(one)
    return False


def tell_texts(query: exp.Query) -> None:
    """Mark the columns of a statement that hold no texts of the data, wherever they are read."""
    _columns_of(query, {}, {})


def _columns_of(query: exp.Expr, named: Known, around: Known) -> Columns:
    """Mark what a query reads; return its columns. `named` are the queries that it may read by
    name, `around` the rows of the queries that it stands in."""
    if build.is_verbatim(query):
        return None
    if isinstance(query, exp.Union):
        return _together([_columns_of(part, named, around) for part in arms(query)])
    if not isinstance(query, exp.Select):
        return None
    named = dict(named)
    for cte in query.ctes:
        named[cte.alias] = _columns_of(cte.this, named, around)
    own: dict[str, Columns] = {}
    for part in (query.args.get("from_"), *(query.args.get("joins") or ())):
        if part is not None:
            own[part.this.alias_or_name] = _rows(part.this, named, {**around, **own})
    rows = {**around, **own}
    for key, value in query.args.items():
        if key not in {"with_", "from_"}:
            for node in value if isinstance(value, list) else [value]:
                within = node.args.get("on") if isinstance(node, exp.Join) else node
                if isinstance(within, exp.Expr):
                    _mark(within, named, rows, own)
    return _selected(query, own)


def _rows(table: exp.Expr, named: Known, rows: Known) -> Columns:
    if isinstance(table, exp.Subquery):
        return _columns_of(table.this, named, rows)
    is_named = isinstance(table, exp.Table) and not table.args.get("db")
    return named.get(table.name) if is_named else None


def _together(parts: Sequence[Columns]) -> Columns:
    """Return the columns of rows that are stacked."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    first, *others = known
    return [
        (name, own and all(other[place][1] for other in others))
        for place, (name, own) in enumerate(first)
    ]


def _mark(node: exp.Expr, named: Known, rows: Known, own: Known) -> None:
    """Mark the columns in a value, and those of the queries within it."""
    if isinstance(node, exp.Select | exp.Union):
        _columns_of(node, named, rows)
        return
    if isinstance(node, exp.Column):
        tables = [rows.get(node.table)] if node.table else own.values()
        if any((node.name, True) in (columns or ()) for columns in tables):
            no_text(node)
    for child in node.iter_expressions():
        _mark(child, named, rows, own)


def _selected(query: exp.Select, own: Known) -> Columns:
    found: list[tuple[str, bool]] = []
    for item in query.expressions:
        if not item.is_star:
            found.append((item.alias_or_name, holds_no_text(item)))
            continue
        for columns in [own.get(item.table)] if isinstance(item, exp.Column) else own.values():
            if columns is None:
                return None
            found += columns
    return found


# --- what tells texts apart ------------------------------------------------------------------


def bytes_of(value: exp.Expr) -> exp.Expr:
    """Return what tells a text by its bytes, among those of one column."""
    return no_text(call("HEX", value.copy()))


def is_no_text(value: exp.Expr) -> exp.Expr:
    """Return the test that a value is no text; it is known before any row is read."""
    own = call("COERCIBILITY", value.copy())
    return exp.GTE(this=own, expression=call("COERCIBILITY", exp.Literal.number(0)))


def same(test: exp.Binary) -> exp.Expr:
    """Return the test that two values are equal, or both NULL where that counts: by their bytes
    where they are texts."""
    one, other = test.this, test.expression
    if not _may_be_texts(one, other):
        return test
    by_bytes: exp.Expr = type(test)(this=_key(one), expression=_key(other))
    return exp.Paren(this=exp.And(this=test, expression=_unless_no_text((one, other), by_bytes)))


def member(node: exp.In) -> exp.Expr:
    texts = [item for item in node.expressions if isinstance(item, exp.Literal) and item.is_string]
    if not texts or not _may_be_texts(node.this, *texts):
        return node
    rest = [item for item in node.expressions if isinstance(item, exp.Null)]
    items = [*map(_key, texts), *(item.copy() for item in rest)]
    by_bytes = exp.In(this=_key(node.this), expressions=items)
    return exp.Paren(this=exp.And(this=node, expression=_unless_no_text((node.this,), by_bytes)))


def before(test: exp.Binary) -> exp.Expr:
    """Return the test that one value comes before another: texts in the order of their bytes."""
    one, other = test.this, test.expression
    if not _may_be_texts(one, other):
        return test
    by_bytes = type(test)(this=_key(one), expression=_key(other))
    if is_text(one) and is_text(other):
        return by_bytes
    data = other if is_text(one) else one
    return build.case([(is_no_text(data), test.copy())], by_bytes)


def _may_be_texts(*values: exp.Expr) -> bool:
    return all(is_text(value) or not holds_no_text(value) for value in values)


def is_text(value: exp.Expr) -> bool:
    """Tell whether a value is a text whatever the data are."""
    inner = value.unnest()
    if inner.meta.get(NO_TEXT):
        return False
    if isinstance(inner, exp.Cast):
        return inner.to.this not in _TYPES
    return isinstance(inner, _WRITTEN) or (isinstance(inner, exp.Literal) and inner.is_string)


def _unless_no_text(values: Sequence[exp.Expr], by_bytes: exp.Expr) -> exp.Expr:
    data = next((value for value in values if not is_text(value)), None)
    if data is None:
        return by_bytes
    return exp.Paren(this=exp.Or(this=is_no_text(data), expression=by_bytes))


def _key(value: exp.Expr) -> exp.Expr:
    """Return what tells a text by its bytes, whatever the character set that it is kept in."""
    inner = value.unnest()
    if isinstance(inner, exp.Literal | exp.Null):
        return bytes_of(inner)
    return bytes_of(exp.Cast(this=inner.copy(), to=_UNICODE.copy()))


# --- rows ------------------------------------------------------------------------------------


def apart(values: Sequence[exp.Expr]) -> list[exp.Expr]:
    """Return what tells values apart, beside themselves, where they may be texts."""
    return [bytes_of(value) for value in values if not holds_no_text(value)]


def in_order(term: exp.Ordered) -> list[exp.Expr]:
    """Return terms by which rows stand in the order of a term: NULL where that says, texts in the
    order of their bytes."""
    value = term.this
    if holds_no_text(value):
        return placed(term, [value])
    numbers = [] if is_text(value) else [build.case([(is_no_text(value), value.copy())])]
    return placed(term, [*numbers, bytes_of(value)])
