"""The costs that a return on investment usually has, and the words by which a line names them."""

from __future__ import annotations

from collections.abc import Iterable

USUAL_COSTS: dict[str, tuple[str, ...]] = {
    "venue": ("venue", "rent", "hall", "booth", "stand"),
    "production": ("production", "filming", "photo", "design", "creative", "printing"),
    "materials": ("material", "materials", "goods", "cogs", "packaging", "supplies"),
    "technology": ("technology", "software", "tools", "hosting", "licences", "licenses", "it"),
    "promotion": ("promotion", "media", "ad", "ads", "advertising", "campaign", "posts"),
    "staff": ("staff", "salaries", "wages", "payroll", "team", "personnel", "labour", "labor"),
    "travel": ("travel", "hotel", "accommodation", "transport"),
    "insurance": ("insurance",),
    "agency": ("agency", "freelancers", "consulting", "influencer", "influencers"),
    "discounts": ("discount", "discounts", "coupons", "vouchers"),
    "free samples": ("sample", "samples", "gifts", "giveaways"),
    "back office": ("office", "overhead", "administration", "accounting"),
}


def not_covered(names: Iterable[str]) -> tuple[str, ...]:
    """Return the usual costs that none of the names mentions."""
    words = {word for name in names for word in name.casefold().replace(".", "_").split("_")}
    return tuple(cost for cost, said in USUAL_COSTS.items() if not words & set(said))
