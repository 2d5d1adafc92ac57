"""A command whose options are given once: of two the first would be passed over in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperCommand

_JOINED: Mapping[str | None, str] = {
    "by": "a comma",
    "order": "a comma",
    "per": "a comma",
    "compare": "a comma",
    "totals_by": "a comma",
    "where": "`and`",
    "having": "`and`",
}
"""By what several values of an option are joined to one."""


class Once(TyperCommand):
    """Refuses an option that is given twice, unless it is a list."""

    # typer brings its own copy of click, or needs click itself, and names the types of neither.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        options: list[Any] = self.get_params(ctx)
        for option in options:
            if option.param_type_name != "option" or option.multiple or given.count(option) < 2:
                continue
            joined = _JOINED.get(option.name)
            mend = "leave one out" if joined is None else f"join the two by {joined}"
            raise typer.BadParameter(f"it is given twice: {mend}", ctx=ctx, param=option)
        return super().parse_args(ctx, args)
