"""`event`: a moving event, by which years are compared (S19)."""

from __future__ import annotations

from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.literals import whole_days
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import DATE, DURATION, NAMES, list_of
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.model.events import Event

DAYS = list_of(DATE, "a date or a list of dates")
LASTS = Key("lasts", DURATION, "How long it lasts each time.", default="1d")
AFFECTS = Key(
    "affects", NAMES, "The figures whose comparisons it makes uneven.", default="all of them"
)

KIND = Kind(
    "event",
    "A moving event, such as the lunar new year, by its first day in each year. "
    "`prior(x, 1y, align: NAME)` compares the days around it with those around the one before; "
    "other comparisons with it on one side only are marked (S19).",
    "event cny: [2025-01-29, 2026-02-17]",
    Header(value=DAYS),
    (LASTS, AFFECTS),
)


def bind(fields: Fields, scope: Scope) -> Event | None:
    """Bind an event."""
    mark = scope.mark()
    days = None if fields.value is None else DAYS.read(fields.value)
    length = fields.get(LASTS)
    lasts = 1 if length is None else whole_days(length, scope)
    if length is not None and lasts is not None and lasts < 1:
        scope.error(
            "K313",
            f"`{fields.name}` lasts no day",
            fields.key_span(LASTS),
            label="no length",
            help="write, for example, `lasts: 7d`, or take it out",
        )
    catalog = scope.catalog
    for name in fields.get(AFFECTS) or ():
        if name.text not in catalog.metrics and name.parts[-1].text not in catalog.measure_homes:
            scope.unknown("a metric", name.text, name.span, catalog.value_names)
    if not days or lasts is None or scope.drops(mark):
        return None
    return Event(
        **fields.described(),
        days=tuple(sorted(set(days))),
        lasts=max(lasts, 1),
        affects=tuple(name.text for name in fields.get(AFFECTS) or ()),
    )
