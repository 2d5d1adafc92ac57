"""`init`: a first project from data files, or from the tables of a database."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus

from kpidsl.api.config import (
    CONFIG_NAME,
    VARIABLE,
    Config,
    Profile,
    profile_of,
    read_config,
    written_secrets,
)
from kpidsl.api.connecting import connected
from kpidsl.api.drafting_tables import drafted_tables
from kpidsl.api.errors import KpidslError
from kpidsl.api.folder import definition_files
from kpidsl.api.output import make_folder, write_text
from kpidsl.engines.files.draft import describe_file
from kpidsl.engines.files.draft_text import draft_source, source_name, unused
from kpidsl.syntax.tokens import RESERVED
from kpidsl.text.diagnostic import Diagnostic, error, has_errors
from kpidsl.text.disk import is_there

_SOURCES = Path("definitions", "sources.kpi")
_PROFILE = "warehouse"
_BEGINS_PROJECT = re.compile(r"^\s*project\b", re.MULTILINE)
_CONFIG = """\
[project]
name = "{name}"
definitions = ["definitions"]
"""
_DATABASE_CONFIG = """\
default_profile = "{profile}"

[project]
name = "{name}"
definitions = ["definitions"]

[profile.{profile}]
url = {url}
"""
_PROJECT = """\
kpidsl 1

# Drafted from {what}. Check the currency and the time zone.
project {name} {{
  currency: USD
  timezone: "UTC"
}}
"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What was written, and what was assumed of each file or table."""

    written: tuple[Path, ...]
    assumptions: tuple[tuple[str, tuple[str, ...]], ...]
    diagnostics: tuple[Diagnostic, ...]


def draft(files: Sequence[str | Path], out: str | Path = ".") -> Drafted:
    """Write `kpidsl.toml` and `definitions/sources.kpi`; raises `KpidslError` when either exists,
    or when no file can be read. A file that can't be read is left out, with its reason."""
    folder = Path(out)
    targets = (folder / _SOURCES, folder / CONFIG_NAME)
    _must_be_free(folder, targets)
    blocks: list[str] = []
    taken: set[str] = set()
    assumptions: list[tuple[str, tuple[str, ...]]] = []
    diagnostics: list[Diagnostic] = []
    for path in dict.fromkeys(map(Path, files)):
        described, found = describe_file(path)
        diagnostics += found
        if described is not None:
            relative = _relative(path, folder)
            blocks.append(draft_source(described, relative, unused(source_name(relative), taken)))
            assumptions.append((path.name, described.assumptions))
    if not blocks:
        raise KpidslError(diagnostics or [error("K924", "no file to draft from", help="name one")])
    name = _identifier(folder.resolve().name)
    project = _PROJECT.format(name=name, what="the data files")
    _write(
        dict(zip(targets, ("\n".join([project, *blocks]), _CONFIG.format(name=name)), strict=True))
    )
    return Drafted(targets, tuple(assumptions), tuple(diagnostics))


def draft_database(database: str, out: str | Path = ".") -> Drafted:
    """Write `definitions/sources.kpi` from the catalogue of a database, which is the url of one or
    the name of a profile; with a url `kpidsl.toml` too, in which a variable of the environment
    stands for each of its secrets. Raises `KpidslError` when either exists, when there is no
    connection, or no table."""
    folder = Path(out)
    by_url = "://" in database
    sources, settings = folder / _SOURCES, folder / CONFIG_NAME
    _must_be_free(folder, (sources, settings) if by_url else (sources,))
    config, found = read_config(folder)
    if by_url:
        config = Config(profile={_PROFILE: Profile(url=database)})
    elif not found:
        found = profile_of(config, database)[1]
    if has_errors(found):
        raise KpidslError(found)
    profile = _PROFILE if by_url else database
    engine, found = connected(config, profile, folder, timezone="UTC", made_by="kpidsl init")
    if engine is None:
        raise KpidslError(found)
    try:
        tables = drafted_tables(engine)
    finally:
        engine.close()
    blocks = [table.text for table in tables if table.text]
    if not blocks:
        raise KpidslError([_no_table()])
    name = _identifier(folder.resolve().name)
    if not _has_project(folder, config):
        blocks.insert(0, _PROJECT.format(name=name, what="a database"))
    texts = {sources: "\n".join(blocks)}
    assumptions = [(table.name, table.assumptions) for table in tables if table.assumptions]
    if by_url:
        url, variables = shareable(database)
        texts[settings] = _DATABASE_CONFIG.format(name=name, profile=_PROFILE, url=json.dumps(url))
        if variables:
            told = (f"the {what} is in the variable `{each}`" for each, what in variables.items())
            assumptions.append((CONFIG_NAME, tuple(told)))
    _write(texts)
    return Drafted(tuple(texts), tuple(assumptions), ())


def shareable(url: str) -> tuple[str, dict[str, str]]:
    """Return a url with the secrets that stand in it taken from environment variables, and what
    each of these holds."""
    variables: dict[str, str] = {}
    taken = set(VARIABLE.findall(url))
    parts, end = [], 0
    for found in written_secrets(url):
        option = found["option"]
        named = "password" if option is None else re.sub(r"\W", "_", unquote_plus(option))
        variable = unused(f"DATABASE_{named.upper()}", taken)
        variables[variable] = "password" if option is None else f"option `{option}`"
        start, stop = found.span("password" if option is None else "value")
        parts += [url[end:start], f"${{{variable}}}"]
        end = stop
    return "".join([*parts, url[end:]]), variables


def _must_be_free(folder: Path, targets: Sequence[Path]) -> None:
    problem = next(map(_existing, filter(is_there, targets)), None) or make_folder(folder)
    if problem is not None:
        raise KpidslError([problem])


def _write(texts: Mapping[Path, str]) -> None:
    written: list[Path] = []
    for target, text in texts.items():
        problem = write_text(target, text)
        if problem is not None:
            # Half a project would stand in the way of the next attempt.
            for path in written:
                path.unlink()
            raise KpidslError([problem])
        written.append(target)


def _has_project(folder: Path, config: Config) -> bool:
    """Tell whether there are definitions already, with a `project` among them."""
    files, _ = definition_files(folder, config)
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in files)
    return any(_BEGINS_PROJECT.search(text) for text in texts)


def _no_table() -> Diagnostic:
    return error(
        "K641",
        "the database has no table that can be read",
        help="let an owner of the database grant the user the right to read its tables",
    )


def _existing(target: Path) -> Diagnostic:
    return error(
        "K927",
        f"`{target}` exists and would be overwritten",
        help="name another folder with `--out`",
    )


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _identifier(name: str) -> str:
    cleaned = "".join(char if char.isalnum() or char == "_" else "_" for char in name)
    plain = cleaned[:1].isalpha() and cleaned not in RESERVED
    return cleaned if plain else f"project_{cleaned}".rstrip("_")
