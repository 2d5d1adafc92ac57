"""SQLAlchemy's dialect of Redshift, which was written for an older SQLAlchemy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy_redshift.dialect import RedshiftDialect_psycopg2

_NONE = SimpleNamespace(enums={}, domains={})
"""Redshift has no types that users name."""


class Dialect(RedshiftDialect_psycopg2):  # type: ignore[misc]
    supports_statement_cache = True

    def _reflect_type(
        self, format_type: str, *_: object, type_description: str, collation: str | None
    ) -> Any:  # noqa: ANN401
        """Return the type of a column, of which SQLAlchemy asks in other words than the dialect."""
        return super()._reflect_type(format_type, _NONE, type_description, collation)
