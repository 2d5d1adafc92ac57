"""Which commit of the definitions a page was made from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def commit_of(folder: Path) -> str:
    """Return the short commit of a folder under git, or an empty string."""
    git = shutil.which("git")
    if git is None:
        return ""
    answer = subprocess.run(  # noqa: S603  (fixed arguments, no shell)
        [git, "-C", str(folder), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    return answer.stdout.strip() if answer.returncode == 0 else ""
