"""PostgreSQL, which runs Redshift's SQL with functions that take the place of Redshift's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kpidsl.engines.base import Table, ValueType
from kpidsl.engines.server import ServerEngine
from kpidsl.engines.servers.address import address_of

SHIMS = (
    """CREATE FUNCTION dateadd(part text, number numeric, moment timestamp) RETURNS timestamp
    LANGUAGE sql RETURN moment + (number || ' ' || part)::interval""",
    """CREATE FUNCTION datediff(part text, one timestamp, other timestamp) RETURNS bigint
    LANGUAGE sql RETURN CASE part
      WHEN 'SECOND'
      THEN extract(epoch FROM date_trunc('second', other) - date_trunc('second', one))
      WHEN 'DAY' THEN other::date - one::date
      WHEN 'YEAR' THEN extract(year FROM other) - extract(year FROM one)
      WHEN 'MONTH' THEN (extract(year FROM other) - extract(year FROM one)) * 12
        + extract(month FROM other) - extract(month FROM one)
    END""",
    """CREATE FUNCTION convert_timezone(one text, other text, moment timestamp) RETURNS timestamp
    LANGUAGE sql RETURN moment AT TIME ZONE one AT TIME ZONE other""",
)
PART = re.compile(r"\b(DATEADD|DATEDIFF)\((\s*)(\w+),")


class OnPostgres(ServerEngine):
    """PostgreSQL, of which Redshift is a descendant, with functions that take the place of
    Redshift's own: no proof of Redshift, but a second reading of its SQL, to the letter."""

    def __init__(self, url: str, timezone: str) -> None:
        address = address_of(url)
        assert address is not None
        super().__init__(address, timezone=timezone, timeout=60, rows=1000)
        self.dialect = "redshift"

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        return super().run(_in_shims(sql), types, most)

    def decimals(self, sql: str) -> dict[str, int]:
        return super().decimals(_in_shims(sql))


def _in_shims(sql: str) -> str:
    """Name the parts of times by texts."""
    return PART.sub(r"\1(\2'\3',", sql)
