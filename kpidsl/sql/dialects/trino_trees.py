"""Trees that are written otherwise in Trino: one rule for each kind of node that differs."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.rewriting import Rules, call, rewritten, text
from kpidsl.sql.dialects.shared_rules import as_floats, extreme, substring
from kpidsl.sql.dialects.stacks import values_of, with_rows

_DIGITS_OF_INTEGERS = 18
"""So many digits of a whole number are read as such."""
_MOMENTS = {
    exp.DType.TIMESTAMP: "TIMESTAMP(6)",
    exp.DType.TIMESTAMPNTZ: "TIMESTAMP(6)",
    exp.DType.TIMESTAMPTZ: "TIMESTAMPTZ(6)",
}
_ZONED = "zoned"
_SLACK = {exp.GTE: timedelta(days=-2), exp.LT: timedelta(days=3)}
"""How far a day is off for which a moment is compared, so that it holds of any two zones."""
_MARGIN = max(map(abs, _SLACK.values()))


def by_type(value: exp.Expr, zoned: exp.Expr, naive: exp.Expr) -> exp.Expr:
    """Choose by whether a column's values have a zone, which is looked up in each row."""
    has_zone = exp.Like(this=call("TYPEOF", value.copy()), expression=text("%with time zone"))
    chosen = build.case([(has_zone, zoned)], naive)
    chosen.meta[_ZONED] = value
    return chosen


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    return rewritten(tree, _RULES, _statement)


def _statement(tree: exp.Expr) -> exp.Expr | None:
    if isinstance(tree, exp.Union):
        # Of thousands of queries Trino says that they are nested too deep.
        return with_rows(tree, adapted, lambda queries: values_of(queries, adapted), "UNNEST")
    return None


def _literal(node: exp.Literal) -> exp.Expr:
    """A whole number of many digits would be none of any type."""
    is_long = len(node.name) > _DIGITS_OF_INTEGERS and "." not in node.name
    return node if node.is_string or not is_long else build.cast(text(node.name), "DECIMAL(38, 0)")


def _converted(node: exp.Cast) -> exp.Expr:
    """Without a precision a moment has milliseconds only."""
    moment = _MOMENTS.get(node.to.this)
    return node if moment is None else build.cast(node.this, moment)


def _bounded(node: exp.GTE | exp.LT) -> exp.Expr:
    """Compare a column itself with a day near by, too: by that Trino leaves out partitions, and not
    by what is computed of a column."""
    value, moment = node.this.meta.get(_ZONED), node.expression
    if value is None or not (isinstance(moment, exp.Cast) and moment.this.is_string):
        return node
    day = datetime.fromisoformat(moment.name).date()
    if not date.min + _MARGIN < day < date.max - _MARGIN:
        return node
    near = type(node)(this=value.copy(), expression=build.day(day + _SLACK[type(node)]))
    return exp.Paren(this=exp.And(this=near, expression=node))


def _part(node: exp.Extract) -> exp.Expr:
    return call("DAY_OF_WEEK", node.expression) if node.name == "ISODOW" else node


def _replaced(node: exp.Replace) -> exp.Expr:
    """An empty text would be found between all characters."""
    sought = node.expression
    if isinstance(sought, exp.Literal) and sought.name:
        return node
    is_empty = exp.EQ(this=sought.copy(), expression=text(""))
    return build.case([(is_empty, node.this.copy())], node)


def _rounded(node: exp.Round) -> exp.Expr:
    places = node.args.get("decimals")
    if places is not None:
        node.set("decimals", build.cast(places, "INT"))
    return node


def _trimmed(node: exp.Trim) -> exp.Expr:
    """All white space would be left off, and not only spaces."""
    node.set("expression", text(" "))
    return node


_RULES: Rules = {
    exp.Avg: as_floats,
    exp.Cast: _converted,
    exp.Extract: _part,
    exp.GTE: _bounded,
    exp.Greatest: extreme,
    exp.Least: extreme,
    exp.Literal: _literal,
    exp.LT: _bounded,
    exp.Replace: _replaced,
    exp.Round: _rounded,
    exp.Substring: substring,
    exp.Trim: _trimmed,
}
