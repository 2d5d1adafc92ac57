"""K3xx: types and units."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

_SHOP = """kpidsl 1

source lines {
  table: shop.order_lines
  key: [order_id, line]
  time: paid_at
  dimensions: [channel]
  measure revenue: sum(price) as USD
  measure orders: count_distinct(order_id) as order
  measure imports: sum(import_cost) as EUR
}
"""


def _source(line: str) -> str:
    return f"kpidsl 1\n\nsource lines {{\n  table: shop.order_lines\n  {line}\n}}\n"


def _goal(target: str, time: str = "over: 2026-H1") -> str:
    return (
        f"{_SHOP}\nkpi sales: revenue {{\n  serves: grow\n}}\n\n"
        f"goal grow {{\n  kpi: sales\n  {time}\n  target: {target}\n}}\n"
    )


def _planned(measure: str) -> str:
    return (
        "kpidsl 1\n\nproject bank { currency: USD }\n\n"
        "source accounts {\n  table: bank.balances\n  key: [account_id, day]\n  time: day\n"
        "  measure balance: sum(amount) as USD { stock: last per account_id }\n}\n\n"
        "source budget {\n  table: bank.budget\n  key: [branch, month]\n  time: month\n"
        f"  measure planned: {measure}\n}}\n\n"
        'kpi deposits: balance {\n  serves: "Growth"\n  plan: planned\n}\n'
    )


CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K301",
        "units differ",
        "Amounts of different units are added, subtracted or compared, or an amount is not in "
        "the unit that is asserted.",
        "Dollars plus orders is a number that means nothing. Amounts of different units are "
        "multiplied and divided: the result carries both units.",
        _SHOP + "\nmetric odd: revenue + orders\n",
        _SHOP + "\nmetric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K302",
        "money in two currencies",
        "Amounts in two currencies are added, subtracted or compared.",
        "Their sum would depend on a rate and a day that nobody has named.",
        _SHOP + "\nmetric margin: revenue - imports\n",
        _SHOP.replace("as EUR", "as USD") + "\nmetric margin: revenue - imports\n",
    ),
    CodeInfo(
        "K303",
        "not a percentage",
        "`as percent` stands behind something that is no share and no rate, or behind a hundred "
        "times one.",
        "A percentage is one count divided by another, or money divided by money of the same "
        "currency.",
        _SHOP + "\nmetric aov: revenue / orders as percent\n",
        _SHOP + "\nmetric aov: revenue / orders as USD per order\n",
    ),
    CodeInfo(
        "K304",
        "number without its unit",
        "A bare number is added to, or compared with, an amount that has a unit.",
        "`revenue - 5` may mean five dollars or five thousand; the unit says it.",
        _SHOP + "\nmetric after_fee: revenue - 5\n",
        _SHOP + "\nmetric after_fee: revenue - 5 USD\n",
    ),
    CodeInfo(
        "K305",
        "condition or value expected",
        "A value stands where a condition is needed, or a condition where a value is needed.",
        "A condition is true or false for each row; it stands behind `where`.",
        _SHOP + '\nmetric odd: revenue where "social"\n',
        _SHOP + '\nmetric social: revenue where channel = "social"\n',
    ),
    CodeInfo(
        "K306",
        "types differ",
        "A text stands where a number is needed, or values of two types are compared.",
        "Databases answer such comparisons differently, or not at all.",
        _source('exclude: length(sku) > "3"'),
        _source("exclude: length(sku) > 3"),
    ),
    CodeInfo(
        "K307",
        "unknown function",
        "A call names a function that does not exist in formulas of this sort.",
        "The functions are few and mean the same on every engine; those of a database are "
        'reached by `sql"…"` in a source.',
        _source("dimension day_of_week: week_day(paid_at)"),
        _source("dimension day_of_week: weekday(paid_at)"),
    ),
    CodeInfo(
        "K308",
        "arguments do not fit the function",
        "A call has too many or too few arguments, or one of another sort; the message says what "
        "the function takes.",
        "An argument that is left out or ignored changes the result unseen.",
        _SHOP + "\nmetric growth: revenue - prior(revenue)\n",
        _SHOP + "\nmetric growth: revenue - prior(revenue, 1y)\n",
    ),
    CodeInfo(
        "K309",
        "function in the wrong place",
        "An aggregate stands outside of a measure, or a function of rows in a metric.",
        "A measure turns the rows of one source into an amount; a metric relates amounts. Kept "
        "apart, a ratio is always a ratio of sums.",
        _SHOP + "\nmetric aov: sum(price) / orders\n",
        _SHOP + "\nmetric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K310",
        "filter in a formula without parentheses",
        "Behind `where` a formula goes on with a metric or a measure.",
        "`where` filters everything on its left and takes everything on its right as the "
        "condition, so a filtered part of a formula stands in parentheses.",
        _SHOP + '\nmetric share: revenue where channel = "social" / revenue\n',
        _SHOP + '\nmetric share: (revenue where channel = "social") / revenue\n',
    ),
    CodeInfo(
        "K311",
        "not part of such a formula",
        "Something stands in a formula that has no meaning there; the message says where it "
        "belongs.",
        "A row's formula gives a value for each row, a metric's formula relates amounts; what "
        "suits the one means nothing in the other.",
        _source("dimension late: paid_at + 30d"),
        _source("dimension late: days_between(ordered_at, paid_at)"),
    ),
    CodeInfo(
        "K312",
        "unknown currency",
        "Three capital letters name no currency of ISO 4217, or the project's own stands in small "
        "letters.",
        "Units in capital letters are money; counted things are written in small letters.",
        _source("measure revenue: sum(price) as UDS"),
        _source("measure revenue: sum(price) as USD"),
    ),
    CodeInfo(
        "K313",
        "no such period or duration",
        "A day or period is not in the calendar or ends before it begins, or a duration does not "
        "suit its place.",
        "A month has no fixed length, so a window of a funnel is counted in days.",
        _goal("150_000 USD", "over: 2026-06-30 .. 2026-01-01"),
        _goal("150_000 USD", "over: 2026-01-01 .. 2026-06-30"),
    ),
    CodeInfo(
        "K314",
        "not a target or amount",
        "A target or benchmark is neither an amount nor a change from an earlier period.",
        "A change needs the period from which it starts: `+20% from 2025-H1`.",
        _goal("+20%"),
        _goal("+20% from 2025-H1"),
    ),
    CodeInfo(
        "K315",
        "raw SQL refused",
        'The text of `sql"…"` or `sql:` can\'t be read, or is more than one expression or query.',
        "Raw SQL is a marked escape for one expression; statements, comments and sub-queries "
        "would reach past the rows of the source.",
        _source('dimension area: sql"left(postcode, 2); drop table orders"'),
        _source('dimension area: sql"left(postcode, 2)"'),
    ),
    CodeInfo(
        "K316",
        "not a unit",
        "Behind `as` stands no unit, two units, or no currency where a measure needs one.",
        "A unit is a currency, the name of what is counted, or one per another.",
        _source("measure revenue: sum(price) as money"),
        _source("measure revenue: sum(price) as USD"),
    ),
    CodeInfo(
        "K317",
        "a metric without a measure",
        "A metric's formula is a number, and nothing is measured.",
        "A fixed cost is an amount per period: it grows with the days of the window.",
        _SHOP + "\nmetric staff: 12_000 USD\n",
        _SHOP + "\nmetric staff: 12_000 USD per month\n",
    ),
    CodeInfo(
        "K318",
        "no deadline, or two",
        "A goal or target does not say by when it is to be reached, or says it twice.",
        "Without a deadline nobody can tell whether a goal is on its way.",
        _goal("150_000 USD", ""),
        _goal("150_000 USD"),
    ),
    CodeInfo(
        "K319",
        "no value of a single entity",
        "`per` takes something of which no single entity has a value, such as a fixed amount or "
        "a rank; names what no row belongs to, such as a month; or its value is computed with "
        "where it is compared.",
        "A metric per entity is that metric over the entity's own rows (S14).",
        _SHOP + "\nmetric frequent: revenue where rank(orders) per channel <= 3\n",
        _SHOP + "\nmetric frequent: revenue where orders per channel >= 3\n",
    ),
    CodeInfo(
        "K320",
        "no amount to rank, or a rank for an amount",
        "`rank` is taken of totals and numbers alone, or a rank stands where amounts are put "
        "together: in `total`, `share`, `rank` or an allocation.",
        "A rank is the place of a row among those that have something of their own to compare. "
        "Totals are the same for many rows, and places add up to nothing.",
        _SHOP + "\nmetric place: rank(total(revenue, of: channel))\n",
        _SHOP + "\nmetric place: rank(revenue)\n",
    ),
    CodeInfo(
        "K325",
        "a plan that is no like of its KPI",
        "The plan of a KPI adds up over the months of a longer period and the KPI doesn't, or the "
        "other way round.",
        "A quarter's balance stands beside the balance that is planned for its end, not beside "
        "three of them; and three months of revenue beside what is planned for all three (S27).",
        _planned("sum(amount) as USD"),
        _planned("sum(amount) as USD { stock: last per branch }"),
    ),
)
