"""Help, explanations and the version."""

from __future__ import annotations

import shlex

import pytest
import typer

import kpidsl
from kpidsl.cli.main import app
from kpidsl.text.codes import CODES
from tests.cli.conftest import Shell

VERBS = [
    *("init", "demo", "check", "compile", "query", "verify", "report", "certify", "explain"),
    "profile",
]


def test_help_names_every_verb(shell: Shell) -> None:
    done = shell.run("--help")
    assert done.code == 0
    assert all(f"\n  {verb} " in done.out for verb in VERBS)


@pytest.mark.parametrize("verb", [*VERBS[:-1], "profile test"])
def test_the_help_of_a_verb_shows_an_example(shell: Shell, verb: str) -> None:
    done = shell.run(*verb.split(), "--help")
    assert done.code == 0
    assert f"Example: kpidsl {verb}" in done.out
    assert "\x1b" not in done.out


def test_the_version(shell: Shell) -> None:
    assert shell.run("--version").out == f"kpidsl {kpidsl.__version__}\n"


def test_an_unknown_verb(shell: Shell) -> None:
    shell.refused("chekc", code=2, names=["chekc"])


CALLS = [
    line
    for info in CODES.values()
    for line in f"{info.example}\n{info.mended}".splitlines()
    if line.startswith("kpidsl ") and line.split()[1].isalpha() and "&&" not in line
]


@pytest.mark.parametrize("line", CALLS)
def test_the_calls_that_codes_show_have_no_slip_of_their_own(line: str) -> None:
    """Their mistakes are those of the code; what the command line itself refuses is none."""
    _, verb, *words = shlex.split(line, comments=True)
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    commands[verb].make_context(verb, words)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_explained(shell: Shell, code: str) -> None:
    done = shell.run("explain", code.lower())
    assert done.code == 0
    assert done.out.startswith(f"{code}: {CODES[code].title}\n")
    assert CODES[code].what in done.out


def test_an_unknown_code_names_the_nearest(shell: Shell) -> None:
    shell.refused("explain", "K3O1", code=2, names=["no code `K3O1`", "`K301`"])
    shell.refused("explain", "nonsense", code=2, names=["no code `nonsense`"])
    shell.refused("explain", "\x1b[31m", code=2, names=["no code `\\x1b[31m`"])
