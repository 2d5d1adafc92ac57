"""K321-K324, K49x, K67x: money of several currencies (S26)."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

_RATES = """\
source fx {
  table: finance.exchange_rates
  time: day
  rates { from: base, to: quote, rate: rate }
}
"""


def _sales(*measures: str, then: str = "") -> str:
    lines = "".join(f"  {line}\n" for line in measures)
    sales = f"source sales {{\n  table: shop.sales\n  time: paid_on\n{lines}}}\n"
    return f"kpidsl 1\n\n{_RATES}\n{sales}{then}"


_EUROS = "measure revenue: sum(amount) as EUR"
_MIXED = "measure revenue: sum(amount) { currency: currency_code }"
_DOLLARS = "\nmetric dollars: convert(revenue, USD)\n"

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K321",
        "no money to convert",
        "`convert` is taken of a count, a ratio, or a number without a currency.",
        "A rate says what one currency costs in another; nothing else has one (S26).",
        _sales("measure orders: count() as order", then="\nmetric d: convert(orders, USD)\n"),
        _sales(_EUROS, then=_DOLLARS),
    ),
    CodeInfo(
        "K322",
        "no exchange rates",
        "`convert` is used, and no source declares `rates`.",
        "A rate that stands nowhere would have to be guessed (S26).",
        _sales(_EUROS, then=_DOLLARS).replace(
            "  rates { from: base, to: quote, rate: rate }\n", ""
        ),
        _sales(_EUROS, then=_DOLLARS),
    ),
    CodeInfo(
        "K323",
        "a currency of each row that has no use",
        "`currency` stands at a measure that counts, or that says its one unit with `as`.",
        "`currency` is for amounts of money that differ in their currency from row to row (S26).",
        _sales("measure revenue: sum(amount) as USD { currency: currency_code }"),
        _sales(_MIXED),
    ),
    CodeInfo(
        "K324",
        "a KPI in several currencies",
        "The amounts of a KPI are of the currencies that its rows name.",
        "Money of two currencies never adds, so no page could show its value (S26).",
        _sales(_MIXED, then='\nkpi income: revenue { serves: "Growth" }\n'),
        _sales(_MIXED, then='\nkpi income: convert(revenue, USD) { serves: "Growth" }\n'),
    ),
    CodeInfo(
        "K497",
        "money of several currencies added up",
        "A question asks for a measure whose rows name their currency, without `convert`.",
        "100 USD and 100 JPY are not 200 of anything (S26).",
        "kpidsl query revenue   # measure revenue: sum(amount) { currency: currency_code }",
        "kpidsl query 'convert(revenue, USD)'",
    ),
    CodeInfo(
        "K498",
        "an amount that is not converted",
        "`convert` is taken of a formula in which an amount of money is written as a number, or "
        "of a fixed amount per period.",
        "It belongs to no row, so it has no day to take the rate of (S26).",
        "metric total: convert(media_cost + 12_000 EUR per month, USD)",
        "metric total: convert(media_cost, USD) + 13_500 USD per month",
    ),
    CodeInfo(
        "K671",
        "two rates of one day",
        "The source of exchange rates has several rates of one pair of currencies for one day.",
        "Either would give another amount (S26). A feed with several a day needs one to be chosen.",
        "rates { from: base, to: quote, rate: rate }   # the feed has a rate for every hour",
        'exclude: fixing != "ECB"\nrates { from: base, to: quote, rate: rate }',
    ),
    CodeInfo(
        "K672",
        "a rate is missing",
        "An amount is converted, and of its pair of currencies no rate stands at its day or before "
        "it, or only one that is older than `stale_after`.",
        "Leaving the amount out, or taking it as it is, would be a wrong number in silence (S26). "
        "Rates hold in the direction in which they stand: what a dollar costs in euros says "
        "nothing of what a euro costs in dollars, and two rates are not multiplied unless "
        "`convert` stands twice.",
        "kpidsl query 'convert(revenue, USD)' --by month   # the rates end in May",
        "kpidsl query 'convert(revenue, USD)' --by month --period 2026-01..2026-05",
    ),
    CodeInfo(
        "K673",
        "a rate that is none",
        "The source of exchange rates has rates of zero or below.",
        "No currency is to be had for nothing: it is a gap in the feed, and would make the money "
        "disappear (S26).",
        "rates { from: base, to: quote, rate: rate }   # gaps are written as 0",
        "exclude: rate = 0\nrates { from: base, to: quote, rate: rate }",
    ),
)
