"""`kpidsl certify`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import kpidsl
from kpidsl.api.errors import KpidslError
from kpidsl.api.output import make_folder_of, write_text
from kpidsl.cli import options
from kpidsl.cli.certificates import as_json, as_markdown, as_text, summary
from kpidsl.cli.console import FINDINGS, OK, USAGE, guarded, note, say, show
from kpidsl.cli.progress import working

if TYPE_CHECKING:
    from kpidsl.text.diagnostic import Diagnostic

HELP = """Prove a database: run cases whose answers were worked out by hand, and compare.

Example: kpidsl certify --profile production --output support.md

The rows of the cases stand in the statements, each a single SELECT: no table is read, and no right
on any is needed. A case whose construct the dialect lacks is refused, as such a question would be.

Exit code 0: no number is wrong or missing; 1: some are; 2: no connection, one that was lost on the
way, or the call itself is wrong.
"""


class CertificateFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


@guarded
def run(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file for every case: .json, or else Markdown."),
    ] = None,
    form: Annotated[
        CertificateFormat, typer.Option("--format", help="How what was found is printed.")
    ] = CertificateFormat.TEXT,
    project: options.ProjectPath = Path(),
    profile: options.Profile = None,
) -> int:
    if output is not None:
        _insist(make_folder_of(output))
    try:
        with working("certifying") as tell:
            found = kpidsl.certify(profile, project, tell)
    except KpidslError as refused:  # nothing is proved, and nothing found to be wrong
        show(refused.diagnostics)
        return USAGE
    say(as_json(found) if form is CertificateFormat.JSON else as_text(found))
    if output is not None:
        text = as_json(found) if output.suffix == ".json" else as_markdown(found)
        _insist(write_text(output, text + "\n"))
    note(summary(found))
    return OK if found.holds else FINDINGS


def _insist(problem: Diagnostic | None) -> None:
    if problem is not None:
        raise KpidslError([problem])
