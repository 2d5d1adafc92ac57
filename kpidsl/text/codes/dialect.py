"""K5xx: dialects and engines."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K501",
        "the dialect lacks what a question needs",
        "The database's SQL has no way to say what the answer takes, such as SQLite a union that "
        "goes by the names of columns.",
        "Something near it would be another number.",
        "kpidsl compile revenue --dialect sqlite   # revenue is of a union",
        "kpidsl compile revenue --dialect duckdb",
    ),
    CodeInfo(
        "K502",
        "an engine that reads no files",
        "A source reads files, and the profile's database is asked by an engine that reads "
        "tables only.",
        "Leaving the source out would leave its rows out of every number.",
        'source orders { files: "orders.csv" }',
        "source orders { table: orders }",
    ),
    CodeInfo(
        "K503",
        "an unknown dialect",
        "There is no dialect of SQL by that name.",
        "SQL of another database's dialect may run there and mean something else.",
        "kpidsl compile revenue --dialect sqlight",
        "kpidsl compile revenue --dialect sqlite",
    ),
)
