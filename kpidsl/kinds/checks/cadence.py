"""D019: a KPI on a page of its own rhythm (D19)."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.model.pages import Report, SectionItem, Tier
from kpidsl.model.project import Model
from kpidsl.model.purpose import Cadence, Kpi
from kpidsl.text.diagnostic import Diagnostic, Label, advice

_STRATEGIC = {Cadence.MONTHLY, Cadence.QUARTERLY, Cadence.YEARLY}


def find(model: Model) -> Iterator[Diagnostic]:
    """Yield strategic KPIs on daily pages and daily KPIs on executive pages."""
    for report in model.reports.values():
        for section in report.sections:
            for item in section.items:
                for name in item.names:
                    if name in model.kpis:
                        yield from _finding(model.kpis[name], item, report, model)


def _finding(kpi: Kpi, item: SectionItem, report: Report, model: Model) -> Iterator[Diagnostic]:
    executive = model.audiences[report.audience].tier is Tier.EXECUTIVE
    if report.grain == "day" and kpi.cadence in _STRATEGIC:
        page, mend = "a daily page", "a page of its own rhythm"
    elif executive and kpi.cadence is Cadence.DAILY:
        page, mend = "an executive page", "the specialist's page"
    else:
        return
    yield advice(
        "D019",
        f"`{kpi.name}` is reviewed {kpi.cadence}, and stands on {page}",
        item.span,
        label=f"on {page}",
        labels=(Label(kpi.span, f"reviewed {kpi.cadence}"),) if kpi.span else (),
        help=f"move it to {mend}",
    )
