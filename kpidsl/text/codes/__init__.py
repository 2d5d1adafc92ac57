"""The registry of diagnostic codes, one module per family.

K1xx syntax, K2xx names, K3xx types and units, K4xx grain and joins, K5xx dialects,
K6xx data, K7xx reports, K9xx usage, D0xx domain (business sense), L0xx lint.
"""

from __future__ import annotations

from kpidsl.text.codes import (
    asking,
    data,
    dialect,
    domain,
    grain,
    identities,
    money,
    names,
    planning,
    reports,
    running,
    syntax,
    types,
    usage,
)
from kpidsl.text.codes.info import CodeInfo

_FAMILIES = (
    syntax,
    names,
    types,
    grain,
    planning,
    money,
    dialect,
    data,
    running,
    identities,
    reports,
    domain,
    usage,
    asking,
)

CODES: dict[str, CodeInfo] = {}
for _family in _FAMILIES:
    for _info in _family.CODES:
        if _info.code in CODES:
            raise RuntimeError(f"diagnostic code {_info.code} is registered twice")
        CODES[_info.code] = _info

__all__ = ["CODES", "CodeInfo"]
