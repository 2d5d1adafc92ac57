"""A SELECT with fewer rows, where those of a query within another have no order."""

from __future__ import annotations

import re

_LIMIT = re.compile(r"\sLIMIT (\d+)\s*$")


def limited(sql: str, rows: int) -> str:
    found = _LIMIT.search(sql)
    if found is None:
        return f"{sql}\nLIMIT {rows}"
    return f"{sql[: found.start()]}\nLIMIT {min(rows, int(found[1]))}"
