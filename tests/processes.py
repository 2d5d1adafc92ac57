"""Programs that tests start, and stop by Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


def hear_ctrl_c() -> None:
    """Hear it, in a new process: what a shell runs in the background is deaf to it, and so are its
    children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process that a failing test leaves behind: its end would be waited for."""
    try:
        yield
    finally:
        process.kill()
