"""Which commit of the definitions a page was made from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def commit_of(folder: Path) -> str:
    """Return the short commit of a folder under git; an empty string where git tells none."""
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        answer = subprocess.run(  # noqa: S603  (fixed arguments, no shell)
            [git, "-C", str(folder), "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
