"""The functions of row expressions and of metrics: names, arguments, results."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.model.units import Datatype

_NUMBER = Datatype.NUMBER
_TEXT = Datatype.TEXT
_DATE = Datatype.DATE
_ANY = Datatype.UNKNOWN


@dataclass(frozen=True, slots=True)
class Scalar:
    """One scalar function. `arguments` are the types taken, the last repeated up to `at_most`;
    UNKNOWN takes any type, and as a result means "the type of the arguments"."""

    name: str
    arguments: tuple[Datatype, ...]
    result: Datatype
    doc: str
    at_least: int = 1
    at_most: int | None = 1


SCALARS: dict[str, Scalar] = {
    scalar.name: scalar
    for scalar in (
        Scalar("lower", (_TEXT,), _TEXT, "The text in small letters."),
        Scalar("upper", (_TEXT,), _TEXT, "The text in capital letters."),
        Scalar("trim", (_TEXT,), _TEXT, "The text without blanks at its ends."),
        Scalar("length", (_TEXT,), _NUMBER, "The number of characters."),
        Scalar("concat", (_ANY,), _TEXT, "The texts one after the other.", 2, None),
        Scalar(
            "substring",
            (_TEXT, _NUMBER, _NUMBER),
            _TEXT,
            "Part of a text: from a 1-based position, so many characters.",
            2,
            3,
        ),
        Scalar("replace", (_TEXT, _TEXT, _TEXT), _TEXT, "The text with one part replaced.", 3, 3),
        Scalar("coalesce", (_ANY,), _ANY, "The first value that is not null.", 2, None),
        Scalar("nullif", (_ANY, _ANY), _ANY, "Null where both values are equal.", 2, 2),
        Scalar("abs", (_NUMBER,), _NUMBER, "The number without its sign."),
        Scalar("round", (_NUMBER, _NUMBER), _NUMBER, "The number to so many decimals.", 1, 2),
        Scalar("floor", (_NUMBER,), _NUMBER, "The whole number below."),
        Scalar("ceil", (_NUMBER,), _NUMBER, "The whole number above."),
        Scalar("year", (_DATE,), _NUMBER, "The year of a date."),
        Scalar("quarter", (_DATE,), _NUMBER, "The quarter of a date, 1 to 4."),
        Scalar("month", (_DATE,), _NUMBER, "The month of a date, 1 to 12."),
        Scalar("day", (_DATE,), _NUMBER, "The day of the month."),
        Scalar("weekday", (_DATE,), _NUMBER, "The day of the week, Monday 1 to Sunday 7."),
        Scalar("hour", (_DATE,), _NUMBER, "The hour of a time, 0 to 23."),
        Scalar("date", (_ANY,), _DATE, "The value read as a date."),
        Scalar("number", (_ANY,), _NUMBER, "The value read as a number."),
        Scalar("text", (_ANY,), _TEXT, "The value written as a text."),
        Scalar("days_between", (_DATE, _DATE), _NUMBER, "Days from the first to the second.", 2, 2),
    )
}


@dataclass(frozen=True, slots=True)
class MetricFunction:
    """One function over metrics, as it is written."""

    written: str
    doc: str

    @property
    def name(self) -> str:
        return self.written.partition("(")[0]


METRIC_FUNCTIONS: dict[str, MetricFunction] = {
    function.name: function
    for function in (
        MetricFunction("coalesce(x, y)", "The first that has a value."),
        MetricFunction(
            "prior(x, 1y)",
            "The value so long before: of the same days of the calendar, or of the week of the "
            "same number; with `align: weekday` of the same weekdays, 52 weeks before; with "
            "`align:` and an `event` of the same days around the one before.",
        ),
        MetricFunction(
            "change(x, 1y)",
            "How much larger it is than then, as a percentage. Of what was negative then, its sign "
            "is reversed.",
        ),
        MetricFunction("rolling(x, 28d)", "Over so long, up to the end of each period."),
        MetricFunction("running(x)", "Over everything, up to the end of each period."),
        MetricFunction(
            "to_date(x, year)", "From the first day of the year, up to the end of each period."
        ),
        MetricFunction(
            "total(x, of: channel)",
            "Over all members of these dimensions, or without `of:` of all; recomputed.",
        ),
        MetricFunction("share(x, of: channel)", "How much of that total it is, as a percentage."),
        MetricFunction(
            "convert(x, USD)",
            "Money in another currency: each row at the `rates` of its own day, a level at those "
            "of the period's last day (S26).",
        ),
        MetricFunction("rank(x)", "Its place in its period, 1 for the largest."),
    )
}
