"""`kpidsl explain`."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer

from kpidsl.cli.console import OK, USAGE, guarded, note, say
from kpidsl.text.codes import CODES, CodeInfo
from kpidsl.text.display import visible
from kpidsl.text.suggest import nearest

HELP = """Explain a diagnostic code: what it means, why it matters, an example and its mend.

Example: kpidsl explain K301
"""


@guarded
def run(code: Annotated[str, typer.Argument(help="A code such as K301 or D003.")]) -> int:
    info = CODES.get(code.upper())
    if info is None:
        close = nearest(code.upper(), CODES, 1)
        hint = f"; the nearest is `{close[0]}`" if close else ""
        note(f"there is no code `{visible(code)}`{hint}")
        return USAGE
    say(_page(info))
    return OK


def _page(info: CodeInfo) -> str:
    parts = [f"{info.code}: {info.title}", info.what, info.why]
    if info.example:
        parts += ["For example:", textwrap.indent(info.example.strip("\n"), "    ")]
    if info.mended:
        parts += ["Mended:", textwrap.indent(info.mended.strip("\n"), "    ")]
    return "\n\n".join(part for part in parts if part)
