"""K4xx: grain, joins and time."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

_CUSTOMERS = """kpidsl 1

source customers {{
  table: shop.customers
  {key}dimensions: [region]
}}

source lines {{
  table: shop.order_lines
  join customer: customers on {on}
}}
"""
_PLANS = """kpidsl 1

source customers {{
  table: shop.customers
  dimensions: [plan]
}}

source orders {{
  table: shop.orders
  {time}join customer: customers on customer_id {{ valid_from: since{until} }}
}}
"""
_SPEND = """kpidsl 1

source spend {{
  table: marketing.spend
  key: day
  time: day
  measure revenue: sum(revenue) as USD
  measure ad_spend: sum(amount) as USD
}}

roi ads {{
  gain: revenue
  cost {{ media: {line} }}
}}
"""
_PRICES = """kpidsl 1

source prices {{
  table: shop.prices
  key: id
{time}  measure price: last(amount) as USD
}}
"""
_FUNNEL = """kpidsl 1

source sessions {{
  table: web.sessions
}}

source lines {{
  table: shop.order_lines
}}

entity customer {{
  in: [{members}]
}}

funnel purchase {{
  entity: customer
  step visit: sessions
  step order: lines
}}
"""

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K401",
        "joined to a source without a key",
        "A join leads to a source that declares no key, or says that its rows repeat.",
        "A join is many-to-one. If a row met two partners, its amounts would count twice.",
        _CUSTOMERS.format(key="", on="customer_id"),
        _CUSTOMERS.format(key="key: customer_id\n  ", on="customer_id"),
    ),
    CodeInfo(
        "K402",
        "joined on columns that are not the key",
        "A join rests on columns of the other source that are not its key.",
        "Only a key promises that a row meets one partner at most.",
        _CUSTOMERS.format(key="key: customer_id\n  ", on="email to email"),
        _CUSTOMERS.format(key="key: email\n  ", on="email to email"),
    ),
    CodeInfo(
        "K403",
        "allocation of a measured amount",
        "`allocate_by` stands behind an amount that is measured, not fixed.",
        "A measured amount splits by its own rows. Only a fixed amount needs to be told how.",
        _SPEND.format(line="ad_spend { allocate_by: revenue }"),
        _SPEND.format(line="3_000 USD per month { allocate_by: ad_spend }"),
    ),
    CodeInfo(
        "K404",
        "rows from nowhere, or from two places",
        "A source does not say where its rows come from, says it twice, or has keys of another "
        "origin; or a funnel has fewer than two steps.",
        "A source is one of a table, files, a query and a union. Its rows can't be read from "
        "nowhere, and reading them from two places would count them twice.",
        "kpidsl 1\n\nsource lines {\n  key: order_id\n}\n",
        "kpidsl 1\n\nsource lines {\n  table: shop.order_lines\n  key: order_id\n}\n",
    ),
    CodeInfo(
        "K405",
        "join not written as a join",
        "A join does not name a source and the columns on which it rests, as in "
        "`join customer: customers on customer_id`.",
        "Only equal columns lead from a row to its one partner.",
        _CUSTOMERS.format(key="key: customer_id\n  ", on="(buyer < customer_id)"),
        _CUSTOMERS.format(key="key: customer_id\n  ", on="(buyer = customer_id)"),
    ),
    CodeInfo(
        "K406",
        "a funnel's steps do not meet",
        "An entity names no column in the source of a step, or steps of several sources are to "
        "be ordered by a column of one.",
        "A funnel follows the same person from step to step.",
        _FUNNEL.format(members="sessions.visitor_id"),
        _FUNNEL.format(members="sessions.visitor_id, lines.customer_id"),
    ),
    CodeInfo(
        "K407",
        "a level, or a joined row that holds for a time, without a time",
        "A measure declares `stock`, or a join `valid_from`, and the source has no `time`.",
        "Which row is the last one (S11), or which one held (S8), is a question of when.",
        _PLANS.format(time="", until=", valid_to: till"),
        _PLANS.format(time="time: ordered_at\n  ", until=", valid_to: till"),
    ),
    CodeInfo(
        "K408",
        "half of a validity",
        "A join names from when a row of the other source holds, but not until when; or the other "
        "way round.",
        "A row without an end would hold beside the one that follows it, and what joins both "
        "would count twice (S8).",
        _PLANS.format(time="time: ordered_at\n  ", until=""),
        _PLANS.format(time="time: ordered_at\n  ", until=", valid_to: till"),
    ),
    CodeInfo(
        "K409",
        "first or last without an order",
        "A measure or an attribute takes the `first` or the `last` value of a source that has no "
        "`time`, or no key to tell the rows of one moment apart by.",
        "Which row comes first would change from run to run.",
        _PRICES.format(time=""),
        _PRICES.format(time="  time: changed_at\n"),
    ),
)
