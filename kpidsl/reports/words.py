"""Every fixed word that a page prints, in one place, so that translation replaces one object.

Texts with `{names}` are filled by `str.format`; only their own names stand in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _mapping(**texts: str) -> dict[str, str]:
    return texts


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; the defaults are English."""

    # Frame
    skip: str = "Skip to the report"
    about_page: str = "About this page"
    period: str = "Period"
    audience: str = "For"
    complete: str = "complete"
    partial_period: str = "not complete yet"
    currency: str = "Currency"
    time_zone: str = "Time zone"
    data_until: str = "Data until"
    stale: str = "stale"
    guessed: str = "by its last row"
    unknown: str = "unknown"
    generated: str = "Made"
    definitions: str = "Definitions"
    commit: str = "commit"
    method: str = "Method"
    exclusions: str = "Left out"
    how_to_read: str = "How to read this page"
    not_on_this_page: str = "Not on this page"
    legend: tuple[str, ...] = (
        "AC actual, solid. PL plan, outlined. Dashed or hollow: the period is not complete yet.",
        "A difference has a sign, an arrow, a word and a colour.",
        "Better and worse follow the KPI's own direction: a lower cost is better.",
        "Two figures that print alike are called about the same, whatever lies between them.",
        "Bars start at 0, and bars of one measure share one scale. Notation inspired by IBCS.",
        "– means that there is no value; the reason is beside it or under the pointer.",
    )

    # Cards
    value: str = "Value"
    versus: str = "Against"
    difference: str = "Difference"
    no_comparison: str = "no comparison yet"
    no_value: str = "No value"
    no_figure: str = "No figure"
    history: str = "History"
    period_column: str = "Period"
    figures: str = "Figures"
    definition: str = "Definition"
    context_only: str = "context only"
    playbook: str = "What to do"
    formula: str = "Formula"
    numerator: str = "Numerator"
    denominator: str = "Denominator"
    filters: str = "Filters"
    basis: str = "Basis"
    unit: str = "Unit"
    goal: str = "Goal"
    sources: str = "Sources"
    location: str = "Defined in"
    sql: str = "Compiled SQL"
    not_material: str = "not material"
    better: str = "better"
    worse: str = "worse"
    unchanged: str = "unchanged"
    alike: str = "about the same"
    stages: dict[str, str] = field(
        default_factory=lambda: _mapping(
            awareness="awareness",
            consideration="consideration",
            conversion="conversion",
            loyalty="loyalty",
        )
    )
    indicators: dict[str, str] = field(
        default_factory=lambda: _mapping(leading="leading", lagging="lagging")
    )
    levels: dict[str, str] = field(
        default_factory=lambda: _mapping(
            green="on target", amber="at risk", red="off target", none="no status"
        )
    )
    marks: dict[str, str] = field(
        default_factory=lambda: _mapping(
            partial="partial",
            overlapping="overlapping",
            provisional="provisional",
            stale="stale",
        )
    )
    tiers: dict[str, str] = field(
        default_factory=lambda: _mapping(
            executive="executive", manager="manager", specialist="specialist"
        )
    )
    cadences: dict[str, str] = field(
        default_factory=lambda: _mapping(
            daily="daily",
            weekly="weekly",
            monthly="monthly",
            quarterly="quarterly",
            yearly="yearly",
        )
    )

    # Tables
    kpi: str = "KPI"
    actual_short: str = "AC"
    plan_short: str = "PL"
    delta_plan: str = "ΔPL"
    delta_plan_percent: str = "ΔPL %"
    actual: str = "Actual"
    plan: str = "Plan"
    materiality: str = "Material from"
    target: str = "Target"
    target_to_date: str = "Target to date"
    actual_to_date: str = "Actual to date"
    attainment: str = "Attainment"
    of_target_to_date: str = "of target to date"
    of_limit_to_date: str = "100% keeps the limit"
    limit: str = "Limit"
    limit_to_date: str = "Limit to date"
    status: str = "Status"
    due: str = "Due"
    gain: str = "Gain"
    cost: str = "Cost"
    net: str = "Net"
    roi: str = "ROI"
    roas: str = "ROAS (gross)"
    annualised: str = "Annualised"
    verdict: str = "Advice"
    rule: str = "Rule"
    attribution: str = "Attribution"
    verdicts: dict[str, str] = field(
        default_factory=lambda: _mapping(keep="keep", watch="watch", stop="stop")
    )
    step: str = "Step"
    count: str = "Count"
    from_previous: str = "From previous step"
    from_first: str = "From first step"
    bottleneck: str = "weakest step"
    immature: str = "Left out of every rate, because their window is not over yet"
    window: str = "Window"
    share: str = "Share"
    note: str = "Note"
    scroll: str = "{title}, scrolls sideways"

    # Computed sentences
    goals_on_target: str = "{done} of {all} goals on target"
    all_goals_on_target: str = "All {all} goals on target"
    one_goal_on_target: str = "The goal is on target"
    one_goal_off_target: str = "The goal is {word}"
    kpis_on_target: str = "{done} of {all} KPIs on target"
    worst: str = "{title} {word} at {value}"
    furthest: str = "{title} {word}: {actual} against {target}"
    gaps: str = "KPIs without a figure: {count}"
    no_targets: str = "No KPI on this page has a target yet"
    against: str = "{title} {value}, {delta} against {label}"
    latest: str = "{title} {value} {when}"
    on_day: str = "on {day}"
    in_week: str = "in the week of {day}"
    in_period: str = "in {period}"
    over_days: str = "over {days}"
    above_plan: str = "{delta} above plan"
    below_plan: str = "{delta} below plan"
    on_plan: str = "on plan"
    periods_favourable: str = "better than plan in {count} of {all} periods"
    plan_kpis: str = "{span}: {count} of {all} KPIs better than plan"
    misses_most: str = "{title} misses it most ({delta})"
    no_periods: str = "{title}: no period has a value yet"
    range: str = "{title} from {first} to {last}: lowest {low}, highest {high}, latest {value}"
    bullet: str = "{title}: {actual} against a target of {target}"
    bullet_of_plan: str = "{title}: {actual} against a plan of {target}"
    weakest_step: str = "Weakest step: {before} → {step}, {rate} ({count} of {total})"
    whole_funnel: str = "{rate} go from {first} to {last}"
    rate_of_step: str = "{before} → {step}: {rate}"
    largest: str = "{label} is highest at {value}"
    differs: str = "{label}: {note}"
    several: str = "{label} and {count} more"
    roi_spread: str = "{best} earns most ({best_roi}), {worst} least ({worst_roi})"
    roi_above: str = "{count} of {all} above break-even"
    bar: str = "{label}: {value}"
    per_one: str = "1 {currency} → {amount} {currency} {basis}"
    bases: dict[str, str] = field(default_factory=lambda: _mapping(gross="gross", net="net"))
    roi_rule: str = "keep: ROI at or above {bar}; watch: at or above break-even; stop: below it"
    roi_rule_plain: str = "keep: ROI above break-even; watch: at it; stop: below it"


ENGLISH = Words()
