"""Texts on a chart: how wide they are, and which of them fit without touching."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

FONT_SIZE = 12.0
_LINE_HEIGHT = 1.2
_GAP = 3.0  # between two labels


@dataclass(frozen=True, slots=True)
class Label:
    """A text centred at `x` on the baseline `y`; `tone` says what it belongs to."""

    x: float
    y: float
    text: str
    tone: str = ""

    @property
    def width(self) -> float:
        return text_width(self.text)

    def touches(self, other: Label) -> bool:
        """Whether the two texts come closer than a small gap."""
        apart_x = abs(self.x - other.x) >= (self.width + other.width) / 2 + _GAP
        apart_y = abs(self.y - other.y) >= FONT_SIZE * _LINE_HEIGHT
        return not (apart_x or apart_y)


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """An upper estimate of a text's width: fonts differ, so it errs to the wide side."""
    ems = sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.62 for char in text)
    return round(ems * size, 2)


def fitting(labels: Iterable[Label], width: float) -> tuple[Label, ...]:
    """Return the labels that fit, the earlier given having the right of way, in order of x.

    A label that would leave the chart on the left or right is pushed inside; one wider than the
    whole chart, or that would touch one already placed, is left out.
    """
    placed: list[Label] = []
    for label in labels:
        if label.width > width:
            continue
        half = label.width / 2
        x = round(min(max(label.x, half), width - half), 2)
        inside = Label(x, label.y, label.text, label.tone)
        if not any(inside.touches(other) for other in placed):
            placed.append(inside)
    return tuple(sorted(placed, key=lambda label: (label.x, label.y)))
