"""Names of columns and relations, which SQL does not tell apart by case."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """Hands out names, each once, whatever their case."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}

    def unused(self, wanted: str) -> str:
        """Return `wanted`, numbered where it is taken; from now on it is."""
        name, number = wanted, 2
        while name.casefold() in self._taken:
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name.casefold())
        return name
