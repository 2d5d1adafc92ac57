"""What mends a key that is missing: the names that the project declares."""

from __future__ import annotations

import pytest

from tests.kinds.checking import SHOP, checked, errors, only

MORE = """
kpi sales: revenue {
  serves: "Growth."
}
audience board "The board" {
  tier: executive
  sees: sales
}
"""
MANAGERS = """
audience managers "The managers" {
  tier: manager
  sees: sales
}
"""
PERSON = "\nentity person {\n  in: [lines.customer_id, visits.visitor_id]\n}\n"


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ('report r {\n  section "Q?" { show: sales }\n}\n', "add `for: board`"),
        (
            f'{MANAGERS}report r {{\n  section "Q?" {{ show: sales }}\n}}\n',
            "add `for:` with one of `board`, `managers`",
        ),
        ("report r {\n  for: board\n}\n", 'add `section "How are we doing?" { show: sales }`'),
        (
            'report r {\n  for: board\n  section "Q?" { breakdown: sales }\n}\n',
            "write `sales by channel`, or add `by:`",
        ),
        ("goal g {\n  over: 2026\n  target: 9 USD\n}\n", "add `kpi: sales`"),
        ("audience staff {\n  tier: specialist\n}\n", "add `sees: [sales]`"),
        # Lines have a dimension of the first name; of the second nobody has.
        # Lines have a dimension of the first name; of the second nobody has.
        ("dimension sku {\n}\n", "add `of: [lines.sku]`"),
        ("dimension size {\n}\n", "add `of: [lines.channel, sessions.channel]`"),
        (
            f"{PERSON}funnel f {{\n  step a: lines\n  step b: visits\n}}\n",
            "add `entity: person`",
        ),
        ("entity person {\n}\n", "add `in: [lines.customer_id, sessions.visitor_id]`"),
    ],
)
def test_a_mend_names_what_is_declared(text: str, mend: str) -> None:
    assert only(checked(SHOP + MORE + text)[1], "K204").help == mend


def test_a_calendar_names_a_source_and_columns() -> None:
    found = checked("kpidsl 1\nsource days { table: days, key: day }\ncalendar c { year: y }\n")[1]
    assert [item.help for item in found if item.code == "K204"] == [
        "add `listed_in: days`",
        "add `first_day: day`",
        "add `month: fiscal_month`",
        "add `quarter: fiscal_quarter`",
    ]


def test_what_a_declaration_without_a_name_lacks_is_told_too() -> None:
    found = checked(SHOP + MORE + "goal {\n  target: 9 USD\n}\n")[1]
    assert [text.split()[0] for text in errors(found)] == ["K204", "K207"]
