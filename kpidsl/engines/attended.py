"""Work that can be stopped: by Ctrl-C, and when its time is up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def attended(work: Callable[[], T], interrupt: Callable[[], object], timeout: float | None) -> T:
    """Do work in a second thread, so that Ctrl-C and the time limit, in seconds, reach the first
    one at once, whatever the engine is doing; raises `TimeoutError`."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        try:
            return future.result(timeout)
        except (KeyboardInterrupt, TimeoutError):
            while not future.done():  # between two statements an interrupt would be lost
                interrupt()
                wait([future], timeout=0.05)
            raise
