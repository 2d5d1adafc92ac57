"""Colours: two palettes of the same tokens.

Blue and orange keep their distance for every kind of colour-blindness, and nothing on a page
relies on colour alone.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from kpidsl.reports.values import Plain

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]


class Palette(Plain):
    """The colours of one mode, each `#rrggbb`."""

    paper: Colour
    ink: Colour
    muted: Colour
    actual: Colour
    prior: Colour
    good: Colour
    bad: Colour
    range_poor: Colour
    range_fair: Colour
    range_good: Colour
    rule: Colour

    def css(self) -> str:
        """The palette as CSS custom properties."""
        tokens = self.model_dump().items()
        return " ".join(f"--{name.replace('_', '-')}: {value};" for name, value in tokens)


class Theme(Plain):
    light: Palette
    dark: Palette


THEME = Theme(
    light=Palette(
        paper="#ffffff",
        ink="#1b1b1f",
        muted="#5c6068",
        actual="#3b3f46",
        prior="#8b8f98",
        good="#0b62b0",
        bad="#b8480a",
        range_poor="#c4c7cd",
        range_fair="#d9dbe0",
        range_good="#ebecef",
        rule="#d9dbe0",
    ),
    dark=Palette(
        paper="#17181c",
        ink="#ececf1",
        muted="#a9adb6",
        actual="#d3d6dc",
        prior="#868b95",
        good="#6cb3f5",
        bad="#f39a5c",
        range_poor="#4b4f58",
        range_fair="#3b3f47",
        range_good="#2d3037",
        rule="#3b3f47",
    ),
)
