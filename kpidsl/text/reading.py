"""Reading a source file from disk: everything that can be wrong with it is a message."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.disk import is_folder, names_in
from kpidsl.text.source import SourceFile
from kpidsl.text.suggest import nearest

MAX_BYTES = 10_000_000


def read_source(path: Path, name: str | None = None) -> tuple[SourceFile | None, list[Diagnostic]]:
    """Read a UTF-8 file of at most `MAX_BYTES`; `name` is what messages call it.

    A byte order mark is taken off; line ends stay as they are. Offsets into the result count
    code points after the mark.
    """
    shown = name if name is not None else path.as_posix()
    try:
        content = _read(path, shown)
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path itself
        return None, [_unreadable(path, shown, problem)]
    if isinstance(content, Diagnostic):
        return None, [content]
    return _decode(content, shown)


def _read(path: Path, shown: str) -> bytes | Diagnostic:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        if stat.S_ISDIR(mode):
            return error("K902", f"`{shown}` is a folder", help="name a file in it")
        return error("K902", f"`{shown}` is a device or pipe", help="name a regular file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
        size = os.fstat(file.fileno()).st_size
    if len(content) <= MAX_BYTES:
        return content
    most = MAX_BYTES // 10**6
    return error(
        "K904",
        f"`{shown}` holds {size / 1e6:,.1f} MB; a source file holds at most {most} MB",
        help="keep rows of data in CSV or Parquet and name them in a `source`",
    )


def _unreadable(path: Path, shown: str, problem: OSError | ValueError) -> Diagnostic:
    if isinstance(problem, PermissionError):
        return error(
            "K903",
            f"`{shown}` may not be read by this user",
            help="give this user the right to read it",
        )
    if isinstance(problem, FileNotFoundError | NotADirectoryError):
        return error("K901", f"there is no file `{shown}`", help=_existing(path))
    reason = problem.strerror if isinstance(problem, OSError) else str(problem)
    return error("K903", f"`{shown}` can't be read: {reason}", help="name a readable file")


def _existing(path: Path) -> str:
    """Name the file or folder that a slip in the path most likely meant."""
    folder = path.parent
    if not is_folder(folder):
        return f"make the folder `{folder.as_posix()}`, or correct the path"
    near = nearest(path.name, names_in(folder), limit=1)
    if near:
        return f"write `{(folder / near[0]).as_posix()}`, if that is meant"
    return "correct the path"


def _decode(content: bytes, shown: str) -> tuple[SourceFile | None, list[Diagnostic]]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None, [_wrong_encoding(shown, "begins with the mark of UTF-16, at byte 0 (line 1)")]
    body = content.removeprefix(codecs.BOM_UTF8)
    shift = len(content) - len(body)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as problem:
        place = _place(body, problem.start, shift)
        guess = " (it may be Big5)" if _is_probably_big5(body) else ""
        what = f"holds a byte that is not UTF-8, 0x{body[problem.start]:02X} at {place}{guess}"
        return None, [_wrong_encoding(shown, what)]
    nul = body.find(b"\0")
    if nul < 0:
        return SourceFile(shown, text), []
    if body.count(b"\0") * 3 >= len(body):
        what = f"looks like UTF-16 without its mark: a NUL stands at {_place(body, nul, shift)}"
        return None, [_wrong_encoding(shown, what)]
    return None, [
        error(
            "K906",
            f"`{shown}` holds a NUL character at {_place(body, nul, shift)}",
            help="remove it; a text file holds none",
        )
    ]


def _place(body: bytes, index: int, shift: int) -> str:
    line = body.count(b"\n", 0, index) + 1
    return f"byte {index + shift:,} (line {line:,})"


def _wrong_encoding(shown: str, what: str) -> Diagnostic:
    return error("K905", f"`{shown}` {what}", help="save it again as UTF-8")


def _is_probably_big5(body: bytes) -> bool:
    """Western text also decodes as Big5 now and then, but not to mostly Chinese characters."""
    try:
        text = body.decode("big5")
    except UnicodeDecodeError:
        return False
    foreign = [char for char in text if not char.isascii()]
    return len(foreign) > 1 and all(
        "\u3000" <= char <= "\u9fff" or char > "\uff00" for char in foreign
    )
