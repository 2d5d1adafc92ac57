"""`drivers`: a figure as the product or sum of what drives it (D26); not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import EXPRESSION
from kpidsl.kinds.binding.spec import Free, Header, Kind

KIND = Kind(
    "drivers",
    "A tree of figures: each as a formula of those that drive it.",
    "drivers revenue_tree {\n  revenue: visits * conversion_rate * aov\n}",
    Header(),
    free=Free("a figure", EXPRESSION),
    later=True,
)
