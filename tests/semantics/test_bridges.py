"""S7 on two accounts and their owners, worked out by hand.

a1 (North) belongs to Ann, 3/4, and Bob, 1/4; a2 (South) to Bob; a3 (North) to nobody known.
payments: 100 and 20 on a1 | 40 on a2 | 8 on a3 | 2 on an account that isn't there
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.plan.test_outline import nodes
from tests.support import project

DEFINITIONS = """kpidsl 1
project bank "Bank" { currency: EUR }
source payments {
  files: "payments.csv"
  key: payment_id
  time: day
  join account: accounts on account_id
  dimensions: [kind]
  measure paid: sum(amount) as EUR
  measure payments: count() as payment
  measure known: count(note) as note
  measure dollars: sum(amount) { currency: code }
  measure average: avg(amount) as EUR
  measure largest: max(amount) as EUR
  measure kinds: count_distinct(kind) as kind
  measure points: sum(amount - 1) as point
}
source accounts {
  files: "accounts.csv"
  key: account_id
  join owners: ownerships on account_id { weight: share }
  dimensions: [branch]
  measure accounts: count() as account
}
source ownerships {
  files: "ownerships.csv"
  key: [account_id, owner_id]
  join account: accounts on account_id
  join owner: owners on owner_id
  measure ownerships: count() as ownership
}
source owners {
  files: "owners.csv"
  key: owner_id
  dimensions: [name, city]
}
source levels {
  files: "levels.csv"
  key: [account_id, day]
  time: day
  join account: accounts on account_id
  measure level: sum(amount) as EUR { stock: last per account_id }
}
source fx {
  files: "fx.csv"
  time: day
  rates { from: base, to: quote, rate: rate }
}
metric each: paid / payments
"""
TABLES = {
    "payments": """
payment_id,account_id,day,kind,amount,note,code
1,a1,2026-01-10,card,100,x,EUR
2,a1,2026-02-10,cash,20,,USD
3,a2,2026-01-20,card,40,y,EUR
4,a3,2026-01-21,card,8,,EUR
5,a9,2026-02-22,cash,2,,EUR
""",
    "accounts": """
account_id,branch
a1,North
a2,South
a3,North
""",
    "ownerships": """
account_id,owner_id,share
a1,ann,0.75
a1,bob,0.25
a2,bob,1
""",
    "owners": """
owner_id,name,city
ann,Ann,Rome
bob,Bob,Oslo
""",
    "levels": """
account_id,day,amount
a1,2026-01-01,1000
a1,2026-02-15,2000
a2,2026-01-15,10
""",
    "fx": """
day,base,quote,rate
2026-01-09,EUR,USD,1.5
2026-01-19,EUR,USD,2
2026-02-20,EUR,USD,3
""",
}
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, DEFINITIONS, **TABLES) as loaded:
        yield loaded


def told(result: Any) -> list[tuple[object, ...]]:
    """The rows, with `(unmapped)` and `(all)` as they are written."""
    return [
        tuple(str(cell) if isinstance(cell, Absent) else cell for cell in row)
        for row in result.rows
    ]


def refusal(bank: kpidsl.Project, *metrics: str, **asked: Any) -> str:
    with pytest.raises(kpidsl.KpidslError) as error:
        bank.query(*metrics, **asked)
    (item,) = error.value.diagnostics
    assert item.help
    return item.code


def test_s7_parts_add_up_to_the_total(bank: kpidsl.Project) -> None:
    """Ann: 3/4 of 120; Bob: 1/4 of it and 40. What has no owner stays whole: 8 and 2."""
    result = bank.query("paid", "payments", by=["owners.name"], totals=True)
    assert told(result) == [
        ("Ann", 90, Decimal("1.5")),
        ("Bob", 70, Decimal("1.5")),
        ("(unmapped)", 10, 2),
        ("(all)", 170, 5),
    ]
    assert not any(column.overlapping for column in result.columns)


def test_s7_without_the_bridge_nothing_is_split(bank: kpidsl.Project) -> None:
    result = bank.query("paid", "payments", "largest", by=["branch"])
    assert told(result) == [("North", 128, 3, 100), ("South", 40, 1, 40), ("(unmapped)", 2, 1, 2)]


def test_s7_a_filter_keeps_shares_and_its_complement_the_rest(bank: kpidsl.Project) -> None:
    """I5: 90 and 80 are all 170. Filtered and split over one bridge, Bob is in no other row."""
    assert bank.query("paid", where='owners.name = "Ann"').rows == ((90,),)
    assert bank.query("paid", where='owners.name != "Ann"').rows == ((80,),)
    both = bank.query("paid", by=["owners.name"], where='owners.city = "Oslo"')
    assert told(both) == [("Bob", 70)]
    assert bank.query('(paid where owners.name = "Bob") / paid').rows[0][0] == pytest.approx(
        70 / 170
    )


def test_s7_company_changes_nothing(bank: kpidsl.Project) -> None:
    """S1: beside a filtered measure that is split, the others stay whole: a maximum too."""
    result = bank.query('paid where owners.name = "Ann"', "paid", "largest")
    assert result.rows == ((90, 170, 100),)


def test_s7_ratios_are_of_sums_of_shares(bank: kpidsl.Project) -> None:
    result = bank.query("each", by=["owners.name"])
    assert [row[1] for row in result.rows] == [60, pytest.approx(70 / 1.5), 5]


def test_s7_the_whole_of_what_is_added_up_is_shared(bank: kpidsl.Project) -> None:
    """Ann: 3/4 of 99 + 19; Bob: 1/4 of them, and 39; nobody: 7 + 1."""
    result = bank.query("points", by=["owners.name"])
    assert [row[1] for row in result.rows] == [Decimal("88.5"), Decimal("68.5"), 8]


def test_s7_counts_of_what_is_known(bank: kpidsl.Project) -> None:
    """Notes of payments 1, on a1, and 3, on a2."""
    result = bank.query("known", by=["owners.name"])
    assert [row[1] for row in result.rows] == [Decimal("0.75"), Decimal("1.25"), 0]


def test_s7_over_time_and_in_levels(bank: kpidsl.Project) -> None:
    """January: 3/4 of 100, 1/4 of it and 40. The level of February is 3/4 of 2000."""
    asked: Any = {"by": ["month", "owners.name"], "period": "2026-01 .. 2026-02"}
    assert told(bank.query("paid", "running(paid)", **asked)) == [
        (JANUARY, "Ann", 75, 75),
        (JANUARY, "Bob", 65, 65),
        (JANUARY, "(unmapped)", 8, 8),
        (FEBRUARY, "Ann", 15, 90),
        (FEBRUARY, "Bob", 5, 70),
        (FEBRUARY, "(unmapped)", 2, 10),
    ]
    assert told(bank.query("level", **asked)) == [
        (JANUARY, "Ann", 750),
        (JANUARY, "Bob", 260),
        (FEBRUARY, "Ann", 1500),
        (FEBRUARY, "Bob", 510),
    ]


def test_s7_shares_of_converted_money(bank: kpidsl.Project) -> None:
    """a1: 100 EUR at 1.5, and 20 USD; a2: 40 EUR at 2; a3: 8 at 2; the lost one 2 at 3."""
    result = bank.query("convert(dollars, USD)", by=["owners.name"])
    assert [row[1] for row in result.rows] == [Decimal("127.5"), Decimal("122.5"), 22]


def test_s7_the_bridge_has_measures_of_its_own(bank: kpidsl.Project) -> None:
    assert told(bank.query("ownerships", by=["owners.name"])) == [("Ann", 1), ("Bob", 2)]
    assert told(bank.query("ownerships", by=["branch"])) == [("North", 2), ("South", 1)]
    assert told(bank.query("accounts", by=["owners.name"]))[0] == ("Ann", Decimal("0.75"))


@pytest.mark.parametrize("metric", ["average", "largest", "kinds"])
def test_s7_what_does_not_add_up_has_no_shares(bank: kpidsl.Project, metric: str) -> None:
    assert refusal(bank, metric, by=["owners.name"]) == "K495"
    assert refusal(bank, metric, where='owners.name = "Ann"') == "K495"


def test_s7_first_owners_and_the_rest(bank: kpidsl.Project) -> None:
    result = bank.query("paid", by=["owners.name"], top=1)
    assert told(result) == [("Ann", 90), ("(other)", 80)]


def test_s6_many_to_many_without_a_bridge_stays_refused(tmp_path: Path) -> None:
    bare = DEFINITIONS.replace("  join owners: ownerships on account_id { weight: share }\n", "")
    with project(tmp_path, bare, **TABLES) as loaded:
        assert refusal(loaded, "paid", by=["owners.name"]) == "K451"


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ("a1,ann,0.75\na1,bob,0.2", "`a1` has 0.95"),
        ("a1,ann,0.75\na1,bob,", "`a1` has 0.75"),
        ("a1,ann,0.75\na1,bob,0.5", "`a1` has 1.25"),
        ("a1,ann,1.25\na1,bob,-0.25", "`a1` has 1"),
        ("a1,ann,", "`a1` has none"),
    ],
)
def test_s7_shares_that_make_no_whole(tmp_path: Path, shares: str, said: str) -> None:
    tables = {**TABLES, "ownerships": f"account_id,owner_id,share\n{shares}\na2,bob,1"}
    with project(tmp_path, DEFINITIONS, **tables) as loaded:
        with pytest.raises(kpidsl.KpidslError) as error:
            loaded.query("paid", by=["owners.name"])
        (item,) = error.value.diagnostics
        assert (item.code, said in item.message) == ("K674", True)
        assert "K674" in [found.code for found in loaded.prove().diagnostics]
        assert loaded.query("payments").rows == ((5,),)  # what isn't split needs no shares


def test_s7_three_thirds_are_one(tmp_path: Path) -> None:
    third = (
        "account_id,owner_id,share\na1,ann,0.3333333333\na1,bob,0.3333333333\na1,cid,0.3333333334"
    )
    with project(tmp_path, DEFINITIONS, **{**TABLES, "ownerships": third}) as loaded:
        parts = loaded.query("paid", by=["ownerships.owner.name"], where='branch = "North"')
        assert sum(parts.values("paid"), Decimal(0)) == 128


def test_s7_proved_with_what_has_no_owner(bank: kpidsl.Project) -> None:
    found = {(item.code, item.message) for item in bank.prove().diagnostics}
    assert ("K656", "1 key of `accounts` has no share in `ownerships` (`a3`)") in found


def test_s7_the_plan_says_so(bank: kpidsl.Project) -> None:
    root = bank.explain("paid", by=["owners.name"])
    (aggregate,) = [node for node in nodes(root) if node.node == "aggregate"]
    assert "each row split over `ownerships` in shares" in aggregate.says
    assert "S7" in aggregate.rules


def test_thirds_are_verified_as_the_data_write_them(tmp_path: Path) -> None:
    """Of 120 each of three owners has 39.99999999996, which `check --data` lets pass."""
    definitions = """kpidsl 1
project bank "Bank" { currency: EUR }
source payments {
  files: "payments.csv"
  key: payment_id
  join owners: ownerships on account_id { weight: share }
  measure paid: sum(amount) as EUR
}
source ownerships {
  files: "ownerships.csv"
  key: [account_id, owner]
  dimensions: [owner]
}
"""
    third = "0.333333333333"
    tables = {
        "payments": "payment_id,account_id,amount\n1,a1,120\n2,a2,50",
        "ownerships": f"account_id,owner,share\na1,ann,{third}\na1,bob,{third}\na1,cem,{third}",
    }
    with project(tmp_path, definitions, **tables) as loaded:
        done = loaded.verify("paid")
    assert done.failed == ()
    what = "the sum over 4 members of `ownerships.owner` with the number"
    (parts,) = [item for item in done.verdicts if item.compared == what]
    assert (parts.expected, parts.got) == (170, Decimal("169.99999999988"))
