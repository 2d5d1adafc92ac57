"""Many numbers in one question, and a stated gap for each that can't be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import isfinite

from kpidsl.analysis.quantities import Number
from kpidsl.model.expr import QueryDimension
from kpidsl.model.periods import Grain, Window
from kpidsl.plan.query import Query, Selection
from kpidsl.reports.values import Gap
from kpidsl.run.result import Result, Role, Value
from kpidsl.run.runner import Outcome, Runner
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
_NO_FILE = "K601"
"""Its mend names other files of the folder, which are not for every reader of a page (D21)."""


@dataclass(slots=True)
class Asked:
    """One question of a page, and the answer to each of its selections by its name, once all
    questions are answered."""

    query: Query
    answers: dict[str, Answer] = field(default_factory=dict)


class Questions:
    """The questions of a page, gathered first and then asked all together: much of what they read
    is the same, and a value is the same in any company (S1)."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._asked: list[Asked] = []

    def ask(
        self,
        selections: Sequence[Selection],
        *,
        window: Window,
        by: tuple[QueryDimension, ...] = (),
        grain: Grain | None = None,
        compared_by: Grain | None = None,
    ) -> Asked:
        """Return a question that is answered with all the others."""
        query = Query(tuple(selections), by, grain, window, compared_by=compared_by)
        asked = Asked(query)
        if selections:
            self._asked.append(asked)
        return asked

    def answer(self, failures: list[Diagnostic]) -> None:
        """Answer what was asked; what fails, and what else is noticed, is added to `failures`."""
        outcomes = self._runner.queries([asked.query for asked in self._asked])
        for asked, outcome in zip(self._asked, outcomes, strict=True):
            asked.answers = self._settled(asked.query, outcome, failures)
        self._asked = []

    def _settled(
        self, query: Query, outcome: Outcome, failures: list[Diagnostic]
    ) -> dict[str, Answer]:
        """Return the answers of a question. When it fails, its halves are asked apart: one bad
        definition costs a few more questions and takes no other with it."""
        result, found = outcome
        select = query.select
        if result is not None or len(select) == 1:
            failures += [item for item in found if item not in failures]
        if result is not None:
            return _answers(result)
        if len(select) == 1:
            return {select[0].name: Answer(gap=gap_of(found))}
        middle = len(select) // 2
        halves = [replace(query, select=part) for part in (select[:middle], select[middle:])]
        first, second = (
            self._settled(half, outcome, failures)
            for half, outcome in zip(halves, self._runner.queries(halves), strict=True)
        )
        return first | second


def gap_of(diagnostics: Sequence[Diagnostic]) -> Gap:
    """Return the first error as the gap that a page states."""
    worst = next(item for item in diagnostics if item.severity is Severity.ERROR)
    mend = "" if worst.code == _NO_FILE else worst.help
    return Gap(code=worst.code, message=worst.on_pages or worst.message, help=mend)


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
