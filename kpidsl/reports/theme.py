"""Colours: two palettes of the same tokens, and the check that each can be seen.

Blue and orange keep their distance for every kind of colour-blindness, and nothing on a page
relies on colour alone.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from kpidsl.reports.values import Plain
from kpidsl.text.diagnostic import Diagnostic, warning

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]

TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
GRAPHIC_CONTRAST = 3.0  # WCAG 2.2, 1.4.11


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


DEFAULT_THEME = Theme(
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

# What stands on what, and how far apart the two must be. The ranges behind a bullet graph are told
# apart by their order and by the table beside it, so they owe no contrast to each other.
PAIRS: tuple[tuple[str, str, float], ...] = (
    ("ink", "paper", TEXT_CONTRAST),
    ("muted", "paper", TEXT_CONTRAST),
    ("good", "paper", TEXT_CONTRAST),
    ("bad", "paper", TEXT_CONTRAST),
    ("ink", "range_good", TEXT_CONTRAST),
    ("muted", "range_good", TEXT_CONTRAST),
    ("actual", "paper", GRAPHIC_CONTRAST),
    ("prior", "paper", GRAPHIC_CONTRAST),
    ("actual", "range_poor", GRAPHIC_CONTRAST),
    ("actual", "range_fair", GRAPHIC_CONTRAST),
    ("actual", "range_good", GRAPHIC_CONTRAST),
    ("ink", "range_poor", GRAPHIC_CONTRAST),
)


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours: 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def check_theme(theme: Theme) -> tuple[Diagnostic, ...]:
    """Return a warning (K703) for each pair of colours that is too close to be read."""
    return tuple(
        warning(
            "K703",
            f"the {mode} theme's `{upper}` ({values[upper]}) is too faint on `{lower}` "
            f"({values[lower]}): contrast {ratio:.2f}, needed {needed}",
            help=f"move `{upper}` further from `{lower}`",
        )
        for mode, values in theme.model_dump().items()
        for upper, lower, needed in PAIRS
        if (ratio := contrast(values[upper], values[lower])) < needed
    )


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG, from sRGB."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
