"""D001: a KPI that serves no goal is a metric (D1)."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.model.project import Model
from kpidsl.text.diagnostic import Diagnostic, advice


def find(model: Model) -> Iterator[Diagnostic]:
    """Yield one finding per KPI without a goal; a goal that names the KPI is enough."""
    aimed = {goal.kpi for goal in model.goals.values()}
    for kpi in model.kpis.values():
        if not kpi.serves and not kpi.purpose and kpi.name not in aimed:
            yield advice(
                "D001",
                f"the KPI `{kpi.name}` serves no goal",
                kpi.span,
                label="what is it for?",
                help="add `serves:` with a goal or words, or declare it as a `metric`",
            )
