"""D006: specific, measurable, achievable, relevant, time-bound (D6).

The KPI makes a goal specific, units are checked (D14), and a deadline is required; evidence,
reason and review are what a goal may still lack.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.model.project import Model
from kpidsl.model.purpose import Goal
from kpidsl.text.diagnostic import Diagnostic, advice


def find(model: Model) -> Iterator[Diagnostic]:
    """Yield one finding per goal, naming each letter that it misses."""
    for goal in model.goals.values():
        missing = list(_missing(goal, model))
        if missing:
            letters = " and ".join(words for words, _ in missing)
            yield advice(
                "D006",
                f"the goal `{goal.name}` is not {letters}",
                goal.span,
                label="not SMART",
                help="; ".join(mend for _, mend in missing),
            )


def _missing(goal: Goal, model: Model) -> Iterator[tuple[str, str]]:
    evidence = goal.rationale or goal.target.baseline is not None
    kpi = model.kpis[goal.kpi]
    if not evidence and kpi.benchmark is None:
        yield "achievable (A)", "add `rationale:` with past results or the industry's average"
    if not goal.relevant and not kpi.purpose:
        yield "relevant (R)", "add `relevant:` with the reason of the business"
    if goal.review is None:
        yield "time-bound (T)", "add `review:` with how often progress is looked at"
