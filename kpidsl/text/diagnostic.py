"""What kpidsl says about a mistake: a coded message, the exact place, the cause, one mend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from kpidsl.text.codes import CODES
from kpidsl.text.secrets import without_secrets
from kpidsl.text.source import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that explains the first, such as where a name was declared before."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement text. A safe fix keeps the meaning and may be applied unasked."""

    span: Span
    replacement: str
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `message` states the fact, `label` says what the marked span is, `help` is one action that
    mends it. `span` is None only where no text is at fault (a missing folder, a lost server).
    `on_pages` is the message without the values of single rows that it holds: readers of a page
    may not be meant to see them. It is empty where the message holds none. Whoever makes one may
    quote any text in it: no secret of a url is kept.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    help: str = ""
    labels: tuple[Label, ...] = ()
    fix: Fix | None = None
    severity: Severity = Severity.ERROR
    on_pages: str = ""

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unregistered diagnostic code {self.code}")
        for name in ("message", "label", "help", "on_pages"):
            object.__setattr__(self, name, without_secrets(getattr(self, name)))

    def with_severity(self, severity: Severity) -> Diagnostic:
        return replace(self, severity=severity)

    @property
    def sort_key(self) -> tuple[str, int, str]:
        if self.span is None:
            return ("", -1, self.code)
        return (self.span.file.name, self.span.start, self.code)


def error(code: str, message: str, span: Span | None = None, **details: object) -> Diagnostic:
    """Return an error; `details` are the other fields of `Diagnostic`."""
    return Diagnostic(code, message, span, severity=Severity.ERROR, **details)  # type: ignore[arg-type]


def warning(code: str, message: str, span: Span | None = None, **details: object) -> Diagnostic:
    """Return a warning; `details` are the other fields of `Diagnostic`."""
    return Diagnostic(code, message, span, severity=Severity.WARNING, **details)  # type: ignore[arg-type]


def advice(code: str, message: str, span: Span | None = None, **details: object) -> Diagnostic:
    """Return advice (business sense): it never fails a run unless asked to."""
    return Diagnostic(code, message, span, severity=Severity.ADVICE, **details)  # type: ignore[arg-type]


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(item.severity is Severity.ERROR for item in diagnostics)
