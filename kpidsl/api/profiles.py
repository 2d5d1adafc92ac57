"""What a profile leads to: a database that answers, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kpidsl.api.config import read_config
from kpidsl.api.connecting import connected
from kpidsl.api.errors import KpidslError
from kpidsl.api.folder import folder_of
from kpidsl.api.loading import load
from kpidsl.api.memory import memory_of
from kpidsl.engines.base import Engine, EngineError
from kpidsl.engines.servers import SERVERS
from kpidsl.model.project import Model
from kpidsl.model.sources import UnionOrigin
from kpidsl.run.memory import Memory
from kpidsl.sql.dialects.support import Support, support_of
from kpidsl.text.diagnostic import error, has_errors

_ABOUT = {
    "duckdb": (
        "DuckDB",
        """SELECT version(), current_setting('TimeZone'), bool_and(readonly)
        FROM duckdb_databases() WHERE path IS NOT NULL""",
    ),
    # SQLite has no time zones: times are local by functions of kpidsl's own.
    "sqlite": ("SQLite", "SELECT sqlite_version(), NULL, NULL"),
} | {server.dialect: (server.name, server.about) for server in SERVERS.values()}
"""What people call a dialect's engine; a SELECT of its version, its time zone, and whether nothing
can be written, NULL where no SELECT tells."""
_TABLE = """SELECT name FROM sqlite_master
WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' LIMIT 1"""
_UNSEEN = "kpidsl itself sends only reads; what else the account may do was not looked at"
_UNSURE = "nothing tells for certain whether rows have changed"
_NO_SOURCE = "there is no source to tell by"
_NAMED = 5
"""So many sources are named, the others counted."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine says of itself; `timezone` is empty where it knows none, `only_reads` None
    where nothing tells."""

    engine: str
    version: str
    only_reads: bool | None
    timezone: str


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What a connection was found to be like. `only_reads` is None where the database can't be
    asked whether something could be written, and `answers_kept` where there is no source to tell
    by whether answers are kept between runs; the notes say what is to be known then."""

    profile: str
    engine: str
    version: str
    only_reads: bool | None
    only_reads_note: str
    timezone: str
    dialect: str
    support: Support
    answers_kept: bool | None
    answers_note: str


def profile_facts(name: str, path: str | Path = ".") -> ProfileFacts:
    """Connect by a profile of a project's settings, and say what was found; raises `KpidslError`.

    The project's definitions may have mistakes, or be missing still: only their time zone and their
    sources are used.
    """
    folder = folder_of(Path(path))
    config, found = read_config(folder)
    if has_errors(found):
        raise KpidslError(found)
    model = load(path, profile=name).model
    zone = "UTC" if model is None else model.settings.timezone
    engine, found = connected(config, name, folder, timezone=zone, made_by="kpidsl profile test")
    if engine is None:
        raise KpidslError(found)
    try:
        told = engine_facts(engine)
        kept, why = None, _NO_SOURCE
        if model is not None:
            kept, why = _kept(model, memory_of(config, name, folder, model, engine))
    finally:
        engine.close()
    return ProfileFacts(
        name,
        told.engine,
        told.version,
        told.only_reads,
        _UNSEEN if told.only_reads is None else "",
        told.timezone or zone,
        engine.dialect,
        support_of(engine.dialect, told.version),
        kept,
        why,
    )


def _kept(model: Model, memory: Memory | None) -> tuple[bool | None, str]:
    """Tell whether answers about all sources are kept between runs, and what else is to be said."""
    if memory is None:
        return False, "the settings keep none, or there is no folder for them"
    sources = [item for item in model.sources.values() if not isinstance(item.origin, UnionOrigin)]
    if not sources:
        return None, _NO_SOURCE
    unsure = [source.name for source in sources if not memory.vouches(source)]
    if not unsure:
        return True, ""
    if len(unsure) == len(sources):
        return False, _UNSURE
    named = ", ".join(f"`{name}`" for name in unsure[:_NAMED])
    more = f" and {len(unsure) - _NAMED} more" if len(unsure) > _NAMED else ""
    return True, f"not about {named}{more}: {_UNSURE}"


def engine_facts(engine: Engine) -> EngineFacts:
    """Ask an engine what it is; raises `KpidslError`."""
    called, about = _ABOUT[engine.dialect]
    try:
        [(version, timezone, told)] = engine.run(about).rows
    except EngineError as failure:
        said = f"{called} refuses to say what it is: {failure}"
        raise KpidslError([error("K640", said, help="ask again when it is there")]) from None
    only_reads = None if told is None else bool(told)
    if engine.dialect == "sqlite":
        only_reads = _refuses(engine)
    return EngineFacts(called, str(version).removeprefix("v"), only_reads, str(timezone or ""))


def _refuses(engine: Engine) -> bool | None:
    """Tell whether SQLite refuses to delete no row of a table; None where there is no table."""
    found = engine.run(_TABLE).rows
    if not found:
        return None
    name = str(found[0][0]).replace('"', '""')
    try:
        engine.run(f'DELETE FROM "{name}" WHERE 0')  # noqa: S608 -- it deletes nothing
    except EngineError as refused:
        return refused.kind == "permission"
    return False
