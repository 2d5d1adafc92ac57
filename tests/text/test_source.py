from __future__ import annotations

import pytest

from kpidsl.text.source import SourceFile, Span

TEXT = "a\r\nbc\n\rd\n"  # lines: "a", "bc", "" (ended by a lone \r), "d", ""


@pytest.mark.parametrize(
    ("offset", "position"),
    [
        (0, (1, 1)),
        (1, (1, 2)),  # the \r
        (2, (1, 3)),  # the \n of the same line end
        (3, (2, 1)),
        (5, (2, 3)),
        (6, (3, 1)),
        (7, (4, 1)),
        (9, (5, 1)),
    ],
)
def test_positions_count_from_one_and_know_all_line_ends(
    offset: int, position: tuple[int, int]
) -> None:
    assert SourceFile("f", TEXT).position(offset) == position


def test_lines_without_their_ends() -> None:
    file = SourceFile("f", TEXT)
    assert [file.line_text(line) for line in range(1, 6)] == ["a", "bc", "", "d", ""]


def test_spans() -> None:
    file = SourceFile("f.kpi", "營收: x\n  y: z")
    first, second = Span(file, 0, 2), Span(file, 8, 9)
    assert first.text == "營收"
    assert (second.line, second.column) == (2, 3)
    assert str(second) == "f.kpi:2:3"
    assert first.to(second).text == "營收: x\n  y"
