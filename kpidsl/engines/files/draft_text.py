"""The draft of a file, or of a table, as the text of a `source` block."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import PurePosixPath

from kpidsl.engines.files.draft import FileDraft
from kpidsl.syntax.tokens import RESERVED

_PLAIN = re.compile(r"[^\W\d]\w*")
_NAME = re.compile(r"[^`\r\n]+")


@dataclass(frozen=True, slots=True)
class Block:
    """The entries of a drafted source, but where its rows come from. A comment stands above the
    entry that it is about, which a person has to decide on. `joins` are texts by name, `measures`
    columns to be added up."""

    key: Sequence[str]
    key_comment: str = ""
    time: str | None = None
    has_zone: bool = True
    time_comment: str = ""
    joins: Sequence[tuple[str, str]] = ()
    join_comment: str = ""
    dimensions: Sequence[str] = ()
    measures: Sequence[str] = ()
    measure_comments: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str, origin: Sequence[str]) -> str:
        """Return a `source` block, one entry a line, ending in a line feed."""
        taken = {"rows"}
        lines = [f"source {name} {{", *(f"  {line}" for line in origin)]
        lines += _under(self.key_comment, f"key: {_key(self.key)}")
        if self.time is not None:
            stored = "" if self.has_zone else ' { stored_as: "UTC" }'
            if not self.has_zone:
                said = "The times have no zone: set the one that they were written in."
                lines.append(f"  # {said}")
            lines += _under(self.time_comment, f"time: {column_text(self.time)}{stored}")
        lines += [f"  # {self.join_comment}"] if self.join_comment else []
        lines += [f"  join {unused(join, taken)}: {text}" for join, text in self.joins]
        plain = [name for name in self.dimensions if _is_plain(name) and name not in taken]
        taken.update(plain)
        if plain:
            lines.append(f"  dimensions: [{', '.join(plain)}]")
        lines += [
            f"  dimension {unused(slug(name), taken)}: {column_text(name)}"
            for name in self.dimensions
            if name not in plain
        ]
        lines.append("  measure rows: count()")
        for column in self.measures:
            total = f"total_{slug(column).removeprefix('total_')}"
            measure = f"measure {unused(total, taken)}: sum({column_text(column)})"
            lines += _under(self.measure_comments.get(column, ""), measure)
        return "\n".join([*lines, "}", ""])


def _under(comment: str, entry: str) -> list[str]:
    return [*([f"  # {comment}"] if comment else []), f"  {entry}"]


def draft_source(draft: FileDraft, relative_path: str, name: str | None = None) -> str:
    """Return a `source` block for the file; without a `name` it is called after the file."""
    options = _options(draft)
    block = Block(
        draft.key or (),
        time=draft.time,
        has_zone=draft.time is None or dict(draft.columns)[draft.time] != "TIMESTAMP",
        dimensions=draft.dimensions,
        measures=draft.measures,
    )
    origin = [f"files: {_string(relative_path)}"]
    if options:
        origin.append("read { " + ", ".join(options) + " }")
    return block.text(name or source_name(relative_path), origin)


def source_name(relative_path: str) -> str:
    """Return a name for the source made from the file's name."""
    return plain_name(PurePosixPath(relative_path).name.split(".")[0])


def plain_name(text: str) -> str:
    """Return a name for a source made from a text."""
    name = slug(text)
    return f"{name}_data" if name in RESERVED else name


def can_be_written(name: str) -> bool:
    """Tell whether definitions can name a column, or a table."""
    return _NAME.fullmatch(name) is not None


def column_text(name: str) -> str:
    """Return a column as definitions write it: in backticks where it is no plain name."""
    return name if _is_plain(name) else f"`{name}`"


def _is_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and name not in RESERVED


def _key(columns: Sequence[str]) -> str:
    return columns_text(columns) if columns else "none"


def columns_text(columns: Sequence[str]) -> str:
    names = [column_text(name) for name in columns]
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


def slug(name: str) -> str:
    """Return a name of small letters made from a text."""
    slug = re.sub(r"\W+", "_", name).strip("_").lower()
    return slug if slug and not slug[0].isdigit() else f"f_{slug}".rstrip("_")


def unused(name: str, taken: set[str]) -> str:
    """Return the name, with a number behind it where it is taken already; now it is."""
    numbered = (f"{name}_{i}" for i in count(2))
    free = next(candidate for candidate in chain([name], numbered) if candidate not in taken)
    taken.add(free)
    return free
