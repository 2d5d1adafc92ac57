"""From a profile to the engine that it names."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from kpidsl.api.config import (
    MAX_ROWS,
    TIMEOUT,
    Config,
    Database,
    Profile,
    profile_of,
    target_of,
    unestimated,
    unlimited,
)
from kpidsl.engines.base import Engine, EngineError, Scan
from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.engines.guarded import GuardedEngine
from kpidsl.engines.servers import BigQuery, Snowflake, Spark
from kpidsl.engines.servers.address import Address
from kpidsl.engines.sqlite import SQLiteEngine
from kpidsl.text.diagnostic import Diagnostic, error, has_errors


def connected(
    config: Config, name: str | None, folder: Path, *, timezone: str, made_by: str
) -> tuple[Engine | None, list[Diagnostic]]:
    """Return an engine on a profile's database, or on the files of the sources where there is no
    profile; or say why there is none. `made_by` is what a server's operators are told."""
    profile, found = profile_of(config, name)
    if has_errors(found):
        return None, found
    if profile is None:
        return EmbeddedEngine.open(folder, None, timezone, timeout=TIMEOUT, rows=MAX_ROWS)
    called = name or config.default_profile or ""
    engine, found = _opened(called, profile, folder, timezone, made_by)
    most = Scan(profile.max_scan_rows, profile.max_scan_bytes)
    if engine is None or most == Scan():
        return engine, found
    try:
        found += _unestimated(called, most, engine)
    except EngineError as failure:
        code = "K662" if failure.kind == "lost" else "K640"
        told = f"the database doesn't say how much a question would read: {failure}"
        found += [error(code, told, help="ask again when it is there")]
    if has_errors(found):
        engine.close()
        return None, found
    return GuardedEngine(engine, most), found


def _unestimated(name: str, most: Scan, engine: Engine) -> list[Diagnostic]:
    """Return the first limit of a profile that its engine can't keep."""
    told = asdict(engine.estimate("SELECT 1"))
    for what, limit in asdict(most).items():
        if limit is not None and told[what] is None:
            return [unestimated(name, what, engine.dialect)]
    return []


def _opened(
    name: str, profile: Profile, folder: Path, timezone: str, made_by: str
) -> tuple[Engine | None, list[Diagnostic]]:
    target, found = target_of(name, profile, folder)
    if target is None:
        return None, found
    timeout, rows, memory = profile.timeout, profile.max_rows, profile.memory_limit
    match target:
        case Database("duckdb", path):
            return EmbeddedEngine.open(
                folder, path, timezone, timeout=timeout, rows=rows, memory=memory
            )
        case Address(server=server) if memory is not None:
            return None, [unlimited(name, server.name)]
        case Database() if memory is not None:
            return None, [unlimited(name, "SQLite")]
        case Address():
            return _served(target, timezone, profile, made_by)
        case Database(path=path):
            return SQLiteEngine.open(path, timezone, timeout=timeout, rows=rows)


def _served(
    address: Address, timezone: str, profile: Profile, made_by: str
) -> tuple[Engine | None, list[Diagnostic]]:
    server = address.server
    timeout, rows = profile.timeout, profile.max_rows
    missing = [module for module in server.needs if not _is_there(module)]
    if missing:
        return None, [
            error(
                "K930",
                f"the driver of {server.name} is not installed: there is no "
                f"{' and no '.join(f'`{name}`' for name in missing)}",
                help=f"install it: `pip install 'kpidsl[{server.extra}]'`",
            )
        ]
    if isinstance(server, BigQuery):
        from kpidsl.engines.bigquery import BigQueryEngine  # noqa: PLC0415 -- its client is an extra

        billed = profile.max_scan_bytes
        return BigQueryEngine.open(
            address, timezone, timeout=timeout, rows=rows, billed=billed, tag=made_by
        )
    if isinstance(server, Spark):
        from kpidsl.engines.spark import SparkEngine  # noqa: PLC0415 -- PySpark is an extra

        return SparkEngine.open(address, timezone, timeout=timeout, rows=rows, tag=made_by)
    if isinstance(server, Snowflake):
        from kpidsl.engines.snowflake import SnowflakeEngine  # noqa: PLC0415 -- as above

        return SnowflakeEngine.open(address, timezone, timeout=timeout, rows=rows, tag=made_by)
    from kpidsl.engines.server import ServerEngine  # noqa: PLC0415 -- SQLAlchemy is an extra

    return ServerEngine.open(address, timezone, timeout=timeout, rows=rows, tag=made_by)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False
