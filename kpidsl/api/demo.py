"""The example shop: its data made, its pages written."""

from __future__ import annotations

import runpy
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from kpidsl.api.config import read_config
from kpidsl.api.errors import KpidslError
from kpidsl.api.loading import load
from kpidsl.api.output import make_folder, unwritable
from kpidsl.text.bundled import bundled
from kpidsl.text.diagnostic import Diagnostic, error

DEMO_NAME = "toy_store"
DEMO_NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)
"""The moment at which the demo is read: a day after its generated data end."""


def demo(out: str | Path) -> list[tuple[Path, list[Diagnostic]]]:
    """Write the example project, its generated data and its pages below `out`.

    Returns each page with what went wrong on it; raises `KpidslError` when the folder can't be
    written or holds something else than an earlier demo.
    """
    folder = Path(out)
    problem = make_folder(folder) or _foreign(folder)
    if problem is not None:
        raise KpidslError([problem])
    try:
        _make(folder)
    except OSError as failure:
        raise KpidslError([unwritable(folder, failure)]) from None
    with load(folder) as project:
        return project.reports(out=folder / "reports", now=DEMO_NOW)


def _foreign(folder: Path) -> Diagnostic | None:
    """Return a refusal to write among files that no demo has written."""
    config, _ = read_config(folder)
    if config.project.name == DEMO_NAME or not any(folder.iterdir()):
        return None
    return error(
        "K927",
        f"`{folder}` holds other files, and the demo would be mixed with them",
        help="name a new folder with `--out`",
    )


def _make(folder: Path) -> None:
    """Make everything in a hidden folder first, so that no file is ever there by half."""
    example = bundled("examples", DEMO_NAME)
    generator = runpy.run_path(str(example / "generate.py"))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as name:
        made = Path(name)
        for text in ("kpidsl.toml", "README.md"):
            shutil.copyfile(example / text, made / text)
        shutil.copytree(example / "definitions", made / "definitions")
        generator["generate"](made / "data")
        for file in sorted(made.rglob("*")):
            target = folder / file.relative_to(made)
            if file.is_dir():
                target.mkdir(exist_ok=True)
            else:
                file.replace(target)
