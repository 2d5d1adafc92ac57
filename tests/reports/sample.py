"""Report models of a toy store for three audiences, with every kind of block, mark and gap.

The figures are invented but consistent: differences and rates follow from the values given here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from kpidsl.model.periods import Grain, next_start, shift
from kpidsl.reports.blocks import (
    BreakdownBlock,
    BreakdownRow,
    Definition,
    FunnelBlock,
    FunnelStep,
    GapBlock,
    GoalRow,
    GoalRows,
    KpiCard,
    NoteBlock,
    Part,
    PlanCell,
    PlanRow,
    PlanTable,
    RoiRow,
    RoiTable,
    TrendBlock,
    TrendPoint,
)
from kpidsl.reports.format import (
    DURATION,
    MULTIPLE,
    PERCENT,
    count,
    delta,
    figure,
    money,
)
from kpidsl.reports.model import Audience, Footer, Freshness, Period, ReportModel, Section
from kpidsl.reports.sentences import (
    per_one,
    report_headline,
    roi_rule,
    roi_verdict,
)
from kpidsl.reports.values import (
    Band,
    Better,
    Bullet,
    Comparison,
    Figure,
    Gap,
    Level,
    Mark,
    Point,
    Reference,
    Status,
    Unit,
)
from kpidsl.reports.words import ENGLISH

USD = money("USD")
PER_CUSTOMER = money("USD", "customer")
ORDERS = count("orders")
MONTHS = [
    "Nov 25",
    "Dec 25",
    *(f"{m} 26" for m in ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct"]),
]
REVENUE = [812, 1104, 640, 655, 731, 798, 842, 905, 887, 934, 1012, 1243]
REVENUE_PLAN = [800, 1050, 700, 700, 750, 800, 850, 900, 920, 950, 1000, 1190]

STATUS = {level: Status(level=level, word=ENGLISH.levels[level]) for level in ENGLISH.levels}


def status(level: Level) -> Status:
    return STATUS[level]


def compared(
    label: str, value: Figure, base: float, better: Better | None, source: str = ""
) -> Comparison:
    other = figure(Decimal(str(base)), value.unit)
    return Comparison(label=label, value=other, delta=delta(value, other, better), source=source)


def series(unit: Unit, values: list[float | None], partial_last: bool = False) -> tuple[Point, ...]:
    last = len(values) - 1
    return tuple(
        Point(
            label=label,
            figure=figure(value, unit, missing="" if value is not None else "no visits"),
            partial=partial_last and index == last,
        )
        for index, (label, value) in enumerate(zip(MONTHS, values, strict=True))
    )


def definition(name: str, formula: str, *, rate: bool = False) -> Definition:
    top, _, bottom = formula.partition(" / ")
    return Definition(
        meaning=f"{name} of the shop, by the day on which an order was paid.",
        formula=formula,
        numerator=top if rate else "",
        denominator=bottom if rate else "",
        filters=("not is_test_order",),
        basis="revenue net of discounts; attribution: recorded channel",
        goal="Grow revenue: +20 % from 2025-H1",
        sources=("shop.order_lines", "web.sessions"),
        location="definitions/kpis.kpi:42",
        sql='SELECT\n  SUM("price") AS "revenue"\nFROM "shop"."order_lines"\n'
        'WHERE NOT "is_test_order" AND "paid_at" >= \'2026-10-01\' AND "paid_at" < \'2026-11-01\'',
    )


def revenue_card() -> KpiCard:
    value = figure(Decimal("1243120.50"), USD)
    return KpiCard(
        id="revenue",
        title="Revenue",
        unit=USD,
        period="October 2026",
        figure=value,
        status=status("green"),
        comparisons=(
            compared("Plan", value, 1_190_000, "higher"),
            compared("Sep 2026", value, 1_012_000, "higher"),
            compared("Oct 2025", value, 1_064_400, "higher"),
        ),
        history=series(USD, [v * 1000.0 for v in REVENUE]),
        stages=("conversion",),
        indicator="lagging",
        owner="sales@toy.example",
        definition=definition("Revenue", "sum(price)"),
    )


def cac_card() -> KpiCard:
    value = figure(Decimal("52.30"), PER_CUSTOMER)
    return KpiCard(
        id="cac",
        title="Customer acquisition cost",
        unit=PER_CUSTOMER,
        period="October 2026",
        figure=value,
        status=status("red"),
        comparisons=(
            compared("Target", value, 45, "lower"),
            compared("Sep 2026", value, 49.1, "lower"),
            compared("Benchmark", value, 52, "lower", "Retail panel 2026, 1 Mar 2026"),
        ),
        history=series(PER_CUSTOMER, [44, 47, 41, 42, 43, 43.5, 44, 46, 45.5, 47, 49.1, 52.3]),
        bullet=Bullet(
            actual=value,
            target=figure(45, PER_CUSTOMER),
            bands=(
                Band(upto=Decimal(45), level="green"),
                Band(upto=Decimal("49.5"), level="amber"),
                Band(upto=Decimal(65), level="red"),
            ),
        ),
        stages=("conversion",),
        indicator="lagging",
        owner="growth@toy.example",
        playbook=(
            "Pause the two ad sets above USD 90 per customer.",
            "Move 10 % of the social budget to search.",
        ),
        definition=definition("Acquisition cost", "marketing_cost / new_customers", rate=True),
    )


def rate_card() -> KpiCard:
    value = figure(Decimal("0.0234"), PERCENT)
    return KpiCard(
        id="conversion_rate",
        title="Conversion rate",
        unit=PERCENT,
        period="October 2026",
        figure=value,
        status=status("amber"),
        comparisons=(
            compared("Plan", value, 0.025, "higher"),
            compared("Sep 2026", value, 0.0226, "higher"),
        ),
        history=series(
            PERCENT,
            [
                0.021,
                0.024,
                0.02,
                None,
                0.0215,
                0.022,
                0.0221,
                0.0219,
                0.0225,
                0.0224,
                0.0226,
                0.0234,
            ],
        ),
        bullet=Bullet(
            actual=value,
            target=figure(Decimal("0.025"), PERCENT),
            bands=(
                Band(upto=Decimal("0.0225"), level="red"),
                Band(upto=Decimal("0.025"), level="amber"),
                Band(upto=Decimal("0.03"), level="green"),
            ),
        ),
        stages=("conversion",),
        indicator="leading",
        owner="web@toy.example",
        definition=definition("Conversion rate", "orders / visits", rate=True),
    )


def ltv_card() -> KpiCard:
    value = figure(Decimal("184.20"), PER_CUSTOMER)
    return KpiCard(
        id="ltv",
        title="Customer lifetime value",
        unit=PER_CUSTOMER,
        period="October 2026",
        figure=value,
        status=status("none"),
        comparisons=(),
        marks=(Mark(kind="provisional", note="sales cycle 45 d, cohort 20 d"),),
        stages=("loyalty",),
        indicator="lagging",
        owner="crm@toy.example",
        definition=definition("Lifetime value", "aov * frequency * years"),
    )


def gap_card() -> KpiCard:
    return KpiCard(
        id="nps",
        title="Net promoter score",
        unit=Unit(kind="number", label="points, −100 to 100"),
        period="October 2026",
        gap=Gap(
            code="K603",
            message="The file `data/nps_2026.csv` is missing.",
            help="Place the export of October there, or retire the KPI.",
        ),
        status=Status(level="none", word="no figure"),
        stages=("loyalty",),
        owner="crm@toy.example",
        definition=definition("Net promoter score", "promoters / answers", rate=True),
    )


def impressions_card() -> KpiCard:
    value = figure(4_812_300, count("impressions"))
    return KpiCard(
        id="impressions",
        title="Impressions",
        unit=count("impressions"),
        period="October 2026",
        figure=value,
        status=Status(level="none", word="no target"),
        comparisons=(
            compared("Sep 2026", value, 4_812_300, "higher"),
            compared("Oct 2025", value, 4_810_000, "higher"),  # 4.81M too
        ),
        history=series(count("impressions"), [4e6 + 9e4 * i for i in range(12)], partial_last=True),
        marks=(Mark(kind="partial", note="until 29 Oct"), Mark(kind="overlapping")),
        stages=("awareness",),
        context_only=True,
    )


def session_card() -> KpiCard:
    value = figure(Decimal(195), DURATION)
    return KpiCard(
        id="session_length",
        title="Time on site",
        unit=DURATION,
        period="October 2026",
        figure=value,
        status=Status(level="none", word="no target"),
        comparisons=(compared("Sep 2026", value, 204, "higher"),),
        stages=("consideration",),
        indicator="leading",
    )


def null_card() -> KpiCard:
    return KpiCard(
        id="email_rate",
        title="E-mail click rate",
        unit=PERCENT,
        period="October 2026",
        figure=figure(None, PERCENT, missing="no e-mail was sent in October 2026"),
        status=Status(level="none", word="no target"),
        stages=("consideration",),
        indicator="leading",
    )


def goal(
    title: str, kpi: str, amounts: tuple[Figure, Figure, Figure], level: Level, **more: str
) -> GoalRow:
    """`amounts`: reached so far, due so far, due at the end."""
    actual, to_date, target = amounts
    assert actual.value is not None
    assert to_date.value is not None
    assert target.value is not None
    lower_is_better = level == "red"
    reached = actual.value / to_date.value
    rising = (
        Band(upto=to_date.value * Decimal("0.9"), level="red"),
        Band(upto=to_date.value, level="amber"),
        Band(upto=target.value, level="green"),
    )
    falling = (
        Band(upto=target.value, level="green"),
        Band(upto=target.value * Decimal("1.4"), level="red"),
    )
    return GoalRow(
        title=title,
        kpi=kpi,
        actual=actual,
        target_to_date=to_date,
        target=target,
        attainment=figure(1 / reached if lower_is_better else reached, PERCENT),
        status=status(level),
        bullet=Bullet(actual=actual, target=to_date, bands=falling if lower_is_better else rising),
        is_limit=lower_is_better,
        due=date(2026, 12, 31),
        owner=more.get("owner", ""),
        note=more.get("note", ""),
    )


def amounts(unit: Unit, *values: float) -> tuple[Figure, Figure, Figure]:
    actual, to_date, target = (figure(value, unit) for value in values)
    return actual, to_date, target


def goals() -> GoalRows:
    return GoalRows(
        id="goals",
        title="Goals of 2026",
        rows=(
            goal(
                "Grow revenue by 20 %",
                "Revenue",
                amounts(USD, 8_647_000, 8_510_000, 10_900_000),
                "green",
                owner="sales@toy.example",
            ),
            goal(
                "15 % more qualified leads",
                "Qualified leads",
                amounts(count("leads"), 3_120, 3_300, 4_100),
                "amber",
                owner="growth@toy.example",
            ),
            goal(
                "Win a customer for at most USD 45",
                "Customer acquisition cost",
                amounts(PER_CUSTOMER, 52.3, 45, 45),
                "red",
                owner="growth@toy.example",
                note="Agency fees are part of the cost since August.",
            ),
        ),
    )


def plan_cell(unit: Unit, actual: float, plan: float | None, better: Better) -> PlanCell:
    value = figure(actual, unit)
    if plan is None:
        return PlanCell(actual=value)
    base = figure(plan, unit)
    return PlanCell(
        actual=value,
        plan=base,
        difference=delta(value, base, better, absolute=True, in_table=True),
        relative=delta(value, base, better, material=abs(actual - plan) > plan * 0.01),
    )


def plan_table() -> PlanTable:
    def row(title: str, unit: Unit, better: Better, *pairs: tuple[float, float | None]) -> PlanRow:
        cells = tuple(plan_cell(unit, actual, plan, better) for actual, plan in pairs)
        return PlanRow(title=title, unit=unit, cells=cells)

    return PlanTable(
        id="plan",
        title="Actual against plan",
        spans=("October 2026", "Year to date (Jan – Oct 2026)"),
        rows=(
            row("Revenue", USD, "higher", (1_243_120.5, 1_190_000), (8_647_120, 8_760_000)),
            row("Marketing cost", USD, "lower", (214_300, 205_000), (1_902_400, 1_910_000)),
            row("Orders", ORDERS, "higher", (24_320, 23_800), (171_204, 170_000)),
            row("Conversion rate", PERCENT, "higher", (0.0234, 0.025), (0.0221, 0.024)),
            row("Returns", USD, "lower", (18_400, None), (121_000, None)),
        ),
        materiality="1 % or USD 20K",
    )


def roi_table() -> RoiTable:
    benchmark = Decimal("1.02")

    def row(label: str, gain: float, cost: float, roas: float | None, *marks: Mark) -> RoiRow:
        roi = (Decimal(str(gain)) - Decimal(str(cost))) / Decimal(str(cost))
        return RoiRow(
            label=label,
            gain=figure(gain, USD),
            cost=figure(cost, USD),
            net=figure(gain - cost, USD),
            roi=figure(roi, PERCENT),
            roas=None if roas is None else figure(roas, MULTIPLE),
            annualised=figure(roi * Decimal("1.1"), PERCENT) if roas else None,
            verdict=roi_verdict(roi, benchmark) if roas else None,
            per_one=per_one(roi, "USD", "net"),
            marks=marks,
        )

    return RoiTable(
        id="roi",
        title="Return on marketing cost by channel",
        dimension="Channel",
        rows=(
            row("E-mail", 96_000, 12_000, 9.1),
            row("Search", 181_000, 84_000, 3.2),
            row("Affiliates", 41_000, 26_000, 2.1),
            row("Social", 38_000, 64_000, 1.1, Mark(kind="provisional", note="cycle 45 d")),
        ),
        paid=row("Paid only", 356_000, 186_000, 3.4),
        unallocated=RoiRow(
            label="Not allocated (staff)",
            gain=figure(0, USD),
            cost=figure(28_300, USD),
            net=figure(-28_300, USD),
            roi=figure(None, PERCENT, missing="no gain is recorded for staff"),
        ),
        total=row("All channels", 356_000, 214_300, None),
        break_even=Reference(
            label="Break-even", value=figure(0, PERCENT), source="the gain covers all cost"
        ),
        break_even_note="A ROAS of 2.50× covers media",
        benchmark=Reference(
            label="Benchmark", value=figure(benchmark, PERCENT), source="Retail panel, 1 Mar 2026"
        ),
        rule=roi_rule("102.0%"),
        convention="(1 + ROI)^(12/months) − 1, discrete compounding",
        attribution="recorded channel",
    )


def funnel() -> FunnelBlock:
    # Page-view funnel of one day: 430 > 145 > 71 > 29.
    names = ("Product viewed", "Added to cart", "Checkout", "Ordered")
    counts = (430, 145, 71, 29)
    return FunnelBlock(
        id="funnel",
        title="From product to order",
        entity="sessions",
        window="one session",
        steps=tuple(
            FunnelStep(
                label=name,
                count=figure(now, count("sessions")),
                from_previous=figure(Decimal(now) / Decimal(counts[i - 1]), PERCENT) if i else None,
                from_first=figure(Decimal(now) / Decimal(counts[0]), PERCENT) if i else None,
                bottleneck=i == 1,
            )
            for i, (name, now) in enumerate(zip(names, counts, strict=True))
        ),
        immature=figure(12, count("sessions")),
    )


def funnel_gap() -> GapBlock:
    return GapBlock(
        id="mail_funnel",
        title="From e-mail to order",
        gap=Gap(
            code="K612",
            message="The source `crm.sends` has no column `opened_at`.",
            help="Map the column, or leave out the step `opened`.",
        ),
    )


def trend(partial: bool = False) -> TrendBlock:
    def point(index: int) -> TrendPoint:
        first = shift(date(2025, 11, 1), months=index)
        actual = figure(REVENUE[index] * 1000, USD)
        plan = figure(REVENUE_PLAN[index] * 1000, USD)
        return TrendPoint(
            label=MONTHS[index],
            first=first,
            last=next_start(first, Grain.MONTH) - timedelta(days=1),
            actual=actual,
            plan=plan,
            delta=delta(actual, plan, "higher", in_table=True),
            partial=partial and index == len(REVENUE) - 1,
        )

    return TrendBlock(
        id="trend",
        title="Revenue",
        unit=USD,
        points=tuple(point(index) for index in range(len(REVENUE))),
    )


def breakdown() -> BreakdownBlock:
    visits = count("visits")
    rows = (
        ("Desktop", 31, 1000, ""),
        ("Tablet", 13, 500, ""),
        ("Mobile", 6, 500, "half the overall rate"),
    )
    return BreakdownBlock(
        id="by_device",
        title="Conversion rate by device",
        dimension="Device",
        unit=PERCENT,
        parts=(Part(title="Orders", unit=ORDERS), Part(title="Visits", unit=visits)),
        rows=(
            *(
                BreakdownRow(
                    label=label,
                    figure=figure(Decimal(top) / Decimal(bottom), PERCENT),
                    parts=(figure(top, ORDERS), figure(bottom, visits)),
                    share=figure(Decimal("0.3"), PERCENT),
                    note=note,
                )
                for label, top, bottom, note in rows
            ),
            BreakdownRow(
                label="(none)",
                figure=figure(0.004, PERCENT),
                parts=(figure(1, ORDERS), figure(250, visits)),
                special="none",
            ),
            BreakdownRow(
                label="(unmapped)",
                figure=figure(None, PERCENT, missing="no visits"),
                parts=(figure(0, ORDERS), figure(0, visits)),
                special="unmapped",
            ),
        ),
        reference=Reference(label="Overall", value=figure(0.0234, PERCENT)),
        marks=(Mark(kind="overlapping", note="a visitor may use two devices"),),
    )


def note() -> NoteBlock:
    return NoteBlock(
        id="note",
        text="The agency's invoice was booked in October; two thirds of it belong to September.",
        author="R. Tan, finance",
        written=date(2026, 11, 4),
    )


def _model(title: str, audience: Audience, sections: tuple[Section, ...]) -> ReportModel:
    model = ReportModel(
        title=title,
        headline="computed below",
        project="Toy Store",
        audience=audience,
        period=Period(
            label="October 2026",
            first=date(2026, 10, 1),
            last=date(2026, 10, 31),
            complete=audience.tier != "specialist",
        ),
        currency="USD",
        time_zone="America/New_York",
        now=datetime(2026, 11, 21, 6, 0, tzinfo=UTC),
        definition_hash="3f9c2a71",
        commit="8d41e07",
        freshness=(
            Freshness(source="shop.order_lines", until=datetime(2026, 11, 21, 4, 0, tzinfo=UTC)),
            Freshness(source="marketing.ad_spend", until=date(2026, 10, 29), stale=True),
            Freshness(source="web.sessions", until=date(2026, 11, 20), guessed=True),
            Freshness(source="crm.answers", until=None),
        ),
        sections=sections,
        footer=Footer(
            method=(
                "ROI = (gain − cost) / cost on gross profit.",
                "Attribution: recorded channel.",
            ),
            exclusions=("Test orders and staff orders.",),
            how_to_read=("Attainment is the actual over the target to date.",),
            not_on_this_page=("Channel detail: see the manager's page.",),
        ),
    )
    return model.model_copy(update={"headline": report_headline(model)})


def executive() -> ReportModel:
    return _model(
        "Monthly review",
        Audience(name="Executives", tier="executive", cadence="monthly"),
        (
            Section(id="targets", question="Did we reach the goals?", blocks=(goals(),)),
            Section(id="money", question="Is the money well spent?", blocks=(roi_table(),)),
            Section(
                id="moving",
                question="How are we moving?",
                blocks=(trend(), revenue_card(), cac_card(), rate_card(), ltv_card(), gap_card()),
            ),
            Section(id="books", question="Are we on plan?", blocks=(plan_table(), note())),
        ),
    )


def manager() -> ReportModel:
    return _model(
        "Weekly campaigns",
        Audience(name="Marketing managers", tier="manager", cadence="weekly"),
        (
            Section(id="kpis", question="Which KPI needs work?", blocks=(cac_card(), rate_card())),
            Section(
                id="leak", question="Where does the funnel leak?", blocks=(funnel(), funnel_gap())
            ),
            Section(id="segment", question="Which segment explains it?", blocks=(breakdown(),)),
            Section(id="channels", question="Which channel earns?", blocks=(roi_table(), note())),
        ),
    )


def specialist() -> ReportModel:
    return _model(
        "Daily channel detail",
        Audience(name="Channel specialists", tier="specialist", cadence="daily"),
        (
            Section(
                id="channel",
                question="What moved yesterday?",
                blocks=(impressions_card(), session_card(), null_card(), rate_card()),
            ),
            Section(id="shape", question="Is it a blip?", blocks=(trend(partial=True),)),
        ),
    )


ALL = {"executive": executive, "manager": manager, "specialist": specialist}
