"""The one exception of the Python API."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.text.diagnostic import Diagnostic
from kpidsl.text.render import render


class KpidslError(Exception):
    """A question or a project that can't be answered or used; `diagnostics` say why."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(render(list(diagnostics), "full", colour=False))
        self.diagnostics = tuple(diagnostics)
