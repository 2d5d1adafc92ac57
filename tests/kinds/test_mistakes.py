"""Every mistake is said in one run, and nothing that only follows from another is said."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.text.codes import CODES, syntax
from kpidsl.text.diagnostic import Diagnostic
from tests.kinds.checking import checked

SOUND = """kpidsl 1

project shop {
  currency: USD
  timezone: "Asia/Taipei"
}

source lines {
  table: shop.order_lines
  key: [order_id, line]
  time: paid_at
  exclude: length(note) > 3
  join customer: customers on customer_id
  dimensions: [channel, sku]
  dimension size: length(sku)
  measure revenue: sum(price) as USD
  measure cogs: sum(cost) as USD
  measure orders: count_distinct(order_id) as order
}

source customers {
  table: shop.customers
  key: customer_id
  dimensions: [region]
  measure buyers: count() as customer
}

source visits {
  table: web.sessions
  key: session_id
  time: started_at
  dimensions: [channel]
  measure visits: count() as visit
}

dimension channel "Channel" {
  of: [lines.channel, visits.channel]
}

entity customer {
  in: [lines.customer_id, visits.visitor_id]
}

pack own {
  metric per_head(amount, heads): amount / heads {
    requires { amount: money, heads: count }
  }
}

use own.per_head(amount: revenue, heads: buyers) as revenue_per_head {
}

metric social: revenue where channel = "social"
metric large: revenue where size > 3
metric abroad: revenue where lines.customer.region != "EU"
metric before: prior(revenue, 1y)
metric profit: revenue - cogs

kpi sales "Sales": revenue {
  serves: grow
  better: higher
  stage: conversion
  benchmark: panel
}

kpi reach "Reach": visits {
  serves: "Found by more people."
  stage: [awareness, consideration]
  drives: sales
}

kpi worth "Worth of a customer": revenue / buyers {
  serves: "Customers come back."
  stage: loyalty
  cadence: monthly
  benchmark: survey
  target: at least 40 USD at 2026-12
}

benchmark panel: 52 USD {
  source: "Retail panel 2026"
  as_of: 2026-03-01
  expires: 2027-03-01
}

benchmark survey: 30 USD {
  source: "Own survey"
  as_of: 2026-01-31
}

goal grow "Grow" {
  kpi: sales
  over: 2026
  target: 5_000 USD
  review: monthly
  relevant: "The owners' plan."
  rationale: "Half of it was reached by May."
}

roi ads "Advertising" {
  gain: profit
  cost { media: 300 USD per month }
}

funnel path {
  entity: customer
  within: 30d
  step visit: visits
  step order: lines { within: 7d }
}

audience board {
  tier: executive
  sees: [goals, sales by channel, reach, worth, ads, path]
}

report review "Review" {
  for: board
  section "Did we reach the goals?" { goals: all }
  section "Where?" { show: sales by channel, compare: plan }
  section "What came back?" { roi: ads, funnel: path }
}
"""


@dataclass(frozen=True)
class Slip:
    """A slip of the pen: `sound` becomes `slip`, and the finding marks `marked`."""

    sound: str
    slip: str
    code: str
    marked: str


SLIPS = [
    # Words that are nearly right, and so are read as what they must mean.
    Slip("  time: paid_at", "  tme: paid_at", "K202", "tme"),
    Slip("  dimensions: [channel, sku]", "  dimensons: [channel, sku]", "K202", "dimensons"),
    Slip("  table: shop.customers", "  tabel: shop.customers", "K202", "tabel"),
    Slip("  key: session_id", "  kye: session_id", "K202", "kye"),
    Slip("  measure cogs", "  mesure cogs", "K206", "mesure"),
    Slip("source customers {", "sorce customers {", "K201", "sorce"),
    Slip("pack own {", "pak own {", "K201", "pak"),
    Slip("metric per_head(", "metrc per_head(", "K206", "metrc"),
    Slip("metric before:", "metrik before:", "K201", "metrik"),
    Slip("  serves: grow\n", "  severs: grow\n", "K202", "severs"),
    Slip("  over: 2026\n", "  ovre: 2026\n", "K202", "ovre"),
    Slip("  kpi: sales\n", "  kpis: sales\n", "K202", "kpis"),
    Slip("  as_of: 2026-03-01", "  asof: 2026-03-01", "K202", "asof"),
    Slip("  cost { media", "  costs { media", "K206", "costs"),
    Slip("  step order: lines {", "  stpe order: lines {", "K206", "stpe"),
    Slip("  tier: executive", "  teir: executive", "K202", "teir"),
    Slip('  section "Where?"', '  secton "Where?"', "K206", "secton"),
    # Words that mean nothing; what they may have declared is not called unknown.
    Slip("  key: customer_id\n", "  primary: customer_id\n", "K202", "primary"),
    Slip("source visits {", "table visits {", "K201", "table"),
    Slip("  stage: [awareness,", "  journey: [awareness,", "K202", "journey"),
    Slip("  dimensions: [region]", '  dimensions: ["region"]', "K205", '["region"]'),
    Slip("  timezone: ", "  place: ", "K202", "place"),
    # Mistakes in one part of a definition; the rest of it is known.
    Slip("length(note)", "lenght(note)", "K307", "lenght"),
    Slip("sum(price)", "sum(lower(price))", "K306", "lower(price)"),
    Slip("count_distinct(order_id) as", "count_distinct(order_id, line) as", "K308", ""),
    Slip("length(sku)", "length(sku, 2)", "K308", "length(sku, 2)"),
    Slip("customers on customer_id", "customers on mail to mail", "K402", "mail to mail"),
    Slip("of: [lines.channel,", "of: [lines.chanel,", "K211", "chanel"),
    Slip("in: [lines.customer_id,", "in: [linse.customer_id,", "K211", "linse"),
    Slip("heads: buyers) as", "head: buyers) as", "K218", "head: buyers"),
    Slip('channel = "social"', "channel = 5 USD", "K311", "5 USD"),
    Slip("size > 3", 'size > "3"', "K306", '"3"'),
    Slip('region != "EU"', 'regoin != "EU"', "K211", "regoin"),
    Slip("prior(revenue, 1y)", "prior(revenue, 1)", "K308", "1"),
    Slip("revenue - cogs", "revenu - cogs", "K211", "revenu"),
    Slip("  better: higher", "  better: hihger", "K205", "hihger"),
    Slip("  drives: sales", "  drives: saels", "K211", "saels"),
    Slip("  benchmark: panel", "  benchmark: panell", "K211", "panell"),
    Slip("40 USD at 2026-12", "40 EUR at 2026-12", "K301", "40 EUR"),
    Slip("expires: 2027-03-01", "expires: 2025-03-01", "K313", "2025-03-01"),
    Slip("target: 5_000 USD", "target: 5_000", "K304", "5_000"),
    Slip("300 USD per month", "300 EUR per month", "K302", "300 EUR per month"),
    Slip("  within: 30d", "  within: 1mo", "K313", "1mo"),
    Slip("step visit: visits", "step visit: vists", "K211", "vists"),
    Slip("goals, sales by channel", "goals, sales by chanel", "K211", "chanel"),
    Slip("  for: board", "  for: baord", "K211", "baord"),
    Slip("show: sales by channel", "show: saels by channel", "K211", "saels"),
    Slip("compare: plan", "compare: paln", "K205", "paln"),
    Slip("metric social", "metric odd: revenue + orders\nmetric social", "K301", "orders"),
]
CLASH = SLIPS[-1]
# Beside these slips another one can't be seen: the kind of `visits`, the key of `customers`, the
# type of `size` and the unit of `profit` are not known.
HIDING = {"table visits {", "  primary: customer_id\n", "length(sku, 2)", "revenu - cogs"}


WORD = re.compile(r"\w+")
WORDS = sorted({*WORD.findall(SOUND), "5", '"x"', "{ }", "[a]", "nobody"})
SYNTAX_CODES = {info.code for info in syntax.CODES}
ACTIONS = re.compile(
    "(add|bring|compare|count|declare|define|divide|give|join|keep|leave|look|make|measure|move|name|put"
    r"|show|start|take|use|write)\b"
)
EXAMPLES = [info.example for info in CODES.values() if info.example.startswith("kpidsl 1\n")]


def told(text: str) -> list[tuple[str, str]]:
    return sorted((item.code, item.span.text if item.span else "") for item in found(text))


def found(text: str) -> list[Diagnostic]:
    # That an ROI leaves out some of the usual costs is said of the sound text too.
    return [item for item in checked(text)[1] if item.code != "D110"]


def test_the_sound_text_has_no_mistake() -> None:
    assert told(SOUND) == []


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.slip.strip())
def test_each_slip_is_said_and_nothing_that_follows_from_it(slip: Slip) -> None:
    assert SOUND.count(slip.sound) == 1
    (finding,) = found(SOUND.replace(slip.sound, slip.slip))
    assert finding.code == slip.code
    assert finding.span is not None
    assert slip.marked in finding.span.text


@pytest.mark.parametrize("slip", SLIPS[:-1], ids=lambda slip: slip.slip.strip())
def test_a_unit_clash_is_said_beside_each_of_them(slip: Slip) -> None:
    clash = SOUND.replace(CLASH.sound, CLASH.slip)
    both = clash.replace(slip.sound, slip.slip)
    assert told(both) == sorted(told(clash) + told(SOUND.replace(slip.sound, slip.slip)))


def test_all_of_them_are_said_at_once() -> None:
    text, expected = SOUND, []
    for slip in SLIPS:
        if slip.slip not in HIDING:
            text = text.replace(slip.sound, slip.slip)
            expected += told(SOUND.replace(slip.sound, slip.slip))
    assert told(text) == sorted(expected)


@pytest.mark.parametrize("text", [*EXAMPLES, *(SOUND.replace(s.sound, s.slip) for s in SLIPS)])
def test_every_finding_has_a_cause_and_a_mend(text: str) -> None:
    check_readable(checked(text)[1])


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(WORDS)), min_size=1, max_size=5))
def test_every_finding_of_a_damaged_text_has_a_cause_and_a_mend(
    slips: list[tuple[float, str]],
) -> None:
    text = SOUND
    for place, word in slips:
        old = WORD.search(text, int(place * (len(text) - 3)))
        text = f"{text[: old.start()]}{word}{text[old.end() :]}" if old else text
    check_readable(checked(text)[1])


def check_readable(findings: list[Diagnostic]) -> None:
    for item in findings:
        said = f"{item.code}: {item.message} | {item.label} | {item.help}"
        assert item.label or item.code in SYNTAX_CODES, said
        assert item.code in SYNTAX_CODES or ACTIONS.match(item.help), said
        assert item.help, said


def test_what_is_known_in_spite_of_a_mistake_gives_no_number() -> None:
    text = SOUND.replace("  exclude:", "  exlude:").replace('"EU"', "5 USD")
    text = text.replace("metric social", "metric views: visits * 2\nmetric social")
    model, findings = checked(text)
    assert [item.code for item in findings if item.code != "D110"] == ["K202", "K311"]
    assert model is not None
    # `lines` would count rows that are to be excluded, `abroad` all regions.
    assert set(model.sources) == {"customers", "visits"}
    assert set(model.metrics) == {"views", "reach"}
    assert set(model.kpis) == {"reach"}
    assert model.kpis["reach"].drives == ()
    assert (model.goals, model.rois, model.funnels) == ({}, {}, {})
