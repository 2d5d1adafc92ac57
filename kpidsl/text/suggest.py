"""Did-you-mean: the known names that lie nearest to an unknown one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def mend_name(name: str, known: Known | Sequence[str], otherwise: str, listed: int = 8) -> str:
    """Return what mends an unknown name: the nearest of the known ones, or else a choice from the
    first that are `listed`; `otherwise` where none is known."""
    names = known.names if isinstance(known, Known) else known
    near = known.nearest(name) if isinstance(known, Known) else nearest(name, known)
    if near:
        return f"write {either(near)}, if that is meant"
    if not names:
        return otherwise
    if len(names) == 1:
        return f"use `{names[0]}`"
    more = ", …" if len(names) > listed else ""
    return f"use one of {', '.join(f'`{item}`' for item in names[:listed])}{more}"


def either(names: Sequence[str]) -> str:
    """Return "`a`, `b` or `c`"."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


class Known:
    """Names among which misspelt ones are looked for, prepared once for many searches."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(dict.fromkeys(names))

    @cached_property
    def _sorted(self) -> list[tuple[str, str]]:
        """Each name after how it reads in small letters."""
        return sorted((name.casefold(), name) for name in self.names)

    @cached_property
    def _by_length(self) -> dict[int, list[tuple[str, str]]]:
        return _grouped(self._sorted, len)

    @cached_property
    def _by_words(self) -> dict[tuple[str, ...], list[tuple[str, str]]]:
        return _grouped(self._sorted, _words)

    def nearest(self, name: str, limit: int = 3) -> list[str]:
        """Do what `nearest` does."""
        wanted = name.casefold()
        allowed = max(1, len(wanted) // 3)
        letters = frozenset(wanted)
        distances: dict[str, int] = {}
        for length in range(len(wanted) - allowed, len(wanted) + allowed + 1):
            for other, candidate in self._by_length.get(length, ()):
                # An edit takes away one letter at most.
                if len(letters.difference(other)) <= allowed:
                    distance = _edits(wanted, other, allowed)
                    if distance <= allowed:
                        distances[candidate] = distance
        if len(wanted) > 2:
            for other, candidate in (*self._beginning_with(wanted), *self._of_words(wanted)):
                distances[candidate] = 0 if other == wanted else 1
        scored = sorted((distance, candidate) for candidate, distance in distances.items())
        return [candidate for _, candidate in scored[:limit]]

    def _beginning_with(self, wanted: str) -> Iterator[tuple[str, str]]:
        for place in range(bisect_left(self._sorted, (wanted,)), len(self._sorted)):
            if not self._sorted[place][0].startswith(wanted):
                return
            yield self._sorted[place]

    def _of_words(self, wanted: str) -> list[tuple[str, str]]:
        return self._by_words.get(_words(wanted), [])


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """Return up to `limit` candidates that a slip of the keyboard could have turned into `name`.

    Nearest first, then by alphabet. Case is ignored. One edit is allowed for every three
    characters (at least one), an edit being an inserted, lost, wrong or swapped character; a
    candidate that begins with `name`, or that is made of the same words in another order,
    counts as one edit.
    """
    return Known(candidates).nearest(name, limit)


def _words(name: str) -> tuple[str, ...]:
    return tuple(sorted(name.split("_")))


def _grouped(
    names: list[tuple[str, str]], key: Callable[[str], K]
) -> dict[K, list[tuple[str, str]]]:
    groups: dict[K, list[tuple[str, str]]] = {}
    for item in names:
        groups.setdefault(key(item[0]), []).append(item)
    return groups


def _edits(one: str, other: str, most: int) -> int:
    """Return the optimal-string-alignment distance (Levenshtein with swaps of neighbours), or any
    number above `most` where it is larger than that."""
    before: list[int] = []
    previous = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        current = [i]
        for j, b in enumerate(other, start=1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > most and min(previous) > most:
            return most + 1
        before, previous = previous, current
    return previous[-1]
