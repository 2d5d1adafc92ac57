"""What tests of servers ask and wait for, whichever server it is."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from kpidsl.engines.base import Engine, EngineError
from kpidsl.engines.servers.address import Address, address_of
from kpidsl.text.diagnostic import Diagnostic

if TYPE_CHECKING:
    from kpidsl.engines.server import ServerEngine

SECRETS = ("p@ss/w%rd", "p%40ss%2Fw%25rd")
"""The password of the servers that tests start, as it is and as it stands in a url."""


def known(url: str) -> Address:
    address = address_of(url)
    assert address is not None
    return address


@contextmanager
def opened(url: str, **options: Any) -> Iterator[ServerEngine]:
    from kpidsl.engines.server import ServerEngine  # noqa: PLC0415 -- SQLAlchemy is an extra

    settings: dict[str, Any] = {"timeout": 20, "rows": 1000, "tag": "kpidsl 1"} | options
    engine, found = ServerEngine.open(known(url), "Europe/Berlin", **settings)
    assert engine is not None, found
    try:
        yield engine
    finally:
        engine.close()


def unconnected(url: str, zone: str = "UTC", *, kind: Any = None) -> Diagnostic:
    """The one reason why there is no connection, which holds no password; `kind` is the engine's
    class, where it is one of its own."""
    from kpidsl.engines.server import ServerEngine  # noqa: PLC0415 -- SQLAlchemy is an extra

    engine, [found] = (kind or ServerEngine).open(known(url), zone, timeout=5, rows=1, tag="")
    assert engine is None
    assert isinstance(found, Diagnostic)
    assert not any(secret in found.message for secret in SECRETS)
    return found


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


@contextmanager
def meanwhile(
    act: Callable[[], object], when: Callable[[], object], *, again: bool = False
) -> Iterator[None]:
    """While the statement in the body runs, act from another thread as soon as something holds;
    `again` and again where what is shown to run may not have begun yet."""
    is_over = threading.Event()

    def other() -> None:
        while not is_over.is_set() and not when():
            is_over.wait(0.02)
        while not is_over.is_set():
            act()
            if not again:
                return
            is_over.wait(0.2)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def ctrl_c() -> Callable[[], None]:
    """What presses Ctrl-C in the thread that asks for it here."""
    here = threading.get_ident()
    return lambda: signal.pthread_kill(here, signal.SIGINT)
