"""Builds the kiosk's pages and looks things up on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from kpidsl.model.periods import Window
from kpidsl.reports.blocks import GoalRow, GoalRows, KpiCard
from kpidsl.reports.build import build_report
from kpidsl.reports.html import render_html
from kpidsl.reports.model import ReportModel
from kpidsl.reports.values import Delta, Figure
from kpidsl.text.diagnostic import Diagnostic
from tests.reports.pages import kiosk
from tests.reports.reading import read

B = TypeVar("B")


def build(
    folder: Path,
    name: str = "month",
    *,
    period: Window | None = None,
    changed: dict[str, str] | None = None,
) -> tuple[ReportModel, list[Diagnostic]]:
    model, runner = kiosk.load(folder, changed)
    return build_report(
        model.reports[name],
        model,
        runner,
        now=kiosk.NOW,
        commit="c0ffee",
        definition_hash="abc",
        period=period,
    )


def block(page: ReportModel, block_id: str, kind: type[B]) -> B:
    found = next(b for s in page.sections for b in s.blocks if b.id == block_id)
    assert isinstance(found, kind)
    return found


def page_text(page: ReportModel, block_id: str) -> str:
    """The text of a block as a browser shows it."""
    root = read(render_html(page))
    return next(item.text for item in root.walk() if item.attributes.get("id") == block_id)


def goal(page: ReportModel, title: str) -> GoalRow:
    return next(row for row in block(page, "goals", GoalRows).rows if row.title == title)


def comparison(card: KpiCard, label: str) -> tuple[Any, Any]:
    found = next(item for item in card.comparisons if item.label == label)
    return number(found.value), number(found.delta)


def number(printed: Figure | Delta | None) -> Any:
    """The value of a figure or difference, which equals an integer or a decimal alike."""
    return None if printed is None else printed.value
