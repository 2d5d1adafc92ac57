"""How the modules of this package refuse a file."""

from __future__ import annotations

from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.source import Span


class Refused(Exception):
    """A file can't be read right. Never leaves this package: `load` and `describe_file`
    turn it into a diagnostic."""

    def __init__(self, code: str, message: str, mend: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.mend = mend

    def diagnostic(self, span: Span | None) -> Diagnostic:
        return error(self.code, self.message, span, help=self.mend)
