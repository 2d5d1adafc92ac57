"""A sign of life while something takes long, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kpidsl.cli.console import wants_colour


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show a spinner beside the answer; nothing in a pipe, nothing that moves under NO_COLOR."""
    if not wants_colour(sys.stderr):
        yield
        return
    from rich.console import Console  # noqa: PLC0415  (only on a terminal)

    with Console(stderr=True).status(text):
        yield
