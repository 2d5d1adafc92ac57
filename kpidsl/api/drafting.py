"""`init`: a first project from data files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kpidsl.api.config import CONFIG_NAME
from kpidsl.api.errors import KpidslError
from kpidsl.api.output import make_folder, write_text
from kpidsl.engines.files.draft import describe_file
from kpidsl.engines.files.draft_text import draft_source, source_name, unused
from kpidsl.syntax.tokens import RESERVED
from kpidsl.text.diagnostic import Diagnostic, error

_CONFIG = """\
[project]
name = "{name}"
definitions = ["definitions"]
"""
_PROJECT = """\
kpidsl 1

# Drafted from the data files. Check the currency and the time zone.
project {name} {{
  currency: USD
  timezone: "UTC"
}}
"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What was written, and what was assumed of each file."""

    written: tuple[Path, ...]
    assumptions: tuple[tuple[str, tuple[str, ...]], ...]
    diagnostics: tuple[Diagnostic, ...]


def draft(files: Sequence[str | Path], out: str | Path = ".") -> Drafted:
    """Write `kpidsl.toml` and `definitions/sources.kpi`; raises `KpidslError` when either exists,
    or when no file can be read. A file that can't be read is left out, with its reason."""
    folder = Path(out)
    targets = (folder / "definitions" / "sources.kpi", folder / CONFIG_NAME)
    problem = next(map(_existing, filter(Path.exists, targets)), None) or make_folder(folder)
    if problem is not None:
        raise KpidslError([problem])
    blocks: list[str] = []
    taken: set[str] = set()
    assumptions: list[tuple[str, tuple[str, ...]]] = []
    diagnostics: list[Diagnostic] = []
    for path in map(Path, files):
        described, found = describe_file(path)
        diagnostics += found
        if described is not None:
            relative = _relative(path, folder)
            blocks.append(draft_source(described, relative, unused(source_name(relative), taken)))
            assumptions.append((path.name, described.assumptions))
    if not blocks:
        raise KpidslError(diagnostics or [error("K924", "no file to draft from", help="name one")])
    name = _identifier(folder.resolve().name)
    texts = ("\n".join([_PROJECT.format(name=name), *blocks]), _CONFIG.format(name=name))
    for position, (target, text) in enumerate(zip(targets, texts, strict=True)):
        problem = write_text(target, text)
        if problem is not None:
            # Half a project would stand in the way of the next attempt.
            for written in targets[:position]:
                written.unlink()
            raise KpidslError([problem])
    return Drafted(targets, tuple(assumptions), tuple(diagnostics))


def _existing(target: Path) -> Diagnostic:
    return error(
        "K927",
        f"`{target}` exists and would be overwritten",
        help="name another folder with `--out`",
    )


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _identifier(name: str) -> str:
    cleaned = "".join(char if char.isalnum() or char == "_" else "_" for char in name)
    plain = cleaned[:1].isalpha() and cleaned not in RESERVED
    return cleaned if plain else f"project_{cleaned}".rstrip("_")
