"""What is found out once per project is found out for that project, and stays right.

Amounts of work are counted, not timed: calls of Python functions, which are the same on every
machine.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

import kpidsl
from tests.support import load, project

SHOP = """kpidsl 1

source sales {{
  table: shop.{table}
  key: id
  time: day
  dimensions: [channel]
  measure revenue: sum({column}) as USD
}}
"""


def shop(table: str, column: str) -> str:
    return SHOP.format(table=table, column=column)


def test_two_projects_share_nothing(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    with (
        project(tmp_path / "one", shop("orders", "gross")) as one,
        project(tmp_path / "other", shop("invoices", "net")) as other,
    ):
        for _ in range(2):
            for loaded, table, column in ((one, "orders", "gross"), (other, "invoices", "net")):
                sql = loaded.compile("revenue", by=["channel"])
                assert f'FROM "shop"."{table}"' in sql
                assert f'"sales"."{column}"' in sql


def test_a_changed_file_is_loaded_anew(tmp_path: Path) -> None:
    with project(tmp_path, shop("orders", "gross")) as before:
        assert '"gross"' in before.compile("revenue")
        with project(tmp_path, shop("orders", "net")) as after:
            assert '"net"' in after.compile("revenue")
            assert before.definition_hash != after.definition_hash
        assert '"gross"' in before.compile("revenue")


def test_the_mistakes_of_a_question_stay_with_it(tmp_path: Path) -> None:
    with project(tmp_path, shop("orders", "gross")) as loaded:
        for _ in range(2):
            with pytest.raises(kpidsl.KpidslError) as failed:
                loaded.compile("revnue", by=["chanel"], where='channnel = "x"')
            assert [item.code for item in failed.value.diagnostics] == ["K211"] * 3
            assert "revenue" in loaded.compile("revenue", by=["channel"], where='channel = "x"')


def test_a_relation_is_called_as_no_table_that_a_select_reads(tmp_path: Path) -> None:
    text = shop("orders", "gross").replace(
        "table: shop.orders", 'sql: "select * from Sales_Totals join sales_totals_2 using (id)"'
    )
    with project(tmp_path, text) as loaded:
        sql = loaded.compile("revenue", by=["channel", "month"])
    assert sql.count('"sales_totals_3" AS (') == 1
    assert '"sales_totals" AS' not in sql


def calls_in(action: Callable[[], object]) -> int:
    """Return how many functions are called."""
    count = 0

    def notice(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    gc.disable()  # what hypothesis does at each collection is no work of ours
    sys.setprofile(notice)
    try:
        action()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


CUSTOMERS = """kpidsl 1
source customers {
  table: customers
  key: id
  dimensions: [region]
}
"""
STAR = """
source s{0} {{
  table: t{0}
  key: id
  time: day
  exclude: is_test
  join customer: customers on customer_id
  dimensions: [channel]
  measure m{0}: sum(a) as USD
  measure n{0}: count() as row
}}
source raw{0} {{
  sql: "select id from t"
  key: id
}}
metric q{0}: m{0} / n{0}
"""


def stars(sources: int) -> str:
    """Return sources that all join one, share a dimension and leave rows out, with metrics."""
    members = ", ".join(f"s{number}.channel" for number in range(sources))
    each = "".join(STAR.format(number) for number in range(sources))
    return f"{CUSTOMERS}{each}dimension channel {{ of: [{members}] }}\n"


def test_compiling_takes_the_same_work_however_large_the_project(tmp_path: Path) -> None:
    def work(sources: int) -> int:
        folder = tmp_path / str(sources)
        folder.mkdir()
        with project(folder, stars(sources)) as loaded:
            assert loaded.diagnostics == []

            def compiled(period: str) -> str:
                return loaded.compile(
                    "q1",
                    "m1",
                    by=["month", "channel", "region"],
                    where='region != "EU" and channel in ("a", "b")',
                    period=period,
                )

            compiled("2025")  # finds out what all questions rest on
            return calls_in(lambda: compiled("2026"))

    small, large = work(3), work(60)
    assert small > 1000  # the count counts
    assert large == small


@pytest.mark.parametrize(
    "entry",
    [
        'metric q{0}: revenue where channel = "c{0}"\n',
        "metric q{0}: unknown_{0} / revenue\n",  # each asks for the nearest name
        "metric q{0}: revenue / \n",  # each is read up to its end and left out
        "metric q{0}: revenue\nmetric q{0}: revenue\n",
    ],
    ids=["sound", "unknown names", "malformed", "declared twice"],
)
def test_loading_grows_with_the_definitions(entry: str, tmp_path: Path) -> None:
    def work(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        text = shop("orders", "gross") + "".join(entry.format(number) for number in range(count))
        return calls_in(lambda: load(folder, text))

    work(10)  # the parser's tables are made once
    small, large = work(100), work(400)
    assert large < 4.4 * small


def test_compiling_grows_with_the_metrics_asked_for(tmp_path: Path) -> None:
    """Of the 400 values of a page of 100 KPIs beside three comparisons none looks at all others."""
    measures = "".join(f"  measure m{number}: sum(a{number}) as USD\n" for number in range(100))
    metrics = "".join(f"metric q{number}: m{number} / revenue\n" for number in range(100))
    text = shop("orders", "gross").replace("}\n", f"{measures}}}\n{metrics}")
    compare = ["prior_month", "prior_quarter", "prior_year"]
    with project(tmp_path, text) as loaded:

        def work(count: int) -> int:
            asked = [f"q{number}" for number in range(count)]
            return calls_in(
                lambda: loaded.compile(*asked, by=["channel"], period="2026-03", compare=compare)
            )

        work(1)  # finds out what all questions rest on
        small, large = work(25), work(100)
    assert large < 4.4 * small
