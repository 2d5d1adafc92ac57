"""How numbers, differences and dates read. Expected texts are rounded by hand, half up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.reports.format import (
    DURATION,
    MULTIPLE,
    NUMBER,
    PERCENT,
    compact,
    count,
    days,
    delta,
    favourable,
    figure,
    fixed,
    moment,
    money,
)
from kpidsl.reports.values import Better, Unit

USD = money("USD")
DECIMALS = st.decimals(
    min_value=-(10**15), max_value=10**15, allow_nan=False, allow_infinity=False, places=6
)


@pytest.mark.parametrize(
    ("value", "unit", "short", "exact"),
    [
        ("1200000", USD, "USD 1.2M", "1,200,000.00"),
        ("1243120.505", USD, "USD 1.24M", "1,243,120.51"),
        ("999999", USD, "USD 1M", "999,999.00"),  # never 1000K
        ("-999950", USD, "USD −1M", "−999,950.00"),
        ("12345678901", USD, "USD 12.3B", "12,345,678,901.00"),
        ("9999.5", USD, "USD 10,000", "9,999.50"),
        ("8304.94", USD, "USD 8,305", "8,304.94"),
        ("52.3", USD, "USD 52.30", "52.30"),
        ("950", USD, "USD 950", "950.00"),
        ("0.0043", USD, "USD 0.0043", "0.0043"),
        ("-0.001", USD, "USD −0.0010", "−0.0010"),
        ("0", USD, "USD 0", "0.00"),
        ("45000", money("TWD"), "TWD 45K", "45,000"),
        ("45", money("USD", "customer"), "USD 45", "45.00"),
        ("0.0234", PERCENT, "2.34%", "2.34%"),
        ("0.02345", PERCENT, "2.35%", "2.35%"),  # half up, where half even says 2.34
        ("0.02335", PERCENT, "2.34%", "2.34%"),
        ("0.09995", PERCENT, "10.00%", "10.00%"),
        ("0.1", PERCENT, "10.0%", "10.0%"),
        ("0.0043", PERCENT, "0.430%", "0.430%"),
        ("0.00004", PERCENT, "0.0040%", "0.0040%"),
        ("2.333333", PERCENT, "233%", "233.3%"),  # V5
        ("1.25", PERCENT, "125.0%", "125.0%"),  # V4
        ("0.2119", PERCENT, "21.2%", "21.2%"),
        ("0", PERCENT, "0.0%", "0.0%"),
        ("4", MULTIPLE, "4.00×", "4.00×"),  # V3: 4:1
        ("69659", count("orders"), "69,659", "69,659"),
        ("4812300", count("views"), "4.81M", "4,812,300"),
        ("2.5", count("views"), "2.5", "2.5"),
        ("45", DURATION, "45 s", "45 s"),
        ("125", DURATION, "2 min 5 s", "2 min 5 s"),
        ("11400", DURATION, "3 h 10 min", "3 h 10 min"),
        ("276480", DURATION, "3.2 d", "3.2 d"),
        ("-90", DURATION, "−1 min 30 s", "−1 min 30 s"),
        ("59.96", DURATION, "1 min", "1 min"),
        ("42", NUMBER, "42", "42"),
        ("-7.125", NUMBER, "−7.13", "−7.13"),
        ("0.02344", NUMBER, "0.0234", "0.0234"),
    ],
)
def test_texts_of_a_value(value: str, unit: Unit, short: str, exact: str) -> None:
    shown = figure(Decimal(value), unit)
    assert (shown.short, shown.exact) == (short, exact)


def test_null_is_a_dash_with_its_reason() -> None:
    shown = figure(None, USD, missing="no orders")
    assert (shown.short, shown.exact, shown.missing) == ("–", "–", "no orders")
    with pytest.raises(ValueError, match="says why"):
        figure(None, USD)


def test_sums_of_any_size_keep_their_digits() -> None:
    # 28 significant digits, the default context, would lose the cents of this one.
    assert fixed(Decimal("123456789012345678901234567890.125"), 2).endswith("567,890.13")
    assert fixed(Decimal("1e300"), 2) == "1" + ",000" * 100 + ".00"


@given(DECIMALS, st.integers(0, 6))
def test_fixed_prints_the_value_rounded_half_away_from_zero(value: Decimal, digits: int) -> None:
    printed = Decimal(fixed(value, digits).replace(",", "").replace("−", "-"))
    # An independent route: whole units of the last digit, by integers.
    scale, micro = 10**digits, int(abs(value) * 10**6)
    units = (micro * scale * 2 + 10**6) // (2 * 10**6)
    assert abs(printed) * scale == units
    assert not (printed == 0 and fixed(value, digits).startswith("−"))


@given(DECIMALS.filter(lambda value: abs(value) < 999 * 10**12))  # T is the last letter
def test_compact_is_within_half_of_its_third_digit_and_never_four_digits(value: Decimal) -> None:
    text = compact(value)
    letter = text[-1] if text[-1] in "KMBT" else ""
    size = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}[letter]
    mantissa = Decimal(text.removesuffix(letter).replace("−", "-").replace(",", ""))
    assert abs(mantissa) < 1000
    assert abs(mantissa * size - value) <= max(abs(value) * Decimal("0.005"), Decimal("0.5"))


@pytest.mark.parametrize(
    ("value", "base", "unit", "better", "kind", "text", "good"),
    [
        ("1243", "1190", USD, "higher", "relative", "+4.5%", True),  # 53/1190 = 4.45…
        ("52.3", "45", USD, "lower", "relative", "+16.2%", False),  # 7.3/45 = 16.22
        ("40", "45", USD, "lower", "relative", "−11.1%", True),
        ("0.0234", "0.025", PERCENT, "higher", "pp", "−0.16 pp", False),
        ("0.234", "0.25", PERCENT, "higher", "pp", "−1.6 pp", False),
        ("0.10004", "0.10001", PERCENT, "higher", "pp", "+0.003 pp", None),  # both print 10.0 %
        ("0.0234", "0.0226", PERCENT, "higher", "pp", "+0.08 pp", True),
        ("5", "0", USD, "higher", "absolute", "+5.00", True),  # no percentage of zero
        ("5", "-5", USD, "higher", "absolute", "+10.00", True),
        ("7", "7", USD, "higher", "relative", "0.0%", None),
        ("8", "7", USD, None, "relative", "+14.3%", None),
    ],
)
def test_differences(
    value: str,
    base: str,
    unit: Unit,
    better: Better | None,
    kind: str,
    text: str,
    good: bool | None,
) -> None:
    change = delta(figure(Decimal(value), unit), figure(Decimal(base), unit), better)
    assert change is not None
    assert (change.kind, change.text, change.favourable) == (kind, text, good)


def test_a_missing_side_has_no_difference() -> None:
    missing = figure(None, USD, missing="no orders")
    assert delta(missing, figure(1, USD), "higher") is None
    assert delta(figure(1, USD), missing, "higher") is None
    assert delta(figure(1, USD), missing, "higher", absolute=True) is None


def test_absolute_difference_keeps_the_unit() -> None:
    change = delta(figure(90, USD), figure(100, USD), "lower", absolute=True)
    assert change is not None
    assert (change.kind, change.text, change.favourable) == ("absolute", "−10.00", True)


@pytest.mark.parametrize(
    ("value", "base", "unit", "on_a_card", "in_a_table"),
    [
        ("0.01551", "0.01554", PERCENT, True, True),  # 1.55 % both, −0.003 pp
        ("0.0155", "0.0157", PERCENT, False, False),
        ("2.412", "2.409", NUMBER, True, True),  # 2.41 both
        ("19040.13", "19010.00", USD, True, False),  # USD 19K both, and 30.13 apart to the cent
        ("1243.40", "1242.60", USD, True, False),  # USD 1,243 both
        ("7", "7", USD, False, False),  # no difference at all is `unchanged`
    ],
)
def test_figures_that_print_alike_are_judged_neither_better_nor_worse(
    value: str, base: str, unit: Unit, on_a_card: bool, in_a_table: bool
) -> None:
    one, other = figure(Decimal(value), unit), figure(Decimal(base), unit)
    for in_table, alike in ((False, on_a_card), (True, in_a_table)):
        change = delta(one, other, "higher", in_table=in_table)
        assert change is not None
        assert change.alike is alike
        judged = not alike and value != base
        assert (change.favourable is not None, change.material) == (judged, not alike)


def test_a_difference_of_what_prints_alike_keeps_its_number() -> None:
    change = delta(figure(Decimal("2.412"), NUMBER), figure(Decimal("2.409"), NUMBER), "higher")
    assert change is not None
    assert change.text == "+0.1%"  # 0.003 / 2.409 = 0.12 %


@given(DECIMALS, DECIMALS)
def test_favourable_follows_better_and_never_the_sign(value: Decimal, base: Decimal) -> None:
    higher = favourable(value, base, "higher")
    lower = favourable(value, base, "lower")
    assert (higher is None) == (lower is None) == (value == base)
    assert higher is None or higher is not lower


def test_dates() -> None:
    assert days(date(2026, 10, 1), date(2026, 10, 31)) == "1–31 Oct 2026"
    assert days(date(2026, 1, 1), date(2026, 3, 31)) == "1 Jan – 31 Mar 2026"
    assert days(date(2025, 12, 29), date(2026, 1, 4)) == "29 Dec 2025 – 4 Jan 2026"
    assert days(date(2026, 2, 1), date(2026, 2, 1)) == "1 Feb 2026"
    assert moment(datetime(2026, 11, 1, 6, 5, tzinfo=UTC)) == "1 Nov 2026, 06:05 UTC"
    west = timezone(timedelta(hours=-4, minutes=-30))
    assert moment(datetime(2026, 11, 1, 6, 5, tzinfo=west)) == "1 Nov 2026, 06:05 UTC−04:30"
