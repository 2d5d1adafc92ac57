"""D14, S26: only amounts of one unit are added; a ratio carries both units."""

from __future__ import annotations

import pytest

from kpidsl.kinds.binding.units import UnitWord, fits
from kpidsl.model.units import NUMBER, Unit
from kpidsl.text.diagnostic import Severity
from tests.kinds.checking import SHOP, checked, codes, errors, model_of, says


@pytest.mark.parametrize(
    ("formula", "unit"),
    [
        ("revenue - cogs", "USD"),
        ("revenue / orders", "USD per order"),
        ("revenue / orders * orders", "USD"),
        ("orders / visits", "order per visit"),
        ("visits * (orders / visits) * (revenue / orders)", "USD"),
        ("revenue / cogs", "number"),
        ("rows * 2", "number"),
        ("1000 * revenue / orders", "USD per order"),
        ("revenue * 5%", "USD"),
        ("revenue - 5 USD", "USD"),
        ("revenue - 12_000 USD per month", "USD"),
        ("coalesce(revenue, 0)", "USD"),
        ("revenue + 0", "USD"),
        ("rows as order", "order"),
        ("rows / 2 as visit", "visit"),
        ("revenue as money", "USD"),
        ("revenue / orders as USD per order", "USD per order"),
        ("orders * 3 USD per order", "USD"),
        ("prior(revenue, 1y) - revenue", "USD"),
        ("-revenue", "USD"),
        ('(revenue where region = "EU") / orders', "USD per order"),
    ],
)
def test_units_of_formulas(formula: str, unit: str) -> None:
    assert str(model_of(f"{SHOP}\nmetric m: {formula}\n").metrics["m"].unit) == unit


@pytest.mark.parametrize(
    ("formula", "percent"),
    [
        ("orders / visits as percent", True),
        ("(revenue - cogs) / revenue as percent", True),
        ("(orders / visits as percent) + 1%", True),
        ("(orders / visits as percent) * 2", False),
        ("prior(orders / visits as percent, 1y)", True),
        ("orders / visits", False),
    ],
)
def test_what_is_shown_as_a_percentage(formula: str, percent: bool) -> None:
    assert model_of(f"{SHOP}\nmetric m: {formula}\n").metrics["m"].percent is percent


def test_a_clash_shows_both_places_each_with_its_unit() -> None:
    found = says("\nmetric m: ‹revenue› + «orders»\n", "K301")
    assert found.message == (
        "`+` meets USD and order; only amounts of one unit are added or compared"
    )
    assert (found.label, found.labels[0].message) == ("order", "USD")


def test_the_places_of_a_clash_are_whole_operands() -> None:
    says("\nmetric m: ‹revenue / orders› - «cogs»\n", "K301")


def test_an_amount_without_unit_is_named_with_the_mend() -> None:
    found = says("\nmetric m: ‹revenue› - «rows»\n", "K301")
    assert found.help == "say what `rows` counts, in its definition: `as USD`"


def test_two_currencies_never_add() -> None:
    found = says("\nmetric m: ‹revenue› - «imports»\n", "K302")
    assert "USD and EUR" in found.message
    assert found.help == "make it one currency, as in `convert(revenue, USD)`"


def test_many_numbers_are_made_one() -> None:
    found = says("\nmetric m: «revenue per region»\n", "K311")
    assert found.help == "make it one, as in `avg(revenue per region)`, or ask for `revenue` by it"


def test_a_bare_number_gets_its_unit() -> None:
    found = says("\nmetric m: ‹revenue› - «5»\n", "K304")
    assert found.help == "give the number its unit: `5 USD`"
    assert found.fix is not None
    assert found.fix.replacement == "5 USD"


def test_a_bare_number_on_the_left_is_the_one_that_is_mended() -> None:
    found = says("\nmetric m: ‹100› - «revenue»\n", "K304")
    assert found.help == "give the number its unit: `100 USD`"


def test_only_a_share_or_a_rate_is_a_percentage() -> None:
    found = says("\nmetric m: revenue / orders as «percent»\n", "K303")
    assert "USD per order" in found.message


def test_a_wrong_assertion_points_at_the_value() -> None:
    found = says("\nmetric m: «revenue / orders» as USD\n", "K301")
    assert found.message == "this is in USD per order, not in USD"


def test_an_unknown_currency_offers_the_nearest() -> None:
    assert "`USD`" in says("\nmetric m: revenue - 5 «UDS»\n", "K312").help


@pytest.mark.parametrize(
    "formula", ["orders / visits * «100»", "«100» * orders / visits", "(orders * «100») / visits"]
)
def test_a_hundred_times_a_ratio_is_no_percentage(formula: str) -> None:
    """2 of 8 are 0.25, which prints as 25 %: 25 would print as 2,500 %."""
    assert says(f"\nmetric m: {formula} as percent\n", "K303").help == "take `100` out"
    assert says(f'\nkpi m: {formula} as percent {{\n  serves: "x"\n}}\n', "K303").help
    model_of(SHOP + "\nmetric per_hundred: orders / visits * 100\n")


def test_a_percentage_is_written_with_its_sign() -> None:
    assert says("\nmetric m: revenue * 5 «percent»\n", "K316").help == "write it as in `5%`"


def test_the_projects_currency_in_small_letters_is_no_unit() -> None:
    """As one that is counted it would be no money: neither exact, nor to be converted."""
    assert says("\nmetric m: revenue - 5 «usd»\n", "K312").help == "write `USD`"
    assert says("\nmetric m: revenue / orders as «usd» per order\n", "K312").help == "write `USD`"
    model_of(f"{SHOP}\nmetric cups: orders * 5 cup\n")


def test_the_unit_of_a_plan_is_that_of_its_kpi() -> None:
    found = says('\nkpi k: ‹revenue› {\n  serves: "x"\n  plan: «orders»\n}\n', "K301")
    assert found.message == "the plan is in order, and `k` in USD"


def test_a_kpi_in_the_currency_of_each_row_is_told_of_once() -> None:
    """Neither its target nor its plan can be written in several currencies."""
    sales = (
        "source sales { table: t, key: id, time: day\n"
        "measure sold: sum(amount) { currency: code }\n"
        "measure planned: sum(plan) as USD }\n"
    )
    kpi = 'kpi k: sold { serves: "growth", plan: planned, target: at most 5 USD at 2026-12 }\n'
    head = "kpidsl 1\nproject p { currency: USD }\n"
    assert errors(checked(head + sales + kpi)[1]) == [
        "K324 sold: `k` is money in the currency of each row, and currencies don't add up"
    ]


PLANNED = """
source lines_planned {
  table: p
  key: month
  time: month
  measure planned: sum(amount) as USD
  measure level: sum(amount) as USD { stock: last per branch }
  measure mean: avg(amount) as USD
}
source accounts {
  table: a
  key: [account, day]
  time: day
  measure balance: sum(amount) as USD { stock: last per account }
}
metric raised: planned * 1.1
metric each: planned / orders
"""


@pytest.mark.parametrize(
    ("formula", "plan", "expected"),
    [
        # 100 planned for the end of each month are not 300 for the end of their quarter.
        ("balance", "planned", "the plan adds up"),
        ("balance", "raised", "the plan adds up"),
        ("rolling(revenue, 12mo)", "planned", "the plan adds up"),
        ("max(revenue per day)", "planned", "the plan adds up"),
        ("revenue", "level", "the plan doesn't add up"),
        ("revenue", "mean", "the plan doesn't add up"),
        ("balance", "level", None),
        ("balance", "mean", None),
        ("revenue", "raised", None),
        ("orders * (revenue / orders)", "planned", None),  # a product may be a sum
    ],
)
def test_a_plan_adds_up_over_time_as_its_kpi_does(
    formula: str, plan: str, expected: str | None
) -> None:
    text = f'{SHOP}{PLANNED}kpi k: {formula} {{\n  serves: "x"\n  plan: {plan}\n}}\n'
    found = [item for item in checked(text)[1] if item.severity is Severity.ERROR]
    assert [item.code for item in found] == ([] if expected is None else ["K325"]), errors(found)
    if expected is not None:
        assert found[0].message.startswith(expected)


@pytest.mark.parametrize(
    ("target", "expected"),
    [("at most 45 USD", []), ("at most 45 USD per order", []), ("45 EUR", ["K301"])],
)
def test_a_target_in_the_money_of_a_quotient_is_understood(
    target: str, expected: list[str]
) -> None:
    text = f'{SHOP}\nkpi k: revenue / orders {{\n  serves: "x"\n  target: {target} at 2026-12\n}}\n'
    findings = checked(text)[1]
    assert [code for code in codes(findings) if code.startswith("K3")] == expected, errors(findings)


def test_asserted_units() -> None:
    order = Unit.of("order")
    assert fits(order / Unit.of("visit"), False, UnitWord(percent=True))
    assert not fits(Unit.of("USD") / order, False, UnitWord(percent=True))
    assert not fits(order, False, UnitWord(percent=True))
    assert fits(Unit.of("EUR"), False, UnitWord(money=True))
    assert not fits(NUMBER, False, UnitWord(money=True))
