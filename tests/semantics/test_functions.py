"""What row expressions give on the engine: each function, `case`, and literals of time."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.model.functions import SCALARS
from kpidsl.plan.query import Absent
from tests.support import project

DEFINITIONS = """kpidsl 1
project p {{ timezone: "America/New_York" }}
source t {{
  files: "t.csv", key: id, time: seen {{ stored_as: "UTC" }}
  dimension value: {formula}
  measure n: count() as row
}}
"""
# 8 March 2026 is a Sunday; 03:30 of the 9th in UTC is 23:30 of the 8th in New York.
ROW = "id,word,whole,part,day,seen,none,digits\n1, Ab ,7,2.5,2026-03-05,2026-03-09T03:30:00,,3.50"

CASES: list[tuple[str, Any]] = [
    ("lower(word)", " ab "),
    ("upper(word)", " AB "),
    ("trim(word)", "Ab"),
    ("length(word)", 4),
    ('concat(trim(word), "-", whole)', "Ab-7"),
    ('concat(trim(word), none, "!")', "Ab!"),  # what has no value adds nothing
    ("substring(word, 2)", "Ab "),
    ("substring(word, 2, 1)", "A"),
    ('replace(word, "b", "cc")', " Acc "),
    ("coalesce(none, whole)", 7),
    ("coalesce(whole, 3)", 7),
    ("nullif(whole, 7)", Absent.NONE),
    ("nullif(whole, 8)", 7),
    ("abs(-whole)", 7),
    ("round(part)", 3),  # half away from zero
    ("round(-part)", -3),
    ("round(part / 2, 1)", 1.3),
    ("floor(part)", 2),
    ("floor(-part)", -3),
    ("ceil(part)", 3),
    ("ceil(-part)", -2),
    ("year(day)", 2026),
    ("quarter(day)", 1),
    ("month(day)", 3),
    ("day(day)", 5),
    ("weekday(day)", 4),  # a Thursday
    ("weekday(seen)", 7),  # a Sunday, on the project's clock
    ("day(seen)", 8),
    ("hour(seen)", 23),
    ('date("2026-02-01")', date(2026, 2, 1)),
    ("date(seen)", date(2026, 3, 8)),
    ("number(digits)", 3.5),
    ("text(whole)", "7"),
    ("days_between(day, seen)", 3),  # from the 5th to the 8th
    ("days_between(seen, day)", -3),
    ("days_between(2026-02-28, day)", 5),
    ('case when whole > 6 then "big" when whole > 5 then "middle" else "small" end', "big"),
    ("case when whole > 7 then 1 end", Absent.NONE),
    ("whole / 2", 3.5),  # no integer division
    ("whole / (whole - 7)", Absent.NONE),
    ("whole - part * 2", 2),
    ("whole > 6", True),
    ("whole between 1 and 7", True),
    ("none = 1", False),
    ("not none = 1", True),
    ("none is null", True),
    ('trim(word) in ["Ab", "Cd"]', True),
    ('word like "%b%"', True),
    ('word like "b%"', False),
    ("true", True),
]


def value(folder: Path, formula: str) -> object:
    definitions = DEFINITIONS.format(formula=formula)
    with project(folder, definitions, t=ROW) as loaded:
        ((found, count),) = loaded.query("n", by=["value"]).rows
    assert count == 1
    return found


UNEQUAL = pytest.mark.refused_on("postgres", "K640", "text = integer")
UNTYPED: dict[str, pytest.MarkDecorator | list[pytest.MarkDecorator]] = {
    "coalesce(none, whole)": [
        pytest.mark.refused_on("postgres", "K640", "types text and bigint cannot be matched"),
        pytest.mark.never_on("mysql", "a column without a value is one of texts: 7 is one there"),
    ],
    "none = 1": UNEQUAL,
    "not none = 1": UNEQUAL,
}
"""A column without a value has a type in these, and not in files."""


@pytest.mark.parametrize(
    ("formula", "expected"),
    [pytest.param(*case, marks=UNTYPED.get(case[0], [])) for case in CASES],
)
def test_a_value(tmp_path: Path, formula: str, expected: object) -> None:
    assert value(tmp_path, formula) == expected


def test_each_function_is_among_them() -> None:
    named = {name for name in SCALARS for formula, _ in CASES if formula.startswith(f"{name}(")}
    assert named == SCALARS.keys()


@pytest.mark.parametrize(
    ("moment", "later"),
    [
        # The row is of 23:30 on 8 March in New York, whose clock is four hours behind UTC by then.
        ("2026-03-08T23:30", True),
        ("2026-03-08T23:31", False),
        ("2026-03-08T23:30-04:00", True),
        ("2026-03-08T23:31-04:00", False),
        ("2026-03-09T03:30Z", True),
        ("2026-03-09T03:31Z", False),
        ("2026-03-09T11:30+08:00", True),
        ("2026-03-09T11:31+08:00", False),
    ],
)
def test_a_moment_with_a_zone_is_compared_on_the_project_s_clock(
    tmp_path: Path, moment: str, later: bool
) -> None:
    assert value(tmp_path, f"seen >= {moment}") is later


def test_a_moment_beyond_the_calendar_is_none(tmp_path: Path) -> None:
    (tmp_path / "p.kpi").write_text(
        DEFINITIONS.format(formula="seen >= 0001-01-01T00:00+08:00"), encoding="utf-8"
    )
    with kpidsl.load(tmp_path / "p.kpi") as loaded:
        assert [item.code for item in loaded.diagnostics] == ["K313"]
