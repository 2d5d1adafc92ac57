"""The type of each column, decided by all of its values and never by a guess."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import duckdb
from sqlglot import exp

from kpidsl.engines.files import nodes
from kpidsl.engines.files.readings import (
    BOOLEAN,
    NUMERIC,
    Family,
    Reading,
    date_readings,
    matches,
    number_readings,
)
from kpidsl.engines.files.refusal import Refused
from kpidsl.engines.files.sizes import NOTHING, Column, sized
from kpidsl.engines.files.staging import KEPT, ROW, Staged, trimmed
from kpidsl.model.files import DateOrder, DecimalSign, ReadOptions
from kpidsl.text.diagnostic import Diagnostic, warning
from kpidsl.text.source import Span

_SAMPLE_ROWS = 1000
# A way of reading that fits fewer values of the sample isn't tried on the whole column.
_PLAUSIBLE = 0.5
# From here on a text column was probably meant to be something else: worth a warning.
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Typing:
    """The columns with their types; `dates` and `decimal` are the one order and decimal sign
    that they turned out to use, None for the standard ones."""

    columns: tuple[Column, ...]
    assumptions: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def percentages(self) -> tuple[str, ...]:
        return tuple(item.name for item in self.columns if item.reading and item.reading.scale)

    @property
    def dates(self) -> DateOrder | None:
        orders = {column.reading.order for column in self.columns if column.reading}
        found = orders - {None}
        return next(iter(found)) if len(found) == 1 else None

    @property
    def decimal(self) -> DecimalSign | None:
        signs = {column.reading.sign for column in self.columns if column.reading}
        return "," if "," in signs and "." not in signs else None


@dataclass(frozen=True, slots=True)
class _Fits:
    """How many values a column has, and how many of them each reading fits."""

    values: int
    fits: dict[Reading, int]

    def full(self, readings: Iterable[Reading]) -> list[Reading]:
        return [item for item in readings if self.values and self.fits.get(item, 0) == self.values]

    def possible(self, readings: Iterable[Reading]) -> list[Reading]:
        return [item for item in readings if self.fits.get(item, 0) >= _PLAUSIBLE * self.values]


def type_columns(
    con: duckdb.DuckDBPyConnection, staged: Staged, read: ReadOptions, span: Span | None
) -> Typing:
    """Choose a type for each column of the staged rows.

    Refuses dates whose order, and amounts whose decimal sign, can't be told (K612, K613), and
    a date that a declared order doesn't fit (K611). A nearly fitting column stays text, with
    a warning.
    """
    readings = (
        BOOLEAN,
        *date_readings(read.dates),
        *number_readings(read.decimal),
        NUMERIC,
    )
    found = _measure(con, len(staged.columns), readings)
    signs = _signs(found, staged)
    columns: list[Column] = []
    said: list[tuple[str, str]] = []
    diagnostics: list[Diagnostic] = []
    for position, (name, fits) in enumerate(zip(staged.columns, found, strict=True)):
        reading = _choose(con, staged, name, position, fits, read, signs)
        column = Column(name, position, type="VARCHAR" if fits.values else NOTHING)
        if reading is not None:
            column, remarks, problems = sized(con, replace(column, reading=reading), span)
            said += [(remark, name) for remark in remarks]
            diagnostics += problems
        else:
            near = _near_miss(con, staged, name, position, fits, span)
            diagnostics += [near] if near else []
        columns.append(column)
    return Typing(tuple(columns), _grouped(said), tuple(diagnostics))


def _measure(
    con: duckdb.DuckDBPyConnection, width: int, readings: Sequence[Reading]
) -> list[_Fits]:
    """Count the values that each plausible reading fits, in the whole of each column.

    First only the narrowest readings are tried that fit all of the sample: where they fit
    all values, so do those that they imply. The others are tried where that fails.
    """
    sample = _sample(con, width, readings)
    plausible = [(fits.full(readings), fits.possible(readings)) for fits in sample]
    narrow = [
        [item for item in sure if not any(item.name in other.implies for other in sure)]
        for sure, _ in plausible
    ]
    first = _count(con, narrow)
    rest = []
    for fits, tried, (_, possible) in zip(first, narrow, plausible, strict=True):
        settled = bool(tried) and fits.full(tried) == tried
        implied = {name for item in fits.full(fits.fits) for name in item.implies}
        fits.fits.update({item: fits.values for item in possible if item.name in implied})
        rest.append([] if settled else [item for item in possible if item not in fits.fits])
    if any(rest):
        for fits, more in zip(first, _count(con, rest), strict=True):
            fits.fits.update(more.fits)
    return first


def _count(con: duckdb.DuckDBPyConnection, tried: Sequence[Sequence[Reading]]) -> list[_Fits]:
    counts: list[exp.Expr] = []
    for position, readings in enumerate(tried):
        counts.append(exp.Count(this=trimmed(position)))
        counts += [nodes.count_where(reading.fits(trimmed(position))) for reading in readings]
    row = con.execute(nodes.sql(exp.select(*counts).from_(nodes.table(KEPT)))).fetchone() or ()
    numbers = (int(count or 0) for count in row)  # an empty table counts to NULL
    return [
        _Fits(next(numbers), {reading: next(numbers) for reading in readings}) for readings in tried
    ]


def _sample(con: duckdb.DuckDBPyConnection, width: int, readings: Sequence[Reading]) -> list[_Fits]:
    """Count the cells of the first rows that look like each reading: all cells in one long
    column, so that each reading is planned once, however many columns there are."""
    positions = nodes.array(nodes.number(i) for i in range(width))
    cells = nodes.array(trimmed(i) for i in range(width))
    sample = exp.select("*").from_(nodes.table(KEPT)).limit(_SAMPLE_ROWS)
    long = exp.select(
        nodes.alias(nodes.call("unnest", positions), "at"),
        nodes.alias(nodes.call("unnest", cells), "cell"),
    ).from_(sample.subquery("sample"))
    cell = nodes.column("cell")
    query = (
        exp.select(
            nodes.column("at"),
            exp.Count(this=cell),
            *[nodes.count_where(reading.looks(cell)) for reading in readings],
        )
        .from_(long.subquery("long"))
        .group_by(nodes.column("at"))
    )
    found = {row[0]: row[1:] for row in con.execute(nodes.sql(query)).fetchall()}
    result = []
    for position in range(width):
        values, *counts = found.get(position, (0, *[0] * len(readings)))
        looks = zip(readings, (count or 0 for count in counts), strict=True)
        result.append(_Fits(values, dict(looks)))
    return result


def _signs(found: Sequence[_Fits], staged: Staged) -> set[DecimalSign]:
    """Return the decimal signs that columns of these files use beyond doubt."""
    signs: set[DecimalSign] = set()
    for fits in found:
        full = fits.full(number_readings(None))
        own: set[DecimalSign] = {item.sign or "." for item in full}
        if len(own) == 1 and not any(item.family is Family.INTEGER for item in full):
            signs |= own
    # In a sheet the cells that are numbers were written out with a point.
    return signs | {"."} if staged.tables[0].unit == "row" and "," in signs else signs


def _choose(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    name: str,
    position: int,
    fits: _Fits,
    read: ReadOptions,
    signs: set[DecimalSign],
) -> Reading | None:
    if not fits.values:
        return None
    dates = fits.full(date_readings(read.dates))
    orders = [item for item in dates if item.order is not None]
    numbers = fits.full(number_readings(read.decimal))
    if fits.full([BOOLEAN]):
        return BOOLEAN
    certain = [item for item in dates if item.order is None]
    if certain:
        return certain[0]
    if len(orders) > 1:
        raise _ambiguous_date(con, staged, name, position, orders)
    if orders:
        return orders[0]
    if read.dates is not None:
        _require_declared_dates(con, staged, name, position, fits, read)
    if not numbers:
        return None
    return _number(con, staged, name, position, numbers, read, signs)


def _number(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    name: str,
    position: int,
    full: list[Reading],
    read: ReadOptions,
    signs: set[DecimalSign],
) -> Reading:
    both = {item.sign or "." for item in full} == {".", ","}
    if full[0].family is Family.INTEGER or not both or read.decimal:
        return full[0]
    sign = next(iter(signs)) if len(signs) == 1 else None
    if not signs and any(table.delimiter != ";" for table in staged.tables):
        sign = "."
    if sign is None:
        value = _example(con, position, None)[1]
        raise Refused(
            "K613",
            f"`{name}` holds amounts such as `{value}` ({staged.tables[0].name}): the sign in it "
            "may be a decimal point or a thousands separator",
            'declare the decimal sign, as in `read { decimal: "," }`',
        )
    return next(item for item in full if (item.sign or ".") == sign)


def _ambiguous_date(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    name: str,
    position: int,
    orders: list[Reading],
) -> Refused:
    row, value = _example(con, position, None)
    words = " or ".join(f"`{item.order}`" for item in orders)
    return Refused(
        "K612",
        f"the dates in `{name}` can be read in more than one order ({words}), such as `{value}` "
        f"in {staged.place(row)}",
        f"declare the order, as in `read {{ dates: {orders[0].order} }}`",
    )


def _require_declared_dates(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    name: str,
    position: int,
    fits: _Fits,
    read: ReadOptions,
) -> None:
    """Refuse a column of dates in which the declared order doesn't fit every value."""
    own = [item for item in date_readings(read.dates) if item.order is not None]
    best = max((fits.fits.get(item, 0) for item in own), default=0)
    if best < _PLAUSIBLE * fits.values and not fits.full([NUMERIC]):
        return
    row, value = _example(con, position, own[0])
    raise Refused(
        "K611",
        f"`{name}` holds `{value}` in {staged.place(row)}, which is no `{read.dates}` date",
        "correct `dates`, or list the value under `null_values` if it means no date",
    )


def _near_miss(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    name: str,
    position: int,
    fits: _Fits,
    span: Span | None,
) -> Diagnostic | None:
    """Warn of a text column in which only a few values are no number or date."""
    near = [item for item in fits.fits if _NEARLY_ALL * fits.values <= fits.fits[item]]
    near = [item for item in near if item is not NUMERIC] or fits.full([NUMERIC])
    if not near or not fits.values:
        return None
    best = max(near, key=lambda item: fits.fits[item])
    codes = nodes.count_where(matches(trimmed(position), "-?0[0-9]+"))
    found = con.execute(nodes.sql(exp.select(codes).from_(nodes.table(KEPT)))).fetchone()
    if found and found[0]:
        return None  # codes such as 00123 are text by design
    if best is NUMERIC:
        row, value = _example(con, position, None)
        problem = "the dates in it have no one order; the first is"
    else:
        row, value = _example(con, position, best)
        kind = "date" if best.family is Family.DATE else "number"
        problem = f"not every value is a {kind}; the first that isn't is"
    return warning(
        "K611",
        f"`{name}` is read as text: {problem} `{value}` in {staged.place(row)}",
        span,
        help=f'correct the value, or say that it means none: `read {{ null_values: ["{value}"] }}`',
    )


def _example(
    con: duckdb.DuckDBPyConnection, position: int, unfit: Reading | None
) -> tuple[int, str]:
    """Return (`ROW`, text) of the first value, or of the first that a reading doesn't fit."""
    cell = trimmed(position)
    condition = nodes.present(cell)
    if unfit is not None:
        condition = exp.and_(condition, exp.not_(unfit.fits(cell)))
    query = (
        exp.select(nodes.column(ROW), cell)
        .from_(nodes.table(KEPT))
        .where(condition)
        .order_by(nodes.column(ROW))
        .limit(1)
    )
    row = con.execute(nodes.sql(query)).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def _grouped(remarks: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return each remark once, with the columns that it is true of."""
    columns: dict[str, list[str]] = {}
    for remark, name in remarks:
        columns.setdefault(remark, []).append(f"`{name}`")
    return tuple(f"{remark} in {', '.join(names)}" for remark, names in columns.items())
