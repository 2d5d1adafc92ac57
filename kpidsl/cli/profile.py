"""`kpidsl profile test`."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import kpidsl
from kpidsl.cli import options
from kpidsl.cli.console import FINDINGS, OK, guarded, say
from kpidsl.text.display import visible

if TYPE_CHECKING:
    from kpidsl.api.profiles import ProfileFacts

TEST_HELP = """Connect by a profile of kpidsl.toml, and say what is there.

Example: kpidsl profile test production

Shown are the server's version, whether nothing can be written, as far as it can be asked, the time
zone in which days begin, the dialect, how far its SQL is proved (executed on the engine itself, on
another one, or parsed only), and whether answers are kept between runs.

Exit code 0: questions can be asked; 1: the database file can't be opened, or the database says that
it could be written to; 2: no connection to the server, or the call itself is wrong.
"""


_WRITING = {True: "yes", False: "NO", None: "not known: "}


class FactsFormat(StrEnum):
    TABLE = "table"
    JSON = "json"


@guarded
def run_test(
    name: Annotated[str, typer.Argument(help="The profile's name.")],
    form: Annotated[
        FactsFormat, typer.Option("--format", help="How what was found is printed.")
    ] = FactsFormat.TABLE,
    project: options.ProjectPath = Path(),
) -> int:
    facts = kpidsl.profile_facts(name, project)
    say(_as_json(facts) if form is FactsFormat.JSON else _as_table(facts))
    return FINDINGS if facts.only_reads is False else OK


def _as_table(facts: ProfileFacts) -> str:
    lines = {
        "profile": facts.profile,
        "engine": f"{facts.engine} {facts.version}",
        "only reads": f"{_WRITING[facts.only_reads]}{facts.only_reads_note}",
        "time zone": facts.timezone,
        "dialect": f"{facts.dialect} ({facts.support.value})",
        "answers": f"{_keeping(facts)}{facts.answers_note}",
    }
    return "\n".join(f"{name:<10}  {visible(value)}" for name, value in lines.items())


def _keeping(facts: ProfileFacts) -> str:
    if facts.answers_kept:
        return "kept between runs" + (", but " if facts.answers_note else "")
    return "not known: " if facts.answers_kept is None else "asked for each time: "


def _as_json(facts: ProfileFacts) -> str:
    return json.dumps(asdict(facts), ensure_ascii=False, indent=2)
