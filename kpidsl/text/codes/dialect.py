"""K5xx: dialects and engines."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

CODES: tuple[CodeInfo, ...] = ()
