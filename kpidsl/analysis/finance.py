"""Return on investment: ROI, ROAS, annualising, break-even.

A value that is not known (None) gives None, and so does a division by zero (S12).
"""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.analysis.quantities import Number, difference, number_text, ratio
from kpidsl.model.periods import DayCount, YearFraction
from kpidsl.text.diagnostic import Diagnostic, error, warning
from kpidsl.text.source import Span


@dataclass(frozen=True, slots=True)
class Annualised:
    """A yearly ROI as a fraction, and how the length of its period was counted."""

    value: float
    day_count: DayCount

    @property
    def convention(self) -> str:
        """The words that stand beside the value wherever it is shown (V2, T6)."""
        return f"discrete compounding, reinvested; {self.day_count}"


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The revenue at which ROI is zero, and that revenue per unit of cost.

    `margin` is the fraction of revenue that the gain keeps; 1 when the gain is revenue itself.
    """

    revenue: float
    roas: float
    margin: Number


def net(gain: Number | None, cost: Number | None) -> Number | None:
    """Return gain less cost, in money; exact for decimals (V1)."""
    if gain is None or cost is None:
        return None
    return difference(gain, cost)


def roi(gain: Number | None, cost: Number | None) -> float | None:
    """Return (gain − cost) ÷ cost as a fraction: 2.0 is 200 % (V1, V4, V5).

    `gain` must not have had `cost` deducted already (T1).
    """
    return ratio(net(gain, cost), cost)


def roas(ad_revenue: Number | None, ad_spend: Number | None) -> float | None:
    """Return ad revenue ÷ ad spend as a fraction: 4.0 is 400 % or 4:1 (V3)."""
    return ratio(ad_revenue, ad_spend)


def break_even(cost: Number | None, margin: Number = 1) -> BreakEven | None:
    """Return the break-even point for a gain that keeps `margin` of each unit of revenue (V9).

    None when the cost is not known, or when the margin is not positive: no revenue covers it.
    """
    if cost is None or margin <= 0:
        return None
    return BreakEven(float(cost) / float(margin), 1 / float(margin), margin)


def annualised(
    roi: float | None, length: YearFraction, span: Span | None = None
) -> tuple[Annualised | None, tuple[Diagnostic, ...]]:
    """Return (1 + ROI)^(1/years) − 1 with its convention (V2, T6).

    Refused with D076 when ROI is −100 % or less, when the length is not positive, and when the
    result is too large to be a number; warned with D076 when the length is under one month.
    `span` is where the annualised figure was asked for.
    """
    if roi is None:
        return None, ()
    if length.years <= 0:
        return None, (
            error(
                "D076",
                f"a length of {number_text(length.years, 4)} years can't be annualised",
                span,
                help="choose a period that ends after it starts",
            ),
        )
    if roi <= -1:
        return None, (
            error(
                "D076",
                "an ROI of −100% or less can't be annualised: nothing is left to reinvest",
                span,
                help="show the ROI itself, without annualising it",
            ),
        )
    try:
        value = (1 + roi) ** (1 / length.years) - 1
    except OverflowError:
        return None, (
            error(
                "D076",
                "the annualised ROI is too large to be a number: the period is too short",
                span,
                help="annualise over a month or more",
            ),
        )
    result = Annualised(value, length.convention)
    if length.years >= 1 / 12:
        return result, ()
    return result, (
        warning(
            "D076",
            "an ROI of less than one month is annualised, as if a year brought it again and again",
            span,
            help="annualise over a month or more, or show the ROI itself",
        ),
    )
