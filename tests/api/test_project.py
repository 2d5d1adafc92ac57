"""The Python API: what is refused raises one exception, with diagnostics."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import kpidsl
from tests.support import load, project

SHOP = """\
kpidsl 1

project shop { currency: USD, timezone: "UTC" }

source sales {
  files: "sales.csv"
  key: order_id
  time: day
  dimensions: [channel]
  measure revenue: sum(amount) as USD
  measure orders: count() as order
}
"""
SALES = """
order_id,day,channel,amount
1,2026-01-04,search,40.00
2,2026-02-11,social,60.50
"""


def test_every_public_name_is_there() -> None:
    assert {name: getattr(kpidsl, name) for name in kpidsl.__all__}
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        kpidsl.laod  # noqa: B018


def test_a_question_is_answered_in_exact_decimals(tmp_path: Path) -> None:
    with project(tmp_path, SHOP, sales=SALES) as shop:
        result = shop.query("revenue", by=["channel"], order=["-revenue"])
        assert result.records() == [
            {"channel": "social", "revenue": Decimal("60.50")},
            {"channel": "search", "revenue": Decimal("40.00")},
        ]
        assert shop.query("revenue", period="2026-01").values("revenue") == [Decimal(40)]


def test_a_column_that_an_answer_lacks(tmp_path: Path) -> None:
    with project(tmp_path, SHOP, sales=SALES) as shop:
        result = shop.query("revenue", by=["channel"])
    with pytest.raises(KeyError, match="no column `revnue`; there are: channel, revenue"):
        result.values("revnue")


def test_compile_runs_nothing(tmp_path: Path) -> None:
    with project(tmp_path, SHOP) as shop:  # there is no `sales.csv`
        assert "SUM(" in shop.compile("revenue")


def test_a_refusal_carries_diagnostics(tmp_path: Path) -> None:
    with project(tmp_path, SHOP, sales=SALES) as shop:
        with pytest.raises(kpidsl.KpidslError, match=r"error\[K211\].*`revnue`") as refused:
            shop.query("revnue")
        assert [item.code for item in refused.value.diagnostics] == ["K211"]
        # The project can still be asked.
        assert shop.query("orders").values("orders") == [2]


@pytest.mark.parametrize(
    ("path", "code"), [("nowhere", "K926"), ("nowhere.kpi", "K901"), ("a\0b", "K926")]
)
def test_load_never_raises(tmp_path: Path, path: str, code: str) -> None:
    with kpidsl.load(tmp_path / path) as nothing:
        assert [item.code for item in nothing.diagnostics] == [code]
        with pytest.raises(kpidsl.KpidslError):
            nothing.query("revenue")


def test_what_is_right_beside_a_mistake_can_be_asked(tmp_path: Path) -> None:
    with load(tmp_path, SHOP + "metric bad: revenue + orders\n", sales=SALES) as shop:
        assert [item.code for item in shop.diagnostics] == ["K301"]
        assert shop.query("orders").values("orders") == [2]


def test_unknown_reports_and_funnels(tmp_path: Path) -> None:
    with project(tmp_path, SHOP, sales=SALES) as shop:
        with pytest.raises(kpidsl.KpidslError, match="no report `monthly`"):
            shop.report("monthly", out=tmp_path / "made")
        with pytest.raises(kpidsl.KpidslError, match="no funnel `purchase`"):
            shop.funnel("purchase")
    assert not (tmp_path / "made").exists()


def test_the_definitions_and_only_they_make_the_hash(tmp_path: Path) -> None:
    first = project(tmp_path, SHOP, sales=SALES).definition_hash
    assert project(tmp_path, SHOP, sales="order_id\n1\n").definition_hash == first
    assert project(tmp_path, SHOP + "metric b: orders\n").definition_hash != first


def test_an_answer_carries_what_was_noticed(tmp_path: Path) -> None:
    """One of 20 ranks is no number, so that the column is read as text."""
    rows = "\n".join(f"{n},2026-01-04,search,1,{n}" for n in range(1, 20))
    steps = "step first: sales, step second: sales"
    funnel = f"entity buyer {{ in: [sales.channel] }}\nfunnel buying {{ entity: buyer, {steps} }}"
    with project(
        tmp_path,
        SHOP + funnel,
        sales=f"order_id,day,channel,amount,rank\n{rows}\n20,2026-01-04,social,1,n/a",
    ) as shop:
        answers = shop.query("orders"), shop.funnel("buying")
    assert [[item.code for item in answer.diagnostics] for answer in answers] == [["K611"]] * 2


def test_closing_twice_is_fine(tmp_path: Path) -> None:
    shop = project(tmp_path, SHOP, sales=SALES)
    assert shop.query("orders").values("orders") == [2]
    shop.close()
    shop.close()


def test_a_draft_says_what_it_assumed(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES.lstrip(), encoding="utf-8")
    drafted = kpidsl.draft([tmp_path / "sales.csv"], tmp_path)
    assert [path.name for path in drafted.written] == ["sources.kpi", "kpidsl.toml"]
    assert [name for name, _ in drafted.assumptions] == ["sales.csv"]
    with kpidsl.load(tmp_path) as shop:
        assert shop.query("rows").values("rows") == [2]
