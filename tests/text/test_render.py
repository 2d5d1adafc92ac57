"""Rendered messages, written out by hand."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from kpidsl.text.diagnostic import Diagnostic, Fix, Label, advice, error, warning
from kpidsl.text.display import expand, visible, width
from kpidsl.text.render import render, summary
from kpidsl.text.source import SourceFile, Span

SHOP = SourceFile(
    "shop.kpi",
    "kpidsl 1\nmetric aov: revnue / orders\n\nmetric b: x\n\n\n\n\n\nmetric aov: y\n",
)


def at(text: str, file: SourceFile = SHOP, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = file.text.index(text, start + 1)
    return Span(file, start, start + len(text))


UNKNOWN = error(
    "K101",
    "`revnue` is not known",
    at("revnue"),
    label="no such measure",
    help="write `revenue`, if that is meant",
    fix=Fix(at("revnue"), "revenue"),
)
TWICE = warning(
    "K102",
    "`aov` is declared twice",
    at("aov", nth=1),
    label="declared again",
    labels=(Label(at("aov"), "declared here first"),),
)
GOAL = advice("K104", "`aov` has no goal", at("metric b"), help="add a `goal`")
LOST = error("K901", "there is no file `x.kpi`", help="correct the path")


def test_full() -> None:
    shown = render([GOAL, TWICE, UNKNOWN], "full")
    assert shown == (
        "error[K101]: `revnue` is not known\n"
        " --> shop.kpi:2:13\n"
        "  |\n"
        "2 | metric aov: revnue / orders\n"
        "  |             ^^^^^^ no such measure\n"
        "  = help: write `revenue`, if that is meant\n"
        "\n"
        "warning[K102]: `aov` is declared twice\n"
        "  --> shop.kpi:10:8\n"
        "   |\n"
        " 2 | metric aov: revnue / orders\n"
        "   |        --- declared here first\n"
        "...\n"
        "10 | metric aov: y\n"
        "   |        ^^^ declared again\n"
        "\n"
        "business advice (it stops nothing):\n"
        "  K104 shop.kpi:4:1: `aov` has no goal\n"
        "       help: add a `goal`\n"
        "\n"
        "1 error, 1 warning, 1 piece of advice"
    )


def test_a_finding_without_a_place() -> None:
    assert render([LOST], "full") == (
        "error[K901]: there is no file `x.kpi`\n  = help: correct the path\n\n1 error"
    )


def test_concise() -> None:
    assert render([GOAL, TWICE, UNKNOWN, LOST], "concise").splitlines() == [
        "error[K901]: there is no file `x.kpi` (correct the path)",
        "shop.kpi:2:13: error[K101]: `revnue` is not known (write `revenue`, if that is meant)",
        "shop.kpi:10:8: warning[K102]: `aov` is declared twice",
        "shop.kpi:4:1: advice[K104]: `aov` has no goal (add a `goal`)",
    ]


def test_json() -> None:
    # "kpidsl 1\n" takes 9 characters, "metric aov: " 12: `revnue` begins at offset 21.
    place = {
        "file": "shop.kpi",
        "start": {"line": 2, "column": 13, "offset": 21},
        "end": {"line": 2, "column": 19, "offset": 27},
    }
    assert json.loads(render([UNKNOWN], "json")) == [
        {
            "code": "K101",
            "severity": "error",
            "message": "`revnue` is not known",
            **place,
            "label": "no such measure",
            "help": "write `revenue`, if that is meant",
            "labels": [],
            "fix": {**place, "replacement": "revenue", "safe": False},
        }
    ]
    (data,) = json.loads(render([TWICE], "json"))
    assert data["fix"] is None
    assert data["labels"][0]["message"] == "declared here first"
    assert data["labels"][0]["start"] == {"line": 2, "column": 8, "offset": 16}
    (data,) = json.loads(render([LOST], "json"))
    assert (data["file"], data["start"], data["end"]) == (None, None, None)


def test_nothing() -> None:
    assert render([], "full") == ""
    assert render([], "concise") == ""
    assert json.loads(render([], "json")) == []
    assert summary([]) == ""


def test_summary_counts() -> None:
    assert summary([UNKNOWN] * 3 + [TWICE]) == "3 errors, 1 warning"
    assert summary([TWICE] * 2 + [GOAL] * 2) == "2 warnings, 2 pieces of advice"


def under(text: str, marked: str) -> tuple[str, str]:
    """Render one finding about `marked` and return the quoted line and the line below it."""
    file = SourceFile("f.kpi", text)
    lines = render([error("K101", "m", at(marked, file))], "full").splitlines()
    return lines[3], lines[4]


@pytest.mark.parametrize(
    ("text", "marked", "quoted", "below"),
    [
        # each of 營 收 takes two columns
        ("營收: 訂單 + x", "訂單", "1 | 營收: 訂單 + x", "  |       ^^^^"),
        ("營收: 訂單 + x", "x", "1 | 營收: 訂單 + x", "  |              ^"),
        # tabs go to the next column divisible by four
        ("\ta\tb", "b", "1 |     a   b", "  |         ^"),
        ("營\tb", "b", "1 | 營  b", "  |     ^"),
        # a combining accent takes none
        ("e\u0301 x", "x", "1 | e\u0301 x", "  |   ^"),
        # escape sequences are shown, not sent: \x1b becomes four characters
        ("a\x1b[31m b", "b", "1 | a\\x1b[31m b", "  |" + " " * (1 + 1 + 4 + 4 + 1) + "^"),
        ("a\u202eb", "b", "1 | a\\u202eb", "  |        ^"),
        # a mark over several lines ends with its first
        ("abc\ndef", "bc\nde", "1 | abc", "  |  ^^"),
        ("ab\r\nc", "b\r\nc", "1 | ab", "  |  ^"),
    ],
)
def test_signs_stand_below_what_they_mark(text: str, marked: str, quoted: str, below: str) -> None:
    assert under(text, marked) == (quoted, below)


def test_an_empty_place_and_the_end_of_the_text_get_one_sign() -> None:
    file = SourceFile("f.kpi", "ab")
    shown = render([error("K101", "m", Span(file, 2, 2))], "full").splitlines()
    assert shown[3:5] == ["1 | ab", "  |   ^"]


def test_a_long_line_is_shown_around_the_place() -> None:
    quoted, below = under("a" * 5_000 + "X" + "b" * 5_000, "X")
    assert len(quoted) < 200
    assert quoted.index("X") == below.index("^")


def test_a_label_in_another_file() -> None:
    other = SourceFile("other.kpi", "a\nb")
    item = error("K101", "m", at("metric b"), labels=(Label(Span(other, 2, 3), "see here"),))
    assert render([item], "full").splitlines()[1:-2] == [
        " --> shop.kpi:4:1",
        "  |",
        "4 | metric b: x",
        "  | ^^^^^^^^",
        " ::: other.kpi:2:1",
        "  |",
        "2 | b",
        "  | - see here",
    ]


def test_two_marks_on_one_line_quote_it_once() -> None:
    item = error("K101", "m", at("orders"), labels=(Label(at("aov"), "here"),))
    assert render([item], "full").splitlines()[3:6] == [
        "2 | metric aov: revnue / orders",
        "  |        --- here",
        "  |                      ^^^^^^",
    ]


def test_messages_stay_on_their_line_and_send_no_control_characters() -> None:
    item = error("K101", "a\nb\x1b[31m", at("aov"), help="c\rd")
    file = SourceFile("odd\nname.kpi", "x")
    other = error("K101", "m", Span(file, 0, 1))
    for shown in (render([item, other], "full"), render([item, other], "concise")):
        assert "\x1b" not in shown
        assert "\r" not in shown
        assert "a\\x0ab\\x1b[31m" in shown
        assert "odd\\x0aname.kpi" in shown


def test_colour_changes_nothing_but_colour() -> None:
    items: list[Diagnostic] = [UNKNOWN, TWICE, GOAL, LOST]
    formats: tuple[Literal["full"], Literal["concise"]] = ("full", "concise")
    for chosen in formats:
        painted = render(items, chosen, colour=True)
        assert "\x1b[1;31merror[K101]\x1b[0m" in painted
        plain = painted
        for code in ("0", "1", "34", "1;31", "1;33", "1;36"):
            plain = plain.replace(f"\x1b[{code}m", "")
        assert plain == render(items, chosen)


def test_display() -> None:
    assert visible("營收 — ok") == "營收 — ok"
    assert visible("a\u200db") == "a\u200db"  # joiners belong to scripts and emoji
    assert width("營a\u0301") == 3
    assert expand("a\tb") == ["a", "   ", "b"]
