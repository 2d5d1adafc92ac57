"""Files are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.disk import is_folder, is_there

_ERRORS = "backslashreplace"
"""A file may have a name that is no UTF-8, and is then shown as on a terminal."""


def make_folder(folder: Path) -> Diagnostic | None:
    """Make a folder for output; return what stands in the way, before any work is done for it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as failure:  # ValueError: a NUL in the path
        return unwritable(folder, failure)
    if not os.access(folder, os.W_OK | os.X_OK):
        return _refused(folder, "the system allows no writing in it")
    return None


def make_folder_of(file: Path) -> Diagnostic | None:
    """Make the folder of a file for output; return what stands in the way of the two."""
    if is_folder(file):
        return error("K927", f"`{file}` is a folder", help="name a file in it")
    return make_folder(file.parent)


def write_text(path: Path, text: str) -> Diagnostic | None:
    """Write a file by way of a new one beside it; return what stands in the way."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("x", encoding="utf-8", errors=_ERRORS, newline="\n") as file:
                file.write(text)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as failure:
        return unwritable(path, failure)
    return None


def unwritable(path: Path, failure: OSError | ValueError) -> Diagnostic:
    """Return why a file or folder can't be written."""
    above = next((item for item in (path, *path.parents) if is_there(item)), None)
    if isinstance(failure, FileExistsError | NotADirectoryError) and above is not None:
        return _refused(path, f"`{above}` is a file")
    return _refused(path, getattr(failure, "strerror", None) or str(failure))


def _refused(path: Path, reason: str) -> Diagnostic:
    return error(
        "K927",
        f"`{path}` can't be written: {reason}",
        help="name a folder that can be written, with space left",
    )
