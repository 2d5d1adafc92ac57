"""Trees that are written otherwise in a dialect: one rule for each kind of node that differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from sqlglot import Dialect as Writer
from sqlglot import exp

from kpidsl.sql import build

Rules = Mapping[type[exp.Expr], Callable[..., exp.Expr]]
First = Callable[[exp.Expr], exp.Expr | None]
_LACKS = "lacks"


@cache
def writer(dialect: str) -> Writer:
    """Return what writes the SQL of a dialect; loading it takes time and memory, and most processes
    need one."""
    return Writer.get_or_raise(dialect)


def _nothing(_: exp.Expr) -> None:
    """Nothing stands in the place of a node before its rule is asked."""


def rewritten(tree: exp.Expr, rules: Rules, first: First = _nothing) -> exp.Expr:
    """Rewrite a tree from its leaves up, leaving the author's own SQL as it is.

    `first` is shown each node before what is in it: it may change the node, or return what stands
    in its place and needs nothing more.
    """
    if build.is_verbatim(tree):
        return tree
    instead = first(tree)
    if instead is not None:
        return instead
    for child in list(tree.iter_expressions()):
        key, place = str(child.arg_key), child.index
        changed = rewritten(child, rules, first)
        if changed is not child:
            tree.set(key, changed, place)  # what it changed to may hold the child
    rule = rules.get(type(tree))
    return tree if rule is None else rule(tree)


def lacking(tree: exp.Expr, what: str) -> exp.Expr:
    """Return a tree that the dialect can't say, marked with what it lacks."""
    tree.meta[_LACKS] = what
    return tree


def lacked(tree: exp.Query) -> list[str]:
    """Return what is marked as lacking in a tree, each once, and the unions by name."""
    found = [str(node.meta[_LACKS]) for node in tree.walk() if _LACKS in node.meta]
    unions = (union for union in tree.find_all(exp.Union) if not build.is_verbatim(union))
    if any(union.args.get("by_name") for union in unions):
        found.append("union by the names of columns")
    return list(dict.fromkeys(found))


def call(function: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=function, expressions=list(arguments))


def word(name: str) -> exp.Expr:
    """Return a word that is no name, such as a unit of time."""
    return exp.Var(this=name)


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def whole(number: int) -> exp.Expr:
    """Return a whole number that no rule changes."""
    digits = exp.Literal.number(abs(number))
    return exp.Neg(this=digits) if number < 0 else digits
