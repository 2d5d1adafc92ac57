"""`kpidsl.toml`: where the definitions lie and what they are run on."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, unquote_plus

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from kpidsl.engines.servers import SERVERS
from kpidsl.engines.servers.address import Address, address_of, is_secret
from kpidsl.sql.dialects import DIALECTS
from kpidsl.text.bundled import bundled
from kpidsl.text.diagnostic import Diagnostic, error, has_errors
from kpidsl.text.disk import is_there
from kpidsl.text.reading import read_source
from kpidsl.text.sizes import SIZE, bytes_of
from kpidsl.text.suggest import nearest

CONFIG_NAME = "kpidsl.toml"
_FILES = ("duckdb", "sqlite")
"""The schemes of database files."""
FILES_DIALECT = "duckdb"
"""The dialect of projects that run on their sources' files."""
TIMEOUT = 300.0
"""Seconds that a question may take, where no profile says otherwise."""
MAX_ROWS = 1_000_000
"""How many rows an answer may have, where no profile says otherwise."""
_LONGEST = 1_000_000.0
"""The most seconds that a profile may allow: PostgreSQL takes twice as many at most."""
MOST_ROWS = 1_000_000_000
"""The most rows that a profile may allow: SQLite and DuckDB take twice as many at most."""
VARIABLE = re.compile(r"\$\{(\w+)\}")
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")
_PATH = re.compile(r"[^?;]*")
_LOGIN = re.compile(r"(?<=://)[^/?#]*(?=@)")
# The password of `scheme://user:password@host`, or an option such as `?token=…`.
_MAY_BE_SECRET = re.compile(
    r"(?:^|://)[^:/@]*:(?P<password>[^/]*)@|[?&;](?P<option>[^=&;]*)=(?P<value>[^&;]*)"
)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProjectSection(_Strict):
    """`[project]`: paths are relative to the file's folder. Files in `templates` stand in for the
    shipped templates of the same name."""

    name: str = ""
    edition: Literal[1] = 1
    definitions: tuple[str, ...] = (".",)
    packs: tuple[str, ...] = ("marketing", "ecommerce")
    strict: bool = False
    templates: str | None = None


def _in_bytes(value: object) -> object:
    """Return a size as a number of bytes; what is none is refused as a number."""
    return bytes_of(value) if isinstance(value, str) and re.fullmatch(SIZE, value) else value


class Profile(_Strict):
    """`[profile.NAME]`: `url` may hold `${ENV}` variables, so that no secret stands in git;
    `timeout` is in seconds, `max_rows` what an answer may have, `max_scan_rows` and
    `max_scan_bytes` what a statement may read by the engine's own estimate, `memory_limit` how much
    memory DuckDB may take before it writes to disk what it works on, such as "4 GB"."""

    url: str
    memory_limit: str | None = Field(default=None, pattern=f"^{SIZE}$")
    timeout: float = Field(default=TIMEOUT, gt=0, le=_LONGEST)
    max_rows: int = Field(default=MAX_ROWS, gt=0, le=MOST_ROWS)
    max_scan_rows: int | None = Field(default=None, gt=0)
    max_scan_bytes: Annotated[int | None, BeforeValidator(_in_bytes)] = Field(default=None, gt=0)


_EXAMPLES = {
    "name": '"corner_shop"',
    "edition": "1",
    "definitions": '["definitions"]',
    "packs": '["marketing"]',
    "strict": "true",
    "templates": '"templates"',
    "url": '"duckdb:///warehouse.duckdb"',
    "memory_limit": '"4 GB"',
    "timeout": "300",
    "max_rows": "1_000_000",
    "max_scan_rows": "50_000_000",
    "max_scan_bytes": '"10 GB"',
    "megabytes": "200",
    "default_profile": '"production"',
}
"""How each setting may be written."""
_FACTS = {
    "dict_type": "it should be a section",
    "missing": "it is missing",
    "model_type": "it should be a section",
    "string_pattern_mismatch": "it should be a size",
    "tuple_type": "it should be a list",
}
"""What is said in place of pydantic's words, which are of Python and of patterns."""


class CacheSection(_Strict):
    """`[cache]`: `megabytes` is how much room answers take at most; with 0 none is kept."""

    megabytes: int = Field(default=200, ge=0)


class Config(_Strict):
    cache: CacheSection = CacheSection()
    project: ProjectSection = ProjectSection()
    profile: dict[str, Profile] = {}
    default_profile: str | None = None


def read_config(folder: Path) -> tuple[Config, list[Diagnostic]]:
    """Return the folder's settings, or the defaults where it has none or can't use them.

    No diagnostic quotes the file: a line of it may hold a secret.
    """
    path = folder / CONFIG_NAME
    if not is_there(path):
        return Config(), []
    source, found = read_source(path, CONFIG_NAME)
    if source is None:
        return Config(), found
    try:
        config = Config.model_validate(tomllib.loads(source.text))
    except tomllib.TOMLDecodeError as failure:
        mend = "correct the line; texts stand in double quotes"
        return Config(), [_unusable(_going_on(str(failure)), mend)]
    except ValidationError as failure:
        return Config(), [_misfit(item) for item in failure.errors()]
    except (ValueError, RecursionError):  # Python's own limits
        fact = "it has a number of thousands of digits, or lists in lists a hundred deep"
        return Config(), [_unusable(fact, "take it out")]
    found = [*_secrets(config), *_unknown_names(config)]
    return (Config() if has_errors(found) else config), found


def _going_on(message: str) -> str:
    """Return a message as it stands after a colon."""
    return message[:1].lower() + message[1:]


def _misfit(item: ErrorDetails) -> Diagnostic:
    """Return what pydantic says, in our words; its input is left out, since it may be secret."""
    *parents, name = (str(part) for part in item["loc"])
    place = ".".join([*parents, name])
    if item["type"] != "extra_forbidden":
        fact = _FACTS.get(item["type"]) or _going_on(item["msg"])
        return _unusable(f"`{place}`: {fact}", _example(place, item))
    if parents and name in Config.model_fields:
        mend = f"move `{name}` to the top of the file, above the first section"
        return _unusable(f"there is no setting `{place}`", mend)
    models: dict[tuple[str, ...], type[BaseModel]] = {
        ("cache",): CacheSection,
        ("project",): ProjectSection,
        (): Config,
    }
    known = list(models.get(tuple(parents), Profile).model_fields)
    close = nearest(name, known, 1)
    mend = f"use `{close[0]}`" if close else f"use one of: {_listed(known)}"
    return _unusable(f"there is no setting `{place}`", mend)


def _example(place: str, item: ErrorDetails) -> str:
    """Return how a setting that doesn't fit is written."""
    name = next(part for part in reversed(item["loc"]) if isinstance(part, str))
    if item["type"] in {"model_type", "dict_type"}:
        section = "profile.production" if place.startswith("profile") else place
        return f"begin a section of its own: `[{section}]`"
    return f"write, for example, `{name} = {_EXAMPLES[name]}`"


def _secrets(config: Config) -> Iterator[Diagnostic]:
    for name, profile in config.profile.items():
        if any(written_secrets(profile.url)):
            yield error(
                "K929",
                f"the url of profile `{name}` in `{CONFIG_NAME}` holds a secret",
                help="change that secret, which others may have read, and name an environment "
                "variable in its place, such as `${SHOP_PASSWORD}`",
            )


def written_secrets(url: str) -> Iterator[re.Match[str]]:
    """Yield where a secret stands in a url as it is, and not in a variable."""
    server = SERVERS.get(_scheme(url))
    for found in _MAY_BE_SECRET.finditer(url):
        written = VARIABLE.sub("", found["password"] or found["value"] or "")
        option = found["option"]
        if written and (
            option is None or is_secret(server, unquote_plus(option), unquote_plus(written))
        ):
            yield found


def _unknown_names(config: Config) -> Iterator[Diagnostic]:
    """Return the names of packs and profiles that there are not."""
    packs = sorted(path.stem for path in bundled("definitions").glob("*.kpi"))
    for name in config.project.packs:
        if name not in packs:
            close = nearest(name, packs, 1)
            mend = f"use `{close[0]}`" if close else f"use some of: {_listed(packs)}"
            yield _unusable(f"there is no pack `{name}`", mend)
    if config.default_profile is not None and config.default_profile not in config.profile:
        yield _no_profile(config.default_profile, config)


def unlimited(name: str, engine: str) -> Diagnostic:
    """Return that a profile limits the memory of an engine that takes no such limit."""
    place = f"profile.{name}.memory_limit"
    return _unusable(f"`{place}`: {engine} is given no limit of its memory", f"take `{place}` out")


def unestimated(name: str, what: str, dialect: str) -> Diagnostic:
    """Return that a profile has a limit of rows or bytes that its engine can't keep."""
    place = f"profile.{name}.max_scan_{what}"
    return _unusable(f"`{place}`: {dialect} doesn't estimate {what}", f"take `{place}` out")


def _unusable(reason: str, mend: str) -> Diagnostic:
    return error("K920", f"`{CONFIG_NAME}` can't be used: {reason}", help=mend)


def _no_profile(name: str, config: Config) -> Diagnostic:
    close = nearest(name, config.profile, 1)
    known = _listed(sorted(config.profile)) or "none"
    return error(
        "K921",
        f"profile `{name}` doesn't exist",
        help=f"use `{close[0]}`" if close else f"the profiles in `{CONFIG_NAME}` are: {known}",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def profile_of(config: Config, name: str | None) -> tuple[Profile | None, list[Diagnostic]]:
    """Return the profile to run on; None: straight over the files of the sources."""
    name = config.default_profile if name is None else name
    if name is None:
        return None, []
    if name not in config.profile:
        return None, [_no_profile(name, config)]
    profile = config.profile[name]
    missing = [item for item in VARIABLE.findall(profile.url) if not os.environ.get(item)]
    found = [
        error(
            "K922",
            f"profile `{name}` needs the environment variable `{variable}`",
            help=f"set `{variable}`",
        )
        for variable in dict.fromkeys(missing)
    ]
    return (None if found else profile), found


@dataclass(frozen=True, slots=True)
class Database:
    """A database file, and the dialect of `kpidsl.sql.dialects` that it is asked in."""

    dialect: str
    path: Path


def dialect_of(config: Config, name: str | None) -> str:
    """Return the dialect of a profile's database; without one the sources' files are read."""
    profile = config.profile.get(name or config.default_profile or "")
    scheme = "" if profile is None else _scheme(profile.url)
    server = SERVERS.get(scheme)
    dialect = scheme if server is None else server.dialect
    return dialect if dialect in DIALECTS else FILES_DIALECT


def target_of(
    name: str, profile: Profile, folder: Path
) -> tuple[Database | Address | None, list[Diagnostic]]:
    """Return the database file or the server that a profile's url names."""
    url = _filled(profile.url)
    scheme, separator, rest = url.partition("://")
    if scheme in SERVERS and separator:
        address = address_of(url)
        return address, [] if address is not None else [_unreadable(name)]
    path = rest.removeprefix("/")
    if scheme in _FILES and rest.startswith("/") and path and "?" not in path:
        return Database(scheme, folder / path), []
    # What comes from the environment is never shown; the scheme as it is written is no secret.
    written = _SCHEME.match(profile.url)
    shown = f"the form `{written[0]}…`" if written else "this form"
    known = _listed([*(f"{item}:///" for item in _FILES), *(f"{item}://" for item in SERVERS)])
    return None, [
        error(
            "K923",
            f"a url of {shown} can't be used: this version runs on urls that begin with {known}",
            help='use `url = "duckdb:///path/to/file.duckdb"`, `"sqlite:///path/to/file.db"` or '
            '`"postgresql://user:${PASSWORD}@host/database"`',
        )
    ]


def _unreadable(name: str) -> Diagnostic:
    return error(
        "K923",
        f"the url of profile `{name}` can't be read: a `/`, `@`, `#` or `?` may stand in its "
        "password as it is, or its port is no number",
        help="give the password by a variable of its own, as in "
        "`postgresql://user:${PASSWORD}@host/database`, or write `%2F`, `%40`, `%23` and `%3F`",
    )


def _scheme(url: str) -> str:
    return _filled(url).partition("://")[0]


def _filled(url: str) -> str:
    """Return a url with the values of its variables, as far as there are any. In a login and an
    option a value is taken as it is, whatever signs it holds."""

    def plain(found: re.Match[str]) -> str:
        return os.environ.get(found[1], "")

    def encoded(found: re.Match[str]) -> str:
        return quote(plain(found), safe="")

    login = _LOGIN.search(url)
    if login is not None:
        start, end = login.span()
        before, after = url[:start] + VARIABLE.sub(encoded, login[0]), url[end:]
    else:
        before, after = "", url
    path = _PATH.match(after)
    assert path is not None
    return before + VARIABLE.sub(plain, path[0]) + VARIABLE.sub(encoded, after[path.end() :])
