"""The values on a report's page: numbers with their unit, printed texts and what qualifies them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(min_length=1)]
Number = Annotated[Decimal, Field(allow_inf_nan=False)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

Better = Literal["higher", "lower"]
Level = Literal["green", "amber", "red", "none"]


class Plain(BaseModel):
    """A frozen record; an unknown field is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unit(Plain):
    """What a number counts (D14). `label` is what the page prints: `USD per customer`, `orders`.

    Values are stored thus: a percent as its fraction (0.023 = 2.3 %), a multiple as the quotient
    (4 = 4:1), a duration in seconds.
    """

    kind: Literal["money", "percent", "multiple", "count", "duration", "number"]
    label: Text
    currency: Currency | None = None

    @model_validator(mode="after")
    def _money_has_a_currency(self) -> Self:
        if (self.kind == "money") != (self.currency is not None):
            raise ValueError("money, and only money, has a currency")
        return self


class Figure(Plain):
    """A number as printed: `short` on cards (USD 1.24M), `exact` in tables (1,243,120.50).

    `value` None is a NULL of the data (S12, S13), and then `missing` says why: never 0.
    """

    value: Number | None
    unit: Unit
    short: Text
    exact: Text
    missing: str = ""

    @model_validator(mode="after")
    def _null_has_a_reason(self) -> Self:
        if (self.value is None) != bool(self.missing):
            raise ValueError("a figure without value, and only that, says why it is missing")
        return self


class Delta(Plain):
    """A difference: relative, in percentage points for rates, or absolute in the unit itself.

    `favourable` follows the KPI's `better`, never the sign; None: no direction, or no change.
    A difference under the project's materiality keeps its number and loses colour and wording.
    One between two figures that print alike is `alike`: called neither better nor worse, whatever
    the materiality, for nobody can see it in the figures.
    """

    kind: Literal["relative", "pp", "absolute"]
    value: Number
    text: Text
    favourable: bool | None = None
    material: bool = True
    alike: bool = False

    @model_validator(mode="after")
    def _alike_is_not_judged(self) -> Self:
        if self.alike and (self.material or self.favourable is not None):
            raise ValueError("a difference between figures that print alike is not judged")
        return self


class Status(Plain):
    """Attainment of a target (D13): colour and word always go together."""

    level: Level
    word: Text


class Mark(Plain):
    """What the reader must know about a figure, all the way to the page (S4, S21, D30)."""

    kind: Literal["partial", "overlapping", "provisional", "stale"]
    note: str = ""


class Gap(Plain):
    """Why there is no figure: a KPI that failed is a stated gap, never 0."""

    code: Text
    message: Text
    help: str = ""


class Comparison(Plain):
    """What a value stands beside (D23): a plan, an earlier period, a benchmark, a segment."""

    label: Text
    value: Figure
    delta: Delta | None
    source: str = ""  # a benchmark's source and date (D25)
    stale: bool = False


class Reference(Plain):
    """A line to compare with: break-even, or a benchmark with its source and date (D25)."""

    label: Text
    value: Figure
    source: str = ""
    stale: bool = False


class Point(Plain):
    """One period of a series; `partial`: the period was not complete (S21)."""

    label: Text
    figure: Figure
    partial: bool = False


class Band(Plain):
    """A range of a bullet graph that ends at `upto`; bands go from low to high."""

    upto: Number
    level: Literal["green", "amber", "red"]


class Bullet(Plain):
    """Actual against a target or, where there is none, against the plan, on ranges."""

    actual: Figure
    target: Figure
    against: Literal["target", "plan"] = "target"
    bands: tuple[Band, ...] = ()
