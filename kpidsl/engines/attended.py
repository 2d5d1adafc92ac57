"""Work that can be stopped: by Ctrl-C, and when its time is up."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event
from typing import TypeVar

from kpidsl.engines.base import EngineError

T = TypeVar("T")

PATIENCE = 10
"""Seconds in which a connection is made, and in which a statement that is cancelled stops."""


def attended(
    work: Callable[[], T],
    interrupt: Callable[[], object],
    timeout: float | None,
    grace: float = 0,
) -> T:
    """Do work in a second thread, so that Ctrl-C and the time limit, in seconds, reach the first
    one at once, whatever the engine is doing; raises `EngineError` where it is not done `grace`
    seconds after its time."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        try:
            return future.result(None if timeout is None else timeout + grace)
        except (KeyboardInterrupt, TimeoutError) as stop:
            while not future.done():  # between two statements an interrupt would be lost
                interrupt()
                wait([future], timeout=0.05)
            if timeout is None or isinstance(stop, KeyboardInterrupt):
                raise
            raise too_long(timeout) from None


class Stoppable(ABC):
    """What runs on a server, to be stopped from another thread."""

    def __init__(self) -> None:
        self.stopped = Event()
        self._asked = 0.0
        self._until = 0.0

    def stop(self) -> None:
        """Cancel the statement, at most once a second; hang up where it goes on and on."""
        now = time.monotonic()
        if not self.stopped.is_set():
            self.stopped.set()
            self._until = now + PATIENCE
        if not self._has_begun() or now < self._asked + 1:
            return
        self._asked = now
        with suppress(Exception):  # whatever a driver raises, the next second brings another try
            if now < self._until:
                self._cancel()
            else:
                self._hang_up()

    @abstractmethod
    def _has_begun(self) -> bool:
        """Tell whether there is something to stop."""

    @abstractmethod
    def _cancel(self) -> None:
        """Ask the server to stop it."""

    @abstractmethod
    def _hang_up(self) -> None:
        """End the connection on which it won't stop."""


S = TypeVar("S", bound=Stoppable)


def asked(
    work: Callable[[], T], statement: S, under_way: set[S], timeout: float, grace: float = 0
) -> T:
    """Do work for a statement, which is among those under way meanwhile, and is stopped `grace`
    seconds after its time; raises `EngineError` then."""
    under_way.add(statement)
    try:
        return attended(work, statement.stop, timeout, grace)
    finally:
        under_way.discard(statement)


def too_long(timeout: float) -> EngineError:
    return EngineError("timeout", f"stopped after {timeout:g} s")
