"""Did-you-mean: the known names that lie nearest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def mend_name(name: str, known: Sequence[str], otherwise: str, listed: int = 8) -> str:
    """Return what mends an unknown name: the nearest of the known ones, or else a choice from the
    first that are `listed`; `otherwise` where none is known."""
    near = nearest(name, known)
    if near:
        return f"write {either(near)}, if that is meant"
    if not known:
        return otherwise
    if len(known) == 1:
        return f"use `{known[0]}`"
    more = ", …" if len(known) > listed else ""
    return f"use one of {', '.join(f'`{item}`' for item in known[:listed])}{more}"


def either(names: Sequence[str]) -> str:
    """Return "`a`, `b` or `c`"."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """Return up to `limit` candidates that a slip of the keyboard could have turned into `name`.

    Nearest first, then by alphabet. Case is ignored. One edit is allowed for every three
    characters (at least one), an edit being an inserted, lost, wrong or swapped character; a
    candidate that begins with `name`, or that is made of the same words in another order,
    counts as one edit.
    """
    wanted = name.casefold()
    allowed = max(1, len(wanted) // 3)
    scored: list[tuple[int, str]] = []
    for candidate in dict.fromkeys(candidates):
        other = candidate.casefold()
        if len(wanted) > 2 and (other.startswith(wanted) or _same_words(wanted, other)):
            distance = 0 if other == wanted else 1
        elif abs(len(other) - len(wanted)) > allowed:
            continue
        else:
            distance = _edits(wanted, other)
        if distance <= allowed:
            scored.append((distance, candidate))
    scored.sort()
    return [candidate for _, candidate in scored[:limit]]


def _same_words(one: str, other: str) -> bool:
    return len(one) == len(other) and sorted(one.split("_")) == sorted(other.split("_"))


def _edits(one: str, other: str) -> int:
    """Return the optimal-string-alignment distance (Levenshtein with swaps of neighbours)."""
    before: list[int] = []
    previous = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        current = [i]
        for j, b in enumerate(other, start=1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]
