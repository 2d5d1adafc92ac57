"""From values of answers to the figures of a page: units, differences, lights, bullets."""

from __future__ import annotations

from decimal import Decimal

from kpidsl.analysis.goals import Status as GoalLight
from kpidsl.analysis.quantities import Number, percent_text
from kpidsl.model.project import Settings
from kpidsl.model.purpose import Bands
from kpidsl.model.purpose import Better as Direction
from kpidsl.model.units import Unit as ModelUnit
from kpidsl.model.units import is_currency
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.format import NUMBER, PERCENT, count, delta, figure, money
from kpidsl.reports.values import Band, Better, Bullet, Delta, Figure, Level, Status, Unit
from kpidsl.reports.words import ENGLISH as WORDS

NEAR = Bands().amber_within
"""By how much a plan may be missed and still be near, as a goal's target by default."""

_ROOM = Decimal("1.25")
"""How far the best or worst range of a bullet reaches beyond the target."""


def page_unit(unit: ModelUnit, *, percent: bool = False, per: str = "") -> Unit:
    """Return how a page prints a unit of the model (D14); `per` replaces its denominator."""
    if percent:
        return PERCENT
    if unit.is_plain:
        return NUMBER
    match [(name, power) for name, power in unit.powers if power > 0]:
        case [(name, 1)] if is_currency(name):
            return money(name, per or str(unit).partition(" per ")[2])
        case [(name, 1)] if len(unit.powers) == 1:
            return count(name)
    return Unit(kind="number", label=str(unit))


def difference(
    value: Figure,
    base: Figure,
    better: Better | None,
    settings: Settings,
    *,
    absolute: bool = False,
    in_table: bool = False,
) -> Delta | None:
    """Return value − base; below the project's materiality it has neither colour nor wording."""
    material = _is_material(value, base, settings)
    return delta(value, base, better, absolute=absolute, material=material, in_table=in_table)


def materiality(settings: Settings) -> str:
    """The project's materiality as a page prints it, or nothing."""
    share, amount = settings.materiality, settings.materiality_amount
    parts = [percent_text(float(share))] if share is not None else []
    if amount is not None:
        parts.append(figure(amount, money(settings.currency)).short)
    return PHRASES.either.join(parts)


def _is_material(value: Figure, base: Figure, settings: Settings) -> bool:
    """A difference is material from the share of its base or from the amount on, whichever it
    reaches; the amount speaks of money alone, not of money per customer."""
    share, amount = settings.materiality, settings.materiality_amount
    if value.value is None or base.value is None or (share is None and amount is None):
        return True
    apart = abs(value.value - base.value)
    if amount is not None and value.unit.label == settings.currency and apart >= amount:
        return True
    if share is None:
        return value.unit.label != settings.currency
    return apart >= share * abs(base.value)


def light(status: GoalLight) -> Status:
    """Colour and word of a goal's light; a goal without one says why."""
    level: Level
    match status:
        case GoalLight.GREEN:
            level = "green"
        case GoalLight.AMBER:
            level = "amber"
        case GoalLight.RED:
            level = "red"
        case _:
            return Status(level="none", word=status.value)
    return Status(level=level, word=WORDS.levels[level])


def bullet(actual: Figure, target: Figure, better: Direction, within: Decimal) -> Bullet:
    """Return the bullet graph of a figure, with the ranges of its goal (D13).

    Without a positive target there is nothing to share out, and so no ranges.
    """
    goal = target.value
    if goal is None or goal <= 0:
        return Bullet(actual=actual, target=target)
    far = max(goal * _ROOM, actual.value or Decimal(0))
    bands: tuple[Band, ...]
    if better is Direction.HIGHER:
        bands = (
            Band(upto=goal * (1 - within), level="red"),
            Band(upto=goal, level="amber"),
            Band(upto=far, level="green"),
        )
    else:
        bands = (
            Band(upto=goal, level="green"),
            Band(upto=goal * (1 + within), level="amber"),
            Band(upto=max(far, goal * (1 + within)), level="red"),
        )
    return Bullet(actual=actual, target=target, bands=bands)


def plan_level(actual: Decimal, plan: Decimal, better: Better | None) -> Level:
    """Green on plan or better, amber near it, red beyond; none without direction."""
    if better is None:
        return "none"
    miss = plan - actual if better == "higher" else actual - plan
    if miss <= 0:
        return "green"
    return "amber" if miss <= abs(plan) * NEAR else "red"


def exact_number(value: Number | None) -> Decimal | None:
    """A value as the page's decimals take it: a float at its shortest spelling."""
    return None if value is None else figure(value, NUMBER).value
