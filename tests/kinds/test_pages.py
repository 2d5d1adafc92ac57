"""Audiences and reports: what is shown, to whom, how finely (D21)."""

from __future__ import annotations

import pytest

from kpidsl.model.expr import QueryDimension
from kpidsl.model.pages import SectionItem
from tests.kinds.checking import SHOP, checked, codes, errors, model_of, only

BASE = (
    SHOP
    + """
kpi sales: revenue {
  serves: grow
}
metric rate: orders / visits as percent
roi ads {
  gain: revenue
  cost { media: cogs }
}
goal grow {
  kpi: sales
  over: 2026
  target: 5 USD
}
funnel path {
  entity: who
  step a: visits
  step b: lines
}
"""
)


def page(section: str, sees: str = "goals, sales by [channel, region], rate, ads, path") -> str:
    return (
        f"{BASE}\naudience team {{\n  tier: manager\n  sees: [{sees}]\n}}\n"
        f"report r {{\n  for: team\n  period: last_complete(week)\n"
        f"  columns: [week, year_to_date]\n"
        f'  section "How?" {{\n    {section}\n  }}\n}}\n'
    )


def items(section: str) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    report = model_of(page(section)).reports["r"]

    def shown(item: SectionItem) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        return item.kind, item.names, tuple(str(by) for by in item.by)

    return [shown(item) for item in report.sections[0].items]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("goals: all", [("goals", (), ())]),
        ("goals: grow", [("goals", ("grow",), ())]),
        ("show: [sales, rate]", [("show", ("sales", "rate"), ())]),
        (
            "show: [sales by channel, rate, ads.roi]",
            [("show", ("sales",), ("channel",)), ("show", ("rate", "ads.roi"), ())],
        ),
        ("table: sales by region", [("table", ("sales",), ("customers.region",))]),
        (
            "breakdown: sales, by: [channel, region]",
            [("breakdown", ("sales",), ("channel", "customers.region"))],
        ),
        ("roi: ads", [("roi", ("ads",), ())]),
        ("show: ads.annualised", [("show", ("ads.annualised",), ())]),
        ("funnel: path", [("funnel", ("path",), ())]),
        # In the order in which they are written.
        (
            'note: "Hm.", trend: rate, show: sales',
            [("note", (), ()), ("trend", ("rate",), ()), ("show", ("sales",), ())],
        ),
    ],
)
def test_sections(
    section: str, expected: list[tuple[str, tuple[str, ...], tuple[str, ...]]]
) -> None:
    assert items(section) == expected


def test_a_report_knows_its_reader_its_rhythm_and_its_columns() -> None:
    report = model_of(page("show: sales, compare: [plan, prior_year]")).reports["r"]
    assert (report.audience, report.grain) == ("team", "week")
    assert report.columns == ("week", "year_to_date")
    assert report.sections[0].compare == ("plan", "prior_year")


@pytest.mark.parametrize(
    ("section", "code", "marked"),
    [
        ("show: saless", "K211", "saless"),
        ("show: revenue", "K214", "revenue"),
        ("show: channel", "K214", "channel"),
        ("show: revenue / orders", "K205", "revenue / orders"),
        ("show: ads.npv", "K291", "npv"),
        ("show: sales by chanel", "K211", "chanel"),
        ("roi: sales", "K214", "sales"),
        ("funnel: rate", "K214", "rate"),
        ("goals: sales", "K214", "sales"),
        ("breakdown: rate", "K204", "rate"),
        ("shwo: rate", "K202", "shwo"),
        ("compare: [lastyear]", "K205", "[lastyear]"),
        ("goals: [all, grow]", "K205", "all"),
    ],
)
def test_refused_sections(section: str, code: str, marked: str) -> None:
    findings = checked(page(section))[1]
    found = only(findings, code)
    assert found.span is not None
    assert found.span.text == marked
    assert len(errors(findings)) == 1


def test_a_page_shows_no_more_than_its_audience_may_see() -> None:
    text = page("show: [sales, rate], goals: all, table: sales by sku", "sales by channel")
    model, findings = checked(text)
    messages = [item.message for item in findings if item.code == "K704"]
    assert messages == [
        "`team` may not see `rate`",
        "`team` may not see `goals`",
        "`team` may not see `sales` by lines.sku",
    ]
    assert model is not None
    assert model.reports["r"].sections[0].items == ()


def test_an_audience_may_see_one_figure_in_several_ways() -> None:
    """Each split stands by itself: by channel and by region is not by both at once."""
    sees = "sales by channel, sales by region"
    model = model_of(page("show: [sales by channel, sales by region, sales]", sees))
    items = model.reports["r"].sections[0].items
    assert [[str(by) for by in item.by] for item in items] == [
        ["channel"],
        ["customers.region"],
        [],
    ]
    both = page("show: sales by [channel, region]", sees)
    found = only(checked(both)[1], "K704")
    written = "sales by [channel, customers.region]"
    assert found.help == f"add `{written}` to `sees:`, or show it without that split"
    assert errors(checked(both.replace(f"sees: [{sees}", f"sees: [{sees}, {written}"))[1]) == []


def test_an_audience_sees_splits_and_the_figures_of_an_roi() -> None:
    model = model_of(page("show: ads.roi", "goals, ads by channel"))
    sights = {sight.item: sight.by for sight in model.audiences["team"].sees}
    assert sights == {"goals": (), "ads": (QueryDimension("channel"),)}


def test_a_row_filter_that_is_not_computed_is_refused() -> None:
    text = page("show: sales").replace("tier: manager", 'tier: manager\n  rows: region = "EU"')
    model, findings = checked(text)
    assert codes([item for item in findings if item.code == "K291"]) == ["K291"]
    assert model is not None
    # Without the filter they would see all rows.
    assert (model.audiences, model.reports) == ({}, {})


def test_a_failed_figure_leaves_the_rest_of_the_page() -> None:
    text = page("show: [sales, rate]").replace("orders / visits as percent", "nobody / visits")
    model, findings = checked(text)
    assert [error[:4] for error in errors(findings)] == ["K211"]
    assert model is not None
    assert model.reports["r"].sections[0].items[0].names == ("sales",)
