"""Mistakes: one message each, at the right place, and everything sound is kept.

In the texts, `«` and `»` stand around the place that the next message must mark; a lone `«»` is an
empty place. They are taken out before parsing.
"""

from __future__ import annotations

import re

import pytest

from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse_expression
from kpidsl.text.source import SourceFile
from tests.syntax.shape import parsed, shape


def unmarked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the text without marks, and the ranges they stood around."""
    ranges = []
    plain = ""
    for piece in re.split("(«|»)", text):
        if piece == "«":
            start = len(plain)
        elif piece == "»":
            ranges.append((start, len(plain)))
        else:
            plain += piece
    return plain, ranges


def check(text: str, *codes: str) -> tree.File:
    """Parse a marked text and compare the messages' codes and places."""
    plain, ranges = unmarked(text)
    file, diagnostics = parsed(plain)
    got = [(d.code, d.span and (d.span.start, d.span.end)) for d in diagnostics]
    assert got == list(zip(codes, ranges, strict=True))
    return file


def names(items: tuple[tree.Item, ...] | None) -> list[str]:
    """Return `kind name` of blocks and the key of entries."""
    result = []
    for item in items or ():
        if isinstance(item, tree.Block):
            result.append(" ".join([item.kind.text, *(part.text for part in item.path)]))
        else:
            result.append(item.key.text if isinstance(item.key, tree.Name) else item.key.value)
    return result


def test_four_mistakes_give_four_messages_and_cost_four_entries() -> None:
    file = check(
        """
source lines {
  table: shop.order_lines
  time: paid_at { stored_as«:» }
  measure revenue: sum(price) as USD
  measure cogs: sum(«*») as USD
  measure orders: count_distinct(order_id)
}
metric aov: revenue «/»
metric profit: revenue - cogs
goal grow «oops» later {
  over: 2026-H1
}
kpi revenue_kpi: revenue { better: higher }
""",
        "K102", "K101", "K102", "K101",
    )  # fmt: skip
    assert names(file.items) == ["source lines", "metric profit", "goal grow", "kpi revenue_kpi"]
    lines, _, goal, _ = file.items
    assert names(lines.items) == ["table", "time", "measure revenue", "measure orders"]
    assert names(goal.items) == ["over"]


@pytest.mark.parametrize(
    ("text", "code", "kept"),
    [
        # values
        ("a«:»\nb: 1", "K102", ["b"]),
        ("a«:»", "K102", []),
        ("a: b «+»\nc: 1", "K102", ["c"]),
        ("a: f(b«,», c)\nd: 1", "K102", ["d"]),
        ("a: b «c»\nd: 1", "K101", ["d"]),
        ("a: 1 «b»: 2\nc: 3", "K114", ["a", "b", "c"]),
        ("a { b: 1 } «c» { d: 1 }", "K114", ["a", "c"]),
        ("a: [b «c», d]\ne: 1", "K114", ["a", "e"]),
        ("a: b < c «<» d\ne: 1", "K116", ["e"]),
        ("a: 45,«000» TWD\nb: 1", "K101", ["a", "b"]),
        ("a«:»\n  - b\nc: 1", "K102", ["c"]),
        # headers
        ("metric «aov»\nb: 1", "K119", ["b"]),
        ("metric aov «bov»: c\nb: 1", "K101", ["b"]),
        ("kpi «end» { a: 1 }\nb: 1", "K118", ["kpi end", "b"]),
        ("a: [«from», to_date]\nb: 1", "K118", ["a", "b"]),
        ("«1» { a: 1 }\nb: 1", "K101", ["b"]),
        ("a «=» 1\nb: 1", "K107", ["a", "b"]),
        ("a: 1\n«kpidsl 1»\nb: 1", "K113", ["a", "b"]),
        ("kpidsl «2»\nb: 1", "K113", ["b"]),
        # brackets
        ("a «{»\n  b: 1\n\nc {\n  d: 1\n}", "K103", ["a", "c"]),
        ("a {\n  b «{»\n    c: 1\n}\nd: 1", "K103", ["a", "d"]),
        ("a {\n  b «{» c: 1\n  d: 2\n}\ne: 1", "K103", ["a", "e"]),
        ("a: f«(»b\nc: 1", "K103", ["a", "c"]),
        ("a: f(b, «[»c)\nd: 1", "K103", ["a", "d"]),
        ("a «(»b {\n  c: 1\n}\nd: 1", "K103", ["a", "d"]),
        ("a: f(b)«)»\nc: 1", "K104", ["a", "c"]),
        ("a { b: 1 }\n«}»\nc: 1", "K104", ["a", "c"]),
        # quotes
        ('a «"»B: c\nd: 1', "K105", ["d"]),
        ('a «"»B {\n  c: 1\n}\nd: 1', "K105", ["a", "d"]),
        ("a: «`»b\nd: 1", "K105", ["a", "d"]),
        ('a: f(«"»b)\nd: 1', "K105", ["a", "d"]),
        ('a: «"""»b\nd: 1', "K105", ["a"]),
        # characters
        ("a: «$»45\nb: 1", "K110", ["a", "b"]),
        ("a: 1«;»\nb: 1", "K110", ["a", "b"]),
        ("a: «\x00»1\nb: 1", "K110", ["a", "b"]),
    ],
)
def test_one_mistake_gives_one_message(text: str, code: str, kept: list[str]) -> None:
    if text.startswith(('a «"»B:', "a«:»\n  -")):
        # The name, or the line below, is part of what went wrong: a second message names it.
        plain, ranges = unmarked(text)
        file, diagnostics = parsed(plain)
        first = diagnostics[0]
        assert first.code == code
        assert first.span is not None
        assert (first.span.start, first.span.end) == ranges[0]
        assert len(diagnostics) == 2
    else:
        file = check(text, code)
    assert names(file.items) == kept


def test_mistakes_inside_blocks_cost_their_line_only() -> None:
    text = "a {\n  b: f(«*»)\n  c: 1\n  d { e: f «g», h: 1 }\n  i: [«,»]\n}\nj: 1"
    file = check(text.replace("[«,»]", "«[»,]"), "K101", "K101", "K102")
    assert names(file.items) == ["a", "j"]
    (a, _) = file.items
    assert names(a.items) == ["c", "d"]
    assert names((a.items or ())[1].items) == ["h"]


def test_a_file_without_indents_is_not_taken_apart() -> None:
    file = check("a {\nb {\nc: 1\n}\n}\nd «{»\ne: 1", "K103")
    assert names(file.items) == ["a", "d"]


def test_many_unclosed_brackets_give_a_few_messages() -> None:
    _, diagnostics = parsed("a {\n" * 500)
    assert 1 < len(diagnostics) < 30


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "[" * 10_000 + "x" + "]" * 10_000,
        "f(" * 10_000 + ")" * 10_000,
        " + ".join(["x"] * 10_000),
        "not " * 10_000 + "x",
        "-" * 10_000 + "x",
        "x" + " per x" * 10_000,
        "x" + " where x" * 10_000,
        "case when a then b else " * 1_000 + "c" + " end" * 1_000,
    ],
)
def test_deep_nesting_is_refused_with_a_message(text: str) -> None:
    _, diagnostics = parse_expression(SourceFile("<test>", text))
    assert "K111" in [item.code for item in diagnostics]
    assert len(diagnostics) <= 2
    file, diagnostics = parsed(f"a: {text}\nb: 1")
    assert "K111" in [item.code for item in diagnostics]
    assert names(file.items)[-1] == "b"


def test_wide_is_not_deep() -> None:
    cells = ", ".join(["x + 1"] * 5_000)
    branches = " ".join(["when a = 1 and b = 2 then c + 1"] * 500)
    rows = "\n".join("{ a: x * 2 + 1, b: 2 }," for _ in range(2_000))
    _, diagnostics = parsed(f"a: [{cells}]\nb: case {branches} end\nc: [{rows}]")
    assert diagnostics == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b c", "expected an operator or the end of the line, found `c`"),
        ("a b c: 1", "expected `:` or `{`, found `c`"),
        ("a: f(,)", "no value stands after `(`"),
        ("a: case when b then c", "expected `when`, `else` or `end`, found the end of the text"),
        ("a: b between c or d", "expected `and`, found `or`"),
        ("a: {b c}", "expected a field or `}`, found `b`"),
        ("a: b in c", "expected `(` or `[`, found `c`"),
        ("]", "closes nothing"),
        ("a {\n +\n}", "expected an entry or a declaration"),
    ],
)
def test_messages_say_in_words_what_could_follow(text: str, message: str) -> None:
    _, diagnostics = parsed(text)
    assert message in " / ".join(item.message for item in diagnostics)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("a: count(*)", "`count()`"),
        ("a: 45,000 TWD", "`45_000`"),
        ("a: b wher c", "`where`"),
        ("a: $45", "`45 USD`"),
        ("a: !b", "`not`"),
        ("- a", "`[a, b]`"),
        ("kpi net-revenue: a", "`_`"),
        ("a = 1", "`:`"),
        ("a: b = c = d", "`and`"),
        ("key: day, channel, sku\nb: 1", "`[day, channel, sku]`"),
        ("owner: Ana Smith", "in double quotes"),
        ("metric m: revenue orders", "begin a new line"),
        ("a: b\n-- a comment", "`#`"),
        ("a: 1,5 USD", "`1.5`"),
        ("a: 5,5%", "`5.5%`"),
        ("a: 1 000 USD", "`1_000`"),
        ("a: b * .5", "`0.5`"),
        ("as_of: 01.03.2026", "`2026-03-01`"),
        ("a: 10% of b", "`10% * …`"),
        ("a: b\n/* a comment */", "`#`"),
    ],
)
def test_help_for_what_is_often_meant(text: str, advice: str) -> None:
    _, diagnostics = parsed(text)
    assert advice in diagnostics[0].help


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("revenue,orders", "give each by itself"),
        ('a = "x", b = "y"', "join conditions by `and`"),
    ],
)
def test_help_for_a_comma_between_two_expressions(text: str, advice: str) -> None:
    _, (found,) = parse_expression(SourceFile("<metric>", text))
    assert advice in found.help


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("as: sum(a) as «$»", "K110", "USD"),
        ("currency: «€»", "K110", "EUR"),
        ("target: 600 «£»", "K110", "GBP"),
        ("rate: a / b as «%»", "K110", "percent"),
    ],
)
def test_a_sign_for_a_unit_is_read_as_its_word(text: str, code: str, word: str) -> None:
    check(text, code)
    _, (found,) = parsed(unmarked(text)[0])
    assert found.help == f"write `{word}`"
    assert found.fix is not None
    assert found.fix.replacement.strip() == word


def test_a_blank_before_a_percent_sign_takes_nothing_away() -> None:
    """Without its sign, 5 would be a hundred times as much."""
    check("target: «5 %»\nb: 1", "K110")
    value, (found,) = parse_expression(SourceFile("<metric>", "5 %"))
    assert found.help == "write `5%`"
    assert value is not None
    assert shape(value) == "0.05"


def test_a_distinct_count_of_sql_is_one_mistake() -> None:
    check("a: «count(distinct b») as c", "K107")
    _, (found,) = parsed("a: count(distinct b) as c")
    assert found.help == "write `count_distinct(b)`"


@pytest.mark.parametrize("text", ["", "a b", "a +", "a, b", "a: b", "a\nb"])
def test_an_expression_that_is_none(text: str) -> None:
    value, diagnostics = parse_expression(SourceFile("--where", text))
    assert value is None
    assert len(diagnostics) == 1


def test_an_expression_may_have_lines_and_comments() -> None:
    value, diagnostics = parse_expression(SourceFile("--where", "a\n  # why\n = b\n\n"))
    assert diagnostics == []
    assert isinstance(value, tree.Binary)
