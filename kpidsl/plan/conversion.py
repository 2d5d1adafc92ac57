"""Measures in another currency: each row's amount at its rate, then the aggregate (S26)."""

from __future__ import annotations

from kpidsl.model.expr import Exchanged, Literal, MeasureRef, RowExpr
from kpidsl.model.project import Model
from kpidsl.model.sources import COUNTS, Measure, Source
from kpidsl.model.units import SEVERAL
from kpidsl.plan.excludes import Excludes
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error

Conversion = tuple[str, str]
"""From which currency into which; of several around a measure the innermost stands first."""


class Conversions:
    """The measures of a model in other currencies, each made once: who meets one again in another
    part of a question must know it for the same."""

    def __init__(self, model: Model, excludes: Excludes) -> None:
        self._model = model
        self._excludes = excludes
        self._made: dict[tuple[MeasureRef, tuple[Conversion, ...]], Measure] = {}

    def measure(self, ref: MeasureRef, conversions: tuple[Conversion, ...] = ()) -> Measure:
        """Return a measure within conversions, of which those from another currency than its own
        leave it as it is."""
        measure = self._model.sources[ref.source].measures[ref.measure]
        if not conversions and measure.currency is None:
            return measure
        if (ref, conversions) not in self._made:
            self._made[ref, conversions] = self._converted(measure, conversions)
        return self._made[ref, conversions]

    def _converted(self, measure: Measure, conversions: tuple[Conversion, ...]) -> Measure:
        own, operand, unit = measure.unit.money, measure.operand, measure.unit
        for of, into in conversions:
            if of == own and into != own:
                currency = measure.currency if own == SEVERAL else Literal(own)
                assert currency is not None
                operand = Exchanged(
                    self._amount(measure, operand), currency, into, measure.stock is not None
                )
                unit, own = unit.into(into), into
        if own == SEVERAL:
            raise Refused(
                error(
                    "K497",
                    f"`{measure.name}` is in the currency of each row, and money of several "
                    "currencies doesn't add up",
                    measure.span,
                    label=SEVERAL,
                    help=f"convert it: `convert({measure.name}, {self._model.settings.currency})`",
                )
            )
        if operand is measure.operand:
            return measure
        return measure.model_copy(update={"operand": operand, "unit": unit, "currency": None})

    def _amount(self, measure: Measure, operand: RowExpr | None) -> RowExpr:
        """Return the amount to convert of a row; refused where none can be."""
        source = self._model.sources[measure.source]
        if operand is None or measure.aggregate in COUNTS:
            raise Refused(
                error(
                    "K498",
                    f"`{measure.name}` counts, and is no money to convert",
                    measure.span,
                    help="say in its definition what it counts, in place of a currency",
                )
            )
        if source.time is None:
            raise Refused(
                error(
                    "K468",
                    f"`{measure.name}` has no time to take an exchange rate at: source "
                    f"`{source.name}` declares none",
                    source.span,
                    label="no `time`",
                    help="declare `time: COLUMN` in the source",
                )
            )
        rates = source_of_rates(self._model.sources)
        circular = self._excludes.in_reach(rates)
        if circular is not None:
            raise Refused(circular)
        return operand


def source_of_rates(sources: dict[str, Source]) -> Source:
    """Return the source of exchange rates, without which the checker lets nothing be converted."""
    return next(source for source in sources.values() if source.rates is not None)


def unconverted(currency: str, conversions: tuple[Conversion, ...], what: str) -> None:
    """Refuse an amount that belongs to no row within a conversion from its currency."""
    for of, into in conversions:
        if of == currency and into != currency:
            raise Refused(
                error(
                    "K498",
                    f"{what} belongs to no day, so there is no rate from {of} to {into} for it",
                    help=f"write it in {into}, outside of `convert`",
                )
            )
