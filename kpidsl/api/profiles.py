"""What a profile leads to: a database that answers, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kpidsl.api.config import read_config
from kpidsl.api.connecting import connected
from kpidsl.api.errors import KpidslError
from kpidsl.api.folder import folder_of
from kpidsl.api.loading import load
from kpidsl.engines.base import Engine, EngineError
from kpidsl.engines.servers import SERVERS
from kpidsl.sql.dialects.support import SUPPORT, Support
from kpidsl.text.diagnostic import error, has_errors

_ABOUT = {
    "duckdb": ("DuckDB", "SELECT version(), current_setting('TimeZone'), TRUE"),
    # SQLite has no time zones: times are local by functions of kpidsl's own.
    "sqlite": ("SQLite", "SELECT sqlite_version(), NULL, 1"),
} | {server.dialect: (server.name, server.about) for server in SERVERS.values()}
"""What people call a dialect's engine; a SELECT of its version, its time zone, and whether nothing
can be written: of database files that is so by how they are opened."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine says of itself; `timezone` is empty where it knows none."""

    engine: str
    version: str
    only_reads: bool
    timezone: str


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What a connection was found to be like."""

    profile: str
    engine: str
    version: str
    only_reads: bool
    timezone: str
    dialect: str
    support: Support


def profile_facts(name: str, path: str | Path = ".") -> ProfileFacts:
    """Connect by a profile of a project's settings, and say what was found; raises `KpidslError`.

    The project's definitions may have mistakes, or be missing still: only their time zone is used.
    """
    config, found = read_config(folder_of(Path(path)))
    if has_errors(found):
        raise KpidslError(found)
    model = load(path, profile=name).model
    zone = "UTC" if model is None else model.settings.timezone
    engine, found = connected(
        config, name, folder_of(Path(path)), timezone=zone, made_by="kpidsl profile test"
    )
    if engine is None:
        raise KpidslError(found)
    try:
        told = engine_facts(engine)
    finally:
        engine.close()
    return ProfileFacts(
        name,
        told.engine,
        told.version,
        told.only_reads,
        told.timezone or zone,
        engine.dialect,
        SUPPORT[engine.dialect],
    )


def engine_facts(engine: Engine) -> EngineFacts:
    """Ask an engine what it is; raises `KpidslError`."""
    called, about = _ABOUT[engine.dialect]
    try:
        [(version, timezone, only_reads)] = engine.run(about).rows
    except EngineError as failure:
        told = f"{called} refuses to say what it is: {failure}"
        raise KpidslError([error("K640", told, help="ask again when it is there")]) from None
    return EngineFacts(
        called, str(version).removeprefix("v"), bool(only_reads), str(timezone or "")
    )
