"""The tables of kinds are complete: documented, with examples that are read as written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpidsl.kinds import KINDS
from kpidsl.kinds.binding.fields import read_block
from kpidsl.kinds.binding.spec import Key, Kind
from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse, parse_expression
from kpidsl.syntax.tokens import RESERVED
from kpidsl.text.diagnostic import Diagnostic, Severity
from kpidsl.text.source import SourceFile
from tests.kinds.checking import checked

LANGUAGE = (
    "project source dimension entity measure metric kpi scenario roi goal funnel cohort "
    "attribution drivers experiment benchmark calendar event reconcile alert note audience report "
    "pack use test join"
)


def all_kinds() -> Iterator[Kind]:
    stack = list(KINDS.values())
    while stack:
        kind = stack.pop()
        yield kind
        stack.extend(kind.children)


def all_keys() -> Iterator[tuple[str, Key[object]]]:
    for kind in all_kinds():
        for key in kind.keys:
            yield f"{kind.name}.{key.name}", key
            for option in key.options:
                yield f"{kind.name}.{key.name}.{option.name}", option


def test_every_kind_of_the_language_is_there() -> None:
    assert set(KINDS) == set(LANGUAGE.split())


@pytest.mark.parametrize("kind", list(all_kinds()), ids=lambda kind: kind.name)
def test_the_example_of_a_kind_is_read_without_a_finding(kind: Kind) -> None:
    text = kind.example if kind.header.name is not None else f"x {{\n{kind.example}\n}}"
    # `use` has no block of its own here; the grammar wants one.
    text += " {\n}" if kind.name == "use" else ""
    file, mistakes = parse(SourceFile("example.kpi", f"kpidsl 1\n{text}\n"))
    assert mistakes == []
    (block,) = file.items
    assert isinstance(block, tree.Block)
    if kind.header.name is None:
        assert block.items is not None
        (inner,) = block.items
        assert isinstance(inner, tree.Block)
        block = inner
    assert block.kind.text == kind.name
    findings: list[Diagnostic] = []
    fields = read_block(block, kind, findings)
    expected = ["K290"] if kind.later else []
    assert [item.code for item in findings] == expected
    assert fields.ok


@pytest.mark.parametrize(("name", "key"), list(all_keys()), ids=lambda item: str(item)[:40])
def test_every_key_is_documented_and_takes_its_own_example(name: str, key: Key[object]) -> None:
    assert key.doc.endswith((".", "?")), name
    assert key.shape.words
    expr, mistakes = parse_expression(SourceFile("<example>", key.shape.example))
    assert mistakes == []
    assert expr is not None
    assert key.shape.read(expr) is not None, name


def test_no_kind_has_two_keys_or_parts_of_one_name() -> None:
    for kind in all_kinds():
        names = [key.name for key in kind.keys] + [child.name for child in kind.children]
        assert len(names) == len(set(names)), kind.name


def test_a_kind_that_comes_later_is_checked_for_its_keys() -> None:
    text = "kpidsl 1\nreconcile ledger {\n  metrik: revenue\n  tolerance: 5%\n}\n"
    # `with` is missing; `metric` is only misspelt.
    wrong = [item for item in checked(text)[1] if item.severity is Severity.ERROR]
    assert [item.code for item in wrong] == ["K204", "K202"]  # in the order of their places
    assert "`with`" in wrong[0].message


@pytest.mark.parametrize(("name", "key"), list(all_keys()))
def test_no_word_that_a_key_takes_is_reserved(name: str, key: Key[object]) -> None:
    """A reserved word would have to stand in backticks."""
    assert RESERVED.isdisjoint(key.shape.choices or ()), name
