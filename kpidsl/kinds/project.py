"""`project`: what holds for every number of the project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.shapes import (
    EXPRESSION,
    SIMPLE_NAME,
    SIMPLE_NAMES,
    TEXT,
    describe,
    word_of,
)
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.kinds.binding.units import check_currency
from kpidsl.kinds.calendar import MONTHS
from kpidsl.model.project import Settings
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.source import Span
from kpidsl.text.suggest import either, mend_name, nearest

_OF_A_MACHINE = re.compile("localtime|posixrules|(posix|right)/.*")
"""Files among those of the time zones that Python takes for such, and no engine knows."""
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

CURRENCY = Key("currency", SIMPLE_NAME, "The currency of amounts that name none.", default="USD")
TIMEZONE = Key("timezone", TEXT, "The time zone in which days begin (S20).", default="UTC")
WEEK_STARTS = Key("week_starts", word_of(*_WEEKDAYS), "The first day of a week.", default="monday")
FISCAL_YEAR = Key(
    "fiscal_year_starts",
    word_of(*MONTHS),
    "The month in which a fiscal year begins; it is named by the year in which it ends (S20).",
    default="january",
)
LANGUAGES = Key("languages", SIMPLE_NAMES, "The languages of the pages.", default="[en]")
MATERIALITY = Key(
    "materiality",
    EXPRESSION,
    "Differences below it are not coloured: a share, an amount, or either (`1% or 20k USD`).",
)
CALENDAR = Key(
    "calendar",
    SIMPLE_NAME,
    "The `calendar` of fiscal years, where they are no calendar months (S20).",
)

KIND = Kind(
    "project",
    "Currency, time zone, weeks and fiscal year, languages: what holds for every number.",
    'project toy_store "Toy Store" {\n  currency: USD\n  timezone: "America/New_York"\n}',
    Header(),
    (CURRENCY, TIMEZONE, WEEK_STARTS, FISCAL_YEAR, LANGUAGES, MATERIALITY, CALENDAR),
)


def bind(fields: Fields, diagnostics: list[Diagnostic]) -> Settings:
    """Return the settings, without the calendar; what is wrong is said and keeps its default."""
    currency = fields.get(CURRENCY)
    if currency is not None and not check_currency(currency, diagnostics):
        currency = None
    zone = fields.get(TIMEZONE)
    if zone is not None and not check_zone(zone, fields.key_span(TIMEZONE), diagnostics):
        zone = None
    week = fields.get(WEEK_STARTS)
    fiscal = fields.get(FISCAL_YEAR)
    materiality = fields.get(MATERIALITY)
    money = currency.text if currency else "USD"
    share, amount = _materiality(materiality, money, diagnostics)
    return Settings(
        **fields.described(),
        currency=money,
        timezone=zone or "UTC",
        week_starts=_WEEKDAYS.index(week) if week else 0,
        fiscal_year_starts=MONTHS.index(fiscal) + 1 if fiscal else 1,
        languages=tuple(name.text for name in fields.get(LANGUAGES) or ()) or ("en",),
        materiality=share,
        materiality_amount=amount,
    )


def calendar_of(
    fields: Fields, calendars: Mapping[str, Fields], diagnostics: list[Diagnostic]
) -> str | None:
    """Return the name of the project's calendar, if there is one."""
    named = fields.get(CALENDAR)
    if named is None:
        return None
    if FISCAL_YEAR.name in fields.entries:
        diagnostics.append(
            error(
                "K203",
                "`fiscal_year_starts` and `calendar` both say when a fiscal year starts",
                named.span,
                label="the second of the two",
                help="take one of them out",
            )
        )
    if named.text not in calendars:
        known = sorted(calendars)
        diagnostics.append(
            error(
                "K211",
                f"no calendar is called `{named.text}`",
                named.span,
                label="unknown name",
                help=mend_name(named.text, known, "declare a `calendar` of this name"),
            )
        )
        return None
    return named.text


def check_zone(zone: str, span: Span, diagnostics: list[Diagnostic]) -> bool:
    """Tell whether a time zone exists."""
    if not _is_zone(zone):
        near = nearest(zone, sorted(available_timezones() - {zone}), 1)
        diagnostics.append(
            error(
                "K211",
                f"there is no time zone `{zone}`",
                span,
                label="unknown time zone",
                help=f"write {either(near)}, if that is meant"
                if near
                else "write a place or `UTC`, as in `Asia/Taipei`",
            )
        )
        return False
    return True


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return _OF_A_MACHINE.fullmatch(name) is None


def _materiality(
    expr: tree.Expr | None, currency: str, diagnostics: list[Diagnostic]
) -> tuple[Decimal | None, Decimal | None]:
    match expr:
        case None:
            return None, None
        case tree.Percent(value=share):
            return share, None
        case tree.Quantity(value=amount, unit=unit) if unit.text == currency:
            return None, amount
        case tree.Binary(
            op="or",
            left=tree.Percent(value=share),
            right=tree.Quantity(value=amount, unit=unit),
        ) if unit.text == currency:
            return share, amount
    diagnostics.append(
        error(
            "K205",
            "`materiality` takes a share, an amount in the project's currency, or either",
            expr.span,
            label=f"this is {describe(expr)}",
            help=f"write, for example, `materiality: 1% or 20k {currency}`",
        )
    )
    return None, None
