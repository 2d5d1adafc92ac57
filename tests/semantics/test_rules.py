"""Each rule of what a number means, on the small shop of `conftest.py`, worked out by hand."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import load, project, rows

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
Q1 = "2026-Q1"


def refusal(shop: kpidsl.Project, *metrics: str, **question: Any) -> kpidsl.KpidslError:
    with pytest.raises(kpidsl.KpidslError) as refused:
        shop.query(*metrics, **question)
    return refused.value


def code(error: kpidsl.KpidslError) -> str:
    return error.diagnostics[0].code


# --- S1 anchor -----------------------------------------------------------------------------


def test_s1_company_changes_no_value(shop: kpidsl.Project) -> None:
    alone = dict(rows(shop.query("revenue", by=["channel"]), "channel", "revenue"))
    company = rows(shop.query("ad_spend", "revenue", by=["channel"]), "channel", "revenue")
    assert {key: value for key, value in company if key in alone} == alone
    assert [value for key, value in company if key not in alone] == [0]  # tv: spend only


def test_s1_order_of_metrics_changes_nothing(shop: kpidsl.Project) -> None:
    one = shop.query("revenue", "ad_spend", by=["channel"])
    other = shop.query("ad_spend", "revenue", by=["channel"])
    assert rows(one, "channel", "revenue", "ad_spend") == rows(
        other, "channel", "revenue", "ad_spend"
    )


# --- S2 unmatched --------------------------------------------------------------------------


def test_s2_none_and_unmapped_stay_and_differ(shop: kpidsl.Project) -> None:
    by_region = dict(rows(shop.query("revenue", by=["region"]), "region", "revenue"))
    assert by_region == {"North": 100, "South": 50, Absent.UNMAPPED: 30}
    by_channel = dict(rows(shop.query("revenue", by=["channel"]), "channel", "revenue"))
    assert by_channel == {"ads": 100, "seo": 50, Absent.NONE: 30}


def test_s2_unequal_keeps_what_has_no_value(shop: kpidsl.Project) -> None:
    kept = dict(
        rows(shop.query("revenue", by=["region"], where='region != "North"'), "region", "revenue")
    )
    assert kept == {"South": 50, Absent.UNMAPPED: 30}


@pytest.mark.parametrize(
    ("condition", "revenue"),
    [
        ("region is unmapped", 30),
        ("region is not unmapped", 150),
        ("channel is none", 30),
        ("channel is null", 30),
        ('not channel = "ads"', 80),
        ('channel in ("ads", "seo")', 150),
        ('not (channel in ("ads"))', 80),
    ],
)
def test_s2_filters_are_two_valued(shop: kpidsl.Project, condition: str, revenue: int) -> None:
    assert shop.query("revenue", where=condition).values("revenue") == [revenue]


def test_s2_the_literal_text_none_is_another_member(tmp_path: Path) -> None:
    with project(
        tmp_path,
        'kpidsl 1\nproject p { currency: USD }\nsource t { files: "t.csv", key: id, '
        "dimensions: [medium], measure n: count() as row }",
        t="id,medium\n1,(none)\n2,\n3,cpc",
    ) as loaded:
        got = rows(loaded.query("n", by=["medium"]), "medium", "n")
    assert sorted(map(repr, got)) == sorted(
        map(repr, [("(none)", 1), ("cpc", 1), (Absent.NONE, 1)])
    )


# --- S3, S4 keys and fan-out ---------------------------------------------------------------


def test_s4_each_order_counts_once_per_product(shop: kpidsl.Project) -> None:
    """Order 1 has a and b, order 2 has a twice, order 3 nothing."""
    result = shop.query("revenue", "orders", by=["sku"])
    assert rows(result, "sku", "revenue", "orders") == [
        ("a", 150, 2),
        ("b", 100, 1),
        (Absent.UNMAPPED, 30, 1),
    ]
    assert all(column.overlapping for column in result.columns[1:])


def test_s4_averages_are_of_orders_not_of_lines(shop: kpidsl.Project) -> None:
    result = shop.query("average", by=["sku"])
    assert rows(result, "sku", "average")[0] == ("a", 75.0)  # (100 + 50) / 2, not (100+50+50)/3


def test_s4_filter_on_the_many_side_means_any_line(shop: kpidsl.Project) -> None:
    assert shop.query("revenue", where='sku = "b"').values("revenue") == [100]


def test_s4_complement_of_any_is_none(shop: kpidsl.Project) -> None:
    any_a = shop.query("revenue", where='sku = "a"').values("revenue")[0]
    none_a = shop.query("revenue", where='not sku = "a"').values("revenue")[0]
    assert (any_a, none_a) == (150, 30)
    assert any_a + none_a == shop.query("revenue").values("revenue")[0]


@pytest.mark.parametrize(
    ("condition", "revenue"),
    [
        # Order 3, of 30, has no line; each line has a product.
        ("sku is unmapped", 30),
        ("sku is null", 30),
        ("sku is none", 0),
        ("sku is not unmapped", 150),
        ("sku is not none", 180),
        ('sku != "a"', 130),  # order 1 has b
        ('sku = "a" or sku is unmapped', 180),
        ('sku is none or sku = "b"', 100),
        ('length(coalesce(sku, "none")) = 4', 30),
        ("case when sku is none then 1 else 2 end = 1", 0),
        ("case when sku is unmapped then 1 else 2 end = 1", 30),
    ],
)
def test_s4_what_has_no_row_on_the_many_side_is_unmapped(
    shop: kpidsl.Project, condition: str, revenue: int
) -> None:
    assert shop.query("revenue", where=condition).values("revenue") == [revenue]


def test_s4_any_of_the_many_beside_none(shop: kpidsl.Project) -> None:
    """Order 1 has a and b, order 2 a alone: b without a is neither, a without b is order 2."""
    assert shop.query("revenue", where='sku = "b" and not sku = "a"').values("revenue") == [0]
    assert shop.query("revenue", where='sku = "a" and not sku = "b"').values("revenue") == [50]


@pytest.mark.parametrize("name", ["of_order", "orders", "Orders", "lines_side"])
def test_s4_a_join_back_may_be_called_as_anything_is(tmp_path: Path, name: str) -> None:
    """Order 1, of 100, has a line and was sold by ads; order 2, of 50, has one and was sold by seo;
    order 3, of 7, was sold by ads and has none."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source orders { files: "orders.csv", key: order_id, dimensions: [channel]
          measure revenue: sum(amount) as USD }
        source lines { files: "lines.csv", key: line_id, join NAME: orders on order_id
          dimensions: [sku], dimension sold_by: NAME.channel }
        """.replace("NAME", name),
        orders="order_id,channel,amount\n1,ads,100\n2,seo,50\n3,ads,7",
        lines="line_id,order_id,sku\n1,1,a\n2,2,a",
    ) as loaded:
        for condition, revenue in (
            ('lines.sold_by = "ads"', 100),
            ('lines.sku = "a" and lines.sold_by = "seo"', 50),
            ('not lines.sold_by = "ads"', 57),
        ):
            assert loaded.query("revenue", where=condition).values("revenue") == [revenue]


def test_s3_rows_without_a_key_are_not_joined_to(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source logs { files: "logs.csv", key: none, measure n: count() as row }
        source tags { files: "tags.csv", key: [log, tag], join log_of: logs on log to log
          dimensions: [tag] }
        """,
    )
    assert [item.code for item in loaded.diagnostics] == ["K401"]


def test_once_per_counts_each_order_once(shop: kpidsl.Project) -> None:
    assert shop.query("shipping").values("shipping") == [9]  # 5 + 4, not 5+5+4+4
    assert rows(shop.query("shipping", by=["sku"]), "sku", "shipping") == [("a", 9), ("b", 5)]


def test_once_per_refuses_two_values_within_a_key(tmp_path: Path) -> None:
    """Order 2 has a fee of 3 and one of 4: neither is its fee."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source lines {
          files: "lines.csv", key: line
          measure fees: sum(fee once per order_id) as USD
          measure paid_fees: sum(fee once per order_id) where paid as USD
        }
        """,
        lines="line,order_id,fee,paid\n1,1,5.00,true\n2,1,5.00,true\n3,2,3.00,true\n4,2,4.00,false",
    ) as loaded:
        refused = refusal(loaded, "fees")
        assert code(refused) == "K652"
        assert re.search(
            r"1 key has several: `2` has 3(\.00)? and 4(\.00)?$", refused.diagnostics[0].message
        )
        assert loaded.query("paid_fees").values("paid_fees") == [8]


def test_once_per_refuses_rows_without_a_key(tmp_path: Path) -> None:
    """Two fees of 5 without an order may be of one order or of two: 5, or 10. One alone is 5."""
    definitions = """kpidsl 1
        project p { currency: USD }
        source lines {
          files: "lines.csv", key: line
          measure fees: sum(fee once per order_id) as USD
        }
        """
    lines = "line,order_id,fee\n1,1,3.00\n2,,5.00\n"
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with project(tmp_path / "one", definitions, lines=lines) as loaded:
        assert loaded.query("fees").values("fees") == [8]
    with project(tmp_path / "two", definitions, lines=lines + "3,,5.00\n") as loaded:
        refused = refusal(loaded, "fees")
        assert code(refused) == "K652"
        assert refused.diagnostics[0].message.endswith("has several: 2 rows miss a part of it")


# --- S5, S12, S13 merge, ratio, null policy ------------------------------------------------


def test_s5_s13_a_difference_by_region_adds_up(shop: kpidsl.Project) -> None:
    result = shop.query("net", "revenue", "refunded", by=["region"])
    assert rows(result, "region", "net") == [
        ("North", 85),
        ("South", 50),
        (Absent.UNMAPPED, 30),
    ]
    assert sum(result.values("net")) == shop.query("net").values("net")[0] == 165


def test_s12_division_by_zero_is_null(shop: kpidsl.Project) -> None:
    result = dict(rows(shop.query("roas", by=["channel"]), "channel", "roas"))
    assert result == {"ads": 2.5, "seo": None, "tv": 0.0, Absent.NONE: None}


def test_s12_a_ratio_is_of_sums(shop: kpidsl.Project) -> None:
    assert shop.query("roas").values("roas")[0] == pytest.approx(180 / 50)


def test_s12_integers_never_truncate(shop: kpidsl.Project) -> None:
    assert shop.query("half").values("half") == [1.5]


def test_s12_money_is_exact(tmp_path: Path) -> None:
    amounts = "\n".join(f"{i},0.10" for i in range(1, 31))
    with project(
        tmp_path,
        'kpidsl 1\nproject p { currency: USD }\nsource t { files: "t.csv", key: id, '
        "measure total: sum(amount) as USD }",
        t="id,amount\n" + amounts,
    ) as loaded:
        total = loaded.query("total").values("total")[0]
    assert isinstance(total, Decimal)
    assert total == 3


def test_s13_counts_of_nothing_are_zero_averages_are_null(shop: kpidsl.Project) -> None:
    record = shop.query("revenue", "orders", "average", where='channel = "radio"').records()[0]
    assert record == {"revenue": 0, "orders": 0, "average": None}


def test_s13_outside_the_known_range_there_is_no_value(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", "ad_spend", by=["month"], period="2025-12 .. 2026-04")
    assert rows(result, "revenue", "ad_spend") == [
        (None, None),
        (150, 40),  # order 2 is of 31 January in New York
        (0, 10),
        (30, 0),  # the watermark vouches for March
        (None, None),
    ]


# --- S6, S9 paths --------------------------------------------------------------------------


def test_s9_what_can_not_reach_a_dimension_is_refused_by_its_leaf(shop: kpidsl.Project) -> None:
    refused = refusal(shop, "roas", by=["region"])
    assert code(refused) == "K451"
    assert "`ad_spend`" in refused.diagnostics[0].message


def test_s9_the_same_holds_for_filters(shop: kpidsl.Project) -> None:
    assert code(refusal(shop, "roas", where='region = "North"')) == "K451"


def test_s6_of_two_paths_over_the_many_side_one_is_named(tmp_path: Path) -> None:
    """Order 1, 10, has lines of two products of kind x; order 2, 20, one that came back."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source orders { files: "orders.csv", key: id, measure paid: sum(amount) as USD }
        source products { files: "products.csv", key: sku, dimensions: [kind] }
        source lines {
          files: "lines.csv", key: [id, sku]
          join of: orders on id
          join product: products on sku
        }
        source returns {
          files: "returns.csv", key: id
          join of: orders on id
          join product: products on sku
        }
        """,
        orders="id,amount\n1,10\n2,20",
        products="sku,kind\na,x\nb,x",
        lines="id,sku\n1,a\n1,b",
        returns="id,sku\n2,a",
    ) as loaded:
        refused = refusal(loaded, "paid", by=["kind"])
        assert code(refused) == "K452"
        assert refused.diagnostics[0].help == "name the path, as in `lines.product.kind`"
        named = loaded.query("paid", by=["lines.product.kind"])
        assert rows(named, "kind", "paid") == [("x", 10), (Absent.UNMAPPED, 20)]


def test_s6_two_paths_are_listed(tmp_path: Path) -> None:
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source countries { files: "countries.csv", key: code, dimensions: [name] }
        source orders {
          files: "orders.csv", key: id
          join billing: countries on bill to code
          join shipping: countries on ship to code
          measure n: count() as order
        }
        """,
        countries="code,name\nDE,Germany\nFR,France",
        orders="id,bill,ship\n1,DE,FR\n2,DE,DE",
    ) as loaded:
        refused = refusal(loaded, "n", by=["countries.name"])
        assert code(refused) == "K452"
        assert "billing" in refused.diagnostics[0].message
        assert "shipping" in refused.diagnostics[0].message
        assert rows(loaded.query("n", by=["orders.billing.name"]), "n") == [(2,)]
        refused = refusal(loaded, "n", by=["billing.name"])
        assert refused.diagnostics[0].help == "begin with its source: `orders.billing.name`"
        assert rows(loaded.query("n", by=["orders.shipping.name"]), "name", "n") == [
            ("France", 1),
            ("Germany", 1),
        ]


def test_s6_a_path_may_have_any_number_of_hops(shop: kpidsl.Project) -> None:
    """Lines lead to their order and on to its customer, and from customers the same way back:
    customer 1 has bought a and b, 2 a, and 3 nothing."""
    by_region = shop.query("units", by=["region"])
    assert rows(by_region, "region", "units") == [("North", 3), ("South", 7)]
    by_sku = shop.query("customer_count", by=["sku"])
    expected = [("a", 2), ("b", 1), (Absent.UNMAPPED, 1)]
    assert rows(by_sku, "sku", "customer_count") == expected


def test_s6_forward_and_then_back_is_no_path(shop: kpidsl.Project) -> None:
    """A refund is of an order, not of one of its lines."""
    assert code(refusal(shop, "refunded", by=["sku"])) == "K451"
    assert code(refusal(shop, "refunded", where='sku = "a"')) == "K451"
    by_region = shop.query("refunded", by=["region"])
    assert rows(by_region, "region", "refunded") == [("North", 15)]


def test_s9_fixed_amounts_stand_unallocated(shop: kpidsl.Project) -> None:
    result = shop.query("cost", by=["channel"], period="2026-01")
    assert rows(result, "channel", "cost") == [("ads", 40), (Absent.UNALLOCATED, 31)]


def test_s9_fixed_amounts_accrue_by_the_day(shop: kpidsl.Project) -> None:
    """31 USD per month: 1 USD a day in January, 28 days of February are all of it."""
    assert shop.query("cost", period="2026-01-01 .. 2026-01-10").values("cost") == [40 + 10]
    assert shop.query("cost", period="2026-02").values("cost") == [10 + 31]


def test_s9_an_earlier_fixed_amount_is_of_the_earlier_days(shop: kpidsl.Project) -> None:
    """1 to 10 March: 10 of 31 days, 10 USD. A month before: 10 of 28, and 10 USD of spend."""
    result = shop.query("cost", period="2026-03-01 .. 2026-03-10", compare=["prior_month"])
    assert result.values("cost") == [10]
    assert float(result.values("cost prior_month")[0]) == pytest.approx(10 + 31 * 10 / 28)


@pytest.mark.parametrize("amount", [90, 3_000_000])
def test_s9_shares_of_a_fixed_amount_have_no_noise_of_floats(tmp_path: Path, amount: int) -> None:
    """The spend is 0.10 and 0.20 USD: a third and two thirds of the amount. In floats a third of
    90 that is computed so is 30.000000000000004."""
    with project(
        tmp_path,
        f"""kpidsl 1
        project p {{ currency: USD }}
        source spend {{
          files: "spend.csv", key: id, time: day
          dimensions: [channel]
          measure spent: sum(amount) as USD
        }}
        roi m {{
          gain: spent
          cost {{ staff: {amount} USD per month {{ allocate_by: spent }} }}
        }}
        metric all_costs: m.cost.staff + spent
        """,
        spend="id,day,channel,amount\n1,2026-01-05,ads,0.10\n2,2026-01-06,tv,0.20",
    ) as loaded:
        found = loaded.query("m.cost.staff", "all_costs", by=["channel"], period="2026-01")
        third = Decimal(amount // 3)
        assert [Decimal(str(value)) for value in found.values("m.cost.staff")] == [third, 2 * third]
        assert [Decimal(str(value)) for value in found.values("all_costs")] == [
            third + Decimal("0.1"),
            2 * third + Decimal("0.2"),
        ]


def test_s9_a_fixed_amount_is_not_allocated_twice(tmp_path: Path) -> None:
    """Order 1 has a and b: each would bear all of the 31 USD. By the channel of orders each of the
    two orders bears half."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source orders {
          files: "orders.csv", key: id, time: day
          dimensions: [channel]
          measure n: count() as order
          measure rev: sum(amount) as USD
        }
        source lines {
          files: "lines.csv", key: line
          join of_order: orders on order_id to id
          dimensions: [sku]
        }
        roi m {
          gain: rev
          cost { rent: 31 USD per month { allocate_by: n } }
        }
        """,
        orders="id,day,channel,amount\n1,2026-01-05,ads,9\n2,2026-01-06,seo,9",
        lines="line,order_id,sku\n1,1,a\n2,1,b\n3,2,b",
    ) as loaded:
        rent, january = "m.cost.rent", "2026-01"
        by_channel = loaded.query(rent, by=["channel"], period=january)
        assert rows(by_channel, "channel", rent) == [("ads", 15.5), ("seo", 15.5)]
        assert code(refusal(loaded, rent, by=["sku"], period=january)) == "K462"


# --- S14 filters ---------------------------------------------------------------------------


def test_s14_a_metric_s_filter_and_a_query_s_both_hold(shop: kpidsl.Project) -> None:
    assert shop.query("ads_revenue", where='region = "South"').values("ads_revenue") == [0]
    assert shop.query("ads_revenue", where='region = "North"').values("ads_revenue") == [100]


def test_exclude_takes_rows_out_of_everything(shop: kpidsl.Project) -> None:
    assert shop.query("orders").values("orders") == [3]


def test_attributes_are_of_the_entity_over_all_rows(shop: kpidsl.Project) -> None:
    """Three customers, one included order each: each is its customer's first."""
    assert shop.query("first_orders", period="2026-03").values("first_orders") == [1]
    assert shop.query("first_orders").values("first_orders") == [3]


# --- time ----------------------------------------------------------------------------------


def test_s15_each_metric_on_its_own_clock(shop: kpidsl.Project) -> None:
    """10 USD of January's order are paid back in February, and count there."""
    result = shop.query("net", by=["month"], period=Q1)
    assert rows(result, "period", "net") == [(JAN, 145), (FEB, -10), (MAR, 30)]


def test_s17_every_period_for_every_member(shop: kpidsl.Project) -> None:
    result = shop.query("orders", by=["channel", "month"], period=Q1)
    assert len(result.rows) == 9  # ads, seo, (none) × three months
    assert sum(result.values("orders")) == 3


def test_s16_s19_prior_looks_back_beyond_the_window(shop: kpidsl.Project) -> None:
    result = shop.query(
        "revenue", by=["month"], period="2026-02 .. 2026-03", compare=["prior_month"]
    )
    assert rows(result, "revenue", "revenue prior_month") == [(0, 150), (30, 0)]


def test_s19_the_same_part_of_the_earlier_month(shop: kpidsl.Project) -> None:
    """1 to 9 February looks back at 1 to 9 January: before the first order, of the 10th, nothing
    is known (S13)."""
    result = shop.query("revenue", period="2026-02-01 .. 2026-02-09", compare=["prior_month"])
    assert result.values("revenue prior_month") == [None]
    result = shop.query("revenue", period="2026-02-01 .. 2026-02-10", compare=["prior_month"])
    assert result.values("revenue prior_month") == [100]


def test_s20_days_are_local(shop: kpidsl.Project) -> None:
    assert rows(shop.query("orders", by=["month"], period=Q1), "orders") == [(2,), (0,), (1,)]


def test_order_and_limit(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["channel"], order=["-revenue"], limit=2)
    assert rows(result, "channel", "revenue") == [("ads", 100), ("seo", 50)]


def test_s20_times_without_a_zone_are_refused(tmp_path: Path) -> None:
    """02:30 in UTC is the evening before in New York; nobody knows which is meant."""
    definitions = """kpidsl 1
    project p {{ timezone: "America/New_York" }}
    source visits {{ files: "visits.csv", key: id, time: seen{zone}, measure visits: count() }}
    """
    table = "id,seen\n1,2026-02-01T02:30:00"
    with project(tmp_path, definitions.format(zone=""), visits=table) as loaded:
        assert code(refusal(loaded, "visits", by=["day"])) == "K653"
    zone = ' { stored_as: "UTC" }'
    with project(tmp_path, definitions.format(zone=zone), visits=table) as loaded:
        assert loaded.query("visits", by=["day"]).values("period") == [date(2026, 1, 31)]


def test_s10_what_a_condition_tests_adds_no_totals(shop: kpidsl.Project) -> None:
    """Only an order of the North came by ads, so there is no total of another region's ads, though
    all have orders."""
    asked: Any = {"by": ["region", "channel"], "totals": ["region"]}
    tested = shop.query("ads_revenue", having="orders > 0", **asked).rows
    totals = [row for row in tested if row[1] is Absent.ALL]
    assert totals == [("North", Absent.ALL, 100)]
    assert [
        row for row in shop.query("ads_revenue", **asked).rows if row[1] is Absent.ALL
    ] == totals
