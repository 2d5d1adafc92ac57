"""What the data say against exchange rates, in words (S26)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from kpidsl.model.currencies import CURRENCIES
from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.run.examples import Examples
from kpidsl.sql.rates import repeated_rate, worthless_rate
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.display import counted

CONTRADICTIONS: dict[str, Callable[[Model, Source, str], exp.Query]] = {
    "K671": repeated_rate,
    "K673": worthless_rate,
}
"""The statements that look for what contradicts rates, by the code that tells of it."""


def contradicted(source: Source, told: Mapping[str, Examples | None]) -> list[Diagnostic]:
    """Return what the statements found."""
    found = []
    if (twice := told["K671"]) is not None:
        found.append(
            error(
                "K671",
                f"`{source.name}` has several rates of one pair and day: "
                f"{twice.listed(map(_told_of_rate, twice.values, twice.counts))}",
                source.span,
                help="leave all but one of them out with `exclude`",
            )
        )
    if (below := told["K673"]) is not None:
        found.append(
            error(
                "K673",
                f"`{source.name}` has rates of zero or below: "
                f"{below.listed(map(_told_of_rate, below.values, below.counts))}",
                source.span,
                help="leave them out with `exclude`, if they are gaps",
            )
        )
    return found


def lacking(source: Source, found: Examples) -> Diagnostic:
    """Return for which pairs and days a source has no rate."""
    return error(
        "K672",
        f"`{source.name}` lacks {counted(found.keys, 'rate')}: "
        f"{found.listed(map(_told_of_amount, found.values))}",
        source.span,
        help=_mend_of_rate(found.values, source),
    )


def _told_of_rate(values: tuple[object, ...], rows: int) -> str:
    base, quote, day = values
    return f"{base} to {quote} on {str(day)[:10]} ({counted(rows, 'row')})"


def _told_of_amount(values: tuple[object, ...]) -> str:
    currency, wanted, day = values
    of = "from no currency" if currency is None else f"from {currency}"
    when = "for no day" if day is None else f"for {str(day)[:10]}"
    return f"{of} to {wanted} {when}"


def _mend_of_rate(examples: tuple[tuple[object, ...], ...], source: Source) -> str:
    """Return what may be wrong with the first amount that is told of."""
    (currency, wanted, day), *_ = examples
    if currency is None or day is None:
        return "leave rows without it out with the measure's `where`, or correct the data"
    if str(currency) not in CURRENCIES:
        return (
            f"`{currency}` is no currency: let `currency` be `upper(trim(…))`, or correct the data"
        )
    assert source.rates is not None
    return (
        f"add the rate from {currency} to {wanted}, or let `stale_after` be more than "
        f"{source.rates.stale_days} days"
    )
