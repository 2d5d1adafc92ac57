"""`experiment`: an A/B test: variants, a KPI, a decision rule (D34); declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import ANYTHING, EXPRESSIONS, NAME, PERIOD
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key(
        "kpi",
        NAME,
        "The KPI that decides.",
        required=True,
        names=lambda catalog, _: catalog.kpis,
    ),
    Key("variants", EXPRESSIONS, "The variants, the control first.", required=True),
    Key("entity", NAME, "Who is assigned to a variant."),
    Key("variant", NAME, "The column that holds the variant."),
    Key("over", PERIOD, "When it ran."),
    Key("decision", ANYTHING, "The rule: scale or drop."),
)

KIND = Kind(
    "experiment",
    "An A/B test: variants, a KPI, a decision rule.",
    "experiment checkout_test {\n  kpi: conversion_rate\n  variants: [control, short_form]\n}",
    Header(),
    KEYS,
    later=True,
)
