"""How tightly operators bind: the trees on the right are drawn by hand from the table."""

from __future__ import annotations

import pytest

from kpidsl.syntax.parser import parse_expression
from kpidsl.text.source import SourceFile
from tests.syntax.shape import expression, shape


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        # signs, products, sums
        ("a + b * c", "(+ a (* b c))"),
        ("a - b - c", "(- (- a b) c)"),
        ("a / b / c", "(/ (/ a b) c)"),
        ("a / b * c", "(* (/ a b) c)"),
        ("-a * b", "(* (- a) b)"),
        ("a * -b", "(* a (- b))"),
        ("a - -b", "(- a (- b))"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("a - (b - c)", "(- a (- b c))"),
        # per and once per: tighter than a sign
        ("12_000 USD per month", "(per 12000_USD month)"),
        ("ad_spend + 12_000 USD per month", "(+ ad_spend (per 12000_USD month))"),
        ("-5 USD per month", "(- (per 5_USD month))"),
        ("8% per year", "(per 0.08 year)"),
        ("min(paid_at) per customer_id", "(per (min() paid_at) customer_id)"),
        ("sum(x once per order_id)", "(sum() (once per x order_id))"),
        ("a / b per c", "(/ a (per b c))"),
        ("x per [a, b]", "(per x [a b])"),
        # ranges, points in time and tolerances: looser than sums
        ("2026-01-01 .. 2026-12-31", "(.. 2026-01-01 2026-12-31)"),
        ("a + 1 .. b - 1", "(.. (+ a 1) (- b 1))"),
        ("+20% from 2025-H1", "(from (+ 0.2) 2025-H1)"),
        ("at most 45 USD at 2026-12", "(at (at most 45_USD) 2026-12)"),
        ("at least a + b", "(at least (+ a b))"),
        ("25 USD ± 0.01", "(± 25_USD 0.01)"),
        ("100 to 200 over 2026", "(over (to 100 200) 2026)"),
        # comparisons: looser than ranges
        ("aov at 2026-02 = 25 USD ± 0.01", "(= (at aov 2026-02) (± 25_USD 0.01))"),
        ("a + b < c * d", "(< (+ a b) (* c d))"),
        ('a in ["x", "y"]', "(in a ['x' 'y'])"),
        ("a not in (1, 2,)", "(not in a [1 2])"),
        ("a in []", "(in a [])"),
        ('a like "x%"', "(like a 'x%')"),
        ('a not like "x%"', "(not like a 'x%')"),
        ("a between 1 and 2 and b", "(and (between a 1 2) b)"),
        ("a not between 1 + 1 and 2", "(not between a (+ 1 1) 2)"),
        ("a + b is null", "(is null (+ a b))"),
        ("a is not none", "(is not none a)"),
        ("a is unmapped or b", "(or (is unmapped a) b)"),
        # logic
        ("a or b and c", "(or a (and b c))"),
        ("not a = b and c", "(and (not (= a b)) c)"),
        ("not not a", "(not (not a))"),
        ("a or b or c", "(or (or a b) c)"),
        # what applies to the whole of its left side
        ("a + b where c = 1 or d", "(where (+ a b) (or (= c 1) d))"),
        ("a where x / b", "(where a (/ x b))"),
        ("(a where x) / b", "(/ (where a x) b)"),
        ("revenue / orders as USD / order", "(as (/ revenue orders) (/ USD order))"),
        (
            "count_distinct(customer_id) where paid_at = first_paid as customer",
            "(as (where (count_distinct() customer_id) (= paid_at first_paid)) customer)",
        ),
        ("sum(x) as USD where y", "(where (as (sum() x) USD) y)"),
        ("a where b where c", "(where (where a b) c)"),
        ("roi by channel", "(by roi channel)"),
        ("roi by [channel, region] where a", "(where (by roi [channel region]) a)"),
        ("customers on customer_id", "(on customers customer_id)"),
        ("customers on a.id = b.id and c", "(on customers (and (= a.id b.id) c))"),
        ("1% or 20k USD", "(or 0.01 20000_USD)"),
        # case
        (
            "case when a = 1 then b + 1 when c then d else e end + 1",
            "(+ (case ((= a 1) (+ b 1)) (c d) e) 1)",
        ),
        ("case when a then b end", "(case (a b))"),
        # calls
        ("share(revenue, of: channel)", "(share() revenue of:channel)"),
        ("f()", "(f())"),
        ("f(a, g(b), `odd name`: c,)", "(f() a (g() b) odd name:c)"),
        ("f(a or b where c)", "(f() (where (or a b) c))"),
        ("web.identities(visitor_id)", "(web.identities() visitor_id)"),
        ("[a, [b, c],]", "[a [b c]]"),
        ("[{ a: 1, b: x + y }, {}]", "[{a:1 b:(+ x y)} {}]"),
    ],
)
def test_binding(text: str, drawn: str) -> None:
    assert shape(expression(text)) == drawn


@pytest.mark.parametrize("text", ["a < b < c", "a = b in [c]", "a is null is null"])
def test_comparisons_do_not_chain(text: str) -> None:
    value, diagnostics = parse_expression(SourceFile("<test>", text))
    assert value is None
    assert len(diagnostics) == 1


@pytest.mark.parametrize(
    ("foreign", "own"),
    [
        ("a == b", "a = b"),
        ("a <> b && c", "a != b and c"),
        ("a || b", "a or b"),
        ("a ≤ b", "a <= b"),
        ("a×b÷c−d", "a*b/c-d"),
        ("25 +/- 1", "25 ± 1"),
        ("a AND b WHERE c", "a and b where c"),
        ("a = 'it\\'s \"x\"'", 'a = "it\'s \\"x\\""'),
        ("a = “x”", 'a = "x"'),
        ("f（a，b）＋５％", "f(a,b)+5%"),
    ],
)
def test_foreign_spellings_are_read_as_meant_and_their_fixes_say_so(foreign: str, own: str) -> None:
    source = SourceFile("<test>", foreign)
    value, diagnostics = parse_expression(source)
    assert value is not None
    assert shape(value) == shape(expression(own))
    fixed = foreign
    for item in reversed(diagnostics):
        assert item.fix is not None
        fixed = fixed[: item.fix.span.start] + item.fix.replacement + fixed[item.fix.span.end :]
    assert fixed == own
