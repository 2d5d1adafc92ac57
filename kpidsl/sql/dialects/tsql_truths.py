"""Truth values, of which SQL Server has none: a test stands where rows are chosen or a value is,
and anywhere else a bit, 1 or 0, is meant."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.stacks import arms, each_adapted

_COMPARED = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ)
_NEVER_NULL = (exp.Exists, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ)
_TESTS = (*_COMPARED, *_NEVER_NULL, exp.And, exp.In, exp.Like, exp.Not, exp.Or)


def with_tests(tree: exp.Expr) -> exp.Expr:
    """Write tests where tests are due, and bits where values are."""
    if isinstance(tree, exp.Union):
        return each_adapted(tree, list(arms(tree)), with_tests)
    return _value(tree)


def is_test(node: exp.Expr) -> bool:
    return isinstance(node.unnest(), _TESTS)


def is_truth(value: exp.Expr) -> bool:
    """Tell whether a value is a test, or what counts for one that is not known."""
    inner = value.unnest()
    return is_test(inner.this if isinstance(inner, exp.Coalesce) else inner)


def _value(node: exp.Expr) -> exp.Expr:
    """Return a node that stands where a value does."""
    if build.is_verbatim(node):
        return _bit(node) if is_test(node) else node
    match node:
        case exp.Boolean():
            return _as_bit(build.number(int(node.this)))
        case exp.Coalesce() if is_test(node.this):
            return _as_bit(_guarded(node))
        case exp.Cast() if is_test(node.this) or isinstance(node.this, exp.Boolean):
            return _value(node.this)
        case exp.Paren() if is_test(node):
            return _value(node.unnest())
    if isinstance(node, _TESTS):
        return _bit(_within(node))
    return _within(node)


def _test(node: exp.Expr) -> exp.Expr:
    """Return a node that stands where a test does."""
    if isinstance(node, exp.Paren) and not build.is_verbatim(node):
        return exp.Paren(this=_test(node.this))
    if build.is_verbatim(node) and is_test(node):
        return node
    match node:
        case exp.Boolean():
            return exp.EQ(this=build.number(1), expression=build.number(int(node.this)))
        case exp.Coalesce() if is_test(node.this):
            return _is_one(_guarded(node))
        case exp.Cast() if is_test(node.this):
            return exp.Paren(this=_test(node.this))
    if isinstance(node, _TESTS):
        return _within(node)
    return _is_one(_within(node) if not build.is_verbatim(node) else node)


def _within(node: exp.Expr) -> exp.Expr:
    """Write all that a node holds."""
    for child in list(node.iter_expressions()):
        key, place = str(child.arg_key), child.index
        changed = _test(child) if _asks(node, key) else with_tests(child)
        if changed is not child:
            node.set(key, changed, place)
    return node


def _asks(node: exp.Expr, key: str) -> bool:
    """Tell whether a node takes a test in a place."""
    match node:
        case exp.And() | exp.Or() | exp.Not() | exp.Where() | exp.Having():
            return True
        case exp.If():
            return key == "this"
        case exp.Join():
            return key == "on"
    return False


def _is_one(value: exp.Expr) -> exp.Expr:
    return exp.EQ(this=build.wrapped(value), expression=build.number(1))


def _as_bit(value: exp.Expr) -> exp.Expr:
    return build.cast(value, "BOOLEAN")


def _guarded(node: exp.Coalesce) -> exp.Expr:
    """Return 1 or 0 for a test that counts as another truth where it is not known."""
    (otherwise,) = node.expressions
    test, falls_back = node.this, build.number(int(otherwise.this))
    if otherwise.this:
        # What is not known is neither of both.
        return build.case(
            [(exp.Not(this=exp.Paren(this=_test(test))), build.number(0))], falls_back
        )
    return build.case([(_test(test), build.number(1))], falls_back)


def _bit(test: exp.Expr) -> exp.Expr:
    if _is_known(test):
        return _as_bit(build.case([(test, build.number(1))], build.number(0)))
    denied = exp.Not(this=exp.Paren(this=test.copy()))
    return _as_bit(build.case([(test, build.number(1)), (denied, build.number(0))]))


def _is_known(test: exp.Expr) -> bool:
    """Tell whether a test, as it is written, is true or false and never neither."""
    match test:
        case exp.And() | exp.Or():
            return _is_known(test.this) and _is_known(test.expression)
        case exp.Not() | exp.Paren():
            return _is_known(test.this)
        case exp.EQ():  # of constants, or of 1 and what has no other value than 0
            return all(map(_is_given, (test.this, test.expression)))
    return isinstance(test, _NEVER_NULL)


def _is_given(value: exp.Expr) -> bool:
    if isinstance(value, exp.Case):
        given = value.args.get("default")
        return given is not None and all(map(_is_given, build.choices(value)))
    return isinstance(value.unnest(), exp.Literal)
