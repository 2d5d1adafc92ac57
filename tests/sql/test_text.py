"""The SQL as people read it, kept so that a change of it is seen in review.

What the SQL answers is tested elsewhere, against hand-worked numbers and the oracle.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

import kpidsl
from tests.semantics.conftest import SHOP
from tests.support import project

QUESTIONS: dict[str, dict[str, Any]] = {
    "one source": {"metrics": ["revenue", "average"], "by": ["channel"]},
    "two sources by month": {
        "metrics": ["roas"],
        "by": ["channel", "month"],
        "period": "2026-Q1",
    },
    "the many side": {"metrics": ["revenue"], "by": ["sku"]},
    "any on the many side": {"metrics": ["revenue"], "where": 'sku = "a" and region != "North"'},
    "a year before": {
        "metrics": ["revenue"],
        "by": ["month"],
        "period": "2026-Q1",
        "compare": ["prior_year"],
    },
    "a ratio by month, from one within a month on": {
        "metrics": ["revenue", "average"],
        "by": ["month"],
        "period": "2026-01-05 .. 2026-03-20",
    },
    "the first of some members and the rest": {
        "metrics": ["revenue"],
        "where": 'region != "North" and channel in ("a", "b")',
        "period": "2026-Q1",
        "top": 2,
        "by": ["month", "channel"],
    },
    "once per and an attribute": {"metrics": ["shipping", "first_orders"]},
    "a fixed amount": {"metrics": ["cost"], "by": ["channel"], "period": "2026-01"},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_sql(name: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    question = dict(QUESTIONS[name])
    with project(tmp_path, SHOP) as loaded:
        sql = loaded.compile(*question.pop("metrics"), **question)
    assert without_heading(sql) == snapshot


def without_heading(sql: str) -> str:
    """Leave out the lines that change with the version and the place of a definition."""
    return "".join(line for line in sql.splitlines(keepends=True) if not line.startswith("--"))


def test_the_same_question_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two projects loaded apart, so that nothing remembered is compared with itself."""

    def text(folder: Path) -> str:
        folder.mkdir()
        with project(folder, SHOP) as loaded:
            return compiled(loaded)

    assert text(tmp_path / "one") == text(tmp_path / "other")


def compiled(loaded: kpidsl.Project) -> str:
    return loaded.compile("roas", "net", "cost", by=["month"], period="2026-Q1")
