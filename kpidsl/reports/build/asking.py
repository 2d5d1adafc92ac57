"""Many numbers in one question, and a stated gap for each that can't be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite

from kpidsl.analysis.quantities import Number
from kpidsl.model.expr import QueryDimension
from kpidsl.model.periods import Grain, Window
from kpidsl.plan.query import Query, Selection
from kpidsl.reports.values import Gap
from kpidsl.run.result import Result, Role, Value
from kpidsl.run.runner import Runner
from kpidsl.text.diagnostic import Diagnostic, Severity

Key = tuple[Value, ...]
"""What a row is known by: its period, when asked by time, then the members."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The values of one selection by key (`()` when nothing splits it), or why there are none."""

    values: Mapping[Key, Number | None] = field(default_factory=dict)
    overlapping: bool = False
    gap: Gap | None = None

    @property
    def total(self) -> Number | None:
        """The one value of a question that nothing splits."""
        return self.values.get(())


NOTHING = Answer()


def ask(
    runner: Runner,
    selections: Sequence[Selection],
    *,
    window: Window,
    by: tuple[QueryDimension, ...] = (),
    grain: Grain | None = None,
    failures: list[Diagnostic],
) -> dict[str, Answer]:
    """Return the answer to each selection by its name; what fails, and what else is noticed, is
    added to `failures`.

    All are asked at once, for a value is the same in any company (S1). When the question fails,
    its halves are asked apart: one bad definition costs a few more questions and takes no other
    with it.
    """
    if not selections:
        return {}
    result, found = runner.query(Query(tuple(selections), by=by, grain=grain, window=window))
    if result is not None or len(selections) == 1:
        failures += [item for item in found if item not in failures]
    if result is not None:
        return _answers(result)
    if len(selections) == 1:
        return {selections[0].name: Answer(gap=gap_of(found))}
    middle = len(selections) // 2
    parts = (selections[:middle], selections[middle:])
    first, second = (
        ask(runner, part, window=window, by=by, grain=grain, failures=failures) for part in parts
    )
    return first | second


def gap_of(diagnostics: Sequence[Diagnostic]) -> Gap:
    """Return the first error as the gap that a page states."""
    worst = next(item for item in diagnostics if item.severity is Severity.ERROR)
    return Gap(code=worst.code, message=worst.message, help=worst.help)


def _answers(result: Result) -> dict[str, Answer]:
    keys = sum(column.role is not Role.METRIC for column in result.columns)
    return {
        column.name: Answer(
            {row[:keys]: _number(row[position]) for row in result.rows}, column.overlapping
        )
        for position, column in enumerate(result.columns)
        if column.role is Role.METRIC
    }


def _number(value: Value) -> Number | None:
    match value:
        case bool() | None:
            return None
        case int() | Decimal():
            return value
        case float():
            return value if isfinite(value) else None
    return None
