"""Claims of the definitions, tested on data with seeded faults; each count is worked out by hand
from the rows written beside it."""

from __future__ import annotations

from pathlib import Path

from kpidsl.model.expr import Column
from kpidsl.model.project import Model
from kpidsl.model.sources import Validity
from kpidsl.run.proof import Proof
from kpidsl.text.diagnostic import Diagnostic, Severity
from tests.support import line_of, project

SALES = """kpidsl 1
project p { currency: USD, timezone: "UTC" }
source sales {
  files: "sales.csv"
  key: order_id
  join customer: customers on customer_id
  measure revenue: sum(amount) as USD
}
source customers { files: "customers.csv", key: customer_id, dimensions: [region] }
"""
CUSTOMERS = "customer_id,region\n1,North\n2,South"
ORDERS = "order_id,customer_id,amount\n1,1,10\n2,2,20\n3,1,30"


def proved(folder: Path, definitions: str, **tables: str) -> Proof:
    with project(folder, definitions, **tables) as loaded:
        return loaded.prove()


def only(proof: Proof, code: str) -> Diagnostic:
    """Return the one finding, which has a place and a mend."""
    assert [item.code for item in proof.diagnostics] == [code]
    (item,) = proof.diagnostics
    assert item.span is not None
    assert item.help
    return item


def test_data_that_keep_all_claims(tmp_path: Path) -> None:
    """Three claims are tested: two keys and one join; 3 + 2 rows. And that no key is empty."""
    proof = proved(tmp_path, SALES, sales=ORDERS, customers=CUSTOMERS)
    assert proof == Proof((), sources=2, claims=5, rows=5)


def test_a_key_that_repeats_is_counted_and_told_once(tmp_path: Path) -> None:
    """Customer 7 stands in three rows, 8 and 9 in two each, 5 in two: 4 keys, 9 rows. The most rows
    come first, then the smaller key, and three are shown. The join rests on the same key."""
    proof = proved(
        tmp_path,
        SALES,
        sales="order_id,customer_id,amount\n1,7,10\n2,1,20",
        customers="customer_id,region\n"
        + "\n".join(f"{key},x" for key in [9, 7, 8, 7, 1, 5, 9, 8, 5, 7]),
    )
    item = only(proof, "K651")
    assert item.severity is Severity.ERROR
    assert "4 keys stand in 9 rows (such as `7` in 3 rows, `5` in 2 rows and `8` in 2 rows)" in (
        item.message
    )
    assert line_of(item).startswith("source customers")


def test_of_a_long_key_the_beginning_is_told(tmp_path: Path) -> None:
    long = "k" * 100
    rows = f"order_id,customer_id,amount\n{long},1,10\n{long},1,20"
    item = only(proved(tmp_path, SALES, sales=rows, customers=CUSTOMERS), "K651")
    assert f"1 key stands in 2 rows (`{'k' * 59}…`), " in item.message


def test_a_key_that_nothing_joins_is_tested_too(tmp_path: Path) -> None:
    proof = proved(tmp_path, SALES, sales=ORDERS + "\n2,1,40", customers=CUSTOMERS)
    item = only(proof, "K651")
    assert "1 key stands in 2 rows (`2`)" in item.message
    assert line_of(item).startswith("source sales")


def test_a_key_of_several_columns_repeats_only_as_a_whole(tmp_path: Path) -> None:
    definitions = """kpidsl 1
        project p { currency: USD }
        source lines { files: "lines.csv", key: [order_id, line], measure n: count() as line }
        """
    rows = "order_id,line\n1,1\n1,2\n2,1"
    assert proved(tmp_path, definitions, lines=rows).diagnostics == ()
    again = proved(tmp_path, definitions, lines=rows + "\n1,2")
    assert "1 key stands in 2 rows (`1` / `2`)" in only(again, "K651").message


def test_excluded_rows_break_no_claim(tmp_path: Path) -> None:
    definitions = SALES.replace("key: order_id", "key: order_id\n  exclude: test")
    proof = proved(
        tmp_path,
        definitions,
        sales="order_id,customer_id,amount,test\n1,1,10,false\n1,99,10,true",
        customers=CUSTOMERS,
    )
    assert (proof.diagnostics, proof.rows) == ((), 3)


def test_the_parts_of_one_key_are_told_from_the_next_key(tmp_path: Path) -> None:
    """Store x has day 2 three times, store y day 1 twice, and day 2 once."""
    proof = proved(
        tmp_path,
        """kpidsl 1
        source days {
          files: "days.csv"
          key: [store, day]
        }
        """,
        days="store,day,n\nx,2,1\nx,2,2\nx,2,3\ny,1,4\ny,1,5\ny,2,6",
    )
    item = only(proof, "K651")
    assert "2 keys stand in 5 rows (`x` / `2` in 3 rows and `y` / `1` in 2 rows)" in item.message
    # A key may be an address or a name: a page tells how many there are.
    assert item.on_pages == (
        "the key of `days` isn't one: 2 keys stand in 5 rows, and what joins them would count as "
        "often"
    )


def test_rows_without_a_key_are_counted(tmp_path: Path) -> None:
    """Two of five; they are equal, and no key that repeats."""
    proof = proved(tmp_path, SALES, sales=ORDERS + "\n,1,1\n,2,2", customers=CUSTOMERS)
    item = only(proof, "K655")
    assert item.severity is Severity.ERROR
    assert "2 of 5 rows (40 %) of `sales` have no key: `order_id` is empty" in item.message


def test_rows_without_a_partner_are_counted_and_stop_nothing(tmp_path: Path) -> None:
    """Of 8 rows three name customer 99, one 98, and one names none: 4 of 8 are orphans."""
    rows = ORDERS + "\n4,99,1\n5,98,1\n6,99,1\n7,99,1\n8,,1"
    proof = proved(tmp_path, SALES, sales=rows, customers=CUSTOMERS)
    item = only(proof, "K656")
    assert item.severity is Severity.WARNING
    assert (
        "4 of 8 rows (50 %) of `sales` find no row of `customers`: 2 keys (`99` in 3 rows and `98` "
        "in 1 row); 1 more row names none" in item.message
    )
    assert line_of(item) == "join customer: customers on customer_id"


def test_rows_that_name_no_partner_are_no_finding(tmp_path: Path) -> None:
    assert proved(tmp_path, SALES, sales=ORDERS + "\n4,,1", customers=CUSTOMERS).diagnostics == ()


def test_a_small_share_is_not_shown_as_none(tmp_path: Path) -> None:
    rows = "order_id,customer_id,amount\n" + "\n".join(f"{n},1,1" for n in range(2999)) + "\n-1,3,1"
    proof = proved(tmp_path, SALES, sales=rows, customers=CUSTOMERS)
    assert "1 of 3,000 rows (<0.1 %)" in only(proof, "K656").message


def history(folder: Path, *customers: str) -> list[str]:
    """Return what refutes a join that matches the row which holds at a sale's day (S8)."""
    definitions = SALES.replace("key: order_id", "key: order_id\n  time: day")
    definitions = definitions.replace("key: customer_id", "key: customer_id, time: since")
    sales = "order_id,day,customer_id,amount\n1,2026-02-01,1,10\n2,2026-04-01,2,20"
    with project(
        folder,
        definitions,
        sales=sales,
        customers="\n".join(["customer_id,since,until,region", *customers]),
    ) as loaded:
        assert loaded.model is not None
        model = with_validity(loaded.model)
        proof = loaded.runner.over(model).prove(lambda _: None)
    return [f"{item.code} {item.message}" for item in proof.diagnostics]


def with_validity(model: Model) -> Model:
    """Let the rows of customers hold from `since` until `until`, several for each customer."""
    sales, customers = model.sources["sales"], model.sources["customers"]
    since, until = Column(("since",)), Column(("until",))
    join = sales.joins["customer"].model_copy(update={"validity": Validity(start=since, end=until)})
    keyed = customers.model_copy(update={"key": (Column(("customer_id",)), since)})
    changed = {
        "sales": sales.model_copy(update={"joins": {"customer": join}}),
        "customers": keyed,
    }
    return model.model_copy(update={"sources": changed})


def test_rows_that_follow_each_other_do_not_overlap(tmp_path: Path) -> None:
    """Nor does one that ends where it begins: it holds at no time."""
    assert not history(
        tmp_path,
        "1,2026-01-01,2026-03-01,North",
        "1,2026-03-01,,South",
        "1,2026-05-01,2026-05-01,typo",
        "2,2026-01-01,,East",
    )


def test_rows_that_overlap_are_counted_by_key(tmp_path: Path) -> None:
    """Customer 1 has three rows, of which the second and the third begin before the one before
    them ends; customer 2 has one; customer 3 two without an end."""
    (found,) = history(
        tmp_path,
        "1,2026-01-01,2026-03-01,North",
        "1,2026-02-01,2026-04-01,South",
        "1,2026-03-15,2026-06-01,West",
        "2,2026-01-01,,East",
        "3,2026-01-01,,East",
        "3,2026-02-01,,West",
    )
    assert found == (
        "K654 rows of `customers` hold at the same time for 2 keys (`1` and `3`), and what joins "
        "them then would count twice"
    )


def test_rows_without_a_partner_at_their_time(tmp_path: Path) -> None:
    """Order 2 is of April, and customer 2 ended in March."""
    (found,) = history(tmp_path, "1,2026-01-01,,North", "2,2026-01-01,2026-03-01,South")
    assert found.startswith(
        "K656 1 of 2 rows (50 %) of `sales` find no row of `customers` that holds at their time: "
        "1 key (`2`)"
    )


def test_orphans_are_not_counted_behind_a_key_that_repeats(tmp_path: Path) -> None:
    """The rows would be doubled first: the key is what has to be mended."""
    only(
        proved(tmp_path, SALES, sales=ORDERS + "\n4,99,1", customers=CUSTOMERS + "\n1,East"), "K651"
    )


def test_a_join_of_texts_with_numbers(tmp_path: Path) -> None:
    proof = proved(tmp_path, SALES, sales=ORDERS, customers="customer_id,region\nA1,North\n2,South")
    assert "texts of `customers` with numbers of `sales`" in only(proof, "K649").message


def test_values_that_disagree_once_per_key(tmp_path: Path) -> None:
    """Orders 2 and 4 have two fees each; 1 has one, and 3 has one besides an empty one."""
    proof = proved(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source lines {
          files: "lines.csv"
          key: line
          measure fees: sum(fee once per order_id) as USD
        }
        """,
        lines="line,order_id,fee\n1,1,5\n2,1,5\n3,2,3\n4,2,4\n5,3,1\n6,3,\n7,4,9\n8,4,8\n9,4,9",
    )
    item = only(proof, "K652")
    assert "2 keys have several: `4` has 8 and 9 and `2` has 3 and 4" in item.message
    assert line_of(item).startswith("measure fees")


def test_times_without_a_zone(tmp_path: Path) -> None:
    definitions = """kpidsl 1
        project p { currency: USD }
        source visits { files: "visits.csv", key: id, time: seen, measure visits: count() as visit }
        """
    proof = proved(tmp_path, definitions, visits="id,seen\n1,2026-01-01T23:30:00")
    assert line_of(only(proof, "K653")).startswith("source visits")


def test_every_missing_column_is_named_at_its_place(tmp_path: Path) -> None:
    """Of one source, two; what rests on it is not tested, and the other source is."""
    definitions = SALES.replace("sum(amount)", "sum(amonut)").replace(
        "[region]", "[regoin, segment]"
    )
    proof = proved(tmp_path, definitions, sales=ORDERS, customers=CUSTOMERS)
    found = {item.message: item.help for item in proof.diagnostics}
    assert found == {
        "column `amonut` doesn't exist in source `sales`": "use `amount`",
        "column `regoin` doesn't exist in source `customers`": "use `region`",
        "column `segment` doesn't exist in source `customers`": "its columns: customer_id, region",
    }
    assert {item.code for item in proof.diagnostics} == {"K642"}
    assert (proof.sources, proof.claims) == (0, 0)


def test_a_missing_file_stops_no_other_source(tmp_path: Path) -> None:
    proof = proved(tmp_path, SALES, customers=CUSTOMERS + "\n2,East")
    codes = {item.code for item in proof.diagnostics}
    assert "K651" in codes  # of the customers
    assert len(codes) == 2


def test_columns_of_reshaped_and_stacked_sources_are_found(tmp_path: Path, engine: str) -> None:
    proof = proved(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source north { files: "north.csv", key: id }
        source south { files: "south.csv", key: id }
        source both { union: [north, south], key: id, measure n: sum(amount) as USD }
        source asked { sql: "SELECT 1 AS a, 2 AS b", key: a, measure b: sum(c) as USD }
        """,
        north="id,amount\n1,5",
        south="id,amount\n1,7",
    )
    found = [(item.code, line_of(item).split(" {")[0]) for item in proof.diagnostics]
    # Only DuckDB stacks columns by their names.
    stacked = [("K651", "source both")] if engine == "duckdb" else []
    unreadable = [] if engine == "duckdb" else [("K501", "source both")]
    assert found == [*unreadable, ("K642", "source asked"), *stacked]


def test_progress_names_each_source(tmp_path: Path) -> None:
    told: list[str] = []
    with project(tmp_path, SALES, sales=ORDERS, customers=CUSTOMERS) as loaded:
        loaded.prove(told.append)
    assert [text.split("`")[1] for text in told] == ["sales", "customers"] * 2
