"""What every verb shares: output that respects pipes and NO_COLOR, and stable exit codes."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import typer

from kpidsl.api.errors import KpidslError
from kpidsl.text.diagnostic import Diagnostic, Severity, error
from kpidsl.text.render import render, summary

if TYPE_CHECKING:
    from types import FrameType

    from kpidsl.api.project import Project

OK, FINDINGS, USAGE = 0, 1, 2
"""Exit codes: all well; the definitions or the data have mistakes; the call itself has."""

TERMINATED = 128 + signal.SIGTERM
"""The exit code of what is ended by this signal, as shells have it."""

CALL_TEXTS = frozenset({"<metric>", "<by>", "<where>", "<having>", "<period>"})
"""What diagnostics call the texts that the call itself holds."""

_ABOUT_CALLS = {"K503"}
_OF_TEXTS = {"K904", "K905", "K906"}
"""Codes about the call among others, and others among those about the call."""

_FULL = {errno.EDQUOT, errno.EFBIG, errno.ENOSPC}
"""What the system says when a disk, a user's share of it or a file can hold no more."""

P = ParamSpec("P")


class DiagnosticFormat(StrEnum):
    FULL = "full"
    CONCISE = "concise"
    JSON = "json"


def wants_colour(stream: object) -> bool:
    """Colours and movement only on a terminal that can, and never under NO_COLOR."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(getattr(stream, "isatty", lambda: False)())


def say(text: str = "") -> None:
    """Write a line of the answer."""
    typer.echo(text)


def note(text: str) -> None:
    """Write a line beside the answer."""
    typer.echo(text, err=True)


def show(
    diagnostics: Sequence[Diagnostic],
    form: DiagnosticFormat = DiagnosticFormat.FULL,
    *,
    err: bool = True,
    strict: bool = False,
) -> None:
    """Print diagnostics; beside the answer unless they are the answer."""
    stream = sys.stderr if err else sys.stdout
    text = render(list(diagnostics), form.value, wants_colour(stream), strict=strict)
    if text:
        typer.echo(text.rstrip("\n"), err=err)


def exit_code(diagnostics: Sequence[Diagnostic], *, strict: bool = False) -> int:
    """Return 2 when the call is at fault, 1 when something is wrong, otherwise 0."""
    errors = [item for item in diagnostics if item.severity is Severity.ERROR]
    if any(map(_is_usage, errors)):
        return USAGE
    return FINDINGS if errors or (strict and diagnostics) else OK


def _is_usage(item: Diagnostic) -> bool:
    """Tell whether the call or its surroundings are at fault, and no definition and no data."""
    if item.span is not None:
        return item.span.file.name in CALL_TEXTS
    return item.code in _ABOUT_CALLS or (item.code.startswith("K9") and item.code not in _OF_TEXTS)


def mention_errors(project: Project) -> None:
    """Say beside an answer that some definitions have errors: what needs them isn't in it."""
    errors = [item for item in project.diagnostics if item.severity is Severity.ERROR]
    if errors and project.model is not None:
        note(f"the definitions have {summary(errors)}: see `kpidsl check`")


class Terminated(KeyboardInterrupt):
    """A signal to end, as `docker stop`, systemd and a CI run that is cancelled send it: all that
    Ctrl-C stops is stopped, and tidied up."""


def hear_sigterm() -> None:
    """End on the signal as on Ctrl-C, unless whoever started this process has it ignored."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise Terminated


def guarded(verb: Callable[P, int]) -> Callable[P, None]:
    """Run a verb; end the process with its exit code, and no failure with a traceback."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(_outcome(verb, *args, **kwargs))

    return run


def _outcome(verb: Callable[P, int], *args: P.args, **kwargs: P.kwargs) -> int:
    try:
        return verb(*args, **kwargs)
    except Terminated:
        note("stopped by SIGTERM; nothing was left half written")
        return TERMINATED
    except KeyboardInterrupt:
        note("stopped by Ctrl-C; nothing was left half written")
        return USAGE
    except BrokenPipeError:
        _forget_output()  # the reader has gone, as in `| head`
        return OK
    except KpidslError as refused:
        show(refused.diagnostics)
        return exit_code(refused.diagnostics) or FINDINGS
    except Exception as failure:
        if os.environ.get("KPIDSL_DEBUG"):
            raise
        if isinstance(failure, OSError) and failure.errno in _FULL:
            _forget_output()
        show([_unforeseen(failure)])
        return USAGE


def _forget_output() -> None:
    """Drop what is still to be written: Python would fail again when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unforeseen(failure: Exception) -> Diagnostic:
    if isinstance(failure, OSError) and failure.errno in _FULL:
        return error(
            "K927",
            f"something can't be written: {failure.strerror}",
            help="make space on the disk",
        )
    text = f"{type(failure).__name__}: {failure}".splitlines()[0]
    return error(
        "K999",
        f"kpidsl failed on its own account: {text}",
        help="set KPIDSL_DEBUG=1 to see where, and report it",
    )
