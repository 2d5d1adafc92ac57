"""The fixed words of what is built from definitions and numbers, in one place for translation."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phrases:
    """Texts with `{names}` are filled by `str.format`; the defaults are English."""

    plan: str = "Plan"
    target: str = "Target"
    benchmark: str = "Benchmark"
    break_even: str = "Break-even ROI"
    overall: str = "Overall"
    total: str = "Total"
    either: str = " or "
    to_date: str = "{word} to date"
    year_to_date: str = "Year to date ({period})"
    no_figure: str = "no figure"
    no_target: str = "no target"
    on_plan: dict[str, str] = field(
        default_factory=lambda: {"green": "on plan", "amber": "near plan", "red": "off plan"}
    )
    by: str = "{title} by {dimension}"
    goals: str = "Goals"
    plan_table: str = "Actual against plan"

    # Why a value is missing
    no_rows: str = "no rows {when}"
    no_denominator: str = "nothing to divide by {when}"
    before_data: str = "{source} begins on {day}"
    after_data: str = "{source} ends on {day}"
    no_data: str = "{source} holds no dated rows"
    suppressed: str = "suppressed: fewer than {limit}"
    suppressed_too: str = "suppressed: it would tell of fewer than {limit}"
    plan_finer: str = "the plan is monthly, and {period} is not whole months"
    not_annualised: str = "no return above {limit} a year can be reinvested"
    all_lost: str = "at this rate all but nothing is left after a year"
    no_plan: str = "no plan for {period}"
    baseline_in_part: str = "the baseline, {period}, is known in part only ({known})"

    # Marks
    data_until: str = "data until {day}"
    data_from: str = "data from {day}"
    young: str = "sales cycle {cycle} d, cohort {age} d"
    overlapping: str = "the same thing can count for several members"

    # Sentences
    differs: str = "{share} {side} overall"
    above: str = "above"
    below: str = "below"
    since: str = "counted since {day}"
    as_of: str = "as of {day}"
    free_gain: str = "the total also holds gain that cost nothing, and so judges no spending"
    paid_rule: str = "paid only: those that cost something, each with its own cost"
    paid: str = "Paid only"
    benchmark_source: str = "{source}, {day}"
    allocated: str = "{line} allocated by {by}"
    net_of: str = "net of {amounts}"
    basis: str = " (basis: {basis})"
    attribution: str = "attribution: {model}"
    serves: str = "serves: {goals}"
    unresolved: str = "{share} % of {ids} ids of {entity} in {source} are unresolved."
    not_counted: str = "How many ids of {entity} in {source} are unresolved could not be counted."
    excluded: str = "{source}: rows where {condition}"
    roi_method: str = "{title}: ROI = (gain − cost) / cost{basis}; attribution: {model}."
    period_rule: str = (
        "The page is about {period}: the last {grain} that all sources of its KPIs have passed."
    )
    period_asked: str = "The page is about {period}, as asked for."
    period_partial: str = "Its data reach {day}, so each comparison covers the same days."
    status_rule: str = (
        "A status is against the goal's target (to date, where the KPI adds up over time); without "
        "a goal against the plan: near plan misses it by at most {near}%."
    )
    note_rule: str = (
        "A note stands by the {count} segments furthest from overall, and by those just as far, "
        "if they are {limit}% or more above or below it."
    )
    suppression_rule: str = (
        "Groups of fewer than {limit} are not shown, nor the next smallest where they could be "
        "had by subtraction. Empty groups are shown: they hold nobody."
    )
    year_before_rule: str = "A year before is 52 weeks before, so that weekdays compare."
    full_year: str = "The full-year outlook: declared, not computed yet."
    young_roi: str = "An ROI younger than its sales cycle is provisional and has no advice."
    nobody: str = "nobody reached the step before"
    no_roi: str = "no ROI"
    unallocated: str = "a cost that no member bears"
    covers_cost: str = "the gain covers all cost: {lines}"
    roas_covers: str = "A ROAS of {multiple} covers {lines} at a margin of {margin}"
    revenue_covers: str = "Revenue of {multiple} the cost covers it at a margin of {margin}"
    roi_bears: str = "the ROI also bears {lines}"
    convention_short: str = "not for a period shorter than a month"


ENGLISH = Phrases()
