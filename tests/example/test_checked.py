"""The example and the packs, held against the whole checker."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kpidsl.kinds.check import check
from kpidsl.model.pages import Tier
from kpidsl.model.project import Model
from kpidsl.model.purpose import Stage
from kpidsl.syntax.parser import parse
from kpidsl.syntax.tree import File
from kpidsl.text.bundled import bundled
from kpidsl.text.diagnostic import Diagnostic
from kpidsl.text.source import SourceFile

TODAY = date(2026, 11, 21)


def tree(name: str, text: str) -> File:
    file, diagnostics = parse(SourceFile(name, text))
    assert diagnostics == []
    return file


def trees(folder: Path) -> list[File]:
    return [tree(path.name, path.read_text("utf-8")) for path in sorted(folder.glob("*.kpi"))]


def checked(more: str = "kpidsl 1") -> tuple[Model, list[Diagnostic]]:
    """The example with some definitions more."""
    example = trees(bundled("examples", "toy_store", "definitions"))
    model, found = check(
        [*example, tree("more.kpi", more)], trees(bundled("definitions")), today=TODAY
    )
    assert model is not None
    return model, list(found)


COSTS_NOT_COVERED = "D110"
"""A web shop has no venue and no travel: the advice stands, and is right."""


def test_example_checks_with_advice_on_its_costs_alone() -> None:
    _, found = checked()
    assert [item.code for item in found] == [COSTS_NOT_COVERED]


def test_pages_show_kpis_of_their_own_rhythm_and_of_all_stages() -> None:
    model, _ = checked()
    slow = {"executive": "monthly", "manager": "weekly", "specialist": "daily"}
    for report in model.reports.values():
        audience = model.audiences[report.audience]
        shown = {
            name
            for section in report.sections
            for item in section.items
            if item.kind == "show"
            for name in item.names
        }
        kpis = [model.kpis[name] for name in sorted(shown)]
        assert {kpi.cadence for kpi in kpis} == {slow[audience.tier]}
        assert {stage for kpi in kpis for stage in kpi.stages} == set(Stage), report.name


def test_executives_see_nothing_vain() -> None:
    model, _ = checked()
    (owners,) = [item for item in model.audiences.values() if item.tier is Tier.EXECUTIVE]
    sees = {sight.item for sight in owners.sees}
    assert not {"ad_likes", "ad_clicks"} & sees
    assert not any(model.kpis[name].vanity for name in sees & model.kpis.keys())


def test_units_of_the_main_kpis() -> None:
    model, _ = checked()
    units = {
        "sales": "USD",
        "cac": "USD per customer",
        "cpl": "USD per lead",
        "aov": "USD per order",
        "cpc": "USD per click",
        "tw_cost_per_click": "TWD per click",
    }
    assert {name: str(model.metrics[name].unit) for name in units} == units
    percents = {"conversion_rate", "roas", "ctr", "bounce_rate", "cart_abandonment", "repeat_share"}
    assert {name for name in percents if not model.metrics[name].percent} == set()


USES = """kpidsl 1
metric yearly_orders: orders / buyers
use ecommerce.clv(value: {value}, frequency: yearly_orders, years: 3) as clv {{
  serves: grow_revenue
  drives: [sales]
}}
"""


def test_lifetime_value_of_a_value_is_money_per_customer() -> None:
    model, found = checked(USES.format(value="revenue / orders"))
    assert [item.code for item in found] == [COSTS_NOT_COVERED]
    # USD per order × orders per customer × 3
    assert str(model.metrics["clv"].unit) == "USD per customer"
    assert model.kpis["clv"].serves == ("grow_revenue",)


def test_every_pack_kpi_can_be_used() -> None:
    model, found = checked(
        """kpidsl 1
        source survey {
          table: survey.answers
          key: id
          time: day
          measure answers: count() as answer
          measure promoters: count() where score >= 9 as answer
          measure detractors: count() where score <= 6 as answer
          measure mentions: sum(ours) as mention
          measure all_mentions: sum(everyones) as mention
        }
        use ecommerce.nps(promoters: promoters, detractors: detractors, answers: answers) as nps {
          serves: "Loyalty"
        }
        use marketing.share_of_voice(own: mentions, market: all_mentions) as voice {
          serves: be_found
          drives: [sales]
        }
        use marketing.unsubscribe_rate(unsubscribed: unsubscribed, delivered: delivered) as left {
          serves: "Loyalty"
          drives: [sales]
        }
        """
    )
    assert [item.message for item in found if item.severity.value == "error"] == []
    assert {"nps", "voice", "left"} <= model.kpis.keys()
