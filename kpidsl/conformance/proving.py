"""Runs the cases on an engine, and judges its answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeGuard

from kpidsl.api.errors import KpidslError
from kpidsl.api.question import Question, ask
from kpidsl.conformance.cases import Case, Topic, topics
from kpidsl.conformance.verdict import Verdict
from kpidsl.conformance.written import Given, Written
from kpidsl.engines.base import Engine
from kpidsl.run.result import Value
from kpidsl.run.runner import Runner
from kpidsl.text.diagnostic import Diagnostic, Severity

NEAR = 1e-9
"""How near a quotient must be, relatively (S12)."""
_NOTHING = 1e-12
"""How near to zero it must be where it should be zero."""
_REFUSALS = ("K5", "K658")
"""How codes begin by which a question is refused before it runs: the dialect has no way to write
it, or the types of its columns tell that digits would be lost."""
_OUTGROWN = "K644"
"""The code of a number that has outgrown the engine, which only running tells."""
_LOST = "K662"
"""The code of a connection that was lost: no further case can be run."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows under the names of their columns."""

    names: tuple[str, ...]
    rows: tuple[tuple[Value | Given, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case. `got` is None where there is no answer, and `told` says why."""

    topic: str
    case: Case
    verdict: Verdict
    got: Answer | None
    told: str
    sql: str

    @property
    def expected(self) -> Answer:
        written = self.case.expected
        return Answer(tuple(name for name, _ in written.columns), written.rows)


Connect = Callable[[str], Engine]
"""Returns an engine whose sessions have a time zone."""


def outcomes(connect: Connect, tell: Callable[[str], None]) -> Iterator[Outcome]:
    """Yield what comes of each case; `tell` hears which one is run. Raises `KpidslError` where the
    connection is lost."""
    for topic in topics():
        runner = Runner(topic.model, connect(topic.model.settings.timezone), "kpidsl certify")
        for case in topic.cases:
            tell(f"{topic.title}: {case.name}")
            yield _outcome(topic, case, runner)


def _outcome(topic: Topic, case: Case, runner: Runner) -> Outcome:
    got, sql, found = _answer(topic, case, runner)
    if got is not None:
        verdict = Verdict.HOLDS if agrees(case.expected, got) else Verdict.DIFFERS
        return Outcome(topic.title, case, verdict, got, "", sql)
    errors = [item for item in found if item.severity is Severity.ERROR]
    if any(item.code == _LOST for item in errors):
        raise KpidslError(errors)
    refusals = (*_REFUSALS, _OUTGROWN) if runner.engine.dialect in case.outgrows else _REFUSALS
    refused = all(item.code.startswith(refusals) for item in errors)
    told = "; ".join(f"{item.code} {item.message}" for item in errors)
    verdict = Verdict.REFUSED if refused else Verdict.FAILED
    return Outcome(topic.title, case, verdict, None, told, sql)


def _answer(
    topic: Topic, case: Case, runner: Runner
) -> tuple[Answer | None, str, Sequence[Diagnostic]]:
    """Return the answer to a case, or why there is none, and the SQL as far as there is one."""
    if not isinstance(case.asked, Question):
        walked, found = runner.funnel(topic.model.funnels[case.asked])
        if walked is None:
            return None, "", found
        return Answer(("step", "reached"), walked.steps), walked.sql, found
    query, found = ask(case.asked, topic.model)
    if query is None:
        return None, "", found
    result, found = runner.query(query)
    if result is None:
        return None, runner.compile(query)[0] or "", found
    return Answer(result.names, result.rows), result.sql, found


def agrees(expected: Written, got: Answer) -> bool:
    """Tell whether an answer is the one expected: the same columns, and the same rows in the same
    order; floats to a billionth, all else exactly."""
    if got.names != tuple(name for name, _ in expected.columns):
        return False
    kinds = [kind for _, kind in expected.columns]
    return len(got.rows) == len(expected.rows) and all(
        _is_same(kind, *cells)
        for row, other in zip(expected.rows, got.rows, strict=True)
        for kind, *cells in zip(kinds, row, other, strict=True)
    )


def _is_same(kind: str, expected: Value | Given, got: Value | Given) -> bool:
    if kind == "float" and _is_number(expected) and _is_number(got):
        return math.isclose(float(got), float(expected), rel_tol=NEAR, abs_tol=_NOTHING)
    if isinstance(expected, Decimal) and _is_number(got):
        # A float is the number that it is written as: SQLite has no decimals.
        return Decimal(str(got)) == expected
    return type(expected) is type(got) and expected == got


def _is_number(value: Value | Given) -> TypeGuard[int | float | Decimal | Fraction]:
    number = isinstance(value, int | float | Decimal | Fraction)
    return number and not isinstance(value, bool)
