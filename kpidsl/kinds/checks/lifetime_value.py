"""D103: a lifetime value says whether it is revenue or profit (T3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpidsl.model.project import Model
from kpidsl.text.diagnostic import Diagnostic, advice

_LIFETIME = re.compile(r"\b(clv|ltv|cltv)\b|lifetime[ _]value", re.IGNORECASE)
_BASIS = re.compile(r"revenue|sales|turnover|margin|profit|contribution|net", re.IGNORECASE)


def find(model: Model) -> Iterator[Diagnostic]:
    """Yield lifetime values whose title and description name no basis."""
    for metric in model.metrics.values():
        said = f"{metric.label} {metric.doc}"
        name = metric.name.replace("_", " ")
        if _LIFETIME.search(f"{name} {metric.label}") and not _BASIS.search(said):
            yield advice(
                "D103",
                f"`{metric.name}` does not say whether it is revenue or profit; "
                f"it sums {metric.basis or metric.formula}",
                metric.span,
                label="a lifetime value of what?",
                help="name it in the title, or above in a `///` line",
            )
