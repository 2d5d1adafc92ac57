"""The command `kpidsl`: one file per verb, no logic."""

from __future__ import annotations

import io
import sys
from typing import Annotated, TextIO

import typer

import kpidsl
from kpidsl.cli import (
    certify,
    check,
    compile,  # noqa: A004
    demo,
    explain,
    init,
    profile,
    query,
    report,
    verify,
)
from kpidsl.cli.console import hear_sigterm
from kpidsl.cli.once import Once

app = typer.Typer(
    name="kpidsl",
    help="KPIs as code: check definitions, ask for numbers, make each audience its page.",
    epilog="Start with: kpidsl demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kpidsl {kpidsl.__version__}")
        raise typer.Exit


@app.callback()
def kpidsl_command(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """KPIs as code: check definitions, ask for numbers, make each audience its page."""


for _verb in (init, demo, check, compile, query, verify, report, certify, explain):
    app.command(_verb.__name__.rpartition(".")[2], cls=Once, help=_verb.HELP)(_verb.run)

_profile = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_profile.command("test", cls=Once, help=profile.TEST_HELP)(profile.run_test)
app.add_typer(_profile, name="profile", help="Try the profiles of kpidsl.toml.")


def main() -> None:
    """Run the command line."""
    hear_sigterm()
    sys.stdout, sys.stderr = map(_whole, (sys.stdout, sys.stderr))
    app()


def _whole(stream: TextIO) -> TextIO:
    """Return a stream that writes all that it is given, or fails."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    # A character that the terminal's or pipe's encoding lacks must not end the run.
    stream.reconfigure(errors="backslashreplace")
    if not isinstance(stream.buffer, io.RawIOBase):
        return stream
    # Under PYTHONUNBUFFERED, Python takes no notice of what a full disk leaves out.
    encoding, errors = stream.encoding, stream.errors
    buffered = io.BufferedWriter(stream.detach())
    return io.TextIOWrapper(buffered, encoding, errors, write_through=True)
