"""D011: five to seven core KPIs per audience, over all stages of the journey (D11)."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.model.project import Model
from kpidsl.model.purpose import Kpi, Stage
from kpidsl.text.diagnostic import Diagnostic, advice

MOST = 7


def find(model: Model) -> Iterator[Diagnostic]:
    """Yield the audiences with too many core KPIs or with none for a stage."""
    for audience in model.audiences.values():
        seen = [model.kpis[sight.item] for sight in audience.sees if sight.item in model.kpis]
        core = [kpi for kpi in seen if kpi.state == "active"]
        if len(core) > MOST:
            yield advice(
                "D011",
                f"`{audience.name}` sees {len(core)} core KPIs; five to seven can be kept in mind",
                audience.span,
                label="more than seven core KPIs",
                help="write `state: auxiliary` in those of the second rank",
            )
        empty = _empty_stages(core)
        if core and empty:
            keys = _listed([f"`stage: {stage}`" for stage in empty])
            kpis = "a KPI" if len(empty) == 1 else "KPIs"
            yield advice(
                "D011",
                f"`{audience.name}` sees no core KPI for {_listed(empty)}",
                audience.span,
                label="what happens there goes unseen",
                help=f"add to `sees:` {kpis} with {keys}",
            )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _empty_stages(core: list[Kpi]) -> list[str]:
    covered = {stage for kpi in core for stage in kpi.stages}
    return [stage.value for stage in Stage if stage not in covered]
