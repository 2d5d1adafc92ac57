"""Looking at the disk, which fails on no path that anybody may name."""

from __future__ import annotations

import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Tell whether something is at a path, or may be: what may not be looked at is refused when it
    is opened, with the system's reason."""
    try:
        path.stat()
    except PermissionError:
        return True
    except (OSError, ValueError):  # a name that is too long, a NUL
        return False
    return True


def is_folder(path: Path) -> bool:
    """Tell whether a path leads to a folder."""
    return os.path.isdir(path)  # noqa: PTH112 -- `Path.is_dir` fails on names that are too long


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, for suggestions; none where it can't be read."""
    try:
        return [item.name for item in folder.iterdir()]
    except (OSError, ValueError):
        return []


def as_bytes(text: str) -> bytes:
    """Return a text in which a path may stand that is no UTF-8 as bytes."""
    return text.encode("utf-8", "surrogateescape")


def is_named_in_utf8(path: Path) -> bool:
    """Tell whether a path can be given to what takes texts only, such as DuckDB."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True
