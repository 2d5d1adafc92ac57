"""The parse tables of `kpi.lark`, built once and cached on disk (3 ms against 140 ms)."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path

import lark

from kpidsl.text.caches import user_caches

STARTS = ("file", "expression", "trivia")


@cache
def tables() -> lark.Lark:
    """Return the lexer and the LALR tables, from the cache where one of its places has them."""
    grammar = files("kpidsl.syntax").joinpath("kpi.lark").read_text(encoding="utf-8")
    # Tables pickled by another lark or Python may not load, or load wrongly.
    versions = f"{lark.__version__} {sys.version} {STARTS}"
    key = hashlib.sha256(f"{versions}\n{grammar}".encode()).hexdigest()[:20]
    places = [folder / f"kpi-{key}.tables" for folder in _cache_folders()]
    for place in places:
        loaded = _load(place)
        if loaded is not None:
            return loaded
    built = lark.Lark(grammar, parser="lalr", lexer="basic", start=list(STARTS))
    buffer = io.BytesIO()
    built.save(buffer)
    for place in places:
        if _write(place, buffer.getvalue()):
            break
    return built


def _cache_folders() -> list[Path]:
    """Return where tables may lie: beside the package's bytecode, else with the user's caches.

    Both are as trusted as the `.pyc` files that Python itself loads from the first.
    """
    user = user_caches()
    return [Path(__file__).parent / "__pycache__", *([] if user is None else [user])]


def _load(place: Path) -> lark.Lark | None:
    try:
        with place.open("rb") as file:
            return lark.Lark.load(file)
    except Exception:  # noqa: BLE001 - whatever is wrong with the file, tables can be built again
        return None


def _write(place: Path, content: bytes) -> bool:
    """Write by renaming, so that a process that reads meanwhile never sees half a file."""
    part = place.with_suffix(f".{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.write_bytes(content)
        part.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        return False
    return True
