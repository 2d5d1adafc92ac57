"""The sample of the language's design: the first text that every layer must read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse
from kpidsl.text.reading import read_source
from tests.syntax.shape import expressions, shape

SAMPLE = Path(__file__).with_name("sample.kpi")


@pytest.fixture(scope="module")
def sample() -> tree.File:
    source, unread = read_source(SAMPLE, "sample.kpi")
    assert source is not None
    file, diagnostics = parse(source)
    assert unread + diagnostics == []
    return file


def block(items: tuple[tree.Item, ...] | None, kind: str, name: str) -> tree.Block:
    return next(
        item
        for item in items or ()
        if isinstance(item, tree.Block)
        and item.kind.text == kind
        and ".".join(part.text for part in item.path) == name
    )


def entry(items: tuple[tree.Item, ...] | None, key: str) -> tree.Entry:
    found = [
        item
        for item in items or ()
        if isinstance(item, tree.Entry)
        and (item.key.text if isinstance(item.key, tree.Name) else item.key.value) == key
    ]
    assert len(found) == 1
    return found[0]


def test_declarations_in_order(sample: tree.File) -> None:
    assert sample.edition == 1
    kinds = [item.kind.text for item in sample.items if isinstance(item, tree.Block)]
    assert kinds == (
        ["project"] + ["source"] * 6 + ["dimension", "entity"] + ["metric"] * 5
        + ["kpi", "use", "benchmark", "roi", "goal", "funnel", "drivers", "audience", "report"]
        + ["test"]
    )  # fmt: skip
    assert len(kinds) == len(sample.items)


def test_a_source(sample: tree.File) -> None:
    lines = block(sample.items, "source", "lines")
    assert lines.doc is not None
    assert lines.doc.text == "One row per order line, loaded hourly from the shop."
    assert lines.label is None
    time = entry(lines.items, "time")
    assert shape(time.value) == "paid_at"
    assert shape(entry(time.items, "stored_as").value) == "'UTC'"
    join = block(lines.items, "join", "customer")
    assert join.value is not None
    assert shape(join.value) == "(on customers customer_id)"
    revenue = block(lines.items, "measure", "revenue")
    assert revenue.value is not None
    assert shape(revenue.value) == "(as (sum() price) USD)"
    assert shape(entry(revenue.items, "net_of").value) == "[discounts]"
    measures = [i.path[0].text for i in lines.items or () if isinstance(i, tree.Block)]
    assert measures == [
        "customer", "first_paid", "orders", "revenue", "shipping", "cogs", "new_customers",
    ]  # fmt: skip


def test_odd_names_and_data_as_keys(sample: tree.File) -> None:
    meta = block(sample.items, "source", "meta")
    read = next(i for i in meta.items or () if isinstance(i, tree.Block) and i.kind.text == "read")
    assert shape(entry(read.items, "drop_where").value) == "(= 日期 '總計')"
    cost = block(meta.items, "measure", "cost").value
    assert cost is not None
    assert shape(cost) == "(as (sum() 花費金額 (TWD)) TWD)"
    sessions = block(sample.items, "source", "sessions")
    channel = block(sessions.items, "dimension", "channel")
    mapping = channel.items and channel.items[0]
    assert isinstance(mapping, tree.Block)
    assert shape(entry(mapping.items, "social").value) == "['fb' 'ig']"
    assert shape(entry(mapping.items, "else").value) == "'other'"


def test_headers(sample: tree.File) -> None:
    use = block(sample.items, "use", "marketing.cac")
    assert [(p.name.text, p.value and shape(p.value)) for p in use.params] == [
        ("cost", "marketing_cost"),
        ("customers", "new_customers"),
    ]
    assert use.alias is not None
    assert use.alias.text == "cac"
    aov = block(sample.items, "metric", "aov")
    assert aov.label is not None
    assert aov.label.value == "Average order value"
    assert aov.header_span.text == 'metric aov "Average order value"'
    goal = block(sample.items, "goal", "grow_revenue")
    assert shape(entry(goal.items, "target").value) == "(from (+ 0.2) 2025-H1)"
    cascade = next(
        i for i in goal.items or () if isinstance(i, tree.Block) and i.kind.text == "cascade"
    )
    assert cascade.by is not None
    assert cascade.by.text == "region"
    assert shape(entry(cascade.items, "North").value) == "0.6"


def test_rows_of_a_test(sample: tree.File) -> None:
    small = block(sample.items, "test", "aov_small")
    given = block(small.items, "given", "lines").value
    assert given is not None
    assert shape(given) == (
        "[{order_id:1 line:1 price:20 cost:5 paid_at:2026-02-01}"
        " {order_id:1 line:2 price:30 cost:5 paid_at:2026-02-01}]"
    )
    assert shape(entry(small.items, "expect").value) == "(= (at aov 2026-02) 50_USD)"


def test_all_calls_are_there(sample: tree.File) -> None:
    # Counted in the text: sum 6, count_distinct 2, and count, min, last_complete, within and
    # web.identities once each; `marketing.cac(…)` is a header, `(TWD)` part of a name.
    calls = [e for e in expressions(sample.items) if isinstance(e, tree.Call)]
    assert len(calls) == 13
