"""Where answers are kept between runs."""

from __future__ import annotations

from pathlib import Path

from kpidsl import __version__
from kpidsl.api.config import Config, Database, profile_of, target_of
from kpidsl.engines.base import Engine
from kpidsl.engines.servers.address import Address
from kpidsl.model.project import Model
from kpidsl.run.memory import Memory
from kpidsl.run.store import Store
from kpidsl.text.caches import user_caches

_FILE = "answers.sqlite"
_MEGABYTE = 1_000_000


def memory_of(
    config: Config, name: str | None, folder: Path, model: Model, engine: Engine
) -> Memory | None:
    """Return the memory of a profile's answers; None where none are kept, or there is no place."""
    caches = user_caches()
    if caches is None or not config.cache.megabytes:
        return None
    store = Store(caches / _FILE, config.cache.megabytes * _MEGABYTE)
    place = (__version__, model.settings.timezone, _place(config, name, folder))
    return Memory(engine, store, "\0".join(place))


def _place(config: Config, name: str | None, folder: Path) -> str:
    """Return what tells one database from another, and how and as whom it is read: an option may
    name the schema. Secrets are no part of it."""
    profile, _ = profile_of(config, name)
    called = name or config.default_profile or ""
    target = None if profile is None else target_of(called, profile, folder)[0]
    match target:
        case Address():
            options = sorted(target.plain_options.items())
            return f"{target.server.name} {target.shown} {target.database} {target.user} {options}"
        case Database():
            return str(target.path.absolute())
    return str(folder.absolute())
