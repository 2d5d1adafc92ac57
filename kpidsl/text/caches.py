"""Where what can be made again may be kept."""

from __future__ import annotations

import os
from pathlib import Path


def user_caches() -> Path | None:
    """Return kpidsl's folder in the user's one for caches; None for an account without a home, as
    some services have."""
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(named) if named else Path.home() / ".cache") / "kpidsl"
    except RuntimeError:
        return None
