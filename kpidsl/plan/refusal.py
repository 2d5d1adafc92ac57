"""A question that can't be answered under the rules is refused, with the reason."""

from __future__ import annotations

from kpidsl.text.diagnostic import Diagnostic


class Refused(Exception):
    """Carries the diagnostic up to `plan`, which returns it; never leaves this layer."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic
