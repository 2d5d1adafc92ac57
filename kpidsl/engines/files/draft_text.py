"""The draft of a file as the text of a `source` block."""

from __future__ import annotations

import json
import re
from itertools import chain, count
from pathlib import PurePosixPath

from kpidsl.engines.files.draft import FileDraft
from kpidsl.syntax.tokens import RESERVED

_PLAIN = re.compile(r"[^\W\d]\w*")


def draft_source(draft: FileDraft, relative_path: str, name: str | None = None) -> str:
    """Return a `source` block for the file, one entry a line, ending in a line feed; without a
    `name` it is called after the file."""
    taken = {"rows"}
    named = name or source_name(relative_path)
    lines = [f"source {named} {{", f"  files: {_string(relative_path)}"]
    options = _options(draft)
    if options:
        lines.append("  read { " + ", ".join(options) + " }")
    lines.append(f"  key: {_key(draft)}")
    if draft.time is not None:
        naive = dict(draft.columns)[draft.time] == "TIMESTAMP"
        stored = ' { stored_as: "UTC" }' if naive else ""
        if naive:
            lines.append("  # The times have no zone: set the one that they were written in.")
        lines.append(f"  time: {column_text(draft.time)}{stored}")
    plain = [name for name in draft.dimensions if _is_plain(name)]
    taken.update(plain)
    if plain:
        lines.append(f"  dimensions: [{', '.join(plain)}]")
    lines += [
        f"  dimension {unused(_slug(name), taken)}: {column_text(name)}"
        for name in draft.dimensions
        if not _is_plain(name)
    ]
    lines.append("  measure rows: count()")
    lines += [
        f"  measure {unused(f'total_{_slug(name)}', taken)}: sum({column_text(name)})"
        for name in draft.measures
    ]
    return "\n".join([*lines, "}", ""])


def source_name(relative_path: str) -> str:
    """Return a name for the source made from the file's name."""
    stem = PurePosixPath(relative_path).name.split(".")[0]
    name = _slug(stem)
    return f"{name}_data" if name in RESERVED else name


def column_text(name: str) -> str:
    """Return a column as definitions write it: in backticks where it is no plain name."""
    return name if _is_plain(name) else f"`{name}`"


def _is_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and name not in RESERVED


def _key(draft: FileDraft) -> str:
    if draft.key is None:
        return "none"
    names = [column_text(name) for name in draft.key]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _options(draft: FileDraft) -> list[str]:
    read = draft.read
    options = []
    if read.encoding:
        options.append(f"encoding: {_string(read.encoding)}")
    if read.delimiter and read.delimiter != "\t":
        options.append(f"delimiter: {_string(read.delimiter)}")
    if read.sheet:
        options.append(f"sheet: {_string(read.sheet)}")
    if read.header_row == 0:
        names = ", ".join(_string(name) for name, _ in draft.columns)
        options += ["header_row: 0", f"columns: [{names}]"]
    elif read.header_row and read.header_row > 1:
        options.append(f"header_row: {read.header_row}")
    if draft.totals:
        first = column_text(draft.columns[0][0])
        tests = " or ".join(f"{first} = {_string(word)}" for word in draft.totals)
        options.append(f"drop_where: {tests}")
    if read.dates:
        options.append(f"dates: {read.dates}")
    if read.decimal:
        options.append(f"decimal: {_string(read.decimal)}")
    if read.null_values:
        options.append(f"null_values: [{', '.join(map(_string, read.null_values))}]")
    return options


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _slug(name: str) -> str:
    slug = re.sub(r"\W+", "_", name).strip("_").lower()
    return slug if slug and not slug[0].isdigit() else f"f_{slug}".rstrip("_")


def unused(name: str, taken: set[str]) -> str:
    """Return the name, with a number behind it where it is taken already; now it is."""
    numbered = (f"{name}_{i}" for i in count(2))
    free = next(candidate for candidate in chain([name], numbered) if candidate not in taken)
    taken.add(free)
    return free
