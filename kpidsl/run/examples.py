"""Keys of the data that contradict a claim, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kpidsl.text.display import counted

_LONGEST = 60
"""So many characters of a value are told: a message is read on one screen."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Up to three of the `keys` that contradict a claim; they stand in `rows`, all of them.

    Each of `values` is what was selected for a key, and `counts` the number of its rows.
    """

    values: tuple[tuple[object, ...], ...]
    counts: tuple[int, ...]
    keys: int
    rows: int

    @staticmethod
    def of(answer: Sequence[tuple[object, ...]]) -> Examples | None:
        """Read the rows of a statement of `kpidsl.sql.known`; None of none."""
        if not answer:
            return None
        counts = tuple(number(row[-3]) for row in answer)
        values = tuple(row[:-3] for row in answer)
        return Examples(values, counts, number(answer[0][-2]), number(answer[0][-1]))

    def __str__(self) -> str:
        """Return `such as 7 in 3 rows and 9 in 2 rows`, or only `7` where it is the only key."""
        if self.keys == 1:
            return self.named
        return self.listed(
            f"{quoted(key)} in {counted(count, 'row')}"
            for key, count in zip(self.values, self.counts, strict=True)
        )

    @property
    def named(self) -> str:
        """Return the keys alone: `such as 7 and 9`."""
        return self.listed(map(quoted, self.values))

    def listed(self, texts: Iterator[str]) -> str:
        """Return texts about the values as a list that says when there are more of them."""
        *before, last = texts
        shown = f"{', '.join(before)} and {last}" if before else last
        return shown if self.keys == len(self.values) else f"such as {shown}"


def number(value: object) -> int:
    """Return a count that an engine gave."""
    assert isinstance(value, int)
    return value


def quoted(key: Sequence[object]) -> str:
    """Return the parts of one key, each in backticks, and of a long text its beginning."""
    return " / ".join(f"`{_begun(str(value))}`" for value in key)


def _begun(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
