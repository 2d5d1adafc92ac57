"""SQLAlchemy's dialect of Databricks, with sessions that keep the digits of decimals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from databricks import sql
from databricks.sqlalchemy.base import DatabricksDialect
from urllib3.exceptions import HTTPError

_EXACT = """SELECT CURRENT_CATALOG(), CURRENT_SCHEMA(),
  CAST(1 AS DECIMAL(38, 9)) * CAST(0.000000000001 AS DECIMAL(38, 12)) > 0,
  COALESCE(CAST(NULL AS DECIMAL(38, 9)), CAST(0.000000000001 AS DECIMAL(38, 12))) > 0"""
"""Which catalog and schema a session has, and whether its decimals keep their digits in products,
and where they meet others."""
_STRICT = "SELECT CAST('none' AS INT)"
"""An error where what can't be read is no NULL."""
_SETTINGS = (
    "ansi_mode = true",
    "spark.sql.ansi.enabled = true",
    "spark.sql.decimalOperations.allowPrecisionLoss = false",
    "spark.sql.legacy.decimal.retainFractionDigitsOnTruncate = true",
)
"""What SQL rests on. A cluster can be told so; a warehouse knows the first of them."""
_GONE = re.compile(r"SessionHandle|session .*(closed|expired)", re.IGNORECASE)


class Dialect(DatabricksDialect):
    supports_statement_cache = True

    def create_connect_args(self, url: Any) -> Any:  # noqa: ANN401
        _, arguments = super().create_connect_args(url)  # type: ignore[no-untyped-call]
        return [], arguments | {"options": dict(url.query)}

    def connect(self, *cargs: Any, **cparams: Any) -> Any:  # noqa: ANN401
        """Open a session; raises `ValueError` for one whose numbers would be others."""
        options: Mapping[str, str] = cparams.pop("options")
        seconds = max(1, round(cparams.pop("statement_timeout")))
        if "http_path" not in options:
            raise ValueError("there must be an option `http_path`")
        try:
            connection: Any = super().connect(*cargs, **cparams)
        except HTTPError as failure:  # no error of the driver, as SQLAlchemy would have it
            raise sql.OperationalError(str(failure)) from None
        try:
            with connection.cursor() as cursor:
                _try(cursor, f"SET STATEMENT_TIMEOUT = {seconds}")
                self._insist(cursor, accepts=options.get("wide_decimals") == "rounded")
        except BaseException:
            connection.close()
            raise
        return connection

    def _insist(self, cursor: Any, *, accepts: bool) -> None:  # noqa: ANN401
        """Find out how a session computes, and have it compute as SQL rests on."""
        if not (_fails(cursor, _STRICT) and all(self._told(cursor))):
            for setting in _SETTINGS:
                _try(cursor, f"SET {setting}")
            if not _fails(cursor, _STRICT):
                raise ValueError("ANSI mode is off, and can't be turned on")
            if not all(self._told(cursor)) and not accepts:
                raise ValueError(
                    "it rounds products and sums of wide decimals, to six places at worst, and "
                    "lets no session change that; `wide_decimals=rounded` in the url accepts it"
                )

    def _told(self, cursor: Any) -> tuple[bool, ...]:  # noqa: ANN401
        cursor.execute(_EXACT)
        self.catalog, self.schema, *exact = cursor.fetchone()
        return tuple(exact)

    def _get_default_schema_name(self, connection: Any) -> str:  # noqa: ANN401
        del connection
        return str(self.schema)

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:  # noqa: ANN401
        try:
            super().do_execute_no_params(cursor, statement, context)  # type: ignore[no-untyped-call]
        except HTTPError as failure:
            raise sql.OperationalError(str(failure)) from None

    def is_disconnect(self, e: Exception, connection: Any, cursor: Any) -> bool:  # noqa: ANN401
        """Tell whether a session is gone, as one is that was not used for a while."""
        del connection, cursor
        return isinstance(e, sql.OperationalError) or _GONE.search(str(e)) is not None


def _try(cursor: Any, statement: str) -> None:  # noqa: ANN401
    """Ask for a setting that not every server lets a session have."""
    _fails(cursor, statement)


def _fails(cursor: Any, statement: str) -> bool:  # noqa: ANN401
    try:
        cursor.execute(statement)
    except sql.OperationalError:  # of the connection
        raise
    except sql.DatabaseError:
        return True
    return False
