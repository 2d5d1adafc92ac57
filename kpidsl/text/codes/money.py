"""K321-K324, K41x, K49x, K67x: money of several currencies (S26), and shares in a bridge (S7)."""

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


def _bridge(options: str, dimension: str = "") -> str:
    return f"""\
kpidsl 1

source accounts {{
  table: bank.accounts
  key: account_id
  time: opened_on
  join owners: ownerships on account_id {{ {options} }}
  {dimension or "dimensions: [branch]"}
  measure balance: sum(balance) as EUR
}}

source ownerships {{ table: bank.ownerships, key: [account_id, owner_id] }}
"""


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
        "K410",
        "shares that hold for a time",
        "A join has a `weight`, and `valid_from` or `valid_to`.",
        "The shares of a row add up to one; of rows that come and go they would have to at every "
        "moment, which no table of shares says (S7).",
        _bridge("weight: share, valid_from: since, valid_to: till"),
        _bridge("weight: share"),
    ),
    CodeInfo(
        "K411",
        "one value of many partners",
        "A dimension, measure or filter inside a source names a column behind a bridge.",
        "An account with two owners has no one owner whose name could stand in its row (S7). A "
        "question may be split by owner: then each has a share of the account.",
        _bridge("weight: share", "dimension owner: owners.owner_id"),
        _bridge("weight: share"),
    ),
    CodeInfo(
        "K495",
        "no shares of a measure",
        "A question splits a measure over a bridge, and the measure is neither a sum nor a count.",
        "Of a balance of 100 half is 50; of a largest balance, an average or a distinct count "
        "there is no half (S7).",
        "kpidsl query largest_balance --by owners.name",
        "kpidsl query balance --by owners.name",
    ),
    CodeInfo(
        "K496",
        "shares on one way, several rows on another",
        "A question reaches one dimension over a bridge, and another over a second bridge or over "
        "the many rows that join the measure's own.",
        "How much of a share in one belongs to which row of the other, no table says (S7).",
        "kpidsl query balance --by owners.name,tags.tag",
        "kpidsl query balance --by owners.name",
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
    CodeInfo(
        "K674",
        "shares that make no whole",
        "The shares of a row in a bridge don't add up to 1, or one of them is missing or below 0.",
        "The parts would add up to more or less than there is (S7). Shares are read to twelve "
        "decimals, and a billionth is let pass: a third is written as 0.333333333.",
        "owner,account,share: a,7,0.5 and b,7,0.4",
        "owner,account,share: a,7,0.5 and b,7,0.5",
    ),
    CodeInfo(
        "K675",
        "money finer than it is kept",
        "An amount of money has more than nine decimals, as a product of prices may have, and "
        "money is kept with nine.",
        "A sum of rounded amounts is another sum, and nothing would tell (S12). Floats are rounded "
        "to nine decimals: they have noise behind them.",
        "measure cost: sum(pieces * price) as USD",
        "measure cost: sum(round(pieces * price, 9)) as USD",
    ),
)
