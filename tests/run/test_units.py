"""D14: the unit of an answer's column, and whether it is shown as a percentage."""

from __future__ import annotations

import pytest

from kpidsl.kinds.vocabulary import Vocabulary
from kpidsl.model.project import Model
from kpidsl.run.units import unit_of
from kpidsl.syntax.parser import parse_expression
from kpidsl.text.source import SourceFile
from tests.kinds.checking import SHOP, model_of


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of(SHOP + "\nmetric rate: orders / visits as percent\n")


@pytest.mark.parametrize(
    ("formula", "unit", "percent"),
    [
        ("revenue", "USD", False),
        ("revenue * 2", "USD", False),
        ("revenue / orders", "USD per order", False),
        ("revenue / orders * orders", "USD", False),
        ("revenue - cogs", "USD", False),
        ("coalesce(revenue, 0)", "USD", False),
        ("12_000 USD per month", "USD", False),
        ('revenue where channel = "x"', "USD", False),
        ("rate", "order per visit", True),
        ("-rate", "order per visit", True),
        ("prior(rate, 1y)", "order per visit", True),
        ("rate - prior(rate, 1y)", "order per visit", True),
        # A percentage and a plain ratio of the same units give no percentage, in any order.
        ("rate - orders / visits", "order per visit", False),
        ("orders / visits - rate", "order per visit", False),
        ("rate * 2", "order per visit", False),
        ("rate / rate", "number", False),
        ("rate * visits", "order", False),
    ],
)
def test_the_unit_of_a_question(model: Model, formula: str, unit: str, percent: bool) -> None:
    tree, mistakes = parse_expression(SourceFile("<query>", formula))
    assert tree is not None, mistakes
    value, found = Vocabulary(model).metric(tree)
    assert value is not None, found
    assert (str(unit_of(value.expr, model)[0]), unit_of(value.expr, model)[1]) == (unit, percent)
