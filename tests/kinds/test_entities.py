"""Entities: dimensions of their sources, whose ids a table may resolve (S29)."""

from __future__ import annotations

import pytest

from kpidsl.model.expr import Column, DimensionRef, Resolved
from tests.kinds.checking import checked, codes, errors, model_of

SHOP = """kpidsl 1
source lines {{
  table: shop.lines
  key: id
  time: day
  dimensions: [channel{more}]
  dimension since: min(day) per customer
  measure buyers: count_distinct(customer) as customer
}}
source sessions {{ table: web.sessions, key: id, time: day, dimensions: [channel] }}
source logins {{ table: web.logins, key: none, dimension person: upper(customer_id) }}
entity customer {{
  in: [lines.customer_id, sessions.visitor_id]
  {resolve}
}}
{rest}
"""
VISITOR, CUSTOMER = Column(("visitor_id",)), Column(("customer_id",))


def text(resolve: str = "", rest: str = "", more: str = "") -> str:
    said = f"resolve: {resolve}" if resolve else ""
    return SHOP.format(resolve=said, rest=rest, more=more)


def test_an_entity_is_a_dimension_of_each_source_and_one_that_they_share() -> None:
    model = model_of(text(rest='metric loyal: buyers where lines.customer != "c1"'))
    assert model.shared["customer"].members == {"lines": "customer", "sessions": "customer"}
    assert model.sources["sessions"].dimensions["customer"].expr == VISITOR
    assert model.sources["lines"].measures["buyers"].operand == DimensionRef("customer")


@pytest.mark.parametrize(
    ("resolve", "looked_up"),
    [
        ("", set()),
        # By the name of its first column a table is about some, otherwise about all.
        ("web.identities(visitor_id, customer_id)", {"sessions"}),
        ("web.merged(customer_id, stays)", {"lines"}),
        ("web.merged(old, new)", {"lines", "sessions"}),
    ],
)
def test_which_columns_a_table_resolves(resolve: str, looked_up: set[str]) -> None:
    assert set(model_of(text(resolve)).entities["customer"].resolved) == looked_up


def test_the_table_may_be_a_source_with_dimensions() -> None:
    model = model_of(text("logins(visitor_id, person)"))
    expected = Resolved("customer", VISITOR, "logins", VISITOR, DimensionRef("person"))
    assert model.entities["customer"].members == {"lines": CUSTOMER, "sessions": expected}
    assert "web.identities" not in model.sources


def test_any_other_table_becomes_a_source_of_its_own() -> None:
    source = model_of(text("web.identities(visitor_id, customer_id)")).sources["web.identities"]
    assert (source.key, source.measures, source.dimensions) == (None, {}, {})


@pytest.mark.parametrize(
    ("resolve", "marked"),
    [
        ("web.identities", "web.identities"),
        ("web.identities(visitor_id)", "web.identities(visitor_id)"),
        ('web.identities(visitor_id, "c")', 'web.identities(visitor_id, "c")'),
        ("web.identities(a.visitor_id, b)", "web.identities(a.visitor_id, b)"),
    ],
)
def test_a_table_is_named_with_its_two_columns(resolve: str, marked: str) -> None:
    (found,) = errors(checked(text(resolve))[1])
    assert found.startswith(f"K205 {marked}: ")
    assert "a table with a column of ids" in found


@pytest.mark.parametrize(
    ("more", "rest"),
    [(", customer", ""), ("", "dimension customer { of: [lines.channel, sessions.channel] }")],
)
def test_a_name_is_not_a_dimension_and_an_entity(more: str, rest: str) -> None:
    assert codes(checked(text(more=more, rest=rest))[1]) == ["K210"]


def test_an_entity_is_not_told_by_itself() -> None:
    """Its own name means the column; a dimension over it comes after it."""
    again = text().replace("lines.customer_id", "lines.customer")
    assert model_of(again).entities["customer"].members["lines"] == Column(("customer",))
    circle = text().replace("lines.customer_id", "lines.since")
    assert "K213" in codes(checked(circle)[1])


def test_what_an_entity_lacks_is_said_once() -> None:
    lost = text().replace("sessions.visitor_id", "session.visitor_id")
    assert codes(checked(lost)[1]) == ["K211"]
