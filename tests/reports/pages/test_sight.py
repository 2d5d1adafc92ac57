"""Who sees what (D21): a page holds nothing that its audience may not see."""

from __future__ import annotations

from pathlib import Path

from kpidsl.reports.blocks import KpiCard
from kpidsl.reports.build import build_report
from kpidsl.reports.html import render_html
from kpidsl.reports.model import ReportModel, to_json
from tests.reports.pages import kiosk
from tests.reports.pages.looking import block

SECRETS = ("Wages", "wages", "payroll", "Payroll", "salary", "Zelda", "98,765", "98765", "98.8K")


def test_an_executive_page_holds_nothing_of_another_audience(month: ReportModel) -> None:
    for text in (render_html(month), to_json(month)):
        for secret in (*SECRETS, "SELECT", "Ad spend"):
            assert secret not in text


def test_the_search_for_secrets_would_find_them(detail: ReportModel) -> None:
    for text in (render_html(detail), to_json(detail)):
        assert all(secret in text for secret in ("Wages", "Zelda", "SELECT", "Ad spend"))
    assert "98765.43" in to_json(detail)


def test_a_report_that_asks_for_more_gets_no_more(folder: Path) -> None:
    """The checker refuses such a report; the page is safe even for a model that never saw it."""
    model, runner = kiosk.load(folder)
    wider = model.reports["detail"].model_copy(update={"audience": "owner"})
    page, found = build_report(wider, model, runner, now=kiosk.NOW)
    assert [b.id for s in page.sections for b in s.blocks] == ["turnover-by-channel"]
    assert {item.code for item in found} == {"K704"}
    left_out = ("`ad_cost`", "`wages`", "`wages by payroll.person`", "`visit_to_order`")
    assert [item.message.split(" is not")[0] for item in found] == list(left_out)
    for text in (render_html(page), to_json(page)):
        for secret in (*SECRETS, "Ad spend", "From visit to order"):
            assert secret not in text


def test_sql_is_shown_where_it_may_be_and_of_one_figure_only(detail: ReportModel) -> None:
    meaning = block(detail, "ad_cost", KpiCard).definition
    assert meaning is not None
    assert 'FROM "spend"' in meaning.sql
    assert "payroll" not in meaning.sql  # though both cards were fetched by one question


def test_goals_are_not_told_to_those_who_do_not_see_them(detail: ReportModel) -> None:
    assert "Grow" not in to_json(detail)
    assert "1500" not in to_json(detail)
