"""Formulas as text: the same however they were written, and read back as the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kpidsl.kinds.check import check
from kpidsl.kinds.vocabulary import Vocabulary
from kpidsl.model.expr import And, Column, Compare, In, IsState, Like, Literal, Negate, Not, Or
from kpidsl.model.formula import metric_text, number_text, row_text
from kpidsl.model.project import Model
from kpidsl.syntax.parser import parse, parse_expression
from kpidsl.text.source import SourceFile

SHOP = """kpidsl 1
source s {
  table: t
  dimensions: [d, e]
  measure a: sum(a) as USD
  measure b: sum(b) as USD
  measure c: count() as thing
}
"""


@pytest.fixture(scope="module")
def model() -> Model:
    checked, findings = check([parse(SourceFile("s.kpi", SHOP))[0]])
    assert findings == []
    assert checked is not None
    return checked


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("a-b", "a - b"),
        ("a - (b - a)", "a - (b - a)"),
        ("(a - b) - a", "a - b - a"),
        ("a / (b / c)", "a / (b / c)"),
        ("(a + b) / c", "(a + b) / c"),
        ("a / c * 2", "a / c * 2"),
        ("-(a + b)", "-(a + b)"),
        ("coalesce(a, 0)", "coalesce(a, 0)"),
        ("prior(a + b, 1y)", "prior(a + b, 1y)"),
        ("prior(a, 7d)", "prior(a, 7d)"),
        ("prior(a, 18mo)", "prior(a, 1y 6mo)"),
        ('(a where d = "x") / c', '(a where d = "x") / c'),
        (
            'a where d = "x" and (d = "y" or not e = 1)',
            'a where d = "x" and (d = "y" or not e = 1)',
        ),
        ('a where d in ["x", "y"] or d like "z%"', 'a where d in ["x", "y"] or d like "z%"'),
        ("a - 12.50 USD per month", "a - 12.5 USD per month"),
        ("a where d is not none", "a where not d is none"),
    ],
)
def test_formulas(model: Model, written: str, printed: str) -> None:
    def bound(text: str) -> object:
        tree, mistakes = parse_expression(SourceFile("<test>", text))
        assert not mistakes
        assert tree is not None
        value, findings = Vocabulary(model).metric(tree)
        assert findings == []
        assert value is not None
        return value.expr

    expr = bound(written)
    shown = metric_text(expr).replace("s.d", "d").replace("s.e", "e")  # type: ignore[arg-type]
    assert shown == printed
    if "18mo" not in written:  # a duration is written in one unit, and printed in two
        assert bound(shown) == expr


D = Column(("d",))


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (Compare("<", D, Literal(date(2026, 1, 1))), "d < 2026-01-01"),
        (And((D, Or((D, Not(D))))), "d and (d or not d)"),
        (Not(And((D, D))), "not (d and d)"),
        (In(D, (Literal(Decimal("1.50")), Literal(None))), "d in [1.5, null]"),
        (Like(D, 'a"b'), 'd like "a\\"b"'),
        (IsState(D, "unmapped"), "d is unmapped"),
        (Negate(D), "-d"),
        (Literal(True), "true"),
    ],
)
def test_conditions(expr: And, text: str) -> None:
    assert row_text(expr) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+3", "1000"), ("0.10", "0.1"), ("100", "100"), ("-2.50", "-2.5"), ("0", "0")],
)
def test_numbers(number: str, text: str) -> None:
    assert number_text(Decimal(number)) == text
