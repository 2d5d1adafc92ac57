"""A kiosk with a dozen orders, small enough to work out every number of its pages by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.kinds.check import check
from kpidsl.model.project import Model
from kpidsl.run.runner import Runner
from kpidsl.syntax.parser import parse
from kpidsl.text.diagnostic import has_errors
from kpidsl.text.source import SourceFile

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)

DATA = {
    "sales.csv": """id,day,channel,amount,cost,test
0,2025-01-01,seo,20.00,5.00,no
1,2025-02-03,ads,40.00,10.00,no
2,2025-02-20,seo,60.00,20.00,no
10,2025-03-15,ads,30.00,10.00,no
3,2026-01-10,ads,120.00,50.00,no
4,2026-01-20,seo,80.00,30.00,no
5,2026-02-05,ads,100.00,40.00,no
6,2026-02-10,ads,60.00,30.00,no
7,2026-02-25,seo,90.00,30.00,no
8,2026-02-26,,10.00,5.00,no
9,2026-03-02,seo,70.00,20.00,no
11,2026-02-27,seo,5000.00,1.00,yes
""",
    "spend.csv": """day,channel,amount
2026-01-01,ads,50.00
2026-02-01,ads,80.00
2026-02-01,tv,20.00
2026-03-04,ads,10.00
""",
    "budget.csv": """month,revenue
2026-01-01,180.00
2026-02-01,250.00
2026-03-01,300.00
""",
    "events.csv": """visit,seen_at,kind
1,2026-02-03 10:00:00,view
1,2026-02-03 10:05:00,cart
1,2026-02-03 10:10:00,buy
2,2026-02-04 10:00:00,view
2,2026-02-04 10:05:00,cart
3,2026-02-05 10:00:00,view
4,2026-02-06 10:00:00,view
""",
    "payroll.csv": """day,person,pay
2026-02-15,Zelda,98765.43
2026-03-05,Zelda,98765.43
""",
}

DEFINITIONS = """kpidsl 1

project kiosk "Kiosk" {
  currency: USD
  timezone: "UTC"
  materiality: 5%
}

source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2026-03-05
  exclude: test = "yes"
  dimensions: [channel]
  measure revenue: sum(amount) as USD
  measure cogs: sum(cost) as USD
  measure orders: count() as order
}

source spend {
  files: "spend.csv"
  key: [day, channel]
  time: day
  watermark: 2026-03-05
  dimensions: [channel]
  measure ad_spend: sum(amount) as USD
}

source budget {
  files: "budget.csv"
  key: month
  time: month
  measure planned: sum(revenue) as USD
}

source events {
  files: "events.csv"
  key: [visit, seen_at]
  time: seen_at { stored_as: "UTC" }
  dimensions: [kind]
}

source payroll {
  files: "payroll.csv"
  key: [day, person]
  time: day
  dimensions: [person]
  measure salary: sum(pay) as USD
}

source lost {
  files: "lost.csv"
  key: id
  time: day
  measure answers: count() as answer
}

dimension channel { label: { en: "Channel" }, of: [sales.channel, spend.channel] }

entity visit { in: [events.visit] }

metric gross_profit "Gross profit": revenue - cogs

kpi turnover "Turnover": revenue {
  serves: grow
  better: higher
  stage: conversion
  indicator: lagging
  cadence: monthly
  owner: "boss@kiosk.example"
  plan: budget.planned
}

kpi basket "Basket": revenue / orders {
  serves: fill
  better: higher
  cadence: monthly
  owner: "shop@kiosk.example"
  benchmark: basket_trade
  playbook: "Offer a second coffee."
}

kpi order_count "Orders": orders { serves: again, better: higher, cadence: monthly }
kpi ad_cost "Ad spend": ad_spend { serves: grow, better: lower, cadence: monthly }
kpi answered "Answers": answers { serves: grow, better: higher, cadence: monthly }
kpi wages "Wages": salary { serves: grow, better: lower, cadence: monthly }

benchmark basket_trade: 80 USD {
  source: "Kiosk trade 2024"
  as_of: 2024-06-01
  expires: 2026-01-01
}

benchmark roi_panel: 20% { source: "Panel 2025", as_of: 2025-06-01, expires: 2026-06-01 }

goal grow "Grow" { kpi: turnover, over: 2026-H1, target: 1_500 USD }
goal fill "Fill the basket" { kpi: basket, over: 2026-H1, target: at least 70 USD per order }
goal again "Double the orders" {
  kpi: order_count
  over: 2026-Q1
  target: +100% from 2025-Q1
  curve: seasonal
}

roi ads_roi "Return on ads" {
  gain: gross_profit
  cost {
    media: ad_spend
    staff: 28 USD per month
  }
  sales_cycle: 3d
  benchmark: roi_panel
}

funnel visit_to_order "From visit to order" {
  entity: visit
  within: 1d
  step view "Seen": events where kind = "view"
  step cart "In the cart": events where kind = "cart"
  step buy "Bought": events where kind = "buy"
}

audience owner "Owner" {
  tier: executive
  cadence: monthly
  sees: [goals, turnover by channel, basket by channel, order_count, answered, ads_roi by channel]
  shows_sql: false
}

audience clerk "Clerk" {
  tier: specialist
  cadence: daily
  sees: [wages by person, ad_cost, turnover by channel, order_count by channel, visit_to_order]
  suppress_below: 2
}

report month "The month" {
  for: owner
  period: last_complete(month)
  columns: [month, year_to_date]
  section "Did we reach the goals?" { goals: all }
  section "How are we moving?" { show: [turnover, basket, order_count] }
  section "What do people say?" { show: answered }
  section "Is the money well spent?" {
    roi: ads_roi by channel
    note: "The kiosk was shut on 9 February. (B. Boss, 2 March 2026)"
  }
  section "Are we on plan?" { table: [turnover, basket] }
  section "Does it last?" { trend: turnover }
  section "Which channel?" { breakdown: [turnover by channel, basket by channel] }
}

report detail "The detail" {
  for: clerk
  period: last_complete(month)
  section "What happened?" { show: [ad_cost, wages] }
  section "Which channel?" { breakdown: turnover by channel }
  section "Who?" { breakdown: wages by person }
  section "Where do visits end?" { funnel: visit_to_order }
}
"""

TILL = {
    "  measure orders: count() as order\n": (
        "  measure orders: count() as order\n"
        "  measure till: sum(amount) as USD { stock: last per channel { stale_after: 400d } }\n"
    ),
    'kpi order_count "Orders"': 'kpi in_till "In the till": till { better: higher }\n'
    'kpi order_count "Orders"',
    "sees: [goals, turnover by channel,": "sees: [goals, in_till by channel, turnover by channel,",
}
"""A level: what each channel sold last, which is 60 (ads), 90 (seo) and 10 (none) at the end of
February 2026, 160 together, and 120 and 80, 200 together, at the end of January."""


def write_data(folder: Path) -> None:
    """Write every file but `lost.csv`, which is the one that fails."""
    for name, text in DATA.items():
        (folder / name).write_text(text, encoding="utf-8")


def load(folder: Path, changed: Mapping[str, str] | None = None) -> tuple[Model, Runner]:
    """Return the kiosk's model and a runner; `changed` replaces texts of its definitions."""
    text = DEFINITIONS
    for old, new in (changed or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    file, found = parse(SourceFile("kiosk.kpi", text))
    model, more = check([file], [], today=date(2026, 3, 10))
    assert not has_errors([*found, *more]), [item.message for item in (*found, *more)]
    assert model is not None
    return model, Runner(model, EmbeddedEngine(folder, timezone="UTC"))
