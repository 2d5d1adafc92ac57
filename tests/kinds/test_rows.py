"""Row expressions: types, dates as whole days, conditions, raw SQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kpidsl.model.expr import (
    And,
    Arithmetic,
    CaseWhen,
    Column,
    Compare,
    In,
    IsState,
    Like,
    Literal,
    Not,
    Or,
    RawSql,
    RowExpr,
    TimeColumn,
)
from kpidsl.model.units import Datatype
from tests.kinds.checking import checked, errors, model_of, only

SOURCE = """kpidsl 1
source s {{
  table: t
  time: paid_at
  {line}
}}
"""


def excluded(condition: str) -> RowExpr | None:
    return model_of(SOURCE.format(line=f"exclude: {condition}")).sources["s"].exclude


A, TIME = Column(("a",)), TimeColumn()
DAY, NEXT = Literal(date(2026, 6, 30)), Literal(date(2026, 7, 1))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a", A),
        ("a = 1", Compare("=", A, Literal(Decimal(1)))),
        ("a > -2", Compare(">", A, Literal(Decimal(-2)))),
        ("a < 5%", Compare("<", A, Literal(Decimal("0.05")))),
        ('a in ["x", "y"]', In(A, (Literal("x"), Literal("y")))),
        ('a not in ["x"]', Not(In(A, (Literal("x"),)))),
        ('a like "x%"', Like(A, "x%")),
        ('a not like "x%"', Not(Like(A, "x%"))),
        ("a is null", IsState(A, "null")),
        ("a is not unmapped", Not(IsState(A, "unmapped"))),
        ("not a", Not(A)),
        ("a and a and not a", And((A, A, Not(A)))),
        ("a or a and a", Or((A, And((A, A))))),
        ("a + 1 > 2", Compare(">", Arithmetic("+", A, Literal(Decimal(1))), Literal(Decimal(2)))),
        ("a between 1 and 2", And((
            Compare(">=", A, Literal(Decimal(1))), Compare("<=", A, Literal(Decimal(2))),
        ))),
        # A date is a whole day, so that a time of that day is in it.
        ("paid_at = 2026-06-30", And((Compare(">=", TIME, DAY), Compare("<", TIME, NEXT)))),
        ("paid_at != 2026-06-30", Not(And((Compare(">=", TIME, DAY), Compare("<", TIME, NEXT))))),
        ("paid_at <= 2026-06-30", Compare("<", TIME, NEXT)),
        ("paid_at < 2026-06-30", Compare("<", TIME, DAY)),
        ("paid_at > 2026-06-30", Compare(">=", TIME, NEXT)),
        ("2026-06-30 < paid_at", Compare(">=", TIME, NEXT)),
        ("paid_at = 2026-06", And((
            Compare(">=", TIME, Literal(date(2026, 6, 1))), Compare("<", TIME, NEXT),
        ))),
        ("paid_at between 2026-06-30 and 2026-06-30", And((
            Compare(">=", TIME, DAY), Compare("<", TIME, NEXT),
        ))),
        ("paid_at in [2026-06-30]", And((Compare(">=", TIME, DAY), Compare("<", TIME, NEXT)))),
        ('sql"a % 2 = 0"', RawSql("a % 2 = 0")),
    ],
)  # fmt: skip
def test_conditions(condition: str, expected: RowExpr) -> None:
    assert excluded(condition) == expected


@pytest.mark.parametrize(
    ("condition", "code", "marked"),
    [
        ("length(a)", "K305", "length(a)"),
        ('"x"', "K305", '"x"'),
        ("a = null", "K306", "a = null"),
        ("upper(a) > 3", "K306", "3"),
        ('length(a) + "x" > 3', "K306", '"x"'),
        ("paid_at > 3", "K306", "3"),
        ("a like 3", "K306", "3"),
        ("length(3) > 1", "K306", "3"),
        ("a is nul", "K305", "nul"),
        ("a > 5 USD", "K311", "5 USD"),
        ("a > 30d", "K311", "30d"),
        ("a in [b]", "K311", "b"),
        ("sum(a) > 3", "K309", "sum"),
        ("prior(a, 1y) > 3", "K309", "prior"),
        ("uper(a) = 3", "K307", "uper"),
        ("substring(a) = 3", "K308", "substring(a)"),
        ('sql"a; drop table t"', "K315", "a; drop table t"),
        ('sql"(select 1)"', "K315", "(select 1)"),
        ('sql"a -- b"', "K315", "a -- b"),
        ('sql"a from t"', "K315", "a from t"),
        ('sql"a, b"', "K315", "a, b"),
        ('sql"a +"', "K315", "a +"),
        ('sql"sum(a) > 1"', "K315", "sum(a) > 1"),
        ('sql"a as b"', "K315", "a as b"),
        ('sql"a in (select b from t)"', "K315", "a in (select b from t)"),
    ],
)
def test_refused_conditions_point_at_the_part(condition: str, code: str, marked: str) -> None:
    _, findings = checked(SOURCE.format(line=f"exclude: {condition}"))
    found = only(findings, code)
    assert found.span is not None
    assert found.span.text == marked
    assert len(errors(findings)) == 1


@pytest.mark.parametrize(
    ("formula", "datatype"),
    [
        ("a", Datatype.UNKNOWN),
        ("a * 2", Datatype.NUMBER),
        ("lower(a)", Datatype.TEXT),
        ('"meta"', Datatype.TEXT),
        ("a > 1", Datatype.BOOLEAN),
        ("paid_at", Datatype.TIMESTAMP),
        ("date(a)", Datatype.DATE),
        ("coalesce(length(a), 0)", Datatype.NUMBER),
        ('case when a then "x" else "y" end', Datatype.TEXT),
        ("count() per b", Datatype.NUMBER),
    ],
)
def test_types_of_dimensions(formula: str, datatype: Datatype) -> None:
    model = model_of(SOURCE.format(line=f"dimension d: {formula}"))
    assert model.sources["s"].dimensions["d"].datatype is datatype


def test_a_map_groups_values_and_keeps_missing_ones_apart() -> None:
    line = 'dimension d: a { map { "social": ["fb", "ig"], else: "other" } }'
    dimension = model_of(SOURCE.format(line=line)).sources["s"].dimensions["d"]
    # S2: a missing value stays `(none)`; it is not one of the others.
    assert dimension.expr == CaseWhen(
        (
            (IsState(A, "null"), Literal(None)),
            (In(A, (Literal("fb"), Literal("ig"))), Literal("social")),
        ),
        Literal("other"),
    )
    assert dimension.datatype is Datatype.TEXT


def test_a_map_without_else_keeps_the_other_values() -> None:
    dimension = model_of(SOURCE.format(line='dimension d: a { map { "x": "y" } }'))
    expr = dimension.sources["s"].dimensions["d"].expr
    assert isinstance(expr, CaseWhen)
    assert expr.default == A


def test_members_of_a_map_are_data_and_stand_in_quotes() -> None:
    found = only(
        checked(SOURCE.format(line='dimension d: a { map { social: ["fb"] } }'))[1], "K202"
    )
    assert found.fix is not None
    assert found.fix.replacement == '"social"'


def test_the_deepest_formula_of_a_pack_around_the_deepest_argument_is_bound() -> None:
    # The parser takes up to 100 levels; `use` puts one such formula into another.
    deep = " + ".join(["x"] * 95)
    text = (
        "kpidsl 1\nsource s {\n  table: t\n  measure m: sum(a) as USD\n}\n"
        f"pack p {{\n  metric big(x): {deep}\n}}\n"
        f"use p.big(x: {' + '.join(['m'] * 95)}) as big {{\n}}\n"
    )
    assert str(model_of(text).metrics["big"].unit) == "USD"
