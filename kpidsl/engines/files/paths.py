"""From the patterns of a source to the files on disk."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from kpidsl.engines.files.refusal import Refused
from kpidsl.engines.fingerprint import fingerprint
from kpidsl.text.disk import is_folder, is_named_in_utf8, is_there, names_in
from kpidsl.text.suggest import nearest

_REMOTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")
_MAGIC = re.compile(r"[*?\[]")


class Format(StrEnum):
    DELIMITED = "delimited text"
    SHEET = "a workbook"
    PARQUET = "Parquet"
    JSON = "JSON"


_SUFFIXES = {
    ".csv": Format.DELIMITED,
    ".tsv": Format.DELIMITED,
    ".txt": Format.DELIMITED,
    ".csv.gz": Format.DELIMITED,
    ".tsv.gz": Format.DELIMITED,
    ".txt.gz": Format.DELIMITED,
    ".parquet": Format.PARQUET,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".ndjson": Format.JSON,
    ".xlsx": Format.SHEET,
    ".xlsm": Format.SHEET,
}


def shown(path: Path, base: Path) -> str:
    """Return the path as messages name it: relative to the project where it lies inside."""
    try:
        return path.relative_to(base).as_posix()
    except ValueError:
        return path.as_posix()


def glob_free(path: Path) -> str:
    """Return the path as the engine takes it for one file, whatever signs are in its name."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def scratch_file(folder: Path) -> Path:
    """Return a path in the folder that no file has yet."""
    return folder / f"{sum(1 for _ in folder.iterdir())}.txt"


def suffix(path: Path) -> str:
    """Return the suffix that tells the format, lower case; `.csv.gz` counts as one."""
    name = path.name.lower()
    ending = Path(name).suffix
    return Path(name.removesuffix(".gz")).suffix + ".gz" if ending == ".gz" else ending


def format_of(path: Path, base: Path) -> Format:
    found = _SUFFIXES.get(suffix(path))
    if found is None:
        raise Refused(
            "K604",
            f"`{shown(path, base)}` is of no known file format",
            "save it as one of " + ", ".join(f"`{item}`" for item in _SUFFIXES),
        )
    return found


def find(patterns: tuple[str, ...], base: Path) -> tuple[Path, ...]:
    """Return the files of all patterns, each once, sorted by path.

    The sort order is what `overlap: latest_file` calls later: modification times don't
    survive a checkout. Absolute paths and `..` are fine for a local tool; a URL is not,
    since the embedded engine has no network.
    """
    found = {path for pattern in patterns for path in _matches(pattern, base)}
    for path in sorted(found):
        _require_readable(path, base)
    return tuple(sorted(found, key=lambda path: path.as_posix()))


def fingerprint_of(patterns: tuple[str, ...], base: Path) -> str | None:
    """Return what tells whether the files of patterns have changed; None where they can't be
    read."""
    try:
        return fingerprint(find(patterns, base))
    except Refused:
        return None


def _matches(pattern: str, base: Path) -> list[Path]:
    if _REMOTE.match(pattern):
        raise Refused(
            "K602",
            f"`{pattern}` is an address on the network, and files are read from disk only",
            "download the file and name its path",
        )
    literal = base / pattern
    if is_there(literal) or not _MAGIC.search(pattern):
        if not is_there(literal):
            raise _missing(pattern, base)
        return [literal]
    # Path.glob takes no absolute pattern.
    names = glob.glob(pattern, root_dir=base, recursive=True)  # noqa: PTH207
    # Office programs leave a lock file `~$name.xlsx` beside an open workbook.
    paths = [base / name for name in names if not Path(name).name.startswith("~$")]
    files = [path for path in paths if not is_folder(path)]
    if not files:
        raise _missing(pattern, base)
    return files


def _missing(pattern: str, base: Path) -> Refused:
    folder = (base / pattern).parent
    what = "no file matches" if _MAGIC.search(pattern) else "there is no file"
    if not is_folder(folder):
        return Refused(
            "K601",
            f"{what} `{pattern}`: the folder `{shown(folder, base)}` does not exist",
            "correct the path; in definitions it is relative to the project's folder",
        )
    names = sorted(name for name in names_in(folder) if not name.startswith("."))
    near = _nearest(Path(pattern).name, names)
    mend = f"use `{shown(folder / near, base)}`" if near else "correct the path"
    if not near and names:
        mend += f"; `{shown(folder, base)}` holds " + ", ".join(f"`{n}`" for n in names[:5])
    return Refused("K601", f"{what} `{pattern}`", mend)


def _nearest(name: str, names: Sequence[str]) -> str | None:
    """Return the file that a slip in a name most likely meant, by what stands before the suffix:
    `.csv` is no likeness."""
    stem, _, suffix = name.partition(".")
    stems = {other.partition(".")[0]: other for other in names}
    stems |= {other.removesuffix(f".{suffix}"): other for other in names}
    near = nearest(stem, stems, 1)
    return stems[near[0]] if near else None


def _require_readable(path: Path, base: Path) -> None:
    if is_folder(path):
        raise Refused(
            "K603",
            f"`{shown(path, base)}` is a folder",
            f'name the files in it, as in `files: "{shown(path, base)}/*.csv"`',
        )
    if not is_named_in_utf8(path):
        raise Refused(
            "K603",
            f"`{path}` can't be opened: its path is no UTF-8",
            "rename the file, or the folder that it is in",
        )
    try:
        with path.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            size = stream.tell()
    except OSError as cause:
        raise Refused(
            "K603",
            f"`{shown(path, base)}` can't be opened: {cause.strerror}",
            "give this user the right to read the file",
        ) from cause
    if size == 0:
        raise Refused(
            "K607", f"`{shown(path, base)}` is empty, without even a header", "export it again"
        )
