"""Whatever the text, parsing gives a tree with true spans and never raises."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kpidsl.syntax import tree
from kpidsl.syntax.lexing import lex
from kpidsl.syntax.parser import parse, parse_expression
from kpidsl.text.render import render
from kpidsl.text.source import SourceFile, Span
from tests.syntax.shape import expressions

SAMPLE = Path(__file__).with_name("sample.kpi").read_text(encoding="utf-8")
TOKENS = lex(SourceFile("sample.kpi", SAMPLE))[0]
# Each token with the blanks before it, so that the sample is their concatenation.
STARTS = [0, *(token.start for token in TOKENS[1:]), len(SAMPLE)]
PIECES = [SAMPLE[a:b] for a, b in pairwise(STARTS)]
ODD_PIECES = [
    "{", "}", "(", ")", "[", "]", '"', "`", ":", ",", "\n", " where ", "/// x\n", "5x", "'", "：",
    "at most ", "#", '"""', "\r", "\x00", "é\u0301", "🙂", "kpidsl 1\n", "\\",
]  # fmt: skip


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The sample with up to five tokens lost, doubled, moved or put in."""
    pieces = list(PIECES)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(pieces) - 1))
        match draw(st.sampled_from(["lose", "double", "move", "put in"])):
            case "lose":
                del pieces[at]
            case "double":
                pieces.insert(at, pieces[at])
            case "move":
                pieces.insert(draw(st.integers(0, len(pieces) - 1)), pieces.pop(at))
            case _:
                pieces.insert(at, draw(st.sampled_from(ODD_PIECES)))
    return "".join(pieces)


def spans(items: tuple[tree.Item, ...], outer: Span) -> Iterator[tuple[Span, Span]]:
    """Yield each item's span with that of what it stands in."""
    for item in items:
        yield item.span, outer
        yield from spans(item.items or (), item.span)


def check(text: str) -> None:
    source = SourceFile("mutated.kpi", text)
    file, diagnostics = parse(source)
    end = 0
    for item in file.items:
        assert end <= item.span.start <= item.span.end <= len(text)
        end = item.span.end
    for inner, outer in spans(file.items, Span(source, 0, len(text))):
        assert outer.start <= inner.start <= inner.end <= outer.end
    for node in expressions(file.items):
        assert 0 <= node.span.start < node.span.end <= len(text)
    for diagnostic in diagnostics:
        assert diagnostic.span is not None
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.message
        assert diagnostic.help
    assert [d.sort_key for d in diagnostics] == sorted(d.sort_key for d in diagnostics)
    shown = render(diagnostics, "full")
    controls = [char for char in shown if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
    assert set(controls) <= {"\n"}


def test_the_pieces_are_the_sample() -> None:
    assert "".join(PIECES) == SAMPLE


@given(mutations())
def test_mutations_of_the_sample(text: str) -> None:
    check(text)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from([*ODD_PIECES, *sorted(set(PIECES))]), max_size=60).map("".join))
@settings(max_examples=200)
def test_any_tokens(text: str) -> None:
    check(text)
    value, diagnostics = parse_expression(SourceFile("<expression>", text))
    assert value is not None or diagnostics


@given(st.integers(0, len(PIECES) - 1))
def test_one_lost_token_keeps_nearly_everything(index: int) -> None:
    pieces = list(PIECES)
    lost = pieces.pop(index)
    file, diagnostics = parse(SourceFile("mutated.kpi", "".join(pieces)))
    # The sample has 24 declarations; a lost brace or line end may join one with its neighbour,
    # a lost quote can hide the rest of its line.
    assert len(file.items) >= 22
    assert len(diagnostics) <= 4, lost
