"""Where a goal stands: its target to date, attainment and red, amber or green (D6, D13, S27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from kpidsl.analysis.quantities import Number, difference, percent_text, product, ratio, same
from kpidsl.model.periods import Window, shift_window, whole_months
from kpidsl.model.purpose import Better, Goal, Target


class Status(StrEnum):
    """A goal's light, or why it has none."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NOT_BEGUN = "not begun"
    NO_DATA = "no data"
    NO_TARGET = "no target"


@dataclass(frozen=True, slots=True)
class GoalStatus:
    """The state of one goal.

    `target` is what must stand at the end, `target_to_date` what should stand now, `gap` is
    actual − target to date in the KPI's unit. `attainment` is 1.0 on target and more when better,
    whichever direction is better; None without data or for a target of zero. `final`: the goal's
    time is over. `explanation` is the reason for the status in words.
    """

    status: Status
    explanation: str
    final: bool
    target: Number | None
    target_to_date: Number | None
    actual: Number | None
    gap: Number | None = None
    attainment: float | None = None


@dataclass(frozen=True, slots=True)
class Season:
    """The KPI's value on each day of an earlier period: the shape of a seasonal curve."""

    period: Window
    by_day: tuple[tuple[date, Number], ...]


def goal_status(
    goal: Goal,
    actual: Number | None,
    as_of: date,
    better: Better | None,
    *,
    additive: bool,
    baseline: Number | None = None,
    season: Season | None = None,
) -> GoalStatus:
    """Return where a goal stands at the start of day `as_of`, the first day not yet complete.

    `actual` covers `measured_window(goal.over, as_of)`, or is the level for a goal `at` a date.
    `baseline` is the KPI's value over the target's baseline period. The target of an additive KPI
    over a period grows with the period; a level's or a ratio's is the same on every day (S27).
    """
    target = target_value(goal.target, baseline)
    final = as_of >= _end(goal)
    to_date = target
    if target is not None and goal.over is not None and additive and not final:
        to_date = _target_to_date(target, goal, goal.over, as_of, season)

    def stands(status: Status, explanation: str) -> GoalStatus:
        return GoalStatus(status, explanation, final, target, to_date, actual)

    if target is None:
        return stands(Status.NO_TARGET, "the baseline is unknown or not above zero")
    if goal.over is not None and as_of <= goal.over.start:
        return stands(Status.NOT_BEGUN, "the period has not begun")
    if actual is None:
        return stands(Status.NO_DATA, "the KPI has no value")
    if to_date is None:
        return stands(Status.NO_TARGET, "the seasonal curve has no matching earlier period")
    return _rated(goal, target, to_date, actual, final, direction(goal.target, better))


def measured_window(over: Window, as_of: date) -> Window | None:
    """Return the part of a goal's period that is known, which `actual` must cover."""
    return Window(over.start, min(as_of, over.end)) if as_of > over.start else None


def target_value(target: Target, baseline: Number | None = None) -> Number | None:
    """Return the target at the end: absolute, or the baseline changed by the goal's fraction.

    None for a relative target whose baseline is missing or not above zero: a percentage of that
    is no target.
    """
    if target.change is None:
        return target.value
    if baseline is None or baseline <= 0:
        return None
    return product(baseline, 1 + target.change)


def direction(target: Target, better: Better | None) -> Better:
    """Return what is better for a target: a bound says so by itself, otherwise the KPI does.

    A target of which less is better is called a limit wherever it is shown.
    """
    match target.sense:
        case "at_most":
            return Better.LOWER
        case "at_least":
            return Better.HIGHER
        case "reach":
            return better or Better.HIGHER


def _end(goal: Goal) -> date:
    if goal.over is not None:
        return goal.over.end
    return goal.at + timedelta(days=1) if goal.at is not None else date.max


def _target_to_date(
    target: Number, goal: Goal, over: Window, as_of: date, season: Season | None
) -> Number | None:
    known = measured_window(over, as_of)
    if known is None:
        return 0
    if goal.curve == "linear":
        return float(target) * known.days / over.days
    share = None if season is None else _season_share(over, known, season)
    return None if share is None else float(target) * share


def _season_share(over: Window, known: Window, season: Season) -> float | None:
    """The share of the season's total that had come by the same day of its period.

    Periods match by calendar months (29 February with the 28th), others by days; a season that
    isn't as long as the goal's period, but for a 53rd week, has no shape to lend.
    """
    if season.period.start >= over.start:
        return None
    months = whole_months(Window(season.period.start, over.start))
    if months is not None and shift_window(over, -months) == season.period:
        then = shift_window(known, -months)
    elif abs(season.period.days - over.days) in {0, 7}:
        then = shift_window(known, days=(season.period.start - over.start).days)
    else:
        return None
    by_day = [(day, float(value)) for day, value in season.by_day if day in season.period]
    total = sum(value for _, value in by_day)
    if total <= 0:
        return None
    return sum(value for day, value in by_day if day in then) / total


def _rated(
    goal: Goal, target: Number, to_date: Number, actual: Number, final: bool, better: Better
) -> GoalStatus:
    """Attainment is 1 plus the favourable gap as a share of the target.

    So "at most 50" mirrors "at least 50": at 55 the one is as far from its target as the other
    is at 45, and both are amber within 10 %. That sum is not one that readers guess, so the
    explanation of a limit shows it.
    """
    gap = difference(actual, to_date)
    share = ratio(gap, abs(float(to_date)))
    attainment = None if share is None else 1 + (share if better is Better.HIGHER else -share)
    within = float(goal.bands.amber_within)
    whole = final or to_date == target
    explanation = _position(to_date, actual, attainment, better, whole=whole)
    if _reaches(actual, to_date, better):
        status = Status.GREEN
    elif attainment is None:
        status = Status.RED
    elif attainment >= 1 - within or same(attainment, 1 - within):
        status = Status.AMBER
        explanation += f", within the {percent_text(within)} band"
    else:
        status = Status.RED
        explanation += f", outside the {percent_text(within)} band"
    return GoalStatus(status, explanation, final, target, to_date, actual, gap, attainment)


def _position(
    target: Number,
    actual: Number,
    attainment: float | None,
    better: Better,
    *,
    whole: bool,
) -> str:
    """Say where an actual stands, with a distance that fits the attainment as it is printed; of a
    limit, how its attainment comes about."""
    place = "the target" if better is Better.HIGHER else "the limit"
    if not whole:
        place += " to date"
    if same(actual, target):
        return f"on {place}"
    side = "above" if actual > target else "below"
    if attainment is None:
        return f"{side} {place} of zero"
    reached = Decimal(str(attainment)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    distance = percent_text(float(abs(1 - reached)))
    if better is Better.HIGHER or reached == 1:
        return f"{distance} {side} {place}"
    sign = "−" if reached < 1 else "+"
    return f"{distance} {side} {place} (100% {sign} {distance} = {percent_text(float(reached))})"


def _reaches(value: Number, bound: Number, better: Better) -> bool:
    if same(value, bound):
        return True
    return value > bound if better is Better.HIGHER else value < bound
