from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.text.suggest import Known, either, mend_name, nearest

NAMES = ["revenue", "revenue_net", "reviews", "orders", "order_date", "channel", "cac", "id"]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("revenu", "revenue"),  # lost
        ("revenuee", "revenue"),  # doubled
        ("reveune", "revenue"),  # swapped: one edit, not two
        ("rebenue", "revenue"),  # wrong
        ("Revenue", "revenue"),
        ("ORDERS", "orders"),
        ("date_order", "order_date"),  # the same words
        ("chan", "channel"),  # the beginning
        ("cca", "cac"),
    ],
)
def test_one_slip(name: str, first: str) -> None:
    assert nearest(name, NAMES)[0] == first


@pytest.mark.parametrize("name", ["profit", "x", "xy", ""])
def test_nothing_is_near(name: str) -> None:
    # "xy" is two edits from "id", and a name of two letters allows one.
    assert nearest(name, NAMES) == []


def test_nearest_first_then_by_alphabet_up_to_the_limit() -> None:
    # From "abcdef" (two edits allowed): "abcdex" is one away, "abcdxy" and "abcdxx" are two.
    found = nearest("abcdef", ["abcdxy", "abcdxx", "abcdex", "abcxxx"], limit=2)
    assert found == ["abcdex", "abcdxx"]


def test_the_order_of_candidates_does_not_matter() -> None:
    assert nearest("revenu", NAMES) == nearest("revenu", reversed(NAMES))


@given(st.text("abc", min_size=1, max_size=6), st.sets(st.text("abc", max_size=6)))
def test_the_name_itself_is_always_nearest(name: str, others: set[str]) -> None:
    assert nearest(name, [*others, name])[0] == name


@pytest.mark.parametrize(
    ("known", "mend"),
    [
        (["orders", "revenue"], "write `revenue`, if that is meant"),
        (["revenues", "revenue"], "write `revenue` or `revenues`, if that is meant"),
        (["orders"], "use `orders`"),
        (["orders", "visits"], "use one of `orders`, `visits`"),
        (["orders", "visits", "leads"], "use one of `orders`, `visits`, …"),
        ([], "declare it"),
    ],
)
def test_an_unknown_name_always_has_a_mend(known: list[str], mend: str) -> None:
    assert mend_name("revenu", known, "declare it", listed=2) == mend


def test_a_choice_in_words() -> None:
    assert [either(["a"]), either(["a", "b"]), either(["a", "b", "c"])] == [
        "`a`",
        "`a` or `b`",
        "`a`, `b` or `c`",
    ]


def distance(one: str, other: str) -> int:
    """Optimal string alignment by its definition, from the ends of both texts."""
    if not one or not other:
        return len(one) + len(other)
    ways = [
        distance(one[:-1], other) + 1,
        distance(one, other[:-1]) + 1,
        distance(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if one[-2:] == other[-2:][::-1] and len(one) > 1 and len(other) > 1:
        ways.append(distance(one[:-2], other[:-2]) + 1)
    return min(ways)


def slips(name: str, candidate: str) -> int | None:
    """How many slips lead from a name to a candidate, by the words of `nearest`; None: too many."""
    one, other = name.casefold(), candidate.casefold()
    same_words = sorted(one.split("_")) == sorted(other.split("_"))
    if one == other:
        return 0
    if len(one) > 2 and (other.startswith(one) or same_words):
        return 1
    needed = distance(one, other)
    return needed if needed <= max(1, len(one) // 3) else None


WORDS = st.text("abB_", max_size=6)


@given(WORDS, st.lists(WORDS, max_size=8))
def test_every_slip_is_found_by_its_definition(name: str, candidates: list[str]) -> None:
    scored = [(slips(name, item), item) for item in set(candidates)]
    expected = sorted((count, item) for count, item in scored if count is not None)
    assert nearest(name, candidates, limit=9) == [item for _, item in expected]


def test_names_prepared_for_many_searches() -> None:
    known = Known(NAMES)
    for name in ("revenu", "date_order", "profit", "revenu"):
        assert known.nearest(name) == nearest(name, NAMES)
        assert mend_name(name, known, "declare it") == mend_name(name, NAMES, "declare it")
