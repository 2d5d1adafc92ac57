"""Every pair of colours that stand on each other can be told apart, in both palettes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kpidsl.reports.theme import (
    DEFAULT_THEME,
    PAIRS,
    Palette,
    Theme,
    check_theme,
    contrast,
)


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


@pytest.mark.parametrize("palette", [DEFAULT_THEME.light, DEFAULT_THEME.dark])
@pytest.mark.parametrize(("upper", "lower", "needed"), PAIRS)
def test_default_theme(palette: Palette, upper: str, lower: str, needed: float) -> None:
    assert contrast(getattr(palette, upper), getattr(palette, lower)) >= needed


def test_a_faint_theme_is_told_which_pair_fails() -> None:
    faint = DEFAULT_THEME.light.model_copy(update={"muted": "#b0b0b0"})
    found = check_theme(Theme(light=faint, dark=DEFAULT_THEME.dark))
    assert {item.code for item in found} == {"K703"}
    assert "`muted` (#b0b0b0) is too faint on `paper` (#ffffff)" in found[0].message
    assert check_theme(DEFAULT_THEME) == ()


def test_a_colour_is_no_place_for_css() -> None:
    with pytest.raises(ValidationError):
        Palette.model_validate(DEFAULT_THEME.light.model_dump() | {"ink": "red; } body {"})


def test_the_design_tokens() -> None:
    # As decided in the design's palette table, light and dark.
    light, dark = DEFAULT_THEME.light, DEFAULT_THEME.dark
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
