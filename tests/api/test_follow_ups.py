from __future__ import annotations

from pathlib import Path

from tests.support import load

DEFINITIONS = """kpidsl 1
project p { currency: USD }
source orders {
  files: "orders.csv"
  key: id
  measure revenue: sum(amount) wher paid as USD
  measure orders: count() as order
}
metric aov: revenue / orders
metric other: revenu / orders
"""


def test_a_line_that_can_not_be_read_is_reported_once(tmp_path: Path) -> None:
    """`aov` lacks a measure that line 6 would declare; `other` has a mistake of its own."""
    loaded = load(tmp_path, DEFINITIONS)
    found = [(item.code, item.span.line) for item in loaded.diagnostics if item.span]
    assert found == [("K101", 6), ("K211", 10)]


def test_a_value_cut_short_is_none(tmp_path: Path) -> None:
    """Without its filter the measure would be another number."""
    model = load(tmp_path, DEFINITIONS).model
    assert model is not None
    assert set(model.sources["orders"].measures) == {"orders"}
