from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse, parse_expression
from kpidsl.text.source import SourceFile, Span
from tests.syntax.shape import children, clean, expression, expressions, shape

SAMPLE = Path(__file__).with_name("sample.kpi").read_text(encoding="utf-8")


def reparsed(span: Span) -> str:
    value, diagnostics = parse_expression(SourceFile("<span>", span.text))
    assert diagnostics == []
    assert value is not None
    return shape(value)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_span_of_every_expression_holds_that_expression(newline: str) -> None:
    file, diagnostics = parse(SourceFile("sample.kpi", SAMPLE.replace("\n", newline)))
    assert diagnostics == []
    seen = list(expressions(file.items))
    assert len(seen) > 150
    for node in seen:
        assert reparsed(node.span) == shape(node)


@pytest.mark.parametrize(
    "text",
    [
        "(a where x) / (b)",
        "-(a + b) * ((c))",
        "f((a), of: (b))",
        "(a) in ((b), c)",
        "(a) between (b) and (c)",
        "(a) is null",
        "not (a)",
        "(a + b) per (c)",
        "[(a), (b)]",
        "case when (a) then (b) else (c) end",
    ],
)
def test_spans_cover_the_parentheses_inside_but_not_those_around(text: str) -> None:
    node = expression(text)
    assert node.span.text == text
    below = list(children(node))
    while below:
        child = below.pop()
        assert reparsed(child.span) == shape(child)
        below.extend(children(child))


def test_parts_of_expressions() -> None:
    node = expression("a . b + `c d`.e")
    assert isinstance(node, tree.Binary)
    assert node.op_span.text == "+"
    assert isinstance(node.left, tree.Ref)
    assert isinstance(node.right, tree.Ref)
    assert [part.span.text for part in node.left.parts] == ["a", "b"]
    assert [part.text for part in node.right.parts] == ["c d", "e"]
    assert [part.span.text for part in node.right.parts] == ["`c d`", "e"]
    assert node.left.text == "a.b"


@pytest.mark.parametrize(
    ("text", "op"),
    [("a not like b", "not like"), ("a once  per b", "once  per"), ("at  most b", "at  most")],
)
def test_operators_of_two_words(text: str, op: str) -> None:
    node = expression(text)
    assert isinstance(node, tree.Binary | tree.Unary)
    assert node.op_span.text == op
    assert node.op == " ".join(op.split())


def test_blocks_and_entries() -> None:
    text = (
        "/// First.\n///   Second.\n"
        'kpi a.b(p, q: 1 + 2) as c by d.e "Label": (x) { k: v { "n": 1 } }\n'
    )
    (block,) = clean(text).items
    assert isinstance(block, tree.Block)
    assert block.span.text == text.splitlines()[2]
    assert block.header_span.text == 'kpi a.b(p, q: 1 + 2) as c by d.e "Label"'
    assert block.doc is not None
    assert block.doc.text == "First.\n  Second."
    assert block.doc.span.text == "/// First.\n///   Second."
    assert [name.span.text for name in block.path] == ["a", "b"]
    assert [param.span.text for param in block.params] == ["p", "q: 1 + 2"]
    assert block.alias is not None
    assert block.alias.span.text == "c"
    assert block.by is not None
    assert block.by.span.text == "d.e"
    assert block.label is not None
    assert block.label.span.text == '"Label"'
    assert block.value is not None
    assert block.value.span.text == "x"
    (entry,) = block.items or ()
    assert isinstance(entry, tree.Entry)
    assert entry.span.text == 'k: v { "n": 1 }'
    (inner,) = entry.items or ()
    assert isinstance(inner, tree.Entry)
    assert isinstance(inner.key, tree.String)
    assert inner.span.text == '"n": 1'


def test_an_entry_ends_with_the_parentheses_of_its_value() -> None:
    (entry,) = clean("k: (a)").items
    assert entry.span.text == "k: (a)"


def test_offsets_count_code_points() -> None:
    text = 'metric 營收 "收入💰": 訂單.金額 + a'
    (block,) = clean(text).items
    assert isinstance(block, tree.Block)
    assert block.value is not None
    assert block.value.span.text == "訂單.金額 + a"
    assert block.value.span.start == text.index("訂單")
