"""Lines, commas, comments and documentation."""

from __future__ import annotations

import pytest

from kpidsl.syntax import tree
from tests.syntax.shape import clean, parsed, shape


def values(text: str) -> list[tuple[str, str]]:
    """Return key and value of each entry at the top level."""
    result = []
    for item in clean(text).items:
        assert isinstance(item, tree.Entry)
        assert isinstance(item.key, tree.Name)
        result.append((item.key.text, shape(item.value)))
    return result


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: 2",
        "a: 1, b: 2",
        "a: 1,\nb: 2,",
        "a: 1\n, b: 2",
        "\n\n  a: 1\r\n\r\n# between\nb: 2\n\n",
        "a: 1 # ,\nb: 2 # end",
        "a\u00a0:\u30001\nb :2",
    ],
)
def test_a_newline_or_a_comma_ends_an_entry(text: str) -> None:
    assert values(text) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    "text",
    [
        "m: x\n  + y\n  where z\n  as USD\nn: 1",
        "m: x # why\n  + y\n\n  where z\n  # because\n  as USD\nn: 1",
        "m: (x\n+ y) where\tz as USD\nn: 1",
    ],
)
def test_a_line_that_begins_with_an_operator_goes_on(text: str) -> None:
    assert values(text) == [("m", "(as (where (+ x y) z) USD)"), ("n", "1")]


@pytest.mark.parametrize("word", ["by", "as", "from", "to", "at", "over", "and", "in", "end", "on"])
def test_a_reserved_word_before_a_colon_is_a_key(word: str) -> None:
    assert values(f"a: x\n{word}: y") == [("a", "x"), (word, "y")]


def test_newlines_are_ignored_inside_parentheses_and_brackets() -> None:
    text = "a: [\n 1\n ,\n 2,\n]\nb: f(\n x,\n\n of: y\n)"
    assert values(text) == [("a", "[1 2]"), ("b", "(f() x of:y)")]


def test_fields_of_a_record_end_like_entries() -> None:
    text = "a: {\n  en: 1\n  ms: 2, zh_Hant: 3,\n}\nb: [\n { x: 1\n   y: 2 },\n { x: 3 }\n]"
    assert values(text) == [("a", "{en:1 ms:2 zh_Hant:3}"), ("b", "[{x:1 y:2} {x:3}]")]


def test_a_brace_may_stand_on_its_own_line() -> None:
    (block,) = clean("kpi a: b\n{\n  c: 1\n}\n").items
    assert isinstance(block, tree.Block)
    assert len(block.items or ()) == 1


def test_a_unit_does_not_reach_into_the_next_line() -> None:
    # Without newlines the grammar would read `order measure` and go on from there.
    file = clean("source a {\n  measure n: count() as order\n  measure r: sum(x) as USD\n}")
    (source,) = file.items
    assert [item.span.text for item in source.items or ()] == [
        "measure n: count() as order",
        "measure r: sum(x) as USD",
    ]


def test_empty_files_and_blocks() -> None:
    assert clean("").items == ()
    assert clean("\n# only this\n").items == ()
    assert clean("kpidsl 1").edition == 1
    assert clean("kpidsl 1\n\n").edition == 1
    (block,) = clean("a { }").items
    assert block.items == ()
    (short,) = clean("a b: c").items
    assert short.items is None


def test_comments_are_kept_in_order_with_their_places() -> None:
    text = 'kpidsl 1 # edition\n#first\na: "# no" # second  \nb {\n  # 第三\n}\n#'
    comments = clean(text).comments
    assert [comment.text for comment in comments] == ["edition", "first", "second", "第三", ""]
    assert [comment.span.text for comment in comments] == [
        "# edition", "#first", "# second  ", "# 第三", "#",
    ]  # fmt: skip


def test_documentation_reaches_blocks_and_entries() -> None:
    file = clean("/// A.\n\n# c\n/// B.\na {\n  /// C.\n  b: 1\n  c: 2\n}\n///D\nd: 3")
    a, d = file.items
    assert isinstance(a, tree.Block)
    b, c = a.items or ()
    assert [item.doc.text if item.doc else None for item in (a, b, c, d)] == [
        "A.\nB.", "C.", None, "D",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("a: 1\n/// x", "/// x"),
        ("a {\n b: 1\n /// x\n}", "/// x"),
        ("a: 1 /// x\nb: 2", "/// x"),
        ("a: [\n /// x\n 1\n]", "/// x"),
        ("a: 1\n/// x\n + 2", "/// x"),
    ],
)
def test_documentation_of_nothing_is_reported_and_hurts_nothing(text: str, lost: str) -> None:
    file, (diagnostic,) = parsed(text)
    assert diagnostic.code == "K112"
    assert diagnostic.span is not None
    assert diagnostic.span.text == lost
    assert file.items


@pytest.mark.parametrize(
    "name",
    ["revenue", "_x1", "營收", "ยอดขาย_ที่1", "हिन्दी", "Größe", "naïve"],
)
def test_identifiers_of_any_script(name: str) -> None:
    assert values(f"{name}: {name}.{name} + 1") == [(name, f"(+ {name}.{name} 1)")]


def test_odd_names_stand_in_backticks_as_keys_paths_and_columns() -> None:
    (block,) = clean("given `a b`: [{ `花費金額 (TWD)`: `c.d`.e }]").items
    assert isinstance(block, tree.Block)
    assert [name.text for name in block.path] == ["a b"]
    assert block.value is not None
    assert shape(block.value) == "[{花費金額 (TWD):c.d.e}]"


def test_names_with_odd_characters_are_reported_and_read() -> None:
    file, (diagnostic,) = parsed("a: x™ + 1")
    assert diagnostic.code == "K110"
    assert diagnostic.fix is not None
    assert diagnostic.fix.replacement == "`x™`"
    (entry,) = file.items
    assert entry.value is not None
    assert shape(entry.value) == "(+ x™ 1)"


def test_full_width_punctuation_gets_one_safe_fix_each() -> None:
    text = 'kpi 毛利（p）：營收 ＊ ５％ {\n  a：「是」， b：`（x）` # （y）\n  c: "（z）"\n}'
    file, diagnostics = parsed(text)
    # In order （ ） ： ＊ ５ ％ ：, the corner quotes, ， and ：; names and strings keep theirs.
    assert [item.code for item in diagnostics] == ["K106"] * 7 + ["K115"] + ["K106"] * 2
    assert all(item.fix and item.fix.safe for item in diagnostics)
    (block,) = file.items
    assert isinstance(block, tree.Block)
    assert block.value is not None
    assert shape(block.value) == "(* 營收 0.05)"
    assert [shape(item.value) for item in block.items or () if item.value] == [
        "'是'", "（x）", "'（z）'",
    ]  # fmt: skip


def test_full_width_punctuation_stays_in_strings_of_any_quotes() -> None:
    file, diagnostics = parsed("a: '（x）'\nb: “（y）”\nc: \"（z）")
    assert [item.code for item in diagnostics] == ["K115", "K115", "K105"]
    assert [shape(item.value) for item in file.items if item.value] == [
        "'（x）'", "'（y）'", "'（z）'",
    ]  # fmt: skip


def test_a_kind_may_be_called_anything() -> None:
    for item in clean("whatever a: 1\nnever_seen { x: 1 }").items:
        assert isinstance(item, tree.Block)
