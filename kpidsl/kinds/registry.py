"""The table of all kinds: what the language knows."""

from __future__ import annotations

from kpidsl.kinds import (
    alert,
    attribution,
    audience,
    benchmark,
    calendar,
    cohort,
    dimension,
    drivers,
    entity,
    event,
    experiment,
    funnel,
    goal,
    join,
    kpi,
    measure,
    metric,
    note,
    pack,
    project,
    reconcile,
    report,
    roi,
    scenario,
    source,
    test,
)
from kpidsl.kinds.binding.spec import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        project.KIND,
        source.KIND,
        dimension.SHARED,
        entity.KIND,
        join.KIND,
        measure.KIND,
        metric.KIND,
        kpi.KIND,
        scenario.KIND,
        roi.KIND,
        goal.KIND,
        funnel.KIND,
        cohort.KIND,
        attribution.KIND,
        drivers.KIND,
        experiment.KIND,
        benchmark.KIND,
        calendar.KIND,
        event.KIND,
        reconcile.KIND,
        alert.KIND,
        note.KIND,
        audience.KIND,
        report.KIND,
        pack.PACK,
        pack.USE,
        test.KIND,
    )
}
"""Every kind by name; `join` and `measure` stand inside a source only."""
