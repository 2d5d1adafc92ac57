"""Trees that are written otherwise in Amazon Redshift: one rule for each kind of node that differs,
and what of a whole statement it has no way to run."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects.postgres_trees import (
    average,
    pass_on_nulls,
    stacked,
    substring,
)
from kpidsl.sql.dialects.rewriting import Rules, call, lacked, rewritten, text, whole
from kpidsl.sql.dialects.semijoins import as_joins, unjoinable
from kpidsl.sql.dialects.shared_rules import short
from kpidsl.sql.dialects.tsql_truths import is_truth

_LONGEST = 127
"""So many bytes of a name count."""
_ROUNDED = "DECIMAL(38, 18)"
_CHR = "CHR"
_ESCAPES = "^~#!|"


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    if isinstance(tree, exp.Query):
        pass_on_nulls(tree)
    return _adapted(tree)


def _adapted(tree: exp.Expr) -> exp.Expr:
    return rewritten(tree, _RULES, _statement)


def _statement(tree: exp.Expr) -> exp.Expr | None:
    if isinstance(tree, exp.Union):
        return stacked(tree, _adapted)
    if isinstance(tree, exp.Select):
        as_joins(tree)
    return None


# --- what can't be run ---------------------------------------------------------------------


def lacks(tree: exp.Query) -> list[str]:
    found = lacked(tree)
    if len({each.expression for each in tree.find_all(exp.WithinGroup)}) > 1:
        found.append("statement with medians or percentiles of several values")
    return found + unjoinable(tree)


# --- texts ---------------------------------------------------------------------------------


def _literal(node: exp.Literal) -> exp.Expr:
    """Say by their numbers the signs that a backslash would stand before: whether it means the sign
    after it, or itself, isn't said."""
    if not node.is_string or all(_is_plain(sign) for sign in node.name):
        return node
    parts: list[exp.Expr] = [text("")]
    for sign in node.name:
        last = parts[-1]
        if not _is_plain(sign):
            parts.append(call(_CHR, whole(ord(sign))))
        elif isinstance(last, exp.Literal):
            parts[-1] = text(last.name + sign)
        else:
            parts.append(text(sign))
    joined, *others = parts
    for part in others:
        joined = exp.DPipe(this=joined, expression=part)
    return exp.Paren(this=joined)


def _is_plain(sign: str) -> bool:
    return sign >= " " and sign not in "\\'"


def _like(node: exp.Like) -> exp.Expr:
    """A backslash would take the meaning from the mark after it, unless another sign does so."""
    pattern = node.expression
    if isinstance(pattern, exp.Literal):
        return node
    used = "".join(part.name for part in pattern.find_all(exp.Literal) if part.is_string)
    return exp.Escape(
        this=node, expression=text(next(sign for sign in _ESCAPES if sign not in used))
    )


def _named(node: exp.Alias) -> exp.Alias:
    """A column that is nothing but a text in quotes has no type."""
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        node.set("this", cast(node.this, "VARCHAR"))
    return node


def _converted(node: exp.Cast) -> exp.Expr:
    """A truth value can't be cast to a text."""
    value = node.this.unnest()
    if not node.is_type("VARCHAR") or not is_truth(value):
        return node
    is_false = exp.Not(this=build.wrapped(value.copy()))
    return build.case([(value, text("true")), (is_false, text("false"))])


# --- numbers -------------------------------------------------------------------------------


def _rounded(node: exp.Round) -> exp.Expr:
    """Round a decimal: what becomes of the half of a float isn't said."""
    is_float = any(part.is_type("DOUBLE") for part in node.find_all(exp.Cast))
    node.set("this", cast(node.this, _ROUNDED))
    return cast(node, "DOUBLE") if is_float else node


# --- times ---------------------------------------------------------------------------------


def _part(node: exp.Extract) -> exp.Expr:
    """A day has an hour, too; of weekdays Sunday is the first, and 0."""
    node.set("expression", cast(node.expression, "TIMESTAMP"))
    if node.name != "ISODOW":
        return node
    node.set("this", exp.Var(this="DOW"))
    since = exp.Paren(this=exp.Add(this=node, expression=whole(6)))
    past = exp.Mod(this=since, expression=whole(7))
    return exp.Paren(this=exp.Add(this=past, expression=whole(1)))


# --- rows ----------------------------------------------------------------------------------


def _same(node: exp.NullSafeEQ) -> exp.Expr:
    one, other = node.this, node.expression
    both = exp.And(this=build.is_null(one.copy()), expression=build.is_null(other.copy()))
    equal = exp.EQ(this=one, expression=other)
    return exp.Paren(this=exp.Or(this=equal, expression=exp.Paren(this=both)))


def _differs(node: exp.NullSafeNEQ) -> exp.Expr:
    """The other side is a literal."""
    differs = exp.NEQ(this=node.this, expression=node.expression)
    return exp.Paren(this=exp.Or(this=differs, expression=build.is_null(node.this.copy())))


def _window(node: exp.Window) -> exp.Expr:
    """A sum over rows in an order must say of which; no two rows stand at one place."""
    if isinstance(node.this, exp.Sum) and node.args.get("order"):
        rows = {"start": "UNBOUNDED", "start_side": "PRECEDING", "end": "CURRENT ROW"}
        node.set("spec", exp.WindowSpec(kind="ROWS", **rows))
    return node


_RULES: Rules = {
    exp.Alias: _named,
    exp.Avg: average,
    exp.Cast: _converted,
    exp.Extract: _part,
    exp.Identifier: lambda node: short(node, _LONGEST),
    exp.Like: _like,
    exp.Literal: _literal,
    exp.NullSafeEQ: _same,
    exp.NullSafeNEQ: _differs,
    exp.Round: _rounded,
    exp.Substring: substring,
    exp.Window: _window,
}
