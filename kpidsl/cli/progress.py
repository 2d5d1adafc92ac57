"""A sign of life while something takes long, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kpidsl.cli.console import wants_colour
from kpidsl.text.display import visible


@contextmanager
def working(text: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner beside the answer; nothing in a pipe, nothing that moves under NO_COLOR.

    What is yielded changes the text.
    """
    if not wants_colour(sys.stderr):
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  (only on a terminal)
    from rich.markup import escape  # noqa: PLC0415

    with Console(stderr=True).status(text) as status:
        yield lambda now: status.update(escape(visible(now)))
