"""Amazon Redshift, by psycopg2: it speaks PostgreSQL's protocol, and has its errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from kpidsl.engines.base import EngineError, Scan
from kpidsl.engines.servers.limits import limited
from kpidsl.engines.servers.postgres import Postgres, libpq, quoted, set_locally
from kpidsl.engines.servers.reading import one_select

_SCAN = re.compile(r"Scan on (?:\"?\w+\"?\.)?\"?(?P<table>\w+).*\brows=(?P<rows>\d+)")
_WORDS = (("overflow", r"overflow"), ("division", r"divi(de|sion) by zero"))
"""What nodes that compute say, of which all errors have one code."""
_INTERNAL = "XX000"


class Redshift(Postgres):
    name = "Redshift"
    dialect = "redshift"
    schemes: tuple[str, ...] = ("redshift",)
    extra = "redshift"
    needs: tuple[str, ...] = ("sqlalchemy", "psycopg2", "sqlalchemy_redshift")
    driver = "redshift+kpidsl"
    # Each transaction is begun as one that only reads; no setting is documented that tells it.
    about = (
        "SELECT SPLIT_PART(VERSION(), 'Redshift ', 2), CURRENT_SETTING('timezone'), "
        "CAST(NULL AS BOOLEAN)"
    )
    pasted = "':\\"

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        del timeout  # it is set in each transaction
        import sqlalchemy  # noqa: PLC0415 -- an extra brings it

        sqlalchemy.dialects.registry.register(
            "redshift.kpidsl", "kpidsl.engines.servers.redshift_driver", "Dialect"
        )
        return libpq(patience)

    def mark(self, connection: Any) -> None:  # noqa: ANN401
        """The application's name says it all."""

    def settings(self, timezone: str, timeout: float) -> str:
        return set_locally(
            {
                "timezone": timezone,
                "datestyle": "ISO",
                "extra_float_digits": "2",
                "enable_numeric_rounding": "on",  # a cast would leave off decimals
                "statement_timeout": str(max(1, round(timeout * 1000))),
            }
        )

    def at_most(self, sql: str, rows: int) -> str:
        """The driver sends several statements as well, of which one could end the transaction."""
        return limited(one_select(sql, ";"), rows)

    def rows(self, path: Sequence[str]) -> str:
        *schemas, name = path
        schema = quoted(schemas[-1]) if schemas else "CURRENT_SCHEMA()"
        return (
            "SELECT CAST(NULLIF(GREATEST(c.reltuples, 0), 0) AS BIGINT) "  # noqa: S608
            "FROM pg_catalog.pg_class AS c "
            "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
            f"WHERE n.nspname = {schema} AND c.relname = {quoted(name)}"
        )

    def state(self, path: Sequence[str]) -> str | None:
        """What everyone may ask tells no such thing."""
        del path
        return None

    def explained(self, sql: str) -> str:
        return f"EXPLAIN {one_select(sql, ';')}"

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        """The plan tells what is kept of a table, and its name without the schema."""
        found = filter(None, (_SCAN.search(str(line)) for (line,) in plan))
        read = (max(int(scan["rows"]), size_of((scan["table"],)) or 0) for scan in found)
        return Scan(rows=sum(read))

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        known = super().failed(failure, sql)
        if getattr(failure, "pgcode", None) != _INTERNAL:
            return known
        said = (kind for kind, words in _WORDS if re.search(words, str(known), re.IGNORECASE))
        return EngineError(next(said, known.kind), str(known))

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        connection.cancel()
