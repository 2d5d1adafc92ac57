"""What a process of its own does: it loads Google's reference evaluator, and asks it.

The evaluator is a WebAssembly module of the package `zetasql`; its messages are protocol buffers.
Of the package the module and the classes of the messages are used, and not its wrapper, which reads
no moments and writes byte by byte.
"""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import tzdata
import wasmtime
from google.protobuf.message import Message
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public
from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2

Answer = TypeVar("Answer", bound=Message)
MOST_SECONDS = 20.0
"""How long a statement may take: it reads its tables again for each row that they are joined to."""
_FIRST_DAY = date(1970, 1, 1)
_PLACES = {"numeric_value": 9, "bignumeric_value": 38}


class Failed(Exception):
    """The evaluator refused a statement, or a value in it."""


@dataclass(frozen=True, slots=True)
class Given:
    """A table, with the names of its columns and of GoogleSQL's types, and its rows."""

    name: str
    types: Mapping[str, str | Mapping[str, str]]
    rows: Sequence[Sequence[object]]


def evaluate(sql: str, tables: Sequence[Given]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the names of the columns of a statement's answer, and its rows."""
    request = service.EvaluateQueryRequest(sql=sql)
    request.options.default_timezone = "UTC"
    _tell(request, tables)
    for given in tables:
        request.table_content[given.name].table_data.SetInParent()  # of no row, too
        content = request.table_content[given.name].table_data
        for row in given.rows:
            cells = zip(row, given.types.values(), strict=True)
            content.row.add(cell=[_written(value, kind) for value, kind in cells])
    evaluator = _evaluator()
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)  # nobody hears it, and the process ends
    try:
        response = evaluator.ask("EvaluateQuery", request, service.EvaluateQueryResponse())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    names = tuple(column.name for column in response.prepared.columns)
    return names, [tuple(map(_read, row.cell)) for row in response.content.table_data.row]


def prepare(sql: str, tables: Sequence[Given]) -> list[tuple[str, str]]:
    """Return the columns of a statement's answer, each with the name of its type."""
    request = service.PrepareQueryRequest(sql=sql)
    _tell(request, tables)
    response = _evaluator().ask("PrepareQuery", request, service.PrepareQueryResponse())
    return [
        (column.name, type_pb2.TypeKind.Name(column.type.type_kind).removeprefix("TYPE_"))
        for column in response.prepared.columns
    ]


def _tell(request: Any, tables: Sequence[Given]) -> None:
    """Tell of the language, and of what tables there are."""
    language = _evaluator().language
    request.options.language_options.CopyFrom(language)
    catalog = request.simple_catalog
    catalog.name = "case"
    catalog.builtin_function_options.language_options.CopyFrom(language)
    for given in tables:
        table = catalog.table.add(name=given.name)
        for column, kind in given.types.items():
            table.column.add(name=column).type.CopyFrom(_type(kind))


class _Evaluator:
    """The module, and the features of the language that are on: all that are released, with the
    names of types that BigQuery has."""

    def __init__(self) -> None:
        config = wasmtime.Config()
        config.shared_memory = True
        config.cache = True  # to compile the module takes half a minute
        files = wasmtime.WasiConfig()
        zones = Path(tzdata.__file__).parent / "zoneinfo"
        files.preopen_dir(str(zones), "/usr/share/zoneinfo")
        engine = wasmtime.Engine(config)
        self._store = wasmtime.Store(engine)
        self._store.set_wasi(files)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        module = wasmtime.Module.from_file(engine, get_wasm_path())
        self._calls: Any = linker.instantiate(self._store, module).exports(self._store)
        self._call("_initialize")
        asked = service.LanguageOptionsRequest(maximum_features=True)
        self.language = self.ask("GetLanguageOptions", asked, options_pb2.LanguageOptionsProto())
        self.language.product_mode = public.PRODUCT_EXTERNAL

    def _call(self, name: str, *arguments: int) -> int:
        found: int = self._calls[name](self._store, *arguments)
        return found

    def ask(self, method: str, request: Message, response: Answer) -> Answer:
        data = request.SerializeToString()
        place, size = (self._call("wasm_malloc", length) for length in (len(data) + 1, 4))
        ctypes.memmove(self._address(place), data, len(data))
        answer = self._call(f"ZetaSqlLocalService_{method}", place, len(data), size)
        if not answer:
            length = self._call("wasm_get_last_error_size")
            raise Failed(self._bytes(self._call("wasm_get_last_error"), length).decode())
        length = int.from_bytes(self._bytes(size, 4), "little")
        response.ParseFromString(self._bytes(answer, length))
        for taken in (answer, place, size):
            self._call("wasm_free", taken)
        return response

    def _address(self, place: int) -> int:
        first = ctypes.cast(self._calls["memory"].data_ptr(), ctypes.c_void_p).value
        assert first is not None
        return first + place

    def _bytes(self, place: int, length: int) -> bytes:
        return ctypes.string_at(self._address(place), length)


_evaluator = cache(_Evaluator)


def _type(kind: str | Mapping[str, str]) -> type_pb2.TypeProto:
    if isinstance(kind, str):
        return type_pb2.TypeProto(type_kind=type_pb2.TypeKind.Value(f"TYPE_{kind}"))
    made = type_pb2.TypeProto(type_kind=type_pb2.TYPE_STRUCT)
    for name, part in kind.items():
        made.struct_type.field.add(field_name=name).field_type.CopyFrom(_type(part))
    return made


def _written(value: object, kind: str | Mapping[str, str]) -> value_pb2.ValueProto:
    made = value_pb2.ValueProto()
    match kind:
        case _ if value is None:
            pass
        case Mapping():
            assert isinstance(value, dict)
            made.struct_value.field.extend(_written(value[name], kind[name]) for name in kind)
        case "NUMERIC" | "BIGNUMERIC":
            field = f"{kind.lower()}_value"
            scaled = int(_shifted(Decimal(str(value)), _PLACES[field]))
            length = scaled.bit_length() // 8 + 1
            setattr(made, field, scaled.to_bytes(length, "little", signed=True))
        case "DATETIME":
            assert isinstance(value, datetime)
            made.datetime_value.bit_field_datetime_seconds = _packed(value)
            made.datetime_value.nanos = value.microsecond * 1000
        case "TIMESTAMP":
            assert isinstance(value, datetime)
            made.timestamp_value.FromDatetime(value.astimezone(UTC))
        case "DATE":
            assert isinstance(value, date)
            made.date_value = (value - _FIRST_DAY).days
        case _:
            setattr(made, f"{kind.lower()}_value", float(str(value)) if kind == "DOUBLE" else value)
    return made


def _read(value: value_pb2.ValueProto) -> object:
    field = value.WhichOneof("value")
    match field:
        case None:
            return None
        case "numeric_value" | "bignumeric_value":
            scaled = int.from_bytes(getattr(value, field), "little", signed=True)
            return _shifted(Decimal(scaled), -_PLACES[field])
        case "datetime_value":
            seconds = value.datetime_value.bit_field_datetime_seconds
            micros = timedelta(microseconds=value.datetime_value.nanos // 1000)
            return _unpacked(seconds) + micros
        case "timestamp_value":
            return value.timestamp_value.ToDatetime(UTC)
        case "date_value":
            return _FIRST_DAY + timedelta(days=value.date_value)
        case "array_value":
            return list(map(_read, value.array_value.element))
    return getattr(value, field)


def _shifted(number: Decimal, places: int) -> Decimal:
    """Move the point of a number, and lose no digit."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    return Decimal((sign, digits, exponent + places))


_BITS = (6, 6, 5, 5, 4)
"""So many bits hold the seconds of a moment, its minutes, hours, day and month; then the year."""


def _packed(moment: datetime) -> int:
    parts = (moment.second, moment.minute, moment.hour, moment.day, moment.month)
    packed = moment.year
    for bits, part in reversed(list(zip(_BITS, parts, strict=True))):
        packed = packed << bits | part
    return packed


def _unpacked(packed: int) -> datetime:
    parts: list[int] = []
    for bits in _BITS:
        parts.append(packed & (1 << bits) - 1)
        packed >>= bits
    second, minute, hour, day, month = parts
    return datetime(packed, month, day, hour, minute, second)  # noqa: DTZ001
