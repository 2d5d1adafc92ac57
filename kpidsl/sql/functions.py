"""Scalar functions of row expressions → sqlglot. One row a function."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from kpidsl.sql.build import cast, coalesce, reading

Arguments = list[exp.Expr]


def _coalesce(arguments: Arguments) -> exp.Expr:
    return exp.Coalesce(this=arguments[0], expressions=arguments[1:])


def _concat(arguments: Arguments) -> exp.Expr:
    """NULL counts as empty text, on every engine."""
    empty = exp.Literal.string("")
    return exp.Concat(
        expressions=[coalesce(cast(item, "VARCHAR"), empty.copy()) for item in arguments],
        safe=False,
        coalesce=False,
    )


def _number(arguments: Arguments) -> exp.Expr:
    return reading(cast(arguments[0], "DOUBLE"))


def _part(unit: str) -> Callable[[Arguments], exp.Expr]:
    def extract(arguments: Arguments) -> exp.Expr:
        return exp.Extract(this=exp.Var(this=unit), expression=arguments[0])

    return extract


def _days_between(arguments: Arguments) -> exp.Expr:
    first, second = (cast(item, "DATE") for item in arguments)
    return exp.DateDiff(this=second, expression=first, unit=exp.Var(this="DAY"))


SCALAR_BUILDERS: dict[str, Callable[[Arguments], exp.Expr]] = {
    "abs": lambda a: exp.Abs(this=a[0]),
    "ceil": lambda a: exp.Ceil(this=a[0]),
    "coalesce": _coalesce,
    "concat": _concat,
    "date": lambda a: reading(cast(a[0], "DATE")),
    "day": _part("DAY"),
    "days_between": _days_between,
    "floor": lambda a: exp.Floor(this=a[0]),
    "hour": _part("HOUR"),
    "length": lambda a: exp.Length(this=a[0]),
    "lower": lambda a: exp.Lower(this=a[0]),
    "month": _part("MONTH"),
    "nullif": lambda a: exp.Nullif(this=a[0], expression=a[1]),
    "number": _number,
    "quarter": _part("QUARTER"),
    "replace": lambda a: exp.Replace(this=a[0], expression=a[1], replacement=a[2]),
    "round": lambda a: exp.Round(this=a[0], decimals=a[1] if len(a) > 1 else None),
    "substring": lambda a: exp.Substring(
        this=a[0], start=a[1], length=a[2] if len(a) > 2 else None
    ),
    "text": lambda a: cast(a[0], "VARCHAR"),
    "trim": lambda a: exp.Trim(this=a[0]),
    "upper": lambda a: exp.Upper(this=a[0]),
    "weekday": _part("ISODOW"),
    "year": _part("YEAR"),
}
