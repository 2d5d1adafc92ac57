"""D025: benchmarks age (D25); those without source or date were left out when they were bound."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kpidsl.model.project import Model
from kpidsl.text.diagnostic import Diagnostic, advice


def find(model: Model, today: date) -> Iterator[Diagnostic]:
    """Yield the benchmarks that have expired by `today`."""
    for benchmark in model.benchmarks.values():
        if benchmark.expires is not None and benchmark.expires < today:
            yield advice(
                "D025",
                f"the benchmark `{benchmark.name}` expired on {benchmark.expires}",
                benchmark.span,
                label=f"from {benchmark.as_of}",
                help="look up the current value, and write its date",
            )
