"""Snowflake: a server whose catalogue is asked by statements of kpidsl's own, since names must be
those by which it has them: SQLAlchemy's dialect makes small letters of capital ones."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy
from sqlalchemy.engine.interfaces import Dialect

from kpidsl.engines.base import EngineError, ForeignKey, TableFacts, TableKeys
from kpidsl.engines.server import ServerEngine
from kpidsl.engines.servers.address import Address
from kpidsl.engines.servers.snowflake import in_catalogue, quoted

_APART = {"private_key_file", "protocol", "token_file_path"}
"""Options that SQLAlchemy's dialect takes from no url, as one may come from anywhere; a profile's
comes from the project's own settings."""


class SnowflakeEngine(ServerEngine):
    """Only SELECT is run. Its transactions could write, so the role had better not."""

    def __init__(
        self, address: Address, *, timezone: str, timeout: float, rows: int, tag: str = "kpidsl"
    ) -> None:
        apart = {name: value for name, value in address.options.items() if name in _APART}
        others = {name: value for name, value in address.options.items() if name not in apart}
        plain = replace(address, options=others)
        super().__init__(plain, timezone=timezone, timeout=timeout, rows=rows, tag=tag)
        self._address = address

        @sqlalchemy.event.listens_for(self._engine, "do_connect")
        def connect(dialect: Dialect, _: object, given: Any, named: dict[str, Any]) -> Any:  # noqa: ANN401
            with warnings.catch_warnings():
                warnings.filterwarnings("error", "Unknown parameter", UserWarning)
                try:
                    return dialect.connect(*given, **named, **apart)
                except UserWarning as told:
                    raise ValueError(str(told)) from None

    def tables(self) -> list[str]:
        found = self._told(
            "SELECT CASE WHEN TABLE_SCHEMA = CURRENT_SCHEMA() THEN TABLE_NAME "  # noqa: S608
            "ELSE TABLE_SCHEMA || '.' || TABLE_NAME END AS NAME FROM INFORMATION_SCHEMA.TABLES "
            f"WHERE TABLE_SCHEMA NOT IN ({', '.join(map(repr, self._server.hidden))}) "
            "ORDER BY TABLE_SCHEMA, TABLE_NAME"
        )
        return [row["name"] for row in found]

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        return {row["column_name"]: _type_name(row) for row in self._columns(path)}

    def facts(self, path: Sequence[str]) -> TableFacts:
        sizes = self._told(self._server.rows(path))
        places = {
            row["column_name"]: int(row["numeric_scale"])
            for row in self._columns(path)
            if row["numeric_scale"] is not None
        }
        return TableFacts(next((row["row_count"] for row in sizes), None), places)

    def keys(self, path: Sequence[str]) -> TableKeys:
        table = ".".join(map(quoted, path))
        primary = self._told(f"SHOW PRIMARY KEYS IN TABLE {table}")
        foreign: dict[str, list[Mapping[str, Any]]] = {}
        for row in sorted(self._told(f"SHOW IMPORTED KEYS IN TABLE {table}"), key=_place):
            foreign.setdefault(row["fk_name"], []).append(row)
        own = self._told("SELECT CURRENT_SCHEMA() AS NAME") if foreign else []
        return TableKeys(
            _each(sorted(primary, key=_place), "column_name"),
            tuple(
                ForeignKey(
                    _each(rows, "fk_column_name"),
                    _path(rows[0], own),
                    _each(rows, "pk_column_name"),
                )
                for rows in foreign.values()
            ),
        )

    def _columns(self, path: Sequence[str]) -> list[Mapping[str, Any]]:
        catalogue, table = in_catalogue(path)
        return self._told(
            "SELECT COLUMN_NAME, DATA_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE "  # noqa: S608
            f"FROM {catalogue}.COLUMNS WHERE {table} ORDER BY ORDINAL_POSITION"
        )

    def _told(self, sql: str) -> list[Mapping[str, Any]]:
        """Return rows of the catalogue by the names of their columns in small letters; none where
        it can't be asked."""

        def asked(con: sqlalchemy.Connection) -> list[Mapping[str, Any]]:
            result = self._executed(con, self._tag + sql)
            names = [str(name).lower() for name in tuple(result.keys())]
            return [dict(zip(names, row, strict=True)) for row in result]

        try:
            return self._ask(asked)
        except EngineError:
            return []


def _type_name(row: Mapping[str, Any]) -> str:
    if not row["numeric_scale"]:
        return str(row["data_type"])
    return f"DECIMAL({row['numeric_precision']}, {row['numeric_scale']})"


def _path(row: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the name of the table that a foreign key leads to, as `tables` has it."""
    schema, name = row["pk_schema_name"], row["pk_table_name"]
    return (name,) if {"name": schema} in own else (schema, name)


def _each(rows: Iterable[Mapping[str, Any]], column: str) -> tuple[str, ...]:
    return tuple(row[column] for row in rows)


def _place(row: Mapping[str, Any]) -> int:
    return int(row["key_sequence"])
