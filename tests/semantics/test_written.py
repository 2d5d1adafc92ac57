"""I9: how definitions are laid out changes no number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.semantics.conftest import CUSTOMERS, LINES, ORDERS, REFUNDS, SHOP, SPEND
from tests.support import project

METRICS = ("net", "roas", "ads_revenue", "cost", "half", "buyers", "average", "first_orders")
TABLES = {
    "customers": CUSTOMERS,
    "orders": ORDERS,
    "lines": LINES,
    "refunds": REFUNDS,
    "spend": SPEND,
}


def _shuffled(text: str) -> str:
    """The declarations after the head in the opposite order."""
    head, *rest = text.split("\n\nsource ")
    *sources, last = rest
    sources_end, tail = last.split("\n}\n", 1)
    blocks = [*sources, f"{sources_end}\n}}"]
    return "\n\nsource ".join([f"{head}\n\n{tail}", *reversed(blocks)]) + "\n"


@pytest.mark.parametrize(
    "laid_out",
    [
        lambda text: text.replace("  ", "\t\t"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "   # revenue: 7 }\n\n\n"),
        lambda text: (
            text.replace("measure ", "measure    ").replace(" + ", "+").replace(" / ", "/")
        ),
        lambda text: text.replace("\n  ", ",\n  ").replace("{,", "{"),
        lambda text: text.replace("revenue - refunded", "revenue\n  - refunded"),
        _shuffled,
    ],
    ids=["tabs", "line ends", "comments", "spaces", "commas", "broken lines", "order"],
)
def test_i9_layout_changes_no_number(tmp_path: Path, laid_out: Callable[[str], str]) -> None:
    text = laid_out(SHOP)
    assert text != SHOP
    found = []
    for place, definitions in enumerate((SHOP, text)):
        folder = tmp_path / str(place)
        folder.mkdir()
        with project(folder, definitions, **TABLES) as loaded:
            period = "2026-01 .. 2026-03"
            alone = loaded.query(*METRICS, period=period).rows
            split = loaded.query("net", "buyers", by=["month", "region"], period=period).rows
            found.append((alone, split))
    assert found[0] == found[1]
