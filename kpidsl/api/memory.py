"""Where answers are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from kpidsl import __version__
from kpidsl.api.config import Config, Database, profile_of, target_of
from kpidsl.engines.base import Engine
from kpidsl.engines.servers.address import Address
from kpidsl.model.project import Model
from kpidsl.run.memory import Memory
from kpidsl.run.store import Store

_FILE = "answers.sqlite"
_MEGABYTE = 1_000_000


def memory_of(
    config: Config, name: str | None, folder: Path, model: Model, engine: Engine
) -> Memory | None:
    """Return the memory of a profile's answers; None where none are kept, or there is no place."""
    caches = _caches()
    if caches is None or not config.cache.megabytes:
        return None
    store = Store(caches / _FILE, config.cache.megabytes * _MEGABYTE)
    place = (__version__, model.settings.timezone, _place(config, name, folder))
    return Memory(engine, store, "\0".join(place))


def _place(config: Config, name: str | None, folder: Path) -> str:
    """Return what tells one database from another, and as whom it is read: not its password."""
    profile, _ = profile_of(config, name)
    target = (
        None
        if profile is None
        else target_of(name or config.default_profile or "", profile, folder)[0]
    )
    match target:
        case Address():
            return f"{target.server.name} {target.shown} {target.database} {target.user}"
        case Database():
            return str(target.path.absolute())
    return str(folder.absolute())


def _caches() -> Path | None:
    """Return the folder of kpidsl's own in the user's one for caches."""
    user = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(user) if user else Path.home() / ".cache") / "kpidsl"
    except RuntimeError:  # no home folder, as for some service accounts
        return None
