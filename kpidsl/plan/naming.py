"""Names of columns and relations, which SQL does not tell apart by case."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """Hands out names, each once, whatever their case: neither what is `taken`, nor what is
    `reserved`, which is case folded."""

    def __init__(
        self, taken: Iterable[str] = (), *, reserved: frozenset[str] = frozenset()
    ) -> None:
        self._taken = {name.casefold() for name in taken}
        self._reserved = reserved

    def unused(self, wanted: str) -> str:
        """Return `wanted`, numbered where it is taken; from now on it is."""
        name, number = wanted, 2
        while (folded := name.casefold()) in self._taken or folded in self._reserved:
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(folded)
        return name
