"""Products of decimals: an engine may have no room for those of all factors, and cut some off
without a word (S12)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from kpidsl.sql import build

_CUT_IN = {"databricks", "mysql", "snowflake", "spark", "tsql"}
"""Dialects in which they are cut; others refuse the product, or have room for it, by their types or
a rule."""


def cut_products(tree: exp.Expr, dialect: str) -> Iterator[exp.Mul]:
    """Yield the products of a statement whose decimals a dialect may cut, each as a whole."""
    if dialect not in _CUT_IN:
        return
    for node in tree.find_all(exp.Mul):
        if not _is_factor(node) and sum(map(_may_have_decimals, factors_of(node))) > 1:
            yield node


def factors_of(product: exp.Expr) -> Iterator[exp.Expr]:
    match product:
        case exp.Mul():
            yield from factors_of(product.this)
            yield from factors_of(product.expression)
        case exp.Paren() | exp.Neg() if isinstance(product.this, exp.Mul | exp.Paren | exp.Neg):
            yield from factors_of(product.this)
        case _:
            yield product


def _is_factor(node: exp.Expr) -> bool:
    above = node.parent
    while isinstance(above, exp.Paren | exp.Neg):
        above = above.parent
    return isinstance(above, exp.Mul)


def _may_have_decimals(factor: exp.Expr) -> bool:
    """Tell whether a factor isn't plainly a whole number or a float."""
    match factor:
        case exp.Literal():
            return "." in factor.name
        case exp.Cast():
            return factor.to.is_type(exp.DType.DECIMAL)
        case exp.Count() | exp.Div():
            return False
        case exp.Paren():
            return _may_have_decimals(factor.this)
    return not build.is_verbatim(factor)
