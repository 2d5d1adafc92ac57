"""Metrics with parameters: what a call stands for, and the mistakes in it."""

from __future__ import annotations

import pytest

from kpidsl.kinds.vocabulary import Vocabulary
from kpidsl.syntax.parser import parse_expression
from kpidsl.text.source import SourceFile
from tests.kinds.checking import SHOP, checked, errors, model_of, only

TEMPLATES = f"""{SHOP}
metric per_order(amount): amount / orders
metric share_of(part, whole: revenue): part / whole as percent
metric margin(cost): share_of(part: revenue - cost)
metric scaled(orders): per_order(amount: revenue) * orders
"""


@pytest.mark.parametrize(
    ("call", "plain", "unit", "percent"),
    [
        ("per_order(revenue)", "revenue / orders", "USD per order", False),
        ("per_order(amount: revenue - cogs)", "(revenue - cogs) / orders", "USD per order", False),
        ("per_order(revenue) * 2", "revenue / orders * 2", "USD per order", False),
        ("share_of(part: cogs)", "cogs / revenue as percent", "number", True),
        ("share_of(whole: cogs, part: revenue)", "revenue / cogs as percent", "number", True),
        # One with parameters may use another.
        ("margin(cogs)", "(revenue - cogs) / revenue as percent", "number", True),
        # What this one calls `orders` is none of that one's business.
        ("scaled(cogs)", "revenue / orders * cogs", "USD^2 per order", False),
        ("prior(per_order(revenue), 1y)", "prior(revenue / orders, 1y)", "USD per order", False),
        (
            'per_order(revenue) where region = "EU"',
            'revenue / orders where region = "EU"',
            "USD per order",
            False,
        ),
    ],
)
def test_a_call_is_the_formula_that_it_stands_for(
    call: str, plain: str, unit: str, percent: bool
) -> None:
    model = model_of(f"{TEMPLATES}\nmetric a: {call}\nmetric b: {plain}\n")
    a, b = model.metrics["a"], model.metrics["b"]
    assert a.expr == b.expr
    assert (str(a.unit), a.percent) == (unit, percent)


@pytest.mark.parametrize("call", ["per_order(revenue)", "margin(cost: cogs)"])
def test_a_question_may_call_it(call: str) -> None:
    model = model_of(f"{TEMPLATES}\nmetric same: {call}\n")
    expr, _ = parse_expression(SourceFile("<query>", call))
    assert expr is not None
    value, findings = Vocabulary(model).metric(expr)
    assert findings == []
    assert value is not None
    assert value.expr == model.metrics["same"].expr


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("metric m: share_of(cogs)", "K218 cogs: `cogs` does not say which parameter"),
        ("metric m: share_of(prt: cogs)", "K218 prt: cogs: `share_of` has no parameter `prt`"),
        ("metric m: share_of(part: cogs, part: cogs)", "K218 part: cogs: `part` is given twice"),
        ("metric m: share_of()", "K218 share_of(): `share_of` is not told its `part`"),
        ("metric m: share_of * 2", "K218 share_of: `share_of` has parameters"),
        ("metric m: per_order(revenu)", "K211 revenu: no metric"),
        ("metric m(x): x / m(x)\nmetric n: m(revenue)", "K213 m(x): metric `m` is defined by"),
        ("metric round(x): x / 2", "K210 round: `round` is a function already"),
        ("metric per_order(x): x / 2", "K210 per_order: `per_order` is declared twice"),
        ("metric per_order: revenue", "K210 per_order: `per_order` is declared twice"),
    ],
)
def test_mistakes(text: str, finding: str) -> None:
    _, findings = checked(f"{TEMPLATES}\n{text}\n")
    assert [error[: len(finding)] for error in errors(findings)] == [finding]


def test_a_mistake_in_what_is_written_out_shows_both_places() -> None:
    _, findings = checked(f"{TEMPLATES}\nmetric m: share_of(part: orders)\n")
    found = only(findings, "K303")
    assert found.span is not None
    assert found.span.text == "share_of(part: orders)"
    assert "`share_of` is defined here" in [label.message for label in found.labels]


def test_what_grows_without_end_is_refused() -> None:
    """Each doubles the one before: the twentieth would be a million terms."""
    doubles = "\n".join(f"metric d{n + 1}(x): d{n}(x) + d{n}(x)" for n in range(20))
    _, findings = checked(f"{SHOP}\nmetric d0(x): x\n{doubles}\nmetric m: d20(revenue)\n")
    assert [error[:4] for error in errors(findings)] == ["K111"]
