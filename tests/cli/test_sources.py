"""The files of a source are missing or aren't what the definitions say."""

from __future__ import annotations

import pytest

from tests.cli.conftest import SALES, SHOP, Shell


def test_a_missing_file_names_the_nearest(shop: Shell) -> None:
    shop.write("shop.kpi", SHOP.replace("sales.csv", "slaes.csv"))
    assert shop.run("check").code == 0  # `check` reads no data
    shop.refused(
        "query", "revenue", code=1, names=["K601", "`slaes.csv`", "`sales.csv`", "shop.kpi:8:"]
    )


def test_a_file_that_only_ends_alike_is_not_offered(shop: Shell) -> None:
    """Of the till's export nothing is there, and the ads are no sales."""
    (shop.folder / "sales.csv").rename(shop.folder / "ads.csv")
    text = shop.refused(
        "query", "revenue", code=1, names=["K601", "`sales.csv`", "holds `ads.csv`"]
    )
    assert "use `ads.csv`" not in text


def test_a_file_without_column_names(shop: Shell) -> None:
    """Its first row is none of the names to choose from."""
    shop.write("sales.csv", SALES.split("\n", 1)[1])
    text = shop.refused("query", "revenue", code=1, names=["K616", "`order_id`", "header_row: 0"])
    assert "choose one of" not in text


def test_a_folder_in_place_of_the_file(shop: Shell) -> None:
    (shop.folder / "exports").mkdir()
    shop.write("shop.kpi", SHOP.replace("sales.csv", "exports"))
    shop.refused("query", "revenue", code=1, names=["K603", "`exports` is a folder"])


def test_an_empty_file(shop: Shell) -> None:
    shop.write("sales.csv", b"")
    shop.refused("query", "revenue", code=1, names=["K607", "`sales.csv` is empty"])


def test_a_header_without_rows_is_no_mistake(shop: Shell) -> None:
    shop.write("sales.csv", SALES.splitlines()[0] + "\n")
    # Nothing was sold, and that is known: 0 orders, not an absent number.
    assert shop.run("query", "orders", "--format", "csv").out == "orders\n0\n"


def test_a_file_in_another_encoding_than_declared(shop: Shell) -> None:
    shop.write("sales.csv", SALES.replace("search", "搜尋").encode("big5"))
    read = 'files: "sales.csv"\n  read { encoding: "utf-8" }'
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', read))
    shop.refused("query", "revenue", code=1, names=["K606", "`sales.csv`"])


def test_a_missing_column_is_shown_where_it_is_named(shop: Shell) -> None:
    shop.write("shop.kpi", SHOP.replace("sum(amount)", "sum(amuont)"))
    # `  measure revenue: sum(amuont) as USD` is line 13; the column begins at 24.
    shop.refused(
        "query", "revenue", code=1, names=["K642", "`amuont`", "use `amount`", "shop.kpi:13:24"]
    )


def test_a_word_that_is_compared_with_may_be_a_text(shop: Shell) -> None:
    shop.write("shop.kpi", SHOP.replace("sum(amount)", "sum(amount) where channel = bakery"))
    names = ["K642", "`bakery`", "its columns: order_id", 'in double quotes, as in `"bakery"`']
    shop.refused("query", "revenue", code=1, names=names)


@pytest.mark.parametrize("row", ["6,2026-02-03,search", "6,2026-02-03,search,1,2"])
def test_a_row_of_another_width(shop: Shell, row: str) -> None:
    shop.write("sales.csv", f"{SALES}{row}\n")
    shop.refused("query", "revenue", code=1, names=["K609", "`sales.csv`", "7"])


def test_a_text_among_the_amounts(shop: Shell) -> None:
    shop.write("sales.csv", f"{SALES}6,2026-02-03,search,much\n")
    text = shop.refused("query", "revenue", code=1, names=["K643", "much", "amount"])
    assert "`read { null_values: [" in text
    read = 'files: "sales.csv"\n  read { null_values: ["much"] }'
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', read))
    # 40 + 60 + 30 + 50 + 80.10
    assert shop.run("query", "revenue", "--format", "csv").out == "revenue\n260.1\n"
