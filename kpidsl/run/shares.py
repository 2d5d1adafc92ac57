"""What the data say against the shares of a bridge, in words (S7)."""

from __future__ import annotations

from decimal import Decimal

from kpidsl.model.formula import number_text
from kpidsl.model.sources import Join
from kpidsl.run.examples import Examples, quoted
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.display import counted


def no_whole(join: Join, found: Examples) -> Diagnostic:
    """Return which rows would count more or less than once."""
    shares = f"the shares of {counted(found.keys, 'key')} of `{join.source}` in `{join.target}`"
    fact = f"{shares} make no whole"
    return error(
        "K674",
        f"{fact}: {found.listed(map(_told, found.values))}",
        join.span,
        on_pages=fact,
        help="correct the shares: none is missing or below 0, and those of one key add up to 1",
    )


def _told(values: tuple[object, ...]) -> str:
    *key, total = values
    return f"{quoted(key)} has {'none' if total is None else number_text(Decimal(str(total)))}"
