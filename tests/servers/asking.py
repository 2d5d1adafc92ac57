"""What tests of servers ask and wait for, whichever server it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from kpidsl.engines.base import Engine, EngineError
from kpidsl.engines.servers.address import address_of

if TYPE_CHECKING:
    from kpidsl.engines.server import ServerEngine


@contextmanager
def opened(url: str, **options: Any) -> Iterator[ServerEngine]:
    from kpidsl.engines.server import ServerEngine  # noqa: PLC0415 -- SQLAlchemy is an extra

    address = address_of(url)
    assert address is not None
    settings: dict[str, Any] = {"timeout": 20, "rows": 1000, "tag": "kpidsl 1"} | options
    engine, found = ServerEngine.open(address, "Europe/Berlin", **settings)
    assert engine is not None, found
    try:
        yield engine
    finally:
        engine.close()


def failure(engine: Engine, sql: str) -> tuple[str, str]:
    """The kind of a statement's failure, and what it says."""
    with pytest.raises(EngineError) as failed:
        engine.run(sql)
    return failed.value.kind, str(failed.value)


def keeps_nothing(engine: Engine) -> bool:
    """Whether a temporary table is refused, before any server is asked."""
    with pytest.raises(EngineError) as refused:
        engine.keep("CREATE TEMPORARY TABLE kept AS SELECT 1")
    return not engine.keeps and refused.value.kind == "permission"


def until(holds: Callable[[], object], seconds: float = 120) -> bool:
    """Wait for something to hold, and tell whether it does."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(holds())
