"""A page's questions are asked together: the same page, of fewer passes over the rows."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

import kpidsl
from kpidsl.api.demo import DEMO_NOW, demo
from kpidsl.plan.query import Query
from kpidsl.reports.build import build_report
from kpidsl.reports.html import render_html
from kpidsl.run.runner import Outcome, Runner
from tests.reports.pages import kiosk
from tests.scans import Listening, scans
from tests.support import ENGINES, EngineName, Running, project


class OneByOne(Runner):
    """A runner that shares nothing between questions."""

    def queries(self, queries: list[Query]) -> list[Outcome]:  # type: ignore[override]
        return [self.query(query) for query in queries]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    demo(folder)
    return folder


@pytest.mark.parametrize("period", [None, "2026-10-05 .. 2026-11-14"])
def test_the_example_has_the_same_bytes(shop: Path, tmp_path: Path, period: str | None) -> None:
    """A whole month, and days that begin and end within months."""

    def pages(runner: type[Runner], name: str) -> dict[str, bytes]:
        with kpidsl.load(shop) as loaded:
            loaded.runner.__class__ = runner
            asked = {"now": DEMO_NOW, "period": period, "json": True}
            files = loaded.report(out=tmp_path / name, **asked)  # type: ignore[arg-type]
            return {file.name: file.read_bytes() for file in files}

    together = pages(Runner, "together")
    assert len(together) == 6
    assert pages(OneByOne, "apart") == together


@pytest.mark.parametrize("name", ["month", "detail"])
def test_a_page_with_gaps_has_the_same_bytes_and_reasons(folder: Path, name: str) -> None:
    def page(runner: type[Runner]) -> tuple[str, list[str]]:
        model, opened = kiosk.load(folder)
        opened.__class__ = runner
        made, found = build_report(model.reports[name], model, opened, now=kiosk.NOW)
        return render_html(made), [f"{item.code}: {item.message}" for item in found]

    assert page(Runner) == page(OneByOne)


SHOP = """kpidsl 1

project shop "Shop" { currency: USD, timezone: "UTC" }

source sales {
  files: "sales.csv"
  key: id
  time: day
  join channel: channels on channel_id
  measure revenue: sum(amount) as USD
  measure cost: sum(cost) as USD
  measure orders: count() as order
  measure buyers: count_distinct(buyer) as customer
  measure typical: median(amount) as USD
  measure largest: max(amount) as USD
}

source spend {
  files: "spend.csv"
  key: [day, channel_id]
  time: day
  join channel: channels on channel_id
  measure ad_spend: sum(amount) as USD
  measure clicks: sum(clicks) as click
}

source channels {
  files: "channels.csv"
  key: channel_id
  dimensions: [channel]
}
"""

FORMS = (
    "revenue",
    "buyers",
    "revenue / orders",
    'revenue where channels.channel = "c1"',
    "typical",
    "revenue - cost",
    "ad_spend",
    "clicks",
    "ad_spend / clicks",
    "revenue / ad_spend",
)
"""Sums, distinct counts, a median, filters and quotients, of one source and of two."""


def forty_kpis() -> str:
    names = [f"kpi_{number}" for number in range(40)]
    kpis = [
        f"metric m_{number}: {FORMS[number % len(FORMS)]}\n"
        f'kpi {name} "K {number}": m_{number} {{ serves: "growth", better: higher }}'
        for number, name in enumerate(names)
    ]
    split = [f"{name} by channels.channel" for name in names]
    return "\n".join(
        [
            SHOP,
            *kpis,
            f"audience boss {{ tier: executive, cadence: monthly, sees: [{', '.join(split)}] }}",
            'report all "All" {',
            "  for: boss",
            "  period: last_complete(month)",
            f'  section "How much?" {{ show: [{", ".join(names)}] }}',
            f'  section "Where?" {{ breakdown: [{", ".join(split)}] }}',
            "}",
        ]
    )


def tables() -> dict[str, str]:
    """Two years of four sales and of three channels' spend a day."""
    draw = Random(7)
    sales, spend = ["id,day,channel_id,buyer,amount,cost"], ["day,channel_id,amount,clicks"]
    for number in range(730):
        day = date(2024, 7, 1) + timedelta(days=number)
        for nth in range(4):
            amount = draw.randrange(100, 9900) / 100
            row = (number * 4 + nth, day, draw.randrange(1, 4), draw.randrange(50), amount, 1.25)
            sales.append(",".join(map(str, row)))
        spend += [
            f"{day},{channel},{draw.randrange(900) / 100},{draw.randrange(40)}"
            for channel in range(1, 4)
        ]
    channels = ["channel_id,channel", "1,c1", "2,c2", "3,c3"]
    return {
        "sales": "\n".join(sales),
        "spend": "\n".join(spend),
        "channels": "\n".join(channels),
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_forty_kpis_are_two_passes_over_each_source(
    engine: EngineName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with the month before, the year before, a history and its channels. Distinct counts and
    medians of `sales` add up to nothing, so there is one pass by the month and one by the channel;
    of `spend`, where it is known that there are few channels, one by the day is enough."""
    monkeypatch.setattr(Running, "engine", engine)
    counts: dict[type[Runner], dict[str, int]] = {}
    pages = {}
    with project(tmp_path, forty_kpis(), **tables()) as loaded:
        model = loaded.model
        assert model is not None
        opened = loaded.runner.engine
        heard = Listening(opened)
        for kind in (Runner, OneByOne):
            runner = kind(model, opened)
            heard.statements.clear()
            page, found = build_report(model.reports["all"], model, runner, now=DEMO_NOW)
            assert found == []
            pages[kind] = render_html(page)
            counts[kind] = {
                name: scans(heard.statements, name, engine) for name in ("sales", "spend")
            }
    assert pages[Runner] == pages[OneByOne]
    assert counts[Runner] == {"sales": 2, "spend": 1 if engine == "duckdb" else 2}
    assert min(counts[OneByOne].values()) > 20
