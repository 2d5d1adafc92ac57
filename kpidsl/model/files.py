"""What a source says about the files that it reads: which, how, and what to do on overlap."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DateOrder = Literal["iso", "roc", "dmy", "mdy", "ymd"]
DecimalSign = Literal[".", ","]
Overlap = Literal["refuse", "latest_file", "keep_all"]


class ReadOptions(BaseModel):
    """The `read { … }` block of a source; None means "find out, and say so".

    `header_row` is the 1-based line that holds the column names, 0 where the file has none.
    `columns` names the columns in place of the header. `delimiter` is one character;
    a blank stands for any run of blanks. `null_values` are cells that mean "no value",
    beside the empty cell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = None
    header_row: int | None = Field(default=None, ge=0)
    columns: tuple[str, ...] | None = None
    dates: DateOrder | None = None
    decimal: DecimalSign | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    sheet: str | None = None
    null_values: tuple[str, ...] = ()


class FileSet(BaseModel):
    """The files of one source. A pattern is a path or a glob, relative to the project."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patterns: tuple[str, ...] = Field(min_length=1)
    read: ReadOptions = ReadOptions()
    overlap: Overlap = "refuse"
