"""What an engine's catalogue says of the data, for plans that are as right without, but slower."""

from __future__ import annotations

from typing import Protocol

from kpidsl.model.sources import Source


class Facts(Protocol):
    """What is known of the rows of sources without reading them."""

    def at_most(self, source: Source) -> int | None:
        """Return a number that a source has hardly more rows than, or None where none is known."""

    def decimal_places(self, source: Source, column: str) -> int | None:
        """Return how many decimal places a column has that keeps decimals exactly, or None where
        it may be of another type."""


class NothingKnown:
    """The facts where there is no catalogue to ask."""

    def at_most(self, source: Source) -> int | None:
        del source
        return None

    def decimal_places(self, source: Source, column: str) -> int | None:
        del source, column
        return None
