"""D0xx: business sense; the number follows the D, T and V rules of the domain."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

_ANNUALISED_REPORT = """kpidsl 1

source orders {{
  table: shop.orders
  key: order_id
  time: paid_at
  measure revenue: sum(amount) as USD
}}

source spend {{
  table: marketing.spend
  key: day
  time: day
  measure ad_spend: sum(amount) as USD
}}

roi ad_roi "Return on advertising" {{
  gain: revenue
  cost {{ media: ad_spend }}
}}

audience managers {{
  tier: manager
  sees: [ad_roi]
}}

report return_on_ads "Return on advertising" {{
  for: managers
  period: last_complete({grain})
  section "Is the money well spent?" {{ roi: ad_roi }}
}}
"""

_SHOP = """kpidsl 1

source lines {
  table: shop.order_lines
  key: [order_id, line]
  time: paid_at
  measure revenue: sum(price) as USD
  measure cost: sum(cost) as USD
  measure orders: count_distinct(order_id) as order
  measure customers: count_distinct(customer_id) as customer
  measure likes: sum(likes) as reaction
}
"""
_GOAL = (
    _SHOP.replace("{", "{{").replace("}", "}}")
    + """
kpi sales: revenue {{
  serves: grow
}}

goal grow {{
  kpi: sales
  over: 2026
  target: 150_000 USD
{more}}}
"""
)
_PAGE = (
    _SHOP.replace("{", "{{").replace("}", "}}")
    + """
kpi sales: revenue {{
  serves: "Grow."
  cadence: {cadence}
}}

audience owners {{
  tier: executive
  sees: sales
}}

report review "Review" {{
  for: owners
  section "How are we moving?" {{ show: sales }}
}}
"""
)
_CLV = """
pack shop {
  metric clv(value, frequency): value * frequency {
    requires { value: money }
  }
}
"""
_USUAL_COSTS = "".join(
    f"    {line}: 100 USD per month\n"
    for line in (
        "venue", "production", "materials", "technology", "promotion", "staff", "travel",
        "insurance", "agency", "discounts", "samples", "back_office",
    )
)  # fmt: skip


def _stage_kpis(*stages: str) -> str:
    return "".join(
        f'kpi {stage}_kpi "{stage.capitalize()}": orders {{\n  serves: "Grow."\n'
        f"  stage: {stage}\n}}\n"
        for stage in stages
    )


CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="D018",
        title="A funnel step counts more than the step before",
        what=(
            "A funnel counts entities that pass its steps in order, so a later step never counts "
            "more than an earlier one. These counts rise."
        ),
        why=(
            "Counts that rise were taken of different things, such as page views and then orders "
            "by telephone. Their rates would exceed 100 % and point at the wrong bottleneck."
        ),
        example=(
            'python -c "from kpidsl.analysis.funnel import funnel_rates; '
            "print(funnel_rates([('visit', 100), ('order', 120)]))\"\n"
        ),
        mended=(
            'python -c "from kpidsl.analysis.funnel import funnel_rates; '
            "print(funnel_rates([('visit', 100), ('order', 20)]))\"\n"
        ),
    ),
    CodeInfo(
        code="D076",
        title="An ROI that can't be annualised, or is annualised from a very short time",
        what=(
            "Annualising asks what ROI a whole year would bring if each period's return were "
            "reinvested: (1 + ROI)^(1/years) − 1. It is undefined when everything was lost (ROI "
            "of −100 % or less) or the period has no length, and says little under one month."
        ),
        why=(
            "One good day, compounded 365 times, gives a figure that no year will see. A loss of "
            "all that was put in leaves nothing to reinvest."
        ),
        example=_ANNUALISED_REPORT.format(grain="day"),
        mended=_ANNUALISED_REPORT.format(grain="month"),
    ),
    CodeInfo(
        code="D001",
        title="A KPI that serves no goal",
        what="A KPI does not say which business goal it measures progress to.",
        why=(
            "A KPI is a metric chosen because it measures progress to a named goal. Without the "
            "goal it is a metric, and `metric` declares it."
        ),
        example=_SHOP + "\nkpi sales: revenue\n",
        mended=_SHOP + '\nkpi sales: revenue {\n  serves: "Grow by a fifth a year."\n}\n',
    ),
    CodeInfo(
        code="D003",
        title="A vanity metric where decisions are made",
        what=(
            "Likes, shares, page views, followers or impressions stand as a KPI without the KPI "
            "that they move, on an executive page, or in the gain of an ROI."
        ),
        why=(
            "They rise without anybody buying. They may be a KPI of an awareness goal that names "
            "the KPI further down which it `drives`; elsewhere they are context."
        ),
        example=_SHOP + '\nkpi likes_kpi: likes {\n  serves: "Be known."\n}\n',
        mended=_SHOP + "\nmetric all_likes: likes\n",
    ),
    CodeInfo(
        code="D006",
        title="A goal that is not SMART",
        what=(
            "A SMART goal is specific, measurable, achievable, relevant and time-bound. Its KPI "
            "makes it specific and measurable, and its deadline is required. This one lacks "
            "evidence that it can be achieved (a baseline, a rationale or a benchmark), the reason "
            "why it matters to the business, or the rhythm in which progress is reviewed."
        ),
        why=(
            "What a goal leaves open is what people argue about when the deadline has come. The "
            "message names each letter that is missing."
        ),
        example=_GOAL.format(more=""),
        mended=_GOAL.format(
            more='  review: monthly\n  relevant: "The owners\' plan."\n'
            '  rationale: "Grew by a fifth in each of the last three years."\n'
        ),
    ),
    CodeInfo(
        code="D011",
        title="Too many core KPIs, or a stage without one",
        what=(
            "The core KPIs of an audience are those that it `sees` and that are in the state "
            "`active`. Here they are more than seven, or none of them belongs to one of the four "
            "stages of the customer's journey: awareness, consideration, conversion, loyalty."
        ),
        why=(
            "Five to seven figures can be kept in mind; the others can be `state: auxiliary`. And "
            "at a stage that no KPI watches, customers are lost unseen."
        ),
        example=_SHOP
        + "\n"
        + _stage_kpis("awareness", "consideration", "conversion")
        + "\naudience owners {\n  tier: executive\n"
        "  sees: [awareness_kpi, consideration_kpi, conversion_kpi]\n}\n",
        mended=_SHOP
        + "\n"
        + _stage_kpis("awareness", "consideration", "conversion", "loyalty")
        + "\naudience owners {\n  tier: executive\n"
        "  sees: [awareness_kpi, consideration_kpi, conversion_kpi, loyalty_kpi]\n}\n",
    ),
    CodeInfo(
        code="D019",
        title="A KPI on a page of another rhythm",
        what="A strategic KPI stands on a daily page, or a daily KPI on an executive page.",
        why=(
            "A figure that moves over months says nothing from day to day, and a daily one "
            "distracts those who decide by the quarter."
        ),
        example=_PAGE.format(cadence="daily"),
        mended=_PAGE.format(cadence="monthly"),
    ),
    CodeInfo(
        code="D025",
        title="A benchmark without source or date, or out of date",
        what="A benchmark does not say who published it and when, or its expiry has passed.",
        why=(
            "An outside value that nobody can look up is a rumour, and markets move: last year's "
            "average is no yardstick for ever."
        ),
        example="kpidsl 1\n\nbenchmark cac_retail: 52 USD {\n  as_of: 2026-03-01\n}\n",
        mended=(
            'kpidsl 1\n\nbenchmark cac_retail: 52 USD {\n  source: "Retail panel, p. 14"\n'
            "  as_of: 2026-03-01\n}\n"
        ),
    ),
    CodeInfo(
        code="D101",
        title="A cost deducted twice",
        what="A cost is taken off an amount that is net of it already.",
        why=(
            "Of 45,000 with costs of 15,000, 30,000 are left, and ROI is 200 %. Taking the costs "
            "off the 30,000 once more gives 100 %."
        ),
        example=_SHOP
        + "\nmetric profit: revenue - cost\n\n"
        + "roi ads {\n  gain: profit\n  cost { media: cost }\n}\n",
        mended=_SHOP + "\nroi ads {\n  gain: revenue\n  cost { media: cost }\n}\n",
    ),
    CodeInfo(
        code="D102",
        title="An argument of the wrong sort",
        what="`use` gives a pack's definition money where it needs a count, or the other way.",
        why=(
            "Customer lifetime value from the *number* of transactions is no money; the unit "
            "tells before anybody reads the figure."
        ),
        example=_SHOP + _CLV + "\nuse shop.clv(value: orders, frequency: 3) as clv {\n}\n",
        mended=_SHOP + _CLV + "\nuse shop.clv(value: cost, frequency: 3) as clv {\n}\n",
    ),
    CodeInfo(
        code="D103",
        title="A lifetime value that does not say its basis",
        what=(
            "A lifetime value is revenue to some and profit to others, and this one's title and "
            "description name neither."
        ),
        why="Compared with the cost of winning a customer, the two lead to opposite decisions.",
        example=_SHOP + '\nmetric clv "Lifetime value": revenue / customers\n',
        mended=_SHOP + '\nmetric clv "Lifetime revenue": revenue / customers\n',
    ),
    CodeInfo(
        code="D104",
        title="Two definitions under one name",
        what="Two different figures have the same name or the same title.",
        why=(
            "A click-through rate per impression and one per person reached differ by the times "
            "each person saw the ad. The denominator is part of the name."
        ),
        example=_SHOP
        + '\nmetric per_order "Value": revenue / orders\n'
        + 'metric per_customer "Value": revenue / customers\n',
        mended=_SHOP
        + '\nmetric per_order "Value per order": revenue / orders\n'
        + 'metric per_customer "Value per customer": revenue / customers\n',
    ),
    CodeInfo(
        code="D110",
        title="Usual costs that an ROI leaves out",
        what=(
            "An ROI does not list costs that are usual: venue, production, materials, technology, "
            "promotion, staff, travel, insurance, agency, discounts, free samples, back office."
        ),
        why=(
            "What is left out makes the return look better. The page names them, so that a reader "
            "knows what the figure does not cover."
        ),
        example=_SHOP + "\nroi ads {\n  gain: revenue\n  cost { media: cost }\n}\n",
        mended=_SHOP + "\nroi ads {\n  gain: revenue\n  cost {\n" + _USUAL_COSTS + "  }\n}\n",
    ),
)
