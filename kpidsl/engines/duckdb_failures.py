"""What DuckDB says where a statement fails."""

from __future__ import annotations

import re

import duckdb

from kpidsl.engines.base import EngineError

_KINDS: tuple[tuple[type[duckdb.Error], str], ...] = (
    (duckdb.CatalogException, "missing table"),
    (duckdb.BinderException, "missing column"),
    (duckdb.ConversionException, "value"),
    (duckdb.OutOfRangeException, "overflow"),
    (duckdb.InterruptException, "cancelled"),
    (duckdb.OutOfMemoryException, "memory"),
    (duckdb.PermissionException, "permission"),
)

_TOO_LARGE = re.compile(
    r"Overflow in |^(Casting|Could not cast) value .* to (type )?DECIMAL\(38,"
    r"|out of range for the destination type U?INT128"
)
"""What DuckDB says of a number that its largest types don't hold, in errors of several classes."""
_NO_SPACE = re.compile(
    r"failed to offload|No space left on device|Disk quota exceeded|File too large"
)
"""What it says where a file for what doesn't fit into memory can't grow, in errors of several
classes too."""
_WITHOUT_END = re.compile(r"infinite bounds")
"""What it says of a series of days up to a time that is `infinity`."""
_CLASS = re.compile(r"^[A-Z][A-Za-z ]* Error: ")
_ADVICE = re.compile(r"[.;!]*( (You might |Either add a cast ).*)?$")
"""What DuckDB would have written otherwise, which nobody here wrote."""


def explained(failure: duckdb.Error) -> EngineError:
    text = first_line(failure)
    if _TOO_LARGE.search(text):
        return EngineError("overflow", text)
    if _NO_SPACE.search(text):
        return EngineError("disk", text)
    if _WITHOUT_END.search(text):
        return EngineError("value", "`infinity` is a time on no day")
    kind = next((kind for cls, kind in _KINDS if isinstance(failure, cls)), "other")
    return EngineError(kind, text)


def first_line(failure: duckdb.Error) -> str:
    """Return what happened, without the class of the error and advice about SQL."""
    text = str(failure).strip()
    first = text.splitlines()[0] if text else type(failure).__name__
    return _ADVICE.sub("", _CLASS.sub("", first))
