"""Small projects for tests: definitions and data as text, loaded as a user would load them."""

from __future__ import annotations

import csv
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

import kpidsl
from kpidsl.run.result import Result
from kpidsl.text.diagnostic import Diagnostic, has_errors
from kpidsl.text.render import render

EngineName = Literal[
    "duckdb", "sqlite", "postgres", "clickhouse", "mysql", "spark", "databricks", "googlesql"
]
ENGINES: tuple[EngineName, ...] = ("duckdb", "sqlite")
"""The engines within this process."""
SERVERS: tuple[EngineName, ...] = ("postgres", "clickhouse", "mysql", "spark")
"""The engines that projects name by the url of a server."""
EVERY_ENGINE = (
    *ENGINES,
    *(pytest.param(name, marks=getattr(pytest.mark, name)) for name in SERVERS),
)
"""All that a project of files, copied into tables, may run on; one test each."""
SERVER_PROFILE = 'default_profile = "w"\n[profile.w]\nurl = "${{{variable}}}"\n'
SQLITE_PROFILE = 'default_profile = "w"\n[profile.w]\nurl = "sqlite:///shop.sqlite"\n'


class Running:
    """The engine that projects of the test at hand run on."""

    engine: EngineName = "duckdb"
    environment: ClassVar[pytest.MonkeyPatch]
    """Holds the urls of servers for as long as the test runs; a file may hold no password."""
    loaded: ClassVar[list[kpidsl.Project]] = []
    """What a test has loaded from a server, to be closed with it: a connection that is left open
    is a warning."""


def project(folder: Path, definitions: str, **tables: str) -> kpidsl.Project:
    """Write `project.kpi` and one CSV file per table; load, and insist on no errors."""
    loaded = load(folder, definitions, **tables)
    assert not has_errors(loaded.diagnostics), render(loaded.diagnostics, "full")
    return loaded


def load(folder: Path, definitions: str, **tables: str) -> kpidsl.Project:
    """Write `project.kpi` and one CSV file per table, or for SQLite a database with them; load,
    whatever is found."""
    for name, text in tables.items():
        rows = [line.strip() for line in text.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    if Running.engine in SERVERS:
        url = _write_files(folder, tables)
        variable = f"DATABASE_{len(os.environ)}"
        Running.environment.setenv(variable, url)
        profile = SERVER_PROFILE.format(variable=variable)
        (folder / "kpidsl.toml").write_text(profile, encoding="utf-8")
        definitions = _of_tables(definitions, tables)
    if Running.engine == "sqlite":
        (folder / "kpidsl.toml").write_text(SQLITE_PROFILE, encoding="utf-8")
        write_sqlite(folder / "shop.sqlite", [folder / f"{name}.csv" for name in tables])
        definitions = _of_tables(definitions, tables)
    file = folder / "project.kpi"
    file.write_text(definitions, encoding="utf-8")
    loaded = kpidsl.load(file)
    if Running.engine in SERVERS:
        Running.loaded.append(loaded)
    return loaded


def _write_files(folder: Path, names: Iterable[str]) -> str:
    """Copy CSV files into tables of a server that tests start; return its url."""
    if Running.engine == "clickhouse":
        from tests.servers import clickhouse_tables  # noqa: PLC0415

        return clickhouse_tables.write_files(folder, names)
    if Running.engine == "spark":
        from tests.servers import spark  # noqa: PLC0415

        return spark.write_files(folder, names)
    if Running.engine == "mysql":
        from tests.servers import databases  # noqa: PLC0415

        return databases.write_files(folder, names)
    from tests.servers import schemas  # noqa: PLC0415

    return schemas.write_files(folder, names)


def _of_tables(definitions: str, names: Iterable[str]) -> str:
    for name in names:
        definitions = definitions.replace(f'files: "{name}.csv"', f"table: {name}")
    return definitions


def write_sqlite(database: Path, files: Iterable[Path]) -> None:
    """Copy CSV files into tables as an application would keep their values: empty cells as NULL,
    numbers as numbers, truth as 0 and 1, dates as texts."""
    for file in files:
        header, *lines = csv.reader(file.read_text(encoding="utf-8").splitlines())
        columns = zip(*(_padded(line, len(header)) for line in lines), strict=True)
        values = zip(*map(_values, columns), strict=True)
        write_table(database.parent, file.stem, header, values, database.name)


def write_table(
    folder: Path,
    name: str,
    columns: Iterable[str],
    values: Iterable[Sequence[object]],
    database: str = "shop.sqlite",
) -> None:
    """Make a table of a SQLite database, in the place of one of its name."""
    named = [f'"{column}"' for column in columns]
    places = ", ".join("?" * len(named))
    with closing(sqlite3.connect(folder / database)) as con:
        con.execute(f'DROP TABLE IF EXISTS "{name}"')
        con.execute(f'CREATE TABLE "{name}" ({", ".join(named)})')
        con.executemany(f'INSERT INTO "{name}" VALUES ({places})', values)  # noqa: S608
        con.commit()


def _padded(line: list[str], width: int) -> list[str]:
    return line + [""] * (width - len(line))


def _values(texts: Iterable[str]) -> list[object]:
    """A column's values: numbers or truth where all of them are, otherwise texts."""
    known = list(texts)
    kinds: tuple[Callable[[str], object], ...] = (_number, _truth)
    for kind in kinds:
        with suppress(InvalidOperation, KeyError):
            return [kind(text) if text else None for text in known]
    return [text or None for text in known]


def _number(text: str) -> float | int:
    if text.startswith("0") and text[1:2].isdigit():
        raise InvalidOperation  # a code such as 007
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _truth(text: str) -> int:
    return {"true": 1, "false": 0}[text]


def refusal(loaded: kpidsl.Project, metric: str) -> Diagnostic:
    """The one reason why a metric is refused."""
    with pytest.raises(kpidsl.KpidslError) as raised:
        loaded.query(metric)
    [problem] = raised.value.diagnostics
    return problem


def line_of(item: Diagnostic) -> str:
    """Return the line of the definitions that a diagnostic points at."""
    assert item.span is not None
    return item.span.file.line_text(item.span.line).strip()


def rows(result: Result, *names: str) -> list[tuple[Any, ...]]:
    """Return the named columns, row by row."""
    return [tuple(record[name] for name in names) for record in result.records()]
