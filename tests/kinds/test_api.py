"""Expressions of the command line, bound over a checked model."""

from __future__ import annotations

import pytest

from kpidsl.kinds.check import check
from kpidsl.kinds.vocabulary import Vocabulary
from kpidsl.model.expr import Compare, Literal, MeasureRef, MetricArithmetic, QueryDimension
from kpidsl.model.project import Model
from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse, parse_expression
from kpidsl.text.source import SourceFile
from tests.kinds.checking import SHOP, codes, model_of


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of(
        SHOP + "\nmetric aov: revenue / orders\nroi r {\n  gain: revenue\n  cost { a: cogs }\n}\n"
    )


@pytest.fixture(scope="module")
def vocabulary(model: Model) -> Vocabulary:
    return Vocabulary(model)


def expression(text: str) -> tree.Expr:
    expr, mistakes = parse_expression(SourceFile("<query>", text))
    assert not mistakes
    assert expr is not None
    return expr


def test_a_formula_of_a_query(vocabulary: Vocabulary) -> None:
    value, findings = vocabulary.metric(expression("revenue / orders"))
    assert value is not None
    assert value.expr == MetricArithmetic(
        "/", MeasureRef("lines", "revenue"), MeasureRef("lines", "orders")
    )
    assert str(value.unit) == "USD per order"
    assert findings == []
    value, _ = vocabulary.metric(expression("r.roi"))
    assert value is not None
    assert value.unit.is_plain
    assert value.percent


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("revenu", "K211"),
        ("revenue + orders", "K301"),
        ("aov - 3", "K304"),
        ("revenue - imports", "K302"),
        ("(revenue - cogs) - cogs", "D101"),
        ("sum(price)", "K309"),
        ("revenue by channel", "K311"),
    ],
)
def test_mistakes_in_a_formula_of_a_query(vocabulary: Vocabulary, text: str, code: str) -> None:
    value, findings = vocabulary.metric(expression(text))
    assert value is None
    assert codes(findings) == [code]
    assert findings[0].span is not None
    assert findings[0].span.file.name == "<query>"


def test_a_filter_of_a_query(vocabulary: Vocabulary) -> None:
    predicate, findings = vocabulary.condition(expression('channel != "x"'))
    assert predicate == Compare("!=", QueryDimension("channel"), Literal("x"))
    assert findings == []
    wrong, findings = vocabulary.condition(expression('chanel = "x"'))
    assert wrong is None
    assert codes(findings) == ["K211"]
    assert codes(vocabulary.condition(expression("channel"))[1]) == []
    assert codes(vocabulary.condition(expression('sql"a = 1"'))[1]) == ["K311"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("channel", QueryDimension("channel")),
        ("region", QueryDimension("region", "customers")),
        ("lines.channel", QueryDimension("channel", "lines")),
        ("lines.customer.region", QueryDimension("region", "customers", "lines", ("customer",))),
    ],
)
def test_dimensions_of_a_query(vocabulary: Vocabulary, text: str, expected: QueryDimension) -> None:
    assert vocabulary.dimension(text) == (expected, [])
    assert vocabulary.dimension(expression(text)) == (expected, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["revenue", "lines.regoin", "lines.nobody.region", "nobody.region", ""]
)
def test_unknown_dimensions_of_a_query(vocabulary: Vocabulary, text: str) -> None:
    dimension, findings = vocabulary.dimension(text)
    assert dimension is None
    assert len(findings) == 1
    assert findings[0].span is not None


def test_a_model_of_nothing_is_none() -> None:
    assert check([]) == (None, [])
    empty, mistakes = parse(SourceFile("empty.kpi", ""))
    assert check([empty])[0] is None
    assert mistakes == []
