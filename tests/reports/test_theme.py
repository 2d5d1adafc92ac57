"""Every pair of colours that stand on each other can be told apart, in both palettes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kpidsl.reports.theme import THEME, Palette

TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
GRAPHIC_CONTRAST = 3.0  # WCAG 2.2, 1.4.11

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


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG, from sRGB."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),  # known from WCAG's own examples: just too faint for text
        ("#767676", "#ffffff", 4.54),  # and the first grey that passes
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("palette", [THEME.light, THEME.dark])
@pytest.mark.parametrize(("upper", "lower", "needed"), PAIRS)
def test_default_theme(palette: Palette, upper: str, lower: str, needed: float) -> None:
    assert contrast(getattr(palette, upper), getattr(palette, lower)) >= needed


def test_a_colour_is_no_place_for_css() -> None:
    with pytest.raises(ValidationError):
        Palette.model_validate(THEME.light.model_dump() | {"ink": "red; } body {"})


def test_the_design_tokens() -> None:
    # As decided in the design's palette table, light and dark.
    light, dark = THEME.light, THEME.dark
    assert (light.ink, light.muted, dark.ink, dark.muted) == (
        "#1b1b1f",
        "#5c6068",
        "#ececf1",
        "#a9adb6",
    )
    assert (light.good, light.bad, dark.good, dark.bad) == (
        "#0b62b0",
        "#b8480a",
        "#6cb3f5",
        "#f39a5c",
    )
