from __future__ import annotations

from pathlib import Path

import pytest

import kpidsl
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project p { currency: USD }
source orders {
  files: "orders.csv", key: id, dimensions: [channel], measure orders: count() as order
}
source visits {
  files: "visits.csv", key: id, dimensions: [channel], measure visits: count() as visit
}
"""


def test_one_source_s_own_dimension_needs_no_qualifier(tmp_path: Path) -> None:
    """Both sources have a `channel` that nobody has declared to be one and the same (S9)."""
    with project(
        tmp_path, DEFINITIONS, orders="id,channel\n1,ads\n2,seo\n3,ads", visits="id,channel\n1,tv"
    ) as loaded:
        orders = loaded.query("orders", by=["channel"])
        assert rows(orders, "channel", "orders") == [("ads", 2), ("seo", 1)]
        assert loaded.query("visits", where='channel = "tv"').values("visits") == [1]
        with pytest.raises(kpidsl.KpidslError) as refused:
            loaded.query("orders", "visits", by=["channel"])
    assert refused.value.diagnostics[0].code == "K212"
