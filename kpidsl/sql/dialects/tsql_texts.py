"""Texts by their bytes, in the SQL of SQL Server.

By most collations `a` is `A`, and by all of them `a` is `a` with a space behind it. Only the server
knows which columns hold texts, and by which collation. So what may be one is told apart by its
bytes beside its value: equal bytes are equal texts in any collation, and thus an index on the value
still helps.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.by_bytes import placed
from kpidsl.sql.dialects.mysql_calls import no_text
from kpidsl.sql.dialects.mysql_texts import holds_no_text, is_text

UNICODE, BYTES = "NVARCHAR(MAX)", "VARBINARY(MAX)"
_CODE_PAGE = "VARCHAR(MAX)"
IN_ORDER_OF_CODES = "Latin1_General_100_BIN2_UTF8"
"""A collation that tells all texts apart, but for spaces at their ends."""
BY_CHARACTERS = "Latin1_General_100_CI_AS_SC"
"""A collation by which a character outside of Unicode's first plane is one."""
_USUAL = "DATABASE_DEFAULT"


def kept_as(value: exp.Expr, datatype: str) -> exp.Expr:
    """Return a value as one of the server's own types."""
    kind = exp.DataType(this=exp.DType.USERDEFINED, kind=datatype)
    return exp.Cast(this=value, to=kind)


def as_text(value: exp.Expr, collation: str | None = None) -> exp.Expr:
    text = kept_as(value, UNICODE)
    return text if collation is None else collated(text, collation)


def collated(text: exp.Expr, collation: str) -> exp.Expr:
    return exp.Collate(this=text, expression=exp.Var(this=collation))


def written(text: exp.Expr) -> exp.Expr:
    """Return a text that a function made, by the database's own collation: two that were each made
    by another could neither be compared nor stand in one column."""
    return collated(text, _USUAL)


def told_apart(value: exp.Expr) -> exp.Expr:
    """Return what tells a value from others of its column."""
    return no_text(kept_as(value.copy(), BYTES))


def _bytes(value: exp.Expr) -> exp.Expr:
    """Return what tells a text from others, whatever type either is kept in."""
    return no_text(kept_as(as_text(value.copy()), BYTES))


def _in_order(value: exp.Expr) -> exp.Expr:
    """Return the bytes of a text in UTF-8, which are in the order of its characters."""
    text = as_text(value.copy(), IN_ORDER_OF_CODES)
    return no_text(kept_as(kept_as(text, _CODE_PAGE), BYTES))


def _is_text(value: exp.Expr) -> exp.Expr:
    """Return the test that a value is a text: then its bytes are those of itself as one."""
    texts = [kept_as(value.copy(), kind) for kind in (UNICODE, _CODE_PAGE)]
    return exp.In(this=told_apart(value), expressions=list(map(told_apart, texts)))


def may_be_texts(*values: exp.Expr) -> bool:
    return all(is_text(value) or not holds_no_text(value) for value in values)


def same(test: exp.Binary) -> exp.Expr:
    """Return the test that two values are equal, or both NULL where that counts: by their bytes
    where they are texts."""
    one, other = test.this, test.expression
    if not may_be_texts(one, other):
        return test
    by_bytes = type(test)(this=_bytes(one), expression=_bytes(other))
    return exp.Paren(this=exp.And(this=test, expression=_unless_no_text((one, other), by_bytes)))


def member(node: exp.In) -> exp.Expr:
    texts = [item for item in node.expressions if isinstance(item, exp.Literal | exp.National)]
    if not texts or not may_be_texts(node.this, *texts):
        return node
    rest = [item.copy() for item in node.expressions if isinstance(item, exp.Null)]
    by_bytes = exp.In(this=_bytes(node.this), expressions=[*map(_bytes, texts), *rest])
    return exp.Paren(this=exp.And(this=node, expression=_unless_no_text((node.this,), by_bytes)))


def before(test: exp.Binary) -> exp.Expr:
    """Return the test that one value comes before another: texts in the order of their bytes."""
    one, other = test.this, test.expression
    if not may_be_texts(one, other):
        return test
    by_bytes = type(test)(this=_in_order(one), expression=_in_order(other))
    data = next((value for value in (one, other) if not is_text(value)), None)
    if data is None:
        return by_bytes
    texts = exp.And(this=_is_text(data), expression=by_bytes)
    others = exp.And(this=exp.Not(this=_is_text(data)), expression=test)
    return exp.Paren(this=exp.Or(this=exp.Paren(this=texts), expression=exp.Paren(this=others)))


def _unless_no_text(values: Sequence[exp.Expr], by_bytes: exp.Expr) -> exp.Expr:
    data = next((value for value in values if not is_text(value)), None)
    if data is None:
        return by_bytes
    is_none = exp.Not(this=exp.Paren(this=_is_text(data)))
    if isinstance(by_bytes, exp.NullSafeEQ):  # NULL is no text, and yet known to be none
        is_none = exp.Not(this=build.coalesce(_is_text(data), exp.Boolean(this=False)))
    return exp.Paren(this=exp.Or(this=by_bytes, expression=is_none))


def apart(values: Sequence[exp.Expr]) -> list[exp.Expr]:
    """Return what tells values apart, beside themselves, where they may be texts."""
    return [told_apart(value) for value in values if not holds_no_text(value)]


def in_order(term: exp.Ordered) -> list[exp.Expr]:
    """Return terms by which rows stand in the order of a term: NULL where that says, texts in the
    order of their bytes."""
    value = term.this
    texts = [] if holds_no_text(value) else [build.case([(_is_text(value), _in_order(value))])]
    return placed(term, [*texts, value])
