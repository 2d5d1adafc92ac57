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
            *others, last = (key for _, key in missing)
            keys = f"{', '.join(others)} and {last}" if others else last
            yield advice(
                "D006",
                f"the goal `{goal.name}` is not SMART: {', '.join(what for what, _ in missing)}",
                goal.span,
                label="not SMART",
                help=f"add {keys}",
            )


def _missing(goal: Goal, model: Model) -> Iterator[tuple[str, str]]:
    """Yield each gap, and the key that fills it: one of the goal, or of the KPI whose own
    `target:` makes the goal."""
    kpi = model.kpis[goal.kpi]
    is_inline = goal.name == f"{kpi.name}_target"
    evidence = goal.rationale or goal.target.baseline is not None
    if not evidence and kpi.benchmark is None:
        key = "a `benchmark:`" if is_inline else "a `rationale:` with past results"
        yield "nothing shows that it is achievable (A)", key
    if not goal.relevant and not kpi.purpose:
        key = "the goal that it `serves:`" if is_inline else "`relevant:` with the business reason"
        yield "no business reason makes it relevant (R)", key
    if goal.review is None:
        key = "a `cadence:`" if is_inline else "a `review:` rhythm"
        yield "no review keeps it time-bound (T)", key
